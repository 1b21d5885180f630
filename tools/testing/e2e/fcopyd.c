// SPDX-License-Identifier: GPL-2.0
/* hvic-fcopyd in the guest: what it copies, what it refuses, and that nothing is left of a part. */
#include "checksum.h"
#include "play.h"
#include "systemd.h"
#include "usage.h"

#include <stdio.h>

#define PLACE "/srv/in"
#define BLOCK WIRE_FCOPY_FRAGMENT
#define CONFIGURATION "/etc/hv_ic/hv_ic.conf"

static void stop_daemon(struct test *t, void *context)
{
	test_run(t, 0, "procs -TERM -w hvic-fcopyd");
	test_run(t, 0, "rm -rf " PLACE " /srv/out /etc/hv_ic");
}

static void run_daemon(struct test *t)
{
	test_run(t, 0, "hvic-fcopyd >>/tmp/fcopyd 2>&1 &");
	test_until(t, "hvic status fcopy --json=short | grep -q '\"abi\":\"native\"'");
}

static struct ic *start_with(struct test *t, const char *settings)
{
	struct ic *fc;

	test_need(t, "/usr/sbin/hvic-fcopyd");
	fc = play_alone(t, &ic_fcopy);
	test_defer(t, stop_daemon, NULL);
	test_run(t, 0, "rm -rf /tmp/fcopyd " PLACE);
	test_run(t, 0, "mkdir -p " PLACE " /srv/out /var/lib /etc/hv_ic");
	test_run(t, 0, "printf '%s' >/etc/hv_ic/hv_ic.conf", settings);
	run_daemon(t);
	return fc;
}

static struct ic *start(struct test *t)
{
	return start_with(t, "[fcopy in]\\ndirectory = " PLACE "\\noverwrite = yes\\n"
			  "min_free = 0\\n");
}

static void expect_nothing(struct test *t)
{
	EXPECT_STR(test_run(t, 0, "ls -A " PLACE), "");
}

static void expect_copies(struct test *t, struct ic *fc)
{
	struct fcopy_source source = fcopy_memory("content\n", 8);

	EXPECT_RESULT(fcopy_copy(fc, &source, PLACE, "next", 0), 0);
	EXPECT_STR(test_run(t, 0, "cat " PLACE "/next; rm " PLACE "/next"), "content");
}

static const uint8_t *pattern(void)
{
	static uint8_t data[1 << 20];

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = i * 7 + (i >> 8);
	return data;
}

/* A file that is begun, with two blocks. */
static void begin(struct test *t, struct ic *fc)
{
	EXPECT_RESULT(fcopy_start(fc, PLACE, "file", WIRE_FCOPY_OVERWRITE, 4 * BLOCK), 0);
	EXPECT_RESULT(fcopy_write(fc, 0, pattern(), BLOCK), 0);
	EXPECT_RESULT(fcopy_write(fc, BLOCK, pattern() + BLOCK, BLOCK), 0);
}

static void sizes(struct test *t)
{
	static const size_t sizes[] = { 0, 1, 6143, 6144, 6145, 1 << 20 };
	struct ic *fc = start(t);

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct fcopy_source source = fcopy_memory(pattern(), sizes[i]);
		char name[16];

		snprintf(name, sizeof(name), "file%zu", i);
		test_note(t, "%zu bytes", sizes[i]);
		EXPECT_RESULT(fcopy_copy(fc, &source, PLACE, name, 0), 0);
		EXPECT_EQ(atol(test_run(t, 0, "stat -c %%s " PLACE "/%s", name)), sizes[i]);
		EXPECT_STR(test_run(t, 0, "crc32 " PLACE "/%s | cut -d' ' -f1", name),
			   checksum(pattern(), sizes[i]));
		/* What is told of it is what is there. */
		test_until(t, "grep -q \"/%s was copied: %zu bytes .* $(sha256sum " PLACE
			   "/%s | cut -d' ' -f1)\" /tmp/fcopyd", name, sizes[i], name);
	}
}

#define PART 1048573		/* a prime number: no two blocks of the large file are the same */

