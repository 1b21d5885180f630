// SPDX-License-Identifier: GPL-2.0
#include "gpadl.h"

#include <stdlib.h>
#include <string.h>

#include "bus.h"
#include "vmbus_wire.h"

struct hv_gpadl *hv_gpadl_find(struct hv_host *host, uint32_t id)
{
	struct hv_gpadl *gpadl = host->bus->gpadls;

	while (gpadl && gpadl->id != id)
		gpadl = gpadl->next;
	return gpadl;
}

void hv_gpadl_free(struct hv_host *host, struct hv_gpadl *gpadl)
{
	struct hv_gpadl **link = &host->bus->gpadls;

	while (*link != gpadl)
		link = &(*link)->next;
	*link = gpadl->next;
	free(gpadl->pages);
	free(gpadl);
}

void hv_gpadl_free_of(struct hv_host *host, uint32_t relid)
{
	struct hv_gpadl *gpadl = host->bus->gpadls;

	while (gpadl) {
		struct hv_gpadl *next = gpadl->next;

		if (gpadl->relid == relid)
			hv_gpadl_free(host, gpadl);
		gpadl = next;
	}
}

void hv_gpadl_free_all(struct hv_host *host)
{
	while (host->bus->gpadls)
		hv_gpadl_free(host, host->bus->gpadls);
}

unsigned int hv_gpadl_count(struct hv_host *host)
{
	unsigned int count = 0;

	hv_lock(host);
	for (struct hv_gpadl *gpadl = host->bus->gpadls; gpadl; gpadl = gpadl->next)
		count++;
	hv_unlock(host);
	return count;
}

void hv_gpadl_refuse_of(struct hv_host *host, uint32_t relid)
{
	for (struct hv_gpadl *gpadl = host->bus->gpadls; gpadl; gpadl = gpadl->next) {
		if (gpadl->relid == relid && gpadl->count < gpadl->total)
			gpadl->status = HV_NT_UNSUCCESSFUL;
	}
}

static void say_created(struct hv_host *host, uint32_t relid, uint32_t id, uint32_t status)
{
	hv_bus_say(host, &(struct hv_msg_result) {
		.head.type = HV_MSG_GPADL_CREATED,
		.relid = relid,
		.id = id,
		.status = status,
	}, sizeof(struct hv_msg_result));
}

static void add_pages(struct hv_host *host, struct hv_gpadl *gpadl, const uint8_t *bytes,
		      size_t size)
{
	uint64_t page;

	for (; size >= sizeof(page) && gpadl->count < gpadl->total; size -= sizeof(page)) {
		memcpy(&page, bytes, sizeof(page));
		bytes += sizeof(page);
		gpadl->pages[gpadl->count] = page < UINT64_MAX / HV_PAGE_SIZE ?
			hv_memory(host, page * HV_PAGE_SIZE, HV_PAGE_SIZE) : NULL;
		if (!gpadl->pages[gpadl->count++] && gpadl->status == HV_NT_SUCCESS) {
			hv_bus_violation(host, "GPADL %#x has a page outside of memory",
					 gpadl->id);
			gpadl->status = HV_NT_UNEXPECTED;
		}
	}
	if (size && gpadl->status != HV_NT_UNEXPECTED) {
		hv_bus_violation(host, "GPADL %#x has %zu bytes that belong to no page", gpadl->id,
				 size);
		gpadl->status = HV_NT_UNEXPECTED;
	}
	if (gpadl->count < gpadl->total)
		return;			/* bodies follow */
	say_created(host, gpadl->relid, gpadl->id, gpadl->status);
	if (gpadl->status)
		hv_gpadl_free(host, gpadl);
}

void hv_gpadl_header(struct hv_host *host, const void *message, size_t size, uint32_t status)
{
	const struct hv_msg_gpadl_header *header = message;
	uint32_t total = (header->range_bytes - 8) / sizeof(uint64_t);
	uint64_t bytes = (uint64_t)header->byte_offset + header->byte_count;
	const char *why = NULL;
	struct hv_gpadl *gpadl;

	if (header->range_count != 1 || header->range_bytes < 16 || header->range_bytes % 8 ||
	    header->byte_offset >= HV_PAGE_SIZE ||
	    total != (bytes + HV_PAGE_SIZE - 1) / HV_PAGE_SIZE)
		why = "has a malformed range";
	else if (hv_gpadl_find(host, header->gpadl))
		why = "is established already";
	if (why) {
		hv_bus_violation(host, "GPADL %#x %s", header->gpadl, why);
		say_created(host, header->relid, header->gpadl, HV_NT_UNEXPECTED);
		return;
	}
	gpadl = calloc(1, sizeof(*gpadl));
	if (!gpadl)
		abort();
	*gpadl = (struct hv_gpadl) {
		.next = host->bus->gpadls,
		.id = header->gpadl,
		.relid = header->relid,
		.byte_offset = header->byte_offset,
		.total = total,
		.status = status,
		.pages = calloc(total, sizeof(*gpadl->pages)),
	};
	if (!gpadl->pages)
		abort();
	host->bus->gpadls = gpadl;
	add_pages(host, gpadl, (const uint8_t *)message + sizeof(*header), size - sizeof(*header));
}

void hv_gpadl_body(struct hv_host *host, const void *message, size_t size)
{
	const struct hv_msg_gpadl_body *body = message;
	struct hv_gpadl *gpadl = hv_gpadl_find(host, body->gpadl);

	if (gpadl && gpadl->count < gpadl->total)
		add_pages(host, gpadl, (const uint8_t *)message + sizeof(*body),
			  size - sizeof(*body));
	else
		hv_bus_violation(host, "GPADL body for %#x, which waits for none", body->gpadl);
}
