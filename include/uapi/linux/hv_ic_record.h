/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The char devices of hv_ic: /dev/hv_ic/kvp, /dev/hv_ic/vss, /dev/hv_ic/fcopy.
 *
 * Each service of the host that needs user space is one device, and one daemon
 * owns it:
 *
 * open     Own the service. EBUSY while somebody else does, be it here or by the
 *          device for older daemons (/dev/vmbus/hv_kvp and so on). Only root may
 *          open it, unless the administrator changes its mode.
 * read     Get records: as many whole ones as fit. Waits for the first, or fails
 *          with EAGAIN under O_NONBLOCK. EMSGSIZE if not even the first fits;
 *          64 KiB are always enough. Records follow each other without a gap:
 *          the next begins @len bytes after the last. The first record after
 *          open is HELLO.
 * write    Answer one record: a header with the id of the record, a status, and
 *          a payload where the operation has one. @op and @flags are not looked
 *          at. EINVAL if it is malformed; ESTALE if nobody waits for that answer
 *          any more, because it came too late or the host has started over.
 * poll     POLLIN when a record waits, POLLHUP and POLLERR when the service is
 *          gone.
 * close    Give the service up. What the host still waits for is answered for
 *          you: nobody is connected.
 *
 * When the service goes away (switched off, unbound) everything fails with ENODEV
 * at once; close the device and open it again when it is back. What the service
 * had begun is void then, as if the host had cancelled it: thaw, remove the file.
 *
 * A record with HV_IC_RECORD_EVENT is told and wants no answer. One with
 * HV_IC_RECORD_QUIET wants an answer only if it failed. Any other wants exactly
 * one answer, in any order; the host waits for it, but not for ever.
 *
 * All integers are in the byte order of the machine, all strings are UTF-8 and
 * end in a NUL. Unused bytes are zero.
 */
#ifndef _UAPI_LINUX_HV_IC_RECORD_H
#define _UAPI_LINUX_HV_IC_RECORD_H

#include <linux/types.h>

#define HV_IC_ABI_VERSION	1

/**
 * struct hv_ic_record - header of every record, in both directions
 * @len: bytes of this header and the payload behind it
 * @reserved: 0
 * @id: names the record in its answer; 0 for an event
 * @op: HELLO, or one of the service's operations
 * @flags: HV_IC_RECORD_*
 * @status: in an answer 0, or a negative errno: ENOENT no such key or adapter,
 *	EEXIST, ENOSPC, EACCES, ENOTDIR no such path, EINVAL, EOPNOTSUPP, ENODATA
 *	no more items; the host's administrator reads the matching words
 */
struct hv_ic_record {
	__u32 len;
	__u32 reserved;
	__u64 id;
	__u16 op;
	__u16 flags;
	__s32 status;
};

#define HV_IC_RECORD_EVENT	(1 << 0)
#define HV_IC_RECORD_QUIET	(1 << 1)

/*
 * HELLO: the first record, and again whenever the host has negotiated: whatever
 * the host had begun before is void then.
 */
#define HV_IC_HELLO		0xffff

/**
 * struct hv_ic_hello - payload of HELLO
 * @abi: HV_IC_ABI_VERSION of the kernel
 * @framework_major: version agreed on with the host, 0.0 if there is none yet
 * @framework_minor: see @framework_major
 * @message_major: the same, of the service's messages
 * @message_minor: see @message_major
 * @reserved: 0
 */
struct hv_ic_hello {
	__u32 abi;
	__u16 framework_major;
	__u16 framework_minor;
	__u16 message_major;
	__u16 message_minor;
	__u32 reserved;
};

/* --- /dev/hv_ic/kvp ----------------------------------------------------------- */

/* The operations, and in parentheses the payloads of the record and its answer. */
#define HV_IC_KVP_GET		0	/* (item: pool, key) (item) */
#define HV_IC_KVP_SET		1	/* (item) () */
#define HV_IC_KVP_DELETE	2	/* (item: pool, key) () */
#define HV_IC_KVP_ENUMERATE	3	/* (item: pool, index) (item); ENODATA at the end */
#define HV_IC_KVP_GET_IP	4	/* (ip: adapter) (ip) */
#define HV_IC_KVP_SET_IP	5	/* (ip) () */

#define HV_IC_KVP_POOL_EXTERNAL		0	/* the host administrator's items */
#define HV_IC_KVP_POOL_GUEST		1	/* the guest's items */
#define HV_IC_KVP_POOL_AUTO		2	/* facts about the guest */
#define HV_IC_KVP_POOL_AUTO_EXTERNAL	3	/* facts about the host */

#define HV_IC_KVP_STRING	1
#define HV_IC_KVP_EXPAND	2	/* a string with %variables% */
#define HV_IC_KVP_U32		4
#define HV_IC_KVP_U64		11

#define HV_IC_KVP_KEY_SIZE	768	/* 255 UTF-16 units and a NUL */
#define HV_IC_KVP_VALUE_SIZE	3072	/* 1023 UTF-16 units and a NUL */

/**
 * struct hv_ic_kvp_item - a key and its value
 * @pool: HV_IC_KVP_POOL_*
 * @index: of the item that ENUMERATE wants
 * @type: of the value, HV_IC_KVP_*
 * @reserved: 0
 * @number: the value, if @type is a number
 * @key: never empty
 * @value: the value, if @type is a string
 */
