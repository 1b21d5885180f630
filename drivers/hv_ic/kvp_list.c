// SPDX-License-Identifier: GPL-2.0
/* Items that a daemon has listed and the host has not asked for yet: see kvp_list.h. */
#include "kvp_list.h"

#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/string.h>

/* A host that goes on with its list asks at once; another program may change the pool meanwhile. */
#define LIFETIME	(HZ / 10)

/* Returns what lies behind a string with its NUL; NULL if there is none before @end. */
static const char *skip(const char *text, const char *end)
{
	const char *nul = memchr(text, 0, end - text);

	return nul ? nul + 1 : NULL;
}

/**
 * hvic_kvp_list_keep() - keep what follows the item that the host has asked for
 * @list: gets it, in place of what is there
 * @pool: that the host has asked for
 * @index: that the host has asked for
 * @answer: of the daemon
 *
 * Return: 0, or %-EINVAL if the answer is malformed; nothing has changed then.
 */
int hvic_kvp_list_keep(struct hvic_kvp_list *list, u8 pool, u32 index,
		       const struct hv_ic_kvp_list *answer)
{
	const char *end = answer->text + sizeof(answer->text), *behind = answer->text;
	u32 i;

	if (answer->flags & ~HV_IC_KVP_LIST_LAST)
		return -EINVAL;
	for (i = 0; i < answer->n && behind; i++) {
		behind = skip(behind, end);
		if (behind)
			behind = skip(behind, end);
	}
	if (!behind)
		return -EINVAL;

	memcpy(list->text, answer->text, behind - answer->text);
	list->next = list->text;
	list->pool = pool;
	list->index = index + 1;
	list->n = answer->n;
	list->is_last = answer->flags & HV_IC_KVP_LIST_LAST;
	list->expires = jiffies + LIFETIME;
	return 0;
}

/* Returns what lies behind the text. */
static const char *copy_text(char *to, size_t size, const char *text)
{
	strscpy(to, text, size);
	return text + strlen(text) + 1;
}

/**
 * hvic_kvp_list_next() - what the daemon has said of an item
 * @list: forgotten, unless that item is the next one
 * @pool: of the item
 * @index: of the item
 * @item: gets it
 *
 * Return: 0, or
 * * %-ENODATA - the pool ends before it
 * * %-ENOENT - nothing: ask the daemon
 */
int hvic_kvp_list_next(struct hvic_kvp_list *list, u8 pool, u32 index,
		       struct hv_ic_kvp_item *item)
{
	bool is_next = pool == list->pool && index == list->index && index &&
		       time_before(jiffies, list->expires);

	if (is_next && list->n) {
		item->type = HV_IC_KVP_STRING;
		list->next = copy_text(item->key, sizeof(item->key), list->next);
		list->next = copy_text(item->value, sizeof(item->value), list->next);
		list->index++;
		list->n--;
		return 0;
	}
	is_next = is_next && list->is_last;
	hvic_kvp_list_forget(list);
	return is_next ? -ENODATA : -ENOENT;
}

/**
 * hvic_kvp_list_forget() - ask the daemon anew from now on
 * @list: zeroed memory, or a list
 */
void hvic_kvp_list_forget(struct hvic_kvp_list *list)
{
	list->n = 0;
	list->is_last = false;
}
