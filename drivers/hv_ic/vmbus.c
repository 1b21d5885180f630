// SPDX-License-Identifier: GPL-2.0
/*
 * The only file that talks to VMBus: it binds the devices of all services and
 * gives their channels what struct hvic_bus_ops asks for.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "vmbus.h"

#include <linux/device.h>
#include <linux/hyperv.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/sysfs.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "channel.h"
#include "compat.h"
#include "debugfs.h"
#include "event.h"
#include "platform.h"

/* Our reading of the wire against the kernel's. */
static_assert(sizeof(struct hvic_wire_desc) == sizeof(struct vmpacket_descriptor));
static_assert(HVIC_WIRE_DESC_INBAND == VM_PKT_DATA_INBAND);
static_assert(sizeof(struct hvic_wire_pipe) == sizeof(struct vmbuspipe_hdr));
static_assert(sizeof(struct hvic_wire_ic) == sizeof(struct icmsg_hdr));
static_assert(sizeof(struct hvic_wire_header) ==
	      sizeof(struct vmbuspipe_hdr) + sizeof(struct icmsg_hdr));
static_assert(sizeof(struct hvic_wire_negotiate) ==
	      offsetof(struct icmsg_negotiate, icversion_data));
static_assert(sizeof(struct hvic_wire_version) == sizeof(struct ic_version));
static_assert(sizeof(struct hvic_wire_heartbeat) == sizeof(struct heartbeat_msg_data));
static_assert(sizeof(struct hvic_wire_shutdown) == sizeof(struct shutdown_msg_data));
static_assert(offsetof(struct hvic_wire_timesync_v1, flags) ==
	      offsetof(struct ictimesync_data, flags));
static_assert(offsetof(struct hvic_wire_timesync_v4, stratum) ==
	      offsetof(struct ictimesync_ref_data, stratum));
static_assert(sizeof(struct hvic_wire_kvp_value) == sizeof(struct hv_kvp_exchg_msg_value));
static_assert(sizeof(struct hvic_wire_kvp_ip_string) == sizeof(struct hv_kvp_ip_msg));
static_assert(sizeof(struct hvic_wire_vss_flags) == sizeof(struct hv_vss_msg));
static_assert(sizeof(struct hvic_wire_fcopy_header) == sizeof(struct hv_fcopy_hdr));
static_assert(sizeof(struct hvic_wire_fcopy_start) == sizeof(struct hv_start_fcopy));
static_assert(sizeof(struct hvic_wire_fcopy_write) == sizeof(struct hv_do_fcopy));

/*
 * Each ring holds the longest legal message twice. The bus cuts packets that are
 * longer than max_pkt_size and then loses its place in the ring, so we let it
 * take anything that fits in the ring with the mark that the host writes behind
 * each packet. More it must not take: it would trust a write index that points
 * beyond, and step out of the ring.
 */
#define RING_SIZE	VMBUS_RING_SIZE(28 * SZ_1K)
#define RING_DATA	(RING_SIZE - sizeof(struct hv_ring_buffer))
#define PACKET_MAX	(RING_DATA - sizeof(u64))
static_assert(RING_DATA >= 2 * HVIC_MSG_MAX);

/**
 * struct hvic_device - a VMBus device that we are bound to
 * @channel: its channel
 * @hdev: the bus' view of it
 * @packet: the packet that is being looked at; guarded by the channel's lock
 * @room: where the bus does not copy a packet out of the ring, we do, to there
 * @packet_size: the bus' own max_pkt_size, while the channel is open
 * @list: in devices; @apply is queued only of those
 * @apply: makes the device as the administrator wants it
 * @applied: how that went; %-EINPROGRESS until it has; guarded by list_lock
 * @lock: guards @on; held to open or close the channel
 * @on: user space sees the service, and its channel is open but while the machine
 *	hibernates
 * @debugfs: its directory
 */
struct hvic_device {
	struct hvic_channel channel;
	struct hv_device *hdev;
	const struct vmpacket_descriptor *packet;
	void *room;
	u32 packet_size;
	struct list_head list;
	struct work_struct apply;
	int applied;
	struct mutex lock;
	bool on;
	struct dentry *debugfs;
};

/*
 * To open a channel takes as long as the host wants. So no lock of more than one
 * device is held meanwhile: otherwise the removal of one device could wait for the
 * host's answer about another, which the host may owe until that one is removed.
 */
static DEFINE_SPINLOCK(list_lock);	/* guards all below */
static LIST_HEAD(devices);
static unsigned int generation;		/* changes with the list */

