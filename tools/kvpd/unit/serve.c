// SPDX-License-Identifier: GPL-2.0
/* What the host gets, with the driver's part played at the other end of a socket. */
#include "serve.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "root.h"
#include "unit.h"

#define FOLDER "var/lib/hyperv"

/**
 * struct play - a server and its driver
 * @server: it; the first member
 * @ops: as the server's, but for how to open the device
 * @root: below which everything is
 * @event: loop
 * @driver: the driver's end
 */
struct play {
	struct hvic_server server;
	struct hvu_client_ops ops;
	struct unit_root *root;
	sd_event *event;
	int driver;
};

static int open_device(struct hvu_client *client)
{
	struct play *play = (struct play *)client;
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends), 0);
	play->driver = ends[0];
	return ends[1];
}

static int uname_of_test(struct utsname *system)
{
	memset(system, 0, sizeof(*system));
	strcpy(system->nodename, "test");
	strcpy(system->release, "6.1.0");
	return 0;
}

static void injected(struct hvic_inject *inject, uint64_t id, int status)
{
	(void)inject;
	(void)id;
	(void)status;
}

static const struct hvic_inject_ops inject_ops = { .done = injected };

static void start_server(struct play *play)
{
	struct hvic_server *server = &play->server;

	server->folder = -1;
	server->root = play->root->fd;
	server->settings.kvp.pools = (char *)"/" FOLDER;
	server->settings.kvp.version = (char *)"3.1";
	server->items = (struct hvic_items){
		.root = server->root, .settings = &server->settings, .uname = uname_of_test,
	};
	play->ops = hvic_server_ops;
	play->ops.open = open_device;
	hvic_server_open_pools(server);
	assert_int_equal(hvu_client_open(&server->client, &play->ops, server->root, "kvp", 0), 0);
}

static struct play *begin(void **state)
{
	struct play *play = calloc(1, sizeof(*play));

	assert_non_null(play);
	play->root = *state;
	unit_folder(play->root, "dev");
	unit_folder(play->root, FOLDER);
	assert_true(sd_event_new(&play->event) >= 0);
	assert_int_equal(hvic_inject_open(&play->server.inject, &inject_ops, play->root->fd,
					  &play->server.settings, play->event), 0);
	start_server(play);
	return play;
}

static void stop_server(struct play *play)
{
	hvu_client_close(&play->server.client);
	close(play->driver);
	hvic_server_close_pools(&play->server);
}

static void end(struct play *play)
{
	stop_server(play);
	hvic_inject_close(&play->server.inject);
	sd_event_unref(play->event);
	free(play);
}

/**
 * struct message - a record and the longest payload
 * @record: header
 * @item: payload, if it is an item
 * @ip: payload, if it is an adapter
 * @list: payload, if it is items
 */
struct message {
	struct hv_ic_record record;
	union {
		struct hv_ic_kvp_item item;
		struct hv_ic_kvp_ip ip;
		struct hv_ic_kvp_list list;
	};
};

/* One request, and its one answer. */
static int ask(struct play *play, unsigned int op, struct message *message, size_t size)
{
	struct pollfd wait = { .fd = hvu_client_fd(&play->server.client), .events = POLLIN };
	static uint64_t id;
	ssize_t len;

	id++;
	message->record = (struct hv_ic_record){
		.len = sizeof(message->record) + size, .id = id, .op = op, .deadline_ms = 1000,
	};
	assert_int_equal(write(play->driver, message, message->record.len), message->record.len);
	assert_int_equal(poll(&wait, 1, 1000), 1);
	assert_int_equal(hvu_client_dispatch(&play->server.client), 0);
	memset(message, 0, sizeof(*message));
	len = read(play->driver, message, sizeof(*message));
	assert_true(len >= (ssize_t)sizeof(message->record));
	assert_int_equal(message->record.id, id);
	if (message->record.status)
		assert_int_equal(len, sizeof(message->record));
	return message->record.status;
}

static int ask_item(struct play *play, unsigned int op, unsigned int pool, const char *key,
		    const char *value, struct message *message)
{
	memset(message, 0, sizeof(*message));
	message->item.pool = pool;
	message->item.type = HV_IC_KVP_STRING;
	snprintf(message->item.key, sizeof(message->item.key), "%s", key);
	snprintf(message->item.value, sizeof(message->item.value), "%s", value);
	return ask(play, op, message, sizeof(message->item));
}