static int read_repeated(const struct fcopy_source *source, uint64_t offset, void *buffer,
			 uint32_t size)
{
	for (uint32_t i = 0; i < size; i++)
		((uint8_t *)buffer)[i] = ((const uint8_t *)source->memory)[(offset + i) % PART];
	return 0;
}

/* The guest makes the same file of its first part, and compares. 10,923 blocks cost no memory. */
static void large(struct test *t)
{
	struct fcopy_source part = fcopy_memory(pattern(), PART);
	struct fcopy_source whole = {
		.size = 64 << 20, .read = read_repeated, .memory = pattern(),
	};
	struct ic *fc = start(t);
	const char *before;

	EXPECT_RESULT(fcopy_copy(fc, &part, PLACE, "part", 0), 0);
	test_until(t, "grep -q '/part was copied: ' /tmp/fcopyd");
	before = usage_held(t, "hvic-fcopyd");
	EXPECT_STR(test_run(t, 0, "crc32 " PLACE "/part | cut -d' ' -f1"),
		   checksum(pattern(), PART));
	EXPECT_RESULT(fcopy_copy(fc, &whole, PLACE, "whole", 0), 0);
	EXPECT_STR(test_run(t, 0, "stat -c %%s " PLACE "/whole; for i in $(seq 65); do cat " PLACE
			    "/part; done | head -c 67108864 | cmp - " PLACE "/whole && echo same"),
		   "67108864\nsame");
	test_until(t, "grep -q '/whole was copied: ' /tmp/fcopyd");
	EXPECT_STR(usage_held(t, "hvic-fcopyd"), before);
	test_run(t, 0, "rm " PLACE "/*");
}

static void out_of_order(struct test *t)
{
	struct ic *fc = start(t);

	EXPECT_RESULT(fcopy_start(fc, PLACE, "file", 0, 3 * BLOCK), 0);
	EXPECT_RESULT(fcopy_write(fc, 2 * BLOCK, pattern() + 2 * BLOCK, BLOCK), 0);
	EXPECT_RESULT(fcopy_write(fc, 100, pattern() + 100, BLOCK), 0);
	EXPECT_RESULT(fcopy_write(fc, 0, pattern(), BLOCK), 0);
	EXPECT_RESULT(fcopy_write(fc, BLOCK, pattern() + BLOCK, BLOCK), 0);
	EXPECT_RESULT(fcopy_complete(fc), 0);
	EXPECT_STR(test_run(t, 0, "crc32 " PLACE "/file | cut -d' ' -f1"),
		   checksum(pattern(), 3 * BLOCK));
}

/* Until the administrator allows a folder there is none; then SIGHUP is enough. */
static void not_allowed(struct test *t)
{
	struct ic *fc = start_with(t, "");

	EXPECT_RESULT(fcopy_start(fc, PLACE, "file", 0, 1), WIRE_E_ACCESS_DENIED);
	test_run(t, 0, "printf '[fcopy in]\\ndirectory = " PLACE "\\n' >/etc/hv_ic/hv_ic.conf");
	test_reload(t, "hvic-fcopyd", "/tmp/fcopyd", "has been read anew");
	expect_copies(t, fc);
	/* A mistake changes nothing. */
	test_run(t, 0, "printf '[fcopy in]\\nmode = maybe\\n' >/etc/hv_ic/hv_ic.conf");
	test_reload(t, "hvic-fcopyd", "/tmp/fcopyd", "stays as it was");
	expect_copies(t, fc);
}

