// SPDX-License-Identifier: GPL-2.0
/* The messages of the family as data, and one reader for all of them. */
#include "schema.h"

#include <linux/genetlink.h>
#include <linux/hv_ic.h>
#include <stdio.h>
#include <string.h>

#include "array.h"

/* --- Words, by number; ended by NULL. ------------------------------------- */

static const char *const service_words[] = {
	[HV_IC_SERVICE_HEARTBEAT]	= "heartbeat",
	[HV_IC_SERVICE_KVP]		= "kvp",
	[HV_IC_SERVICE_SHUTDOWN]	= "shutdown",
	[HV_IC_SERVICE_TIMESYNC]	= "timesync",
	[HV_IC_SERVICE_VSS]		= "vss",
	[HV_IC_SERVICE_FCOPY]		= "fcopy",
	NULL
};

static const char *const state_words[] = {
	[HV_IC_STATE_ABSENT]		= "absent",
	[HV_IC_STATE_DISABLED]		= "disabled",
	[HV_IC_STATE_CLOSED]		= "closed",
	[HV_IC_STATE_NEGOTIATING]	= "negotiating",
	[HV_IC_STATE_READY]		= "ready",
	[HV_IC_STATE_REFUSED]		= "refused",
	NULL
};

static const char *const abi_words[] = {
	[HV_IC_ABI_NATIVE]		= "native",
	[HV_IC_ABI_LEGACY]		= "legacy",
	NULL
};

const char *const hvu_time_mode_words[] = {
	[HV_IC_TIME_MODE_OFF]		= "off",
	[HV_IC_TIME_MODE_PTP]		= "ptp",
	[HV_IC_TIME_MODE_SYNC]		= "sync",
	[HV_IC_TIME_MODE_IMPLICIT]	= "implicit",
	NULL
};

static const char *const clock_state_words[] = {
	[HV_IC_CLOCK_STATE_UNKNOWN]	= "unknown",
	[HV_IC_CLOCK_STATE_VALID]	= "valid",
	[HV_IC_CLOCK_STATE_STALE]	= "stale",
	NULL
};

static const char *const step_cause_words[] = {
	[HV_IC_STEP_CAUSE_SYNC]		= "sync",
	[HV_IC_STEP_CAUSE_IMPLICIT]	= "implicit",
	NULL
};

const char *const hvu_health_words[] = {
	[HV_IC_HEALTH_UNKNOWN]		= "unknown",
	[HV_IC_HEALTH_HEALTHY]		= "healthy",
	[HV_IC_HEALTH_CRITICAL]		= "critical",
	[HV_IC_HEALTH_STOPPED]		= "stopped",
	NULL
};

static const char *const health_cause_words[] = {
	[HV_IC_HEALTH_CAUSE_SET]	= "set",
	[HV_IC_HEALTH_CAUSE_CLEARED]	= "cleared",
	[HV_IC_HEALTH_CAUSE_EXPIRED]	= "expired",
	[HV_IC_HEALTH_CAUSE_STOPPED]	= "stopped",
	NULL
};

const char *const hvu_action_words[] = {
	[HV_IC_ACTION_POWEROFF]		= "poweroff",
	[HV_IC_ACTION_REBOOT]		= "reboot",
	[HV_IC_ACTION_HIBERNATE]	= "hibernate",
	NULL
};

const char *const hvu_policy_words[] = {
	[HV_IC_POLICY_ALLOW]		= "allow",
	[HV_IC_POLICY_DENY]		= "deny",
	[HV_IC_POLICY_NOTIFY]		= "notify",
	NULL
};

static const char *const phase_words[] = {
	[HV_IC_PHASE_ASKING]		= "asking",
	[HV_IC_PHASE_GRANTED]		= "granted",
	[HV_IC_PHASE_ACTING]		= "acting",
	[HV_IC_PHASE_HANDED]		= "handed",
	[HV_IC_PHASE_DONE]		= "done",
	[HV_IC_PHASE_REFUSED]		= "refused",
	[HV_IC_PHASE_CANCELLED]		= "cancelled",
	[HV_IC_PHASE_VOID]		= "void",
	[HV_IC_PHASE_FAILED]		= "failed",
	NULL
};

