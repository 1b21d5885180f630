// SPDX-License-Identifier: GPL-2.0
/*
 * genl: talks to the family hv_ic without a library, also in ways in which no library does.
 * It is one program that cases call in the guest: a table of things to do, all of which share what
 * builds and reads messages.
 *
 *	genl check			requests that must be refused, each with its reason
 *	genl unprivileged		what a user may do, and may not
 *	genl fuzz SEED ROUNDS		random and nearly right requests
 *	genl flood EVENTS		listeners that do not read; do they notice the loss?
 *	genl listen [SECRET]		print events until killed, a line each; and "told SECRET"
 *					for one that has it in it
 *	genl handler ANSWER...		handle shutdown requests: accepted, locked, unsupported,
 *					done, failed, or silent (until killed); then close
 *	genl switch ID 0|1		switch a service off or on
 *	genl health NAME STATE [MS]	report: 1 healthy, 2 critical
 *	genl clear NAME			take it back
 *	genl cancel, genl now		the pending shutdown request
 *
 * If something is wrong, it says what, and ends with 1.
 */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/genetlink.h>
#include <linux/netlink.h>

#include <linux/hv_ic.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* Sockets and messages. */

static uint16_t family;
static uint32_t groups[8];
static size_t n_groups;

static void __attribute__((noreturn, format(printf, 1, 2))) die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	exit(1);
}

struct request {
	union {
		struct nlmsghdr header;
		char bytes[8192];
	};
};

/* The answer to a request: an errno with its reason, or the last message with attributes. */
struct answer {
	int error;
	char reason[256];
	size_t n_messages;
	union {
		struct nlmsghdr header;
		char bytes[16384];
	};
};

static struct genlmsghdr *begin(struct request *r, uint16_t type, uint8_t command, uint16_t flags)
{
	struct genlmsghdr *genl = NLMSG_DATA(&r->header);

	memset(r, 0, NLMSG_LENGTH(GENL_HDRLEN));
	r->header.nlmsg_type = type;
	r->header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	r->header.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN);
	r->header.nlmsg_seq = 1;
	genl->cmd = command;
	genl->version = 1;
	return genl;
}

static void put(struct request *r, uint16_t type, const void *value, size_t size)
{
	struct nlattr *attr = (struct nlattr *)(r->bytes + NLMSG_ALIGN(r->header.nlmsg_len));

	if ((char *)attr + NLA_HDRLEN + NLA_ALIGN(size) > r->bytes + sizeof(r->bytes))
		return;
	memset(attr, 0, NLA_HDRLEN + NLA_ALIGN(size));
	attr->nla_type = type;
	attr->nla_len = NLA_HDRLEN + size;
	memcpy((char *)attr + NLA_HDRLEN, value, size);
	r->header.nlmsg_len = NLMSG_ALIGN(r->header.nlmsg_len) + NLA_ALIGN(attr->nla_len);
}

static const struct nlattr *next_attr(const void *end, const struct nlattr *attr)
{
	const char *next = (const char *)attr + NLA_ALIGN(attr->nla_len);

	return next + NLA_HDRLEN <= (const char *)end ? (const struct nlattr *)next : NULL;
}

/* Attribute @type between @from and @end, or NULL. */
static const void *find(const void *from, const void *end, uint16_t type)
{
	const struct nlattr *attr = from;

	if ((const char *)from + NLA_HDRLEN > (const char *)end)
		return NULL;
	for (; attr; attr = next_attr(end, attr)) {
		if ((attr->nla_type & NLA_TYPE_MASK) == type)
			return (const char *)attr + NLA_HDRLEN;
	}
	return NULL;
}

static const void *message_attr(const struct nlmsghdr *header, uint16_t type)
{
	return find((const char *)header + NLMSG_LENGTH(GENL_HDRLEN),
		    (const char *)header + header->nlmsg_len, type);
}

static uint32_t attr_u32(const struct nlmsghdr *header, uint16_t type)
{
	const uint32_t *value = message_attr(header, type);

	return value ? *value : UINT32_MAX;
}

static uint64_t attr_u64(const struct nlmsghdr *header, uint16_t type)
{
	const void *at = message_attr(header, type);
	uint64_t value = 0;

	if (at)
		memcpy(&value, at, sizeof(value));
	return value;
}

static int open_socket(void)
{
	const struct sockaddr_nl address = { .nl_family = AF_NETLINK };
	const struct timeval limit = { .tv_sec = 60 };
	const int on = 1;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) ||
	    setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on)) ||
	    setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)))
		die("netlink socket: %s", strerror(errno));
	return fd;
}