static int set(struct play *play, unsigned int pool, const char *key, const char *value)
{
	struct message message;

	return ask_item(play, HV_IC_KVP_SET, pool, key, value, &message);
}

static int delete(struct play *play, unsigned int pool, const char *key)
{
	struct message message;

	return ask_item(play, HV_IC_KVP_DELETE, pool, key, "", &message);
}

static int at(struct play *play, unsigned int pool, uint32_t index, struct message *message)
{
	memset(message, 0, sizeof(*message));
	message->item.pool = pool;
	message->item.index = index;
	return ask(play, HV_IC_KVP_ENUMERATE, message, sizeof(message->item));
}

static void expect(struct play *play, unsigned int pool, const char *key, const char *value)
{
	struct message message;

	assert_int_equal(ask_item(play, HV_IC_KVP_GET, pool, key, "", &message), 0);
	assert_string_equal(message.item.key, key);
	assert_string_equal(message.item.value, value);
	assert_int_equal(message.item.reserved, 0);
}

/* --- Tests. ------------------------------------------------------------------------------ */

static void pools(void **state)
{
	struct play *play = begin(state);
	struct message message;

	for (unsigned int pool = 0; pool < 4; pool++) {
		char path[64];
		struct stat info;
		int fd;

		snprintf(path, sizeof(path), FOLDER "/.kvp_pool_%u", pool);
		fd = hvu_open(play->root->fd, O_RDONLY, "%s", path);
		assert_int_equal(fstat(fd, &info), 0);
		assert_int_equal(info.st_mode & 07777, 0644);
		close(fd);
		if (pool == HVU_POOL_AUTO)
			continue;
		assert_int_equal(at(play, pool, 0, &message), -ENODATA);
		assert_int_equal(set(play, pool, "one", "1"), 0);
		assert_int_equal(set(play, pool, "two", "2"), 0);
		assert_int_equal(set(play, pool, "one", "gr\xc3\xbcn"), 0);
		expect(play, pool, "one", "gr\xc3\xbcn");
		assert_int_equal(at(play, pool, 0, &message), 0);
		assert_string_equal(message.item.key, "one");
		assert_int_equal(message.item.type, HV_IC_KVP_STRING);
		assert_int_equal(at(play, pool, 1, &message), 0);
		assert_string_equal(message.item.value, "2");
		assert_int_equal(at(play, pool, 2, &message), -ENODATA);
		assert_int_equal(at(play, pool, UINT32_MAX, &message), -ENODATA);
		assert_int_equal(delete(play, pool, "one"), 0);
		assert_int_equal(delete(play, pool, "one"), -ENOENT);
		assert_int_equal(ask_item(play, HV_IC_KVP_GET, pool, "one", "", &message), -ENOENT);
	}
	assert_int_equal(at(play, 77, 0, &message), -EINVAL);
	assert_int_equal(set(play, 5, "one", "1"), -EINVAL);
	end(play);
}

static void numbers(void **state)
{
	struct play *play = begin(state);
	struct message message = {
		.item = { .type = HV_IC_KVP_U32, .number = 4000000000u, .key = "dword" },
	};

	assert_int_equal(ask(play, HV_IC_KVP_SET, &message, sizeof(message.item)), 0);
	expect(play, 0, "dword", "4000000000");
	message = (struct message){
		.item = { .type = HV_IC_KVP_U64, .number = UINT64_MAX, .key = "qword" },
	};
	assert_int_equal(ask(play, HV_IC_KVP_SET, &message, sizeof(message.item)), 0);
	expect(play, 0, "qword", "18446744073709551615");
	message = (struct message){ .item = { .type = 99, .key = "odd" } };
	assert_int_equal(ask(play, HV_IC_KVP_SET, &message, sizeof(message.item)), -EINVAL);
	end(play);
}

