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
#include <unistd.h>

#include "adapters.h"
#include "message.h"
#include "root.h"

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

/* The pool as it is now. */
static int get_pool(struct hvic_server *server, unsigned int number, struct hvu_pool **pool)
{
	int ret = 0;

	if (number >= HVU_POOLS)
		return -EINVAL;
	if (!server->pools[number])
		ret = open_pool(server, number);
	if (ret)
		return ret;
	*pool = server->pools[number];
	/* One that was locked when it was opened has not been read. */
	ret = hvu_pool_refresh(*pool);
	return ret < 0 ? ret : 0;
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
}

/** hvic_server_close_pools() - end of hvic_server_open_pools() */
void hvic_server_close_pools(struct hvic_server *server)
{
	for (unsigned int number = 0; number < HVU_POOLS; number++) {
		hvu_pool_close(server->pools[number]);
		server->pools[number] = NULL;
	}
	if (server->folder >= 0)
		close(server->folder);
	server->folder = -1;
}

/* --- Items. ------------------------------------------------------------------------------ */

static int answer_item(struct hvic_server *server, const struct hv_ic_record *record,
		       const struct hv_ic_kvp_item *item)
{
	return hvu_client_answer(&server->client, record->id, 0, item, sizeof(*item));
}

static void refresh_net(struct hvic_server *server)
{
	if (server->has_net)
		hvic_net_refresh(&server->net);
}

static int answer_fact(struct hvic_server *server, const struct hv_ic_record *record,
		       const struct hv_ic_kvp_item *asked)
{
	struct hv_ic_kvp_item item = { .pool = asked->pool, .index = asked->index };
	bool is_get = record->op == HV_IC_KVP_GET;
	bool found;

	/* A list stays as it was when the host began with it. */
	if (is_get || !asked->index)
		hvic_items_refresh(&server->items);
	refresh_net(server);
	found = is_get ? hvic_items_get(&server->items, asked->key, &item) :
		hvic_items_at(&server->items, asked->index, &item);
	if (!found)
		return is_get ? -ENOENT : -ENODATA;
	return answer_item(server, record, &item);
}

static int answer_stored(struct hvic_server *server, const struct hv_ic_record *record,
			 const struct hv_ic_kvp_item *asked)
{
	struct hv_ic_kvp_item item = {
		.pool = asked->pool, .index = asked->index, .type = HV_IC_KVP_STRING,
	};
	struct hvu_pool_item stored;
	struct hvu_pool *pool;
	int ret = get_pool(server, asked->pool, &pool);

	if (ret)
		return ret;
	if (record->op == HV_IC_KVP_GET) {
		stored.key = asked->key;
		stored.value = hvu_pool_get(pool, asked->key);
		if (!stored.value)
			return -ENOENT;
	} else if (!hvu_pool_at(pool, asked->index, &stored)) {
		return -ENODATA;
	}
	snprintf(item.key, sizeof(item.key), "%s", stored.key);
	snprintf(item.value, sizeof(item.value), "%s", stored.value);
	return answer_item(server, record, &item);
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

	hvu_record_payload(record, payload, &item, sizeof(item));
	item.key[sizeof(item.key) - 1] = '\0';
	item.value[sizeof(item.value) - 1] = '\0';
	if (record->op == HV_IC_KVP_GET || record->op == HV_IC_KVP_ENUMERATE)
		return item.pool == HVU_POOL_AUTO ? answer_fact(server, record, &item) :
			answer_stored(server, record, &item);
	/* Facts are what they are. */
	if (item.pool == HVU_POOL_AUTO)
		return -EACCES;
	ret = record->op == HV_IC_KVP_SET ? set(server, &item) : delete(server, &item);
	return ret ? ret : hvu_client_answer(&server->client, record->id, 0, NULL, 0);
}

/* --- Adapters. --------------------------------------------------------------------------- */

static int get_ip(struct hvic_server *server, const struct hv_ic_record *record,
		  struct hv_ic_kvp_ip *ip)
{
	char adapter[HV_IC_KVP_ADAPTER_SIZE];
	int ret;

	if (!server->has_net)
		return -EOPNOTSUPP;
	memcpy(adapter, ip->adapter, sizeof(adapter));
	refresh_net(server);
	ret = hvic_adapters_describe(&server->net, &server->leases, adapter, ip);
	if (ret)
		return ret == -ENODEV ? -ENOENT : ret;
	return hvu_client_answer(&server->client, record->id, 0, ip, sizeof(*ip));
}

static int set_ip(struct hvic_server *server, const struct hv_ic_record *record,
		  const struct hv_ic_kvp_ip *ip)
{
	const struct hvic_link *link;
	struct hv_ic_kvp_ip now;
	int ret;

	if (!server->has_net)
		return -EOPNOTSUPP;
	refresh_net(server);
	link = hvic_adapters_find(&server->net, ip->adapter);
	if (!link)
		return -ENOENT;
	ret = hvic_adapters_describe(&server->net, &server->leases, ip->adapter, &now);
	return ret ? ret : hvic_inject_begin(&server->inject, record->id, record->deadline_ms,
					     link, &now, ip);
}

static int take_ip(struct hvic_server *server, const struct hv_ic_record *record,
		   const void *payload)
{
	struct hv_ic_kvp_ip ip;

	hvu_record_payload(record, payload, &ip, sizeof(ip));
	ip.adapter[sizeof(ip.adapter) - 1] = '\0';
	return record->op == HV_IC_KVP_GET_IP ? get_ip(server, record, &ip) :
		set_ip(server, record, &ip);
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
static void start(struct hvu_client *client)
{
	hvic_inject_over(&server_of(client)->inject, 0);
}

const struct hvu_client_ops hvic_server_ops = {
	.start = start,
	.take = take,
	.over = over,
	.gone = start,
};