static void places(struct test *t)
{
	struct ic *fc = start(t);

	test_run(t, 0, "ln -s /srv/out " PLACE "/link; ln -s /srv/out/x " PLACE "/x");
	test_run(t, 0, "mkfifo " PLACE "/fifo");
	EXPECT_RESULT(fcopy_start(fc, "/srv", "file", 0, 1), WIRE_E_ACCESS_DENIED);
	EXPECT_RESULT(fcopy_start(fc, "/srv/inn", "file", 0, 1), WIRE_E_ACCESS_DENIED);
	EXPECT_RESULT(fcopy_start(fc, PLACE "/link", "file", 0, 1), WIRE_E_ACCESS_DENIED);
	EXPECT_RESULT(fcopy_start(fc, PLACE, "fifo", WIRE_FCOPY_OVERWRITE, 1),
		      WIRE_E_ACCESS_DENIED);
	EXPECT_RESULT(fcopy_start(fc, PLACE, "x", WIRE_FCOPY_OVERWRITE, 1), WIRE_E_ACCESS_DENIED);
	EXPECT_RESULT(fcopy_start(fc, PLACE "/../out", "file", 0, 1), WIRE_E_INVALID_ARG);
	EXPECT_RESULT(fcopy_start(fc, PLACE, "../file", 0, 1), WIRE_E_INVALID_ARG);
	EXPECT_RESULT(fcopy_start(fc, PLACE, "..", 0, 1), WIRE_E_INVALID_ARG);
	EXPECT_RESULT(fcopy_start(fc, PLACE "/a", "file", 0, 1), WIRE_E_PATH_NOT_FOUND);
	EXPECT_RESULT(fcopy_start(fc, "C:\\Temp", "file", 0, 1), WIRE_E_PATH_NOT_FOUND);
	EXPECT_STR(test_run(t, 0, "ls -A /srv/out"), "");
	test_run(t, 0, "rm " PLACE "/*");
	expect_copies(t, fc);
}

static void folders(struct test *t)
{
	struct ic *fc = start(t);
	struct fcopy_source source = fcopy_memory("deep\n", 5);

	EXPECT_RESULT(fcopy_start(fc, PLACE "/a/b", "file", WIRE_FCOPY_CREATE_PATH, 1), 0);
	EXPECT_RESULT(fcopy_cancel(fc), 0);
	test_until(t, "test -z \"$(ls -A " PLACE ")\"");
	EXPECT_RESULT(fcopy_copy(fc, &source, "\\srv\\in\\a\\b", "file", WIRE_FCOPY_CREATE_PATH),
		      0);
	EXPECT_STR(test_run(t, 0, "cat " PLACE "/a/b/file"), "deep");
}

#define UNICODE_NAME "\xc3\xbc\xe2\x82\xac\xf0\x9f\x94\x8c"

static void unicode(struct test *t)
{
	struct fcopy_source source = fcopy_memory("x\n", 2);
	struct ic *fc = start(t);

	EXPECT_RESULT(fcopy_copy(fc, &source, PLACE "/" UNICODE_NAME, UNICODE_NAME,
				 WIRE_FCOPY_CREATE_PATH), 0);
	EXPECT(test_has(t, PLACE "/" UNICODE_NAME "/" UNICODE_NAME));
}

static void overwrite(struct test *t)
{
	struct fcopy_source source = fcopy_memory("new\n", 4);
	struct ic *fc = start(t);

	test_run(t, 0, "echo old >" PLACE "/file; ln " PLACE "/file /srv/out/other");
	EXPECT_RESULT(fcopy_copy(fc, &source, PLACE, "file", 0), WIRE_E_ALREADY_EXISTS);
	/* Until the new one is complete the old one is there. */
	begin(t, fc);
	EXPECT_STR(test_run(t, 0, "cat " PLACE "/file"), "old");
	EXPECT_RESULT(fcopy_cancel(fc), 0);
	EXPECT_STR(test_run(t, 0, "cat " PLACE "/file"), "old");
	EXPECT_RESULT(fcopy_copy(fc, &source, PLACE, "file", WIRE_FCOPY_OVERWRITE), 0);
	EXPECT_STR(test_run(t, 0, "cat " PLACE "/file; cat /srv/out/other; ls -A " PLACE),
		   "new\nold\nfile");
}

