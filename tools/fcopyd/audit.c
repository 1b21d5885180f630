// SPDX-License-Identifier: GPL-2.0
/* What is told of copies. */
#include "audit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <json-c/json.h>
#include <systemd/sd-journal.h>

#include "clock.h"
#include "message.h"
#include "printable.h"
#include "replace.h"
#include "root.h"

#define FOLDER "var/lib/hv_ic"

/* As much as is hashed while the host waits. */
#define SMALL 1048576

/* As long as a host, or the end of the machine, waits for the rest of an earlier file. */
#define PATIENCE_MS 2000

/** hvic_audit_init() - begin; there was no copy yet */
void hvic_audit_init(struct hvic_audit *audit, int root)
{
	memset(audit, 0, sizeof(*audit));
	audit->root = root;
	audit->file = -1;
}

static void set_path(struct hvic_audit *audit, const struct hvic_place *place)
{
	char *folder = hvu_printable(place->path, true), *name = hvu_printable(place->name, true);

	snprintf(audit->path, sizeof(audit->path), "%s/%s", folder ? folder : "?",
		 name ? name : "?");
	free(folder);
	free(name);
}

/* A host can fail as often as it likes. */
static bool may_say(struct hvic_audit *audit)
{
	return hvu_log_may(&audit->limit, "copies");
}

/* --- The note. ------------------------------------------------------------------------------- */

static json_object *new_note(const char *phase, const struct hvic_copy *copy)
{
	const char *folder = *copy->place.path ? copy->place.path : "/";
	json_object *note = json_object_new_object();
	char text[40];
	time_t now = time(NULL);
	struct tm parts;

	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &parts));
	json_object_object_add(note, "phase", json_object_new_string(phase));
	json_object_object_add(note, "time", json_object_new_string(text));
	json_object_object_add(note, "directory", json_object_new_string(folder));
	json_object_object_add(note, "name", json_object_new_string(copy->place.name));
	json_object_object_add(note, "size_bytes", json_object_new_uint64(copy->size));
	if (copy->active)
		json_object_object_add(note, "start", json_object_new_uint64(copy->id));
	if (copy->active && copy->named)
		json_object_object_add(note, "hidden", json_object_new_uint64(copy->hidden));
	return note;
}

/* The file is copied all the same. */
static void write_note(struct hvic_audit *audit, json_object *note,
		       int (*replace)(int folder, const char *name, mode_t mode, bool durable,
				      const char *text))
{
	const char *text = json_object_to_json_string_ext(note, JSON_C_TO_STRING_NOSLASHESCAPE);
	int folder = hvu_open(audit->root, O_RDONLY | O_DIRECTORY, FOLDER);
	/* A hidden name must not be lost sooner than the file that it is about. */
	bool durable = json_object_object_get_ex(note, "hidden", NULL);
	int ret = folder < 0 ? folder : replace(folder, HVIC_AUDIT_NOTE, 0600, durable, text);

	if (ret && may_say(audit))
		hvu_log(HVU_LOG_WARNING, "/" FOLDER "/" HVIC_AUDIT_NOTE " cannot be written: %s",
			strerror(-ret));
	if (folder >= 0)
		close(folder);
	json_object_put(note);
}

static json_object *read_note(const struct hvic_audit *audit)
{
	char text[8192];
	int len = hvu_read(audit->root, text, sizeof(text), FOLDER "/" HVIC_AUDIT_NOTE);

	return len > 0 ? json_tokener_parse(text) : NULL;
}

/* Where the file of a note was to go; a place that is not open. */
static int place_of(json_object *note, struct hvic_place *place)
{
	char path[HV_IC_FCOPY_NAME_SIZE] = "", name[HV_IC_FCOPY_NAME_SIZE] = "";
	json_object *directory, *file;

	if (!json_object_object_get_ex(note, "directory", &directory) ||
	    !json_object_object_get_ex(note, "name", &file))
		return -ENOENT;
	snprintf(path, sizeof(path), "%s", json_object_get_string(directory));
	snprintf(name, sizeof(name), "%s", json_object_get_string(file));
	return hvic_place_parse(place, path, name) ? -ENOENT : 0;
}

static uint64_t number(json_object *object, const char *key)
{
	return json_object_get_uint64(json_object_object_get(object, key));
}

/**
 * hvic_audit_last() - the file that an earlier daemon may have left under a hidden name
 * @audit: audit
 * @place: gets where it was to go; not open
 * @id: gets the id of its START
 *
 * Return: 0; %-ENOENT if there is none.
 */
