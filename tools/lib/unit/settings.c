// SPDX-License-Identifier: GPL-2.0
/* The configuration: its files, its values, and what is said of each bad line. */
#include "unit.h"

#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "array.h"
#include "parse.h"
#include "settings.h"

#define MAIN "etc/hv_ic/hv_ic.conf"
#define DROP "etc/hv_ic/hv_ic.conf.d/"

/* What was told, a line each: "! WHERE: TEXT" if it was refused, else "? ...". */
struct told {
	char text[4096];
};

static void tell(const char *where, bool refused, const char *text, void *data)
{
	struct told *told = data;
	size_t len = strlen(told->text);

	snprintf(told->text + len, sizeof(told->text) - len, "%c %s: %s\n", refused ? '!' : '?',
		 where, text);
}

static int load(struct unit_root *root, struct hvu_settings *settings, struct told *told)
{
	told->text[0] = '\0';
	return hvu_settings_load(settings, root->fd, NULL, tell, told);
}

/* Reads the one file; it has to be good. */
static void good(struct unit_root *root, struct hvu_settings *settings, const char *text)
{
	struct told told;

	unit_file(root, MAIN, text);
	assert_int_equal(load(root, settings, &told), 0);
	assert_string_equal(told.text, "");
}

static void told_of(struct unit_root *root, int result, const char *text, const char *expected)
{
	struct hvu_settings settings;
	struct told told;

	unit_file(root, MAIN, text);
	assert_int_equal(load(root, &settings, &told), result);
	assert_string_equal(told.text, expected);
	hvu_settings_free(&settings);
}

static void refused(struct unit_root *root, const char *text, const char *expected)
{
	told_of(root, -EINVAL, text, expected);
}

static void warned(struct unit_root *root, const char *text, const char *expected)
{
	told_of(root, 0, text, expected);
}

static void assert_list(char **list, const char *expected)
{
	char text[512] = "";

	for (; *list; list++) {
		strcat(text, *list);
		strcat(text, list[1] ? "|" : "");
	}
	assert_string_equal(text, expected);
}

static void defaults(void **state)
{
	struct hvu_settings settings;
	struct told told;

	assert_int_equal(load(*state, &settings, &told), 0);
	assert_string_equal(told.text, "");
	assert_string_equal(settings.kvp.pools, "/var/lib/hyperv");
	assert_int_equal(settings.kvp.ip_injection, HVU_INJECTION_AUTO);
	assert_null(settings.kvp.ip_program);
	assert_string_equal(settings.kvp.version, "3.1");
	assert_true(hvu_glob_any(settings.kvp.exclude_interfaces, "veth12ab"));
	assert_true(hvu_glob_any(settings.kvp.exclude_interfaces, "docker0"));
	assert_false(hvu_glob_any(settings.kvp.exclude_interfaces, "eth0"));
	assert_false(hvu_glob_any(settings.kvp.exclude_interfaces, "enP1s2"));
	assert_int_equal(settings.vss.mode, HVU_VSS_FREEZE);
	assert_list(settings.vss.include, "");
	assert_list(settings.vss.exclude, "");
	assert_int_equal(settings.vss.hook_timeout_ms, 10000);
	assert_int_equal(settings.n_fcopy, 0);
	hvu_settings_free(&settings);
	hvu_settings_free(&settings);
}

