// SPDX-License-Identifier: GPL-2.0
/* What the kernel tells in files: the mounts that a backup freezes, and who holds a lock. */
#include <string.h>

#include "locks.h"
#include "mounts.h"
#include "scratch.h"
#include "target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *const exclude[] = { (char *)"/srv/*", NULL }, *const all[] = { NULL };
	struct stat file = { .st_ino = 1 };
	struct hvu_mounts mounts;
	struct hvu_lock lock;

	scratch_write("proc/self/mountinfo", data, size);
	scratch_write("proc/locks", data, size);
	if (!hvu_mounts_read(&mounts, scratch(), all, exclude)) {
		must(mounts.n_frozen <= mounts.n);
		for (size_t i = 0; i < mounts.n; i++) {
			const struct hvu_filesystem *one = &mounts.all[i];

			must(one->n_mounts && one->mounts[0].path && one->type);
			must((one->skip == HVU_SKIP_NONE) == (i < mounts.n_frozen));
			must(hvu_skip_text(one->skip));
			must(!i || i >= mounts.n_frozen || one->level >= one[-1].level);
		}
		hvu_mounts_free(&mounts);
	}
	if (hvu_lock_find(scratch(), &file, &lock))
		must(lock.kind == 'f' || lock.kind == 'p');
	return 0;
}
