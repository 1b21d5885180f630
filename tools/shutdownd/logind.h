/* SPDX-License-Identifier: GPL-2.0 */
/* What we want of systemd-logind, by D-Bus. */
#ifndef HVIC_LOGIND_H
#define HVIC_LOGIND_H

#include <stddef.h>
#include <stdint.h>

#include <linux/hv_ic.h>
#include <systemd/sd-bus.h>

int hvic_logind_inhibited(sd_bus *bus, enum hv_ic_action action, char *who, size_t size);
int hvic_logind_can(sd_bus *bus, enum hv_ic_action action);
int hvic_logind_act(sd_bus *bus, enum hv_ic_action action, const char *text);
int hvic_logind_ttys(sd_bus *bus, char ***ttys);

#endif
