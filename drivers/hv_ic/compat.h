/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Older kernels, in terms of the newest: the only file that names a version.
 *
 * The driver is written for the newest kernel that it knows; each block below
 * says from which version on it is not needed any more, and why.
 */
#ifndef HVIC_COMPAT_H
#define HVIC_COMPAT_H

#include <linux/fs.h>
#include <linux/hyperv.h>
#include <linux/timekeeping.h>
#include <linux/version.h>
#include <linux/workqueue.h>
#include <net/genetlink.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 10, 0)
#error "hv_ic needs Linux 5.10 or newer"
#endif

/* 5.12: the kernel knows when it runs in a confidential VM; older ones do not run there. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 12, 0)
static inline bool hv_is_isolation_supported(void)
{
	return false;
}
#endif

/*
 * 5.14: the bus copies a packet out of the ring, where the host could still change it, and no
 * longer believes what the packet says of its length.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 14, 0)
static inline int hvic_packet_room(size_t size, void **room)
{
	*room = kvmalloc(size, GFP_KERNEL);
	return *room ? 0 : -ENOMEM;
}

static inline u32 hvic_swap_max_packet(struct vmbus_channel *channel, u32 size)
{
	return size;
}

static inline u32 hvic_packet_bytes(const struct hv_ring_buffer_info *ring)
{
	u32 write = READ_ONCE(ring->ring_buffer->write_index);
	u32 bytes = write - ring->priv_read_index;

	if (write < ring->priv_read_index)
		bytes += ring->ring_datasize;
	/* A mark of the host's follows each packet. */
	return min_t(u32, bytes, ring->ring_datasize - sizeof(u64));
}

static inline const struct vmpacket_descriptor *hvic_packet_first(struct vmbus_channel *channel,
								  void *room)
{
	const struct vmpacket_descriptor *shared = hv_pkt_iter_first(channel);
	struct vmpacket_descriptor *desc = room;
	u32 len;

	if (!shared)
		return NULL;
	len = min_t(u32, READ_ONCE(shared->len8) << 3,
		    hvic_packet_bytes(&channel->inbound));
	len = max_t(u32, len, sizeof(*desc));
	memcpy(desc, shared, len);
	desc->len8 = len >> 3;
	if (desc->offset8 > desc->len8 || desc->offset8 << 3 < sizeof(*desc))
		desc->offset8 = sizeof(*desc) >> 3;
	return desc;
}
#else
static inline int hvic_packet_room(size_t size, void **room)
{
	return 0;
}

static inline u32 hvic_swap_max_packet(struct vmbus_channel *channel, u32 size)
{
	u32 old = channel->max_pkt_size;

	channel->max_pkt_size = size;
	return old;
}

static inline const struct vmpacket_descriptor *hvic_packet_first(struct vmbus_channel *channel,
								  void *room)
{
	return hv_pkt_iter_first(channel);
}
#endif

/*
 * 5.19: who goes on to the next packet need not say that it was copied. A distribution may have
 * that before; the function around it, which also closes an empty ring, is the same everywhere.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 19, 0)
#define __hv_pkt_iter_next(channel, desc)	hv_pkt_iter_next(channel, desc)
#endif

/* 6.1: a complaint about an attribute that is missing can name it. */
#ifndef GENL_REQ_ATTR_CHECK
#define GENL_REQ_ATTR_CHECK(info, attr)	(!(info)->attrs[attr])
#endif

/* 6.3: hv_driver.remove() returns nothing. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
#define HVIC_DEFINE_REMOVE(name, function)			\
	static int name(struct hv_device *hdev)			\
	{							\
		function(hdev);					\
		return 0;					\
	}
#else
#define HVIC_DEFINE_REMOVE(name, function)			\
	static void name(struct hv_device *hdev)		\
	{							\
		function(hdev);					\
	}
#endif

/*
 * 6.6: the caller says on whose behalf it freezes a file system; 6.16: and may leave a mark. A file
 * system may have its own way.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
#define hvic_on_super(call, sb)	call(sb)
#elif LINUX_VERSION_CODE < KERNEL_VERSION(6, 16, 0)
#define hvic_on_super(call, sb)	call(sb, FREEZE_HOLDER_USERSPACE)
#else
#define hvic_on_super(call, sb)	call(sb, FREEZE_HOLDER_USERSPACE, NULL)
#endif

static inline int hvic_freeze_super(struct super_block *sb)
{
	if (sb->s_op->freeze_super)
		return hvic_on_super(sb->s_op->freeze_super, sb);
	return hvic_on_super(freeze_super, sb);
}

static inline int hvic_thaw_super(struct super_block *sb)
{
	if (sb->s_op->thaw_super)
		return hvic_on_super(sb->s_op->thaw_super, sb);
	return hvic_on_super(thaw_super, sb);
}

/* The kernel exports these, and declares them in no header for modules. */
#ifdef CONFIG_TINY_RCU
static inline void rcu_expedite_gp(void) { }
static inline void rcu_unexpedite_gp(void) { }
#else
void rcu_expedite_gp(void);
void rcu_unexpedite_gp(void);
#endif

/* 6.10: __assign_str() finds the source by itself. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
#define hvic_assign_str(dst, src)	__assign_str(dst, src)
#else
#define hvic_assign_str(dst, src)	__assign_str(dst)
#endif

/* 6.17: system_wq got a name that says what it is. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 17, 0)
#define system_percpu_wq	system_wq
#endif

/**
 * struct hvic_snapshot - the clocks of the system, read in one instant
 * @cycles: the clocksource's counter
 * @system: the clock that was asked for
 * @raw: CLOCK_MONOTONIC_RAW
 */
struct hvic_snapshot {
	u64 cycles;
	ktime_t system;
	ktime_t raw;
};

/* 7.2: a snapshot is of one chosen clock, and its fields have other names. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 2, 0)
static inline void hvic_snapshot_real(struct hvic_snapshot *snapshot)
{
	struct system_time_snapshot now;

	ktime_get_snapshot(&now);
	snapshot->cycles = now.cycles;
	snapshot->system = now.real;
	snapshot->raw = now.raw;
}

static inline void hvic_snapshot_for(const struct system_device_crosststamp *cross,
				     struct hvic_snapshot *snapshot)
{
	hvic_snapshot_real(snapshot);
}

static inline void hvic_snapshot_to(struct system_device_crosststamp *cross,
				    const struct hvic_snapshot *snapshot)
{
	cross->sys_realtime = snapshot->system;
	cross->sys_monoraw = snapshot->raw;
}
#else
static inline void hvic_snapshot_clock(clockid_t clock, struct hvic_snapshot *snapshot)
{
	struct system_time_snapshot now;

	ktime_get_snapshot_id(clock, &now);
	snapshot->cycles = now.cycles;
	snapshot->system = now.systime;
	snapshot->raw = now.monoraw;
}

static inline void hvic_snapshot_real(struct hvic_snapshot *snapshot)
{
	hvic_snapshot_clock(CLOCK_REALTIME, snapshot);
}

static inline void hvic_snapshot_for(const struct system_device_crosststamp *cross,
				     struct hvic_snapshot *snapshot)
{
	hvic_snapshot_clock(cross->clock_id, snapshot);
}

static inline void hvic_snapshot_to(struct system_device_crosststamp *cross,
				    const struct hvic_snapshot *snapshot)
{
	cross->sys_systime = snapshot->system;
	cross->sys_monoraw = snapshot->raw;
}
#endif

#endif
