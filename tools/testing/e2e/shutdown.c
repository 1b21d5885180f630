// SPDX-License-Identifier: GPL-2.0
/* Shutdown: power off, reboot, hibernate; policy; what the host says with it. */
#include "e2e.h"
#include "poweroff.h"

static const struct shutdown_order power_off = { .reason = SHUTDOWN_REASON_PLANNED };

static const struct shutdown_order restart = {
	.flags = WIRE_SHUTDOWN_RESTART, .reason = SHUTDOWN_REASON_PLANNED,
};

static const struct shutdown_order hibernate = {
	.flags = WIRE_SHUTDOWN_HIBERNATE, .reason = SHUTDOWN_REASON_PLANNED,
};

static void shutdown_poweroff(struct test *t)
{
	struct ic *sd = test_ready(t, &ic_shutdown);

	EXPECT_RESULT(shutdown_ask(sd, &power_off), 0);
	EXPECT_EQ(hv_wait_state(t->host, HV_OFF, sd->timeout_ms), 0);
	EXPECT(hv_console_find(t->host, 0, "Shutdown request received"));
}

static void poweroff_without_program(struct test *t)
{
	struct ic *sd = test_ready(t, &ic_shutdown);

	test_run(t, 0, "mv /sbin/poweroff /tmp");
	EXPECT_RESULT(shutdown_ask(sd, &power_off), 0);
	EXPECT_EQ(hv_wait_state(t->host, HV_OFF, sd->timeout_ms), 0);
}

static void restart_without_program(struct test *t)
{
	struct ic *sd = test_ready(t, &ic_shutdown);

	test_run(t, 0, "mv /sbin/reboot /tmp");
	EXPECT_RESULT(shutdown_ask(sd, &restart), 0);
	EXPECT_EQ(hv_wait_state(t->host, HV_RESET, sd->timeout_ms), 0);
}

#define POWEROFF_COMMAND "/proc/sys/kernel/poweroff_cmd"

static void default_command(struct test *t, void *context)
{
	test_run(t, 0, "echo /sbin/poweroff > " POWEROFF_COMMAND);
}

/* The administrator has chosen another program, with arguments. */
static void poweroff_command(struct test *t)
{
	struct ic *sd = test_ready(t, &ic_shutdown);

	poweroff_catch(t);
	test_run(t, 0, "echo '/bin/touch /tmp/acted.chosen' > " POWEROFF_COMMAND);
	test_defer(t, default_command, NULL);
	EXPECT_RESULT(shutdown_ask(sd, &power_off), 0);
	poweroff_acted(t, "chosen");
	poweroff_idle(t);
}

static void shutdown_restart(struct test *t)
{
	struct ic *sd = test_ready(t, &ic_shutdown);

	EXPECT_RESULT(shutdown_ask(sd, &restart), 0);
	EXPECT_EQ(hv_wait_state(t->host, HV_RESET, sd->timeout_ms), 0);
}

/* Forced or not, in every version, the program for the action is called. */
static void each_version(struct test *t)
{
	struct ic *sd = test_ready(t, &ic_shutdown);

	test_touch(t, sd);
	for (unsigned int i = 0; i < ic_shutdown.messages.n; i++) {
		struct shutdown_order order = power_off;

		poweroff_catch(t);
		order.flags = i % 2 ? WIRE_SHUTDOWN_FORCE : 0;
		test_note(t, "version %u.%u, flags %u", ic_shutdown.messages.v[i].major,
			  ic_shutdown.messages.v[i].minor, order.flags);
		sd->messages = (struct ic_versions) { { ic_shutdown.messages.v[i] }, 1 };
		EXPECT_RESULT(ic_wait_ready(sd), 0);
		EXPECT_RESULT(ic_negotiate(sd), 0);
		EXPECT_RESULT(shutdown_ask(sd, &order), 0);
		poweroff_acted(t, "poweroff");
		test_undo(t);
	}
}

static void forced_restart(struct test *t)
{
	struct ic *sd = test_ready(t, &ic_shutdown);
	struct shutdown_order order = restart;

	poweroff_catch(t);
	order.flags |= WIRE_SHUTDOWN_FORCE;
	EXPECT_RESULT(shutdown_ask(sd, &order), 0);
	poweroff_acted(t, "reboot");
}

static void unknown_flags(struct test *t)
{
	static const uint32_t flags[] = { 6, 7, 8, 16, 0x80000000, 0xffffffff };
	struct ic *sd = test_ready(t, &ic_shutdown);

	poweroff_catch(t);
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		struct shutdown_order order = { .flags = flags[i] };
		ic_result result = shutdown_ask(sd, &order);

		test_note(t, "flags %#x", flags[i]);
		if (t->peer == HV_IC)
			EXPECT_RESULT(result, WIRE_E_INVALID_ARG);
		else
			EXPECT_FAILURE(result);
	}
	poweroff_idle(t);
}

static void no_swap(struct test *t, void *context)
{
	test_run(t, 0, "swapoff /dev/ram0; rmmod brd");
}