static void facts(void **state)
{
	struct play *play = begin(state);
	struct message message;
	uint32_t n = 0;

	expect(play, HVU_POOL_AUTO, "OSBuildNumber", "6.1.0");
	while (!at(play, HVU_POOL_AUTO, n, &message)) {
		assert_int_equal(message.item.index, n);
		assert_int_equal(message.item.pool, HVU_POOL_AUTO);
		n++;
	}
	assert_int_equal(message.record.status, -ENODATA);
	assert_in_range(n, 10, 30);
	assert_int_equal(set(play, HVU_POOL_AUTO, "OSName", "x"), -EACCES);
	assert_int_equal(delete(play, HVU_POOL_AUTO, "OSName"), -EACCES);
	assert_int_equal(ask_item(play, HV_IC_KVP_GET, HVU_POOL_AUTO, "NoSuchItem", "", &message),
			 -ENOENT);
	end(play);
}

/* The daemon was restarted in the middle of the host's list: its first question is not for 0. */
static void facts_from_the_middle(void **state)
{
	struct play *play = begin(state);
	struct message message;

	assert_int_equal(at(play, HVU_POOL_AUTO, 4, &message), 0);
	assert_string_equal(message.item.key, "OSBuildNumber");
	assert_string_equal(message.item.value, "6.1.0");
	end(play);
}

/* Expects items that are called key-INDEX, from @index on; returns the index behind them. */
static uint32_t expect_list(const struct hv_ic_kvp_list *list, uint32_t index)
{
	const char *text = list->text;
	char key[16];

	snprintf(key, sizeof(key), "key-%u", index++);
	assert_string_equal(list->item.key, key);
	for (uint32_t i = 0; i < list->n; i++) {
		snprintf(key, sizeof(key), "key-%u", index++);
		assert_string_equal(text, key);
		text += strlen(text) + 1;
		assert_string_equal(text, "a value");
		text += strlen(text) + 1;
	}
	return index;
}

/* The driver is told of the items that follow, and asks less often. */
static void lists(void **state)
{
	struct play *play = begin(state);
	char longest_key[512] = "", longest_value[2048] = "", key[16];
	unsigned int questions = 0;
	struct message message;
	uint32_t index = 0;

	for (unsigned int i = 0; i < 1000; i++) {
		snprintf(key, sizeof(key), "key-%u", i);
		assert_int_equal(set(play, HVU_POOL_GUEST, key, "a value"), 0);
	}
	do {
		assert_int_equal(at(play, HVU_POOL_GUEST, index, &message), 0);
		index = expect_list(&message.list, index);
		questions++;
	} while (!message.list.flags);
	assert_int_equal(message.list.flags, HV_IC_KVP_LIST_LAST);
	assert_int_equal(index, 1000);
	assert_in_range(questions, 2, 12);
	assert_int_equal(at(play, HVU_POOL_GUEST, 1000, &message), -ENODATA);
	assert_int_equal(at(play, HVU_POOL_GUEST, 999, &message), 0);
	assert_int_equal(message.list.n, 0);
	assert_int_equal(message.list.flags, HV_IC_KVP_LIST_LAST);

	/* One that is too long to follow is asked for, and all behind it with it. */
	memset(longest_key, 'k', sizeof(longest_key) - 1);
	memset(longest_value, 'v', sizeof(longest_value) - 1);
	assert_int_equal(set(play, HVU_POOL_EXTERNAL, "first", longest_value), 0);
	assert_int_equal(set(play, HVU_POOL_EXTERNAL, longest_key, longest_value), 0);
	assert_int_equal(set(play, HVU_POOL_EXTERNAL, "last", ""), 0);
	assert_int_equal(at(play, HVU_POOL_EXTERNAL, 0, &message), 0);
	assert_string_equal(message.list.item.value, longest_value);
	assert_int_equal(message.list.n, 0);
	assert_int_equal(message.list.flags, 0);
	assert_int_equal(at(play, HVU_POOL_EXTERNAL, 1, &message), 0);
	assert_string_equal(message.list.item.key, longest_key);
	assert_string_equal(message.list.item.value, longest_value);
	assert_int_equal(message.list.n, 1);
	assert_string_equal(message.list.text, "last");

	assert_int_equal(at(play, HVU_POOL_AUTO, 0, &message), 0);
	assert_string_equal(message.list.item.key, "FullyQualifiedDomainName");
	assert_string_equal(message.list.text, "IntegrationServicesVersion");
	assert_int_equal(message.list.flags, HV_IC_KVP_LIST_LAST);
	assert_int_equal(at(play, HVU_POOL_AUTO, message.list.n + 1, &message), -ENODATA);
	end(play);
}

