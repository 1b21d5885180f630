/* SPDX-License-Identifier: GPL-2.0 */
/* The records of a pool, in memory: by place and by key. */
#ifndef HVU_POOL_CONTENT_H
#define HVU_POOL_CONTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pool_format.h"

/**
 * struct hvu_entry - a record
 * @next: in its bucket
 * @hash: of the key
 * @slot: which record it is
 * @value: lies behind the key
 * @key: "" for a record that is none
 */
struct hvu_entry {
	struct hvu_entry *next;
	uint32_t hash;
	uint32_t slot;
	const char *value;
	char key[];
};

/**
 * struct hvu_content - the records of a pool
 * @slots: in the order of the file
 * @n: how many
 * @room: how many there can be in @slots
 * @empty: those without a key
 * @buckets: by hash
 * @n_buckets: a power of two, not less than @n
 */
struct hvu_content {
	struct hvu_entry **slots;
	size_t n;
	size_t room;
	size_t empty;
	struct hvu_entry **buckets;
	size_t n_buckets;
};

/**
 * struct hvu_match - the records of a key
 * @first: in the order of the file
 * @last: the one that counts; NULL if there is none
 * @n: how many
 */
struct hvu_match {
	struct hvu_entry *first;
	struct hvu_entry *last;
	size_t n;
};

struct hvu_entry *hvu_entry_new(const char *key, const char *value);
void hvu_entry_encode(const struct hvu_entry *entry, uint8_t record[static HVU_POOL_RECORD_SIZE]);

int hvu_content_parse(struct hvu_content *content, const uint8_t *records, size_t n);
void hvu_content_free(struct hvu_content *content);
bool hvu_content_equal(const struct hvu_content *a, const struct hvu_content *b);
struct hvu_match hvu_content_find(const struct hvu_content *content, const char *key);

int hvu_content_reserve(struct hvu_content *content, size_t n);
void hvu_content_add(struct hvu_content *content, struct hvu_entry *entry);
void hvu_content_replace(struct hvu_content *content, struct hvu_entry *old,
			 struct hvu_entry *entry);
void hvu_content_remove(struct hvu_content *content, struct hvu_entry *entry);
void hvu_content_merge(struct hvu_content *content, struct hvu_entry *first,
		       struct hvu_entry *entry);

#endif
