// SPDX-License-Identifier: GPL-2.0
/* The client of a native device, with the driver's part played at the other end of a socket. */
#include "record.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "array.h"
#include "unit.h"

/**
 * struct play - a client and its driver
 * @client: the client; the first member
 * @root: with its /dev
 * @refusal: what opening the device fails with; 0 for success
 * @driver: the driver's end; -1 while the device is not open
 * @starts: how often the daemon was told to start anew
 * @losses: how often the device has gone
 * @taken: operations that the daemon was given, as digits
 * @verdict: of the daemon about each of them
 * @batches: how often it was told that a read is dealt with
 * @taken_before: operations that it had been given by then
 * @over: the last request that is over
 */
struct play {
	struct hvu_client client;
	struct unit_root *root;
	int refusal;
	int driver;
	unsigned int starts;
	unsigned int losses;
	char taken[16];
	int verdict;
	unsigned int batches;
	size_t taken_before;
	uint64_t over;
};

static int open_device(struct hvu_client *client)
{
	struct play *play = (struct play *)client;
	int ends[2];

	if (play->refusal)
		return play->refusal;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends), 0);
	play->driver = ends[0];
	return ends[1];
}

static void start(struct hvu_client *client)
{
	((struct play *)client)->starts++;
}

static void gone(struct hvu_client *client)
{
	((struct play *)client)->losses++;
}

static void over(struct hvu_client *client, uint64_t id, int status)
{
	assert_int_equal(status, -ETIMEDOUT);
	((struct play *)client)->over = id;
}

static int take(struct hvu_client *client, const struct hv_ic_record *record, const void *payload)
{
	struct play *play = (struct play *)client;

	(void)payload;
	play->taken[strlen(play->taken)] = '0' + record->op;
	return play->verdict;
}

static void taken(struct hvu_client *client)
{
	struct play *play = (struct play *)client;

	play->batches++;
	play->taken_before = strlen(play->taken);
}

static const struct hvu_client_ops ops = {
	.start = start, .take = take, .taken = taken, .over = over, .gone = gone, .open = open_device,
};

static struct play *begin(void **state, int refusal)
{
	struct play *play = calloc(1, sizeof(*play));

	assert_non_null(play);
	play->root = *state;
	play->refusal = refusal;
	play->driver = -1;
	unit_folder(play->root, "dev");
	assert_int_equal(hvu_client_open(&play->client, &ops, play->root->fd, "kvp",
					 HV_IC_FEATURE_HOLD | 1 << 5), 0);
	return play;
}

static void end(struct play *play)
{
	hvu_client_close(&play->client);
	close(play->driver);
	free(play);
}

/* The client has something to do, and does it. */
static int dispatch(struct play *play)
{
	struct pollfd wait = { .fd = hvu_client_fd(&play->client), .events = POLLIN };

	assert_int_equal(poll(&wait, 1, 1000), 1);
	return hvu_client_dispatch(&play->client);
}

static size_t put(char *at, struct hv_ic_record record, const void *payload, size_t size)
{
	record.len = sizeof(record) + size;
	memcpy(at, &record, sizeof(record));
	if (size)
		memcpy(at + sizeof(record), payload, size);
	return record.len;
}

static void tell(struct play *play, struct hv_ic_record record, const void *payload, size_t size)
{
	char buffer[1024];
	size_t len = put(buffer, record, payload, size);

	assert_int_equal(write(play->driver, buffer, len), len);
	assert_int_equal(dispatch(play), 0);
}

/* The one answer that the client has given; its payload behind it. */
static struct hv_ic_record answer(struct play *play, void *payload, size_t size)
{
	char buffer[1024];
	struct hv_ic_record record;
	ssize_t len = read(play->driver, buffer, sizeof(buffer));

	assert_true(len >= (ssize_t)sizeof(record));
	memcpy(&record, buffer, sizeof(record));
	assert_int_equal(record.len, len);
	assert_int_equal(record.deadline_ms, 0);
	assert_int_equal(len - sizeof(record), size);
	if (size)
		memcpy(payload, buffer + sizeof(record), size);
	return record;
}

