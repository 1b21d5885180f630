// SPDX-License-Identifier: GPL-2.0
/*
 * The VMBus server without a guest: this test posts the guest's messages and
 * reads the answers from its message slot, byte by byte where layout matters.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "bus.h"
#include "channel.h"
#include "gpadl.h"
#include "machine.h"
#include "synic.h"
#include "unit.h"
#include "vm.h"
#include "vmbus.h"
#include "vmbus_wire.h"

#define MEMORY		(64 * HV_PAGE_SIZE)
#define MESSAGE_PAGE	0x1000u
#define EVENT_PAGE	0x2000u
#define INPUT		0x3000u
#define RING		0x10000u	/* eight pages */
#define SLOT		(MESSAGE_PAGE + HV_SINT_VMBUS * 256)

static struct hv_host *host;
static struct hv_channel *channel;
static unsigned int opened, closed, signalled, violated;
static uint8_t answer[HV_MESSAGE_PAYLOAD];
static uint8_t answer_flags;

static void on_opened(struct hv_channel *ch, void *context)
{
	opened++;
}

static bool closed_in_silence;		/* no message had been sent by then */

static void on_closed(struct hv_channel *ch, void *context)
{
	uint32_t type;

	memcpy(&type, host->memory + SLOT, sizeof(type));
	closed_in_silence = !type;
	closed++;
}

static void on_signalled(struct hv_channel *ch, void *context)
{
	signalled++;
}

static void on_violation(struct hv_channel *ch, const char *text, void *context)
{
	violated++;
}

static const struct hv_channel_ops ops = { on_opened, on_closed, on_signalled, on_violation };

/* The next message's size, 0 if there is none; the message is in answer[]. */
static size_t next(void)
{
	uint8_t *slot = host->memory + SLOT;
	uint32_t type;
	size_t size;

	memcpy(&type, slot, sizeof(type));
	if (!type)
		return 0;
	size = slot[4];
	answer_flags = slot[5];
	memcpy(answer, slot + 16, sizeof(answer));
	memset(slot, 0, 4);
	hv_synic_deliver(host);
	return size;
}

static uint32_t word(size_t offset)
{
	uint32_t value;

	memcpy(&value, answer + offset, sizeof(value));
	return value;
}

static enum hv_status say(const void *message, size_t size)
{
	return hv_vmbus_post(host, HV_CONNECTION_MESSAGE, message, size);
}

#define SAY(type, ...)	say(&(type) { __VA_ARGS__ }, sizeof(type))

static enum hv_status contact(uint32_t version)
{
	return SAY(struct hv_msg_contact, .head.type = HV_MSG_INITIATE_CONTACT,
		   .version = version, .target.sint = HV_SINT_VMBUS);
}

static void open_with(uint32_t gpadl, uint32_t target_vp, uint32_t downstream_page)
{
	SAY(struct hv_msg_open, .head.type = HV_MSG_OPEN, .relid = 1, .id = 1, .gpadl = gpadl,
	    .target_vp = target_vp, .downstream_page = downstream_page);
}

static void start(uint32_t highest)
{
	static const struct hv_guid class = { { 1, 2, 3 } }, instance = { { 4, 5, 6 } };

	host = hv_create(&(struct hv_config) { .vcpus = 2, .vmbus = highest });
	host->memory_size = MEMORY;
	host->memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			    0);
	channel = hv_channel_new(host, &class, &instance, "test", &ops, NULL);
	hv_synic_msrs(host, 0, 1, MESSAGE_PAGE | 1, EVENT_PAGE | 1);
	opened = 0;
	closed = 0;
	signalled = 0;
	violated = 0;
}

static void end(void)
{
	hv_destroy(host);
}

static void drain(void)
{
	while (next())
		;
}

static void connect(void)
{
	contact(HV_VERSION(5, 3));
	SAY(struct hv_msg, .type = HV_MSG_REQUEST_OFFERS);
	drain();
}

