// SPDX-License-Identifier: GPL-2.0
/* Files that the host copies: content, what is there already, limits, and that nothing is left. */
#include "copy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "array.h"
#include "owner.h"
#include "unit.h"

/**
 * struct play - a copy into a folder "in"
 * @root: with the folder
 * @directory: what the configuration says of it
 * @uid: of the files
 * @gid: likewise
 * @copy: the copy
 */
struct play {
	struct unit_root *root;
	struct hvu_fcopy_directory directory;
	uid_t uid;
	gid_t gid;
	struct hvic_copy copy;
};

static struct play *begin(void **state)
{
	struct play *play = calloc(1, sizeof(*play));

	assert_non_null(play);
	play->root = *state;
	play->directory = (struct hvu_fcopy_directory){
		.directory = (char *)"/in", .mode = 0640,
	};
	play->uid = geteuid();
	play->gid = getegid();
	unit_folder(play->root, "in");
	return play;
}

static int start(struct play *play, const char *path, uint64_t size, uint32_t flags)
{
	struct hvic_rule rule = { &play->directory, play->uid, play->gid };
	char paths[HV_IC_FCOPY_NAME_SIZE] = "", names[HV_IC_FCOPY_NAME_SIZE] = "file";
	int ret;

	strcpy(paths, path);
	assert_int_equal(hvic_place_parse(&play->copy.place, paths, names), 0);
	ret = hvic_place_open(&play->copy.place, &rule, 1, play->root->fd);
	assert_int_equal(ret, 0);
	ret = hvic_copy_begin(&play->copy, 7, size, flags);
	if (ret)
		hvic_place_close(&play->copy.place);
	return ret;
}

static int complete(struct play *play)
{
	int ret = hvic_copy_complete(&play->copy);

	hvic_copy_end(&play->copy);
	return ret;
}

/* A whole file. */
static int copy(struct play *play, const char *path, const char *text, uint32_t flags)
{
	int ret = start(play, path, strlen(text), flags);

	if (ret)
		return ret;
	assert_int_equal(hvic_copy_add(&play->copy, 0, text, strlen(text)), 0);
	return complete(play);
}

static void has(struct play *play, const char *path, const char *text)
{
	char have[100] = "";
	int fd = openat(play->root->fd, path, O_RDONLY);

	assert_true(fd >= 0);
	assert_true(read(fd, have, sizeof(have) - 1) >= 0);
	close(fd);
	assert_string_equal(have, text);
}

/* What has gone to the disk. */
static ino_t synced[16];
static size_t n_synced;

/* A folder whose disk fails; 0 for none. */
static ino_t broken;

int fsync(int fd)
{
	struct stat st;

	if (broken && !fstat(fd, &st) && st.st_ino == broken) {
		errno = EIO;
		return -1;
	}
	if (!fstat(fd, &st) && n_synced < ARRAY_SIZE(synced))
		synced[n_synced++] = st.st_ino;
	return syscall(SYS_fsync, fd);
}

static ino_t inode_of(struct play *play, const char *path)
{
	struct stat st;

	assert_int_equal(fstatat(play->root->fd, path, &st, 0), 0);
	return st.st_ino;
}

/* How many there are in a folder, whatever they are called. */
static unsigned int count(struct play *play, const char *path)
{
	int fd = openat(play->root->fd, path, O_RDONLY);
	DIR *folder = fdopendir(fd);
	struct dirent *entry;
	unsigned int n = 0;

	assert_non_null(folder);
	while ((entry = readdir(folder)))
		n += !!strcmp(entry->d_name, ".") && !!strcmp(entry->d_name, "..");
	closedir(folder);
	return n;
}

static bool is_synced(struct play *play, const char *path)
{
	for (size_t i = 0; i < n_synced; i++)
		if (synced[i] == inode_of(play, path))
			return true;
	return false;
}

/* As on a file system that cannot give files away, or does not let us. */
static bool avoid_owners;

int fchown(int fd, uid_t uid, gid_t gid)
{
	if (avoid_owners) {
		errno = EPERM;
		return -1;
	}
	return syscall(SYS_fchown, fd, uid, gid);
}

/* As on a file system where files cannot change places. */
static bool avoid_exchange;

