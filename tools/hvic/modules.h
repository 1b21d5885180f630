/* SPDX-License-Identifier: GPL-2.0 */
/* Modules of the kernel, and what modprobe.d says of them, by libkmod. */
#ifndef HVIC_MODULES_H
#define HVIC_MODULES_H

#include <stdbool.h>
#include <stddef.h>

#include <libkmod.h>

/* Where modprobe reads files, ended by NULL; of two with one name the first folder's counts. */
extern const char *const hvic_modprobe_folders[];

struct kmod_ctx *hvic_modules_open(int root, const char *release);
struct kmod_module *hvic_modules_find(struct kmod_ctx *modules, const char *name);
bool hvic_modules_blacklisted(struct kmod_ctx *modules, const char *name);
bool hvic_modules_softdep(struct kmod_ctx *modules, const char *name, const char *before);
int hvic_modules_signer(struct kmod_module *module, char *signer, size_t size);

int hvic_modules_load(const char *name, int timeout_ms);

#endif
