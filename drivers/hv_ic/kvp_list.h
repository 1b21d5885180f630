/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Items that a daemon has listed and the host has not asked for yet.
 *
 * A host asks for a pool item by item, and each question to the daemon costs the guest more than
 * the item: so a daemon lists several at once. See struct hv_ic_kvp_list.
 */
#ifndef HVIC_KVP_LIST_H
#define HVIC_KVP_LIST_H

#include <linux/hv_ic.h>
#include <linux/types.h>

/**
 * struct hvic_kvp_list - the items, guarded by the channel's lock
 * @pool: of the items
 * @index: of the next one
 * @n: how many there are
 * @is_last: behind them the pool ends
 * @expires: when they are too old, in jiffies
 * @next: key and value of the next one, in @text
 * @text: keys and values
 */
struct hvic_kvp_list {
	u8 pool;
	u32 index;
	u32 n;
	bool is_last;
	unsigned long expires;
	const char *next;
	char text[HV_IC_KVP_LIST_SIZE];
};

int hvic_kvp_list_keep(struct hvic_kvp_list *list, u8 pool, u32 index,
		       const struct hv_ic_kvp_list *answer);
int hvic_kvp_list_next(struct hvic_kvp_list *list, u8 pool, u32 index,
		       struct hv_ic_kvp_item *item);
void hvic_kvp_list_forget(struct hvic_kvp_list *list);

#endif
