// SPDX-License-Identifier: GPL-2.0
/* hvic-vssd among file systems of all kinds: what freezes, what does not, and in which order. */
#include "vssd_play.h"

static void several(struct test *t)
{
	struct ic *vss = vssd_serve(t);

	vssd_add_disk(t, "/dev/ram1", "/tmp/one");
	vssd_add_disk(t, "/dev/ram2", "/tmp/two");
	for (int i = 0; i < 20; i++) {
		test_run(t, 0, "dd if=/dev/zero of=/tmp/one/f bs=64k count=4 2>/dev/null");
		vssd_backup_of(t, vss, "3");
	}
	test_note(t, "what it took: %s", test_run(t, 0, "grep frozen " VSSD_LOG " | tail -n 1"));
}

/* /mnt under /tmp/in under /tmp/inner, by files that have to be written first. */
static void nested(struct test *t)
{
	struct ic *vss = vssd_serve(t);

	vssd_add_loop(t, "/mnt/img", "/dev/loop0", "/tmp/in");
	test_run(t, 0, "dd if=/dev/urandom of=/tmp/in/dirty bs=64k count=8 2>/dev/null");
	vssd_backup_of(t, vss, "2");
	vssd_expect_mount(t, "/tmp/in", "\"level\":0");
	vssd_expect_mount(t, "/mnt", "\"level\":1");
	test_run(t, 0, "touch /tmp/in/thawed");
}

static void remove_binds(struct test *t, void *context)
{
	test_run(t, 0, "umount /tmp/bind/*; rm -rf /tmp/bind");
}

static void bound(struct test *t)
{
	struct ic *vss = vssd_serve(t);

	test_run(t, 0, "mkdir -p /mnt/folder /tmp/bind/folder && mkfifo /mnt/fifo");
	test_run(t, 0, "touch /mnt/file /tmp/bind/file /tmp/bind/fifo");
	test_defer(t, remove_binds, NULL);
	test_run(t, 0, "for i in folder file fifo; do mount -o bind /mnt/$i /tmp/bind/$i; done");
	vssd_backup_of(t, vss, "1");
	/* Only a FIFO of it is mounted, which nobody opens, and then a file. */
	test_run(t, 0, "umount /mnt /tmp/bind/folder /tmp/bind/file");
	vssd_backup(t, vss);
	vssd_expect_mount(t, "/tmp/bind/fifo", "skipped");
	test_run(t, 0, "mount -t ext4 /dev/ram0 /mnt");
	test_run(t, 0, "mount -o bind /mnt/file /tmp/bind/file && umount /mnt");
	vssd_backup_of(t, vss, "1");
	test_run(t, 0, "mount -t ext4 /dev/ram0 /mnt");
}

/* What is read-only as a mount is written to by another one; what is covered is not reached. */
static void covered(struct test *t)
{
	struct ic *vss = vssd_serve(t);

	vssd_add_disk(t, "/dev/ram1", "/tmp/one");
	test_run(t, 0, "mount -o remount,ro /tmp/one; mount -o remount,bind,ro /mnt");
	vssd_backup_of(t, vss, "1");
	vssd_expect_mount(t, "/tmp/one", "read-only");
	test_run(t, 0, "mount -t tmpfs none /mnt");
	vssd_backup(t, vss);
	test_run(t, 0, "umount /mnt");
	vssd_expect_mount(t, "/mnt", "covered");
	test_run(t, 0, "mount -o remount,bind,rw /mnt");
}

static void unsupported(struct test *t)
{
	struct ic *vss = vssd_serve(t);

	test_run(t, 0, "modprobe vfat; mkdosfs /dev/ram1 >/dev/null && mkdir -p /tmp/fat");
	if (atoi(test_run(t, 0, "mount -t vfat /dev/ram1 /tmp/fat 2>/dev/null; echo $?")))
		test_skip(t, "no vfat here");
	test_defer(t, vssd_remove_place, "/tmp/fat");
	test_run(t, 0, "modprobe overlay; mkdir -p /mnt/u /mnt/w /tmp/over /tmp/low");
	test_defer(t, vssd_remove_place, "/tmp/over");
	test_run(t, 0, "mount -t overlay -o lowerdir=/tmp/low,upperdir=%s,workdir=%s o /tmp/over",
		 "/mnt/u", "/mnt/w");
	vssd_backup_of(t, vss, "1");
	vssd_expect_mount(t, "/tmp/fat", "it cannot be frozen");
	test_run(t, 1, "grep over " VSSD_REPORT);
}

