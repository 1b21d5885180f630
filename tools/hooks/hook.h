/* SPDX-License-Identifier: GPL-2.0 */
/* One run of a hook. */
#ifndef HVIC_HOOK_H
#define HVIC_HOOK_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Of what a hook says, the beginning is kept. */
#define HVIC_HOOK_SAID 2048

/**
 * struct hvic_hook_folder - where hooks are
 * @fd: of the folder; or a negative errno
 * @path: of it, for their names
 * @owner: who has to own it and the hooks
 */
struct hvic_hook_folder {
	int fd;
	const char *path;
	uid_t owner;
};

/**
 * struct hvic_hook - a hook that runs
 * @pid: of it, and of its process group
 * @process: descriptor of the process
 * @output: of a pipe: what it says; -1 at its end
 * @said: the beginning of that
 * @len: of @said
 */
struct hvic_hook {
	pid_t pid;
	int process;
	int output;
	char said[HVIC_HOOK_SAID];
	size_t len;
};

const char *hvic_hook_refusal(const struct hvic_hook_folder *folder, const char *name);
int hvic_hook_start(struct hvic_hook *hook, const struct hvic_hook_folder *folder,
		    const char *name, const char *phase, uint32_t timeout_ms);
int hvic_hook_wait(struct hvic_hook *hook, uint32_t timeout_ms, int interrupt);
void hvic_hook_end_all(void);

#endif
