/* SPDX-License-Identifier: GPL-2.0 */
/* A connection to the driver's generic netlink family. */
#ifndef HVU_GENL_H
#define HVU_GENL_H

#include <stddef.h>
#include <stdint.h>

#include <libmnl/libmnl.h>

/* What the kernel sends at most in one datagram, and what we ever ask. */
#define HVU_GENL_BUFFER	32768
#define HVU_GENL_REQUEST	1024

#define HVU_GENL_GROUPS 8

/**
 * struct hvu_genl - a connection
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
struct hvu_genl {
	struct mnl_socket *nl;
	uint16_t family;
	uint32_t version;
	struct {
		char name[16];
		uint32_t id;
	} groups[HVU_GENL_GROUPS];
	uint32_t seq;
	int timeout_ms;
	char error[256];
	char request[HVU_GENL_REQUEST] __attribute__((aligned(NLMSG_ALIGNTO)));
	char buffer[HVU_GENL_BUFFER] __attribute__((aligned(NLMSG_ALIGNTO)));
};

/* Called for each message; 0 to go on, a negative errno to end. */
typedef int hvu_genl_cb(const struct nlmsghdr *message, void *data);

int hvu_genl_open(struct hvu_genl *genl, const char *family, int timeout_ms);
void hvu_genl_close(struct hvu_genl *genl);
int hvu_genl_fd(const struct hvu_genl *genl);

struct nlmsghdr *hvu_genl_request(struct hvu_genl *genl, uint8_t command);
int hvu_genl_do(struct hvu_genl *genl, struct nlmsghdr *request, hvu_genl_cb *cb,
		void *data);
int hvu_genl_dump(struct hvu_genl *genl, struct nlmsghdr *request, hvu_genl_cb *cb,
		  void *data);
int hvu_genl_post(struct hvu_genl *genl, struct nlmsghdr *request);

int hvu_genl_join(struct hvu_genl *genl, const char *group);
int hvu_genl_events(struct hvu_genl *genl, hvu_genl_cb *cb, void *data);

#endif
