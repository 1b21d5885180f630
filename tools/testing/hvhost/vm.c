// SPDX-License-Identifier: GPL-2.0
#include "vm.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/kvm.h>

#include "disk.h"

/* The reference counter starts here: a guest may be told of times before its boot. */
#define REFERENCE_START_NS	(3600 * 1000000000ull)

/*
 * KVM can give the guest a clock page only while this kernel's own clock is the
 * TSC. Otherwise each look at the clock is an exit, and under emulation the
 * guest does little else.
 */
static void check_clock(void)
{
	char clock[32] = "";
	FILE *file = fopen("/sys/devices/system/clocksource/clocksource0/current_clocksource",
			   "r");

	if (!file)
		return;
	if (fgets(clock, sizeof(clock), file) && strcmp(clock, "tsc\n")) {
		hv_complain("guests will be slow: this kernel's clock is %.*s, not tsc",
			    (int)strcspn(clock, "\n"), clock);
		hv_complain("boot it with tsc=reliable");
	}
	fclose(file);
}

static int give_memory(struct hv_vm *vm, unsigned int slot, uint64_t gpa, void *bytes, size_t size)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot,
		.guest_phys_addr = gpa,
		.memory_size = size,
		.userspace_addr = (uintptr_t)bytes,
	};

	return size ? ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region) : 0;
}

int hv_vm_make(struct hv_host *host)
{
	struct kvm_pit_config pit = { .flags = KVM_PIT_SPEAKER_DUMMY };
	uint64_t identity_map = 0xfffbc000;
	struct hv_vm *vm = host->vm;
	int ret;

	vm->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (vm->kvm < 0) {
		hv_complain("/dev/kvm: %m; load kvm_intel or kvm_amd, or use tools/testing/vm/run");
		return -ENODEV;
	}
	if (ioctl(vm->kvm, KVM_CHECK_EXTENSION, KVM_CAP_HYPERV_SYNIC2) <= 0) {
		hv_complain("this KVM does not emulate Hyper-V (no KVM_CAP_HYPERV_SYNIC2)");
		hv_complain("use tools/testing/vm/run, which brings one along");
		return -ENODEV;
	}
	check_clock();
	vm->run_size = ioctl(vm->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	vm->fd = ioctl(vm->kvm, KVM_CREATE_VM, 0);
	if (vm->fd < 0) {
		ret = -errno;
		hv_complain("KVM_CREATE_VM: %m");
		return ret;
	}
	ret = hv_memory_map(host);
	if (ret)
		return ret;
	if (ioctl(vm->fd, KVM_SET_TSS_ADDR, 0xfffbd000) ||
	    ioctl(vm->fd, KVM_SET_IDENTITY_MAP_ADDR, &identity_map) ||
	    ioctl(vm->fd, KVM_CREATE_IRQCHIP, 0) || ioctl(vm->fd, KVM_CREATE_PIT2, &pit) ||
	    give_memory(vm, 0, 0, host->memory, host->memory_size) ||
	    give_memory(vm, 1, HV_DISK_BASE, host->disk->bytes, host->disk->size)) {
		ret = -errno;
		hv_complain("KVM: no PC to be had: %m");
		return ret;
	}
	return 0;
}

/* PIC, IOAPIC as on every PC; after them one line per vCPU for its VMBus interrupt. */
static int route_interrupts(struct hv_host *host)
{
	struct kvm_irq_routing_entry entries[64] = {}, *entry = entries;
	struct {
		struct kvm_irq_routing head;
		struct kvm_irq_routing_entry entries[64];
	} routing = {};

	for (unsigned int gsi = 0; gsi < HV_SINT_GSI; gsi++) {
		if (gsi == 2)
			continue;		/* PIC: cascade. IOAPIC: pin 2 is the PIT's */
		if (gsi < 16) {
			*entry++ = (struct kvm_irq_routing_entry) {
				.gsi = gsi,
				.type = KVM_IRQ_ROUTING_IRQCHIP,
				.u.irqchip = { gsi < 8 ? KVM_IRQCHIP_PIC_MASTER :
					       KVM_IRQCHIP_PIC_SLAVE, gsi % 8 },
			};
		}
		*entry++ = (struct kvm_irq_routing_entry) {
			.gsi = gsi,
			.type = KVM_IRQ_ROUTING_IRQCHIP,
			.u.irqchip = { KVM_IRQCHIP_IOAPIC, gsi ? gsi : 2 },
		};
	}
	for (unsigned int i = 0; i < host->config.vcpus; i++) {
		*entry++ = (struct kvm_irq_routing_entry) {
			.gsi = HV_SINT_GSI + i,
			.type = KVM_IRQ_ROUTING_HV_SINT,
			.u.hv_sint = { i, HV_SINT_VMBUS },
		};
	}
	routing.head.nr = entry - entries;
	memcpy(routing.entries, entries, sizeof(entries));
	return ioctl(host->vm->fd, KVM_SET_GSI_ROUTING, &routing);
}

int hv_vm_connect(struct hv_host *host)
{
	struct kvm_clock_data clock = { .clock = REFERENCE_START_NS };
	int ret = 0;

	if (route_interrupts(host)) {
		ret = -errno;
		hv_complain("KVM: interrupt routing: %m");
	} else if (ioctl(host->vm->fd, KVM_SET_CLOCK, &clock)) {
		ret = -errno;
		hv_complain("KVM_SET_CLOCK: %m");
	}
	return ret;
}

void hv_vm_free(struct hv_host *host)
{
	struct hv_vm *vm = host->vm;

	hv_memory_unmap(host);
	if (vm->fd >= 0)
		close(vm->fd);
	if (vm->kvm >= 0)
		close(vm->kvm);
	vm->fd = -1;
	vm->kvm = -1;
}

void hv_irq(struct hv_host *host, unsigned int gsi, bool level)
{
	struct kvm_irq_level irq = { .irq = gsi, .level = level };

	/* Fails only while the guest has not set its vector. */
	ioctl(host->vm->fd, KVM_IRQ_LINE, &irq);
}
