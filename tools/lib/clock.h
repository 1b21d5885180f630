/* SPDX-License-Identifier: GPL-2.0 */
/* The clock that only goes forward. */
#ifndef HVU_CLOCK_H
#define HVU_CLOCK_H

#include <stdint.h>
#include <time.h>

/** hvu_now_us() - CLOCK_MONOTONIC, in microseconds */
static inline int64_t hvu_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

/** hvu_now_ms() - the same in milliseconds */
static inline int64_t hvu_now_ms(void)
{
	return hvu_now_us() / 1000;
}

#endif
