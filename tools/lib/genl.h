/* SPDX-License-Identifier: GPL-2.0 */
/* A connection to the driver's generic netlink family. */
#ifndef HVIC_GENL_H
#define HVIC_GENL_H

#include <stddef.h>
#include <stdint.h>

#include <libmnl/libmnl.h>

/* What the kernel sends at most in one datagram, and what we ever ask. */
#define HVIC_GENL_BUFFER	32768
#define HVIC_GENL_REQUEST	1024

#define HVIC_GENL_GROUPS 8

/**
 * struct hvic_genl - a connection
 * @nl: socket
 * @family: the kernel's number of the family
 * @version: of the family
 * @groups: names and numbers of its multicast groups
 * @seq: of the last request
 * @timeout_ms: how long to wait for an answer; -1 for ever
 * @error: what the kernel said to the last request that failed; "" if nothing
 * @request: what is sent
 * @buffer: what was received
 */
struct hvic_genl {
	struct mnl_socket *nl;
	uint16_t family;
	uint32_t version;
	struct {
		char name[16];
		uint32_t id;
	} groups[HVIC_GENL_GROUPS];
	uint32_t seq;
	int timeout_ms;
	char error[256];
	char request[HVIC_GENL_REQUEST] __attribute__((aligned(NLMSG_ALIGNTO)));
	char buffer[HVIC_GENL_BUFFER] __attribute__((aligned(NLMSG_ALIGNTO)));
};

/* Called for each message; 0 to go on, a negative errno to end. */
typedef int hvic_genl_cb(const struct nlmsghdr *message, void *data);

int hvic_genl_open(struct hvic_genl *genl, const char *family, int timeout_ms);
void hvic_genl_close(struct hvic_genl *genl);
int hvic_genl_fd(const struct hvic_genl *genl);

struct nlmsghdr *hvic_genl_request(struct hvic_genl *genl, uint8_t command);
int hvic_genl_do(struct hvic_genl *genl, struct nlmsghdr *request, hvic_genl_cb *cb,
		 void *data);
int hvic_genl_dump(struct hvic_genl *genl, struct nlmsghdr *request, hvic_genl_cb *cb,
		   void *data);
int hvic_genl_post(struct hvic_genl *genl, struct nlmsghdr *request);

int hvic_genl_join(struct hvic_genl *genl, const char *group);
int hvic_genl_events(struct hvic_genl *genl, hvic_genl_cb *cb, void *data);

#endif
