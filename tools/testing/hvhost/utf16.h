/* SPDX-License-Identifier: GPL-2.0 */
/* UTF-16LE, as on the wire, to UTF-8 and back. */
#ifndef HVHOST_UTF16_H
#define HVHOST_UTF16_H

#include <stddef.h>

/**
 * utf16_from_utf8() - encode, NUL included
 * @units: room at @to
 * Return: bytes written with the NUL, or -EINVAL, -EMSGSIZE.
 */
int utf16_from_utf8(void *to, size_t units, const char *from);

/**
 * utf16_to_utf8() - decode up to a NUL or @units
 * @size: room at @to; 3 * @units + 1 is always enough
 * Return: units before the NUL, or -EILSEQ for a lone surrogate, -EMSGSIZE.
 */
int utf16_to_utf8(char *to, size_t size, const void *from, size_t units);

#endif
