// SPDX-License-Identifier: GPL-2.0
/* The functions that cases call. */
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "fixture.h"
#include "runner.h"
#include "watchdog.h"

/* Memory that lives as long as the case. */
struct scrap {
	struct scrap *next;
	char *text;
};

struct cleanup {
	struct cleanup *next;
	void (*undo)(struct test *t, void *context);
	void *context;
};

static void *allocate(size_t size)
{
	void *p = calloc(1, size);

	if (!p)
		abort();
	return p;
}

/* Gives @text to the case. */
static char *keep(struct test *t, char *text)
{
	struct scrap *scrap = allocate(sizeof(*scrap));

	scrap->text = text;
	scrap->next = t->scraps;
	t->scraps = scrap;
	return text;
}

static char *keep_format(struct test *t, const char *format, ...)
	__printf(2, 3);

static char *keep_format(struct test *t, const char *format, ...)
{
	va_list args;
	char *text;
	int n;

	va_start(args, format);
	n = vasprintf(&text, format, args);
	va_end(args);
	if (n < 0)
		abort();
	return keep(t, text);
}

void test_fail(struct test *t, const char *file, int line, const char *format, ...)
{
	va_list args;
	int n;

	/* If the case has failed already, the failure of a cleanup is not reported. */
	if (t->outcome == FAILED)
		longjmp(t->end, 1);
	n = snprintf(t->message, sizeof(t->message), "%s:%d: ", file, line);
	va_start(args, format);
	vsnprintf(t->message + n, sizeof(t->message) - n, format, args);
	va_end(args);
	t->outcome = FAILED;
	longjmp(t->end, 1);
}

void test_skip(struct test *t, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(t->message, sizeof(t->message), format, args);
	va_end(args);
	t->outcome = SKIPPED;
	longjmp(t->end, 1);
}

void test_note(struct test *t, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(t->note, sizeof(t->note), format, args);
	va_end(args);
}

double test_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

bool test_goes_on(struct test *t, const char *format, ...)
{
	double now = test_seconds();
	va_list args;

	watchdog_expect(t->name, CASE_SECONDS);
	if (now - t->told >= 30) {
		printf("# %s: ", t->name);
		va_start(args, format);
		vprintf(format, args);
		va_end(args);
		printf(" in %.0f s\n", now - t->began);
		t->told = now;
	}
	return now - t->began < t->seconds;
}

/* The name of a result, and the rule if one was broken. */
static const char *explain(struct test *t, ic_result result)
{
	for (int i = 0; result == -EPROTO && i < IC_COUNT; i++)
		if (t->ics[i]->violations)
			return keep_format(t, "a broken rule of %s: %s", t->ics[i]->service->name,
					   t->ics[i]->violation);
	return keep_format(t, "%s", ic_result_text(result));
}

void test_expect_result(struct test *t, const char *file, int line, const char *what,
			ic_result got, ic_result expected)
{
	if (got != expected)
		test_fail(t, file, line, "%s: expected %s, got %s", what, explain(t, expected),
			  explain(t, got));
}

void test_expect_answer(struct test *t, const char *file, int line, const char *what,
			ic_result got, bool failing)
{
	if (got < 0 || (failing && !got))
		test_fail(t, file, line, "%s: expected %s, got %s", what,
			  failing ? "a failing status" : "an answer", explain(t, got));
}

void test_expect_unsupported(struct test *t, const char *file, int line, const char *what,
			     ic_result got)
{
	if (t->peer == HV_IC)
		test_expect_result(t, file, line, what, got, WIRE_E_NOT_SUPPORTED);
	else
		test_expect_answer(t, file, line, what, got, true);
}

void test_defer(struct test *t, void (*undo)(struct test *t, void *context), void *context)
{
	struct cleanup *cleanup = allocate(sizeof(*cleanup));

	cleanup->undo = undo;
	cleanup->context = context;
	cleanup->next = t->cleanups;
	t->cleanups = cleanup;
}

void test_undo(struct test *t)
{
	while (t->cleanups) {
		struct cleanup *cleanup = t->cleanups;

		t->cleanups = cleanup->next;
		cleanup->undo(t, cleanup->context);
		free(cleanup);
	}
}

void test_free(struct test *t)
{
	while (t->scraps) {
		struct scrap *scrap = t->scraps;

		t->scraps = scrap->next;
		free(scrap->text);
		free(scrap);
	}
}

/* Commands */

