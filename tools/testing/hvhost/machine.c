// SPDX-License-Identifier: GPL-2.0
/*
 * The machine: a KVM virtual machine, its threads, its clock.
 *
 * Threads: one per vCPU, which runs the guest and handles its exits; one
 * ticker, which hands over messages that found their slot full and notices a
 * guest that does not move; and the caller's.
 */
#include "machine.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host.h"

#define TICK_NS			1000000	/* while messages wait */
#define IDLE_TICK_NS		100000000

#define HUGE_PAGE		(2u << 20)

#define MSR_TIME_REF_COUNT	0x40000020

/* The reference counter starts here: a guest may be told of times before its boot. */
#define REFERENCE_START_NS	(3600 * 1000000000ull)

/* Threads of the host must not wait for the guest. */
static __thread bool on_host_thread;

void hv_complain(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fputs("hvhost: ", stderr);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	va_end(arguments);
}

/*
 * Lock, wait, events
 */

void hv_lock(struct hv_host *host)
{
	pthread_mutex_lock(&host->mutex);
	host->depth++;
}

void hv_unlock(struct hv_host *host)
{
	host->depth--;
	pthread_mutex_unlock(&host->mutex);
}

void hv_wake(struct hv_host *host)
{
	pthread_cond_broadcast(&host->changed);
}

static struct timespec later(uint64_t ns)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	ns += time.tv_nsec;
	time.tv_sec += ns / 1000000000;
	time.tv_nsec = ns % 1000000000;
	return time;
}

/* Sleeps without the lock, however often the caller has it. */
static int sleep_until(struct hv_host *host, pthread_cond_t *condition,
		       const struct timespec *time)
{
	unsigned int depth = host->depth;
	int ret;

	for (unsigned int i = 1; i < depth; i++)
		pthread_mutex_unlock(&host->mutex);
	host->depth = 0;
	ret = pthread_cond_timedwait(condition, &host->mutex, time);
	for (unsigned int i = 1; i < depth; i++)
		pthread_mutex_lock(&host->mutex);
	host->depth = depth;
	return ret;
}

int hv_wait(struct hv_host *host, bool (*predicate)(void *context), void *context,
	    unsigned int timeout_ms)
{
	struct timespec end = later(timeout_ms * 1000000ull);
	int ret = 0;

	if (on_host_thread) {
		hv_complain("a callback must not wait: it would wait for itself");
		abort();
	}
	hv_lock(host);
	while (!predicate(context)) {
		if (host->state != HV_RUNNING) {
			ret = -ESHUTDOWN;
			break;
		}
		if (sleep_until(host, &host->changed, &end) == ETIMEDOUT) {
			ret = predicate(context) ? 0 : -ETIMEDOUT;
			break;
		}
	}
	hv_unlock(host);
	return ret;
}

struct state_wait {
	struct hv_host *host;
	enum hv_state state;
};

static bool has_state(void *context)
{
	struct state_wait *wait = context;

	return wait->host->state == wait->state;
}

int hv_wait_state(struct hv_host *host, enum hv_state state, unsigned int timeout_ms)
{
	struct state_wait wait = { host, state };

	return hv_wait(host, has_state, &wait, timeout_ms);
}

enum hv_state hv_state(struct hv_host *host)
{
	enum hv_state state;

	hv_lock(host);
	state = host->state;
	hv_unlock(host);
	return state;
}

const char *hv_state_name(enum hv_state state)
{
	static const char * const names[] = {
		[HV_STOPPED] = "stopped",
		[HV_RUNNING] = "running",
		[HV_OFF] = "off",
		[HV_HIBERNATED] = "hibernated",
		[HV_RESET] = "reset",
		[HV_CRASHED] = "crashed",
		[HV_HUNG] = "hung",
	};

	return names[state];
}

const char *hv_event_name(enum hv_event_kind kind)
{
	static const char * const names[] = {
		[HV_EVENT_CONNECTED] = "connected",
		[HV_EVENT_OFFERS] = "offers",
		[HV_EVENT_UNLOADED] = "unloaded",
		[HV_EVENT_OPENED] = "opened",
		[HV_EVENT_CLOSED] = "closed",
		[HV_EVENT_RELEASED] = "released",
		[HV_EVENT_VIOLATION] = "violation",
		[HV_EVENT_READY] = "ready",
		[HV_EVENT_REPORT] = "report",
		[HV_EVENT_OFF] = "off",
		[HV_EVENT_HIBERNATED] = "hibernated",
		[HV_EVENT_RESET] = "reset",
		[HV_EVENT_CRASHED] = "crashed",
		[HV_EVENT_HUNG] = "hung",
	};

	return names[kind];
}

