// SPDX-License-Identifier: GPL-2.0
/*
 * Items that a daemon has listed and the host has not asked for yet. What is tested is compiled in
 * here.
 */
#include "kvp_list.c"

#include <linux/jiffies.h>
#include <linux/string.h>

#include "helpers.h"

#define POOL	1
#define FAR	3600		/* seconds */

static int kvp_list_init(struct kunit *test)
{
	test->priv = kunit_kzalloc(test, sizeof(struct hvic_kvp_list), GFP_KERNEL);
	return test->priv ? 0 : -ENOMEM;
}

static int keep_text(struct kunit *test, u32 index, u32 n, u32 flags, const char *text, size_t size)
{
	struct hv_ic_kvp_list *answer = kunit_kzalloc(test, sizeof(*answer), GFP_KERNEL);
	struct hvic_kvp_list *list = test->priv;
	int ret;

	KUNIT_ASSERT_NOT_NULL(test, answer);
	answer->n = n;
	answer->flags = flags;
	memcpy(answer->text, text, size);
	ret = hvic_kvp_list_keep(list, POOL, index, answer);
	/* The machine may be slow. */
	list->expires = jiffies + FAR * HZ;
	return ret;
}

#define keep(test, index, n, flags, text) keep_text(test, index, n, flags, text, sizeof(text))

static struct hv_ic_kvp_item *new_item(struct kunit *test)
{
	struct hv_ic_kvp_item *item = kunit_kzalloc(test, sizeof(*item), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, item);
	return item;
}

static void expect_next(struct kunit *test, u32 index, const char *key, const char *value)
{
	struct hv_ic_kvp_item *item = new_item(test);

	KUNIT_EXPECT_EQ(test, hvic_kvp_list_next(test->priv, POOL, index, item), 0);
	KUNIT_EXPECT_EQ(test, item->type, HV_IC_KVP_STRING);
	KUNIT_EXPECT_STREQ(test, item->key, key);
	KUNIT_EXPECT_STREQ(test, item->value, value);
}

static void expect_unknown(struct kunit *test, u8 pool, u32 index)
{
	KUNIT_EXPECT_EQ(test, hvic_kvp_list_next(test->priv, pool, index, new_item(test)),
			-ENOENT);
}

/* The last NUL is that of the literal. */
static const char two[] = "b\0002\0c\0003";

static void in_turn(struct kunit *test)
{
	expect_unknown(test, 0, 0);
	KUNIT_EXPECT_EQ(test, keep(test, 0, 2, 0, two), 0);
	expect_next(test, 1, "b", "2");
	expect_next(test, 2, "c", "3");
	expect_unknown(test, POOL, 3);
	KUNIT_EXPECT_EQ(test, keep(test, 0, 1, 0, two), 0);
	expect_next(test, 1, "b", "2");
	expect_unknown(test, POOL, 2);
}

static void to_the_end(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, keep(test, 5, 2, HV_IC_KVP_LIST_LAST, two), 0);
	expect_next(test, 6, "b", "2");
	expect_next(test, 7, "c", "3");
	KUNIT_EXPECT_EQ(test, hvic_kvp_list_next(test->priv, POOL, 8, new_item(test)), -ENODATA);
	/* It is said once. */
	expect_unknown(test, POOL, 8);
}

/* Whatever is not the next one is asked for, and so is all behind it. */
static void out_of_turn(struct kunit *test)
{
	static const struct {
		u8 pool;
		u32 index;
	} rows[] = { { POOL, 0 }, { POOL, 2 }, { POOL, U32_MAX }, { POOL + 1, 1 } };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		KUNIT_EXPECT_EQ(test, keep(test, 0, 2, 0, two), 0);
		expect_unknown(test, rows[i].pool, rows[i].index);
		expect_unknown(test, POOL, 1);
	}
	/* The first item of a list is always asked for. */
	KUNIT_EXPECT_EQ(test, keep(test, U32_MAX, 2, 0, two), 0);
	expect_unknown(test, POOL, 0);
}

