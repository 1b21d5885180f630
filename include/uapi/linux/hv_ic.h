/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/*
 * What hv_ic offers to programs, in two parts: the generic netlink family "hv_ic",
 * for anyone, and the char devices of the services' daemons.
 */
#ifndef _UAPI_LINUX_HV_IC_H
#define _UAPI_LINUX_HV_IC_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* ============================== Generic netlink ============================== */

/*
 * What the integration components of a guest on Hyper-V do, what the host asks,
 * and what the guest lets it do.
 *
 * Documentation/netlink/specs/hv_ic.yaml is the source of truth; it says what
 * each command and attribute means. Here is, per command, what a message holds:
 *
 *	name			type, or what is nested in it
 *	  [name]		may be missing
 *	  name...		any number of them
 */

#define HV_IC_FAMILY_NAME	"hv_ic"
#define HV_IC_FAMILY_VERSION	1

#define HV_IC_MCGRP_STATE	"state"
#define HV_IC_MCGRP_REQUEST	"request"
#define HV_IC_MCGRP_TIME	"time"
#define HV_IC_MCGRP_HEALTH	"health"
#define HV_IC_MCGRP_VSS		"vss"
#define HV_IC_MCGRP_FCOPY	"fcopy"

#define HV_IC_NAME_MAX		31	/* without the final NUL */
#define HV_IC_REPORTERS_MAX	32

/* --- Words. ------------------------------------------------------------------ */

enum hv_ic_service {
	HV_IC_SERVICE_HEARTBEAT	= 1,
	HV_IC_SERVICE_KVP	= 2,
	HV_IC_SERVICE_SHUTDOWN	= 3,
	HV_IC_SERVICE_TIMESYNC	= 4,
	HV_IC_SERVICE_VSS	= 5,
	HV_IC_SERVICE_FCOPY	= 7,
};

enum hv_ic_state {
	HV_IC_STATE_ABSENT,
	HV_IC_STATE_DISABLED,
	HV_IC_STATE_CLOSED,
	HV_IC_STATE_NEGOTIATING,
	HV_IC_STATE_READY,
	HV_IC_STATE_REFUSED,
};

enum hv_ic_abi {
	HV_IC_ABI_NATIVE,
	HV_IC_ABI_LEGACY,
};

enum hv_ic_time_mode {
	HV_IC_TIME_MODE_OFF,
	HV_IC_TIME_MODE_PTP,
	HV_IC_TIME_MODE_SYNC,
	HV_IC_TIME_MODE_IMPLICIT,
};

enum hv_ic_clock_state {
	HV_IC_CLOCK_STATE_UNKNOWN,
	HV_IC_CLOCK_STATE_VALID,
	HV_IC_CLOCK_STATE_STALE,
};

enum hv_ic_step_cause {
	HV_IC_STEP_CAUSE_SYNC,
	HV_IC_STEP_CAUSE_IMPLICIT,
};

enum hv_ic_health {
	HV_IC_HEALTH_UNKNOWN,
	HV_IC_HEALTH_HEALTHY,
	HV_IC_HEALTH_CRITICAL,
	HV_IC_HEALTH_STOPPED,
};

enum hv_ic_health_cause {
	HV_IC_HEALTH_CAUSE_SET,
	HV_IC_HEALTH_CAUSE_CLEARED,
	HV_IC_HEALTH_CAUSE_EXPIRED,
	HV_IC_HEALTH_CAUSE_STOPPED,
};

enum hv_ic_action {
	HV_IC_ACTION_POWEROFF,
	HV_IC_ACTION_REBOOT,
	HV_IC_ACTION_HIBERNATE,
};

enum hv_ic_policy {
	HV_IC_POLICY_ALLOW,
	HV_IC_POLICY_DENY,
	HV_IC_POLICY_NOTIFY,
};

enum hv_ic_phase {
	HV_IC_PHASE_ASKING,
	HV_IC_PHASE_GRANTED,
	HV_IC_PHASE_ACTING,
	HV_IC_PHASE_HANDED,
	HV_IC_PHASE_DONE,
	HV_IC_PHASE_REFUSED,
	HV_IC_PHASE_CANCELLED,
	HV_IC_PHASE_VOID,
	HV_IC_PHASE_FAILED,
};

