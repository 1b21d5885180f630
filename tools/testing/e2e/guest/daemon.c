// SPDX-License-Identifier: GPL-2.0
/*
 * daemon: plays a daemon of hv_ic, well or badly, as told.
 *
 *	daemon DEVICE STEP...
 *
 * DEVICE is the name of one in /dev/hv_ic, or a path. The steps are done in order;
 * after the last one the program ends. Each says in a line how it went:
 *
 *	open			own the service; a hello is answered when it is read
 *	mute			from now on it is not
 *	abi:N			from now on it is answered with this version
 *	features:N		from now on it is answered with these features
 *	nonblock		read with O_NONBLOCK from now on
 *	read[:N]		read N records, by default one
 *	short			read with a buffer that is too small
 *	poll			what poll() says at once; "poll:wait" waits for it
 *	answer[:ERRNO]		answer the last request
 *	late			answer the last request but one
 *	wrong			answer with an id that was never given out
 *	malformed		write everything that is no answer
 *	serve[:N]		read and answer N records, by default until an error
 *	fail:N			from now on the N-th block of a file fails with ENOSPC
 *	items:N			from now on there are N items to enumerate
 *	disks:DIR[,DIR...]	from now on serve holds these when it is told to freeze
 *	hold:DIR		let the kernel freeze and hold a file system
 *	unnamed			know no session from here on: mean the present one
 *	release			let all go that is held
 *	end[:former]		... that is held for the last FREEZE, or for the one before it
 *	starve			from now on the kernel runs out of memory in its calls,
 *				see starve.h; what fails for that is tried again
 *	sleep:SECONDS		be slow
 *	hang			do nothing any more
 *	close			give the service up
 *	die			as kill -9
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <sys/ioctl.h>

#include <linux/hv_ic.h>

#include "starve.h"

#define RECORD_MAX 65536

enum service { KVP, VSS, FCOPY };

static enum service service;
static char path[64];
static int device = -1;
static int open_flags = O_RDWR;
static unsigned long items, failing_block, blocks;
static unsigned long long bytes;
static const char *disks;

/* What the hello is answered with. */
static bool mute;
static __u32 abi = HV_IC_ABI_VERSION;
static __u64 features = -1;

/* What the last read brought, and how much of it is left. */
static char buffer[RECORD_MAX];
static long have, at;

static uint64_t last[RECORD_MAX / 8];
static struct hv_ic_record *const record = (void *)last;
static const void *const payload = (const char *)last + sizeof(struct hv_ic_record);
static __u64 request_id, former_id;
static __u32 session, former_session;

static const char *outcome(long result)
{
	return result < 0 ? strerrorname_np(errno) : "ok";
}

/* The calls on the device, starved if it is asked for. */

static bool hungry(long result)
{
	int saved = errno;
	bool failed = starve_end();

	errno = saved;
	return failed && result < 0 && saved == ENOMEM;
}

/* What the call returns at last, after all that starves it. */
#define FED(call) ({			\
	long _n;			\
					\
	do {				\
		starve_begin();		\
		_n = (call);		\
	} while (hungry(_n));		\
	_n;				\
})

static int open_device(void)
{
	return FED(open(path, open_flags));
}

static long read_device(void *data, size_t size)
{
	return FED(read(device, data, size));
}

static long write_device(const void *data, size_t size)
{
	return FED(write(device, data, size));
}

/* Records, for people and for grep. */

static void show_item(const char *what)
{
	const struct hv_ic_kvp_item *item = payload;

	if (item->type == HV_IC_KVP_U32 || item->type == HV_IC_KVP_U64)
		printf("%s pool=%u key=%s number=%llu\n", what, item->pool, item->key,
		       (unsigned long long)item->number);
	else
		printf("%s pool=%u key=%s value=%s\n", what, item->pool, item->key, item->value);
}

static void show_addresses(const char *what, const struct hv_ic_kvp_address *a, unsigned int n)
{
	char text[INET6_ADDRSTRLEN];

	for (; n--; a++) {
		inet_ntop(a->family == 6 ? AF_INET6 : AF_INET, a->bytes, text, sizeof(text));
		printf(" %s=%s/%u", what, text, a->prefix);
	}
}

static void show_ip(const char *what)
{
	const struct hv_ic_kvp_ip *ip = payload;

	printf("%s adapter=%s dhcp=%u", what, ip->adapter, ip->dhcp);
	show_addresses("address", ip->addresses, ip->n_addresses);
	show_addresses("gateway", ip->gateways, ip->n_gateways);
	show_addresses("dns", ip->dns, ip->n_dns);
	printf("\n");
}