static void take_result(const struct nlmsghdr *header, struct answer *answer)
{
	const int *error = NLMSG_DATA(header);
	const char *at = (const char *)(error + 1);
	const char *reason;

	answer->error = *error;
	if (header->nlmsg_type == NLMSG_ERROR)
		at = (const char *)NLMSG_DATA(header) + sizeof(struct nlmsgerr);
	if (!(header->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	reason = find(at, (const char *)header + header->nlmsg_len, NLMSGERR_ATTR_MSG);
	if (reason)
		snprintf(answer->reason, sizeof(answer->reason), "%s", reason);
}

/* A question to the handler, which may come before the answer to its last command. */
static union {
	struct nlmsghdr header;
	char bytes[8192];
} question;

/* Reads until the request is over; false if there is nothing more to read. */
static bool receive(int fd, struct answer *answer, int flags)
{
	static char buffer[65536] __attribute__((aligned(8)));

	for (;;) {
		ssize_t size = recv(fd, buffer, sizeof(buffer), flags);
		const struct nlmsghdr *header = (const struct nlmsghdr *)buffer;

		if (size < 0)
			return false;
		for (; NLMSG_OK(header, size); header = NLMSG_NEXT(header, size)) {
			if (header->nlmsg_type == NLMSG_ERROR || header->nlmsg_type == NLMSG_DONE) {
				take_result(header, answer);
				return true;
			}
			if (!header->nlmsg_seq && header->nlmsg_len <= sizeof(question)) {
				memcpy(&question, header, header->nlmsg_len);
				continue;
			}
			answer->n_messages++;
			if (header->nlmsg_len <= sizeof(answer->bytes))
				memcpy(answer->bytes, header, header->nlmsg_len);
		}
	}
}

static void ask(int fd, struct request *r, struct answer *answer)
{
	answer->error = 1;
	answer->reason[0] = '\0';
	answer->n_messages = 0;
	if (send(fd, r, r->header.nlmsg_len, 0) < 0)
		die("send: %s", strerror(errno));
	if (!receive(fd, answer, 0))
		die("no answer to command %u: %s",
		    ((struct genlmsghdr *)NLMSG_DATA(&r->header))->cmd, strerror(errno));
}

static void find_family(void)
{
	const struct nlattr *list, *group;
	struct answer answer;
	struct request r;
	int fd = open_socket();

	begin(&r, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0);
	put(&r, CTRL_ATTR_FAMILY_NAME, HV_IC_FAMILY_NAME, sizeof(HV_IC_FAMILY_NAME));
	ask(fd, &r, &answer);
	if (answer.error)
		die("no family %s: is hv_ic loaded?", HV_IC_FAMILY_NAME);
	family = *(const uint16_t *)message_attr(&answer.header, CTRL_ATTR_FAMILY_ID);

	list = message_attr(&answer.header, CTRL_ATTR_MCAST_GROUPS);
	group = list;
	list = (const struct nlattr *)((const char *)list - NLA_HDRLEN);
	while (group && n_groups < ARRAY_SIZE(groups)) {
		const char *end = (const char *)group + group->nla_len;

		groups[n_groups++] = *(const uint32_t *)find((const char *)group + NLA_HDRLEN, end,
							     CTRL_ATTR_MCAST_GRP_ID);
		group = next_attr((const char *)list + list->nla_len, group);
	}
	close(fd);
}

static int open_listener(void)
{
	int fd = open_socket();

	for (size_t i = 0; i < n_groups; i++) {
		if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &groups[i],
			       sizeof(groups[i])))
			die("joining a group: %s", strerror(errno));
	}
	return fd;
}

/* Rows of tables. */

enum kind { END, U8, U32, U64, TEXT, BYTES };

struct value {
	uint16_t type;
	enum kind kind;
	uint64_t number;
	const char *text;
};

struct row {
	const char *what;
	uint8_t command;
	uint16_t flags;
	struct value values[4];
	int error;
	const char *reason;		/* part of it; NULL for any */
};

static void put_value(struct request *r, const struct value *value)
{
	static const size_t sizes[] = { [U8] = 1, [U32] = 4, [U64] = 8 };

	switch (value->kind) {
	case TEXT:
		put(r, value->type, value->text, strlen(value->text) + 1);
		break;
	case BYTES:
		put(r, value->type, value->text ? value->text : "", value->number);
		break;
	default:
		put(r, value->type, &value->number, sizes[value->kind]);
	}
}

static void ask_row(int fd, const struct row *row, struct answer *answer)
{
	struct request r;

	begin(&r, family, row->command, row->flags);
	for (const struct value *v = row->values; v->kind; v++)
		put_value(&r, v);
	ask(fd, &r, answer);
}

static unsigned int expect_rows(int fd, const struct row *rows, size_t n_rows)
{
	struct answer answer;
	unsigned int wrong = 0;

	for (size_t i = 0; i < n_rows; i++) {
		const struct row *row = &rows[i];

		ask_row(fd, row, &answer);
		if (answer.error == -row->error &&
		    (!row->reason || strstr(answer.reason, row->reason)))
			continue;
		printf("%s: expected error %d \"%s\", got %d \"%s\"\n", row->what, row->error,
		       row->reason ? row->reason : "", -answer.error, answer.reason);
		wrong++;
	}
	return wrong;
}

