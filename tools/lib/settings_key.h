/* SPDX-License-Identifier: GPL-2.0 */
/* What may be set: the rows of the table in settings_table.c. */
#ifndef HVU_SETTINGS_KEY_H
#define HVU_SETTINGS_KEY_H

#include <stddef.h>

/* What a value is, and where it is kept. */
enum hvu_kind {
	HVU_KIND_PATH,		/* char *: absolute */
	HVU_KIND_NAME,		/* char *: of a user or a group, or a number */
	HVU_KIND_VERSION,	/* char *: numbers and dots */
	HVU_KIND_LIST,		/* char **: words */
	HVU_KIND_PATHS,		/* char **: globs of absolute paths */
	HVU_KIND_WORD,		/* an enum */
	HVU_KIND_YES_NO,	/* bool */
	HVU_KIND_MODE,		/* mode_t */
	HVU_KIND_SPAN,		/* uint64_t, in ms, not 0 */
	HVU_KIND_SIZE,		/* uint64_t, in bytes */
};

/**
 * struct hvu_key - a row of the table: something that may be set
 * @name: of the key; NULL ends the keys of a section
 * @kind: what its values are
 * @offset: where the value goes, in the structure of its section
 * @initial: the value if nothing is said, as one would write it; NULL for none
 * @words: the values that there are, by number; NULL if they are no words
 * @help: what it is for
 */
struct hvu_key {
	const char *name;
	enum hvu_kind kind;
	size_t offset;
	const char *initial;
	const char *const *words;
	const char *help;
};

/**
 * struct hvu_section - a section of the files
 * @name: as in [NAME]; NULL ends the table
 * @parameter: it is [NAME PARAMETER], and there may be many; NULL if there is just one
 * @keys: what may be set in it
 * @help: what it is about
 */
struct hvu_section {
	const char *name;
	const char *parameter;
	const struct hvu_key *keys;
	const char *help;
};

extern const struct hvu_section hvu_sections[];

#endif
