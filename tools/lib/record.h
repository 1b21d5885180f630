/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The client of a native device, /dev/hv_ic/NAME: what every daemon does with it.
 *
 * The client opens the device when it is there, answers HELLO, hands the host's requests to the
 * daemon and its answers to the driver, and waits for the device while it is gone. It has one
 * descriptor, for any event loop. linux/hv_ic.h says what the records are.
 */
#ifndef HVU_RECORD_H
#define HVU_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/hv_ic.h>

/* What the driver gives at most in one go, and the longest payload of an answer. */
#define HVU_RECORD_BUFFER	131072
#define HVU_RECORD_PAYLOAD	16384

struct hvu_client;

/**
 * struct hvu_client_ops - what the daemon does
 * @start: the daemon is attached, or the host has negotiated anew: what the host had begun before
 *	is void
 * @take: a request or an event; 0 if it is dealt with, though perhaps answered later, or a negative
 *	errno to answer a request with; %-EOPNOTSUPP for an operation that the daemon does not know.
 *	The payload may lie at any address: hvu_record_payload() takes it from there.
 * @taken: all records of one read have been given to @take, whose payloads are gone after this.
 *	A daemon that gathers them acts now. NULL for one that does not.
 * @over: the request of that id, which was taken but not answered, wants no answer any more
 * @gone: the device is gone; what the host had begun is void
 * @open: how to open the device, non-blocking; a descriptor or a negative errno. NULL for the
 *	usual way.
 * @status: what the daemon does while it is attached, for the service manager. NULL for the usual
 *	words.
 */
struct hvu_client_ops {
	void (*start)(struct hvu_client *client);
	int (*take)(struct hvu_client *client, const struct hv_ic_record *record,
		    const void *payload);
	void (*taken)(struct hvu_client *client);
	void (*over)(struct hvu_client *client, uint64_t id, int status);
	void (*gone)(struct hvu_client *client);
	int (*open)(struct hvu_client *client);
	const char *(*status)(const struct hvu_client *client);
};

/**
 * struct hvu_client - a client
 * @ops: what the daemon does
 * @root: below which /dev is
 * @name: of the device: "kvp", "vss", "fcopy"
 * @wanted: HV_IC_FEATURE_* that the daemon can use
 * @features: those of them that the driver has; known when @start is called
 * @hello: what the driver said last
 * @attached: HELLO has been answered
 * @device: descriptor of the device; -1 while it is not open
 * @watch: tells what comes and goes in /dev
 * @loop: tells of both
 * @buffer: what was read
 */
struct hvu_client {
	const struct hvu_client_ops *ops;
	int root;
	const char *name;
	uint64_t wanted;
	uint64_t features;
	struct hv_ic_hello hello;
	bool attached;
	int device;
	int watch;
	int loop;
	char buffer[HVU_RECORD_BUFFER];
};

int hvu_client_open(struct hvu_client *client, const struct hvu_client_ops *ops, int root,
		    const char *name, uint64_t features);
void hvu_client_close(struct hvu_client *client);
int hvu_client_fd(const struct hvu_client *client);
int hvu_client_dispatch(struct hvu_client *client);
int hvu_client_answer(struct hvu_client *client, uint64_t id, int status, const void *payload,
		      size_t size);

void hvu_record_payload(const struct hv_ic_record *record, const void *payload, void *copy,
			size_t size);
void hvu_record_text(const struct hv_ic_record *record, const void *payload, size_t offset,
		     char *text, size_t size);

#endif
