// SPDX-License-Identifier: GPL-2.0
/*
 * What the host does with a service: one malformed answer costs it, a restore has its rules,
 * and time comes of its own accord.
 */
#include "fake_guest.h"
#include "utf16.h"

/* --- One malformed answer costs the service. ---------------------------------------- */

static struct wire_kvp_value *value_of(struct wire_header *answer)
{
	return &((struct wire_kvp_exchange *)(answer + 1))->u.item.value;
}

/* "k" = "v" */
static void good_item(struct wire_header *answer)
{
	struct wire_kvp_value *v = value_of(answer);

	v->type = WIRE_KVP_STRING;
	v->key_bytes = 4;
	v->value_bytes = 4;
	v->key[0] = 'k';
	v->value.string[0] = 'v';
}

#define SPOILT(name, ...)						\
	static void name(struct wire_header *answer)			\
	{								\
		struct wire_kvp_value *v = value_of(answer);		\
									\
		good_item(answer);					\
		__VA_ARGS__;						\
	}

SPOILT(nul_inside, v->value_bytes = 8; v->value.string[2] = 'w')
SPOILT(nul_in_key, v->key_bytes = 8; v->key[2] = 'l')
SPOILT(nul_twice, v->value_bytes = 6)
SPOILT(no_nul, v->value_bytes = 2)
SPOILT(odd_size, v->value_bytes = 5)
SPOILT(no_size, v->value_bytes = 0)
SPOILT(too_long, v->value_bytes = 2050)
/* Its NUL lies in the value, which is empty. */
SPOILT(long_key, memset(v->key, 'k', sizeof(v->key)); v->key_bytes = sizeof(v->key) + 2;
	v->value.string[0] = 0; v->value_bytes = 2)
SPOILT(behind, v->value.string[9] = 'x')
SPOILT(surrogate, v->value.string[0] = 0xd83d)
SPOILT(dword_of_8, v->type = WIRE_KVP_DWORD; v->value_bytes = 8)
SPOILT(qword_of_4, v->type = WIRE_KVP_QWORD; v->value_bytes = 4)
SPOILT(linux_u64, v->type = 8; v->value_bytes = 8)

static void transaction(struct wire_header *answer)
{
	good_item(answer);
	answer->transaction = 1;
}

static void request_again(struct wire_header *answer)
{
	good_item(answer);
	answer->flags = WIRE_TRANSACTION | WIRE_REQUEST;
}

static void test_items(void)
{
	static const struct {
		const char *what;
		void (*spoil)(struct wire_header *answer);
	} rows[] = {
		{ "a NUL inside the value", nul_inside }, { "a NUL inside the key", nul_in_key },
		{ "two NULs at the end", nul_twice }, { "no NUL", no_nul },
		{ "an odd size", odd_size }, { "no size", no_size },
		{ "a size beyond the field", too_long }, { "a key beyond its field", long_key },
		{ "bytes behind the string", behind },
		{ "half a surrogate pair", surrogate }, { "a DWORD of 8 bytes", dword_of_8 },
		{ "a QWORD of 4 bytes", qword_of_4 }, { "Linux' own type", linux_u64 },
		{ "a transaction that is not 0", transaction }, { "a request", request_again },
	};
	struct kvp_item item;

	start(&ic_kvp, (struct wire_version) { 5, 0 });
	guest.spoil = good_item;
	unit_check(!kvp_enumerate(ic, KVP_AUTO, 0, &item) && !strcmp(item.key, "k") &&
		   !strcmp(item.value, "v"), "a good item");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		guest.spoil = rows[i].spoil;
		unit_check(kvp_enumerate(ic, KVP_AUTO, 0, &item) == -EPROTO &&
			   ic->state == IC_FAILED, "%s: %s", rows[i].what, ic->violation);
		guest.spoil = good_item;
		if (kvp_enumerate(ic, KVP_AUTO, 0, &item) != -EPROTO)
			unit_check(false, "a failed service is asked for nothing more");
		hv_lock(host);
		if (i % 2) {
			ic_restore(ic);
		} else {
			close_channel();
			open_channel();
		}
		hv_unlock(host);
		if (ic_wait_ready(ic) || kvp_enumerate(ic, KVP_AUTO, 0, &item))
			unit_check(false, "it works again, %s",
				   i % 2 ? "restored" : "opened anew");
	}
	end();
}

static void two_versions(struct wire_header *answer)
{
	((struct wire_negotiate *)(answer + 1))->messages = 2;
}

