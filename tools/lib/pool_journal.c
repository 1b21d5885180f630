// SPDX-License-Identifier: GPL-2.0
/* Changes of a pool that are whole, whatever interrupts them. */
#include "pool_journal.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RECORD ((size_t)HVU_POOL_RECORD_SIZE)
/* What is written in one piece; divides a record. */
#define SECTOR ((size_t)512)

/* A key can be made empty in one piece. */
static_assert(HVU_POOL_KEY_SIZE == SECTOR, "a key is a sector");

/* A journal that is longer gives its room back. */
#define KEEP_SIZE ((off_t)65536)

static const char magic[8] = "hvicjnl1";

/**
 * struct journal - a change, as it is in the journal
 * @magic: this is one; zero if it is void
 * @sum: of all that follows
 * @old_size: of the file before the change
 * @new_size: after it
 * @index: the first record that is written
 * @n_old: how many of those that are written were there before
 * @n_new: how many are written
 * @n_cut: how many are cut off at the end
 * @records: the old ones, the new ones, and those that are cut off
 *
 * A journal is read by the machine that has written it: there is no byte order to keep.
 */
struct journal {
	char magic[sizeof(magic)];
	uint64_t sum;
	uint64_t old_size;
	uint64_t new_size;
	uint32_t index;
	uint32_t n_old;
	uint32_t n_new;
	uint32_t n_cut;
	uint8_t records[];
};

static size_t journal_size(const struct journal *journal)
{
	size_t n = (size_t)journal->n_old + journal->n_new + journal->n_cut;

	return sizeof(*journal) + n * RECORD;
}

/* Tells a journal that is whole from one that is not; everything in it is a multiple of 8 bytes. */
static uint64_t journal_sum(const struct journal *journal)
{
	const uint8_t *at = (const uint8_t *)&journal->old_size;
	const uint8_t *end = (const uint8_t *)journal + journal_size(journal);
	uint64_t sum = UINT64_C(0xcbf29ce484222325), word;

	for (; at < end; at += sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		sum ^= word;
		sum = (sum << 29 | sum >> 35) * UINT64_C(0x100000001b3);
	}
	return sum;
}

static const uint8_t *old_records(const struct journal *journal)
{
	return journal->records;
}

static const uint8_t *new_records(const struct journal *journal)
{
	return journal->records + journal->n_old * RECORD;
}

static const uint8_t *cut_records(const struct journal *journal)
{
	return new_records(journal) + journal->n_new * RECORD;
}

/* --- Reading and writing. ----------------------------------------------------------------- */

/* Reads what is there; how much that is, or a negative errno. */
static ssize_t read_all(int fd, void *data, size_t size, off_t offset)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = pread(fd, (char *)data + done, size - done, offset + done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		done += n;
	}
	return done;
}

static int write_all(const struct hvu_pool_ops *ops, int fd, const void *data, size_t size,
		     off_t offset)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = ops->pwrite(fd, (const char *)data + done, size - done, offset + done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			return -EIO;
		done += n;
	}
	return 0;
}

static int sync_fd(const struct hvu_pool_ops *ops, int fd)
{
	return ops->fdatasync(fd) < 0 ? -errno : 0;
}

static int cut(const struct hvu_pool_ops *ops, int fd, uint64_t size)
{
	if (ops->ftruncate(fd, size) < 0)
		return -errno;
	return sync_fd(ops, fd);
}

/* --- A change that was interrupted. ------------------------------------------------------- */

/* Is it one that we would write? The sum tells only that it is whole. */
static bool is_sound(const struct journal *head)
{
	uint64_t cut = head->old_size > head->new_size ? head->old_size - head->new_size : 0;

	return head->n_new && head->n_old <= head->n_new && head->index <= HVU_POOL_RECORDS &&
	       head->n_new <= HVU_POOL_RECORDS && head->n_cut <= HVU_POOL_RECORDS &&
	       head->old_size / RECORD <= UINT32_MAX && head->new_size / RECORD <= UINT32_MAX &&
	       head->n_cut * RECORD == cut &&
	       head->old_size >= (head->index + (uint64_t)head->n_old) * RECORD &&
	       head->new_size >= (head->index + (uint64_t)head->n_new) * RECORD;
}