enum hv_ic_decision {
	HV_IC_DECISION_ACCEPTED,
	HV_IC_DECISION_LOCKED,
	HV_IC_DECISION_UNSUPPORTED,
	HV_IC_DECISION_DONE,
	HV_IC_DECISION_FAILED,
};

enum hv_ic_vss_phase {
	HV_IC_VSS_PHASE_FREEZING,
	HV_IC_VSS_PHASE_FROZEN,
	HV_IC_VSS_PHASE_THAWING,
	HV_IC_VSS_PHASE_THAWED,
	HV_IC_VSS_PHASE_FAILED,
	HV_IC_VSS_PHASE_OVERDUE,
	HV_IC_VSS_PHASE_COMPLETE,
};

enum hv_ic_fcopy_phase {
	HV_IC_FCOPY_PHASE_STARTED,
	HV_IC_FCOPY_PHASE_PROGRESS,
	HV_IC_FCOPY_PHASE_COMPLETE,
	HV_IC_FCOPY_PHASE_FAILED,
	HV_IC_FCOPY_PHASE_CANCELLED,
};

/* --- Attributes. ---------------------------------------------------------------- */

/* A version of the framework or of a service's messages. */
enum {
	HV_IC_A_VERSION_MAJOR = 1,	/* u32 */
	HV_IC_A_VERSION_MINOR,		/* u32 */

	__HV_IC_A_VERSION_MAX,
	HV_IC_A_VERSION_MAX = (__HV_IC_A_VERSION_MAX - 1)
};

/* What has happened on a channel. */
enum {
	HV_IC_A_COUNTERS_PAD = 1,
	HV_IC_A_COUNTERS_IN,		/* u64 */
	HV_IC_A_COUNTERS_OUT,		/* u64 */
	HV_IC_A_COUNTERS_NEGOTIATIONS,	/* u64 */
	HV_IC_A_COUNTERS_BAD_LENGTH,	/* u64 */
	HV_IC_A_COUNTERS_BAD_TYPE,	/* u64 */
	HV_IC_A_COUNTERS_REFUSED,	/* u64 */
	HV_IC_A_COUNTERS_TIMEOUTS,	/* u64 */
	HV_IC_A_COUNTERS_LATE_REPLIES,	/* u64 */
	HV_IC_A_COUNTERS_RING_FULL,	/* u64 */

	__HV_IC_A_COUNTERS_MAX,
	HV_IC_A_COUNTERS_MAX = (__HV_IC_A_COUNTERS_MAX - 1)
};

/* How a request went. */
enum {
	HV_IC_A_OUTCOME_PAD = 1,
	HV_IC_A_OUTCOME_AGE,		/* u64, ms */
	HV_IC_A_OUTCOME_OPERATION,	/* string */
	HV_IC_A_OUTCOME_STATUS,		/* u32, HRESULT */
	HV_IC_A_OUTCOME_ERRNO,		/* s32 */
	HV_IC_A_OUTCOME_TEXT,		/* string */

	__HV_IC_A_OUTCOME_MAX,
	HV_IC_A_OUTCOME_MAX = (__HV_IC_A_OUTCOME_MAX - 1)
};

/* The daemon that serves a service. */
enum {
	HV_IC_A_OWNER_PID = 1,		/* u32 */
	HV_IC_A_OWNER_ABI,		/* u32, enum hv_ic_abi */

	__HV_IC_A_OWNER_MAX,
	HV_IC_A_OWNER_MAX = (__HV_IC_A_OWNER_MAX - 1)
};

