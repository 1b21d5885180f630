// SPDX-License-Identifier: GPL-2.0
/*
 * The files of the configuration, by libinih.
 *
 * Its reader is ours: we want the number of each line, sections without keys, and a word about what
 * libinih drops (lines and names that are too long for it). So the reader shows it each line that
 * begins a section and then a key of our own, MARK, with that line as its value: when MARK arrives,
 * libinih says which section it has read, and we see whether that is all of it.
 */
#include "settings.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <ini.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "log.h"
#include "parse.h"
#include "root.h"
#include "settings_value.h"

#define FOLDER	"etc/hv_ic"
#define MARK	"\001"

/**
 * struct reading - the files, on the way to @settings
 * @settings: what comes of them
 * @wanted: the section whose mistakes count; NULL if those of each do
 * @tell: told of what is wrong
 * @data: for @tell
 * @file: the one that is read
 * @path: its name
 * @line: number of the line that is read
 * @text: the line, without white space around it
 * @room: of @text, before that
 * @begun: the line was shown, its MARK comes next
 * @waits: the line should come back from libinih
 * @inside: a section has begun
 * @section: where we are in the table; NULL in one that we do not know
 * @name: of the section, with its parameter
 * @base: its structure
 * @key: the last key; NULL if it was not one that we know
 * @refused: a value was
 * @error: negative errno that is not about a value
 */
struct reading {
	struct hvu_settings *settings;
	const char *wanted;
	hvu_settings_cb *tell;
	void *data;
	FILE *file;
	const char *path;
	unsigned int line;
	char *text;
	size_t room;
	bool begun;
	bool waits;
	bool inside;
	const struct hvu_section *section;
	char *name;
	void *base;
	const struct hvu_key *key;
	bool refused;
	int error;
};

static char *here(const struct reading *r)
{
	char *where;

	return asprintf(&where, "%s:%u", r->path, r->line) < 0 ? NULL : where;
}

/* What is in no section may have been meant for any. */
static bool is_wanted(const struct reading *r)
{
	return !r->wanted || !r->section || !strcmp(r->section->name, r->wanted);
}