/* What is longer than the files can hold is refused, and not cut. */
static void extremes(void **state)
{
	struct play *play = begin(state);
	char key[HV_IC_KVP_KEY_SIZE] = "", value[HV_IC_KVP_VALUE_SIZE] = "";
	struct message message;

	assert_int_equal(set(play, 0, "", "x"), -EINVAL);
	memset(key, 'k', 511);
	memset(value, 'v', 2047);
	assert_int_equal(set(play, 0, key, value), 0);
	expect(play, 0, key, value);
	memset(key, 'k', 512);
	assert_int_equal(set(play, 0, key, "x"), -EMSGSIZE);
	memset(value, 'v', 2048);
	assert_int_equal(set(play, 0, "x", value), -EMSGSIZE);
	/* No NUL anywhere. */
	memset(&message, 'x', sizeof(message));
	message.item.pool = 0;
	message.item.type = HV_IC_KVP_STRING;
	assert_int_equal(ask(play, HV_IC_KVP_SET, &message, sizeof(message.item)), -EMSGSIZE);
	/* Short payloads: what is missing is zero. */
	for (size_t size = 0; size < offsetof(struct hv_ic_kvp_item, key); size++) {
		memset(&message, 0, sizeof(message));
		assert_int_equal(ask(play, HV_IC_KVP_SET, &message, size), -EINVAL);
	}
	memset(&message, 0, sizeof(message));
	assert_int_equal(ask(play, 4711, &message, 0), -EOPNOTSUPP);
	memset(&message, 0, sizeof(message));
	assert_int_equal(ask(play, HV_IC_KVP_GET_IP, &message, 0), -EOPNOTSUPP);
	end(play);
}

static void append(struct play *play, const char *path, const char *key, const char *value)
{
	char record[HVU_POOL_RECORD_SIZE] = "";
	int fd;

	if (!hvu_exists(play->root->fd, "%s", path))
		unit_file(play->root, path, "");
	fd = hvu_open(play->root->fd, O_WRONLY | O_APPEND, "%s", path);
	strcpy(record, key);
	strcpy(record + HVU_POOL_KEY_SIZE, value);
	assert_int_equal(write(fd, record, sizeof(record)), sizeof(record));
	close(fd);
}

/* cloud-init writes into the guest's pool while we have it. */
static void others(void **state)
{
	struct play *play = begin(state);

	append(play, FOLDER "/.kvp_pool_1", "CLOUD_INIT|1", "report");
	expect(play, HVU_POOL_GUEST, "CLOUD_INIT|1", "report");
	append(play, FOLDER "/.kvp_pool_1", "CLOUD_INIT|2", "more");
	expect(play, HVU_POOL_GUEST, "CLOUD_INIT|2", "more");
	end(play);
}

static void write_at(struct play *play, off_t offset, const char *text)
{
	int fd = hvu_open(play->root->fd, O_WRONLY, FOLDER "/.kvp_pool_1");

	assert_int_equal(pwrite(fd, text, strlen(text) + 1, offset), strlen(text) + 1);
	close(fd);
}

static int truncate_pool(struct play *play)
{
	int fd = hvu_open(play->root->fd, O_WRONLY | O_TRUNC, FOLDER "/.kvp_pool_1");

	return fd < 0 ? fd : close(fd);
}

