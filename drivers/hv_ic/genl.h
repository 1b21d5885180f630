/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Generic netlink family "hv_ic": anyone may see what is going on, an
 * administrator may steer.
 */
#ifndef HVIC_GENL_H
#define HVIC_GENL_H

struct hvic_event_ops;
struct hvic_shutdown_handler;

/* Tells the family's listeners; without any it does nothing. */
extern const struct hvic_event_ops hvic_genl_events;

/* Asks the socket that has attached as the handler, if any has. */
extern const struct hvic_shutdown_handler hvic_genl_handler;

int hvic_genl_init(void);
void hvic_genl_exit(void);

#endif