static const char *const decision_words[] = {
	[HV_IC_DECISION_ACCEPTED]	= "accepted",
	[HV_IC_DECISION_LOCKED]		= "locked",
	[HV_IC_DECISION_UNSUPPORTED]	= "unsupported",
	[HV_IC_DECISION_DONE]		= "done",
	[HV_IC_DECISION_FAILED]		= "failed",
	NULL
};

static const char *const vss_phase_words[] = {
	[HV_IC_VSS_PHASE_FREEZING]	= "freezing",
	[HV_IC_VSS_PHASE_FROZEN]	= "frozen",
	[HV_IC_VSS_PHASE_THAWING]	= "thawing",
	[HV_IC_VSS_PHASE_THAWED]	= "thawed",
	[HV_IC_VSS_PHASE_FAILED]	= "failed",
	[HV_IC_VSS_PHASE_OVERDUE]	= "overdue",
	[HV_IC_VSS_PHASE_COMPLETE]	= "complete",
	NULL
};

static const char *const fcopy_phase_words[] = {
	[HV_IC_FCOPY_PHASE_STARTED]	= "started",
	[HV_IC_FCOPY_PHASE_PROGRESS]	= "progress",
	[HV_IC_FCOPY_PHASE_COMPLETE]	= "complete",
	[HV_IC_FCOPY_PHASE_FAILED]	= "failed",
	[HV_IC_FCOPY_PHASE_CANCELLED]	= "cancelled",
	NULL
};

/* --- Sets. ---------------------------------------------------------------- */

#define FLAG(n)		{ .name = (n), .kind = HVU_ATTR_FLAG }
#define BOOL(n)		{ .name = (n), .kind = HVU_ATTR_BOOL }
#define U32(n)		{ .name = (n), .kind = HVU_ATTR_U32 }
#define U32_OF(n, u)	{ .name = (n), .kind = HVU_ATTR_U32, .unit = (u) }
#define S32(n)		{ .name = (n), .kind = HVU_ATTR_S32 }
#define U64(n)		{ .name = (n), .kind = HVU_ATTR_U64 }
#define U64_OF(n, u)	{ .name = (n), .kind = HVU_ATTR_U64, .unit = (u) }
#define S64_OF(n, u)	{ .name = (n), .kind = HVU_ATTR_S64, .unit = (u) }
#define HEX(n)		{ .name = (n), .kind = HVU_ATTR_HEX }
#define STRING(n)	{ .name = (n), .kind = HVU_ATTR_STRING }
#define WORD(n, w)	{ .name = (n), .kind = HVU_ATTR_WORD, .words = (w), \
			  .n_words = ARRAY_SIZE(w) - 1 }
#define VERSION(n)	{ .name = (n), .kind = HVU_ATTR_VERSION, .set = &set_version }
#define VERSIONS(n)	{ .name = (n), .kind = HVU_ATTR_VERSION, .set = &set_version, \
			  .multi = true }
#define NEST(n, s)	{ .name = (n), .kind = HVU_ATTR_NEST, .set = &(s) }
#define NESTS(n, s)	{ .name = (n), .kind = HVU_ATTR_NEST, .set = &(s), .multi = true }

#define SET(n, a)	{ .name = (n), .attrs = (a), .n_attrs = ARRAY_SIZE(a) }

static const struct hvu_attr version_attrs[] = {
	[HV_IC_A_VERSION_MAJOR]		= U32("major"),
	[HV_IC_A_VERSION_MINOR]		= U32("minor"),
};

static const struct hvu_set set_version = SET("version", version_attrs);

