/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/*
 * Generic netlink family "hv_ic": what the integration components of a guest on
 * Hyper-V do, what the host asks, and what the guest lets it do.
 *
 * Documentation/netlink/specs/hv_ic.yaml is the source of truth; it says what
 * each command and attribute means. Here is, per command, what a message holds:
 *
 *	name			type, or what is nested in it
 *	  [name]		may be missing
 *	  name...		any number of them
 *
 * The char devices of the daemons are in hv_ic_record.h.
 */
#ifndef _UAPI_LINUX_HV_IC_H
#define _UAPI_LINUX_HV_IC_H

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

	__HV_IC_A_SERVICE_MAX,
	HV_IC_A_SERVICE_MAX = (__HV_IC_A_SERVICE_MAX - 1)
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

	__HV_IC_A_VSS_MAX,
	HV_IC_A_VSS_MAX = (__HV_IC_A_VSS_MAX - 1)
};

enum {
	HV_IC_A_FCOPY_EVENT = 1,	/* u64 */
	HV_IC_A_FCOPY_PAD,
	HV_IC_A_FCOPY_PHASE,		/* u32, enum hv_ic_fcopy_phase */
	HV_IC_A_FCOPY_NAME,		/* string */
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
	 *	[LAST_REQUEST] [LAST_ERROR]
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
	HV_IC_CMD_FCOPY_NTF,		/* group fcopy: EVENT PHASE NAME SIZE DONE [STATUS] */

	__HV_IC_CMD_MAX,
	HV_IC_CMD_MAX = (__HV_IC_CMD_MAX - 1)
};

#endif
