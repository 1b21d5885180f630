// SPDX-License-Identifier: GPL-2.0
/* The connection, hypercalls, and what a guest must not say. */
#include "fake_bus.h"

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
		{ "messages to vCPU 2 of 2",
		  { .version = HV_VERSION(5, 3), .target.sint = 2, .target_vp = 2 }, false },
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

/* What runs after a kexec knows nothing of what was before. */
static void test_contact_again(void)
{
	start(HV_VERSION(5, 3));
	hv_channel_offer(channel);
	connect();
	open_channel();
	contact(HV_VERSION(5, 2));
	unit_check(closed == 1 && !hv_channel_is_open(channel) && !hv_gpadl_count(host) &&
		   !hv_channel_relid(channel) && !hv_bus_ready(host), "all is forgotten");
	unit_check(next() == 16 && answer[8] == 1 && !next() &&
		   hv_bus_version(host) == HV_VERSION(5, 2), "a new connection");
	SAY(struct hv_msg, .type = HV_MSG_REQUEST_OFFERS);
	unit_check(next() == 196 && word(184) == 1 && !hv_bus_violations(host),
		   "which may ask for the offers");
	end();
}

static void test_socket(void)
{
	start(HV_VERSION(5, 3));
	connect();
	SAY(struct hv_msg_tl_connect, { .type = HV_MSG_TL_CONNECT_REQUEST }, { { 1 } }, { { 2 } });
	unit_check(next() == 44 && word(0) == 23 && answer[8] == 1 && answer[24] == 2 &&
		   word(40) == 0xc0000236, "a socket is refused");
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

static const struct hv_guid last = { { 0xff, 2, 3 } };

/*
 * A channel on offer has GPADL 5, another one 7. Of GPADL 8 most is still to come, and 9 does
 * not begin with its page.
 */
static void prepare(void)
{
	struct {
		struct hv_msg_gpadl_header header;
		uint64_t numbers[8];
	} __packed oblique = {
		.header = { { HV_MSG_GPADL_HEADER }, 1, 9, 72, 1, 7 * HV_PAGE_SIZE, 8 },
		.numbers = { 16, 17, 18, 19, 20, 21, 22, 23 },
	};

	start(HV_VERSION(5, 3));
	hv_channel_offer(channel);
	hv_channel_offer(hv_channel_new(host, &last, &last, "other", &ops, NULL));
	connect();
	say_gpadl(1, 5, 8);
	say_gpadl(2, 7, 8);
	say_gpadl(1, 8, 60);
	say(&oblique, sizeof(oblique));
	drain();
}

/* Is this, the only one, the answer to what the guest said? */
static bool is_answered(uint32_t type, uint32_t status)
{
	static const struct {
		uint32_t asked;
		uint32_t type;
		size_t size;
		size_t status;		/* where it stands */
	} answers[] = {
		{ HV_MSG_OPEN, HV_MSG_OPEN_RESULT, 20, 16 },
		{ HV_MSG_GPADL_HEADER, HV_MSG_GPADL_CREATED, 20, 16 },
		{ HV_MSG_GPADL_TEARDOWN, HV_MSG_GPADL_TORNDOWN, 12, 8 },
		{ HV_MSG_MODIFY_CHANNEL, HV_MSG_MODIFY_CHANNEL_RESPONSE, 16, 12 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		if (answers[i].asked == type && status)
			return next() == answers[i].size && word(0) == answers[i].type &&
			       word(answers[i].status) == status && !next();
	}
	return !next();
}

/* Each row breaks one rule. Of a teardown the answer has the id, and no status. */
static void test_violations(void)
{
	static const struct {
		const char *what;
		uint32_t words[8];
		size_t size;
		uint32_t status;	/* of the answer; 0: there is none */
	} rows[] = {
		{ "unknown message", { 99 }, 8, 0 },
		{ "host's message", { HV_MSG_OFFER }, 196, 0 },
		{ "message without a type", { 0 }, 4, 0 },
		{ "short open", { HV_MSG_OPEN, 0, 1, 1, 5, 0, 4 }, 28, 0 },
		{ "open of a stranger", { HV_MSG_OPEN, 0, 9, 9, 5, 0, 4 }, 148, 0xc000000d },
		{ "open without GPADL", { HV_MSG_OPEN, 0, 1, 1, 6, 0, 4 }, 148, 0xc000000d },
		{ "open with another channel's GPADL", { HV_MSG_OPEN, 0, 1, 1, 7, 0, 4 }, 148,
		  0xc000000d },
		{ "open with half a GPADL", { HV_MSG_OPEN, 0, 1, 1, 8, 0, 4 }, 148, 0xc000000d },
		{ "open with a GPADL that begins within a page",
		  { HV_MSG_OPEN, 0, 1, 1, 9, 0, 4 }, 148, 0xc000000d },
		{ "ring without data", { HV_MSG_OPEN, 0, 1, 1, 5, 0, 1 }, 148, 0xc000000d },
		{ "no ring to the guest", { HV_MSG_OPEN, 0, 1, 1, 5, 0, 8 }, 148, 0xc000000d },
		{ "ring split beyond the end", { HV_MSG_OPEN, 0, 1, 1, 5, 0, 9999 }, 148,
		  0xc000000d },
		{ "vCPU that is not", { HV_MSG_OPEN, 0, 1, 1, 5, 2, 4 }, 148, 0xc000000d },
		{ "close of what is not open", { HV_MSG_CLOSE, 0, 1 }, 12, 0 },
		{ "release of a stranger", { HV_MSG_RELID_RELEASED, 0, 9 }, 12, 0 },
		{ "teardown of a stranger", { HV_MSG_GPADL_TEARDOWN, 0, 1, 6 }, 16, 6 },
		{ "move of a stranger", { HV_MSG_MODIFY_CHANNEL, 0, 9, 0 }, 16, 0xc0000001 },
		{ "move of a channel that is not open", { HV_MSG_MODIFY_CHANNEL, 0, 1, 0 }, 16,
		  0xc0000001 },
		{ "GPADL of a stranger",
		  { HV_MSG_GPADL_HEADER, 0, 9, 6, 16 | 1 << 16, 4096, 0, RING / HV_PAGE_SIZE }, 36,
		  0x8000ffff },
		{ "GPADL of a page that is not",
		  { HV_MSG_GPADL_HEADER, 0, 1, 6, 16 | 1 << 16, 4096, 0, 0x7777 }, 36, 0x8000ffff },
		{ "GPADL twice", { HV_MSG_GPADL_HEADER, 0, 1, 5, 16 | 1 << 16, 4096 }, 36,
		  0x8000ffff },
		{ "GPADL of no range", { HV_MSG_GPADL_HEADER, 0, 1, 6, 16, 4096 }, 36, 0x8000ffff },
		{ "GPADL of no page", { HV_MSG_GPADL_HEADER, 0, 1, 6, 8 | 1 << 16 }, 36, 0x8000ffff },
		{ "GPADL whose pages do not match its bytes",
		  { HV_MSG_GPADL_HEADER, 0, 1, 6, 16 | 1 << 16, 4097 }, 36, 0x8000ffff },
		{ "GPADL of 17 bytes of range",
		  { HV_MSG_GPADL_HEADER, 0, 1, 6, 17 | 1 << 16, 4096 }, 36, 0x8000ffff },
		{ "GPADL with a page too many",
		  { HV_MSG_GPADL_HEADER, 0, 1, 6, 16 | 1 << 16, 4096 }, 44, 0x8000ffff },
		{ "GPADL with half a page number too many",
		  { HV_MSG_GPADL_HEADER, 0, 1, 6, 16 | 1 << 16, 4096 }, 40, 0x8000ffff },
		{ "GPADL of 65535 bytes of range",
		  { HV_MSG_GPADL_HEADER, 0, 1, 6, 65535 | 1 << 16, 4096 }, 36, 0x8000ffff },
		{ "GPADL that begins behind its first page",
		  { HV_MSG_GPADL_HEADER, 0, 1, 6, 24 | 1 << 16, 4096, 4096 }, 44, 0x8000ffff },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint8_t message[HV_MESSAGE_PAYLOAD] = {};

		prepare();
		memcpy(message, rows[i].words, sizeof(rows[i].words));
		say(message, rows[i].size);
		unit_check(hv_bus_violations(host) == 1 && !opened &&
			   is_answered(rows[i].words[0], rows[i].status), "violation: %s",
			   rows[i].what);
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
	hv_channel_offer(channel);
	connect();
	say_gpadl(1, 5, 8);
	open_with(5, 0, 4);
	drain();
	open_with(5, 0, 4);
	unit_check(next() == 20 && word(16) == 0xc000000d && hv_bus_violations(host) == 1 &&
		   opened == 1, "violation: open of what is open");
	SAY(struct hv_msg_modify, { .type = HV_MSG_MODIFY_CHANNEL }, 1, 2);
	unit_check(hv_bus_violations(host) == 2 &&
		   is_answered(HV_MSG_MODIFY_CHANNEL, 0xc0000001) &&
		   !hv_channel_target_vp(channel), "violation: move to a vCPU that is not");
	end();

	start(HV_VERSION(5, 3));
	SAY(struct hv_msg, .type = HV_MSG_REQUEST_OFFERS);
	unit_check(hv_bus_violations(host) == 1 && !next(), "violation: offers without contact");
	end();

	start(HV_VERSION(5, 3));
	hv_channel_offer(channel);
	connect();
	open_channel();
	drain();
	SAY(struct hv_msg_gpadl, { .type = HV_MSG_GPADL_TEARDOWN }, 1, 0xe1e10);
	unit_check(hv_bus_violations(host) == 1 && closed == 1 &&
		   next() == 12 && word(0) == HV_MSG_GPADL_TORNDOWN && word(8) == 0xe1e10,
		   "violation: teardown of an open channel's rings closes it");
	end();

	start(HV_VERSION(5, 3));
	hv_channel_offer(channel);
	hv_channel_offer(hv_channel_new(host, &last, &last, "other", &ops, NULL));
	connect();
	open_channel();
	SAY(struct hv_msg_gpadl, { .type = HV_MSG_GPADL_TEARDOWN }, 2, 0xe1e10);
	unit_check(hv_bus_violations(host) == 1 && !closed && hv_gpadl_count(host) == 1 &&
		   next() == 12 && word(0) == HV_MSG_GPADL_TORNDOWN && word(8) == 0xe1e10,
		   "violation: teardown of another channel's rings, which stay");
	end();
}

static void test_hypercall(void)
{
	struct hv_post_input *input;

	start(HV_VERSION(5, 3));
	input = (void *)(host->memory + INPUT);
	input->connection = HV_CONNECTION_MESSAGE;
	input->type = 1;
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
	input->type = 2;
	unit_check(hv_vmbus_hypercall(host, 0x5c, INPUT) == HV_STATUS_INVALID_PARAMETER,
		   "not of another type");
	input->type = 1;
	input->connection = HV_CONNECTION_MESSAGE_OLD;
	unit_check(hv_vmbus_hypercall(host, 0x5c, INPUT) == HV_STATUS_SUCCESS &&
		   !hv_bus_violations(host), "a new contact may be on the old connection");
	((struct hv_msg *)input->payload)->type = HV_MSG_REQUEST_OFFERS;
	unit_check(hv_vmbus_hypercall(host, 0x5c, INPUT) == HV_STATUS_SUCCESS &&
		   hv_bus_violations(host) == 1, "violation: nothing else, from 5.0 on");
	input->connection = HV_CONNECTION_MESSAGE;
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

	start(HV_VERSION(4, 1));
	hv_vmbus_post(host, HV_CONNECTION_MESSAGE_OLD, &(struct hv_msg_contact) {
		.head.type = HV_MSG_INITIATE_CONTACT, .version = HV_VERSION(4, 1),
	}, sizeof(struct hv_msg_contact));
	hv_vmbus_post(host, HV_CONNECTION_MESSAGE_OLD,
		      &(struct hv_msg) { .type = HV_MSG_REQUEST_OFFERS }, sizeof(struct hv_msg));
	unit_check(hv_bus_version(host) == HV_VERSION(4, 1) && !hv_bus_violations(host),
		   "before 5.0 there is only the old connection");
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
	test_versions();
	test_version_6();
	test_contact();
	test_contact_again();
	test_socket();
	test_unload();
	test_violations();
	test_hypercall();
	test_guid();
	return unit_done();
}
