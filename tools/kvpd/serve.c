// SPDX-License-Identifier: GPL-2.0
/*
 * What the host gets for its requests.
 *
 * Everything but an item that is to be stored comes from memory. What others may have changed is
 * looked at before each answer, by its times, and read only if it has changed.
 */
#include "serve.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "adapters.h"
#include "clock.h"
#include "message.h"
#include "root.h"

/* How long a pool stays open after a change. */
#define REST_US 1000000
/* How long nobody tries again to know the network. */
#define RETRY_US 1000000

/* --- Pools. ------------------------------------------------------------------------------ */

/* Where no other program has made the folder yet, this one does. */
static int open_folder(struct hvic_server *server)
{
	const char *path = server->settings.kvp.pools;

	if (server->folder < 0)
		server->folder = hvu_open(server->root, O_PATH | O_DIRECTORY, "%s", path);
	if (server->folder == -ENOENT && !mkdirat(server->root, path + strspn(path, "/"), 0755))
		server->folder = hvu_open(server->root, O_PATH | O_DIRECTORY, "%s", path);
	return server->folder < 0 ? server->folder : 0;
}

/* Once, until it can be opened. */
static void complain(struct hvic_server *server, unsigned int number, int error)
{
	if (!server->told[number])
		hvu_message(HVU_MESSAGE_POOL_UNUSABLE, HVU_LOG_WARNING, "%s/.kvp_pool_%u: %s",
			    server->settings.kvp.pools, number, hvu_pool_explain(error));
}

static int open_pool(struct hvic_server *server, unsigned int number)
{
	int ret = open_folder(server);

	if (!ret)
		ret = hvu_pool_open(&server->pools[number], server->folder, number,
				    HVU_POOL_WAIT_MS);
	if (ret) {
		server->pools[number] = NULL;
		complain(server, number, ret);
		server->told[number] = true;
		return ret;
	}
	server->told[number] = false;
	return 0;
}

static void rest_pools(struct hvic_server *server)
{
	for (unsigned int number = 0; number < HVU_POOLS; number++) {
		if (server->pools[number])
			hvu_pool_rest(server->pools[number]);
	}
}

static int await_rest(struct hvic_server *server);

static int on_rest(sd_event_source *source, uint64_t time, void *data)
{
	struct hvic_server *server = data;

	(void)source;
	(void)time;
	if (!server->changed || await_rest(server) < 0)
		rest_pools(server);
	return 0;
}

static int await_rest(struct hvic_server *server)
{
	int ret;

	server->changed = false;
	if (!server->event)
		return -ENOTSUP;
	if (!server->rest)
		return sd_event_add_time_relative(server->event, &server->rest, CLOCK_MONOTONIC,
						  REST_US, 0, on_rest, server);
	ret = sd_event_source_set_time_relative(server->rest, REST_US);
	return ret < 0 ? ret : sd_event_source_set_enabled(server->rest, SD_EVENT_ONESHOT);
}

/*
 * A pool that was changed is closed some time later, and not for each change of many: that tells
 * those who watch it that it was written, and its file system can be made read-only again.
 */
static void note_change(struct hvic_server *server)
{
	if (server->rest && sd_event_source_get_enabled(server->rest, NULL) > 0)
		server->changed = true;
	else if (await_rest(server) < 0)
		rest_pools(server);
}

static void close_pools(struct hvic_server *server)
{
	server->rest = sd_event_source_disable_unref(server->rest);
	for (unsigned int number = 0; number < HVU_POOLS; number++) {
		hvu_pool_close(server->pools[number]);
		server->pools[number] = NULL;
	}
}

/**
 * hvic_server_open_pools() - make the files that others look for, and read them
 * @server: the server
 *
 * The guest's own pool is left as it is: what is in it may have been written before us. What a pool
 * has against it is in the log, and tried again with each request.
 */
void hvic_server_open_pools(struct hvic_server *server)
{
	for (unsigned int number = 0; number < HVU_POOLS; number++) {
		int ret = open_pool(server, number);

		if (!ret)
			ret = hvu_pool_create(server->pools[number]);
		if (!ret && number == HVU_POOL_AUTO_EXTERNAL)
			ret = hvu_pool_drop_old(server->pools[number], server->root);
		if (ret < 0)
			complain(server, number, ret);
	}
	rest_pools(server);
}

/** hvic_server_close_pools() - end of hvic_server_open_pools() */
void hvic_server_close_pools(struct hvic_server *server)
{
	close_pools(server);
	if (server->folder >= 0)
		close(server->folder);
	server->folder = -1;
	server->lost = false;
}

