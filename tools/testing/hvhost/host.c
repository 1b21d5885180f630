// SPDX-License-Identifier: GPL-2.0
#include "host.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define HUGE_PAGE	(2u << 20)

/* Threads of the host must not wait for the guest. */
static __thread bool on_host_thread;

void hv_on_host_thread(void)
{
	on_host_thread = true;
}

void hv_complain(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fputs("hvhost: ", stderr);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	va_end(arguments);
}

/*
 * Lock and wait
 */

void hv_lock(struct hv_host *host)
{
	pthread_mutex_lock(&host->mutex);
	host->depth++;
}

void hv_unlock(struct hv_host *host)
{
	host->depth--;
	pthread_mutex_unlock(&host->mutex);
}

unsigned int hv_read(struct hv_host *host, const unsigned int *value)
{
	unsigned int result;

	hv_lock(host);
	result = *value;
	hv_unlock(host);
	return result;
}

bool hv_read_bool(struct hv_host *host, const bool *value)
{
	bool result;

	hv_lock(host);
	result = *value;
	hv_unlock(host);
	return result;
}

void hv_wake(struct hv_host *host)
{
	pthread_cond_broadcast(&host->changed);
}

static struct timespec later(uint64_t ns)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	ns += time.tv_nsec;
	time.tv_sec += ns / 1000000000;
	time.tv_nsec = ns % 1000000000;
	return time;
}

/* Sleeps without the lock, however often the caller has it. */
static int sleep_until(struct hv_host *host, pthread_cond_t *condition,
		       const struct timespec *time)
{
	unsigned int depth = host->depth;
	int ret;

	for (unsigned int i = 1; i < depth; i++)
		pthread_mutex_unlock(&host->mutex);
	host->depth = 0;
	ret = pthread_cond_timedwait(condition, &host->mutex, time);
	for (unsigned int i = 1; i < depth; i++)
		pthread_mutex_lock(&host->mutex);
	host->depth = depth;
	return ret;
}

int hv_wait(struct hv_host *host, bool (*predicate)(void *context), void *context,
	    unsigned int timeout_ms)
{
	struct timespec end = later(timeout_ms * 1000000ull);
	int ret = 0;

	if (on_host_thread) {
		hv_complain("a callback must not wait: it would wait for itself");
		abort();
	}
	hv_lock(host);
	while (!predicate(context)) {
		if (host->state != HV_RUNNING) {
			ret = -ESHUTDOWN;
			break;
		}
		if (sleep_until(host, &host->changed, &end) == ETIMEDOUT) {
			ret = predicate(context) ? 0 : -ETIMEDOUT;
			break;
		}
	}
	hv_unlock(host);
	return ret;
}

struct state_wait {
	struct hv_host *host;
	enum hv_state state;
};

static bool has_state(void *context)
{
	struct state_wait *wait = context;

	return wait->host->state == wait->state;
}

int hv_wait_state(struct hv_host *host, enum hv_state state, unsigned int timeout_ms)
{
	struct state_wait wait = { host, state };

	return hv_wait(host, has_state, &wait, timeout_ms);
}

enum hv_state hv_state(struct hv_host *host)
{
	enum hv_state state;

	hv_lock(host);
	state = host->state;
	hv_unlock(host);
	return state;
}

void hv_tick(struct hv_host *host)
{
	pthread_cond_signal(&host->tick);
}

void hv_tick_wait(struct hv_host *host, uint64_t ns)
{
	struct timespec end = later(ns);

	sleep_until(host, &host->tick, &end);
}

void hv_alarm_stop(struct hv_host *host, struct hv_alarm *alarm)
{
	for (struct hv_alarm **link = &host->alarms; *link; link = &(*link)->next) {
		if (*link != alarm)
			continue;
		*link = alarm->next;
		return;
	}
}

