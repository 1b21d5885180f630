// SPDX-License-Identifier: GPL-2.0
/* The ground without a machine on it: memory, waiting, events, and how an end is noted. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "unit.h"

static enum hv_event_kind last;
static char text[64];
static unsigned int events;

static void on_event(struct hv_host *host, const struct hv_event *event, void *context)
{
	last = event->kind;
	snprintf(text, sizeof(text), "%s", event->text);
	events++;
}

static void memory(struct hv_host *host)
{
	const uint64_t size = 1 << 20;

	unit_check(!hv_memory(host, 0, 1), "there is no memory without a machine");
	unit_check(!hv_memory_map(host) && host->memory_size == size, "as much as was wished");
	unit_check(hv_memory(host, 0, size) == host->memory, "all of it");
	unit_check(hv_memory(host, size - 1, 1) && !hv_memory(host, size - 1, 2) &&
		   !hv_memory(host, size, 0) && !hv_memory(host, ~0ull, 2), "and no byte more");
	hv_memory_unmap(host);
	unit_check(!hv_memory(host, 0, 1), "gone");
}

static bool is_set(void *context)
{
	return *(bool *)context;
}

static void waiting(struct hv_host *host)
{
	bool flag = false;

	unit_check(hv_wait(host, is_set, &flag, 10) == -ESHUTDOWN, "no machine: no waiting");
	host->state = HV_RUNNING;
	unit_check(hv_wait(host, is_set, &flag, 10) == -ETIMEDOUT, "nothing happens in time");
	hv_lock(host);
	hv_lock(host);
	unit_check(hv_wait(host, is_set, &flag, 10) == -ETIMEDOUT && host->depth == 2,
		   "the lock is back as often as its owner had it");
	hv_unlock(host);
	hv_unlock(host);
	flag = true;
	unit_check(!hv_wait(host, is_set, &flag, 0), "what is true need not be waited for");
	hv_emit(host, HV_EVENT_OFFERS, NULL, "%d of them", 6);
	unit_check(events == 1 && last == HV_EVENT_OFFERS && !strcmp(text, "6 of them"),
		   "an event is told at once");
}

static void ending(struct hv_host *host)
{
	hv_lock(host);
	host->state = HV_STOPPED;
	hv_finish(host, HV_OFF, HV_EVENT_OFF, "off");
	unit_check(!host->ending.text && !host->halt, "what does not run cannot end");
	host->state = HV_HUNG;
	hv_finish(host, HV_RESET, HV_EVENT_RESET, "by %s", "a key");
	hv_finish(host, HV_CRASHED, HV_EVENT_CRASHED, "triple fault");
	unit_check(host->ending.state == HV_RESET && host->ending.kind == HV_EVENT_RESET &&
		   !strcmp(host->ending.text, "by a key"), "the first end counts");
	unit_check(host->halt, "and stops the vCPUs");
	unit_check(host->state == HV_HUNG && events == 1, "the ticker has yet to tell");
	free(host->ending.text);
	hv_unlock(host);
}

int main(void)
{
	struct hv_host host = {};
	struct hv_config config = { .memory_mib = 1, .event = on_event };

	unit_check(hv_host_init(&host, &(struct hv_config) { .vcpus = HV_MAX_VCPUS + 1 }) == -EINVAL,
		   "a configuration that cannot be");
	unit_check(!hv_host_init(&host, &config) && hv_config(&host)->vcpus == 1 &&
		   hv_config(&host)->vmbus == HV_VERSION(6, 0), "what is not said is the default");
	memory(&host);
	waiting(&host);
	ending(&host);
	hv_host_exit(&host);
	return unit_done();
}
