/* SPDX-License-Identifier: GPL-2.0 */
/* A family of generic netlink that comes and goes with its module. */
#ifndef HVU_FAMILY_H
#define HVU_FAMILY_H

#include <stdbool.h>

#include "genl.h"

/**
 * struct hvu_family - a watch for one family
 * @name: of the family
 * @control: connection on which the kernel tells of all families
 */
struct hvu_family {
	const char *name;
	struct hvu_genl control;
};

enum hvu_family_news { HVU_FAMILY_OTHER, HVU_FAMILY_CAME, HVU_FAMILY_WENT };

/* Called when the family has come or gone; 0 to go on, a negative errno to end. */
typedef int hvu_family_cb(enum hvu_family_news news, void *data);

int hvu_family_open(struct hvu_family *family, const char *name, int timeout_ms);
void hvu_family_close(struct hvu_family *family);
int hvu_family_events(struct hvu_family *family, hvu_family_cb *cb, void *data);
enum hvu_family_news hvu_family_news(const struct nlmsghdr *message, const char *name);

#endif
