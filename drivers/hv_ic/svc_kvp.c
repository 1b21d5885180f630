// SPDX-License-Identifier: GPL-2.0
/*
 * Data exchange: the host reads and writes key/value items in the guest and asks
 * for, or sets, the addresses of its network adapters. A daemon keeps the items.
 *
 * The host sends an item once, whether a daemon is there or not. So items that
 * come while there is none (in the initramfs, say) are kept here, the newest of
 * each key, and handed to the daemon when it comes, one after the other; an item
 * is forgotten when the daemon has answered that it is stored, and is handed over
 * again where it could not be. While there is a daemon nothing is acknowledged that
 * it has not answered. Addresses that Hyper-V Replica injects at boot are held the
 * same way; the host waits for that answer, but only as long as the slow deadline
 * says.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/ratelimit.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "choice.h"
#include "daemon.h"
#include "kvp_list.h"
#include "proto/adapter.h"
#include "proto/kvp.h"
#include "proto/legacy_kvp.h"

/* As many keys as a host may set. */
#define HELD_MAX	1024

/* One request at a time, and some events. */
#define QUEUE_SLOTS	8

/* Between two tries to have the same item stored, in seconds. */
#define RETRY_SECONDS	10

/* A host may enumerate every few seconds: so many warnings there are in an hour. */
#define WARNINGS	10

static bool enabled = true;

static const struct hvic_version hvic_kvp_versions[] = {
	{ 5, 0 }, { 4, 0 }, { 3, 0 }, { 1, 0 },
};

static const char * const version_words[] = { "5", "4", "3", "1" };
static int withheld;
HVIC_CHOICE(kvp_version, version_words, &withheld, 0644);
MODULE_PARM_DESC(kvp_version, "Highest version of the data exchange protocol to agree on: 5 (default), 4, 3, 1; holds from the next negotiation");

static const char * const op_words[] = {
	[HVIC_WIRE_KVP_GET]		= "get",
	[HVIC_WIRE_KVP_SET]		= "set",
	[HVIC_WIRE_KVP_DELETE]		= "delete",
	[HVIC_WIRE_KVP_ENUMERATE]	= "enumerate",
	[HVIC_WIRE_KVP_GET_IP_INFO]	= "get-ip-info",
	[HVIC_WIRE_KVP_SET_IP_INFO]	= "set-ip-info",
};

/**
 * struct hvic_kvp_held - an item that waits until a daemon has stored it
 * @list: in the order of arrival
 * @op: HV_IC_KVP_SET or HV_IC_KVP_DELETE
 * @pool: of the item
 * @type: of its value
 * @number: the value, if it is a number
 * @value: the value in @text, if it is a string
 * @text: the key, and behind its NUL the value
 */
struct hvic_kvp_held {
	struct list_head list;
	u16 op;
	u32 pool;
	u32 type;
	u64 number;
	const char *value;
	char text[];
};

/**
 * struct hvic_kvp - a KVP channel's own, guarded by the channel's lock
 * @daemon: the joint to the daemon; the channel's private data
 * @op: of the request that the daemon is asked
 * @pool: of that request
 * @index: of that request
 * @held: items that wait until a daemon has stored them
 * @n_held: how many
 * @retry: hands over again what could not be stored
 * @handing: the one of them that the daemon has been handed; NULL for none
 * @handing_id: id of that record
 * @lost: items that there was no room to keep, or that a daemon refused
 * @held_ip_id: request with addresses that waits for a daemon; 0 for none
 * @held_ip: those addresses
 * @item: of the request, or for its answer
 * @list: items that the daemon has listed and the host has not asked for yet
 * @adapter: of the request, as the host has written it
 * @altered: items that the host reads otherwise than the daemon has them
 * @warnings: limits what is said of these
 * @lists: scratch memory of the parser
 */
struct hvic_kvp {
	struct hvic_daemon daemon;
	enum hvic_wire_kvp_op op;
	u8 pool;
	u32 index;
	struct list_head held;
	unsigned int n_held;
	struct delayed_work retry;
	struct hvic_kvp_held *handing;
	u64 handing_id;
	u64 lost;
	u64 held_ip_id;
	struct hv_ic_kvp_ip held_ip;
	struct hv_ic_kvp_item item;
	struct hvic_kvp_list list;
	char adapter[HV_IC_KVP_ADAPTER_SIZE];
	u64 altered;
	struct ratelimit_state warnings;
	struct hvic_ip_lists lists;
};

static struct hvic_kvp *kvp_of(struct hvic_daemon *daemon)
{
	return container_of(daemon, struct hvic_kvp, daemon);
}