static void have_swap(struct test *t)
{
	test_run(t, 0, "modprobe brd rd_nr=1 rd_size=4096; mkswap /dev/ram0; swapon /dev/ram0");
	test_defer(t, no_swap, NULL);
}

/* The kernel cannot hibernate without swap, nor when it is locked down. */
static void hibernate_unable_kernel(struct test *t)
{
	struct ic *sd = test_ready(t, &ic_shutdown);

	EXPECT_RESULT(shutdown_ask(sd, &hibernate), WIRE_E_DISK_FULL);
	have_swap(t);
	test_run(t, 0, "mount -t securityfs none /sys/kernel/security || true");
	if (!test_has(t, "/sys/kernel/security/lockdown"))
		test_skip(t, "the kernel has no lockdown");
	test_run(t, 0, "echo integrity > /sys/kernel/security/lockdown");
	EXPECT_RESULT(shutdown_ask(sd, &hibernate), WIRE_E_ACCESS_DENIED);
}

static void hibernate_able(struct test *t)
{
	struct ic *sd = test_ready(t, &ic_shutdown);

	have_swap(t);
	EXPECT_RESULT(shutdown_ask(sd, &hibernate), 0);
	EXPECT_STR(test_status(t, sd, "last_action"), "hibernate");
	/* No program hibernates here, so for the module the request is under way until unload. */
	test_unload(t);
	test_load(t, "");
}

/* With firmware without S4 the guest cannot hibernate, and the host must be told so. */
static void hibernate_unable(struct test *t)
{
	struct ic *sd = test_ready(t, &ic_shutdown);

	EXPECT_UNSUPPORTED(shutdown_ask(sd, &hibernate));
}

static void denied(struct test *t)
{
	struct ic *sd = test_ready(t, &ic_shutdown);

	poweroff_catch(t);
	test_parameter(t, "shutdown_poweroff", "deny");
	EXPECT_RESULT(shutdown_ask(sd, &power_off), WIRE_E_ACCESS_DENIED);
	poweroff_idle(t);
	EXPECT_RESULT(shutdown_ask(sd, &restart), 0);
	poweroff_acted(t, "reboot");
	/* Not late either: what acts does so in the order of the requests. */
	poweroff_idle(t);
}

static void restart_denied(struct test *t)
{
	struct ic *sd = test_ready(t, &ic_shutdown);

	poweroff_catch(t);
	test_parameter(t, "shutdown_reboot", "deny");
	test_parameter(t, "shutdown_hibernate", "deny");
	EXPECT_RESULT(shutdown_ask(sd, &restart), WIRE_E_ACCESS_DENIED);
	EXPECT_RESULT(shutdown_ask(sd, &hibernate), WIRE_E_ACCESS_DENIED);
	poweroff_idle(t);
}

/* With notify the guest acts when the grace period is over, and is busy until then. */
static void grace(struct test *t)
{
	struct ic *sd = test_ready(t, &ic_shutdown);

	poweroff_catch(t);
	test_parameter(t, "shutdown_poweroff", "notify");
	test_parameter(t, "shutdown_grace", "3600");
	EXPECT_RESULT(shutdown_ask(sd, &power_off), 0);
	EXPECT_RESULT(shutdown_ask(sd, &power_off), WIRE_E_SHUTDOWN_IN_PROGRESS);
	poweroff_idle(t);
}

static void grace_ends(struct test *t)
{
	struct ic *sd = test_ready(t, &ic_shutdown);

	poweroff_catch(t);
	test_parameter(t, "shutdown_poweroff", "notify");
	test_parameter(t, "shutdown_grace", "1");
	EXPECT_RESULT(shutdown_ask(sd, &power_off), 0);
	poweroff_acted(t, "poweroff");
}

static void second_request(struct test *t)
{
	struct ic *sd = test_ready(t, &ic_shutdown);

	poweroff_catch(t);
	EXPECT_RESULT(shutdown_ask(sd, &power_off), 0);
	EXPECT_RESULT(shutdown_ask(sd, &power_off), WIRE_E_SHUTDOWN_IN_PROGRESS);
	EXPECT_RESULT(shutdown_ask(sd, &restart), WIRE_E_SHUTDOWN_IN_PROGRESS);
	poweroff_acted(t, "poweroff");
}

static void negotiate_and_power_off(struct ic *ic)
{
	struct ic_request *negotiate = ic_negotiate_request(ic);
	struct ic_request *request;

	ic->opened = NULL;
	/* What the guest is going to agree on. */
	ic->framework = (struct wire_version) { 3, 0 };
	ic->message = (struct wire_version) { 3, 2 };
	request = shutdown_request(ic, &power_off);
	ic_post(negotiate, HV_SEND_QUIET);
	ic_post(request, HV_SEND_QUIET);
	hv_channel_signal(ic->channel);
	ic_request_free(negotiate);
	ic->context = request;
}