static void values(void **state)
{
	struct hvu_settings settings;

	good(*state, &settings,
	     "\xef\xbb\xbf[kvp]\r\n"
	     "# a comment\n"
	     "; another\n"
	     "pools = /srv//pools/./a/\n"
	     "  exclude_interfaces = eth0 wl*\n"
	     "    tun?\n"
	     "\n"
	     "\tip_injection: program ; behind it\n"
	     "ip_program=/usr/bin/set ip\n"
	     "version = 6.3.9600\n"
	     "\n"
	     "[vss]\n"
	     "mode = hooks-only\n"
	     "include =\n"
	     "\t/srv\n"
	     "\t/home/*\n"
	     "exclude =\n"
	     "hook_timeout = 1.5min\n"
	     "[fcopy  drop box]\n"
	     "directory = /srv/drop\n"
	     "owner = www-data\n"
	     "group = 33\n"
	     "mode = 640\n"
	     "overwrite = yes\n"
	     "max_size = 2G\n"
	     "min_free = 0\n");
	assert_string_equal(settings.kvp.pools, "/srv/pools/a");
	assert_list(settings.kvp.exclude_interfaces, "eth0|wl*|tun?");
	assert_int_equal(settings.kvp.ip_injection, HVU_INJECTION_PROGRAM);
	assert_string_equal(settings.kvp.ip_program, "/usr/bin/set ip");
	assert_string_equal(settings.kvp.version, "6.3.9600");
	assert_int_equal(settings.vss.mode, HVU_VSS_HOOKS_ONLY);
	assert_list(settings.vss.include, "/srv|/home/*");
	assert_list(settings.vss.exclude, "");
	assert_int_equal(settings.vss.hook_timeout_ms, 90000);
	assert_int_equal(settings.n_fcopy, 1);
	assert_string_equal(settings.fcopy[0].name, "drop box");
	assert_string_equal(settings.fcopy[0].where, "/" MAIN ":19");
	assert_string_equal(settings.fcopy[0].directory, "/srv/drop");
	assert_string_equal(settings.fcopy[0].owner, "www-data");
	assert_string_equal(settings.fcopy[0].group, "33");
	assert_int_equal(settings.fcopy[0].mode, 0640);
	assert_true(settings.fcopy[0].overwrite);
	assert_int_equal(settings.fcopy[0].max_size, 2ULL << 30);
	assert_int_equal(settings.fcopy[0].min_free, 0);
	hvu_settings_free(&settings);
}

/* Later files win; sections of one name are one. */
static void drop_ins(void **state)
{
	struct hvu_settings settings;

	unit_file(*state, DROP "20-b.conf", "[kvp]\nversion = 2.0\nexclude_interfaces = b\n"
		  "[fcopy b]\ndirectory = /b\n");
	unit_file(*state, DROP "10-a.conf", "[kvp]\nversion = 1.0\npools = /a\nexclude_interfaces = a\n"
		  "[fcopy a]\nmode = 0600\n");
	unit_file(*state, DROP "30-c.conf.bak", "[nonsense\n");
	unit_file(*state, DROP ".40-d.conf", "[nonsense\n");
	good(*state, &settings, "[fcopy a]\ndirectory = /main\nowner = bin\n[kvp]\nversion = 0.0\n"
	     "[fcopy a]\nmode = 0666\n");
	assert_string_equal(settings.kvp.version, "2.0");
	assert_string_equal(settings.kvp.pools, "/a");
	assert_list(settings.kvp.exclude_interfaces, "b");
	assert_int_equal(settings.n_fcopy, 2);
	assert_string_equal(settings.fcopy[0].name, "a");
	assert_string_equal(settings.fcopy[0].directory, "/main");
	assert_string_equal(settings.fcopy[0].owner, "bin");
	assert_int_equal(settings.fcopy[0].mode, 0600);
	assert_int_equal(settings.fcopy[0].min_free, 64 << 20);
	assert_string_equal(settings.fcopy[1].directory, "/b");
	assert_int_equal(settings.fcopy[1].mode, 0644);
	hvu_settings_free(&settings);
}