#define NUMBER(attr, size, n)	{ .type = (attr), .kind = (size), .number = (n) }
#define ID(n)			NUMBER(HV_IC_A_SERVICE_ID, U32, n)
#define ENABLED(n)		NUMBER(HV_IC_A_SERVICE_ENABLED, U8, n)
#define NAME(t)			{ .type = HV_IC_A_HEALTH_NAME, .kind = TEXT, .text = (t) }
#define HEALTH(n)		NUMBER(HV_IC_A_HEALTH_STATE, U32, n)
#define TTL(n)			NUMBER(HV_IC_A_HEALTH_TTL, U32, n)
#define REQUEST(n)		NUMBER(HV_IC_A_REQUEST_ID, U64, n)
#define DECISION(n)		NUMBER(HV_IC_A_REQUEST_DECISION, U32, n)

static const struct row refused_rows[] = {
	{ "a service without id", HV_IC_CMD_SERVICE_GET, 0, {}, EINVAL, "id is missing" },
	{ "service 0", HV_IC_CMD_SERVICE_GET, 0, { ID(0) }, ERANGE, "range" },
	{ "service 6", HV_IC_CMD_SERVICE_GET, 0, { ID(6) }, EINVAL, "no such service" },
	{ "service 99", HV_IC_CMD_SERVICE_GET, 0, { ID(99) }, ERANGE, "range" },
	{ "a service in one byte", HV_IC_CMD_SERVICE_GET, 0,
	  { NUMBER(HV_IC_A_SERVICE_ID, U8, 1) }, EINVAL, "length" },
	{ "a service in eight bytes", HV_IC_CMD_SERVICE_GET, 0,
	  { NUMBER(HV_IC_A_SERVICE_ID, U64, 1) }, EINVAL, "length" },
	{ "an attribute of no command", HV_IC_CMD_SERVICE_GET, 0,
	  { ID(1), NUMBER(200, U32, 1) }, EINVAL, "nknown attribute" },
	{ "an attribute of another command", HV_IC_CMD_SERVICE_GET, 0,
	  { ID(1), ENABLED(1) }, EINVAL, "nknown attribute" },
	{ "a dump with attributes", HV_IC_CMD_SERVICE_GET, NLM_F_DUMP,
	  { ID(1) }, EINVAL, "takes no attributes" },
	{ "a switch without a position", HV_IC_CMD_SERVICE_SET, 0,
	  { ID(1) }, EINVAL, "enabled is missing" },
	{ "a switch without a service", HV_IC_CMD_SERVICE_SET, 0,
	  { ENABLED(1) }, EINVAL, "id is missing" },
	{ "a switch half on", HV_IC_CMD_SERVICE_SET, 0, { ID(1), ENABLED(2) }, ERANGE, "range" },
	{ "a notification as command", HV_IC_CMD_SERVICE_NTF, 0, {}, EOPNOTSUPP, NULL },
	{ "no command", 0, 0, {}, EOPNOTSUPP, NULL },
	{ "a command of the future", HV_IC_CMD_MAX + 1, 0, {}, EOPNOTSUPP, NULL },
	{ "a dump of what has none", HV_IC_CMD_TIME_GET, NLM_F_DUMP, {}, EOPNOTSUPP, NULL },

	{ "time with an attribute", HV_IC_CMD_TIME_GET, 0,
	  { NUMBER(HV_IC_A_TIME_MODE, U32, 1) }, EINVAL, NULL },
	{ "no policy of time", HV_IC_CMD_TIME_SET, 0, {}, EINVAL, "nothing to set" },
	{ "time mode 4", HV_IC_CMD_TIME_SET, 0,
	  { NUMBER(HV_IC_A_TIME_MODE, U32, 4) }, ERANGE, "range" },
	{ "no gap", HV_IC_CMD_TIME_SET, 0,
	  { NUMBER(HV_IC_A_TIME_IMPLICIT_GAP, U32, 0) }, ERANGE, "range" },
	{ "half backward", HV_IC_CMD_TIME_SET, 0,
	  { NUMBER(HV_IC_A_TIME_BACKWARD, U8, 2) }, ERANGE, "range" },

	{ "health of nobody", HV_IC_CMD_HEALTH_SET, 0,
	  { HEALTH(HV_IC_HEALTH_HEALTHY) }, EINVAL, "name is missing" },
	{ "an empty name", HV_IC_CMD_HEALTH_SET, 0,
	  { NAME(""), HEALTH(HV_IC_HEALTH_HEALTHY) }, EINVAL, "printable" },
	{ "a name with a space", HV_IC_CMD_HEALTH_SET, 0,
	  { NAME("a b"), HEALTH(HV_IC_HEALTH_HEALTHY) }, EINVAL, "printable" },
	{ "a name that clears the screen", HV_IC_CMD_HEALTH_SET, 0,
	  { NAME("a\033[2J"), HEALTH(HV_IC_HEALTH_HEALTHY) }, EINVAL, "printable" },
	{ "a name beyond ASCII", HV_IC_CMD_HEALTH_SET, 0,
	  { NAME("\303\274"), HEALTH(HV_IC_HEALTH_HEALTHY) }, EINVAL, "printable" },
	{ "a name without end", HV_IC_CMD_HEALTH_SET, 0,
	  { { HV_IC_A_HEALTH_NAME, BYTES, 4, "name" }, HEALTH(HV_IC_HEALTH_HEALTHY) },
	  EINVAL, NULL },
	{ "a name of 32 bytes", HV_IC_CMD_HEALTH_SET, 0,
	  { NAME("0123456789abcdef0123456789abcdef"), HEALTH(HV_IC_HEALTH_HEALTHY) },
	  EINVAL, NULL },
	{ "no health", HV_IC_CMD_HEALTH_SET, 0, { NAME("x") }, EINVAL, "state is missing" },
	{ "health unknown", HV_IC_CMD_HEALTH_SET, 0,
	  { NAME("x"), HEALTH(HV_IC_HEALTH_UNKNOWN) }, ERANGE, "range" },
	{ "health stopped", HV_IC_CMD_HEALTH_SET, 0,
	  { NAME("x"), HEALTH(HV_IC_HEALTH_STOPPED) }, ERANGE, "range" },
	{ "no time to live", HV_IC_CMD_HEALTH_SET, 0,
	  { NAME("x"), HEALTH(HV_IC_HEALTH_HEALTHY), TTL(0) }, ERANGE, "range" },
	{ "too much time to live", HV_IC_CMD_HEALTH_SET, 0,
	  { NAME("x"), HEALTH(HV_IC_HEALTH_HEALTHY), TTL(0x80000000) }, ERANGE, "range" },
	{ "clearing whom?", HV_IC_CMD_HEALTH_CLEAR, 0, {}, EINVAL, "name is missing" },
	{ "clearing nobody", HV_IC_CMD_HEALTH_CLEAR, 0, { NAME("x") }, ENOENT, "no reporter" },
	{ "a dump of health with attributes", HV_IC_CMD_HEALTH_GET, NLM_F_DUMP,
	  { NAME("x") }, EINVAL, NULL },

	{ "no policy of shutdown", HV_IC_CMD_SHUTDOWN_SET, 0, {}, EINVAL, "nothing to set" },
	{ "policy 3", HV_IC_CMD_SHUTDOWN_SET, 0,
	  { NUMBER(HV_IC_A_SHUTDOWN_REBOOT, U32, 3) }, ERANGE, "range" },
	{ "more than a day of grace", HV_IC_CMD_SHUTDOWN_SET, 0,
	  { NUMBER(HV_IC_A_SHUTDOWN_GRACE, U32, 86401) }, ERANGE, "range" },
	{ "cancelling what?", HV_IC_CMD_SHUTDOWN_CANCEL, 0, {}, EINVAL, "id is missing" },
	{ "cancelling nothing", HV_IC_CMD_SHUTDOWN_CANCEL, 0,
	  { REQUEST(1) }, ENOENT, "no request is pending" },
	{ "hurrying nothing", HV_IC_CMD_SHUTDOWN_NOW, 0,
	  { REQUEST(1) }, ENOENT, "no request is pending" },
	{ "a stranger detaches", HV_IC_CMD_HANDLER_DETACH, 0, {}, EPERM, "not the handler" },
	{ "a stranger answers", HV_IC_CMD_HANDLER_REPLY, 0,
	  { REQUEST(1), DECISION(0) }, EPERM, "attach first" },
};

