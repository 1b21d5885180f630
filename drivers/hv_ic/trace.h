/* SPDX-License-Identifier: GPL-2.0 */
/* Tracepoints hv_ic:*: the life of every message, cheap enough to be always there. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM hv_ic

#if !defined(HVIC_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define HVIC_TRACE_H

#include <linux/tracepoint.h>

#include "compat.h"
#include "proto/negotiate.h"

TRACE_EVENT(negotiate,
	TP_PROTO(const char *device, const struct hvic_versions *chosen, int err),
	TP_ARGS(device, chosen, err),
	TP_STRUCT__entry(
		__string(device, device)
		__field(u16, framework_major)
		__field(u16, framework_minor)
		__field(u16, message_major)
		__field(u16, message_minor)
		__field(int, err)
	),
	TP_fast_assign(
		hvic_assign_str(device, device);
		__entry->framework_major = chosen->framework.major;
		__entry->framework_minor = chosen->framework.minor;
		__entry->message_major = chosen->message.major;
		__entry->message_minor = chosen->message.minor;
		__entry->err = err;
	),
	TP_printk("%s framework=%u.%u message=%u.%u err=%d", __get_str(device),
		  __entry->framework_major, __entry->framework_minor,
		  __entry->message_major, __entry->message_minor, __entry->err)
);

TRACE_EVENT(request,
	TP_PROTO(const char *device, u16 type, size_t len, int err),
	TP_ARGS(device, type, len, err),
	TP_STRUCT__entry(
		__string(device, device)
		__field(u16, type)
		__field(size_t, len)
		__field(int, err)
	),
	TP_fast_assign(
		hvic_assign_str(device, device);
		__entry->type = type;
		__entry->len = len;
		__entry->err = err;
	),
	TP_printk("%s type=%u len=%zu err=%d", __get_str(device),
		  __entry->type, __entry->len, __entry->err)
);

TRACE_EVENT(response,
	TP_PROTO(const char *device, u16 type, size_t len, u32 status),
	TP_ARGS(device, type, len, status),
	TP_STRUCT__entry(
		__string(device, device)
		__field(u16, type)
		__field(size_t, len)
		__field(u32, status)
	),
	TP_fast_assign(
		hvic_assign_str(device, device);
		__entry->type = type;
		__entry->len = len;
		__entry->status = status;
	),
	TP_printk("%s type=%u len=%zu status=0x%08x", __get_str(device),
		  __entry->type, __entry->len, __entry->status)
);

TRACE_EVENT(timeout,
	TP_PROTO(u64 id),
	TP_ARGS(id),
	TP_STRUCT__entry(
		__field(u64, id)
	),
	TP_fast_assign(
		__entry->id = id;
	),
	TP_printk("id=%llu", __entry->id)
);

TRACE_EVENT(state,
	TP_PROTO(const char *device, const char *from, const char *to),
	TP_ARGS(device, from, to),
	TP_STRUCT__entry(
		__string(device, device)
		__string(from, from)
		__string(to, to)
	),
	TP_fast_assign(
		hvic_assign_str(device, device);
		hvic_assign_str(from, from);
		hvic_assign_str(to, to);
	),
	TP_printk("%s %s -> %s", __get_str(device), __get_str(from), __get_str(to))
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace

/* This part must be outside protection */
#include <trace/define_trace.h>