void hv_alarm_set(struct hv_host *host, struct hv_alarm *alarm, unsigned int ms)
{
	hv_alarm_stop(host, alarm);
	alarm->due = hv_uptime_ms(host) + ms;
	alarm->next = host->alarms;
	host->alarms = alarm;
}

void hv_alarms_ring(struct hv_host *host, uint64_t now)
{
	struct hv_alarm *alarm = host->alarms;

	while (alarm) {
		if (alarm->due > now) {
			alarm = alarm->next;
			continue;
		}
		hv_alarm_stop(host, alarm);
		alarm->ring(alarm->context);
		alarm = host->alarms;	/* what it did may have changed all of them */
	}
}

/*
 * Events
 */

const char *hv_state_name(enum hv_state state)
{
	static const char * const names[] = {
		[HV_STOPPED] = "stopped",
		[HV_RUNNING] = "running",
		[HV_OFF] = "off",
		[HV_HIBERNATED] = "hibernated",
		[HV_RESET] = "reset",
		[HV_CRASHED] = "crashed",
		[HV_HUNG] = "hung",
	};

	return names[state];
}

const char *hv_event_name(enum hv_event_kind kind)
{
	static const char * const names[] = {
		[HV_EVENT_CONNECTED] = "connected",
		[HV_EVENT_OFFERS] = "offers",
		[HV_EVENT_UNLOADED] = "unloaded",
		[HV_EVENT_OPENED] = "opened",
		[HV_EVENT_CLOSED] = "closed",
		[HV_EVENT_RELEASED] = "released",
		[HV_EVENT_VIOLATION] = "violation",
		[HV_EVENT_READY] = "ready",
		[HV_EVENT_REPORT] = "report",
		[HV_EVENT_OFF] = "off",
		[HV_EVENT_HIBERNATED] = "hibernated",
		[HV_EVENT_RESET] = "reset",
		[HV_EVENT_CRASHED] = "crashed",
		[HV_EVENT_HUNG] = "hung",
	};

	return names[kind];
}

uint64_t hv_uptime_ms(struct hv_host *host)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - host->started.tv_sec) * 1000 +
	       (now.tv_nsec - host->started.tv_nsec) / 1000000;
}

void hv_emit(struct hv_host *host, enum hv_event_kind kind, struct hv_channel *channel,
	     const char *format, ...)
{
	struct hv_event event = { .kind = kind, .channel = channel };
	va_list arguments;
	char *text;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		abort();
	va_end(arguments);
	hv_lock(host);
	event.ms = hv_uptime_ms(host);
	event.text = text;
	if (host->events) {
		fprintf(host->events, "%8.3f %s: %s\n", event.ms / 1000.0,
			hv_event_name(kind), text);
		fflush(host->events);
	}
	if (host->config.event)
		host->config.event(host, &event, host->config.context);
	hv_wake(host);
	hv_unlock(host);
	free(text);
}

void hv_finish(struct hv_host *host, enum hv_state state, enum hv_event_kind kind,
	       const char *format, ...)
{
	va_list arguments;

	if (host->ending.text || (host->state != HV_RUNNING && host->state != HV_HUNG))
		return;
	host->ending.state = state;
	host->ending.kind = kind;
	va_start(arguments, format);
	if (vasprintf(&host->ending.text, format, arguments) < 0)
		abort();
	va_end(arguments);
	atomic_store(&host->halt, true);
	hv_tick(host);
}

/*
 * Memory
 */

