// SPDX-License-Identifier: GPL-2.0
/* The host's requests, and what comes of them. */
#include "serve.h"

#include <errno.h>
#include <stddef.h>

#include "log.h"

/*
 * As much of a file may be unhashed while it comes: to hash competes with the host for the
 * processor. It is still in memory then, and is hashed quickly before the next copy begins.
 */
#define UNHASHED (64 * 1048576)

static struct hvic_serve *serve_of(struct hvu_client *client)
{
	return (struct hvic_serve *)client;
}

/* A copy comes to nothing, if there is one. */
static void drop(struct hvic_serve *serve, int error)
{
	if (!serve->copy.active)
		return;
	hvic_copy_end(&serve->copy);
	hvic_audit_broken(&serve->audit, &serve->copy,
			  serve->copy.error ? serve->copy.error : error);
}

static void tell_work(struct hvic_serve *serve)
{
	if (serve->work)
		serve->work(serve);
}

/* --- Requests. ------------------------------------------------------------------------------- */

static int begin(struct hvic_serve *serve, uint64_t id, const struct hv_ic_fcopy_start *start)
{
	struct hvic_copy *copy = &serve->copy;
	int ret;

	drop(serve, -ECANCELED);
	ret = hvic_place_parse(&copy->place, start->path, start->name);
	if (!ret)
		ret = hvic_place_open(&copy->place, serve->rules.list, serve->rules.n,
				      serve->root);
	if (!ret)
		ret = hvic_copy_begin(copy, id, start->size, start->flags);
	if (ret) {
		hvic_audit_refused(&serve->audit, &copy->place, start, ret);
		hvic_place_close(&copy->place);
		return ret;
	}
	hvic_audit_begun(&serve->audit, copy);
	/* The host may have given it up already: then there is no COMPLETE, nor a CANCEL. */
	ret = hvu_client_answer(&serve->client, id, 0, NULL, 0);
	if (ret)
		drop(serve, -ECANCELED);
	return 0;
}

static int complete(struct hvic_serve *serve, uint64_t id)
{
	struct hvic_copy *copy = &serve->copy;
	int ret;

	if (!copy->active)
		return -EINVAL;
	ret = hvic_copy_complete(copy);
	if (ret) {
		copy->error = ret;
		drop(serve, ret);
		return ret;
	}
	ret = hvu_client_answer(&serve->client, id, 0, NULL, 0);
	if (ret) {
		/* The host has been told that it has not been copied. */
		hvic_copy_undo(copy);
		drop(serve, -ECANCELED);
		return 0;
	}
	/* ORDER: the note then tells of nothing that could be left. */
	hvic_copy_settle(copy);
	hvic_audit_complete(&serve->audit, copy);
	hvic_copy_end(copy);
	tell_work(serve);
	return 0;
}

static int remove_left(struct hvic_serve *serve, const struct hv_ic_fcopy_left *left)
{
	struct hvic_place place;
	struct hvic_left known;
	int ret = hvic_place_parse(&place, left->path, left->name);

	/* Such a file has never been begun. */
	if (ret)
		return -ENOENT;
	ret = hvic_place_open(&place, serve->rules.list, serve->rules.n, serve->root);
	if (ret)
		return ret == -ENOTDIR ? -ENOENT : ret;
	ret = hvic_audit_left(&serve->audit, &place, left->start, &known) ?
		hvic_copy_remove_left(&place, &known) : -ENOENT;
	hvic_place_close(&place);
	return ret;
}

static void take_block(struct hvic_serve *serve, const struct hv_ic_record *record,
		       const char *payload)
{
	const size_t head = offsetof(struct hv_ic_fcopy_write, data);
	struct { uint64_t offset; uint32_t size; uint32_t reserved; } block;
	size_t len = record->len - sizeof(*record);
	int ret = -EINVAL;

	/* Blocks that were on their way when the copy ended. */
	if (!serve->copy.active)
		return;
	serve->last = record->id;
	hvu_record_payload(record, payload, &block, sizeof(block));
	if (len >= head && block.size <= len - head)
		ret = hvic_copy_add(&serve->copy, block.offset, payload + head, block.size);
	if (ret)
		hvu_client_answer(&serve->client, record->id, ret, NULL, 0);
}

