// SPDX-License-Identifier: GPL-2.0
/* A connection to the driver's generic netlink family. */
#include "genl.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"

/* --- Answers. ------------------------------------------------------------- */

static int take_string(const struct nlattr *attr, void *data)
{
	if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG &&
	    !mnl_attr_validate(attr, MNL_TYPE_NUL_STRING))
		*(const char **)data = mnl_attr_get_str(attr);
	return MNL_CB_OK;
}

/* Success, or an error with the kernel's words behind the echoed request. */
static int take_error(struct hvu_genl *genl, const struct nlmsghdr *message)
{
	const struct nlmsgerr *error = mnl_nlmsg_get_payload(message);
	size_t offset = sizeof(*error);
	const char *text = NULL;

	if (mnl_nlmsg_get_payload_len(message) < sizeof(*error))
		return -EBADMSG;
	if (!(message->nlmsg_flags & NLM_F_CAPPED))
		offset += mnl_nlmsg_get_payload_len(&error->msg);
	if (message->nlmsg_flags & NLM_F_ACK_TLVS)
		mnl_attr_parse(message, offset, take_string, &text);
	/* Of this the kernel says the number only. */
	if (!text && error->error == -EPERM)
		text = "insufficient privilege (CAP_NET_ADMIN is needed)";
	if (text && error->error)
		snprintf(genl->error, sizeof(genl->error), "%s", text);
	return error->error;
}

/* The end of a dump carries its error, if it met one. */
static int take_done(const struct nlmsghdr *message)
{
	const int *error = mnl_nlmsg_get_payload(message);

	return mnl_nlmsg_get_payload_len(message) < sizeof(*error) ? 0 : *error;
}

/* Length of what the kernel sent; 0 if another process did, which is not listened to. */
static int receive(struct hvu_genl *genl, int timeout_ms)
{
	struct pollfd wait = { .fd = mnl_socket_get_fd(genl->nl), .events = POLLIN };
	struct sockaddr_nl from = { 0 };
	socklen_t size = sizeof(from);
	ssize_t len;
	int ret;

	ret = poll(&wait, 1, timeout_ms);
	if (ret < 0)
		return -errno;
	if (!ret)
		return -ETIMEDOUT;
	len = recvfrom(wait.fd, genl->buffer, sizeof(genl->buffer), MSG_TRUNC,
		       (struct sockaddr *)&from, &size);
	if (len < 0)
		return -errno;
	if (from.nl_pid)
		return 0;
	return len > (ssize_t)sizeof(genl->buffer) ? -ENOSPC : len;
}

/* Messages until the one that ends the answer to our last request. */
static int await(struct hvu_genl *genl, hvu_genl_cb *cb, void *data)
{
	int64_t end = hvu_now_ms() + genl->timeout_ms;
	unsigned int portid = mnl_socket_get_portid(genl->nl);

	for (;;) {
		const struct nlmsghdr *message = (void *)genl->buffer;
		int64_t left = end - hvu_now_ms();
		int ret, len;

		len = receive(genl, genl->timeout_ms < 0 ? -1 : left < 0 ? 0 : left);
		if (len == -EINTR)
			continue;
		if (len < 0)
			return len;
		for (; mnl_nlmsg_ok(message, len); message = mnl_nlmsg_next(message, &len)) {
			/* A notification has neither our number nor our address. */
			if (message->nlmsg_seq != genl->seq || message->nlmsg_pid != portid)
				continue;
			if (message->nlmsg_type == NLMSG_ERROR)
				return take_error(genl, message);
			if (message->nlmsg_type == NLMSG_DONE)
				return take_done(message);
			if (message->nlmsg_type < NLMSG_MIN_TYPE)
				continue;
			ret = cb ? cb(message, data) : 0;
			if (ret)
				return ret;
		}
	}
}

