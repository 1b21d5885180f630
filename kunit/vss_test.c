// SPDX-License-Identifier: GPL-2.0
/* Backup messages. */
#include "helpers.h"

#include "proto/vss.h"

#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/string.h>

#include "vectors/vss.h"

#define POS_N_LUNS	16		/* where the number of disks lies */
#define POS_LUNS	20		/* and the disks */
#define LUN		24		/* bytes of each */

static void parse_op(struct kunit *test)
{
	unsigned int value;

	for (value = 0; value <= 0xff; value++) {
		u8 bytes[8] = { value };
		enum hvic_wire_vss_op op = 99;

		int ret = hvic_vss_parse((struct hvic_span)SPAN(bytes), &op);

		KUNIT_EXPECT_EQ_MSG(test, ret, value <= 8 ? 0 : -EOPNOTSUPP, "op %u", value);
		KUNIT_EXPECT_EQ_MSG(test, op, value <= 8 ? value : 99, "op %u", value);
	}
}

static void parse_truncated(struct kunit *test)
{
	size_t n;

	for (n = 0; n <= 8; n++) {
		struct hvic_span body = exact_span(test, vec_vss_freeze, n);
		enum hvic_wire_vss_op op;

		KUNIT_EXPECT_EQ_MSG(test, hvic_vss_parse(body, &op), n < 8 ? -EBADMSG : 0,
				    "at %zu", n);
	}
}

static struct hv_ic_vss_freeze *new_freeze(struct kunit *test)
{
	struct hv_ic_vss_freeze *freeze = kunit_kzalloc(test, sizeof(*freeze), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, freeze);
	memset(freeze, 0xee, sizeof(*freeze));
	return freeze;
}

static void expect_nothing(struct kunit *test, const struct hv_ic_vss_freeze *freeze)
{
	expect_fill(test, "freeze", (struct hvic_span){ (const u8 *)freeze, sizeof(*freeze) }, 0);
}

static void decode_freeze(struct kunit *test)
{
	static const u8 scsi[16] = {
		0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
		0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff,
	};
	struct hvic_span body = exact_span(test, vec_vss_freeze, sizeof(vec_vss_freeze));
	struct hv_ic_vss_freeze *freeze = new_freeze(test);

	KUNIT_ASSERT_EQ(test, hvic_vss_decode_freeze(body, freeze), 0);

	KUNIT_EXPECT_EQ(test, freeze->backup_type, 5);
	KUNIT_EXPECT_EQ(test, freeze->flags, 2);
	KUNIT_ASSERT_EQ(test, freeze->n_luns, 2);
	KUNIT_EXPECT_EQ(test, freeze->luns[0].bus, 1);
	KUNIT_EXPECT_EQ(test, freeze->luns[0].port, 3);
	KUNIT_EXPECT_EQ(test, freeze->luns[0].target, 4);
	KUNIT_EXPECT_EQ(test, freeze->luns[0].lun, 5);
	KUNIT_EXPECT_EQ(test, memcmp(freeze->luns[0].controller, scsi, sizeof(scsi)), 0);
	KUNIT_EXPECT_EQ(test, freeze->luns[1].bus, 2);
	KUNIT_EXPECT_EQ(test, freeze->luns[1].port, 0);
	KUNIT_EXPECT_EQ(test, freeze->luns[1].target, 1);
	KUNIT_EXPECT_EQ(test, freeze->luns[1].lun, 0);
	KUNIT_EXPECT_EQ(test, freeze->luns[1].controller[15], 0x0f);
	expect_fill(test, "luns beyond", (struct hvic_span){ (const u8 *)&freeze->luns[2],
		    sizeof(freeze->luns) - 2 * sizeof(freeze->luns[0]) }, 0);
}

