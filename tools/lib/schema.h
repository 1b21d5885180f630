/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The messages of the family as data, and one reader for all of them: into JSON.
 *
 * Everything that is shown is made from that, so what people see and what scripts
 * get cannot differ.
 */
#ifndef HVIC_SCHEMA_H
#define HVIC_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <json-c/json.h>
#include <libmnl/libmnl.h>

/* Of the JSON that is printed; counts up when a reader of an older one would go wrong. */
#define HVIC_SCHEMA 1

enum hvic_attr_kind {
	HVIC_ATTR_UNUSED,
	HVIC_ATTR_FLAG,		/* true, or not there */
	HVIC_ATTR_BOOL,		/* u8 */
	HVIC_ATTR_U32,
	HVIC_ATTR_S32,
	HVIC_ATTR_U64,
	HVIC_ATTR_S64,
	HVIC_ATTR_HEX,		/* u32 */
	HVIC_ATTR_WORD,		/* u32, index in a list of words */
	HVIC_ATTR_STRING,
	HVIC_ATTR_VERSION,	/* nest of two numbers */
	HVIC_ATTR_NEST,
};

struct hvic_set;

/**
 * struct hvic_attr - an attribute
 * @name: as in the specification of the family
 * @kind: what it holds
 * @multi: there may be many: an array
 * @unit: what a number counts; becomes the end of its name in JSON
 * @words: of a word, by number; NULL where there is none
 * @n_words: how many
 * @set: what is nested in it
 */
struct hvic_attr {
	const char *name;
	enum hvic_attr_kind kind;
	bool multi;
	const char *unit;
	const char *const *words;
	size_t n_words;
	const struct hvic_set *set;
};

/**
 * struct hvic_set - a set of attributes
 * @name: as in the specification
 * @attrs: by number
 * @n_attrs: how many
 */
struct hvic_set {
	const char *name;
	const struct hvic_attr *attrs;
	size_t n_attrs;
};

extern const struct hvic_set hvic_set_service, hvic_set_time, hvic_set_health,
	hvic_set_request, hvic_set_shutdown, hvic_set_vss, hvic_set_fcopy;
extern const struct hvic_set *const hvic_sets[];	/* all, ended by NULL */

/**
 * struct hvic_event - a kind of notification
 * @group: multicast group that it comes by; NULL if it goes to one alone
 * @type: name within its group
 * @set: what it holds
 */
struct hvic_event {
	const char *group;
	const char *type;
	const struct hvic_set *set;
};

extern const char *const hvic_groups[];		/* all, ended by NULL */

/* Words by number, ended by NULL. */
extern const char *const hvic_time_mode_words[], *const hvic_health_words[],
	*const hvic_action_words[], *const hvic_policy_words[];

json_object *hvic_decode(const struct nlmsghdr *message, const struct hvic_set *set);
const struct hvic_event *hvic_event_find(const struct nlmsghdr *message);

const char *hvic_json_string(json_object *object, const char *key);
int64_t hvic_json_number(json_object *object, const char *key);
void hvic_json_each(json_object *object,
		    void (*each)(void *data, const char *key, json_object *value), void *data);
void hvic_json_merge(json_object *into, json_object *object);
bool hvic_json_true(json_object *object, const char *key);

#endif