/* Return: what it says; this and the command live as long as the case. */
static char *run(struct test *t, int *status, char **command_said, const char *format, va_list args)
{
	char *command, *output = NULL;
	size_t n;

	if (vasprintf(&command, format, args) < 0)
		abort();
	*command_said = keep(t, command);
	*status = hv_guest_run(t->host, t->patience_ms, &output, "%s", command);
	if (!output)
		output = allocate(1);
	keep(t, output);
	if (*status < 0)
		FAIL("command in the guest: %s: %s; machine %s", command, strerror(-*status),
		     hv_state_name(hv_state(t->host)));
	n = strlen(output);
	if (n && output[n - 1] == '\n')
		output[n - 1] = '\0';
	return output;
}

char *test_run(struct test *t, int expected_status, const char *format, ...)
{
	char *command, *output;
	va_list args;
	int status;

	va_start(args, format);
	output = run(t, &status, &command, format, args);
	va_end(args);
	if (status != expected_status)
		FAIL("command in the guest: %s: expected status %d, got %d: %s", command,
		     expected_status, status, output);
	return output;
}

void test_says(struct test *t, int expected_status, const char *command, const char *text)
{
	const char *output = test_run(t, expected_status, "%s", command);

	if (!strstr(output, text))
		FAIL("%s: expected \"%s\", got \"%s\"", command, text, output);
}

static unsigned long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ull + now.tv_nsec / 1000000;
}

void test_until(struct test *t, const char *format, ...)
{
	unsigned long long deadline = now_ms() + t->patience_ms;
	char *command, *output;
	va_list args;
	int status;

	do {
		va_start(args, format);
		output = run(t, &status, &command, format, args);
		va_end(args);
		if (!status)
			return;
		nanosleep(&(struct timespec) { .tv_nsec = 20000000 }, NULL);
	} while (now_ms() < deadline);
	FAIL("never succeeds: %s: %s", command, output);
}

bool test_has(struct test *t, const char *path)
{
	return !strcmp(test_run(t, 0, "test -e %s && echo yes || echo no", path), "yes");
}

void test_need(struct test *t, const char *path)
{
	if (!test_has(t, path))
		test_skip(t, "the guest has no %s", path);
}

/* The services with a daemon, and what shows that the old driver is ready to ask Debian's. */
static const struct served {
	const struct ic_service *service;
	const char *registered;		/* what it says then, if asked; NULL: it negotiates */
} served[] = {
	{ &ic_kvp, NULL },
	{ &ic_vss, "VSS: userspace daemon registered" },
	{ &ic_fcopy, "FCP: userspace daemon registered" },
};

/* The module under test */

struct parameter {
	char *name;
	char *value;
};

static void restore_parameter(struct test *t, void *context)
{
	struct parameter *p = context;

	test_run(t, 0, "echo '%s' > /sys/module/hv_ic/parameters/%s", p->value, p->name);
}

void test_parameter(struct test *t, const char *name, const char *value)
{
	struct parameter *p = allocate(sizeof(*p));

	keep(t, (char *)p);
	p->name = keep_format(t, "%s", name);
	p->value = test_run(t, 0, "cat /sys/module/hv_ic/parameters/%s", name);
	test_run(t, 0, "echo '%s' > /sys/module/hv_ic/parameters/%s", value, name);
	test_defer(t, restore_parameter, p);
}

void test_until_shown(struct test *t, const struct ic_service *service, const char *format, ...)
{
	char line[64];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	test_until(t, "grep -qx '%s' /sys/kernel/debug/hv_ic/%s/status", line, service->instance);
}

char *test_status(struct test *t, struct ic *ic, const char *key)
{
	char *text = test_run(t, 0, "cat /sys/kernel/debug/hv_ic/%s/status", ic->service->instance);
	size_t n = strlen(key);

	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		if (!strncmp(line, key, n) && (line[n] == ' ' || !line[n]))
			return line[n] ? line + n + 1 : line + n;
	return text + strlen(text);
}

char *test_attribute(struct test *t, struct ic *ic, const char *name)
{
	return test_run(t, 0, "cat /sys/bus/vmbus/devices/%s/ic/%s", ic->service->instance, name);
}

static bool all_closed(void *context)
{
	struct test *t = context;

	for (int i = 0; i < IC_COUNT; i++)
		if (hv_channel_is_open(t->ics[i]->channel))
			return false;
	return true;
}

void test_stop_daemons(struct test *t)
{
	const char *debians = "hv_kvp_daemon hv_vss_daemon hv_fcopy_daemon";
	const char *ours = "hvic-kvpd hvic-vssd hvic-fcopyd";

	test_run(t, 0, "procs -TERM -w %s %s", debians, ours);
}

