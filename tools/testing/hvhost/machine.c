// SPDX-License-Identifier: GPL-2.0
/*
 * The machine: all that makes one, and its threads.
 *
 * Threads: one per vCPU, which runs the guest and handles its exits; one
 * ticker, which hands over messages that found their slot full, notices a
 * guest that does not move, and cleans up after one that has ended; and the
 * caller's.
 */
#include "machine.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/kvm.h>

#include "acpi.h"
#include "boot.h"
#include "bus.h"
#include "console.h"
#include "cpu.h"
#include "disk.h"
#include "guest.h"
#include "ports.h"
#include "synic.h"
#include "uart.h"
#include "vm.h"
#include "vmbus.h"

#define TICK_NS			1000000	/* while messages wait */
#define IDLE_TICK_NS		100000000

/**
 * struct hv_machine - the whole house
 * @host:     its ground, which is what callers have
 * @ticker:   a thread, if @ticking
 * @progress: exits so far: the sign of life
 */
struct hv_machine {
	struct hv_host host;
	struct hv_disk disk;
	struct hv_vm vm;
	struct hv_vcpu vcpus[HV_MAX_VCPUS];
	struct hv_uart uarts[2];
	struct hv_console console;
	struct hv_agent agent;
	struct hv_ports ports;
	struct hv_synic synic;
	struct hv_bus bus;
	pthread_t ticker;
	bool ticking;
	atomic_ulong progress;
};

static struct hv_machine *machine_of(struct hv_host *host)
{
	return (struct hv_machine *)((char *)host - offsetof(struct hv_machine, host));
}

char *hv_dump(struct hv_host *host)
{
	char *text, *tail;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		abort();
	hv_lock(host);
	fprintf(out, "%s after %.1f s\n", hv_state_name(host->state), hv_uptime_ms(host) / 1000.0);
	for (unsigned int i = 0; host->state != HV_STOPPED && i < host->config.vcpus; i++)
		hv_cpu_describe(&host->vcpus[i], out);
	tail = hv_console_tail(host, 30);
	fprintf(out, "%s", tail);
	hv_unlock(host);
	free(tail);
	fclose(out);
	return text;
}

/* Ask the threads to return; hv_stop() waits for them. */
static void halt_threads(struct hv_host *host)
{
	atomic_store(&host->halt, true);
	for (unsigned int i = 0; i < host->config.vcpus; i++) {
		if (host->vcpus[i].started)
			hv_cpu_kick(&host->vcpus[i]);
	}
	hv_tick(host);
}

/* The rest of hv_finish(). */
static void end_machine(struct hv_host *host)
{
	char *text = host->ending.text;

	host->ending.text = NULL;
	halt_threads(host);
	host->state = host->ending.state;
	hv_vmbus_reset(host);
	hv_emit(host, host->ending.kind, NULL, "%s", text);
	free(text);
}

/* After a triple fault KVM on AMD has reset that vCPU: the others' registers tell more. */
static void crash(struct hv_vcpu *vcpu, const char *what)
{
	struct hv_host *host = vcpu->host;
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		abort();
	fprintf(out, "vCPU %u: %s\n", vcpu->index, what);
	for (unsigned int i = 0; i < host->config.vcpus; i++)
		hv_cpu_describe(&host->vcpus[i], out);
	fclose(out);
	hv_finish(host, HV_CRASHED, HV_EVENT_CRASHED, "%s", text);
	free(text);
}

/*
 * Threads
 */

static void handle_hyperv(struct hv_vcpu *vcpu)
{
	struct kvm_hyperv_exit *exit = &vcpu->run->hyperv;

	switch (exit->type) {
	case KVM_EXIT_HYPERV_SYNIC:
		if (vcpu->host->config.isolated)
			hv_cpu_share_pages(vcpu);
		hv_synic_msrs(vcpu->host, vcpu->index, exit->u.synic.control,
			      exit->u.synic.msg_page, exit->u.synic.evt_page);
		break;
	case KVM_EXIT_HYPERV_HCALL:
		exit->u.hcall.result = hv_vmbus_hypercall(vcpu->host, exit->u.hcall.input,
							  exit->u.hcall.params[0]);
		break;
	}
}

static void handle_system_event(struct hv_vcpu *vcpu)
{
	switch (vcpu->run->system_event.type) {
	case KVM_SYSTEM_EVENT_RESET:
		hv_finish(vcpu->host, HV_RESET, HV_EVENT_RESET, "by Hyper-V's reset register");
		break;
	case KVM_SYSTEM_EVENT_SHUTDOWN:
		hv_finish(vcpu->host, HV_OFF, HV_EVENT_OFF, "the guest powered off");
		break;
	default:
		break;			/* a panic: the console tells more, and a reset follows */
	}
}