/* --- What the client calls. ------------------------------------------------------------------ */

static void start(struct hvu_client *client)
{
	drop(serve_of(client), -ECANCELED);
}

static void gone(struct hvu_client *client)
{
	drop(serve_of(client), -ENODEV);
}

/* Every request is answered at once, so none is open. */
static void over(struct hvu_client *client, uint64_t id, int status)
{
	(void)client;
	(void)id;
	(void)status;
}

static int take(struct hvu_client *client, const struct hv_ic_record *record, const void *payload)
{
	struct hvic_serve *serve = serve_of(client);
	struct hv_ic_fcopy_start begins;
	struct hv_ic_fcopy_left left;
	int ret;

	switch (record->op) {
	case HV_IC_FCOPY_START:
		hvu_record_payload(record, payload, &begins, sizeof(begins));
		return begin(serve, record->id, &begins);
	case HV_IC_FCOPY_WRITE:
		take_block(serve, record, payload);
		return 0;
	case HV_IC_FCOPY_COMPLETE:
		return complete(serve, record->id);
	case HV_IC_FCOPY_CANCEL:
		drop(serve, record->status ? record->status : -ECANCELED);
		return 0;
	case HV_IC_FCOPY_REMOVE:
		hvu_record_payload(record, payload, &left, sizeof(left));
		ret = remove_left(serve, &left);
		return ret ? ret : hvu_client_answer(client, record->id, 0, NULL, 0);
	default:
		return -EOPNOTSUPP;
	}
}

static void taken(struct hvu_client *client)
{
	struct hvic_serve *serve = serve_of(client);
	struct hvic_copy *copy = &serve->copy;
	int ret;

	if (!copy->active || !copy->n_run)
		return;
	ret = hvic_copy_flush(copy);
	if (ret)
		hvu_client_answer(client, serve->last, ret, NULL, 0);
	tell_work(serve);
}

const struct hvu_client_ops hvic_serve_ops = {
	.start = start, .take = take, .taken = taken, .over = over, .gone = gone,
};

/* --- Init and exit. -------------------------------------------------------------------------- */

static void naming(void *data, const struct hvic_copy *copy)
{
	struct hvic_serve *serve = data;

	hvic_audit_naming(&serve->audit, copy);
}

/**
 * hvic_serve_init() - begin, before the client is opened
 * @serve: zeroed, but for @rules
 * @root: below which everything is
 */
void hvic_serve_init(struct hvic_serve *serve, int root)
{
	struct hvic_place place;
	struct hvic_left left;
	uint64_t id;

	serve->root = root;
	serve->copy.place.top = -1;
	serve->copy.naming = naming;
	serve->copy.data = serve;
	hvic_audit_init(&serve->audit, root);
	/* What was left when the power failed, or while the module was loaded anew. */
	if (hvic_audit_last(&serve->audit, &place, &id) ||
	    hvic_place_open(&place, serve->rules.list, serve->rules.n, root))
		return;
	/* Whether the host was told of a file that has its own name, only the driver knows. */
	if (hvic_audit_left(&serve->audit, &place, id, &left)) {
		left.has_file &= left.replaces;
		if (!hvic_copy_remove_left(&place, &left))
			hvu_log(HVU_LOG_NOTICE, "removed what was left of a copy");
	}
	hvic_place_close(&place);
}

/** hvic_serve_idle() - when the host wants nothing: hash what should be; true if there is more */
bool hvic_serve_idle(struct hvic_serve *serve)
{
	struct hvic_copy *copy = &serve->copy;

	if (!copy->active)
		return hvic_audit_step(&serve->audit);
	/* An error will show again when the file is complete. */
	return !copy->digest.late && copy->prefix - copy->digest.done > UNHASHED &&
		hvic_digest_step(&copy->digest, copy->file, copy->prefix) > 0;
}

/** hvic_serve_end() - the daemon ends: nothing is left of what is not complete */
void hvic_serve_end(struct hvic_serve *serve)
{
	drop(serve, -ESHUTDOWN);
	hvic_audit_end(&serve->audit);
	hvic_rules_free(&serve->rules);
}
