/* SPDX-License-Identifier: GPL-2.0 */
/* The integration components that there are. */
#ifndef HVHOST_SERVICES_H
#define HVHOST_SERVICES_H

#include "ic_fcopy.h"
#include "ic_heartbeat.h"
#include "ic_kvp.h"
#include "ic_shutdown.h"
#include "ic_timesync.h"
#include "ic_vss.h"

#define IC_COUNT 6

/* All of them, ended by NULL. */
extern const struct ic_service *const ic_services[IC_COUNT + 1];

#endif
