// SPDX-License-Identifier: GPL-2.0
/*
 * The rules for answers: what is right passes, and each rule, broken alone, is
 * seen and named.
 */
#include "ic_check.h"

#include <string.h>

#include "unit.h"

enum { BODY = 40 };

static struct {
	struct wire_header header;
	uint8_t body[BODY];
} request, answer;

static struct ic_question question;
static struct ic_packet packet;
static const struct ic_span may_set = { 8, 4 };

/* A request with a body of 40 bytes, and the answer of a good guest. */
static void start(void)
{
	request.header = (struct wire_header) {
		.pipe_type = 1,
		.pipe_size = 20 + BODY,
		.framework = { 3, 0 },
		.type = 1,
		.message = { 3, 1 },
		.size = BODY,
		.flags = 3,
	};
	memset(request.body, 0x11, BODY);
	answer.header = request.header;
	answer.header.flags = 5;
	memcpy(answer.body, request.body, BODY);
	question = (struct ic_question) {
		.data = &request,
		.len = sizeof(struct wire_header) + BODY,
		.xid = 0x1234,
		.may_set = &may_set,
		.n_may_set = 1,
		.need = 12,
	};
	packet = (struct ic_packet) {
		.type = 6,
		.xid = 0x1234,
		.data = &answer,
		.len = 72,
	};
}

static uint8_t padded[128] __attribute__((aligned(8)));

/* The answer as it comes out of the ring, padded to 8. */
static bool check(char *why)
{
	memset(padded, 0, 72);
	memcpy(padded, &answer, sizeof(struct wire_header) + BODY);
	packet.data = padded;
	return ic_check_answer(&question, &packet, why);
}

static void good(const char *what)
{
	char why[IC_WHY] = "";

	unit_check(check(why), "accepts %s", what);
	if (*why)
		printf("# %s\n", why);
	start();
}

static void bad(const char *what, const char *word)
{
	char why[IC_WHY] = "";
	bool accepted = check(why);

	unit_check(!accepted && strstr(why, word), "refuses %s and says \"%s\"", what, word);
	if (!accepted)
		printf("# %s\n", why);
	start();
}

static void check_answers(void)
{
	start();
	good("an echo with the right flags");
	answer.header.status = 0x80004005;
	good("any status");
	memset(answer.body, 0, BODY);
	good("a body of zeros");
	answer.body[8] = 0x77;
	good("what the service may set");
	answer.header.size = 12;
	good("a shorter message size that still holds the answer");
	answer.header.status = 0x80004005;
	answer.header.size = 0;
	good("a failure without a body");

	packet.type = 11;
	bad("a completion packet", "ring packet type");
	packet.flags = 1;
	bad("ring flags", "ring packet flags");
	packet.xid = 0x1235;
	bad("another ring transaction", "ring transaction id");
	packet.len = 64;
	bad("a short packet", "packet of 64 bytes");
	packet.len = 80;
	bad("a long packet", "packet of 80 bytes");
	answer.header.pipe_type = 2;
	bad("another pipe type", "pipe packet type");
	answer.header.pipe_size -= 4;
	bad("a short pipe size", "pipe size");
	answer.header.pipe_size += 8;
	bad("a long pipe size", "pipe size");
	answer.header.framework.minor = 1;
	bad("another framework version", "framework version");
	answer.header.type = 3;
	bad("another message type", "message type");
	answer.header.message.major = 4;
	bad("another message version", "message version");
	answer.header.size = BODY + 5;
	bad("a message size beyond the packet", "message size");
	answer.header.transaction = 9;
	bad("another transaction id", "transaction id");
	answer.header.flags = 3;
	bad("the request's flags", "flags");
	answer.header.flags = 4;
	bad("a response that is no transaction", "flags");
	answer.header.flags = 7;
	bad("a response that is a request, too", "flags");
	answer.header.reserved[1] = 1;
	bad("something in the reserved bytes", "reserved");
	answer.body[7] = 0x12;
	bad("a stale byte before what may be set", "body byte 7");
	answer.body[12] = 0x12;
	bad("a stale byte after what may be set", "body byte 12");
	answer.body[BODY - 1] = 0x12;
	bad("a stale byte at the end", "body byte 39");
	answer.body[8] = 0x77;
	answer.header.status = 0x80070103;
	bad("a failure that says more than its status", "body byte 8");
	answer.header.size = 11;
	bad("a success that is too short", "this answer has 12");
}

