/* SPDX-License-Identifier: GPL-2.0 */
/* The listener to what the driver tells: the suite that runs puts its functions in. */
#ifndef HVIC_KUNIT_FAKE_EVENT_H
#define HVIC_KUNIT_FAKE_EVENT_H

#include "event.h"

extern struct hvic_event_ops fake_listener;

void fake_listener_reset(void);

#endif