static int transmit(struct hvu_genl *genl, struct nlmsghdr *request, uint16_t flags)
{
	genl->error[0] = '\0';
	request->nlmsg_flags = NLM_F_REQUEST | flags;
	request->nlmsg_seq = ++genl->seq;
	return mnl_socket_sendto(genl->nl, request, request->nlmsg_len) < 0 ? -errno : 0;
}

/**
 * hvu_genl_request() - begin a request
 * @genl: connection
 * @command: what to ask for
 *
 * Return: the request, in the connection, to add attributes to with
 * mnl_attr_put_*().
 */
struct nlmsghdr *hvu_genl_request(struct hvu_genl *genl, uint8_t command)
{
	struct nlmsghdr *request = mnl_nlmsg_put_header(genl->request);
	struct genlmsghdr *header = mnl_nlmsg_put_extra_header(request, sizeof(*header));

	request->nlmsg_type = genl->family;
	header->cmd = command;
	header->version = 1;
	return request;
}

/**
 * hvu_genl_do() - ask, and wait until the kernel has done it
 * @genl: connection
 * @request: from hvu_genl_request()
 * @cb: gets the answer; NULL if there is none beyond yes or no
 * @data: for @cb
 *
 * Return: 0, or a negative errno: %-ETIMEDOUT, one of the kernel's with its words in
 * @genl->error, or one of @cb's.
 */
int hvu_genl_do(struct hvu_genl *genl, struct nlmsghdr *request, hvu_genl_cb *cb,
		void *data)
{
	int ret = transmit(genl, request, NLM_F_ACK);

	return ret ? ret : await(genl, cb, data);
}

/** hvu_genl_dump() - the same for a list; @cb is called for each of its members */
int hvu_genl_dump(struct hvu_genl *genl, struct nlmsghdr *request, hvu_genl_cb *cb,
		  void *data)
{
	int ret = transmit(genl, request, NLM_F_DUMP);

	return ret ? ret : await(genl, cb, data);
}

/**
 * hvu_genl_post() - ask, and do not wait: no notification is lost over it
 * @genl: connection
 * @request: from hvu_genl_request()
 *
 * Return: 0 or a negative errno. If the kernel refuses, hvu_genl_events() returns
 * its errno later.
 */
int hvu_genl_post(struct hvu_genl *genl, struct nlmsghdr *request)
{
	return transmit(genl, request, 0);
}

/* --- Opening. ------------------------------------------------------------- */

/**
 * struct group_slot - where a multicast group that is being read goes
 * @genl: connection
 * @n: of its groups
 */
struct group_slot {
	struct hvu_genl *genl;
	size_t n;
};

static int take_group(const struct nlattr *group, void *data)
{
	struct group_slot *slot = data;
	const struct nlattr *attr;

	if (slot->n == HVU_GENL_GROUPS)
		return MNL_CB_OK;
	mnl_attr_for_each_nested(attr, group) {
		if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GRP_NAME)
			snprintf(slot->genl->groups[slot->n].name,
				 sizeof(slot->genl->groups[0].name), "%s",
				 mnl_attr_get_str(attr));
		else if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GRP_ID)
			slot->genl->groups[slot->n].id = mnl_attr_get_u32(attr);
	}
	slot->n++;
	return MNL_CB_OK;
}

static int take_family_attr(const struct nlattr *attr, void *data)
{
	struct hvu_genl *genl = data;
	struct group_slot slot = { .genl = genl };

	switch (mnl_attr_get_type(attr)) {
	case CTRL_ATTR_FAMILY_ID:
		genl->family = mnl_attr_get_u16(attr);
		break;
	case CTRL_ATTR_VERSION:
		genl->version = mnl_attr_get_u32(attr);
		break;
	case CTRL_ATTR_MCAST_GROUPS:
		mnl_attr_parse_nested(attr, take_group, &slot);
		break;
	}
	return MNL_CB_OK;
}

static int take_family(const struct nlmsghdr *message, void *data)
{
	mnl_attr_parse(message, sizeof(struct genlmsghdr), take_family_attr, data);
	return 0;
}

