// SPDX-License-Identifier: GPL-2.0
/*
 * A pool and its journal as anybody may have left them. The file itself is compiled in, to have the
 * sum of a journal right: without that none would be read.
 */
#include "../../lib/pool_journal.c"

#include <fcntl.h>

#include "pool.h"
#include "scratch.h"
#include "target.h"

#define FOLDER	"pools"
#define POOL	FOLDER "/.kvp_pool_1"
#define JOURNAL	FOLDER "/.hv_ic_journal_1"

/* An input: whole sectors of the pool and one that is not, then the journal. */
#define LETTERS	16

static void put_right(uint8_t *data, size_t size)
{
	struct journal *head;
	size_t n;

	if (size < sizeof(*head))
		return;
	head = malloc(size);
	must(head);
	memcpy(head, data, size);
	memcpy(head->magic, magic, sizeof(magic));
	n = (size_t)head->n_old + head->n_new + head->n_cut;
	if (n <= (size - sizeof(*head)) / RECORD)
		head->sum = journal_sum(head);
	memcpy(data, head, size);
	free(head);
}

/* Few letters make many bytes: a sector is one of them, all over. */
static size_t inflate(uint8_t *to, size_t room, const uint8_t *from, size_t size)
{
	size_t len = 0;

	for (size_t i = 0; i < size && len + SECTOR <= room; i++, len += SECTOR) {
		memset(to + len, 0, SECTOR);
		memset(to + len, from[i] % LETTERS ? 'a' + from[i] % LETTERS : 0,
		       from[i] & 0x80 ? SECTOR : 9);
	}
	return len;
}

static void expect_sound(const struct hvu_pool *pool)
{
	struct hvu_pool_item item;
	size_t n = hvu_pool_count(pool);

	must(n <= HVU_POOL_RECORDS);
	for (size_t i = 0; i < n; i++) {
		must(hvu_pool_at(pool, i, &item));
		must(item.key[0] && strlen(item.key) <= HVU_POOL_KEY_SIZE);
		must(strlen(item.value) <= HVU_POOL_VALUE_SIZE);
		must(hvu_pool_get(pool, item.key));
	}
	must(!hvu_pool_at(pool, n, &item));
}

static struct hvu_pool *open_pool(int folder)
{
	struct hvu_pool *pool;

	must(!hvu_pool_open(&pool, folder, HVU_POOL_GUEST, 0));
	expect_sound(pool);
	return pool;
}

static bool is_same(const struct hvu_pool *a, const struct hvu_pool *b)
{
	struct hvu_pool_item one, other;
	size_t n = hvu_pool_count(a);

	if (n != hvu_pool_count(b))
		return false;
	for (size_t i = 0; i < n; i++) {
		must(hvu_pool_at(a, i, &one) && hvu_pool_at(b, i, &other));
		if (strcmp(one.key, other.key) || strcmp(one.value, other.value))
			return false;
	}
	return true;
}

static void use(int folder)
{
	struct hvu_pool *pool = open_pool(folder), *again;
	struct stat status;
	int ret;

	ret = hvu_pool_set(pool, "fuzz", "value");
	must(!ret || ret == -ENOBUFS);
	if (!ret) {
		must(!strcmp(hvu_pool_get(pool, "fuzz"), "value"));
		must(!fstatat(scratch(), POOL, &status, 0) && status.st_size % RECORD == 0);
	}
	expect_sound(pool);
	again = open_pool(folder);
	must(is_same(pool, again));
	hvu_pool_close(again);
	ret = hvu_pool_delete(pool, "fuzz");
	must(!ret || ret == -ENOENT || ret == -ENOBUFS);
	must(ret || !hvu_pool_get(pool, "fuzz"));
	again = open_pool(folder);
	must(is_same(pool, again));
	hvu_pool_close(again);
	hvu_pool_close(pool);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t pool[64 * SECTOR + SECTOR], journal[sizeof(struct journal) + 64 * SECTOR];
	static int folder = -1;
	struct halves input = halves_of(data, size);
	size_t pool_size, journal_size = 0, head, odd;

	/* How many bytes lie behind the last whole sector. */
	odd = input.first_size ? input.first[0] % 3 : 0;
	pool_size = input.first_size ? inflate(pool, 64 * SECTOR, input.first + 1,
					       input.first_size - 1) + odd : 0;
	head = input.second_size < sizeof(struct journal) ? input.second_size :
		sizeof(struct journal);
	memcpy(journal, input.second, head);
	journal_size = head;
	if (head == sizeof(struct journal))
		journal_size += inflate(journal + head, 64 * SECTOR, input.second + head,
					input.second_size - head);
	put_right(journal, journal_size);

	scratch_write(POOL, pool, pool_size);
	scratch_write(JOURNAL, journal, journal_size);
	if (folder < 0)
		folder = openat(scratch(), FOLDER, O_PATH | O_DIRECTORY | O_CLOEXEC);
	must(folder >= 0);
	use(folder);
	return 0;
}