/* What happens in the moment before the new one comes. */
static void (*before_exchange)(void);

int renameat2(int from, const char *old, int to, const char *new, unsigned int flags)
{
	if (flags & RENAME_EXCHANGE && avoid_exchange) {
		errno = EINVAL;
		return -1;
	}
	if (flags & RENAME_EXCHANGE && before_exchange)
		before_exchange();
	return syscall(SYS_renameat2, from, old, to, new, flags);
}

/* Both kinds of file systems: with files that have no name, and without. */
#define FOR_BOTH(play) \
	for (int both_ = 0; (play)->copy.avoid_unnamed = both_, both_ < 2; both_++)

/* --- Content. --------------------------------------------------------------------------------- */

static void whole(void **state)
{
	struct play *play = begin(state);
	struct stat st;

	FOR_BOTH(play) {
		assert_int_equal(copy(play, "/in", "content", 0), 0);
		has(play, "in/file", "content");
		assert_int_equal(fstatat(play->root->fd, "in/file", &st, 0), 0);
		assert_int_equal(st.st_mode, S_IFREG | 0640);
		assert_int_equal(count(play, "in"), 1);
		unit_remove(play->root, "in/file");

		assert_int_equal(copy(play, "/in", "", 0), 0);
		has(play, "in/file", "");
		assert_int_equal(count(play, "in"), 1);
		unit_remove(play->root, "in/file");
	}
	free(play);
}

static void owner(void **state)
{
	struct play *play;
	struct stat st;

	if (geteuid())
		skip();
	play = begin(state);
	assert_int_equal(start(play, "/in/a", 0, HV_IC_FCOPY_CREATE_PATH), 0);
	play->copy.place.uid = 123;
	play->copy.place.gid = 456;
	assert_int_equal(complete(play), 0);
	assert_int_equal(fstatat(play->root->fd, "in/a/file", &st, 0), 0);
	assert_int_equal(st.st_uid, 123);
	assert_int_equal(st.st_gid, 456);
	assert_int_equal(fstatat(play->root->fd, "in/a", &st, 0), 0);
	assert_int_equal(st.st_uid, 123);
	assert_int_equal(st.st_mode, S_IFDIR | 0750);
	free(play);
}

/* Without an owner in the configuration there is none to be given; else it is known at START. */
static void no_owners(void **state)
{
	struct play *play = begin(state);

	avoid_owners = true;
	FOR_BOTH(play) {
		play->uid = HVU_OWNER_ANY;
		play->gid = HVU_GROUP_ANY;
		assert_int_equal(copy(play, "/in/a", "text", HV_IC_FCOPY_CREATE_PATH), 0);
		has(play, "in/a/file", "text");
		unit_remove(play->root, "in/a/file");
		unit_remove(play->root, "in/a");

		play->uid = geteuid() + 1;
		assert_int_equal(start(play, "/in", 4, 0), -EACCES);
		play->uid = HVU_OWNER_ANY;
		play->gid = getegid() + 1;
		assert_int_equal(start(play, "/in", 4, 0), -EACCES);
		assert_int_equal(count(play, "in"), 0);
	}
	avoid_owners = false;
	free(play);
}

/* Nobody else has the file before it is complete. */
static void owner_last(void **state)
{
	struct play *play;
	struct stat st;

	if (geteuid())
		skip();
	play = begin(state);
	play->uid = 123;
	play->gid = 456;
	FOR_BOTH(play) {
		assert_int_equal(start(play, "/in", 0, 0), 0);
		assert_int_equal(fstat(play->copy.file, &st), 0);
		assert_int_equal(st.st_uid, 0);
		assert_int_equal(complete(play), 0);
		assert_int_equal(fstatat(play->root->fd, "in/file", &st, 0), 0);
		assert_int_equal(st.st_uid, 123);
		assert_int_equal(st.st_gid, 456);
		unit_remove(play->root, "in/file");
	}
	free(play);
}

#define SIZE 200000

static const char *digest_of(const char *data, size_t size)
{
	static char text[HVIC_SHA256_TEXT];
	struct hvic_sha256 sha;

	hvic_sha256_init(&sha);
	hvic_sha256_add(&sha, data, size);
	hvic_sha256_end(&sha, text);
	return text;
}

