// SPDX-License-Identifier: GPL-2.0
/* Lines, what becomes of them at the guest, and what they report. */
#include "fake_guest.h"

#include "command.h"

static struct desk desk;
static char *output;
static size_t output_size;

/* A desk whose service @service has a guest, and the others none. */
static void sit_down(const struct ic_service *service)
{
	start(service, (struct wire_version) { 9, 0 });
	desk = (struct desk) { .host = host, .report.form = REPORT_JSON };
	for (int i = 0; i < IC_COUNT; i++)
		desk.ics[i] = ic_services[i] == service ? ic : ic_new(host, ic_services[i]);
}

static void get_up(void)
{
	end();				/* frees the one with a guest */
	for (int i = 0; i < IC_COUNT; i++) {
		if (desk.ics[i] != ic)
			ic_free(desk.ics[i]);
	}
	free(output);
	output = NULL;
}

static bool carry_out(const char *line)
{
	bool good;

	free(output);
	desk.report.out = open_memstream(&output, &output_size);
	good = command_run(&desk, line);
	fclose(desk.report.out);
	return good;
}

static const struct wire_header *asked(void)
{
	return (const void *)guest.asked;
}

static const void *asked_body(void)
{
	return guest.asked + sizeof(struct wire_header);
}

static void test_shutdown(void)
{
	const struct wire_shutdown *body = asked_body();

	sit_down(&ic_shutdown);
	unit_check(carry_out("stop force reason 0x80040001 timeout 30 \"for a while\"") &&
		   body->flags == 1 && body->reason == 0x80040001 && body->timeout == 30 &&
		   body->text[0] == 'f', "a stop with a reason");
	unit_check(carry_out("restart") && body->flags == 2 && body->reason == 0x80000000,
		   "a planned restart");
	unit_check(!carry_out("stop one two") && strstr(output, "usage"), "two texts are one too many");
	get_up();
}

static void test_types(void)
{
	const struct wire_kvp_exchange *body = asked_body();

	sit_down(&ic_kvp);
	unit_check(carry_out("kvp set k 0x10 0 dword") && body->u.value.type == 4 &&
		   body->u.value.value.dword == 16, "a number");
	unit_check(carry_out("kvp set k %A% 0 expand") && body->u.value.type == 2, "a string to expand");
	unit_check(!carry_out("kvp set k v 0 blob"), "a type that does not exist");
	unit_check(!carry_out("kvp set k x 0 dword") && !carry_out("kvp set k 4294967296 0 dword"),
		   "no number, and one that is too large");
	get_up();
}

static void test_send(void)
{
	unsigned int heard;

	sit_down(&ic_heartbeat);
	unit_check(carry_out("send heartbeat 0x7777 0102 ff") && asked()->type == 0x7777 &&
		   asked()->size == 3 && strstr(output, "\"body\":\"0102ff\""),
		   "a message of any type, and its answer");
	unit_check(!carry_out("send heartbeat 1 012"), "half a byte");
	unit_check(!carry_out("send nobody 1"), "a service that does not exist");

	heard = guest.heard;
	unit_check(carry_out("raw heartbeat 01000000 14000000 03000000 0900 03000000 0000 00000000 "
			     "00 03 0000") && next_heard(&heard) == 9 && is_settled(),
		   "a packet of any bytes");
	heard = guest.heard;
	unit_check(carry_out("hold heartbeat on") &&
		   carry_out("raw heartbeat 01000000140000000300000009000300000000000000000000030000") &&
		   next_heard(&heard) == 9 && ic->open, "an answer that is not looked at");
	unit_check(carry_out("hold heartbeat off") && !ic->open, "until it is");
	get_up();
}

static void test_spoil(void)
{
	sit_down(&ic_heartbeat);
	unit_check(carry_out("spoil heartbeat status=5 message=2.1 28=0xaa length=64"), "a plan");
	unit_check(carry_out("negotiate heartbeat") == false || asked()->status == 5,
		   "the next message has it");
	unit_check(asked()->message.major == 2 && asked()->message.minor == 1 &&
		   guest.asked[28] == 0xaa, "all of it");
	ic_restore(ic);
	unit_check(!ic_wait_ready(ic) && carry_out("send heartbeat 0x7777") && !asked()->status,
		   "and the one after it has not");
	unit_check(!carry_out("spoil heartbeat colour=1") && !carry_out("spoil heartbeat size=x") &&
		   !carry_out("spoil heartbeat length=99999"), "fields and values that are none");
	get_up();
}

/* As much as a message may have, in one word and in one for each byte. */
static void test_long(void)
{
	size_t bytes = WIRE_BODY_MAX;
	char *line = malloc(64 + 3 * bytes), *at;

	sit_down(&ic_heartbeat);
	at = line + sprintf(line, "send heartbeat 0x7777 ");
	for (size_t i = 0; i < bytes; i++)
		at += sprintf(at, "ab");
	unit_check(carry_out(line) && asked()->size == bytes, "the longest message");
	unit_check(!carry_out(strcat(line, "ab")) && strstr(output, "usage"), "a byte more");
	at = line + sprintf(line, "send heartbeat 0x7777");
	for (size_t i = 0; i < bytes; i++)
		at += sprintf(at, " cd");
	unit_check(carry_out(line) && asked()->size == bytes, "as many words as bytes");
	get_up();
	free(line);
}

/* None of it is taken for a number, or for none. */
static void test_nonsense(void)
{
	static const char *const lines[] = {
		"heartbeat x", "heartbeat -1", "stop reason x", "stop timeout 4294967296", "time sync x",
		"time sync nan", "time sample 1e30", "kvp list x", "kvp get k 256", "kvp set k v -1",
		"kvp delete k \"\"", "kvp", "kvp get",
		"cancel 0 f d", "cancel -1 f d", "checkpoint x", "checkpoint -1", "console x",
		"ring heartbeat 4294967296 00", "send heartbeat 65536", "send heartbeat 0x",
		"send heartbeat 1 \xff", "spoil heartbeat 5=256", "spoil heartbeat size=65536",
		"spoil heartbeat framework=3.1x", "spoil heartbeat message=65536.0",
		"spoil heartbeat size=1.5", "spoil heartbeat message=-1.0",
		"raw heartbeat 0g", "hold heartbeat maybe", "stop \"no end", "\xff\xfe", "status\x01",
	};

	unsigned int heard;

	sit_down(&ic_heartbeat);
	heard = guest.heard;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		unit_check(!carry_out(lines[i]) && strstr(output, "\"ok\":false") &&
			   !strstr(output, "not connected"), "nonsense: %s", lines[i]);
	unit_check(guest.heard == heard, "the guest hears none of it");
	get_up();
}

static void test_unconnected(void)
{
	sit_down(&ic_heartbeat);
	unit_check(!carry_out("kvp list") && strstr(output, "not connected"), "nobody to ask");
	unit_check(carry_out("restore"), "a restore reaches those who are there");
	unit_check(!carry_out("jump") && strstr(output, "no such command"), "an unknown command");
	get_up();
}

int main(void)
{
	test_shutdown();
	test_types();
	test_send();
	test_spoil();
	test_long();
	test_nonsense();
	test_unconnected();
	return unit_done();
}