/* The host does something else in the middle. */
static void changes_mind(struct test *t)
{
	struct ic *fc = start(t);

	begin(t, fc);
	EXPECT_RESULT(fcopy_cancel(fc), 0);
	EXPECT_FAILURE(fcopy_write(fc, 0, "x", 1));
	EXPECT_FAILURE(fcopy_complete(fc));
	expect_nothing(t);

	/* Only a part of it has come. */
	begin(t, fc);
	EXPECT_FAILURE(fcopy_complete(fc));
	expect_nothing(t);

	/* More than was announced. */
	begin(t, fc);
	EXPECT_ANSWER(fcopy_write(fc, 4 * BLOCK, "x", 1));
	EXPECT_FAILURE(fcopy_complete(fc));
	expect_nothing(t);

	begin(t, fc);
	EXPECT_RESULT(fcopy_start(fc, PLACE, "other", 0, 1), 0);
	EXPECT_RESULT(fcopy_write(fc, 0, "x", 1), 0);
	EXPECT_RESULT(fcopy_complete(fc), 0);
	EXPECT_STR(test_run(t, 0, "ls -A " PLACE "; rm " PLACE "/other"), "other");

	begin(t, fc);
	EXPECT_RESULT(ic_negotiate(fc), 0);
	EXPECT_FAILURE(fcopy_complete(fc));
	expect_copies(t, fc);
	expect_nothing(t);
}

static void rescinded(struct test *t)
{
	struct ic *fc = start(t);

	begin(t, fc);
	test_reopen(t, fc);
	EXPECT_RESULT(ic_wait_ready(fc), 0);
	test_until(t, "hvic status fcopy --json=short | grep -q '\"abi\":\"native\"'");
	expect_nothing(t);
	expect_copies(t, fc);
}

static void killed(struct test *t)
{
	struct ic *fc = start(t);

	begin(t, fc);
	test_run(t, 0, "procs -KILL -w hvic-fcopyd");
	EXPECT_RESULT(fcopy_write(fc, 2 * BLOCK, "x", 1), WIRE_E_NOT_CONNECTED);
	expect_nothing(t);
	run_daemon(t);
	/* It has removed what there was, which is nothing. */
	EXPECT_STR(test_status(t, fc, "left"), "0");
	EXPECT_RESULT(fcopy_complete(fc), WIRE_E_NOT_CONNECTED);
	expect_copies(t, fc);

	begin(t, fc);
	test_run(t, 0, "procs -TERM -w hvic-fcopyd");
	expect_nothing(t);
	test_says(t, 0, "cat /tmp/fcopyd", "was not copied: the daemon has ended");
}

static void remove_disk(struct test *t, void *context)
{
	test_run(t, 0, "umount " PLACE);
}

static void disk_full(struct test *t)
{
	static uint8_t data[256 * 1024];
	struct fcopy_source source = fcopy_memory(data, sizeof(data));
	struct ic *fc = start(t);
	ic_result result = 0;

	test_run(t, 0, "mount -t tmpfs -o size=100k none " PLACE);
	test_defer(t, remove_disk, NULL);
	/* It is known before the first block. */
	EXPECT_RESULT(fcopy_start(fc, PLACE, "file", 0, sizeof(data)), WIRE_E_DISK_FULL);
	EXPECT_RESULT(fcopy_copy(fc, &source, PLACE, "file", 0), WIRE_E_DISK_FULL);
	/* And when somebody else takes the room meanwhile. */
	EXPECT_RESULT(fcopy_start(fc, PLACE, "file", 0, 10 * BLOCK), 0);
	test_run(t, 0, "dd if=/dev/zero of=" PLACE "/other bs=1k count=90 2>/dev/null");
	for (int i = 0; i < 10 && !result; i++)
		result = fcopy_write(fc, i * BLOCK, data, BLOCK);
	if (!result)
		result = fcopy_complete(fc);
	EXPECT_RESULT(result, WIRE_E_DISK_FULL);
	EXPECT_STR(test_run(t, 0, "ls -A " PLACE "; rm " PLACE "/other"), "other");
	expect_copies(t, fc);
}

/* --- The unit, with its sandbox. ---------------------------------------------------------- */

