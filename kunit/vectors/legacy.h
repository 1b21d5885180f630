/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Messages of the daemons of the kernel's own driver.
 *
 * Origin: built from the documented layout. Numbers are in the byte order of the
 * machine, which is little endian wherever there is a Hyper-V.
 */
#ifndef HVIC_VECTORS_LEGACY_H
#define HVIC_VECTORS_LEGACY_H

/* --- hv_kvp_daemon: all messages are of one length. ----------------------------- */

static const u8 __maybe_unused vec_legacy_kvp_register[7432] = {
	100,
};

static const u8 __maybe_unused vec_legacy_kvp_register_old[7432] = {
	4,
};

static const u8 __maybe_unused vec_legacy_kvp_consent[7432] = {
	100,
	[4] = '3', '.', '1',
};

static const u8 __maybe_unused vec_legacy_kvp_get[7432] = {
	0x00, 0x01,			/* GET, pool */
	[8] = 0x03, 0x00, 0x00, 0x00,	/* bytes of the key, with the NUL */
	[12] = 0x00, 0x08, 0x00, 0x00,	/* bytes of the value that are wanted */
	[16] = 0xc3, 0xbc,
};

static const u8 __maybe_unused vec_legacy_kvp_set[7432] = {
	0x01, 0x03,			/* SET, pool */
	[8] = 0x02, 0x00, 0x00, 0x00,	/* bytes of the key */
	[12] = 0x04, 0x00, 0x00, 0x00,	/* bytes of the value */
	[16] = 'k',
	[528] = 'v', '\n', '2',
};

static const u8 __maybe_unused vec_legacy_kvp_delete[7432] = {
	0x02, 0x00,			/* DELETE, pool */
	[4] = 0x04, 0x00, 0x00, 0x00,	/* bytes of the key */
	[8] = 'o', 'l', 'd',
};

static const u8 __maybe_unused vec_legacy_kvp_enumerate[7432] = {
	0x03, 0x02,			/* ENUMERATE, pool */
	[4] = 0x04, 0x03, 0x02, 0x01,	/* index */
};

static const u8 __maybe_unused vec_legacy_kvp_get_ip[7432] = {
	0x04,				/* GET_IP */
	[4] = '0', '0', ':', '1', '5',
};

static const u8 __maybe_unused vec_legacy_kvp_set_ip[7432] = {
	0x05,				/* SET_IP */
	[4] = '{', 'A', '}',
	[260] = 0x03, 0x01,		/* both families, DHCP */
	[262] = '1', '0', '.', '0', '.', '0', '.', '2', ';', 'f', 'd', '0', '0', ':', ':', '2',
	[2310] = '2', '5', '5', '.', '0', '.', '0', '.', '0', ';', '/', '6', '4',
	[4358] = '1', '0', '.', '0', '.', '0', '.', '1',
	[5382] = 'f', 'd', '0', '0', ':', ':', '5', '3',
};

/* Answers: a status, and where there is one the payload. */
static const u8 __maybe_unused vec_legacy_kvp_got[7432] = {
	[8] = 0x02, 0x00, 0x00, 0x00,
	[12] = 0x03, 0x00, 0x00, 0x00,
	[16] = 'k',
	[528] = 0xc3, 0xbc,
};

static const u8 __maybe_unused vec_legacy_kvp_item[7432] = {
	[4] = 0x01, 0x00, 0x00, 0x00,	/* index */
	[12] = 0x03, 0x00, 0x00, 0x00,
	[16] = 0x02, 0x00, 0x00, 0x00,
	[20] = 'k', '2',
	[532] = 'v',
};

static const u8 __maybe_unused vec_legacy_kvp_end[7432] = {
	0x03, 0x01, 0x07, 0x80,		/* no more items */
};

static const u8 __maybe_unused vec_legacy_kvp_ip[7432] = {
	[4] = '0', '0', ':', '1', '5',
	[260] = 0x03, 0x01,		/* both families, DHCP */
	[262] = '1', '0', '.', '0', '.', '0', '.', '2', ';', 'f', 'd', '0', '0', ':', ':', '2',
	[2310] = '2', '5', '5', '.', '0', '.', '0', '.', '0', ';', '/', '6', '4', ';',
	[4358] = '1', '0', '.', '0', '.', '0', '.', '1', ';',
	[5382] = 'n', 'o', 'n', 'e', ';', 'f', 'd', '0', '0', ':', ':', '5', '3', '\n',
};

/* --- hv_vss_daemon. -------------------------------------------------------------- */

static const u8 __maybe_unused vec_legacy_vss_register[12] = {
	129,
};

static const u8 __maybe_unused vec_legacy_vss_freeze[12] = {
	0x05,
};

static const u8 __maybe_unused vec_legacy_vss_failed[12] = {
	0x05, 0x40, 0x00, 0x80,		/* E_FAIL */
};

/* --- hv_fcopy_daemon. ------------------------------------------------------------- */

static const u8 __maybe_unused vec_legacy_fcopy_version[4] = {
	0x01, 0x00, 0x00, 0x00,
};

static const u8 __maybe_unused vec_legacy_fcopy_start[1088] = {
	[36] = 'a', '.', 0xc3, 0xbc,
	[556] = '/', 't', 'm', 'p',
	[1076] = 0x03, 0x00, 0x00, 0x00,	/* overwrite, create the path */
	[1080] = 0x05, 0x04, 0x03, 0x02, 0x01, 0x00, 0x00, 0x00,
};

static const u8 __maybe_unused vec_legacy_fcopy_write[6196] = {
	0x01, 0x00, 0x00, 0x00,		/* WRITE */
	[40] = 0x00, 0x18, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00,	/* offset */
	[48] = 0x03, 0x00, 0x00, 0x00,	/* three bytes */
	[52] = 0xde, 0x00, 0xff,
};

static const u8 __maybe_unused vec_legacy_fcopy_complete[36] = {
	0x02, 0x00, 0x00, 0x00,
};

static const u8 __maybe_unused vec_legacy_fcopy_full[4] = {
	0x70, 0x00, 0x07, 0x80,		/* the disk is full */
};

#endif
