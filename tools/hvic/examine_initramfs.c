// SPDX-License-Identifier: GPL-2.0
/*
 * Which driver the initramfs holds: what it loads is first, whatever modprobe.d says later.
 *
 * How an initramfs is packed is known to the program of the distribution that lists it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "array.h"
#include "exam.h"
#include "process.h"
#include "root.h"

/* A large one takes some seconds. */
#define LIST_MS 60000

/**
 * struct content - what a list names
 * @hv_ic: the module
 * @hv_utils: likewise
 */
struct content {
	bool hv_ic;
	bool hv_utils;
};

static bool names_module(const char *line, const char *name)
{
	const char *file = strrchr(line, '/');
	size_t len = strlen(name);

	return file && !strncmp(file + 1, name, len) && !strncmp(file + 1 + len, ".ko", 3);
}

/* 0, or a negative errno: -ENOENT if there is no such program, -EIO if it has failed. */
static int list(const char *program, const char *path, struct content *content)
{
	const char *const argv[] = { program, path, NULL };
	FILE *file = tmpfile();
	char line[512];
	pid_t pid;
	int ret;

	if (!file)
		return -errno;
	ret = hvu_spawn(argv, fileno(file), &pid);
	if (!ret)
		ret = hvu_wait_exit(pid, LIST_MS);
	rewind(file);
	while (!ret && fgets(line, sizeof(line), file)) {
		content->hv_ic |= names_module(line, "hv_ic");
		content->hv_utils |= names_module(line, "hv_utils");
	}
	fclose(file);
	return ret > 0 ? -EIO : ret;
}

static int list_by_any(const char *path, struct content *content)
{
	static const char *const programs[] = { "lsinitramfs", "lsinitrd", "lsinitcpio" };
	int ret = -ENOENT;

	for (size_t i = 0; i < ARRAY_SIZE(programs) && ret == -ENOENT; i++)
		ret = list(programs[i], path, content);
	return ret;
}

static void say_unknown(struct hvic_exam *exam, const char *path, int error)
{
	json_object *finding = hvic_exam_add(exam, "initramfs-unknown", HVIC_NOTE);
	bool denied = error == -EACCES;

	hvic_exam_say(finding, "text", "it cannot be told whether /%s holds hv_utils: %s", path,
		      denied ? "only root may read it" :
		      error == -ENOENT ? "there is no lsinitramfs, lsinitrd or lsinitcpio" :
		      "it cannot be listed");
	hvic_exam_say(finding, "remedy", denied ? "run hvic doctor as root" :
		      "list its modules by hand, and see that hv_ic is there if hv_utils is");
}

static void say_first(struct hvic_exam *exam, const char *path)
{
	json_object *finding = hvic_exam_add(exam, "initramfs", HVIC_PROBLEM);

	hvic_exam_say(finding, "text", "/%s holds hv_utils and not hv_ic: at the next boot hv_utils takes the services first",
		      path);
	/* Its folder in /etc may be left where dracut has taken its place. */
	if (hvu_exists(exam->root, "usr/sbin/update-initramfs"))
		hvic_exam_say(finding, "remedy", "write the line \"hv_ic\" into /etc/initramfs-tools/modules, then update-initramfs -u -k all");
	else if (hvu_exists(exam->root, "usr/share/hv_ic/initramfs/dracut.conf"))
		hvic_exam_say(finding, "remedy", "ln -s /usr/share/hv_ic/initramfs/dracut.conf /etc/dracut.conf.d/hv_ic.conf, then dracut --force --regenerate-all");
	else
		hvic_exam_say(finding, "remedy", "copy tools/data/initramfs/dracut.conf of the source of hv_ic to /etc/dracut.conf.d/hv_ic.conf, then dracut --force --regenerate-all");
}

/** hvic_examine_initramfs() - does it load hv_utils, and not hv_ic before it? */
void hvic_examine_initramfs(struct hvic_exam *exam)
{
	static const char *const names[][2] = {
		{ "boot/initrd.img-", "" },		/* Debian */
		{ "boot/initramfs-", ".img" },		/* Fedora */
		{ "boot/initrd-", "" },			/* openSUSE */
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct content content = { };
		char path[128], opened[32];
		int fd, ret;

		snprintf(path, sizeof(path), "%s%s%s", names[i][0], exam->release, names[i][1]);
		fd = hvu_open(exam->root, O_RDONLY, "%s", path);
		if (fd == -ENOENT)
			continue;
		snprintf(opened, sizeof(opened), "/proc/%d/fd/%d", getpid(), fd);
		ret = fd < 0 ? fd : list_by_any(opened, &content);
		if (ret)
			say_unknown(exam, path, ret);
		else if (content.hv_utils && !content.hv_ic)
			say_first(exam, path);
		if (fd >= 0)
			close(fd);
		return;
	}
}