int hvic_audit_last(const struct hvic_audit *audit, struct hvic_place *place, uint64_t *id)
{
	json_object *note = read_note(audit), *hidden;
	int ret = -ENOENT;

	if (json_object_object_get_ex(note, "hidden", &hidden)) {
		*id = number(note, "start");
		ret = place_of(note, place);
	}
	json_object_put(note);
	return ret;
}

static void read_left(json_object *note, struct hvic_left *left)
{
	json_object *said;

	if (json_object_object_get_ex(note, "hidden", &said)) {
		left->has_hidden = true;
		left->hidden = json_object_get_uint64(said);
	}
	if (json_object_object_get_ex(note, "named", &said) &&
	    json_object_is_type(said, json_type_object)) {
		left->has_file = true;
		left->replaces = json_object_get_boolean(json_object_object_get(note, "replaces"));
		left->device = number(said, "device");
		left->inode = number(said, "inode");
		left->changed.tv_sec = number(said, "changed_s");
		left->changed.tv_nsec = number(said, "changed_ns");
	}
}

/**
 * hvic_audit_left() - what an earlier daemon has left of a file, as far as the note knows
 * @audit: audit
 * @place: where it was to go
 * @id: of its START
 * @left: gets it
 *
 * Return: is the note about that one? It may be complete under its own name, and only the note not,
 * so that the driver has to ask for it.
 */
bool hvic_audit_left(const struct hvic_audit *audit, const struct hvic_place *place, uint64_t id,
		     struct hvic_left *left)
{
	json_object *note = read_note(audit), *start;
	struct hvic_place noted;
	bool same;

	memset(left, 0, sizeof(*left));
	same = json_object_object_get_ex(note, "start", &start) &&
		json_object_get_uint64(start) == id && !place_of(note, &noted) &&
		!strcmp(noted.path, place->path) && !strcmp(noted.name, place->name);
	if (same)
		read_left(note, left);
	json_object_put(note);
	return same;
}

/* --- Lines. ---------------------------------------------------------------------------------- */

static const char *reason(int error)
{
	switch (-error) {
	case EACCES:
		return "the configuration or the file system does not allow it";
	case ENOTDIR:
		return "there is no such directory";
	case EINVAL:
		return "the host's request makes no sense";
	case ENODEV:
		return "the service has gone";
	case ESHUTDOWN:
		return "the daemon has ended";
	case ECANCELED:
		return "the host has cancelled it";
	default:
		return strerror(-error);
	}
}

/* A text of the host, which may have no end. */
static char *bounded(const char text[static HV_IC_FCOPY_NAME_SIZE])
{
	char copy[HV_IC_FCOPY_NAME_SIZE + 1];

	snprintf(copy, sizeof(copy), "%.*s", HV_IC_FCOPY_NAME_SIZE, text);
	return hvu_printable(copy, true);
}

/**
 * hvic_audit_refused() - a file has not been begun
 * @audit: audit
 * @place: where it was to go; without a name if what the host wants makes no sense
 * @wanted: what the host has said
 * @error: why not
 */
void hvic_audit_refused(struct hvic_audit *audit, const struct hvic_place *place,
			const struct hv_ic_fcopy_start *wanted, int error)
{
	const char *why = place->reason ? place->reason : reason(error);
	char *folder, *name;

	if (!may_say(audit))
		return;
	if (*place->name) {
		folder = hvu_printable(place->path, true);
		name = hvu_printable(place->name, true);
		hvu_message(HVU_MESSAGE_COPY_REFUSED, HVU_LOG_NOTICE, "refused to copy %s/%s: %s",
			    folder ? folder : "?", name ? name : "?", why);
	} else {
		folder = bounded(wanted->path);
		name = bounded(wanted->name);
		hvu_message(HVU_MESSAGE_COPY_REFUSED, HVU_LOG_NOTICE,
			    "refused to copy \"%s\" into \"%s\": %s", name ? name : "?",
			    folder ? folder : "?", why);
	}
	free(folder);
	free(name);
}

/** hvic_audit_begun() - a file has been begun */
void hvic_audit_begun(struct hvic_audit *audit, const struct hvic_copy *copy)
{
	/* One at a time. */
	hvic_audit_end(audit);
	set_path(audit, &copy->place);
	audit->began_ms = hvu_now_ms();
	write_note(audit, new_note("copying", copy), hvu_replace_or_remove);
}

