// SPDX-License-Identifier: GPL-2.0
/* Requests to stop the guest. */
#include "helpers.h"

#include "proto/shutdown.h"
#include "proto/utf16.h"

#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/string.h>

#include "vectors/shutdown.h"

#define HEADERS		28		/* bytes of pipe header and IC header */
#define TEXT		12		/* where the text begins in the body */
#define BODY		2060

static const struct parse_row {
	const char *desc;
	struct hvic_span packet;
	enum hvic_shutdown_action action;
	bool force;
	u32 reason;
	u32 timeout;
	const char *text;
} parse_rows[] = {
	{ "power off, forced", SPAN(vec_shutdown_poweroff),
	  HVIC_SHUTDOWN_POWEROFF, true, 0x80000000, 0, "" },
	{ "reboot in 30 s, with a text", SPAN(vec_shutdown_reboot),
	  HVIC_SHUTDOWN_REBOOT, false, 0x80040001, 30, "Wartung: \xc3\xbc\xf0\x9f\x98\x80" },
	{ "hibernate, forced", SPAN(vec_shutdown_hibernate),
	  HVIC_SHUTDOWN_HIBERNATE, true, 0x80000000, 0, "" },
};

ROWS(parse);

static void parse_request(struct kunit *test)
{
	const struct parse_row *row = test->param_value;
	struct hvic_span body = exact_span(test, row->packet.data + HEADERS, BODY);
	struct hvic_shutdown_request req;
	char text[64] = "";

	int ret = hvic_shutdown_parse(body, &req);

	KUNIT_ASSERT_EQ(test, ret, 0);
	KUNIT_EXPECT_EQ(test, req.action, row->action);
	KUNIT_EXPECT_EQ(test, req.force, row->force);
	KUNIT_EXPECT_EQ(test, req.reason, row->reason);
	KUNIT_EXPECT_EQ(test, req.timeout, row->timeout);
	KUNIT_EXPECT_PTR_EQ(test, req.text.data, body.data + TEXT);
	KUNIT_EXPECT_EQ(test, req.text.len, 2048);
	hvic_utf16_to_utf8(req.text, (struct hvic_room){ (u8 *)text, sizeof(text) });
	KUNIT_EXPECT_STREQ(test, text, row->text);
}

static void expect_nothing(struct kunit *test, const struct hvic_shutdown_request *req)
{
	KUNIT_EXPECT_EQ(test, req->action, HVIC_SHUTDOWN_POWEROFF);
	KUNIT_EXPECT_FALSE(test, req->force);
	KUNIT_EXPECT_EQ(test, req->reason, 0);
	KUNIT_EXPECT_EQ(test, req->timeout, 0);
	KUNIT_EXPECT_EQ(test, req->text.len, 0);
}

/* The text is optional: a request without it, or with half of it, is valid. */
static void parse_truncated(struct kunit *test)
{
	const struct parse_row *row = test->param_value;
	size_t n;

	for (n = 0; n < BODY; n = next_cut(n, BODY)) {
		struct hvic_span body = exact_span(test, row->packet.data + HEADERS, n);
		struct hvic_shutdown_request req;

		int ret = hvic_shutdown_parse(body, &req);

		KUNIT_ASSERT_EQ_MSG(test, ret, n < TEXT ? -EBADMSG : 0, "at %zu", n);
		KUNIT_ASSERT_EQ_MSG(test, req.text.len, n < TEXT ? 0 : n - TEXT, "at %zu", n);
		if (ret)
			expect_nothing(test, &req);
		kunit_kfree(test, body.data);
	}
}

/* A later version may have a longer body, which begins with the same fields. */
static void parse_longer(struct kunit *test)
{
	struct hvic_room room = exact_room(test, BODY + 4, 0);
	struct hvic_shutdown_request req;

	memcpy(room.data, vec_shutdown_reboot + HEADERS, BODY);

	KUNIT_EXPECT_EQ(test, hvic_shutdown_parse(to_span(room), &req), 0);
	KUNIT_EXPECT_EQ(test, req.action, HVIC_SHUTDOWN_REBOOT);
	KUNIT_EXPECT_EQ(test, req.text.len, 2048);
}

static const struct flags_row {
	const char *desc;
	u32 flags;
	int ret;
	enum hvic_shutdown_action action;
	bool force;
} flags_rows[] = {
	{ "none", 0, 0, HVIC_SHUTDOWN_POWEROFF, false },
	{ "force", 1, 0, HVIC_SHUTDOWN_POWEROFF, true },
	{ "restart", 2, 0, HVIC_SHUTDOWN_REBOOT, false },
	{ "restart, force", 3, 0, HVIC_SHUTDOWN_REBOOT, true },
	{ "hibernate", 4, 0, HVIC_SHUTDOWN_HIBERNATE, false },
	{ "hibernate, force", 5, 0, HVIC_SHUTDOWN_HIBERNATE, true },
	{ "hibernate and restart", 6, -EINVAL, 0, false },
	{ "hibernate and restart, force", 7, -EINVAL, 0, false },
	{ "next bit", 8, -EINVAL, 0, false },
	{ "next bit, force", 9, -EINVAL, 0, false },
	{ "next bit and restart", 10, -EINVAL, 0, false },
	{ "next bit and hibernate", 12, -EINVAL, 0, false },
	{ "highest bit", 0x80000000, -EINVAL, 0, false },
	{ "highest bit, force", 0x80000001, -EINVAL, 0, false },
	{ "restart in the high half", 0x00020000, -EINVAL, 0, false },
	{ "all", U32_MAX, -EINVAL, 0, false },
};

ROWS(flags);

static void parse_flags(struct kunit *test)
{
	const struct flags_row *row = test->param_value;
	struct hvic_room room = exact_room(test, TEXT, 0xff);
	struct hvic_shutdown_request req;
	int ret;

	poke32(room.data + 8, row->flags);

	ret = hvic_shutdown_parse(to_span(room), &req);

	KUNIT_ASSERT_EQ(test, ret, row->ret);
	if (ret) {
		expect_nothing(test, &req);
		return;
	}
	KUNIT_EXPECT_EQ(test, req.action, row->action);
	KUNIT_EXPECT_EQ(test, req.force, row->force);
	KUNIT_EXPECT_EQ(test, req.reason, U32_MAX);
	KUNIT_EXPECT_EQ(test, req.timeout, U32_MAX);
}

static struct kunit_case shutdown_cases[] = {
	KUNIT_CASE_PARAM(parse_request, parse_gen_params),
	KUNIT_CASE_PARAM(parse_truncated, parse_gen_params),
	KUNIT_CASE(parse_longer),
	KUNIT_CASE_PARAM(parse_flags, flags_gen_params),
	{}
};

static struct kunit_suite shutdown_suite = {
	.name = "hv_ic_shutdown",
	.test_cases = shutdown_cases,
};

kunit_test_suite(shutdown_suite);