/* Without the part that names disks, all are meant; with half of it, the message is wrong. */
static void decode_truncated(struct kunit *test)
{
	struct hv_ic_vss_freeze *freeze = new_freeze(test);
	size_t n;

	for (n = 0; n <= POS_LUNS + 2 * LUN; n++) {
		struct hvic_span body = exact_span(test, vec_vss_freeze, n);
		bool cut = n >= POS_LUNS && n < POS_LUNS + 2 * LUN;

		int ret = hvic_vss_decode_freeze(body, freeze);

		KUNIT_EXPECT_EQ_MSG(test, ret, cut ? -EBADMSG : 0, "at %zu", n);
		if (n < POS_LUNS + 2 * LUN)
			expect_nothing(test, freeze);
	}
	KUNIT_EXPECT_EQ(test, freeze->n_luns, 2);
}

static const struct count_row {
	const char *desc;
	u32 n_luns;
	size_t present;			/* disks in the body */
	int ret;
} count_rows[] = {
	{ "none", 0, 0, 0 },
	{ "none, with bytes behind", 0, 3, 0 },
	{ "one", 1, 1, 0 },
	{ "one missing", 1, 0, -EBADMSG },
	{ "one of many missing", 100, 99, -EBADMSG },
	{ "all", 260, 260, 0 },
	{ "one of all missing", 260, 259, -EBADMSG },
	{ "one too many", 261, 261, -EINVAL },
	{ "65535", 65535, 260, -EINVAL },
	{ "size wraps in 32 bits", 0x0aaaaaab, 260, -EINVAL },
	{ "largest", U32_MAX, 260, -EINVAL },
};

ROWS(count);

static void decode_counts(struct kunit *test)
{
	const struct count_row *row = test->param_value;
	struct hvic_room room = exact_room(test, POS_LUNS + LUN * row->present, 0x11);
	struct hv_ic_vss_freeze *freeze = new_freeze(test);
	int ret;

	poke32(room.data + POS_N_LUNS, row->n_luns);

	ret = hvic_vss_decode_freeze(to_span(room), freeze);

	KUNIT_EXPECT_EQ(test, ret, row->ret);
	if (ret) {
		expect_nothing(test, freeze);
		return;
	}
	KUNIT_EXPECT_EQ(test, freeze->n_luns, row->n_luns);
	if (row->n_luns)
		KUNIT_EXPECT_EQ(test, freeze->luns[row->n_luns - 1].lun, 0x11);
}

static void encode_flags(struct kunit *test)
{
	struct hvic_room body = exact_room(test, 32, 0);

	int len = hvic_vss_encode(body, HVIC_WIRE_VSS_HOT_BACKUP, HVIC_WIRE_VSS_NO_AUTO_RECOVERY);

	KUNIT_EXPECT_EQ(test, len, 32);
	expect_bytes(test, "body", to_span(body),
		     (struct hvic_span)SPAN(vec_vss_hot_backup_reply));
}

static void encode_short(struct kunit *test)
{
	size_t n;

	for (n = 0; n <= 13; n++) {
		struct hvic_room body = exact_room(test, n, 0);

		KUNIT_EXPECT_EQ_MSG(test, hvic_vss_encode(body, HVIC_WIRE_VSS_HOT_BACKUP, 5),
				    n < 12 ? -EBADMSG : (int)n, "at %zu", n);
	}
	for (n = 0; n <= 13; n++) {
		struct hvic_room body = exact_room(test, n, 0);
		int len = hvic_vss_encode(body, HVIC_WIRE_VSS_THAW, 0);

		KUNIT_EXPECT_EQ_MSG(test, len, n < 8 ? -EBADMSG : (int)n, "at %zu", n);
		if (len > 0)
			KUNIT_EXPECT_EQ(test, body.data[0], 6);
	}
}

static struct kunit_case vss_cases[] = {
	KUNIT_CASE(parse_op),
	KUNIT_CASE(parse_truncated),
	KUNIT_CASE(decode_freeze),
	KUNIT_CASE(decode_truncated),
	KUNIT_CASE_PARAM(decode_counts, count_gen_params),
	KUNIT_CASE(encode_flags),
	KUNIT_CASE(encode_short),
	{}
};

static struct kunit_suite vss_suite = {
	.name = "hv_ic_vss",
	.test_cases = vss_cases,
};

kunit_test_suite(vss_suite);
