// SPDX-License-Identifier: GPL-2.0
/* The map of memory that the guest's kernel is told. */
#include <asm/bootparam.h>

#include "boot.h"
#include "disk.h"
#include "unit.h"

static bool is_range(const struct boot_params *boot, unsigned int i, uint64_t start, uint64_t end,
		     uint32_t type)
{
	const struct boot_e820_entry *entry = &boot->e820_table[i];

	return entry->addr == start && entry->addr + entry->size == end && entry->type == type;
}

static bool is_ordered(const struct boot_params *boot)
{
	for (unsigned int i = 1; i < boot->e820_entries; i++) {
		const struct boot_e820_entry *before = &boot->e820_table[i - 1];

		if (before->addr + before->size > boot->e820_table[i].addr)
			return false;
	}
	return true;
}

int main(void)
{
	const uint64_t gib = 1 << 30, top = 4 * gib;
	struct hv_disk disk = {};
	struct hv_host host = { .memory_size = 3 * gib, .disk = &disk };
	struct boot_params boot = { .e820_entries = 7 };

	hv_boot_memory(&host, &boot);
	unit_check(boot.e820_entries == 3, "memory below and above the hole, and the hole");
	unit_check(is_range(&boot, 2, 1 << 20, 3 * gib, 1), "memory ends where it does");
	disk.size = gib;
	hv_boot_memory(&host, &boot);
	unit_check(boot.e820_entries == 4, "a disk is a range of its own");
	unit_check(is_range(&boot, 3, top, top + gib, 12), "of type 12, above 4 GiB");
	disk.second = gib / 4;
	hv_boot_memory(&host, &boot);
	unit_check(boot.e820_entries == 5 &&
		   is_range(&boot, 3, top, top + gib - gib / 4 - HV_DISK_GAP, 12) &&
		   is_range(&boot, 4, top + gib - gib / 4, top + gib, 12), "two, with a gap");
	unit_check(is_ordered(&boot), "ranges are in order and apart, with as much memory as may be");
	return unit_done();
}