/* Whatever they do, and as often as they do it: the next request knows. */
static void at_once(void **state)
{
	struct play *play = begin(state);
	int folder = hvu_open(play->root->fd, O_RDONLY | O_DIRECTORY, FOLDER);
	struct message message;

	for (int round = 0; round < 50; round++) {
		char value[16];

		/* A new file takes the place of the old one. */
		snprintf(value, sizeof(value), "new-%d", round);
		append(play, FOLDER "/new", "key", value);
		assert_int_equal(renameat(folder, "new", folder, ".kvp_pool_1"), 0);
		expect(play, HVU_POOL_GUEST, "key", value);
		/* In place, to the same length. */
		snprintf(value, sizeof(value), "old-%d", round);
		write_at(play, HVU_POOL_KEY_SIZE, value);
		expect(play, HVU_POOL_GUEST, "key", value);
		assert_int_equal(set(play, HVU_POOL_GUEST, "key", "ours"), 0);
		write_at(play, HVU_POOL_KEY_SIZE, "them");
		expect(play, HVU_POOL_GUEST, "key", "them");
		/* Cut off, and gone. */
		assert_int_equal(truncate_pool(play), 0);
		assert_int_equal(at(play, HVU_POOL_GUEST, 0, &message), -ENODATA);
		append(play, FOLDER "/.kvp_pool_1", "key", value);
		expect(play, HVU_POOL_GUEST, "key", value);
		assert_int_equal(unlinkat(folder, ".kvp_pool_1", 0), 0);
		assert_int_equal(at(play, HVU_POOL_GUEST, 0, &message), -ENODATA);
	}
	close(folder);
	end(play);
}

static void serve_one(void *play)
{
	hvu_client_dispatch(&((struct play *)play)->server.client);
}

/* One read, one look whether the file is as it was, one write: with one item, and with many. */
static void few_calls(void **state)
{
	struct play *play = begin(state);
	struct message message = { 0 };
	char key[16];

	for (int i = 0; i < 300; i++) {
		snprintf(key, sizeof(key), "key-%d", i);
		assert_int_equal(set(play, HVU_POOL_GUEST, key, "value"), 0);
		if (i && i < 299)
			continue;
		message.item = (struct hv_ic_kvp_item){ .pool = HVU_POOL_GUEST, .index = i };
		message.record = (struct hv_ic_record){
			.len = sizeof(message.record) + sizeof(message.item), .id = 1,
			.op = HV_IC_KVP_ENUMERATE,
		};
		assert_int_equal(write(play->driver, &message, message.record.len),
				 message.record.len);
		assert_int_equal(unit_calls(serve_one, play), 3);
		assert_true(read(play->driver, &message, sizeof(message)) > 0);
		assert_int_equal(message.record.status, 0);
	}
	end(play);
}

/* Who watches a pool of the play; close it. */
static int watch_pool(struct play *play, unsigned int pool)
{
	int watch = inotify_init1(IN_NONBLOCK);
	char path[128];

	snprintf(path, sizeof(path), "%s/" FOLDER "/.kvp_pool_%u", play->root->path, pool);
	assert_true(watch >= 0);
	assert_true(inotify_add_watch(watch, path, IN_CLOSE_WRITE) >= 0);
	return watch;
}

/* Of all that has been seen until now at once. */
static bool was_closed(int watch)
{
	char events[4096];

	return read(watch, events, sizeof(events)) > 0;
}

/* Runs the loop until the pool is closed; returns how long that took. */
static int64_t wait_closed(struct play *play, int watch)
{
	int64_t start_us = hvu_now_us();

	while (!was_closed(watch) && hvu_now_us() - start_us < 5000000)
		sd_event_run(play->event, 100000);
	return hvu_now_us() - start_us;
}

/* Those who watch a pool are told that it was written: at once, or when no more is coming. */
static void closed(void **state)
{
	struct play *play = begin(state);
	int watch = watch_pool(play, HVU_POOL_GUEST);

	assert_int_equal(set(play, HVU_POOL_GUEST, "key", "value"), 0);
	assert_true(was_closed(watch));
	assert_int_equal(delete(play, HVU_POOL_GUEST, "key"), 0);
	assert_true(was_closed(watch));
	play->server.event = play->event;
	for (int round = 0; round < 2; round++) {
		assert_int_equal(set(play, HVU_POOL_GUEST, "key", "value"), 0);
		usleep(600000);
		sd_event_run(play->event, 0);
		assert_int_equal(set(play, HVU_POOL_GUEST, "key", "other"), 0);
		usleep(600000);
		/* Some more than a second after the first one, and not yet after the last one. */
		sd_event_run(play->event, 0);
		assert_false(was_closed(watch));
		assert_in_range(wait_closed(play, watch), 300000, 2500000);
	}
	/* No longer than the daemon. */
	assert_int_equal(delete(play, HVU_POOL_GUEST, "key"), 0);
	assert_false(was_closed(watch));
	hvic_server_close_pools(&play->server);
	assert_true(was_closed(watch));
	close(watch);
	end(play);
}

