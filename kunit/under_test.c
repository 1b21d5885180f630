// SPDX-License-Identifier: GPL-2.0
/*
 * The code under test, compiled into the test module: hv_ic itself loads only
 * where there is a VMBus, and exports nothing.
 */
#include <linux/module.h>

#include "proto/heartbeat.c"
#include "proto/msg.c"
#include "proto/negotiate.c"
#include "proto/shutdown.c"
#include "proto/timesync.c"
#include "proto/utf16.c"

MODULE_DESCRIPTION("Tests of the Hyper-V integration components");
MODULE_LICENSE("GPL");
