// SPDX-License-Identifier: GPL-2.0
/* Boots guests for the cases, and ends those that are no longer needed. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define BOOT_MS 400000
#define JOURNAL_MS 60000

static const struct test_case *guest_of;	/* the case whose guest runs */
static unsigned int guests;

static unsigned int vcpus(const struct test_case *c)
{
	return c->vcpus ? c->vcpus : 2;
}

/* 0 is the host's own choice. */
static unsigned int memory_mib(const struct test_case *c)
{
	if (c->memory_mib)
		return c->memory_mib;
	return c->system ? 1024 : 0;
}

bool fixture_same_guest(const struct test_case *a, const struct test_case *b)
{
	return vcpus(a) == vcpus(b) && a->memory_mib == b->memory_mib && a->vmbus == b->vmbus &&
	       a->hibernation == b->hibernation && a->disk_mib == b->disk_mib &&
	       a->isolated == b->isolated && a->bare == b->bare;
}

void fixture_diagnose(const char *text)
{
	while (*text) {
		int n = strcspn(text, "\n");

		printf("# %.*s\n", n, text);
		text += n + (text[n] == '\n');
	}
}

/* What a real system has logged comes out only now: on the console it would cost minutes. */
static void save_journal(struct test *t)
{
	const char *name = hv_config(t->host)->name, *logs = hv_config(t->host)->logs;
	char path[4096], *text;
	FILE *file;

	if (!hv_config(t->host)->disk || !logs)
		return;
	hv_guest_run(t->host, JOURNAL_MS, &text,
		     "journalctl -b --no-pager -o short-monotonic -n 1500");
	snprintf(path, sizeof(path), "%s/%s.journal", logs, name);
	file = fopen(path, "w");
	if (file) {
		fputs(text, file);
		fclose(file);
		printf("# its journal is in %s.journal, beside its other logs\n", name);
	}
	free(text);
}

void fixture_show_log(struct test *t)
{
	char *text;

	if (!t->host)
		return;
	/* Shows where a guest that does not run any more has ended. */
	if (hv_state(t->host) == HV_RUNNING) {
		text = hv_console_tail(t->host, 25);
		save_journal(t);
	} else {
		text = hv_dump(t->host);
	}
	printf("# the guest's console ends with:\n");
	fixture_diagnose(text);
	free(text);
}

/*
 * Without the module no case can pass, and each would wait for it, so the run ends here. Loading it
 * once more shows the reason, here and on the console.
 */
static void need_module(struct test *t)
{
	char *said = NULL;
	int status = hv_guest_run(t->host, BOOT_MS, &said, "test -d /sys/module/%s || modprobe %s",
				  t->module, t->module);

	if (status > 0) {
		fixture_show_log(t);
		printf("Bail out! %s does not load: %.*s\n", t->module,
		       (int)strcspn(said, "\n"), said);
		fflush(stdout);
		_exit(3);
	}
	free(said);
}

int fixture_boot(struct test *t)
{
	int error = hv_start(t->host);

	t->console = 0;
	return error ? error : hv_guest_ready(t->host, BOOT_MS);
}

/*
 * Without Hyper-V there is no module to load; an image on a disk need not be small, and a real
 * system has it on a disk of its own.
 */
static void add_options(const struct test_case *c, char *options, size_t size)
{
	const char *given = getenv("HV_CMDLINE");

	if (!given || (c->bare && !c->system))
		given = "";
	snprintf(options, size, "%s%s%s%s", given, c->bare ? " nopv" : "",
		 c->disk_mib ? " hibernate=nocompress" : "",
		 c->disk_mib && c->system ? " resume=/dev/pmem1" : "");
}

static bool boot(struct test *t, const struct test_case *c)
{
	char name[32], options[512];
	struct hv_config config = {
		.name = name,
		.vcpus = vcpus(c),
		.vmbus = c->vmbus,
		.hibernation = c->hibernation,
		.disk_mib = c->disk_mib,
		.isolated = c->isolated,
		.cmdline = options,
		.memory_mib = memory_mib(c),
	};
	int error;

	snprintf(name, sizeof(name), "guest-%u", ++guests);
	add_options(c, options, sizeof(options));
	t->host = hv_create(&config);
	if (!t->host)
		return false;
	for (int i = 0; i < IC_COUNT; i++) {
		t->ics[i] = ic_new(t->host, ic_services[i]);
		ic_offer(t->ics[i]);
	}
	error = fixture_boot(t);
	if (!error) {
		/* A real system loads its modules itself, as the cases are to find. */
		if (!c->system && !c->bare)
			need_module(t);
		return true;
	}
	printf("# %s does not come up: %s, machine %s\n", name, strerror(-error),
	       hv_state_name(hv_state(t->host)));
	fixture_show_log(t);
	return false;
}

/*
 * A kernel that hangs before its first program has not come to our programs and modules. Emulation
 * is to blame if it does not happen again: see vm/host/vmrun_once.c.
 */
static bool lost_by_emulation(struct test *t)
{
	return t->host && hv_state(t->host) == HV_HUNG &&
	       !hv_console_find(t->host, 0, "hvguest: init");
}

void fixture_drop(struct test *t)
{
	if (!t->host)
		return;
	hv_destroy(t->host);
	for (int i = 0; i < IC_COUNT; i++)
		ic_free(t->ics[i]);
	t->host = NULL;
	guest_of = NULL;
}

bool fixture_take(struct test *t, const struct test_case *c)
{
	bool up;

	/* A real system's boot takes long: its last case ends the guest of those before. */
	if (t->host && guest_of && !c->fresh && (!c->ends_guest || c->system) &&
	    fixture_same_guest(guest_of, c))
		return true;
	fixture_drop(t);
	up = boot(t, c);
	if (!up && lost_by_emulation(t)) {
		printf("# it hung before its first program: a second one is started\n");
		fixture_drop(t);
		up = boot(t, c);
	}
	if (up)
		guest_of = c;
	else
		fixture_drop(t);
	return up;
}
