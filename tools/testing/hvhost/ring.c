// SPDX-License-Identifier: GPL-2.0
#include "ring.h"

#include <errno.h>
#include <string.h>

#define FLOW_CONTROL	1u	/* feature bit */
#define KNOWN_FLAGS	HV_PACKET_COMPLETION_REQUESTED

static uint32_t load(const uint32_t *field)
{
	return __atomic_load_n(field, __ATOMIC_ACQUIRE);
}

static void store(uint32_t *field, uint32_t value)
{
	__atomic_store_n(field, value, __ATOMIC_RELEASE);
}

/* Each side writes one field and then looks at another that the peer writes. */
static void full_barrier(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void hv_ring_init(struct hv_ring *ring, uint8_t **pages, uint32_t count)
{
	ring->control = (struct hv_ring_control *)pages[0];
	ring->pages = pages + 1;
	ring->size = (count - 1) * HV_PAGE_SIZE;
	ring->masked = false;
}

uint32_t hv_ring_used(const struct hv_ring *ring, uint32_t write_index, uint32_t read_index)
{
	if (write_index >= read_index)
		return write_index - read_index;
	return ring->size - read_index + write_index;
}

static int check_indices(const struct hv_ring *ring, uint32_t write_index, uint32_t read_index,
			 const char **why)
{
	if (write_index >= ring->size)
		*why = "write index beyond the end of the ring";
	else if (read_index >= ring->size)
		*why = "read index beyond the end of the ring";
	else if (write_index % 8)
		*why = "write index not a multiple of 8";
	else if (read_index % 8)
		*why = "read index not a multiple of 8";
	else
		return 0;
	return -EPROTO;
}

int hv_ring_check(const struct hv_ring *ring, const char **why)
{
	return check_indices(ring, load(&ring->control->write_index),
			     load(&ring->control->read_index), why);
}

/* How many bytes from @at on lie in one page, of @size wanted */
static size_t piece(uint32_t at, size_t size)
{
	size_t rest = HV_PAGE_SIZE - at % HV_PAGE_SIZE;

	return size < rest ? size : rest;
}

void hv_ring_copy_in(struct hv_ring *ring, uint32_t at, const void *from, size_t size)
{
	const uint8_t *bytes = from;

	while (size) {
		size_t n = piece(at, size);

		memcpy(ring->pages[at / HV_PAGE_SIZE] + at % HV_PAGE_SIZE, bytes, n);
		bytes += n;
		size -= n;
		at = (at + n) % ring->size;
	}
}

void hv_ring_copy_out(const struct hv_ring *ring, uint32_t at, void *to, size_t size)
{
	uint8_t *bytes = to;

	while (size) {
		size_t n = piece(at, size);

		memcpy(bytes, ring->pages[at / HV_PAGE_SIZE] + at % HV_PAGE_SIZE, n);
		bytes += n;
		size -= n;
		at = (at + n) % ring->size;
	}
}

/* A quarter of the ring at least, so that both sides do not take turns packet by packet. */
static uint32_t worth_waiting_for(const struct hv_ring *ring, uint32_t total)
{
	uint32_t quarter = ((ring->size - 8) / 4 + 7) & ~7u;

	return total > quarter ? total : quarter;
}

int hv_ring_write(struct hv_ring *ring, const struct hv_packet *packet, const void *payload,
		  size_t size, bool *signal, const char **why)
{
	struct hv_ring_control *control = ring->control;
	uint32_t total = hv_ring_packet_size(size);
	uint32_t start = load(&control->write_index);
	uint32_t read_index = load(&control->read_index);
	uint64_t trailer = (uint64_t)start << 32;
	uint64_t padding = 0;
	struct hv_packet_header header = {
		.type = packet->type,
		.offset8 = sizeof(header) / 8,
		.len8 = (total - HV_TRAILER_SIZE) / 8,
		.flags = packet->flags,
		.xid = packet->xid,
	};
	uint32_t at = start;

	*signal = false;
	if (size >= ring->size || total >= ring->size)
		return -EMSGSIZE;
	if (check_indices(ring, start, read_index, why))
		return -EPROTO;
	if (ring->size - hv_ring_used(ring, start, read_index) <= total) {
		/* The reader may have made room before it saw our wish: look again. */
		store(&control->pending_send_size, worth_waiting_for(ring, total));
		full_barrier();
		read_index = load(&control->read_index);
		if (check_indices(ring, start, read_index, why))
			return -EPROTO;
		if (ring->size - hv_ring_used(ring, start, read_index) <= total)
			return -EAGAIN;
	}
	store(&control->pending_send_size, 0);

	hv_ring_copy_in(ring, at, &header, sizeof(header));
	at = (at + sizeof(header)) % ring->size;
	hv_ring_copy_in(ring, at, payload, size);
	at = (at + size) % ring->size;
	hv_ring_copy_in(ring, at, &padding, -size % 8);
	at = (at + -size % 8) % ring->size;
	hv_ring_copy_in(ring, at, &trailer, sizeof(trailer));
	at = (at + sizeof(trailer)) % ring->size;

	store(&control->write_index, at);
	full_barrier();
	/* Empty as the reader sees it now: it had taken all before this packet. */
	*signal = !load(&control->interrupt_mask) && load(&control->read_index) == start;
	return 0;
}

static bool is_known_type(uint16_t type)
{
	return type == HV_PACKET_INBAND || type == HV_PACKET_TRANSFER_PAGES ||
	       type == HV_PACKET_GPA_DIRECT || type == HV_PACKET_COMPLETION;
}

static int check_packet(const struct hv_packet_header *header, uint32_t used, const char **why)
{
	if (header->offset8 < sizeof(*header) / 8)
		*why = "packet with a payload offset inside its header";
	else if (header->len8 < header->offset8)
		*why = "packet shorter than its payload offset";
	else if (header->len8 * 8u + HV_TRAILER_SIZE > used)
		*why = "packet longer than what was written to the ring";
	else if (header->flags & ~KNOWN_FLAGS)
		*why = "packet with flags that do not exist";
	else if (!is_known_type(header->type))
		*why = "packet of a type that does not exist";
	else
		return 0;
	return -EPROTO;
}

static int check_mask(const struct hv_ring *ring, const char **why)
{
	if (ring->masked || !load(&ring->control->interrupt_mask))
		return 0;
	*why = "interrupt mask set by the writer";
	return -EPROTO;
}

static void set_mask(struct hv_ring *ring, bool masked)
{
	ring->masked = masked;
	store(&ring->control->interrupt_mask, masked);
	full_barrier();
}

int hv_ring_read(struct hv_ring *ring, struct hv_packet *packet, void *payload, size_t size,
		 bool *signal, const char **why)
{
	struct hv_ring_control *control = ring->control;
	uint32_t write_index = load(&control->write_index);
	uint32_t start = load(&control->read_index);
	uint32_t used, total, offset, pending, room;
	struct hv_packet_header header;
	uint64_t trailer;

	*signal = false;
	if (check_indices(ring, write_index, start, why) || check_mask(ring, why))
		return -EPROTO;
	if (write_index == start && ring->masked) {
		/* The writer may have written before it saw that we listen again. */
		set_mask(ring, false);
		write_index = load(&control->write_index);
		if (check_indices(ring, write_index, start, why))
			return -EPROTO;
	}
	used = hv_ring_used(ring, write_index, start);
	if (!used)
		return -EAGAIN;
	if (used < sizeof(header) + HV_TRAILER_SIZE) {
		*why = "less than a packet header was written to the ring";
		return -EPROTO;
	}
	hv_ring_copy_out(ring, start, &header, sizeof(header));
	if (check_packet(&header, used, why))
		return -EPROTO;
	total = header.len8 * 8u + HV_TRAILER_SIZE;
	hv_ring_copy_out(ring, (start + total - HV_TRAILER_SIZE) % ring->size,
			 &trailer, sizeof(trailer));
	if (trailer != (uint64_t)start << 32) {
		*why = "packet trailer does not hold the packet's start";
		return -EPROTO;
	}

	offset = header.offset8 * 8u;
	*packet = (struct hv_packet) {
		.type = header.type,
		.flags = header.flags,
		.xid = header.xid,
		.length = header.len8 * 8u - offset,
	};
	if (size > packet->length)
		size = packet->length;
	hv_ring_copy_out(ring, (start + offset) % ring->size, payload, size);

	if (!ring->masked)
		set_mask(ring, true);
	store(&control->read_index, (start + total) % ring->size);
	full_barrier();
	pending = load(&control->pending_send_size);
	if (!pending || !(load(&control->feature_bits) & FLOW_CONTROL))
		return 0;
	/* The room as the writer sees it now; it may have written meanwhile. */
	write_index = load(&control->write_index);
	if (write_index >= ring->size)
		return 0;		/* the next read says so */
	room = ring->size - hv_ring_used(ring, write_index, (start + total) % ring->size);
	*signal = room > pending && room - total <= pending;
	return 0;
}