/* Another program's freeze is left alone, and is still there afterwards. */
static void by_another(struct test *t)
{
	struct ic *vss = vssd_serve(t);

	vssd_add_disk(t, "/dev/ram1", "/tmp/one");
	test_run(t, 0, "fsfreeze --freeze /mnt");
	vssd_backup_of(t, vss, "1");
	vssd_expect_mount(t, "/mnt", "another program has frozen it");
	test_run(t, 0, "fsfreeze --unfreeze /mnt && touch /mnt/thawed");
	vssd_backup(t, vss);
}

/* What lies on it cannot be written: there is no room behind the disk. */
static void broken_disk(struct test *t)
{
	struct ic *vss = vssd_serve(t);

	test_run(t, 0, "mkdir -p /tmp/small && mount -t tmpfs -o size=1m none /tmp/small");
	test_defer(t, vssd_remove_place, "/tmp/small");
	test_run(t, 0, "truncate -s 2097152 /tmp/small/img");
	vssd_add_loop(t, "/tmp/small/img", "/dev/loop0", "/tmp/in");
	vssd_backup_of(t, vss, "2");
	test_run(t, 0, "sync; dd if=/dev/zero of=/tmp/small/rest bs=1k 2>/dev/null || true");
	test_run(t, 0, "dd if=/dev/zero of=/tmp/in/dirty bs=1k count=1000 2>/dev/null");
	EXPECT_FAILURE(vss_freeze(vss, NULL, 0));
	test_until(t, "touch /mnt/thawed");
	vssd_expect_holds(t, vss, "0");
	vssd_expect_report(t, "failed");
	vssd_expect_mount(t, "/tmp/in", "\"outcome\":\"failed\"");
	test_says(t, 0, "cat " VSSD_REPORT, "\"error\":\"/tmp/in: ");
	EXPECT_RESULT(vss_thaw(vss), 0);
	/* The administrator's test says the same. */
	test_run(t, 0, "dd if=/dev/urandom of=/tmp/in/dirty bs=1k count=900 2>/dev/null || true");
	test_says(t, 1, "hvic vss test", "Input/output error");
	/* Without it there is a backup again. */
	test_run(t, 0, "umount /tmp/in");
	vssd_backup_of(t, vss, "1");
}

static void mounts_change(struct test *t)
{
	struct ic *vss = vssd_serve(t);

	vssd_add_disk(t, "/dev/ram1", "/tmp/one");
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	vssd_expect_holds(t, vss, "2");
	vssd_add_disk(t, "/dev/ram2", "/tmp/new");
	test_run(t, 0, "umount -l /tmp/one");
	EXPECT_RESULT(vss_thaw(vss), 0);
	vssd_expect_report(t, "complete");
	vssd_backup_of(t, vss, "2");
	/* What was unmounted while it was frozen is whole. */
	test_run(t, 0, "mount -t ext4 /dev/ram1 /tmp/one && touch /tmp/one/thawed");
}

static void remove_many(struct test *t, void *context)
{
	test_run(t, 0, "for i in $(seq 200); do umount /tmp/200/$i; done; rm -rf /tmp/200");
}

static void many(struct test *t)
{
	struct ic *vss = vssd_serve(t);

	test_defer(t, remove_many, NULL);
	test_run(t, 0, "for i in $(seq 200); do mkdir -p /tmp/200/$i; done");
	test_run(t, 0, "for i in $(seq 200); do mount -o bind /mnt /tmp/200/$i || exit 1; done");
	vssd_backup_of(t, vss, "1");
}

/* --- All at once. ------------------------------------------------------------------------- */

#define ZOO "/tmp/zoo"

static void remove_zoo(struct test *t, void *context)
{
	test_run(t, 0, "fsfreeze --unfreeze " ZOO "/foreign; true");
	/* A loop device that is not in use any more lets go of its file by itself. */
	test_run(t, 0, "for i in 0 1 2; do losetup -d /dev/loop$i; done");
	for (const char *const *place = context; *place; place++)
		test_until(t, "umount " ZOO "/%s", *place);
	test_run(t, 0, "rm -rf " ZOO);
}

static void add(struct test *t, const char *type, const char *device, const char *name)
{
	test_run(t, 0, "mkdir -p " ZOO "/%s && mount -t %s %s " ZOO "/%s", name, type, device,
		 name);
}

static void add_file(struct test *t, const char *file, const char *kib, const char *device,
		     const char *name)
{
	test_run(t, 0, "dd if=/dev/zero of=%s bs=1k count=%s 2>/dev/null", file, kib);
	test_run(t, 0, "losetup %s %s && mke2fs -q %s", device, file, device);
	add(t, "ext4", device, name);
}

