// SPDX-License-Identifier: GPL-2.0
/* IP addresses as text. */
#include "helpers.h"

#include "proto/ip.h"

#include <linux/errno.h>
#include <linux/string.h>

/* A string without its NUL, since the code must not look for one. */
#define TEXT(string)	{ .data = (const u8 *)(string), .len = sizeof(string) - 1 }

static const struct address_row {
	const char *desc;
	struct hvic_span text;
	u8 family;
	u8 bytes[16];
	const char *again;		/* as it is written */
} address_rows[] = {
	{ "10.0.0.2", TEXT("10.0.0.2"), 4, { 10, 0, 0, 2 }, "10.0.0.2" },
	{ "no IPv4 address", TEXT("0.0.0.0"), 4, { 0 }, "0.0.0.0" },
	{ "last IPv4 address", TEXT("255.255.255.255"), 4, { 255, 255, 255, 255 },
	  "255.255.255.255" },
	{ "zeroes in front", TEXT("010.001.000.099"), 4, { 10, 1, 0, 99 }, "10.1.0.99" },
	{ "::", TEXT("::"), 6, { 0 }, "::" },
	{ "::1", TEXT("::1"), 6, { [15] = 1 }, "::1" },
	{ "1::", TEXT("1::"), 6, { 0, 1 }, "1::" },
	{ "fe80::1", TEXT("fe80::1"), 6, { 0xfe, 0x80, [15] = 1 }, "fe80::1" },
	{ "a scope", TEXT("fe80::1%3"), 6, { 0xfe, 0x80, [15] = 1 }, "fe80::1" },
	{ "an empty scope", TEXT("fe80::1%"), 6, { 0xfe, 0x80, [15] = 1 }, "fe80::1" },
	{ "capitals", TEXT("FE80::ABCD"), 6, { 0xfe, 0x80, [14] = 0xab, 0xcd }, "fe80::abcd" },
	{ "zeroes in front of groups", TEXT("0001:0020::0300"), 6,
	  { 0, 1, 0, 0x20, [14] = 3, 0 }, "1:20::300" },
	{ "all groups", TEXT("1:2:3:4:5:6:7:8"), 6,
	  { 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8 }, "1:2:3:4:5:6:7:8" },
	{ "largest", TEXT("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), 6,
	  { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
	  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
	{ "all groups, two zero", TEXT("1:0:0:4:5:6:7:8"), 6,
	  { 0, 1, 0, 0, 0, 0, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8 }, "1::4:5:6:7:8" },
	{ "a single zero group stays", TEXT("1:0:3:4:5:6:7:8"), 6,
	  { 0, 1, 0, 0, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8 }, "1:0:3:4:5:6:7:8" },
	{ "a gap for a single group", TEXT("1::3:4:5:6:7:8"), 6,
	  { 0, 1, 0, 0, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8 }, "1:0:3:4:5:6:7:8" },
	{ "two gaps as long, the first is cut", TEXT("1:0:0:4:5:0:0:8"), 6,
	  { 0, 1, 0, 0, 0, 0, 0, 4, 0, 5, 0, 0, 0, 0, 0, 8 }, "1::4:5:0:0:8" },
	{ "two gaps, the longer is cut", TEXT("1:0:0:4:0:0:0:8"), 6,
	  { 0, 1, 0, 0, 0, 0, 0, 4, [14] = 0, 8 }, "1:0:0:4::8" },
	{ "gap in front", TEXT("0:0:3:4:5:6:7:8"), 6,
	  { 0, 0, 0, 0, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8 }, "::3:4:5:6:7:8" },
	{ "gap behind", TEXT("1:2:3:4:5:6:0:0"), 6,
	  { 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6 }, "1:2:3:4:5:6::" },
	{ "zero group in front, gap behind", TEXT("0:2:3:4:5:6:0:0"), 6,
	  { 0, 0, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6 }, "0:2:3:4:5:6::" },
	{ "gap for the last group", TEXT("1:2:3:4:5:6:7::"), 6,
	  { 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7 }, "1:2:3:4:5:6:7:0" },
};

ROWS(address);

static void parse_address(struct kunit *test)
{
	const struct address_row *row = test->param_value;
	struct hvic_span text = exact_span(test, row->text.data, row->text.len);
	struct hv_ic_kvp_address address;

	memset(&address, 0xee, sizeof(address));

	KUNIT_ASSERT_EQ(test, hvic_ip_parse(text, &address), 0);
	KUNIT_EXPECT_EQ(test, address.family, row->family);
	KUNIT_EXPECT_EQ(test, memcmp(address.bytes, row->bytes, 16), 0);
	KUNIT_EXPECT_EQ(test, address.prefix, 0);
	KUNIT_EXPECT_EQ(test, address.origin, 0);
}

static void format_address(struct kunit *test)
{
	const struct address_row *row = test->param_value;
	struct hv_ic_kvp_address address = { .family = row->family };
	struct hvic_room text = exact_room(test, HVIC_IP_TEXT_SIZE, 0xee);
	size_t len;

	memcpy(address.bytes, row->bytes, 16);

	len = hvic_ip_format(&address, (char *)text.data);

	KUNIT_EXPECT_EQ(test, len, strlen(row->again));
	KUNIT_EXPECT_STREQ(test, (char *)text.data, row->again);
}

/* The beginning of an address may be an address or not; it is never read past its end. */
static void parse_truncated(struct kunit *test)
{
	const struct address_row *row = test->param_value;
	size_t n;

	for (n = 0; n < row->text.len; n++) {
		struct hvic_span text = exact_span(test, row->text.data, n);
		struct hv_ic_kvp_address address;

		if (hvic_ip_parse(text, &address))
			expect_fill(test, "address",
				    (struct hvic_span){ (u8 *)&address, sizeof(address) }, 0);
	}
}

static const struct no_address_row {
	const char *desc;
	struct hvic_span text;
} no_address_rows[] = {
	{ "nothing", TEXT("") },
	{ "a word", TEXT("dhcp") },
	{ "three numbers", TEXT("10.0.0") },
	{ "three numbers and a dot", TEXT("10.0.0.") },
	{ "five numbers", TEXT("10.0.0.1.2") },
	{ "dot in front", TEXT(".10.0.0.1") },
	{ "two dots", TEXT("10..0.1") },
	{ "256", TEXT("10.0.0.256") },
	{ "four digits", TEXT("10.0.0.0001") },
	{ "a sign", TEXT("10.0.0.-1") },
	{ "hexadecimal", TEXT("10.0.0.a") },
	{ "a blank behind", TEXT("10.0.0.1 ") },
	{ "a NUL behind", TEXT("10.0.0.1\0") },
	{ "a prefix", TEXT("10.0.0.1/8") },
	{ "scope on IPv4", TEXT("10.0.0.1%3") },
	{ "scope alone", TEXT("%3") },
	{ "colon in the scope alone", TEXT("1%:2") },
	{ "colon", TEXT(":") },
	{ "three colons", TEXT(":::") },
	{ "colon in front", TEXT(":1:2:3:4:5:6:7:8") },
	{ "colon behind", TEXT("1:2:3:4:5:6:7:8:") },
	{ "colon behind a gap", TEXT("::1:") },
	{ "seven groups", TEXT("1:2:3:4:5:6:7") },
	{ "nine groups", TEXT("1:2:3:4:5:6:7:8:9") },
	{ "eight groups and a gap", TEXT("1:2:3:4::5:6:7:8") },
	{ "eight groups and a gap in front", TEXT("::1:2:3:4:5:6:7:8") },
	{ "eight groups and a gap behind", TEXT("1:2:3:4:5:6:7:8::") },
	{ "two gaps", TEXT("1::2::3") },
	{ "five digits", TEXT("::12345") },
	{ "not a digit", TEXT("::g") },
	{ "not a digit behind a group", TEXT("::1g") },
	{ "blank within", TEXT("fe80:: 1") },
};

ROWS(no_address);

static void refuse_address(struct kunit *test)
{
	const struct no_address_row *row = test->param_value;
	struct hvic_span text = exact_span(test, row->text.data, row->text.len);
	struct hv_ic_kvp_address address;

	memset(&address, 0xee, sizeof(address));

	KUNIT_EXPECT_EQ(test, hvic_ip_parse(text, &address), -EINVAL);
	expect_fill(test, "address", (struct hvic_span){ (u8 *)&address, sizeof(address) }, 0);
}

static const struct subnet_row {
	const char *desc;
	u8 family;
	struct hvic_span text;
	int prefix;			/* or an error */
	const char *again;		/* as it is written */
} subnet_rows[] = {
	{ "mask", 4, TEXT("255.255.240.0"), 20, "255.255.240.0" },
	{ "no mask", 4, TEXT("0.0.0.0"), 0, "0.0.0.0" },
	{ "full mask", 4, TEXT("255.255.255.255"), 32, "255.255.255.255" },
	{ "mask with a hole", 4, TEXT("255.0.255.0"), -EINVAL, NULL },
	{ "mask upside down", 4, TEXT("0.0.0.255"), -EINVAL, NULL },
	{ "mask that is no address", 4, TEXT("255.255"), -EINVAL, NULL },
	{ "slash and length", 4, TEXT("/24"), 24, "255.255.255.0" },
	{ "length", 4, TEXT("8"), 8, "255.0.0.0" },
	{ "none", 4, TEXT("/0"), 0, "0.0.0.0" },
	{ "longest for IPv4", 4, TEXT("32"), 32, "255.255.255.255" },
	{ "too long for IPv4", 4, TEXT("33"), -EINVAL, NULL },
	{ "slash and length, IPv6", 6, TEXT("/64"), 64, "/64" },
	{ "length, IPv6", 6, TEXT("128"), 128, "/128" },
	{ "none, IPv6", 6, TEXT("/0"), 0, "/0" },
	{ "too long for IPv6", 6, TEXT("/129"), -EINVAL, NULL },
	{ "four digits", 6, TEXT("/0064"), -EINVAL, NULL },
	{ "mask for IPv6", 6, TEXT("255.255.255.0"), -EINVAL, NULL },
	{ "nothing", 6, TEXT(""), -EINVAL, NULL },
	{ "slash alone", 6, TEXT("/"), -EINVAL, NULL },
	{ "two slashes", 6, TEXT("//64"), -EINVAL, NULL },
	{ "something behind", 6, TEXT("/64x"), -EINVAL, NULL },
};

ROWS(subnet);

static void subnet(struct kunit *test)
{
	const struct subnet_row *row = test->param_value;
	struct hvic_span text = exact_span(test, row->text.data, row->text.len);
	struct hv_ic_kvp_address address = { .family = row->family };
	struct hvic_room again = exact_room(test, HVIC_IP_TEXT_SIZE, 0xee);
	size_t len;

	int ret = hvic_ip_parse_subnet(text, &address);

	KUNIT_EXPECT_EQ(test, ret, row->prefix < 0 ? row->prefix : 0);
	KUNIT_EXPECT_EQ(test, address.prefix, row->prefix < 0 ? 0 : row->prefix);
	if (ret)
		return;
	len = hvic_ip_format_subnet(&address, (char *)again.data);
	KUNIT_EXPECT_EQ(test, len, strlen(row->again));
	KUNIT_EXPECT_STREQ(test, (char *)again.data, row->again);
}

static void every_mask(struct kunit *test)
{
	unsigned int prefix;

	for (prefix = 0; prefix <= 32; prefix++) {
		u8 mask[4];
		unsigned int bit, set = 0;

		hvic_ip_mask_of_prefix(prefix, mask);
		for (bit = 0; bit < 32; bit++)
			set += mask[bit / 8] >> (7 - bit % 8) & (bit < prefix);
		KUNIT_EXPECT_EQ_MSG(test, set, prefix, "prefix %u", prefix);
		KUNIT_EXPECT_EQ(test, hvic_ip_prefix_of_mask(mask), prefix);
	}
}

/* --- Lists. ----------------------------------------------------------------- */

static struct hv_ic_kvp_ip *new_ip(struct kunit *test)
{
	struct hv_ic_kvp_ip *ip = kunit_kzalloc(test, sizeof(*ip), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, ip);
	return ip;
}

static struct hvic_ip_lists *new_lists(struct kunit *test)
{
	struct hvic_ip_lists *lists = kunit_kzalloc(test, sizeof(*lists), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, lists);
	memset(lists, 0xee, sizeof(*lists));
	return lists;
}

static void from_text(struct kunit *test)
{
	static const struct hvic_ip_text text = {
		.address = TEXT("10.1.2.3;fe80::1"),
		.subnet = TEXT("255.255.240.0;/64"),
		.gateway = TEXT("10.1.0.1"),
		.dns = TEXT("9.9.9.9;2620:fe::fe"),
	};
	struct hv_ic_kvp_ip *ip = new_ip(test);

	strcpy(ip->adapter, "{A}");
	KUNIT_EXPECT_EQ(test, hvic_ip_from_text(&text, ip), 0);

	KUNIT_EXPECT_STREQ(test, ip->adapter, "{A}");
	KUNIT_ASSERT_EQ(test, ip->n_addresses, 2);
	KUNIT_EXPECT_EQ(test, ip->addresses[0].family, 4);
	KUNIT_EXPECT_EQ(test, ip->addresses[0].prefix, 20);
	KUNIT_EXPECT_EQ(test, ip->addresses[1].family, 6);
	KUNIT_EXPECT_EQ(test, ip->addresses[1].prefix, 64);
	KUNIT_ASSERT_EQ(test, ip->n_gateways, 1);
	KUNIT_EXPECT_EQ(test, ip->gateways[0].bytes[3], 1);
	KUNIT_ASSERT_EQ(test, ip->n_dns, 2);
	KUNIT_EXPECT_EQ(test, ip->dns[1].bytes[15], 0xfe);
}

static const struct list_row {
	const char *desc;
	struct hvic_span addresses;
	struct hvic_span subnets;
	unsigned int refused;
	u32 n;
} list_rows[] = {
	{ "empty", TEXT(""), TEXT(""), 0, 0 },
	{ "separators alone", TEXT(" ;,;\t\r\n"), TEXT(""), 0, 0 },
	{ "a NUL separates", TEXT("10.0.0.1\0 10.0.0.2\0\0"), TEXT(""), 0, 2 },
	{ "separators around", TEXT(";10.0.0.1;;10.0.0.2;"), TEXT(""), 0, 2 },
	{ "blanks and commas", TEXT("10.0.0.1, 10.0.0.2"), TEXT(""), 0, 2 },
	{ "one that is none", TEXT("10.0.0.1;none;10.0.0.2"), TEXT(""), 1, 2 },
	{ "fewer subnets", TEXT("10.0.0.1;10.0.0.2"), TEXT("255.0.0.0"), 0, 2 },
	{ "more subnets", TEXT("10.0.0.1"), TEXT("255.0.0.0;255.0.0.0"), 0, 1 },
	{ "a subnet that is none", TEXT("10.0.0.1;10.0.0.2"), TEXT("255.0.0.0;none"), 1, 1 },
	{ "a subnet of the other family", TEXT("fe80::1"), TEXT("255.0.0.0"), 1, 0 },
};

ROWS(list);

static void from_lists(struct kunit *test)
{
	const struct list_row *row = test->param_value;
	const struct hvic_ip_text text = {
		.address = exact_span(test, row->addresses.data, row->addresses.len),
		.subnet = exact_span(test, row->subnets.data, row->subnets.len),
	};
	struct hv_ic_kvp_ip *ip = new_ip(test);

	KUNIT_EXPECT_EQ(test, hvic_ip_from_text(&text, ip), row->refused);
	KUNIT_EXPECT_EQ(test, ip->n_addresses, row->n);
	KUNIT_EXPECT_EQ(test, ip->n_gateways, 0);
	KUNIT_EXPECT_EQ(test, ip->n_dns, 0);
}

static struct hvic_span repeated(struct kunit *test, const char *entry, unsigned int n)
{
	size_t len = strlen(entry), i;
	struct hvic_room room = exact_room(test, n * len, 0);

	for (i = 0; i < n; i++)
		memcpy(room.data + i * len, entry, len);
	return to_span(room);
}

static const struct many_row {
	const char *desc;
	const char *entry;
	unsigned int n;
	u32 addresses;			/* that are taken, and name servers too */
	u32 gateways;
} many_rows[] = {
	{ "five", "10.0.0.1;", 5, 5, 5 },
	{ "six", "10.0.0.1;", 6, 6, 5 },
	{ "64", "10.0.0.1;", 64, 64, 5 },
	{ "65", "10.0.0.1;", 65, 64, 5 },
	{ "64 of each family", "10.0.0.1;::1;", 64, 128, 10 },
	{ "1000 of each family", "10.0.0.1;::1;", 1000, 128, 10 },
	{ "five of each family", "10.0.0.1;::1;", 5, 10, 10 },
};

ROWS(many);

static void from_many(struct kunit *test)
{
	const struct many_row *row = test->param_value;
	struct hvic_span list = repeated(test, row->entry, row->n);
	const struct hvic_ip_text text = { .address = list, .gateway = list, .dns = list };
	struct hv_ic_kvp_ip *ip = new_ip(test);
	unsigned int all = row->n * (strlen(row->entry) > 9 ? 2 : 1);

	unsigned int refused = hvic_ip_from_text(&text, ip);

	KUNIT_EXPECT_EQ(test, ip->n_addresses, row->addresses);
	KUNIT_EXPECT_EQ(test, ip->n_gateways, row->gateways);
	KUNIT_EXPECT_EQ(test, ip->n_dns, row->addresses);
	KUNIT_EXPECT_EQ(test, refused, 3 * all - 2 * row->addresses - row->gateways);
}

static void to_lists(struct kunit *test)
{
	static const struct hvic_ip_text text = {
		.address = TEXT("10.1.2.3 fe80::1"),
		.subnet = TEXT("/20 64"),
		.gateway = TEXT("10.1.0.1"),
		.dns = TEXT("9.9.9.9 2620:fe::fe"),
	};
	struct hv_ic_kvp_ip *ip = new_ip(test);
	struct hvic_ip_lists *lists = new_lists(test);

	hvic_ip_from_text(&text, ip);
	hvic_ip_to_lists(ip, lists);

	KUNIT_EXPECT_STREQ(test, lists->address, "10.1.2.3;fe80::1");
	KUNIT_EXPECT_STREQ(test, lists->subnet, "255.255.240.0;/64");
	KUNIT_EXPECT_STREQ(test, lists->gateway, "10.1.0.1");
	KUNIT_EXPECT_STREQ(test, lists->dns, "9.9.9.9;2620:fe::fe");
}

static void to_empty_lists(struct kunit *test)
{
	struct hvic_ip_lists *lists = new_lists(test);

	hvic_ip_to_lists(new_ip(test), lists);

	expect_fill(test, "lists", (struct hvic_span){ (u8 *)lists, sizeof(*lists) }, 0);
}

static unsigned int count_entries(const char *list)
{
	unsigned int n = *list ? 1 : 0;

	while (*list)
		n += *list++ == ';';
	return n;
}

/* An entry that does not fit is left out as a whole. */
static void to_full_lists(struct kunit *test)
{
	static const char address[] = "2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff;";
	struct hv_ic_kvp_ip *ip = new_ip(test);
	struct hvic_ip_lists *lists = new_lists(test);
	const struct hvic_ip_text text = {
		.address = repeated(test, address, 64),
		.subnet = repeated(test, "/128;", 64),
		.gateway = repeated(test, address, 5),
		.dns = repeated(test, address, 64),
	};

	hvic_ip_from_text(&text, ip);
	hvic_ip_to_lists(ip, lists);

	/* 26 of 39 bytes are less than 1024; one more is not. */
	KUNIT_EXPECT_EQ(test, count_entries(lists->address), 26);
	KUNIT_EXPECT_EQ(test, count_entries(lists->subnet), 26);
	KUNIT_EXPECT_EQ(test, count_entries(lists->gateway), 5);
	KUNIT_EXPECT_EQ(test, count_entries(lists->dns), 26);
	KUNIT_EXPECT_EQ(test, strlen(lists->dns), 26 * 39 - 1);
}

/* 64 addresses of 16 bytes fill a list exactly; if the 64th is longer it does not fit. */
static void to_lists_full_to_the_last(struct kunit *test)
{
	static const struct hvic_span last[] = {
		TEXT("2001:db8:1:2::3"), TEXT("2001:db8:1:2::30"),
	};
	struct hvic_ip_lists *lists = new_lists(test);
	struct hv_ic_kvp_ip *ip = new_ip(test);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(last); i++) {
		const struct hvic_ip_text text = { .dns = repeated(test, "2001:db8:1:2::3;", 63) };

		hvic_ip_from_text(&text, ip);
		KUNIT_ASSERT_EQ(test, hvic_ip_parse(last[i], &ip->dns[ip->n_dns++]), 0);
		hvic_ip_to_lists(ip, lists);
		KUNIT_EXPECT_EQ(test, count_entries(lists->dns), 64 - i);
		KUNIT_EXPECT_EQ(test, lists->dns[sizeof(lists->dns) - 1], 0);
	}
}

/* An address is left out if its subnet, which may be longer, does not fit. */
static void to_lists_in_step(struct kunit *test)
{
	const struct hvic_ip_text text = {
		.address = repeated(test, "1.1.1.1;::1;", 64),
		.subnet = repeated(test, "255.255.255.255;/128;", 64),
	};
	struct hvic_ip_lists *lists = new_lists(test);
	struct hv_ic_kvp_ip *ip = new_ip(test);

	hvic_ip_from_text(&text, ip);
	hvic_ip_to_lists(ip, lists);

	/* The subnets of 48 addresses of each family take 1008 bytes, one more mask the rest. */
	KUNIT_EXPECT_EQ(test, count_entries(lists->subnet), 2 * 48 + 1);
	KUNIT_EXPECT_EQ(test, count_entries(lists->address), 2 * 48 + 1);
}

static struct kunit_case ip_cases[] = {
	KUNIT_CASE_PARAM(parse_address, address_gen_params),
	KUNIT_CASE_PARAM(format_address, address_gen_params),
	KUNIT_CASE_PARAM(parse_truncated, address_gen_params),
	KUNIT_CASE_PARAM(refuse_address, no_address_gen_params),
	KUNIT_CASE_PARAM(subnet, subnet_gen_params),
	KUNIT_CASE(every_mask),
	KUNIT_CASE(from_text),
	KUNIT_CASE_PARAM(from_lists, list_gen_params),
	KUNIT_CASE_PARAM(from_many, many_gen_params),
	KUNIT_CASE(to_lists),
	KUNIT_CASE(to_empty_lists),
	KUNIT_CASE(to_full_lists),
	KUNIT_CASE(to_lists_full_to_the_last),
	KUNIT_CASE(to_lists_in_step),
	{}
};

static struct kunit_suite ip_suite = {
	.name = "hv_ic_ip",
	.test_cases = ip_cases,
};

kunit_test_suite(ip_suite);
