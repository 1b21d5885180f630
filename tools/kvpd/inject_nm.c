// SPDX-License-Identifier: GPL-2.0
/*
 * NetworkManager sets up the adapter.
 *
 * The profile that is active on it is changed, or one is made if there is none. A checkpoint is
 * made before: NetworkManager goes back to it when it is told to, or by itself if we are not there
 * any more to say that all went well. It forgets it when it ends itself: so the profile comes to
 * the disk only when it has proven itself.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "array.h"
#include "inject.h"

#define DESTINATION	"org.freedesktop.NetworkManager"
#define PATH		"/org/freedesktop/NetworkManager"
#define MANAGER		"org.freedesktop.NetworkManager"
#define DEVICE		"org.freedesktop.NetworkManager.Device"
#define ACTIVE		"org.freedesktop.NetworkManager.Connection.Active"
#define PROFILE		"org.freedesktop.NetworkManager.Settings.Connection"

#define PATH_SIZE	256

/* Of CheckpointCreate: profiles that came after it go. Of Update2: not to the disk. */
#define DELETE_NEW_CONNECTIONS	2
#define IN_MEMORY		2

/* The highest that there is: of profiles that fit, NetworkManager takes this one at each boot. */
#define OWN_PRIORITY		999

/* States of an active connection. */
#define ACTIVATED		2
#define DEACTIVATING		3
/* Of its flags: it shows what others have set up, by a profile made up for it. */
#define IS_EXTERNAL		0x80

/* --- Questions. -------------------------------------------------------------------------- */

static int read_path(sd_bus_message *reply, int ret, char path[static PATH_SIZE])
{
	const char *text;

	if (ret >= 0)
		ret = sd_bus_message_read(reply, "o", &text);
	if (ret >= 0 && (size_t)snprintf(path, PATH_SIZE, "%s", text) >= PATH_SIZE)
		ret = -ENAMETOOLONG;
	sd_bus_message_unref(reply);
	return ret < 0 ? ret : 0;
}

/*
 * The interface that had this name before is another one, until NetworkManager has heard of it. It
 * tells no index; and before 1.24 no address here.
 */
static bool is_of_another(struct hvic_job *job, const char *device)
{
	const uint8_t *mac = job->link.mac;
	char *told = NULL, text[18];
	bool is_other;

	if (!job->link.has_mac ||
	    sd_bus_get_property_string(hvic_job_bus(job), DESTINATION, device, DEVICE, "HwAddress",
				       NULL, &told) < 0)
		return false;
	snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
		 mac[3], mac[4], mac[5]);
	is_other = *told && strcasecmp(told, text);
	free(told);
	return is_other;
}

static int find_device(struct hvic_job *job, char path[static PATH_SIZE])
{
	sd_bus_message *reply = NULL;
	int ret = sd_bus_call_method(hvic_job_bus(job), DESTINATION, PATH, MANAGER,
				     "GetDeviceByIpIface", NULL, &reply, "s", job->link.name);

	ret = read_path(reply, ret, path);
	return !ret && is_of_another(job, path) ? -ENODEV : ret;
}

static int get_path(struct hvic_job *job, const char *object, const char *interface,
		    const char *property, char path[static PATH_SIZE])
{
	sd_bus_message *reply = NULL;
	int ret = sd_bus_get_property(hvic_job_bus(job), DESTINATION, object, interface, property,
				      NULL, &reply, "o");

	return read_path(reply, ret, path);
}

/* "/" if NetworkManager has activated nothing. */
static int get_active(struct hvic_job *job, const char *device, char path[static PATH_SIZE])
{
	int ret = get_path(job, device, DEVICE, "ActiveConnection", path);
	uint32_t flags = 0;

	if (ret || !strcmp(path, "/"))
		return ret;
	sd_bus_get_property_trivial(hvic_job_bus(job), DESTINATION, path, ACTIVE, "StateFlags",
				    NULL, 'u', &flags);
	if (flags & IS_EXTERNAL)
		strcpy(path, "/");
	return 0;
}

static bool is_starting(struct hvic_job *job)
{
	int starting = 0;

	return sd_bus_get_property_trivial(hvic_job_bus(job), DESTINATION, PATH, MANAGER,
					   "Startup", NULL, 'b', &starting) >= 0 && starting;
}