static void no_answer(struct play *play)
{
	char byte;

	assert_int_equal(read(play->driver, &byte, 1), -1);
	assert_int_equal(errno, EAGAIN);
}

static void greet(struct play *play)
{
	struct hv_ic_hello hello = {
		.abi = HV_IC_ABI_VERSION, .features = HV_IC_FEATURE_HOLD | 1 << 6,
		.message_major = 5,
	};
	struct hv_ic_hello mine;

	tell(play, (struct hv_ic_record){ .id = 1, .op = HV_IC_HELLO }, &hello, sizeof(hello));
	assert_int_equal(answer(play, &mine, sizeof(mine)).id, 1);
	assert_int_equal(mine.abi, HV_IC_ABI_VERSION);
	assert_int_equal(mine.features, HV_IC_FEATURE_HOLD);
	assert_int_equal(mine.message_major, 0);
	assert_int_equal(mine.reserved, 0);
}

/* --- Tests. --------------------------------------------------------------------------------- */

static void hello(void **state)
{
	struct play *play = begin(state, 0);

	assert_false(play->client.attached);
	assert_int_equal(play->starts, 0);
	greet(play);
	assert_true(play->client.attached);
	assert_int_equal(play->starts, 1);
	assert_int_equal(play->client.features, HV_IC_FEATURE_HOLD);
	assert_int_equal(play->client.hello.message_major, 5);

	/* The host negotiates anew: told, and not answered. A later driver says more. */
	tell(play, (struct hv_ic_record){ .op = HV_IC_HELLO, .flags = HV_IC_RECORD_EVENT },
	     "\1\0\0\0" "\0\0\0\0" "\1\0\0\0\0\0\0\0" "\3\0\0\0" "\4\0\0\0" "more", 28);
	no_answer(play);
	assert_int_equal(play->starts, 2);
	assert_int_equal(play->client.hello.message_major, 4);
	end(play);
}

static void requests(void **state)
{
	struct play *play = begin(state, 0);
	struct hv_ic_record request = { .id = 7, .op = 2 };
	char buffer[1024];
	size_t len;

	greet(play);
	/* Two in one go; the daemon will answer later. */
	len = put(buffer, request, "odd", 3);
	request.id = 8;
	request.op = 3;
	len += put(buffer + len, request, NULL, 0);
	assert_int_equal(write(play->driver, buffer, len), len);
	assert_int_equal(dispatch(play), 0);
	assert_string_equal(play->taken, "23");
	/* One batch was the hello. */
	assert_int_equal(play->batches, 2);
	assert_int_equal(play->taken_before, 2);
	no_answer(play);
	assert_int_equal(hvu_client_answer(&play->client, 8, -ENOENT, NULL, 0), 0);
	assert_int_equal(answer(play, NULL, 0).status, -ENOENT);
	assert_int_equal(hvu_client_answer(&play->client, 7, 0, "payload", 8), 0);
	assert_int_equal(answer(play, buffer, 8).id, 7);
	assert_string_equal(buffer, "payload");
	assert_int_equal(hvu_client_answer(&play->client, 7, 0, buffer, HVU_RECORD_PAYLOAD + 1),
			 -EMSGSIZE);

	/* What the daemon does not know is answered, unless it is an event. */
	play->verdict = -EOPNOTSUPP;
	tell(play, request, NULL, 0);
	assert_int_equal(answer(play, NULL, 0).status, -EOPNOTSUPP);
	request.flags = HV_IC_RECORD_EVENT;
	tell(play, request, NULL, 0);
	no_answer(play);

	request = (struct hv_ic_record){
		.id = 9, .op = HV_IC_OVER, .status = -ETIMEDOUT, .flags = HV_IC_RECORD_EVENT,
	};
	tell(play, request, NULL, 0);
	assert_int_equal(play->over, 9);
	end(play);
}