/* --- Items without a daemon. ------------------------------------------------------ */

static void hvic_kvp_forget(struct hvic_kvp *kvp, struct hvic_kvp_held *held)
{
	if (kvp->handing == held)
		kvp->handing = NULL;
	list_del(&held->list);
	kvp->n_held--;
	kfree(held);
}

static struct hvic_kvp_held *hvic_kvp_find(struct hvic_kvp *kvp, const struct hv_ic_kvp_item *item)
{
	struct hvic_kvp_held *held;

	list_for_each_entry(held, &kvp->held, list) {
		if (held->pool == item->pool && !strcmp(held->text, item->key))
			return held;
	}
	return NULL;
}

static int hvic_kvp_hold(struct hvic_kvp *kvp, u16 op, const struct hv_ic_kvp_item *item)
{
	size_t key_size = strlen(item->key) + 1, value_size = strlen(item->value) + 1;
	struct hvic_kvp_held *held, *old;

	held = kmalloc(struct_size(held, text, key_size + value_size), GFP_ATOMIC | __GFP_NOWARN);
	if (!held)
		return -ENOMEM;
	held->op = op;
	held->pool = item->pool;
	held->type = item->type;
	held->number = item->number;
	memcpy(held->text, item->key, key_size);
	memcpy(held->text + key_size, item->value, value_size);
	held->value = held->text + key_size;

	old = hvic_kvp_find(kvp, item);
	if (!old && kvp->n_held == HELD_MAX) {
		old = list_first_entry(&kvp->held, struct hvic_kvp_held, list);
		kvp->lost++;
	}
	if (old)
		hvic_kvp_forget(kvp, old);
	list_add_tail(&held->list, &kvp->held);
	kvp->n_held++;
	return 0;
}

/* Hands the daemon the next item, if it is not busy with one. */
static void hvic_kvp_hand_over(struct hvic_kvp *kvp)
{
	struct hvic_kvp_held *held;
	struct hv_ic_kvp_item *item;

	if (kvp->handing || list_empty(&kvp->held))
		return;
	item = hvic_daemon_begin(&kvp->daemon);
	if (IS_ERR(item))
		return;
	held = list_first_entry(&kvp->held, struct hvic_kvp_held, list);
	memset(item, 0, sizeof(*item));
	item->pool = held->pool;
	item->type = held->type;
	item->number = held->number;
	strscpy(item->key, held->text, sizeof(item->key));
	strscpy(item->value, held->value, sizeof(item->value));
	if (hvic_daemon_post(&kvp->daemon, held->op, 0, kvp->handing_id + 1, sizeof(*item)))
		return;
	kvp->handing = held;
	kvp->handing_id++;
}

static void hvic_kvp_try_again(struct work_struct *work)
{
	struct hvic_kvp *kvp = container_of(to_delayed_work(work), struct hvic_kvp, retry);

	spin_lock_bh(&kvp->daemon.ch->lock);
	hvic_kvp_hand_over(kvp);
	spin_unlock_bh(&kvp->daemon.ch->lock);
}

/* Will the daemon never say anything else to this item? */
static bool is_final(int status)
{
	return !status || status == -ENOENT || status == -ENODATA || status == -EINVAL ||
	       status == -EOPNOTSUPP;
}

static int hvic_kvp_handed_over(struct hvic_kvp *kvp, u64 id, int status)
{
	bool is_missing = status == -ENOENT || status == -ENODATA;
	struct hvic_kvp_held *held = kvp->handing;

	if (!held || id != kvp->handing_id) {
		/* The host has overtaken that one, but not those behind it. */
		hvic_kvp_hand_over(kvp);
		return -ESTALE;
	}
	kvp->handing = NULL;
	hvic_kvp_list_forget(&kvp->list);
	if (!is_final(status)) {
		/* A full disk, say: the others come first when it is tried again. */
		list_move_tail(&held->list, &kvp->held);
		schedule_delayed_work(&kvp->retry, RETRY_SECONDS * HZ);
		return 0;
	}
	/* What is to be deleted need not be there. */
	if (status && !(is_missing && held->op == HV_IC_KVP_DELETE))
		kvp->lost++;
	hvic_kvp_forget(kvp, held);
	hvic_kvp_hand_over(kvp);
	return 0;
}

/* --- Requests. ----------------------------------------------------------------------- */

static bool hvic_kvp_is_write(struct hvic_kvp *kvp)
{
	return (kvp->op == HVIC_WIRE_KVP_SET || kvp->op == HVIC_WIRE_KVP_DELETE) &&
	       (kvp->pool == HVIC_WIRE_KVP_EXTERNAL || kvp->pool == HVIC_WIRE_KVP_AUTO_EXTERNAL);
}

