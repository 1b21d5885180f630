// SPDX-License-Identifier: GPL-2.0
/*
 * example [keys]: print the example of hv_ic.conf, made of the table of settings; or only
 * "SECTION KEY DEFAULT", a line each, for the test of the manual page.
 */
#include <stdio.h>
#include <string.h>

#include "settings_key.h"

/* Comments are broken at 76 columns, lists likewise. */
static void print_wrapped(const char *text, const char *margin, size_t at)
{
	while (*text) {
		size_t len = strcspn(text, "\n ");

		if (at + 1 + len > 76) {
			printf("\n%s", margin);
			at = strlen(margin);
		}
		printf(" %.*s", (int)len, text);
		at += 1 + len;
		text += len;
		text += *text != '\0';
	}
	putchar('\n');
}

static void print_key(const struct hvu_key *key)
{
	putchar('#');
	print_wrapped(key->help, "#", 1);
	if (key->words) {
		printf("# One of:");
		for (const char *const *word = key->words; *word; word++)
			printf(" %s", *word);
		putchar('\n');
	}
	printf("#%s =", key->name);
	print_wrapped(key->initial ? key->initial : "", "#  ", strlen(key->name) + 3);
	putchar('\n');
}

static void print_example(void)
{
	puts("# The configuration of the daemons of hv_ic: see hv_ic.conf(5).\n"
	     "#\n"
	     "# Put what is to differ into /etc/hv_ic/hv_ic.conf, or into a file below\n"
	     "# /etc/hv_ic/hv_ic.conf.d; what stands here is what holds without them.\n"
	     "# hvic config check finds mistakes, hvic config apply makes it take effect.\n");
	for (const struct hvu_section *section = hvu_sections; section->name; section++) {
		putchar('#');
		print_wrapped(section->help, "#", 1);
		printf("%s[%s%s%s]\n\n", section->parameter ? "#" : "", section->name,
		       section->parameter ? " " : "", section->parameter ? section->parameter : "");
		for (const struct hvu_key *key = section->keys; key->name; key++)
			print_key(key);
	}
}

static void print_keys(void)
{
	for (const struct hvu_section *section = hvu_sections; section->name; section++) {
		for (const struct hvu_key *key = section->keys; key->name; key++)
			printf("%s %s %s\n", section->name, key->name,
			       key->initial ? key->initial : "");
	}
}

int main(int argc, char *argv[])
{
	if (argc == 1)
		print_example();
	else if (argc == 2 && !strcmp(argv[1], "keys"))
		print_keys();
	else
		return fputs("Usage: example [keys]\n", stderr), 2;
	return fflush(stdout) ? 1 : 0;
}
