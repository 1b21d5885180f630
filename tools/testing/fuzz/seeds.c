// SPDX-License-Identifier: GPL-2.0
/* seeds DIR: writes the golden vectors of kunit/ to DIR, for the fuzzer to begin with. */
#include <linux/kernel.h>
#include <linux/types.h>

#include <stdio.h>
#include <stdlib.h>

#include "vectors/fcopy.h"
#include "vectors/heartbeat.h"
#include "vectors/kvp.h"
#include "vectors/legacy.h"
#include "vectors/negotiate.h"
#include "vectors/shutdown.h"
#include "vectors/timesync.h"
#include "vectors/vss.h"

#define SEED(name)	{ #name, name, sizeof(name) }

static const struct {
	const char *name;
	const u8 *bytes;
	size_t len;
} seeds[] = {
	SEED(vec_nego_heartbeat), SEED(vec_nego_shutdown), SEED(vec_nego_timesync),
	SEED(vec_heartbeat), SEED(vec_heartbeat_short),
	SEED(vec_shutdown_poweroff), SEED(vec_shutdown_reboot), SEED(vec_shutdown_hibernate),
	SEED(vec_timesync_v4), SEED(vec_timesync_v3),
	SEED(vec_kvp_set_string), SEED(vec_kvp_set_expand), SEED(vec_kvp_set_u32),
	SEED(vec_kvp_set_u64), SEED(vec_kvp_get), SEED(vec_kvp_delete), SEED(vec_kvp_enumerate),
	SEED(vec_kvp_ip_string), SEED(vec_kvp_ip_binary),
	SEED(vec_vss_hot_backup), SEED(vec_vss_freeze),
	SEED(vec_fcopy_start), SEED(vec_fcopy_write), SEED(vec_fcopy_complete),
	SEED(vec_legacy_kvp_register), SEED(vec_legacy_kvp_got), SEED(vec_legacy_kvp_item),
	SEED(vec_legacy_kvp_end), SEED(vec_legacy_kvp_ip), SEED(vec_legacy_vss_register),
	SEED(vec_legacy_vss_failed), SEED(vec_legacy_fcopy_version), SEED(vec_legacy_fcopy_full),
};

int main(int argc, char **argv)
{
	char path[4096];
	size_t i;

	if (argc != 2) {
		fprintf(stderr, "usage: seeds DIR\n");
		return 2;
	}
	for (i = 0; i < ARRAY_SIZE(seeds); i++) {
		FILE *file;

		snprintf(path, sizeof(path), "%s/%s", argv[1], seeds[i].name);
		file = fopen(path, "wb");
		if (!file || fwrite(seeds[i].bytes, seeds[i].len, 1, file) != 1 || fclose(file)) {
			perror(path);
			return 1;
		}
	}
	return 0;
}