/*
 * While it starts, it may not have come to the adapter and its profile yet. There may be none, and
 * others that it waits for, so that half of the time is left.
 */
static void wait_started(struct hvic_job *job)
{
	unsigned int enough_ms = hvic_job_left_ms(job) / 2;
	char device[PATH_SIZE], active[PATH_SIZE];

	while (is_starting(job) && hvic_job_left_ms(job) > enough_ms) {
		if (job->inject->ops->look(job) >= 0 && !find_device(job, device) &&
		    !get_active(job, device, active) && strcmp(active, "/"))
			return;
		if (hvic_job_pause(job))
			return;
	}
}

/** hvic_nm_has() - does NetworkManager run, and keep the adapter? If it starts, wait for it. */
bool hvic_nm_has(struct hvic_job *job)
{
	char device[PATH_SIZE];
	int managed = 0;

	wait_started(job);
	if (find_device(job, device))
		return false;
	return sd_bus_get_property_trivial(hvic_job_bus(job), DESTINATION, device, DEVICE,
					   "Managed", NULL, 'b', &managed) >= 0 && managed;
}

/* --- A profile. -------------------------------------------------------------------------- */

static int append_text(sd_bus_message *profile, const char *key, const char *text)
{
	return sd_bus_message_append(profile, "{sv}", key, "s", text);
}

static int append_addresses(sd_bus_message *profile, const struct hv_ic_kvp_ip *ip, uint8_t family)
{
	char text[HVIC_ADDRESS_TEXT_SIZE];

	sd_bus_message_open_container(profile, 'e', "sv");
	sd_bus_message_append(profile, "s", "address-data");
	sd_bus_message_open_container(profile, 'v', "aa{sv}");
	sd_bus_message_open_container(profile, 'a', "a{sv}");
	for (uint32_t i = 0; i < ip->n_addresses; i++)
		if (ip->addresses[i].family == family)
			sd_bus_message_append(profile, "a{sv}", 2, "address", "s",
					      hvic_address_text(&ip->addresses[i], text),
					      "prefix", "u", (uint32_t)ip->addresses[i].prefix);
	sd_bus_message_close_container(profile);
	sd_bus_message_close_container(profile);
	return sd_bus_message_close_container(profile);
}

/* The first one counts: a profile has one of each family. */
static int append_gateway(sd_bus_message *profile, const struct hv_ic_kvp_ip *ip, uint8_t family)
{
	char text[HVIC_ADDRESS_TEXT_SIZE];

	for (uint32_t i = 0; i < ip->n_gateways; i++)
		if (ip->gateways[i].family == family)
			return append_text(profile, "gateway",
					   hvic_address_text(&ip->gateways[i], text));
	return 0;
}

static int append_dns(sd_bus_message *profile, const struct hv_ic_kvp_ip *ip, uint8_t family)
{
	const char *type = family == 4 ? "au" : "aay";

	sd_bus_message_open_container(profile, 'e', "sv");
	sd_bus_message_append(profile, "s", "dns");
	sd_bus_message_open_container(profile, 'v', type);
	sd_bus_message_open_container(profile, 'a', type + 1);
	for (uint32_t i = 0; i < ip->n_dns; i++) {
		uint32_t number;

		if (ip->dns[i].family != family)
			continue;
		memcpy(&number, ip->dns[i].bytes, sizeof(number));
		if (family == 4)
			sd_bus_message_append(profile, "u", number);
		else
			sd_bus_message_append_array(profile, 'y', ip->dns[i].bytes, 16);
	}
	sd_bus_message_close_container(profile);
	sd_bus_message_close_container(profile);
	return sd_bus_message_close_container(profile);
}

static bool has_servers(const struct hv_ic_kvp_ip *ip, uint8_t family)
{
	for (uint32_t i = 0; i < ip->n_dns; i++)
		if (ip->dns[i].family == family)
			return true;
	return false;
}

/* What the host says of a family is in these. */
static const char *const of_family[] = {
	"method", "addresses", "address-data", "address-labels", "gateway", "dns", "dns-data",
	"routes", "route-data", NULL
};

/* And these are all if it names only servers. */
static const char *const of_servers[] = {
	"dns", "dns-data", NULL
};

/* These make a profile the one that it is. */
static const char *const of_profile[] = {
	"id", "uuid", "interface-name", "autoconnect-priority", "timestamp", NULL
};