/* In this order, on one socket. */
static const struct row handler_rows[] = {
	{ "attach", HV_IC_CMD_HANDLER_ATTACH, 0, {}, 0, NULL },
	{ "attach again", HV_IC_CMD_HANDLER_ATTACH, 0, {}, 0, NULL },
	{ "attach with an attribute", HV_IC_CMD_HANDLER_ATTACH, 0, { REQUEST(1) }, EINVAL, NULL },
	{ "answer nothing", HV_IC_CMD_HANDLER_REPLY, 0, {}, EINVAL, "an id and a decision" },
	{ "answer without decision", HV_IC_CMD_HANDLER_REPLY, 0,
	  { REQUEST(1) }, EINVAL, "an id and a decision" },
	{ "decide 5", HV_IC_CMD_HANDLER_REPLY, 0,
	  { REQUEST(1), DECISION(5) }, ERANGE, "range" },
	{ "answer what was not asked", HV_IC_CMD_HANDLER_REPLY, 0,
	  { REQUEST(1ull << 63), DECISION(0) }, ESTALE, "nobody waits" },
};

static const struct row occupied_rows[] = {
	{ "a second handler", HV_IC_CMD_HANDLER_ATTACH, 0, {}, EBUSY, "another handler" },
	{ "the second detaches", HV_IC_CMD_HANDLER_DETACH, 0, {}, EPERM, "not the handler" },
	{ "the second answers", HV_IC_CMD_HANDLER_REPLY, 0,
	  { REQUEST(1), DECISION(0) }, EPERM, "attach first" },
};