enum {
	HV_IC_A_SERVICE_EVENT = 1,	/* u64 */
	HV_IC_A_SERVICE_PAD,
	HV_IC_A_SERVICE_ID,		/* u32, enum hv_ic_service */
	HV_IC_A_SERVICE_NAME,		/* string */
	HV_IC_A_SERVICE_CLASS,		/* string, GUID */
	HV_IC_A_SERVICE_INSTANCE,	/* string, GUID */
	HV_IC_A_SERVICE_CHANNEL,	/* u32 */
	HV_IC_A_SERVICE_STATE,		/* u32, enum hv_ic_state */
	HV_IC_A_SERVICE_ENABLED,	/* u8, 0 or 1 */
	HV_IC_A_SERVICE_FRAMEWORK,	/* HV_IC_A_VERSION_* */
	HV_IC_A_SERVICE_MESSAGE,	/* HV_IC_A_VERSION_* */
	HV_IC_A_SERVICE_SUPPORTED,	/* HV_IC_A_VERSION_* */
	HV_IC_A_SERVICE_OFFERED,	/* HV_IC_A_VERSION_* */
	HV_IC_A_SERVICE_OWNER,		/* HV_IC_A_OWNER_* */
	HV_IC_A_SERVICE_NEEDS_OWNER,	/* flag */
	HV_IC_A_SERVICE_COUNTERS,	/* HV_IC_A_COUNTERS_* */
	HV_IC_A_SERVICE_LAST_REQUEST,	/* HV_IC_A_OUTCOME_* */
	HV_IC_A_SERVICE_LAST_ERROR,	/* HV_IC_A_OUTCOME_* */
	HV_IC_A_SERVICE_IN_SESSION,	/* flag */
	HV_IC_A_SERVICE_HOLDS,		/* HV_IC_A_HOLDS_* */

	__HV_IC_A_SERVICE_MAX,
	HV_IC_A_SERVICE_MAX = (__HV_IC_A_SERVICE_MAX - 1)
};

/* File systems that the kernel holds frozen for a backup. */
enum {
	HV_IC_A_HOLDS_PAD = 1,
	HV_IC_A_HOLDS_COUNT,		/* u32 */
	HV_IC_A_HOLDS_AGE,		/* u64, ms */

	__HV_IC_A_HOLDS_MAX,
	HV_IC_A_HOLDS_MAX = (__HV_IC_A_HOLDS_MAX - 1)
};

/* How far the clocks were apart at one moment. */
enum {
	HV_IC_A_TIME_POINT_PAD = 1,
	HV_IC_A_TIME_POINT_AGE,		/* u64, ms */
	HV_IC_A_TIME_POINT_OFFSET,	/* s64, ns, the host's minus the system's */

	__HV_IC_A_TIME_POINT_MAX,
	HV_IC_A_TIME_POINT_MAX = (__HV_IC_A_TIME_POINT_MAX - 1)
};

enum {
	HV_IC_A_TIME_EVENT = 1,		/* u64 */
	HV_IC_A_TIME_PAD,
	HV_IC_A_TIME_MODE,		/* u32, enum hv_ic_time_mode */
	HV_IC_A_TIME_MAX_STEP,		/* u32, s */
	HV_IC_A_TIME_BACKWARD,		/* u8, 0 or 1 */
	HV_IC_A_TIME_IMPLICIT_GAP,	/* u32, ms */
	HV_IC_A_TIME_TRUSTED,		/* u8, 0 or 1 */
	HV_IC_A_TIME_STATE,		/* u32, enum hv_ic_clock_state */
	HV_IC_A_TIME_PTP,		/* u32 */
	HV_IC_A_TIME_OFFSET,		/* s64, ns */
	HV_IC_A_TIME_NOISE,		/* u64, ns */
	HV_IC_A_TIME_SAMPLES,		/* u64 */
	HV_IC_A_TIME_STEPS,		/* u64 */
	HV_IC_A_TIME_REFUSED_STEPS,	/* u64 */
	HV_IC_A_TIME_LAST_STEP,		/* HV_IC_A_TIME_POINT_* */
	HV_IC_A_TIME_LEAP,		/* u32 */
	HV_IC_A_TIME_STRATUM,		/* u32 */
	HV_IC_A_TIME_HISTORY,		/* HV_IC_A_TIME_POINT_* */
	HV_IC_A_TIME_CAUSE,		/* u32, enum hv_ic_step_cause */
	HV_IC_A_TIME_REFUSED,		/* flag */

	__HV_IC_A_TIME_MAX,
	HV_IC_A_TIME_MAX = (__HV_IC_A_TIME_MAX - 1)
};

enum {
	HV_IC_A_HEALTH_EVENT = 1,	/* u64 */
	HV_IC_A_HEALTH_PAD,
	HV_IC_A_HEALTH_NAME,		/* string */
	HV_IC_A_HEALTH_STATE,		/* u32, enum hv_ic_health */
	HV_IC_A_HEALTH_TTL,		/* u32, ms */
	HV_IC_A_HEALTH_REMAINING,	/* u32, ms */
	HV_IC_A_HEALTH_COMBINED,	/* u32, enum hv_ic_health */
	HV_IC_A_HEALTH_REPORTERS,	/* u32 */
	HV_IC_A_HEALTH_CAUSE,		/* u32, enum hv_ic_health_cause */