/* Without @where it is about the line that is read. */
__attribute__((format(printf, 4, 5)))
static void tell(struct reading *r, const char *where, bool refuse, const char *format, ...)
{
	char *line = where ? NULL : here(r);
	char text[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	refuse = refuse && is_wanted(r);
	r->refused |= refuse;
	if (r->tell)
		r->tell(where ? where : line ? line : r->path, refuse, text, r->data);
	free(line);
}

/* --- Sections. -------------------------------------------------------------------------------- */

static const struct hvu_section *find_section(const char *name, size_t len)
{
	for (const struct hvu_section *section = hvu_sections; section->name; section++) {
		if (strlen(section->name) == len && !memcmp(section->name, name, len))
			return section;
	}
	return NULL;
}

static int take_initial(const struct hvu_section *section, void *base)
{
	char wanted[HVU_WANTED_SIZE];

	for (const struct hvu_key *key = section->keys; key->name; key++) {
		if (key->initial && hvu_setting_take(key, base, key->initial, false, wanted))
			return -ENOMEM;
	}
	return 0;
}

/* Sections of the same name are one, wherever they are. */
static struct hvu_fcopy_directory *find_fcopy(struct reading *r, const char *name)
{
	struct hvu_settings *settings = r->settings;
	struct hvu_fcopy_directory *fcopy;

	for (size_t i = 0; i < settings->n_fcopy; i++) {
		if (!strcmp(settings->fcopy[i].name, name))
			return &settings->fcopy[i];
	}
	fcopy = reallocarray(settings->fcopy, settings->n_fcopy + 1, sizeof(*fcopy));
	if (!fcopy)
		return NULL;
	settings->fcopy = fcopy;
	fcopy += settings->n_fcopy++;
	memset(fcopy, 0, sizeof(*fcopy));
	fcopy->name = strdup(name);
	fcopy->where = here(r);
	if (!fcopy->name || !fcopy->where || take_initial(r->section, fcopy))
		return NULL;
	return fcopy;
}

static void begin_section(struct reading *r, const char *name, const char *line)
{
	size_t whole = strlen(name), len = strcspn(name, " \t");
	const char *parameter = name + len + strspn(name + len, " \t");

	r->inside = true;
	r->section = NULL;
	r->key = NULL;
	if (line[0] != '[' || strncmp(line + 1, name, whole) || strcmp(line + 1 + whole, "]")) {
		tell(r, NULL, true,
		     "\"%s\" is not a section: it has to be [NAME], of at most 49 characters",
		     line);
		return;
	}
	r->section = find_section(name, len);
	if (!r->section) {
		tell(r, NULL, false, "section [%s] is not known, and ignored", name);
		return;
	}
	if (!*parameter != !r->section->parameter) {
		tell(r, NULL, true, r->section->parameter ? "[%s] needs a name, such as [%s %s]" :
		     "[%s] takes no name", name, r->section->name, r->section->parameter);
		r->section = NULL;
		return;
	}
	free(r->name);
	if (asprintf(&r->name, "%s%s%s", r->section->name, *parameter ? " " : "", parameter) < 0)
		r->name = NULL;
	r->base = r->section->parameter ? (void *)find_fcopy(r, parameter) : r->settings;
	if (!r->name || !r->base) {
		r->error = -ENOMEM;
		r->section = NULL;
	}
}

/* --- Keys. ------------------------------------------------------------------------------------ */

static const struct hvu_key *find_key(const struct hvu_section *section, const char *name)
{
	const struct hvu_key *key = section->keys;

	while (key->name && strcmp(key->name, name))
		key++;
	return key->name ? key : NULL;
}

static void tell_unknown(struct reading *r, const char *name)
{
	const char *nearest = NULL;
	unsigned int best = 1 + strlen(name) / 4;

	for (const struct hvu_key *key = r->section->keys; key->name; key++) {
		unsigned int distance = hvu_distance(name, key->name);

		if (distance <= best) {
			best = distance;
			nearest = key->name;
		}
	}
	if (nearest) {
		tell(r, NULL, false, "\"%s\" is not known in [%s], and ignored; is it \"%s\"?",
		     name, r->section->name, nearest);
		return;
	}
	for (const struct hvu_section *other = hvu_sections; other->name; other++) {
		if (find_key(other, name)) {
			tell(r, NULL, false,
			     "\"%s\" is not known in [%s], and ignored; it belongs to [%s]", name,
			     r->section->name, other->name);
			return;
		}
	}
	tell(r, NULL, false, "\"%s\" is not known in [%s], and ignored", name, r->section->name);
}

static struct hvu_said *find_said(const struct hvu_settings *settings, const char *section,
				  const struct hvu_key *key)
{
	for (size_t i = 0; i < settings->n_said; i++) {
		if (settings->said[i].key == key && !strcmp(settings->said[i].section, section))
			return &settings->said[i];
	}
	return NULL;
}

/* A list that goes on stays where it began. */
static int note(struct reading *r, const char *value, bool more)
{
	struct hvu_settings *settings = r->settings;
	struct hvu_said *said = find_said(settings, r->name, r->key);
	char *text, *where;

	/* What it goes on with may have been refused. */
	more = more && said;
	if (!said) {
		said = reallocarray(settings->said, settings->n_said + 1, sizeof(*said));
		if (!said)
			return -ENOMEM;
		settings->said = said;
		said += settings->n_said;
		*said = (struct hvu_said){ .section = strdup(r->name), .key = r->key };
		if (!said->section)
			return -ENOMEM;
		settings->n_said++;
	}
	if (asprintf(&text, "%s%s%s", more ? said->value : "", more && *said->value ? " " : "",
		     value) < 0)
		return -ENOMEM;
	free(said->value);
	said->value = text;
	if (more)
		return 0;
	where = here(r);
	if (!where)
		return -ENOMEM;
	free(said->where);
	said->where = where;
	return 0;
}

static int take_value(struct reading *r, const char *value, bool more)
{
	char wanted[HVU_WANTED_SIZE];
	int ret;

	if (more && !hvu_setting_is_list(r->key)) {
		tell(r, NULL, true, "%s is not a list: it cannot go on in another line",
		     r->key->name);
		return 0;
	}
	if (hvu_setting_is_list(r->key) && strchr(value, ','))
		tell(r, NULL, false,
		     "%s is a list with spaces between its words; a comma is part of a word",
		     r->key->name);
	if (strstr(value, " #"))
		tell(r, NULL, false,
		     "\"#\" begins no comment here: only at the start of a line, else \";\" does");
	ret = hvu_setting_take(r->key, r->base, value, more, wanted);
	if (ret == -EINVAL) {
		tell(r, NULL, true, "%s cannot be \"%s\": it has to be %s", r->key->name, value,
		     wanted);
		return 0;
	}
	return ret ? ret : note(r, value, more);
}

/* From libinih: never 0, since we count lines and errors ourselves. */
static int take(void *user, const char *section, const char *name, const char *value)
{
	struct reading *r = user;
	bool more = isspace((unsigned char)r->text[0]);
	int ret;

	if (!r->waits)
		return 1;
	r->waits = false;
	if (!strcmp(name, MARK)) {
		begin_section(r, section, value);
		return 1;
	}
	if (!r->inside)
		tell(r, NULL, true, "\"%s\" is in no section", name);
	if (!r->section)
		return 1;
	if (!more) {
		r->key = find_key(r->section, name);
		if (!r->key)
			tell_unknown(r, name);
	}
	ret = r->key ? take_value(r, value, more) : 0;
	if (ret)
		r->error = ret;
	return 1;
}

/* --- Lines. ----------------------------------------------------------------------------------- */

/* Is it one that we can hand on, in a buffer of that size? */
static bool is_fit(struct reading *r, size_t len, size_t size)
{
	/* The buffer has room for a line end, too. */
	if (len + 3 > size) {
		tell(r, NULL, true,
		     "longer than %zu characters; a list may go on in the next line, behind a space",
		     size - 3);
		return false;
	}
	for (size_t i = 0; i < len; i++) {
		unsigned char c = r->text[i];

		/* Not by the locale, in some of which letters of UTF-8 are made of controls. */
		if ((c < 0x20 && c != '\t') || c == 0x7f) {
			tell(r, NULL, true, "the line holds a control character");
			return false;
		}
	}
	return true;
}

/* What is set in goes on with the line before; but people set in keys and sections, too. */
static void unindent(char *text)
{
	char *start = text + strspn(text, " \t");
	size_t word = strspn(start, "abcdefghijklmnopqrstuvwxyz_");
	char mark = start[word + strspn(start + word, " \t")];

	if ((word && (mark == '=' || mark == ':')) ||
	    (*start == '[' && start[strlen(start) - 1] == ']'))
		memmove(text, start, strlen(start) + 1);
}

static char *next_line(char *line, int size, void *stream)
{
	struct reading *r = stream;
	size_t at;
	ssize_t len;

	if (r->begun) {
		r->begun = false;
		r->waits = true;
		snprintf(line, size, MARK "=%s", r->text);
		return line;
	}
	if (r->waits)
		tell(r, NULL, true, "\"%s\" is neither [SECTION] nor KEY = VALUE", r->text);
	r->waits = false;
	line[0] = '\0';
	len = r->error ? -1 : getline(&r->text, &r->room, r->file);
	if (len < 0) {
		if (ferror(r->file))
			r->error = -errno;
		return NULL;
	}
	r->line++;
	while (len && isspace((unsigned char)r->text[len - 1]))
		r->text[--len] = '\0';
	if (!is_fit(r, len, size))
		return line;
	unindent(r->text);
	strcpy(line, r->text);
	at = strspn(r->text, " \t");
	/* A mark at the start of the file is no part of its first line. */
	if (r->line == 1 && !strncmp(r->text, "\xef\xbb\xbf", 3))
		at = 3;
	r->begun = r->text[at] == '[' && (!at || at == 3);
	if (r->begun)
		memmove(r->text, r->text + at, strlen(r->text + at) + 1);
	r->waits = !r->begun && r->text[at] && !strchr(";#", r->text[at]);
	return line;
}

/* What is no file has no end, or nothing in it; /dev/null is for whoever wants nothing in it. */
static int check_file(FILE *file)
{
	struct stat st;

	if (fstat(fileno(file), &st))
		return -errno;
	if (S_ISREG(st.st_mode) || (S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3)))
		return 0;
	return S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
}

