// SPDX-License-Identifier: GPL-2.0
/* What the suites share. */
#include "helpers.h"

#include <linux/string.h>

/**
 * exact_span() - copy bytes to memory that ends where they end
 * @test: owns the memory
 * @bytes: to copy
 * @len: how many
 *
 * KASAN or ASAN reports a read past the end of the copy.
 *
 * Return: the copy.
 */
struct hvic_span exact_span(struct kunit *test, const void *bytes, size_t len)
{
	u8 *copy = kunit_kmalloc(test, len, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, copy);
	memcpy(copy, bytes, len);
	return (struct hvic_span){ .data = copy, .len = len };
}

/**
 * exact_room() - get memory of just this length
 * @test: owns the memory
 * @len: of the memory
 * @fill: what each byte of it is
 *
 * Return: the memory.
 */
struct hvic_room exact_room(struct kunit *test, size_t len, u8 fill)
{
	u8 *data = kunit_kmalloc(test, len, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, data);
	memset(data, fill, len);
	return (struct hvic_room){ .data = data, .len = len };
}

/**
 * expect_bytes() - compare bytes, and name the first that differs
 * @test: to fail
 * @what: is compared
 * @got: from the code under test
 * @want: expected
 */
void expect_bytes(struct kunit *test, const char *what, struct hvic_span got,
		  struct hvic_span want)
{
	size_t i;

	KUNIT_EXPECT_EQ_MSG(test, got.len, want.len, "%s: length", what);
	for (i = 0; i < got.len && i < want.len; i++) {
		if (got.data[i] != want.data[i]) {
			KUNIT_FAIL(test, "%s: byte %zu is %02x, not %02x", what, i,
				   got.data[i], want.data[i]);
			return;
		}
	}
}

/**
 * expect_fill() - expect that all bytes are the same
 * @test: to fail
 * @what: is compared
 * @got: from the code under test
 * @fill: what each byte is to be
 */
void expect_fill(struct kunit *test, const char *what, struct hvic_span got, u8 fill)
{
	size_t i;

	/* All bytes are the same if each equals the next. */
	if (!got.len || (got.data[0] == fill && !memcmp(got.data, got.data + 1, got.len - 1)))
		return;
	for (i = 0; i < got.len; i++) {
		if (got.data[i] != fill) {
			KUNIT_FAIL(test, "%s: byte %zu is %02x, not %02x", what, i,
				   got.data[i], fill);
			return;
		}
	}
}