	__HV_IC_A_HEALTH_MAX,
	HV_IC_A_HEALTH_MAX = (__HV_IC_A_HEALTH_MAX - 1)
};

/* A request of the host to stop the guest. */
enum {
	HV_IC_A_REQUEST_EVENT = 1,	/* u64 */
	HV_IC_A_REQUEST_PAD,
	HV_IC_A_REQUEST_ID,		/* u64 */
	HV_IC_A_REQUEST_ACTION,		/* u32, enum hv_ic_action */
	HV_IC_A_REQUEST_PHASE,		/* u32, enum hv_ic_phase */
	HV_IC_A_REQUEST_FORCE,		/* flag */
	HV_IC_A_REQUEST_REASON,		/* u32, Windows' reason code */
	HV_IC_A_REQUEST_TIMEOUT,	/* u32, s */
	HV_IC_A_REQUEST_TEXT,		/* string */
	HV_IC_A_REQUEST_AGE,		/* u64, ms */
	HV_IC_A_REQUEST_REMAINING,	/* u32, ms */
	HV_IC_A_REQUEST_STATUS,		/* u32, HRESULT */
	HV_IC_A_REQUEST_DECISION,	/* u32, enum hv_ic_decision */

	__HV_IC_A_REQUEST_MAX,
	HV_IC_A_REQUEST_MAX = (__HV_IC_A_REQUEST_MAX - 1)
};

enum {
	HV_IC_A_HANDLER_PID = 1,	/* u32 */

	__HV_IC_A_HANDLER_MAX,
	HV_IC_A_HANDLER_MAX = (__HV_IC_A_HANDLER_MAX - 1)
};

enum {
	HV_IC_A_SHUTDOWN_POWEROFF = 1,	/* u32, enum hv_ic_policy */
	HV_IC_A_SHUTDOWN_REBOOT,	/* u32, enum hv_ic_policy */
	HV_IC_A_SHUTDOWN_HIBERNATE,	/* u32, enum hv_ic_policy */
	HV_IC_A_SHUTDOWN_GRACE,		/* u32, s */
	HV_IC_A_SHUTDOWN_HANDLER,	/* HV_IC_A_HANDLER_* */
	HV_IC_A_SHUTDOWN_PENDING,	/* HV_IC_A_REQUEST_* */
	HV_IC_A_SHUTDOWN_LAST,		/* HV_IC_A_REQUEST_* */

	__HV_IC_A_SHUTDOWN_MAX,
	HV_IC_A_SHUTDOWN_MAX = (__HV_IC_A_SHUTDOWN_MAX - 1)
};

enum {
	HV_IC_A_VSS_EVENT = 1,		/* u64 */
	HV_IC_A_VSS_PAD,
	HV_IC_A_VSS_PHASE,		/* u32, enum hv_ic_vss_phase */
	HV_IC_A_VSS_DURATION,		/* u64, ms */
	HV_IC_A_VSS_STATUS,		/* u32, HRESULT */
	HV_IC_A_VSS_HOLDER,		/* u32 */
	HV_IC_A_VSS_DEVICE,		/* string, as in mountinfo */

	__HV_IC_A_VSS_MAX,
	HV_IC_A_VSS_MAX = (__HV_IC_A_VSS_MAX - 1)
};

enum {
	HV_IC_A_FCOPY_EVENT = 1,	/* u64 */
	HV_IC_A_FCOPY_PAD,
	HV_IC_A_FCOPY_PHASE,		/* u32, enum hv_ic_fcopy_phase */
	HV_IC_A_FCOPY_SIZE,		/* u64, bytes */
	HV_IC_A_FCOPY_DONE,		/* u64, bytes */
	HV_IC_A_FCOPY_STATUS,		/* u32, HRESULT */

	__HV_IC_A_FCOPY_MAX,
	HV_IC_A_FCOPY_MAX = (__HV_IC_A_FCOPY_MAX - 1)
};

