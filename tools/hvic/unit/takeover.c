// SPDX-License-Identifier: GPL-2.0
/* What hvic takeover says to those who may not do it. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "array.h"
#include "hvic.h"
#include "unit.h"

#define KVP "b6650ff7-33bc-4840-8048-e0676786f393"

/* Somebody; root in a container, which may remove no module; root with no power left. */
enum who {
	SOMEBODY,
	CONTAINED,
	POWERLESS,
};

static void become(enum who who)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { 0 };
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_delete_module, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog filter = { .len = ARRAY_SIZE(code), .filter = code };

	bool failed;

	if (who == SOMEBODY)
		failed = setresuid(65534, 65534, 65534);
	else if (who == CONTAINED)
		failed = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
			 prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
	else
		failed = syscall(SYS_capset, &header, none);
	if (failed)
		_exit(99);
}

/* The status of "hvic takeover", and all that it says. */
static int take_over(struct unit_root *root, enum who who, char *text, size_t size)
{
	struct hvic hvic = { .root = root->fd, .timeout_ms = 50 };
	int status;
	pid_t child;

	unit_file(root, "said", "");
	fflush(stdout);
	child = fork();
	if (!child) {
		int said = hvu_open(root->fd, O_WRONLY, "said");

		dup2(said, STDOUT_FILENO);
		dup2(said, STDERR_FILENO);
		become(who);
		status = cmd_takeover(&hvic);
		fflush(stdout);
		_exit(status);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	hvu_read(root->fd, text, size, "said");
	return WEXITSTATUS(status);
}

/* A device of hv_utils, which is then to be removed. */
static int setup(void **state)
{
	struct unit_root *root;

	unit_root_setup(state);
	root = *state;
	unit_folder(root, "run");
	unit_file(root, "proc/self/stat", "");
	unit_device(root, KVP, "a9a0f4e7-5a45-4d96-b827-8a841e8c03e6", "hv_utils");
	unit_remove(root, "sys/bus/vmbus/drivers/hv_utils/" KVP);
	unit_folder(root, "sys/bus/vmbus/drivers/hv_ic");
	unit_file(root, "sys/bus/vmbus/drivers/hv_ic/bind", "");
	unit_file(root, "sys/bus/vmbus/drivers/hv_ic/unbind", "");
	unit_file(root, "sys/bus/vmbus/drivers/hv_utils/bind", "");
	unit_file(root, "sys/bus/vmbus/drivers/hv_utils/unbind", "");
	unit_file(root, "sys/module/hv_ic/parameters/kvp", "Y\n");
	unit_file(root, "sys/module/hv_utils/initstate", "live\n");
	return 0;
}

static void not_root(void **state)
{
	char text[1024];

	if (geteuid())
		skip();
	assert_int_equal(take_over(*state, SOMEBODY, text, sizeof(text)), HVIC_DENIED);
	assert_string_equal(text, "hvic: takeover: only root can do this: sudo hvic takeover");
}

/* What is missing is no privilege of network administration. */
static void root_in_name(void **state)
{
	char text[1024];

	if (geteuid())
		skip();
	assert_int_equal(take_over(*state, CONTAINED, text, sizeof(text)), HVIC_DENIED);
	assert_non_null(strstr(text, "cannot remove hv_utils"));
	assert_non_null(strstr(text, "CAP_SYS_MODULE"));
	assert_non_null(strstr(text, "hvic doctor"));
	assert_null(strstr(text, "CAP_NET_ADMIN"));
}

/* Who cannot see what others have open would let go of a device that is, which hangs. */
static void blind(void **state)
{
	struct unit_root *root = *state;
	char text[1024];

	if (geteuid())
		skip();
	unit_symlink(root, "proc/1/exe", "/sbin/init");
	assert_int_equal(fchownat(root->fd, "proc/1", 65534, 65534, 0), 0);
	assert_int_equal(fchmodat(root->fd, "proc/1", 0700, 0), 0);
	assert_int_equal(take_over(root, POWERLESS, text, sizeof(text)), HVIC_DENIED);
	assert_non_null(strstr(text, "CAP_SYS_PTRACE"));
	hvu_read(root->fd, text, sizeof(text), "sys/bus/vmbus/drivers/hv_utils/unbind");
	assert_string_equal(text, "");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, unit_root_teardown)
	const struct CMUnitTest tests[] = {
		TEST(not_root),
		TEST(root_in_name),
		TEST(blind),
	};

	return cmocka_run_group_tests_name("takeover", tests, NULL, NULL);
}
