// SPDX-License-Identifier: GPL-2.0
/*
 * Data exchange on a channel: requests that a daemon answers, and what is held
 * for a daemon that is not there. The service is compiled in here.
 */
#include "fake_daemon.h"
#include "fake_event.h"

#include "svc_kvp.c"

#include "vectors/kvp.h"

#define POS_POOL	1		/* in the body of an item */
#define POS_ENUMERATE_INDEX	4
#define POS_ENUMERATE_KEY	20
#define POS_SET_KEY	16		/* UTF-16, in the body of SET */
#define POS_SET_VALUE	528

static int svc_kvp_init(struct kunit *test)
{
	struct fake_channel *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	fake_listener_reset();
	test->priv = f;
	KUNIT_ASSERT_EQ(test, fake_channel_init(f, test, &hvic_svc_kvp), 0);
	fake_channel_open(f);
	host_negotiates(f, 5, 0);
	return 0;
}

static void svc_kvp_exit(struct kunit *test)
{
	fake_channel_destroy(test->priv);
}

static struct hvic_kvp *service_of(struct fake_channel *f)
{
	return kvp_of(f->ch.priv);
}

static const struct hvic_span get = SPAN(vec_kvp_get);
static const struct hvic_span set = SPAN(vec_kvp_set_expand);
static const struct hvic_span delete = SPAN(vec_kvp_delete);
static const struct hvic_span enumerate = SPAN(vec_kvp_enumerate);
static const struct hvic_span set_ip = SPAN(vec_kvp_ip_binary);

/* Asks; a daemon is to answer. Returns the record that it gets. */
static const struct hvic_link_slot *asked(struct fake_channel *f, struct hvic_span body, u64 xid,
					  u16 op)
{
	unsigned int answers = f->n_out;

	host_asks(f, body, xid);
	KUNIT_ASSERT_EQ(f->test, f->n_out, answers);
	return daemon_reads(f, op);
}

/* The host stores value @value by key @key, each of one letter, in its pool. */
static void host_sets(struct fake_channel *f, char key, char value, u64 xid)
{
	struct hvic_room body = copy_of(f, set);

	poke32(body.data + 12, 4);
	body.data[POS_SET_KEY] = key;
	memset(body.data + POS_SET_VALUE, 0, 8);
	body.data[POS_SET_VALUE] = value;
	host_asks(f, to_span(body), xid);
}

/* The daemon is handed the item, and this is the id for its answer. */
static u64 handed(struct fake_channel *f, u16 op, const char *key, const char *value)
{
	const struct hvic_link_slot *slot = daemon_reads(f, op);
	const struct hv_ic_kvp_item *item = (const void *)slot->payload;

	KUNIT_EXPECT_STREQ(f->test, item->key, key);
	KUNIT_EXPECT_STREQ(f->test, item->value, value);
	KUNIT_EXPECT_EQ(f->test, slot->record.flags, 0);
	KUNIT_EXPECT_EQ(f->test, slot->expires, 0);
	expect_nothing_to_read(f);
	return slot->record.id;
}

static int stored(struct fake_channel *f, u64 id)
{
	return daemon_answers(f, id, 0, NULL, 0);
}

static void host_sets_an_item(struct fake_channel *f)
{
	stored(f, asked(f, set, 2, HV_IC_KVP_SET)->record.id);
}

static void host_deletes_an_item(struct fake_channel *f)
{
	stored(f, asked(f, delete, 2, HV_IC_KVP_DELETE)->record.id);
}

static void host_negotiates_anew(struct fake_channel *f)
{
	host_negotiates(f, 5, 0);
	daemon_reads(f, HV_IC_HELLO);
}

static void daemon_is_restarted(struct fake_channel *f)
{
	daemon_goes(f);
	daemon_comes(f);
}

/* --- With a daemon. ------------------------------------------------------------------ */