static void say_gpadl(uint32_t relid, uint32_t gpadl, unsigned int count)
{
	struct {
		struct hv_msg_gpadl_header header;
		uint64_t numbers[26];
	} __packed message = {
		.header = {
			.head.type = HV_MSG_GPADL_HEADER,
			.relid = relid,
			.gpadl = gpadl,
			.range_bytes = 8 + count * 8,
			.range_count = 1,
			.byte_count = count * HV_PAGE_SIZE,
		},
	};

	for (unsigned int i = 0; i < 26; i++)
		message.numbers[i] = RING / HV_PAGE_SIZE + i % 8;
	say(&message, sizeof(message.header) + (count < 26 ? count : 26) * 8);
}

static void open_channel(void)
{
	say_gpadl(1, 0xe1e10, 8);
	open_with(0xe1e10, 1, 4);
	drain();
}

static void test_versions(void)
{
	start(HV_VERSION(5, 1));
	contact(HV_VERSION(5, 3));
	unit_check(next() == 16 && word(0) == 15 && !word(8) && !word(12),
		   "5.3 is refused by a 5.1 host, and nothing else is said");
	contact(HV_VERSION(3, 0));
	unit_check(next() == 16 && answer[8] == 0, "3.0 is refused");
	contact(HV_VERSION(5, 1));
	unit_check(next() == 16 && answer[8] == 1 && answer[9] == 0 && word(12) == 4,
		   "5.1 is accepted, messages go to connection 4");
	unit_check(hv_bus_version(host) == HV_VERSION(5, 1), "and is the version");
	end();

	start(HV_VERSION(4, 0));
	unit_check(contact(HV_VERSION(5, 0)) == HV_STATUS_INVALID_CONNECTION_ID,
		   "a 4.0 host does not know connection 4");
	unit_check(!next(), "and says nothing on the bus");
	hv_vmbus_post(host, HV_CONNECTION_MESSAGE_OLD, &(struct hv_msg_contact) {
		.head.type = HV_MSG_INITIATE_CONTACT, .version = HV_VERSION(4, 0),
	}, sizeof(struct hv_msg_contact));
	unit_check(next() == 16 && answer[8] == 1 && word(12) == HV_VERSION(4, 0),
		   "4.0 is accepted and repeated");
	end();
}

static void test_version_6(void)
{
	struct hv_msg_contact_client wish = {
		.contact = {
			.head.type = HV_MSG_INITIATE_CONTACT,
			.version = HV_VERSION(6, 0),
			.target = { .sint = HV_SINT_VMBUS, .features = 0x7f },
		},
	};

	start(0);
	contact(HV_VERSION(6, 0));
	unit_check(next() == 20 && word(0) == 15 && answer[8] == 1 && word(12) == 4 && !word(16),
		   "6.0 is accepted, in 20 bytes, and features that nobody wants are not given");
	say(&wish, sizeof(wish));
	unit_check(next() == 20 && answer[8] == 1 && word(16) == HV_FEATURE_CLIENT_ID,
		   "of all features a guest gets those that there are");
	unit_check(!hv_bus_violations(host) && hv_bus_version(host) == HV_VERSION(6, 0),
		   "nobody broke a rule");
	say(&wish, sizeof(wish.contact));
	unit_check(hv_bus_violations(host) == 1 && next() == 16 && !answer[8] &&
		   !hv_bus_version(host), "violation: a client without a name");
	end();

	start(HV_VERSION(5, 3));
	say(&wish, sizeof(wish));
	unit_check(next() == 16 && !answer[8] && !hv_bus_violations(host),
		   "a host of before refuses 6.0");
	end();
}