static void unknown(void **state)
{
	warned(*state, "[kvp]\npool = /x\n", "? /" MAIN
	       ":2: \"pool\" is not known in [kvp], and ignored; is it \"pools\"?\n");
	warned(*state, "[kvp]\n\nhook_timeout = 1s\n", "? /" MAIN
	       ":3: \"hook_timeout\" is not known in [kvp], and ignored; it belongs to [vss]\n");
	warned(*state, "[vss]\nsomething_else = 1s\n\tgoes on\n", "? /" MAIN
	       ":2: \"something_else\" is not known in [vss], and ignored\n");
	warned(*state, "[backup]\nmode = nonsense\n", "? /" MAIN
	       ":1: section [backup] is not known, and ignored\n");
	warned(*state, "[kvp]\nexclude_interfaces = eth0,eth1\n", "? /" MAIN
	       ":2: exclude_interfaces is a list with spaces between its words; a comma is part of a word\n");
	warned(*state, "[kvp]\npools = /a # b\n", "? /" MAIN
	       ":2: \"#\" begins no comment here: only at the start of a line, else \";\" does\n");
}

static void bad_values(void **state)
{
	static const struct {
		const char *line;
		const char *wanted;
	} cases[] = {
		{ "[kvp]\npools = var/lib", "pools cannot be \"var/lib\": it has to be an absolute path" },
		{ "[kvp]\npools =", "pools cannot be \"\": it has to be an absolute path" },
		{ "[kvp]\npools = //.", "pools cannot be \"//.\": it has to be a path below /" },
		{ "[kvp]\nip_injection = nm", "ip_injection cannot be \"nm\": it has to be auto, "
		  "networkmanager, networkd, program or off" },
		{ "[kvp]\nversion = three", "version cannot be \"three\": it has to be numbers and dots, such as 3.1" },
		{ "[vss]\nmode = no", "mode cannot be \"no\": it has to be freeze, hooks-only or refuse" },
		{ "[vss]\nexclude = srv", "exclude cannot be \"srv\": it has to be globs of absolute "
		  "paths, with spaces between them" },
		{ "[vss]\nhook_timeout = 0", "hook_timeout cannot be \"0\": it has to be a time of more than 0, "
		  "such as 500ms, 30s or 2min" },
		{ "[vss]\nhook_timeout = 5 s", "hook_timeout cannot be \"5 s\": it has to be a time of more than 0, "
		  "such as 500ms, 30s or 2min" },
		{ "[fcopy a]\ndirectory = srv", "directory cannot be \"srv\": it has to be an absolute path" },
		{ "[fcopy a]\ndirectory = /srv/../etc", "directory cannot be \"/srv/../etc\": it has to be a "
		  "path without \"..\"" },
		{ "[fcopy a]\nowner = a b", "owner cannot be \"a b\": it has to be a name or a number" },
		{ "[fcopy a]\nmode = 4755", "mode cannot be \"4755\": it has to be octal and at most 0777, such as 0640" },
		{ "[fcopy a]\nmode = 0o644", "mode cannot be \"0o644\": it has to be octal and at most 0777, such as 0640" },
		{ "[fcopy a]\noverwrite = maybe", "overwrite cannot be \"maybe\": it has to be yes or no" },
		{ "[fcopy a]\nmax_size = -1", "max_size cannot be \"-1\": it has to be a number of bytes, "
		  "such as 0, 512K, 64M or 2G" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char expected[512];

		snprintf(expected, sizeof(expected), "! /" MAIN ":2: %s\n", cases[i].wanted);
		refused(*state, cases[i].line, expected);
	}
}

static void bad_lines(void **state)
{
	char text[1024], expected[512];

	refused(*state, "pools = /x\n", "! /" MAIN ":1: \"pools\" is in no section\n");
	refused(*state, "[kvp\npools = /x\n", "! /" MAIN
		":1: \"[kvp\" is not a section: it has to be [NAME], of at most 49 characters\n");
	refused(*state, "[kvp] pools\n", "! /" MAIN
		":1: \"[kvp] pools\" is not a section: it has to be [NAME], of at most 49 characters\n");
	refused(*state, "[kvp]\nnonsense\nversion = x\nlast", "! /" MAIN
		":2: \"nonsense\" is neither [SECTION] nor KEY = VALUE\n! /" MAIN
		":3: version cannot be \"x\": it has to be numbers and dots, such as 3.1\n! /" MAIN
		":4: \"last\" is neither [SECTION] nor KEY = VALUE\n");
	refused(*state, "[kvp]\npools = /a\n  /b\n", "! /" MAIN
		":3: pools is not a list: it cannot go on in another line\n");
	refused(*state, "[kvp]\npools = /a\033[2J\n", "! /" MAIN ":2: the line holds a control character\n");
	refused(*state, "[kvp one]\n", "! /" MAIN ":1: [kvp one] takes no name\n");
	refused(*state, "[fcopy ]\n", "! /" MAIN
		":1: [fcopy ] needs a name, such as [fcopy NAME]\n");

	snprintf(text, sizeof(text), "[fcopy %0100d]\ndirectory = /a\n", 0);
	snprintf(expected, sizeof(expected), "! /" MAIN
		 ":1: \"[fcopy %0100d]\" is not a section: it has to be [NAME], of at most 49 characters\n", 0);
	refused(*state, text, expected);

	/* It must not be read as two lines. */
	snprintf(text, sizeof(text), "[kvp]\nexclude_interfaces = %0600d\nversion = x\n", 0);
	refused(*state, text, "! /" MAIN ":2: longer than 197 characters; "
		"a list may go on in the next line, behind a space\n! /" MAIN
		":3: version cannot be \"x\": it has to be numbers and dots, such as 3.1\n");
}

static void nul_bytes(void **state)
{
	static const char text[] = "[kvp]\nversion = 3\0.1\n";
	struct hvu_settings settings;
	struct told told;

	unit_bytes(*state, MAIN, text, sizeof(text) - 1);
	assert_int_equal(load(*state, &settings, &told), -EINVAL);
	assert_string_equal(told.text, "! /" MAIN ":2: the line holds a control character\n");
}

/* Latin-1 has controls from 0x80 to 0x9f, which are parts of letters in UTF-8. */
static void other_locales(void **state)
{
	struct unit_root *root = *state;
	char latin[sizeof(root->path) + 8];
	const char *const make[] = {
		"/usr/bin/localedef", "-c", "-i", "en_US", "-f", "ISO-8859-1", latin, NULL
	};
	struct hvu_settings settings;

	snprintf(latin, sizeof(latin), "%s/latin", root->path);
	if (unit_run(make, 60000))
		skip();
	setenv("LOCPATH", root->path, 1);
	assert_non_null(setlocale(LC_CTYPE, "latin"));
	good(*state, &settings, "[fcopy a]\ndirectory = /srv/\xc3\x9cser\n");
	assert_string_equal(settings.fcopy[0].directory, "/srv/\xc3\x9cser");
	hvu_settings_free(&settings);
	setlocale(LC_CTYPE, "C");
	unsetenv("LOCPATH");
}

/* What only all files together can tell. */
static void wholes(void **state)
{
	unit_file(*state, DROP "a.conf", "[fcopy b]\nmode = 0600\n[fcopy c]\ndirectory = /srv/a/\n");
	refused(*state, "[fcopy a]\ndirectory = /srv/a\n\n[fcopy d]\n[kvp]\nip_injection = program\n",
		"! /" MAIN ":6: ip_injection is program, but ip_program is not set\n"
		"! /" MAIN ":4: [fcopy d] has no directory\n"
		"! /" DROP "a.conf:1: [fcopy b] has no directory\n"
		"! /" DROP "a.conf:3: [fcopy a] and [fcopy c] have the same directory\n");
	unit_remove(*state, DROP "a.conf");
	refused(*state, "[fcopy a]\ndirectory = /srv/a\\b\n",
		"! /" MAIN ":1: [fcopy a] has a backslash in its directory, a slash to the host\n");
}

static void unreadable(void **state)
{
	struct unit_root *root = *state;
	struct hvu_settings settings;
	struct told told;

	unit_folder(root, MAIN "/");
	assert_int_equal(load(root, &settings, &told), -EISDIR);
	assert_string_equal(told.text, "! /" MAIN ": cannot be read: Is a directory\n");
	unit_remove(root, MAIN);
	unit_symlink(root, MAIN, "hv_ic.conf");
	assert_int_equal(load(root, &settings, &told), -ELOOP);
	unit_remove(root, MAIN);
	assert_int_equal(mkfifoat(root->fd, MAIN, 0600), 0);
	assert_int_equal(load(root, &settings, &told), -EINVAL);
	unit_remove(root, MAIN);
	unit_file(root, "etc/hv_ic/hv_ic.conf.d", "");
	assert_int_equal(load(root, &settings, &told), -ENOTDIR);
	assert_string_equal(told.text, "! /etc/hv_ic/hv_ic.conf.d: cannot be read: Not a directory\n");
}

static void show(const char *section, const struct hvu_key *key, const char *value,
		 const char *where, void *data)
{
	struct told *told = data;
	size_t len = strlen(told->text);

	if (where || !strcmp(section, "fcopy a"))
		snprintf(told->text + len, sizeof(told->text) - len, "%s.%s=%s (%s)\n", section,
			 key->name, value ? value : "-", where ? where : "default");
}

static void shown(void **state)
{
	struct hvu_settings settings;
	struct told told = { "" };

	unit_file(*state, DROP "a.conf", "[kvp]\nversion = 4.0\n");
	good(*state, &settings, "[kvp]\nversion = 2.0\nexclude_interfaces = a\n b\n"
	     "[fcopy a]\ndirectory = /srv/a\n");
	assert_int_equal(hvu_settings_each(&settings, show, &told), 0);
	assert_string_equal(told.text,
			    "kvp.exclude_interfaces=a b (/" MAIN ":3)\n"
			    "kvp.version=4.0 (/" DROP "a.conf:2)\n"
			    "fcopy a.directory=/srv/a (/" MAIN ":6)\n"
			    "fcopy a.owner=- (default)\n"
			    "fcopy a.group=- (default)\n"
			    "fcopy a.mode=0644 (default)\n"
			    "fcopy a.overwrite=no (default)\n"
			    "fcopy a.max_size=0 (default)\n"
			    "fcopy a.min_free=64M (default)\n");
	hvu_settings_free(&settings);
}

/* A mistake in another's section is not in a daemon's way; one that may be in its own is. */
static void sections(void **state)
{
	static const struct {
		const char *section;
		const char *text;
		int result;
		const char *told;
	} rows[] = {
		{ "kvp", "[kvp]\nversion =\n", -EINVAL, "! /" MAIN ":2: version cannot be" },
		{ "vss", "[kvp]\nversion =\n", 0, "? /" MAIN ":2: version cannot be" },
		{ "kvp", "[fcopy]\n", 0, "? /" MAIN ":1: [fcopy] needs a name" },
		{ "fcopy", "[fcopy a]\n", -EINVAL, "! /" MAIN ":1: [fcopy a] has no directory" },
		{ "vss", "[fcopy a]\n", 0, "? /" MAIN ":1: [fcopy a] has no directory" },
		{ "vss", "version = 1\n", -EINVAL, "! /" MAIN ":1: \"version\" is in no section" },
	};
	struct unit_root *root = *state;
	struct hvu_settings settings;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct told told = { "" };

		unit_file(root, MAIN, rows[i].text);
		assert_int_equal(hvu_settings_load(&settings, root->fd, rows[i].section, tell, &told),
				 rows[i].result);
		assert_non_null(strstr(told.text, rows[i].told));
		hvu_settings_free(&settings);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, unit_root_setup, unit_root_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(defaults),
		TEST(values),
		TEST(drop_ins),
		TEST(unknown),
		TEST(bad_values),
		TEST(bad_lines),
		TEST(nul_bytes),
		TEST(other_locales),
		TEST(wholes),
		TEST(unreadable),
		TEST(shown),
		TEST(sections),
	};

	return cmocka_run_group_tests_name("settings", tests, NULL, NULL);
}
