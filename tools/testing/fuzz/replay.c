// SPDX-License-Identifier: GPL-2.0
/* replay FILE...: runs a fuzz target on files, without a fuzzer. */
#include "target.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static int replay(const char *path)
{
	FILE *file = fopen(path, "rb");
	struct stat status;
	uint8_t *data;

	if (!file || fstat(fileno(file), &status)) {
		perror(path);
		return 1;
	}
	data = malloc(status.st_size);
	if (!data || fread(data, 1, status.st_size, file) != (size_t)status.st_size) {
		perror(path);
		return 1;
	}
	fclose(file);
	LLVMFuzzerTestOneInput(data, status.st_size);
	free(data);
	return 0;
}

int main(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++) {
		if (replay(argv[i]))
			return 1;
	}
	return 0;
}