static void check_padding(void)
{
	char why[IC_WHY] = "";

	start();
	check(why);
	padded[70] = 1;
	unit_check(!ic_check_answer(&question, &packet, why) && strstr(why, "padding"),
		   "refuses stale bytes in the padding");

	start();
	request.header.transaction = 0xff;
	answer.header.transaction = 0xff;
	request.header.reserved[0] = 7;
	answer.header.reserved[0] = 7;
	request.header.size = 60000;
	answer.header.size = 60000;
	request.header.pipe_size = 60000;
	answer.header.pipe_size = 60000;
	request.header.pipe_type = 9;
	answer.header.pipe_type = 9;
	good("an echo of what the host itself got wrong");

	start();
	request.header.pipe_size -= 8;
	answer.header.pipe_size -= 8;
	answer.header.size -= 8;
	packet.len = 64;
	good("an answer as long as the pipe header says");

	start();
	question.len = 20;
	packet.len = 24;
	unit_check(!ic_check_answer(&question, &packet, why),
		   "refuses an answer to a request without a header");
}

/* Negotiation: two framework versions and three message versions are offered. */
static struct {
	struct wire_header header;
	struct wire_negotiate body;
	struct wire_version versions[5];
} offer, reply;

static struct wire_version framework, message;

static void start_negotiation(void)
{
	static const struct wire_version versions[] = {
		{ 1, 0 }, { 3, 0 },			/* framework */
		{ 1, 0 }, { 3, 0 }, { 3, 2 },		/* message */
	};

	memset(&offer, 0, sizeof(offer));
	offer.header = (struct wire_header) {
		.pipe_type = 1,
		.pipe_size = sizeof(offer) - 8,
		.size = sizeof(offer) - sizeof(struct wire_header),
		.flags = 3,
	};
	offer.body.frameworks = 2;
	offer.body.messages = 3;
	memcpy(offer.versions, versions, sizeof(versions));
	memcpy(&reply, &offer, sizeof(offer));
	reply.header.flags = 5;
	reply.header.size = 16;
	reply.body.frameworks = 1;
	reply.body.messages = 1;
	reply.versions[0] = (struct wire_version) { 3, 0 };
	reply.versions[1] = (struct wire_version) { 3, 2 };
	question = (struct ic_question) { .data = &offer, .len = sizeof(offer) };
	packet = (struct ic_packet) { .type = 6, .data = &reply, .len = 56 };
}

static void negotiation(enum ic_verdict expected, const char *what, const char *word)
{
	char why[IC_WHY] = "";
	enum ic_verdict verdict;

	static_assert(sizeof(reply) == 56, "no padding needed");
	verdict = ic_check_negotiate(&question, &packet, &framework, &message, why);
	unit_check(verdict == expected && strstr(why, word), "NEGOTIATE: %s", what);
	if (*why)
		printf("# %s\n", why);
	start_negotiation();
}

static void check_negotiation(void)
{
	start_negotiation();
	negotiation(IC_AGREED, "an answer is agreed to", "");
	unit_check(framework.major == 3 && message.minor == 2, "NEGOTIATE: versions are taken");

	memset(reply.versions, 0, sizeof(reply.versions));
	reply.body.frameworks = 0;
	reply.body.messages = 0;
	reply.header.size = 8;
	negotiation(IC_REFUSED_BY_GUEST, "counts 0/0 refuse", "");

	reply.body.frameworks = 2;
	negotiation(IC_BROKEN, "two framework versions", "counts 2/1");
	reply.body.messages = 0;
	negotiation(IC_BROKEN, "half a refusal", "counts 1/0");
	reply.header.size = 12;
	negotiation(IC_BROKEN, "no room for two versions", "no room");
	reply.header.size = 4;
	negotiation(IC_BROKEN, "no counts", "no counts");
	reply.versions[0].major = 2;
	negotiation(IC_BROKEN, "a framework version that was not offered", "framework version 2.0");
	reply.versions[1].minor = 1;
	negotiation(IC_BROKEN, "a message version that was not offered", "message version 3.1");
	reply.versions[1] = (struct wire_version) { 3, 0 };
	reply.versions[0] = (struct wire_version) { 3, 2 };
	negotiation(IC_BROKEN, "message version where the framework's belongs", "framework");
	reply.versions[3].major = 77;
	negotiation(IC_BROKEN, "stale bytes behind the versions", "body byte 20");
	reply.header.framework.major = 3;
	negotiation(IC_BROKEN, "versions in the header", "framework version");
	reply.header.flags = 3;
	negotiation(IC_BROKEN, "wrong flags", "flags");
	offer.body.frameworks = 65535;
	reply.versions[0] = (struct wire_version) { 1, 0 };
	negotiation(IC_BROKEN, "agreeing to counts beyond the packet", "room for 5");

	offer.header.size = 60000;
	reply.header.size = 0;
	reply.header.status = 0x80070057;
	negotiation(IC_REFUSED_BY_GUEST, "a request that lies about its size, failing status", "");

	/* A request that ends before the counts can be refused by the status only. */
	question.len = 32;
	packet.len = 32;
	offer.header.pipe_size = 24;
	reply.header.pipe_size = 24;
	offer.header.size = 4;
	reply.header.size = 4;
	reply.header.status = 0x80070057;
	negotiation(IC_REFUSED_BY_GUEST, "no counts, failing status", "");
}

int main(void)
{
	check_answers();
	check_padding();
	check_negotiation();
	return unit_done();
}
