// SPDX-License-Identifier: GPL-2.0
/* The system bus, which may hang. */
#include "sysbus.h"

#include <errno.h>
#include <systemd/sd-bus.h>

#include "clock.h"

/* Until the bus has let us in. The time of a call begins after that, and a bus may hang. */
static int wait_until_ready(sd_bus *bus, uint64_t timeout_us)
{
	int64_t end_us = hvu_now_us() + timeout_us;
	int ret = sd_bus_is_ready(bus);

	while (!ret) {
		int64_t left_us = end_us - hvu_now_us();

		if (left_us <= 0)
			return -ETIMEDOUT;
		ret = sd_bus_process(bus, NULL);
		if (!ret)
			ret = sd_bus_wait(bus, left_us);
		if (ret >= 0)
			ret = sd_bus_is_ready(bus);
	}
	return ret < 0 ? ret : 0;
}

/**
 * hvu_bus_open() - connect to the system bus
 * @bus: gets the connection, NULL on failure
 * @timeout_us: for that, and for each call
 *
 * Return: 0 or a negative errno.
 */
int hvu_bus_open(sd_bus **bus, uint64_t timeout_us)
{
	int ret;

	*bus = NULL;
	ret = sd_bus_open_system(bus);
	if (ret < 0)
		return ret;
	sd_bus_set_method_call_timeout(*bus, timeout_us);
	ret = wait_until_ready(*bus, timeout_us);
	if (ret < 0)
		*bus = sd_bus_close_unref(*bus);
	return ret;
}