static void good_beat(struct wire_header *answer)
{
	((struct wire_heartbeat *)(answer + 1))->sequence++;
}

static void no_versions(struct wire_header *answer)
{
	memset(answer + 1, 0, 16);
}

/* Requests still go out then: what a guest says to them is for the cases to see. */
static void test_refusal(void)
{
	start(&ic_heartbeat, (struct wire_version) { 3, 1 });
	guest.disagree = no_versions;
	unit_check(ic_negotiate(ic) == -ENOTCONN && ic->state == IC_REFUSED && !ic->violations &&
		   hv_channel_is_open(ic->channel), "a refusal leaves the channel open");
	guest.spoil = good_beat;
	unit_check(!heartbeat_beat(ic, NULL), "for requests");
	guest.disagree = NULL;
	unit_check(!ic_negotiate(ic) && ic->state == IC_READY, "and for a new NEGOTIATE");
	end();
}

static bool has_failed(void *context)
{
	return ic->state == IC_FAILED;
}

/* What the guest says of its own accord, or says at length. */
static void test_packets(void)
{
	static uint8_t bytes[WIRE_PACKET_MAX + 8];
	const char *why;
	bool signal;

	start(&ic_heartbeat, (struct wire_version) { 3, 0 });
	guest.disagree = two_versions;
	unit_check(ic_negotiate(ic) == -EPROTO && ic->state == IC_FAILED,
		   "NEGOTIATE: %s", ic->violation);
	end();

	start(&ic_heartbeat, (struct wire_version) { 3, 0 });
	hv_lock(host);
	answer();
	hv_unlock(host);
	unit_check(!hv_wait(host, has_failed, NULL, 2000), "an answer to nothing: %s",
		   ic->violation);
	end();

	start(&ic_heartbeat, (struct wire_version) { 3, 0 });
	hv_lock(host);
	hv_ring_write(&guest.out, &guest.packet, bytes, sizeof(bytes), &signal, &why);
	hv_vmbus_hypercall(host, SIGNAL_EVENT, HV_CONNECTION_CHANNEL | 1);
	hv_unlock(host);
	unit_check(!hv_wait(host, has_failed, NULL, 2000) && strstr(ic->violation, "the largest"),
		   "a packet that is too long: %s", ic->violation);
	end();
}

/* An answer that breaks a rule */
struct spoilt {
	const char *what;
	void (*spoil)(struct wire_header *answer);
};

static void refuse(const struct spoilt *rows, size_t n, int64_t (*ask)(void))
{
	for (size_t i = 0; i < n; i++) {
		guest.spoil = rows[i].spoil;
		unit_check(ask() == -EPROTO && ic->state == IC_FAILED, "%s: %s", rows[i].what,
			   ic->violation);
		ic_restore(ic);
		ic_wait_ready(ic);
	}
}

static void beat_of_4(struct wire_header *answer)
{
	good_beat(answer);
	((struct wire_heartbeat *)(answer + 1))->application_state = 4;
}

static void beat_of_two(struct wire_header *answer)
{
	((struct wire_heartbeat *)(answer + 1))->sequence += 2;
}

static void beat_without_body(struct wire_header *answer)
{
	good_beat(answer);
	answer->size = 7;
}

/* Nobody but the service itself looks at the answer to a request that a test made. */
static ic_result ask_beat(void)
{
	struct ic_request *request = ic_request(ic, WIRE_HEARTBEAT, sizeof(struct wire_heartbeat));
	ic_result result;

	request->may_set[0] = (struct ic_span) { 0, 12 };
	request->n_may_set = 1;
	result = ic_ask(request);
	ic_request_free(request);
	return result;
}

static void test_beats(void)
{
	static const struct spoilt rows[] = {
		{ "the host's own sequence number", NULL },
		{ "a sequence number too far", beat_of_two },
		{ "a sequence number that does not count", beat_without_body },
		{ "a state that is not", beat_of_4 },
	};

	start(&ic_heartbeat, (struct wire_version) { 3, 1 });
	guest.spoil = good_beat;
	unit_check(!heartbeat_beat(ic, NULL) && !heartbeat_beat(ic, NULL) && !ask_beat(),
		   "good beats");
	refuse(rows, ARRAY_SIZE(rows), ask_beat);
	end();
}

