// SPDX-License-Identifier: GPL-2.0
/* Commands for the agent and its answers, as they pass through the box and the port. */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <linux/kvm.h>

#include "agent_port.h"
#include "guest.h"
#include "ports.h"
#include "uart.h"
#include "unit.h"

static struct page {
	struct kvm_run run;
	uint32_t data;
} page;

static uint32_t port(struct hv_host *host, uint8_t direction, uint32_t value)
{
	page.run.io.direction = direction;
	page.run.io.port = AGENT_PORT;
	page.run.io.size = sizeof(page.data);
	page.run.io.count = 1;
	page.run.io.data_offset = offsetof(struct page, data);
	page.data = value;
	hv_ports_access(host, &page.run);
	return page.data;
}

/* As the agent asks: true if the box has that. */
static bool hears(struct hv_host *host, const char *text)
{
	size_t size = strlen(text);

	return port(host, KVM_EXIT_IO_IN, 0) == size &&
	       !memcmp(host->memory + AGENT_BOX, text, size);
}

static void tell(struct hv_host *host, const char *text)
{
	memcpy(host->memory + AGENT_BOX, text, strlen(text));
	port(host, KVM_EXIT_IO_OUT, strlen(text));
}

static bool ends(struct hv_host *host, int id, int status, const char *output)
{
	char *text;
	int ret = hv_guest_finish(host, id, 10, &text);
	bool good = ret == status && !strcmp(text, output);

	free(text);
	return good;
}

static void begin(struct hv_host *host)
{
	unit_check(!port(host, KVM_EXIT_IO_IN, 0), "nothing to hear yet");
	tell(host, "noise\nready\n");
	unit_check(hv_uart_read(&host->uarts[1], 5) & 1, "the bell rings");
	unit_check(hears(host, "1 dmesg -n 8\n"), "the first command is the host's");
	tell(host, "1=0\n");
	unit_check(hv_guest_ready(host, 10) == 0, "its answer makes the guest ready");
}

static void commands(struct hv_host *host)
{
	int first = hv_guest_start(host, "echo %s", "one"), second = hv_guest_start(host, "two");

	unit_check(hears(host, "2 echo one\n3 two\n"), "two commands come at once");
	unit_check(!port(host, KVM_EXIT_IO_IN, 0), "and once only");
	tell(host, "2|o");
	tell(host, "ne\n2|and more\n2=3\n");
	unit_check(ends(host, first, 3, "one\nand more\n"), "lines in two pieces, and a status");
	unit_check(!hv_guest_done(host, second), "the other one still runs");
	tell(host, "7|of nobody\n3=0\n");
	unit_check(ends(host, second, 0, ""), "without output");
	unit_check(hv_guest_start(host, "two\nlines") == -EINVAL, "a command is one line");
}

static void sizes(struct hv_host *host)
{
	size_t size = AGENT_BOX_SIZE + 10;
	char *command = malloc(size + 1);
	int id;

	memset(command, 'x', size);
	command[size] = '\0';
	id = hv_guest_start(host, "%s", command);
	unit_check(port(host, KVM_EXIT_IO_IN, 0) == AGENT_BOX_SIZE, "a box full of it");
	unit_check(hears(host, "xxxxxxxxxxxx\n"), "and the rest");
	free(command);
	memset(host->memory + AGENT_BOX, 'x', AGENT_BOX_SIZE);
	port(host, KVM_EXIT_IO_OUT, ~0u);
	tell(host, "\n4=1\n");
	unit_check(ends(host, id, 1, ""), "a guest cannot say more than the box holds");
}

int main(void)
{
	struct hv_config config = { .memory_mib = 1 };
	struct hv_uart uarts[2] = {};
	struct hv_agent agent = {};
	struct hv_host host = { .uarts = uarts, .agent = &agent };

	if (hv_host_init(&host, &config) || hv_memory_map(&host))
		return 1;
	host.state = HV_RUNNING;
	uarts[1].host = &host;
	hv_agent_start(&host);
	begin(&host);
	commands(&host);
	sizes(&host);
	hv_guest_start(&host, "left");
	hv_agent_start(&host);
	unit_check(!port(&host, KVM_EXIT_IO_IN, 0), "a new machine hears nothing of the old one");
	hv_agent_free(&host);
	hv_uart_reset(&uarts[1]);
	hv_memory_unmap(&host);
	hv_host_exit(&host);
	return unit_done();
}
