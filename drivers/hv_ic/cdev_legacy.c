// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/vmbus/{hv_kvp,hv_vss,hv_fcopy}: what the daemons of the kernel's own driver
 * expect, to the byte. Each first says which version of its protocol it speaks,
 * reads our consent, and from then on reads one message and writes one answer.
 *
 * An answer carries no id, so it belongs to the message that was read last; one
 * that comes too late is taken and forgotten.
 */
#include <linux/hyperv.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "cdev.h"
#include "proto/ip.h"
#include "proto/msg.h"

/* Versions of the daemons' protocols; those of linux/hyperv.h miss the backup's. */
#define VSS_REGISTER_OLD	128
#define VSS_REGISTER		129

/* What daemons are told to be the version of the driver. It has no meaning. */
#define KVP_DRIVER_VERSION	"3.1"

#define ANSWER_MAX	SZ_8K
static_assert(ANSWER_MAX >= HVIC_LINK_ANSWER);

/**
 * enum hvic_legacy_phase - how far the daemon has come
 * @LEGACY_NEW: it has opened the device
 * @LEGACY_GREETED: it has said its version and will read our consent
 * @LEGACY_READY: it serves
 */
enum hvic_legacy_phase {
	LEGACY_NEW,
	LEGACY_GREETED,
	LEGACY_READY,
};

/**
 * struct hvic_legacy_file - an open device
 * @file: what all devices have
 * @ops: how to speak to the daemon
 * @lock: guards all below
 * @phase: how far the daemon has come
 * @version: of its protocol
 * @id: of the record that was read last; 0 for an event, which is answered, too
 * @op: of that record
 * @open: it waits for its answer
 * @quiet: and wants none unless it failed
 * @buffer: for one message in either direction; guarded by the read lock
 */
struct hvic_legacy_file {
	struct hvic_cdev_file file;
	const struct hvic_legacy *ops;
	struct mutex lock;
	enum hvic_legacy_phase phase;
	u32 version;
	u64 id;
	u16 op;
	bool open;
	bool quiet;
	u8 *buffer;
};

/**
 * struct hvic_legacy - how the daemon of one service speaks
 * @version: reads the version out of its first message; an errno if it makes no
 *	sense
 * @consents: does the daemon read a consent?
 * @consent: writes the consent; returns its length
 * @encode: writes a record as a message; returns its length, or an errno for the
 *	host if it cannot be said to this daemon
 * @decode: reads an answer: the status, and for some operations a payload;
 *	returns the length of that, or an errno for the daemon
 */
struct hvic_legacy {
	int (*version)(const void *msg, size_t len, u32 *version);
	bool (*consents)(u32 version);
	size_t (*consent)(u32 version, void *msg);
	int (*encode)(const struct hvic_link_slot *slot, void *msg);
	int (*decode)(const struct hvic_legacy_file *lf, const void *msg, size_t len,
		      int *status, void *payload);
};

static bool put_text(void *field, size_t size, const char *text)
{
	return strscpy_pad(field, text, size) >= 0;
}

static void get_text(char *text, size_t size, const void *field, size_t field_size)
{
	size_t len = strnlen(field, min(field_size, size - 1));

	memcpy(text, field, len);
	text[len] = 0;
}

/* --- Data exchange. ------------------------------------------------------------------ */

static int kvp_version(const void *data, size_t len, u32 *version)
{
	const struct hv_kvp_msg *msg = data;

	if (len < sizeof(*msg) || (msg->kvp_hdr.operation != KVP_OP_REGISTER &&
				   msg->kvp_hdr.operation != KVP_OP_REGISTER1))
		return -EINVAL;
	*version = msg->kvp_hdr.operation;
	return 0;
}

static bool kvp_consents(u32 version)
{
	return true;
}

static size_t kvp_consent(u32 version, void *data)
{
	struct hv_kvp_msg *msg = data;

	memset(msg, 0, sizeof(*msg));
	msg->kvp_hdr.operation = version;
	put_text(msg->body.kvp_register.version, sizeof(msg->body.kvp_register.version),
		 KVP_DRIVER_VERSION);
	return sizeof(*msg);
}

/* These daemons know strings only. */
static bool kvp_put_value(struct hv_kvp_exchg_msg_value *out, const struct hv_ic_kvp_item *item)
{
	if (item->type == HV_IC_KVP_U32 || item->type == HV_IC_KVP_U64)
		snprintf(out->value, sizeof(out->value), "%llu", item->number);
	else if (!put_text(out->value, sizeof(out->value), item->value))
		return false;
	out->value_size = strlen(out->value) + 1;
	return true;
}

