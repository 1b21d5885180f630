// SPDX-License-Identifier: GPL-2.0
/* The client of a native device. */
#include "record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "array.h"
#include "root.h"

#define FOLDER "dev/hv_ic"

/* --- Answers. ---------------------------------------------------------------------------- */

/**
 * hvu_client_answer() - answer a request of the host
 * @client: the client
 * @id: of the request
 * @status: 0, or a negative errno
 * @payload: what belongs to the operation; NULL if nothing does
 * @size: of @payload
 *
 * Any thread may answer, as long as the device is not closed meanwhile.
 *
 * Return: 0; %-ESTALE if the request is over, which is no fault of the daemon; %-ENODEV if the
 * device is gone; %-EMSGSIZE; or another negative errno of the driver.
 */
int hvu_client_answer(struct hvu_client *client, uint64_t id, int status, const void *payload,
		      size_t size)
{
	struct {
		struct hv_ic_record record;
		char payload[HVU_RECORD_PAYLOAD];
	} answer;

	if (client->device < 0)
		return -ENODEV;
	if (size > sizeof(answer.payload))
		return -EMSGSIZE;
	answer.record = (struct hv_ic_record){
		.len = sizeof(answer.record) + size,
		.id = id,
		.status = status,
	};
	if (size)
		memcpy(answer.payload, payload, size);
	/* The driver takes a record in one piece. */
	return write(client->device, &answer, answer.record.len) < 0 ? -errno : 0;
}

/**
 * hvu_record_payload() - the payload of a record, as this version of the daemon knows it
 * @record: the record
 * @payload: what lies behind it
 * @copy: gets the payload; zero is what an older driver does not send, and what a newer one sends
 *	beyond is left out
 * @size: of @copy
 */
void hvu_record_payload(const struct hv_ic_record *record, const void *payload, void *copy,
			size_t size)
{
	size_t len = record->len - sizeof(*record);

	if (len < size)
		memset((char *)copy + len, 0, size - len);
	memcpy(copy, payload, len < size ? len : size);
}

/**
 * hvu_record_text() - a text in the payload of a record
 * @record: the record
 * @payload: what lies behind it
 * @offset: of the text, in the payload
 * @text: gets it, ended by NUL; what does not fit is left out, and it is "" if it was not sent
 * @size: of @text
 *
 * Of a long field nothing but the text is touched.
 */
void hvu_record_text(const struct hv_ic_record *record, const void *payload, size_t offset,
		     char *text, size_t size)
{
	size_t len = record->len - sizeof(*record);
	size_t room = offset < len ? len - offset : 0;

	room = strnlen((const char *)payload + offset, room < size ? room : size - 1);
	memcpy(text, (const char *)payload + offset, room);
	text[room] = '\0';
}

/* --- Records. ------------------------------------------------------------------------------ */

static int take_hello(struct hvu_client *client, const struct hv_ic_record *record,
		      const void *payload)
{
	struct hv_ic_hello mine = { .abi = HV_IC_ABI_VERSION };
	int ret;

	hvu_record_payload(record, payload, &client->hello, sizeof(client->hello));
	if (!(record->flags & HV_IC_RECORD_EVENT)) {
		client->features = client->hello.features & client->wanted;
		mine.features = client->features;
		ret = hvu_client_answer(client, record->id, 0, &mine, sizeof(mine));
		if (ret)
			return ret;
		client->attached = true;
	}
	client->ops->start(client);
	return 0;
}

static int take_record(struct hvu_client *client, const struct hv_ic_record *record,
		       const void *payload)
{
	int ret;

	if (record->op == HV_IC_HELLO)
		return take_hello(client, record, payload);
	if (record->op == HV_IC_OVER) {
		client->ops->over(client, record->id, record->status);
		return 0;
	}
	ret = client->ops->take(client, record, payload);
	if (ret && !(record->flags & HV_IC_RECORD_EVENT))
		ret = hvu_client_answer(client, record->id, ret, NULL, 0);
	else
		ret = 0;
	return ret == -ESTALE ? 0 : ret;
}

/* All that one read gives; %-EAGAIN if there is nothing. */
static int read_records(struct hvu_client *client)
{
	ssize_t len = read(client->device, client->buffer, sizeof(client->buffer));
	int ret = 0;

	if (len < 0)
		return -errno;
	if (!len)
		return -ENODEV;
	for (ssize_t at = 0; at < len && !ret;) {
		const char *next = &client->buffer[at];
		struct hv_ic_record record;

		/* One follows the other without a gap, so it may lie at any address. */
		ret = -EBADMSG;
		if (len - at < (ssize_t)sizeof(record))
			break;
		memcpy(&record, next, sizeof(record));
		if (record.len < sizeof(record) || record.len > len - at)
			break;
		ret = take_record(client, &record, next + sizeof(record));
		at += record.len;
	}
	if (client->ops->taken)
		client->ops->taken(client);
	return ret;
}