static void read_file(struct reading *r, int root, const char *path)
{
	r->path = path;
	r->line = 0;
	r->inside = false;
	r->section = NULL;
	r->key = NULL;
	r->begun = false;
	r->waits = false;
	/* The path is shown with its slash, and opened below the root. */
	r->file = hvu_fopen(root, "%s", path + 1);
	if (r->file) {
		r->error = check_file(r->file);
		if (!r->error)
			ini_parse_stream(next_line, r, take, r);
		fclose(r->file);
	} else if (errno != ENOENT) {
		r->error = -errno;
	}
	if (r->error && r->error != -ENOMEM)
		tell(r, path, true, "cannot be read: %s", strerror(-r->error));
}

static void read_folder(struct reading *r, int root)
{
	int fd = hvu_open(root, O_RDONLY | O_DIRECTORY, FOLDER "/hv_ic.conf.d");
	char **names;

	if (fd == -ENOENT)
		return;
	if (fd < 0) {
		r->error = fd;
		tell(r, "/" FOLDER "/hv_ic.conf.d", true, "cannot be read: %s", strerror(-fd));
		return;
	}
	close(fd);
	names = hvu_list(root, FOLDER "/hv_ic.conf.d");
	if (!names)
		r->error = -ENOMEM;
	for (char **name = names; name && *name && !r->error; name++) {
		char path[PATH_MAX];

		if (fnmatch("*.conf", *name, FNM_PERIOD))
			continue;
		snprintf(path, sizeof(path), "/" FOLDER "/hv_ic.conf.d/%s", *name);
		read_file(r, root, path);
	}
	hvu_list_free(names);
}