/* /mnt carries squash, over, dir and file; xfs carries loop, and that carries inner. */
static void make_zoo(struct test *t)
{
	static const char *const types[] = { "xfs", "btrfs", "vfat", "squashfs", "overlay" };
	static const char *const places[] = {
		"over", "dir", "file", "squash", "inner", "loop", "xfs", "btrfs", "vfat", "foreign",
		NULL
	};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		test_run(t, 0, "modprobe -a loop %s || true", types[i]);
		if (!atoi(test_run(t, 0, "grep -cw %s /proc/filesystems || true", types[i])))
			test_skip(t, "this kernel has no %s", types[i]);
	}
	test_defer(t, remove_zoo, (void *)places);
	test_run(t, 0, "mkfs.xfs -q -f --unsupported /dev/ram1 && mkdosfs /dev/ram3 >/dev/null");
	test_run(t, 0, "gunzip -c /images/btrfs.gz >/dev/ram2; mke2fs -q /dev/ram4 2048");
	add(t, "xfs", "/dev/ram1", "xfs");
	add(t, "btrfs", "/dev/ram2", "btrfs");
	add(t, "vfat", "/dev/ram3", "vfat");
	add(t, "ext4", "/dev/ram4", "foreign");
	test_run(t, 0, "cp /images/squashfs /mnt/ && losetup /dev/loop0 /mnt/squashfs");
	add(t, "squashfs", "/dev/loop0", "squash");
	add_file(t, ZOO "/xfs/img", "2048", "/dev/loop1", "loop");
	add_file(t, ZOO "/loop/img", "512", "/dev/loop2", "inner");
	test_run(t, 0, "mkdir /mnt/u /mnt/w /mnt/d && touch /mnt/f " ZOO "/file");
	add(t, "none -o bind", "/mnt/d", "dir");
	test_run(t, 0, "mount -o bind /mnt/f " ZOO "/file");
	add(t, "overlay -o lowerdir=/images,upperdir=/mnt/u,workdir=/mnt/w", "o", "over");
	test_run(t, 0, "fsfreeze --freeze " ZOO "/foreign");
}

