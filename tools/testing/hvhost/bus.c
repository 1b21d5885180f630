// SPDX-License-Identifier: GPL-2.0
#include "bus.h"

#include <errno.h>

#include "synic.h"

void hv_bus_say(struct hv_host *host, const void *message, size_t size)
{
	hv_synic_post(host, host->bus->vp, message, size);
}

void hv_bus_violation(struct hv_host *host, const char *format, ...)
{
	char text[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	host->bus->violations++;
	hv_emit(host, HV_EVENT_VIOLATION, NULL, "VMBus: %s", text);
}

int hv_bus_message(struct hv_host *host, const void *bytes, size_t size)
{
	int ret = 0;

	if (size > HV_MESSAGE_PAYLOAD)
		return -EMSGSIZE;
	hv_lock(host);
	if (host->bus->version)
		hv_bus_say(host, bytes, size);
	else
		ret = -ENOTCONN;
	hv_unlock(host);
	return ret;
}

void hv_bus_signal(struct hv_host *host, unsigned int vp, unsigned int flag)
{
	hv_lock(host);
	if (vp < host->config.vcpus)
		hv_synic_signal(host, vp, flag);
	hv_unlock(host);
}

bool hv_bus_ready(struct hv_host *host)
{
	bool ready;

	hv_lock(host);
	ready = host->bus->version && host->bus->offers_requested && !hv_synic_pending(host);
	hv_unlock(host);
	return ready;
}

uint32_t hv_bus_version(struct hv_host *host)
{
	return hv_read(host, &host->bus->version);
}

unsigned int hv_bus_violations(struct hv_host *host)
{
	return hv_read(host, &host->bus->violations);
}
