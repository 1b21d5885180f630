/* SPDX-License-Identifier: GPL-2.0 */
/* Whether files have changed, without reading them. */
#ifndef HVIC_STAMP_H
#define HVIC_STAMP_H

#include <stddef.h>
#include <stdint.h>

uint64_t hvic_stamp(int root, const char *const *paths, size_t n);

#endif