/* What the report says of each. */
static void expect_zoo(struct test *t)
{
	static const char *const frozen[][2] = {
		{ ZOO "/inner", "0" }, { ZOO "/loop", "1" }, { ZOO "/xfs", "2" },
		{ ZOO "/btrfs", "0" }, { "/mnt", "1" },
	};
	static const char *const skipped[][2] = {
		{ ZOO "/vfat", "it cannot be frozen" }, { ZOO "/squash", "it is read-only" },
		{ ZOO "/foreign", "another program has frozen it" },
	};

	EXPECT_STR(test_run(t, 0, "grep -c '\"mount\":' " VSSD_REPORT), "8");
	for (size_t i = 0; i < ARRAY_SIZE(frozen); i++) {
		vssd_expect_mount(t, frozen[i][0], "\"outcome\":\"frozen\"");
		test_run(t, 0, "grep '\"mount\":\"%s\"' /tmp/items | grep '\"level\":%s,'",
			 frozen[i][0], frozen[i][1]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(skipped); i++) {
		vssd_expect_mount(t, skipped[i][0], "\"outcome\":\"skipped\"");
		vssd_expect_mount(t, skipped[i][0], skipped[i][1]);
	}
}

static void zoo(struct test *t)
{
	static const char in[] =
		"for i in /mnt " ZOO "/xfs " ZOO "/btrfs " ZOO "/loop " ZOO "/inner " ZOO "/over";
	struct ic *vss = vssd_serve(t);

	make_zoo(t);
	for (int i = 0; i < 2; i++) {
		test_run(t, 0, "rm -f /tmp/done; %s; do echo >$i/dirty || exit; done", in);
		EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
		vssd_expect_holds(t, vss, "5");
		test_run(t, 0, "(%s; do (touch $i/held; echo $i $? >>/tmp/done) & done) %s", in,
			 ">/dev/null 2>&1 &");
		/* What is not frozen goes on; mounts come and go. */
		test_run(t, 0, "echo >" ZOO "/vfat/free; grep -q squashed " ZOO "/squash/file");
		add(t, "tmpfs", "none", "new");
		test_run(t, 0, "umount " ZOO "/new; sleep 1");
		EXPECT_STR(test_run(t, 0, "cat /tmp/done 2>/dev/null || true"), "");
		EXPECT_RESULT(vss_thaw(vss), 0);
		test_until(t, "[ $(grep -c ' 0$' /tmp/done) = 6 ]");
		vssd_expect_report(t, "complete");
		expect_zoo(t);
	}
	test_run(t, 0, "fsfreeze --unfreeze " ZOO "/foreign && touch " ZOO "/foreign/thawed");
	test_says(t, 0, "hvic vss test --freeze", ZOO "/btrfs");
	test_run(t, 0, "%s; do touch $i/thawed; done", in);
}

/* What lies on what another program has frozen waits for that, but the host does not. */
static void below_another(struct test *t)
{
	struct ic *vss = vssd_serve(t);
	struct ic_request *r;

	vssd_add_loop(t, "/mnt/img", "/dev/loop0", "/tmp/in");
	test_run(t, 0, "sync; fsfreeze --freeze /mnt; echo dirty >/tmp/in/dirty");
	r = play_post(t, vss, WIRE_VSS_FREEZE);
	test_run(t, 0, "sleep 2");
	EXPECT_RESULT(vss_thaw(vss), 0);
	EXPECT_ANSWER(ic_wait(r));
	ic_request_free(r);
	test_run(t, 0, "fsfreeze --unfreeze /mnt");
	test_until(t, "touch /mnt/thawed /tmp/in/thawed");
	test_until(t, "test -e " VSSD_REPORT);
	test_note(t, "what it said: %s", test_run(t, 0, "tail -n 1 " VSSD_LOG));
	vssd_backup(t, vss);
	vssd_backup_of(t, vss, "2");
}

/* It is to end while it waits there: the host does not wait with it. */
static void ended_while_it_waits(struct test *t)
{
	struct ic *vss = vssd_serve(t);
	struct ic_request *r;
	ic_result result;

	vssd_add_loop(t, "/mnt/img", "/dev/loop0", "/tmp/in");
	test_run(t, 0, "sync; fsfreeze --freeze /mnt; echo dirty >/tmp/in/dirty");
	r = play_post(t, vss, WIRE_VSS_FREEZE);
	test_run(t, 0, "sleep 1; procs -TERM hvic-vssd");
	result = ic_wait(r);
	ic_request_free(r);
	test_run(t, 0, "fsfreeze --unfreeze /mnt");
	EXPECT_RESULT(result, WIRE_E_NOT_CONNECTED);
	test_until(t, "touch /mnt/thawed /tmp/in/thawed && ! procs hvic-vssd");
	vssd_start(t, vss);
	vssd_backup_of(t, vss, "2");
}

static void let_go(struct test *t, void *place)
{
	test_run(t, 0, "fsfreeze --unfreeze %s; true", (char *)place);
}

/* Another program freezes what lies beneath one that is held: all but that one thaw. */
static void stuck(struct test *t)
{
	struct ic *vss = vssd_serve(t);
	struct ic_request *r;

	vssd_add_loop(t, "/mnt/img", "/dev/loop0", "/tmp/in");
	vssd_add_disk(t, "/dev/ram1", "/tmp/one");
	vssd_configure(t, "exclude = /mn*");
	test_reload(t, "hvic-vssd", VSSD_LOG, "has been read anew");
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	vssd_expect_holds(t, vss, "2");
	test_run(t, 0, "fsfreeze --freeze /mnt");
	test_defer(t, let_go, "/mnt");
	r = play_post(t, vss, WIRE_VSS_THAW);
	test_until(t, "touch /tmp/one/thawed");
	test_run(t, 0, "fsfreeze --unfreeze /mnt");
	EXPECT_RESULT(ic_wait(r), 0);
	ic_request_free(r);
	test_run(t, 0, "touch /tmp/in/thawed");
	vssd_expect_report(t, "complete");
	vssd_backup_of(t, vss, "2");
}

#define CASE(title, function) { .name = title, .run = function, .only = ONLY_HV_IC }

const struct test_case vssd_zoo_cases[] = {
	CASE("vssd_several", several),
	CASE("vssd_nested", nested),
	CASE("vssd_bound", bound),
	CASE("vssd_covered", covered),
	CASE("vssd_unsupported", unsupported),
	CASE("vssd_by_another", by_another),
	CASE("vssd_broken_disk", broken_disk),
	CASE("vssd_mounts_change", mounts_change),
	CASE("vssd_many_mounts", many),
	CASE("vssd_zoo", zoo),
	CASE("vssd_below_another", below_another),
	CASE("vssd_stuck", stuck),
	CASE("vssd_ended_while_it_waits", ended_while_it_waits),
	{ 0 }
};