static void show_kvp(void)
{
	switch (record->op) {
	case HV_IC_KVP_GET:
		return show_item("get");
	case HV_IC_KVP_SET:
		return show_item("set");
	case HV_IC_KVP_DELETE:
		return show_item("delete");
	case HV_IC_KVP_ENUMERATE:
		printf("enumerate index=%u\n", ((const struct hv_ic_kvp_item *)payload)->index);
		return;
	case HV_IC_KVP_GET_IP:
		return show_ip("get_ip");
	case HV_IC_KVP_SET_IP:
		return show_ip("set_ip");
	}
}

static void show_vss(void)
{
	const struct hv_ic_vss_freeze *freeze = payload;

	if (record->op == HV_IC_VSS_FREEZE) {
		printf("freeze luns=%u", freeze->n_luns);
		for (__u32 i = 0; i < freeze->n_luns; i++)
			printf(" %u:%u:%u", freeze->luns[i].bus, freeze->luns[i].target,
			       freeze->luns[i].lun);
		printf("\n");
	} else {
		printf("%s", record->op == HV_IC_VSS_THAW ? "thaw" : "hot_backup");
		if (record->op == HV_IC_VSS_THAW)
			printf(" why=%s",
			       record->status ? strerrorname_np(-record->status) : "host");
		printf("\n");
	}
}

static void show_fcopy(void)
{
	const struct hv_ic_fcopy_start *start = payload;
	const struct hv_ic_fcopy_write *block = payload;
	const struct hv_ic_fcopy_left *left = payload;

	switch (record->op) {
	case HV_IC_FCOPY_START:
		printf("start path=%s name=%s flags=%u size=%llu\n", start->path, start->name,
		       start->flags, (unsigned long long)start->size);
		blocks = 0;
		bytes = 0;
		return;
	case HV_IC_FCOPY_WRITE:
		blocks++;
		if (block->offset != bytes)
			printf("gap at=%llu expected=%llu\n", (unsigned long long)block->offset,
			       bytes);
		bytes = block->offset + block->size;
		return;
	case HV_IC_FCOPY_COMPLETE:
		printf("complete blocks=%lu bytes=%llu\n", blocks, bytes);
		return;
	case HV_IC_FCOPY_CANCEL:
		printf("cancel blocks=%lu\n", blocks);
		return;
	case HV_IC_FCOPY_REMOVE:
		printf("remove path=%s name=%s\n", left->path, left->name);
		return;
	}
}

static void show(void)
{
	const struct hv_ic_hello *hello = payload;

	if (record->flags & HV_IC_RECORD_EVENT && record->op != HV_IC_HELLO)
		printf("event ");
	if (record->op == HV_IC_OVER)
		printf("over %s why=%s\n", record->id == request_id ? "last" : "other",
		       strerrorname_np(-record->status));
	else if (record->op == HV_IC_HELLO)
		printf("hello abi=%u framework=%u.%u message=%u.%u\n", hello->abi,
		       hello->framework_major, hello->framework_minor, hello->message_major,
		       hello->message_minor);
	else if (service == KVP)
		show_kvp();
	else if (service == VSS)
		show_vss();
	else
		show_fcopy();
}

/* Steps. */

/* Before it is shown: who sees it knows that the daemon is attached. */
static void answer_hello(void)
{
	const struct hv_ic_hello *offered = payload;
	struct {
		struct hv_ic_record record;
		struct hv_ic_hello hello;
	} out = {
		.record = { .len = sizeof(out), .id = record->id },
		.hello = { .abi = abi, .features = features + 1 ? features : offered->features },
	};

	if (write_device(&out, sizeof(out)) < 0)
		printf("greet: %s\n", outcome(-1));
}

/* The next record, of those that the last read brought or of a new one. */
static long take_record(void)
{
	if (!have) {
		have = read_device(buffer, sizeof(buffer));
		at = 0;
		if (have < 0) {
			printf("read: %s\n", outcome(have));
			have = 0;
			return -1;
		}
	}
	memcpy(last, buffer + at, sizeof(*record));
	memcpy(last, buffer + at, record->len);
	at += record->len;
	have -= record->len;
	if (record->op == HV_IC_HELLO) {
		if (!(record->flags & HV_IC_RECORD_EVENT) && !mute)
			answer_hello();
	} else if (!(record->flags & HV_IC_RECORD_EVENT)) {
		former_id = request_id;
		request_id = record->id;
		if (record->id < HV_IC_RECORD_OWN_ID && !record->deadline_ms)
			printf("no deadline\n");
	}
	if (service == VSS && record->op == HV_IC_VSS_FREEZE) {
		former_session = session;
		session = ((const struct hv_ic_vss_freeze *)payload)->session;
	}
	show();
	return 0;
}

