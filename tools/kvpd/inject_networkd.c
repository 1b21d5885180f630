// SPDX-License-Identifier: GPL-2.0
/*
 * systemd-networkd sets up the adapter, by a file for it.
 *
 * The file is in /etc and not in /run, since the host says it once and not at each boot. Its name
 * puts it before those of the distribution, netplan and the administrator's usual ones, so that it
 * decides for this interface; to take it away and reload is to go back to those. What has yet to
 * prove itself is in /run, before all of them: a machine that loses its power meanwhile boots
 * without it.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inject.h"
#include "network_file.h"
#include "replace.h"
#include "root.h"

#define DESTINATION	"org.freedesktop.network1"
#define PATH		"/org/freedesktop/network1"
#define MANAGER		"org.freedesktop.network1.Manager"

#define FOLDER		"etc/systemd/network"
#define TRIALS		"run/systemd/network"
#define TRIAL		"04-hv_ic-"
#define NAME_SIZE	64
#define PLAIN		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-@:"
#define STATE_SIZE	16384

/* --- The daemon. ------------------------------------------------------------------------- */

/** hvic_networkd_has() - does systemd-networkd run? */
bool hvic_networkd_has(struct hvic_job *job)
{
	sd_bus_message *reply = NULL;
	int has = 0;

	if (sd_bus_call_method(hvic_job_bus(job), "org.freedesktop.DBus",
			       "/org/freedesktop/DBus", "org.freedesktop.DBus", "NameHasOwner",
			       NULL, &reply, "s", DESTINATION) >= 0)
		sd_bus_message_read(reply, "b", &has);
	sd_bus_message_unref(reply);
	return has;
}

/** hvic_networkd_reload() - have files read that have changed; 0 or a negative errno */
int hvic_networkd_reload(struct hvic_job *job)
{
	int ret = sd_bus_call_method(hvic_job_bus(job), DESTINATION, PATH, MANAGER, "Reload", NULL,
				     NULL, NULL);

	return ret < 0 ? ret : 0;
}

static int reload(struct hvic_job *job)
{
	int ret = hvic_networkd_reload(job);

	if (ret >= 0)
		ret = sd_bus_call_method(hvic_job_bus(job), DESTINATION, PATH, MANAGER,
					 "ReconfigureLink", NULL, NULL, "i", job->link.index);
	return ret < 0 ? ret : 0;
}

/* --- What it says of the interface. ------------------------------------------------------ */

/* What comes after a key of networkd's state of an interface, up to @len; "" if it has none. */
static const char *find(const char *state, const char *key, size_t *len)
{
	const char *found = strstr(state, key);

	found = found ? found + strlen(key) : "";
	*len = strcspn(found, "\n");
	return found;
}

/* What networkd says of the interface; empty if it has said nothing yet. */
static void read_state(const struct hvic_job *job, char state[static STATE_SIZE])
{
	hvu_read(job->inject->root, state, STATE_SIZE, "run/systemd/netif/links/%d",
		 job->link.index);
}

/** hvic_networkd_leaves() - has it looked at the interface, and leaves it to others? */
bool hvic_networkd_leaves(const struct hvic_job *job)
{
	char state[STATE_SIZE];
	const char *text;
	size_t len;

	read_state(job, state);
	text = find(state, "\nADMIN_STATE=", &len);
	return len == strlen("unmanaged") && !strncmp(text, "unmanaged", len);
}

/* --- The file. --------------------------------------------------------------------------- */

/* In a file of networkd a name is a pattern, and ends at a space. */
static bool is_plain(const char *name)
{
	return *name && !name[strspn(name, PLAIN)];
}

/*
 * Gets the file that networkd goes by: ours, or what it says itself; "" if there is none. False if
 * it has just been started, and has not looked for one yet.
 */
static bool find_base(struct hvic_job *job, const char *own, char path[static PATH_MAX])
{
	char state[STATE_SIZE];
	const char *text;
	int root = job->inject->root;
	size_t len;

	snprintf(path, PATH_MAX, "%s", own);
	if (hvu_exists(root, "%s", path))
		return true;
	read_state(job, state);
	text = find(state, "\nNETWORK_FILE=/", &len);
	snprintf(path, PATH_MAX, "%.*s", (int)len, text);
	text = find(state, "\nADMIN_STATE=", &len);
	return len && strncmp(text, "pending", len) && strncmp(text, "initialized", len);
}

/* Does networkd still go by what was on trial, and is not there any more? */
static bool is_on_trial(struct hvic_job *job, const char *path)
{
	return !strncmp(path, TRIALS "/" TRIAL, strlen(TRIALS "/" TRIAL)) &&
	       !hvu_exists(job->inject->root, "%s", path);
}

static int wait_for_base(struct hvic_job *job, const char *own, char path[static PATH_MAX])
{
	bool is_known = find_base(job, own, path);
	int ret = is_on_trial(job, path) ? reload(job) : 0;

	while (!ret && (!is_known || is_on_trial(job, path))) {
		snprintf(job->why, sizeof(job->why), "it has not come to the adapter");
		ret = hvic_job_pause(job);
		is_known = find_base(job, own, path);
	}
	if (ret)
		return ret;
	job->why[0] = '\0';
	/* One that it has read, and that is gone by now, will not be missed. */
	if (!hvu_exists(job->inject->root, "%s", path))
		path[0] = '\0';
	return 0;
}

