/* SPDX-License-Identifier: GPL-2.0 */
/* Facts about the guest, as items of pool 2. */
#ifndef HVIC_ITEMS_H
#define HVIC_ITEMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/utsname.h>

#include <linux/hv_ic.h>

#include "net.h"
#include "osrelease.h"
#include "settings.h"

/**
 * struct hvic_items - where the facts are from
 * @root: below which /etc is
 * @settings: of the administrator
 * @net: the network; NULL if it cannot be known
 * @uname: as uname(2)
 * @stamp: of the files that were read; 0 for none yet
 * @system: what @uname has said
 * @os: the distribution
 * @name: of this machine, with its domain
 */
struct hvic_items {
	int root;
	const struct hvu_settings *settings;
	const struct hvic_net *net;
	int (*uname)(struct utsname *system);
	uint64_t stamp;
	struct utsname system;
	struct hvic_os_release os;
	char name[512];
};

void hvic_items_refresh(struct hvic_items *items);
bool hvic_items_known(const struct hvic_items *items);
bool hvic_items_at(const struct hvic_items *items, size_t index, struct hv_ic_kvp_item *item);
bool hvic_items_get(const struct hvic_items *items, const char *key, struct hv_ic_kvp_item *item);

#endif