static DECLARE_WAIT_QUEUE_HEAD(settled);	/* woken when a switch has been applied */

/* How long one who turns a switch waits for the host, in seconds. */
#define SWITCH_SECONDS	10

/* --- What channels need of the bus. --------------------------------------------- */

static void hvic_vmbus_callback(void *context)
{
	struct hvic_device *device = context;
	struct hv_ring_buffer_info *ring = &device->hdev->channel->inbound;

	/* The host may signal before there are rings. */
	if (!hvic_channel_is_open(&device->channel))
		return;
	/* What the host writes while we read needs no signal. */
	hv_begin_read(ring);
	hvic_channel_drain(&device->channel);
	if (hv_end_read(ring))
		hvic_channel_drain(&device->channel);
}

static void hvic_vmbus_close(void *bus_data)
{
	struct hvic_device *device = bus_data;

	vmbus_close(device->hdev->channel);
	/* The next driver may have less room for a packet than we have. */
	hvic_swap_max_packet(device->hdev->channel, device->packet_size);
	kvfree(device->room);
	device->room = NULL;
}

static int hvic_vmbus_open(void *bus_data)
{
	struct hvic_device *device = bus_data;
	struct vmbus_channel *channel = device->hdev->channel;
	int ret = hvic_packet_room(PACKET_MAX, &device->room);

	if (ret)
		return ret;
	/* One call per signal; a channel drains its ring by itself. */
	set_channel_read_mode(channel, HV_CALL_DIRECT);
	device->packet_size = hvic_swap_max_packet(channel, PACKET_MAX);
	ret = vmbus_open(channel, RING_SIZE, RING_SIZE, NULL, 0, hvic_vmbus_callback, device);
	/* The bus keeps a callback that it could not open for, and the host may signal. */
	if (ret)
		hvic_vmbus_close(device);
	return ret;
}

static bool hvic_vmbus_peek(void *bus_data, struct hvic_packet *packet)
{
	struct hvic_device *device = bus_data;
	const struct vmpacket_descriptor *desc =
		hvic_packet_first(device->hdev->channel, device->room);

	device->packet = desc;
	if (!desc)
		return false;
	packet->type = desc->type;
	packet->xid = desc->trans_id;
	packet->payload.data = hv_pkt_data(desc);
	packet->payload.len = hv_pkt_datalen(desc);
	return true;
}

static void hvic_vmbus_consume(void *bus_data)
{
	struct hvic_device *device = bus_data;
	struct vmbus_channel *channel = device->hdev->channel;

	__hv_pkt_iter_next(channel, device->packet);
	hv_pkt_iter_close(channel);
	/*
	 * Show the host that there is room before looking for the next packet:
	 * either it sees an empty ring and signals, or we see its packet.
	 */
	virt_mb();
}

static int hvic_vmbus_send(void *bus_data, const void *data, size_t len, u64 xid)
{
	struct hvic_device *device = bus_data;

	return vmbus_sendpacket(device->hdev->channel, (void *)data, len, xid,
				VM_PKT_DATA_INBAND, 0);
}

static void hvic_vmbus_changed(void *bus_data)
{
	struct hvic_device *device = bus_data;

	hvic_event->service(&device->channel);
}

static const struct hvic_bus_ops hvic_vmbus_ops = {
	.open = hvic_vmbus_open,
	.close = hvic_vmbus_close,
	.peek = hvic_vmbus_peek,
	.consume = hvic_vmbus_consume,
	.send = hvic_vmbus_send,
	.changed = hvic_vmbus_changed,
};

/* --- Attributes, in the group "ic" of the device. ---------------------------------- */

static struct hvic_channel *hvic_vmbus_channel(struct device *dev)
{
	struct hvic_device *device = dev_get_drvdata(dev);

	return &device->channel;
}

static ssize_t service_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", hvic_vmbus_channel(dev)->svc->name);
}
static DEVICE_ATTR_RO(service);

static ssize_t state_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", hvic_channel_state_name(hvic_vmbus_channel(dev)));
}
static DEVICE_ATTR_RO(state);

static ssize_t hvic_vmbus_emit_version(char *buf, struct hvic_version version)
{
	if (!version.major && !version.minor)
		return sysfs_emit(buf, "none\n");
	return sysfs_emit(buf, "%u.%u\n", version.major, version.minor);
}

