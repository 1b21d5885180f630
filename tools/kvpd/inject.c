// SPDX-License-Identifier: GPL-2.0
/*
 * Addresses that the host wants an adapter to have.
 *
 * Who keeps an interface set up is asked to set it up: NetworkManager or systemd-networkd, or a
 * program that the administrator names. That takes its time, so it is done in a thread, one request
 * at a time, while all others are served. The host is told that it is done when the kernel has the
 * addresses.
 */
#include "inject.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "adapters.h"
#include "clock.h"
#include "message.h"
#include "root.h"
#include "sysbus.h"

/* What the driver does not limit, we do. */
#define LONGEST_MS 60000
/* What is left of the host's patience to go back to what was before. */
#define RESERVE_MS 5000
#define MOMENT_US 100000
/* What the host's requests wait for at the very most, when we start anew. */
#define RECOVERY_US 3000000
/* What one call may take when nobody waits for the job. */
#define OVER_US 3000000

/** hvic_job_left_ms() - how long it may still take; at least 1 */
unsigned int hvic_job_left_ms(const struct hvic_job *job)
{
	uint64_t now = hvu_now_us();

	return now + 1000 >= job->deadline_us ? 1 : (job->deadline_us - now) / 1000;
}

/**
 * hvic_job_bus() - the connection, for one more call
 *
 * An answer may take as long as the job: whoever has to be started for it takes its time. To go
 * back for nobody is no reason to keep the next one waiting.
 */
sd_bus *hvic_job_bus(const struct hvic_job *job)
{
	uint64_t limit_us = hvic_job_left_ms(job) * 1000ull;

	if (atomic_load(&job->over) && limit_us > OVER_US)
		limit_us = OVER_US;
	sd_bus_set_method_call_timeout(job->bus, limit_us);
	return job->bus;
}

/** hvic_job_end() - %-ECANCELED if nobody waits for it, %-ETIMEDOUT if it takes too long, or 0 */
int hvic_job_end(const struct hvic_job *job)
{
	if (atomic_load(&job->over))
		return -ECANCELED;
	return hvic_job_left_ms(job) <= 1 ? -ETIMEDOUT : 0;
}

/** hvic_job_pause() - wait a moment for others; as hvic_job_end() */
int hvic_job_pause(const struct hvic_job *job)
{
	int ret = hvic_job_end(job);

	if (!ret)
		usleep(MOMENT_US);
	return ret;
}

/* --- What the host has sent. ------------------------------------------------------------- */

/** hvic_address_text() - an address as people write it, without its prefix; @text */
char *hvic_address_text(const struct hv_ic_kvp_address *address,
			char text[static HVIC_ADDRESS_TEXT_SIZE])
{
	inet_ntop(address->family == 4 ? AF_INET : AF_INET6, address->bytes, text,
		  HVIC_ADDRESS_TEXT_SIZE);
	return text;
}

/** hvic_job_has_family() - does it say anything about this family? The rest is left as it is */
bool hvic_job_has_family(const struct hv_ic_kvp_ip *ip, uint8_t family)
{
	if (family == 4 && ip->dhcp)
		return true;
	for (uint32_t i = 0; i < ip->n_addresses; i++)
		if (ip->addresses[i].family == family)
			return true;
	return false;
}

/* Can a machine have it, or one that it talks to? */
static bool is_unicast(const struct hv_ic_kvp_address *address)
{
	static const uint8_t none[16], loopback[16] = { [15] = 1 };

	if (address->family == 4)
		return address->bytes[0] && address->bytes[0] != 127 && address->bytes[0] < 224;
	return address->bytes[0] != 0xff && memcmp(address->bytes, none, sizeof(none)) &&
	       memcmp(address->bytes, loopback, sizeof(loopback));
}

static bool are_valid(const struct hv_ic_kvp_address *addresses, uint32_t n, uint32_t max,
		      bool have_prefix, bool may_be_loopback)
{
	if (n > max)
		return false;
	for (uint32_t i = 0; i < n; i++) {
		const struct hv_ic_kvp_address *address = &addresses[i];
		unsigned int bits = address->family == 4 ? 32 : 128;
		bool is_loopback = may_be_loopback && address->family == 4 &&
			address->bytes[0] == 127;

		if (address->family != 4 && address->family != 6)
			return false;
		if (have_prefix && (!address->prefix || address->prefix > bits))
			return false;
		if (!is_loopback && !is_unicast(address))
			return false;
	}
	return true;
}