static void gets(struct kunit *test)
{
	static const struct hv_ic_kvp_item found = {
		.pool = HVIC_WIRE_KVP_GUEST, .type = HV_IC_KVP_STRING, .key = "N", .value = "v",
	};
	struct fake_channel *f = test->priv;
	const struct hvic_link_slot *slot;
	const struct hv_ic_kvp_item *item;
	struct hvic_span body;

	daemon_comes(f);
	slot = asked(f, get, 1, HV_IC_KVP_GET);
	item = (const void *)slot->payload;
	KUNIT_EXPECT_STREQ(test, item->key, "N");
	KUNIT_EXPECT_EQ(test, item->pool, HVIC_WIRE_KVP_GUEST);
	KUNIT_EXPECT_STREQ(test, f->ch.last.operation, "get");
	KUNIT_EXPECT_EQ(test, daemon_answers(f, slot->record.id, 0, &found, sizeof(found)), 0);
	expect_status(f, 1, 1, HVIC_STATUS_OK);
	body = answer_body(f, 1);
	KUNIT_EXPECT_EQ(test, body.data[POS_SET_VALUE], 'v');
}

static void enumerates(struct kunit *test)
{
	static const struct hv_ic_kvp_item found = {
		.type = HV_IC_KVP_STRING, .key = "OSName", .value = "\xe2\x82\xacix",
	};
	struct fake_channel *f = test->priv;
	const struct hvic_link_slot *slot;
	const struct hv_ic_kvp_item *item;

	daemon_comes(f);
	slot = asked(f, enumerate, 1, HV_IC_KVP_ENUMERATE);
	item = (const void *)slot->payload;
	KUNIT_EXPECT_EQ(test, item->index, 7);
	KUNIT_EXPECT_EQ(test, item->pool, HVIC_WIRE_KVP_AUTO);
	KUNIT_EXPECT_EQ(test, daemon_answers(f, slot->record.id, 0, &found, sizeof(found)), 0);
	expect_status(f, 1, 1, HVIC_STATUS_OK);
	expect_bytes(test, "item", answer_body(f, 1),
		     (struct hvic_span)SPAN(vec_kvp_enumerate_reply));

	slot = asked(f, enumerate, 2, HV_IC_KVP_ENUMERATE);
	KUNIT_EXPECT_EQ(test, daemon_answers(f, slot->record.id, -ENODATA, NULL, 0), 0);
	expect_status(f, 2, 2, HVIC_STATUS_NO_MORE_ITEMS);
}

/* An item that is not UTF-8 is altered and counted, and does not end the enumeration. */
static void enumerates_odd_items(struct kunit *test)
{
	static const struct hv_ic_kvp_item found = {
		.type = HV_IC_KVP_STRING, .key = "OSName", .value = "\xff",
	};
	struct fake_channel *f = test->priv;
	const struct hvic_link_slot *slot;

	daemon_comes(f);
	slot = asked(f, enumerate, 1, HV_IC_KVP_ENUMERATE);
	KUNIT_EXPECT_EQ(test, daemon_answers(f, slot->record.id, 0, &found, sizeof(found)), 0);
	expect_status(f, 1, 1, HVIC_STATUS_OK);
	KUNIT_EXPECT_EQ(test, service_of(f)->altered, 1);
}

/* The daemon answers the question for item 7 with it and the two behind it, which are the last. */
static void daemon_lists(struct fake_channel *f, u64 xid)
{
	static const struct hv_ic_kvp_list list = {
		.item = { .type = HV_IC_KVP_STRING, .key = "OSName", .value = "\xe2\x82\xacix" },
		.n = 2, .flags = HV_IC_KVP_LIST_LAST, .text = "b\0002\0c\0003",
	};
	const struct hvic_link_slot *slot = asked(f, enumerate, xid, HV_IC_KVP_ENUMERATE);

	KUNIT_EXPECT_EQ(f->test, daemon_answers(f, slot->record.id, 0, &list, sizeof(list)), 0);
	service_of(f)->list.expires = jiffies + FAR * HZ;
	expect_status(f, f->n_out, xid, HVIC_STATUS_OK);
}

static void host_enumerates(struct fake_channel *f, u32 index, u64 xid)
{
	struct hvic_room body = copy_of(f, enumerate);

	poke32(body.data + POS_ENUMERATE_INDEX, index);
	host_asks(f, to_span(body), xid);
}

