// SPDX-License-Identifier: GPL-2.0
/*
 * hvic-kvpd: exchanges items and addresses with the virtual machine's host.
 *
 * One event loop, and a thread while the host's addresses are being set. Reading path: serve.c
 * answers requests; items.c, net.c, adapters.c and lease.c know what there is to say; inject.c does
 * what the host wants.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "event.h"
#include "message.h"
#include "options.h"
#include "root.h"
#include "serve.h"

/* --- Events. ----------------------------------------------------------------------------- */

static void answer_injection(struct hvic_inject *inject, uint64_t id, int status)
{
	struct hvic_server *server =
		(struct hvic_server *)((char *)inject - offsetof(struct hvic_server, inject));

	hvu_client_answer(&server->client, id, status, NULL, 0);
}

static const struct hvic_inject_ops inject_ops = {
	.open_bus = hvic_inject_open_bus,
	.look = hvic_inject_look,
	.confirm = hvic_inject_confirm,
	.done = answer_injection,
};

static int reload(void *data)
{
	struct hvic_server *server = data;
	struct hvu_settings settings;
	int ret = hvu_settings_load(&settings, server->root, "kvp", hvu_settings_log, NULL);

	hvu_message_reloaded(ret);
	if (ret)
		return ret;
	hvic_server_close_pools(server);
	hvu_settings_free(&server->settings);
	server->settings = settings;
	hvic_server_open_pools(server);
	return 0;
}

/* --- Init and exit. ---------------------------------------------------------------------- */

static int run(struct hvic_server *server)
{
	sd_event *event = NULL;
	int ret = hvu_event_new(&event);

	if (!ret)
		ret = hvu_event_on_reload(event, reload, server);
	if (!ret)
		ret = hvic_inject_open(&server->inject, &inject_ops, server->root,
				       &server->settings, event);
	if (ret) {
		hvu_log(HVU_LOG_ERROR, "cannot start: %s", strerror(-ret));
		sd_event_unref(event);
		return 1;
	}
	server->event = event;
	hvic_server_open_net(server);
	server->resolved.event = event;
	server->leases.resolved = &server->resolved;
	hvic_resolved_ask(&server->resolved);
	hvic_server_open_pools(server);
	ret = hvu_event_serve(event, &server->client, &hvic_server_ops, server->root, "kvp", 0);
	hvic_server_close_pools(server);
	if (server->has_net)
		hvic_net_close(&server->net);
	hvic_leases_free(&server->leases);
	hvic_resolved_close(&server->resolved);
	hvic_inject_close(&server->inject);
	sd_event_unref(event);
	return ret;
}

int main(int argc, char *argv[])
{
	static struct hvic_server server = { .folder = -1 };
	int status;

	if (hvu_options_end(argc, argv, "hvic-kvpd",
			    "Exchanges items and addresses with the virtual machine's host.",
			    &status))
		return status;

	server.root = hvu_root_open("/");
	if (hvu_settings_load(&server.settings, server.root, "kvp", hvu_settings_log, NULL))
		return HVU_EXIT_CONFIG;
	server.leases.root = server.root;
	server.items = (struct hvic_items){
		.root = server.root, .settings = &server.settings, .uname = uname,
	};
	status = run(&server);
	hvu_settings_free(&server.settings);
	close(server.root);
	return status;
}
