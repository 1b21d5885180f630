// SPDX-License-Identifier: GPL-2.0
/* The descriptors that every program has, unless who starts it has closed them. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hvic.h"
#include "unit.h"

/* In a child without these descriptors, a bit each: is the next file behind them, and no output? */
static bool is_sound(unsigned int closed)
{
	for (int fd = 0; fd < 3; fd++) {
		if (closed & 1 << fd)
			close(fd);
	}
	if (hvic_open_standard() || open("/dev/null", O_RDWR) < 3)
		return false;
	for (int fd = 0; fd < 3; fd++) {
		bool fails = (fd ? write(fd, "", 1) : read(fd, &closed, 0)) < 0;

		if (closed & 1 << fd && (!fails || errno != EBADF))
			return false;
		if (!(closed & 1 << fd) && fd && fails)
			return false;
	}
	return true;
}

static void closed(void **state)
{
	int status;

	(void)state;
	for (unsigned int which = 0; which < 8; which++) {
		pid_t child = fork();

		if (!child) {
			/* What is open takes what is written, whatever the test has. */
			for (int fd = 0; fd < 3; fd++)
				dup2(open("/dev/null", O_RDWR), fd);
			_exit(!is_sound(which));
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
	}
}

/* What could not be printed is seen, and so is that there was nothing to print. */
static void output(void **state)
{
	int status;

	(void)state;
	for (int prints = 0; prints < 2; prints++) {
		pid_t child;

		fflush(stdout);
		child = fork();
		if (!child) {
			close(1);
			if (hvic_open_standard())
				_exit(2);
			if (prints)
				fputs("text", stdout);
			_exit(fflush(stdout) || ferror(stdout));
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(WEXITSTATUS(status), prints);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(closed),
		cmocka_unit_test(output),
	};

	return cmocka_run_group_tests_name("standard", tests, NULL, NULL);
}