static ic_result ask_item(void)
{
	struct ic_request *request = ic_request(ic, WIRE_KVP, sizeof(struct wire_kvp_exchange));
	ic_result result;

	((struct wire_kvp_header *)ic_body(request))->op = WIRE_KVP_ENUMERATE;
	request->may_set[0] = (struct ic_span) { 4, sizeof(struct wire_kvp_exchange) - 4 };
	request->n_may_set = 1;
	result = ic_ask(request);
	ic_request_free(request);
	return result;
}

static void short_item(struct wire_header *answer)
{
	good_item(answer);
	answer->size--;
}

static void test_raw_items(void)
{
	static const struct spoilt rows[] = {
		{ "no item", NULL }, { "a NUL inside the key", nul_in_key },
		{ "an item that is cut", short_item },
	};

	start(&ic_kvp, (struct wire_version) { 5, 0 });
	guest.spoil = good_item;
	unit_check(!ask_item(), "a good item that a test asked for");
	refuse(rows, ARRAY_SIZE(rows), ask_item);
	end();
}

static void full_cluster(struct wire_header *answer)
{
	((struct wire_vss_cluster *)(answer + 1))->luns = WIRE_VSS_LUNS;
}

static void luns_261(struct wire_header *answer)
{
	((struct wire_vss_cluster *)(answer + 1))->luns = WIRE_VSS_LUNS + 1;
}

static ic_result ask_cluster(void)
{
	uint32_t nodes;

	return vss_cluster(ic, &nodes);
}

static void test_cluster(void)
{
	static const struct spoilt rows[] = { { "261 disks", luns_261 } };

	start(&ic_vss, (struct wire_version) { 7, 0 });
	guest.spoil = full_cluster;
	unit_check(!ask_cluster(), "260 disks");
	refuse(rows, ARRAY_SIZE(rows), ask_cluster);
	end();
}

static struct wire_kvp_ip_binary *ip_of(struct wire_header *answer)
{
	return (void *)(answer + 1);
}

/* An address of each family */
static void good_ip(struct wire_header *answer)
{
	struct wire_kvp_ip_binary *ip = ip_of(answer);

	ip->family = WIRE_KVP_IPV4 | WIRE_KVP_IPV6;
	ip->v4_addresses = 1;
	ip->v6_addresses = 1;
	memset(ip->v4_address[0], 10, 4);
	ip->v4_subnet[0][0] = 0xff;
	memset(ip->v6_address[0], 0xfd, 16);
	ip->v6_prefix[0] = 64;
	ip->origin[0] = 2;
	ip->origin[1] = 1;
}

#define SPOILT_IP(name, ...)						\
	static void name(struct wire_header *answer)			\
	{								\
		struct wire_kvp_ip_binary *ip = ip_of(answer);		\
									\
		good_ip(answer);					\
		__VA_ARGS__;						\
	}

SPOILT_IP(many_addresses, ip->v6_addresses = 65)
SPOILT_IP(many_gateways, ip->v4_gateways = 6)
SPOILT_IP(family_4, ip->family = 4)
SPOILT_IP(prefix_for_mask, ip->v4_subnet[0][0] = 8)
SPOILT_IP(prefix_129, ip->v6_prefix[0] = 129)
SPOILT_IP(origin_3, ip->origin[1] = 3)
SPOILT_IP(origin_gap, ip->origin[WIRE_KVP_ADDRESSES] = 1)
SPOILT_IP(address_beyond, ip->v4_address[1][0] = 1)
SPOILT_IP(dns_beyond, ip->v6_dns[0][0] = 1)
SPOILT_IP(adapter_behind, ip->adapter[100] = 'x')
SPOILT_IP(full_adapter, memset(ip->adapter, 'x', sizeof(ip->adapter)))
SPOILT_IP(pad, ip->pad = 0x100)
SPOILT_IP(pad2, ip->pad2 = 1)

static ic_result ask_addresses(void)
{
	struct kvp_ip ip;

	return kvp_get_ip(ic, "00:15:5d:01:02:03", &ip);
}

static void test_addresses(void)
{
	static const struct spoilt rows[] = {
		{ "65 addresses", many_addresses }, { "6 gateways", many_gateways },
		{ "a family that is not", family_4 }, { "a mask that is none", prefix_for_mask },
		{ "a prefix of 129", prefix_129 }, { "an origin that is not", origin_3 },
		{ "a gap between the origins", origin_gap },
		{ "an address that is not counted", address_beyond },
		{ "a server that is not counted", dns_beyond },
		{ "text behind the adapter", adapter_behind },
		{ "an adapter without an end", full_adapter },
		{ "something in the first gap", pad }, { "something in the second", pad2 },
	};
	struct kvp_ip ip;

	start(&ic_kvp, (struct wire_version) { 5, 0 });
	guest.spoil = good_ip;
	unit_check(!kvp_get_ip(ic, "00:15:5d:01:02:03", &ip) &&
		   !strcmp(ip.subnet, "255.0.0.0;64") && !strcmp(ip.origin, "static;other"),
		   "good addresses");
	refuse(rows, ARRAY_SIZE(rows), ask_addresses);
	end();
}