static bool is_among(const char *const *keys, const char *key)
{
	while (*keys && strcmp(*keys, key))
		keys++;
	return *keys;
}

/* What else the profile says in this section stays. */
static int copy_rest(sd_bus_message *profile, sd_bus_message *old, const char *const *replaced)
{
	const char *key;
	int ret = sd_bus_message_enter_container(old, 'a', "{sv}");

	while (ret >= 0 && (ret = sd_bus_message_enter_container(old, 'e', "sv")) > 0) {
		ret = sd_bus_message_read(old, "s", &key);
		if (ret >= 0 && is_among(replaced, key)) {
			ret = sd_bus_message_skip(old, "v");
		} else if (ret >= 0) {
			sd_bus_message_open_container(profile, 'e', "sv");
			sd_bus_message_append(profile, "s", key);
			sd_bus_message_copy(profile, old, false);
			ret = sd_bus_message_close_container(profile);
		}
		if (ret >= 0)
			ret = sd_bus_message_exit_container(old);
	}
	return ret < 0 ? ret : sd_bus_message_exit_container(old);
}

static void open_section(sd_bus_message *profile, const char *name)
{
	sd_bus_message_open_container(profile, 'e', "sa{sv}");
	sd_bus_message_append(profile, "s", name);
	sd_bus_message_open_container(profile, 'a', "{sv}");
}

/* @ret: what became of its content */
static int close_section(sd_bus_message *profile, int ret)
{
	sd_bus_message_close_container(profile);
	return ret < 0 ? ret : sd_bus_message_close_container(profile);
}

/* Section "ipv4" or "ipv6"; @old is at its content, or NULL. */
static int append_family(sd_bus_message *profile, sd_bus_message *old,
			 const struct hv_ic_kvp_ip *ip, uint8_t family)
{
	bool is_auto = family == 4 && ip->dhcp;
	int ret = 0;

	open_section(profile, family == 4 ? "ipv4" : "ipv6");
	if (old)
		ret = copy_rest(profile, old, of_family);
	append_text(profile, "method", is_auto ? "auto" : "manual");
	if (!is_auto) {
		append_addresses(profile, ip, family);
		append_gateway(profile, ip, family);
	}
	append_dns(profile, ip, family);
	return close_section(profile, ret);
}

/* The same of a family of which the host names only servers: all else stays as it is. */
static int append_servers(sd_bus_message *profile, sd_bus_message *old,
			  const struct hv_ic_kvp_ip *ip, uint8_t family)
{
	int ret = 0;

	open_section(profile, family == 4 ? "ipv4" : "ipv6");
	if (old)
		ret = copy_rest(profile, old, of_servers);
	else
		append_text(profile, "method", "auto");
	append_dns(profile, ip, family);
	return close_section(profile, ret);
}

/* What the host says of a section; @old is at its content, or NULL. */
static int append_said(sd_bus_message *profile, sd_bus_message *old, const struct hv_ic_kvp_ip *ip,
		       uint8_t family)
{
	return hvic_job_has_family(ip, family) ? append_family(profile, old, ip, family) :
		append_servers(profile, old, ip, family);
}

/*
 * Section "connection" of a profile for this adapter alone, which comes before those that others
 * may use, too; @old is at the content of the section that it is made from, or NULL.
 */
static int append_own(sd_bus_message *profile, sd_bus_message *old, const struct hvic_job *job)
{
	char name[64];
	int ret = 0;

	snprintf(name, sizeof(name), "hv_ic %s", job->link.name);
	open_section(profile, "connection");
	if (old)
		ret = copy_rest(profile, old, of_profile);
	append_text(profile, "id", name);
	append_text(profile, "interface-name", job->link.name);
	sd_bus_message_append(profile, "{sv}", "autoconnect-priority", "i", OWN_PRIORITY);
	return close_section(profile, ret);
}

static bool says(const struct hv_ic_kvp_ip *ip, uint8_t family)
{
	return hvic_job_has_family(ip, family) || has_servers(ip, family);
}

/* 4 or 6 if the host says something about this section, else 0. */
static uint8_t family_of(const struct hv_ic_kvp_ip *ip, const char *section)
{
	if (!strcmp(section, "ipv4") && says(ip, 4))
		return 4;
	if (!strcmp(section, "ipv6") && says(ip, 6))
		return 6;
	return 0;
}

