/* SPDX-License-Identifier: GPL-2.0 */
/* The host writes UTF-16LE, Linux writes UTF-8. */
#ifndef HVIC_PROTO_UTF16_H
#define HVIC_PROTO_UTF16_H

#include "span.h"

/* A unit of UTF-16 becomes at most three bytes of UTF-8, a pair of units four. */
#define HVIC_UTF8_SIZE(units)	((units) * 3 + 1)

int hvic_utf16_to_utf8(struct hvic_span in, struct hvic_room out);
size_t hvic_utf16_to_utf8_lossy(struct hvic_span in, struct hvic_room out);
size_t hvic_utf8_to_utf16(struct hvic_span in, struct hvic_room out, bool *changed);

#endif