/* The host asked while the guest was still loading its driver. */
static void before_open(struct test *t)
{
	struct ic *sd = test_ready(t, &ic_shutdown);
	ic_result result;

	test_touch(t, sd);
	poweroff_catch(t);
	sd->opened = negotiate_and_power_off;
	test_reopen(t, sd);
	result = ic_wait(sd->context);
	ic_request_free(sd->context);
	EXPECT_RESULT(result, 0);
	poweroff_acted(t, "poweroff");
}

static void reason(struct test *t)
{
	struct ic *sd = test_ready(t, &ic_shutdown);
	struct shutdown_order order = {
		.flags = WIRE_SHUTDOWN_FORCE,
		.reason = 0x80020003,
		.timeout = 77,
		.text = "Wartung: T\xc3\xbcr 3 \xf0\x9f\x94\x8c bis 17 Uhr",
	};

	poweroff_catch(t);
	EXPECT_RESULT(shutdown_ask(sd, &order), 0);
	poweroff_acted(t, "poweroff");
	EXPECT_STR(test_status(t, sd, "last_action"), "poweroff");
	EXPECT_EQ(strtoul(test_status(t, sd, "last_reason"), NULL, 0), order.reason);
	EXPECT_EQ(atol(test_status(t, sd, "last_timeout")), order.timeout);
	EXPECT_STR(test_status(t, sd, "last_force"), "1");
	EXPECT(strstr(test_status(t, sd, "last_text"), "Wartung: T"));
	EXPECT(strstr(test_status(t, sd, "last_text"), "bis 17 Uhr"));
}

/* The host's text goes to the log, where it must not begin a line of its own. */
static void text_escaped(struct test *t)
{
	struct ic *sd = test_ready(t, &ic_shutdown);
	struct shutdown_order order = {
		.reason = SHUTDOWN_REASON_PLANNED,
		.text = "one\n<0>FORGED line\x1b[2J",
	};
	size_t line = hv_console_lines(t->host);

	poweroff_catch(t);
	EXPECT_RESULT(shutdown_ask(sd, &order), 0);
	poweroff_acted(t, "poweroff");
	test_run(t, 0, "dmesg | grep -q '<0>FORGED line'");
	test_run(t, 1, "dmesg | grep -E '^(\\[[^]]*\\] *)?(<[0-9]+>)?FORGED'");
	EXPECT(!hv_console_find(t->host, line, "\x1b[2J"));
	EXPECT(!strchr(test_status(t, sd, "last_text"), '\x1b'));
}

static void too_short(struct test *t)
{
	struct ic *sd = test_ready(t, &ic_shutdown);

	poweroff_catch(t);
	for (size_t body = 0; body < 12; body += 4) {
		struct ic_request *r = ic_request(sd, WIRE_SHUTDOWN, body);

		/* Bodies of 5 to 8 bytes take 36 bytes of ring; they must not be padded to 12. */
		EXPECT_FAILURE(ic_ask(r));
		ic_request_free(r);
	}
	poweroff_idle(t);
}

const struct test_case shutdown_cases[] = {
	{ .name = "shutdown_each_version", .run = each_version },
	{ .name = "shutdown_forced_restart", .run = forced_restart },
	{ .name = "shutdown_unknown_flags", .run = unknown_flags },
	{ .name = "shutdown_hibernate_unable", .run = hibernate_unable },
	{ .name = "shutdown_hibernate_able", .run = hibernate_able, .only = ONLY_HV_IC,
	  .hibernation = true },
	{ .name = "shutdown_hibernate_unable_kernel", .run = hibernate_unable_kernel,
	  .only = ONLY_HV_IC, .hibernation = true, .last = true },
	{ .name = "shutdown_poweroff_command", .run = poweroff_command },
	{ .name = "shutdown_denied", .run = denied, .only = ONLY_HV_IC },
	{ .name = "shutdown_restart_denied", .run = restart_denied, .only = ONLY_HV_IC },
	{ .name = "shutdown_grace", .run = grace, .only = ONLY_HV_IC },
	{ .name = "shutdown_grace_ends", .run = grace_ends, .only = ONLY_HV_IC },
	{ .name = "shutdown_second_request", .run = second_request,
	  .peer_fails = "it accepts a shutdown while one is under way",
	  .peer_says = "got 0x00000000 success" },
	{ .name = "shutdown_before_open", .run = before_open,
	  .peer_fails = "it reads one packet per interrupt, and none comes for the second",
	  .peer_says = "got no answer in time" },
	{ .name = "shutdown_reason", .run = reason, .only = ONLY_HV_IC },
	{ .name = "shutdown_text_escaped", .run = text_escaped, .only = ONLY_HV_IC },
	{ .name = "shutdown_too_short", .run = too_short,
	  .peer_fails = "it drops short requests without an answer",
	  .peer_says = "got no answer in time" },
	{ .name = "shutdown_poweroff_without_program", .run = poweroff_without_program,
	  .ends_guest = true },
	{ .name = "shutdown_restart_without_program", .run = restart_without_program,
	  .ends_guest = true },
	{ .name = "shutdown_poweroff", .run = shutdown_poweroff, .ends_guest = true },
	{ .name = "shutdown_restart", .run = shutdown_restart, .ends_guest = true },
	{ 0 }
};
