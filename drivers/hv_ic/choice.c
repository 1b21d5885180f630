// SPDX-License-Identifier: GPL-2.0
/* A module parameter that is one word of a list. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "choice.h"

#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/sysfs.h>

static int hvic_choice_set(const char *text, const struct kernel_param *param)
{
	const struct hvic_choice *choice = param->arg;
	char words[64] = "";
	size_t i;

	for (i = 0; i < choice->n_words; i++) {
		if (sysfs_streq(text, choice->words[i])) {
			WRITE_ONCE(*choice->value, i);
			return 0;
		}
		strlcat(words, " ", sizeof(words));
		strlcat(words, choice->words[i], sizeof(words));
	}
	pr_err("%s: not one of%s\n", param->name, words);
	return -EINVAL;
}

static int hvic_choice_get(char *buffer, const struct kernel_param *param)
{
	const struct hvic_choice *choice = param->arg;

	return sysfs_emit(buffer, "%s\n", choice->words[READ_ONCE(*choice->value)]);
}

const struct kernel_param_ops hvic_choice_ops = {
	.set = hvic_choice_set,
	.get = hvic_choice_get,
};