static const struct row detach_rows[] = {
	{ "detach", HV_IC_CMD_HANDLER_DETACH, 0, {}, 0, NULL },
	{ "detach twice", HV_IC_CMD_HANDLER_DETACH, 0, {}, EPERM, "not the handler" },
	{ "attach once more", HV_IC_CMD_HANDLER_ATTACH, 0, {}, 0, NULL },
};

static const struct row good_rows[] = {
	{ "a service", HV_IC_CMD_SERVICE_GET, 0, { ID(HV_IC_SERVICE_HEARTBEAT) }, 0, NULL },
	{ "all services", HV_IC_CMD_SERVICE_GET, NLM_F_DUMP, {}, 0, NULL },
	{ "time", HV_IC_CMD_TIME_GET, 0, {}, 0, NULL },
	{ "health", HV_IC_CMD_HEALTH_GET, 0, {}, 0, NULL },
	{ "all reporters", HV_IC_CMD_HEALTH_GET, NLM_F_DUMP, {}, 0, NULL },
	{ "shutdown", HV_IC_CMD_SHUTDOWN_GET, 0, {}, 0, NULL },
};

static unsigned int expect_reporters(int fd, size_t expected)
{
	static const struct row get = { "", HV_IC_CMD_HEALTH_GET, NLM_F_DUMP, {}, 0, NULL };
	struct answer answer;

	ask_row(fd, &get, &answer);
	if (!answer.error && answer.n_messages == expected)
		return 0;
	printf("a dump of %zu reporters: error %d, %zu messages\n", expected, -answer.error,
	       answer.n_messages);
	return 1;
}

/* There is a limit, and the error names it. */
static unsigned int check_many_reporters(int fd)
{
	unsigned int wrong = 0;
	char name[16];

	for (int i = 0; i <= HV_IC_REPORTERS_MAX; i++) {
		struct row row = { "a reporter", HV_IC_CMD_HEALTH_SET, 0,
				   { NAME(name), HEALTH(HV_IC_HEALTH_HEALTHY) }, 0, NULL };

		snprintf(name, sizeof(name), "reporter-%d", i);
		if (i == HV_IC_REPORTERS_MAX) {
			row.error = ENOSPC;
			row.reason = "too many reporters";
		}
		wrong += expect_rows(fd, &row, 1);
	}
	wrong += expect_reporters(fd, HV_IC_REPORTERS_MAX);

	for (int i = 0; i < HV_IC_REPORTERS_MAX; i++) {
		const struct row row = { "clearing", HV_IC_CMD_HEALTH_CLEAR, 0,
					 { NAME(name) }, 0, NULL };

		snprintf(name, sizeof(name), "reporter-%d", i);
		wrong += expect_rows(fd, &row, 1);
	}
	return wrong + expect_reporters(fd, 0);
}

static unsigned int check(void)
{
	int fd = open_socket(), second = open_socket();
	unsigned int wrong = expect_rows(fd, refused_rows, ARRAY_SIZE(refused_rows));

	wrong += expect_rows(fd, good_rows, ARRAY_SIZE(good_rows));
	wrong += check_many_reporters(fd);
	wrong += expect_rows(fd, handler_rows, ARRAY_SIZE(handler_rows));
	wrong += expect_rows(second, occupied_rows, ARRAY_SIZE(occupied_rows));
	wrong += expect_rows(fd, detach_rows, ARRAY_SIZE(detach_rows));
	close(fd);		/* detaches, too */
	wrong += expect_rows(second, handler_rows, 1);
	close(second);
	return wrong;
}

/* Without privilege: everything may be read, nothing changed. */

static const struct row forbidden_rows[] = {
	{ "a switch", HV_IC_CMD_SERVICE_SET, 0, { ID(1), ENABLED(0) }, EPERM, NULL },
	{ "time", HV_IC_CMD_TIME_SET, 0, { NUMBER(HV_IC_A_TIME_MODE, U32, 0) }, EPERM, NULL },
	{ "health", HV_IC_CMD_HEALTH_SET, 0,
	  { NAME("x"), HEALTH(HV_IC_HEALTH_CRITICAL) }, EPERM, NULL },
	{ "clearing", HV_IC_CMD_HEALTH_CLEAR, 0, { NAME("x") }, EPERM, NULL },
	{ "shutdown", HV_IC_CMD_SHUTDOWN_SET, 0,
	  { NUMBER(HV_IC_A_SHUTDOWN_REBOOT, U32, 1) }, EPERM, NULL },
	{ "cancelling", HV_IC_CMD_SHUTDOWN_CANCEL, 0, { REQUEST(1) }, EPERM, NULL },
	{ "hurrying", HV_IC_CMD_SHUTDOWN_NOW, 0, { REQUEST(1) }, EPERM, NULL },
	{ "handling", HV_IC_CMD_HANDLER_ATTACH, 0, {}, EPERM, NULL },
	{ "not handling", HV_IC_CMD_HANDLER_DETACH, 0, {}, EPERM, NULL },
	{ "answering", HV_IC_CMD_HANDLER_REPLY, 0, { REQUEST(1), DECISION(0) }, EPERM, NULL },
};

