// SPDX-License-Identifier: GPL-2.0
/* Commands that ask a service something. */
#include "command_list.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "desk.h"

#define SECOND 10000000ll		/* of the host's clock */
#define USAGE COMMAND_USAGE

static struct ic *the(struct desk *desk, const struct ic_service *service)
{
	return desk_ic(desk, service->name);
}

/* A service that the guest has not opened answers nothing: say so instead of waiting. */
static bool connected(const struct ic *ic)
{
	return ic->state == IC_READY;
}

int64_t command_heartbeat(struct desk *desk, int words, char **word)
{
	struct ic *hb = the(desk, &ic_heartbeat);
	uint64_t n = 1;

	if (words > 1 && !desk_number(word[1], UINT32_MAX, &n))
		return USAGE;
	for (uint64_t i = 0; i < n; i++) {
		uint64_t sequence = hb->sequence;
		uint32_t state;
		ic_result result = connected(hb) ? heartbeat_beat(hb, &state) : -ENOTCONN;

		if (result)
			return result;
		report_begin(&desk->report, "heartbeat");
		report_number(&desk->report, "sequence", sequence);
		report_string(&desk->report, "applications", heartbeat_state_name(state));
		report_end(&desk->report);
	}
	return 0;
}

static ic_result ask_shutdown(struct desk *desk, uint32_t flags, int words, char **word)
{
	struct ic *sd = the(desk, &ic_shutdown);
	uint64_t reason = SHUTDOWN_REASON_PLANNED, timeout = 0;
	struct shutdown_order order = { .flags = flags };

	for (int i = 1; i < words; i++) {
		bool more = i + 1 < words, good = true;

		if (!strcmp(word[i], "force"))
			order.flags |= WIRE_SHUTDOWN_FORCE;
		else if (!strcmp(word[i], "reason") && more)
			good = desk_number(word[++i], UINT32_MAX, &reason);
		else if (!strcmp(word[i], "timeout") && more)
			good = desk_number(word[++i], UINT32_MAX, &timeout);
		else if (!order.text)
			order.text = word[i];
		else
			good = false;
		if (!good)
			return USAGE;
	}
	order.reason = reason;
	order.timeout = timeout;
	return connected(sd) ? shutdown_ask(sd, &order) : -ENOTCONN;
}

int64_t command_stop(struct desk *desk, int words, char **word)
{
	return ask_shutdown(desk, 0, words, word);
}

int64_t command_restart(struct desk *desk, int words, char **word)
{
	return ask_shutdown(desk, WIRE_SHUTDOWN_RESTART, words, word);
}

int64_t command_hibernate(struct desk *desk, int words, char **word)
{
	return ask_shutdown(desk, WIRE_SHUTDOWN_HIBERNATE, words, word);
}

int64_t command_time(struct desk *desk, int words, char **word)
{
	struct ic *ts = the(desk, &ic_timesync);
	struct timesync_stamp stamp;
	uint8_t flags = WIRE_TIME_SYNC;
	ic_result result;
	char *end;

	if (words > 1 && !strcmp(word[1], "keep")) {
		timesync_keep(ts);
		return 0;
	}
	if (words > 1 && !strcmp(word[1], "sample"))
		flags = WIRE_TIME_SAMPLE;
	else if (words > 1 && strcmp(word[1], "sync"))
		return USAGE;
	if (words > 2) {
		double seconds = strtod(word[2], &end);

		/* As far as the host's clock can be set. */
		if (!*word[2] || *end || !(fabs(seconds) < INT64_MAX / SECOND))
			return USAGE;
		desk->clock_offset = seconds * SECOND;
	}
	result = timesync_now(desk->host, desk->clock_offset, flags, &stamp);
	if (!result)
		result = connected(ts) ? timesync_send(ts, &stamp) : -ENOTCONN;
	if (!result) {
		report_begin(&desk->report, "time");
		report_number(&desk->report, "host_seconds",
			      (stamp.time - TIMESYNC_UNIX_EPOCH) / SECOND);
		report_number(&desk->report, "reference_ms", stamp.reference / (SECOND / 1000));
		report_end(&desk->report);
	}
	return result;
}

static void report_item(struct desk *desk, const struct kvp_item *item)
{
	report_begin(&desk->report, "item");
	report_string(&desk->report, "key", item->key);
	report_string(&desk->report, "value", item->value);
	report_string(&desk->report, "type", kvp_type_name(item->type));
	report_end(&desk->report);
}

/* A number has its own type; text is a string, or one with %variables%. */
static ic_result kvp_set_typed(struct ic *kvp, char **word, int pool, const char *type)
{
	uint64_t number;

	if (!strcmp(type, "string"))
		return kvp_set(kvp, pool, word[2], word[3]);
	if (!strcmp(type, "expand"))
		return kvp_set_expand(kvp, pool, word[2], word[3]);
	for (uint32_t t = WIRE_KVP_DWORD; t <= WIRE_KVP_QWORD; t++)
		if (!strcmp(type, kvp_type_name(t)) &&
		    desk_number(word[3], t == WIRE_KVP_DWORD ? UINT32_MAX : UINT64_MAX, &number))
			return kvp_set_number(kvp, pool, word[2], t, number);
	return USAGE;
}

