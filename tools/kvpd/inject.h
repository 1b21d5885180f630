/* SPDX-License-Identifier: GPL-2.0 */
/* Addresses that the host wants an adapter to have. */
#ifndef HVIC_INJECT_H
#define HVIC_INJECT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <linux/hv_ic.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "log.h"
#include "net.h"
#include "settings.h"

struct hvic_inject;
struct hvic_job;

/**
 * struct hvic_inject_ops - how to reach others
 * @open_bus: connect to the system bus; 0 or a negative errno
 * @look: learn anew which interface it is about: 1 if that is another one or has another name, 0 if
 *	not, %-ENOENT if there is none any more, or another negative errno
 * @confirm: wait until the adapter has the addresses; 0, %-ETIMEDOUT, %-ECANCELED or %-EADDRINUSE
 * @done: the host's request has come to an end; the answer is for the caller to send
 *
 * All but @done are called in a thread of their own.
 */
struct hvic_inject_ops {
	int (*open_bus)(struct hvic_job *job, sd_bus **bus);
	int (*look)(struct hvic_job *job);
	int (*confirm)(struct hvic_job *job);
	void (*done)(struct hvic_inject *inject, uint64_t id, int status);
};

/**
 * struct hvic_job - one request
 * @inject: whose it is
 * @id: of the record
 * @link: the interface that is set up
 * @net: the network, as the thread knows it
 * @has_net: it does
 * @was: how the interface was set up before, with the adapter's id
 * @now: what of that was set up by hand
 * @ip: how it is to be set up
 * @way: who is asked to do it
 * @program: if it is a program; a copy
 * @deadline_us: until when it is worth the trouble; of CLOCK_MONOTONIC
 * @over: nobody waits for it any more
 * @status: how it went
 * @why: what the one who was asked has said about a failure; may be empty
 * @bus: connection
 */
struct hvic_job {
	struct hvic_inject *inject;
	uint64_t id;
	struct hvic_link link;
	struct hvic_net net;
	bool has_net;
	struct hv_ic_kvp_ip was;
	struct hv_ic_kvp_ip now;
	struct hv_ic_kvp_ip ip;
	enum hvu_injection way;
	char *program;
	uint64_t deadline_us;
	atomic_bool over;
	int status;
	char why[160];
	sd_bus *bus;
};

/**
 * struct hvic_inject - the one who sets addresses
 * @ops: how to reach others
 * @root: below which /etc and /sys are
 * @settings: of the administrator
 * @source: tells that the job has ended
 * @fd: of that
 * @thread: does the job
 * @job: that is being done; NULL for none
 * @limit: of the lines about jobs
 */
struct hvic_inject {
	const struct hvic_inject_ops *ops;
	int root;
	const struct hvu_settings *settings;
	sd_event_source *source;
	int fd;
	pthread_t thread;
	struct hvic_job *job;
	struct hvu_limit limit;
};

int hvic_inject_open(struct hvic_inject *inject, const struct hvic_inject_ops *ops, int root,
		     const struct hvu_settings *settings, sd_event *event);
void hvic_inject_close(struct hvic_inject *inject);
int hvic_inject_begin(struct hvic_inject *inject, uint64_t id, uint32_t deadline_ms,
		      const struct hvic_link *link, const struct hv_ic_kvp_ip *now,
		      const struct hv_ic_kvp_ip *ip);
void hvic_inject_over(struct hvic_inject *inject, uint64_t id);
void hvic_inject_recover(struct hvic_inject *inject);

int hvic_inject_check(const struct hv_ic_kvp_ip *ip);
int hvic_inject_open_bus(struct hvic_job *job, sd_bus **bus);
int hvic_inject_look(struct hvic_job *job);
int hvic_inject_look_at(struct hvic_job *job, const struct hvic_net *net);
int hvic_inject_confirm(struct hvic_job *job);

/* --- What the back ends share. ----------------------------------------------------------- */

unsigned int hvic_job_left_ms(const struct hvic_job *job);
sd_bus *hvic_job_bus(const struct hvic_job *job);
int hvic_job_end(const struct hvic_job *job);
int hvic_job_pause(const struct hvic_job *job);
bool hvic_job_has_family(const struct hv_ic_kvp_ip *ip, uint8_t family);

#define HVIC_ADDRESS_TEXT_SIZE 46
char *hvic_address_text(const struct hv_ic_kvp_address *address,
			char text[static HVIC_ADDRESS_TEXT_SIZE]);

bool hvic_nm_has(struct hvic_job *job);
int hvic_nm_apply(struct hvic_job *job);
bool hvic_networkd_has(struct hvic_job *job);
bool hvic_networkd_leaves(const struct hvic_job *job);
int hvic_networkd_apply(struct hvic_job *job);
bool hvic_networkd_clean(int root);
int hvic_networkd_reload(struct hvic_job *job);
int hvic_program_apply(struct hvic_job *job);

#endif