static void handle_exit(struct hv_vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;
	char text[80];

	switch (run->exit_reason) {
	case KVM_EXIT_IO:
		hv_ports_access(vcpu->host, run);
		break;
	case KVM_EXIT_MMIO:
		if (!run->mmio.is_write)
			memset(run->mmio.data, 0xff, sizeof(run->mmio.data));
		break;
	case KVM_EXIT_HYPERV:
		handle_hyperv(vcpu);
		break;
	case KVM_EXIT_SYSTEM_EVENT:
		handle_system_event(vcpu);
		break;
	case KVM_EXIT_INTR:
	case KVM_EXIT_IRQ_WINDOW_OPEN:
		break;
	case KVM_EXIT_SHUTDOWN:
		crash(vcpu, "triple fault");
		break;
	default:
		snprintf(text, sizeof(text), "KVM gave up: exit reason %u, suberror %u",
			 run->exit_reason, run->internal.suberror);
		crash(vcpu, text);
		break;
	}
}

static void *run_vcpu(void *argument)
{
	struct hv_vcpu *vcpu = argument;
	struct hv_host *host = vcpu->host;

	hv_on_host_thread();
	while (!atomic_load(&host->halt)) {
		/*
		 * ORDER: clear first, then look. Who wants us out sets pauses or
		 * halt first and immediate_exit then, so it is never lost.
		 */
		__atomic_store_n(&vcpu->run->immediate_exit, 0, __ATOMIC_SEQ_CST);
		if (atomic_load(&host->halt))
			break;
		if (atomic_load(&vcpu->pauses)) {
			usleep(20);
			continue;
		}
		if (ioctl(vcpu->fd, KVM_RUN, 0) < 0) {
			if (errno == EINTR || errno == EAGAIN)
				continue;
			hv_complain("vCPU %u: KVM_RUN: %m", vcpu->index);
			vcpu->run->exit_reason = KVM_EXIT_FAIL_ENTRY;
		}
		atomic_fetch_add(&machine_of(host)->progress, 1);
		hv_lock(host);
		/* What came while another vCPU ended the machine came too late. */
		if (!atomic_load(&host->halt))
			handle_exit(vcpu);
		hv_unlock(host);
	}
	return NULL;
}

/* No exits may mean that the guest sleeps well, which is no hang. */
static void check_hang(struct hv_host *host)
{
	char *dump;

	for (unsigned int i = 0; i < host->config.vcpus; i++) {
		if (hv_cpu_idle(&host->vcpus[i]))
			continue;
		dump = hv_dump(host);
		host->state = HV_HUNG;
		hv_emit(host, HV_EVENT_HUNG, NULL, "no sign of life for %u s: %s",
			host->config.hang_seconds, dump);
		free(dump);
		return;
	}
}

static void *run_ticker(void *argument)
{
	struct hv_host *host = argument;
	struct hv_machine *machine = machine_of(host);
	uint64_t progress = 0, alive = 0;

	hv_on_host_thread();
	hv_lock(host);
	while (!atomic_load(&host->halt)) {
		bool busy = hv_synic_deliver(host);
		uint64_t now = hv_uptime_ms(host);

		hv_alarms_ring(host, now);
		/* A bzImage unpacks itself before its first sign of life. */
		if (!progress || progress != atomic_load(&machine->progress)) {
			progress = atomic_load(&machine->progress);
			alive = now;
		} else if (host->state == HV_RUNNING &&
			   now - alive > host->config.hang_seconds * 1000ull) {
			check_hang(host);
			alive = now;
		}
		hv_tick_wait(host, busy ? TICK_NS : IDLE_TICK_NS);
	}
	if (host->ending.text)
		end_machine(host);
	hv_unlock(host);
	return NULL;
}

/*
 * Life and death
 */

struct hv_host *hv_create(const struct hv_config *config)
{
	struct hv_machine *machine = calloc(1, sizeof(*machine));
	struct hv_host *host;

	if (!machine)
		abort();
	host = &machine->host;
	if (hv_host_init(host, config)) {
		free(machine);
		return NULL;
	}
	machine->vm = (struct hv_vm) { .kvm = -1, .fd = -1 };
	machine->uarts[0] = (struct hv_uart) { .host = host, .irq = 4, .sink = hv_console_byte };
	machine->uarts[1] = (struct hv_uart) { .host = host, .irq = 3 };
	host->disk = &machine->disk;
	host->vm = &machine->vm;
	host->vcpus = machine->vcpus;
	host->uarts = machine->uarts;
	host->console = &machine->console;
	host->agent = &machine->agent;
	host->ports = &machine->ports;
	host->synic = &machine->synic;
	host->bus = &machine->bus;
	hv_synic_reset(host);
	return host;
}

