// SPDX-License-Identifier: GPL-2.0
/*
 * Runs the suites of kunit/ in user space and prints KTAP, as the kernel does.
 *
 * The exit status is 1 if a test failed or if there was none. Sanitizers end the
 * program by themselves.
 */
#include <kunit/test.h>

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* Memory of a test. The head lies apart, so that ASAN guards both ends of the data. */
struct shim_block {
	void *data;
	struct shim_block *next;
};

static struct kunit_suite *suites;

static void *allocate(struct kunit *test, void *data)
{
	struct shim_block *block = malloc(sizeof(*block));

	if (!block || !data)
		abort();
	*block = (struct shim_block){ .data = data, .next = test->blocks };
	test->blocks = block;
	return data;
}

void *kunit_kmalloc(struct kunit *test, size_t size, int gfp)
{
	(void)gfp;
	return allocate(test, malloc(size));
}

void *kunit_kzalloc(struct kunit *test, size_t size, int gfp)
{
	(void)gfp;
	return allocate(test, calloc(1, size));
}

void kunit_kfree(struct kunit *test, const void *data)
{
	struct shim_block **at = &test->blocks;
	struct shim_block *block;

	while ((*at)->data != data)
		at = &(*at)->next;
	block = *at;
	*at = block->next;
	free(block->data);
	free(block);
}

void shim_fail(struct kunit *test, bool fatal, const char *file, int line, const char *fmt, ...)
{
	va_list args;

	test->failed = true;
	printf("    # %s:%d: ", file, line);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
	if (fatal)
		longjmp(test->abort, 1);
}

/* Constructors run in no order: sort by name. */
void shim_register(struct kunit_suite *suite)
{
	struct kunit_suite **at = &suites;

	while (*at && strcmp((*at)->name, suite->name) < 0)
		at = &(*at)->next;
	suite->next = *at;
	*at = suite;
}

static bool run(const struct kunit_suite *suite, const struct kunit_case *c, const void *param)
{
	struct kunit test = { .param_value = param };

	if (!setjmp(test.abort)) {
		if (suite->init && suite->init(&test))
			shim_fail(&test, true, suite->name, 0, "init failed");
		c->run_case(&test);
	}
	if (suite->exit)
		suite->exit(&test);
	while (test.blocks)
		kunit_kfree(&test, test.blocks->data);
	return !test.failed;
}

static bool run_rows(const struct kunit_suite *suite, const struct kunit_case *c)
{
	char desc[KUNIT_PARAM_DESC_SIZE];
	const void *row = NULL;
	bool all = true;
	int n = 0;

	printf("        KTAP version 1\n        # Subtest: %s\n", c->name);
	while ((row = c->generate_params(row, desc))) {
		bool pass = run(suite, c, row);

		printf("        %s %d %s\n", pass ? "ok" : "not ok", ++n, desc);
		all = all && pass;
	}
	return all && n > 0;
}

static bool run_suite(const struct kunit_suite *suite, int *passed, int *failed)
{
	const struct kunit_case *c;
	bool all = true;
	int n = 0;

	for (c = suite->test_cases; c->run_case; c++)
		n++;
	printf("    KTAP version 1\n    # Subtest: %s\n    1..%d\n", suite->name, n);
	for (c = suite->test_cases, n = 0; c->run_case; c++) {
		bool pass = c->generate_params ? run_rows(suite, c) : run(suite, c, NULL);

		printf("    %s %d %s\n", pass ? "ok" : "not ok", ++n, c->name);
		pass ? ++*passed : ++*failed;
		all = all && pass;
	}
	return all;
}

int main(void)
{
	const struct kunit_suite *suite;
	int passed = 0, failed = 0, n = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (suite = suites; suite; suite = suite->next)
		n++;
	printf("KTAP version 1\n1..%d\n", n);
	for (suite = suites, n = 0; suite; suite = suite->next)
		printf("%s %d %s\n", run_suite(suite, &passed, &failed) ? "ok" : "not ok",
		       ++n, suite->name);
	printf("# Totals: pass:%d fail:%d skip:0 total:%d\n", passed, failed, passed + failed);
	return failed || !passed;
}