struct hv_ic_kvp_item {
	__u32 pool;
	__u32 index;
	__u32 type;
	__u32 reserved;
	__u64 number;
	char key[HV_IC_KVP_KEY_SIZE];
	char value[HV_IC_KVP_VALUE_SIZE];
};

/**
 * struct hv_ic_kvp_address - an IP address
 * @family: 4 or 6
 * @prefix: length of the network prefix; 0 for gateways and servers
 * @origin: HV_IC_KVP_ORIGIN_*
 * @reserved: 0
 * @bytes: in network order, 4 or 16 of them
 */
struct hv_ic_kvp_address {
	__u8 family;
	__u8 prefix;
	__u8 origin;
	__u8 reserved;
	__u8 bytes[16];
};

#define HV_IC_KVP_ORIGIN_UNKNOWN	0
#define HV_IC_KVP_ORIGIN_DYNAMIC	1	/* DHCP, router advertisement */
#define HV_IC_KVP_ORIGIN_STATIC		2

#define HV_IC_KVP_ADAPTER_SIZE	384
#define HV_IC_KVP_ADDRESSES	128	/* 64 of each family */
#define HV_IC_KVP_GATEWAYS	10	/* 5 of each family */

/**
 * struct hv_ic_kvp_ip - how a network adapter is set up
 * @adapter: "00:15:5d:01:02:03" or "{GUID}", as the host names it
 * @dhcp: not 0 if IPv4 addresses come from DHCP
 * @reserved: 0
 * @n_addresses: how many of @addresses count
 * @n_gateways: how many of @gateways count
 * @n_dns: how many of @dns count
 * @addresses: of the adapter
 * @gateways: default gateways
 * @dns: name servers
 */
struct hv_ic_kvp_ip {
	char adapter[HV_IC_KVP_ADAPTER_SIZE];
	__u8 dhcp;
	__u8 reserved[3];
	__u32 n_addresses;
	__u32 n_gateways;
	__u32 n_dns;
	struct hv_ic_kvp_address addresses[HV_IC_KVP_ADDRESSES];
	struct hv_ic_kvp_address gateways[HV_IC_KVP_GATEWAYS];
	struct hv_ic_kvp_address dns[HV_IC_KVP_ADDRESSES];
};

/* --- /dev/hv_ic/vss ------------------------------------------------------------ */

#define HV_IC_VSS_HOT_BACKUP	2	/* () (); 0 if a backup of the running guest may begin */
#define HV_IC_VSS_FREEZE	5	/* (freeze) (); 0 if all that can be frozen is */
#define HV_IC_VSS_THAW		6	/* () (); as an event: the host is gone, thaw at once */

/**
 * struct hv_ic_vss_lun - a virtual disk that the backup is about
 * @bus: 1 SCSI, 2 IDE
 * @port: of the controller
 * @target: SCSI target
 * @lun: SCSI logical unit
 * @controller: GUID of the controller's VMBus device, bytes as in sysfs' order
 */
struct hv_ic_vss_lun {
	__u8 bus;
	__u8 port;
	__u8 target;
	__u8 lun;
	__u8 controller[16];
};

#define HV_IC_VSS_LUNS		260

/**
 * struct hv_ic_vss_freeze - payload of FREEZE, cut behind the last LUN
 * @backup_type: as the host says
 * @flags: as the host says
 * @n_luns: how many of @luns there are; 0 means all disks
 * @reserved: 0
 * @luns: the disks
 */
struct hv_ic_vss_freeze {
	__u32 backup_type;
	__u32 flags;
	__u32 n_luns;
	__u32 reserved;
	struct hv_ic_vss_lun luns[HV_IC_VSS_LUNS];
};

/* --- /dev/hv_ic/fcopy ------------------------------------------------------------ */

#define HV_IC_FCOPY_START	0	/* (start) () */
#define HV_IC_FCOPY_WRITE	1	/* (write) (), QUIET */
#define HV_IC_FCOPY_COMPLETE	2	/* () (); 0 when all is on the disk */
#define HV_IC_FCOPY_CANCEL	3	/* an event: remove what was written */

#define HV_IC_FCOPY_OVERWRITE	(1 << 0)
#define HV_IC_FCOPY_CREATE_PATH	(1 << 1)

#define HV_IC_FCOPY_NAME_SIZE	784	/* 260 UTF-16 units and a NUL */

/**
 * struct hv_ic_fcopy_start - payload of START
 * @size: of the file, in bytes
 * @flags: HV_IC_FCOPY_*
 * @reserved: 0
 * @path: the directory; separators as the host wrote them
 * @name: of the file
 */
struct hv_ic_fcopy_start {
	__u64 size;
	__u32 flags;
	__u32 reserved;
	char path[HV_IC_FCOPY_NAME_SIZE];
	char name[HV_IC_FCOPY_NAME_SIZE];
};

#define HV_IC_FCOPY_BLOCK	6144

/**
 * struct hv_ic_fcopy_write - payload of WRITE, cut behind the last byte
 * @offset: where in the file
 * @size: how many of @data there are
 * @reserved: 0
 * @data: the bytes
 */
struct hv_ic_fcopy_write {
	__u64 offset;
	__u32 size;
	__u32 reserved;
	__u8 data[HV_IC_FCOPY_BLOCK];
};

#endif
