/* SPDX-License-Identifier: GPL-2.0 */
/* How VMBus names classes and instances of devices. */
#ifndef HVHOST_GUID_H
#define HVHOST_GUID_H

#include <stdint.h>

struct hv_guid {
	uint8_t bytes[16];	/* as on the wire: first three groups little-endian */
};

/** hv_guid_parse() - from "57164f39-9115-4e78-ab55-382f3bd5422d"; aborts on a bad text */
struct hv_guid hv_guid_parse(const char *text);

#define HV_GUID_TEXT	37

/** hv_guid_compare() - as their texts compare: negative, 0 or positive */
int hv_guid_compare(const struct hv_guid *a, const struct hv_guid *b);

/** hv_guid_format() - the reverse; @text has HV_GUID_TEXT bytes */
const char *hv_guid_format(const struct hv_guid *guid, char *text);

#endif
