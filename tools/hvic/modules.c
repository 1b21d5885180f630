// SPDX-License-Identifier: GPL-2.0
/* Modules of the kernel, and what modprobe.d says of them, by libkmod. */
#include "modules.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "array.h"
#include "process.h"

const char *const hvic_modprobe_folders[] = {
	"etc/modprobe.d", "run/modprobe.d", "usr/local/lib/modprobe.d", "usr/lib/modprobe.d",
	"lib/modprobe.d", NULL,
};

#define FOLDERS	(ARRAY_SIZE(hvic_modprobe_folders) - 1)

/* What is wrong is said by who asks. */
static void stay_silent(void *data, int priority, const char *file, int line, const char *function,
			const char *format, va_list arguments)
{
	(void)data;
	(void)priority;
	(void)file;
	(void)line;
	(void)function;
	(void)format;
	(void)arguments;
}

/**
 * hvic_modules_open() - the modules of a kernel
 * @root: below which they are, and modprobe.d
 * @release: of the kernel
 *
 * Neither has to be there.
 *
 * Return: for kmod_unref(); NULL without memory.
 */
struct kmod_ctx *hvic_modules_open(int root, const char *release)
{
	char modules[128], paths[FOLDERS][64];
	const char *list[FOLDERS + 1] = { NULL };
	struct kmod_ctx *context;

	snprintf(modules, sizeof(modules), "/proc/self/fd/%d/lib/modules/%s", root, release);
	for (size_t i = 0; i < FOLDERS; i++) {
		snprintf(paths[i], sizeof(paths[i]), "/proc/self/fd/%d/%s", root,
			 hvic_modprobe_folders[i]);
		list[i] = paths[i];
	}
	context = kmod_new(modules, list);
	if (context)
		kmod_set_log_fn(context, stay_silent, NULL);
	return context;
}

/** hvic_modules_find() - for kmod_module_unref(); NULL if there is no file of the name */
struct kmod_module *hvic_modules_find(struct kmod_ctx *modules, const char *name)
{
	struct kmod_module *module = NULL;
	struct kmod_list *list = NULL;

	if (!kmod_module_new_from_lookup(modules, name, &list) && list)
		module = kmod_module_get_module(list);
	kmod_module_unref_list(list);
	if (module && !kmod_module_get_path(module)) {
		kmod_module_unref(module);
		module = NULL;
	}
	return module;
}

/** hvic_modules_blacklisted() - is its name in a blacklist? */
bool hvic_modules_blacklisted(struct kmod_ctx *modules, const char *name)
{
	struct kmod_config_iter *line = kmod_config_get_blacklists(modules);
	bool found = false;

	while (line && !found && kmod_config_iter_next(line))
		found = !strcmp(kmod_config_iter_get_key(line), name);
	kmod_config_iter_free_iter(line);
	return found;
}

/* "pre: A B post: C", and "pre: A Bpost: C" of older libraries. */
static bool is_before(const char *softdep, const char *name)
{
	const char *post = strstr(softdep, "post:"), *pre = strstr(softdep, "pre:");
	const char *end = post ? post : softdep + strlen(softdep);
	size_t len;

	if (!pre)
		return false;
	for (pre += strlen("pre:"); pre < end; pre += len) {
		pre += strspn(pre, " ");
		len = strcspn(pre, " ");
		if (pre + len > end)
			len = end - pre;
		if (len == strlen(name) && !strncmp(pre, name, len))
			return true;
	}
	return false;
}

/** hvic_modules_softdep() - is @before to be loaded before @name? */
bool hvic_modules_softdep(struct kmod_ctx *modules, const char *name, const char *before)
{
	struct kmod_config_iter *line = kmod_config_get_softdeps(modules);
	bool found = false;

	while (line && !found && kmod_config_iter_next(line))
		found = !strcmp(kmod_config_iter_get_key(line), name) &&
			is_before(kmod_config_iter_get_value(line), before);
	kmod_config_iter_free_iter(line);
	return found;
}

/**
 * hvic_modules_signer() - who has signed a module, which may be compressed
 * @module: the module
 * @signer: gets the name in the key; "" if the module is not signed
 * @size: of @signer
 *
 * Return: 0, or a negative errno if it cannot be told.
 */
int hvic_modules_signer(struct kmod_module *module, char *signer, size_t size)
{
	struct kmod_list *info = NULL, *at;
	int ret = kmod_module_get_info(module, &info);

	signer[0] = '\0';
	if (ret < 0)
		return ret;
	kmod_list_foreach(at, info) {
		if (!strcmp(kmod_module_info_get_key(at), "signer"))
			snprintf(signer, size, "%s", kmod_module_info_get_value(at));
	}
	kmod_module_info_free_list(info);
	return 0;
}

/* --- Loading. ------------------------------------------------------------------------------ */

/* As modprobe does it, with what modprobe.d says to options and to modules that go before it. */
static int load(const char *name)
{
	struct kmod_list *list = NULL, *at;
	struct kmod_ctx *context = kmod_new(NULL, NULL);
	int ret;

	if (!context)
		return -ENOMEM;
	kmod_set_log_fn(context, stay_silent, NULL);
	ret = kmod_module_new_from_lookup(context, name, &list);
	if (!ret && !list)
		ret = -ENOENT;
	kmod_list_foreach(at, list) {
		struct kmod_module *module = kmod_module_get_module(at);

		if (!ret)
			ret = kmod_module_probe_insert_module(module, 0, NULL, NULL, NULL, NULL);
		kmod_module_unref(module);
	}
	kmod_module_unref_list(list);
	kmod_unref(context);
	/* A command of modprobe.d in its place has failed. */
	return ret > 0 ? -ECANCELED : ret;
}

/**
 * hvic_modules_load() - load a module of the kernel that runs, and those that it needs
 * @name: of the module
 * @timeout_ms: how long that may take; -1 for ever
 *
 * A process of its own does it: it can be left behind.
 *
 * Return: 0, %-ETIMEDOUT, %-ENOENT if there is no such module, or another negative errno.
 */
int hvic_modules_load(const char *name, int timeout_ms)
{
	int result[2], ret, error = -EIO;
	pid_t pid;

	if (pipe2(result, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (!pid) {
		setpgid(0, 0);
		error = load(name);
		_exit(write(result[1], &error, sizeof(error)) != sizeof(error));
	}
	if (pid > 0)
		setpgid(pid, 0);
	ret = pid < 0 ? -errno : hvu_wait_exit(pid, timeout_ms);
	if (!ret && read(result[0], &error, sizeof(error)) != sizeof(error))
		error = -EIO;
	close(result[0]);
	close(result[1]);
	return ret < 0 ? ret : error;
}
