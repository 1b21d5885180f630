// SPDX-License-Identifier: GPL-2.0
/* How the id of a network adapter is written: see adapter.h. */
#include "adapter.h"

#include <linux/string.h>
#include <linux/types.h>

/* An x is a digit, a colon is a colon or a hyphen, all else is itself. */
#define MAC		"xx:xx:xx:xx:xx:xx"
#define MAC_DIGITS	"xxxxxxxxxxxx"
#define GUID		"xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"
#define GUID_IN_BRACES	"{" GUID "}"

static bool is_digit(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool fits(char c, char shape)
{
	if (shape == 'x')
		return is_digit(c);
	return c == shape || (shape == ':' && c == '-');
}

static bool has_shape(const char *id, const char *shape)
{
	while (*shape && fits(*id, *shape)) {
		id++;
		shape++;
	}
	return !*shape && !*id;
}

/* Writes the digits of @id, in lower case, where @shape has an x. */
static void reshape(char *id, const char *shape)
{
	char digits[sizeof(GUID)] = { };
	size_t n = 0, i;

	for (i = 0; id[i]; i++)
		if (is_digit(id[i]))
			digits[n++] = id[i] >= 'A' && id[i] <= 'F' ? id[i] - 'A' + 'a' : id[i];
	n = 0;
	for (i = 0; shape[i]; i++)
		id[i] = shape[i] == 'x' ? digits[n++] : shape[i];
	id[i] = 0;
}

/**
 * hvic_adapter_normalise() - write an id as Linux does
 * @id: the id, as a host has written it
 *
 * A MAC address gets lower case and colons, a GUID lower case and braces. An id of
 * any other shape stays as it is.
 */
void hvic_adapter_normalise(char id[HV_IC_KVP_ADAPTER_SIZE])
{
	if (has_shape(id, MAC) || has_shape(id, MAC_DIGITS))
		reshape(id, MAC);
	else if (has_shape(id, GUID) || has_shape(id, GUID_IN_BRACES))
		reshape(id, GUID_IN_BRACES);
}

/**
 * hvic_adapter_raise_mac() - write a MAC address as older daemons do, in upper case
 * @id: the id; stays as it is if it is no MAC address
 */
void hvic_adapter_raise_mac(char *id)
{
	if (!has_shape(id, MAC))
		return;
	for (; *id; id++)
		if (*id >= 'a' && *id <= 'f')
			*id += 'A' - 'a';
}
