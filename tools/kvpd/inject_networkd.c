// SPDX-License-Identifier: GPL-2.0
/*
 * systemd-networkd sets up the adapter, by a file for it.
 *
 * The file is in /etc and not in /run, since the host says it once and not at each boot. Its name
 * puts it before those of the distribution, netplan and the administrator's usual ones, so that it
 * decides for this interface; to take it away and reload is to go back to those.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inject.h"
#include "replace.h"
#include "root.h"

#define DESTINATION	"org.freedesktop.network1"
#define PATH		"/org/freedesktop/network1"
#define MANAGER		"org.freedesktop.network1.Manager"

#define FOLDER		"etc/systemd/network"
#define NAME_SIZE	64
#define PLAIN		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-@:"
/* The longest: an address of each sort that there can be, on a line of its own. */
#define FILE_SIZE	32768

/** hvic_networkd_has() - does systemd-networkd run? */
bool hvic_networkd_has(struct hvic_job *job)
{
	sd_bus_message *reply = NULL;
	int has = 0;

	if (sd_bus_call_method(hvic_job_bus(job), "org.freedesktop.DBus",
			       "/org/freedesktop/DBus", "org.freedesktop.DBus", "NameHasOwner",
			       NULL, &reply, "s", DESTINATION) >= 0)
		sd_bus_message_read(reply, "b", &has);
	sd_bus_message_unref(reply);
	return has;
}

/* --- The file. --------------------------------------------------------------------------- */

/* In a file of networkd a name is a pattern, and ends at a space. */
static bool is_plain(const char *name)
{
	return *name && !name[strspn(name, PLAIN)];
}

static void print_family(FILE *file, const struct hv_ic_kvp_ip *ip, uint8_t family)
{
	char text[HVIC_ADDRESS_TEXT_SIZE];

	if (family == 4)
		fprintf(file, "DHCP=%s\n", ip->dhcp ? "ipv4" : "no");
	if (family == 4 && ip->dhcp)
		return;
	for (uint32_t i = 0; i < ip->n_addresses; i++) {
		const struct hv_ic_kvp_address *address = &ip->addresses[i];

		if (address->family == family)
			fprintf(file, "Address=%s/%u\n", hvic_address_text(address, text),
				address->prefix);
	}
	for (uint32_t i = 0; i < ip->n_gateways; i++)
		if (ip->gateways[i].family == family)
			fprintf(file, "Gateway=%s\n", hvic_address_text(&ip->gateways[i], text));
}

static bool is_said_of_dns(const struct hv_ic_kvp_ip *ip, uint8_t family)
{
	for (uint32_t i = 0; i < ip->n_dns; i++)
		if (ip->dns[i].family == family)
			return true;
	return false;
}

/* What was set up by hand before. */
static void print_now(FILE *file, const struct hvic_job *job, uint8_t family)
{
	char text[HVIC_ADDRESS_TEXT_SIZE];

	print_family(file, &job->now, family);
	for (uint32_t i = 0; i < job->now.n_dns; i++)
		if (job->now.dns[i].family == family && !is_said_of_dns(&job->ip, family))
			fprintf(file, "DNS=%s\n", hvic_address_text(&job->now.dns[i], text));
}

/* Of which family is a line of our file? 0: of none, or of no matter. */
static uint8_t family_of(const char *line, const struct hv_ic_kvp_ip *said)
{
	uint8_t family = memchr(line, ':', strcspn(line, "\n")) ? 6 : 4;

	if (!strncmp(line, "DHCP=", 5) || !strncmp(line, "Address=", 8) ||
	    !strncmp(line, "Gateway=", 8))
		return family;
	return !strncmp(line, "DNS=", 4) && !is_said_of_dns(said, family) ? family : 0;
}

/*
 * What the host has said before about a family still holds; what the adapter has in this moment may
 * not be all of it.
 */
static void copy_family(FILE *file, const char *before, uint8_t family,
			const struct hv_ic_kvp_ip *said)
{
	for (const char *line = before; *line; line += strcspn(line, "\n"), line += *line == '\n')
		if (family_of(line, said) == family)
			fprintf(file, "%.*s\n", (int)strcspn(line, "\n"), line);
}

static char *print_file(const struct hvic_job *job, const char *before)
{
	char text[HVIC_ADDRESS_TEXT_SIZE], *content = NULL;
	size_t size;
	FILE *file = open_memstream(&content, &size);

	if (!file)
		return NULL;
	fprintf(file, "# Written by hvic-kvpd(8), as the virtual machine's host wants it.\n"
		"[Match]\nName=%s\n\n[Network]\n", job->link.name);
	for (uint8_t family = 4; family <= 6; family += 2) {
		if (hvic_job_has_family(&job->ip, family))
			print_family(file, &job->ip, family);
		else if (before)
			copy_family(file, before, family, &job->ip);
		else
			print_now(file, job, family);
	}
	for (uint32_t i = 0; i < job->ip.n_dns; i++)
		fprintf(file, "DNS=%s\n", hvic_address_text(&job->ip.dns[i], text));
	if (fclose(file)) {
		free(content);
		return NULL;
	}
	return content;
}

static int restore_file(int folder, const char *name, const char *before)
{
	if (before)
		return hvu_replace(folder, name, 0644, true, before);
	return unlinkat(folder, name, 0) ? -errno : 0;
}

/* --- The daemon. ------------------------------------------------------------------------- */

static int reload(struct hvic_job *job)
{
	int ret = sd_bus_call_method(hvic_job_bus(job), DESTINATION, PATH, MANAGER, "Reload", NULL,
				     NULL, NULL);

	if (ret >= 0)
		ret = sd_bus_call_method(hvic_job_bus(job), DESTINATION, PATH, MANAGER,
					 "ReconfigureLink", NULL, NULL, "i", job->link.index);
	return ret < 0 ? ret : 0;
}

/**
 * hvic_networkd_apply() - let systemd-networkd set up the adapter
 * @job: the request
 *
 * Return: 0, or a negative errno with everything as it was before.
 */
int hvic_networkd_apply(struct hvic_job *job)
{
	char name[NAME_SIZE], before[FILE_SIZE], *content;
	int folder, had, ret;

	if (!is_plain(job->link.name))
		return -EINVAL;
	snprintf(name, sizeof(name), "05-hv_ic-%s.network", job->link.name);
	folder = hvu_open(job->inject->root, O_RDONLY | O_DIRECTORY, FOLDER);
	if (folder < 0)
		return folder;
	had = hvu_read(job->inject->root, before, sizeof(before), FOLDER "/%s", name);
	content = print_file(job, had < 0 ? NULL : before);
	ret = content ? hvu_replace(folder, name, 0644, true, content) : -ENOMEM;
	free(content);
	if (ret)
		goto close_folder;
	ret = reload(job);
	if (!ret)
		ret = job->inject->ops->confirm(job);
	if (ret) {
		if (restore_file(folder, name, had < 0 ? NULL : before))
			snprintf(job->why, sizeof(job->why), "and /" FOLDER "/%s is not restored",
				 name);
		/* There is a reserve of time for this. */
		job->deadline_us += 3000000;
		reload(job);
	}
close_folder:
	close(folder);
	return ret;
}