/* Reads the journal; 1 if it holds a change, to be freed, 0 if it is void, or a negative errno. */
static int read_journal(const struct hvu_pool_file *file, struct journal **journal)
{
	struct journal head, *whole;
	ssize_t n;

	if (file->journal < 0)
		return 0;
	n = read_all(file->journal, &head, sizeof(head), 0);
	if (n < 0)
		return n;
	if ((size_t)n < sizeof(head) || memcmp(head.magic, magic, sizeof(magic)) ||
	    !is_sound(&head))
		return 0;
	whole = malloc(journal_size(&head));
	if (!whole)
		return -ENOMEM;
	*whole = head;
	n = read_all(file->journal, whole->records, journal_size(&head) - sizeof(head),
		     sizeof(head));
	if (n < 0 || (size_t)n < journal_size(&head) - sizeof(head) ||
	    whole->sum != journal_sum(whole)) {
		free(whole);
		return n < 0 ? n : 0;
	}
	*journal = whole;
	return 1;
}

static bool is_blank(const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (data[i])
			return false;
	}
	return true;
}

/* May the change have left a file of that size, unfinished or not? */
static bool size_fits(const struct journal *journal, uint64_t size)
{
	if (journal->new_size > journal->old_size)
		return size >= journal->old_size && size <= journal->new_size;
	/* Others may have appended to it since. It gets shorter when all else is done. */
	if (journal->new_size < journal->old_size)
		return size >= journal->old_size;
	return size >= (journal->index + (uint64_t)journal->n_new) * RECORD;
}

/*
 * Was the change begun and not finished? @now is what the file holds in place of the records that
 * were to be written, @n bytes of it; the file may end within them.
 */
static bool is_interrupted(const struct journal *journal, const uint8_t *now, size_t n,
			   uint64_t size)
{
	bool begun = false, done = journal->new_size >= journal->old_size;

	if (!size_fits(journal, size))
		return false;
	for (size_t at = 0; at < journal->n_new * RECORD; at += SECTOR) {
		size_t there = at >= n ? 0 : n - at < SECTOR ? n - at : SECTOR;
		bool was_there = at < journal->n_old * RECORD;
		bool is_new = !memcmp(now + at, new_records(journal) + at, there);
		bool is_old = was_there ? !memcmp(now + at, old_records(journal) + at, there) :
			/* The size may be on the disk before what it is about. */
			is_blank(now + at, there);

		if (!is_new && !is_old)
			return false;
		if (was_there ? !is_old : there)
			begun = true;
		if (!is_new || there < SECTOR)
			done = false;
	}
	return begun && !done;
}

/*
 * Has the end been cut off? The size does not tell, if others have appended since; to undo the
 * change then would lose a record that has been moved away from the end.
 */
static int is_cut(const struct hvu_pool_file *file, const struct journal *journal)
{
	size_t size = journal->n_cut * RECORD;
	uint8_t *now;
	ssize_t n;
	int ret;

	if (!size)
		return 0;
	now = malloc(size);
	if (!now)
		return -ENOMEM;
	n = read_all(file->fd, now, size, journal->new_size);
	ret = n < 0 ? n : (size_t)n < size || memcmp(now, cut_records(journal), size);
	free(now);
	return ret;
}

/* 1 if a change was interrupted; @journal is then to be freed. 0, or a negative errno. */
static int find_interrupted(const struct hvu_pool_file *file, struct journal **journal)
{
	struct stat status;
	uint8_t *now;
	ssize_t n;
	int ret;

	ret = read_journal(file, journal);
	if (ret <= 0)
		return ret;
	now = malloc((*journal)->n_new * RECORD);
	if (!now) {
		ret = -ENOMEM;
		goto err_free_journal;
	}
	n = read_all(file->fd, now, (*journal)->n_new * RECORD, (*journal)->index * (off_t)RECORD);
	if (n < 0 || fstat(file->fd, &status) < 0) {
		ret = n < 0 ? n : -errno;
		goto err_free_now;
	}
	ret = is_interrupted(*journal, now, n, status.st_size);
	if (ret) {
		ret = is_cut(file, *journal);
		ret = ret < 0 ? ret : !ret;
	}
	free(now);
	if (ret <= 0)
		free(*journal);
	return ret;

err_free_now:
	free(now);
err_free_journal:
	free(*journal);
	return ret;
}