static struct wire_kvp_ip_text *text_of(struct wire_header *answer)
{
	return (void *)(answer + 1);
}

/* An address, its mask and a server */
static void good_lists(struct wire_header *answer)
{
	struct wire_kvp_ip_text *ip = text_of(answer);

	ip->family = WIRE_KVP_IPV4;
	utf16_from_utf8(ip->address, 1024, "10.0.0.1");
	utf16_from_utf8(ip->subnet, 1024, "255.0.0.0");
	utf16_from_utf8(ip->dns, 1024, "10.0.0.2");
}

#define SPOILT_LISTS(name, ...)						\
	static void name(struct wire_header *answer)			\
	{								\
		struct wire_kvp_ip_text *ip = text_of(answer);		\
									\
		good_lists(answer);					\
		__VA_ARGS__;						\
	}

SPOILT_LISTS(lone_surrogate, ip->address[0] = 0xd83d)
SPOILT_LISTS(text_behind, ip->subnet[100] = 'x')
SPOILT_LISTS(id_behind, ip->adapter[100] = 'x')
SPOILT_LISTS(full_gateways, memset(ip->gateway, 'x', sizeof(ip->gateway)))
SPOILT_LISTS(full_servers, memset(ip->dns, 'x', sizeof(ip->dns)))

/* Below 5.0 addresses are text. */
static void test_lists(void)
{
	static const struct spoilt rows[] = {
		{ "half a surrogate pair in a list", lone_surrogate },
		{ "text behind a list", text_behind }, { "text behind the adapter", id_behind },
		{ "gateways without an end", full_gateways },
		{ "servers without an end", full_servers },
	};
	struct kvp_ip ip;

	start(&ic_kvp, (struct wire_version) { 4, 0 });
	guest.spoil = good_lists;
	unit_check(!kvp_get_ip(ic, "00:15:5d:01:02:03", &ip) && !strcmp(ip.address, "10.0.0.1") &&
		   !strcmp(ip.subnet, "255.0.0.0") && !*ip.gateway && !strcmp(ip.dns, "10.0.0.2"),
		   "good lists");
	refuse(rows, ARRAY_SIZE(rows), ask_addresses);
	end();
}

/* --- Over a restore. ---------------------------------------------------------------- */

/* The guest answers nothing more. Return: how much it has heard. */
static unsigned int start_silent(const struct ic_service *service, struct wire_version version)
{
	unsigned int heard;

	start(service, version);
	hv_lock(host);
	guest.silent = true;
	heard = guest.heard;
	hv_unlock(host);
	return heard;
}

static void test_restore(void)
{
	struct shutdown_order order = { .reason = SHUTDOWN_REASON_PLANNED };
	struct ic_request *request, *second;
	unsigned int heard;
	struct kvp_item item;

	heard = start_silent(&ic_kvp, (struct wire_version) { 5, 0 });
	request = ic_request(ic, WIRE_KVP, sizeof(struct wire_kvp_exchange));
	ic_post(request, 0);
	next_heard(&heard);
	hv_lock(host);
	ic_restore(ic);
	answer();			/* to the old request, which the guest saw last */
	guest.silent = false;
	hv_unlock(host);
	unit_check(ic_wait(request) == -ECANCELED && next_heard(&heard) == WIRE_NEGOTIATE &&
		   !ic_wait_ready(ic) && ic->stale == 1 && !ic->violations,
		   "data exchange negotiates anew, and an old answer is dropped");
	guest.spoil = good_item;
	unit_check(!kvp_enumerate(ic, KVP_AUTO, 0, &item), "and works");
	ic_request_free(request);
	end();

	heard = start_silent(&ic_kvp, (struct wire_version) { 5, 0 });
	request = ic_request(ic, WIRE_KVP, sizeof(struct wire_kvp_exchange));
	second = ic_request(ic, WIRE_KVP, sizeof(struct wire_kvp_exchange));
	ic_post(request, 0);
	ic_post(second, 0);
	next_heard(&heard);
	next_heard(&heard);
	hv_lock(host);
	answer();			/* to the second, where the first is due */
	answer();
	unit_check(ic->state == IC_FAILED && !ic_restore(ic) && ic->stale == 1,
		   "an answer that lies in the ring of a failed service is dropped at a restore");
	guest.silent = false;
	hv_unlock(host);
	unit_check(!ic_wait_ready(ic) && ic->violations == 1, "which negotiates anew");
	ic_request_free(request);
	ic_request_free(second);
	end();

	heard = start_silent(&ic_shutdown, (struct wire_version) { 3, 2 });
	request = shutdown_request(ic, &order);
	ic_post(request, 0);
	next_heard(&heard);
	hv_lock(host);
	ic_restore(ic);
	unit_check(ic->state == IC_READY && ic->negotiations == 1, "shutdown does not negotiate");
	answer();
	hv_unlock(host);
	unit_check(ic_wait(request) == 0, "and takes the answer to what it asked before");
	ic_request_free(request);
	end();
}

