/* SPDX-License-Identifier: GPL-2.0 */
/* What people can read of a channel: /sys/kernel/debug/hv_ic/<device>/status. */
#ifndef HVIC_DEBUGFS_H
#define HVIC_DEBUGFS_H

struct hvic_channel;

void hvic_debugfs_init(void);
void hvic_debugfs_exit(void);
struct dentry *hvic_debugfs_add(struct hvic_channel *ch);
void hvic_debugfs_remove(struct dentry *dir);

#endif