static void choose_back(struct test *t, void *own)
{
	test_stop_daemons(t);
	t->own_daemons = own;
}

void test_choose_daemons(struct test *t, bool own)
{
	test_stop_daemons(t);
	test_defer(t, choose_back, t->own_daemons ? t : NULL);
	t->own_daemons = own;
}

void test_use(struct test *t, struct ic *ic)
{
	struct shutdown_order nonsense = { .flags = 0x40000000 };
	struct timesync_stamp stamp;
	ic_result result;
	uint32_t flags;

	if (ic->service == &ic_heartbeat) {
		EXPECT_RESULT(heartbeat_beat(ic, NULL), 0);
	} else if (ic->service == &ic_shutdown) {
		EXPECT_FAILURE(shutdown_ask(ic, &nonsense));
	} else if (ic->service == &ic_timesync) {
		EXPECT_EQ(timesync_now(t->host, 0, WIRE_TIME_SAMPLE, &stamp), 0);
		EXPECT_RESULT(timesync_send(ic, &stamp), 0);
	} else if (ic->service == &ic_kvp) {
		EXPECT_RESULT(kvp_set(ic, KVP_EXTERNAL, "e2e", "used"), 0);
	} else if (ic->service == &ic_vss) {
		/* Without a daemon it is refused. */
		EXPECT_ANSWER(vss_hot_backup(ic, &flags));
	} else if (ic->service == &ic_fcopy) {
		result = fcopy_start(ic, "/tmp", "used", 0, 1);
		EXPECT_ANSWER(result);
		if (!result)
			EXPECT_RESULT(fcopy_cancel(ic), 0);
	}
}

#define TRACING "/sys/kernel/tracing/"

static void stop_tracing(struct test *t, void *context)
{
	test_run(t, 0, "cd " TRACING "; echo 0 > events/hv_ic/enable; echo > trace");
}

void test_trace(struct test *t)
{
	test_run(t, 0, "cd " TRACING "; echo > trace; echo 1 > events/hv_ic/enable");
	test_defer(t, stop_tracing, NULL);
}

void test_traced(struct test *t, const char *line)
{
	test_note(t, "%s", line);
	test_run(t, 0, "grep -q ' %s' " TRACING "trace", line);
}

void test_reload(struct test *t, const char *program, const char *log, const char *words)
{
	const char *before = test_run(t, 0, "grep -c '%s' %s || true", words, log);

	test_run(t, 0, "procs -HUP %s", program);
	test_until(t, "test $(grep -c '%s' %s) -gt %s", words, log, before);
}

/* Its folder has another number than the channel once the guest has slept. */
void test_move_channel(struct test *t, const struct ic_service *service, unsigned int processor)
{
	test_run(t, 0, "cd /sys/bus/vmbus/devices/%s/channels && echo %u > $(ls)/cpu",
		 service->instance, processor);
}

void test_unload(struct test *t)
{
	/* A process that has a device open keeps the module loaded. */
	test_stop_daemons(t);
	test_run(t, 0, "rmmod %s", t->module);
	if (hv_wait(t->host, all_closed, t, t->patience_ms))
		FAIL("channels are open after rmmod %s", t->module);
}

void test_load(struct test *t, const char *parameters)
{
	test_run(t, 0, "modprobe %s %s", t->module, parameters);
}

/* The host's side */

static int index_of(struct test *t, const struct ic *ic)
{
	for (int i = 0; i < IC_COUNT; i++)
		if (t->ics[i] == ic)
			return i;
	FAIL("not one of the guest's integration components");
}

struct ic *test_ic(struct test *t, const struct ic_service *service)
{
	for (int i = 0; i < IC_COUNT; i++)
		if (t->ics[i]->service == service)
			return t->ics[i];
	FAIL("no service %s", service->name);
}

struct log_wish {
	struct hv_host *host;
	size_t from;
	const char *text;
};

static bool is_logged(void *context)
{
	struct log_wish *wish = context;

	return hv_console_find(wish->host, wish->from, wish->text);
}

static const struct served *daemon_of(const struct ic_service *service)
{
	for (size_t i = 0; i < ARRAY_SIZE(served); i++)
		if (served[i].service == service)
			return &served[i];
	return NULL;
}

void test_talkative(struct test *t)
{
	if (t->peer == HV_UTILS)
		test_run(t, 0, "echo module hv_utils +p > /proc/dynamic_debug/control");
}

