// SPDX-License-Identifier: GPL-2.0
/*
 * What the host names in a START, a folder and a file, and what hvic-fcopyd reads of its own note
 * when it starts: nothing leads out of the folder that is allowed.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit.h"
#include "place.h"
#include "scratch.h"
#include "target.h"

#define NOTE "var/lib/hv_ic/" HVIC_AUDIT_NOTE

static struct hvu_fcopy_directory allowed = { .directory = (char *)"/srv/in", .mode = 0600 };
static const struct hvic_rule rule = { &allowed, 0, 0 };

static bool has_part(const char *path, const char *part)
{
	size_t len = strlen(part);

	for (const char *at = path; (at = strchr(at, '/')); at++)
		if (!strncmp(at + 1, part, len) && (at[1 + len] == '/' || !at[1 + len]))
			return true;
	return false;
}

static bool has_control(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return true;
	return false;
}

static void expect_clean(const struct hvic_place *place)
{
	size_t len = strlen(place->path);

	must(len < sizeof(place->path) && strlen(place->name) < sizeof(place->name));
	must(!len || (place->path[0] == '/' && place->path[len - 1] != '/'));
	must(!strstr(place->path, "//") && !strchr(place->path, '\\'));
	must(!has_part(place->path, "..") && !has_part(place->path, "."));
	must(place->name[0] && strcmp(place->name, ".") && strcmp(place->name, ".."));
	must(!strpbrk(place->name, "/\\"));
	must(!has_control(place->path) && !has_control(place->name));
}

/* Where a descriptor is, below the scratch folder. */
static void expect_within(int fd)
{
	char link[32], path[512] = "", top[256] = "";

	snprintf(link, sizeof(link), "/proc/self/fd/%d", scratch());
	must(readlink(link, top, sizeof(top) - 10) > 0);
	strcat(top, "/srv/in");
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	must(readlink(link, path, sizeof(path) - 1) > 0);
	must(!strncmp(path, top, strlen(top)));
	must(!path[strlen(top)] || path[strlen(top)] == '/');
}

static void make_tree(void)
{
	static bool made;

	if (made)
		return;
	scratch_write("srv/in/a/b/file", "", 0);
	scratch_write("srv/out/file", "", 0);
	must(!symlinkat("/srv/out", scratch(), "srv/in/link"));
	must(!symlinkat("../..", scratch(), "srv/in/a/up"));
	made = true;
}

static void fuzz_place(const char path[static HV_IC_FCOPY_NAME_SIZE],
		       const char name[static HV_IC_FCOPY_NAME_SIZE])
{
	struct hvic_place place, again;
	const char *missing;
	char slash[HV_IC_FCOPY_NAME_SIZE];
	int fd;

	if (hvic_place_parse(&place, path, name))
		return;
	expect_clean(&place);
	/* What is clean stays as it is. */
	memset(slash, 0, sizeof(slash));
	strcpy(slash, place.path[0] ? place.path : "/");
	must(!hvic_place_parse(&again, slash, place.name));
	must(!strcmp(again.path, place.path) && !strcmp(again.name, place.name));

	make_tree();
	if (hvic_place_open(&place, &rule, 1, scratch()))
		return;
	fd = hvic_place_walk(&place, &missing);
	if (fd >= 0) {
		expect_within(fd);
		close(fd);
	}
	hvic_place_close(&place);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[HV_IC_FCOPY_NAME_SIZE] = "", name[HV_IC_FCOPY_NAME_SIZE] = "";
	struct halves input = halves_of(data, size);
	struct hvic_audit audit;
	struct hvic_place place;
	uint64_t id;

	memcpy(path, input.first, input.first_size < sizeof(path) ? input.first_size :
	       sizeof(path));
	memcpy(name, input.second, input.second_size < sizeof(name) ? input.second_size :
	       sizeof(name));
	fuzz_place(path, name);

	scratch_write(NOTE, data, size);
	hvic_audit_init(&audit, scratch());
	if (!hvic_audit_last(&audit, &place, &id))
		expect_clean(&place);
	return 0;
}
