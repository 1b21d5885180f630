// SPDX-License-Identifier: GPL-2.0
#include "ports.h"

#include <string.h>

#include <linux/kvm.h>

#include "acpi.h"
#include "agent_port.h"
#include "disk.h"
#include "guest.h"
#include "uart.h"

#define PORT_COM1		0x3f8
#define PORT_COM2		0x2f8
#define PORT_RTC_INDEX		0x70
#define PORT_RTC_DATA		0x71
#define PORT_KEYBOARD		0x64
#define KEYBOARD_RESET		0xfe
#define PORT_PCI_ADDRESS	0xcf8
#define PORT_PCI_DATA		0xcfc
#define PCI_BRIDGE		0x80000000	/* the address of bus 0, device 0 */
#define PM1_SCI_ENABLED		1
#define PM1_SLEEP_ENABLE	BIT(13)
#define PM1_SLEEP_TYPE(value)	((value) >> 10 & 7)

static uint8_t bcd(int value)
{
	return value / 10 << 4 | value % 10;
}

/* Just the time of day; Linux reads it once. */
static uint8_t read_rtc(struct hv_host *host)
{
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	switch (host->ports->rtc_index) {
	case 0:
		return bcd(tm.tm_sec);
	case 2:
		return bcd(tm.tm_min);
	case 4:
		return bcd(tm.tm_hour);
	case 6:
		return tm.tm_wday + 1;
	case 7:
		return bcd(tm.tm_mday);
	case 8:
		return bcd(tm.tm_mon + 1);
	case 9:
		return bcd(tm.tm_year % 100);
	case 11:
		return 0x02;			/* 24 hours */
	case 13:
		return 0x80;			/* battery is good */
	default:
		return 0;			/* 10: no update in progress */
	}
}

/*
 * A host bridge with nothing behind it, that of Hyper-V's older machines. Linux looks for
 * persistent memory only where it has found a way to configure PCI: it comes with the disk.
 */
static uint32_t read_pci(struct hv_host *host)
{
	if (!host->disk->size)
		return ~0u;
	switch (host->ports->pci_address) {
	case PCI_BRIDGE:
		return 0x71928086;		/* device, vendor */
	case PCI_BRIDGE + 8:
		return 0x06000000;		/* class */
	default:
		return host->ports->pci_address >> 8 == PCI_BRIDGE >> 8 ? 0 : ~0u;
	}
}

static uint32_t read_port(struct hv_host *host, uint16_t port)
{
	switch (port) {
	case PORT_COM1 ... PORT_COM1 + 7:
		return hv_uart_read(&host->uarts[0], port - PORT_COM1);
	case PORT_COM2 ... PORT_COM2 + 7:
		return hv_uart_read(&host->uarts[1], port - PORT_COM2);
	case PORT_RTC_DATA:
		return read_rtc(host);
	case PORT_PCI_ADDRESS:
		return host->disk->size ? host->ports->pci_address : ~0u;
	case PORT_PCI_DATA ... PORT_PCI_DATA + 3:
		return read_pci(host) >> 8 * (port - PORT_PCI_DATA);
	case HV_ACPI_PM1_EVENT:
		return 0;			/* status: nothing happened */
	case HV_ACPI_PM1_EVENT + 2:
		return host->ports->pm1_enable;
	case HV_ACPI_PM1_CONTROL:
		return PM1_SCI_ENABLED;
	case AGENT_PORT:
		return hv_agent_tell(host);
	default:
		return ~0u;			/* no device there */
	}
}

static void write_port(struct hv_host *host, uint16_t port, uint32_t value)
{
	switch (port) {
	case PORT_COM1 ... PORT_COM1 + 7:
		hv_uart_write(&host->uarts[0], port - PORT_COM1, value);
		break;
	case PORT_COM2 ... PORT_COM2 + 7:
		hv_uart_write(&host->uarts[1], port - PORT_COM2, value);
		break;
	case PORT_RTC_INDEX:
		host->ports->rtc_index = value & 0x7f;
		break;
	case PORT_KEYBOARD:
		if (value == KEYBOARD_RESET)
			hv_finish(host, HV_RESET, HV_EVENT_RESET, "by the keyboard controller");
		break;
	case PORT_PCI_ADDRESS:
		host->ports->pci_address = value;
		break;
	case HV_ACPI_PM1_EVENT + 2:
		host->ports->pm1_enable = value;
		break;
	case HV_ACPI_RESET:
		if (value == HV_ACPI_RESET_VALUE)
			hv_finish(host, HV_RESET, HV_EVENT_RESET, "by the ACPI reset register");
		break;
	case HV_ACPI_PM1_CONTROL:
		if (!(value & PM1_SLEEP_ENABLE))
			break;
		if (PM1_SLEEP_TYPE(value) == HV_ACPI_S5)
			hv_finish(host, HV_OFF, HV_EVENT_OFF, "the guest powered off");
		else if (PM1_SLEEP_TYPE(value) == HV_ACPI_S4)
			hv_finish(host, HV_HIBERNATED, HV_EVENT_HIBERNATED,
				  "the guest went to sleep (S4)");
		break;
	case AGENT_PORT:
		hv_agent_hear(host, value);
		break;
	}
}

void hv_ports_access(struct hv_host *host, struct kvm_run *run)
{
	uint8_t *data = (uint8_t *)run + run->io.data_offset;

	for (uint32_t i = 0; i < run->io.count; i++, data += run->io.size) {
		uint32_t value = 0;

		if (run->io.direction == KVM_EXIT_IO_IN) {
			value = read_port(host, run->io.port);
			memcpy(data, &value, run->io.size);
		} else {
			memcpy(&value, data, run->io.size);
			write_port(host, run->io.port, value);
		}
	}
}
