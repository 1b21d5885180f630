/* SPDX-License-Identifier: GPL-2.0 */
/* What the commands of hvic have in common. */
#ifndef HVIC_HVIC_H
#define HVIC_HVIC_H

#include <stdbool.h>
#include <stdint.h>

#include <json-c/json.h>
#include <linux/hv_ic.h>

#include "args.h"
#include "config.h"
#include "genl.h"
#include "parse.h"
#include "printable.h"
#include "root.h"
#include "schema.h"
#include "table.h"
#include "vmbus.h"

/* Exit status: part of the interface, see hvic(1). */
enum {
	HVIC_OK		= 0,
	HVIC_FAILED	= 1,	/* it went wrong, or what was looked for is not so */
	HVIC_USAGE	= 2,	/* the command line is wrong */
	HVIC_NO_DRIVER	= 3,	/* hv_ic is not loaded */
	HVIC_IO		= 3,	/* of kvp, which needs no driver: a file cannot be used */
	HVIC_ABSENT	= 4,	/* the host does not offer the service */
	HVIC_DENIED	= 5,	/* not without more privilege */
	HVIC_AGAIN	= 75,	/* not now: busy, or time is up */
	HVIC_CONFIG	= 78,	/* the configuration cannot be used */

	/* Of a command that runs another one, whose status it has otherwise. */
	HVIC_TIME_UP	= 124,	/* it took too long */
	HVIC_UNABLE	= 125,	/* hvic itself has failed */
	HVIC_NOT_RUN	= 126,	/* it cannot be run */
	HVIC_NOT_FOUND	= 127,	/* there is no such command */
};

/**
 * struct hvic - a run of the program
 * @call: what was said
 * @paper: where results go
 * @root: below which /sys, /proc and so on are looked for
 * @timeout_ms: how long to wait; -1 for ever
 * @genl: connection to the driver
 * @connected: is it open?
 */
struct hvic {
	struct hvic_call call;
	struct hvu_paper paper;
	int root;
	int timeout_ms;
	struct hvu_genl genl;
	bool connected;
};

/* Between the user and us. */
void hvic_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
int hvic_usage_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
int hvic_failed(struct hvic *hvic, int error, const char *what);
int hvic_exit_status(int error);
int hvic_open_standard(void);

bool hvic_wants_json(const struct hvic *hvic);
void hvic_print_json(struct hvic *hvic, json_object *object);

/* Between the driver and us; 0 or an exit status, after a message. */
int hvic_connect(struct hvic *hvic);
int hvic_get(struct hvic *hvic, uint8_t command, const struct hvu_set *set,
	     json_object **object);
int hvic_get_list(struct hvic *hvic, uint8_t command, const struct hvu_set *set,
		  json_object **array);

int hvic_persist(struct hvic *hvic, const struct hvic_setting *settings, size_t n);
int hvic_trial(struct hvic *hvic, uint32_t hold_ms, json_object **report);
void hvic_status_table(const struct hvu_paper *paper, json_object *services);

extern const char *const hvic_pool_words[];

/* The commands. */
int cmd_status(struct hvic *hvic);
int cmd_monitor(struct hvic *hvic);
int cmd_time(struct hvic *hvic);
int cmd_time_set(struct hvic *hvic);
int cmd_health_list(struct hvic *hvic);
int cmd_health_set(struct hvic *hvic);
int cmd_health_clear(struct hvic *hvic);
int cmd_health_run(struct hvic *hvic);
int cmd_shutdown(struct hvic *hvic);
int cmd_shutdown_policy(struct hvic *hvic);
int cmd_shutdown_cancel(struct hvic *hvic);
int cmd_shutdown_proceed(struct hvic *hvic);
int cmd_fcopy(struct hvic *hvic);
int cmd_fcopy_watch(struct hvic *hvic);
int cmd_service_enable(struct hvic *hvic);
int cmd_service_disable(struct hvic *hvic);
int cmd_kvp_list(struct hvic *hvic);
int cmd_kvp_get(struct hvic *hvic);
int cmd_kvp_set(struct hvic *hvic);
int cmd_kvp_del(struct hvic *hvic);
int cmd_kvp_wait(struct hvic *hvic);
int cmd_kvp_watch(struct hvic *hvic);
int cmd_kvp_dump(struct hvic *hvic);
int cmd_kvp_import(struct hvic *hvic);
int cmd_kvp_info(struct hvic *hvic);
int cmd_vss(struct hvic *hvic);
int cmd_vss_list(struct hvic *hvic);
int cmd_vss_test(struct hvic *hvic);
int cmd_config(struct hvic *hvic);
int cmd_config_show(struct hvic *hvic);
int cmd_config_check(struct hvic *hvic);
int cmd_config_apply(struct hvic *hvic);
int cmd_takeover(struct hvic *hvic);
int cmd_release(struct hvic *hvic);
int cmd_doctor(struct hvic *hvic);

#endif
