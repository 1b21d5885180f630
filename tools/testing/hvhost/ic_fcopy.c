// SPDX-License-Identifier: GPL-2.0
#include "ic_fcopy.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "utf16.h"

const struct ic_service ic_fcopy = {
	.name = "fcopy",
	.class = "34d14be3-dee4-41c8-9ae7-6b174977c192",
	.instance = "eb765408-105f-49b6-b4aa-c123b64d17d4",
	.type = WIRE_FCOPY,
	.messages = IC_VERSIONS({ 1, 1 }),
};

static ic_result ask_and_free(struct ic_request *request)
{
	ic_result result = ic_ask(request);

	ic_request_free(request);
	return result;
}

static struct ic_request *new_request(struct ic *ic, enum wire_fcopy_op op, size_t body)
{
	struct ic_request *request = ic_request(ic, WIRE_FCOPY, body);

	((struct wire_fcopy_header *)ic_body(request))->op = op;
	return request;
}

struct ic_request *fcopy_start_request(struct ic *ic, const char *directory, const char *name,
				       uint32_t flags, uint64_t size)
{
	struct ic_request *request = new_request(ic, WIRE_FCOPY_START,
						 sizeof(struct wire_fcopy_start));
	struct wire_fcopy_start *body = ic_body(request);
	char path[3 * WIRE_FCOPY_NAME];

	body->flags = flags;
	body->size = size;
	/* Hosts end a path with a slash, and guests count on it. */
	snprintf(path, sizeof(path), "%s%s", directory,
		 *directory && directory[strlen(directory) - 1] == '/' ? "" : "/");
	if (utf16_from_utf8(body->name, WIRE_FCOPY_NAME, name) < 0 ||
	    utf16_from_utf8(body->path, WIRE_FCOPY_NAME, path) < 0) {
		ic_request_free(request);
		return NULL;
	}
	return request;
}

ic_result fcopy_start(struct ic *ic, const char *directory, const char *name, uint32_t flags,
		      uint64_t size)
{
	struct ic_request *request = fcopy_start_request(ic, directory, name, flags, size);

	return request ? ask_and_free(request) : -EINVAL;
}

ic_result fcopy_write(struct ic *ic, uint64_t offset, const void *data, uint32_t size)
{
	struct ic_request *request;
	struct wire_fcopy_write *body;

	if (size > WIRE_FCOPY_FRAGMENT)
		return -EINVAL;
	request = new_request(ic, WIRE_FCOPY_WRITE, sizeof(*body));
	body = ic_body(request);
	body->offset = offset;
	body->size = size;
	memcpy(body->data, data, size);
	return ask_and_free(request);
}

ic_result fcopy_complete(struct ic *ic)
{
	return ask_and_free(new_request(ic, WIRE_FCOPY_COMPLETE,
					sizeof(struct wire_fcopy_header)));
}

ic_result fcopy_cancel(struct ic *ic)
{
	return ask_and_free(new_request(ic, WIRE_FCOPY_CANCEL,
					sizeof(struct wire_fcopy_header)));
}

ic_result fcopy_copy(struct ic *ic, const struct fcopy_source *source, const char *directory,
		     const char *name, uint32_t flags)
{
	uint8_t block[WIRE_FCOPY_FRAGMENT];
	uint64_t end = source->until && source->until < source->size ? source->until :
								       source->size;
	ic_result result = fcopy_start(ic, directory, name, flags, source->size);

	if (result)
		return result;
	for (uint64_t offset = 0; offset < end && !result;) {
		uint64_t left = end - offset;
		uint32_t size = left < sizeof(block) ? left : sizeof(block);

		result = source->read(source, offset, block, size);
		if (!result)
			result = fcopy_write(ic, offset, block, size);
		offset += size;
	}
	if (!result && end == source->size)
		return fcopy_complete(ic);
	if (!result)
		return fcopy_cancel(ic);
	fcopy_cancel(ic);
	return result;
}

static int read_memory(const struct fcopy_source *source, uint64_t offset, void *buffer,
		       uint32_t size)
{
	memcpy(buffer, (const uint8_t *)source->memory + offset, size);
	return 0;
}

struct fcopy_source fcopy_memory(const void *memory, uint64_t size)
{
	return (struct fcopy_source) { .size = size, .read = read_memory, .memory = memory };
}

static int read_file(const struct fcopy_source *source, uint64_t offset, void *buffer,
		     uint32_t size)
{
	ssize_t n = pread(source->fd, buffer, size, offset);

	if (n < 0)
		return -errno;
	return n == size ? 0 : -ENODATA;	/* it shrank meanwhile */
}

struct fcopy_source fcopy_file(int fd, uint64_t size)
{
	return (struct fcopy_source) { .size = size, .read = read_file, .fd = fd };
}
