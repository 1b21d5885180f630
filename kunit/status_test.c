// SPDX-License-Identifier: GPL-2.0
/* What the administrator on the host reads. */
#include "helpers.h"

#include <linux/errno.h>

/* Numbers as Windows' winerror.h has them. */
static const struct status_row {
	const char *desc;
	int err;
	u32 status;
} status_rows[] = {
	{ "success", 0, 0x00000000 },
	{ "policy says no", -EACCES, 0x80070005 },
	{ "a shutdown is in progress", -EALREADY, 0x8007045b },
	{ "too short", -EBADMSG, 0x80070057 },
	{ "busy", -EBUSY, 0x800700aa },
	{ "exists already", -EEXIST, 0x80070050 },
	{ "not UTF-16", -EILSEQ, 0x80070057 },
	{ "wrong value", -EINVAL, 0x80070057 },
	{ "sizes contradict", -EMSGSIZE, 0x80070057 },
	{ "end of a list", -ENODATA, 0x80070103 },
	{ "not negotiated, or going away", -ENODEV, 0x800710df },
	{ "no such key or adapter", -ENOENT, 0x80041002 },
	{ "an inhibitor holds it", -ENOLCK, 0x800704f7 },
	{ "out of memory", -ENOMEM, 0x8007000e },
	{ "disk full", -ENOSPC, 0x80070070 },
	{ "no daemon", -ENOTCONN, 0x8007048f },
	{ "no such path", -ENOTDIR, 0x80070003 },
	{ "not supported", -EOPNOTSUPP, 0x80070032 },
	{ "not permitted", -EPERM, 0x80070005 },
	{ "not a datagram", -EPROTO, 0x80070032 },
	{ "out of range", -ERANGE, 0x80070057 },
	{ "timed out", -ETIMEDOUT, 0x800705b4 },
	{ "no better word: I/O error", -EIO, 0x80004005 },
	{ "no better word: stale", -ESTALE, 0x80004005 },
	{ "no better word: not negative", EINVAL, 0x80004005 },
	{ "no better word: not an errno", -4096, 0x80004005 },
};

ROWS(status);

static void from_errno(struct kunit *test)
{
	const struct status_row *row = test->param_value;

	KUNIT_EXPECT_EQ(test, hvic_status_from_errno(row->err), row->status);
}

/* No error may read as success on the host. */
static void errors_are_failures(struct kunit *test)
{
	int err;

	for (err = -4095; err < 0; err++)
		KUNIT_EXPECT_TRUE_MSG(test, hvic_status_from_errno(err) & 0x80000000,
				      "errno %d", err);
}

/* A status may come back as another errno, but only as one with the same status. */
static void there_and_back(struct kunit *test)
{
	const struct status_row *row = test->param_value;
	int err = hvic_errno_from_status(row->status);

	KUNIT_EXPECT_EQ(test, hvic_status_from_errno(err), row->status);
	KUNIT_EXPECT_EQ(test, err == 0, row->status == 0);
}

static void unknown_status(struct kunit *test)
{
	static const u32 unknown[] = { 1, 0x00070005, 0x80004004, 0x80070000, 0xffffffff };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(unknown); i++)
		KUNIT_EXPECT_EQ_MSG(test, hvic_errno_from_status(unknown[i]), -EIO, "%#x",
				    unknown[i]);
}

static struct kunit_case status_cases[] = {
	KUNIT_CASE_PARAM(from_errno, status_gen_params),
	KUNIT_CASE(errors_are_failures),
	KUNIT_CASE_PARAM(there_and_back, status_gen_params),
	KUNIT_CASE(unknown_status),
	{}
};

static struct kunit_suite status_suite = {
	.name = "hv_ic_status",
	.test_cases = status_cases,
};

kunit_test_suite(status_suite);