static const struct hvu_attr counters_attrs[] = {
	[HV_IC_A_COUNTERS_IN]		= U64("in"),
	[HV_IC_A_COUNTERS_OUT]		= U64("out"),
	[HV_IC_A_COUNTERS_NEGOTIATIONS]	= U64("negotiations"),
	[HV_IC_A_COUNTERS_BAD_LENGTH]	= U64("bad-length"),
	[HV_IC_A_COUNTERS_BAD_TYPE]	= U64("bad-type"),
	[HV_IC_A_COUNTERS_REFUSED]	= U64("refused"),
	[HV_IC_A_COUNTERS_TIMEOUTS]	= U64("timeouts"),
	[HV_IC_A_COUNTERS_LATE_REPLIES]	= U64("late-replies"),
	[HV_IC_A_COUNTERS_RING_FULL]	= U64("ring-full"),
};

static const struct hvu_set set_counters = SET("counters", counters_attrs);

static const struct hvu_attr outcome_attrs[] = {
	[HV_IC_A_OUTCOME_AGE]		= U64_OF("age", "ms"),
	[HV_IC_A_OUTCOME_OPERATION]	= STRING("operation"),
	[HV_IC_A_OUTCOME_STATUS]	= HEX("status"),
	[HV_IC_A_OUTCOME_ERRNO]		= S32("errno"),
	[HV_IC_A_OUTCOME_TEXT]		= STRING("text"),
};

static const struct hvu_set set_outcome = SET("outcome", outcome_attrs);

static const struct hvu_attr holds_attrs[] = {
	[HV_IC_A_HOLDS_COUNT]		= U32("count"),
	[HV_IC_A_HOLDS_AGE]		= U64_OF("age", "ms"),
};

static const struct hvu_set set_holds = SET("holds", holds_attrs);

static const struct hvu_attr owner_attrs[] = {
	[HV_IC_A_OWNER_PID]		= U32("pid"),
	[HV_IC_A_OWNER_ABI]		= WORD("abi", abi_words),
};

static const struct hvu_set set_owner = SET("owner", owner_attrs);

static const struct hvu_attr service_attrs[] = {
	[HV_IC_A_SERVICE_EVENT]		= U64("event"),
	[HV_IC_A_SERVICE_ID]		= WORD("id", service_words),
	[HV_IC_A_SERVICE_NAME]		= STRING("name"),
	[HV_IC_A_SERVICE_CLASS]		= STRING("class"),
	[HV_IC_A_SERVICE_INSTANCE]	= STRING("instance"),
	[HV_IC_A_SERVICE_CHANNEL]	= U32("channel"),
	[HV_IC_A_SERVICE_STATE]		= WORD("state", state_words),
	[HV_IC_A_SERVICE_ENABLED]	= BOOL("enabled"),
	[HV_IC_A_SERVICE_FRAMEWORK]	= VERSION("framework"),
	[HV_IC_A_SERVICE_MESSAGE]	= VERSION("message"),
	[HV_IC_A_SERVICE_SUPPORTED]	= VERSIONS("supported"),
	[HV_IC_A_SERVICE_OFFERED]	= VERSIONS("offered"),
	[HV_IC_A_SERVICE_OWNER]		= NEST("owner", set_owner),
	[HV_IC_A_SERVICE_NEEDS_OWNER]	= FLAG("needs-owner"),
	[HV_IC_A_SERVICE_COUNTERS]	= NEST("counters", set_counters),
	[HV_IC_A_SERVICE_LAST_REQUEST]	= NEST("last-request", set_outcome),
	[HV_IC_A_SERVICE_LAST_ERROR]	= NEST("last-error", set_outcome),
	[HV_IC_A_SERVICE_IN_SESSION]	= FLAG("in-session"),
	[HV_IC_A_SERVICE_HOLDS]		= NEST("holds", set_holds),
};

const struct hvu_set hvu_set_service = SET("service", service_attrs);

static const struct hvu_attr time_point_attrs[] = {
	[HV_IC_A_TIME_POINT_AGE]	= U64_OF("age", "ms"),
	[HV_IC_A_TIME_POINT_OFFSET]	= S64_OF("offset", "ns"),
};