/* What to say to the last record; returns the length of the payload. */
static size_t fill_answer(void *out)
{
	const struct hv_ic_kvp_item *asked = payload;
	struct hv_ic_kvp_item *item = out;
	struct hv_ic_kvp_ip *ip = out;

	if (service != KVP)
		return 0;
	switch (record->op) {
	case HV_IC_KVP_GET:
	case HV_IC_KVP_ENUMERATE:
		item->type = HV_IC_KVP_STRING;
		if (record->op == HV_IC_KVP_GET)
			memcpy(item->key, asked->key, sizeof(item->key));
		else
			snprintf(item->key, sizeof(item->key), "key-%u", asked->index);
		snprintf(item->value, sizeof(item->value), "value of %s", item->key);
		return sizeof(*item);
	case HV_IC_KVP_GET_IP:
		memcpy(ip->adapter, ((const struct hv_ic_kvp_ip *)payload)->adapter,
		       sizeof(ip->adapter));
		ip->n_addresses = 2;
		ip->addresses[0] = (struct hv_ic_kvp_address) {
			4, 20, HV_IC_KVP_ORIGIN_STATIC, 0, { 192, 0, 2, 99 },
		};
		ip->addresses[1] = (struct hv_ic_kvp_address) {
			6, 64, HV_IC_KVP_ORIGIN_STATIC, 0, { 0x20, 1, 0xd, 0xb8, [15] = 0x99 },
		};
		ip->n_gateways = 1;
		ip->gateways[0] = (struct hv_ic_kvp_address) { 4, .bytes = { 192, 0, 2, 1 } };
		ip->n_dns = 1;
		ip->dns[0] = (struct hv_ic_kvp_address) { 6, .bytes = { 0x20, 1, [15] = 0x53 } };
		return sizeof(*ip);
	default:
		return 0;
	}
}

static long answer(__u64 id, int error)
{
	static uint64_t space[RECORD_MAX / 8];
	struct hv_ic_record *out = (void *)space;

	memset(space, 0, sizeof(space));
	out->id = id;
	out->status = error;
	out->len = sizeof(*out) + (error ? 0 : fill_answer(out + 1));
	return write_device(out, out->len);
}

static int hold_disk(const char *dir)
{
	struct hv_ic_vss_hold arg = { .fd = open(dir, O_RDONLY), .session = session };
	long n = FED(ioctl(device, HV_IC_VSS_HOLD, &arg));
	int ret = n ? -errno : 0;

	printf("hold %s: %s\n", dir, ret ? strerrorname_np(-ret) : "ok");
	if (arg.fd >= 0)
		close(arg.fd);
	return ret;
}

static int hold_disks(void)
{
	char list[256], *dir, *rest = list;
	int ret = 0, err;

	snprintf(list, sizeof(list), "%s", disks ?: "");
	while ((dir = strsep(&rest, ","))) {
		err = *dir ? hold_disk(dir) : 0;
		if (err)
			ret = err;
	}
	return ret;
}

static int verdict(void)
{
	if (service == VSS && record->op == HV_IC_VSS_FREEZE)
		return hold_disks();
	if (service == KVP && record->op == HV_IC_KVP_ENUMERATE &&
	    ((const struct hv_ic_kvp_item *)payload)->index >= items)
		return -ENODATA;
	if (service == FCOPY && record->op == HV_IC_FCOPY_WRITE && blocks == failing_block)
		return -ENOSPC;
	return 0;
}

static void serve(unsigned long n)
{
	while (n-- && !take_record()) {
		int error = verdict();

		if (record->op == HV_IC_HELLO || record->flags & HV_IC_RECORD_EVENT ||
		    (record->flags & HV_IC_RECORD_QUIET && !error))
			continue;
		if (answer(record->id, error) < 0)
			printf("answer: %s\n", outcome(-1));
	}
}

static void try_malformed(const char *what, const void *data, size_t size)
{
	printf("malformed %s: %s\n", what, outcome(write_device(data, size)));
}

static void write_malformed(void)
{
	struct hv_ic_record bad = { .len = sizeof(bad), .id = record->id };
	static char large[RECORD_MAX + 1];

	try_malformed("empty", &bad, 0);
	try_malformed("cut", &bad, sizeof(bad) - 1);
	bad.len++;
	try_malformed("length", &bad, sizeof(bad));
	bad.len = sizeof(bad);
	bad.status = 5;
	try_malformed("status", &bad, sizeof(bad));
	bad.status = -5000;
	try_malformed("errno", &bad, sizeof(bad));
	bad.status = 0;
	bad.deadline_ms = 1;
	try_malformed("deadline", &bad, sizeof(bad));
	bad.deadline_ms = 0;
	bad.status = -5000;
	try_malformed("large", large, sizeof(large) + 1);
	/* Only an operation whose answer has a payload can miss it. */
	bad.status = 0;
	if (service == KVP && record->op == HV_IC_KVP_GET)
		try_malformed("payload", &bad, sizeof(bad));
}

