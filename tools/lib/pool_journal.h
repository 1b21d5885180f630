/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Changes of a pool that are whole, whatever interrupts them.
 *
 * Others truncate a pool and write it anew, and lose it when they are interrupted. To write another
 * file and rename it is no way out: programs have this one open, and their locks are on it. So a
 * change is made in place, and a journal beside the file keeps what it was about until it is done:
 *
 *	1. the old and the new records to the journal, and that to the disk;
 *	2. the new records to the file, and that to the disk;
 *	3. if the file gets shorter: its new size, and that to the disk;
 *	4. the journal is void.
 *
 * Whoever opens the file under its locks and finds a journal that is not void has found a change
 * whose author was never told that it is done. It is undone, if it was begun and not finished; the
 * file tells. What a disk, or the kernel before it, writes in one piece is a sector of 512 bytes,
 * and five of them are a record. If each is old or new, the change was interrupted. If all are old,
 * or all are new, there is nothing to undo: therefore step 4 need not reach the disk. If a sector
 * is neither, somebody who knows nothing of the journal has written since, and it is void.
 *
 * An append is journalled like any other change: of one that is cut off, half a record would be
 * left at the end, and what others append would then lie across records. Only to cut off whole
 * records at the end needs no journal: a size is one step for every file system.
 */
#ifndef HVU_POOL_JOURNAL_H
#define HVU_POOL_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "pool_file.h"

/**
 * struct hvu_pool_image - what is in a file
 * @data: its whole records, to be freed; not more than HVU_POOL_RECORDS
 * @records: how many
 * @size: of the file
 * @interrupted: a change had been interrupted; the records are those before it
 */
struct hvu_pool_image {
	uint8_t *data;
	size_t records;
	uint64_t size;
	bool interrupted;
};

/**
 * struct hvu_pool_change - records to replace, to append, or to cut off
 * @index: the first one to write; not behind the end
 * @records: the new ones
 * @n: how many; 0 only to cut, or to have on the disk what is there
 * @old_total: how many records the file has
 * @total: how many it shall have
 * @synced: what the file holds is known to be on the disk
 */
struct hvu_pool_change {
	size_t index;
	const void *records;
	size_t n;
	size_t old_total;
	size_t total;
	bool synced;
};

int hvu_pool_read(struct hvu_pool_file *file, struct hvu_pool_image *image);
int hvu_pool_mend(struct hvu_pool_file *file);
int hvu_pool_write(struct hvu_pool_file *file, const struct hvu_pool_change *change);
int hvu_pool_blank(struct hvu_pool_file *file, size_t index);

#endif