static void fill(char *data)
{
	for (size_t i = 0; i < SIZE; i++)
		data[i] = i * 7 + (i >> 8);
}

/* Any blocks in any order; what is hashed meanwhile is what is there in the end. */
static void any_order(void **state)
{
	static char data[SIZE], there[SIZE + 1];
	struct play *play = begin(state);
	struct hvic_copy *c = &play->copy;
	char text[HVIC_SHA256_TEXT];
	int fd;

	play->directory.overwrite = true;
	for (int seed = 0; seed < 50; seed++) {
		srand(seed);
		fill(data);
		assert_int_equal(start(play, "/in", SIZE, HV_IC_FCOPY_OVERWRITE), 0);
		memset(there, 0, sizeof(there));
		for (int i = 0; i < 100; i++) {
			size_t offset = rand() % SIZE, size = rand() % 6145;

			/* Forwards for the most part, as a host does it. */
			if (i % 4)
				offset = c->run_at + c->run_len;
			if (offset >= SIZE)
				offset = 0;
			if (size > SIZE - offset)
				size = SIZE - offset;
			memcpy(&there[offset], &data[offset], size);
			assert_int_equal(hvic_copy_add(c, offset, &data[offset], size), 0);
			if (rand() % 3)
				continue;
			assert_int_equal(hvic_copy_flush(c), 0);
			/* What was written may change in the buffer now. */
			data[offset] ^= size && rand() % 2;
			if (!c->digest.late)
				assert_true(hvic_digest_step(&c->digest, c->file, c->prefix) >= 0);
		}
		memcpy(&there[SIZE - 1], &data[SIZE - 1], 1);
		assert_int_equal(hvic_copy_add(c, SIZE - 1, &data[SIZE - 1], 1), 0);
		assert_int_equal(hvic_copy_complete(c), 0);
		while (hvic_digest_step(&c->digest, c->file, c->size) > 0)
			;
		hvic_sha256_end(&c->digest.sha, text);
		assert_string_equal(text, digest_of(there, SIZE));
		hvic_copy_end(c);
		fd = openat(play->root->fd, "in/file", O_RDONLY);
		assert_int_equal(read(fd, data, SIZE), SIZE);
		close(fd);
		assert_memory_equal(data, there, SIZE);
	}
	free(play);
}

/* A part of a file is no file. */
static void wrong_size(void **state)
{
	struct play *play = begin(state);

	FOR_BOTH(play) {
		assert_int_equal(start(play, "/in", 7, 0), 0);
		assert_int_equal(hvic_copy_add(&play->copy, 0, "conten", 6), 0);
		assert_int_equal(complete(play), -EINVAL);
		assert_int_equal(count(play, "in"), 0);

		assert_int_equal(start(play, "/in", 7, 0), 0);
		assert_int_equal(hvic_copy_add(&play->copy, 1, "content", 7), -EINVAL);
		/* It is told once. */
		assert_int_equal(hvic_copy_add(&play->copy, 0, "content", 7), 0);
		assert_int_equal(complete(play), -EINVAL);
		assert_int_equal(count(play, "in"), 0);

		assert_int_equal(start(play, "/in", 7, 0), 0);
		assert_int_equal(hvic_copy_add(&play->copy, UINT64_MAX, "x", 1), -EINVAL);
		hvic_copy_end(&play->copy);
	}
	free(play);
}

static void holes(void **state)
{
	struct play *play = begin(state);
	struct stat st;

	assert_int_equal(start(play, "/in", 1 << 30, 0), 0);
	assert_int_equal(hvic_copy_add(&play->copy, (1 << 30) - 1, "x", 1), 0);
	assert_int_equal(complete(play), 0);
	assert_int_equal(fstatat(play->root->fd, "in/file", &st, 0), 0);
	assert_int_equal(st.st_size, 1 << 30);
	assert_true(st.st_blocks < 1000);
	free(play);
}

/* --- What is there. --------------------------------------------------------------------------- */