static void show_poll(bool patient)
{
	struct pollfd fd = { device, POLLIN, 0 };
	int n = poll(&fd, 1, patient ? -1 : 0);

	printf("poll:%s%s%s\n", n < 0 ? " error" : fd.revents & POLLIN ? " in" : "",
	       fd.revents & POLLHUP ? " hup" : "", fd.revents & POLLERR ? " err" : "");
}

static int errno_named(const char *name)
{
	for (int i = 1; i < 4096; i++)
		if (strerrorname_np(i) && !strcmp(strerrorname_np(i), name))
			return i;
	fprintf(stderr, "daemon: %s is no errno\n", name);
	exit(2);
}

static void step(const char *word, const char *argument)
{
	if (!strcmp(word, "open")) {
		device = open_device();
		printf("open: %s\n", outcome(device));
	} else if (!strcmp(word, "nonblock")) {
		open_flags |= O_NONBLOCK;
		if (device >= 0)
			fcntl(device, F_SETFL, open_flags);
	} else if (!strcmp(word, "read")) {
		for (int n = argument ? atoi(argument) : 1; n; n--)
			take_record();
	} else if (!strcmp(word, "short")) {
		printf("short: %s\n", outcome(read_device(buffer, sizeof(*record) - 1)));
	} else if (!strcmp(word, "poll")) {
		show_poll(!!argument);
	} else if (!strcmp(word, "answer")) {
		printf("answer: %s\n",
		       outcome(answer(request_id, argument ? -errno_named(argument) : 0)));
	} else if (!strcmp(word, "late")) {
		printf("late: %s\n", outcome(answer(former_id, 0)));
	} else if (!strcmp(word, "wrong")) {
		printf("wrong: %s\n", outcome(answer(request_id + 1000, 0)));
	} else if (!strcmp(word, "malformed")) {
		write_malformed();
	} else if (!strcmp(word, "serve")) {
		serve(argument ? strtoul(argument, NULL, 0) : -1ul);
	} else if (!strcmp(word, "fail")) {
		failing_block = strtoul(argument, NULL, 0);
	} else if (!strcmp(word, "items")) {
		items = strtoul(argument, NULL, 0);
	} else if (!strcmp(word, "mute")) {
		mute = true;
	} else if (!strcmp(word, "abi")) {
		abi = strtoul(argument, NULL, 0);
	} else if (!strcmp(word, "features")) {
		features = strtoull(argument, NULL, 0);
	} else if (!strcmp(word, "disks")) {
		disks = argument;
	} else if (!strcmp(word, "hold")) {
		hold_disk(argument);
	} else if (!strcmp(word, "unnamed")) {
		session = 0;
	} else if (!strcmp(word, "release")) {
		printf("release: %s\n", outcome(ioctl(device, HV_IC_VSS_RELEASE)));
	} else if (!strcmp(word, "end")) {
		printf("end: %s\n", outcome(ioctl(device, HV_IC_VSS_END,
						  argument ? &former_session : &session)));
	} else if (!strcmp(word, "starve")) {
		starve_start();
	} else if (!strcmp(word, "sleep")) {
		sleep(atoi(argument));
	} else if (!strcmp(word, "hang")) {
		pause();
	} else if (!strcmp(word, "close")) {
		close(device);
		have = 0;
	} else if (!strcmp(word, "die")) {
		raise(SIGKILL);
	} else {
		fprintf(stderr, "daemon: %s is nothing to do\n", word);
		exit(2);
	}
}

int main(int argc, char **argv)
{
	const char *name;

	if (argc < 3) {
		fprintf(stderr, "usage: daemon DEVICE STEP...\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	snprintf(path, sizeof(path), "%s%s", *argv[1] == '/' ? "" : "/dev/hv_ic/", argv[1]);
	name = strrchr(path, '/') + 1;
	service = !strcmp(name, "kvp") ? KVP : !strcmp(name, "vss") ? VSS : FCOPY;
	for (argv += 2; *argv; argv++) {
		char *argument = strchr(*argv, ':');

		if (argument)
			*argument++ = '\0';
		step(*argv, argument);
	}
	if (starved)
		printf("starved: %lu\n", starved);
	return 0;
}