/* Huge pages on both sides need the same alignment here as in the guest. */
static uint8_t *map_memory(size_t size)
{
	uint8_t *area = mmap(NULL, size + HUGE_PAGE, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	size_t head;

	if (area == MAP_FAILED)
		return NULL;
	head = -(uintptr_t)area % HUGE_PAGE;
	munmap(area, head);
	munmap(area + head + size, HUGE_PAGE - head);
	madvise(area + head, size, MADV_HUGEPAGE);	/* or not: just slower */
	return area + head;
}

int hv_memory_map(struct hv_host *host)
{
	size_t size = (size_t)host->config.memory_mib << 20;

	host->memory = map_memory(size);
	if (!host->memory) {
		hv_complain("%u MiB of memory: %m", host->config.memory_mib);
		return -ENOMEM;
	}
	host->memory_size = size;
	return 0;
}

void hv_memory_unmap(struct hv_host *host)
{
	if (host->memory)
		munmap(host->memory, host->memory_size);
	host->memory = NULL;
	host->memory_size = 0;
}

void *hv_memory(struct hv_host *host, uint64_t gpa, size_t size)
{
	if (gpa >= host->memory_size || size > host->memory_size - gpa)
		return NULL;
	return host->memory + gpa;
}

/*
 * Life and death
 */

const struct hv_config *hv_config(struct hv_host *host)
{
	return &host->config;
}

static char *copy(const char *given, const char *variable, const char *otherwise)
{
	const char *text = given ? given : variable ? getenv(variable) : NULL;

	if (!text)
		text = otherwise;
	return text ? strdup(text) : NULL;
}

static bool is_valid(const struct hv_config *config)
{
	if (config->vcpus > HV_MAX_VCPUS) {
		hv_complain("%u vCPUs: at most %u", config->vcpus, HV_MAX_VCPUS);
		return false;
	}
	if (config->vmbus && (config->vmbus < HV_VERSION(4, 0) ||
			      config->vmbus > HV_VERSION(6, 0))) {
		hv_complain("VMBus %u.%u: 4.0 to 6.0 are known", HV_VERSION_MAJOR(config->vmbus),
			    HV_VERSION_MINOR(config->vmbus));
		return false;
	}
	if (config->memory_mib > 3072) {
		hv_complain("%u MiB of memory: at most 3072", config->memory_mib);
		return false;
	}
	return true;
}

int hv_host_init(struct hv_host *host, const struct hv_config *given)
{
	struct hv_config *config = &host->config;
	pthread_mutexattr_t recursive;
	pthread_condattr_t monotonic;

	if (!is_valid(given))
		return -EINVAL;
	pthread_mutexattr_init(&recursive);
	pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&host->mutex, &recursive);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&host->changed, &monotonic);
	pthread_cond_init(&host->tick, &monotonic);

	*config = *given;
	config->name = copy(given->name, NULL, "guest");
	config->kernel = copy(given->kernel, "HV_KERNEL", NULL);
	config->initrd = copy(given->initrd, "HV_INITRD", NULL);
	config->cmdline = copy(given->cmdline, "HV_CMDLINE", "");
	config->logs = copy(given->logs, "HV_LOGS", NULL);
	config->vcpus = given->vcpus ? given->vcpus : 1;
	config->memory_mib = given->memory_mib ? given->memory_mib : 512;
	config->vmbus = given->vmbus ? given->vmbus : HV_VERSION(6, 0);
	config->hang_seconds = given->hang_seconds ? given->hang_seconds : 120;
	return 0;
}

void hv_host_exit(struct hv_host *host)
{
	if (host->events)
		fclose(host->events);
	pthread_cond_destroy(&host->tick);
	pthread_cond_destroy(&host->changed);
	pthread_mutex_destroy(&host->mutex);
	free((char *)host->config.name);
	free((char *)host->config.kernel);
	free((char *)host->config.initrd);
	free((char *)host->config.cmdline);
	free((char *)host->config.logs);
}

static FILE *open_events(const struct hv_config *config)
{
	char path[4096];
	FILE *file;

	if (!config->logs)
		return NULL;
	snprintf(path, sizeof(path), "%s/%s.events", config->logs, config->name);
	file = fopen(path, "a");
	if (!file)
		hv_complain("%s: %m; events are not logged", path);
	return file;
}

void hv_host_begin(struct hv_host *host)
{
	clock_gettime(CLOCK_MONOTONIC, &host->started);
	if (!host->events)
		host->events = open_events(&host->config);
}