static void payload(void **state)
{
	struct hv_ic_record record = { .len = sizeof(record) + 3 };
	char text[8];

	(void)state;
	memset(text, 'x', sizeof(text));
	hvu_record_payload(&record, "abcdefg", text, sizeof(text));
	assert_memory_equal(text, "abc\0\0\0\0", sizeof(text));
	record.len = sizeof(record) + 8;
	memset(text, 'x', sizeof(text));
	hvu_record_payload(&record, "abcdefg", text, 4);
	assert_memory_equal(text, "abcdxxxx", sizeof(text));
}

static void texts(void **state)
{
	static const struct {
		size_t offset, len;
		const char *text;
	} rows[] = {
		{ 0, 4, "abc" }, { 2, 4, "c" }, { 3, 4, "" }, { 4, 4, "" }, { 100, 4, "" },
		{ 0, 2, "ab" }, { 0, 0, "" }, { 4, 12, "de" }, { 7, 12, "fghi" }, { 8, 12, "ghij" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct hv_ic_record record = { .len = sizeof(record) + rows[i].len };
		char *payload = malloc(rows[i].len + 1), text[5] = "xxxx";

		memcpy(payload, "abc\0de\0fghij", rows[i].len);
		hvu_record_text(&record, payload, rows[i].offset, text, sizeof(text));
		assert_string_equal(text, rows[i].text);
		free(payload);
	}
}

static void malformed(void **state)
{
	static const uint32_t lens[] = { 0, sizeof(struct hv_ic_record) - 1, 100, UINT32_MAX };

	for (size_t i = 0; i < ARRAY_SIZE(lens); i++) {
		struct hv_ic_record record = { .len = lens[i], .id = 1 };
		struct play *play = begin(state, 0);

		assert_int_equal(write(play->driver, &record, sizeof(record)), sizeof(record));
		assert_int_equal(dispatch(play), -EBADMSG);
		assert_string_equal(play->taken, "");
		end(play);
	}
}

static void gone_and_back(void **state)
{
	struct play *play = begin(state, 0);

	greet(play);
	play->refusal = -ENOENT;
	close(play->driver);
	assert_int_equal(dispatch(play), 0);
	assert_int_equal(play->losses, 1);
	assert_int_equal(hvu_client_answer(&play->client, 7, 0, NULL, 0), -ENODEV);
	/* The folder comes before the device, which comes before it can be opened. */
	unit_folder(play->root, "dev/hv_ic");
	assert_int_equal(dispatch(play), 0);
	play->refusal = 0;
	unit_file(play->root, "dev/hv_ic/kvp", "");
	assert_int_equal(dispatch(play), 0);
	greet(play);
	assert_int_equal(play->starts, 2);
	/* Gone before anything was said: nothing has begun, so nothing is void. */
	close(play->driver);
	assert_int_equal(dispatch(play), 0);
	assert_int_equal(play->losses, 2);
	close(play->driver);
	assert_int_equal(dispatch(play), 0);
	assert_int_equal(play->losses, 2);
	end(play);
}

static void busy(void **state)
{
	static struct hvu_client client;
	struct play *play;

	play = begin(state, -ENOENT);
	play->refusal = -EBUSY;
	unit_folder(play->root, "dev/hv_ic");
	assert_int_equal(dispatch(play), -EBUSY);
	end(play);
	/* The usual way of opening, with nothing there, and with what is not a device. */
	assert_int_equal(hvu_client_open(&client, &(struct hvu_client_ops){ 0 },
					 ((struct unit_root *)*state)->fd, "vss", 0), 0);
	hvu_client_close(&client);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(hello, unit_root_setup, unit_root_teardown),
		cmocka_unit_test_setup_teardown(requests, unit_root_setup, unit_root_teardown),
		cmocka_unit_test(payload),
		cmocka_unit_test(texts),
		cmocka_unit_test_setup_teardown(malformed, unit_root_setup, unit_root_teardown),
		cmocka_unit_test_setup_teardown(gone_and_back, unit_root_setup,
						unit_root_teardown),
		cmocka_unit_test_setup_teardown(busy, unit_root_setup, unit_root_teardown),
	};

	return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
