/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bodies of data exchange messages.
 *
 * Origin: built from the documented layouts. Bodies are as long as a host's
 * whatever the operation; what is not written is zero.
 */
#ifndef HVIC_VECTORS_KVP_H
#define HVIC_VECTORS_KVP_H

static const u8 __maybe_unused vec_kvp_set_string[2580] = {
	0x01, 0x00,			/* SET, pool of the host's administrator */
	[4] = 0x01, 0x00, 0x00, 0x00,	/* a string */
	0x08, 0x00, 0x00, 0x00,		/* key: 8 bytes */
	0x06, 0x00, 0x00, 0x00,		/* value: 6 bytes */
	[16] = 'K', 0, 0xe4, 0, 'y', 0, 0, 0,
	[528] = 0x3d, 0xd8, 0x00, 0xde, 0, 0,
};

static const u8 __maybe_unused vec_kvp_set_expand[2580] = {
	0x01, 0x00,			/* SET, pool of the host's administrator */
	[4] = 0x02, 0x00, 0x00, 0x00,	/* a string with variables */
	0x04, 0x00, 0x00, 0x00,		/* key: 4 bytes */
	0x08, 0x00, 0x00, 0x00,		/* value: 8 bytes */
	[16] = 'K', 0, 0, 0,
	[528] = '%', 0, 'A', 0, '%', 0, 0, 0,
};

static const u8 __maybe_unused vec_kvp_set_u32[2580] = {
	0x01, 0x03,			/* SET, pool of facts about the host */
	[4] = 0x04, 0x00, 0x00, 0x00,	/* 32 bits */
	0x04, 0x00, 0x00, 0x00,		/* key: 4 bytes */
	0x04, 0x00, 0x00, 0x00,		/* value: 4 bytes */
	[16] = 'N', 0, 0, 0,
	[528] = 0x78, 0x56, 0x34, 0x92, 0xff,
};

static const u8 __maybe_unused vec_kvp_set_u64[2580] = {
	0x01, 0x03,			/* SET, pool of facts about the host */
	[4] = 0x0b, 0x00, 0x00, 0x00,	/* 64 bits */
	0x04, 0x00, 0x00, 0x00,		/* key: 4 bytes */
	0x08, 0x00, 0x00, 0x00,		/* value: 8 bytes */
	[16] = 'N', 0, 0, 0,
	[528] = 0xf0, 0xde, 0xbc, 0x9a, 0x78, 0x56, 0x34, 0x92, 0xff,
};

static const u8 __maybe_unused vec_kvp_get[2580] = {
	0x00, 0x01,			/* GET, pool of the guest */
	[8] = 0x04, 0x00, 0x00, 0x00,	/* key: 4 bytes */
	[16] = 'N', 0, 0, 0,
};

static const u8 __maybe_unused vec_kvp_delete[2580] = {
	0x02, 0x00,			/* DELETE, pool of the host's administrator */
	[4] = 0x04, 0x00, 0x00, 0x00,	/* key: 4 bytes */
	[8] = 'N', 0, 0, 0,
};

static const u8 __maybe_unused vec_kvp_enumerate[2580] = {
	0x03, 0x02,			/* ENUMERATE, pool of facts about the guest */
	[4] = 0x07, 0x00, 0x00, 0x00,	/* item 7 */
};

static const u8 __maybe_unused vec_kvp_enumerate_reply[2580] = {
	0x03, 0x02,			/* ENUMERATE, pool of facts about the guest */
	[4] = 0x07, 0x00, 0x00, 0x00,	/* item 7 */
	[8] = 0x01, 0x00, 0x00, 0x00,	/* a string */
	[12] = 0x0e, 0x00, 0x00, 0x00,	/* key: 14 bytes */
	[16] = 0x08, 0x00, 0x00, 0x00,	/* value: 8 bytes */
	[20] = 'O', 0, 'S', 0, 'N', 0, 'a', 0, 'm', 0, 'e', 0, 0, 0,
	[532] = 0xac, 0x20, 'i', 0, 'x', 0, 0, 0,
};

/* One adapter in text: 10.1.2.3/20 and fe80::1/64, by DHCP. */
static const u8 __maybe_unused vec_kvp_ip_string[7428] = {
	0x05, 0x00,			/* SET_IP_INFO */
	[2] = '{', 0, 'A', 0, '}', 0, 0, 0,
	[258] = 3,			/* both families */
	[259] = 1,			/* DHCP */
	[260] = '1', 0, '0', 0, '.', 0, '1', 0, '.', 0, '2', 0, '.', 0, '3', 0,
	';', 0, 'f', 0, 'e', 0, '8', 0, '0', 0, ':', 0, ':', 0, '1', 0, 0, 0,
	[2308] = '2', 0, '5', 0, '5', 0, '.', 0, '2', 0, '5', 0, '5', 0, '.', 0,
	'2', 0, '4', 0, '0', 0, '.', 0, '0', 0, ';', 0, '/', 0, '6', 0, '4', 0, 0, 0,
	[4356] = '1', 0, '0', 0, '.', 0, '1', 0, '.', 0, '0', 0, '.', 0, '1', 0, 0, 0,
	[5380] = '9', 0, '.', 0, '9', 0, '.', 0, '9', 0, '.', 0, '9', 0, 0, 0,
};

/* The same in binary. */
static const u8 __maybe_unused vec_kvp_ip_binary[7428] = {
	0x05, 0x00,			/* SET_IP_INFO */
	[4] = 1, 0, 0, 0,		/* IPv4 addresses */
	1, 0, 0, 0,			/* IPv6 addresses */
	1, 0, 0, 0,			/* IPv4 gateways */
	0, 0, 0, 0,			/* IPv6 gateways */
	1, 0, 0, 0,			/* IPv4 name servers */
	0, 0, 0, 0,			/* IPv6 name servers */
	[28] = '{', 0, 'A', 0, '}', 0, 0, 0,
	[284] = 3,			/* both families */
	[285] = 1,			/* DHCP */
	[288] = 10, 1, 2, 3,
	[544] = 0xfe, 0x80, [559] = 1,
	[1568] = 255, 255, 240, 0,
	[1824] = 64, 0, 0, 0,
	[2080] = 10, 1, 0, 1,
	[2180] = 9, 9, 9, 9,
	[3460] = 1, 0,			/* from DHCP */
	2, 0,				/* static */
};

#endif
