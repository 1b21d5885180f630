// SPDX-License-Identifier: GPL-2.0
#include "cpu.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <linux/kvm.h>

#include "boot.h"
#include "vm.h"

#define MAX_CPUID	256u

#define MSR_HYPERCALL		0x40000001
#define MSR_TIME_REF_COUNT	0x40000020
#define MSR_AMD64_DE_CFG	0xc0011029

#define FEATURES_LEAF		0x40000003u
#define ISOLATION_LEAF		0x4000000cu
#define HYPERVISOR_FIRST	0x40000000u
#define HYPERVISOR_LAST		0x400001ffu

static const struct kvm_cpuid_entry2 hyperv_leaves[] = {
	/* "Microsoft Hv": KVM's own signature would make Linux a KVM guest. */
	{ .function = HYPERVISOR_FIRST, .eax = 0x40000006,
	  .ebx = 0x7263694d, .ecx = 0x666f736f, .edx = 0x76482074 },
	/* "Hv#1": from now on KVM emulates hypercalls and MSRs of Hyper-V. */
	{ .function = 0x40000001, .eax = 0x31237648 },
	/* Windows Server 2016 */
	{ .function = 0x40000002, .eax = 14393, .ebx = 10 << 16 },
	/*
	 * EAX: reference counter, SynIC, APIC, hypercalls, VP index, reference TSC,
	 * frequencies. EBX: post messages, signal events. EDX: frequencies, crash
	 * MSRs. No synthetic timers: their messages would share VMBus' source.
	 */
	{ .function = FEATURES_LEAF, .eax = 0xa76, .ebx = 0x30, .edx = 0x500 },
	/* The APIC by MSRs, no auto-EOI, never notify of long spinning. */
	{ .function = 0x40000004, .eax = 0x208, .ebx = 0xffffffff },
	{ .function = 0x40000005, .eax = 0x400, .ebx = 0x40 },
	{ .function = 0x40000006 },
	{ .function = ISOLATION_LEAF },
};

/*
 * Each vCPU is a core of one package: the simplest topology, told in all the
 * ways there are. KVM fills in the CPU that it happens to run on, which would
 * give all vCPUs the same id.
 *
 * XSAVE and what depends on it is hidden: under emulation its layout does not
 * match what the guest computes. So is nested virtualisation.
 */
static void adjust_leaf(struct kvm_cpuid_entry2 *leaf, unsigned int id, unsigned int count)
{
	unsigned int bits = count > 1 ? 32 - __builtin_clz(count - 1) : 0;

	switch (leaf->function) {
	case 1:
		leaf->ebx = (leaf->ebx & 0xffff) | count << 16 | id << 24;
		leaf->ecx |= BIT(31);				/* hypervisor */
		leaf->ecx &= ~(BIT(26) | BIT(27));		/* XSAVE, OSXSAVE */
		leaf->ecx &= ~(BIT(12) | BIT(28) | BIT(29));	/* FMA, AVX, F16C */
		leaf->ecx &= ~BIT(5);				/* VMX */
		leaf->edx = count > 1 ? leaf->edx | BIT(28) : leaf->edx & ~BIT(28);
		break;
	case 4:
		leaf->eax = (leaf->eax & 0x3fff) | (count - 1) << 26;
		break;
	case 7:
		if (leaf->index)
			break;
		leaf->ebx &= ~(BIT(5) | BIT(14) | BIT(16) | BIT(17) | BIT(21) | BIT(26) |
			       BIT(27) | BIT(28) | BIT(30) | BIT(31));	/* AVX2, MPX, AVX512 */
		leaf->ecx &= ~(BIT(1) | BIT(6) | BIT(9) | BIT(10) | BIT(11) | BIT(12) | BIT(14));
		leaf->edx &= ~(BIT(2) | BIT(3) | BIT(8) | BIT(22) | BIT(23) | BIT(24) | BIT(25));
		break;
	case 0xb:
		/* Level 0: threads of a core (1). Level 1: all of the package. */
		leaf->eax = leaf->index == 1 ? bits : 0;
		leaf->ebx = leaf->index == 0 ? 1 : leaf->index == 1 ? count : 0;
		leaf->ecx = leaf->index | (leaf->index < 2 ? leaf->index + 1 : 0) << 8;
		leaf->edx = id;
		break;
	case 0x80000001:
		/* SVM, XOP, FMA4, TOPOEXT */
		leaf->ecx &= ~(BIT(2) | BIT(11) | BIT(16) | BIT(22));
		leaf->ecx = count > 1 ? leaf->ecx | BIT(1) : leaf->ecx & ~BIT(1);
		break;
	case 0x80000008:
		leaf->ecx = (leaf->ecx & ~0xf0ffu) | (count - 1) | bits << 12;
		break;
	}
}