/* Neither memory nor descriptors grow with requests. */
static void flat(void **state)
{
	struct play *play = begin(state);
	struct unit_use before = { .bytes = 0 };
	struct message message;

	assert_int_equal(set(play, HVU_POOL_GUEST, "key", "value"), 0);
	for (int i = 0; i < 10000; i++) {
		char key[16];

		if (i == 500)
			unit_measure(&before);
		snprintf(key, sizeof(key), "key-%d", i % 200);
		if (i % 100 == 50)
			assert_int_equal(set(play, HVU_POOL_GUEST, key, "value"), 0);
		else if (i % 100 == 99)
			assert_int_equal(delete(play, HVU_POOL_GUEST, key), -ENOENT);
		else if (i % 3)
			expect(play, HVU_POOL_GUEST, "key", "value");
		else
			assert_int_equal(at(play, HVU_POOL_AUTO, i % 14, &message), 0);
	}
	unit_expect_use(&before);
	end(play);
}

static int lock_pool(struct play *play)
{
	int fd = hvu_open(play->root->fd, O_RDWR, FOLDER "/.kvp_pool_1");

	assert_true(fd >= 0);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	return fd;
}

/* Another program keeps a pool locked for minutes: that is an answer, and all else goes on. */
static void locked(void **state)
{
	struct play *play = begin(state);
	struct message message;
	int fd;

	assert_int_equal(set(play, HVU_POOL_GUEST, "key", "value"), 0);
	fd = lock_pool(play);
	assert_int_equal(set(play, HVU_POOL_GUEST, "key", "other"), -EBUSY);
	assert_int_equal(delete(play, HVU_POOL_GUEST, "key"), -EBUSY);
	/* What is known needs no lock. */
	expect(play, HVU_POOL_GUEST, "key", "value");
	assert_int_equal(set(play, HVU_POOL_EXTERNAL, "key", "value"), 0);
	/* What has been written meanwhile is not known. */
	write_at(play, HVU_POOL_KEY_SIZE, "them");
	assert_int_equal(at(play, HVU_POOL_GUEST, 0, &message), -EBUSY);
	expect(play, HVU_POOL_AUTO, "OSBuildNumber", "6.1.0");
	/* It is locked when the daemon starts. */
	stop_server(play);
	start_server(play);
	expect(play, HVU_POOL_EXTERNAL, "key", "value");
	assert_int_equal(at(play, HVU_POOL_GUEST, 0, &message), -EBUSY);
	close(fd);
	expect(play, HVU_POOL_GUEST, "key", "them");
	assert_int_equal(set(play, HVU_POOL_GUEST, "key", "other"), 0);
	end(play);
}

/* The guest's own items stay when we start; what another boot knew of its host does not. */
static void restart(void **state)
{
	struct play *play = begin(state);
	struct timespec old[2] = { { .tv_sec = 1000000000 }, { .tv_sec = 1000000000 } };
	struct message message;
	int folder;

	assert_int_equal(set(play, HVU_POOL_EXTERNAL, "key", "host's"), 0);
	assert_int_equal(set(play, HVU_POOL_GUEST, "key", "guest's"), 0);
	assert_int_equal(set(play, HVU_POOL_AUTO_EXTERNAL, "HostName", "here"), 0);
	stop_server(play);
	start_server(play);
	expect(play, HVU_POOL_EXTERNAL, "key", "host's");
	expect(play, HVU_POOL_GUEST, "key", "guest's");
	stop_server(play);

	/* An image of long ago. */
	folder = hvu_open(play->root->fd, O_RDONLY | O_DIRECTORY, FOLDER);
	unit_file(play->root, "proc/stat", "btime 1700000000\n");
	unit_file(play->root, "proc/sys/kernel/random/boot_id",
		  "11111111-2222-3333-4444-555555555555\n");
	for (int i = 0; i < 4; i++) {
		char name[32];

		snprintf(name, sizeof(name), ".kvp_pool_%d", i);
		assert_int_equal(utimensat(folder, name, old, 0), 0);
	}
	close(folder);
	start_server(play);
	expect(play, HVU_POOL_EXTERNAL, "key", "host's");
	expect(play, HVU_POOL_GUEST, "key", "guest's");
	assert_int_equal(at(play, HVU_POOL_AUTO_EXTERNAL, 0, &message), -ENODATA);
	end(play);
}