/* --- The whole. ------------------------------------------------------------------------------- */

static const char *where_said(struct reading *r, const char *section, const char *key, size_t len)
{
	const struct hvu_section *found = find_section(section, len);
	struct hvu_said *said = find_said(r->settings, section, find_key(found, key));

	return said ? said->where : "";
}

/* What only all files together can tell. */
static void check(struct reading *r)
{
	const struct hvu_settings *settings = r->settings;

	r->section = find_section("kvp", 3);
	if (settings->kvp.ip_injection == HVU_INJECTION_PROGRAM && !settings->kvp.ip_program)
		tell(r, where_said(r, "kvp", "ip_injection", 3), true,
		     "ip_injection is program, but ip_program is not set");
	r->section = find_section("fcopy", 5);
	for (size_t i = 0; i < settings->n_fcopy; i++) {
		const struct hvu_fcopy_directory *fcopy = &settings->fcopy[i];

		if (!fcopy->directory) {
			tell(r, fcopy->where, true, "[fcopy %s] has no directory", fcopy->name);
			continue;
		}
		if (strchr(fcopy->directory, '\\'))
			tell(r, fcopy->where, true,
			     "[fcopy %s] has a backslash in its directory, a slash to the host",
			     fcopy->name);
		for (size_t other = 0; other < i; other++) {
			const struct hvu_fcopy_directory *first = &settings->fcopy[other];

			if (first->directory && !strcmp(first->directory, fcopy->directory))
				tell(r, fcopy->where, true,
				     "[fcopy %s] and [fcopy %s] have the same directory",
				     first->name, fcopy->name);
		}
	}
}