/* Puts back what was there before. */
static int undo(const struct hvu_pool_file *file, const struct journal *journal)
{
	int ret = write_all(file->ops, file->fd, old_records(journal), journal->n_old * RECORD,
			    journal->index * (off_t)RECORD);

	if (!ret && journal->new_size > journal->old_size)
		return cut(file->ops, file->fd, journal->old_size);
	return ret ? ret : sync_fd(file->ops, file->fd);
}

/* Nothing is lost if this fails: a change that is done, or undone, is not undone again. */
static void make_void(struct hvu_pool_file *file)
{
	static const char nothing[sizeof(magic)];

	if (file->journal < 0)
		return;
	if (file->journal_status.st_size > KEEP_SIZE && !file->ops->ftruncate(file->journal, 0)) {
		file->journal_status.st_size = 0;
		return;
	}
	write_all(file->ops, file->journal, nothing, sizeof(nothing), 0);
}

/**
 * hvu_pool_mend() - undo a change that was interrupted
 * @file: the file, open for writing
 *
 * Return: 1 if there was one, 0 if not; or a negative errno.
 */
int hvu_pool_mend(struct hvu_pool_file *file)
{
	struct journal *journal;
	int ret = find_interrupted(file, &journal);

	if (ret <= 0)
		return ret;
	ret = undo(file, journal);
	if (!ret)
		make_void(file);
	free(journal);
	return ret ? ret : 1;
}

/* --- Reading a pool. ---------------------------------------------------------------------- */

/* What the image would be without the change. */
static void undo_image(const struct journal *journal, struct hvu_pool_image *image)
{
	size_t n = journal->n_old;

	if (journal->new_size > journal->old_size && journal->old_size / RECORD < image->records)
		image->records = journal->old_size / RECORD;
	if (journal->index >= image->records)
		return;
	if (n > image->records - journal->index)
		n = image->records - journal->index;
	memcpy(image->data + journal->index * RECORD, old_records(journal), n * RECORD);
}

/**
 * hvu_pool_read() - read the records of a file
 * @file: the file, open
 * @image: gets them
 *
 * What was interrupted is undone in @image only: the file may not be ours to write.
 *
 * Return: 0 or a negative errno.
 */
int hvu_pool_read(struct hvu_pool_file *file, struct hvu_pool_image *image)
{
	struct journal *journal;
	struct stat status;
	ssize_t n;
	int ret;

	*image = (struct hvu_pool_image){ 0 };
	if (fstat(file->fd, &status) < 0)
		return -errno;
	image->size = status.st_size;
	image->records = image->size / RECORD;
	if (image->records > HVU_POOL_RECORDS)
		image->records = HVU_POOL_RECORDS;
	image->data = malloc(image->records * RECORD + 1);
	if (!image->data)
		return -ENOMEM;
	n = read_all(file->fd, image->data, image->records * RECORD, 0);
	if (n < 0) {
		ret = n;
		goto err_free_data;
	}
	/* Those who do not lock may have cut it meanwhile. */
	image->records = n / RECORD;

	ret = find_interrupted(file, &journal);
	if (ret < 0)
		goto err_free_data;
	image->interrupted = ret;
	if (ret) {
		undo_image(journal, image);
		free(journal);
	}
	return 0;

err_free_data:
	free(image->data);
	image->data = NULL;
	return ret;
}

/* --- Changing it. ------------------------------------------------------------------------- */

static int read_records(const struct hvu_pool_file *file, uint8_t *records, size_t index, size_t n)
{
	ssize_t got = read_all(file->fd, records, n * RECORD, index * (off_t)RECORD);

	if (got < 0)
		return got;
	/* Somebody who does not lock has cut it. */
	return (size_t)got < n * RECORD ? -EBUSY : 0;
}

static int new_journal(const struct hvu_pool_file *file, const struct hvu_pool_change *change,
		       struct journal **journal)
{
	size_t behind = change->old_total - change->index;
	struct journal head = {
		.old_size = change->old_total * RECORD,
		.new_size = change->total * RECORD,
		.index = change->index,
		.n_old = behind < change->n ? behind : change->n,
		.n_new = change->n,
		.n_cut = change->total < change->old_total ? change->old_total - change->total : 0,
	};
	struct journal *whole = malloc(journal_size(&head));
	int ret;