/* A folder that cannot be used is an answer, and it may come later. */
static void out_of_reach(void **state)
{
	struct unit_root *root = *state;
	struct play *play;
	struct message message;

	unit_folder(root, "var/lib");
	unit_symlink(root, FOLDER, "/nowhere");
	play = calloc(1, sizeof(*play));
	assert_non_null(play);
	play->root = root;
	unit_folder(root, "dev");
	assert_true(sd_event_new(&play->event) >= 0);
	assert_int_equal(hvic_inject_open(&play->server.inject, &inject_ops, root->fd,
					  &play->server.settings, play->event), 0);
	start_server(play);
	assert_int_equal(set(play, 0, "key", "value"), -ENOENT);
	assert_int_equal(at(play, 1, 0, &message), -ENOENT);
	expect(play, HVU_POOL_AUTO, "OSBuildNumber", "6.1.0");
	unit_folder(root, "nowhere");
	assert_int_equal(set(play, 0, "key", "value"), 0);
	expect(play, 0, "key", "value");
	end(play);
}

static void move(struct play *play, const char *from, const char *to)
{
	assert_int_equal(renameat(play->root->fd, from, play->root->fd, to), 0);
}

/* Another folder is in its place, as when something is mounted on it: that is where others look. */
static void folder_replaced(void **state)
{
	struct play *play = begin(state);
	struct message message;

	assert_int_equal(set(play, HVU_POOL_EXTERNAL, "key", "first"), 0);
	assert_int_equal(set(play, HVU_POOL_GUEST, "key", "first"), 0);
	append(play, "var/lib/second/.kvp_pool_1", "key", "second");
	move(play, FOLDER, "var/lib/first");
	move(play, "var/lib/second", FOLDER);
	expect(play, HVU_POOL_GUEST, "key", "second");
	assert_int_equal(at(play, HVU_POOL_EXTERNAL, 0, &message), -ENODATA);
	assert_true(hvu_exists(play->root->fd, FOLDER "/.kvp_pool_3"));
	/* A SET goes there, also as the first one that notices. */
	move(play, FOLDER, "var/lib/second");
	move(play, "var/lib/first", FOLDER);
	assert_int_equal(set(play, HVU_POOL_EXTERNAL, "key", "third"), 0);
	expect(play, HVU_POOL_EXTERNAL, "key", "third");
	expect(play, HVU_POOL_GUEST, "key", "first");
	move(play, FOLDER, "var/lib/first");
	move(play, "var/lib/second", FOLDER);
	assert_int_equal(at(play, HVU_POOL_EXTERNAL, 0, &message), -ENODATA);
	end(play);
}

/* What hvic-kvpd has said while it ran is on standard error. */
static unsigned int lines_said(int said, const char *about)
{
	char text[4096] = "";
	unsigned int n = 0;

	assert_true(pread(said, text, sizeof(text) - 1, 0) >= 0);
	for (const char *at = text; (at = strstr(at, about)); at++)
		n++;
	return n;
}

/* There is none any more: that is an answer, and said once; a request does not make it. */
static void folder_gone(void **state)
{
	struct play *play = begin(state);
	FILE *said = tmpfile();
	int error = dup(STDERR_FILENO);
	struct message message;

	assert_int_equal(set(play, HVU_POOL_EXTERNAL, "key", "value"), 0);
	dup2(fileno(said), STDERR_FILENO);
	for (unsigned int times = 1; times <= 2; times++) {
		move(play, FOLDER, "var/lib/away");
		for (int i = 0; i < 3; i++) {
			assert_int_equal(set(play, HVU_POOL_EXTERNAL, "key", "new"), -ENOENT);
			assert_int_equal(at(play, HVU_POOL_GUEST, 0, &message), -ENOENT);
		}
		assert_false(hvu_exists(play->root->fd, FOLDER));
		assert_int_equal(lines_said(fileno(said), "restart hvic-kvpd"), times);
		move(play, "var/lib/away", FOLDER);
		expect(play, HVU_POOL_EXTERNAL, "key", "value");
	}
	/* A new one, by hand or by the next start. */
	move(play, FOLDER, "var/lib/away");
	assert_int_equal(set(play, HVU_POOL_EXTERNAL, "key", "new"), -ENOENT);
	unit_folder(play->root, FOLDER);
	assert_int_equal(set(play, HVU_POOL_EXTERNAL, "key", "new"), 0);
	assert_true(hvu_exists(play->root->fd, FOLDER "/.kvp_pool_0"));
	move(play, FOLDER, "var/lib/third");
	stop_server(play);
	start_server(play);
	assert_int_equal(at(play, HVU_POOL_EXTERNAL, 0, &message), -ENODATA);
	dup2(error, STDERR_FILENO);
	close(error);
	fclose(said);
	end(play);
}

