// SPDX-License-Identifier: GPL-2.0
/*
 * hvic-fcopyd: writes the files that the host copies into the guest.
 *
 * Reading path: place.c says where a file may go, copy.c writes it, serve.c does what the host
 * asks, audit.c tells of it.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "event.h"
#include "message.h"
#include "options.h"
#include "root.h"
#include "serve.h"

/**
 * struct daemon - the daemon
 * @serve: what it does; the first member
 * @idle: is on while there is something to hash
 */
struct daemon {
	struct hvic_serve serve;
	sd_event_source *idle;
};

static int on_idle(sd_event_source *source, void *data)
{
	if (!hvic_serve_idle(data))
		sd_event_source_set_enabled(source, SD_EVENT_OFF);
	return 0;
}

static void work(struct hvic_serve *serve)
{
	sd_event_source_set_enabled(((struct daemon *)serve)->idle, SD_EVENT_ON);
}

static int reload(void *data)
{
	struct hvic_serve *serve = data;
	int ret = hvic_rules_load(&serve->rules, serve->root);

	hvu_message_reloaded(ret);
	return ret;
}

static int set_up(struct daemon *daemon, sd_event *event)
{
	int ret = sd_event_add_defer(event, &daemon->idle, on_idle, &daemon->serve);

	if (ret >= 0)
		ret = sd_event_source_set_priority(daemon->idle, SD_EVENT_PRIORITY_IDLE);
	if (ret >= 0)
		ret = sd_event_source_set_enabled(daemon->idle, SD_EVENT_OFF);
	if (ret >= 0)
		ret = hvu_event_on_reload(event, reload, &daemon->serve);
	return ret;
}

static int run(struct daemon *daemon)
{
	struct hvic_serve *serve = &daemon->serve;
	sd_event *event = NULL;
	int ret = hvu_event_new(&event);

	if (ret >= 0)
		ret = set_up(daemon, event);
	if (ret < 0) {
		hvu_log(HVU_LOG_ERROR, "cannot start: %s", strerror(-ret));
		ret = 1;
		goto out;
	}
	serve->work = work;
	ret = hvu_event_serve(event, &serve->client, &hvic_serve_ops, serve->root, "fcopy", 0);
out:
	sd_event_source_unref(daemon->idle);
	sd_event_unref(event);
	return ret;
}

int main(int argc, char *argv[])
{
	static struct daemon daemon;
	int root, status;

	if (hvu_options_end(argc, argv, "hvic-fcopyd",
			    "Writes the files that the host copies into this machine, where that is allowed.",
			    &status))
		return status;

	/* The unit makes it, where there is a unit. */
	mkdir("/var/lib/hv_ic", 0755);
	root = hvu_root_open("/");
	if (hvic_rules_load(&daemon.serve.rules, root)) {
		close(root);
		return HVU_EXIT_CONFIG;
	}
	hvic_serve_init(&daemon.serve, root);
	status = run(&daemon);
	hvic_serve_end(&daemon.serve);
	close(root);
	return status;
}
