/* SPDX-License-Identifier: GPL-2.0 */
/* What os-release(5) says of the distribution. */
#ifndef HVIC_OSRELEASE_H
#define HVIC_OSRELEASE_H

#define HVIC_OS_FIELD_SIZE 256

/**
 * struct hvic_os_release - the fields that the host is told of
 * @name: NAME; "Linux" if the file does not say
 * @id: ID; "linux" if the file does not say
 * @version_id: VERSION_ID; empty for a distribution without versions
 * @build_id: BUILD_ID
 */
struct hvic_os_release {
	char name[HVIC_OS_FIELD_SIZE];
	char id[HVIC_OS_FIELD_SIZE];
	char version_id[HVIC_OS_FIELD_SIZE];
	char build_id[HVIC_OS_FIELD_SIZE];
};

void hvic_os_release_parse(struct hvic_os_release *os, const char *text);
void hvic_os_release_read(struct hvic_os_release *os, int root);

#endif
