// SPDX-License-Identifier: GPL-2.0
/* Ring arithmetic: every rule once kept and once broken, and all wrap positions. */
#include "ring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compiler.h"
#include "unit.h"

#define PAGES	4u	/* control + 3 data */
#define DATA	((PAGES - 1) * HV_PAGE_SIZE)

static uint8_t *pages[PAGES];
static struct hv_ring ring;

static void fresh(uint32_t index)
{
	for (unsigned int i = 0; i < PAGES; i++)
		memset(pages[i], 0xee, HV_PAGE_SIZE);
	hv_ring_init(&ring, pages, PAGES);
	memset(ring.control, 0, sizeof(*ring.control));
	ring.control->feature_bits = 1;
	ring.control->write_index = index;
	ring.control->read_index = index;
}

static int put(size_t size, uint64_t xid, bool *signal)
{
	static uint8_t payload[DATA];
	const struct hv_packet packet = { .type = HV_PACKET_INBAND, .flags = 1, .xid = xid };
	const char *why = NULL;

	for (size_t i = 0; i < size && i < sizeof(payload); i++)
		payload[i] = i * 7 + xid;
	return hv_ring_write(&ring, &packet, payload, size, signal, &why);
}

static bool take(size_t size, uint64_t xid, bool *signal)
{
	static uint8_t payload[DATA];
	struct hv_packet packet;
	const char *why = NULL;

	if (hv_ring_read(&ring, &packet, payload, sizeof(payload), signal, &why))
		return false;
	if (packet.type != HV_PACKET_INBAND || packet.flags != 1 || packet.xid != xid ||
	    packet.length != ((size + 7) & ~(size_t)7))
		return false;
	for (size_t i = 0; i < packet.length; i++) {
		if (payload[i] != (i < size ? (uint8_t)(i * 7 + xid) : 0))
			return false;
	}
	return true;
}

static void test_layout(void)
{
	const uint8_t expected[32] = {
		6, 0, 2, 0, 3, 0, 1, 0, 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11,
		0x88, 0x8f, 0x96, 0x9d, 0xa4, 0, 0, 0,
		0, 0, 0, 0, 0x10, 0, 0, 0,
	};
	bool signal;

	fresh(0x10);
	unit_check(ring.size == DATA, "a ring of %u pages holds %u bytes", PAGES, DATA);
	unit_check(!put(5, 0x1122334455667788, &signal), "5 bytes go in");
	unit_check(!memcmp(pages[1] + 0x10, expected, sizeof(expected)),
		   "header, payload, padding and trailer are where they belong");
	unit_check(ring.control->write_index == 0x30, "the write index is behind the trailer");
}

static void test_wrap(void)
{
	unsigned int bad = 0;
	bool signal;

	for (uint32_t index = 0; index < DATA; index += 8) {
		for (size_t size = 1; size <= 33; size += 16) {
			fresh(index);
			bad += put(size, index, &signal) || !take(size, index, &signal);
			bad += ring.control->read_index != ring.control->write_index;
		}
	}
	unit_check(!bad, "packets survive at each of %u positions", DATA / 8);
}

static void test_full(void)
{
	bool signal;

	fresh(64);
	unit_check(put(DATA - 24, 1, &signal) == -EMSGSIZE, "a packet as large as the ring: never");
	unit_check(put(SIZE_MAX, 1, &signal) == -EMSGSIZE, "an absurd size: never");
	unit_check(!put(DATA - 32, 1, &signal), "8 bytes less than the ring: fits");
	unit_check(ring.control->pending_send_size == 0, "and nobody waits");
	unit_check(put(0, 2, &signal) == -EAGAIN, "then not even an empty packet");
	unit_check(ring.control->pending_send_size == DATA / 4,
		   "which waits for a quarter of the ring");
	unit_check(take(DATA - 32, 1, &signal), "the reader gets it");
	unit_check(signal, "and is to tell the writer that waits");
	unit_check(!put(0, 2, &signal) && !ring.control->pending_send_size,
		   "the next write goes in and ends the wait");
	unit_check(put(DATA / 2, 3, &signal) == 0 && put(DATA / 2, 4, &signal) == -EAGAIN &&
		   ring.control->pending_send_size == DATA / 2 + 24,
		   "a packet of more than a quarter waits for its own size");
}

