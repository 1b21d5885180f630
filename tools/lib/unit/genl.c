// SPDX-License-Identifier: GPL-2.0
/* The connection, tried on the one family that every kernel has. */
#include "genl.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <string.h>

#include "unit.h"

static int count(const struct nlmsghdr *message, void *data)
{
	(void)message;
	++*(unsigned int *)data;
	return 0;
}

static int refuse(const struct nlmsghdr *message, void *data)
{
	(void)message;
	(void)data;
	return -ECANCELED;
}

static void open_family(struct hvu_genl *genl)
{
	assert_int_equal(hvu_genl_open(genl, "nlctrl", 60000), 0);
}

static void family(void **state)
{
	static struct hvu_genl genl;

	(void)state;
	open_family(&genl);
	assert_int_equal(genl.family, GENL_ID_CTRL);
	assert_string_equal(genl.groups[0].name, "notify");
	assert_int_equal(hvu_genl_join(&genl, "notify"), 0);
	assert_int_equal(hvu_genl_join(&genl, "none"), -ENOENT);
	hvu_genl_close(&genl);
	hvu_genl_close(&genl);
	assert_int_equal(hvu_genl_open(&genl, "no_such_family", 60000), -ENOENT);
	assert_string_equal(genl.error, "");
}

static void dump(void **state)
{
	static struct hvu_genl genl;
	unsigned int n = 0;

	(void)state;
	open_family(&genl);
	assert_int_equal(hvu_genl_dump(&genl, hvu_genl_request(&genl, CTRL_CMD_GETFAMILY),
				       count, &n), 0);
	assert_true(n > 0);
	assert_int_equal(hvu_genl_dump(&genl, hvu_genl_request(&genl, CTRL_CMD_GETFAMILY),
				       refuse, NULL), -ECANCELED);
	hvu_genl_close(&genl);
}

static void errors(void **state)
{
	static struct hvu_genl genl;
	struct nlmsghdr *request;
	unsigned int n = 0;

	(void)state;
	open_family(&genl);
	assert_int_equal(hvu_genl_do(&genl, hvu_genl_request(&genl, 250), count, &n),
			 -EOPNOTSUPP);
	assert_int_equal(n, 0);
	/* The kernel says what it does not like. */
	request = hvu_genl_request(&genl, CTRL_CMD_GETFAMILY);
	mnl_attr_put_u8(request, CTRL_ATTR_FAMILY_ID, 1);
	assert_true(hvu_genl_do(&genl, request, count, &n) < 0);
	assert_true(strlen(genl.error) > 0);
	/* ... and what was said once is not said again. */
	request = hvu_genl_request(&genl, CTRL_CMD_GETFAMILY);
	mnl_attr_put_u16(request, CTRL_ATTR_FAMILY_ID, GENL_ID_CTRL);
	assert_int_equal(hvu_genl_do(&genl, request, count, &n), 0);
	assert_int_equal(n, 1);
	assert_string_equal(genl.error, "");
	hvu_genl_close(&genl);
}

/* A refusal of what was posted comes like a notification. */
static void posted(void **state)
{
	static struct hvu_genl genl;
	unsigned int n = 0;

	(void)state;
	open_family(&genl);
	assert_int_equal(hvu_genl_post(&genl, hvu_genl_request(&genl, 250)), 0);
	assert_int_equal(hvu_genl_events(&genl, count, &n), -EOPNOTSUPP);
	genl.timeout_ms = 1;
	assert_int_equal(hvu_genl_events(&genl, count, &n), -ETIMEDOUT);
	assert_int_equal(n, 0);
	hvu_genl_close(&genl);
}

/* Another process may send to us; only the kernel is listened to. */
static void impostor(void **state)
{
	static struct hvu_genl genl, other;
	struct sockaddr_nl to = { .nl_family = AF_NETLINK };
	struct nlmsghdr *message;
	unsigned int n = 0;

	(void)state;
	open_family(&genl);
	open_family(&other);
	to.nl_pid = mnl_socket_get_portid(genl.nl);
	message = hvu_genl_request(&other, CTRL_CMD_NEWFAMILY);
	if (sendto(hvu_genl_fd(&other), message, message->nlmsg_len, 0, (struct sockaddr *)&to,
		   sizeof(to)) < 0)
		skip();
	assert_int_equal(hvu_genl_events(&genl, count, &n), 0);
	assert_int_equal(n, 0);
	/* Nor is an answer that it makes up, with the number that comes next. */
	message->nlmsg_seq = genl.seq + 1;
	message->nlmsg_pid = to.nl_pid;
	message->nlmsg_type = NLMSG_DONE;
	assert_true(sendto(hvu_genl_fd(&other), message, message->nlmsg_len, 0,
			   (struct sockaddr *)&to, sizeof(to)) > 0);
	assert_int_equal(hvu_genl_dump(&genl, hvu_genl_request(&genl, CTRL_CMD_GETFAMILY), count,
				       &n), 0);
	assert_true(n > 0);
	hvu_genl_close(&genl);
	hvu_genl_close(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(family),
		cmocka_unit_test(dump),
		cmocka_unit_test(errors),
		cmocka_unit_test(posted),
		cmocka_unit_test(impostor),
	};

	return cmocka_run_group_tests_name("genl", tests, NULL, NULL);
}
