/* SPDX-License-Identifier: GPL-2.0 */
/* What others than hvic set of the module: files of modprobe.d, and the kernel's command line. */
#ifndef HVIC_OTHERS_H
#define HVIC_OTHERS_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct hvic_other - a parameter that is set elsewhere
 * @name: of the parameter
 * @value: as it stands there
 * @source: the file
 * @later: it comes after the file of hvic, so that it wins
 */
struct hvic_other {
	char *name;
	char *value;
	char *source;
	bool later;
};

/**
 * struct hvic_others - all of them, in the order in which the module gets them
 * @all: array
 * @n: how many
 */
struct hvic_others {
	struct hvic_other *all;
	size_t n;
};

int hvic_others_read(int root, struct hvic_others *others);
void hvic_others_free(struct hvic_others *others);
const struct hvic_other *hvic_others_winner(const struct hvic_others *others, const char *name);

#endif