/* --- Commands. Those marked with an asterisk need CAP_NET_ADMIN. ------------------- */

enum {
	/*
	 * request: ID, or dump
	 * reply: ID NAME CLASS [INSTANCE] [CHANNEL] STATE ENABLED [FRAMEWORK]
	 *	[MESSAGE] SUPPORTED... OFFERED... [OWNER] [NEEDS_OWNER] [COUNTERS]
	 *	[LAST_REQUEST] [LAST_ERROR] [IN_SESSION] [HOLDS]
	 * ntf, group state: EVENT and the same
	 */
	HV_IC_CMD_SERVICE_GET = 1,
	HV_IC_CMD_SERVICE_SET,		/* * request: ID ENABLED */
	HV_IC_CMD_SERVICE_NTF,

	/*
	 * reply: MODE MAX_STEP BACKWARD IMPLICIT_GAP TRUSTED, and where the host
	 *	offers its time STATE [PTP] [OFFSET] [NOISE] SAMPLES STEPS
	 *	REFUSED_STEPS [LAST_STEP] LEAP STRATUM HISTORY...
	 */
	HV_IC_CMD_TIME_GET,
	HV_IC_CMD_TIME_SET,		/* * request: [MODE] [MAX_STEP] [BACKWARD] [IMPLICIT_GAP] */
	HV_IC_CMD_TIME_SAMPLE_NTF,	/* group time: EVENT OFFSET NOISE SAMPLES LEAP STRATUM */
	/* group time: EVENT OFFSET CAUSE [REFUSED] STEPS REFUSED_STEPS */
	HV_IC_CMD_TIME_STEP_NTF,

	/*
	 * reply: COMBINED REPORTERS
	 * dump: NAME STATE [TTL REMAINING]
	 */
	HV_IC_CMD_HEALTH_GET,
	HV_IC_CMD_HEALTH_SET,		/* * request: NAME STATE [TTL] */
	HV_IC_CMD_HEALTH_CLEAR,		/* * request: NAME */
	/* group health: EVENT [NAME STATE] COMBINED REPORTERS CAUSE */
	HV_IC_CMD_HEALTH_NTF,

	/* reply: POWEROFF REBOOT HIBERNATE GRACE [HANDLER] [PENDING] [LAST] */
	HV_IC_CMD_SHUTDOWN_GET,
	HV_IC_CMD_SHUTDOWN_SET,		/* * request: [POWEROFF] [REBOOT] [HIBERNATE] [GRACE] */

	/*
	 * group request: EVENT ID ACTION PHASE [FORCE] REASON TIMEOUT TEXT AGE
	 *	[REMAINING] [STATUS]
	 */
	HV_IC_CMD_SHUTDOWN_NTF,
	HV_IC_CMD_SHUTDOWN_CANCEL,	/* * request: ID */
	HV_IC_CMD_SHUTDOWN_NOW,		/* * request: ID */

	/*
	 * ATTACH makes the socket the one handler. It gets ASK_NTF and ACT_NTF,
	 * as SHUTDOWN_NTF but without EVENT, and answers each of them by REPLY.
	 * ACT_NTF may overtake the acknowledgment of the REPLY before.
	 */
	HV_IC_CMD_HANDLER_ATTACH,	/* * */
	HV_IC_CMD_HANDLER_DETACH,	/* * */
	HV_IC_CMD_HANDLER_ASK_NTF,
	HV_IC_CMD_HANDLER_ACT_NTF,
	HV_IC_CMD_HANDLER_REPLY,	/* * request: ID DECISION */

	HV_IC_CMD_VSS_NTF,		/* group vss: EVENT PHASE DURATION [STATUS] [HOLDER] */
	HV_IC_CMD_FCOPY_NTF,		/* group fcopy: EVENT PHASE SIZE DONE [STATUS] */
	HV_IC_CMD_VSS_HOLD_NTF,		/* group vss: EVENT DEVICE DURATION [STATUS] */

	__HV_IC_CMD_MAX,
	HV_IC_CMD_MAX = (__HV_IC_CMD_MAX - 1)
};

/* ============================== The char devices ============================= */

