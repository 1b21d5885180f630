/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The part of KUnit that the suites in kunit/ use, for user space: the same
 * names, the same KTAP. The runner is tools/testing/kunit/runner.c.
 */
#ifndef SHIM_KUNIT_TEST_H
#define SHIM_KUNIT_TEST_H

#include <linux/kernel.h>
#include <linux/types.h>

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#define KUNIT_PARAM_DESC_SIZE	128

#define GFP_KERNEL	0

struct kunit {
	const void *param_value;
	void *priv;
	bool failed;
	jmp_buf abort;
	struct shim_block *blocks;
};

struct kunit_case {
	void (*run_case)(struct kunit *test);
	const char *name;
	const void *(*generate_params)(const void *prev, char *desc);
};

struct kunit_suite {
	const char *name;
	int (*init)(struct kunit *test);
	void (*exit)(struct kunit *test);
	struct kunit_case *test_cases;
	struct kunit_suite *next;
};

#define KUNIT_CASE(fn)			{ .run_case = fn, .name = #fn }
#define KUNIT_CASE_PARAM(fn, gen)	{ .run_case = fn, .name = #fn, .generate_params = gen }

#define KUNIT_ARRAY_PARAM(name, array, get_desc)				\
	static const void *name##_gen_params(const void *prev, char *desc)	\
	{									\
		typeof(&(array)[0]) next = prev;				\
										\
		next = next ? next + 1 : (array);				\
		if (next == (array) + ARRAY_SIZE(array))			\
			return NULL;						\
		get_desc(next, desc);						\
		return next;							\
	}

void shim_register(struct kunit_suite *suite);

#define kunit_test_suite(suite)							\
	__attribute__((constructor)) static void register_##suite(void)		\
	{									\
		shim_register(&(suite));					\
	}									\
	struct kunit_suite

void *kunit_kmalloc(struct kunit *test, size_t size, int gfp);
void *kunit_kzalloc(struct kunit *test, size_t size, int gfp);
void kunit_kfree(struct kunit *test, const void *block);

/* Fails the test, prints a word why, and with @fatal leaves the case. */
__printf(5, 6)
void shim_fail(struct kunit *test, bool fatal, const char *file, int line, const char *fmt, ...);

#define shim_check(test, fatal, pass, fmt, ...)					\
	do {									\
		if (!(pass))							\
			shim_fail(test, fatal, __FILE__, __LINE__, fmt, ##__VA_ARGS__);	\
	} while (0)

/* Compared as 64 bits, so that signs and widths do not matter. */
#define shim_binary(test, fatal, left, op, right, fmt, ...)			\
	do {									\
		const u64 shim_left = (u64)(left), shim_right = (u64)(right);	\
										\
		shim_check(test, fatal, shim_left op shim_right,		\
			   "expected " #left " " #op " " #right			\
			   ", but %#llx and %#llx " fmt,			\
			   (unsigned long long)shim_left,			\
			   (unsigned long long)shim_right, ##__VA_ARGS__);	\
	} while (0)

#define shim_truth(test, fatal, condition, want, fmt, ...)			\
	shim_check(test, fatal, !!(condition) == (want),			\
		   "expected " #condition " to be " #want " " fmt, ##__VA_ARGS__)

#define KUNIT_FAIL(test, fmt, ...)						\
	shim_fail(test, false, __FILE__, __LINE__, fmt, ##__VA_ARGS__)

#define KUNIT_EXPECT_TRUE(test, c)		shim_truth(test, false, c, true, "")
#define KUNIT_EXPECT_TRUE_MSG(test, c, ...)	shim_truth(test, false, c, true, __VA_ARGS__)
#define KUNIT_EXPECT_FALSE(test, c)		shim_truth(test, false, c, false, "")
#define KUNIT_EXPECT_FALSE_MSG(test, c, ...)	shim_truth(test, false, c, false, __VA_ARGS__)
#define KUNIT_EXPECT_EQ(test, l, r)		shim_binary(test, false, l, ==, r, "")
#define KUNIT_EXPECT_EQ_MSG(test, l, r, ...)	shim_binary(test, false, l, ==, r, __VA_ARGS__)
#define KUNIT_EXPECT_NE(test, l, r)		shim_binary(test, false, l, !=, r, "")
#define KUNIT_EXPECT_NE_MSG(test, l, r, ...)	shim_binary(test, false, l, !=, r, __VA_ARGS__)
#define KUNIT_EXPECT_LE(test, l, r)		shim_binary(test, false, l, <=, r, "")
#define KUNIT_EXPECT_LE_MSG(test, l, r, ...)	shim_binary(test, false, l, <=, r, __VA_ARGS__)
#define KUNIT_EXPECT_GE(test, l, r)		shim_binary(test, false, l, >=, r, "")
#define KUNIT_EXPECT_PTR_EQ(test, l, r)		\
	shim_binary(test, false, (uintptr_t)(l), ==, (uintptr_t)(r), "")
#define KUNIT_EXPECT_STREQ(test, l, r)						\
	shim_check(test, false, !strcmp(l, r), "expected %s, but %s", r, l)
#define KUNIT_EXPECT_NULL(test, p)		shim_truth(test, false, p, false, "")
#define KUNIT_EXPECT_NOT_NULL(test, p)		shim_truth(test, false, p, true, "")
#define KUNIT_ASSERT_EQ(test, l, r)		shim_binary(test, true, l, ==, r, "")
#define KUNIT_ASSERT_EQ_MSG(test, l, r, ...)	shim_binary(test, true, l, ==, r, __VA_ARGS__)
#define KUNIT_ASSERT_TRUE(test, c)		shim_truth(test, true, c, true, "")
#define KUNIT_ASSERT_NOT_NULL(test, p)		shim_truth(test, true, p, true, "")

#endif