uint64_t hv_uptime_ms(struct hv_host *host)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - host->started.tv_sec) * 1000 +
	       (now.tv_nsec - host->started.tv_nsec) / 1000000;
}

void hv_emit(struct hv_host *host, enum hv_event_kind kind, struct hv_channel *channel,
	     const char *format, ...)
{
	struct hv_event event = { .kind = kind, .channel = channel };
	va_list arguments;
	char *text;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		abort();
	va_end(arguments);
	hv_lock(host);
	event.ms = hv_uptime_ms(host);
	event.text = text;
	if (host->events) {
		fprintf(host->events, "%8.3f %s: %s\n", event.ms / 1000.0,
			hv_event_name(kind), text);
		fflush(host->events);
	}
	if (host->config.event)
		host->config.event(host, &event, host->config.context);
	hv_wake(host);
	hv_unlock(host);
	free(text);
}

const struct hv_config *hv_config(struct hv_host *host)
{
	return &host->config;
}

/*
 * Memory, interrupts, clock
 */

/* Guest memory as we see it; NULL if any of it is not memory. */
void *hv_memory(struct hv_host *host, uint64_t gpa, size_t size)
{
	if (gpa >= host->memory_size || size > host->memory_size - gpa)
		return NULL;
	return host->memory + gpa;
}

void hv_irq(struct hv_host *host, unsigned int gsi, bool level)
{
	struct kvm_irq_level irq = { .irq = gsi, .level = level };

	/* Fails only where nobody listens: the guest has not set its vector yet. */
	ioctl(host->vm, KVM_IRQ_LINE, &irq);
}

int hv_reference_time(struct hv_host *host, uint64_t *time)
{
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry entry;
	} msrs = { .head.nmsrs = 1, .entry.index = MSR_TIME_REF_COUNT };
	int ret = -ESHUTDOWN;

	hv_lock(host);
	if (host->state == HV_RUNNING)
		ret = hv_cpu_ioctl(&host->vcpus[0], KVM_GET_MSRS, &msrs);
	*time = msrs.entry.data;
	hv_unlock(host);
	return ret;
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
		struct hv_vcpu *vcpu = &host->vcpus[i];

		if (!vcpu->started)
			continue;
		__atomic_store_n(&vcpu->run->immediate_exit, 1, __ATOMIC_SEQ_CST);
		pthread_kill(vcpu->thread, SIGUSR1);
	}
	pthread_cond_signal(&host->tick);
}

void hv_finish(struct hv_host *host, enum hv_state state, enum hv_event_kind kind,
	       const char *format, ...)
{
	va_list arguments;
	char *text;

	if (host->state != HV_RUNNING && host->state != HV_HUNG)
		return;
	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		abort();
	va_end(arguments);
	halt_threads(host);
	host->state = state;
	hv_bus_reset(host);
	hv_emit(host, kind, NULL, "%s", text);
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
		hv_synic_msrs(vcpu->host, vcpu->index, exit->u.synic.control,
			      exit->u.synic.msg_page, exit->u.synic.evt_page);
		break;
	case KVM_EXIT_HYPERV_HCALL:
		exit->u.hcall.result = hv_bus_hypercall(vcpu->host, exit->u.hcall.input,
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

	on_host_thread = true;
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
		atomic_fetch_add(&host->progress, 1);
		hv_lock(host);
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
	uint64_t progress = 0, alive = 0;

	on_host_thread = true;
	hv_lock(host);
	while (!atomic_load(&host->halt)) {
		bool busy = hv_synic_deliver(host);
		struct timespec next = later(busy ? TICK_NS : IDLE_TICK_NS);
		uint64_t now = hv_uptime_ms(host);

		/* A bzImage unpacks itself before its first sign of life. */
		if (!progress || progress != atomic_load(&host->progress)) {
			progress = atomic_load(&host->progress);
			alive = now;
		} else if (host->state == HV_RUNNING &&
			   now - alive > host->config.hang_seconds * 1000ull) {
			check_hang(host);
			alive = now;
		}
		sleep_until(host, &host->tick, &next);
	}
	hv_unlock(host);
	return NULL;
}

/*
 * Life and death
 */

static char *copy(const char *given, const char *variable, const char *otherwise)
{
	const char *text = given ? given : variable ? getenv(variable) : NULL;

	if (!text)
		text = otherwise;
	return text ? strdup(text) : NULL;
}

static int check_config(const struct hv_config *config)
{
	if (config->vcpus > HV_MAX_VCPUS) {
		hv_complain("%u vCPUs: at most %u", config->vcpus, HV_MAX_VCPUS);
		return -EINVAL;
	}
	if (config->vmbus && (config->vmbus < HV_VERSION(4, 0) ||
			      config->vmbus > HV_VERSION(5, 3))) {
		hv_complain("VMBus %u.%u: 4.0 to 5.3 are known", HV_VERSION_MAJOR(config->vmbus),
			    HV_VERSION_MINOR(config->vmbus));
		return -EINVAL;
	}
	if (config->memory_mib > 3072) {
		hv_complain("%u MiB of memory: at most 3072", config->memory_mib);
		return -EINVAL;
	}
	return 0;
}

struct hv_host *hv_create(const struct hv_config *given)
{
	struct hv_host *host;
	struct hv_config *config;
	pthread_mutexattr_t recursive;
	pthread_condattr_t monotonic;

	if (check_config(given))
		return NULL;
	host = calloc(1, sizeof(*host));
	if (!host)
		abort();
	pthread_mutexattr_init(&recursive);
	pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&host->mutex, &recursive);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&host->changed, &monotonic);
	pthread_cond_init(&host->tick, &monotonic);

	host->config = *given;
	config = &host->config;
	config->name = copy(given->name, NULL, "guest");
	config->kernel = copy(given->kernel, "HV_KERNEL", NULL);
	config->initrd = copy(given->initrd, "HV_INITRD", NULL);
	config->cmdline = copy(given->cmdline, "HV_CMDLINE", "");
	config->logs = copy(given->logs, "HV_LOGS", NULL);
	config->vcpus = given->vcpus ? given->vcpus : 1;
	config->memory_mib = given->memory_mib ? given->memory_mib : 512;
	config->vmbus = given->vmbus ? given->vmbus : HV_VERSION(5, 3);
	config->hang_seconds = given->hang_seconds ? given->hang_seconds : 120;

	host->kvm = -1;
	host->vm = -1;
	host->uart[0] = (struct hv_uart) { .host = host, .irq = 4, .sink = hv_console_byte };
	host->uart[1] = (struct hv_uart) { .host = host, .irq = 3, .sink = hv_agent_byte };
	hv_synic_reset(host);
	return host;
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
	return ioctl(host->vm, KVM_SET_GSI_ROUTING, &routing);
}

