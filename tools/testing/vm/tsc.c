// SPDX-License-Identifier: GPL-2.0
/*
 * Print the frequency of the time stamp counter in kHz.
 *
 * The first level reads this machine's counter. Left to itself, it would measure the counter against
 * a timer that QEMU emulates, and on a loaded machine its clock may then run eight times too fast.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

#define TRIES 1000
#define PAUSE_MS 200

struct instant {
	int64_t ns;
	uint64_t ticks;
};

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_RAW, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* Both clocks at once: of many tries the one that was interrupted least. */
static struct instant read_instant(void)
{
	int64_t shortest = INT64_MAX;
	struct instant best = { 0 };

	for (int i = 0; i < TRIES; i++) {
		int64_t before = now_ns();
		uint64_t ticks = __rdtsc();
		int64_t after = now_ns();

		if (after - before < shortest) {
			shortest = after - before;
			best = (struct instant){ before + shortest / 2, ticks };
		}
	}
	return best;
}

int main(void)
{
	const struct timespec pause = { .tv_nsec = PAUSE_MS * 1000000 };
	struct instant first = read_instant(), last;

	nanosleep(&pause, NULL);
	last = read_instant();
	printf("%llu\n", (unsigned long long)(last.ticks - first.ticks) * 1000000 /
	       (last.ns - first.ns));
	return 0;
}
