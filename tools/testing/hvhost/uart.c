// SPDX-License-Identifier: GPL-2.0
#include "uart.h"

#include <stdlib.h>
#include <string.h>

#include "vm.h"

enum { DATA, IER, IIR_FCR, LCR, MCR, LSR, MSR, SCR };

#define IER_RX		0x01
#define IER_TX		0x02
#define IIR_NONE	0x01
#define IIR_TX		0x02
#define IIR_RX		0x04
#define IIR_FIFO	0xc0
#define FCR_FIFO	0x01
#define FCR_CLEAR_RX	0x02
#define LCR_DIVISOR	0x80
#define MCR_OUT2	0x08		/* connects the interrupt line on a PC */
#define MCR_LOOP	0x10
#define LSR_DATA	0x01
#define LSR_EMPTY	0x60
#define MSR_CONNECTED	0xb0		/* DCD, DSR, CTS */

static uint8_t interrupt_reason(const struct hv_uart *uart)
{
	if (uart->ier & IER_RX && uart->input_size)
		return IIR_RX;
	if (uart->ier & IER_TX && uart->transmitter_empty)
		return IIR_TX;
	return IIR_NONE;
}

/* The line is edge-triggered in the IOAPIC: tell KVM of changes only. */
static void update_line(struct hv_uart *uart)
{
	bool line = uart->mcr & MCR_OUT2 && interrupt_reason(uart) != IIR_NONE;

	if (line == uart->line)
		return;
	uart->line = line;
	hv_irq(uart->host, uart->irq, line);
}

static uint8_t take_input(struct hv_uart *uart)
{
	uint8_t byte;

	if (!uart->input_size)
		return 0;
	byte = uart->input[0];
	memmove(uart->input, uart->input + 1, --uart->input_size);
	return byte;
}

static uint8_t modem_status(const struct hv_uart *uart)
{
	uint8_t mcr = uart->mcr;

	if (!(mcr & MCR_LOOP))
		return MSR_CONNECTED;
	/* Looped back: RTS is CTS, DTR is DSR, OUT1 is RI, OUT2 is DCD. */
	return (mcr & 0x02) << 3 | (mcr & 0x01) << 5 | (mcr & 0x04) << 4 | (mcr & 0x08) << 4;
}

uint8_t hv_uart_read(struct hv_uart *uart, unsigned int reg)
{
	uint8_t value = 0;

	switch (reg) {
	case DATA:
		value = uart->lcr & LCR_DIVISOR ? uart->divisor[0] : take_input(uart);
		break;
	case IER:
		value = uart->lcr & LCR_DIVISOR ? uart->divisor[1] : uart->ier;
		break;
	case IIR_FCR:
		value = interrupt_reason(uart);
		if (value == IIR_TX)
			uart->transmitter_empty = false;
		if (uart->fcr & FCR_FIFO)
			value |= IIR_FIFO;
		break;
	case LCR:
		value = uart->lcr;
		break;
	case MCR:
		value = uart->mcr;
		break;
	case LSR:
		value = LSR_EMPTY | (uart->input_size ? LSR_DATA : 0);
		break;
	case MSR:
		value = modem_status(uart);
		break;
	case SCR:
		value = uart->scr;
		break;
	}
	update_line(uart);
	return value;
}

void hv_uart_write(struct hv_uart *uart, unsigned int reg, uint8_t value)
{
	switch (reg) {
	case DATA:
		if (uart->lcr & LCR_DIVISOR) {
			uart->divisor[0] = value;
			break;
		}
		if (uart->mcr & MCR_LOOP)
			hv_uart_feed(uart, &value, 1);
		else if (uart->sink)
			uart->sink(uart->host, value);
		uart->transmitter_empty = true;
		break;
	case IER:
		if (uart->lcr & LCR_DIVISOR) {
			uart->divisor[1] = value;
			break;
		}
		if (value & ~uart->ier & IER_TX)
			uart->transmitter_empty = true;
		uart->ier = value & 0x0f;
		break;
	case IIR_FCR:
		uart->fcr = value;
		/* The host's input is not the line's noise: clearing keeps it. */
		if (value & FCR_CLEAR_RX && uart->mcr & MCR_LOOP)
			uart->input_size = 0;
		break;
	case LCR:
		uart->lcr = value;
		break;
	case MCR:
		uart->mcr = value;
		break;
	case SCR:
		uart->scr = value;
		break;
	}
	update_line(uart);
}

void hv_uart_feed(struct hv_uart *uart, const void *bytes, size_t size)
{
	uart->input = realloc(uart->input, uart->input_size + size);
	if (!uart->input)
		abort();
	memcpy(uart->input + uart->input_size, bytes, size);
	uart->input_size += size;
	update_line(uart);
}

void hv_uart_reset(struct hv_uart *uart)
{
	free(uart->input);
	*uart = (struct hv_uart) {
		.host = uart->host,
		.irq = uart->irq,
		.sink = uart->sink,
	};
}
