// SPDX-License-Identifier: GPL-2.0
#include "services.h"

const struct ic_service *const ic_services[] = {
	&ic_heartbeat, &ic_shutdown, &ic_timesync, &ic_kvp, &ic_vss, &ic_fcopy, NULL,
};