static unsigned int unprivileged(void)
{
	int fd;

	if (setgid(65534) || setuid(65534))
		die("cannot become a user: %s", strerror(errno));
	fd = open_listener();
	return expect_rows(fd, good_rows, ARRAY_SIZE(good_rows)) +
	       expect_rows(fd, forbidden_rows, ARRAY_SIZE(forbidden_rows));
}

/* Fuzzing. */

static uint64_t state;

static uint32_t random_below(uint32_t n)
{
	state = state * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(state >> 33) % n;
}

static uint32_t random_number(void)
{
	static const uint32_t edges[] = { 0x7fffffff, 0x80000000, 0xffffffff, 86400, 86401, 32 };

	return random_below(4) ? random_below(9) : edges[random_below(ARRAY_SIZE(edges))];
}

/* Nearly right requests: the size is that of a number or of a name. */
static void put_plausible(struct request *r)
{
	static const char *const texts[] = { "", "web", "database", "\xff\xfe", "a b" };
	const struct value value = {
		.type = random_below(HV_IC_A_TIME_MAX + 2),
		.kind = U8 + random_below(4),
		.number = random_number(),
		.text = texts[random_below(ARRAY_SIZE(texts))],
	};

	put_value(r, &value);
}

static void put_random(struct request *r)
{
	uint16_t type = random_below(4) ? random_below(24) : random_below(0x10000);
	size_t size = random_below(4) ? random_below(12) : random_below(600);
	char bytes[600] = {};

	for (size_t i = 0; i < size; i++)
		bytes[i] = random_below(256);
	put(r, type, bytes, size);
}

static void damage(struct request *r)
{
	size_t at = NLMSG_LENGTH(0) + random_below(r->header.nlmsg_len - NLMSG_LENGTH(0));

	r->bytes[at] ^= 1 << random_below(8);
}

static void fuzz_once(int fd)
{
	static const uint16_t flags[] = { 0, 0, 0, NLM_F_DUMP, NLM_F_ROOT, NLM_F_ATOMIC };
	uint8_t command = random_below(HV_IC_CMD_MAX + 3);
	unsigned int n = random_below(5);
	struct answer answer;
	struct request r;

	/* Otherwise channels would open and close all the time. */
	if (command == HV_IC_CMD_SERVICE_SET && random_below(32))
		return;
	begin(&r, family, command, flags[random_below(ARRAY_SIZE(flags))]);
	while (n--)
		(random_below(4) ? put_plausible : put_random)(&r);
	if (!random_below(4))
		damage(&r);
	if (send(fd, &r, r.header.nlmsg_len, MSG_DONTWAIT) < 0 && errno != EAGAIN)
		die("send: %s", strerror(errno));
	while (receive(fd, &answer, MSG_DONTWAIT))
		;
}

static unsigned int fuzz(uint64_t seed, unsigned int rounds)
{
	int listener = open_listener();		/* makes events cost something */
	unsigned int wrong;
	pid_t second;
	int fd, status;

	/* Two that race, each with a seed that can be had again. */
	second = fork();
	if (second < 0)
		die("fork: %s", strerror(errno));
	state = second ? seed : ~seed;
	fd = open_socket();
	for (unsigned int i = 0; i < rounds; i++) {
		if (!random_below(500)) {
			close(fd);
			fd = open_socket();
		}
		fuzz_once(fd);
	}
	close(fd);
	close(listener);

	fd = open_socket();
	wrong = expect_rows(fd, good_rows, ARRAY_SIZE(good_rows));
	close(fd);
	if (!second)
		exit(wrong ? 1 : 0);
	if (waitpid(second, &status, 0) != second || status)
		wrong++;
	return wrong;
}

/* Events that are not read. */

/* Reads the events that fitted, and expects their numbers to show that some were lost. */
static unsigned int expect_gap(int listener, unsigned int events)
{
	static char buffer[8192] __attribute__((aligned(8)));
	unsigned int wrong = 0, n = 0;
	bool overrun = false;
	uint64_t last = 0;
	ssize_t size;

	while ((size = recv(listener, buffer, sizeof(buffer), MSG_DONTWAIT)) >= 0 ||
	       errno == ENOBUFS) {
		uint64_t number;

		if (size < 0) {
			overrun = true;
			continue;
		}
		number = attr_u64((const struct nlmsghdr *)buffer, HV_IC_A_HEALTH_EVENT);
		if (number <= last)
			wrong++;
		last = number;
		n++;
	}
	if (!overrun || !n || n >= events || wrong) {
		printf("of %u events %u came, %u of them out of order, overrun %d\n", events, n,
		       wrong, overrun);
		return 1;
	}
	return 0;
}

