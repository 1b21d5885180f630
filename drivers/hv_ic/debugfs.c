// SPDX-License-Identifier: GPL-2.0
/*
 * Each device has a directory with one file, "status", which has a "key value" on
 * each line. It is for people, and nothing may depend on it, so an error here is
 * not an error of the driver.
 */
#include "debugfs.h"

#include <linux/debugfs.h>
#include <linux/device.h>
#include <linux/module.h>
#include <linux/seq_file.h>

#include "channel.h"

static struct dentry *root;

static void hvic_debugfs_version(struct seq_file *out, const char *key,
				 struct hvic_version version)
{
	if (version.major || version.minor)
		seq_printf(out, "%s %u.%u\n", key, version.major, version.minor);
	else
		seq_printf(out, "%s none\n", key);
}

static void hvic_debugfs_outcome(struct seq_file *out, const char *key,
				 const struct hvic_outcome *outcome)
{
	if (!outcome->when)
		return;
	seq_printf(out, "%s_request %lld ms ago: %s\n", key,
		   ktime_ms_delta(ktime_get_boottime(), outcome->when), outcome->operation);
	if (outcome->answered)
		seq_printf(out, "%s_status 0x%08x\n", key, hvic_status_from_errno(outcome->err));
}

static int status_show(struct seq_file *out, void *unused)
{
	struct hvic_channel *ch = out->private;
	const struct hvic_channel_stats *stats = &ch->stats;

	spin_lock_bh(&ch->lock);
	seq_printf(out, "service %s\n", ch->svc->name);
	seq_printf(out, "state %s\n", hvic_channel_state_name(ch));
	hvic_debugfs_version(out, "framework", ch->versions.framework);
	hvic_debugfs_version(out, "message", ch->versions.message);
	seq_printf(out, "in %llu\n", stats->in);
	seq_printf(out, "out %llu\n", stats->out);
	seq_printf(out, "negotiations %llu\n", stats->negotiations);
	seq_printf(out, "bad_length %llu\n", stats->bad_length);
	seq_printf(out, "bad_type %llu\n", stats->bad_type);
	seq_printf(out, "refused %llu\n", stats->refused);
	seq_printf(out, "timeouts %llu\n", stats->timeouts);
	seq_printf(out, "late_replies %llu\n", stats->late_replies);
	seq_printf(out, "ring_full %llu\n", stats->ring_full);
	hvic_debugfs_outcome(out, "last", &ch->last);
	hvic_debugfs_outcome(out, "error", &ch->last_error);
	if (ch->svc->ops->show)
		ch->svc->ops->show(ch, out);
	spin_unlock_bh(&ch->lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(status);

/**
 * hvic_debugfs_init() - make the directory of the driver
 */
void hvic_debugfs_init(void)
{
	root = debugfs_create_dir(KBUILD_MODNAME, NULL);
}

/**
 * hvic_debugfs_exit() - remove it
 */
void hvic_debugfs_exit(void)
{
	debugfs_remove(root);
}

/**
 * hvic_debugfs_add() - show a channel
 * @ch: the channel; must live until hvic_debugfs_remove()
 *
 * Return: its directory.
 */
struct dentry *hvic_debugfs_add(struct hvic_channel *ch)
{
	struct dentry *dir = debugfs_create_dir(dev_name(ch->dev), root);

	debugfs_create_file("status", 0400, dir, ch, &status_fops);
	return dir;
}

/**
 * hvic_debugfs_remove() - stop showing a channel, and wait for readers
 * @dir: its directory
 */
void hvic_debugfs_remove(struct dentry *dir)
{
	debugfs_remove(dir);
}
