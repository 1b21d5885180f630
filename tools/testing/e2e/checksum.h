/* SPDX-License-Identifier: GPL-2.0 */
/* The CRC-32 of some bytes, in the format of crc32(1) in the guest. */
#ifndef E2E_CHECKSUM_H
#define E2E_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/** checksum() - in a static buffer */
const char *checksum(const uint8_t *data, size_t size);

#endif
