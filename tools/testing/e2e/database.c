// SPDX-License-Identifier: GPL-2.0
/*
 * A database in a real Debian under load, PostgreSQL or MariaDB, and a backup of it: the host keeps
 * the disk as it is between FREEZE and THAW. A guest that starts from that disk has all that was
 * committed before.
 */
#include "debian.h"

#include <stdio.h>

#define EXAMPLES "/usr/share/doc/hv_ic/examples/freeze.d"
#define HOOKS "/etc/hv_ic/freeze.d"
#define COMMITTED "/run/committed"	/* not on the disk */

#define PSQL "stdbuf -oL setpriv --reuid=postgres --regid=postgres --init-groups psql -XqAt -d postgres"
#define SERIES "generate_series(1, 500) n"
#define POSTGRESQL_LOGS "/var/log/postgresql/*"
#define SEQUENCE "test.seq_1_to_500"
#define MYISAMCHK "myisamchk -s /var/lib/mysql/test/filler"

/**
 * struct database - one of them
 * @program: that is there if the system has it
 * @hook: that we have an example of
 * @server: its unit
 * @client: reads statements from its standard input, or from behind the @option
 * @option: that
 * @kind: of the table that is filled
 * @fill: it, with 500 rows
 * @whole: succeeds if the hook has left the disk in order; before the server starts from it
 * @recovered: succeeds if the server has recovered
 */
static const struct database {
	const char *program;
	const char *hook;
	const char *server;
	const char *client;
	const char *option;
	const char *kind;
	const char *fill;
	const char *whole;
	const char *recovered;
} databases[] = {
	{
		.program = "/usr/lib/postgresql",
		.hook = "postgresql",
		.server = "postgresql@15-main",
		.client = PSQL,
		.option = "-c",
		.kind = "",
		.fill = "INSERT INTO test.filler SELECT n, repeat(n::text, 50) FROM " SERIES ";",
		/* A checkpoint just before the freeze */
		.whole = "grep -q 'checkpoint starting: immediate force wait' " POSTGRESQL_LOGS,
		.recovered = "grep -q 'automatic recovery in progress' " POSTGRESQL_LOGS,
	}, {
		.program = "/usr/sbin/mariadbd",
		.hook = "mariadb",
		.server = "mariadb",
		.client = "mariadb -NB --unbuffered",
		.option = "-e",
		/* Without a log, so that nobody could recover it */
		.kind = "ENGINE=MyISAM",
		.fill = "INSERT INTO test.filler SELECT seq, repeat(seq, 50) FROM " SEQUENCE ";",
		.whole = MYISAMCHK " >/run/said 2>&1 && test ! -s /run/said",
		.recovered = "journalctl -b -u mariadb | grep -qi 'crash recovery'",
	},
};

static const struct database *database_of(struct test *t)
{
	for (size_t i = 0; i < ARRAY_SIZE(databases); i++)
		if (test_has(t, databases[i].program))
			return &databases[i];
	test_skip(t, "the guest has no database");
}

static void start_server(struct test *t, const struct database *db)
{
	test_run(t, 0, "systemctl --no-block start %s", db->server);
	test_until(t, "systemctl -q is-active %s", db->server);
	test_until(t, "%s %s 'SELECT 1'", db->client, db->option);
}

static void ask(struct test *t, const struct database *db, const char *statement, const char *rest)
{
	test_run(t, 0, "%s %s '%s %s'", db->client, db->option, statement, rest);
}

/* Each row is a transaction, and its number is said when it has been committed. */
static void start_writers(struct test *t, const struct database *db)
{
	ask(t, db, "CREATE SCHEMA", "test");
	ask(t, db, "CREATE TABLE test.numbered", "(n serial PRIMARY KEY)");
	ask(t, db, "CREATE TABLE test.filler (n int, words text)", db->kind);
	test_run(t, 0, "systemd-run -q --unit=writer sh -c \"yes '%s' | %s >%s\"",
		 "INSERT INTO test.numbered VALUES (DEFAULT) RETURNING n;", db->client, COMMITTED);
	/* Not more than a slow machine can write while a hook waits for it. */
	test_run(t, 0, "systemd-run -q --unit=fill sh -c \"while sleep 1;do echo '%s'; done | %s\"",
		 db->fill, db->client);
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

static int number(struct test *t, const struct database *db, const char *what)
{
	return atoi(test_run(t, 0, "%s %s 'SELECT %s'", db->client, db->option, what));
}

static void backup_under_load(struct test *t)
{
	const struct database *db;
	int frozen, found, last;

	debian_up(t, "hv_ic");
	debian_active(t, &ic_vss, "hvic-vssd");
	db = database_of(t);
	test_run(t, 0, "install -D -m 755 " EXAMPLES "/%s " HOOKS "/50-%s", db->hook, db->hook);
	/* As long as the host would wait; a statement of the writers takes its time here. */
	test_run(t, 0, "printf '[vss]\\nhook_timeout = 25s\\n' >/etc/hv_ic/hv_ic.conf");
	test_run(t, 0, "systemctl reload hvic-vssd");
	start_server(t, db);
	start_writers(t, db);
	frozen = back_up(t);
	/* The writers go on, and then the power fails. */
	test_until(t, "[ $(tail -n 1 " COMMITTED ") -gt %d ]", frozen + 10);
	last = committed(t);
	EXPECT_EQ(hv_apply_checkpoint(t->host), 0);

	test_restart(t);
	debian_up(t, "hv_ic");
	test_note(t, "the disk of the backup");
	test_run(t, 0, "%s", db->whole);
	start_server(t, db);
	found = number(t, db, "max(n) FROM test.numbered");
	printf("# %s: committed before the freeze: %d; in the backup: %d; committed in all: %d\n",
	       db->hook, frozen, found, last);
	/* One may have been written and not answered. */
	EXPECT(found == frozen || found == frozen + 1);
	EXPECT_EQ(number(t, db, "count(*) FROM test.numbered"), found);
	EXPECT_EQ(number(t, db, "count(*) % 500 FROM test.filler"), 0);
	test_run(t, 0, "%s", db->recovered);
	debian_ask(t, &debian_power_off, HV_OFF, "Reached target poweroff.target");
}

const struct test_case database_cases[] = {
	{ .name = "guest_database", .run = backup_under_load, .system = SYSTEM_PACKAGES,
	  .only = ONLY_HV_IC, .ends_guest = true },
	{ 0 }
};
