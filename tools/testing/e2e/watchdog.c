// SPDX-License-Identifier: GPL-2.0
/*
 * See watchdog.h. It is a thread, since the thread that hangs may be in the kernel,
 * where signals do not reach it.
 */
#include "watchdog.h"

#include <errno.h>
#include <glob.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static struct {
	pthread_mutex_t lock;		/* guards what follows */
	pthread_cond_t changed;
	const char *what;
	struct timespec end;
} dog = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void show_file(const char *path)
{
	char line[256];
	FILE *file = fopen(path, "r");

	if (!file)
		return;
	printf("# %s\n", path);
	while (fgets(line, sizeof(line), file))
		printf("#   %s", line);
	fclose(file);
}

static void show_threads(void)
{
	glob_t files;

	if (glob("/proc/self/task/*/syscall", 0, NULL, &files) ||
	    glob("/proc/self/task/*/stack", GLOB_APPEND, NULL, &files))
		return;
	for (size_t i = 0; i < files.gl_pathc; i++)
		show_file(files.gl_pathv[i]);
	globfree(&files);
}

static void *watch(void *unused)
{
	pthread_mutex_lock(&dog.lock);
	for (;;) {
		struct timespec end = dog.end;

		if (!dog.what) {
			pthread_cond_wait(&dog.changed, &dog.lock);
			continue;
		}
		if (pthread_cond_timedwait(&dog.changed, &dog.lock, &end) == ETIMEDOUT &&
		    end.tv_sec == dog.end.tv_sec)
			break;
	}
	printf("# %s: hangs\n", dog.what);
	show_threads();
	printf("Bail out! %s hangs\n", dog.what);
	_exit(3);
}

void watchdog_start(void)
{
	pthread_condattr_t monotonic;
	pthread_t thread;

	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&dog.changed, &monotonic);
	if (pthread_create(&thread, NULL, watch, NULL))
		abort();
	pthread_detach(thread);
}

void watchdog_expect(const char *what, unsigned int seconds)
{
	pthread_mutex_lock(&dog.lock);
	clock_gettime(CLOCK_MONOTONIC, &dog.end);
	dog.end.tv_sec += seconds;
	dog.what = what;
	pthread_cond_signal(&dog.changed);
	pthread_mutex_unlock(&dog.lock);
}