static struct hvic_versions hvic_vmbus_versions(struct device *dev)
{
	struct hvic_channel *ch = hvic_vmbus_channel(dev);
	struct hvic_versions versions;

	spin_lock_bh(&ch->lock);
	versions = ch->versions;
	spin_unlock_bh(&ch->lock);
	return versions;
}

static ssize_t framework_version_show(struct device *dev, struct device_attribute *attr,
				      char *buf)
{
	return hvic_vmbus_emit_version(buf, hvic_vmbus_versions(dev).framework);
}
static DEVICE_ATTR_RO(framework_version);

static ssize_t message_version_show(struct device *dev, struct device_attribute *attr,
				    char *buf)
{
	return hvic_vmbus_emit_version(buf, hvic_vmbus_versions(dev).message);
}
static DEVICE_ATTR_RO(message_version);

static struct attribute *hvic_vmbus_attrs[] = {
	&dev_attr_service.attr,
	&dev_attr_state.attr,
	&dev_attr_framework_version.attr,
	&dev_attr_message_version.attr,
	NULL
};

static const struct attribute_group hvic_vmbus_group = {
	.name = "ic",
	.attrs = hvic_vmbus_attrs,
};

static const struct attribute_group *hvic_vmbus_groups[] = {
	&hvic_vmbus_group,
	NULL
};

/* --- Devices. -------------------------------------------------------------------------- */

#define HVIC_DEVICE_ID(class, service) \
	{ .guid = class, .driver_data = (kernel_ulong_t)&(service) }

static const struct hv_vmbus_device_id hvic_vmbus_ids[] = {
	HVIC_DEVICE_ID(HVIC_GUID_HEARTBEAT, hvic_svc_heartbeat),
	HVIC_DEVICE_ID(HVIC_GUID_SHUTDOWN, hvic_svc_shutdown),
	HVIC_DEVICE_ID(HVIC_GUID_TIMESYNC, hvic_svc_timesync),
	HVIC_DEVICE_ID(HVIC_GUID_KVP, hvic_svc_kvp),
	HVIC_DEVICE_ID(HVIC_GUID_VSS, hvic_svc_vss),
	HVIC_DEVICE_ID(HVIC_GUID_FCOPY, hvic_svc_fcopy),
	{ }
};
MODULE_DEVICE_TABLE(vmbus, hvic_vmbus_ids);

static const struct hvic_service *hvic_vmbus_find_service(const guid_t *guid)
{
	const struct hv_vmbus_device_id *id;

	for (id = hvic_vmbus_ids; !guid_is_null(&id->guid); id++) {
		if (guid_equal(&id->guid, guid))
			return (const struct hvic_service *)id->driver_data;
	}
	return NULL;
}

/* ORDER: user space sees the service only while its channel is open. */
static int hvic_vmbus_turn_on(struct hvic_device *device)
{
	struct hvic_channel *ch = &device->channel;
	int ret;

	ret = hvic_channel_open(ch);
	if (ret)
		return ret;
	if (ch->svc->ops->opened) {
		ret = ch->svc->ops->opened(ch);
		if (ret) {
			hvic_channel_close(ch);
			return ret;
		}
	}
	device->on = true;
	return 0;
}

static void hvic_vmbus_turn_off(struct hvic_device *device)
{
	struct hvic_channel *ch = &device->channel;

	if (ch->svc->ops->closing)
		ch->svc->ops->closing(ch);
	if (hvic_channel_is_open(ch))
		hvic_channel_close(ch);
	device->on = false;
}

/* Makes the device as the administrator wants it now. */
static int hvic_vmbus_apply_switch(struct hvic_device *device)
{
	const struct hvic_service *svc = device->channel.svc;
	bool want;
	int ret = 0;

	/* ORDER: read under the lock, or one who turns it last could be overtaken. */
	mutex_lock(&device->lock);
	want = READ_ONCE(*svc->enabled) && (!svc->needs_trust || hvic_platform_trusts_host());
	if (want && !device->on)
		ret = hvic_vmbus_turn_on(device);
	else if (!want && device->on)
		hvic_vmbus_turn_off(device);
	mutex_unlock(&device->lock);
	return ret;
}

static void hvic_vmbus_apply(struct work_struct *work)
{
	struct hvic_device *device = container_of(work, struct hvic_device, apply);
	int ret = hvic_vmbus_apply_switch(device);

	spin_lock(&list_lock);
	/* The switch may have been turned again meanwhile. */
	if (!work_pending(work))
		device->applied = ret;
	spin_unlock(&list_lock);
	wake_up_all(&settled);
}