static int make_machine(struct hv_host *host)
{
	uint64_t entry;
	int ret;

	ret = hv_disk_open(host);
	if (!ret)
		ret = hv_vm_make(host);
	for (unsigned int i = 0; !ret && i < host->config.vcpus; i++)
		ret = hv_cpu_make(host, i);
	if (!ret)
		ret = hv_vm_connect(host);
	if (!ret)
		ret = hv_boot_load(host, &entry);
	if (ret)
		return ret;
	hv_acpi_build(host);
	return hv_cpu_boot(&host->vcpus[0], entry);
}

/* The signal does nothing but end KVM_RUN. */
static void interrupted(int signal)
{
	(void)signal;
}

static int start_threads(struct hv_host *host)
{
	struct hv_machine *machine = machine_of(host);
	struct sigaction action = { .sa_handler = interrupted };
	int ret;

	sigaction(SIGUSR1, &action, NULL);
	atomic_store(&host->halt, false);
	for (unsigned int i = 0; i < host->config.vcpus; i++) {
		ret = pthread_create(&host->vcpus[i].thread, NULL, run_vcpu, &host->vcpus[i]);
		if (ret)
			return -ret;
		host->vcpus[i].started = true;
	}
	ret = pthread_create(&machine->ticker, NULL, run_ticker, host);
	machine->ticking = !ret;
	return -ret;
}

int hv_start(struct hv_host *host)
{
	int ret;

	if (!host->config.kernel || !host->config.initrd) {
		hv_complain("which %s? Give it in the configuration or as $%s",
			    host->config.kernel ? "initramfs" : "kernel",
			    host->config.kernel ? "HV_INITRD" : "HV_KERNEL");
		return -EINVAL;
	}
	hv_stop(host);
	hv_lock(host);
	hv_host_begin(host);
	hv_console_start(host);
	hv_agent_start(host);
	hv_uart_reset(&host->uarts[0]);
	hv_uart_reset(&host->uarts[1]);
	host->bus->violations = 0;
	ret = make_machine(host);
	if (!ret) {
		host->state = HV_RUNNING;
		ret = start_threads(host);
	}
	hv_unlock(host);
	if (ret)
		hv_stop(host);
	return ret;
}

static void join_threads(struct hv_host *host)
{
	struct hv_machine *machine = machine_of(host);

	for (unsigned int i = 0; i < host->config.vcpus; i++) {
		if (host->vcpus[i].started)
			pthread_join(host->vcpus[i].thread, NULL);
		host->vcpus[i].started = false;
	}
	if (machine->ticking)
		pthread_join(machine->ticker, NULL);
	machine->ticking = false;
}

void hv_stop(struct hv_host *host)
{
	hv_lock(host);
	halt_threads(host);
	hv_unlock(host);
	join_threads(host);		/* they may need the lock to get out */

	hv_lock(host);
	hv_vmbus_reset(host);
	for (unsigned int i = 0; i < host->config.vcpus; i++)
		hv_cpu_free(&host->vcpus[i]);
	hv_vm_free(host);
	free(host->ending.text);	/* if there was no ticker to see to it */
	host->ending.text = NULL;
	host->state = HV_STOPPED;
	hv_wake(host);
	hv_unlock(host);
}

void hv_pause(struct hv_host *host)
{
	hv_lock(host);
	for (unsigned int i = 0; i < host->config.vcpus; i++) {
		atomic_fetch_add(&host->vcpus[i].pauses, 1);
		hv_cpu_kick(&host->vcpus[i]);
	}
	hv_unlock(host);
}

void hv_resume(struct hv_host *host)
{
	hv_lock(host);
	for (unsigned int i = 0; i < host->config.vcpus; i++)
		atomic_fetch_sub(&host->vcpus[i].pauses, 1);
	hv_unlock(host);
}

int hv_checkpoint(struct hv_host *host)
{
	int ret;

	hv_lock(host);
	ret = hv_disk_keep(host);
	hv_unlock(host);
	return ret;
}

int hv_apply_checkpoint(struct hv_host *host)
{
	int ret;

	hv_stop(host);
	hv_lock(host);
	ret = hv_disk_return(host);
	hv_unlock(host);
	return ret;
}

void hv_destroy(struct hv_host *host)
{
	if (!host)
		return;
	hv_stop(host);
	hv_vmbus_free(host);
	hv_console_free(host);
	hv_agent_free(host);
	hv_uart_reset(&host->uarts[0]);
	hv_uart_reset(&host->uarts[1]);
	hv_disk_close(host);
	hv_host_exit(host);
	free(machine_of(host));
}
