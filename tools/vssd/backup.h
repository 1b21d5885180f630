/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A backup of the host's, from its FREEZE to the end of all that followed from it; or a trial of
 * the administrator's, which is the same but for the host.
 *
 *   IDLE ---> HOOKS ---> HOLDING ---> HELD ---> UNDOING ---> IDLE
 *     |         |           |                     ^
 *     |         |           '-----> LEAVING ------|
 *     |         '---------------------------------'
 *     '--- no hooks: HOLDING; refused: IDLE; a trial: ASKED, and on as from IDLE
 *
 * ASKED waits for the kernel to begin a trial, HOOKS and UNDOING wait for hvic-hooks, HOLDING for
 * the freezer, HELD for the kernel's word that all has thawed, and so does LEAVING, after a FREEZE
 * that failed or that nobody waits for any more. What is frozen is thawed by the kernel, whatever
 * happens here.
 *
 * When all has thawed and the freezer still waits for a disk that hangs, HOLDING goes to UNDOING
 * without it. Until it is back the daemon is stuck: no other backup begins.
 */
#ifndef HVIC_BACKUP_H
#define HVIC_BACKUP_H

#include <stdbool.h>
#include <stdint.h>

#include <systemd/sd-event.h>

#include "asker.h"
#include "freezer.h"
#include "inhibitor.h"
#include "journal.h"
#include "mounts.h"
#include "record.h"
#include "report.h"
#include "settings.h"

enum hvic_state {
	HVIC_IDLE, HVIC_ASKED, HVIC_HOOKS, HVIC_HOLDING, HVIC_HELD, HVIC_LEAVING, HVIC_UNDOING
};

/**
 * struct hvic_freeze - a FREEZE of the host's, or a trial
 * @id: of the record; 0 for none
 * @session: of what the kernel holds for it
 * @until_ms: CLOCK_MONOTONIC, when the host gives up
 */
struct hvic_freeze {
	uint64_t id;
	uint32_t session;
	int64_t until_ms;
};

/**
 * struct hvic_backup - the daemon
 * @client: of the device; the first member
 * @event: loop
 * @root: below which all is
 * @settings: what the administrator wants
 * @freezer: freezes
 * @hooks: of the administrator
 * @inhibitor: keeps the machine up
 * @journal: what there is to say
 * @limit: of backups that are told of
 * @silent: this one is not
 * @guard: ends a backup that froze nothing, so that the kernel sets it no limit; or a trial;
 *	or the time that the freezer has to come back
 * @tried: called with the report of a trial, as JSON
 * @trier: for @tried
 * @state: how far the backup is
 * @stuck: the freezer has not come back from the backup before, and uses @mounts
 * @trial: it is one of the administrator's
 * @given_up: nobody waits for that any more
 * @reload: the settings are to be read anew when it is over
 * @hold_ms: how long it keeps all frozen
 * @freeze: what the host waits for, or has waited for
 * @next: its next FREEZE, which waits until the backup is over
 * @began_us: CLOCK_MONOTONIC
 * @hooked: hooks have been asked for, and hear of the end
 * @promised: the host has been told that all is frozen
 * @thawed: the kernel has thawed while HOLDING
 * @status: why, a negative errno or 0
 * @mounts: the file systems
 * @report: what becomes of it
 */
struct hvic_backup {
	struct hvu_client client;
	sd_event *event;
	int root;
	struct hvu_settings settings;
	struct hvic_freezer freezer;
	struct hvic_asker hooks;
	struct hvic_inhibitor inhibitor;
	struct hvic_journal journal;
	struct hvu_limit limit;
	bool silent;
	sd_event_source *guard;
	void (*tried)(void *data, const char *report);
	void *trier;

	enum hvic_state state;
	bool stuck;
	bool trial;
	bool given_up;
	bool reload;
	uint32_t hold_ms;
	struct hvic_freeze freeze;
	struct hvic_freeze next;
	int64_t began_us;
	bool hooked;
	bool promised;
	bool thawed;
	int status;
	struct hvu_mounts mounts;
	struct hvic_report report;
};

extern const struct hvu_client_ops hvic_backup_ops;

int hvic_backup_open(struct hvic_backup *backup, sd_event *event, int root,
		     const struct hvic_freezer_ops *ops);
void hvic_backup_close(struct hvic_backup *backup);
int hvic_backup_reload(void *data);
int hvic_backup_try(struct hvic_backup *backup, uint32_t hold_ms);
void hvic_backup_give_up(struct hvic_backup *backup);

#endif
