/* SPDX-License-Identifier: GPL-2.0 */
/*
 * VMBus ring buffers: pure arithmetic on guest pages, no host, no guest.
 *
 * A ring is a control page and data pages. One side writes packets, the other
 * reads them; an index is a byte offset into the data, equal indices mean
 * empty, and the ring is never filled to the last byte.
 *
 *	packet = header (16 bytes) + payload, padded to 8 + trailer (8 bytes)
 */
#ifndef HVHOST_RING_H
#define HVHOST_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler.h"

struct hv_ring_control {
	uint32_t write_index;
	uint32_t read_index;
	uint32_t interrupt_mask;
	uint32_t pending_send_size;
	uint32_t reserved[12];
	uint32_t feature_bits;		/* bit 0: the reader honours pending_send_size */
};

struct hv_packet_header {
	uint16_t type;
	uint16_t offset8;		/* start of the payload, in 8 bytes */
	uint16_t len8;			/* header + payload, in 8 bytes */
	uint16_t flags;
	uint64_t xid;
};

enum hv_packet_type {
	HV_PACKET_INBAND = 6,
	HV_PACKET_TRANSFER_PAGES = 7,
	HV_PACKET_GPA_DIRECT = 9,
	HV_PACKET_COMPLETION = 11,
};

#define HV_PACKET_COMPLETION_REQUESTED	1	/* flag */
#define HV_TRAILER_SIZE			8u

/**
 * struct hv_packet - one packet, as a sender wishes it or a receiver got it
 * @type:	enum hv_packet_type
 * @flags:	HV_PACKET_COMPLETION_REQUESTED or 0
 * @xid:	transaction id
 * @length:	payload as it lay in the ring (receiver only): padded to 8, may
 *		exceed what the caller's buffer could take
 */
struct hv_packet {
	uint16_t type;
	uint16_t flags;
	uint64_t xid;
	size_t length;
};

/**
 * struct hv_ring - one direction of a channel
 * @control:	the control page, in guest memory: shared with the guest, and
 *		free to be spoilt by a test
 * @pages:	the data pages; they need not be contiguous
 * @size:	bytes of data
 * @masked:	the reader, which is us, has set the interrupt mask: the writer need not
 *		signal while we read
 */
struct hv_ring {
	struct hv_ring_control *control;
	uint8_t **pages;
	uint32_t size;
	bool masked;
};

/** hv_ring_init() - @pages[0] is the control page, the other @count - 1 are data */
void hv_ring_init(struct hv_ring *ring, uint8_t **pages, uint32_t count);

/** hv_ring_used() - bytes waiting, for indices that are in range */
uint32_t hv_ring_used(const struct hv_ring *ring, uint32_t write_index, uint32_t read_index);

/** hv_ring_packet_size() - bytes that a payload of @size takes in a ring */
static inline uint32_t hv_ring_packet_size(size_t size)
{
	return sizeof(struct hv_packet_header) + ((size + 7) & ~(size_t)7) + HV_TRAILER_SIZE;
}

/**
 * hv_ring_check() - are both indices aligned and in range?
 * @why: set to a sentence when not
 * Return: 0 or -EPROTO.
 */
int hv_ring_check(const struct hv_ring *ring, const char **why);

/**
 * hv_ring_write() - append a packet
 * @signal: set to whether the reader wants an interrupt: the ring was empty and
 *	    the reader did not mask it
 * @why:    set to a sentence with -EPROTO
 *
 * A full ring sets pending_send_size, so that the reader signals when there is room for
 * the packet and a quarter of the ring is free; a write that succeeds clears it.
 *
 * Return: 0; -EAGAIN: no room now; -EMSGSIZE: never room; -EPROTO: the guest
 * spoilt the indices.
 */
int hv_ring_write(struct hv_ring *ring, const struct hv_packet *packet, const void *payload,
		  size_t size, bool *signal, const char **why);

/**
 * hv_ring_read() - take the next packet
 * @payload: gets the first @size bytes of the payload
 * @signal:  set to whether the writer waits for room and now has it
 * @why:     set to a sentence with -EPROTO
 *
 * The packet must be whole: header and trailer sane, no longer than what the
 * writer published. Nothing is taken from a ring that breaks the rules.
 *
 * The interrupt mask is ours: it is set before a packet is taken and cleared when the
 * ring is empty, so read until -EAGAIN. That somebody else has set it is a broken rule.
 *
 * Return: 0; -EAGAIN: empty; -EPROTO: broken.
 */
int hv_ring_read(struct hv_ring *ring, struct hv_packet *packet, void *payload, size_t size,
		 bool *signal, const char **why);

/** hv_ring_copy_in() - raw bytes to data offset @at, wrapping; touches no index */
void hv_ring_copy_in(struct hv_ring *ring, uint32_t at, const void *from, size_t size);

/** hv_ring_copy_out() - raw bytes from data offset @at, wrapping; touches no index */
void hv_ring_copy_out(const struct hv_ring *ring, uint32_t at, void *to, size_t size);

#endif
