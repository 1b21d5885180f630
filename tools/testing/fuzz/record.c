// SPDX-License-Identifier: GPL-2.0
/* Records of a native device, as all daemons read them: any bytes in one read. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "record.h"
#include "scratch.h"
#include "target.h"

static int driver;

static int open_device(struct hvu_client *client)
{
	int ends[2];

	(void)client;
	must(!socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends));
	driver = ends[0];
	return ends[1];
}

static void start(struct hvu_client *client)
{
	must(!(client->features & ~client->wanted));
}

static int take(struct hvu_client *client, const struct hv_ic_record *record, const void *payload)
{
	struct hv_ic_kvp_ip ip;

	must((const char *)payload > client->buffer);
	must((const char *)payload + record->len - sizeof(*record) <=
	     client->buffer + sizeof(client->buffer));
	hvu_record_payload(record, payload, &ip, sizeof(ip));
	return record->op % 2 ? -EOPNOTSUPP : 0;
}

static void over(struct hvu_client *client, uint64_t id, int status)
{
	(void)client;
	(void)id;
	(void)status;
}

static void gone(struct hvu_client *client)
{
	must(client->device < 0);
}

static const struct hvu_client_ops ops = {
	.start = start, .take = take, .over = over, .gone = gone, .open = open_device,
};

/* What is kept open is opened anew only when it is of no use: that takes its time. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct hvu_client client;
	static bool is_open;
	char answers[1024];
	int ret;

	if (!size)
		return 0;
	if (!is_open) {
		scratch_write("dev/null", "", 0);
		must(!hvu_client_open(&client, &ops, scratch(), "kvp", 1));
		is_open = true;
	}
	must(write(driver, data, size) == (ssize_t)size);
	ret = hvu_client_dispatch(&client);
	must(!ret || ret == -EBADMSG || ret == -EAGAIN);
	while (read(driver, answers, sizeof(answers)) > 0)
		;
	return 0;
}
