// SPDX-License-Identifier: GPL-2.0
/* Ids of network adapters. */
#include "helpers.h"

#include "proto/adapter.h"

#include <linux/string.h>

static const struct id_row {
	const char *desc;
	const char *id;
	const char *normal;
} id_rows[] = {
	{ "as Linux writes a MAC", "00:15:5d:01:02:ff", "00:15:5d:01:02:ff" },
	{ "upper case", "00:15:5D:AB:CD:EF", "00:15:5d:ab:cd:ef" },
	{ "both cases", "0a:1B:2c:3D:4e:5F", "0a:1b:2c:3d:4e:5f" },
	{ "hyphens", "00-15-5D-01-02-03", "00:15:5d:01:02:03" },
	{ "hyphens and colons", "00-15:5D-01:02-03", "00:15:5d:01:02:03" },
	{ "digits alone", "00155D010203", "00:15:5d:01:02:03" },
	{ "as Linux writes a GUID", "{f8615163-df3e-46c5-913f-f2d2f965ed0e}",
	  "{f8615163-df3e-46c5-913f-f2d2f965ed0e}" },
	{ "GUID in upper case", "{F8615163-DF3E-46C5-913F-F2D2F965ED0E}",
	  "{f8615163-df3e-46c5-913f-f2d2f965ed0e}" },
	{ "GUID without braces", "F8615163-df3e-46c5-913f-f2d2f965ED0E",
	  "{f8615163-df3e-46c5-913f-f2d2f965ed0e}" },
	{ "nothing", "", "" },
	{ "a name", "Eth0", "Eth0" },
	{ "a byte too few", "00:15:5D:01:02", "00:15:5D:01:02" },
	{ "a byte too many", "00:15:5D:01:02:03:04", "00:15:5D:01:02:03:04" },
	{ "half a byte", "00:15:5D:01:02:3", "00:15:5D:01:02:3" },
	{ "no digit", "00:15:5D:01:02:0G", "00:15:5D:01:02:0G" },
	{ "no separator", "00.15.5D.01.02.03", "00.15.5D.01.02.03" },
	{ "space behind", "00:15:5D:01:02:03 ", "00:15:5D:01:02:03 " },
	{ "GUID with one brace", "{F8615163-DF3E-46C5-913F-F2D2F965ED0E",
	  "{F8615163-DF3E-46C5-913F-F2D2F965ED0E" },
	{ "GUID with colons", "{F8615163:DF3E:46C5:913F:F2D2F965ED0E}",
	  "{F8615163:DF3E:46C5:913F:F2D2F965ED0E}" },
};

ROWS(id);

static void normalise(struct kunit *test)
{
	const struct id_row *row = test->param_value;
	struct hvic_room room = exact_room(test, HV_IC_KVP_ADAPTER_SIZE, 0xee);
	char *id = (char *)room.data;

	memcpy(id, row->id, strlen(row->id) + 1);
	hvic_adapter_normalise(id);
	KUNIT_EXPECT_STREQ(test, id, row->normal);

	/* What is normal stays so. */
	hvic_adapter_normalise(id);
	KUNIT_EXPECT_STREQ(test, id, row->normal);
}

/* The beginning of an id is none, and is not read past its end. */
static void normalise_truncated(struct kunit *test)
{
	static const char mac[] = "00:15:5D:AB:CD:EF";
	static const char guid[] = "{F8615163-DF3E-46C5-913F-F2D2F965ED0E}";
	static const char * const whole[] = { mac, guid };
	size_t i, n;

	for (i = 0; i < ARRAY_SIZE(whole); i++) {
		for (n = 0; n < strlen(whole[i]); n++) {
			struct hvic_room room = exact_room(test, n + 1, 0);

			memcpy(room.data, whole[i], n);
			hvic_adapter_normalise((char *)room.data);
			KUNIT_EXPECT_EQ_MSG(test, memcmp(room.data, whole[i], n), 0, "at %zu", n);
			hvic_adapter_raise_mac((char *)room.data);
			KUNIT_EXPECT_EQ_MSG(test, memcmp(room.data, whole[i], n), 0, "at %zu", n);
		}
	}
}

static const struct raise_row {
	const char *desc;
	const char *id;
	const char *raised;
} raise_rows[] = {
	{ "MAC", "00:15:5d:ab:cd:ef", "00:15:5D:AB:CD:EF" },
	{ "already so", "00:15:5D:AB:CD:EF", "00:15:5D:AB:CD:EF" },
	{ "GUID", "{f8615163-df3e-46c5-913f-f2d2f965ed0e}",
	  "{f8615163-df3e-46c5-913f-f2d2f965ed0e}" },
	{ "a name", "face", "face" },
};

ROWS(raise);

static void raise_mac(struct kunit *test)
{
	const struct raise_row *row = test->param_value;
	struct hvic_room room = exact_room(test, strlen(row->id) + 1, 0);
	char *id = (char *)room.data;

	memcpy(id, row->id, room.len);
	hvic_adapter_raise_mac(id);
	KUNIT_EXPECT_STREQ(test, id, row->raised);
}

static struct kunit_case adapter_cases[] = {
	KUNIT_CASE_PARAM(normalise, id_gen_params),
	KUNIT_CASE(normalise_truncated),
	KUNIT_CASE_PARAM(raise_mac, raise_gen_params),
	{}
};

static struct kunit_suite adapter_suite = {
	.name = "hv_ic_adapter",
	.test_cases = adapter_cases,
};

kunit_test_suite(adapter_suite);