static bool kvp_put_key(u8 *key, u32 *size, const struct hv_ic_kvp_item *item)
{
	*size = strlen(item->key) + 1;
	return put_text(key, HV_KVP_EXCHANGE_MAX_KEY_SIZE, item->key);
}

static int kvp_encode_item(u16 op, const struct hv_ic_kvp_item *item, struct hv_kvp_msg *msg)
{
	bool fits = true;

	msg->kvp_hdr.pool = item->pool;
	switch (op) {
	case HV_IC_KVP_GET:
		fits = kvp_put_key(msg->body.kvp_get.data.key,
				   &msg->body.kvp_get.data.key_size, item);
		/* So much of the value the daemon copies. */
		msg->body.kvp_get.data.value_size = sizeof(msg->body.kvp_get.data.value);
		break;
	case HV_IC_KVP_SET:
		fits = kvp_put_key(msg->body.kvp_set.data.key,
				   &msg->body.kvp_set.data.key_size, item) &&
		       kvp_put_value(&msg->body.kvp_set.data, item);
		break;
	case HV_IC_KVP_DELETE:
		fits = kvp_put_key(msg->body.kvp_delete.key,
				   &msg->body.kvp_delete.key_size, item);
		break;
	case HV_IC_KVP_ENUMERATE:
		msg->body.kvp_enum_data.index = item->index;
		break;
	}
	return fits ? sizeof(*msg) : -EINVAL;
}

static int kvp_encode_ip(const struct hv_ic_kvp_ip *ip, struct hv_kvp_msg *msg)
{
	struct hv_kvp_ipaddr_value *out = &msg->body.kvp_ip_val;
	struct hvic_ip_lists *lists = kmalloc(sizeof(*lists), GFP_KERNEL);
	u32 i;

	if (!lists)
		return -ENOMEM;
	hvic_ip_to_lists(ip, lists);
	put_text(out->ip_addr, sizeof(out->ip_addr), lists->address);
	put_text(out->sub_net, sizeof(out->sub_net), lists->subnet);
	put_text(out->gate_way, sizeof(out->gate_way), lists->gateway);
	put_text(out->dns_addr, sizeof(out->dns_addr), lists->dns);
	kfree(lists);

	for (i = 0; i < ip->n_addresses; i++)
		out->addr_family |= ip->addresses[i].family == 6 ? ADDR_FAMILY_IPV6 :
								   ADDR_FAMILY_IPV4;
	out->dhcp_enabled = ip->dhcp;
	return put_text(out->adapter_id, sizeof(out->adapter_id), ip->adapter) ?
	       sizeof(*msg) : -EINVAL;
}

static int kvp_encode(const struct hvic_link_slot *slot, void *data)
{
	struct hv_kvp_msg *msg = data;
	const void *payload = slot->payload;

	memset(msg, 0, sizeof(*msg));
	msg->kvp_hdr.operation = slot->record.op;
	if (slot->record.op == HV_IC_KVP_GET_IP || slot->record.op == HV_IC_KVP_SET_IP)
		return kvp_encode_ip(payload, msg);
	return kvp_encode_item(slot->record.op, payload, msg);
}

static int kvp_decode_item(const struct hv_kvp_exchg_msg_value *in, struct hv_ic_kvp_item *item)
{
	memset(item, 0, sizeof(*item));
	item->type = HV_IC_KVP_STRING;
	get_text(item->key, sizeof(item->key), in->key, sizeof(in->key));
	get_text(item->value, sizeof(item->value), in->value, sizeof(in->value));
	return sizeof(*item);
}

static struct hvic_span text_of(const void *field, size_t size)
{
	return (struct hvic_span) { .data = field, .len = strnlen(field, size) };
}

