/* SPDX-License-Identifier: GPL-2.0 */
/* Whose a copied file is to be. */
#ifndef HVU_OWNER_H
#define HVU_OWNER_H

#include "settings.h"

/* What to say of a name that nobody has: of the section, the name and the directory. */
#define HVU_OWNER_MISSING \
	"[fcopy %s]: there is no \"%s\" to own the files, so none can be copied to %s"

/**
 * hvu_owner_find() - look up the owner and the group that a directory's files are to have
 * @directory: of the configuration, which may have names or numbers; without them it is root
 * @uid: gets the owner
 * @gid: gets the group
 *
 * It may take its time, as names need not be in a file of this machine.
 *
 * Return: NULL, or the name that nobody has.
 */
const char *hvu_owner_find(const struct hvu_fcopy_directory *directory, uid_t *uid, gid_t *gid);

#endif