/* Isolated by the hypervisor itself (VBS), which needs nothing of the processor. */
static void isolate_leaf(struct kvm_cpuid_entry2 *leaf)
{
	if (leaf->function == HYPERVISOR_FIRST)
		leaf->eax = ISOLATION_LEAF;
	else if (leaf->function == FEATURES_LEAF)
		leaf->ebx |= BIT(22);
	else if (leaf->function == ISOLATION_LEAF)
		leaf->ebx = 1;
}

static bool hidden_leaf(uint32_t function)
{
	switch (function) {
	case HYPERVISOR_FIRST ... HYPERVISOR_LAST:
	case 0xb:		/* made below */
	case 0xd:		/* XSAVE */
	case 0x1f:		/* topology, second edition */
	case 0x8000000a:	/* SVM */
	case 0x8000001d:	/* need TOPOEXT */
	case 0x8000001e:
		return true;
	}
	return false;
}

static int set_cpuid(struct hv_vcpu *vcpu)
{
	size_t size = sizeof(struct kvm_cpuid2) + MAX_CPUID * sizeof(struct kvm_cpuid_entry2);
	struct kvm_cpuid2 *cpuid = calloc(1, size);
	uint32_t kept = 0;
	int ret = 0;

	if (!cpuid)
		abort();
	cpuid->nent = MAX_CPUID / 2;		/* room for ours */
	if (ioctl(vcpu->host->vm->kvm, KVM_GET_SUPPORTED_CPUID, cpuid))
		ret = -errno;
	for (uint32_t i = 0; !ret && i < cpuid->nent; i++) {
		if (!hidden_leaf(cpuid->entries[i].function))
			cpuid->entries[kept++] = cpuid->entries[i];
	}
	for (uint32_t level = 0; level < 3; level++) {
		cpuid->entries[kept++] = (struct kvm_cpuid_entry2) {
			.function = 0xb,
			.index = level,
			.flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX,
		};
	}
	memcpy(cpuid->entries + kept, hyperv_leaves, sizeof(hyperv_leaves));
	cpuid->nent = kept + ARRAY_SIZE(hyperv_leaves);
	for (uint32_t i = 0; i < cpuid->nent; i++) {
		adjust_leaf(&cpuid->entries[i], vcpu->index, vcpu->host->config.vcpus);
		if (vcpu->host->config.isolated)
			isolate_leaf(&cpuid->entries[i]);
	}
	if (!ret && ioctl(vcpu->fd, KVM_SET_CPUID2, cpuid))
		ret = -errno;
	if (ret)
		hv_complain("vCPU %u: CPUID: %s", vcpu->index, strerror(-ret));
	free(cpuid);
	return ret;
}

/*
 * KVM starts this register of AMD's with 0, but lets the guest write only what the
 * CPU below has. A guest writes what it read before when it wakes from hibernation.
 */
static void set_de_cfg(struct hv_vcpu *vcpu)
{
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry entry;
	} msrs = { .head.nmsrs = 1, .entry.index = MSR_AMD64_DE_CFG };

	if (ioctl(vcpu->host->vm->kvm, KVM_GET_MSRS, &msrs) == 1)
		ioctl(vcpu->fd, KVM_SET_MSRS, &msrs);
}

static int set_up(struct hv_vcpu *vcpu)
{
	struct kvm_enable_cap synic = { .cap = KVM_CAP_HYPERV_SYNIC2 };

	if (ioctl(vcpu->fd, KVM_ENABLE_CAP, &synic)) {
		int error = errno;

		hv_complain("vCPU %u: synthetic interrupts: %s", vcpu->index, strerror(error));
		return -error;
	}
	set_de_cfg(vcpu);
	return set_cpuid(vcpu);
}

int hv_cpu_make(struct hv_host *host, unsigned int index)
{
	struct hv_vcpu *vcpu = &host->vcpus[index];
	int ret;

	*vcpu = (struct hv_vcpu) { .host = host, .index = index };
	vcpu->fd = ioctl(host->vm->fd, KVM_CREATE_VCPU, index);
	if (vcpu->fd < 0)
		goto error;
	vcpu->run = mmap(NULL, host->vm->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->fd,
			 0);
	if (vcpu->run == MAP_FAILED)
		goto error;
	return set_up(vcpu);

error:
	ret = -errno;
	vcpu->run = NULL;
	hv_complain("vCPU %u: %m", index);
	return ret;
}

void hv_cpu_free(struct hv_vcpu *vcpu)
{
	if (!vcpu->host)
		return;
	if (vcpu->run)
		munmap(vcpu->run, vcpu->host->vm->run_size);
	if (vcpu->fd >= 0)
		close(vcpu->fd);
	*vcpu = (struct hv_vcpu) {};
}

