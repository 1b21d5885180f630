// SPDX-License-Identifier: GPL-2.0
/*
 * Facts about the guest, as items of pool 2.
 *
 * The host's tools look for these keys by name. The first ten have the places that they have with
 * the kernel's own daemon.
 */
#include "items.h"

#include <string.h>

#include "adapters.h"
#include "array.h"
#include "hostname.h"
#include "stamp.h"

/* What a host shows of a value: 1,023 letters. */
#define VALUE_SIZE 1024

/* --- Values. ----------------------------------------------------------------------------- */

static void put(char *value, const char *text)
{
	snprintf(value, VALUE_SIZE, "%s", text);
}

static void name(const struct hvic_items *items, char *value)
{
	put(value, items->name);
}

static void services_version(const struct hvic_items *items, char *value)
{
	put(value, items->settings->kvp.version);
}

static void addresses(const struct hvic_items *items, uint8_t family, char *value)
{
	if (items->net)
		hvic_adapters_list(items->net, items->settings->kvp.exclude_interfaces, family,
				   value, VALUE_SIZE);
}

static void addresses_v4(const struct hvic_items *items, char *value)
{
	addresses(items, 4, value);
}

static void addresses_v6(const struct hvic_items *items, char *value)
{
	addresses(items, 6, value);
}

static void kernel_release(const struct hvic_items *items, char *value)
{
	put(value, items->system.release);
}

/* "6.1.0-37-amd64" is 6.1.0. */
static void kernel_version(const struct hvic_items *items, char *value)
{
	snprintf(value, VALUE_SIZE, "%.*s", (int)strcspn(items->system.release, "-"),
		 items->system.release);
}

static void machine(const struct hvic_items *items, char *value)
{
	put(value, items->system.machine);
}

static void os_name(const struct hvic_items *items, char *value)
{
	put(value, items->os.name);
}

/* A distribution without versions has builds, perhaps. */
static const char *os_version(const struct hvic_items *items)
{
	return items->os.version_id[0] ? items->os.version_id : items->os.build_id;
}

static void os_version_all(const struct hvic_items *items, char *value)
{
	put(value, os_version(items));
}

static void os_version_major(const struct hvic_items *items, char *value)
{
	const char *version = os_version(items);

	snprintf(value, VALUE_SIZE, "%.*s", (int)strcspn(version, "."), version);
}

static void os_version_minor(const struct hvic_items *items, char *value)
{
	const char *version = os_version(items);

	version += strcspn(version, ".");
	put(value, *version ? version + 1 : "");
}

/* 2 is Windows NT, which this is not. */
static void platform(const struct hvic_items *items, char *value)
{
	(void)items;
	put(value, "1");
}

static const struct {
	const char *key;
	void (*value)(const struct hvic_items *items, char *value);
} facts[] = {
	{ "FullyQualifiedDomainName", name },
	{ "IntegrationServicesVersion", services_version },
	{ "NetworkAddressIPv4", addresses_v4 },
	{ "NetworkAddressIPv6", addresses_v6 },
	{ "OSBuildNumber", kernel_release },
	{ "OSName", os_name },
	{ "OSMajorVersion", os_version_major },
	{ "OSMinorVersion", os_version_minor },
	{ "OSVersion", kernel_version },
	{ "ProcessorArchitecture", machine },
	{ "OSDistributionName", os_name },
	{ "OSDistributionData", os_version_all },
	{ "OSKernelVersion", kernel_release },
	{ "OSPlatformId", platform },
};

/* --- Items. ------------------------------------------------------------------------------ */

/**
 * hvic_items_refresh() - learn what has changed
 * @items: the facts; with a stamp of 0 at first
 *
 * Where nothing has changed, no file is read.
 */
void hvic_items_refresh(struct hvic_items *items)
{
	static const char *const files[] = {
		"etc/os-release", "etc/hosts", "etc/resolv.conf",
	};
	uint64_t stamp = hvic_stamp(items->root, files, ARRAY_SIZE(files));
	struct utsname system = { };

	items->uname(&system);
	if (stamp == items->stamp && !memcmp(&system, &items->system, sizeof(system)))
		return;
	items->stamp = stamp;
	items->system = system;
	hvic_os_release_read(&items->os, items->root);
	hvic_hostname_qualify(items->root, system.nodename, items->name, sizeof(items->name));
}

/** hvic_items_known() - have they been learnt at all? */
bool hvic_items_known(const struct hvic_items *items)
{
	return items->stamp;
}

/**
 * hvic_items_at() - an item by its index
 * @items: the facts
 * @index: from 0
 * @item: gets its type, key and value
 *
 * Return: is there one?
 */
bool hvic_items_at(const struct hvic_items *items, size_t index, struct hv_ic_kvp_item *item)
{
	if (index >= ARRAY_SIZE(facts))
		return false;
	item->type = HV_IC_KVP_STRING;
	strcpy(item->key, facts[index].key);
	item->value[0] = '\0';
	facts[index].value(items, item->value);
	return true;
}

/** hvic_items_get() - an item by its key; is there one? */
bool hvic_items_get(const struct hvic_items *items, const char *key, struct hv_ic_kvp_item *item)
{
	for (size_t i = 0; i < ARRAY_SIZE(facts); i++)
		if (!strcmp(facts[i].key, key))
			return hvic_items_at(items, i, item);
	return false;
}
