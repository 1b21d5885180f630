/* SPDX-License-Identifier: GPL-2.0 */
/* What hvic-fcopyd may write to: a drop-in of its unit that hvic owns. */
#ifndef HVIC_GRANT_H
#define HVIC_GRANT_H

#include <stdbool.h>

#include "settings.h"

#define HVIC_GRANT_PARENT	"etc/systemd/system"
#define HVIC_GRANT_FOLDER	"hvic-fcopyd.service.d"
#define HVIC_GRANT_NAME		"50-hv_ic.conf"

int hvic_grant(int root, const struct hvu_settings *settings, bool *changed);

#endif