static unsigned int flood(unsigned int events)
{
	static const struct row clear = { "clearing", HV_IC_CMD_HEALTH_CLEAR, 0,
					  { NAME("flood") }, 0, NULL };
	const int small = 4096;
	struct answer answer;
	int listeners[8];
	int fd = open_socket();
	unsigned int wrong = 0;

	for (size_t i = 0; i < ARRAY_SIZE(listeners); i++) {
		listeners[i] = open_listener();
		setsockopt(listeners[i], SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	}
	for (unsigned int i = 0; i < events; i++) {
		const struct row row = { "flood", HV_IC_CMD_HEALTH_SET, 0,
			{ NAME("flood"), HEALTH(i % 2 ? HV_IC_HEALTH_HEALTHY :
							HV_IC_HEALTH_CRITICAL) }, 0, NULL };

		ask_row(fd, &row, &answer);
		if (answer.error)
			die("a report was refused: %s", strerror(-answer.error));
	}
	for (size_t i = 0; i < ARRAY_SIZE(listeners); i++)
		wrong += expect_gap(listeners[i], events);
	return wrong + expect_rows(fd, &clear, 1);
}

/* Events as they come. */

static const struct event {
	uint8_t command;
	const char *name;
	uint16_t subject;		/* what tells it from others of the same name; 0 for none */
	uint16_t phase;			/* what has become of it */
} events[] = {
	{ HV_IC_CMD_SERVICE_NTF, "service", HV_IC_A_SERVICE_ID, HV_IC_A_SERVICE_STATE },
	{ HV_IC_CMD_TIME_SAMPLE_NTF, "sample", 0, HV_IC_A_TIME_STRATUM },
	{ HV_IC_CMD_TIME_STEP_NTF, "step", 0, HV_IC_A_TIME_CAUSE },
	{ HV_IC_CMD_HEALTH_NTF, "health", HV_IC_A_HEALTH_CAUSE, HV_IC_A_HEALTH_COMBINED },
	{ HV_IC_CMD_SHUTDOWN_NTF, "shutdown", HV_IC_A_REQUEST_ACTION, HV_IC_A_REQUEST_PHASE },
	{ HV_IC_CMD_VSS_NTF, "vss", 0, HV_IC_A_VSS_PHASE },
	{ HV_IC_CMD_VSS_HOLD_NTF, "hold", 0, HV_IC_A_VSS_STATUS },
	{ HV_IC_CMD_FCOPY_NTF, "fcopy", 0, HV_IC_A_FCOPY_PHASE },
};

/* All groups on one socket: a number that was seen twice or skipped shows within its group. */
static void print_event(const struct nlmsghdr *header, uint64_t *numbers, const char *secret)
{
	const struct genlmsghdr *genl = NLMSG_DATA(header);
	uint64_t number = attr_u64(header, HV_IC_A_SERVICE_EVENT);

	for (size_t i = 0; i < ARRAY_SIZE(events); i++) {
		const struct event *event = &events[i];
		/* Samples and steps are of the same group, as are a backup and its file systems. */
		bool second = event->command == HV_IC_CMD_TIME_STEP_NTF ||
			      event->command == HV_IC_CMD_VSS_HOLD_NTF;
		uint64_t *last = &numbers[second ? i - 1 : i];

		if (event->command != genl->cmd)
			continue;
		if (*last && number != *last + 1)
			printf("lost %s\n", event->name);
		*last = number;
		printf("%s", event->name);
		if (event->subject)
			printf(" %u", attr_u32(header, event->subject));
		printf(" %u\n", attr_u32(header, event->phase));
	}
	if (secret && memmem(header, header->nlmsg_len, secret, strlen(secret)))
		printf("told %s\n", secret);
	fflush(stdout);
}

static unsigned int listen_for_events(const char *secret)
{
	static char buffer[8192] __attribute__((aligned(8)));
	uint64_t numbers[ARRAY_SIZE(events)] = { 0 };
	struct pollfd ready = { .fd = open_listener(), .events = POLLIN };

	printf("listening\n");
	fflush(stdout);
	while (poll(&ready, 1, -1) > 0 && recv(ready.fd, buffer, sizeof(buffer), 0) > 0)
		print_event((const struct nlmsghdr *)buffer, numbers, secret);
	die("listening: %s", strerror(errno));
}

/* A handler. */

static const char *const decisions[] = {
	[HV_IC_DECISION_ACCEPTED]	= "accepted",
	[HV_IC_DECISION_LOCKED]		= "locked",
	[HV_IC_DECISION_UNSUPPORTED]	= "unsupported",
	[HV_IC_DECISION_DONE]		= "done",
	[HV_IC_DECISION_FAILED]		= "failed",
};

static uint32_t decision_of(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(decisions); i++) {
		if (!strcmp(decisions[i], word))
			return i;
	}
	die("no such decision: %s", word);
}