static void hvic_vmbus_enlist(struct hvic_device *device)
{
	struct hvic_channel *ch = &device->channel;

	spin_lock(&list_lock);
	list_add_tail(&device->list, &devices);
	generation++;
	spin_unlock(&list_lock);

	spin_lock_bh(&ch->lock);
	hvic_event->service(ch);
	spin_unlock_bh(&ch->lock);
}

static void hvic_vmbus_unlist(struct hvic_device *device)
{
	spin_lock(&list_lock);
	list_del(&device->list);
	generation++;
	spin_unlock(&list_lock);
}

/* Undoes hvic_vmbus_enlist() and all that has been done about the device since. */
static void hvic_vmbus_retire(struct hvic_device *device)
{
	hvic_vmbus_unlist(device);
	cancel_work_sync(&device->apply);
	wake_up_all(&settled);
	mutex_lock(&device->lock);
	if (device->on)
		hvic_vmbus_turn_off(device);
	mutex_unlock(&device->lock);
	hvic_event->service_gone(&device->channel);
	hvic_channel_destroy(&device->channel);
	kfree(device);
}

static int hvic_vmbus_probe(struct hv_device *hdev, const struct hv_vmbus_device_id *id)
{
	/* Not from @id: one that was written to sysfs has no data. */
	const struct hvic_service *svc = hvic_vmbus_find_service(&hdev->dev_type);
	struct hvic_device *device;
	int ret;

	if (!svc)
		return -ENODEV;
	device = kzalloc(sizeof(*device), GFP_KERNEL);
	if (!device)
		return -ENOMEM;
	device->hdev = hdev;
	mutex_init(&device->lock);
	INIT_WORK(&device->apply, hvic_vmbus_apply);
	hv_set_drvdata(hdev, device);

	ret = hvic_channel_init(&device->channel, svc, &hvic_vmbus_ops, device, &hdev->device);
	if (ret) {
		kfree(device);
		return ret;
	}

	/* ORDER: listed first, or a switch that turns now would be missed. */
	hvic_vmbus_enlist(device);
	ret = hvic_vmbus_apply_switch(device);
	if (ret) {
		dev_err_ratelimited(&hdev->device, "the %s channel cannot be opened (error %d)\n",
				    svc->name, ret);
		hvic_vmbus_retire(device);
		return ret;
	}

	device->debugfs = hvic_debugfs_add(&device->channel);
	return 0;
}

static void hvic_vmbus_unbind(struct hv_device *hdev)
{
	struct hvic_device *device = hv_get_drvdata(hdev);

	hvic_debugfs_remove(device->debugfs);
	hvic_vmbus_retire(device);
}

HVIC_DEFINE_REMOVE(hvic_vmbus_remove, hvic_vmbus_unbind)

/* Only for hibernation: the rings go, and with them all that was agreed. */
static int hvic_vmbus_suspend(struct hv_device *hdev)
{
	struct hvic_device *device = hv_get_drvdata(hdev);

	mutex_lock(&device->lock);
	if (hvic_channel_is_open(&device->channel))
		hvic_channel_close(&device->channel);
	mutex_unlock(&device->lock);
	return 0;
}

static int hvic_vmbus_resume(struct hv_device *hdev)
{
	struct hvic_device *device = hv_get_drvdata(hdev);
	int ret = 0;

	mutex_lock(&device->lock);
	if (device->on) {
		ret = hvic_channel_open(&device->channel);
		if (ret)
			hvic_vmbus_turn_off(device);
	}
	mutex_unlock(&device->lock);
	return ret;
}

/* %-EINPROGRESS until a service's switch has been applied, then 0 or the first error. */
static int hvic_vmbus_applied(const struct hvic_service *svc)
{
	const struct hvic_device *device;
	int ret = 0;

	spin_lock(&list_lock);
	list_for_each_entry(device, &devices, list) {
		if (device->channel.svc == svc && (!ret || device->applied == -EINPROGRESS))
			ret = device->applied;
	}
	spin_unlock(&list_lock);
	return ret;
}

/**
 * hvic_vmbus_apply_switch_of() - make the devices of a service as the administrator wants them
 * @svc: the service
 *
 * The host may take its time to open a channel, and the caller may hold what others wait for,
 * as netlink does. So it waits for a bounded time; what it wants happens all the same.
 *
 * Context: may sleep.
 * Return: 0, the first error of a channel that could not be opened, or
 * * %-ETIMEDOUT - the host has not answered yet
 * * %-EINTR - the process is to die
 */