static int ask_adapter(struct play *play)
{
	struct message message = { .ip = { .adapter = "no such adapter" } };

	return ask(play, HV_IC_KVP_GET_IP, &message, sizeof(message.ip));
}

/* The kernel cannot be asked for the network: a later request tries again, and not each one. */
static void net_later(void **state)
{
	struct play *play = begin(state);
	FILE *said = tmpfile();
	int error = dup(STDERR_FILENO);
	struct rlimit limit, none;

	play->server.event = play->event;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = limit;
	none.rlim_cur = dup(error);
	close(none.rlim_cur);
	dup2(fileno(said), STDERR_FILENO);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	hvic_server_open_net(&play->server);
	for (int times = 0; times < 2; times++) {
		assert_int_equal(ask_adapter(play), -EOPNOTSUPP);
		usleep(1100000);
	}
	assert_int_equal(ask_adapter(play), -EOPNOTSUPP);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(ask_adapter(play), -EOPNOTSUPP);
	usleep(1100000);
	assert_int_equal(ask_adapter(play), -ENOENT);
	assert_ptr_equal(play->server.items.net, &play->server.net);
	dup2(error, STDERR_FILENO);
	assert_int_equal(lines_said(fileno(said), "\n"), 1);
	assert_int_equal(lines_said(fileno(said), "the host sees no addresses"), 1);
	close(error);
	fclose(said);
	hvic_net_close(&play->server.net);
	end(play);
}

/* As a service of systemd sees a folder that was removed and made anew. */
static void folder_read_only(void **state)
{
	struct play *play = begin(state);
	FILE *said = tmpfile();
	int error = dup(STDERR_FILENO), root;
	struct message message;
	char path[128];

	snprintf(path, sizeof(path), "%s/" FOLDER, play->root->path);
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("none", path, "tmpfs", 0, NULL)) {
		close(error);
		fclose(said);
		end(play);
		skip();
	}
	/* What was opened before is of the namespace before. */
	root = hvu_root_open(play->root->path);
	assert_int_equal(dup2(root, play->root->fd), play->root->fd);
	close(root);
	append(play, FOLDER "/.kvp_pool_1", "key", "value");
	assert_int_equal(mount(NULL, path, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL), 0);
	dup2(fileno(said), STDERR_FILENO);
	assert_int_equal(at(play, HVU_POOL_EXTERNAL, 0, &message), -ENODATA);
	expect(play, HVU_POOL_GUEST, "key", "value");
	for (int i = 0; i < 3; i++)
		assert_int_equal(set(play, HVU_POOL_EXTERNAL, "key", "new"), -EROFS);
	dup2(error, STDERR_FILENO);
	assert_int_equal(lines_said(fileno(said), "\n"), 1);
	assert_int_equal(lines_said(fileno(said), "restart hvic-kvpd"), 1);
	close(error);
	fclose(said);
	end(play);
	assert_int_equal(umount2(path, MNT_DETACH), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, unit_root_setup, unit_root_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(pools), TEST(numbers), TEST(facts),
		TEST(facts_from_the_middle), TEST(lists), TEST(extremes), TEST(others),
		TEST(at_once), TEST(few_calls), TEST(closed), TEST(locked), TEST(flat),
		TEST(restart), TEST(out_of_reach), TEST(folder_replaced), TEST(folder_gone),
		TEST(net_later), TEST(folder_read_only),
	};

	return cmocka_run_group_tests_name("serve", tests, NULL, NULL);
}