/** hvic_audit_naming() - a file gets its own name next, and then the host is told */
void hvic_audit_naming(struct hvic_audit *audit, const struct hvic_copy *copy)
{
	json_object *note, *named;
	struct stat st;

	if (fstat(copy->file, &st))
		return;
	named = json_object_new_object();
	json_object_object_add(named, "device", json_object_new_uint64(st.st_dev));
	json_object_object_add(named, "inode", json_object_new_uint64(st.st_ino));
	json_object_object_add(named, "changed_s", json_object_new_int64(st.st_mtim.tv_sec));
	json_object_object_add(named, "changed_ns", json_object_new_int64(st.st_mtim.tv_nsec));
	note = new_note("copying", copy);
	json_object_object_add(note, "named", named);
	if (copy->replaced)
		json_object_object_add(note, "replaces", json_object_new_boolean(true));
	/* What it replaces is true, too, and may tell of the hidden name. */
	write_note(audit, note, hvu_replace);
}

/** hvic_audit_broken() - a file that was begun has come to nothing */
void hvic_audit_broken(struct hvic_audit *audit, const struct hvic_copy *copy, int error)
{
	json_object *note = new_note(error == -ECANCELED ? "cancelled" : "failed", copy);

	json_object_object_add(note, "error", json_object_new_string(reason(error)));
	write_note(audit, note, hvu_replace_or_remove);
	if (may_say(audit))
		hvu_message(HVU_MESSAGE_NOT_COPIED, HVU_LOG_NOTICE, "%s was not copied: %s",
			    audit->path, reason(error));
}

static void say_complete(struct hvic_audit *audit, const char *sha256)
{
	unsigned long long size = audit->size, ms = audit->ms;

	if (!getenv("JOURNAL_STREAM")) {
		hvu_log(HVU_LOG_NOTICE, "%s was copied%s: %llu bytes in %llu ms, SHA-256 %s",
			audit->path, audit->replaced ? " over another file" : "", size, ms, sha256);
		return;
	}
	sd_journal_send("MESSAGE=%s was copied%s: %llu bytes in %llu ms, SHA-256 %s",
			audit->path, audit->replaced ? " over another file" : "", size, ms, sha256,
			"PRIORITY=%d", HVU_LOG_NOTICE,
			"MESSAGE_ID=%s", hvu_message_ids[HVU_MESSAGE_COPIED],
			"HV_IC_FILE=%s", audit->path, "HV_IC_SIZE=%llu", size,
			"HV_IC_DURATION_MS=%llu", ms, "HV_IC_SHA256=%s", sha256, NULL);
}

/**
 * hvic_audit_complete() - a file is complete, and the host has been told
 * @audit: audit
 * @copy: the copy, whose file may still have to be hashed; hvic_audit_step() does the rest
 */
void hvic_audit_complete(struct hvic_audit *audit, const struct hvic_copy *copy)
{
	json_object *note = new_note("complete", copy);
	struct stat st;

	audit->ms = hvu_now_ms() - audit->began_ms;
	json_object_object_add(note, "duration_ms", json_object_new_uint64(audit->ms));
	write_note(audit, note, hvu_replace_or_remove);
	audit->file = fcntl(copy->file, F_DUPFD_CLOEXEC, 3);
	audit->size = copy->size;
	audit->replaced = copy->replaced;
	audit->digest = copy->digest;
	if (!fstat(copy->file, &st))
		audit->changed = st.st_mtim;
	if (copy->size - audit->digest.done <= SMALL)
		hvic_audit_end(audit);
}

/* Who owns the file may have written to it already: then nobody knows what the host has sent. */
static bool is_as_it_was(const struct hvic_audit *audit)
{
	struct stat st;

	return !fstat(audit->file, &st) && (uint64_t)st.st_size == audit->size &&
		!memcmp(&st.st_mtim, &audit->changed, sizeof(st.st_mtim));
}

static void conclude(struct hvic_audit *audit, const char *sha256)
{
	say_complete(audit, sha256);
	close(audit->file);
	audit->file = -1;
}

/** hvic_audit_step() - hash a piece of a complete file; true if there is more to do */
bool hvic_audit_step(struct hvic_audit *audit)
{
	char sha256[HVIC_SHA256_TEXT];
	int ret;

	if (audit->file < 0)
		return false;
	ret = hvic_digest_step(&audit->digest, audit->file, audit->size);
	if (ret > 0)
		return true;
	hvic_sha256_end(&audit->digest.sha, sha256);
	conclude(audit, ret || !is_as_it_was(audit) ? "unknown, the file has been changed" :
		 sha256);
	return false;
}

/** hvic_audit_end() - nothing is left to be told of; does not take long, however large a file is */
void hvic_audit_end(struct hvic_audit *audit)
{
	int64_t begin_ms = hvu_now_ms();

	while (hvic_audit_step(audit)) {
		if (hvu_now_ms() - begin_ms > PATIENCE_MS)
			conclude(audit, "unknown, there was no time to read the file again");
	}
}