static const struct hvu_set set_time_point = SET("time-point", time_point_attrs);

static const struct hvu_attr time_attrs[] = {
	[HV_IC_A_TIME_EVENT]		= U64("event"),
	[HV_IC_A_TIME_MODE]		= WORD("mode", hvu_time_mode_words),
	[HV_IC_A_TIME_MAX_STEP]		= U32_OF("max-step", "s"),
	[HV_IC_A_TIME_BACKWARD]		= BOOL("backward"),
	[HV_IC_A_TIME_IMPLICIT_GAP]	= U32_OF("implicit-gap", "ms"),
	[HV_IC_A_TIME_TRUSTED]		= BOOL("trusted"),
	[HV_IC_A_TIME_STATE]		= WORD("state", clock_state_words),
	[HV_IC_A_TIME_PTP]		= U32("ptp"),
	[HV_IC_A_TIME_OFFSET]		= S64_OF("offset", "ns"),
	[HV_IC_A_TIME_NOISE]		= U64_OF("noise", "ns"),
	[HV_IC_A_TIME_SAMPLES]		= U64("samples"),
	[HV_IC_A_TIME_STEPS]		= U64("steps"),
	[HV_IC_A_TIME_REFUSED_STEPS]	= U64("refused-steps"),
	[HV_IC_A_TIME_LAST_STEP]	= NEST("last-step", set_time_point),
	[HV_IC_A_TIME_LEAP]		= U32("leap"),
	[HV_IC_A_TIME_STRATUM]		= U32("stratum"),
	[HV_IC_A_TIME_HISTORY]		= NESTS("history", set_time_point),
	[HV_IC_A_TIME_CAUSE]		= WORD("cause", step_cause_words),
	[HV_IC_A_TIME_REFUSED]		= FLAG("refused"),
};

const struct hvu_set hvu_set_time = SET("time", time_attrs);

static const struct hvu_attr health_attrs[] = {
	[HV_IC_A_HEALTH_EVENT]		= U64("event"),
	[HV_IC_A_HEALTH_NAME]		= STRING("name"),
	[HV_IC_A_HEALTH_STATE]		= WORD("state", hvu_health_words),
	[HV_IC_A_HEALTH_TTL]		= U32_OF("ttl", "ms"),
	[HV_IC_A_HEALTH_REMAINING]	= U32_OF("remaining", "ms"),
	[HV_IC_A_HEALTH_COMBINED]	= WORD("combined", hvu_health_words),
	[HV_IC_A_HEALTH_REPORTERS]	= U32("reporters"),
	[HV_IC_A_HEALTH_CAUSE]		= WORD("cause", health_cause_words),
};

const struct hvu_set hvu_set_health = SET("health", health_attrs);

static const struct hvu_attr request_attrs[] = {
	[HV_IC_A_REQUEST_EVENT]		= U64("event"),
	[HV_IC_A_REQUEST_ID]		= U64("id"),
	[HV_IC_A_REQUEST_ACTION]	= WORD("action", hvu_action_words),
	[HV_IC_A_REQUEST_PHASE]		= WORD("phase", phase_words),
	[HV_IC_A_REQUEST_FORCE]		= FLAG("force"),
	[HV_IC_A_REQUEST_REASON]	= HEX("reason"),
	[HV_IC_A_REQUEST_TIMEOUT]	= U32_OF("timeout", "s"),
	[HV_IC_A_REQUEST_TEXT]		= STRING("text"),
	[HV_IC_A_REQUEST_AGE]		= U64_OF("age", "ms"),
	[HV_IC_A_REQUEST_REMAINING]	= U32_OF("remaining", "ms"),
	[HV_IC_A_REQUEST_STATUS]	= HEX("status"),
	[HV_IC_A_REQUEST_DECISION]	= WORD("decision", decision_words),
};

const struct hvu_set hvu_set_request = SET("request", request_attrs);

static const struct hvu_attr handler_attrs[] = {
	[HV_IC_A_HANDLER_PID]		= U32("pid"),
};