/* --- Time of its own accord. --------------------------------------------------------- */

static int time_flags(unsigned int *heard)
{
	if (next_heard(heard) != WIRE_TIMESYNC)
		return -1;
	return ((struct wire_time_v4 *)(guest.asked + sizeof(struct wire_header)))->flags;
}

static bool is_armed(void)
{
	bool armed;

	is_settled();
	hv_lock(host);
	armed = host->alarms == &ic->alarm;
	hv_unlock(host);
	return armed;
}

static void later(unsigned int ms)
{
	hv_lock(host);
	hv_alarms_ring(host, hv_uptime_ms(host) + ms);
	hv_unlock(host);
}

static void test_cadence(void)
{
	struct wire_time_v4 *body = (void *)(guest.asked + sizeof(struct wire_header));
	unsigned int heard;

	start(&ic_timesync, (struct wire_version) { 4, 0 });
	heard = guest.heard;
	timesync_keep(ic);
	unit_check(time_flags(&heard) == WIRE_TIME_SYNC && !body->leap && !body->stratum,
		   "a SYNC at once, stratum 0");
	unit_check(is_armed(), "the answer starts the clock");
	later(4000);
	unit_check(is_armed(), "nothing after four seconds");
	later(5000);
	unit_check(time_flags(&heard) == WIRE_TIME_SAMPLE && is_armed(), "a SAMPLE after five");
	hv_lock(host);
	ic_restore(ic);
	unit_check(!host->alarms, "a restore stops the clock");
	hv_unlock(host);
	unit_check(next_heard(&heard) == WIRE_NEGOTIATE && time_flags(&heard) == WIRE_TIME_SYNC,
		   "a new SYNC after a restore");
	unit_check(is_armed(), "answered");
	hv_lock(host);
	guest.silent = true;
	hv_unlock(host);
	later(5000);
	unit_check(time_flags(&heard) == WIRE_TIME_SAMPLE && !host->alarms,
		   "no answer: there will be no more samples");
	ic_reset(ic);
	end();
}

/* --- What comes first. ---------------------------------------------------------------- */

static bool ascend(const struct wire_version *v, unsigned int n)
{
	for (unsigned int i = 1; i < n; i++) {
		if (v[i].major < v[i - 1].major ||
		    (v[i].major == v[i - 1].major && v[i].minor <= v[i - 1].minor))
			return false;
	}
	return n;
}

static void test_open(void)
{
	static const struct ic_service *const services[] = {
		&ic_heartbeat, &ic_kvp, &ic_shutdown, &ic_timesync, &ic_vss, &ic_fcopy,
	};
	const struct wire_negotiate *body = (void *)(guest.asked + sizeof(struct wire_header));

	for (size_t i = 0; i < ARRAY_SIZE(services); i++) {
		start(services[i], (struct wire_version) { 9, 0 });
		unit_check(guest.heard == 1 && guest.types[0] == WIRE_NEGOTIATE &&
			   body->frameworks == 2 && body->messages == services[i]->messages.n &&
			   ascend(body->versions, 2) &&
			   ascend(body->versions + 2, body->messages),
			   "one NEGOTIATE of %s, oldest version first", services[i]->name);
		end();
	}
}

int main(void)
{
	test_open();
	test_items();
	test_refusal();
	test_packets();
	test_beats();
	test_raw_items();
	test_cluster();
	test_addresses();
	test_lists();
	test_restore();
	test_cadence();
	return unit_done();
}
