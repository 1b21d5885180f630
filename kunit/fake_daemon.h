/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A daemon at the other end of a service's link, for services that are a struct
 * hvic_daemon. There are no devices: opening one is owning the link.
 */
#ifndef HVIC_KUNIT_FAKE_DAEMON_H
#define HVIC_KUNIT_FAKE_DAEMON_H

#include "daemon.h"
#include "fake_channel.h"

static inline struct hvic_daemon *daemon_of(struct fake_channel *f)
{
	return f->ch.priv;
}

/* The daemon opens the native device and answers the hello; or opens the older one. */
void daemon_comes(struct fake_channel *f);
void legacy_daemon_comes(struct fake_channel *f);
/* It closes the device, or dies. */
void daemon_goes(struct fake_channel *f);

const struct hvic_link_slot *daemon_reads(struct fake_channel *f, u16 op);
int daemon_answers(struct fake_channel *f, u64 id, int status, const void *payload, size_t len);
void expect_nothing_to_read(struct fake_channel *f);

#endif