static int make_vcpu(struct hv_host *host, unsigned int index)
{
	struct hv_vcpu *vcpu = &host->vcpus[index];

	*vcpu = (struct hv_vcpu) { .host = host, .index = index };
	vcpu->fd = ioctl(host->vm, KVM_CREATE_VCPU, index);
	if (vcpu->fd < 0) {
		hv_complain("vCPU %u: %m", index);
		return -errno;
	}
	vcpu->run = mmap(NULL, host->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->fd, 0);
	if (vcpu->run == MAP_FAILED) {
		vcpu->run = NULL;
		hv_complain("vCPU %u: %m", index);
		return -errno;
	}
	return hv_cpu_setup(vcpu);
}

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

/* Huge pages on both sides need the same alignment here as in the guest. */
static uint8_t *map_memory(size_t size)
{
	uint8_t *area = mmap(NULL, size + HUGE_PAGE, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	size_t head;

	if (area == MAP_FAILED)
		return NULL;
	head = -(uintptr_t)area % HUGE_PAGE;
	munmap(area, head);
	munmap(area + head + size, HUGE_PAGE - head);
	madvise(area + head, size, MADV_HUGEPAGE);	/* or not: just slower */
	return area + head;
}

static int make_vm(struct hv_host *host)
{
	struct kvm_pit_config pit = { .flags = KVM_PIT_SPEAKER_DUMMY };
	struct kvm_userspace_memory_region region = {};
	struct kvm_clock_data clock = { .clock = REFERENCE_START_NS };
	uint64_t identity_map = 0xfffbc000;

	host->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (host->kvm < 0) {
		hv_complain("/dev/kvm: %m; load kvm_intel or kvm_amd, or use tools/testing/vm/run");
		return -ENODEV;
	}
	if (ioctl(host->kvm, KVM_CHECK_EXTENSION, KVM_CAP_HYPERV_SYNIC2) <= 0) {
		hv_complain("this KVM does not emulate Hyper-V (no KVM_CAP_HYPERV_SYNIC2)");
		hv_complain("use tools/testing/vm/run, which brings one along");
		return -ENODEV;
	}
	check_clock();
	host->run_size = ioctl(host->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	host->vm = ioctl(host->kvm, KVM_CREATE_VM, 0);
	if (host->vm < 0) {
		hv_complain("KVM_CREATE_VM: %m");
		return -errno;
	}
	host->memory_size = (size_t)host->config.memory_mib << 20;
	host->memory = map_memory(host->memory_size);
	if (!host->memory) {
		hv_complain("%u MiB of memory: %m", host->config.memory_mib);
		return -ENOMEM;
	}
	region.memory_size = host->memory_size;
	region.userspace_addr = (uintptr_t)host->memory;
	if (ioctl(host->vm, KVM_SET_TSS_ADDR, 0xfffbd000) ||
	    ioctl(host->vm, KVM_SET_IDENTITY_MAP_ADDR, &identity_map) ||
	    ioctl(host->vm, KVM_CREATE_IRQCHIP, 0) || ioctl(host->vm, KVM_CREATE_PIT2, &pit) ||
	    ioctl(host->vm, KVM_SET_USER_MEMORY_REGION, &region)) {
		hv_complain("KVM: no PC to be had: %m");
		return -errno;
	}
	for (unsigned int i = 0; i < host->config.vcpus; i++) {
		int ret = make_vcpu(host, i);

		if (ret)
			return ret;
	}
	if (route_interrupts(host)) {
		hv_complain("KVM: interrupt routing: %m");
		return -errno;
	}
	if (ioctl(host->vm, KVM_SET_CLOCK, &clock)) {
		hv_complain("KVM_SET_CLOCK: %m");
		return -errno;
	}
	return 0;
}

/* The signal does nothing but end KVM_RUN. */
static void interrupted(int signal)
{
	(void)signal;
}

static int start_threads(struct hv_host *host)
{
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
	ret = pthread_create(&host->ticker, NULL, run_ticker, host);
	host->ticking = !ret;
	return -ret;
}

static FILE *open_events(const struct hv_config *config)
{
	char path[4096];
	FILE *file;

	if (!config->logs)
		return NULL;
	snprintf(path, sizeof(path), "%s/%s.events", config->logs, config->name);
	file = fopen(path, "a");
	if (!file)
		hv_complain("%s: %m; events are not logged", path);
	return file;
}

int hv_start(struct hv_host *host)
{
	uint64_t entry;
	int ret;

	if (!host->config.kernel || !host->config.initrd) {
		hv_complain("which %s? Give it in the configuration or as $%s",
			    host->config.kernel ? "initramfs" : "kernel",
			    host->config.kernel ? "HV_INITRD" : "HV_KERNEL");
		return -EINVAL;
	}
	hv_stop(host);
	hv_lock(host);
	clock_gettime(CLOCK_MONOTONIC, &host->started);
	if (!host->events)
		host->events = open_events(&host->config);
	hv_console_start(host);
	hv_agent_start(host);
	hv_uart_reset(&host->uart[0]);
	hv_uart_reset(&host->uart[1]);
	host->bus.violations = 0;
	ret = make_vm(host);
	if (!ret)
		ret = hv_boot_load(host, &entry);
	if (!ret) {
		hv_acpi_build(host);
		ret = hv_cpu_boot(&host->vcpus[0], entry);
	}
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
	for (unsigned int i = 0; i < host->config.vcpus; i++) {
		if (host->vcpus[i].started)
			pthread_join(host->vcpus[i].thread, NULL);
		host->vcpus[i].started = false;
	}
	if (host->ticking)
		pthread_join(host->ticker, NULL);
	host->ticking = false;
}

void hv_stop(struct hv_host *host)
{
	hv_lock(host);
	halt_threads(host);
	hv_unlock(host);
	join_threads(host);		/* they may need the lock to get out */

	hv_lock(host);
	hv_bus_reset(host);
	for (unsigned int i = 0; i < host->config.vcpus; i++) {
		struct hv_vcpu *vcpu = &host->vcpus[i];

		if (!vcpu->host)
			continue;
		if (vcpu->run)
			munmap(vcpu->run, host->run_size);
		if (vcpu->fd >= 0)
			close(vcpu->fd);
		*vcpu = (struct hv_vcpu) {};
	}
	if (host->memory)
		munmap(host->memory, host->memory_size);
	host->memory = NULL;
	host->memory_size = 0;
	if (host->vm >= 0)
		close(host->vm);
	if (host->kvm >= 0)
		close(host->kvm);
	host->vm = -1;
	host->kvm = -1;
	host->state = HV_STOPPED;
	hv_wake(host);
	hv_unlock(host);
}

void hv_destroy(struct hv_host *host)
{
	if (!host)
		return;
	hv_stop(host);
	hv_bus_free(host);
	hv_console_free(host);
	hv_agent_free(host);
	hv_uart_reset(&host->uart[0]);
	hv_uart_reset(&host->uart[1]);
	if (host->events)
		fclose(host->events);
	pthread_cond_destroy(&host->tick);
	pthread_cond_destroy(&host->changed);
	pthread_mutex_destroy(&host->mutex);
	free((char *)host->config.name);
	free((char *)host->config.kernel);
	free((char *)host->config.initrd);
	free((char *)host->config.cmdline);
	free((char *)host->config.logs);
	free(host);
}
