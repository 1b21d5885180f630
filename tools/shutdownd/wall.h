/* SPDX-License-Identifier: GPL-2.0 */
/* A message to the terminals of those who are logged in. */
#ifndef HVIC_WALL_H
#define HVIC_WALL_H

void hvic_wall(int root, char *const *ttys, const char *headline, const char *text);

#endif