static int kvp_decode_ip(const struct hv_kvp_ipaddr_value *in, struct hv_ic_kvp_ip *ip)
{
	const struct hvic_ip_text text = {
		.address = text_of(in->ip_addr, sizeof(in->ip_addr)),
		.subnet = text_of(in->sub_net, sizeof(in->sub_net)),
		.gateway = text_of(in->gate_way, sizeof(in->gate_way)),
		.dns = text_of(in->dns_addr, sizeof(in->dns_addr)),
	};
	u32 i;

	memset(ip, 0, sizeof(*ip));
	/* A name server's line may hold anything: what is no address is left out. */
	hvic_ip_from_text(&text, ip);
	ip->dhcp = !!in->dhcp_enabled;
	/* That is said of IPv4 only. */
	for (i = 0; i < ip->n_addresses; i++)
		if (ip->addresses[i].family == 4)
			ip->addresses[i].origin = ip->dhcp ? HV_IC_KVP_ORIGIN_DYNAMIC :
							     HV_IC_KVP_ORIGIN_STATIC;
	get_text(ip->adapter, sizeof(ip->adapter), in->adapter_id, sizeof(in->adapter_id));
	return sizeof(*ip);
}

static int kvp_decode(const struct hvic_legacy_file *lf, const void *data, size_t len,
		      int *status, void *payload)
{
	const struct hv_kvp_msg *msg = data;

	if (len < sizeof(*msg))
		return -EINVAL;
	/* The first daemons had no status: an empty key was the end. */
	if (lf->version == KVP_OP_REGISTER)
		*status = msg->body.kvp_enum_data.data.key[0] ? 0 : -ENODATA;
	else
		*status = hvic_errno_from_status(msg->error);
	if (*status)
		return 0;

	switch (lf->op) {
	case HV_IC_KVP_GET:
		return kvp_decode_item(&msg->body.kvp_get.data, payload);
	case HV_IC_KVP_ENUMERATE:
		return kvp_decode_item(&msg->body.kvp_enum_data.data, payload);
	case HV_IC_KVP_GET_IP:
		return kvp_decode_ip(&msg->body.kvp_ip_val, payload);
	default:
		return 0;
	}
}

static const struct hvic_legacy legacy_kvp = {
	.version = kvp_version,
	.consents = kvp_consents,
	.consent = kvp_consent,
	.encode = kvp_encode,
	.decode = kvp_decode,
};

/* --- Backup. -------------------------------------------------------------------------- */

static int vss_version(const void *data, size_t len, u32 *version)
{
	const struct hv_vss_msg *msg = data;

	if (len != sizeof(*msg) || (msg->vss_hdr.operation != VSS_REGISTER &&
				    msg->vss_hdr.operation != VSS_REGISTER_OLD))
		return -EINVAL;
	*version = msg->vss_hdr.operation;
	return 0;
}

static bool vss_consents(u32 version)
{
	return version == VSS_REGISTER;
}

static size_t number_consent(u32 version, void *data)
{
	memcpy(data, &version, sizeof(version));
	return sizeof(version);
}

static int vss_encode(const struct hvic_link_slot *slot, void *data)
{
	struct hv_vss_msg *msg = data;

	memset(msg, 0, sizeof(*msg));
	msg->vss_hdr.operation = slot->record.op;
	return sizeof(*msg);
}

static int vss_decode(const struct hvic_legacy_file *lf, const void *data, size_t len,
		      int *status, void *payload)
{
	const struct hv_vss_msg *msg = data;

	if (len != sizeof(*msg))
		return -EINVAL;
	*status = hvic_errno_from_status(msg->error);
	return 0;
}

static const struct hvic_legacy legacy_vss = {
	.version = vss_version,
	.consents = vss_consents,
	.consent = number_consent,
	.encode = vss_encode,
	.decode = vss_decode,
};

/* --- File copy. ------------------------------------------------------------------------- */

static int fcopy_version(const void *data, size_t len, u32 *version)
{
	if (len != sizeof(*version))
		return -EINVAL;
	memcpy(version, data, sizeof(*version));
	return *version <= FCOPY_CURRENT_VERSION ? 0 : -EINVAL;
}

static bool fcopy_consents(u32 version)
{
	return version == FCOPY_VERSION_1;
}

static int fcopy_encode_start(const struct hv_ic_fcopy_start *start, struct hv_start_fcopy *msg)
{
	memset(msg, 0, sizeof(*msg));
	msg->hdr.operation = START_FILE_COPY;
	msg->copy_flags = start->flags;
	msg->file_size = start->size;
	if (!put_text(msg->file_name, sizeof(msg->file_name), start->name) ||
	    !put_text(msg->path_name, sizeof(msg->path_name), start->path))
		return -EINVAL;
	return sizeof(*msg);
}

