/* SPDX-License-Identifier: GPL-2.0 */
/* The network of a real Debian, and who keeps it set up there. */
#ifndef E2E_NETWORK_H
#define E2E_NETWORK_H

#include "e2e.h"

/** network_make() - have an interface made, with an address and the default route */
void network_make(struct test *t);

/** network_expect() - the host is told of that address */
void network_expect(struct test *t);

#endif
