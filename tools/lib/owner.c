// SPDX-License-Identifier: GPL-2.0
/* Whose a copied file is to be, see owner.h. */
#include "owner.h"

#include <grp.h>
#include <pwd.h>

#include "parse.h"

static bool find_user(const char *name, uid_t *uid)
{
	struct passwd *user = getpwnam(name);
	uint64_t number = 0;

	if (!user && hvu_parse_number(name, UINT32_MAX - 1, &number))
		return false;
	*uid = user ? user->pw_uid : number;
	return true;
}

static bool find_group(const char *name, gid_t *gid)
{
	struct group *group = getgrnam(name);
	uint64_t number = 0;

	if (!group && hvu_parse_number(name, UINT32_MAX - 1, &number))
		return false;
	*gid = group ? group->gr_gid : number;
	return true;
}

const char *hvu_owner_find(const struct hvu_fcopy_directory *directory, uid_t *uid, gid_t *gid)
{
	*uid = HVU_OWNER_ANY;
	*gid = HVU_GROUP_ANY;
	if (directory->owner && !find_user(directory->owner, uid))
		return directory->owner;
	if (directory->group && !find_group(directory->group, gid))
		return directory->group;
	return NULL;
}