static int fcopy_encode_write(const struct hv_ic_fcopy_write *write, struct hv_do_fcopy *msg)
{
	memset(msg, 0, sizeof(*msg));
	msg->hdr.operation = WRITE_TO_FILE;
	msg->offset = write->offset;
	msg->size = write->size;
	memcpy(msg->data, write->data, write->size);
	return sizeof(*msg);
}

static int fcopy_encode(const struct hvic_link_slot *slot, void *data)
{
	struct hv_fcopy_hdr *msg = data;
	const void *payload = slot->payload;

	switch (slot->record.op) {
	case HV_IC_FCOPY_START:
		return fcopy_encode_start(payload, data);
	case HV_IC_FCOPY_WRITE:
		return fcopy_encode_write(payload, data);
	default:
		memset(msg, 0, sizeof(*msg));
		msg->operation = slot->record.op;
		return sizeof(*msg);
	}
}

static int fcopy_decode(const struct hvic_legacy_file *lf, const void *data, size_t len,
			int *status, void *payload)
{
	u32 answer;

	if (len != sizeof(answer))
		return -EINVAL;
	memcpy(&answer, data, sizeof(answer));
	*status = hvic_errno_from_status(answer);
	return 0;
}

static const struct hvic_legacy legacy_fcopy = {
	.version = fcopy_version,
	.consents = fcopy_consents,
	.consent = number_consent,
	.encode = fcopy_encode,
	.decode = fcopy_decode,
};

static const struct hvic_legacy *legacy_of(enum hvic_wire_type type)
{
	switch (type) {
	case HVIC_WIRE_KVP:
		return &legacy_kvp;
	case HVIC_WIRE_VSS:
		return &legacy_vss;
	default:
		return &legacy_fcopy;
	}
}

/* --- Files. --------------------------------------------------------------------------------- */

static int legacy_open(struct inode *inode, struct file *filp)
{
	struct hvic_cdev *cdev = container_of(filp->private_data, struct hvic_cdev, legacy);
	struct hvic_legacy_file *lf = kzalloc(sizeof(*lf), GFP_KERNEL_ACCOUNT);
	int ret = -ENOMEM;

	if (!lf)
		return -ENOMEM;
	lf->ops = legacy_of(cdev->type);
	mutex_init(&lf->lock);
	lf->buffer = kmalloc(ANSWER_MAX, GFP_KERNEL_ACCOUNT);
	if (!lf->buffer)
		goto err_free_file;
	ret = hvic_cdev_file_init(&lf->file, cdev, HVIC_LINK_LEGACY);
	if (ret)
		goto err_free_buffer;
	filp->private_data = lf;
	return 0;

err_free_buffer:
	kfree(lf->buffer);
err_free_file:
	kfree(lf);
	return ret;
}

static int legacy_release(struct inode *inode, struct file *filp)
{
	struct hvic_legacy_file *lf = filp->private_data;

	hvic_cdev_file_release(&lf->file);
	kfree(lf->buffer);
	kfree(lf);
	return 0;
}

static bool legacy_is_ready(struct hvic_link *link, void *data)
{
	struct hvic_legacy_file *lf = data;

	return READ_ONCE(lf->phase) == LEGACY_GREETED || hvic_link_has_record(link);
}

/* The daemon is ready: attach it. */
static int legacy_attach(struct hvic_legacy_file *lf)
{
	WRITE_ONCE(lf->phase, LEGACY_READY);
	return hvic_cdev_attach(lf->file.cdev);
}

/* These daemons do not know late answers. */
static int legacy_answer(struct hvic_legacy_file *lf, u64 id, int status,
			 const void *payload, size_t len)
{
	int ret = hvic_cdev_reply(lf->file.cdev, id, status, payload, len);

	return ret == -ESTALE ? 0 : ret;
}

static ssize_t legacy_read_consent(struct hvic_legacy_file *lf, char __user *buf, size_t count)
{
	size_t len = lf->ops->consent(lf->version, lf->buffer);
	int ret;

	if (count < len)
		return -EINVAL;
	if (copy_to_user(buf, lf->buffer, len))
		return -EFAULT;
	ret = legacy_attach(lf);
	return ret ?: len;
}