/* The others wait for the guest's start-up IPI, as they come from KVM. */
int hv_cpu_boot(struct hv_vcpu *vcpu, uint64_t entry)
{
	const struct kvm_segment code = {
		.limit = 0xffffffff, .selector = 0x10, .type = 11, .present = 1, .s = 1, .l = 1,
		.g = 1,
	};
	const struct kvm_segment data = {
		.limit = 0xffffffff, .selector = 0x18, .type = 3, .present = 1, .s = 1, .db = 1,
		.g = 1,
	};
	struct kvm_regs regs = {
		.rip = entry, .rsi = HV_BOOT_PARAMS, .rsp = HV_BOOT_STACK, .rflags = 2,
	};
	struct kvm_sregs sregs;

	if (ioctl(vcpu->fd, KVM_GET_SREGS, &sregs))
		goto error;
	sregs.cs = code;
	sregs.ds = data;
	sregs.es = data;
	sregs.ss = data;
	sregs.fs = data;
	sregs.gs = data;
	sregs.gdt.base = HV_BOOT_GDT;
	sregs.gdt.limit = 4 * 8 - 1;
	sregs.cr3 = HV_BOOT_TABLES;
	sregs.cr4 |= BIT(5);			/* PAE */
	sregs.cr0 |= BIT(31) | BIT(0);		/* paging, protection */
	sregs.efer |= BIT(10) | BIT(8);		/* long mode active, enabled */
	if (ioctl(vcpu->fd, KVM_SET_SREGS, &sregs) || ioctl(vcpu->fd, KVM_SET_REGS, &regs))
		goto error;
	return 0;

error:
	hv_complain("vCPU %u: registers: %m", vcpu->index);
	return -errno;
}

void hv_cpu_kick(struct hv_vcpu *vcpu)
{
	__atomic_store_n(&vcpu->run->immediate_exit, 1, __ATOMIC_SEQ_CST);
	if (vcpu->started)
		pthread_kill(vcpu->thread, SIGUSR1);
}

int hv_cpu_ioctl(struct hv_vcpu *vcpu, unsigned long request, void *argument)
{
	int ret;

	atomic_fetch_add(&vcpu->pauses, 1);
	hv_cpu_kick(vcpu);
	ret = ioctl(vcpu->fd, request, argument) < 0 ? -errno : 0;
	atomic_fetch_sub(&vcpu->pauses, 1);
	return ret;
}

void hv_cpu_share_pages(struct hv_vcpu *vcpu)
{
	static const uint8_t answer[] = {
		0x66, 0x81, 0xf9, 0xdb, 0x00,	/* cmp $0xdb, %cx	what is called? */
		0x75, 0x0c,			/* jne			something else */
		0x48, 0x89, 0xc8,		/* mov %rcx, %rax */
		0x48, 0xc1, 0xe8, 0x20,		/* shr $32, %rax	success, for as many */
		0x48, 0xc1, 0xe0, 0x20,		/* shl $32, %rax	pages as were named */
		0xc3,				/* ret */
	};
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry entry;
	} msrs = { .head.nmsrs = 1, .entry.index = MSR_HYPERCALL };
	const size_t call = 16;			/* KVM's own code is shorter */
	uint8_t *page;

	hv_cpu_ioctl(vcpu, KVM_GET_MSRS, &msrs);
	page = hv_memory(vcpu->host, msrs.entry.data & ~0xfffull, 4096);
	if (!(msrs.entry.data & BIT(0)) || !page || !memcmp(page, answer, sizeof(answer)))
		return;
	memmove(page + sizeof(answer), page, call);
	memcpy(page, answer, sizeof(answer));
}

bool hv_cpu_idle(struct hv_vcpu *vcpu)
{
	struct kvm_mp_state mp;
	struct kvm_regs regs;

	if (hv_cpu_ioctl(vcpu, KVM_GET_MP_STATE, &mp) || hv_cpu_ioctl(vcpu, KVM_GET_REGS, &regs))
		return false;
	if (mp.mp_state == KVM_MP_STATE_UNINITIALIZED)
		return true;			/* never started */
	return mp.mp_state == KVM_MP_STATE_HALTED && regs.rflags & BIT(9);
}

/* The words from @stack on, within a page. The last one printed is returned, or 0. */
static uint64_t describe_stack(struct hv_vcpu *vcpu, uint64_t stack, FILE *out)
{
	const unsigned int most = 40, in_line = 4;
	unsigned int left = (HV_PAGE_SIZE - stack % HV_PAGE_SIZE) / sizeof(uint64_t);
	unsigned int count = left < most ? left : most;
	struct kvm_translation to = { .linear_address = stack };
	const uint64_t *words = NULL;

	if (stack % sizeof(uint64_t) == 0 && !hv_cpu_ioctl(vcpu, KVM_TRANSLATE, &to) && to.valid)
		words = hv_memory(vcpu->host, to.physical_address, count * sizeof(uint64_t));
	if (!words)
		return 0;
	for (unsigned int i = 0; i < count; i++)
		fprintf(out, "%s %016llx%s", i % in_line ? "" : "  stack",
			(unsigned long long)words[i],
			i % in_line == in_line - 1 || i == count - 1 ? "\n" : "");
	return words[count - 1];
}

