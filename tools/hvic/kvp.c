// SPDX-License-Identifier: GPL-2.0
/*
 * hvic kvp: the pools of data exchange. It works on the files, so neither a daemon nor the driver
 * needs to be there.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "array.h"
#include "clock.h"
#include "hvic.h"
#include "kvp.h"

/* Where nothing tells of changes, for instance on a network. */
#define LOOK_AGAIN_MS 500

/* Host text, harmless for a terminal. */
static void print_text(const struct hvic *hvic, const char *before, const char *text,
		       const char *after)
{
	char *harmless = hvu_printable(text, hvic->paper.utf8);

	fprintf(hvic->paper.out, "%s%s%s", before, harmless ? harmless : "?", after);
	free(harmless);
}

/* Opens the pool to write to; it is the guest's if nothing else is said. */
static int open_to_write(const struct hvic *hvic, struct hvic_kvp *kvp)
{
	const char *word = hvic_args_value(&hvic->call, "pool");
	int ret = hvic_kvp_open(hvic, word ? word : "guest", kvp);

	if (ret || kvp->first == HVU_POOL_GUEST || hvic_args_value(&hvic->call, "force"))
		return ret;
	hvic_error("pool %s is not the guest's: the host writes it, or hvic-kvpd answers in its place; with --force it is written all the same",
		   hvu_pool_names[kvp->first]);
	hvic_kvp_close(kvp);
	return HVIC_USAGE;
}

static const char *find(const struct hvic_kvp *kvp, const char *key, unsigned int *number)
{
	for (unsigned int i = 0; i < HVU_POOLS; i++) {
		const char *value = kvp->pools[i] ? hvu_pool_get(kvp->pools[i], key) : NULL;

		*number = i;
		if (value)
			return value;
	}
	return NULL;
}

/* --- Reading. ------------------------------------------------------------- */

/* JSON has no bytes that are no UTF-8: those are replaced, and come once more as what they are. */
static void add_text(json_object *object, const char *name, const char *name_hex, const char *text)
{
	const char *rest = text;
	uint32_t character;
	char *hex, *at;

	json_object_object_add(object, name, json_object_new_string(text));
	for (size_t len = 1; *rest && len; rest += len)
		len = hvu_character(rest, &character);
	if (!*rest)
		return;
	hex = malloc(2 * strlen(text) + 1);
	if (!hex)
		return;
	for (at = hex; *text; text++)
		at += sprintf(at, "%02x", (unsigned char)*text);
	json_object_object_add(object, name_hex, json_object_new_string(hex));
	free(hex);
}

static json_object *describe(const struct hvic_kvp *kvp)
{
	json_object *pools = json_object_new_array(), *whole = json_object_new_object();

	for (unsigned int i = 0; i < HVU_POOLS; i++) {
		json_object *pool, *items;
		struct hvu_pool_item item;

		if (!kvp->pools[i])
			continue;
		pool = json_object_new_object();
		items = json_object_new_array();
		for (size_t j = 0; hvu_pool_at(kvp->pools[i], j, &item); j++) {
			json_object *object = json_object_new_object();

			add_text(object, "key", "key_hex", item.key);
			add_text(object, "value", "value_hex", item.value);
			json_object_array_add(items, object);
		}
		json_object_object_add(pool, "pool", json_object_new_string(hvu_pool_names[i]));
		json_object_object_add(pool, "number", json_object_new_int(i));
		json_object_object_add(pool, "items", items);
		json_object_array_add(pools, pool);
	}
	json_object_object_add(whole, "pools", pools);
	return whole;
}

static void print_list(const struct hvic *hvic, const struct hvic_kvp *kvp)
{
	static const char *const heads[] = { "POOL", "KEY", "VALUE" };
	struct hvu_table *table = hvu_table_new(heads, ARRAY_SIZE(heads));
	struct hvu_pool_item item;

	for (unsigned int i = 0; i < HVU_POOLS; i++) {
		for (size_t j = 0; kvp->pools[i] && hvu_pool_at(kvp->pools[i], j, &item); j++) {
			hvu_table_add(table, HVU_PLAIN, "%s", hvu_pool_names[i]);
			hvu_table_add(table, HVU_PLAIN, "%s", item.key);
			hvu_table_add(table, HVU_PLAIN, "%s", item.value);
		}
	}
	hvu_table_print(table, &hvic->paper);
}

/* What could not be written, as to a full disk, is neither a result nor the lack of one. */
static int printed(const struct hvic *hvic)
{
	return fflush(hvic->paper.out) || ferror(hvic->paper.out) ? HVIC_IO : HVIC_OK;
}

