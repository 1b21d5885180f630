/* SPDX-License-Identifier: GPL-2.0 */
/* Whose a copied file is to be. */
#ifndef HVU_OWNER_H
#define HVU_OWNER_H

#include <sys/types.h>

#include "settings.h"

/* What to say of a name that nobody has: of the section, the name and the directory. */
#define HVU_OWNER_MISSING \
	"[fcopy %s]: there is no \"%s\" to own the files, so none can be copied to %s"

/* What is not configured stays as the file system makes it, as it does for chown(2). */
#define HVU_OWNER_ANY ((uid_t)-1)
#define HVU_GROUP_ANY ((gid_t)-1)

/**
 * hvu_owner_find() - look up the owner and the group that a directory's files are to have
 * @directory: of the configuration, which may have names or numbers
 * @uid: gets the owner, or HVU_OWNER_ANY
 * @gid: gets the group, or HVU_GROUP_ANY
 *
 * It may take its time, as names need not be in a file of this machine.
 *
 * Return: NULL, or the name that nobody has.
 */
const char *hvu_owner_find(const struct hvu_fcopy_directory *directory, uid_t *uid, gid_t *gid);

#endif