static void exists(void **state)
{
	struct play *play = begin(state);

	FOR_BOTH(play) {
		unit_file(play->root, "in/file", "old");
		assert_int_equal(copy(play, "/in", "new", 0), -EEXIST);
		/* The host may, but the administrator of the guest does not want it. */
		assert_int_equal(copy(play, "/in", "new", HV_IC_FCOPY_OVERWRITE), -EACCES);
		play->directory.overwrite = true;
		assert_int_equal(copy(play, "/in", "new", 0), -EEXIST);
		has(play, "in/file", "old");
		assert_int_equal(copy(play, "/in", "new", HV_IC_FCOPY_OVERWRITE), 0);
		assert_true(play->copy.replaced);
		has(play, "in/file", "new");
		assert_int_equal(count(play, "in"), 1);
		unit_remove(play->root, "in/file");
		assert_int_equal(copy(play, "/in", "new", HV_IC_FCOPY_OVERWRITE), 0);
		assert_false(play->copy.replaced);
		unit_remove(play->root, "in/file");
		play->directory.overwrite = false;
	}
	free(play);
}

/* It is neither opened nor replaced. */
static void not_a_file(void **state)
{
	struct play *play = begin(state);
	const uint32_t over = HV_IC_FCOPY_OVERWRITE;

	play->directory.overwrite = true;
	FOR_BOTH(play) {
		assert_int_equal(mkfifoat(play->root->fd, "in/file", 0600), 0);
		assert_int_equal(copy(play, "/in", "new", 0), -EEXIST);
		assert_int_equal(copy(play, "/in", "new", over), -EACCES);
		unit_remove(play->root, "in/file");

		unit_file(play->root, "secret", "old");
		unit_symlink(play->root, "in/file", "../secret");
		assert_int_equal(copy(play, "/in", "new", 0), -EEXIST);
		assert_int_equal(copy(play, "/in", "new", over), -EACCES);
		has(play, "secret", "old");
		unit_remove(play->root, "in/file");

		unit_symlink(play->root, "in/file", "nothing");
		assert_int_equal(copy(play, "/in", "new", over), -EACCES);
		assert_int_equal(count(play, "in"), 1);
		unit_remove(play->root, "in/file");

		unit_folder(play->root, "in/file");
		assert_int_equal(copy(play, "/in", "new", 0), -EEXIST);
		assert_int_equal(copy(play, "/in", "new", over), -EEXIST);
		unit_remove(play->root, "in/file");

		if (geteuid())
			continue;
		assert_int_equal(mknodat(play->root->fd, "in/file", S_IFCHR | 0600, 0x103), 0);
		assert_int_equal(copy(play, "/in", "new", over), -EACCES);
		unit_remove(play->root, "in/file");
	}
	free(play);
}

/* The other name keeps its content. */
static void hard_link(void **state)
{
	struct play *play = begin(state);

	play->directory.overwrite = true;
	FOR_BOTH(play) {
		unit_file(play->root, "secret", "old");
		assert_int_equal(linkat(play->root->fd, "secret", play->root->fd, "in/file", 0), 0);
		assert_int_equal(copy(play, "/in", "new", HV_IC_FCOPY_OVERWRITE), 0);
		has(play, "in/file", "new");
		has(play, "secret", "old");
		unit_remove(play->root, "in/file");
	}
	free(play);
}

/* Something comes between START and COMPLETE. */
static void comes_between(void **state)
{
	struct play *play = begin(state);

	play->directory.overwrite = true;
	FOR_BOTH(play) {
		assert_int_equal(start(play, "/in", 1, 0), 0);
		unit_file(play->root, "in/file", "theirs");
		assert_int_equal(hvic_copy_add(&play->copy, 0, "x", 1), 0);
		assert_int_equal(complete(play), -EEXIST);
		has(play, "in/file", "theirs");
		assert_int_equal(count(play, "in"), 1);
		unit_remove(play->root, "in/file");

		assert_int_equal(start(play, "/in", 1, HV_IC_FCOPY_OVERWRITE), 0);
		unit_symlink(play->root, "in/file", "/etc/passwd");
		assert_int_equal(hvic_copy_add(&play->copy, 0, "x", 1), 0);
		assert_int_equal(complete(play), -EACCES);
		assert_int_equal(count(play, "in"), 1);
		unit_remove(play->root, "in/file");
	}
	free(play);
}

