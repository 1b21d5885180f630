/* SPDX-License-Identifier: GPL-2.0 */
/* A 16550A without its slowness: what is written is out at once. */
#ifndef HVHOST_UART_H
#define HVHOST_UART_H

#include "host.h"

struct hv_uart {
	struct hv_host *host;
	unsigned int irq;
	/* The guest has written; NULL: nobody listens. */
	void (*sink)(struct hv_host *host, uint8_t byte);
	uint8_t *input;			/* bytes that the guest has not read yet */
	size_t input_size;
	bool transmitter_empty;		/* and the guest was not told yet */
	bool line;
	uint8_t ier, lcr, mcr, scr, fcr, divisor[2];
};

void hv_uart_reset(struct hv_uart *uart);
uint8_t hv_uart_read(struct hv_uart *uart, unsigned int reg);
void hv_uart_write(struct hv_uart *uart, unsigned int reg, uint8_t value);

/** hv_uart_feed() - bytes for the guest to read; queued without limit */
void hv_uart_feed(struct hv_uart *uart, const void *bytes, size_t size);

#endif
