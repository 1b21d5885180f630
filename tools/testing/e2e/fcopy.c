// SPDX-License-Identifier: GPL-2.0
/* File copy: files of all sizes, flags, refusals. */
#include "checksum.h"
#include "e2e.h"

static struct ic *start(struct test *t)
{
	test_run(t, 0, "rm -rf /tmp/copy; mkdir /tmp/copy");
	return test_served(t, &ic_fcopy);
}

static void sizes(struct test *t)
{
	static const size_t sizes[] = { 0, 1, 6143, 6144, 6145, 12288, 100000, 1 << 20 };
	static uint8_t data[1 << 20];
	struct ic *fc = start(t);

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = i * 7 + (i >> 8);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct fcopy_source source = fcopy_memory(data, sizes[i]);

		test_note(t, "%zu bytes", sizes[i]);
		EXPECT_RESULT(fcopy_copy(fc, &source, "/tmp/copy", "file", WIRE_FCOPY_OVERWRITE),
			      0);
		EXPECT_EQ(atol(test_run(t, 0, "stat -c %%s /tmp/copy/file")), sizes[i]);
		EXPECT_STR(test_run(t, 0, "crc32 /tmp/copy/file | cut -d' ' -f1"),
			   checksum(data, sizes[i]));
	}
}

static void exists(struct test *t)
{
	struct ic *fc = start(t);
	struct fcopy_source source = fcopy_memory("new\n", 4);

	test_run(t, 0, "echo old > /tmp/copy/file");
	EXPECT_RESULT(fcopy_start(fc, "/tmp/copy", "file", 0, 4), WIRE_E_ALREADY_EXISTS);
	EXPECT_STR(test_run(t, 0, "cat /tmp/copy/file"), "old");
	EXPECT_RESULT(fcopy_copy(fc, &source, "/tmp/copy", "file", WIRE_FCOPY_OVERWRITE), 0);
	EXPECT_STR(test_run(t, 0, "cat /tmp/copy/file"), "new");
}

static void create_path(struct test *t)
{
	struct ic *fc = start(t);
	struct fcopy_source source = fcopy_memory("deep\n", 5);

	EXPECT_FAILURE(fcopy_start(fc, "/tmp/copy/a/b/c", "file", 0, 5));
	EXPECT_RESULT(fcopy_copy(fc, &source, "/tmp/copy/a/b/c", "file", WIRE_FCOPY_CREATE_PATH),
		      0);
	EXPECT_STR(test_run(t, 0, "cat /tmp/copy/a/b/c/file"), "deep");
}

static void cancel(struct test *t)
{
	struct ic *fc = start(t);

	EXPECT_RESULT(fcopy_start(fc, "/tmp/copy", "partial", 0, 12), 0);
	EXPECT_RESULT(fcopy_write(fc, 0, "123456", 6), 0);
	EXPECT_RESULT(fcopy_cancel(fc), 0);
	EXPECT(!test_has(t, "/tmp/copy/partial"));
}

static void disk_full(struct test *t)
{
	static uint8_t data[256 * 1024];
	struct fcopy_source source = fcopy_memory(data, sizeof(data));
	struct ic *fc = start(t);
	ic_result result;

	/* Exactly ten blocks of 6 KiB. */
	test_run(t, 0, "mount -t tmpfs -o size=60k none /tmp/copy");
	result = fcopy_copy(fc, &source, "/tmp/copy", "large", 0);
	test_run(t, 0, "umount /tmp/copy");
	EXPECT_RESULT(result, WIRE_E_DISK_FULL);
}

#define UNICODE_NAME "\xc3\xbc\xe2\x82\xac\xf0\x9f\x94\x8c"

static void name_in_unicode(struct test *t)
{
	struct ic *fc = start(t);
	struct fcopy_source source = fcopy_memory("x\n", 2);

	EXPECT_RESULT(fcopy_copy(fc, &source, "/tmp/copy", UNICODE_NAME, 0), 0);
	EXPECT(test_has(t, "/tmp/copy/" UNICODE_NAME));
}

const struct test_case fcopy_cases[] = {
	{ .name = "fcopy_sizes", .run = sizes },
	{ .name = "fcopy_exists", .run = exists },
	{ .name = "fcopy_create_path", .run = create_path },
	{ .name = "fcopy_cancel", .run = cancel },
	{ .name = "fcopy_disk_full", .run = disk_full },
	{ .name = "fcopy_name_in_unicode", .run = name_in_unicode },
	{ 0 }
};
