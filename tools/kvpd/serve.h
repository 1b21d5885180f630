/* SPDX-License-Identifier: GPL-2.0 */
/* What the host gets for its requests. */
#ifndef HVIC_SERVE_H
#define HVIC_SERVE_H

#include "inject.h"
#include "items.h"
#include "lease.h"
#include "net.h"
#include "pool.h"
#include "record.h"
#include "resolved.h"
#include "settings.h"

/**
 * struct hvic_server - the server
 * @client: of the device; the first member
 * @root: below which everything is
 * @settings: of the administrator
 * @folder: of the pools; negative until it could be opened
 * @lost: it was said that there is none in its place any more
 * @pools: the pools; NULL for those that could not be opened
 * @told: of which pools it was said that they are out of reach
 * @event: loop; NULL for none: then pools are closed after each change, the network is unknown
 * @rest: closes the pools when nothing has changed them for a while
 * @changed: something has, since @rest began to wait
 * @net: the network
 * @has_net: it is known
 * @net_tried_us: when that was tried last
 * @net_told: it was said that it is not
 * @leases: what files say of it
 * @resolved: what systemd-resolved says of it
 * @items: facts about the guest
 * @inject: sets addresses
 */
struct hvic_server {
	struct hvu_client client;
	int root;
	struct hvu_settings settings;
	int folder;
	bool lost;
	struct hvu_pool *pools[HVU_POOLS];
	bool told[HVU_POOLS];
	sd_event *event;
	sd_event_source *rest;
	bool changed;
	struct hvic_net net;
	bool has_net;
	int64_t net_tried_us;
	bool net_told;
	struct hvic_leases leases;
	struct hvic_resolved resolved;
	struct hvic_items items;
	struct hvic_inject inject;
};

extern const struct hvu_client_ops hvic_server_ops;

void hvic_server_open_pools(struct hvic_server *server);
void hvic_server_close_pools(struct hvic_server *server);
void hvic_server_open_net(struct hvic_server *server);
int hvic_server_take(struct hvic_server *server, const struct hv_ic_record *record,
		     const void *payload);

#endif
