// SPDX-License-Identifier: GPL-2.0
/* IP addresses and lists of them, text to bytes and back. */
#include "ip.h"

#include <linux/errno.h>
#include <linux/string.h>

#define GROUPS	8			/* of 16 bits in an IPv6 address */

static int digit_of(u8 c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/*
 * Reads a number of at most @max_digits digits from the front of @text and cuts
 * it off. Returns -EINVAL if there is no digit, or more than @max_digits.
 */
static int take_number(struct hvic_span *text, int base, size_t max_digits)
{
	size_t n = 0;
	int value = 0;

	while (n < text->len) {
		int digit = digit_of(text->data[n]);

		if (digit < 0 || digit >= base)
			break;
		if (n == max_digits)
			return -EINVAL;
		value = value * base + digit;
		n++;
	}
	if (!n)
		return -EINVAL;
	*text = hvic_span_cut(*text, n, text->len);
	return value;
}

static bool take_char(struct hvic_span *text, char c)
{
	if (!text->len || text->data[0] != c)
		return false;
	*text = hvic_span_cut(*text, 1, text->len);
	return true;
}

static bool has_char(struct hvic_span text, char c)
{
	return text.len && memchr(text.data, c, text.len);
}

static int parse_ipv4(struct hvic_span text, u8 *bytes)
{
	int i, value;

	for (i = 0; i < 4; i++) {
		if (i && !take_char(&text, '.'))
			return -EINVAL;
		value = take_number(&text, 10, 3);
		if (value < 0 || value > 255)
			return -EINVAL;
		bytes[i] = value;
	}
	return text.len ? -EINVAL : 0;
}

/* Groups of hexadecimal digits; one "::" may stand for the zero groups that are missing. */
static int parse_ipv6(struct hvic_span text, u8 *bytes)
{
	int n = 0, gap = -1, i, value;
	u16 groups[GROUPS] = {};

	if (take_char(&text, ':')) {
		if (!take_char(&text, ':'))
			return -EINVAL;
		gap = 0;
	}
	while (text.len || gap < 0) {
		value = take_number(&text, 16, 4);
		if (value < 0 || n == GROUPS)
			return -EINVAL;
		groups[n++] = value;
		if (!text.len)
			break;
		if (!take_char(&text, ':'))
			return -EINVAL;
		if (take_char(&text, ':')) {
			if (gap >= 0)
				return -EINVAL;
			gap = n;
		} else if (!text.len) {
			return -EINVAL;
		}
	}
	if (gap < 0 ? n != GROUPS : n >= GROUPS)
		return -EINVAL;

	for (i = 0; i < n; i++) {
		int at = gap < 0 || i < gap ? i : GROUPS - n + i;

		bytes[2 * at] = groups[i] >> 8;
		bytes[2 * at + 1] = groups[i];
	}
	return 0;
}

/**
 * hvic_ip_parse() - read an address
 * @text: "10.0.0.2", "fe80::1", "fe80::1%3"
 * @address: set in any case; all zero on an error
 *
 * Return: 0, or %-EINVAL if this is not an address.
 */
int hvic_ip_parse(struct hvic_span text, struct hv_ic_kvp_address *address)
{
	const u8 *scope = text.len ? memchr(text.data, '%', text.len) : NULL;
	int ret;

	memset(address, 0, sizeof(*address));
	if (has_char(text, ':')) {
		address->family = 6;
		if (scope)
			text = hvic_span_cut(text, 0, scope - text.data);
		ret = parse_ipv6(text, address->bytes);
	} else {
		address->family = 4;
		ret = parse_ipv4(text, address->bytes);
	}
	if (ret)
		memset(address, 0, sizeof(*address));
	return ret;
}

static size_t put_number(char *text, unsigned int value, unsigned int base)
{
	char digits[8];
	size_t n = 0, i;

	do {
		digits[n++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	for (i = 0; i < n; i++)
		text[i] = digits[n - 1 - i];
	text[n] = 0;
	return n;
}

static size_t format_v4(const u8 *bytes, char *text)
{
	size_t at = 0, i;

	for (i = 0; i < 4; i++) {
		if (i)
			text[at++] = '.';
		at += put_number(text + at, bytes[i], 10);
	}
	return at;
}

static unsigned int group_at(const u8 *bytes, size_t i)
{
	return bytes[2 * i] << 8 | bytes[2 * i + 1];
}

/* The longest run of at least two zero groups; returns its length. */
static size_t find_gap(const u8 *bytes, size_t *start)
{
	size_t best = 0, run = 0, i;

	for (i = 0; i < GROUPS; i++) {
		run = group_at(bytes, i) ? 0 : run + 1;
		if (run > best) {
			best = run;
			*start = i + 1 - run;
		}
	}
	return best >= 2 ? best : 0;
}

static size_t format_v6(const u8 *bytes, char *text)
{
	size_t at = 0, start = 0, i = 0;
	size_t gap = find_gap(bytes, &start);

	while (i < GROUPS) {
		if (gap && i == start) {
			text[at++] = ':';
			if (!i || i + gap == GROUPS)
				text[at++] = ':';
			i += gap;
			continue;
		}
		if (i && !(gap && i == start + gap && !start))
			text[at++] = ':';
		at += put_number(text + at, group_at(bytes, i), 16);
		i++;
	}
	text[at] = 0;
	return at;
}

/**
 * hvic_ip_format() - write an address
 * @address: the address
 * @text: gets the text and a NUL
 *
 * Return: the length without the NUL.
 */
size_t hvic_ip_format(const struct hv_ic_kvp_address *address, char text[HVIC_IP_TEXT_SIZE])
{
	return address->family == 6 ? format_v6(address->bytes, text) :
				      format_v4(address->bytes, text);
}

/**
 * hvic_ip_prefix_of_mask() - how many bits of an IPv4 mask are set
 * @mask: in network order
 *
 * Return: the length of the prefix, or %-EINVAL if the bits that are set are not the
 * first ones.
 */
int hvic_ip_prefix_of_mask(const u8 mask[4])
{
	u32 bits = (u32)mask[0] << 24 | mask[1] << 16 | mask[2] << 8 | mask[3];
	int prefix = 0;

	while (bits & 0x80000000U) {
		prefix++;
		bits <<= 1;
	}
	return bits ? -EINVAL : prefix;
}

/**
 * hvic_ip_mask_of_prefix() - the IPv4 mask for a length of prefix
 * @prefix: at most 32
 * @mask: set, in network order
 */
void hvic_ip_mask_of_prefix(unsigned int prefix, u8 mask[4])
{
	u32 bits = prefix ? ~0U << (32 - prefix) : 0;

	mask[0] = bits >> 24;
	mask[1] = bits >> 16;
	mask[2] = bits >> 8;
	mask[3] = bits;
}

/**
 * hvic_ip_parse_subnet() - read how large the subnet of an address is
 * @text: "255.255.255.0", "/64" or "64"
 * @address: gets the prefix; its family is known
 *
 * Return: 0, or %-EINVAL if this is neither a mask nor a length for this family.
 */
int hvic_ip_parse_subnet(struct hvic_span text, struct hv_ic_kvp_address *address)
{
	u8 mask[4];
	int prefix;

	if (address->family == 4 && has_char(text, '.')) {
		if (parse_ipv4(text, mask))
			return -EINVAL;
		prefix = hvic_ip_prefix_of_mask(mask);
	} else {
		take_char(&text, '/');
		prefix = take_number(&text, 10, 3);
		if (text.len)
			return -EINVAL;
	}
	if (prefix < 0 || prefix > (address->family == 6 ? 128 : 32))
		return -EINVAL;
	address->prefix = prefix;
	return 0;
}

/**
 * hvic_ip_format_subnet() - write how large the subnet of an address is
 * @address: the address
 * @text: gets a mask for IPv4 or the likes of "/64" for IPv6, and a NUL
 *
 * Return: the length without the NUL.
 */
size_t hvic_ip_format_subnet(const struct hv_ic_kvp_address *address,
			     char text[HVIC_IP_TEXT_SIZE])
{
	u8 mask[4];

	if (address->family == 6) {
		text[0] = '/';
		return 1 + put_number(text + 1, address->prefix, 10);
	}
	hvic_ip_mask_of_prefix(address->prefix, mask);
	return format_v4(mask, text);
}

/* Cuts the next entry off a list. At the end of the list the entry is empty. */
static struct hvic_span next_entry(struct hvic_span *list)
{
	static const char separators[] = { ';', ',', ' ', '\t', '\r', '\n', 0 };
	struct hvic_span entry;
	size_t start = 0, end;

	while (start < list->len && memchr(separators, list->data[start], sizeof(separators)))
		start++;
	end = start;
	while (end < list->len && !memchr(separators, list->data[end], sizeof(separators)))
		end++;

	entry = hvic_span_cut(*list, start, end - start);
	*list = hvic_span_cut(*list, end, list->len);
	return entry;
}

static bool has_room_for(const struct hv_ic_kvp_address *addresses, u32 n,
			 u32 max_per_family, u8 family)
{
	u32 used = 0, i;

	for (i = 0; i < n; i++)
		used += addresses[i].family == family;
	return used < max_per_family;
}

/* Returns how many entries were left out. */
static unsigned int parse_list(struct hvic_span list, struct hv_ic_kvp_address *addresses,
			       u32 *n, u32 max_per_family)
{
	struct hv_ic_kvp_address address;
	struct hvic_span entry;
	unsigned int refused = 0;

	while ((entry = next_entry(&list)).len) {
		if (hvic_ip_parse(entry, &address) ||
		    !has_room_for(addresses, *n, max_per_family, address.family))
			refused++;
		else
			addresses[(*n)++] = address;
	}
	return refused;
}

static unsigned int parse_addresses(const struct hvic_ip_text *text, struct hv_ic_kvp_ip *ip)
{
	struct hvic_span addresses = text->address, subnets = text->subnet;
	struct hv_ic_kvp_address address;
	struct hvic_span entry, subnet;
	unsigned int refused = 0;

	while ((entry = next_entry(&addresses)).len) {
		subnet = next_entry(&subnets);
		if (hvic_ip_parse(entry, &address) ||
		    (subnet.len && hvic_ip_parse_subnet(subnet, &address)) ||
		    !has_room_for(ip->addresses, ip->n_addresses,
				  HVIC_WIRE_KVP_ADDRESSES, address.family))
			refused++;
		else
			ip->addresses[ip->n_addresses++] = address;
	}
	return refused;
}

/**
 * hvic_ip_from_text() - read an adapter's set-up from lists
 * @text: the lists; white space and commas also separate entries
 * @ip: gets addresses, gateways and name servers; the rest stays as it is
 *
 * Return: how many entries were left out, because they are no addresses or because
 * there was no more room.
 */
unsigned int hvic_ip_from_text(const struct hvic_ip_text *text, struct hv_ic_kvp_ip *ip)
{
	unsigned int refused;

	ip->n_addresses = 0;
	ip->n_gateways = 0;
	ip->n_dns = 0;
	refused = parse_addresses(text, ip);
	refused += parse_list(text->gateway, ip->gateways, &ip->n_gateways,
			      HVIC_WIRE_KVP_GATEWAYS);
	refused += parse_list(text->dns, ip->dns, &ip->n_dns, HVIC_WIRE_KVP_ADDRESSES);
	return refused;
}

/* Adds an entry to a list. Returns false, and adds nothing, if it does not fit. */
static bool append(char *list, size_t size, size_t *at, const char *entry, size_t len)
{
	size_t separator = *at ? 1 : 0;

	if (*at + separator + len + 1 > size)
		return false;
	if (separator)
		list[(*at)++] = ';';
	memcpy(list + *at, entry, len);
	*at += len;
	list[*at] = 0;
	return true;
}

static void format_list(const struct hv_ic_kvp_address *addresses, u32 n,
			char *list, size_t size)
{
	char text[HVIC_IP_TEXT_SIZE];
	size_t at = 0;
	u32 i;

	for (i = 0; i < n; i++) {
		size_t len = hvic_ip_format(&addresses[i], text);

		if (!append(list, size, &at, text, len))
			return;
	}
}

/**
 * hvic_ip_to_lists() - write an adapter's set-up as lists
 * @ip: the set-up
 * @lists: gets the lists; what does not fit in a list is left out of it
 */
void hvic_ip_to_lists(const struct hv_ic_kvp_ip *ip, struct hvic_ip_lists *lists)
{
	char text[HVIC_IP_TEXT_SIZE], subnet[HVIC_IP_TEXT_SIZE];
	size_t at = 0, subnet_at = 0;
	u32 i;

	memset(lists, 0, sizeof(*lists));
	for (i = 0; i < ip->n_addresses; i++) {
		const struct hv_ic_kvp_address *address = &ip->addresses[i];
		size_t len = hvic_ip_format(address, text);
		size_t subnet_len = hvic_ip_format_subnet(address, subnet);

		/* An address and its subnet have the same place in their lists. */
		if (subnet_at + subnet_len + 2 > sizeof(lists->subnet) ||
		    !append(lists->address, sizeof(lists->address), &at, text, len))
			break;
		append(lists->subnet, sizeof(lists->subnet), &subnet_at, subnet, subnet_len);
	}
	format_list(ip->gateways, ip->n_gateways, lists->gateway, sizeof(lists->gateway));
	format_list(ip->dns, ip->n_dns, lists->dns, sizeof(lists->dns));
}