int hvic_vmbus_apply_switch_of(const struct hvic_service *svc)
{
	struct hvic_device *device;
	long left;

	spin_lock(&list_lock);
	list_for_each_entry(device, &devices, list) {
		if (device->channel.svc == svc) {
			device->applied = -EINPROGRESS;
			queue_work(system_freezable_wq, &device->apply);
		}
	}
	spin_unlock(&list_lock);

	left = wait_event_killable_timeout(settled, hvic_vmbus_applied(svc) != -EINPROGRESS,
					   SWITCH_SECONDS * HZ);
	if (left <= 0)
		return left ? -EINTR : -ETIMEDOUT;
	return hvic_vmbus_applied(svc);
}

/**
 * hvic_vmbus_for_each_channel() - look at the channels of a service
 * @svc: the service
 * @look: called for each; may not sleep; other than 0 ends it
 * @arg: handed to @look
 *
 * Context: may sleep.
 * Return: what @look returned last; 0 if there are no channels.
 */
int hvic_vmbus_for_each_channel(const struct hvic_service *svc,
				int (*look)(struct hvic_channel *ch, void *arg), void *arg)
{
	struct hvic_device *device;
	int ret = 0;

	spin_lock(&list_lock);
	list_for_each_entry(device, &devices, list) {
		if (device->channel.svc != svc)
			continue;
		ret = look(&device->channel, arg);
		if (ret)
			break;
	}
	spin_unlock(&list_lock);
	return ret;
}

/**
 * hvic_vmbus_generation() - has a channel come or gone?
 *
 * Context: any.
 * Return: a number that changes when one does.
 */
unsigned int hvic_vmbus_generation(void)
{
	return READ_ONCE(generation);
}

/**
 * hvic_vmbus_relid() - the number of a channel on the bus
 * @ch: a channel of this bus
 *
 * Context: any.
 * Return: as it is in the name of its folder in sysfs.
 */
u32 hvic_vmbus_relid(const struct hvic_channel *ch)
{
	const struct hvic_device *device = container_of(ch, struct hvic_device, channel);

	return device->hdev->channel->offermsg.child_relid;
}

/**
 * hvic_vmbus_service() - the services that the driver knows
 * @index: which, from 0
 *
 * Context: any.
 * Return: the service, or NULL if there are not so many.
 */
const struct hvic_service *hvic_vmbus_service(unsigned int index)
{
	if (index >= ARRAY_SIZE(hvic_vmbus_ids) - 1)
		return NULL;
	return (const struct hvic_service *)hvic_vmbus_ids[index].driver_data;
}

/* --- Driver. ------------------------------------------------------------------------------ */

static struct hv_driver hvic_vmbus_driver = {
	.name = KBUILD_MODNAME,
	.id_table = hvic_vmbus_ids,
	.probe = hvic_vmbus_probe,
	.remove = hvic_vmbus_remove,
	.suspend = hvic_vmbus_suspend,
	.resume = hvic_vmbus_resume,
	.driver = {
		.dev_groups = hvic_vmbus_groups,
		.probe_type = PROBE_PREFER_ASYNCHRONOUS,
	},
};

/* The driver that came first keeps the device. Nothing else says so. */
static int hvic_vmbus_report_foreign(struct device *dev, void *unused)
{
	const struct hv_device *hdev = device_to_hv_device(dev);
	const struct device_driver *driver = READ_ONCE(dev->driver);

	if (driver && driver != &hvic_vmbus_driver.driver &&
	    hvic_vmbus_find_service(&hdev->dev_type))
		dev_notice(dev, "held by another driver: unbind it for " KBUILD_MODNAME "\n");
	return 0;
}

/**
 * hvic_vmbus_register() - bind the devices that are there and that will come
 *
 * Context: may sleep.
 * Return: 0, or %-ENODEV if this is not a guest with a VMBus, or another errno.
 */
int hvic_vmbus_register(void)
{
	int ret = vmbus_driver_register(&hvic_vmbus_driver);

	if (ret)
		return ret;
	bus_for_each_dev(hvic_vmbus_driver.driver.bus, NULL, NULL, hvic_vmbus_report_foreign);
	return 0;
}

/**
 * hvic_vmbus_unregister() - let go of all devices
 *
 * Context: may sleep.
 */
void hvic_vmbus_unregister(void)
{
	vmbus_driver_unregister(&hvic_vmbus_driver);
}
