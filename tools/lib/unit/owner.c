// SPDX-License-Identifier: GPL-2.0
/* Whose a copied file is to be. */
#include "owner.h"

#include "unit.h"

static void found(void **state)
{
	struct hvu_fcopy_directory directory = { .name = NULL };
	uid_t uid = 5;
	gid_t gid = 5;

	(void)state;
	/* Nobody is to be given what nobody is configured to have. */
	assert_null(hvu_owner_find(&directory, &uid, &gid));
	assert_true(uid == HVU_OWNER_ANY && gid == HVU_GROUP_ANY);
	directory.owner = (char *)"root";
	assert_null(hvu_owner_find(&directory, &uid, &gid));
	assert_true(!uid && gid == HVU_GROUP_ANY);
	directory.owner = NULL;
	directory.group = (char *)"1234567";
	assert_null(hvu_owner_find(&directory, &uid, &gid));
	assert_true(uid == HVU_OWNER_ANY && gid == 1234567);
	directory.owner = (char *)"4294967295";
	assert_string_equal(hvu_owner_find(&directory, &uid, &gid), "4294967295");
	directory.owner = (char *)"no such user";
	assert_string_equal(hvu_owner_find(&directory, &uid, &gid), "no such user");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(found),
	};

	return cmocka_run_group_tests_name("owner", tests, NULL, NULL);
}