/**
 * hvic_inject_check() - can an adapter be set up like that?
 * @ip: what the host has sent
 *
 * Return: 0 or %-EINVAL.
 */
int hvic_inject_check(const struct hv_ic_kvp_ip *ip)
{
	if (!are_valid(ip->addresses, ip->n_addresses, HV_IC_KVP_ADDRESSES, true, false) ||
	    !are_valid(ip->gateways, ip->n_gateways, HV_IC_KVP_GATEWAYS, false, false) ||
	    !are_valid(ip->dns, ip->n_dns, HV_IC_KVP_ADDRESSES, false, true))
		return -EINVAL;
	return ip->n_addresses || ip->dhcp ? 0 : -EINVAL;
}

/* --- The usual way to reach others. ------------------------------------------------------ */

/** hvic_inject_open_bus() - connect to the system bus; 0 or a negative errno */
int hvic_inject_open_bus(struct hvic_job *job, sd_bus **bus)
{
	return hvu_bus_open(bus, hvic_job_left_ms(job) * 1000ull);
}

/* 1 if it is there, 0 if not yet, or a negative errno. */
static int has_address(const struct hvic_net *net, int index,
		       const struct hv_ic_kvp_address *wanted)
{
	for (size_t i = 0; i < net->n_addresses; i++) {
		const struct hvic_address *address = &net->addresses[i];

		if (address->index != index || address->ip.family != wanted->family ||
		    address->ip.prefix != wanted->prefix ||
		    memcmp(address->ip.bytes, wanted->bytes, sizeof(wanted->bytes)))
			continue;
		if (address->flags & IFA_F_DADFAILED)
			return -EADDRINUSE;
		return !(address->flags & IFA_F_TENTATIVE);
	}
	return 0;
}

static int has_addresses(const struct hvic_net *net, const struct hvic_job *job)
{
	for (uint32_t i = 0; i < job->ip.n_addresses; i++) {
		int ret;

		if (job->ip.dhcp && job->ip.addresses[i].family == 4)
			continue;
		ret = has_address(net, job->link.index, &job->ip.addresses[i]);
		if (ret <= 0)
			return ret;
	}
	return 1;
}

/**
 * hvic_inject_confirm() - wait until the kernel has the addresses
 * @job: the request
 *
 * What DHCP gives is not waited for: the host has not asked for an address then.
 *
 * Return: 0, %-ETIMEDOUT, %-ECANCELED, %-EADDRINUSE if another machine has one of them, or another
 * negative errno.
 */
int hvic_inject_confirm(struct hvic_job *job)
{
	struct pollfd wait = { .events = POLLIN };
	struct hvic_net net;
	int ret = hvic_net_open(&net, job->inject->root);

	if (ret)
		return ret;
	wait.fd = hvic_net_fd(&net);
	while (!(ret = has_addresses(&net, job))) {
		ret = hvic_job_end(job);
		if (ret)
			break;
		poll(&wait, 1, 100);
		ret = hvic_net_refresh(&net);
		if (ret)
			break;
	}
	hvic_net_close(&net);
	/* Whoever was told that it has failed does not want it done. */
	if (ret > 0 && atomic_load(&job->over))
		ret = -ECANCELED;
	return ret < 0 ? ret : 0;
}

/* --- Which interface it is about. --------------------------------------------------------- */

static bool is_link_local(const struct hv_ic_kvp_address *address)
{
	return address->family == 6 && address->bytes[0] == 0xfe;
}

/*
 * What has been set up by hand; DHCP, routers and the kernel say again what they have said. Name
 * servers do not tell where they come from: they are as their family is.
 */
static struct hv_ic_kvp_ip by_hand(const struct hv_ic_kvp_ip *now)
{
	struct hv_ic_kvp_ip ip = *now;