int cmd_kvp_list(struct hvic *hvic)
{
	struct hvic_kvp kvp;
	int ret = hvic_kvp_open(hvic, hvic->call.n_args ? hvic->call.args[0] : NULL, &kvp);

	if (ret)
		return ret;
	if (hvic_wants_json(hvic))
		hvic_print_json(hvic, describe(&kvp));
	else
		print_list(hvic, &kvp);
	hvic_kvp_close(&kvp);
	return printed(hvic);
}

int cmd_kvp_dump(struct hvic *hvic)
{
	/* This is for import, and for programs: it is JSON, whether that is asked for or not. */
	if (!hvic_wants_json(hvic))
		hvic->call.global[HVIC_OPTION_JSON] = "";
	return cmd_kvp_list(hvic);
}

static void print_value(struct hvic *hvic, unsigned int number, const char *key, const char *value)
{
	json_object *object;

	if (!hvic_wants_json(hvic)) {
		/* A script wants the value, whatever its locale; a terminal has a width. */
		if (hvic->paper.width)
			print_text(hvic, "", value, "\n");
		else
			fprintf(hvic->paper.out, "%s\n", value);
		return;
	}
	object = json_object_new_object();
	json_object_object_add(object, "pool", json_object_new_string(hvu_pool_names[number]));
	json_object_object_add(object, "key", json_object_new_string(key));
	json_object_object_add(object, "value", json_object_new_string(value));
	hvic_print_json(hvic, object);
}

int cmd_kvp_get(struct hvic *hvic)
{
	const char *key = hvic->call.args[0], *value;
	unsigned int number;
	struct hvic_kvp kvp;
	int ret = hvic_kvp_open(hvic, hvic_args_value(&hvic->call, "pool"), &kvp);

	if (ret)
		return ret;
	value = find(&kvp, key, &number);
	if (value)
		print_value(hvic, number, key, value);
	else
		hvic_error("there is no key \"%s\"", key);
	hvic_kvp_close(&kvp);
	return value ? printed(hvic) : HVIC_FAILED;
}

/* --- Waiting. ------------------------------------------------------------- */

/* Where this fails, we look now and then. */
static void watch_folder(const struct hvic_kvp *kvp, int watch)
{
	uint32_t mask = IN_MODIFY | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO;
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", kvp->directory);
	inotify_add_watch(watch, path, mask);
}

static int open_watch(const struct hvic_kvp *kvp)
{
	int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	watch_folder(kvp, watch);
	return watch;
}

/* The folder may be another one by now, as when something is mounted on it. */
static void follow_folder(const struct hvic *hvic, const struct hvic_kvp *kvp, int watch)
{
	if (hvu_pool_follow(kvp->directory, hvic->root, kvp->folder) > 0)
		watch_folder(kvp, watch);
}

/* Waits for news, but not beyond @until, -1 for ever; false if time is up. */
static bool wait_for_news(int watch, int64_t until)
{
	struct pollfd pollfd = { .fd = watch, .events = POLLIN };
	int64_t left = until < 0 ? LOOK_AGAIN_MS : until - hvu_now_ms();
	char events[4096];

	if (left <= 0)
		return false;
	poll(&pollfd, 1, left < LOOK_AGAIN_MS ? left : LOOK_AGAIN_MS);
	while (watch >= 0 && read(watch, events, sizeof(events)) > 0)
		;
	return true;
}

/* 0 or an exit status; a pool that somebody keeps locked has no news yet. */
static int refresh(const struct hvic *hvic, const struct hvic_kvp *kvp, int watch)
{
	follow_folder(hvic, kvp, watch);
	for (unsigned int i = 0; i < HVU_POOLS; i++) {
		int ret = kvp->pools[i] ? hvu_pool_refresh(kvp->pools[i]) : 0;

		if (ret < 0 && ret != -EBUSY)
			return hvic_kvp_failed(kvp, i, ret);
	}
	return 0;
}

static int64_t deadline(const struct hvic *hvic)
{
	return hvic->call.global[HVIC_OPTION_TIMEOUT] ? hvu_now_ms() + hvic->timeout_ms : -1;
}

int cmd_kvp_wait(struct hvic *hvic)
{
	const char *key = hvic->call.args[0], *value = NULL;
	int64_t until = deadline(hvic);
	unsigned int number;
	struct hvic_kvp kvp;
	int watch, ret = hvic_kvp_open(hvic, hvic_args_value(&hvic->call, "pool"), &kvp);

	if (ret)
		return ret;
	watch = open_watch(&kvp);
	do {
		ret = refresh(hvic, &kvp, watch);
		if (ret)
			break;
		value = find(&kvp, key, &number);
	} while (!value && wait_for_news(watch, until));
	if (value) {
		print_value(hvic, number, key, value);
		ret = printed(hvic);
	} else if (!ret) {
		hvic_error("there is no key \"%s\", and time is up", key);
		ret = HVIC_AGAIN;
	}
	if (watch >= 0)
		close(watch);
	hvic_kvp_close(&kvp);
	return ret;
}