/**
 * hvu_settings_load() - read the configuration
 * @settings: gets it, for hvu_settings_free(); empty if it cannot be used
 * @root: below which /etc is
 * @section: what the caller is after: "kvp", "vss" or "fcopy", or NULL for all. A value in another
 *	one that cannot be used is told as a warning, and that section is not to be looked at.
 * @tell: told of each line that is not as it should be; may be NULL
 * @data: for @tell
 *
 * Return: 0; %-EINVAL if a value was refused, after @tell has said so; or another negative errno,
 * after @tell has said which file cannot be read.
 */
int hvu_settings_load(struct hvu_settings *settings, int root, const char *section,
		      hvu_settings_cb *tell, void *data)
{
	struct reading r = { .settings = settings, .wanted = section, .tell = tell, .data = data };
	int ret = 0;

	memset(settings, 0, sizeof(*settings));
	for (const struct hvu_section *each = hvu_sections; each->name && !ret; each++) {
		if (!each->parameter)
			ret = take_initial(each, settings);
	}
	if (!ret) {
		read_file(&r, root, "/" FOLDER "/hv_ic.conf");
		if (!r.error)
			read_folder(&r, root);
		if (!r.error && !r.refused)
			check(&r);
		ret = r.error ? r.error : r.refused ? -EINVAL : 0;
	}
	free(r.text);
	free(r.name);
	if (ret)
		hvu_settings_free(settings);
	return ret;
}

/** hvu_settings_free() - what hvu_settings_load() gave; may be called again */
void hvu_settings_free(struct hvu_settings *settings)
{
	for (const struct hvu_section *section = hvu_sections; section->name; section++) {
		for (const struct hvu_key *key = section->keys; key->name; key++) {
			if (!section->parameter)
				hvu_setting_drop(key, settings);
			for (size_t i = 0; section->parameter && i < settings->n_fcopy; i++)
				hvu_setting_drop(key, &settings->fcopy[i]);
		}
	}
	for (size_t i = 0; i < settings->n_fcopy; i++) {
		free(settings->fcopy[i].name);
		free(settings->fcopy[i].where);
	}
	free(settings->fcopy);
	for (size_t i = 0; i < settings->n_said; i++) {
		free(settings->said[i].section);
		free(settings->said[i].value);
		free(settings->said[i].where);
	}
	free(settings->said);
	memset(settings, 0, sizeof(*settings));
}

static void each_key(const struct hvu_settings *settings, const struct hvu_section *section,
		     const char *name, hvu_settings_each_cb *each, void *data)
{
	for (const struct hvu_key *key = section->keys; key->name; key++) {
		const struct hvu_said *said = find_said(settings, name, key);

		each(name, key, said ? said->value : key->initial, said ? said->where : NULL, data);
	}
}

/**
 * hvu_settings_each() - all that holds, key by key
 * @settings: from hvu_settings_load()
 * @each: called for each key of the table, of [fcopy NAME] for each name
 * @data: for @each
 *
 * Return: 0, or %-ENOMEM.
 */
int hvu_settings_each(const struct hvu_settings *settings, hvu_settings_each_cb *each, void *data)
{
	for (const struct hvu_section *section = hvu_sections; section->name; section++) {
		if (!section->parameter)
			each_key(settings, section, section->name, each, data);
		for (size_t i = 0; section->parameter && i < settings->n_fcopy; i++) {
			char *name;

			if (asprintf(&name, "%s %s", section->name, settings->fcopy[i].name) < 0)
				return -ENOMEM;
			each_key(settings, section, name, each, data);
			free(name);
		}
	}
	return 0;
}

/** hvu_settings_log() - for hvu_settings_load(): tell by hvu_log() */
void hvu_settings_log(const char *where, bool refused, const char *text, void *data)
{
	(void)data;
	hvu_log(refused ? HVU_LOG_ERROR : HVU_LOG_WARNING, "%s: %s", where, text);
}

/** hvu_glob_any() - does one of the globs, as of fnmatch(3), match? */
bool hvu_glob_any(char *const *globs, const char *text)
{
	for (; *globs; globs++) {
		if (!fnmatch(*globs, text, 0))
			return true;
	}
	return false;
}