	ip.n_addresses = 0;
	ip.n_gateways = 0;
	ip.n_dns = 0;
	for (uint32_t i = 0; i < now->n_addresses; i++)
		if (now->addresses[i].origin != HV_IC_KVP_ORIGIN_DYNAMIC &&
		    !is_link_local(&now->addresses[i]))
			ip.addresses[ip.n_addresses++] = now->addresses[i];
	for (uint32_t i = 0; i < now->n_gateways; i++)
		if (!is_link_local(&now->gateways[i]))
			ip.gateways[ip.n_gateways++] = now->gateways[i];
	for (uint32_t i = 0; i < now->n_dns; i++) {
		const struct hv_ic_kvp_address *dns = &now->dns[i];

		if (is_unicast(dns) && hvic_job_has_family(&ip, dns->family) &&
		    !(dns->family == 4 && ip.dhcp))
			ip.dns[ip.n_dns++] = *dns;
	}
	return ip;
}

/**
 * hvic_inject_look_at() - learn anew which interface it is about, and how it is set up
 * @job: the request
 * @net: the network as it is now
 *
 * Return: as @look of struct hvic_inject_ops.
 */
int hvic_inject_look_at(struct hvic_job *job, const struct hvic_net *net)
{
	const struct hvic_link *before = hvic_net_link(net, job->link.index);
	struct hvic_leases leases = { .root = job->inject->root };
	const struct hvic_link *link;
	struct hv_ic_kvp_ip was;
	bool is_other;
	int ret = hvic_adapters_describe(net, &leases, job->was.adapter, &was);

	hvic_leases_free(&leases);
	if (ret)
		return ret == -ENODEV ? -ENOENT : ret;
	link = hvic_adapters_find(net, job->was.adapter);
	is_other = link->index != job->link.index;
	/* The one that had the addresses has lost them for a moment, and no other has them. */
	if (is_other && before && !hvic_adapters_bears(net, link->index)) {
		link = before;
		is_other = false;
	} else {
		/* Of an interface's name servers the other thread knows more than files say. */
		if (!is_other) {
			was.n_dns = job->was.n_dns;
			memcpy(was.dns, job->was.dns, sizeof(was.dns));
		}
		job->was = was;
		job->now = by_hand(&was);
	}
	is_other |= !!strcmp(link->name, job->link.name);
	job->link = *link;
	return is_other;
}

/** hvic_inject_look() - the same, of the network that there is; until the job ends */
int hvic_inject_look(struct hvic_job *job)
{
	int ret;

	if (job->has_net) {
		ret = hvic_net_refresh(&job->net);
	} else {
		ret = hvic_net_open(&job->net, job->inject->root);
		job->has_net = !ret;
	}
	return ret ? ret : hvic_inject_look_at(job, &job->net);
}

/* --- The thread. ------------------------------------------------------------------------- */

static const char *const way_names[] = {
	[HVU_INJECTION_AUTO]		= "anybody",
	[HVU_INJECTION_NETWORKMANAGER]	= "NetworkManager",
	[HVU_INJECTION_NETWORKD]	= "systemd-networkd",
	[HVU_INJECTION_PROGRAM]		= "the program",
	[HVU_INJECTION_OFF]		= "anybody",
};

/* Who keeps the interface now. */
static enum hvu_injection way_of(struct hvic_job *job)
{
	if (job->bus && hvic_nm_has(job))
		return HVU_INJECTION_NETWORKMANAGER;
	if (job->bus && hvic_networkd_has(job) && !hvic_networkd_leaves(job))
		return HVU_INJECTION_NETWORKD;
	return job->program ? HVU_INJECTION_PROGRAM : HVU_INJECTION_OFF;
}

/* Without a bus one can only know whether there will be one. */
static bool is_booting(struct hvic_job *job)
{
	char *state = NULL;
	bool booting;

	if (!job->bus)
		return hvu_exists(job->inject->root, "run/systemd/system");
	if (sd_bus_get_property_string(hvic_job_bus(job), "org.freedesktop.systemd1",
				       "/org/freedesktop/systemd1",
				       "org.freedesktop.systemd1.Manager", "SystemState", NULL,
				       &state) < 0)
		return false;
	booting = !strcmp(state, "initializing") || !strcmp(state, "starting");
	free(state);
	return booting;
}

