/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The messages of the family as data, and one reader for all of them: into JSON.
 *
 * Everything that is shown is made from that, so what people see and what scripts
 * get cannot differ.
 */
#ifndef HVU_SCHEMA_H
#define HVU_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <json-c/json.h>
#include <libmnl/libmnl.h>

/* Of the JSON that is printed; counts up when a reader of an older one would go wrong. */
#define HVU_SCHEMA 1

enum hvu_attr_kind {
	HVU_ATTR_UNUSED,
	HVU_ATTR_FLAG,		/* true, or not there */
	HVU_ATTR_BOOL,		/* u8 */
	HVU_ATTR_U32,
	HVU_ATTR_S32,
	HVU_ATTR_U64,
	HVU_ATTR_S64,
	HVU_ATTR_HEX,		/* u32 */
	HVU_ATTR_WORD,		/* u32, index in a list of words */
	HVU_ATTR_STRING,
	HVU_ATTR_VERSION,	/* nest of two numbers */
	HVU_ATTR_NEST,
};

struct hvu_set;

/**
 * struct hvu_attr - an attribute
 * @name: as in the specification of the family
 * @kind: what it holds
 * @multi: there may be many: an array
 * @unit: what a number counts; becomes the end of its name in JSON
 * @words: of a word, by number; NULL where there is none
 * @n_words: how many
 * @set: what is nested in it
 */
struct hvu_attr {
	const char *name;
	enum hvu_attr_kind kind;
	bool multi;
	const char *unit;
	const char *const *words;
	size_t n_words;
	const struct hvu_set *set;
};

/**
 * struct hvu_set - a set of attributes
 * @name: as in the specification
 * @attrs: by number
 * @n_attrs: how many
 */
struct hvu_set {
	const char *name;
	const struct hvu_attr *attrs;
	size_t n_attrs;
};

extern const struct hvu_set hvu_set_service, hvu_set_time, hvu_set_health,
	hvu_set_request, hvu_set_shutdown, hvu_set_vss, hvu_set_fcopy;
extern const struct hvu_set *const hvu_sets[];	/* all, ended by NULL */

/**
 * struct hvu_event - a kind of notification
 * @group: multicast group that it comes by; NULL if it goes to one alone
 * @type: name within its group
 * @set: what it holds
 */
struct hvu_event {
	const char *group;
	const char *type;
	const struct hvu_set *set;
};

extern const char *const hvu_groups[];		/* all, ended by NULL */

/* Words by number, ended by NULL. */
extern const char *const hvu_time_mode_words[], *const hvu_health_words[],
	*const hvu_action_words[], *const hvu_policy_words[];

json_object *hvu_decode(const struct nlmsghdr *message, const struct hvu_set *set);
const struct hvu_event *hvu_event_find(const struct nlmsghdr *message);

const char *hvu_json_string(json_object *object, const char *key);
int64_t hvu_json_number(json_object *object, const char *key);
void hvu_json_each(json_object *object,
		   void (*each)(void *data, const char *key, json_object *value), void *data);
void hvu_json_merge(json_object *into, json_object *object);
bool hvu_json_true(json_object *object, const char *key);

#endif