static const struct hvu_set set_handler = SET("handler", handler_attrs);

static const struct hvu_attr shutdown_attrs[] = {
	[HV_IC_A_SHUTDOWN_POWEROFF]	= WORD("poweroff", hvu_policy_words),
	[HV_IC_A_SHUTDOWN_REBOOT]	= WORD("reboot", hvu_policy_words),
	[HV_IC_A_SHUTDOWN_HIBERNATE]	= WORD("hibernate", hvu_policy_words),
	[HV_IC_A_SHUTDOWN_GRACE]	= U32_OF("grace", "s"),
	[HV_IC_A_SHUTDOWN_HANDLER]	= NEST("handler", set_handler),
	[HV_IC_A_SHUTDOWN_PENDING]	= NEST("pending", hvu_set_request),
	[HV_IC_A_SHUTDOWN_LAST]		= NEST("last", hvu_set_request),
};

const struct hvu_set hvu_set_shutdown = SET("shutdown", shutdown_attrs);

static const struct hvu_attr vss_attrs[] = {
	[HV_IC_A_VSS_EVENT]		= U64("event"),
	[HV_IC_A_VSS_PHASE]		= WORD("phase", vss_phase_words),
	[HV_IC_A_VSS_DURATION]		= U64_OF("duration", "ms"),
	[HV_IC_A_VSS_STATUS]		= HEX("status"),
	[HV_IC_A_VSS_HOLDER]		= U32("holder"),
	[HV_IC_A_VSS_DEVICE]		= STRING("device"),
};

const struct hvu_set hvu_set_vss = SET("vss", vss_attrs);

static const struct hvu_attr fcopy_attrs[] = {
	[HV_IC_A_FCOPY_EVENT]		= U64("event"),
	[HV_IC_A_FCOPY_PHASE]		= WORD("phase", fcopy_phase_words),
	[HV_IC_A_FCOPY_SIZE]		= U64_OF("size", "bytes"),
	[HV_IC_A_FCOPY_DONE]		= U64_OF("done", "bytes"),
	[HV_IC_A_FCOPY_STATUS]		= HEX("status"),
};

const struct hvu_set hvu_set_fcopy = SET("fcopy", fcopy_attrs);

const struct hvu_set *const hvu_sets[] = {
	&set_version, &set_counters, &set_outcome, &set_holds, &set_owner, &hvu_set_service,
	&set_time_point, &hvu_set_time, &hvu_set_health, &hvu_set_request, &set_handler,
	&hvu_set_shutdown, &hvu_set_vss, &hvu_set_fcopy, NULL
};

/* --- Notifications. ------------------------------------------------------- */

const char *const hvu_groups[] = {
	HV_IC_MCGRP_STATE, HV_IC_MCGRP_REQUEST, HV_IC_MCGRP_TIME, HV_IC_MCGRP_HEALTH,
	HV_IC_MCGRP_VSS, HV_IC_MCGRP_FCOPY, NULL
};

static const struct hvu_event events[] = {
	[HV_IC_CMD_SERVICE_NTF]		= { HV_IC_MCGRP_STATE, "service", &hvu_set_service },
	[HV_IC_CMD_TIME_SAMPLE_NTF]	= { HV_IC_MCGRP_TIME, "sample", &hvu_set_time },
	[HV_IC_CMD_TIME_STEP_NTF]	= { HV_IC_MCGRP_TIME, "step", &hvu_set_time },
	[HV_IC_CMD_HEALTH_NTF]		= { HV_IC_MCGRP_HEALTH, "health", &hvu_set_health },
	[HV_IC_CMD_SHUTDOWN_NTF]	= { HV_IC_MCGRP_REQUEST, "request", &hvu_set_request },
	[HV_IC_CMD_HANDLER_ASK_NTF]	= { NULL, "ask", &hvu_set_request },
	[HV_IC_CMD_HANDLER_ACT_NTF]	= { NULL, "act", &hvu_set_request },
	[HV_IC_CMD_VSS_NTF]		= { HV_IC_MCGRP_VSS, "vss", &hvu_set_vss },
	[HV_IC_CMD_FCOPY_NTF]		= { HV_IC_MCGRP_FCOPY, "fcopy", &hvu_set_fcopy },
	[HV_IC_CMD_VSS_HOLD_NTF]	= { HV_IC_MCGRP_VSS, "hold", &hvu_set_vss },
};