static json_object *snapshot(struct hvu_pool *pool)
{
	json_object *items = json_object_new_object();
	struct hvu_pool_item item;

	for (size_t i = 0; hvu_pool_at(pool, i, &item); i++)
		json_object_object_add(items, item.key, json_object_new_string(item.value));
	return items;
}

static void print_news(struct hvic *hvic, unsigned int number, const char *key, const char *value)
{
	json_object *object;

	if (!hvic_wants_json(hvic)) {
		fprintf(hvic->paper.out, "%s ", hvu_pool_names[number]);
		print_text(hvic, value ? "set " : "del ", key, value ? "=" : "\n");
		if (value)
			print_text(hvic, "", value, "\n");
		fflush(hvic->paper.out);
		return;
	}
	object = json_object_new_object();
	json_object_object_add(object, "pool", json_object_new_string(hvu_pool_names[number]));
	json_object_object_add(object, "key", json_object_new_string(key));
	if (value)
		json_object_object_add(object, "value", json_object_new_string(value));
	hvic->call.global[HVIC_OPTION_JSON] = "short";
	hvic_print_json(hvic, object);
}

static void compare(struct hvic *hvic, unsigned int number, json_object *old, json_object *new)
{
	json_object *other;

	json_object_object_foreach(new, key, value) {
		const char *text = json_object_get_string(value);

		if (!json_object_object_get_ex(old, key, &other) ||
		    strcmp(json_object_get_string(other), text))
			print_news(hvic, number, key, text);
	}
	json_object_object_foreach(old, gone, unused) {
		(void)unused;
		if (!json_object_object_get_ex(new, gone, &other))
			print_news(hvic, number, gone, NULL);
	}
}

int cmd_kvp_watch(struct hvic *hvic)
{
	json_object *seen[HVU_POOLS] = { NULL };
	int64_t until = deadline(hvic);
	struct hvic_kvp kvp;
	int watch, ret = hvic_kvp_open(hvic, hvic->call.n_args ? hvic->call.args[0] : NULL, &kvp);

	if (ret)
		return ret;
	watch = open_watch(&kvp);
	for (unsigned int i = 0; i < HVU_POOLS; i++)
		seen[i] = kvp.pools[i] ? snapshot(kvp.pools[i]) : NULL;
	do {
		ret = refresh(hvic, &kvp, watch);
		for (unsigned int i = 0; !ret && i < HVU_POOLS; i++) {
			json_object *now = kvp.pools[i] ? snapshot(kvp.pools[i]) : NULL;

			if (now)
				compare(hvic, i, seen[i], now);
			json_object_put(seen[i]);
			seen[i] = now;
		}
	} while (!ret && !ferror(hvic->paper.out) && wait_for_news(watch, until));
	for (unsigned int i = 0; i < HVU_POOLS; i++)
		json_object_put(seen[i]);
	if (watch >= 0)
		close(watch);
	hvic_kvp_close(&kvp);
	return ret;
}

/* --- Writing. ------------------------------------------------------------- */

int cmd_kvp_set(struct hvic *hvic)
{
	struct hvic_kvp kvp;
	int ret = open_to_write(hvic, &kvp);

	if (ret)
		return ret;
	ret = hvu_pool_set(kvp.pools[kvp.first], hvic->call.args[0], hvic->call.args[1]);
	if (ret)
		ret = hvic_kvp_failed(&kvp, kvp.first, ret);
	hvic_kvp_close(&kvp);
	return ret;
}

int cmd_kvp_del(struct hvic *hvic)
{
	struct hvic_kvp kvp;
	int ret = open_to_write(hvic, &kvp);

	if (ret)
		return ret;
	ret = hvu_pool_delete(kvp.pools[kvp.first], hvic->call.args[0]);
	if (ret == -ENOENT) {
		hvic_error("there is no key \"%s\" in pool %s", hvic->call.args[0],
			   hvu_pool_names[kvp.first]);
		ret = HVIC_FAILED;
	} else if (ret) {
		ret = hvic_kvp_failed(&kvp, kvp.first, ret);
	}
	hvic_kvp_close(&kvp);
	return ret;
}

