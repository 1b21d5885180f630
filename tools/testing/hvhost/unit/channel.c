// SPDX-License-Identifier: GPL-2.0
/* Offers, and a channel from its open to its release. */
#include "fake_bus.h"

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
	static const struct hv_guid class = { { 1, 2, 3 } }, sooner = { { 4, 5, 5 } },
				    later = { { 0, 0, 0, 1 } };
	struct hv_channel *others[ARRAY_SIZE(guids)], *before, *after;

	start(HV_VERSION(5, 3));
	for (size_t i = 0; i < ARRAY_SIZE(guids); i++) {
		others[i] = hv_channel_new(host, &guids[i], &guids[i], "other", &ops, NULL);
		hv_channel_offer(others[i]);
	}
	after = hv_channel_new(host, &class, &later, "after", &ops, NULL);
	before = hv_channel_new(host, &class, &sooner, "before", &ops, NULL);
	hv_channel_offer(after);
	hv_channel_offer(before);
	hv_channel_offer(channel);
	connect();
	unit_check(hv_channel_relid(others[2]) == 1 && hv_channel_relid(channel) == 3 &&
		   hv_channel_relid(others[0]) == 5 && hv_channel_relid(others[1]) == 6,
		   "offers are sorted by class, whatever was made first");
	unit_check(hv_channel_relid(before) == 2 && hv_channel_relid(after) == 4,
		   "and those of one class by instance");
	connect();
	unit_check(hv_channel_relid(others[2]) == 1 && hv_channel_relid(after) == 4 &&
		   !hv_bus_violations(host), "and keep their relids when the guest comes back");
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
	unit_check(hv_vmbus_hypercall(host, 0x1005d, 1ull << 32 | 0x2001) ==
		   HV_STATUS_INVALID_PARAMETER && signalled == 1, "nor has it another flag");
	SAY(struct hv_msg_modify, { .type = HV_MSG_MODIFY_CHANNEL }, 1, 0);
	unit_check(next() == 16 && word(0) == 24 && word(8) == 1 && word(12) == 0 &&
		   hv_channel_target_vp(channel) == 0, "moved to vCPU 0");
	hv_channel_signal(channel);
	unit_check(host->memory[EVENT_PAGE + 512] == 2, "its event flag is its relid");
	SAY(struct hv_msg_relid, { .type = HV_MSG_CLOSE }, 1);
	unit_check(closed == 1 && !hv_channel_is_open(channel) && !next(), "closed, no answer");
	host->memory[EVENT_PAGE + 512] = 0;
	hv_channel_signal(channel);
	unit_check(host->memory[EVENT_PAGE + 512] == 2, "a hostile host signals all the same");
	SAY(struct hv_msg_gpadl, { .type = HV_MSG_GPADL_TEARDOWN }, 1, 0xe1e10);
	unit_check(next() == 12 && word(0) == 12 && word(8) == 0xe1e10 && !hv_gpadl_count(host),
		   "GPADL torn down");
	unit_check(!hv_bus_violations(host), "nobody broke a rule");
	end();
}

/* Only from 5.3 on there is an answer to a move. */
static void test_silent_move(void)
{
	start(HV_VERSION(5, 2));
	hv_channel_offer(channel);
	contact(HV_VERSION(5, 2));
	SAY(struct hv_msg, .type = HV_MSG_REQUEST_OFFERS);
	drain();
	open_channel();
	SAY(struct hv_msg_modify, { .type = HV_MSG_MODIFY_CHANNEL }, 1, 0);
	unit_check(!next() && !hv_channel_target_vp(channel) && !hv_bus_violations(host),
		   "moved in silence");
	SAY(struct hv_msg_modify, { .type = HV_MSG_MODIFY_CHANNEL }, 1, 2);
	unit_check(!next() && hv_bus_violations(host) == 1, "violation: in silence, too");
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
	say_gpadl(1, 9, 30);
	more.body.gpadl = 9;
	say(&more, sizeof(more.body) + 5 * 8);
	unit_check(next() == 20 && word(12) == 9 && word(16) == 0x8000ffff &&
		   hv_bus_violations(host) == 2 && hv_gpadl_count(host) == 1,
		   "violation: a page too many in a body");
	say_gpadl(1, 9, 30);
	say(&more, sizeof(more.body) + 2 * 8 + 4);
	unit_check(!next() && hv_bus_violations(host) == 3, "violation: half a page number");
	say(&more, sizeof(more.body) + 2 * 8);
	unit_check(next() == 20 && word(12) == 9 && word(16) == 0x8000ffff &&
		   hv_bus_violations(host) == 3 && hv_gpadl_count(host) == 1,
		   "which is answered when all is there");
	/* uio_hv_generic has a buffer of 31 MiB, and 8190 pages are what a header can announce. */
	say_gpadl(1, 8, 8190);
	for (int left = 8190 - 26; left > 0; left -= 28) {
		more.body.gpadl = 8;
		say(&more, sizeof(more.body) + (left < 28 ? left : 28) * 8);
	}
	unit_check(next() == 20 && word(12) == 8 && word(16) == 0 &&
		   hv_bus_violations(host) == 3, "the largest one: created");
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
	unit_check(next() == 12 && word(8) == 7 && !hv_gpadl_count(host), "the ring's is torn down");
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
	hv_channel_ring(channel, HV_TO_GUEST)->control->read_index = 12;
	unit_check(hv_channel_send(channel, &packet, bytes, 8, 0) == -EPROTO && violated == 2 &&
		   hv_channel_failed(channel), "the other ring, too");
	end();
}

int main(void)
{
	test_offer();
	test_order();
	test_pending();
	test_open();
	test_silent_move();
	test_gpadl_body();
	test_rescind();
	test_rescind_race();
	test_relids();
	test_release();
	test_channel();
	return unit_done();
}