/* --- The device comes and goes. ------------------------------------------------------------ */

static int open_usual(struct hvu_client *client)
{
	return hvu_open(client->root, O_RDWR | O_NONBLOCK, FOLDER "/%s", client->name);
}

/* The folder is there only as long as there is a device; /dev always is. */
static int watch_folders(struct hvu_client *client)
{
	static const char *const folders[] = { "dev", FOLDER };

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		int fd = hvu_open(client->root, O_PATH | O_DIRECTORY, "%s", folders[i]);
		char path[32];
		int ret;

		if (fd == -ENOENT && i)
			return 0;
		if (fd < 0)
			return fd;
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		ret = inotify_add_watch(client->watch, path, IN_CREATE | IN_ATTRIB) < 0 ?
			-errno : 0;
		close(fd);
		if (ret)
			return ret;
	}
	return 0;
}

/* 0 also if the device is not there. ORDER: watch first, so that it cannot come in between. */
static int try_device(struct hvu_client *client)
{
	struct epoll_event event = { .events = EPOLLIN };
	int ret = watch_folders(client);

	if (ret || client->device >= 0)
		return ret;
	client->attached = false;
	client->device = client->ops->open ? client->ops->open(client) : open_usual(client);
	if (client->device < 0) {
		ret = client->device;
		client->device = -1;
		return ret == -ENOENT || ret == -ENODEV || ret == -ENXIO ? 0 : ret;
	}
	event.data.fd = client->device;
	return epoll_ctl(client->loop, EPOLL_CTL_ADD, client->device, &event) ? -errno : 0;
}

static void lose_device(struct hvu_client *client)
{
	close(client->device);
	client->device = -1;
	if (client->attached)
		client->ops->gone(client);
	client->attached = false;
}

static int on_watch(struct hvu_client *client)
{
	char events[4096];

	/* Whatever has come or gone: look what is there now. */
	while (read(client->watch, events, sizeof(events)) > 0)
		;
	return try_device(client);
}

/**
 * hvu_client_dispatch() - do what there is to do, without waiting
 * @client: the client; call it when its descriptor can be read
 *
 * Return: 0, or a negative errno: %-EBUSY if another daemon owns the service, %-EPROTO if driver
 * and daemon are of different ABI versions, %-EBADMSG if the driver makes no sense. The client is
 * of no use then.
 */
int hvu_client_dispatch(struct hvu_client *client)
{
	/* It is a record, nearly always: to ask what it is would be one more call for each. */
	int ret = client->device < 0 ? -EAGAIN : read_records(client);

	if (ret == -EAGAIN || ret == -EINTR)
		return on_watch(client);
	if (ret != -ENODEV)
		return ret;
	lose_device(client);
	/* It may be back already. */
	return try_device(client);
}

/** hvu_client_fd() - what to wait on: it can be read when there is something to do */
int hvu_client_fd(const struct hvu_client *client)
{
	return client->loop;
}

/**
 * hvu_client_open() - own a service now, or as soon as its device is there
 * @client: to be filled in
 * @ops: what the daemon does
 * @root: below which /dev is
 * @name: of the device
 * @features: HV_IC_FEATURE_* that the daemon can use
 *
 * Return: 0, also if the device is not there yet, or a negative errno as of hvu_client_dispatch().
 * Close only after success.
 */
int hvu_client_open(struct hvu_client *client, const struct hvu_client_ops *ops, int root,
		    const char *name, uint64_t features)
{
	struct epoll_event event = { .events = EPOLLIN };
	int ret;

	memset(client, 0, offsetof(struct hvu_client, buffer));
	client->ops = ops;
	client->root = root;
	client->name = name;
	client->wanted = features;
	client->device = -1;
	client->watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (client->watch < 0)
		return -errno;
	client->loop = epoll_create1(EPOLL_CLOEXEC);
	if (client->loop < 0) {
		ret = -errno;
		goto err_close_watch;
	}
	event.data.fd = client->watch;
	ret = epoll_ctl(client->loop, EPOLL_CTL_ADD, client->watch, &event) ? -errno :
		try_device(client);
	if (ret)
		goto err_close_loop;
	return 0;

err_close_loop:
	if (client->device >= 0)
		close(client->device);
	close(client->loop);
err_close_watch:
	close(client->watch);
	return ret;
}

/** hvu_client_close() - give the service up; what the host waits for is answered by the driver */
void hvu_client_close(struct hvu_client *client)
{
	if (client->device >= 0)
		close(client->device);
	close(client->loop);
	close(client->watch);
}