/* Returns the length of the message, 0 if there was none for the daemon, or an errno. */
static ssize_t legacy_read_record(struct hvic_legacy_file *lf, char __user *buf, size_t count)
{
	const struct hv_ic_record *record = &lf->file.slot->record;
	int ret = hvic_cdev_fetch(&lf->file);
	int len;

	if (ret <= 0)
		return ret;
	len = lf->ops->encode(lf->file.slot, lf->buffer);
	if (len < 0) {
		ret = hvic_cdev_fetched(&lf->file, true);
		if (!ret && !(record->flags & HV_IC_RECORD_EVENT))
			ret = legacy_answer(lf, record->id, len, NULL, 0);
		return ret;
	}
	if (count < len)
		ret = -EINVAL;
	else if (copy_to_user(buf, lf->buffer, len))
		ret = -EFAULT;
	else
		ret = len;
	if (ret > 0) {
		mutex_lock(&lf->lock);
		lf->id = record->id;
		lf->op = record->op;
		lf->open = true;
		lf->quiet = record->flags & HV_IC_RECORD_QUIET;
		mutex_unlock(&lf->lock);
	}
	return hvic_cdev_fetched(&lf->file, ret > 0) ?: ret;
}

static ssize_t legacy_read(struct file *filp, char __user *buf, size_t count, loff_t *pos)
{
	struct hvic_legacy_file *lf = filp->private_data;
	ssize_t ret;

	if (mutex_lock_interruptible(&lf->file.read_lock))
		return -ERESTARTSYS;
	do {
		ret = hvic_cdev_wait(lf->file.cdev, legacy_is_ready, lf,
				     filp->f_flags & O_NONBLOCK);
		if (ret)
			break;
		if (READ_ONCE(lf->phase) == LEGACY_GREETED)
			ret = legacy_read_consent(lf, buf, count);
		else
			ret = legacy_read_record(lf, buf, count);
	} while (!ret);
	mutex_unlock(&lf->file.read_lock);
	return ret;
}

static int legacy_greet(struct hvic_legacy_file *lf, const void *msg, size_t len)
{
	const struct hvic_legacy *ops = lf->ops;
	int ret = ops->version(msg, len, &lf->version);

	if (ret)
		return ret;
	if (!ops->consents(lf->version))
		return legacy_attach(lf);
	WRITE_ONCE(lf->phase, LEGACY_GREETED);
	wake_up_interruptible(&lf->file.cdev->wait);
	return 0;
}

static int legacy_take_answer(struct hvic_legacy_file *lf, const void *msg, size_t len)
{
	void *payload = kzalloc(ANSWER_MAX, GFP_KERNEL);
	int status = 0, ret;

	if (!payload)
		return -ENOMEM;
	ret = lf->ops->decode(lf, msg, len, &status, payload);
	if (ret >= 0 && lf->open && !(lf->quiet && !status))
		ret = legacy_answer(lf, lf->id, status, payload, ret);
	if (ret >= 0)
		lf->open = false;
	kfree(payload);
	return ret < 0 ? ret : 0;
}

static ssize_t legacy_write(struct file *filp, const char __user *buf, size_t count, loff_t *pos)
{
	struct hvic_legacy_file *lf = filp->private_data;
	void *msg;
	int ret;

	if (!count || count > ANSWER_MAX)
		return -EINVAL;
	msg = memdup_user(buf, count);
	if (IS_ERR(msg))
		return PTR_ERR(msg);

	mutex_lock(&lf->lock);
	switch (lf->phase) {
	case LEGACY_NEW:
		ret = legacy_greet(lf, msg, count);
		break;
	case LEGACY_READY:
		ret = legacy_take_answer(lf, msg, count);
		break;
	default:
		ret = -EINVAL;
	}
	mutex_unlock(&lf->lock);
	kfree(msg);
	return ret ?: count;
}

static __poll_t legacy_poll(struct file *filp, poll_table *wait)
{
	struct hvic_legacy_file *lf = filp->private_data;
	struct hvic_cdev *cdev = lf->file.cdev;
	struct hvic_link *link;
	__poll_t events = 0;

	poll_wait(filp, &cdev->wait, wait);
	link = hvic_cdev_get_link(cdev);
	if (!link)
		return EPOLLHUP | EPOLLERR;
	if (legacy_is_ready(link, lf))
		events = EPOLLIN | EPOLLRDNORM;
	hvic_cdev_put_link(cdev);
	return events;
}

const struct file_operations hvic_cdev_legacy_fops = {
	.owner = THIS_MODULE,
	.open = legacy_open,
	.release = legacy_release,
	.read = legacy_read,
	.write = legacy_write,
	.poll = legacy_poll,
};
