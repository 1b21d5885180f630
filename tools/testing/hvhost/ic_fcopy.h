/* SPDX-License-Identifier: GPL-2.0 */
/* File copy: the guest service interface, driven as Copy-VMFile drives it. */
#ifndef HVHOST_IC_FCOPY_H
#define HVHOST_IC_FCOPY_H

#include "ic.h"

extern const struct ic_service ic_fcopy;

/**
 * struct fcopy_source - where the bytes come from
 * @until: cancel when so much has been sent; 0 is all
 * @read: fills @buffer with @size bytes from @offset; 0 or a negative errno
 */
struct fcopy_source {
	uint64_t size;
	uint64_t until;
	int (*read)(const struct fcopy_source *source, uint64_t offset, void *buffer,
		    uint32_t size);
	const void *memory;
	int fd;
};

/** fcopy_memory() - a buffer as source */
struct fcopy_source fcopy_memory(const void *memory, uint64_t size);

/** fcopy_file() - an open file as source */
struct fcopy_source fcopy_file(int fd, uint64_t size);

/**
 * fcopy_copy() - a whole file, as Copy-VMFile does it
 * @directory: in the guest
 * @flags:     WIRE_FCOPY_OVERWRITE, WIRE_FCOPY_CREATE_PATH
 *
 * Cancels after a step that failed, and returns that step's status.
 */
ic_result fcopy_copy(struct ic *ic, const struct fcopy_source *source, const char *directory,
		     const char *name, uint32_t flags);

ic_result fcopy_start(struct ic *ic, const char *directory, const char *name, uint32_t flags,
		      uint64_t size);
ic_result fcopy_write(struct ic *ic, uint64_t offset, const void *data, uint32_t size);
ic_result fcopy_complete(struct ic *ic);
ic_result fcopy_cancel(struct ic *ic);

/** fcopy_start_request() - what fcopy_start() asks, for ic_post(); NULL: a name too long */
struct ic_request *fcopy_start_request(struct ic *ic, const char *directory, const char *name,
				       uint32_t flags, uint64_t size);

#endif