static void forgotten(struct kunit *test)
{
	static const struct hv_ic_kvp_list few = { .n = 1 };
	struct hvic_kvp_list *list = test->priv;

	KUNIT_EXPECT_EQ(test, keep(test, 0, 2, HV_IC_KVP_LIST_LAST, two), 0);
	hvic_kvp_list_forget(list);
	expect_unknown(test, POOL, 1);
	KUNIT_EXPECT_EQ(test, keep(test, 0, 0, HV_IC_KVP_LIST_LAST, two), 0);
	hvic_kvp_list_forget(list);
	expect_unknown(test, POOL, 1);
	KUNIT_EXPECT_EQ(test, keep(test, 0, 2, HV_IC_KVP_LIST_LAST, two), 0);
	list->expires = jiffies;
	expect_unknown(test, POOL, 1);
	KUNIT_EXPECT_EQ(test, hvic_kvp_list_keep(list, POOL, 0, &few), 0);
	KUNIT_EXPECT_TRUE(test, time_before(list->expires, jiffies + HZ));
	/* An answer that is one item, as that of a simple daemon. */
	KUNIT_EXPECT_EQ(test, keep(test, 0, 2, 0, two), 0);
	KUNIT_EXPECT_EQ(test, keep(test, 0, 0, 0, ""), 0);
	expect_unknown(test, POOL, 1);
}

static void odd(struct kunit *test)
{
	static char text[HV_IC_KVP_LIST_SIZE];

	KUNIT_EXPECT_EQ(test, keep(test, 0, sizeof(text) / 2, 0, text), 0);
	expect_next(test, 1, "", "");
	expect_next(test, 2, "", "");
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = 0;
	text[sizeof(text) - 2] = 0;
	KUNIT_EXPECT_EQ(test, keep(test, 0, 1, 0, text), 0);
	memset(text, 'k', HV_IC_KVP_KEY_SIZE - 1);
	text[HV_IC_KVP_KEY_SIZE] = 0;
	text[sizeof(text) - 2] = 'x';
	KUNIT_EXPECT_EQ(test, keep(test, 0, 1, 0, text), 0);
	text[HV_IC_KVP_KEY_SIZE - 1] = 0;
	/* A key that is too long is cut, as in an item. */
	expect_next(test, 1, text, text + HV_IC_KVP_KEY_SIZE + 1);
}

static void refused(struct kunit *test)
{
	static char text[HV_IC_KVP_LIST_SIZE];

	/* What there was before is still there. */
	KUNIT_EXPECT_EQ(test, keep(test, 0, 2, 0, two), 0);
	KUNIT_EXPECT_EQ(test, keep(test, 9, 2, HV_IC_KVP_LIST_LAST << 1, two), -EINVAL);
	KUNIT_EXPECT_EQ(test, keep(test, 9, sizeof(text) / 2 + 1, 0, text), -EINVAL);
	KUNIT_EXPECT_EQ(test, keep(test, 9, U32_MAX, 0, text), -EINVAL);
	memset(text, 'x', sizeof(text));
	KUNIT_EXPECT_EQ(test, keep(test, 9, 1, 0, text), -EINVAL);
	text[7] = 0;
	KUNIT_EXPECT_EQ(test, keep(test, 9, 1, 0, text), -EINVAL);
	text[sizeof(text) - 1] = 0;
	KUNIT_EXPECT_EQ(test, keep(test, 9, 2, 0, text), -EINVAL);
	expect_next(test, 1, "b", "2");
}

static struct kunit_case kvp_list_cases[] = {
	KUNIT_CASE(in_turn),
	KUNIT_CASE(to_the_end),
	KUNIT_CASE(out_of_turn),
	KUNIT_CASE(forgotten),
	KUNIT_CASE(odd),
	KUNIT_CASE(refused),
	{}
};

static struct kunit_suite kvp_list_suite = {
	.name = "hv_ic_kvp_list",
	.init = kvp_list_init,
	.test_cases = kvp_list_cases,
};

kunit_test_suite(kvp_list_suite);
