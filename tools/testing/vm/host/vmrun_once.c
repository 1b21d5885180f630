// SPDX-License-Identifier: GPL-2.0
/*
 * A module of the first level that keeps QEMU's emulation of AMD-V from injecting an interrupt
 * twice.
 *
 * QEMU enters the guest with an interrupt and leaves the vector behind as the exception that its
 * loop is to raise. The next exit of the guest or exception in it clears that. If another thread of
 * QEMU kicks the processor before, the loop raises the vector again, and does not ask whether the
 * guest takes interrupts: it then waits for a lock that it holds, or has an interrupt in the first
 * instruction of another. So this makes the guest exit as soon as it has been entered with an
 * interrupt, as KVM itself does where it needs that: by an interrupt that waits for this processor.
 * Since an exit takes long, this is done for timers alone, whose interrupt takes locks of all
 * kinds.
 *
 * With each exit KVM takes back that the guest may acknowledge its interrupt by a page and without
 * an exit, and it gives this anew when it looks for events: so it is asked to look.
 */
#include <linux/kprobes.h>
#include <linux/kvm_host.h>
#include <linux/module.h>
#include <linux/smp.h>

#include <asm/irq_vectors.h>

/* Interrupts are off until the guest runs. */
static int before_run(struct kprobe *probe, struct pt_regs *regs)
{
	struct kvm_vcpu *vcpu = (struct kvm_vcpu *)regs->di;
	const struct kvm_queued_interrupt *interrupt = &vcpu->arch.interrupt;

	if (interrupt->injected && (interrupt->nr == LOCAL_TIMER_VECTOR ||
				    interrupt->nr == HYPERV_STIMER0_VECTOR)) {
		smp_send_reschedule(smp_processor_id());
		kvm_make_request(KVM_REQ_EVENT, vcpu);
	}
	return 0;
}

static struct kprobe probe = {
	.symbol_name = "svm_vcpu_run",
	.pre_handler = before_run,
};

static int __init vmrun_once_init(void)
{
	return register_kprobe(&probe);
}
module_init(vmrun_once_init);

static void __exit vmrun_once_exit(void)
{
	unregister_kprobe(&probe);
}
module_exit(vmrun_once_exit);

MODULE_DESCRIPTION("No second injection of an interrupt by QEMU");
MODULE_LICENSE("GPL");