static ic_result kvp_list(struct desk *desk, struct ic *kvp, int pool)
{
	for (uint32_t index = 0;; index++) {
		struct kvp_item item;
		ic_result result = kvp_enumerate(kvp, pool, index, &item);

		if (result == WIRE_E_NO_MORE_ITEMS)
			return 0;
		if (result)
			return result;
		report_item(desk, &item);
	}
}

static ic_result kvp_show_ip(struct desk *desk, struct ic *kvp, const char *adapter)
{
	struct kvp_ip ip;
	ic_result result = kvp_get_ip(kvp, adapter, &ip);

	if (result)
		return result;
	report_begin(&desk->report, "ip");
	report_string(&desk->report, "address", ip.address);
	report_string(&desk->report, "subnet", ip.subnet);
	report_string(&desk->report, "gateway", ip.gateway);
	report_string(&desk->report, "dns", ip.dns);
	report_string(&desk->report, "origin", ip.origin);
	report_bool(&desk->report, "dhcp", ip.dhcp);
	report_end(&desk->report);
	return 0;
}

int64_t command_kvp(struct desk *desk, int words, char **word)
{
	const char *what = words > 1 ? word[1] : "";
	bool set = !strcmp(what, "set"), removes = !strcmp(what, "delete");
	struct ic *kvp = the(desk, &ic_kvp);
	int at = set ? 4 : !strcmp(what, "list") ? 2 : 3;
	uint64_t pool = set || removes ? KVP_EXTERNAL : KVP_AUTO;
	struct kvp_item item;
	ic_result result;

	/* Also a pool that does not exist is for the guest to refuse. */
	if (words < (at > 2 ? at : 2) || (words > at && !desk_number(word[at], UINT8_MAX, &pool)))
		return USAGE;
	if (!connected(kvp))
		return -ENOTCONN;
	if (!strcmp(what, "list"))
		return kvp_list(desk, kvp, pool);
	if (!strcmp(what, "get")) {
		result = kvp_find(kvp, pool, word[2], &item);
		if (!result)
			report_item(desk, &item);
		return result;
	}
	if (set)
		return kvp_set_typed(kvp, word, pool, words > 5 ? word[5] : "string");
	if (removes)
		return kvp_delete(kvp, pool, word[2]);
	if (!strcmp(what, "ip"))
		return kvp_show_ip(desk, kvp, word[2]);
	return USAGE;
}

static ic_result copy_file(struct desk *desk, int words, char **word, uint64_t until)
{
	struct ic *fc = the(desk, &ic_fcopy);
	struct fcopy_source source;
	const char *name;
	ic_result result;
	struct stat st;
	int fd;

	if (words < 3)
		return USAGE;
	if (!connected(fc))
		return -ENOTCONN;
	fd = open(word[1], O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st)) {
		result = -errno;
		goto out;
	}
	name = strrchr(word[1], '/');
	name = words > 3 ? word[3] : name ? name + 1 : word[1];
	source = fcopy_file(fd, st.st_size);
	source.until = until;
	result = fcopy_copy(fc, &source, word[2], name,
			    WIRE_FCOPY_OVERWRITE | WIRE_FCOPY_CREATE_PATH);
	if (!result) {
		report_begin(&desk->report, "copy");
		report_string(&desk->report, "name", name);
		report_number(&desk->report, "bytes",
			      until < (uint64_t)st.st_size ? until : (uint64_t)st.st_size);
		report_end(&desk->report);
	}
out:
	if (fd >= 0)
		close(fd);
	return result;
}

int64_t command_copy(struct desk *desk, int words, char **word)
{
	return copy_file(desk, words, word, UINT64_MAX);
}

int64_t command_cancel(struct desk *desk, int words, char **word)
{
	uint64_t until;

	if (words < 4 || !desk_number(word[1], UINT64_MAX, &until) || !until)
		return USAGE;
	return copy_file(desk, words - 1, word + 1, until);
}

/* As a production checkpoint does it; the guest is frozen for so many seconds. */
int64_t command_checkpoint(struct desk *desk, int words, char **word)
{
	struct ic *vss = the(desk, &ic_vss);
	ic_result result, thaw;
	uint64_t seconds = 1;
	uint32_t flags;

	if (words > 1 && !desk_number(word[1], UINT32_MAX, &seconds))
		return USAGE;
	if (!connected(vss))
		return -ENOTCONN;
	result = vss_hot_backup(vss, &flags);
	if (result)
		return result;
	report_begin(&desk->report, "checkpoint");
	report_number(&desk->report, "hot_backup_flags", flags);
	report_end(&desk->report);
	result = vss_freeze(vss, NULL, 0);
	if (!result)
		sleep(seconds);
	/* Also after a freeze that failed: part of the guest may be frozen. */
	thaw = vss_thaw(vss);
	if (!result)
		result = thaw;
	return result ? result : vss_complete(vss);
}