/* Once, until it is back. It is not made here: who has moved it away may put another one there. */
static void lose_folder(struct hvic_server *server, int error)
{
	const char *path = server->settings.kvp.pools;

	if (!server->lost && error == -ENOENT)
		hvu_message(HVU_MESSAGE_POOL_UNUSABLE, HVU_LOG_WARNING,
			    "%s is gone, and with it all items: restart hvic-kvpd, which makes it anew",
			    path);
	else if (!server->lost)
		hvu_message(HVU_MESSAGE_POOL_UNUSABLE, HVU_LOG_WARNING, "%s: %s", path,
			    strerror(-error));
	server->lost = true;
}

/*
 * All that was opened is of the folder before. systemd lets a service write in the folders that
 * there were when it was started: what has come in the place of one can be read only.
 */
static void change_folder(struct hvic_server *server)
{
	const char *path = server->settings.kvp.pools;
	struct statvfs info;

	close_pools(server);
	if (!fstatvfs(server->folder, &info) && info.f_flag & ST_RDONLY) {
		hvu_message(HVU_MESSAGE_POOL_UNUSABLE, HVU_LOG_WARNING,
			    "%s was replaced, and can only be read now: restart hvic-kvpd, so that it may write there",
			    path);
		return;
	}
	hvu_log(HVU_LOG_NOTICE, "%s was replaced: the pools are those of the new one", path);
	hvic_server_open_pools(server);
}

/* Another folder may be in the place of the one that is open, or none. */
static int follow_folder(struct hvic_server *server)
{
	int ret;

	if (server->folder < 0)
		return 0;
	ret = hvu_pool_follow(server->folder, server->root, server->settings.kvp.pools);
	if (ret < 0) {
		lose_folder(server, ret);
		return ret;
	}
	server->lost = false;
	if (ret)
		change_folder(server);
	return 0;
}

/* The pool as it is now. */
static int get_pool(struct hvic_server *server, unsigned int number, struct hvu_pool **pool)
{
	int ret;

	if (number >= HVU_POOLS)
		return -EINVAL;
	*pool = server->pools[number];
	if (*pool && !hvu_pool_is_stale_at(*pool, server->root, server->settings.kvp.pools)) {
		server->lost = false;
		return 0;
	}
	ret = follow_folder(server);
	if (!ret && !server->pools[number])
		ret = open_pool(server, number);
	if (ret)
		return ret;
	*pool = server->pools[number];
	/* One that was locked when it was opened has not been read. */
	ret = hvu_pool_refresh(*pool);
	return ret < 0 ? ret : 0;
}

/* --- The network. ------------------------------------------------------------------------ */

static int on_net(sd_event_source *source, int fd, uint32_t events, void *data)
{
	struct hvic_server *server = data;

	(void)source;
	(void)fd;
	(void)events;
	/* What there is now is asked for before the next answer. */
	hvic_net_note(&server->net);
	return 0;
}

/** hvic_server_open_net() - know the network; if that fails, requests try again */
void hvic_server_open_net(struct hvic_server *server)
{
	int ret = hvic_net_open(&server->net, server->root);

	server->net_tried_us = hvu_now_us();
	if (!ret) {
		ret = sd_event_add_io(server->event, NULL, hvic_net_fd(&server->net), EPOLLIN,
				      on_net, server);
		if (ret < 0)
			hvic_net_close(&server->net);
	}
	server->has_net = ret >= 0;
	server->items.net = server->has_net ? &server->net : NULL;
	if (!server->has_net && !server->net_told)
		hvu_log(HVU_LOG_WARNING,
			"the host sees no addresses until the kernel tells them: %s",
			strerror(-ret));
	server->net_told = !server->has_net;
}

/* Before an answer in which it is. */
static void refresh_net(struct hvic_server *server)
{
	if (server->has_net)
		hvic_net_refresh(&server->net);
	else if (server->event && hvu_now_us() - server->net_tried_us >= RETRY_US)
		hvic_server_open_net(server);
}

/* --- Items. ------------------------------------------------------------------------------ */

/* Where a pool's items come from. */
struct source {
	bool (*at)(const struct source *source, size_t index, struct hvu_pool_item *item);
	const struct hvu_pool *pool;
	const struct hvic_items *items;
	struct hv_ic_kvp_item *fact;
};

static bool stored_at(const struct source *source, size_t index, struct hvu_pool_item *item)
{
	return hvu_pool_at(source->pool, index, item);
}

static bool fact_at(const struct source *source, size_t index, struct hvu_pool_item *item)
{
	*item = (struct hvu_pool_item){ source->fact->key, source->fact->value };
	return hvic_items_at(source->items, index, source->fact);
}