/* The folder is moved away, and a link out of the allowed folder takes its place. */
static void folder_moves(void **state)
{
	struct play *play = begin(state);
	int root = play->root->fd;

	FOR_BOTH(play) {
		unit_folder(play->root, "in/sub");
		unit_folder(play->root, "out");
		assert_int_equal(start(play, "/in/sub", 1, 0), 0);
		assert_int_equal(hvic_copy_add(&play->copy, 0, "x", 1), 0);
		assert_int_equal(renameat(root, "in/sub", root, "moved"), 0);
		unit_symlink(play->root, "in/sub", "/out");
		assert_int_equal(complete(play), -EACCES);
		assert_int_equal(count(play, "out"), 0);
		assert_int_equal(count(play, "moved"), 0);
		unit_remove(play->root, "in/sub");
		unit_remove(play->root, "moved");
	}
	free(play);
}

static atomic_bool stop_swapping;

/* A folder and a link out of the allowed folder change places, as fast as can be. */
static void *swap(void *data)
{
	const struct unit_root *root = data;

	while (!stop_swapping)
		renameat2(root->fd, "in/sub", root->fd, "in/link", RENAME_EXCHANGE);
	return NULL;
}

/* Whenever that happens, no file gets out, and no part of one stays. */
static void swapped(void **state)
{
	const uint32_t flags = HV_IC_FCOPY_OVERWRITE | HV_IC_FCOPY_CREATE_PATH;
	struct play *play = begin(state);
	unsigned int copied = 0;
	struct stat st;
	pthread_t thread;

	play->directory.overwrite = true;
	unit_folder(play->root, "in/sub/deep");
	unit_folder(play->root, "out/deep");
	unit_symlink(play->root, "in/link", "/out");
	stop_swapping = false;
	assert_int_equal(pthread_create(&thread, NULL, swap, play->root), 0);
	FOR_BOTH(play) {
		for (int i = 0; i < 200; i++) {
			int ret = copy(play, "/in/sub/deep", "text", flags);

			assert_true(!ret || ret == -EACCES || ret == -ENOTDIR);
			copied += !ret;
		}
	}
	stop_swapping = true;
	pthread_join(thread, NULL);
	print_message("# %u of 400 copied\n", copied);
	assert_int_equal(fstatat(play->root->fd, "in/sub", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(count(play, S_ISDIR(st.st_mode) ? "in/sub/deep" : "in/link/deep"),
			 !!copied);
	assert_int_equal(count(play, "out"), 1);
	assert_int_equal(count(play, "out/deep"), 0);
	free(play);
}

/* --- Folders. --------------------------------------------------------------------------------- */

static void folders(void **state)
{
	struct play *play = begin(state);

	FOR_BOTH(play) {
		assert_int_equal(copy(play, "/in/a/b", "text", 0), -ENOTDIR);
		assert_int_equal(start(play, "/in/a/b", 1, HV_IC_FCOPY_CREATE_PATH), 0);
		/* They come last. */
		assert_int_equal(count(play, "in"), play->copy.avoid_unnamed);
		hvic_copy_end(&play->copy);
		assert_int_equal(count(play, "in"), 0);

		assert_int_equal(copy(play, "/in/a/b", "text", HV_IC_FCOPY_CREATE_PATH), 0);
		has(play, "in/a/b/file", "text");
		assert_int_equal(count(play, "in"), 1);
		assert_int_equal(copy(play, "/in/a/b/file", "x", HV_IC_FCOPY_CREATE_PATH), -ENOTDIR);
		unit_remove(play->root, "in/a/b/file");
		unit_remove(play->root, "in/a/b");
		unit_remove(play->root, "in/a");

		/* A file took the place of one of them. */
		assert_int_equal(start(play, "/in/a/b", 0, HV_IC_FCOPY_CREATE_PATH), 0);
		unit_file(play->root, "in/a", "theirs");
		assert_int_equal(complete(play), -ENOTDIR);
		assert_int_equal(count(play, "in"), 1);
		unit_remove(play->root, "in/a");
	}
	free(play);
}

/* A folder that is new is on the disk when the folder is that it is in. */
static void folders_last(void **state)
{
	struct play *play = begin(state);

	FOR_BOTH(play) {
		unit_folder(play->root, "in/a");
		n_synced = 0;
		assert_int_equal(copy(play, "/in/a/b/c", "text", HV_IC_FCOPY_CREATE_PATH), 0);
		assert_true(is_synced(play, "in/a/b/c/file"));
		assert_true(is_synced(play, "in/a/b/c"));
		assert_true(is_synced(play, "in/a/b"));
		assert_true(is_synced(play, "in/a"));
		/* That one was there before. */
		assert_false(is_synced(play, "in"));
		unit_remove(play->root, "in/a/b/c/file");
		unit_remove(play->root, "in/a/b/c");
		unit_remove(play->root, "in/a/b");
	}
	free(play);
}

/* Removed and made anew, it is the same to the host; removed, it has to be wanted. */
static void folder_goes(void **state)
{
	struct play *play = begin(state);

	unit_folder(play->root, "in/a");
	assert_int_equal(start(play, "/in/a", 0, 0), 0);
	unit_remove(play->root, "in/a");
	unit_folder(play->root, "in/a");
	assert_int_equal(complete(play), 0);
	has(play, "in/a/file", "");
	unit_remove(play->root, "in/a/file");

	assert_int_equal(start(play, "/in/a", 0, 0), 0);
	unit_remove(play->root, "in/a");
	assert_int_equal(complete(play), -ENOTDIR);
	assert_int_equal(count(play, "in"), 0);

	/* So does the one that is allowed: what is there by now, it is not. */
	assert_int_equal(start(play, "/in", 0, 0), 0);
	unit_remove(play->root, "in");
	unit_folder(play->root, "in");
	assert_int_equal(complete(play), -ENOTDIR);
	assert_int_equal(count(play, "in"), 0);
	free(play);
}

/* The host does not want it any more. */
static void undone(void **state)
{
	struct play *play = begin(state);

	FOR_BOTH(play) {
		assert_int_equal(start(play, "/in/a/b", 0, HV_IC_FCOPY_CREATE_PATH), 0);
		assert_int_equal(hvic_copy_complete(&play->copy), 0);
		hvic_copy_undo(&play->copy);
		hvic_copy_end(&play->copy);
		assert_int_equal(count(play, "in"), 0);

		/* Another file has come in its place, which is not ours to remove. */
		assert_int_equal(start(play, "/in", 0, 0), 0);
		assert_int_equal(hvic_copy_complete(&play->copy), 0);
		unit_remove(play->root, "in/file");
		unit_file(play->root, "in/file", "theirs");
		hvic_copy_undo(&play->copy);
		hvic_copy_end(&play->copy);
		has(play, "in/file", "theirs");
		unit_remove(play->root, "in/file");
	}
	free(play);
}

static void begin_over(struct play *play)
{
	play->directory.overwrite = true;
	unit_file(play->root, "in/file", "old");
	assert_int_equal(start(play, "/in", 3, HV_IC_FCOPY_OVERWRITE), 0);
	assert_int_equal(hvic_copy_add(&play->copy, 0, "new", 3), 0);
}

/* The file that was there comes back, if the file system has kept it; one is always there. */
static void undone_over(void **state)
{
	struct play *play = begin(state);

	for (int cannot = 0; cannot < 2; cannot++) {
		avoid_exchange = cannot;
		FOR_BOTH(play) {
			begin_over(play);
			assert_int_equal(hvic_copy_complete(&play->copy), 0);
			has(play, "in/file", "new");
			hvic_copy_undo(&play->copy);
			hvic_copy_end(&play->copy);
			has(play, "in/file", cannot ? "new" : "old");
			assert_int_equal(count(play, "in"), 1);

			/* It has its name, but is not known to be on the disk. */
			broken = inode_of(play, "in");
			begin_over(play);
			assert_int_equal(complete(play), -EIO);
			broken = 0;
			has(play, "in/file", cannot ? "new" : "old");
			assert_int_equal(count(play, "in"), 1);

			begin_over(play);
			assert_int_equal(hvic_copy_complete(&play->copy), 0);
			hvic_copy_settle(&play->copy);
			assert_int_equal(count(play, "in"), 1);
			hvic_copy_end(&play->copy);
			has(play, "in/file", "new");

			/* Somebody else's file is not ours to change. */
			begin_over(play);
			assert_int_equal(hvic_copy_complete(&play->copy), 0);
			unit_remove(play->root, "in/file");
			unit_file(play->root, "in/file", "theirs");
			hvic_copy_undo(&play->copy);
			hvic_copy_end(&play->copy);
			has(play, "in/file", "theirs");
			assert_int_equal(count(play, "in"), 1);
		}
	}
	avoid_exchange = false;
	free(play);
}

static struct unit_root *raced;

static void goes(void)
{
	unit_remove(raced, "in/file");
}

static void becomes_folder(void)
{
	before_exchange = NULL;
	unit_remove(raced, "in/file");
	unit_folder(raced, "in/file");
}

/* Something else has the name in the moment in which it is replaced. */
static void raced_over(void **state)
{
	struct play *play = begin(state);

	raced = play->root;
	FOR_BOTH(play) {
		begin_over(play);
		before_exchange = goes;
		assert_int_equal(complete(play), 0);
		before_exchange = NULL;
		has(play, "in/file", "new");
		assert_int_equal(count(play, "in"), 1);

		begin_over(play);
		before_exchange = becomes_folder;
		assert_int_equal(complete(play), -EACCES);
		assert_int_equal(count(play, "in/file"), 0);
		assert_int_equal(count(play, "in"), 1);
		unit_remove(play->root, "in/file");
	}
	free(play);
}

/* --- Limits. ---------------------------------------------------------------------------------- */

static void limits(void **state)
{
	struct play *play = begin(state);

	play->directory.max_size = 7;
	assert_int_equal(copy(play, "/in", "content", 0), 0);
	unit_remove(play->root, "in/file");
	assert_int_equal(copy(play, "/in", "contents", 0), -EACCES);
	play->directory.max_size = 0;
	play->directory.min_free = UINT64_MAX;
	assert_int_equal(copy(play, "/in", "", 0), -ENOSPC);
	play->directory.min_free = 1;
	assert_int_equal(copy(play, "/in", "", 0), 0);
	unit_remove(play->root, "in/file");
	/* What cannot fit is not begun. */
	assert_int_equal(start(play, "/in", INT64_MAX, 0), -ENOSPC);
	assert_int_equal(count(play, "in"), 0);
	free(play);
}

static void disk_full(void **state)
{
	struct play *play = begin(state);
	struct rlimit limit = { 10000, RLIM_INFINITY };
	static char block[6144];

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	FOR_BOTH(play) {
		assert_int_equal(start(play, "/in", 4 * sizeof(block), 0), 0);
		for (int i = 0; i < 4; i++)
			assert_int_equal(hvic_copy_add(&play->copy, i * sizeof(block), block,
						       sizeof(block)), 0);
		/* A short write comes before the error. */
		assert_int_equal(hvic_copy_flush(&play->copy), -ENOSPC);
		assert_int_equal(complete(play), -ENOSPC);
		assert_int_equal(count(play, "in"), 0);
	}
	limit.rlim_cur = RLIM_INFINITY;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	free(play);
}

/* --- Leftovers. ------------------------------------------------------------------------------- */

static void left(void **state)
{
	struct play *play = begin(state);
	struct hvic_left theirs, ours;
	struct hvic_place place;

	play->copy.avoid_unnamed = true;
	unit_folder(play->root, "in/a");
	assert_int_equal(start(play, "/in/a/b/c", 1, HV_IC_FCOPY_CREATE_PATH), 0);
	place = play->copy.place;
	assert_int_equal(count(play, "in/a"), 1);
	unit_file(play->root, "in/a/file", "theirs");
	ours = (struct hvic_left){ .has_hidden = true, .hidden = play->copy.hidden };
	theirs = ours;
	theirs.hidden++;
	assert_int_equal(hvic_copy_remove_left(&place, &theirs), -ENOENT);
	assert_int_equal(count(play, "in/a"), 2);
	assert_int_equal(hvic_copy_remove_left(&place, &ours), 0);
	assert_int_equal(hvic_copy_remove_left(&place, &ours), -ENOENT);
	has(play, "in/a/file", "theirs");
	assert_int_equal(count(play, "in/a"), 1);
	hvic_copy_end(&play->copy);
	free(play);
}

/* Two guests that have the same folder, where files have names: their ids are the same, too. */
static void shared(void **state)
{
	struct play *one = begin(state), *other = begin(state);

	one->copy.avoid_unnamed = true;
	other->copy.avoid_unnamed = true;
	assert_int_equal(start(one, "/in", 3, 0), 0);
	assert_int_equal(start(other, "/in/new", 5, HV_IC_FCOPY_CREATE_PATH), 0);
	assert_int_equal(count(one, "in"), 2);
	assert_int_equal(hvic_copy_add(&one->copy, 0, "one", 3), 0);
	assert_int_equal(hvic_copy_add(&other->copy, 0, "other", 5), 0);
	assert_int_equal(complete(one), 0);
	assert_int_equal(complete(other), 0);
	has(one, "in/file", "one");
	has(one, "in/new/file", "other");
	free(one);
	free(other);
}

static void on_naming(void *data, const struct hvic_copy *copy)
{
	struct hvic_left *left = data;
	struct stat st;

	assert_int_equal(fstat(copy->file, &st), 0);
	*left = (struct hvic_left){
		.has_hidden = copy->named, .hidden = copy->hidden, .has_file = true,
		.device = st.st_dev, .inode = st.st_ino, .changed = st.st_mtim,
	};
}

/* A copy whose name has been given, and then the daemon went; @left gets what it knew. */
static struct hvic_place give_name(struct play *play, struct hvic_left *left, uint32_t flags)
{
	struct hvic_place place;

	*left = (struct hvic_left){ .inode = 0 };
	play->copy.naming = on_naming;
	play->copy.data = left;
	assert_int_equal(start(play, "/in/a", 3, flags | HV_IC_FCOPY_CREATE_PATH), 0);
	assert_int_equal(hvic_copy_add(&play->copy, 0, "new", 3), 0);
	assert_int_equal(hvic_copy_complete(&play->copy), 0);
	place = play->copy.place;
	place.top = dup(place.top);
	assert_true(place.top >= 0);
	hvic_copy_end(&play->copy);
	return place;
}

/* Under its own name, a file is removed only if it is the one that the host knows nothing of. */
static void left_named(void **state)
{
	struct play *play = begin(state);
	struct hvic_left left, other;
	struct hvic_place place;

	play->directory.overwrite = true;
	FOR_BOTH(play) {
		place = give_name(play, &left, 0);
		other = left;
		other.has_file = false;
		assert_int_equal(hvic_copy_remove_left(&place, &other), -ENOENT);
		other = left;
		other.inode++;
		assert_int_equal(hvic_copy_remove_left(&place, &other), -ENOENT);
		other = left;
		other.changed.tv_sec--;
		assert_int_equal(hvic_copy_remove_left(&place, &other), -ENOENT);
		has(play, "in/a/file", "new");
		assert_int_equal(hvic_copy_remove_left(&place, &left), 0);
		assert_int_equal(count(play, "in/a"), 0);
		assert_int_equal(hvic_copy_remove_left(&place, &left), -ENOENT);
		hvic_place_close(&place);

		/* What replaces another file is whole, and the other one may be gone. */
		unit_file(play->root, "in/a/file", "old");
		place = give_name(play, &left, HV_IC_FCOPY_OVERWRITE);
		assert_true(left.has_hidden);
		left.replaces = true;
		assert_int_equal(hvic_copy_remove_left(&place, &left), -ENOENT);
		has(play, "in/a/file", "new");
		hvic_place_close(&place);
		unit_remove(play->root, "in/a/file");
		unit_remove(play->root, "in/a");
	}
	free(play);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, unit_root_setup, unit_root_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(whole), TEST(owner), TEST(no_owners), TEST(owner_last), TEST(any_order),
		TEST(wrong_size), TEST(holes),
		TEST(exists), TEST(not_a_file), TEST(hard_link), TEST(comes_between),
		TEST(folder_moves), TEST(swapped), TEST(folders), TEST(folders_last), TEST(folder_goes),
		TEST(undone), TEST(undone_over), TEST(raced_over), TEST(limits), TEST(disk_full),
		TEST(left),
		TEST(shared), TEST(left_named),
	};

	return cmocka_run_group_tests_name("copy", tests, NULL, NULL);
}
