/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's short names for what the compiler offers, and the size of a page. */
#ifndef HVHOST_COMPILER_H
#define HVHOST_COMPILER_H

#include <assert.h>

#define __packed		__attribute__((packed))
#define __aligned(bytes)	__attribute__((aligned(bytes)))
#define __noreturn		__attribute__((noreturn))
#define __printf(text, first)	__attribute__((format(printf, text, first)))

#define BIT(n)			(1u << (n))
#define ARRAY_SIZE(array)	(sizeof(array) / sizeof(*(array)))

#define HV_PAGE_SIZE		4096u

#endif