static int find_family(struct hvu_genl *genl, const char *name)
{
	struct nlmsghdr *request;
	int ret;

	genl->family = GENL_ID_CTRL;
	request = hvu_genl_request(genl, CTRL_CMD_GETFAMILY);
	mnl_attr_put_strz(request, CTRL_ATTR_FAMILY_NAME, name);
	ret = hvu_genl_do(genl, request, take_family, genl);
	/* "No such name" is no news about what anybody asked for. */
	genl->error[0] = '\0';
	return ret;
}

/**
 * hvu_genl_open() - connect
 * @genl: to be filled in
 * @family: name of the family
 * @timeout_ms: how long to wait for an answer; -1 for ever
 *
 * Return: 0; %-ENOENT if there is no such family; or another negative errno. Close
 * only after success.
 */
int hvu_genl_open(struct hvu_genl *genl, const char *family, int timeout_ms)
{
	int one = 1;
	int ret;

	memset(genl, 0, offsetof(struct hvu_genl, request));
	genl->timeout_ms = timeout_ms;
	genl->nl = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	if (!genl->nl)
		return -errno;
	if (mnl_socket_bind(genl->nl, 0, MNL_SOCKET_AUTOPID) < 0) {
		ret = -errno;
		goto err_close;
	}
	/* Kernels that do not know these say less, but work. */
	mnl_socket_setsockopt(genl->nl, NETLINK_EXT_ACK, &one, sizeof(one));
	mnl_socket_setsockopt(genl->nl, NETLINK_CAP_ACK, &one, sizeof(one));
	mnl_socket_setsockopt(genl->nl, NETLINK_GET_STRICT_CHK, &one, sizeof(one));

	ret = find_family(genl, family);
	if (ret)
		goto err_close;
	return 0;

err_close:
	mnl_socket_close(genl->nl);
	genl->nl = NULL;
	return ret;
}

/** hvu_genl_close() - disconnect; nothing if it is not open */
void hvu_genl_close(struct hvu_genl *genl)
{
	if (genl->nl)
		mnl_socket_close(genl->nl);
	genl->nl = NULL;
}

/** hvu_genl_fd() - the socket, to wait on */
int hvu_genl_fd(const struct hvu_genl *genl)
{
	return mnl_socket_get_fd(genl->nl);
}

/* --- Notifications. ------------------------------------------------------- */

/** hvu_genl_join() - hear of what happens to a group; %-ENOENT if there is none of the name */
int hvu_genl_join(struct hvu_genl *genl, const char *group)
{
	for (size_t i = 0; i < HVU_GENL_GROUPS; i++) {
		if (strcmp(genl->groups[i].name, group))
			continue;
		if (mnl_socket_setsockopt(genl->nl, NETLINK_ADD_MEMBERSHIP, &genl->groups[i].id,
					  sizeof(genl->groups[i].id)) < 0)
			return -errno;
		return 0;
	}
	return -ENOENT;
}

/**
 * hvu_genl_events() - wait for notifications, and take those that have come
 * @genl: connection
 * @cb: gets each of them; may post, but not ask and wait
 * @data: for @cb
 *
 * Return: 0; %-ETIMEDOUT; %-ENOBUFS if some were lost; what a posted request was
 * refused with; one of @cb's; or another negative errno.
 */
int hvu_genl_events(struct hvu_genl *genl, hvu_genl_cb *cb, void *data)
{
	const struct nlmsghdr *message = (void *)genl->buffer;
	int len = receive(genl, genl->timeout_ms);

	if (len < 0)
		return len;
	for (; mnl_nlmsg_ok(message, len); message = mnl_nlmsg_next(message, &len)) {
		int ret = 0;

		if (message->nlmsg_type == NLMSG_ERROR)
			ret = take_error(genl, message);
		else if (message->nlmsg_type == genl->family)
			ret = cb(message, data);
		if (ret)
			return ret;
	}
	return 0;
}