/* Adds a text, which is not longer than its field, with its NUL. */
static size_t put_text(char *to, const char *text)
{
	size_t size = strlen(text) + 1;

	memcpy(to, text, size);
	return size;
}

/* Returns the size of the payload that it is. */
static size_t fill_item(struct hv_ic_kvp_item *item, const struct hv_ic_kvp_item *asked,
			const struct hvu_pool_item *found)
{
	const size_t head = offsetof(struct hv_ic_kvp_item, value);

	memset(item, 0, head);
	item->pool = asked->pool;
	item->index = asked->index;
	item->type = HV_IC_KVP_STRING;
	put_text(item->key, found->key);
	return head + put_text(item->value, found->value);
}

static int answer_item(struct hvic_server *server, const struct hv_ic_record *record,
		       const struct hv_ic_kvp_item *asked, const struct hvu_pool_item *found)
{
	struct hv_ic_kvp_item item;
	size_t size = fill_item(&item, asked, found);

	return hvu_client_answer(&server->client, record->id, 0, &item, size);
}

/* Adds those that follow, as many as fit. Returns the size of the payload. */
static size_t fill_list(struct hv_ic_kvp_list *list, const struct source *source, size_t index)
{
	struct hvu_pool_item found;
	size_t used = 0;

	list->n = 0;
	list->flags = 0;
	for (;;) {
		if (!source->at(source, ++index, &found)) {
			list->flags = HV_IC_KVP_LIST_LAST;
			break;
		}
		if (used + strlen(found.key) + strlen(found.value) + 2 > sizeof(list->text))
			break;
		used += put_text(list->text + used, found.key);
		used += put_text(list->text + used, found.value);
		list->n++;
	}
	return offsetof(struct hv_ic_kvp_list, text) + used;
}

static int enumerate(struct hvic_server *server, const struct hv_ic_record *record,
		     const struct hv_ic_kvp_item *asked, const struct source *source)
{
	struct hvu_pool_item found;
	struct hv_ic_kvp_list list;
	size_t size;

	if (!source->at(source, asked->index, &found))
		return -ENODATA;
	size = fill_item(&list.item, asked, &found);
	memset((char *)&list + size, 0, sizeof(list.item) - size);
	size = fill_list(&list, source, asked->index);
	return hvu_client_answer(&server->client, record->id, 0, &list, size);
}

static int answer_fact(struct hvic_server *server, const struct hv_ic_record *record,
		       const struct hv_ic_kvp_item *asked)
{
	struct hv_ic_kvp_item fact;
	const struct source source = {
		.at = fact_at, .items = &server->items, .fact = &fact,
	};
	const struct hvu_pool_item found = { fact.key, fact.value };
	bool is_get = record->op == HV_IC_KVP_GET;

	/* A list stays as it was when the host began with it, perhaps with a daemon before us. */
	if (is_get || !asked->index || !hvic_items_known(&server->items))
		hvic_items_refresh(&server->items);
	refresh_net(server);
	if (!is_get)
		return enumerate(server, record, asked, &source);
	if (!hvic_items_get(&server->items, asked->key, &fact))
		return -ENOENT;
	return answer_item(server, record, asked, &found);
}

static int answer_stored(struct hvic_server *server, const struct hv_ic_record *record,
			 const struct hv_ic_kvp_item *asked)
{
	struct source source = { .at = stored_at };
	struct hvu_pool_item found = { .key = asked->key };
	struct hvu_pool *pool;
	int ret = get_pool(server, asked->pool, &pool);

	if (ret)
		return ret;
	source.pool = pool;
	if (record->op == HV_IC_KVP_ENUMERATE)
		return enumerate(server, record, asked, &source);
	found.value = hvu_pool_get(pool, asked->key);
	return found.value ? answer_item(server, record, asked, &found) : -ENOENT;
}

static int set(struct hvic_server *server, const struct hv_ic_kvp_item *item)
{
	const char *value = item->value;
	struct hvu_pool *pool;
	char number[24];
	int ret;

	/* The files hold text only. */
	switch (item->type) {
	case HV_IC_KVP_STRING:
	case HV_IC_KVP_EXPAND:
		break;
	case HV_IC_KVP_U32:
	case HV_IC_KVP_U64:
		snprintf(number, sizeof(number), "%llu", (unsigned long long)item->number);
		value = number;
		break;
	default:
		return -EINVAL;
	}
	ret = get_pool(server, item->pool, &pool);
	return ret ? ret : hvu_pool_set(pool, item->key, value);
}

static int delete(struct hvic_server *server, const struct hv_ic_kvp_item *item)
{
	struct hvu_pool *pool;
	int ret = get_pool(server, item->pool, &pool);

	return ret ? ret : hvu_pool_delete(pool, item->key);
}

