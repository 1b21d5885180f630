// SPDX-License-Identifier: GPL-2.0
/* What the commands of hvic have in common. */
#include "hvic.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- Words to the user. --------------------------------------------------- */

static void print_error(const char *format, va_list arguments)
{
	/* What is already on stdout was before. */
	fflush(stdout);
	fputs("hvic: ", stderr);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
}

/** hvic_error() - say what is wrong */
void hvic_error(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	print_error(format, arguments);
	va_end(arguments);
}

/** hvic_usage_error() - say what is wrong on the command line; the exit status */
int hvic_usage_error(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	print_error(format, arguments);
	va_end(arguments);
	fputs("Try 'hvic --help'.\n", stderr);
	return HVIC_USAGE;
}

/** hvic_exit_status() - of a negative errno */
int hvic_exit_status(int error)
{
	switch (-error) {
	case 0:
		return HVIC_OK;
	case EPERM:
	case EACCES:
		return HVIC_DENIED;
	case ETIMEDOUT:
	case EBUSY:
	case EAGAIN:
		return HVIC_AGAIN;
	default:
		return HVIC_FAILED;
	}
}

/**
 * hvic_failed() - say why something did not work
 * @hvic: run
 * @error: negative errno
 * @what: what we were about to do
 *
 * Return: the exit status.
 */
int hvic_failed(struct hvic *hvic, int error, const char *what)
{
	const char *reason = strerror(-error);

	if (error == -ETIMEDOUT)
		reason = "no answer in time (see --timeout)";
	/* The driver knows better than errno. */
	if (hvic->genl.error[0])
		reason = hvic->genl.error;
	hvic_error("%s: %s", what, reason);
	return hvic_exit_status(error);
}

/**
 * hvic_open_standard() - no file that is opened later may become what is printed to, or read from
 *
 * Of the descriptors 0 to 2, one that is closed is opened for what nobody does with it: to read or
 * write is an error as before.
 *
 * Return: 0 or a negative errno.
 */
int hvic_open_standard(void)
{
	static const int modes[] = { O_WRONLY, O_RDONLY, O_RDONLY };

	for (int fd = 0; fd < 3; fd++) {
		/* The lowest that is free is the one that is missing. */
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", modes[fd]) < 0)
			return -errno;
	}
	return 0;
}

/* --- JSON. ---------------------------------------------------------------- */

/** hvic_wants_json() - is it for a script? */
bool hvic_wants_json(const struct hvic *hvic)
{
	return hvic->call.global[HVIC_OPTION_JSON];
}

/** hvic_print_json() - print an object with the number of the schema, and free it */
void hvic_print_json(struct hvic *hvic, json_object *object)
{
	int form = strcmp(hvic->call.global[HVIC_OPTION_JSON], "short") ?
		JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED : JSON_C_TO_STRING_PLAIN;
	json_object *whole = json_object_new_object();
	char *text;

	/* The number comes first. */
	json_object_object_add(whole, "schema", json_object_new_int(HVU_SCHEMA));
	hvu_json_merge(whole, object);
	form |= JSON_C_TO_STRING_NOSLASHESCAPE;
	text = hvu_printable_json(json_object_to_json_string_ext(whole, form), hvic->paper.utf8);
	if (text)
		fputs(text, hvic->paper.out);
	else
		hvic_error("%s", strerror(ENOMEM));
	free(text);
	fputc('\n', hvic->paper.out);
	fflush(hvic->paper.out);
	json_object_put(whole);
}

/* --- The driver. ---------------------------------------------------------- */

/** hvic_connect() - open the connection, unless it is open; 0 or an exit status */
int hvic_connect(struct hvic *hvic)
{
	int ret;

	if (hvic->connected)
		return 0;
	ret = hvu_genl_open(&hvic->genl, HV_IC_FAMILY_NAME, hvic->timeout_ms);
	if (ret == -ENOENT) {
		hvic_error("the module hv_ic is not loaded; 'hvic doctor' tells why");
		return HVIC_NO_DRIVER;
	}
	if (ret)
		return hvic_failed(hvic, ret, "cannot reach the driver");
	hvic->connected = true;
	return 0;
}

struct take {
	const struct hvu_set *set;
	json_object *object;
	json_object *array;
};

static int take_message(const struct nlmsghdr *message, void *data)
{
	struct take *take = data;
	json_object *object = hvu_decode(message, take->set);

	if (take->array) {
		json_object_array_add(take->array, object);
	} else {
		json_object_put(take->object);
		take->object = object;
	}
	return 0;
}

/**
 * hvic_get() - ask the driver for an object
 * @hvic: run
 * @command: what to ask for
 * @set: what the answer holds
 * @object: gets it, for json_object_put()
 *
 * Return: 0 or an exit status, after a message.
 */
int hvic_get(struct hvic *hvic, uint8_t command, const struct hvu_set *set,
	     json_object **object)
{
	struct take take = { .set = set };
	int ret = hvic_connect(hvic);

	if (ret)
		return ret;
	ret = hvu_genl_do(&hvic->genl, hvu_genl_request(&hvic->genl, command),
			  take_message, &take);
	if (!ret && !take.object)
		ret = -ENODATA;
	if (ret) {
		json_object_put(take.object);
		return hvic_failed(hvic, ret, "the driver does not tell");
	}
	*object = take.object;
	return 0;
}

/** hvic_get_list() - the same for an array of objects */
int hvic_get_list(struct hvic *hvic, uint8_t command, const struct hvu_set *set,
		  json_object **array)
{
	struct take take = { .set = set };
	int ret = hvic_connect(hvic);

	if (ret)
		return ret;
	take.array = json_object_new_array();
	ret = hvu_genl_dump(&hvic->genl, hvu_genl_request(&hvic->genl, command),
			    take_message, &take);
	if (ret) {
		json_object_put(take.array);
		return hvic_failed(hvic, ret, "the driver does not tell");
	}
	*array = take.array;
	return 0;
}
