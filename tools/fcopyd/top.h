/* SPDX-License-Identifier: GPL-2.0 */
/* The allowed folder itself: its path is the administrator's, but not all that lies on it. */
#ifndef FCOPYD_TOP_H
#define FCOPYD_TOP_H

/* Of links on the way; as many as the kernel follows. */
#define HVIC_TOP_LINKS	40

int hvic_top_open(int root, const char *path, const char **reason);

#endif