void hv_cpu_describe(struct hv_vcpu *vcpu, FILE *out)
{
	static const char * const states[] = {
		[KVM_MP_STATE_RUNNABLE] = "runnable",
		[KVM_MP_STATE_UNINITIALIZED] = "not started",
		[KVM_MP_STATE_INIT_RECEIVED] = "waits for start-up",
		[KVM_MP_STATE_HALTED] = "halted",
		[KVM_MP_STATE_SIPI_RECEIVED] = "starts up",
	};
	struct kvm_mp_state mp;
	struct kvm_regs regs;
	struct kvm_sregs sregs;

	if (hv_cpu_ioctl(vcpu, KVM_GET_MP_STATE, &mp) ||
	    hv_cpu_ioctl(vcpu, KVM_GET_REGS, &regs) ||
	    hv_cpu_ioctl(vcpu, KVM_GET_SREGS, &sregs)) {
		fprintf(out, "vCPU %u: cannot be looked into\n", vcpu->index);
		return;
	}
	fprintf(out, "vCPU %u %s\n", vcpu->index,
		mp.mp_state < ARRAY_SIZE(states) ? states[mp.mp_state] : "odd");
	fprintf(out, "  rip %016llx flags %08llx cs %04x efer %llx\n",
		regs.rip, regs.rflags, sregs.cs.selector, sregs.efer);
	fprintf(out, "  cr0 %016llx cr2 %016llx cr3 %016llx cr4 %016llx\n",
		sregs.cr0, sregs.cr2, sregs.cr3, sregs.cr4);
	fprintf(out, "  rax %016llx rbx %016llx rcx %016llx rdx %016llx\n",
		regs.rax, regs.rbx, regs.rcx, regs.rdx);
	fprintf(out, "  rsi %016llx rdi %016llx rsp %016llx rbp %016llx\n",
		regs.rsi, regs.rdi, regs.rsp, regs.rbp);
	fprintf(out, "  r8  %016llx r9  %016llx r10 %016llx r11 %016llx\n",
		regs.r8, regs.r9, regs.r10, regs.r11);
	fprintf(out, "  r12 %016llx r13 %016llx r14 %016llx r15 %016llx\n",
		regs.r12, regs.r13, regs.r14, regs.r15);
	fprintf(out, "  cs base %llx ss %04x ds %04x gdt %llx/%x idt %llx/%x tr %04x %llx\n",
		sregs.cs.base, sregs.ss.selector, sregs.ds.selector, sregs.gdt.base,
		sregs.gdt.limit, sregs.idt.base, sregs.idt.limit, sregs.tr.selector,
		sregs.tr.base);
	/* The last word of an interrupt's stack is where the stack goes on that it interrupted. */
	describe_stack(vcpu, describe_stack(vcpu, regs.rsp, out), out);
}

static uint64_t realtime(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

/* KVM since 5.16 reads both in one breath, while this kernel's own clock is the TSC. */
static bool read_together(struct hv_host *host, struct hv_moment *now)
{
	struct kvm_clock_data clock = {};

	if (ioctl(host->vm->fd, KVM_GET_CLOCK, &clock) || !(clock.flags & KVM_CLOCK_REALTIME))
		return false;
	now->reference = clock.clock / 100;
	now->realtime = clock.realtime;
	return true;
}

/* The clock before and after: the narrowest of some brackets, and its middle. */
static int read_between(struct hv_host *host, struct hv_moment *now)
{
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry entry;
	} msrs = { .head.nmsrs = 1, .entry.index = MSR_TIME_REF_COUNT };
	uint64_t narrowest = UINT64_MAX;

	for (int i = 0; i < 4; i++) {
		uint64_t before = realtime(), width;
		int ret = hv_cpu_ioctl(&host->vcpus[0], KVM_GET_MSRS, &msrs);

		if (ret)
			return ret;
		width = realtime() - before;
		if (width > narrowest)
			continue;
		narrowest = width;
		now->reference = msrs.entry.data;
		now->realtime = before + width / 2;
	}
	return 0;
}

int hv_now(struct hv_host *host, struct hv_moment *now)
{
	int ret = -ESHUTDOWN;

	hv_lock(host);
	*now = (struct hv_moment) { .realtime = realtime() };
	if (host->state == HV_RUNNING)
		ret = read_together(host, now) ? 0 : read_between(host, now);
	hv_unlock(host);
	return ret;
}
