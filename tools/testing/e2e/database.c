// SPDX-License-Identifier: GPL-2.0
/*
 * PostgreSQL in a real Debian under load, and a backup of it: the host keeps the disk as it is
 * between FREEZE and THAW. A guest that starts from that disk has all that was committed before.
 */
#include "debian.h"

#include <stdio.h>

#define EXAMPLES "/usr/share/doc/hv_ic/examples/freeze.d"
#define HOOKS "/etc/hv_ic/freeze.d"
#define LOGS "/var/log/postgresql/*"
#define COMMITTED "/run/committed"	/* not on the disk */
#define SERVER "postgresql@15-main"
#define PSQL "stdbuf -oL setpriv --reuid=postgres --regid=postgres --init-groups psql -XqAt -d postgres "

static void start_server(struct test *t)
{
	test_run(t, 0, "systemctl start " SERVER);
	test_until(t, PSQL "-c 'SELECT 1'");
}

/* Each row is a transaction, and its number is said when it has been committed. */
static void start_writers(struct test *t)
{
	test_run(t, 0, PSQL "-c 'CREATE TABLE numbered (n serial PRIMARY KEY)'");
	test_run(t, 0, PSQL "-c 'CREATE TABLE filler (n int, text text)'");
	test_run(t, 0, "systemd-run -q --unit=writer sh -c \"yes '%s' | %s >%s\"",
		 "INSERT INTO numbered DEFAULT VALUES RETURNING n;", PSQL, COMMITTED);
	test_run(t, 0, "systemd-run -q --unit=filler sh -c \"yes '%s' | %s\"",
		 "INSERT INTO filler SELECT n, repeat(n::text, 50) FROM generate_series(1, 500) n;",
		 PSQL);
	test_until(t, "[ $(wc -l <" COMMITTED ") -ge 20 ]");
}

static int committed(struct test *t)
{
	return atoi(test_run(t, 0, "tail -n 1 " COMMITTED));
}

/* Return: the last number that had been committed then. */
static int back_up(struct test *t)
{
	struct ic *vss = test_ic(t, &ic_vss);
	int before = committed(t), frozen;

	test_note(t, "backup");
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	EXPECT_STR(test_status(t, vss, "holds"), "1");
	frozen = committed(t);
	EXPECT_EQ(hv_checkpoint(t->host), 0);
	EXPECT_EQ(committed(t), frozen);
	EXPECT_RESULT(vss_thaw(vss), 0);
	EXPECT_RESULT(vss_complete(vss), 0);
	EXPECT(frozen >= before);
	test_until(t, "hvic vss | grep -q complete");
	return frozen;
}

static int number(struct test *t, const char *what)
{
	return atoi(test_run(t, 0, PSQL "-c 'SELECT %s'", what));
}

static void backup_under_load(struct test *t)
{
	int frozen, found, last;

	debian_up(t, "hv_ic");
	debian_active(t, &ic_vss, "hvic-vssd");
	test_run(t, 0, "install -D -m 755 " EXAMPLES "/postgresql " HOOKS "/50-postgresql");
	start_server(t);
	start_writers(t);
	frozen = back_up(t);
	/* The writers go on, and then the power fails. */
	test_until(t, "[ $(tail -n 1 " COMMITTED ") -gt %d ]", frozen + 10);
	last = committed(t);
	EXPECT_EQ(hv_apply_checkpoint(t->host), 0);

	test_restart(t);
	debian_up(t, "hv_ic");
	test_note(t, "the disk of the backup");
	start_server(t);
	found = number(t, "max(n) FROM numbered");
	printf("# committed before the freeze: %d; in the backup: %d; committed in all: %d\n",
	       frozen, found, last);
	/* One may have been written and not answered. */
	EXPECT(found == frozen || found == frozen + 1);
	EXPECT_EQ(number(t, "count(*) FROM numbered"), found);
	EXPECT_EQ(number(t, "count(*) % 500 FROM filler"), 0);
	test_run(t, 0, "grep -q 'automatic recovery in progress' " LOGS);
	/* By the hook, just before the freeze. */
	test_run(t, 0, "grep -q 'checkpoint starting: immediate force wait' " LOGS);
	debian_ask(t, &debian_power_off, HV_OFF, "Reached target poweroff.target");
}

const struct test_case database_cases[] = {
	{ .name = "guest_database", .run = backup_under_load, .system = SYSTEM_PACKAGES,
	  .only = ONLY_HV_IC, .ends_guest = true },
	{ 0 }
};
