// SPDX-License-Identifier: GPL-2.0
/* A request of the host to stop the guest, for programs that decide about it. */
#include "request.h"

#include <errno.h>
#include <linux/genetlink.h>

#include "array.h"

static int take_attr(const struct nlattr *attr, void *data)
{
	static const enum mnl_attr_data_type types[] = {
		[HV_IC_A_REQUEST_ID]		= MNL_TYPE_U64,
		[HV_IC_A_REQUEST_ACTION]	= MNL_TYPE_U32,
		[HV_IC_A_REQUEST_PHASE]		= MNL_TYPE_U32,
		[HV_IC_A_REQUEST_FORCE]		= MNL_TYPE_FLAG,
		[HV_IC_A_REQUEST_TEXT]		= MNL_TYPE_NUL_STRING,
		[HV_IC_A_REQUEST_REMAINING]	= MNL_TYPE_U32,
	};
	unsigned int type = mnl_attr_get_type(attr);
	struct hvu_request *request = data;

	/* What is malformed counts as not there. */
	if (type >= ARRAY_SIZE(types) || mnl_attr_validate(attr, types[type]) < 0)
		return MNL_CB_OK;
	switch (type) {
	case HV_IC_A_REQUEST_ID:
		request->id = mnl_attr_get_u64(attr);
		break;
	case HV_IC_A_REQUEST_ACTION:
		request->action = mnl_attr_get_u32(attr);
		break;
	case HV_IC_A_REQUEST_PHASE:
		request->phase = mnl_attr_get_u32(attr);
		break;
	case HV_IC_A_REQUEST_FORCE:
		request->force = true;
		break;
	case HV_IC_A_REQUEST_TEXT:
		request->text = mnl_attr_get_str(attr);
		break;
	case HV_IC_A_REQUEST_REMAINING:
		request->remaining_ms = mnl_attr_get_u32(attr);
		break;
	}
	return MNL_CB_OK;
}

/**
 * hvu_request_read() - read a message of the driver
 * @request: to be filled in; points into @message
 * @message: notification
 *
 * Return: 0; %-ENOMSG if it is about something else; or %-EOPNOTSUPP if the host wants what only a
 * newer driver and a newer daemon know.
 */
int hvu_request_read(struct hvu_request *request, const struct nlmsghdr *message)
{
	const struct genlmsghdr *header = mnl_nlmsg_get_payload(message);

	*request = (struct hvu_request){ .action = HV_IC_ACTION_HIBERNATE + 1, .text = "" };
	if (mnl_nlmsg_get_payload_len(message) < sizeof(*header))
		return -ENOMSG;
	request->command = header->cmd;
	if (header->cmd != HV_IC_CMD_HANDLER_ASK_NTF && header->cmd != HV_IC_CMD_HANDLER_ACT_NTF &&
	    header->cmd != HV_IC_CMD_SHUTDOWN_NTF)
		return -ENOMSG;
	mnl_attr_parse(message, sizeof(*header), take_attr, request);
	return request->action > HV_IC_ACTION_HIBERNATE ? -EOPNOTSUPP : 0;
}
