// SPDX-License-Identifier: GPL-2.0
/*
 * The code under test, compiled into the test module, since hv_ic loads only on
 * Hyper-V and exports no symbol.
 */
/* First, for it has a pr_fmt() of its own. */
#include "choice.c"

#include <linux/module.h>

#include "channel.c"
#include "clock_filter.c"
#include "daemon.c"
#include "link.c"
#include "request.c"

#include "proto/adapter.c"
#include "proto/fcopy.c"
#include "proto/heartbeat.c"
#include "proto/ip.c"
#include "proto/kvp.c"
#include "proto/legacy_fcopy.c"
#include "proto/legacy_kvp.c"
#include "proto/legacy_vss.c"
#include "proto/msg.c"
#include "proto/negotiate.c"
#include "proto/shutdown.c"
#include "proto/timesync.c"
#include "proto/utf16.c"
#include "proto/vss.c"

#define CREATE_TRACE_POINTS
#include "trace.h"

MODULE_DESCRIPTION("Tests of the Hyper-V integration components");
MODULE_LICENSE("GPL");
