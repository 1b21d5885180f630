// SPDX-License-Identifier: GPL-2.0
/* hvic shutdown: what the host may do to the guest, and what it has asked for. */
#include <stdlib.h>
#include <string.h>

#include "hvic.h"

static void print_request(struct hvic *hvic, const char *what, json_object *request)
{
	char *text = hvu_printable(hvu_json_string(request, "text"), hvic->paper.utf8);
	const char *status = hvu_json_string(request, "status");
	FILE *out = hvic->paper.out;
	char span[HVU_SPAN_SIZE];
	json_object *remaining;

	fprintf(out, "\n%s: %s%s, %s ago\n", what, hvu_json_string(request, "action"),
		hvu_json_true(request, "force") ? ", forced" : "",
		hvu_span(span, hvu_json_number(request, "age_ms") * 1000000));
	fprintf(out, "  phase    %s", hvu_json_string(request, "phase"));
	if (json_object_object_get_ex(request, "remaining_ms", &remaining))
		fprintf(out, ", %s left",
			hvu_span(span, json_object_get_int64(remaining) * 1000000));
	if (*status)
		fprintf(out, ", the host was told %s", status);
	fprintf(out, "\n  reason   %s\n", hvu_json_string(request, "reason"));
	if (hvu_json_number(request, "timeout_s"))
		fprintf(out, "  timeout  %lld s\n",
			(long long)hvu_json_number(request, "timeout_s"));
	if (text && *text)
		fprintf(out, "  text     %s\n", text);
	free(text);
}

int cmd_shutdown(struct hvic *hvic)
{
	json_object *shutdown, *member;
	FILE *out = hvic->paper.out;
	int ret = hvic_get(hvic, HV_IC_CMD_SHUTDOWN_GET, &hvu_set_shutdown, &shutdown);

	if (ret)
		return ret;
	if (hvic_wants_json(hvic)) {
		hvic_print_json(hvic, shutdown);
		return HVIC_OK;
	}
	for (const char *const *action = hvu_action_words; *action; action++)
		fprintf(out, "%-10s %s\n", *action, hvu_json_string(shutdown, *action));
	fprintf(out, "%-10s %lld s\n", "grace", (long long)hvu_json_number(shutdown, "grace_s"));
	if (json_object_object_get_ex(shutdown, "handler", &member))
		fprintf(out, "%-10s process %lld\n", "handler",
			(long long)hvu_json_number(member, "pid"));
	else
		fprintf(out, "%-10s none, the kernel acts by itself\n", "handler");
	if (json_object_object_get_ex(shutdown, "pending", &member))
		print_request(hvic, "Under way", member);
	if (json_object_object_get_ex(shutdown, "last", &member))
		print_request(hvic, "Last request", member);
	json_object_put(shutdown);
	return HVIC_OK;
}

/* --- Policy. -------------------------------------------------------------- */

int cmd_shutdown_policy(struct hvic *hvic)
{
	static const uint16_t attrs[] = {
		[HV_IC_ACTION_POWEROFF]		= HV_IC_A_SHUTDOWN_POWEROFF,
		[HV_IC_ACTION_REBOOT]		= HV_IC_A_SHUTDOWN_REBOOT,
		[HV_IC_ACTION_HIBERNATE]	= HV_IC_A_SHUTDOWN_HIBERNATE,
	};
	const char *grace = hvic_args_value(&hvic->call, "grace");
	struct hvic_call *call = &hvic->call;
	struct nlmsghdr *request;
	uint64_t ms = 0;
	int ret;

	if (call->n_args == 1)
		return hvic_usage_error("POLICY is missing");
	if (!call->n_args && !grace)
		return hvic_usage_error("ACTION and POLICY, or --grace, are missing");
	if (grace && (hvu_parse_span(grace, &ms) || ms % 1000 || ms / 1000 > UINT32_MAX))
		return hvic_usage_error("--grace \"%s\" is not a time in whole seconds", grace);
	ret = hvic_connect(hvic);
	if (ret)
		return ret;

	request = hvu_genl_request(&hvic->genl, HV_IC_CMD_SHUTDOWN_SET);
	if (call->n_args)
		mnl_attr_put_u32(request, attrs[hvu_parse_word(call->args[0], hvu_action_words)],
				 hvu_parse_word(call->args[1], hvu_policy_words));
	if (grace)
		mnl_attr_put_u32(request, HV_IC_A_SHUTDOWN_GRACE, ms / 1000);
	ret = hvu_genl_do(&hvic->genl, request, NULL, NULL);
	return ret ? hvic_failed(hvic, ret, "shutdown policy") : HVIC_OK;
}

/* --- The request that is under way. --------------------------------------- */

/* By its id: should another one come in between, it is not the one that was meant. */
static int steer(struct hvic *hvic, uint8_t command, const char *what)
{
	json_object *shutdown, *pending;
	struct nlmsghdr *request;
	uint64_t id;
	int ret = hvic_get(hvic, HV_IC_CMD_SHUTDOWN_GET, &hvu_set_shutdown, &shutdown);

	if (ret)
		return ret;
	if (!json_object_object_get_ex(shutdown, "pending", &pending)) {
		json_object_put(shutdown);
		hvic_error("%s: no request of the host is under way", what);
		return HVIC_FAILED;
	}
	id = hvu_json_number(pending, "id");
	json_object_put(shutdown);

	request = hvu_genl_request(&hvic->genl, command);
	mnl_attr_put_u64(request, HV_IC_A_REQUEST_ID, id);
	ret = hvu_genl_do(&hvic->genl, request, NULL, NULL);
	return ret ? hvic_failed(hvic, ret, what) : HVIC_OK;
}

int cmd_shutdown_cancel(struct hvic *hvic)
{
	return steer(hvic, HV_IC_CMD_SHUTDOWN_CANCEL, "shutdown cancel");
}

int cmd_shutdown_proceed(struct hvic *hvic)
{
	return steer(hvic, HV_IC_CMD_SHUTDOWN_NOW, "shutdown proceed");
}