	if (!whole)
		return -ENOMEM;
	*whole = head;
	memcpy(whole->magic, magic, sizeof(magic));
	memcpy(whole->records + head.n_old * RECORD, change->records, change->n * RECORD);
	ret = read_records(file, whole->records, change->index, head.n_old);
	if (!ret)
		ret = read_records(file, whole->records + (head.n_old + change->n) * RECORD,
				   change->total, head.n_cut);
	if (ret) {
		free(whole);
		return ret;
	}
	whole->sum = journal_sum(whole);
	*journal = whole;
	return 0;
}

static int write_journal(struct hvu_pool_file *file, const struct journal *journal)
{
	off_t size = journal_size(journal);
	int ret = hvu_pool_file_make_journal(file);

	if (!ret && file->journal_status.st_size < size)
		file->journal_status.st_size = size;
	if (!ret)
		ret = write_all(file->ops, file->journal, journal, size, 0);
	if (!ret)
		ret = sync_fd(file->ops, file->journal);
	if (ret)
		make_void(file);
	return ret;
}

static int write_journalled(struct hvu_pool_file *file, const struct journal *journal)
{
	int ret;

	ret = write_journal(file, journal);
	if (ret)
		return ret;
	ret = write_all(file->ops, file->fd, new_records(journal), journal->n_new * RECORD,
			journal->index * (off_t)RECORD);
	if (!ret)
		ret = sync_fd(file->ops, file->fd);
	if (!ret && journal->new_size < journal->old_size &&
	    file->ops->ftruncate(file->fd, journal->new_size) < 0)
		ret = -errno;
	if (ret) {
		/* Without success the journal remains, for whoever comes next. */
		if (!undo(file, journal))
			make_void(file);
		return ret;
	}
	if (journal->new_size < journal->old_size)
		ret = sync_fd(file->ops, file->fd);
	if (!ret)
		make_void(file);
	return ret;
}

/**
 * hvu_pool_write() - change a file
 * @file: the file, open for writing and mended
 * @change: what to do
 *
 * What others have written and a disk has not got yet may be lost in a power cut, as ever; but then
 * a part of it could be taken for a change of ours. So that goes to the disk first. So does the new
 * end, where somebody has left half a record.
 *
 * Return: 0, and it is on the disk; or a negative errno, and the file is as it was: %-EBUSY if
 * somebody writes to it without a lock.
 */
int hvu_pool_write(struct hvu_pool_file *file, const struct hvu_pool_change *change)
{
	struct journal *journal = NULL;
	struct stat status;
	int ret = 0;

	if (fstat(file->fd, &status) < 0)
		return -errno;
	if ((uint64_t)status.st_size / RECORD != change->old_total)
		return -EBUSY;
	if (status.st_size % RECORD)
		ret = cut(file->ops, file->fd, change->old_total * RECORD);
	else if (!change->synced)
		ret = sync_fd(file->ops, file->fd);
	if (ret)
		return ret;
	if (!change->n && change->total == change->old_total)
		return 0;
	if (!change->n)
		return cut(file->ops, file->fd, change->total * RECORD);

	ret = new_journal(file, change, &journal);
	if (ret)
		return ret;
	ret = write_journalled(file, journal);
	free(journal);
	return ret;
}

/**
 * hvu_pool_blank() - make a record one without a key, and without a value, where it is
 * @file: the file, open for writing and mended
 * @index: the record
 *
 * This takes no room. The key is a sector, which is written as a whole or not at all, so that it
 * takes no journal either.
 *
 * Return: 0, and it is on the disk; or a negative errno.
 */
int hvu_pool_blank(struct hvu_pool_file *file, size_t index)
{
	static const uint8_t nothing[HVU_POOL_RECORD_SIZE];
	int ret;

	ret = write_all(file->ops, file->fd, nothing, HVU_POOL_KEY_SIZE, index * (off_t)RECORD);
	if (!ret)
		ret = sync_fd(file->ops, file->fd);
	if (!ret)
		ret = write_all(file->ops, file->fd, nothing, RECORD - HVU_POOL_KEY_SIZE,
				index * (off_t)RECORD + HVU_POOL_KEY_SIZE);
	return ret ? ret : sync_fd(file->ops, file->fd);
}