/* Puts what stands in hexadecimal digits in the place of the text that could not; is it sound? */
static bool take_hex(json_object *item, const char *name, const char *name_hex)
{
	json_object *member;
	const char *hex;
	char *text;
	size_t len;

	if (!json_object_object_get_ex(item, name_hex, &member))
		return true;
	hex = json_object_is_type(member, json_type_string) ? json_object_get_string(member) : "?";
	len = strlen(hex);
	text = malloc(len / 2 + 1);
	if (!text || len % 2 || strspn(hex, "0123456789abcdefABCDEF") != len) {
		free(text);
		return false;
	}
	for (size_t i = 0; i < len / 2; i++) {
		char pair[] = { hex[2 * i], hex[2 * i + 1], '\0' };

		text[i] = strtoul(pair, NULL, 16);
	}
	json_object_object_add(item, name, json_object_new_string_len(text, len / 2));
	free(text);
	return true;
}

/* A member that is a text, and can be in a pool; NULL if it is not. */
static const char *text_of(json_object *item, const char *key)
{
	json_object *member;
	const char *text;

	if (!json_object_object_get_ex(item, key, &member) ||
	    !json_object_is_type(member, json_type_string))
		return NULL;
	text = json_object_get_string(member);
	return (int)strlen(text) == json_object_get_string_len(member) ? text : NULL;
}

/* Is there room for the keys that the pool does not have yet? */
static bool has_room(struct hvu_pool *pool, json_object *items)
{
	json_object *new = json_object_new_object();
	bool room;

	for (size_t i = 0; i < json_object_array_length(items); i++) {
		const char *key = text_of(json_object_array_get_idx(items, i), "key");

		if (!hvu_pool_get(pool, key))
			json_object_object_add(new, key, NULL);
	}
	room = hvu_pool_count(pool) + json_object_object_length(new) <= HVU_POOL_RECORDS;
	json_object_put(new);
	return room;
}

/* All of it is looked at before something is set. */
static int import_items(struct hvic_kvp *kvp, json_object *items)
{
	size_t n = json_object_array_length(items);
	int ret = 0;

	for (size_t i = 0; i < n; i++) {
		json_object *item = json_object_array_get_idx(items, i);
		bool sound = take_hex(item, "key", "key_hex") &&
			     take_hex(item, "value", "value_hex");
		const char *key = text_of(item, "key"), *value = text_of(item, "value");

		if (!sound)
			hvic_error("item %zu of pool %s: \"key_hex\" and \"value_hex\" are pairs of hexadecimal digits; nothing is imported",
				   i, hvu_pool_names[kvp->first]);
		else if (!key || !value)
			hvic_error("item %zu of pool %s needs a \"key\" and a \"value\" that are strings, without \\u0000; nothing is imported",
				   i, hvu_pool_names[kvp->first]);
		else if (hvu_pool_check(key, value))
			hvic_error("item %zu of pool %s: %s; nothing is imported", i,
				   hvu_pool_names[kvp->first],
				   hvu_pool_explain(hvu_pool_check(key, value)));
		else
			continue;
		return HVIC_USAGE;
	}
	if (!has_room(kvp->pools[kvp->first], items)) {
		hvic_error("pool %s has no room for all that is new in it: %s; nothing is imported",
			   hvu_pool_names[kvp->first], hvu_pool_explain(-ENOBUFS));
		return HVIC_IO;
	}
	for (size_t i = 0; !ret && i < n; i++) {
		json_object *item = json_object_array_get_idx(items, i);

		ret = hvu_pool_set(kvp->pools[kvp->first], text_of(item, "key"),
				   text_of(item, "value"));
	}
	return ret ? hvic_kvp_failed(kvp, kvp->first, ret) : 0;
}

static int import_pools(struct hvic_kvp *kvp, json_object *whole)
{
	json_object *pools, *items;

	if (!json_object_object_get_ex(whole, "pools", &pools) ||
	    !json_object_is_type(pools, json_type_array)) {
		hvic_error("this is not what 'hvic kvp dump' prints: it has no pools");
		return HVIC_USAGE;
	}
	for (size_t i = 0; i < json_object_array_length(pools); i++) {
		json_object *pool = json_object_array_get_idx(pools, i);

		if (!strcmp(hvu_json_string(pool, "pool"), hvu_pool_names[kvp->first]) &&
		    json_object_object_get_ex(pool, "items", &items) &&
		    json_object_is_type(items, json_type_array))
			return import_items(kvp, items);
	}
	hvic_error("the dump has nothing of pool %s; --pool names another one",
		   hvu_pool_names[kvp->first]);
	return HVIC_FAILED;
}