/*
 * /dev/hv_ic/kvp, /dev/hv_ic/vss, /dev/hv_ic/fcopy.
 *
 * Each service of the host that needs user space is one device, and one daemon
 * owns it:
 *
 * open     Own the service. EBUSY while another process does, be it here or by
 *          the device for older daemons (/dev/vmbus/hv_kvp and so on). Only root
 *          may open it, unless the administrator changes its mode.
 * read     Get records: as many whole ones as fit. Waits for the first, or fails
 *          with EAGAIN under O_NONBLOCK. EMSGSIZE if not even the first fits;
 *          64 KiB are always enough. Records follow each other without a gap:
 *          the next begins @len bytes after the last.
 * write    Answer one record: a header with the id of the record, a status, and
 *          a payload where the operation has one. @op and @flags are not looked
 *          at. EINVAL if it is malformed; ESTALE if the request is over, because
 *          the answer came too late or the host has started over.
 * poll     POLLIN when it is time to read, as below, POLLHUP and POLLERR when the
 *          service is gone.
 * ioctl    /dev/hv_ic/vss only: HV_IC_VSS_HOLD, HV_IC_VSS_RELEASE, HV_IC_VSS_TRY,
 *          HV_IC_VSS_END.
 * close    Give the service up. What the host still waits for is answered for
 *          the daemon (it is not connected), and file systems that it holds thaw.
 *
 * The first record is HELLO. The daemon answers it with a hello of its own, and
 * from then on it is attached: requests of the host go to it. Before that there
 * is no other record to read.
 *
 * When the service goes away (switched off, unbound) everything fails with ENODEV
 * at once; close the device and open it again when it is back. What the service
 * had begun is void then, as if the host had cancelled it: remove the file.
 *
 * A record with HV_IC_RECORD_EVENT is told and wants no answer. One with
 * HV_IC_RECORD_QUIET wants an answer only if it failed. Any other wants exactly
 * one answer, in any order; the host waits for it, but not for ever. A request
 * that is over before the daemon has answered it is told by an event OVER with
 * its id, if the daemon has read it; otherwise it is never read.
 *
 * It is time to read, and a read waits no longer, when there is a record that is
 * not quiet, or several quiet ones, and then until all have been read. A quiet one
 * alone waits for others, but only for a moment.
 *
 * The ABI grows by these rules:
 *
 * - Reserved fields are zero. The kernel sends them so, and an answer in which
 *   one is not zero fails with EINVAL.
 * - A payload may become longer. The reader takes what is missing for zero, and
 *   ignores what it does not know; so does the kernel with an answer.
 * - A daemon answers a request that it does not know with -EOPNOTSUPP, and
 *   ignores an event that it does not know.
 * - What changes the meaning of a record gets a feature bit in the hello.
 *
 * All integers are in the byte order of the machine, all strings are UTF-8 and
 * end in a NUL. Unused bytes are zero.
 */
#define HV_IC_ABI_VERSION	1

/**
 * struct hv_ic_record - header of every record, in both directions
 * @len: bytes of this header and the payload behind it
 * @deadline_ms: milliseconds that were left for the answer when the record was
 *	read; 0 if it wants none, if the host does not wait for it, and in an answer
 * @id: names the record in its answer; in OVER, the request that is over;
 *	otherwise 0 for an event
 * @op: HELLO, OVER, or one of the service's operations
 * @flags: HV_IC_RECORD_*
 * @status: in an answer 0, or a negative errno: ENOENT no such key or adapter,
 *	EEXIST, ENOSPC, EACCES, ENOTDIR no such path, EINVAL, EOPNOTSUPP, ENODATA
 *	no more items; the host's administrator reads the matching words. In an
 *	event 0, or the negative errno that is its reason.
 */
struct hv_ic_record {
	__u32 len;
	__u32 deadline_ms;
	__u64 id;
	__u16 op;
	__u16 flags;
	__s32 status;
};

#define HV_IC_RECORD_EVENT	(1 << 0)
#define HV_IC_RECORD_QUIET	(1 << 1)

/*
 * From here on ids are of records that the host does not wait for: it has had its
 * answer. They have no deadline, and none of them is told to be over.
 */
#define HV_IC_RECORD_OWN_ID	(1ULL << 63)

/*
 * HELLO: the first record, (hello) (hello). It comes again as an event whenever
 * the host has negotiated: whatever the host had begun before is void then.
 */
#define HV_IC_HELLO		0xffff