void test_attached(struct test *t, const struct ic_service *service, size_t from)
{
	struct log_wish wish = { t->host, from, daemon_of(service)->registered };

	if (t->peer == HV_IC)
		test_until_shown(t, service, "daemon_attached 1");
	else if (wish.text && hv_wait(t->host, is_logged, &wish, t->patience_ms))
		FAIL("hv_%s_daemon does not register", service->name);
}

/* The host may put files where cases do. */
static void start_own_daemon(struct test *t, const struct served *daemon)
{
	const char *name = daemon->service->name;

	test_run(t, 0, "mkdir -p /etc/hv_ic && printf '[fcopy tests]\\ndirectory = /tmp\\n"
		 "overwrite = yes\\nmin_free = 0\\n' > /etc/hv_ic/hv_ic.conf");
	test_run(t, 0, "procs hvic-%sd || hvic-%sd > /tmp/hvic-%sd.log 2>&1 &", name, name, name);
	test_attached(t, daemon->service, 0);
}

static void start_daemon(struct test *t, const struct served *daemon)
{
	const char *name = daemon->service->name;
	size_t from = hv_console_lines(t->host);
	bool runs;

	if (t->own_daemons) {
		start_own_daemon(t, daemon);
		return;
	}
	if (!test_has(t, keep_format(t, "/usr/sbin/hv_%s_daemon", name)))
		test_skip(t, "there is no hv_%s_daemon for this kernel", name);
	test_talkative(t);
	runs = strcmp(test_run(t, 0, "procs hv_%s_daemon || hv_%s_daemon", name, name), "");
	if (t->peer == HV_IC || !runs)
		test_attached(t, daemon->service, from);
}

struct ic *test_ready(struct test *t, const struct ic_service *service)
{
	struct ic *ic = test_ic(t, service);

	if (t->peer == HV_UTILS && daemon_of(service))
		start_daemon(t, daemon_of(service));
	EXPECT_RESULT(ic_wait_ready(ic), 0);
	return ic;
}

struct ic *test_served(struct test *t, const struct ic_service *service)
{
	/* ORDER: the old driver's KVP is not ready before its daemon is there. */
	if (t->peer == HV_UTILS)
		return test_ready(t, service);
	test_ready(t, service);
	start_daemon(t, daemon_of(service));
	return test_ic(t, service);
}

const struct ic_service *const *test_services(struct test *t)
{
	static const struct ic_service *const hv_ic[] = {
		&ic_heartbeat, &ic_shutdown, &ic_timesync, &ic_kvp, &ic_vss, &ic_fcopy, NULL,
	};
	static const struct ic_service *const hv_utils[] = {
		&ic_heartbeat, &ic_shutdown, &ic_timesync, &ic_kvp, &ic_vss, NULL,
	};

	return t->peer == HV_IC ? hv_ic : hv_utils;
}

void test_touch(struct test *t, struct ic *ic)
{
	t->touched[index_of(t, ic)] = true;
}

void test_rescind(struct test *t, struct ic *ic)
{
	EXPECT_EQ(ic_rescind(ic), 0);
	if (hv_channel_wait_state(ic->channel, HV_CHANNEL_HIDDEN, t->patience_ms))
		FAIL("%s: the guest keeps a rescinded channel: %s", ic->service->name,
		     hv_channel_state_name(hv_channel_state(ic->channel)));
}

void test_reopen(struct test *t, struct ic *ic)
{
	if (hv_channel_state(ic->channel) != HV_CHANNEL_HIDDEN)
		test_rescind(t, ic);
	EXPECT_EQ(ic_offer(ic), 0);
	if (hv_channel_wait_state(ic->channel, HV_CHANNEL_OPEN, t->patience_ms))
		FAIL("%s: the guest does not open the channel again", ic->service->name);
}

void test_end_life(struct test *t)
{
	if (hv_report(t->host, t->console))
		FAIL("the guest's kernel reported something before it ended");
	if (hv_bus_violations(t->host))
		FAIL("the guest broke a rule of VMBus before it ended: see the events");
	t->console = 0;
}

void test_restart(struct test *t)
{
	int error;

	watchdog_expect("what follows a restart of the guest", CASE_SECONDS);
	test_end_life(t);
	error = fixture_boot(t);
	if (error)
		FAIL("the guest does not come up again: %s, machine %s", strerror(-error),
		     hv_state_name(hv_state(t->host)));
}

void test_restore(struct test *t)
{
	for (int i = 0; i < IC_COUNT; i++) {
		if (!t->touched[i])
			continue;
		t->touched[i] = false;
		ic_reset(t->ics[i]);
		test_reopen(t, t->ics[i]);
	}
}