static int take_item(struct hvic_server *server, const struct hv_ic_record *record,
		     const void *payload)
{
	struct hv_ic_kvp_item item;
	int ret;

	hvu_record_payload(record, payload, &item, offsetof(struct hv_ic_kvp_item, key));
	hvu_record_text(record, payload, offsetof(struct hv_ic_kvp_item, key), item.key,
			sizeof(item.key));
	hvu_record_text(record, payload, offsetof(struct hv_ic_kvp_item, value), item.value,
			sizeof(item.value));
	if (record->op == HV_IC_KVP_GET || record->op == HV_IC_KVP_ENUMERATE)
		return item.pool == HVU_POOL_AUTO ? answer_fact(server, record, &item) :
			answer_stored(server, record, &item);
	/* Facts are what they are. */
	if (item.pool == HVU_POOL_AUTO)
		return -EACCES;
	ret = record->op == HV_IC_KVP_SET ? set(server, &item) : delete(server, &item);
	if (ret)
		return ret;
	note_change(server);
	return hvu_client_answer(&server->client, record->id, 0, NULL, 0);
}

/* --- Adapters. --------------------------------------------------------------------------- */

static int get_ip(struct hvic_server *server, const struct hv_ic_record *record,
		  const char *adapter)
{
	struct hv_ic_kvp_ip ip;
	int ret = hvic_adapters_describe(&server->net, &server->leases, adapter, &ip);

	if (ret)
		return ret == -ENODEV ? -ENOENT : ret;
	return hvu_client_answer(&server->client, record->id, 0, &ip,
				 offsetof(struct hv_ic_kvp_ip, dns) + ip.n_dns * sizeof(*ip.dns));
}

static int set_ip(struct hvic_server *server, const struct hv_ic_record *record,
		  const void *payload, const char *adapter)
{
	const struct hvic_link *link;
	struct hv_ic_kvp_ip now, ip;
	int ret;

	hvu_record_payload(record, payload, &ip, sizeof(ip));
	link = hvic_adapters_find(&server->net, adapter);
	if (!link)
		return -ENOENT;
	ret = hvic_adapters_describe(&server->net, &server->leases, adapter, &now);
	return ret ? ret : hvic_inject_begin(&server->inject, record->id, record->deadline_ms,
					     link, &now, &ip);
}

static int take_ip(struct hvic_server *server, const struct hv_ic_record *record,
		   const void *payload)
{
	char adapter[HV_IC_KVP_ADAPTER_SIZE];

	refresh_net(server);
	if (!server->has_net)
		return -EOPNOTSUPP;
	hvu_record_text(record, payload, offsetof(struct hv_ic_kvp_ip, adapter), adapter,
			sizeof(adapter));
	return record->op == HV_IC_KVP_GET_IP ? get_ip(server, record, adapter) :
		set_ip(server, record, payload, adapter);
}

/* --- Records. ---------------------------------------------------------------------------- */

/**
 * hvic_server_take() - take a record of the driver
 * @server: the server
 * @record: the record
 * @payload: what lies behind it
 *
 * Return: 0 if it has been answered or will be, or a negative errno to answer it with.
 */
int hvic_server_take(struct hvic_server *server, const struct hv_ic_record *record,
		     const void *payload)
{
	int ret;

	switch (record->op) {
	case HV_IC_KVP_GET:
	case HV_IC_KVP_SET:
	case HV_IC_KVP_DELETE:
	case HV_IC_KVP_ENUMERATE:
		ret = take_item(server, record, payload);
		break;
	case HV_IC_KVP_GET_IP:
	case HV_IC_KVP_SET_IP:
		ret = take_ip(server, record, payload);
		break;
	default:
		return -EOPNOTSUPP;
	}
	/* The request is over: that is no error of ours. */
	return ret == -ESTALE ? 0 : ret;
}

static struct hvic_server *server_of(struct hvu_client *client)
{
	return (struct hvic_server *)client;
}

static int take(struct hvu_client *client, const struct hv_ic_record *record, const void *payload)
{
	return hvic_server_take(server_of(client), record, payload);
}

static void over(struct hvu_client *client, uint64_t id, int status)
{
	(void)status;
	hvic_inject_over(&server_of(client)->inject, id);
}

/* What the host had begun is void. */
static void gone(struct hvu_client *client)
{
	hvic_inject_over(&server_of(client)->inject, 0);
}

/* The device has one daemon at a time: what another has begun nobody will end. */
static void start(struct hvu_client *client)
{
	gone(client);
	hvic_inject_recover(&server_of(client)->inject);
}

const struct hvu_client_ops hvic_server_ops = {
	.start = start,
	.take = take,
	.over = over,
	.gone = gone,
};
