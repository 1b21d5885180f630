// SPDX-License-Identifier: GPL-2.0
/* See load.h. */
#include "load.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

static struct load {
	struct test *test;
	pthread_t thread;
	bool running;
	atomic_bool stop;
	unsigned long completed;
} load;

static void *work(void *context)
{
	struct load *l = context;

	while (!l->stop) {
		struct timesync_stamp stamp;

		for (int i = 0; i < IC_COUNT; i++) {
			struct ic *ic = l->test->ics[i];

			if (ic->state != IC_READY)
				continue;
			if (ic->service == &ic_heartbeat)
				l->completed += !heartbeat_beat(ic, NULL);
			else if (ic->service == &ic_timesync &&
				 !timesync_now(l->test->host, 0, WIRE_TIME_SAMPLE, &stamp))
				l->completed += !timesync_send(ic, &stamp);
		}
		/* The guest must have time for something else. */
		nanosleep(&(struct timespec) { .tv_nsec = 1000000 }, NULL);
	}
	return NULL;
}

unsigned long load_stop(struct test *t)
{
	if (load.running) {
		load.stop = true;
		pthread_join(load.thread, NULL);
		load.running = false;
	}
	return load.completed;
}

static void stop_at_end(struct test *t, void *context)
{
	load_stop(t);
}

void load_start(struct test *t)
{
	load.test = t;
	load.stop = false;
	load.completed = 0;
	if (pthread_create(&load.thread, NULL, work, &load))
		FAIL("no thread for the load: %s", strerror(errno));
	load.running = true;
	test_defer(t, stop_at_end, NULL);
}
