/* SPDX-License-Identifier: GPL-2.0 */
/* A module parameter that is one word of a list. */
#ifndef HVIC_CHOICE_H
#define HVIC_CHOICE_H

#include <linux/moduleparam.h>

/**
 * struct hvic_choice - the words, and where the index of the chosen one is kept
 * @words: all words that the parameter may have
 * @n_words: how many
 * @value: index of the chosen word
 */
struct hvic_choice {
	const char * const *words;
	size_t n_words;
	int *value;
};

extern const struct kernel_param_ops hvic_choice_ops;

#define HVIC_CHOICE(param, list, where, mode)				\
	static const struct hvic_choice param##_choice = {		\
		.words = (list),					\
		.n_words = ARRAY_SIZE(list),				\
		.value = (where),					\
	};								\
	module_param_cb(param, &hvic_choice_ops, (void *)&param##_choice, mode); \
	__MODULE_PARM_TYPE(param, "word")

#endif