/* The old profile with what the host wants, or a copy of it: an @own one. */
static int append_changed(sd_bus_message *profile, sd_bus_message *old,
			  const struct hvic_job *job, bool own)
{
	const struct hv_ic_kvp_ip *ip = &job->ip;
	bool done[2] = { };
	const char *section;
	int ret = sd_bus_message_enter_container(old, 'a', "{sa{sv}}");

	sd_bus_message_open_container(profile, 'a', "{sa{sv}}");
	while (ret >= 0 && (ret = sd_bus_message_enter_container(old, 'e', "sa{sv}")) > 0) {
		uint8_t family = 0;

		ret = sd_bus_message_read(old, "s", &section);
		if (ret >= 0)
			family = family_of(ip, section);
		if (ret >= 0 && family) {
			ret = append_said(profile, old, ip, family);
			done[family == 6] = true;
		} else if (ret >= 0 && own && !strcmp(section, "connection")) {
			ret = append_own(profile, old, job);
		} else if (ret >= 0) {
			sd_bus_message_open_container(profile, 'e', "sa{sv}");
			sd_bus_message_append(profile, "s", section);
			sd_bus_message_copy(profile, old, false);
			ret = sd_bus_message_close_container(profile);
		}
		if (ret >= 0)
			ret = sd_bus_message_exit_container(old);
	}
	for (uint8_t family = 4; ret >= 0 && family <= 6; family += 2)
		if (!done[family == 6] && says(ip, family))
			ret = append_said(profile, NULL, ip, family);
	return ret < 0 ? ret : sd_bus_message_close_container(profile);
}

/* Of a family that stays, with the name servers that the host gives for it. */
static int append_kept(sd_bus_message *profile, const struct hvic_job *job, uint8_t family)
{
	struct hv_ic_kvp_ip kept = job->now;

	if (has_servers(&job->ip, family)) {
		kept.n_dns = job->ip.n_dns;
		memcpy(kept.dns, job->ip.dns, sizeof(kept.dns));
	}
	return append_family(profile, NULL, &kept, family);
}

/* Of which type it is, NetworkManager knows by the device. */
static int append_new(sd_bus_message *profile, const struct hvic_job *job)
{
	int ret;

	sd_bus_message_open_container(profile, 'a', "{sa{sv}}");
	ret = append_own(profile, NULL, job);
	for (uint8_t family = 4; ret >= 0 && family <= 6; family += 2)
		if (!hvic_job_has_family(&job->ip, family) &&
		    hvic_job_has_family(&job->now, family))
			ret = append_kept(profile, job, family);
		else if (says(&job->ip, family))
			ret = append_said(profile, NULL, &job->ip, family);
	return ret < 0 ? ret : sd_bus_message_close_container(profile);
}

/* Has it this key, with this text; NULL for any? NetworkManager leaves out what is empty. */
static bool has_setting(sd_bus_message *settings, const char *section, const char *key,
			const char *value)
{
	const char *text;
	bool found = false;

	sd_bus_message_enter_container(settings, 'a', "{sa{sv}}");
	while (!found && sd_bus_message_enter_container(settings, 'e', "sa{sv}") > 0) {
		if (sd_bus_message_read(settings, "s", &text) < 0)
			break;
		if (strcmp(text, section)) {
			sd_bus_message_skip(settings, "a{sv}");
			sd_bus_message_exit_container(settings);
			continue;
		}
		sd_bus_message_enter_container(settings, 'a', "{sv}");
		while (!found && sd_bus_message_enter_container(settings, 'e', "sv") > 0) {
			if (sd_bus_message_read(settings, "s", &text) < 0)
				break;
			found = !strcmp(text, key);
			if (found && value)
				found = sd_bus_message_read(settings, "v", "s", &text) >= 0 &&
					!strcmp(text, value);
			else
				sd_bus_message_skip(settings, "v");
			sd_bus_message_exit_container(settings);
		}
		break;
	}
	sd_bus_message_rewind(settings, true);
	return found;
}

static bool is_of_one_device(sd_bus_message *settings)
{
	return has_setting(settings, "connection", "interface-name", NULL) ||
	       has_setting(settings, "802-3-ethernet", "mac-address", NULL);
}