int cmd_kvp_import(struct hvic *hvic)
{
	const char *path = hvic->call.args[0];
	json_object *whole;
	struct hvic_kvp kvp;
	int ret;

	whole = strcmp(path, "-") ? json_object_from_file(path) : json_object_from_fd(STDIN_FILENO);
	if (!whole) {
		if (strcmp(path, "-") && access(path, R_OK)) {
			hvic_error("%s: %s", path, strerror(errno));
			return HVIC_IO;
		}
		hvic_error("%s is no JSON, as 'hvic kvp dump' prints it", path);
		return HVIC_USAGE;
	}
	ret = open_to_write(hvic, &kvp);
	if (!ret) {
		ret = import_pools(&kvp, whole);
		hvic_kvp_close(&kvp);
	}
	json_object_put(whole);
	return ret;
}

/* --- The files. ----------------------------------------------------------- */

static void add_number(json_object *object, const char *key, int64_t number)
{
	json_object_object_add(object, key, json_object_new_int64(number));
}

static json_object *describe_file(unsigned int number, struct hvu_pool *pool,
				  const struct hvu_pool_info *info)
{
	json_object *object = json_object_new_object();
	char mode[8];

	snprintf(mode, sizeof(mode), "%04o", info->status.st_mode & 07777);
	json_object_object_add(object, "pool", json_object_new_string(hvu_pool_names[number]));
	json_object_object_add(object, "exists", json_object_new_boolean(info->status.st_nlink));
	add_number(object, "items", hvu_pool_count(pool));
	add_number(object, "records", info->records);
	add_number(object, "empty", info->empty);
	add_number(object, "duplicates", info->duplicates);
	add_number(object, "ignored", info->ignored);
	add_number(object, "rest_bytes", info->rest);
	add_number(object, "max_records", HVU_POOL_RECORDS);
	add_number(object, "max_key_bytes", HVU_POOL_KEY_SIZE - 1);
	add_number(object, "max_value_bytes", HVU_POOL_VALUE_SIZE - 1);
	add_number(object, "uid", info->status.st_uid);
	add_number(object, "gid", info->status.st_gid);
	json_object_object_add(object, "mode", json_object_new_string(mode));
	json_object_object_add(object, "interrupted", json_object_new_boolean(info->interrupted));
	if (info->unread)
		json_object_object_add(object, "unread",
				       json_object_new_string(hvu_pool_explain(info->unread)));
	if (!info->locked)
		return object;
	json_object_object_add(object, "locked", json_object_new_string(info->lock.kind == 'f' ?
								       "flock" : "fcntl"));
	if (info->lock.pid)
		add_number(object, "locked_by", info->lock.pid);
	return object;
}

static void print_member(void *out, const char *key, json_object *value)
{
	fprintf(out, "%-17s%s\n", key, json_object_get_string(value));
}

int cmd_kvp_info(struct hvic *hvic)
{
	json_object *pools = json_object_new_array(), *whole;
	const char *word = hvic->call.n_args ? hvic->call.args[0] : NULL;
	int only = word ? hvu_parse_word(word, hvic_pool_words) % HVU_POOLS : -1;
	struct hvic_kvp kvp;
	int ret = hvic_kvp_open_folder(hvic, &kvp), status = HVIC_OK;

	for (int i = 0; !ret && i < HVU_POOLS; i++) {
		struct hvu_pool_info info;
		int error;

		if (only >= 0 && i != only)
			continue;
		/* Who holds a lock is what is asked for: it is not waited for. */
		error = hvu_pool_open(&kvp.pools[i], kvp.directory, i, 0);
		if (!error)
			error = hvu_pool_inspect(kvp.pools[i], hvic->root, &info);
		if (error)
			status = hvic_kvp_failed(&kvp, i, error);
		else
			json_object_array_add(pools, describe_file(i, kvp.pools[i], &info));
	}
	if (ret) {
		json_object_put(pools);
		return ret;
	}
	whole = json_object_new_object();
	json_object_object_add(whole, "folder", json_object_new_string(kvp.folder));
	json_object_object_add(whole, "pools", pools);
	hvic_kvp_close(&kvp);
	if (hvic_wants_json(hvic)) {
		hvic_print_json(hvic, whole);
		return status;
	}
	print_member(hvic->paper.out, "folder", json_object_object_get(whole, "folder"));
	for (size_t i = 0; i < json_object_array_length(pools); i++) {
		fputc('\n', hvic->paper.out);
		hvu_json_each(json_object_array_get_idx(pools, i), print_member, hvic->paper.out);
	}
	json_object_put(whole);
	return status;
}
