// SPDX-License-Identifier: GPL-2.0
#include "ic_vss.h"

#include <string.h>

static bool check(const struct ic *ic, const struct ic_request *request, char *why)
{
	const struct wire_vss_header *asked = ic_asked(request);
	const struct wire_vss_cluster *cluster = ic_answer(request);

	if (asked->op != WIRE_VSS_CLUSTER || cluster->luns <= WIRE_VSS_LUNS)
		return true;
	return ic_refuse(why, "cluster answer with %u LUNs, at most %u", cluster->luns,
			 WIRE_VSS_LUNS);
}

const struct ic_service ic_vss = {
	.name = "vss",
	.class = "35fa2e29-ea23-4236-96ae-3a6ebacba440",
	.instance = "2450ee40-33bf-4fbd-892e-9fb06e9214cf",
	.type = WIRE_VSS,
	.messages = IC_VERSIONS({ 4, 0 }, { 5, 0 }, { 6, 0 }, { 7, 0 }),
	.check = check,
};

struct ic_request *vss_request(struct ic *ic, enum wire_vss_op op)
{
	size_t body = sizeof(struct wire_vss_basic);
	struct ic_request *request;

	if (op == WIRE_VSS_FREEZE)
		body = sizeof(struct wire_vss_freeze);
	else if (op == WIRE_VSS_AUTO_RECOVER)
		body = sizeof(struct wire_vss_recover);
	else if (op == WIRE_VSS_CLUSTER)
		body = ic_at_least(ic, 7, 0) ? sizeof(struct wire_vss_cluster) :
					       offsetof(struct wire_vss_cluster, last_move);
	request = ic_request(ic, WIRE_VSS, body);
	((struct wire_vss_header *)ic_body(request))->op = op;
	return request;
}

static ic_result ask_and_free(struct ic_request *request)
{
	ic_result result = ic_ask(request);

	ic_request_free(request);
	return result;
}

/* The operations that answer with a word of flags. */
static ic_result ask_flags(struct ic *ic, enum wire_vss_op op, uint32_t *flags)
{
	struct ic_request *request = vss_request(ic, op);
	const struct wire_vss_basic *answer = ic_answer(request);
	ic_result result;

	request->may_set[0] = (struct ic_span) {
		offsetof(struct wire_vss_basic, u), sizeof(answer->u.flags),
	};
	request->n_may_set = 1;
	request->need = offsetof(struct wire_vss_basic, u) + sizeof(answer->u.flags);
	result = ic_ask(request);
	if (result == WIRE_S_OK)
		*flags = answer->u.flags;
	ic_request_free(request);
	return result;
}

ic_result vss_hot_backup(struct ic *ic, uint32_t *flags)
{
	return ask_flags(ic, WIRE_VSS_HOT_BACKUP, flags);
}

ic_result vss_mapped_devices(struct ic *ic, uint32_t *flags)
{
	return ask_flags(ic, WIRE_VSS_MAPPED_DEVICES, flags);
}

ic_result vss_freeze(struct ic *ic, const struct wire_vss_lun *luns, uint32_t n_luns)
{
	struct ic_request *request = vss_request(ic, WIRE_VSS_FREEZE);
	struct wire_vss_freeze *body = ic_body(request);

	if (n_luns > WIRE_VSS_LUNS)
		n_luns = WIRE_VSS_LUNS;
	body->luns = n_luns;
	if (n_luns)
		memcpy(body->lun, luns, n_luns * sizeof(*luns));
	return ask_and_free(request);
}

ic_result vss_thaw(struct ic *ic)
{
	return ask_and_free(vss_request(ic, WIRE_VSS_THAW));
}

ic_result vss_complete(struct ic *ic)
{
	return ask_and_free(vss_request(ic, WIRE_VSS_COMPLETE));
}

ic_result vss_cluster(struct ic *ic, uint32_t *nodes)
{
	struct ic_request *request = vss_request(ic, WIRE_VSS_CLUSTER);
	const struct wire_vss_cluster *answer = ic_answer(request);
	ic_result result;

	request->may_set[0] = (struct ic_span) {
		sizeof(answer->header), request->len - sizeof(struct wire_header) -
					sizeof(answer->header),
	};
	request->n_may_set = 1;
	request->need = offsetof(struct wire_vss_cluster, lun);
	result = ic_ask(request);
	if (result == WIRE_S_OK)
		*nodes = answer->nodes;
	ic_request_free(request);
	return result;
}