/* A family that is switched off has no name servers, and the host does not switch it on. */
static int check_servers(struct hvic_job *job, sd_bus_message *settings)
{
	for (uint8_t family = 4; family <= 6; family += 2) {
		const char *section = family == 4 ? "ipv4" : "ipv6";

		if (hvic_job_has_family(&job->ip, family) || !has_servers(&job->ip, family) ||
		    (!has_setting(settings, section, "method", "disabled") &&
		     !has_setting(settings, section, "method", "ignore")))
			continue;
		snprintf(job->why, sizeof(job->why),
			 "name servers of %s, which its profile switches off", section);
		return -EINVAL;
	}
	return 0;
}

/* --- Changes. ---------------------------------------------------------------------------- */

/* What it says about an error goes to the log. */
static int call(struct hvic_job *job, sd_bus_message *message, sd_bus_message **reply)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	int ret = sd_bus_call(hvic_job_bus(job), message, 0, &error, reply);

	if (ret < 0 && error.message)
		snprintf(job->why, sizeof(job->why), "%s", error.message);
	sd_bus_error_free(&error);
	return ret < 0 ? ret : 0;
}

static int get_settings(struct hvic_job *job, const char *profile, sd_bus_message **settings)
{
	int ret = sd_bus_call_method(hvic_job_bus(job), DESTINATION, profile, PROFILE,
				     "GetSettings", NULL, settings, NULL);

	return ret < 0 ? ret : 0;
}

static int change_profile(struct hvic_job *job, const char *path, sd_bus_message *old)
{
	sd_bus_message *update = NULL;
	int ret = sd_bus_message_new_method_call(job->bus, &update, DESTINATION, path, PROFILE,
						 "Update2");

	if (ret >= 0)
		ret = append_changed(update, old, job, false);
	if (ret >= 0)
		ret = sd_bus_message_append(update, "ua{sv}", IN_MEMORY, 0);
	if (ret >= 0)
		ret = call(job, update, NULL);
	sd_bus_message_unref(update);
	return ret < 0 ? ret : 0;
}

static int activate(struct hvic_job *job, const char *profile, const char *device,
		    char active[static PATH_SIZE])
{
	sd_bus_message *message = NULL, *reply = NULL;
	int ret = sd_bus_message_new_method_call(job->bus, &message, DESTINATION, PATH, MANAGER,
						 "ActivateConnection");

	if (ret >= 0)
		ret = sd_bus_message_append(message, "ooo", profile, device, "/");
	if (ret >= 0)
		ret = call(job, message, &reply);
	sd_bus_message_unref(message);
	return read_path(reply, ret, active);
}

/* A profile for this adapter alone, made from an @old one or new. */
static int add_profile(struct hvic_job *job, const char *device, sd_bus_message *old,
		       char profile[static PATH_SIZE], char active[static PATH_SIZE])
{
	sd_bus_message *message = NULL, *reply = NULL;
	int ret = sd_bus_message_new_method_call(job->bus, &message, DESTINATION, PATH, MANAGER,
						 "AddAndActivateConnection2");

	if (ret >= 0)
		ret = old ? append_changed(message, old, job, true) : append_new(message, job);
	if (ret >= 0)
		ret = sd_bus_message_append(message, "ooa{sv}", device, "/", 1, "persist", "s",
					    "memory");
	if (ret >= 0)
		ret = call(job, message, &reply);
	sd_bus_message_unref(message);
	/* The profile comes first. */
	ret = read_path(sd_bus_message_ref(reply), ret, profile);
	return read_path(reply, ret, active);
}

/*
 * What is activated may have addresses in common with what was active before, so that the kernel
 * having them tells nothing yet. DHCP, which may take its time, is not waited for.
 */
static int wait_active(struct hvic_job *job, const char *active)
{
	uint32_t state = 0;
	int ret;

	while (!job->ip.dhcp && state != ACTIVATED) {
		ret = sd_bus_get_property_trivial(hvic_job_bus(job), DESTINATION, active, ACTIVE,
						  "State", NULL, 'u', &state);
		/* What it has given up is not there for long. */
		if (ret < 0 || state >= DEACTIVATING) {
			snprintf(job->why, sizeof(job->why), "it could not activate them");
			return -EADDRNOTAVAIL;
		}
		ret = state == ACTIVATED ? hvic_job_end(job) : hvic_job_pause(job);
		if (ret)
			return ret;
	}
	return 0;
}

