// SPDX-License-Identifier: GPL-2.0
/* The PCI that Linux looks for before it looks at persistent memory. */
#include <stddef.h>

#include <linux/kvm.h>

#include "disk.h"
#include "ports.h"
#include "unit.h"

static struct page {
	struct kvm_run run;
	uint32_t data;
} page;

static uint32_t port(struct hv_host *host, uint8_t direction, uint16_t number, uint8_t size,
		     uint32_t value)
{
	page.run.io.direction = direction;
	page.run.io.port = number;
	page.run.io.size = size;
	page.run.io.count = 1;
	page.run.io.data_offset = offsetof(struct page, data);
	page.data = value;
	hv_ports_access(host, &page.run);
	return page.data;
}

static uint32_t look(struct hv_host *host, uint32_t address, unsigned int at, uint8_t size)
{
	port(host, KVM_EXIT_IO_OUT, 0xcf8, 4, address);
	return port(host, KVM_EXIT_IO_IN, 0xcfc + at, size, 0);
}

int main(void)
{
	struct hv_disk disk = {};
	struct hv_ports ports = {};
	struct hv_host host = { .disk = &disk, .ports = &ports };

	unit_check(look(&host, 0x80000000, 0, 4) == ~0u, "no disk, no bridge");
	unit_check(port(&host, KVM_EXIT_IO_IN, 0xcf8, 4, 0) == ~0u, "and no way to ask for one");
	disk.size = HV_DISK_ALIGN;
	unit_check(look(&host, 0x80000000, 0, 4) == 0x71928086, "who made it");
	unit_check(port(&host, KVM_EXIT_IO_IN, 0xcf8, 4, 0) == 0x80000000, "the address is kept");
	unit_check(look(&host, 0x80000008, 2, 2) == 0x0600, "a host bridge, by the half word");
	unit_check(look(&host, 0x80000010, 0, 4) == 0, "without a window");
	unit_check(look(&host, 0x80000800, 0, 4) == ~0u, "and no device beside it");
	return unit_done();
}