/* OVER: an event. The request @id wants no answer any more; @status says why. */
#define HV_IC_OVER		0xfffe

/**
 * struct hv_ic_hello - payload of HELLO and of its answer
 * @abi: HV_IC_ABI_VERSION of the kernel; in the answer, of the daemon. An answer
 *	with another version than the kernel's fails with EPROTO.
 * @reserved: 0
 * @features: HV_IC_FEATURE_* that the kernel has; in the answer, those of them
 *	that the daemon uses. An answer with a bit that was not offered fails with
 *	EINVAL.
 * @framework_major: version agreed on with the host, 0.0 if there is none yet;
 *	0 in the answer
 * @framework_minor: see @framework_major
 * @message_major: the same, of the service's messages
 * @message_minor: see @message_major
 */
struct hv_ic_hello {
	__u32 abi;
	__u32 reserved;
	__u64 features;
	__u16 framework_major;
	__u16 framework_minor;
	__u16 message_major;
	__u16 message_minor;
};

/* The device has HV_IC_VSS_HOLD, HV_IC_VSS_RELEASE and HV_IC_VSS_TRY. */
#define HV_IC_FEATURE_HOLD	(1 << 0)

/* --- /dev/hv_ic/kvp ----------------------------------------------------------- */

/*
 * The operations, and in parentheses the payloads of the record and its answer, which may be cut
 * behind what counts of it.
 */
#define HV_IC_KVP_GET		0	/* (item: pool, key) (item) */
#define HV_IC_KVP_SET		1	/* (item) () */
#define HV_IC_KVP_DELETE	2	/* (item: pool, key) () */
#define HV_IC_KVP_ENUMERATE	3	/* (item: pool, index) (item or list); ENODATA at the end */
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
 *
 * The host's fields are shorter, and hold UTF-16 only. An item in an answer is never
 * refused for what it holds: what does not fit is cut off, bytes that are no UTF-8
 * and an empty key become U+FFFD.
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

#define HV_IC_KVP_LIST_LAST	(1 << 0)	/* behind the last of them the pool ends */

#define HV_IC_KVP_LIST_SIZE	1848

/**
 * struct hv_ic_kvp_list - answer to ENUMERATE: an item, and some that follow it
 * @item: the one that the host has asked for
 * @n: how many follow it in @text; 0 if the payload ends before
 * @flags: HV_IC_KVP_LIST_*
 * @text: their keys and values, each with its NUL: key, value, key, value ...; they are of
 *	the type HV_IC_KVP_STRING
 *
 * A host lists a pool from its first item to its end. The kernel keeps what follows for the
 * host's next questions, and so asks the daemon less often. It forgets that when the host asks for
 * anything but the next item in turn, sets or deletes one, or starts over, after a tenth of
 * a second, and when the daemon goes. So a list that the host begins has the items of that moment.
 */
