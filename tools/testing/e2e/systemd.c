// SPDX-License-Identifier: GPL-2.0
/* A guest in which systemd takes over from init. */
#include "systemd.h"

void systemd_mask(struct test *t, const char *units)
{
	test_run(t, 0, "for i in %s; do ln -sf /dev/null /etc/systemd/system/$i.service; done",
		 units);
}

void systemd_boot(struct test *t, const char *masked)
{
	test_need(t, "/lib/systemd/systemd");
	test_need(t, "/lib/systemd/systemd-udevd");
	test_talkative(t);
	systemd_mask(t, masked);
	test_run(t, 0, "kill -USR1 1");
	test_until(t, "systemctl -q is-active basic.target");
	test_run(t, 0, "systemctl start systemd-udevd systemd-udev-trigger");
}

void systemd_poweroff(struct test *t)
{
	test_run(t, 0, "systemctl --no-block poweroff");
	EXPECT_EQ(hv_wait_state(t->host, HV_OFF, 120000), 0);
}
