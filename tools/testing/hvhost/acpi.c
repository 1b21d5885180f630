// SPDX-License-Identifier: GPL-2.0
/*
 * The ACPI tables: processors, power off, reset, and the device that hv_vmbus
 * binds to. One after another from HV_ACPI_BASE on.
 */
#include "acpi.h"

#include <string.h>

struct table {
	char signature[4];
	uint32_t length;
	uint8_t revision;
	uint8_t checksum;
	char oem[6];
	char oem_table[8];
	uint32_t oem_revision;
	char creator[4];
	uint32_t creator_revision;
} __packed;

struct rsdp {
	char signature[8];
	uint8_t checksum;
	char oem[6];
	uint8_t revision;
	uint32_t rsdt;
	uint32_t length;
	uint64_t xsdt;
	uint8_t extended_checksum;
	uint8_t reserved[3];
} __packed;

struct xsdt {
	struct table head;
	uint64_t tables[2];
} __packed;

struct address {
	uint8_t space;			/* 1: I/O ports */
	uint8_t bits;
	uint8_t offset;
	uint8_t access;
	uint64_t address;
} __packed;

struct fadt {
	struct table head;
	uint32_t facs;
	uint32_t dsdt;
	uint8_t reserved;
	uint8_t profile;
	uint16_t sci;
	uint32_t smi_command;
	uint8_t acpi_enable, acpi_disable, s4bios, pstate;
	uint32_t pm1a_event, pm1b_event, pm1a_control, pm1b_control;
	uint32_t pm2_control, pm_timer, gpe0, gpe1;
	uint8_t pm1_event_length, pm1_control_length, pm2_control_length, pm_timer_length;
	uint8_t gpe0_length, gpe1_length, gpe1_base, cst;
	uint16_t c2_latency, c3_latency, flush_size, flush_stride;
	uint8_t duty_offset, duty_width, day_alarm, month_alarm, century;
	uint16_t boot_flags;
	uint8_t reserved2;
	uint32_t flags;
	struct address reset;
	uint8_t reset_value;
	uint8_t reserved3[3];
	uint64_t x_facs, x_dsdt;
	struct address x_pm1a_event, x_pm1b_event, x_pm1a_control, x_pm1b_control;
	struct address x_pm2_control, x_pm_timer, x_gpe0, x_gpe1;
} __packed;

static_assert(sizeof(struct fadt) == 244, "FADT revision 3");

#define FADT_WBINVD		BIT(0)
#define FADT_NO_POWER_BUTTON	BIT(4)
#define FADT_NO_SLEEP_BUTTON	BIT(5)
#define FADT_RESET		BIT(10)
#define FADT_BOOT_NO_VGA	BIT(2)
#define NO_C_STATE		0xfff	/* latency */

struct facs {
	char signature[4];
	uint32_t length;
	uint8_t rest[56];
} __packed;

struct madt {
	struct table head;
	uint32_t local_apic;
	uint32_t flags;			/* 1: there is a PIC, too */
	struct {
		uint8_t type, length, bus, source;
		uint32_t gsi;
		uint16_t flags;
	} __packed timer;	/* PIT: IRQ 0 is GSI 2 */
	struct {
		uint8_t type, length, id, reserved;
		uint32_t address;
		uint32_t first_gsi;
	} __packed ioapic;
	struct {
		uint8_t type, length, uid, id;
		uint32_t enabled;
	} __packed processors[HV_MAX_VCPUS];
} __packed;

/*
 * Scope (\_SB) {
 *	Device (VMOD) {
 *		Name (_HID, "ACPI0004")
 *		Name (_UID, Zero)
 *		Name (_CRS, ResourceTemplate () { DWordMemory (0xF8000000 to 0xFBFFFFFF) })
 *		Device (VMBS) {
 *			Name (_HID, "VMBus")
 *			Name (_UID, Zero)
 *			Name (_STA, 0x0F)
 *			Name (_CRS, ResourceTemplate () {})
 *		}
 *	}
 * }
 * Name (_S5, Package () { 5, 5, 0, 0 })
 *
 * The memory is for devices of the host. Kernels before 5.17 look for it in every ancestor of the
 * bus, and in vain crash at the root.
 */
static const uint8_t dsdt_code[] = {
	0x10, 0x44, 0x07, '\\', '_', 'S', 'B', '_',
	0x5b, 0x82, 0x4b, 0x06, 'V', 'M', 'O', 'D',
	0x08, '_', 'H', 'I', 'D', 0x0d, 'A', 'C', 'P', 'I', '0', '0', '0', '4', 0x00,
	0x08, '_', 'U', 'I', 'D', 0x00,
	0x08, '_', 'C', 'R', 'S', 0x11, 0x1f, 0x0a, 0x1c,
	0x87, 0x17, 0x00, 0x00, 0x0c, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xf8,
	0xff, 0xff, 0xff, 0xfb, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x04, 0x79, 0x00,
	0x5b, 0x82, 0x29, 'V', 'M', 'B', 'S',
	0x08, '_', 'H', 'I', 'D', 0x0d, 'V', 'M', 'B', 'u', 's', 0x00,
	0x08, '_', 'U', 'I', 'D', 0x00,
	0x08, '_', 'S', 'T', 'A', 0x0a, 0x0f,
	0x08, '_', 'C', 'R', 'S', 0x11, 0x05, 0x0a, 0x02, 0x79, 0x00,
	0x08, '_', 'S', '5', '_', 0x12, 0x08, 0x04, 0x0a, HV_ACPI_S5, 0x0a, HV_ACPI_S5, 0x00, 0x00,
};