/** hvu_event_find() - what kind of notification a message is; NULL if we know none such */
const struct hvu_event *hvu_event_find(const struct nlmsghdr *message)
{
	const struct genlmsghdr *header = mnl_nlmsg_get_payload(message);

	if (mnl_nlmsg_get_payload_len(message) < sizeof(*header) ||
	    header->cmd >= ARRAY_SIZE(events) || !events[header->cmd].set)
		return NULL;
	return &events[header->cmd];
}

/* --- Decoding. ------------------------------------------------------------ */

struct decoder {
	const struct hvu_set *set;
	json_object *object;
};

static int take_attr(const struct nlattr *nlattr, void *data);

static json_object *decode_nest(const struct nlattr *nlattr, const struct hvu_set *set)
{
	struct decoder decoder = { .set = set, .object = json_object_new_object() };

	mnl_attr_parse_nested(nlattr, take_attr, &decoder);
	return decoder.object;
}

static json_object *decode_version(const struct nlattr *nlattr, const struct hvu_set *set)
{
	json_object *parts = decode_nest(nlattr, set);
	char text[32];

	snprintf(text, sizeof(text), "%lld.%lld", (long long)hvu_json_number(parts, "major"),
		 (long long)hvu_json_number(parts, "minor"));
	json_object_put(parts);
	return json_object_new_string(text);
}

static json_object *decode_word(const struct hvu_attr *attr, uint32_t number)
{
	char text[16];

	if (number < attr->n_words && attr->words[number])
		return json_object_new_string(attr->words[number]);
	/* Of a newer kernel. */
	snprintf(text, sizeof(text), "%u", number);
	return json_object_new_string(text);
}

static json_object *decode_hex(uint32_t number)
{
	char text[16];

	snprintf(text, sizeof(text), "0x%08x", number);
	return json_object_new_string(text);
}

static const enum mnl_attr_data_type data_types[] = {
	[HVU_ATTR_FLAG]	= MNL_TYPE_FLAG,
	[HVU_ATTR_BOOL]	= MNL_TYPE_U8,
	[HVU_ATTR_U32]		= MNL_TYPE_U32,
	[HVU_ATTR_S32]		= MNL_TYPE_U32,
	[HVU_ATTR_U64]		= MNL_TYPE_U64,
	[HVU_ATTR_S64]		= MNL_TYPE_U64,
	[HVU_ATTR_HEX]		= MNL_TYPE_U32,
	[HVU_ATTR_WORD]	= MNL_TYPE_U32,
	[HVU_ATTR_STRING]	= MNL_TYPE_NUL_STRING,
	[HVU_ATTR_VERSION]	= MNL_TYPE_NESTED,
	[HVU_ATTR_NEST]	= MNL_TYPE_NESTED,
};

static json_object *decode_attr(const struct nlattr *nlattr, const struct hvu_attr *attr)
{
	switch (attr->kind) {
	case HVU_ATTR_FLAG:
		return json_object_new_boolean(1);
	case HVU_ATTR_BOOL:
		return json_object_new_boolean(mnl_attr_get_u8(nlattr));
	case HVU_ATTR_U32:
		return json_object_new_int64(mnl_attr_get_u32(nlattr));
	case HVU_ATTR_S32:
		return json_object_new_int64((int32_t)mnl_attr_get_u32(nlattr));
	case HVU_ATTR_U64:
		return json_object_new_uint64(mnl_attr_get_u64(nlattr));
	case HVU_ATTR_S64:
		return json_object_new_int64(mnl_attr_get_u64(nlattr));
	case HVU_ATTR_HEX:
		return decode_hex(mnl_attr_get_u32(nlattr));
	case HVU_ATTR_WORD:
		return decode_word(attr, mnl_attr_get_u32(nlattr));
	case HVU_ATTR_STRING:
		return json_object_new_string(mnl_attr_get_str(nlattr));
	case HVU_ATTR_VERSION:
		return decode_version(nlattr, attr->set);
	case HVU_ATTR_NEST:
		return decode_nest(nlattr, attr->set);
	case HVU_ATTR_UNUSED:
		break;
	}
	return NULL;
}