static void wait_for_question(int fd)
{
	const struct nlmsghdr *header = &question.header;
	const struct genlmsghdr *genl = NLMSG_DATA(header);
	struct pollfd ready = { .fd = fd, .events = POLLIN };

	if (!header->nlmsg_len &&
	    (poll(&ready, 1, -1) < 0 || recv(fd, &question, sizeof(question), 0) < 0))
		die("waiting for a question: %s", strerror(errno));
	if (header->nlmsg_type != family)
		die("a message of type %u", header->nlmsg_type);
	printf("%s action=%u phase=%u force=%d reason=%#x timeout=%u text=%s\n",
	       genl->cmd == HV_IC_CMD_HANDLER_ASK_NTF ? "ask" :
	       genl->cmd == HV_IC_CMD_HANDLER_ACT_NTF ? "act" : "what?",
	       attr_u32(header, HV_IC_A_REQUEST_ACTION), attr_u32(header, HV_IC_A_REQUEST_PHASE),
	       message_attr(header, HV_IC_A_REQUEST_FORCE) ? 1 : 0,
	       attr_u32(header, HV_IC_A_REQUEST_REASON), attr_u32(header, HV_IC_A_REQUEST_TIMEOUT),
	       (const char *)message_attr(header, HV_IC_A_REQUEST_TEXT));
	fflush(stdout);
}

static unsigned int handler(char **answers)
{
	static const struct row attach = { "attach", HV_IC_CMD_HANDLER_ATTACH, 0, {}, 0, NULL };
	int fd = open_socket();
	unsigned int wrong = expect_rows(fd, &attach, 1);

	printf("attached\n");
	fflush(stdout);
	for (; *answers; answers++) {
		uint64_t id;

		wait_for_question(fd);
		if (!strcmp(*answers, "silent")) {
			pause();
			continue;
		}
		id = attr_u64(&question.header, HV_IC_A_REQUEST_ID);
		question.header.nlmsg_len = 0;
		wrong += expect_rows(fd, &(const struct row){
			*answers, HV_IC_CMD_HANDLER_REPLY, 0,
			{ REQUEST(id), DECISION(decision_of(*answers)) }, 0, NULL }, 1);
	}
	return wrong;
}

/* Single commands. */

static unsigned int expect_row(const struct row *row)
{
	int fd = open_socket();
	unsigned int wrong = expect_rows(fd, row, 1);

	close(fd);
	return wrong;
}

static unsigned int steer_pending(const char *what, uint8_t command)
{
	static const struct row get = { "", HV_IC_CMD_SHUTDOWN_GET, 0, {}, 0, NULL };
	struct answer answer;
	const char *pending;
	const void *id;
	int fd = open_socket();

	ask_row(fd, &get, &answer);
	pending = message_attr(&answer.header, HV_IC_A_SHUTDOWN_PENDING);
	if (answer.error || !pending)
		die("no request is pending");
	id = find(pending, pending - NLA_HDRLEN + ((const struct nlattr *)pending)[-1].nla_len,
		  HV_IC_A_REQUEST_ID);
	close(fd);
	return expect_row(&(const struct row){ what, command, 0,
					       { REQUEST(*(const uint64_t *)id) }, 0, NULL });
}

static unsigned int command(int argc, char **argv)
{
	const char *verb = argv[0];

	if (!strcmp(verb, "switch") && argc == 3)
		return expect_row(&(const struct row){ verb, HV_IC_CMD_SERVICE_SET, 0,
				  { ID(atoi(argv[1])), ENABLED(atoi(argv[2])) }, 0, NULL });
	if (!strcmp(verb, "health") && argc == 3)
		return expect_row(&(const struct row){ verb, HV_IC_CMD_HEALTH_SET, 0,
				  { NAME(argv[1]), HEALTH(atoi(argv[2])) }, 0, NULL });
	if (!strcmp(verb, "health") && argc == 4)
		return expect_row(&(const struct row){ verb, HV_IC_CMD_HEALTH_SET, 0,
				  { NAME(argv[1]), HEALTH(atoi(argv[2])), TTL(atoi(argv[3])) },
				  0, NULL });
	if (!strcmp(verb, "clear") && argc == 2)
		return expect_row(&(const struct row){ verb, HV_IC_CMD_HEALTH_CLEAR, 0,
				  { NAME(argv[1]) }, 0, NULL });
	if (!strcmp(verb, "cancel"))
		return steer_pending(verb, HV_IC_CMD_SHUTDOWN_CANCEL);
	if (!strcmp(verb, "now"))
		return steer_pending(verb, HV_IC_CMD_SHUTDOWN_NOW);
	die("genl cannot %s", verb);
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "help";
	unsigned int wrong;

	find_family();
	if (!strcmp(verb, "check"))
		wrong = check();
	else if (!strcmp(verb, "unprivileged"))
		wrong = unprivileged();
	else if (!strcmp(verb, "fuzz") && argc == 4)
		wrong = fuzz(strtoull(argv[2], NULL, 0), strtoul(argv[3], NULL, 0));
	else if (!strcmp(verb, "flood") && argc == 3)
		wrong = flood(strtoul(argv[2], NULL, 0));
	else if (!strcmp(verb, "listen"))
		wrong = listen_for_events(argv[2]);
	else if (!strcmp(verb, "handler") && argc > 2)
		wrong = handler(argv + 2);
	else
		wrong = command(argc - 1, argv + 1);
	return wrong ? 1 : 0;
}