/* Says which item it is, but not what is in it: that may be a secret. */
static int hvic_kvp_encode_answer(struct hvic_kvp *kvp, struct hvic_room body,
				  const struct hv_ic_kvp_item *item)
{
	struct device *dev = kvp->daemon.ch->dev;
	bool changed = false;
	int ret = hvic_kvp_encode_item(body, kvp->op, kvp->pool, kvp->index, item, &changed);

	if (!changed)
		return ret;
	kvp->altered++;
	if (!__ratelimit(&kvp->warnings))
		return ret;
	if (kvp->op == HVIC_WIRE_KVP_GET)
		dev_warn(dev, "an item of pool %u is altered for the host: not UTF-8, too long or without a key\n",
			 kvp->pool);
	else
		dev_warn(dev, "item %u of pool %u is altered for the host: not UTF-8, too long or without a key\n",
			 kvp->index, kvp->pool);
	return ret;
}

static int hvic_kvp_ask_item(struct hvic_kvp *kvp, const struct hvic_msg *msg)
{
	struct hv_ic_kvp_item *payload;
	struct hvic_kvp_held *old;
	int ret;

	payload = hvic_daemon_begin(&kvp->daemon);
	if (PTR_ERR(payload) == -ENOTCONN && hvic_kvp_is_write(kvp))
		return hvic_kvp_hold(kvp, kvp->op, &kvp->item);
	if (IS_ERR(payload))
		return PTR_ERR(payload);
	*payload = kvp->item;
	ret = hvic_daemon_ask(&kvp->daemon, msg, kvp->op, sizeof(*payload), false);
	if (ret != -EINPROGRESS || !hvic_kvp_is_write(kvp))
		return ret;
	/* The host's last word on this key; if the daemon has the former, it had it first. */
	old = hvic_kvp_find(kvp, &kvp->item);
	if (old)
		hvic_kvp_forget(kvp, old);
	return ret;
}

static int hvic_kvp_handle_item(struct hvic_kvp *kvp, const struct hvic_msg *msg,
				struct hvic_room body)
{
	int ret = hvic_kvp_decode_item(msg->body, &kvp->item);

	if (ret)
		return ret;
	kvp->index = kvp->item.index;
	if (kvp->op == HVIC_WIRE_KVP_ENUMERATE) {
		ret = hvic_kvp_list_next(&kvp->list, kvp->pool, kvp->index, &kvp->item);
		if (ret != -ENOENT)
			return ret ? ret : hvic_kvp_encode_answer(kvp, body, &kvp->item);
	} else if (kvp->op != HVIC_WIRE_KVP_GET) {
		hvic_kvp_list_forget(&kvp->list);
	}
	ret = hvic_kvp_ask_item(kvp, msg);
	return ret ? ret : hvic_kvp_encode_header(body, kvp->op, kvp->pool);
}

/* The daemon gets the adapter's id as Linux writes it, the host gets its own back. */
static int hvic_kvp_decode_request(struct hvic_kvp *kvp, const struct hvic_msg *msg,
				   struct hv_ic_kvp_ip *ip)
{
	int ret = hvic_kvp_decode_ip(msg->body, kvp->daemon.ch->versions.message, ip, &kvp->lists);

	if (ret)
		return ret;
	strscpy(kvp->adapter, ip->adapter, sizeof(kvp->adapter));
	hvic_adapter_normalise(ip->adapter);
	return 0;
}

static int hvic_kvp_handle_ip(struct hvic_kvp *kvp, const struct hvic_msg *msg)
{
	struct hv_ic_kvp_ip *payload = hvic_daemon_begin(&kvp->daemon);
	int ret;

	if (PTR_ERR(payload) == -ENOTCONN && kvp->op == HVIC_WIRE_KVP_SET_IP_INFO) {
		ret = hvic_kvp_decode_request(kvp, msg, &kvp->held_ip);
		if (ret)
			return ret;
		kvp->held_ip_id = hvic_channel_defer_slow(kvp->daemon.ch, msg);
		return kvp->held_ip_id ? -EINPROGRESS : -EBUSY;
	}
	if (IS_ERR(payload))
		return PTR_ERR(payload);
	ret = hvic_kvp_decode_request(kvp, msg, payload);
	if (ret)
		return ret;
	return hvic_daemon_ask(&kvp->daemon, msg, kvp->op, sizeof(*payload), false);
}