struct hv_ic_kvp_list {
	struct hv_ic_kvp_item item;
	__u32 n;
	__u32 flags;
	char text[HV_IC_KVP_LIST_SIZE];
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
 * @adapter: its MAC address, as in "00:15:5d:01:02:03", or the GUID of its VMBus
 *	device, as in "{f8615163-df3e-46c5-913f-f2d2f965ed0e}", both in lower case,
 *	however the host has written it; an id of any other shape as it came. Not
 *	looked at in an answer.
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
#define HV_IC_VSS_FREEZE	5	/* (freeze) (); 0 if all that can be held is held */
#define HV_IC_VSS_THAW		6	/* an event: the holds have ended, @status says why */
#define HV_IC_VSS_TRIAL		64	/* an event: what HV_IC_VSS_TRY has begun */

/*
 * The daemon does not freeze by itself: while a FREEZE is open it hands the kernel
 * a descriptor of each file system, and the kernel freezes it and holds it. The
 * holds of a FREEZE are a session with a number. A daemon that names it in its calls
 * does nothing to the next session by one that comes late; 0 is the present session.
 * All holds end together, without waiting for each other or for the daemon, at the
 * first of these, which is the status of THAW:
 *
 *  0		the host's THAW
 *  -ECANCELED	HV_IC_VSS_RELEASE or HV_IC_VSS_END; the FREEZE was answered with an error; the host
 *		took it back or started over
 *  -ETIMEDOUT	the FREEZE was not answered in time, or the host did not thaw within
 *		the module's vss_frozen_max seconds from the first hold; where nothing is
 *		held, from the answer to the FREEZE
 *  -EIO	the host's THAW, but a file system had been thawed by another program, or does
 *		not thaw
 *  -ENODEV	the service went away; nothing can be read then
 *  -EINTR	the machine is about to sleep
 *
 * and when the device is closed. A THAW of the host that comes after any of these
 * but the first is answered with a failure: its snapshot is not of a frozen guest.
 * After holds have ended there are none before the next FREEZE.
 *
 * HV_IC_VSS_HOLD freezes the file system of a descriptor, as FIFREEZE does but
 * without a privilege. It returns when the file system is frozen; several threads
 * may call it at once. It fails with
 *
 *  EALREADY	this file system is held already
 *  EBUSY	it is frozen by another program, which is left as it is
 *  EOPNOTSUPP	it cannot be frozen
 *  EPERM	vss_frozen_max is 0: nothing is held without a limit
 *  ECANCELED	that session takes none, or ended meanwhile; nothing is held
 *  EBADF, ENOMEM, ENODEV, or what the file system says
 *
 * HV_IC_VSS_RELEASE ends all holds and returns when they have thawed. HV_IC_VSS_END does
 * so if they are of that session, and otherwise waits for those that thaw already.
 *
 * HV_IC_VSS_TRY is for a trial, of which the host knows nothing: file systems can be
 * held as if a FREEZE were open, from the event TRIAL on, in the session whose number
 * it returns. Any THAW before that event is not about the trial. Holds end as above,
 * and HV_IC_VSS_END is the usual way; until then a FREEZE of the host is answered
 * for the daemon (busy). It fails with EBUSY while the host has its guest frozen, or
 * believes that it has, while its FREEZE or THAW is open, and while the machine is about
 * to sleep.
 *
 * The administrator's way out is fsfreeze --unfreeze. A freeze that another program
 * makes after it cannot be told from the hold, and ends with it.
 */
#define HV_IC_IOC		0xbe
#define HV_IC_VSS_HOLD		_IOW(HV_IC_IOC, 1, struct hv_ic_vss_hold)
#define HV_IC_VSS_RELEASE	_IO(HV_IC_IOC, 2)
#define HV_IC_VSS_TRY		_IOR(HV_IC_IOC, 3, __u32)	/* the session */
#define HV_IC_VSS_END		_IOW(HV_IC_IOC, 4, __u32)	/* the session */

/**
 * struct hv_ic_vss_hold - argument of HV_IC_VSS_HOLD
 * @fd: a descriptor of a file or folder in the file system
 * @session: of the FREEZE, or of the trial; 0 for the present one
 */
struct hv_ic_vss_hold {
	__s32 fd;
	__u32 session;
};

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
 * @session: of the holds, for HV_IC_VSS_HOLD and HV_IC_VSS_END
 * @luns: the disks
 */
struct hv_ic_vss_freeze {
	__u32 backup_type;
	__u32 flags;
	__u32 n_luns;
	__u32 session;
	struct hv_ic_vss_lun luns[HV_IC_VSS_LUNS];
};

/* --- /dev/hv_ic/fcopy ------------------------------------------------------------ */

#define HV_IC_FCOPY_START	0	/* (start) () */
#define HV_IC_FCOPY_WRITE	1	/* (write) (), QUIET */
#define HV_IC_FCOPY_COMPLETE	2	/* () (); 0 when all is on the disk */
#define HV_IC_FCOPY_CANCEL	3	/* an event: remove what was written */
#define HV_IC_FCOPY_REMOVE	4	/* (left) () */

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

/**
 * struct hv_ic_fcopy_left - payload of REMOVE
 * @start: id of the START record that began the file
 * @path: as in that record
 * @name: as in that record
 *
 * A daemon that went while it had a file begun has left it unfinished. The next one
 * is asked to remove it, before any START of its own, and so is each one that comes
 * until REMOVE is answered with 0 or ENOENT. Another program may have made a file of
 * that name since then: a daemon that writes under a name that follows from @start
 * and renames the file at COMPLETE removes what is its own and nothing else.
 */
struct hv_ic_fcopy_left {
	__u64 start;
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
