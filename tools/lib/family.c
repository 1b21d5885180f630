// SPDX-License-Identifier: GPL-2.0
/* A family of generic netlink that comes and goes with its module. */
#include "family.h"

#include <linux/genetlink.h>
#include <string.h>

/**
 * hvu_family_open() - begin to watch
 * @family: to be filled in
 * @name: of the family; it must outlive the watch
 * @timeout_ms: how long to wait for the kernel
 *
 * ORDER: watch first, then look whether the family is there, so that nothing comes in between.
 *
 * Return: 0 or a negative errno. Close only after success.
 */
int hvu_family_open(struct hvu_family *family, const char *name, int timeout_ms)
{
	int ret;

	family->name = name;
	ret = hvu_genl_open(&family->control, "nlctrl", timeout_ms);
	if (ret)
		return ret;
	ret = hvu_genl_join(&family->control, "notify");
	if (ret)
		hvu_genl_close(&family->control);
	return ret;
}

/** hvu_family_close() - end the watch; nothing if there is none */
void hvu_family_close(struct hvu_family *family)
{
	hvu_genl_close(&family->control);
}

static int take_name(const struct nlattr *attr, void *data)
{
	if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_NAME &&
	    !mnl_attr_validate(attr, MNL_TYPE_NUL_STRING))
		*(const char **)data = mnl_attr_get_str(attr);
	return MNL_CB_OK;
}

/** hvu_family_news() - what a message of the kernel says about the family of that name */
enum hvu_family_news hvu_family_news(const struct nlmsghdr *message, const char *name)
{
	const struct genlmsghdr *header = mnl_nlmsg_get_payload(message);
	const char *about = "";

	if (mnl_nlmsg_get_payload_len(message) < sizeof(*header))
		return HVU_FAMILY_OTHER;
	mnl_attr_parse(message, sizeof(*header), take_name, &about);
	if (strcmp(about, name))
		return HVU_FAMILY_OTHER;
	switch (header->cmd) {
	case CTRL_CMD_NEWFAMILY:
		return HVU_FAMILY_CAME;
	case CTRL_CMD_DELFAMILY:
		return HVU_FAMILY_WENT;
	default:
		return HVU_FAMILY_OTHER;
	}
}

/**
 * struct listener - who is told
 * @family: the watch
 * @cb: gets the news
 * @data: for @cb
 */
struct listener {
	struct hvu_family *family;
	hvu_family_cb *cb;
	void *data;
};

static int take_message(const struct nlmsghdr *message, void *data)
{
	const struct listener *listener = data;
	enum hvu_family_news news = hvu_family_news(message, listener->family->name);

	return news == HVU_FAMILY_OTHER ? 0 : listener->cb(news, listener->data);
}

/**
 * hvu_family_events() - take the messages that wait, at least one
 * @family: the watch
 * @cb: is told when the family has come or gone
 * @data: for @cb
 *
 * Return: 0; %-ETIMEDOUT; %-ENOBUFS if messages were lost, which may have been about the family;
 * what @cb returned; or another negative errno.
 */
int hvu_family_events(struct hvu_family *family, hvu_family_cb *cb, void *data)
{
	struct listener listener = { .family = family, .cb = cb, .data = data };

	return hvu_genl_events(&family->control, take_message, &listener);
}