/* Each row is a contact that a host of 5.3 does not accept, though it knows the version. */
static void test_contact(void)
{
	static const struct {
		const char *what;
		struct hv_msg_contact contact;
		bool supported;
	} rows[] = {
		{ "messages to source 3", { .version = HV_VERSION(5, 0), .target.sint = 3 }, false },
		{ "another trust level",
		  { .version = HV_VERSION(5, 1), .target = { .sint = 2, .vtl = 2 } }, false },
		{ "one monitor page",
		  { .version = HV_VERSION(5, 3), .target.sint = 2, .monitor_page = { 0x1000 } },
		  true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct hv_msg_contact contact = rows[i].contact;

		contact.head.type = HV_MSG_INITIATE_CONTACT;
		start(HV_VERSION(5, 3));
		say(&contact, sizeof(contact));
		unit_check(next() == 16 && answer[8] == rows[i].supported &&
			   answer[9] == (rows[i].supported ? HV_CONNECTION_FAILED : 0) &&
			   hv_bus_violations(host) == 1 && !hv_bus_version(host),
			   "violation: %s", rows[i].what);
		end();
	}
}

static void test_offer(void)
{
	uint8_t expected[196] = { [0] = 1, [8] = 1, 2, 3, [24] = 4, 5, 6, [56] = 0x10, [60] = 4,
				  [184] = 1, [188] = 0xff, [190] = 1, [192] = 1, 0x20 };

	start(HV_VERSION(5, 3));
	hv_channel_offer(channel);
	contact(HV_VERSION(5, 3));
	unit_check(next() == 16 && !next(), "no offers before they are asked for");
	SAY(struct hv_msg, .type = HV_MSG_REQUEST_OFFERS);
	unit_check(!hv_bus_ready(host), "the bus is not ready while messages wait");
	unit_check(next() == 196 && !memcmp(answer, expected, sizeof(expected)), "the offer");
	unit_check(next() == 8 && word(0) == 4 && !next(), "all offers delivered");
	unit_check(hv_bus_ready(host), "the bus is ready");
	unit_check(hv_channel_offer(channel) == -EALREADY, "an offer is made once");
	SAY(struct hv_msg, .type = HV_MSG_REQUEST_OFFERS);
	unit_check(hv_bus_violations(host) == 1 && !next(), "violation: offers asked for twice");
	end();
}

/* As Windows sorts them: the first group of a GUID is a number. */
static void test_order(void)
{
	static const struct hv_guid guids[] = {
		{ { 0xff, 2, 3 } }, { { 1, 2, 3, 1 } }, { { 0, 2, 3 } },
	};
	struct hv_channel *others[ARRAY_SIZE(guids)];

	start(HV_VERSION(5, 3));
	for (size_t i = 0; i < ARRAY_SIZE(guids); i++) {
		others[i] = hv_channel_new(host, &guids[i], &guids[i], "other", &ops, NULL);
		hv_channel_offer(others[i]);
	}
	hv_channel_offer(channel);
	connect();
	unit_check(hv_channel_relid(others[2]) == 1 && hv_channel_relid(channel) == 2 &&
		   hv_channel_relid(others[0]) == 3 && hv_channel_relid(others[1]) == 4,
		   "offers are sorted by class, whatever was made first");
	connect();
	unit_check(hv_channel_relid(others[2]) == 1, "and keep their relids when the guest comes back");
	end();
}

static void test_pending(void)
{
	start(HV_VERSION(5, 3));
	contact(HV_VERSION(5, 3));
	SAY(struct hv_msg, .type = HV_MSG_REQUEST_OFFERS);
	unit_check(next() == 16 && answer_flags == 1, "a slot with more behind it says so");
	unit_check(next() == 8 && answer_flags == 0, "the last one does not");
	end();
}

static void test_open(void)
{
	start(HV_VERSION(5, 3));
	hv_channel_offer(channel);
	connect();
	say_gpadl(1, 0xe1e10, 8);
	unit_check(next() == 20 && word(0) == 10 && word(8) == 1 && word(12) == 0xe1e10 &&
		   word(16) == 0, "GPADL created");
	open_with(0xe1e10, 1, 4);
	unit_check(next() == 20 && word(0) == 6 && word(8) == 1 && word(12) == 1 && word(16) == 0,
		   "opened");
	unit_check(opened == 1 && hv_channel_is_open(channel) && hv_channel_target_vp(channel) == 1,
		   "the device knows");
	unit_check(hv_channel_ring(channel, HV_TO_HOST)->size == 3 * HV_PAGE_SIZE &&
		   (uint8_t *)hv_channel_ring(channel, HV_TO_GUEST)->control ==
		   host->memory + RING + 4 * HV_PAGE_SIZE, "rings are split where the guest said");
	hv_vmbus_hypercall(host, 0x1005d, 0x2001);
	unit_check(signalled == 1, "the bell rings");
	unit_check(hv_vmbus_hypercall(host, 0x1005d, 0x2002) == HV_STATUS_INVALID_CONNECTION_ID,
		   "another bell does not exist");
	SAY(struct hv_msg_modify, { .type = HV_MSG_MODIFY_CHANNEL }, 1, 0);
	unit_check(next() == 16 && word(0) == 24 && word(8) == 1 && word(12) == 0 &&
		   hv_channel_target_vp(channel) == 0, "moved to vCPU 0");
	hv_channel_signal(channel);
	unit_check(host->memory[EVENT_PAGE + 512] == 2, "its event flag is its relid");
	SAY(struct hv_msg_relid, { .type = HV_MSG_CLOSE }, 1);
	unit_check(closed == 1 && !hv_channel_is_open(channel) && !next(), "closed, no answer");
	SAY(struct hv_msg_gpadl, { .type = HV_MSG_GPADL_TEARDOWN }, 1, 0xe1e10);
	unit_check(next() == 12 && word(0) == 12 && word(8) == 0xe1e10 && !hv_gpadl_count(host),
		   "GPADL torn down");
	unit_check(!hv_bus_violations(host), "nobody broke a rule");
	end();
}

static void test_gpadl_body(void)
{
	struct {
		struct hv_msg_gpadl_body body;
		uint64_t numbers[28];
	} __packed more = {
		.body = { .head.type = HV_MSG_GPADL_BODY, .number = 2, .gpadl = 7 },
	};

	start(HV_VERSION(5, 3));
	hv_channel_offer(channel);
	connect();
	say_gpadl(1, 7, 60);
	unit_check(!next(), "26 of 60 pages: no answer yet");
	say(&more, sizeof(more));
	unit_check(!next(), "54 of 60: not yet");
	say(&more, sizeof(more.body) + 6 * 8);
	unit_check(next() == 20 && word(12) == 7 && word(16) == 0, "60: created");
	say(&more, sizeof(more.body) + 8);
	unit_check(!next() && hv_bus_violations(host) == 1, "one more: a violation");
	open_with(7, 0, 30);
	unit_check(next() == 20 && word(16) == 0, "opens");
	end();
}

static void test_rescind(void)
{
	start(HV_VERSION(5, 3));
	hv_channel_offer(channel);
	connect();
	open_channel();
	hv_channel_rescind(channel);
	unit_check(next() == 12 && word(0) == 2 && word(8) == 1, "rescind says the relid");
	unit_check(closed == 1 && !hv_channel_is_open(channel) &&
		   hv_channel_state(channel) == HV_CHANNEL_RESCINDED, "its rings are left alone");
	hv_vmbus_hypercall(host, 0x1005d, 0x2001);
	unit_check(!signalled, "nobody hears its bell");
	unit_check(hv_channel_offer(channel) == -EBUSY, "no new offer before the release");
	SAY(struct hv_msg_relid, { .type = HV_MSG_CLOSE }, 1);
	unit_check(closed == 1 && hv_channel_state(channel) == HV_CHANNEL_RESCINDED,
		   "the guest closes it");
	SAY(struct hv_msg_relid, { .type = HV_MSG_RELID_RELEASED }, 1);
	unit_check(hv_channel_state(channel) == HV_CHANNEL_HIDDEN && !hv_gpadl_count(host),
		   "released, GPADLs gone without teardown");
	hv_channel_offer(channel);
	unit_check(next() == 196 && word(184) == 2, "offered anew, at once, with another relid");
	unit_check(!hv_bus_violations(host), "nobody broke a rule");
	end();
}

static bool refused(uint32_t gpadl)
{
	return next() == 20 && word(0) == 10 && word(12) == gpadl && word(16) == 0xc0000001;
}

/* What a guest sends before it hears of the rescind. */
static void test_rescind_race(void)
{
	struct {
		struct hv_msg_gpadl_body body;
		uint64_t numbers[4];
	} __packed more = {
		.body = { .head.type = HV_MSG_GPADL_BODY, .number = 2, .gpadl = 8 },
	};

	start(HV_VERSION(5, 3));
	hv_channel_offer(channel);
	connect();
	say_gpadl(1, 7, 8);
	say_gpadl(1, 8, 30);
	drain();
	hv_channel_rescind(channel);
	drain();
	open_with(7, 0, 4);
	unit_check(!next() && !opened, "an open gets no answer");
	SAY(struct hv_msg_modify, { .type = HV_MSG_MODIFY_CHANNEL }, 1, 0);
	unit_check(next() == 16 && word(12) == 0xc0000001, "a move is refused");
	say_gpadl(1, 9, 8);
	unit_check(refused(9), "a GPADL is refused");
	say(&more, sizeof(more));
	unit_check(refused(8), "and so is one that had been begun");
	SAY(struct hv_msg_gpadl, { .type = HV_MSG_GPADL_TEARDOWN }, 1, 7);
	unit_check(next() == 12 && !hv_gpadl_count(host), "the ring's is torn down");
	SAY(struct hv_msg_relid, { .type = HV_MSG_CLOSE }, 1);
	SAY(struct hv_msg_relid, { .type = HV_MSG_RELID_RELEASED }, 1);
	unit_check(!next() && !hv_bus_violations(host), "nobody broke a rule");
	end();
}

/* None of 2047 comes back before the others have been used. */
static void test_relids(void)
{
	uint32_t relid = 0;

	start(HV_VERSION(5, 3));
	connect();
	for (unsigned int i = 1; i <= 2048; i++) {
		hv_channel_offer(channel);
		next();
		if (word(184) != i % 2048 + i / 2048)
			relid = word(184);
		hv_channel_rescind(channel);
		SAY(struct hv_msg_relid, { .type = HV_MSG_RELID_RELEASED }, word(184));
		drain();
	}
	unit_check(!relid && !hv_bus_violations(host), "relids come back after 2047 offers");
	end();
}

static void test_unload(void)
{
	start(HV_VERSION(5, 3));
	hv_channel_offer(channel);
	connect();
	open_channel();
	SAY(struct hv_msg, .type = HV_MSG_UNLOAD);
	unit_check(closed_in_silence, "unload closes the channel");
	unit_check(next() == 8 && word(0) == 17, "and then it is answered");
	unit_check(closed == 1 && !hv_gpadl_count(host) && !hv_bus_version(host),
		   "all is forgotten");
	SAY(struct hv_msg_relid, { .type = HV_MSG_RELID_RELEASED }, 1);
	unit_check(!hv_bus_violations(host), "a late release does no harm");
	unit_check(hv_bus_message(host, "12345678", 8) == -ENOTCONN, "nobody to talk to");
	connect();
	unit_check(hv_channel_relid(channel) == 1,
		   "the offer is repeated to the next who connects");
	end();
}

/* A guest may give back what it does not want; it is told again when it connects anew. */
static void test_release(void)
{
	start(HV_VERSION(5, 3));
	hv_channel_offer(channel);
	connect();
	SAY(struct hv_msg_relid, { .type = HV_MSG_RELID_RELEASED }, 1);
	unit_check(!hv_bus_violations(host) && !hv_channel_relid(channel) &&
		   hv_channel_state(channel) == HV_CHANNEL_OFFERED, "an offer is given back");
	connect();
	open_channel();
	unit_check(hv_channel_is_open(channel), "and accepted later");
	SAY(struct hv_msg_relid, { .type = HV_MSG_RELID_RELEASED }, 1);
	unit_check(hv_bus_violations(host) == 1 && hv_channel_is_open(channel),
		   "violation: release of an open channel");
	end();
}

/* Each row breaks one rule after a channel is on offer and GPADL 5 exists. */
static void test_violations(void)
{
	static const struct {
		const char *what;
		uint32_t words[8];
		size_t size;
	} rows[] = {
		{ "unknown message", { 99 }, 8 },
		{ "host's message", { HV_MSG_OFFER }, 196 },
		{ "message without a type", { 0 }, 4 },
		{ "short open", { HV_MSG_OPEN, 0, 1, 1, 5, 0, 4 }, 28 },
		{ "open of a stranger", { HV_MSG_OPEN, 0, 9, 9, 5, 0, 4 }, 148 },
		{ "open without GPADL", { HV_MSG_OPEN, 0, 1, 1, 6, 0, 4 }, 148 },
		{ "ring without data", { HV_MSG_OPEN, 0, 1, 1, 5, 0, 1 }, 148 },
		{ "no ring to the guest", { HV_MSG_OPEN, 0, 1, 1, 5, 0, 8 }, 148 },
		{ "ring split beyond the end", { HV_MSG_OPEN, 0, 1, 1, 5, 0, 9999 }, 148 },
		{ "vCPU that is not", { HV_MSG_OPEN, 0, 1, 1, 5, 2, 4 }, 148 },
		{ "close of what is not open", { HV_MSG_CLOSE, 0, 1 }, 12 },
		{ "release of a stranger", { HV_MSG_RELID_RELEASED, 0, 9 }, 12 },
		{ "teardown of a stranger", { HV_MSG_GPADL_TEARDOWN, 0, 1, 6 }, 16 },
		{ "move of a stranger", { HV_MSG_MODIFY_CHANNEL, 0, 9, 0 }, 16 },
		{ "move of a channel that is not open", { HV_MSG_MODIFY_CHANNEL, 0, 1, 0 }, 16 },
		{ "GPADL of a stranger",
		  { HV_MSG_GPADL_HEADER, 0, 9, 6, 16 | 1 << 16, 4096, 0, RING / HV_PAGE_SIZE }, 36 },
		{ "GPADL of a page that is not",
		  { HV_MSG_GPADL_HEADER, 0, 1, 6, 16 | 1 << 16, 4096, 0, 0x7777 }, 36 },
		{ "GPADL twice", { HV_MSG_GPADL_HEADER, 0, 1, 5, 16 | 1 << 16, 4096 }, 36 },
		{ "GPADL of no range", { HV_MSG_GPADL_HEADER, 0, 1, 6, 16, 4096 }, 36 },
		{ "GPADL whose pages do not match its bytes",
		  { HV_MSG_GPADL_HEADER, 0, 1, 6, 16 | 1 << 16, 4097 }, 36 },
		{ "GPADL of 65535 bytes of range",
		  { HV_MSG_GPADL_HEADER, 0, 1, 6, 65535 | 1 << 16, 4096 }, 36 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint8_t message[HV_MESSAGE_PAYLOAD] = {};

		start(HV_VERSION(5, 3));
		hv_channel_offer(channel);
		connect();
		say_gpadl(1, 5, 8);
		drain();
		memcpy(message, rows[i].words, sizeof(rows[i].words));
		say(message, rows[i].size);
		unit_check(hv_bus_violations(host) == 1 && !opened, "violation: %s", rows[i].what);
		if (rows[i].words[0] == HV_MSG_GPADL_HEADER)
			unit_check(next() == 20 && word(0) == 10 && word(16) == 0x8000ffff,
				   "which gets \"unexpected\"");
		end();
	}

	start(HV_VERSION(5, 3));
	hv_channel_offer(channel);
	connect();
	say_gpadl(1, 5, 8);
	drain();
	((struct hv_ring_control *)(host->memory + RING))->write_index = 4;
	open_with(5, 0, 4);
	unit_check(next() == 20 && word(16) == 0xc0000001 && hv_bus_violations(host) == 1 && !opened,
		   "violation: open with a ring whose index is broken");
	end();

	start(HV_VERSION(5, 3));
	SAY(struct hv_msg, .type = HV_MSG_REQUEST_OFFERS);
	unit_check(hv_bus_violations(host) == 1 && !next(), "violation: offers without contact");
	end();

	start(HV_VERSION(5, 3));
	hv_channel_offer(channel);
	connect();
	open_channel();
	SAY(struct hv_msg_gpadl, { .type = HV_MSG_GPADL_TEARDOWN }, 1, 0xe1e10);
	unit_check(hv_bus_violations(host) == 1 && closed == 1,
		   "violation: teardown of an open channel's rings closes it");
	end();
}

static void test_hypercall(void)
{
	struct hv_post_input *input;

	start(HV_VERSION(5, 3));
	input = (void *)(host->memory + INPUT);
	input->connection = HV_CONNECTION_MESSAGE;
	input->size = sizeof(struct hv_msg_contact);
	memcpy(input->payload, &(struct hv_msg_contact) {
		.head.type = HV_MSG_INITIATE_CONTACT, .version = HV_VERSION(5, 0),
		.target.sint = HV_SINT_VMBUS,
	}, sizeof(struct hv_msg_contact));
	unit_check(hv_vmbus_hypercall(host, 0x5c, INPUT) == HV_STATUS_SUCCESS &&
		   hv_bus_version(host) == HV_VERSION(5, 0), "a message is posted");
	unit_check(hv_vmbus_hypercall(host, 0x5c, INPUT + 4) == HV_STATUS_INVALID_ALIGNMENT,
		   "not from an odd address");
	unit_check(hv_vmbus_hypercall(host, 0x5c, MEMORY - 8) == HV_STATUS_INVALID_PARAMETER,
		   "not from beyond memory");
	unit_check(hv_vmbus_hypercall(host, 0x1005c, INPUT) == HV_STATUS_INVALID_HYPERCALL_INPUT,
		   "not in registers");
	input->size = HV_MESSAGE_PAYLOAD + 1;
	unit_check(hv_vmbus_hypercall(host, 0x5c, INPUT) == HV_STATUS_INVALID_PARAMETER,
		   "not more than 240 bytes");
	input->size = 8;
	input->connection = 3;
	unit_check(hv_vmbus_hypercall(host, 0x5c, INPUT) == HV_STATUS_INVALID_CONNECTION_ID,
		   "not to connection 3");
	unit_check(hv_vmbus_hypercall(host, 0x42, 0) == HV_STATUS_INVALID_HYPERCALL_CODE,
		   "another hypercall");
	end();
}

static void test_channel(void)
{
	const struct hv_packet packet = { .type = HV_PACKET_INBAND };
	struct hv_packet got;
	struct hv_ring *ring;
	uint8_t bytes[16];

	start(HV_VERSION(5, 3));
	hv_synic_msrs(host, 1, 1, 0, EVENT_PAGE | 1);
	hv_channel_offer(channel);
	connect();
	unit_check(hv_channel_send(channel, &packet, "12345678", 8, 0) == -ENOTCONN,
		   "nothing goes into a closed channel");
	open_channel();
	unit_check(!hv_channel_send(channel, &packet, "12345678", 8, HV_SEND_QUIET) &&
		   !host->memory[EVENT_PAGE + 512], "a quiet packet");
	ring = hv_channel_ring(channel, HV_TO_GUEST);
	ring->control->read_index = ring->control->write_index;
	unit_check(!hv_channel_send(channel, &packet, "12345678", 8, 0) &&
		   host->memory[EVENT_PAGE + 512] == 2, "a packet and its signal");

	ring = hv_channel_ring(channel, HV_TO_HOST);
	unit_check(hv_channel_receive(channel, &got, bytes, sizeof(bytes)) == -EAGAIN, "empty");
	ring->control->write_index = 12;
	unit_check(hv_channel_receive(channel, &got, bytes, sizeof(bytes)) == -EPROTO &&
		   violated == 1 && hv_channel_failed(channel), "a broken ring fails the channel");
	ring->control->write_index = 0;
	unit_check(hv_channel_receive(channel, &got, bytes, sizeof(bytes)) == -EPROTO &&
		   hv_channel_send(channel, &packet, bytes, 8, 0) == -EPROTO && violated == 1,
		   "for good");
	SAY(struct hv_msg_relid, { .type = HV_MSG_CLOSE }, 1);
	memset(ring->control, 0, sizeof(*ring->control));
	open_with(0xe1e10, 1, 4);
	unit_check(hv_channel_receive(channel, &got, bytes, sizeof(bytes)) == -EAGAIN,
		   "until it is opened again");
	end();
}

static void test_guid(void)
{
	static const uint8_t wire[16] = { 0x39, 0x91, 0x16, 0x57, 0x15, 0x91, 0x78, 0x4e,
					  0xab, 0x55, 0x38, 0x2f, 0x3b, 0xd5, 0x42, 0x2d };
	const char *text = "57169139-9115-4e78-ab55-382f3bd5422d";
	struct hv_guid guid = hv_guid_parse(text);
	char back[HV_GUID_TEXT];

	unit_check(!memcmp(guid.bytes, wire, sizeof(wire)), "a GUID from text");
	unit_check(!strcmp(hv_guid_format(&guid, back), text), "and back");
}

int main(void)
{
	test_guid();
	test_versions();
	test_version_6();
	test_contact();
	test_offer();
	test_order();
	test_pending();
	test_open();
	test_gpadl_body();
	test_rescind();
	test_rescind_race();
	test_relids();
	test_unload();
	test_release();
	test_violations();
	test_hypercall();
	test_channel();
	return unit_done();
}