/* A profile that other devices may use as well is theirs: it stays, and this one gets its own. */
static int replace_profile(struct hvic_job *job, const char *device,
			   char profile[static PATH_SIZE], char active[static PATH_SIZE])
{
	sd_bus_message *old = NULL;
	int ret = get_path(job, active, ACTIVE, "Connection", profile);

	if (!ret)
		ret = get_settings(job, profile, &old);
	if (!ret)
		ret = check_servers(job, old);
	if (!ret && is_of_one_device(old)) {
		ret = change_profile(job, profile, old);
		if (!ret)
			ret = activate(job, profile, device, active);
	} else if (!ret) {
		ret = add_profile(job, device, old, profile, active);
	}
	sd_bus_message_unref(old);
	return ret;
}

static int change(struct hvic_job *job, const char *device, char profile[static PATH_SIZE])
{
	char active[PATH_SIZE];
	int ret = get_active(job, device, active);

	if (!ret && !strcmp(active, "/"))
		ret = add_profile(job, device, NULL, profile, active);
	else if (!ret)
		ret = replace_profile(job, device, profile, active);
	return ret ? ret : wait_active(job, active);
}

/* It is to hold at the next boot. */
static int save(struct hvic_job *job, const char *profile)
{
	sd_bus_message *message = NULL;
	int ret = sd_bus_message_new_method_call(job->bus, &message, DESTINATION, profile, PROFILE,
						 "Save");

	if (ret >= 0)
		ret = call(job, message, NULL);
	sd_bus_message_unref(message);
	return ret < 0 ? ret : 0;
}

static int create_checkpoint(struct hvic_job *job, const char *device, char path[static PATH_SIZE])
{
	/* Somewhat later than we will have said so. */
	uint32_t timeout_s = hvic_job_left_ms(job) / 1000 + 5;
	sd_bus_message *reply = NULL;
	int ret = sd_bus_call_method(hvic_job_bus(job), DESTINATION, PATH, MANAGER,
				     "CheckpointCreate", NULL, &reply, "aouu", 1, device, timeout_s,
				     DELETE_NEW_CONNECTIONS);

	return read_path(reply, ret, path);
}

static int destroy_checkpoint(struct hvic_job *job, const char *checkpoint)
{
	int ret = sd_bus_call_method(job->bus, DESTINATION, PATH, MANAGER, "CheckpointDestroy",
				     NULL, NULL, "o", checkpoint);

	return ret < 0 ? ret : 0;
}

/* It answers with a number for each device, which is 0 for one that is as it was. */
static void roll_back(struct hvic_job *job, const char *checkpoint)
{
	sd_bus_message *reply = NULL;
	uint32_t result = 0;
	const char *device;
	int ret = sd_bus_call_method(job->bus, DESTINATION, PATH, MANAGER, "CheckpointRollback",
				     NULL, &reply, "o", checkpoint);

	if (ret >= 0)
		ret = sd_bus_message_enter_container(reply, 'a', "{su}");
	while (ret >= 0 && !result &&
	       (ret = sd_bus_message_read(reply, "{su}", &device, &result)) > 0)
		;
	if (ret < 0 || result)
		snprintf(job->why, sizeof(job->why), "and what was before is not restored");
	sd_bus_message_unref(reply);
}

/**
 * hvic_nm_apply() - let NetworkManager set up the adapter
 * @job: the request
 *
 * Return: 0, or a negative errno with everything as it was before.
 */
int hvic_nm_apply(struct hvic_job *job)
{
	char device[PATH_SIZE], checkpoint[PATH_SIZE], profile[PATH_SIZE];
	int ret = find_device(job, device);

	if (!ret)
		ret = create_checkpoint(job, device, checkpoint);
	if (ret)
		return ret;
	ret = change(job, device, profile);
	if (!ret)
		ret = job->inject->ops->confirm(job);
	if (!ret)
		ret = save(job, profile);
	/* There is a reserve of time for this. */
	sd_bus_set_method_call_timeout(job->bus, 3000000);
	/* As long as there is a checkpoint, what was before comes back after its time. */
	if (!ret)
		ret = destroy_checkpoint(job, checkpoint);
	if (ret)
		roll_back(job, checkpoint);
	return ret;
}