/* Name (_S4, Package () { 4, 4, 0, 0 }) */
static const uint8_t s4_code[] = {
	0x08, '_', 'S', '4', '_', 0x12, 0x08, 0x04, 0x0a, HV_ACPI_S4, 0x0a, HV_ACPI_S4, 0x00, 0x00,
};

struct dsdt {
	struct table head;
	uint8_t code[sizeof(dsdt_code) + sizeof(s4_code)];
} __packed;

/* Everything at its place, at HV_ACPI_BASE */
struct acpi {
	struct rsdp rsdp;
	struct xsdt xsdt __aligned(64);
	struct facs facs __aligned(64);
	struct fadt fadt __aligned(64);
	struct madt madt __aligned(64);
	struct dsdt dsdt __aligned(64);
};

#define AT(member)	(HV_ACPI_BASE + offsetof(struct acpi, member))

static uint8_t checksum(const void *from, size_t size)
{
	const uint8_t *bytes = from;
	uint8_t sum = 0;

	while (size--)
		sum += *bytes++;
	return -sum;
}

static void seal(struct table *table, const char *signature, uint8_t revision, uint32_t length)
{
	memcpy(table->signature, signature, sizeof(table->signature));
	table->length = length;
	table->revision = revision;
	memcpy(table->oem, "HVHOST", sizeof(table->oem));
	memcpy(table->oem_table, "HVHOST  ", sizeof(table->oem_table));
	table->oem_revision = 1;
	memcpy(table->creator, "HVHO", sizeof(table->creator));
	table->creator_revision = 1;
	table->checksum = checksum(table, length);
}

static struct address port(uint16_t number, uint8_t bits)
{
	return (struct address) { .space = 1, .bits = bits, .address = number };
}

static void build_fadt(struct fadt *fadt)
{
	fadt->facs = AT(facs);
	fadt->dsdt = AT(dsdt);
	fadt->sci = 9;
	fadt->pm1a_event = HV_ACPI_PM1_EVENT;
	fadt->pm1a_control = HV_ACPI_PM1_CONTROL;
	fadt->pm1_event_length = 4;
	fadt->pm1_control_length = 2;
	fadt->c2_latency = NO_C_STATE;
	fadt->c3_latency = NO_C_STATE;
	fadt->boot_flags = FADT_BOOT_NO_VGA;
	fadt->flags = FADT_WBINVD | FADT_NO_POWER_BUTTON | FADT_NO_SLEEP_BUTTON | FADT_RESET;
	fadt->reset = port(HV_ACPI_RESET, 8);
	fadt->reset_value = HV_ACPI_RESET_VALUE;
	fadt->x_facs = AT(facs);
	fadt->x_dsdt = AT(dsdt);
	fadt->x_pm1a_event = port(HV_ACPI_PM1_EVENT, 32);
	fadt->x_pm1a_control = port(HV_ACPI_PM1_CONTROL, 16);
	seal(&fadt->head, "FACP", 3, sizeof(*fadt));
}

static void build_madt(struct madt *madt, unsigned int vcpus)
{
	madt->local_apic = 0xfee00000;
	madt->flags = 1;
	madt->timer.type = 2;
	madt->timer.length = sizeof(madt->timer);
	madt->timer.gsi = 2;
	madt->ioapic.type = 1;
	madt->ioapic.length = sizeof(madt->ioapic);
	madt->ioapic.id = HV_MAX_VCPUS;
	madt->ioapic.address = 0xfec00000;
	for (unsigned int i = 0; i < vcpus; i++) {
		madt->processors[i].length = sizeof(madt->processors[i]);
		madt->processors[i].uid = i;
		madt->processors[i].id = i;
		madt->processors[i].enabled = 1;
	}
	seal(&madt->head, "APIC", 3, offsetof(struct madt, processors) +
	     vcpus * sizeof(*madt->processors));
}

void hv_acpi_build(struct hv_host *host)
{
	struct acpi *acpi = hv_memory(host, HV_ACPI_BASE, sizeof(*acpi));
	uint32_t code_size = sizeof(dsdt_code);

	memcpy(acpi->rsdp.signature, "RSD PTR ", sizeof(acpi->rsdp.signature));
	memcpy(acpi->rsdp.oem, "HVHOST", sizeof(acpi->rsdp.oem));
	acpi->rsdp.revision = 2;
	acpi->rsdp.length = sizeof(acpi->rsdp);
	acpi->rsdp.xsdt = AT(xsdt);
	acpi->rsdp.checksum = checksum(&acpi->rsdp, offsetof(struct rsdp, length));
	acpi->rsdp.extended_checksum = checksum(&acpi->rsdp, sizeof(acpi->rsdp));

	acpi->xsdt.tables[0] = AT(fadt);
	acpi->xsdt.tables[1] = AT(madt);
	seal(&acpi->xsdt.head, "XSDT", 1, sizeof(acpi->xsdt));

	memcpy(acpi->facs.signature, "FACS", sizeof(acpi->facs.signature));
	acpi->facs.length = sizeof(acpi->facs);

	build_fadt(&acpi->fadt);
	build_madt(&acpi->madt, host->config.vcpus);

	memcpy(acpi->dsdt.code, dsdt_code, sizeof(dsdt_code));
	if (host->config.hibernation) {
		memcpy(acpi->dsdt.code + code_size, s4_code, sizeof(s4_code));
		code_size += sizeof(s4_code);
	}
	seal(&acpi->dsdt.head, "DSDT", 2, sizeof(struct table) + code_size);
}