static void test_signal(void)
{
	bool signal;

	fresh(0);
	unit_check(!put(8, 1, &signal) && signal, "first packet into an empty ring signals");
	unit_check(!put(8, 2, &signal) && !signal, "second one does not");
	take(8, 1, &signal);
	unit_check(!signal, "a reader signals nobody who does not wait");
	unit_check(!put(8, 3, &signal) && !signal, "not empty: no signal");
	take(8, 2, &signal);
	take(8, 3, &signal);
	ring.control->interrupt_mask = 1;
	unit_check(!put(8, 4, &signal) && !signal, "masked: no signal");
}

/* The writer wants 100 bytes: the packet that makes the room exceed it signals. */
static void test_flow_control(void)
{
	const char *why = NULL;
	struct hv_packet packet;
	bool signal, rings[4];

	fresh(0);
	for (int i = 0; i < 4; i++)
		put(40, i, &signal);				/* 64 bytes each */
	put(DATA - 4 * 64 - 24 - 8, 4, &signal);		/* room: 8 */
	ring.control->pending_send_size = 100;
	for (int i = 0; i < 4; i++)
		hv_ring_read(&ring, &packet, NULL, 0, &rings[i], &why);
	unit_check(!rings[0], "room of 72, 100 wanted: silence");
	unit_check(rings[1], "room of 136: signal");
	unit_check(!rings[2] && !rings[3], "more room: no second signal");

	fresh(0);
	put(40, 1, &signal);
	put(DATA - 64 - 24 - 8, 2, &signal);			/* room: 8 */
	ring.control->pending_send_size = 72;
	hv_ring_read(&ring, &packet, NULL, 0, &signal, &why);
	unit_check(!signal, "room of exactly what is wanted is not enough");

	fresh(0);
	put(40, 1, &signal);
	ring.control->pending_send_size = DATA - 64;
	ring.control->feature_bits = 0;
	hv_ring_read(&ring, &packet, NULL, 0, &signal, &why);
	unit_check(!signal, "no flow control agreed: no signal");

	fresh(0);
	put(DATA - 32, 1, &signal);
	ring.control->pending_send_size = DATA - 1;
	hv_ring_read(&ring, &packet, NULL, 0, &signal, &why);
	unit_check(signal, "who wants all of the ring gets a signal when it is empty");
}

static void test_mask(void)
{
	const char *why = NULL;
	struct hv_packet packet;
	bool signal;

	fresh(0);
	put(8, 1, &signal);
	put(8, 2, &signal);
	take(8, 1, &signal);
	unit_check(ring.control->interrupt_mask == 1, "a reader masks interrupts while it reads");
	take(8, 2, &signal);
	unit_check(!put(8, 3, &signal) && !signal, "so that a packet meanwhile is no reason for one");
	unit_check(take(8, 3, &signal), "it sees it all the same");
	unit_check(hv_ring_read(&ring, &packet, NULL, 0, &signal, &why) == -EAGAIN &&
		   !ring.control->interrupt_mask, "and listens again when the ring is empty");
	unit_check(!put(8, 4, &signal) && signal, "the next packet signals");

	ring.control->interrupt_mask = 1;
	unit_check(hv_ring_read(&ring, &packet, NULL, 0, &signal, &why) == -EPROTO &&
		   strstr(why, "mask"), "a writer that masks the reader: %s", why ? why : "accepted");
	fresh(0);
	ring.control->interrupt_mask = 1;
	unit_check(hv_ring_read(&ring, &packet, NULL, 0, &signal, &why) == -EPROTO,
		   "in an empty ring, too");
}

