// SPDX-License-Identifier: GPL-2.0
/* The records of a pool, in memory. */
#include "pool_content.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_BUCKETS 64

static uint32_t hash_key(const char *key)
{
	uint32_t hash = 2166136261;

	for (; *key; key++)
		hash = (hash ^ (uint8_t)*key) * 16777619;
	return hash;
}

static struct hvu_entry *new_entry(const char *key, size_t key_len, const char *value,
				   size_t value_len)
{
	struct hvu_entry *entry = malloc(sizeof(*entry) + key_len + value_len + 2);

	if (!entry)
		return NULL;
	memcpy(entry->key, key, key_len);
	entry->key[key_len] = '\0';
	memcpy(entry->key + key_len + 1, value, value_len);
	entry->key[key_len + 1 + value_len] = '\0';
	entry->value = entry->key + key_len + 1;
	entry->hash = hash_key(entry->key);
	return entry;
}

/** hvu_entry_new() - a record, to be freed, of texts that fit; NULL without memory */
struct hvu_entry *hvu_entry_new(const char *key, const char *value)
{
	return new_entry(key, strlen(key), value, strlen(value));
}

/** hvu_entry_encode() - a record as it is in a file: what is not text is zero */
void hvu_entry_encode(const struct hvu_entry *entry, uint8_t record[static HVU_POOL_RECORD_SIZE])
{
	memset(record, 0, HVU_POOL_RECORD_SIZE);
	memcpy(record, entry->key, strlen(entry->key));
	memcpy(record + HVU_POOL_KEY_SIZE, entry->value, strlen(entry->value));
}

static struct hvu_entry **bucket(const struct hvu_content *content, uint32_t hash)
{
	return &content->buckets[hash & (content->n_buckets - 1)];
}

static void link_entry(struct hvu_content *content, struct hvu_entry *entry)
{
	struct hvu_entry **head = bucket(content, entry->hash);

	entry->next = *head;
	*head = entry;
}

static void unlink_entry(struct hvu_content *content, struct hvu_entry *entry)
{
	struct hvu_entry **at = bucket(content, entry->hash);

	while (*at != entry)
		at = &(*at)->next;
	*at = entry->next;
}

/** hvu_content_reserve() - make room for as many as @n; 0 or %-ENOMEM */
int hvu_content_reserve(struct hvu_content *content, size_t n)
{
	size_t n_buckets = content->n_buckets ? content->n_buckets : FIRST_BUCKETS;
	struct hvu_entry **buckets, **slots;

	if (n > content->room) {
		size_t room = n < 2 * content->room ? 2 * content->room : n;

		slots = reallocarray(content->slots, room, sizeof(*slots));
		if (!slots)
			return -ENOMEM;
		content->slots = slots;
		content->room = room;
	}
	while (n_buckets < n)
		n_buckets *= 2;
	if (n_buckets == content->n_buckets)
		return 0;
	buckets = calloc(n_buckets, sizeof(*buckets));
	if (!buckets)
		return -ENOMEM;
	free(content->buckets);
	content->buckets = buckets;
	content->n_buckets = n_buckets;
	for (size_t i = 0; i < content->n; i++)
		link_entry(content, content->slots[i]);
	return 0;
}

/** hvu_content_add() - add one, for which there is room, behind all others */
void hvu_content_add(struct hvu_content *content, struct hvu_entry *entry)
{
	entry->slot = content->n;
	content->slots[content->n++] = entry;
	content->empty += !entry->key[0];
	link_entry(content, entry);
}

/** hvu_content_free() - make it empty */
void hvu_content_free(struct hvu_content *content)
{
	for (size_t i = 0; i < content->n; i++)
		free(content->slots[i]);
	free(content->slots);
	free(content->buckets);
	*content = (struct hvu_content){ 0 };
}

/** hvu_content_replace() - put one in the place of another of the same key, and free that */
void hvu_content_replace(struct hvu_content *content, struct hvu_entry *old,
			 struct hvu_entry *entry)
{
	entry->slot = old->slot;
	content->slots[old->slot] = entry;
	unlink_entry(content, old);
	link_entry(content, entry);
	free(old);
}

/** hvu_content_remove() - free one that has a key; the last one takes its place */
void hvu_content_remove(struct hvu_content *content, struct hvu_entry *entry)
{
	struct hvu_entry *last = content->slots[--content->n];

	last->slot = entry->slot;
	content->slots[entry->slot] = last;
	unlink_entry(content, entry);
	free(entry);
}

/**
 * hvu_content_merge() - free all records of a key, and keep the order of the others
 * @content: all
 * @first: the first one of the key
 * @entry: takes its place; NULL for none
 */
void hvu_content_merge(struct hvu_content *content, struct hvu_entry *first,
		       struct hvu_entry *entry)
{
	size_t to = first->slot + !!entry;

	for (size_t i = first->slot + 1; i < content->n; i++) {
		struct hvu_entry *other = content->slots[i];

		if (!strcmp(other->key, first->key)) {
			unlink_entry(content, other);
			free(other);
			continue;
		}
		other->slot = to;
		content->slots[to++] = other;
	}
	content->n = to;
	if (entry) {
		hvu_content_replace(content, first, entry);
		return;
	}
	unlink_entry(content, first);
	free(first);
}

/**
 * hvu_content_parse() - make it of what is in a file
 * @content: empty
 * @records: the records
 * @n: how many
 *
 * Others have written them: neither a key nor a value needs to have an end.
 *
 * Return: 0, or %-ENOMEM with @content to be freed.
 */
int hvu_content_parse(struct hvu_content *content, const uint8_t *records, size_t n)
{
	int ret = hvu_content_reserve(content, n);

	for (size_t i = 0; !ret && i < n; i++) {
		const char *key = (const char *)records + i * HVU_POOL_RECORD_SIZE;
		const char *value = key + HVU_POOL_KEY_SIZE;
		struct hvu_entry *entry = new_entry(key, strnlen(key, HVU_POOL_KEY_SIZE), value,
						    strnlen(value, HVU_POOL_VALUE_SIZE));

		if (entry)
			hvu_content_add(content, entry);
		else
			ret = -ENOMEM;
	}
	return ret;
}

/** hvu_content_equal() - the same records in the same order? */
bool hvu_content_equal(const struct hvu_content *a, const struct hvu_content *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		if (a->slots[i]->hash != b->slots[i]->hash ||
		    strcmp(a->slots[i]->key, b->slots[i]->key) ||
		    strcmp(a->slots[i]->value, b->slots[i]->value))
			return false;
	}
	return true;
}

/** hvu_content_find() - the records of a key; none has the key "" */
struct hvu_match hvu_content_find(const struct hvu_content *content, const char *key)
{
	uint32_t hash = hash_key(key);
	struct hvu_match match = { 0 };

	if (!content->n_buckets || !key[0])
		return match;
	for (struct hvu_entry *entry = *bucket(content, hash); entry; entry = entry->next) {
		if (entry->hash != hash || strcmp(entry->key, key))
			continue;
		match.n++;
		if (!match.first || entry->slot < match.first->slot)
			match.first = entry;
		if (!match.last || entry->slot > match.last->slot)
			match.last = entry;
	}
	return match;
}