static int hvic_kvp_handle(struct hvic_channel *ch, const struct hvic_msg *msg,
			   struct hvic_room body)
{
	struct hvic_kvp *kvp = kvp_of(ch->priv);
	enum hvic_wire_kvp_op op;
	u8 pool;
	int ret = hvic_kvp_parse(msg->body, &op, &pool);

	if (ret)
		return ret;
	ch->last.operation = op_words[op];
	if (hvic_channel_is_deferred(ch))
		return -EBUSY;
	kvp->op = op;
	kvp->pool = pool;
	kvp->index = 0;
	if (op == HVIC_WIRE_KVP_GET_IP_INFO || op == HVIC_WIRE_KVP_SET_IP_INFO)
		return hvic_kvp_handle_ip(kvp, msg);
	return hvic_kvp_handle_item(kvp, msg, body);
}

/* --- The daemon's end. ------------------------------------------------------------------ */

static void hvic_kvp_attached(struct hvic_daemon *daemon)
{
	struct hvic_kvp *kvp = kvp_of(daemon);
	struct hv_ic_kvp_ip *payload;
	u64 id = kvp->held_ip_id;

	hvic_kvp_hand_over(kvp);
	kvp->held_ip_id = 0;
	if (!id || !hvic_channel_is_waiting_for(daemon->ch, id))
		return;
	payload = hvic_daemon_begin(daemon);
	if (IS_ERR(payload))
		return;
	*payload = kvp->held_ip;
	hvic_daemon_ask_deferred(daemon, HV_IC_KVP_SET_IP, sizeof(*payload));
}

/*
 * It is restarted, say. What the host writes is kept as if there had been no daemon:
 * this one may have stored it or not, and to store it once more does no harm.
 */
static void hvic_kvp_going(struct hvic_daemon *daemon)
{
	struct hvic_kvp *kvp = kvp_of(daemon);

	/* If the service goes, too, there will be no other daemon: the host is told the truth. */
	if (!hvic_link_is_alive(&daemon->link) ||
	    !hvic_channel_is_waiting_for(daemon->ch, daemon->asked) || !hvic_kvp_is_write(kvp) ||
	    hvic_kvp_hold(kvp, kvp->op, &kvp->item))
		return;
	hvic_channel_complete_locked(daemon->ch, daemon->asked, 0, NULL);
}

static void hvic_kvp_gone(struct hvic_daemon *daemon)
{
	struct hvic_kvp *kvp = kvp_of(daemon);

	kvp->handing = NULL;
	hvic_kvp_list_forget(&kvp->list);
}

static bool has_reserved(const struct hv_ic_kvp_address *addresses, size_t n)
{
	while (n--) {
		if (addresses[n].reserved)
			return true;
	}
	return false;
}

/*
 * Is there a payload where the operation has one, with reserved fields that are zero? What follows
 * an item is kept.
 */
static bool hvic_kvp_take_answer(struct hvic_kvp *kvp, const void *payload, size_t len)
{
	const struct hv_ic_kvp_item *item = payload;
	const struct hv_ic_kvp_ip *ip = payload;

	static_assert(sizeof(struct hv_ic_kvp_list) <= HVIC_LINK_ANSWER);

	switch (kvp->op) {
	case HVIC_WIRE_KVP_GET:
		return len && !item->reserved;
	case HVIC_WIRE_KVP_ENUMERATE:
		return len && !item->reserved &&
		       !hvic_kvp_list_keep(&kvp->list, kvp->pool, kvp->index, payload);
	case HVIC_WIRE_KVP_GET_IP_INFO:
		return len && !memchr_inv(ip->reserved, 0, sizeof(ip->reserved)) &&
		       !has_reserved(ip->addresses, ARRAY_SIZE(ip->addresses)) &&
		       !has_reserved(ip->gateways, ARRAY_SIZE(ip->gateways)) &&
		       !has_reserved(ip->dns, ARRAY_SIZE(ip->dns));
	default:
		return true;
	}
}

static int hvic_kvp_reply(struct hvic_daemon *daemon, u64 id, int status,
			  const void *payload, size_t len)
{
	struct hvic_kvp *kvp = kvp_of(daemon);
	int ret;

	if (!id)
		return -ESTALE;
	if (id >= HV_IC_RECORD_OWN_ID)
		return hvic_kvp_handed_over(kvp, id, status);
	if (!status && hvic_channel_is_waiting_for(daemon->ch, id) &&
	    !hvic_kvp_take_answer(kvp, payload, len))
		return -EINVAL;
	ret = hvic_channel_complete_locked(daemon->ch, id, status, payload);
	/* Where this was stored, what could not be stored before may find its place, too. */
	if (!ret && !status && hvic_kvp_is_write(kvp))
		hvic_kvp_hand_over(kvp);
	return ret;
}

