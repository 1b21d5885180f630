// SPDX-License-Identifier: GPL-2.0
/* Digests: the examples of FIPS 180-4, and every way to cut the input. */
#include "sha256.h"

#include <stdbool.h>
#include <string.h>

#include "array.h"
#include "unit.h"

/* Not the instructions that this processor may have. */
static bool by_hand;

static const char *digest_of(const void *data, size_t size, size_t piece)
{
	static char text[HVIC_SHA256_TEXT];
	struct hvic_sha256 sha;
	const char *next = data;

	hvic_sha256_init(&sha);
	if (by_hand)
		sha.take = hvic_sha256_take;
	for (size_t left = size; left;) {
		size_t some = left < piece ? left : piece;

		hvic_sha256_add(&sha, next, some);
		next += some;
		left -= some;
	}
	hvic_sha256_end(&sha, text);
	return text;
}

static void examples(void **state)
{
	static const char *const table[][2] = {
		{ "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
		{ "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
		  "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		assert_string_equal(digest_of(table[i][0], strlen(table[i][0]), 100), table[i][1]);
}

static void a_million(void **state)
{
	static char as[1000000];

	(void)state;
	memset(as, 'a', sizeof(as));
	assert_string_equal(digest_of(as, sizeof(as), 6144),
			    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void pieces(void **state)
{
	char bytes[200], whole[HVIC_SHA256_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = i * 7;
	for (size_t size = 0; size <= sizeof(bytes); size++) {
		strcpy(whole, digest_of(bytes, size, sizeof(bytes)));
		for (size_t piece = 1; piece < 130; piece++)
			assert_string_equal(digest_of(bytes, size, piece), whole);
	}
}

static int take_by_hand(void **state)
{
	(void)state;
	by_hand = true;
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(examples),
		cmocka_unit_test(a_million),
		cmocka_unit_test(pieces),
		cmocka_unit_test_setup(examples, take_by_hand),
		cmocka_unit_test(a_million),
		cmocka_unit_test(pieces),
	};

	return cmocka_run_group_tests_name("sha256", tests, NULL, NULL);
}
