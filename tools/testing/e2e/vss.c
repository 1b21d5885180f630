// SPDX-License-Identifier: GPL-2.0
/* Backup: what a checkpoint asks, and what the file systems do meanwhile. */
#include "play.h"

static const struct wire_vss_lun luns[] = {
	{ .bus = WIRE_VSS_LUN_SCSI, .controller = { 1, 2, 3 }, .lun = 1 },
	{ .bus = WIRE_VSS_LUN_IDE, .controller = { 4, 5, 6 }, .target = 1 },
};

static void checkpoint(struct test *t)
{
	struct ic *vss = test_served(t, &ic_vss);
	uint32_t flags;
	int writer;

	play_disk(t);
	EXPECT_RESULT(vss_hot_backup(vss, &flags), 0);
	EXPECT_RESULT(vss_mapped_devices(vss, &flags), 0);
	EXPECT_RESULT(vss_freeze(vss, luns, ARRAY_SIZE(luns)), 0);
	writer = hv_guest_start(t->host, "touch /mnt/written");
	EXPECT(writer > 0);
	EXPECT_RESULT(vss_thaw(vss), 0);
	EXPECT_EQ(hv_guest_finish(t->host, writer, vss->timeout_ms, NULL), 0);
	EXPECT_RESULT(vss_complete(vss), 0);
	EXPECT(test_has(t, "/mnt/written"));
}

static void freeze_holds_writers(struct test *t)
{
	struct ic *vss = test_served(t, &ic_vss);

	play_disk(t);
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	test_run(t, 0, "(touch /mnt/held; echo done > /tmp/writer) >/dev/null 2>&1 &");
	test_run(t, 0, "sleep 2; test ! -e /tmp/writer");
	EXPECT_RESULT(vss_thaw(vss), 0);
	test_until(t, "test -e /tmp/writer");
	test_run(t, 0, "rm /tmp/writer");
}

static void many_checkpoints(struct test *t)
{
	struct ic *vss = test_served(t, &ic_vss);

	play_disk(t);
	for (int i = 0; i < 10; i++) {
		EXPECT_RESULT(vss_freeze(vss, luns, ARRAY_SIZE(luns)), 0);
		EXPECT_RESULT(vss_thaw(vss), 0);
		EXPECT_RESULT(vss_complete(vss), 0);
	}
}

static void hot_backup_flags(struct test *t)
{
	struct ic *vss = test_served(t, &ic_vss);
	uint32_t flags;

	EXPECT_RESULT(vss_hot_backup(vss, &flags), 0);
	EXPECT_EQ(flags, WIRE_VSS_NO_AUTO_RECOVERY);
}

static void unknown_operation(struct test *t)
{
	struct ic *vss = test_served(t, &ic_vss);
	struct ic_request *r = vss_request(vss, 99);
	ic_result result = ic_ask(r);

	ic_request_free(r);
	EXPECT_UNSUPPORTED(result);
}

/* Not offered with 5.0; a guest that is in no cluster must say so all the same. */
static void cluster(struct test *t)
{
	struct ic *vss = test_served(t, &ic_vss);
	uint32_t nodes;

	EXPECT_UNSUPPORTED(vss_cluster(vss, &nodes));
}

/* The operations of the newer versions are answered, with a failure where nothing serves them. */
static void newer_versions(struct test *t)
{
	static const enum wire_vss_op unserved[] = { WIRE_VSS_AUTO_RECOVER, WIRE_VSS_CLUSTER };
	struct ic *vss = test_served(t, &ic_vss);
	uint32_t flags;

	test_touch(t, vss);
	play_disk(t);
	for (unsigned int version = 6; version <= 7; version++) {
		char text[2] = { '0' + version };

		test_note(t, "version %u", version);
		test_parameter(t, "vss_version", text);
		EXPECT_RESULT(ic_negotiate(vss), 0);
		EXPECT_EQ(vss->message.major, version);
		EXPECT_RESULT(vss_hot_backup(vss, &flags), 0);
		EXPECT_RESULT(vss_freeze(vss, luns, ARRAY_SIZE(luns)), 0);
		EXPECT_RESULT(vss_thaw(vss), 0);
		EXPECT_RESULT(vss_complete(vss), 0);
		for (size_t i = 0; i < ARRAY_SIZE(unserved); i++) {
			struct ic_request *r = vss_request(vss, unserved[i]);
			ic_result result = ic_ask(r);

			ic_request_free(r);
			EXPECT_UNSUPPORTED(result);
		}
	}
}

static void no_daemon(struct test *t)
{
	struct ic *vss = test_served(t, &ic_vss);
	uint32_t flags;

	test_stop_daemons(t);
	if (t->peer == HV_IC)
		EXPECT_RESULT(vss_hot_backup(vss, &flags), WIRE_E_NOT_CONNECTED);
	else
		EXPECT_FAILURE(vss_hot_backup(vss, &flags));
	EXPECT_FAILURE(vss_freeze(vss, NULL, 0));
	test_served(t, &ic_vss);
	EXPECT_RESULT(vss_hot_backup(vss, &flags), 0);
}

const struct test_case vss_cases[] = {
	{ .name = "vss_checkpoint", .run = checkpoint },
	{ .name = "vss_freeze_holds_writers", .run = freeze_holds_writers },
	{ .name = "vss_many_checkpoints", .run = many_checkpoints },
	{ .name = "vss_hot_backup_flags", .run = hot_backup_flags,
	  .peer_fails = "it never sets the no-auto-recovery flag",
	  .peer_says = "flags: expected 5, got 0" },
	{ .name = "vss_unknown_operation", .run = unknown_operation,
	  .peer_fails = "it acknowledges what it does not know",
	  .peer_says = "got 0x00000000 success" },
	{ .name = "vss_cluster", .run = cluster,
	  .peer_fails = "it acknowledges what it does not know",
	  .peer_says = "got 0x00000000 success" },
	{ .name = "vss_newer_versions", .run = newer_versions, .only = ONLY_HV_IC },
	{ .name = "vss_no_daemon", .run = no_daemon },
	{ 0 }
};