/* @whole: with what drop-ins of the file say */
static int print_file(struct hvic_job *job, const char *path, bool whole, char **content)
{
	char *base = NULL;

	if (*path) {
		base = hvic_network_file_read(job->inject->root, path, whole);
		if (!base) {
			int ret = -errno;

			snprintf(job->why, sizeof(job->why), "cannot read /%.128s", path);
			return ret;
		}
	}
	*content = hvic_network_file_print(job->link.name, base, &job->ip, &job->now);
	free(base);
	return *content ? 0 : -ENOMEM;
}

/**
 * struct names - of files
 * @own: path of the one that lasts
 * @trial: name of the one that is on trial
 */
struct names {
	char own[sizeof(FOLDER) + NAME_SIZE];
	char trial[NAME_SIZE];
};

/*
 * Names the files, and gets the one to go by. If networkd has to come to the interface yet, that
 * may have another name then.
 */
static int find_files(struct hvic_job *job, struct names *names, char base[static PATH_MAX])
{
	const char *name = job->link.name;
	int ret;

	do {
		if (!is_plain(name))
			return -EINVAL;
		snprintf(names->own, sizeof(names->own), FOLDER "/05-hv_ic-%s.network", name);
		snprintf(names->trial, sizeof(names->trial), TRIAL "%s.network", name);
		ret = wait_for_base(job, names->own, base);
		if (!ret)
			ret = job->inject->ops->look(job);
	} while (ret > 0);
	return ret;
}

/**
 * struct contents - of files
 * @trial: that of now
 * @lasting: that of the next boot; drop-ins of ours are its drop-ins still
 */
struct contents {
	char *trial;
	char *lasting;
};

static int print_files(struct hvic_job *job, const struct names *names, const char *base,
		       struct contents *contents)
{
	int ret = print_file(job, base, true, &contents->trial);

	return ret ? ret : print_file(job, base, strcmp(base, names->own), &contents->lasting);
}

/* --- On trial. --------------------------------------------------------------------------- */

/* A file that holds until the next boot, unless it is taken away before. */
static int try_file(struct hvic_job *job, int folder, const char *name, const char *content)
{
	int ret = hvu_replace(folder, name, 0644, false, content);

	if (!ret)
		ret = reload(job);
	return ret ? ret : job->inject->ops->confirm(job);
}

static int open_folder(int root, const char *path)
{
	return hvu_open(root, O_RDONLY | O_DIRECTORY, "%s", path);
}

/* Where no other program has made the folder yet, this one does. */
static int open_trials(int root)
{
	int trials = open_folder(root, TRIALS);

	if (trials == -ENOENT && !mkdirat(root, TRIALS, 0755))
		trials = open_folder(root, TRIALS);
	return trials;
}

/** hvic_networkd_clean() - remove files that are on trial; were there any? */
bool hvic_networkd_clean(int root)
{
	char **files = hvu_list(root, TRIALS);
	int trials = open_folder(root, TRIALS);
	bool found = false;

	for (char **file = files; file && *file; file++) {
		if (strncmp(*file, TRIAL, strlen(TRIAL)) || unlinkat(trials, *file, 0))
			continue;
		hvu_log(HVU_LOG_WARNING, "/" TRIALS "/%s was left on trial, and is removed", *file);
		found = true;
	}
	hvu_list_free(files);
	if (trials >= 0)
		close(trials);
	return found;
}

/**
 * hvic_networkd_apply() - let systemd-networkd set up the adapter
 * @job: the request
 *
 * Return: 0, or a negative errno with everything as it was before.
 */
int hvic_networkd_apply(struct hvic_job *job)
{
	struct contents contents = { };
	char base[PATH_MAX];
	struct names names;
	int folder, trials, ret;

	folder = open_folder(job->inject->root, FOLDER);
	if (folder < 0)
		return folder;
	trials = open_trials(job->inject->root);
	ret = trials < 0 ? trials : find_files(job, &names, base);
	if (!ret)
		ret = print_files(job, &names, base, &contents);
	if (ret)
		goto free_contents;
	ret = try_file(job, trials, names.trial, contents.trial);
	/* Now that it holds, it is to hold at the next boot. */
	if (!ret)
		ret = hvu_replace(folder, names.own + strlen(FOLDER "/"), 0644, true,
				  contents.lasting);
	if (unlinkat(trials, names.trial, 0) && errno != ENOENT)
		snprintf(job->why, sizeof(job->why), "and /" TRIALS "/%s cannot be removed",
			 names.trial);
	if (ret) {
		/* There is a reserve of time for this. */
		job->deadline_us += 3000000;
		reload(job);
	}
free_contents:
	free(contents.trial);
	free(contents.lasting);
	if (trials >= 0)
		close(trials);
	close(folder);
	return ret;
}
