/* SPDX-License-Identifier: GPL-2.0 */
/* Archives as the kernel unpacks them ("newc"): files that are added to an initramfs. */
#ifndef HVHOST_CPIO_H
#define HVHOST_CPIO_H

#include <stddef.h>
#include <stdint.h>

#define CPIO_FOLDER	040755u
#define CPIO_FILE	0100644u

/**
 * cpio_entry() - one entry, padded so that the next can follow
 * @to:    where it goes; NULL only counts
 * @name:  without a slash at its beginning
 * @mode:  CPIO_FOLDER or CPIO_FILE
 * @bytes: what the file holds
 * Return: the bytes that it takes.
 */
size_t cpio_entry(uint8_t *to, const char *name, uint32_t mode, const void *bytes, size_t size);

/** cpio_end() - the entry that ends an archive; as above */
size_t cpio_end(uint8_t *to);

#endif