static void test_indices(void)
{
	static const struct {
		uint32_t write_index, read_index;
		const char *what;
	} rows[] = {
		{ DATA, 0, "write index at the end" },
		{ 0, DATA, "read index at the end" },
		{ UINT32_MAX, 0, "write index far out" },
		{ 4, 0, "write index not aligned" },
		{ 8, 7, "read index not aligned" },
		{ 8, 0, "less than a header written" },
		{ 0, DATA - 16, "less than a header and trailer written, wrapping" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct hv_packet packet;
		const char *why = NULL;
		bool signal;

		fresh(0);
		ring.control->write_index = rows[i].write_index;
		ring.control->read_index = rows[i].read_index;
		unit_check(hv_ring_read(&ring, &packet, NULL, 0, &signal, &why) == -EPROTO && why,
			   "%s: %s", rows[i].what, why ? why : "accepted");
		unit_check(ring.control->read_index == rows[i].read_index, "nothing is taken");
	}
}

static void test_packets(void)
{
	static const struct {
		struct hv_packet_header header;
		uint64_t trailer;
		const char *what;
	} rows[] = {
		{ { 6, 1, 3, 0, 0 }, 8ull << 32, "payload inside the header" },
		{ { 6, 0, 3, 0, 0 }, 8ull << 32, "payload at offset 0" },
		{ { 6, 4, 3, 0, 0 }, 8ull << 32, "payload beyond the packet" },
		{ { 6, 2, 4, 0, 0 }, 8ull << 32, "packet longer than written" },
		{ { 6, 2, 0xffff, 0, 0 }, 8ull << 32, "packet as long as can be" },
		{ { 6, 2, 0, 0, 0 }, 8ull << 32, "packet of no length" },
		{ { 6, 2, 3, 0, 0 }, 0, "trailer without the start" },
		{ { 6, 2, 3, 0, 0 }, 8ull << 32 | 1, "trailer with a low half" },
		{ { 6, 2, 3, 2, 0 }, 8ull << 32, "unknown flag" },
		{ { 5, 2, 3, 0, 0 }, 8ull << 32, "unknown type" },
		{ { 0, 2, 3, 0, 0 }, 8ull << 32, "no type" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct hv_packet packet;
		const char *why = NULL;
		bool signal;

		fresh(8);
		hv_ring_copy_in(&ring, 8, &rows[i].header, sizeof(rows[i].header));
		hv_ring_copy_in(&ring, 32, &rows[i].trailer, sizeof(rows[i].trailer));
		ring.control->write_index = 40;
		unit_check(hv_ring_read(&ring, &packet, NULL, 0, &signal, &why) == -EPROTO && why,
			   "%s: %s", rows[i].what, why ? why : "accepted");
		unit_check(ring.control->read_index == 8, "nothing is taken");
	}
}

static void test_small_buffer(void)
{
	struct hv_packet packet;
	const char *why = NULL;
	uint8_t payload[9];
	bool signal;

	fresh(DATA - 24);
	put(40, 0, &signal);
	payload[8] = 0x55;
	unit_check(!hv_ring_read(&ring, &packet, payload, 8, &signal, &why) &&
		   packet.length == 40 && payload[1] == 7 && payload[8] == 0x55,
		   "a small buffer gets the beginning and the true length");
	unit_check(hv_ring_read(&ring, &packet, payload, 8, &signal, &why) == -EAGAIN,
		   "and the packet is gone");
}

int main(void)
{
	for (unsigned int i = 0; i < PAGES; i++) {
		pages[i] = aligned_alloc(HV_PAGE_SIZE, HV_PAGE_SIZE);
		if (!pages[i])
			return 1;
	}
	test_layout();
	test_wrap();
	test_full();
	test_signal();
	test_flow_control();
	test_mask();
	test_indices();
	test_packets();
	test_small_buffer();
	return unit_done();
}
