// SPDX-License-Identifier: GPL-2.0
/* All six services at once, as on a host whose administrator backs up while others look on. */
#include "load.h"
#include "play.h"

#include <pthread.h>

#define PLACE "/mnt/in"
#define SIZE 100000

static void forget_places(struct test *t, void *context)
{
	test_run(t, 0, "umount /var/lib/hyperv; rm -rf /etc/hv_ic");
}

/* Our daemons; the pools, and the place of the copies, are on the file system that is frozen. */
static void serve_all(struct test *t)
{
	test_stop_daemons(t);
	play_disk(t);
	test_run(t, 0, "mkdir -p /mnt/pools " PLACE " /var/lib/hyperv");
	test_run(t, 0, "mount -o bind /mnt/pools /var/lib/hyperv");
	test_defer(t, forget_places, NULL);
	test_choose_daemons(t, true);
	test_served(t, &ic_kvp);
	test_served(t, &ic_vss);
	test_served(t, &ic_fcopy);
	test_run(t, 0, "sed -i 's,/tmp,/mnt,' /etc/hv_ic/hv_ic.conf");
	test_reload(t, "hvic-fcopyd", "/tmp/hvic-fcopyd.log", "has been read anew");
}

struct copy {
	struct ic *fc;
	ic_result result;
};

static void *copy(void *context)
{
	static uint8_t data[SIZE];
	struct fcopy_source source = fcopy_memory(data, sizeof(data));
	struct copy *c = context;

	c->result = fcopy_copy(c->fc, &source, PLACE, "file", WIRE_FCOPY_OVERWRITE);
	return NULL;
}

/* As a host does that shows the items of its guests. */
static void poll_pools(struct test *t, struct ic *kvp)
{
	struct kvp_item item;
	ic_result result;

	for (unsigned int pool = KVP_EXTERNAL; pool <= KVP_AUTO_EXTERNAL; pool++) {
		for (uint32_t i = 0; !(result = kvp_enumerate(kvp, pool, i, &item)); i++)
			EXPECT(item.key[0]);
		EXPECT_RESULT(result, WIRE_E_NO_MORE_ITEMS);
	}
}

static void all_at_once(struct test *t)
{
	struct copy c = { .fc = test_ready(t, &ic_fcopy) };
	struct ic *kvp = test_ready(t, &ic_kvp), *vss = test_ready(t, &ic_vss);
	struct ic *sd = test_ready(t, &ic_shutdown);
	struct kvp_item item;

	serve_all(t);
	EXPECT_RESULT(kvp_set(kvp, KVP_GUEST, "colour", "blue"), 0);
	load_start(t);
	for (int i = 0; i < 3; i++) {
		pthread_t thread;

		test_note(t, "round %d", i);
		EXPECT_EQ(pthread_create(&thread, NULL, copy, &c), 0);
		EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
		poll_pools(t, kvp);
		test_use(t, sd);
		EXPECT_RESULT(vss_thaw(vss), 0);
		poll_pools(t, kvp);
		pthread_join(thread, NULL);
		EXPECT_RESULT(c.result, 0);
		EXPECT_EQ(atol(test_run(t, 0, "stat -c %%s " PLACE "/file")), SIZE);
		EXPECT_RESULT(kvp_find(kvp, KVP_GUEST, "colour", &item), 0);
	}
	EXPECT(load_stop(t) > 0);
	EXPECT_RESULT(kvp_delete(kvp, KVP_GUEST, "colour"), 0);
}

const struct test_case busy_cases[] = {
	{ .name = "busy_all", .run = all_at_once, .only = ONLY_HV_IC },
	{ 0 }
};
