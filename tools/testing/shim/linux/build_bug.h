/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SHIM_LINUX_BUILD_BUG_H
#define SHIM_LINUX_BUILD_BUG_H

/* One argument is enough in the kernel; C11 wants a message. */
#define static_assert(expr)	_Static_assert(expr, #expr)

#endif