static void unit(struct test *t)
{
	struct fcopy_source source = fcopy_memory("content\n", 8);
	struct ic *fc = test_ready(t, &ic_fcopy);

	test_run(t, 0, "mkdir -p " PLACE " /srv/out /var/lib /home /etc/hv_ic");
	systemd_boot(t, "");
	test_until(t, "systemctl -q is-active hvic-fcopyd");
	EXPECT_RESULT(fcopy_start(fc, PLACE, "file", 0, 1), WIRE_E_ACCESS_DENIED);
	/* It has no place of its own where a file would seem to have come. */
	test_run(t, 0, "printf '[fcopy tmp]\\ndirectory = /tmp\\nmin_free = 0\\n' >%s",
		 CONFIGURATION);
	test_run(t, 0, "systemctl reload hvic-fcopyd; sleep 1");
	EXPECT_RESULT(fcopy_start(fc, "/tmp", "file", 0, 1), WIRE_E_ACCESS_DENIED);
	test_run(t, 0, "printf '[fcopy in]\\ndirectory = " PLACE "\\nmin_free = 0\\n"
		 "owner = messagebus\\n' >/etc/hv_ic/hv_ic.conf");
	test_run(t, 0, "hvic config apply");
	test_until(t, "systemctl -q is-active hvic-fcopyd && hvic fcopy --json=short | grep -q %s",
		   PLACE);
	expect_copies(t, fc);
	EXPECT_RESULT(fcopy_start(fc, "/srv/out", "file", 0, 1), WIRE_E_ACCESS_DENIED);
	/* And what is allowed is where others see it. */
	test_run(t, 0, "printf '[fcopy tmp]\\ndirectory = /tmp\\nmin_free = 0\\n' >>%s",
		 CONFIGURATION);
	test_run(t, 0, "hvic config apply");
	test_until(t, "systemctl -q is-active hvic-fcopyd && hvic fcopy --json=short | grep -q %s",
		   "/tmp");
	EXPECT_RESULT(fcopy_copy(fc, &source, "/tmp", "copied", 0), 0);
	EXPECT_STR(test_run(t, 0, "cat /tmp/copied"), "content");
	/* A directory that is made after its start is not one that it may write to. */
	test_run(t, 0, "printf '[fcopy late]\\ndirectory = /srv/late\\nmin_free = 0\\n' >>%s",
		 CONFIGURATION);
	test_run(t, 0, "hvic config apply; mkdir /srv/late");
	EXPECT_RESULT(fcopy_start(fc, "/srv/late", "file", 0, 1), WIRE_E_ACCESS_DENIED);
	test_run(t, 0, "systemctl restart hvic-fcopyd");
	EXPECT_RESULT(fcopy_copy(fc, &source, "/srv/late", "file", 0), 0);
	/* A mistake in the section of another is not in its way. */
	test_run(t, 0, "printf '[vss]\\nmode = sometimes\\n' >>%s", CONFIGURATION);
	test_run(t, 0, "systemctl restart hvic-fcopyd");
	/* It does not start with what it cannot use, and is started when that is mended. */
	test_run(t, 0, "printf '[fcopy tmp]\\noverwrite = sometimes\\n' >>%s", CONFIGURATION);
	test_run(t, 1, "systemctl restart hvic-fcopyd");
	test_run(t, 78, "hvic config apply");
	test_run(t, 0, "sed -i /sometimes/d %s && hvic config apply", CONFIGURATION);
	test_run(t, 0, "systemctl -q is-active hvic-fcopyd");
	test_run(t, 0, "printf '[fcopy out]\\ndirectory = /srv/out\\nowner = nosuch\\n' >>%s",
		 CONFIGURATION);
	test_says(t, 0, "hvic config check 2>&1", "[fcopy out]: there is no \"nosuch\"");
	systemd_poweroff(t);
}

#define CASE(title, function) { .name = title, .run = function, .only = ONLY_HV_IC }

const struct test_case fcopyd_cases[] = {
	CASE("fcopyd_sizes", sizes),
	CASE("fcopyd_large", large),
	CASE("fcopyd_out_of_order", out_of_order),
	CASE("fcopyd_not_allowed", not_allowed),
	CASE("fcopyd_places", places),
	CASE("fcopyd_folders", folders),
	CASE("fcopyd_unicode", unicode),
	CASE("fcopyd_overwrite", overwrite),
	CASE("fcopyd_changes_mind", changes_mind),
	CASE("fcopyd_rescinded", rescinded),
	CASE("fcopyd_killed", killed),
	CASE("fcopyd_disk_full", disk_full),
	{ .name = "fcopyd_unit", .run = unit, .only = ONLY_HV_IC, .ends_guest = true },
	{ 0 }
};
