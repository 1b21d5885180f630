/* SPDX-License-Identifier: GPL-2.0 */
/* Settings that last: parameters of the module, in a file of modprobe that hvic owns. */
#ifndef HVIC_CONFIG_H
#define HVIC_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define HVIC_CONFIG_FOLDER	"etc/modprobe.d"
#define HVIC_CONFIG_NAME	"hvic.conf"
#define HVIC_SETTINGS		14
#define HVIC_SETTING_SIZE	24

extern const char *const hvic_setting_names[HVIC_SETTINGS + 1];

/**
 * struct hvic_setting - a parameter of the module and its value
 * @name: of the parameter
 * @value: as the module takes it; "" if it is not set
 */
struct hvic_setting {
	const char *name;
	char value[HVIC_SETTING_SIZE];
};

void hvic_setting_set(struct hvic_setting *setting, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void hvic_settings_stored(int root, struct hvic_setting settings[static HVIC_SETTINGS]);
void hvic_settings_current(int root, struct hvic_setting settings[static HVIC_SETTINGS]);
int hvic_settings_store(int root, const struct hvic_setting *settings, size_t n);
int hvic_open_folder(int root, const char *parent, const char *name);
const char *hvic_initramfs_command(int root);

#endif