/* Is there nobody better to wait for? The program alone is as good as any in the end. */
static bool is_found(const struct hvic_job *job, unsigned int enough_ms)
{
	if (job->way == HVU_INJECTION_PROGRAM)
		return !job->bus || hvic_job_left_ms(job) <= enough_ms;
	return job->way != HVU_INJECTION_OFF;
}

/*
 * A host that has started the machine in another place asks as soon as it can, and that may be
 * before anybody who keeps interfaces has been started, or has looked at this one; meanwhile the
 * interface may get another name, or become part of a bond. The program, which has to do something
 * yet, gets half of the time.
 */
static int find_way(struct hvic_job *job)
{
	unsigned int enough_ms = hvic_job_left_ms(job) / 2;

	for (;;) {
		int ret;

		if (!job->bus)
			job->inject->ops->open_bus(job, &job->bus);
		job->way = way_of(job);
		ret = job->inject->ops->look(job);
		if (ret < 0)
			return ret;
		if (!ret && (is_found(job, enough_ms) || !is_booting(job)))
			return 0;
		ret = hvic_job_pause(job);
		if (ret)
			return ret;
	}
}

/* What was asked for explicitly is not replaced by something else. */
static int take_way(struct hvic_job *job)
{
	int ret = 0;

	if (job->way != HVU_INJECTION_PROGRAM)
		ret = job->inject->ops->open_bus(job, &job->bus);
	if (ret < 0)
		return ret;
	if (job->way == HVU_INJECTION_NETWORKMANAGER && !hvic_nm_has(job))
		return -EOPNOTSUPP;
	ret = job->inject->ops->look(job);
	return ret < 0 ? ret : 0;
}

static int apply(struct hvic_job *job)
{
	int ret = job->way == HVU_INJECTION_AUTO ? find_way(job) : take_way(job);

	if (ret)
		return ret;
	switch (job->way) {
	case HVU_INJECTION_NETWORKMANAGER:
		return hvic_nm_apply(job);
	case HVU_INJECTION_NETWORKD:
		return hvic_networkd_apply(job);
	case HVU_INJECTION_PROGRAM:
		return hvic_program_apply(job);
	default:
		/* Those who do not answer in time may be there all the same. */
		ret = hvic_job_end(job);
		return ret ? ret : -EOPNOTSUPP;
	}
}