static int hvic_kvp_encode(struct hvic_channel *ch, struct hvic_room body, const void *reply)
{
	struct hvic_kvp *kvp = kvp_of(ch->priv);

	switch (kvp->op) {
	case HVIC_WIRE_KVP_GET:
	case HVIC_WIRE_KVP_ENUMERATE:
		return hvic_kvp_encode_answer(kvp, body, reply);
	case HVIC_WIRE_KVP_GET_IP_INFO:
		return hvic_kvp_encode_ip(body, ch->versions.message, kvp->pool, kvp->adapter,
					  reply, &kvp->lists);
	default:
		return hvic_kvp_encode_header(body, kvp->op, kvp->pool);
	}
}

static const struct hvic_daemon_ops hvic_kvp_daemon_ops = {
	.attached = hvic_kvp_attached,
	.going = hvic_kvp_going,
	.gone = hvic_kvp_gone,
	.reply = hvic_kvp_reply,
};

/* --- Service. --------------------------------------------------------------------------- */

static void hvic_kvp_reset(struct hvic_channel *ch)
{
	struct hvic_kvp *kvp = kvp_of(ch->priv);

	kvp->held_ip_id = 0;
	kvp->handing = NULL;
	hvic_kvp_list_forget(&kvp->list);
	hvic_daemon_withdraw_all(&kvp->daemon, -ECANCELED);
}

/* What was handed over before the HELLO may be void, and storing it twice does no harm. */
static void hvic_kvp_ready(struct hvic_channel *ch)
{
	hvic_daemon_ready(ch);
	hvic_kvp_hand_over(kvp_of(ch->priv));
}

static void hvic_kvp_show(struct hvic_channel *ch, struct seq_file *out)
{
	struct hvic_kvp *kvp = kvp_of(ch->priv);

	hvic_daemon_print(&kvp->daemon, out);
	seq_printf(out, "held %u\n", kvp->n_held);
	seq_printf(out, "lost %llu\n", kvp->lost);
	seq_printf(out, "altered %llu\n", kvp->altered);
}

static int hvic_kvp_start(struct hvic_channel *ch)
{
	struct hvic_kvp *kvp = kvzalloc(sizeof(*kvp), GFP_KERNEL);

	if (!kvp)
		return -ENOMEM;
	INIT_LIST_HEAD(&kvp->held);
	INIT_DELAYED_WORK(&kvp->retry, hvic_kvp_try_again);
	kvp->handing_id = HV_IC_RECORD_OWN_ID;
	ratelimit_state_init(&kvp->warnings, 3600 * HZ, WARNINGS);
	ratelimit_set_flags(&kvp->warnings, RATELIMIT_MSG_ON_RELEASE);
	hvic_daemon_init(&kvp->daemon, ch, &hvic_kvp_daemon_ops, QUEUE_SLOTS,
			 max(sizeof(struct hv_ic_kvp_item), sizeof(struct hv_ic_kvp_ip)));
	ch->priv = &kvp->daemon;
	return 0;
}

static void hvic_kvp_stop(struct hvic_channel *ch)
{
	struct hvic_kvp *kvp = kvp_of(ch->priv);
	struct hvic_kvp_held *held, *next;

	cancel_delayed_work_sync(&kvp->retry);
	hvic_daemon_destroy(&kvp->daemon);
	list_for_each_entry_safe(held, next, &kvp->held, list)
		hvic_kvp_forget(kvp, held);
	kvfree(kvp);
}

static const struct hvic_service_ops hvic_kvp_ops = {
	.start = hvic_kvp_start,
	.stop = hvic_kvp_stop,
	.opened = hvic_daemon_opened,
	.closing = hvic_daemon_closing,
	.reset = hvic_kvp_reset,
	.ready = hvic_kvp_ready,
	.handle = hvic_kvp_handle,
	.encode = hvic_kvp_encode,
	.failed = hvic_daemon_failed,
	.show = hvic_kvp_show,
};

const struct hvic_service hvic_svc_kvp = {
	.name = "kvp",
	.guid = HVIC_GUID_KVP,
	.type = HVIC_WIRE_KVP,
	.versions = hvic_kvp_versions,
	.n_versions = ARRAY_SIZE(hvic_kvp_versions),
	.withheld = &withheld,
	.needs_daemon = true,
	.legacy = &hvic_legacy_kvp,
	.needs_trust = true,
	.deadline = 30,
	.slow_deadline = 60,
	.enabled = &enabled,
	.ops = &hvic_kvp_ops,
};
