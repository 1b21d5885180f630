// SPDX-License-Identifier: GPL-2.0
/* The configuration, hv_ic.conf(5), and what people write in it and on command lines. */
#include <errno.h>
#include <string.h>

#include "parse.h"
#include "printable.h"
#include "scratch.h"
#include "settings.h"
#include "target.h"

#define CONFIGURATION "etc/hv_ic/hv_ic.conf"

static void tell(const char *where, bool refused, const char *text, void *data)
{
	must(where && *where && text && *text);
	if (refused)
		*(bool *)data = true;
}

static void show(const char *section, const struct hvu_key *key, const char *value,
		 const char *where, void *data)
{
	(void)where;
	must(section && *section && key && key->name);
	must(!value || strlen(value) < 1 << 20);
	++*(size_t *)data;
}

static void fuzz_file(const uint8_t *data, size_t size)
{
	struct hvu_settings settings;
	bool refused = false;
	size_t shown = 0;
	int ret;

	scratch_write(CONFIGURATION, data, size);
	ret = hvu_settings_load(&settings, scratch(), NULL, tell, &refused);
	must(!ret || ret == -EINVAL);
	must(refused == (ret == -EINVAL));
	if (ret)
		return;
	must(settings.kvp.pools[0] == '/' && settings.kvp.exclude_interfaces);
	must(settings.vss.include && settings.vss.exclude);
	for (size_t i = 0; i < settings.n_fcopy; i++) {
		must(settings.fcopy[i].directory && settings.fcopy[i].directory[0] == '/');
		must(settings.fcopy[i].mode <= 07777);
	}
	must(!hvu_settings_each(&settings, show, &shown));
	must(shown >= settings.n_said);
	hvu_settings_free(&settings);
}

static void fuzz_words(const char *text)
{
	static const char *const words[] = { "auto", "off", "networkmanager", NULL };
	char *printable = hvu_printable(text, false);
	uint64_t number = 0;
	bool yes;
	int word;

	must(printable);
	for (const char *at = printable; *at; at++)
		must((unsigned char)*at >= ' ' && *at != 0x7f);
	free(printable);
	hvu_parse_span(text, &number);
	hvu_parse_size(text, &number);
	if (!hvu_parse_number(text, 1000, &number))
		must(number <= 1000);
	hvu_parse_yes_no(text, &yes);
	word = hvu_parse_word(text, words);
	must(word < 3);
	if (strlen(text) < 64)
		must(hvu_distance(text, text) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = text_of(data, size);

	fuzz_file(data, size);
	fuzz_words(text);
	free(text);
	return 0;
}