/* "max-step", in s, is "max_step_s". */
static void json_key(const struct hvu_attr *attr, char *key, size_t size)
{
	snprintf(key, size, "%s%s%s", attr->name, attr->unit ? "_" : "",
		 attr->unit ? attr->unit : "");
	for (; *key; key++)
		*key = *key == '-' ? '_' : *key;
}

static int take_attr(const struct nlattr *nlattr, void *data)
{
	const struct decoder *decoder = data;
	unsigned int type = mnl_attr_get_type(nlattr);
	const struct hvu_attr *attr;
	json_object *array;
	char key[64];

	/* Of a newer kernel, or padding. */
	if (type >= decoder->set->n_attrs || !decoder->set->attrs[type].name)
		return MNL_CB_OK;
	attr = &decoder->set->attrs[type];
	if (mnl_attr_validate(nlattr, data_types[attr->kind]) < 0)
		return MNL_CB_OK;

	json_key(attr, key, sizeof(key));
	if (!attr->multi) {
		json_object_object_add(decoder->object, key, decode_attr(nlattr, attr));
		return MNL_CB_OK;
	}
	if (!json_object_object_get_ex(decoder->object, key, &array)) {
		array = json_object_new_array();
		json_object_object_add(decoder->object, key, array);
	}
	json_object_array_add(array, decode_attr(nlattr, attr));
	return MNL_CB_OK;
}

/**
 * hvu_decode() - the attributes of a message
 * @message: from the kernel
 * @set: what it holds
 *
 * Return: an object, for json_object_put(); what is malformed or unknown is not in it.
 */
json_object *hvu_decode(const struct nlmsghdr *message, const struct hvu_set *set)
{
	struct decoder decoder = { .set = set, .object = json_object_new_object() };

	mnl_attr_parse(message, sizeof(struct genlmsghdr), take_attr, &decoder);
	return decoder.object;
}

/* --- Reading what was decoded. -------------------------------------------- */

/** hvu_json_string() - a member that is a string; "" if there is none, or only null */
const char *hvu_json_string(json_object *object, const char *key)
{
	json_object *member;
	const char *text = json_object_object_get_ex(object, key, &member) ?
		json_object_get_string(member) : NULL;

	return text ? text : "";
}

/** hvu_json_number() - a member that is a number; 0 if there is none */
int64_t hvu_json_number(json_object *object, const char *key)
{
	json_object *member;

	return json_object_object_get_ex(object, key, &member) ?
		json_object_get_int64(member) : 0;
}

/** hvu_json_true() - is there a member, and is it true? */
bool hvu_json_true(json_object *object, const char *key)
{
	json_object *member;

	return json_object_object_get_ex(object, key, &member) &&
		json_object_get_boolean(member);
}

/** hvu_json_each() - call a function for each member, in order */
void hvu_json_each(json_object *object,
		   void (*each)(void *data, const char *key, json_object *value), void *data)
{
	struct json_object_iterator at = json_object_iter_begin(object);
	struct json_object_iterator end = json_object_iter_end(object);

	for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at))
		each(data, json_object_iter_peek_name(&at), json_object_iter_peek_value(&at));
}

static void merge_member(void *into, const char *key, json_object *value)
{
	json_object_object_add(into, key, json_object_get(value));
}

/** hvu_json_merge() - add the members of an object to another, and free the first */
void hvu_json_merge(json_object *into, json_object *object)
{
	hvu_json_each(object, merge_member, into);
	json_object_put(object);
}
