// SPDX-License-Identifier: GPL-2.0
/* Which lines of a guest's kernel are reports, and where they are found. */
#include "console.h"

#include "machine.h"
#include "unit.h"

static const struct row {
	const char *line;
	bool report;
} rows[] = {
	{ "[    1.234567] BUG: sleeping function called from invalid context", true },
	{ "[    1.234567] kernel BUG at fs/super.c:1234!", true },
	{ "[    1.234567] WARNING: CPU: 0 PID: 1 at drivers/hv_ic/hold.c:1 f+0x1/0x2", true },
	{ "[    1.234567] Oops: 0000 [#1] PREEMPT SMP", true },
	{ "[    1.234567] Kernel panic - not syncing: Fatal exception", true },
	{ "[    1.234567] general protection fault, probably for non-canonical address", true },
	{ "[    1.234567] BUG: KASAN: slab-use-after-free in f+0x1/0x2", true },
	{ "[    1.234567] UBSAN: array-index-out-of-bounds in f.c:1:2", true },
	{ "[    1.234567] refcount_t: underflow; use-after-free.", true },
	{ "[    1.234567] unchecked MSR access error: WRMSR to 0x1", true },
	{ "[    1.234567] kmemleak: 3 new suspected memory leaks", true },
	{ "[    1.234567] watchdog: BUG: soft lockup - CPU#0 stuck for 22s!", true },
	{ "[    1.234567] NMI watchdog: Watchdog detected hard LOCKUP on cpu 0", true },
	{ "[    1.234567] rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:", true },
	{ "[    1.234567] INFO: task touch:123 blocked for more than 120 seconds.", true },
	{ "[    1.234567] WARNING: possible deadlock in f", true },
	{ "[    1.234567] sysfs: cannot create duplicate filename '/devices/x'", true },
	{ "[    1.234567] INFO: trying to register non-static key.", true },
	{ "[    1.234567] irq 4: nobody cared (try booting with the \"irqpoll\" option)", true },
	{ "[    1.234567] Call Trace:", true },

	{ "[    1.234567] hv_ic: loading out-of-tree module taints kernel.", false },
	{ "[    1.234567] kmemleak: Kernel memory leak detector initialized", false },
	{ "[    1.234567] rcu: Preemptible hierarchical RCU implementation.", false },
	{ "[    1.234567] PCI: Fatal: No config space access function found", false },
	{ "", false },
};

static void print_line(struct hv_host *host, const char *line)
{
	while (*line)
		hv_console_byte(host, *line++);
	hv_console_byte(host, '\n');
}

int main(void)
{
	struct hv_host *host = hv_create(&(struct hv_config) {});
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		print_line(host, rows[i].line);
		unit_check(hv_report(host, i) == (rows[i].report ? i + 1 : 0), "%s",
			   rows[i].line);
		n += rows[i].report;
	}
	unit_check(n > 10 && hv_report(host, 0) == 1, "the first one is found first");
	unit_check(hv_console_lines(host) == ARRAY_SIZE(rows), "all lines are kept");
	hv_destroy(host);
	return unit_done();
}
