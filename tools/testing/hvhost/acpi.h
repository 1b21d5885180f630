/* SPDX-License-Identifier: GPL-2.0 */
/* The ACPI tables, and the ports that they name. */
#ifndef HVHOST_ACPI_H
#define HVHOST_ACPI_H

#include "host.h"

#define HV_ACPI_BASE		0xe0000	/* RSDP */
#define HV_ACPI_PM1_EVENT	0x600	/* ports */
#define HV_ACPI_PM1_CONTROL	0x604
#define HV_ACPI_RESET		0xcf9
#define HV_ACPI_RESET_VALUE	0x06
#define HV_ACPI_S4		4	/* SLP_TYP values */
#define HV_ACPI_S5		5

/** hv_acpi_build() - the tables, into the guest's memory */
void hv_acpi_build(struct hv_host *host);

#endif
