/* SPDX-License-Identifier: GPL-2.0 */
/* A file of systemd-networkd for an interface: what the host wants, and what else is said of it. */
#ifndef HVIC_NETWORK_FILE_H
#define HVIC_NETWORK_FILE_H

#include <stdbool.h>

#include <linux/hv_ic.h>

char *hvic_network_file_read(int root, const char *path, bool whole);
char *hvic_network_file_print(const char *name, char *base, const struct hv_ic_kvp_ip *ip,
			      const struct hv_ic_kvp_ip *now);

#endif