static void lists(struct kunit *test)
{
	struct fake_channel *f = test->priv;

	daemon_comes(f);
	daemon_lists(f, 1);
	expect_bytes(test, "item", answer_body(f, 1),
		     (struct hvic_span)SPAN(vec_kvp_enumerate_reply));
	host_enumerates(f, 8, 2);
	expect_status(f, 2, 2, HVIC_STATUS_OK);
	KUNIT_EXPECT_EQ(test, answer_body(f, 2).data[POS_ENUMERATE_KEY], 'b');
	host_enumerates(f, 9, 3);
	expect_status(f, 3, 3, HVIC_STATUS_OK);
	host_enumerates(f, 10, 4);
	expect_status(f, 4, 4, HVIC_STATUS_NO_MORE_ITEMS);
	expect_nothing_to_read(f);
}

static const struct forget_row {
	const char *desc;
	void (*event)(struct fake_channel *f);
} forget_rows[] = {
	{ "the host sets an item", host_sets_an_item },
	{ "the host deletes an item", host_deletes_an_item },
	{ "the host negotiates", host_negotiates_anew },
	{ "another daemon comes", daemon_is_restarted },
};

ROWS(forget);

/* What was listed before may be otherwise now. */
static void list_is_forgotten(struct kunit *test)
{
	const struct forget_row *row = test->param_value;
	struct fake_channel *f = test->priv;
	unsigned int answers;

	daemon_comes(f);
	daemon_lists(f, 1);
	row->event(f);
	answers = f->n_out;
	host_enumerates(f, 8, 3);
	KUNIT_EXPECT_EQ(test, f->n_out, answers);
	daemon_reads(f, HV_IC_KVP_ENUMERATE);
}

static void malformed_list(struct kunit *test)
{
	static const struct hv_ic_kvp_list list = { .n = HV_IC_KVP_LIST_SIZE };
	struct fake_channel *f = test->priv;
	u64 id;

	daemon_comes(f);
	id = asked(f, enumerate, 1, HV_IC_KVP_ENUMERATE)->record.id;
	KUNIT_EXPECT_EQ(test, daemon_answers(f, id, 0, &list, sizeof(list)), -EINVAL);
	KUNIT_EXPECT_EQ(test, f->n_out, 0);
	KUNIT_EXPECT_EQ(test, daemon_answers(f, id, 0, &list, sizeof(list.item)), 0);
	expect_status(f, 1, 1, HVIC_STATUS_OK);
}

static const struct write_row {
	const char *desc;
	struct hvic_span body;
	u16 op;
	int status;
	u32 hresult;
} write_rows[] = {
	{ "set", SPAN(vec_kvp_set_expand), HV_IC_KVP_SET, 0, HVIC_STATUS_OK },
	{ "set, disk full", SPAN(vec_kvp_set_expand), HV_IC_KVP_SET, -ENOSPC,
	  HVIC_STATUS_DISK_FULL },
	{ "delete", SPAN(vec_kvp_delete), HV_IC_KVP_DELETE, 0, HVIC_STATUS_OK },
	{ "delete, no such key", SPAN(vec_kvp_delete), HV_IC_KVP_DELETE, -ENOENT,
	  HVIC_STATUS_NOT_FOUND },
	{ "addresses", SPAN(vec_kvp_ip_binary), HV_IC_KVP_SET_IP, 0, HVIC_STATUS_OK },
};

ROWS(write);

/* With a daemon the host gets the daemon's word. */
static void writes(struct kunit *test)
{
	const struct write_row *row = test->param_value;
	struct fake_channel *f = test->priv;
	u64 id;

	daemon_comes(f);
	id = asked(f, row->body, 1, row->op)->record.id;
	KUNIT_EXPECT_EQ(test, daemon_answers(f, id, row->status, NULL, 0), 0);
	expect_status(f, 1, 1, row->hresult);
	KUNIT_EXPECT_EQ(test, service_of(f)->n_held, 0);
	expect_nothing_to_read(f);
}

