// SPDX-License-Identifier: GPL-2.0
/* The serial line as Linux' 8250 driver probes and uses it. */
#include <string.h>

#include "machine.h"
#include "uart.h"
#include "unit.h"

static char written[16];
static size_t count;

static void sink(struct hv_host *host, uint8_t byte)
{
	written[count++ % sizeof(written)] = byte;
}

int main(void)
{
	struct hv_host *host = hv_create(&(struct hv_config) {});
	struct hv_uart uart = { .host = host, .irq = 4, .sink = sink };

	hv_uart_write(&uart, 4, 0x1a);
	unit_check((hv_uart_read(&uart, 6) & 0xf0) == 0x90, "loopback connects RTS and OUT2");
	hv_uart_write(&uart, 0, 'x');
	unit_check(hv_uart_read(&uart, 5) & 1 && hv_uart_read(&uart, 0) == 'x' && !count,
		   "and the data lines");
	hv_uart_write(&uart, 4, 0x0b);
	hv_uart_write(&uart, 7, 0x5a);
	unit_check(hv_uart_read(&uart, 7) == 0x5a, "scratch register");
	hv_uart_write(&uart, 3, 0x83);
	hv_uart_write(&uart, 0, 1);
	unit_check(hv_uart_read(&uart, 0) == 1 && !count, "divisor is no data");
	hv_uart_write(&uart, 3, 0x03);
	unit_check(hv_uart_read(&uart, 2) == 0x01, "nothing pending, no FIFO");
	hv_uart_write(&uart, 2, 0x01);
	unit_check(hv_uart_read(&uart, 2) == 0xc1, "a 16550A has one");

	hv_uart_write(&uart, 1, 0x02);
	unit_check(uart.line, "transmitter interrupt as soon as it is enabled");
	unit_check(hv_uart_read(&uart, 2) == 0xc2 && !uart.line, "told once");
	hv_uart_write(&uart, 0, 'y');
	unit_check(uart.line && count == 1 && written[0] == 'y', "a byte is out at once");

	hv_uart_write(&uart, 1, 0x01);
	unit_check(!uart.line, "interrupt disabled");
	hv_uart_feed(&uart, "ab", 2);
	unit_check(uart.line && hv_uart_read(&uart, 2) == 0xc4, "input interrupts");
	hv_uart_write(&uart, 2, 0x07);
	unit_check(hv_uart_read(&uart, 0) == 'a' && uart.line,
		   "opening the port does not lose what was sent");
	unit_check(hv_uart_read(&uart, 0) == 'b' && !uart.line && !(hv_uart_read(&uart, 5) & 1),
		   "all read, all quiet");
	hv_uart_feed(&uart, "c", 1);
	hv_uart_write(&uart, 4, 0x03);
	unit_check(!uart.line, "OUT2 cuts the interrupt line");
	hv_uart_reset(&uart);
	unit_check(!hv_uart_read(&uart, 0) && uart.sink == sink, "reset empties it");
	hv_destroy(host);
	return unit_done();
}
