/* SPDX-License-Identifier: GPL-2.0 */
/* The name of this machine, without asking anybody. */
#ifndef HVIC_HOSTNAME_H
#define HVIC_HOSTNAME_H

#include <stddef.h>

void hvic_hostname_qualify(int root, const char *host, char *name, size_t size);

#endif
