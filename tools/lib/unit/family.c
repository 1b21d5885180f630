// SPDX-License-Identifier: GPL-2.0
/* The watch for a family that comes and goes. */
#include "family.h"

#include <errno.h>
#include <linux/genetlink.h>

#include "array.h"
#include "unit.h"

static const struct nlmsghdr *message(char *buffer, uint8_t command, const char *name)
{
	struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
	struct genlmsghdr *genl = mnl_nlmsg_put_extra_header(header, sizeof(*genl));

	genl->cmd = command;
	mnl_attr_put_u16(header, CTRL_ATTR_FAMILY_ID, 31);
	if (name)
		mnl_attr_put_strz(header, CTRL_ATTR_FAMILY_NAME, name);
	return header;
}

static void news(void **state)
{
	static const struct {
		uint8_t command;
		const char *name;
		enum hvu_family_news news;
	} rows[] = {
		{ CTRL_CMD_NEWFAMILY, "hv_ic", HVU_FAMILY_CAME },
		{ CTRL_CMD_DELFAMILY, "hv_ic", HVU_FAMILY_WENT },
		{ CTRL_CMD_NEWMCAST_GRP, "hv_ic", HVU_FAMILY_OTHER },
		{ CTRL_CMD_NEWFAMILY, "hv_ic2", HVU_FAMILY_OTHER },
		{ CTRL_CMD_DELFAMILY, "nlctrl", HVU_FAMILY_OTHER },
		{ CTRL_CMD_DELFAMILY, NULL, HVU_FAMILY_OTHER },
	};
	char buffer[256] __attribute__((aligned(NLMSG_ALIGNTO)));

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(hvu_family_news(message(buffer, rows[i].command, rows[i].name),
						 "hv_ic"), rows[i].news);
	/* Too short to say anything. */
	assert_int_equal(hvu_family_news(mnl_nlmsg_put_header(buffer), "hv_ic"),
			 HVU_FAMILY_OTHER);
}

static int none(enum hvu_family_news news, void *data)
{
	(void)data;
	fail_msg("nothing has come or gone, but: %d", news);
	return 0;
}

static void watch(void **state)
{
	static struct hvu_family family;

	(void)state;
	assert_int_equal(hvu_family_open(&family, "hv_ic", 1000), 0);
	family.control.timeout_ms = 1;
	assert_int_equal(hvu_family_events(&family, none, NULL), -ETIMEDOUT);
	hvu_family_close(&family);
	hvu_family_close(&family);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(news),
		cmocka_unit_test(watch),
	};

	return cmocka_run_group_tests_name("family", tests, NULL, NULL);
}