static void answer_without_payload(struct kunit *test)
{
	static const struct hv_ic_kvp_item reserved = { .reserved = 1, .key = "N" };
	static const struct hv_ic_kvp_item found = { .type = HV_IC_KVP_STRING, .key = "N" };
	struct fake_channel *f = test->priv;
	u64 id;

	daemon_comes(f);
	id = asked(f, get, 1, HV_IC_KVP_GET)->record.id;
	KUNIT_EXPECT_EQ(test, daemon_answers(f, id, 0, NULL, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, daemon_answers(f, id, 0, &reserved, sizeof(reserved)), -EINVAL);
	KUNIT_EXPECT_EQ(test, daemon_answers(f, 0, 0, NULL, 0), -ESTALE);
	KUNIT_EXPECT_EQ(test, f->n_out, 0);
	KUNIT_EXPECT_EQ(test, daemon_answers(f, id, 0, &found, sizeof(found)), 0);
	expect_status(f, 1, 1, HVIC_STATUS_OK);
}

static const struct address_row {
	const char *desc;
	struct hv_ic_kvp_ip ip;
} address_rows[] = {
	{ "address", { .addresses[127].reserved = 1 } },
	{ "gateway", { .gateways[0].reserved = 1 } },
	{ "name server", { .dns[127].reserved = 1 } },
	{ "adapter", { .reserved[2] = 1 } },
};

ROWS(address);

static void answers_with_reserved_fields(struct kunit *test)
{
	static const struct hv_ic_kvp_ip found;
	const struct address_row *row = test->param_value;
	struct fake_channel *f = test->priv;
	struct hvic_room body = copy_of(f, set_ip);
	u64 id;

	body.data[0] = HVIC_WIRE_KVP_GET_IP_INFO;
	daemon_comes(f);
	id = asked(f, to_span(body), 1, HV_IC_KVP_GET_IP)->record.id;
	KUNIT_EXPECT_EQ(test, daemon_answers(f, id, 0, &row->ip, sizeof(row->ip)), -EINVAL);
	KUNIT_EXPECT_EQ(test, f->n_out, 0);
	KUNIT_EXPECT_EQ(test, daemon_answers(f, id, 0, &found, sizeof(found)), 0);
	expect_status(f, 1, 1, HVIC_STATUS_OK);
}

static void one_at_a_time(struct kunit *test)
{
	struct fake_channel *f = test->priv;
	u64 id;

	daemon_comes(f);
	id = asked(f, set, 1, HV_IC_KVP_SET)->record.id;
	host_asks(f, get, 2);
	expect_status(f, 1, 2, HVIC_STATUS_BUSY);
	expect_nothing_to_read(f);
	KUNIT_EXPECT_EQ(test, stored(f, id), 0);
	expect_status(f, 2, 1, HVIC_STATUS_OK);
}

/* A daemon that is stuck makes us acknowledge nothing. */
static void stuck_daemon(struct kunit *test)
{
	struct fake_channel *f = test->priv;

	daemon_comes(f);
	host_asks(f, set, 1);
	deadline_passes(f);
	expect_status(f, 1, 1, HVIC_STATUS_TIMEOUT);
	KUNIT_EXPECT_EQ(test, service_of(f)->n_held, 0);
	expect_nothing_to_read(f);
}

/* The service goes, and the daemon with it: nobody is left for whom an item could be kept. */
static void service_goes(struct kunit *test)
{
	struct fake_channel *f = test->priv;

	daemon_comes(f);
	asked(f, set, 1, HV_IC_KVP_SET);
	hvic_daemon_closing(&f->ch);
	expect_status(f, 1, 1, HVIC_STATUS_NOT_CONNECTED);
	KUNIT_EXPECT_EQ(test, service_of(f)->n_held, 0);
}

static void negotiate_voids(struct kunit *test)
{
	struct fake_channel *f = test->priv;
	u64 id;

	daemon_comes(f);
	id = asked(f, set, 1, HV_IC_KVP_SET)->record.id;
	host_negotiates(f, 4, 0);
	daemon_reads(f, HV_IC_OVER);
	daemon_reads(f, HV_IC_HELLO);
	KUNIT_EXPECT_EQ(test, stored(f, id), -ESTALE);
	KUNIT_EXPECT_EQ(test, f->n_out, 0);
}

static void malformed(struct kunit *test)
{
	static const u8 short_body[4] = { HVIC_WIRE_KVP_SET };
	static const u8 no_op[2580] = { 9 };
	struct fake_channel *f = test->priv;

	daemon_comes(f);
	host_asks(f, (struct hvic_span)SPAN(short_body), 1);
	expect_status(f, 1, 1, HVIC_STATUS_INVALID_ARGUMENT);
	host_asks(f, (struct hvic_span)SPAN(no_op), 2);
	expect_status(f, 2, 2, HVIC_STATUS_NOT_SUPPORTED);
	expect_nothing_to_read(f);
}

/* --- Without one: items. --------------------------------------------------------------- */

static void no_daemon_nothing_to_read(struct kunit *test)
{
	struct fake_channel *f = test->priv;

	host_asks(f, get, 1);
	expect_status(f, 1, 1, HVIC_STATUS_NOT_CONNECTED);
	host_asks(f, enumerate, 2);
	expect_status(f, 2, 2, HVIC_STATUS_NOT_CONNECTED);
}

/* What the guest keeps for the host is not the host's to write. */
static void holds_only_what_is_the_hosts(struct kunit *test)
{
	struct fake_channel *f = test->priv;
	struct hvic_room body = copy_of(f, set);

	body.data[POS_POOL] = HVIC_WIRE_KVP_GUEST;
	host_asks(f, to_span(body), 1);
	expect_status(f, 1, 1, HVIC_STATUS_NOT_CONNECTED);
	KUNIT_EXPECT_EQ(test, service_of(f)->n_held, 0);
}

/* Items are handed over in their order, one after the other's answer. */
static void holds_and_hands_over(struct kunit *test)
{
	struct fake_channel *f = test->priv;
	u64 id;

	host_sets(f, 'a', '1', 1);
	expect_status(f, 1, 1, HVIC_STATUS_OK);
	host_asks(f, delete, 2);
	expect_status(f, 2, 2, HVIC_STATUS_OK);
	KUNIT_EXPECT_EQ(test, service_of(f)->n_held, 2);

	daemon_comes(f);
	id = handed(f, HV_IC_KVP_SET, "a", "1");
	KUNIT_EXPECT_EQ(test, service_of(f)->n_held, 2);
	KUNIT_EXPECT_EQ(test, stored(f, id), 0);
	KUNIT_EXPECT_EQ(test, service_of(f)->n_held, 1);
	KUNIT_EXPECT_EQ(test, stored(f, id), -ESTALE);
	id = handed(f, HV_IC_KVP_DELETE, "N", "");
	KUNIT_EXPECT_EQ(test, daemon_answers(f, id, -ENOENT, NULL, 0), 0);
	KUNIT_EXPECT_EQ(test, service_of(f)->n_held, 0);
	KUNIT_EXPECT_EQ(test, service_of(f)->lost, 0);
	expect_nothing_to_read(f);
}

static void holds_the_newest_of_a_key(struct kunit *test)
{
	struct fake_channel *f = test->priv;

	host_sets(f, 'a', '1', 1);
	host_sets(f, 'b', '2', 2);
	host_sets(f, 'a', '3', 3);
	KUNIT_EXPECT_EQ(test, service_of(f)->n_held, 2);
	daemon_comes(f);
	KUNIT_EXPECT_EQ(test, stored(f, handed(f, HV_IC_KVP_SET, "b", "2")), 0);
	KUNIT_EXPECT_EQ(test, stored(f, handed(f, HV_IC_KVP_SET, "a", "3")), 0);
	expect_nothing_to_read(f);
}

/* What a daemon has read but not stored goes to the next one. */
static void killed_while_handed(struct kunit *test)
{
	struct fake_channel *f = test->priv;
	u64 id;

	host_sets(f, 'a', '1', 1);
	daemon_comes(f);
	id = handed(f, HV_IC_KVP_SET, "a", "1");
	daemon_goes(f);
	KUNIT_EXPECT_EQ(test, service_of(f)->n_held, 1);
	daemon_comes(f);
	KUNIT_EXPECT_EQ(test, stored(f, id), -ESTALE);
	KUNIT_EXPECT_EQ(test, stored(f, handed(f, HV_IC_KVP_SET, "a", "1")), 0);
	KUNIT_EXPECT_EQ(test, service_of(f)->n_held, 0);
}

/* What the host writes is not lost with a daemon that has read it; what it asks is answered. */
static void killed_while_asked(struct kunit *test)
{
	struct fake_channel *f = test->priv;

	daemon_comes(f);
	host_sets(f, 'a', '1', 1);
	daemon_reads(f, HV_IC_KVP_SET);
	daemon_goes(f);
	expect_status(f, 1, 1, HVIC_STATUS_OK);
	KUNIT_EXPECT_EQ(test, service_of(f)->n_held, 1);

	daemon_comes(f);
	KUNIT_EXPECT_EQ(test, stored(f, handed(f, HV_IC_KVP_SET, "a", "1")), 0);
	KUNIT_EXPECT_EQ(test, service_of(f)->n_held, 0);
	asked(f, enumerate, 2, HV_IC_KVP_ENUMERATE);
	daemon_goes(f);
	expect_status(f, 2, 2, HVIC_STATUS_NOT_CONNECTED);
	KUNIT_EXPECT_EQ(test, service_of(f)->n_held, 0);
}

/* A full disk is no reason to forget; what the daemon will never take is lost. */
static void cannot_be_stored(struct kunit *test)
{
	struct fake_channel *f = test->priv;
	u64 id;

	host_sets(f, 'a', '1', 1);
	host_sets(f, 'b', '2', 2);
	daemon_comes(f);
	id = handed(f, HV_IC_KVP_SET, "a", "1");
	KUNIT_EXPECT_EQ(test, daemon_answers(f, id, -ENOSPC, NULL, 0), 0);
	KUNIT_EXPECT_EQ(test, service_of(f)->n_held, 2);
	expect_nothing_to_read(f);
	/* By and by it is tried again. */
	KUNIT_EXPECT_TRUE(test, delayed_work_pending(&service_of(f)->retry));
	mod_delayed_work(system_wq, &service_of(f)->retry, 0);
	flush_delayed_work(&service_of(f)->retry);
	handed(f, HV_IC_KVP_SET, "b", "2");

	daemon_goes(f);
	daemon_comes(f);
	id = handed(f, HV_IC_KVP_SET, "b", "2");
	KUNIT_EXPECT_EQ(test, daemon_answers(f, id, -EINVAL, NULL, 0), 0);
	KUNIT_EXPECT_EQ(test, service_of(f)->lost, 1);
	KUNIT_EXPECT_EQ(test, stored(f, handed(f, HV_IC_KVP_SET, "a", "1")), 0);
	KUNIT_EXPECT_EQ(test, service_of(f)->n_held, 0);
}

/* The host's last word on a key goes past what is held of it. */
static void overtaken(struct kunit *test)
{
	struct fake_channel *f = test->priv;
	u64 first;

	host_sets(f, 'a', '1', 1);
	daemon_comes(f);
	first = handed(f, HV_IC_KVP_SET, "a", "1");
	host_sets(f, 'a', '2', 2);
	KUNIT_EXPECT_EQ(test, f->n_out, 1);
	KUNIT_EXPECT_EQ(test, service_of(f)->n_held, 0);
	KUNIT_EXPECT_EQ(test, stored(f, daemon_reads(f, HV_IC_KVP_SET)->record.id), 0);
	expect_status(f, 2, 2, HVIC_STATUS_OK);
	KUNIT_EXPECT_EQ(test, stored(f, first), -ESTALE);
}

/* The others are handed over all the same, also if that word cannot be stored. */
static void overtaken_in_vain(struct kunit *test)
{
	struct fake_channel *f = test->priv;
	u64 first;

	host_sets(f, 'a', '1', 1);
	host_sets(f, 'b', '2', 2);
	daemon_comes(f);
	first = handed(f, HV_IC_KVP_SET, "a", "1");
	host_sets(f, 'a', '3', 3);
	KUNIT_EXPECT_EQ(test, stored(f, first), -ESTALE);
	daemon_answers(f, daemon_reads(f, HV_IC_KVP_SET)->record.id, -ENOSPC, NULL, 0);
	expect_status(f, 3, 3, HVIC_STATUS_DISK_FULL);
	KUNIT_EXPECT_EQ(test, stored(f, handed(f, HV_IC_KVP_SET, "b", "2")), 0);
	KUNIT_EXPECT_EQ(test, service_of(f)->n_held, 0);
}

static void handed_over_again_after_negotiate(struct kunit *test)
{
	struct fake_channel *f = test->priv;

	host_sets(f, 'a', '1', 1);
	daemon_comes(f);
	host_negotiates(f, 4, 0);
	daemon_reads(f, HV_IC_HELLO);
	KUNIT_EXPECT_EQ(test, stored(f, handed(f, HV_IC_KVP_SET, "a", "1")), 0);
	KUNIT_EXPECT_EQ(test, service_of(f)->n_held, 0);
}

static void holds_no_more_than_a_bound(struct kunit *test)
{
	struct fake_channel *f = test->priv;
	struct hvic_room body = copy_of(f, set);
	unsigned int i;

	for (i = 0; i <= HELD_MAX; i++) {
		poke16(body.data + POS_SET_KEY, 0x100 + i);
		host_asks(f, to_span(body), i);
		expect_status(f, 1, i, HVIC_STATUS_OK);
		forget_answers(f, 0);
	}
	KUNIT_EXPECT_EQ(test, service_of(f)->n_held, HELD_MAX);
	KUNIT_EXPECT_EQ(test, service_of(f)->lost, 1);
	daemon_comes(f);
	/* U+0101: the oldest has made room. */
	handed(f, HV_IC_KVP_SET, "\xc4\x81", "%A%");
}

/* --- Without one: addresses. -------------------------------------------------------------- */

static void addresses_wait_for_a_daemon(struct kunit *test)
{
	struct fake_channel *f = test->priv;
	const struct hvic_link_slot *slot;
	const struct hv_ic_kvp_ip *ip;

	host_asks(f, set_ip, 1);
	KUNIT_EXPECT_EQ(test, f->n_out, 0);
	daemon_comes(f);
	slot = daemon_reads(f, HV_IC_KVP_SET_IP);
	ip = (const void *)slot->payload;
	KUNIT_EXPECT_EQ(test, ip->n_addresses, 2);
	KUNIT_EXPECT_NE(test, slot->expires, 0);
	KUNIT_EXPECT_EQ(test, stored(f, slot->record.id), 0);
	expect_status(f, 1, 1, HVIC_STATUS_OK);
}

static void addresses_do_not_wait_for_ever(struct kunit *test)
{
	struct fake_channel *f = test->priv;

	host_asks(f, set_ip, 1);
	deadline_passes(f);
	expect_status(f, 1, 1, HVIC_STATUS_TIMEOUT);
	daemon_comes(f);
	expect_nothing_to_read(f);
}

static void addresses_are_void(struct kunit *test)
{
	struct fake_channel *f = test->priv;

	host_asks(f, set_ip, 1);
	host_negotiates(f, 5, 0);
	daemon_comes(f);
	expect_nothing_to_read(f);
	KUNIT_EXPECT_EQ(test, f->n_out, 0);
}

static struct kunit_case svc_kvp_cases[] = {
	KUNIT_CASE(gets),
	KUNIT_CASE(enumerates),
	KUNIT_CASE(enumerates_odd_items),
	KUNIT_CASE(lists),
	KUNIT_CASE_PARAM(list_is_forgotten, forget_gen_params),
	KUNIT_CASE(malformed_list),
	KUNIT_CASE_PARAM(writes, write_gen_params),
	KUNIT_CASE(answer_without_payload),
	KUNIT_CASE_PARAM(answers_with_reserved_fields, address_gen_params),
	KUNIT_CASE(one_at_a_time),
	KUNIT_CASE(stuck_daemon),
	KUNIT_CASE(service_goes),
	KUNIT_CASE(negotiate_voids),
	KUNIT_CASE(malformed),
	KUNIT_CASE(no_daemon_nothing_to_read),
	KUNIT_CASE(holds_only_what_is_the_hosts),
	KUNIT_CASE(holds_and_hands_over),
	KUNIT_CASE(holds_the_newest_of_a_key),
	KUNIT_CASE(killed_while_handed),
	KUNIT_CASE(killed_while_asked),
	KUNIT_CASE(cannot_be_stored),
	KUNIT_CASE(overtaken),
	KUNIT_CASE(overtaken_in_vain),
	KUNIT_CASE(handed_over_again_after_negotiate),
	KUNIT_CASE(holds_no_more_than_a_bound),
	KUNIT_CASE(addresses_wait_for_a_daemon),
	KUNIT_CASE(addresses_do_not_wait_for_ever),
	KUNIT_CASE(addresses_are_void),
	{}
};

static struct kunit_suite svc_kvp_suite = {
	.name = "hv_ic_svc_kvp",
	.init = svc_kvp_init,
	.exit = svc_kvp_exit,
	.test_cases = svc_kvp_cases,
};

kunit_test_suite(svc_kvp_suite);