static void *work(void *data)
{
	struct hvic_job *job = data;
	uint64_t one = 1;

	job->status = apply(job);
	sd_bus_flush_close_unref(job->bus);
	job->bus = NULL;
	if (job->has_net)
		hvic_net_close(&job->net);
	/* The counter cannot be full. */
	while (write(job->inject->fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
	return NULL;
}

/* --- Begin and end. ---------------------------------------------------------------------- */

static void tell(const struct hvic_job *job)
{
	if (!hvu_log_may(&job->inject->limit, "addresses of the host"))
		return;
	if (job->status == -EOPNOTSUPP && job->way == HVU_INJECTION_OFF)
		hvu_message(HVU_MESSAGE_ADDRESSES_NOT_SET, HVU_LOG_WARNING,
			    "%s: the host's addresses are refused: neither NetworkManager nor systemd-networkd keeps it, and there is no kvp.ip_program",
			    job->link.name);
	else if (job->status)
		hvu_message(HVU_MESSAGE_ADDRESSES_NOT_SET, HVU_LOG_WARNING,
			    "%s: the host's addresses are not set by %s: %s%s%s", job->link.name,
			    way_names[job->way], strerror(-job->status),
			    job->why[0] ? ": " : "", job->why);
	else
		hvu_message(HVU_MESSAGE_ADDRESSES_SET, HVU_LOG_NOTICE,
			    "%s: the host's addresses are set by %s", job->link.name,
			    way_names[job->way]);
}

static void free_job(struct hvic_job *job)
{
	free(job->program);
	free(job);
}

static int on_end(sd_event_source *source, int fd, uint32_t events, void *data)
{
	struct hvic_inject *inject = data;
	struct hvic_job *job = inject->job;
	uint64_t count;

	(void)source;
	(void)events;
	if (read(fd, &count, sizeof(count)) < 0 || !job)
		return 0;
	pthread_join(inject->thread, NULL);
	inject->job = NULL;
	tell(job);
	if (!atomic_load(&job->over))
		inject->ops->done(inject, job->id, job->status);
	free_job(job);
	return 0;
}

/**
 * hvic_inject_begin() - set up an adapter
 * @inject: who does it
 * @id: of the host's request
 * @deadline_ms: how long the host waits; 0 for as long as we do
 * @link: the adapter
 * @now: how it is set up, with its id
 * @ip: how it is to be set up; a family of which it says nothing stays as it is
 *
 * Return: 0 if it has begun, and @done will be called; %-EINVAL; %-EACCES if the administrator does
 * not want it; %-EBUSY while another request is being dealt with; or another negative errno.
 */
int hvic_inject_begin(struct hvic_inject *inject, uint64_t id, uint32_t deadline_ms,
		      const struct hvic_link *link, const struct hv_ic_kvp_ip *now,
		      const struct hv_ic_kvp_ip *ip)
{
	uint64_t left = deadline_ms ? deadline_ms : LONGEST_MS;
	struct hvic_job *job;
	int ret = hvic_inject_check(ip);

	if (ret)
		return ret;
	if (inject->settings->kvp.ip_injection == HVU_INJECTION_OFF)
		return -EACCES;
	if (inject->job)
		return -EBUSY;
	job = calloc(1, sizeof(*job));
	if (!job)
		return -ENOMEM;
	job->inject = inject;
	job->id = id;
	job->link = *link;
	job->was = *now;
	job->now = by_hand(now);
	job->ip = *ip;
	job->way = inject->settings->kvp.ip_injection;
	left -= left / 4 < RESERVE_MS ? left / 4 : RESERVE_MS;
	job->deadline_us = hvu_now_us() + left * 1000;
	ret = -ENOMEM;
	if (inject->settings->kvp.ip_program) {
		job->program = strdup(inject->settings->kvp.ip_program);
		if (!job->program)
			goto err_free_job;
	}
	inject->job = job;
	ret = -pthread_create(&inject->thread, NULL, work, job);
	if (ret)
		goto err_free_job;
	return 0;

err_free_job:
	inject->job = NULL;
	free_job(job);
	return ret;
}

/**
 * hvic_inject_over() - the host does not wait any more
 * @inject: who does it
 * @id: of the host's request; 0 for any
 *
 * What has been changed already is taken back where that is possible.
 */
void hvic_inject_over(struct hvic_inject *inject, uint64_t id)
{
	if (inject->job && (!id || inject->job->id == id))
		atomic_store(&inject->job->over, true);
}

/**
 * hvic_inject_recover() - take back what a daemon that was killed has left on trial
 * @inject: who does it, and no other process
 *
 * NetworkManager does that by itself.
 */
void hvic_inject_recover(struct hvic_inject *inject)
{
	struct hvic_job job = { .inject = inject, .deadline_us = hvu_now_us() + RECOVERY_US };

	if (inject->job || !hvic_networkd_clean(inject->root))
		return;
	if (inject->ops->open_bus(&job, &job.bus) >= 0 && hvic_networkd_has(&job))
		hvic_networkd_reload(&job);
	sd_bus_flush_close_unref(job.bus);
}

/**
 * hvic_inject_open() - be ready
 * @inject: to be filled in
 * @ops: how to reach others
 * @root: below which /etc and /sys are
 * @settings: of the administrator; they may change from one request to the next
 * @event: loop
 *
 * Return: 0 or a negative errno. Close only after success.
 */
int hvic_inject_open(struct hvic_inject *inject, const struct hvic_inject_ops *ops, int root,
		     const struct hvu_settings *settings, sd_event *event)
{
	int ret;

	*inject = (struct hvic_inject){ .ops = ops, .root = root, .settings = settings };
	inject->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (inject->fd < 0)
		return -errno;
	ret = sd_event_add_io(event, &inject->source, inject->fd, EPOLLIN, on_end, inject);
	if (ret < 0)
		close(inject->fd);
	return ret < 0 ? ret : 0;
}

/** hvic_inject_close() - end; waits for what is being done */
void hvic_inject_close(struct hvic_inject *inject)
{
	if (inject->job) {
		hvic_inject_over(inject, 0);
		pthread_join(inject->thread, NULL);
		free_job(inject->job);
	}
	sd_event_source_disable_unref(inject->source);
	close(inject->fd);
}
