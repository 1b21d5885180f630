// SPDX-License-Identifier: GPL-2.0
/* Lines that an administrator may want to act on: see message.h. */
#include "message.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <systemd/sd-journal.h>

const char *const hvu_message_ids[HVU_MESSAGES] = {
	[HVU_MESSAGE_COPIED] = "5a5e0d5b0f3c4d7f8f0a6c1f7b9d2e43",
	[HVU_MESSAGE_NOT_COPIED] = "64f9536130dc42a1b77a0091d8874267",
	[HVU_MESSAGE_COPY_REFUSED] = "7778e004dc394efca12ca881433dc40e",
	[HVU_MESSAGE_ADDRESSES_SET] = "b7629b3acd9c4aa3a99811360a5a10c4",
	[HVU_MESSAGE_ADDRESSES_NOT_SET] = "dc40445af18e4254a1f5c8d22eadcd82",
	[HVU_MESSAGE_POOL_UNUSABLE] = "828d2812f76c41278b9dc144a96dcee6",
	[HVU_MESSAGE_BACKUP_FAILED] = "b920e192181b44d59475e94a5c2d6d7d",
	[HVU_MESSAGE_NOT_FROZEN] = "0c22ba9d2ef148dca5247c2c646ce83b",
	[HVU_MESSAGE_HOOKS_FAILED] = "6fceccc8d5f24d3ebb6a4f4dd2ee63b5",
	[HVU_MESSAGE_STOP_REFUSED] = "b031f7bbe4154b91af85b782208a377e",
	[HVU_MESSAGE_STOP_NOT_HANDED_OVER] = "30328f5a01a8466eb4f31ae98d03ec53",
	[HVU_MESSAGE_DEVICE_TAKEN] = "640148a667fc401c92173edf9d8de0ea",
	[HVU_MESSAGE_CONFIGURATION_KEPT] = "a7836523609f49b386bfc5fb9f860795",
};

/** hvu_message() - a line, with its number where there is a journal */
void hvu_message(enum hvu_message message, enum hvu_log_level level, const char *format, ...)
{
	va_list arguments;
	char *line;
	int ret;

	va_start(arguments, format);
	ret = vasprintf(&line, format, arguments);
	va_end(arguments);
	if (ret < 0)
		return;
	ret = -1;
	if (hvu_message_ids[message] && getenv("JOURNAL_STREAM"))
		ret = sd_journal_send("MESSAGE=%s", line, "PRIORITY=%d", level,
				      "MESSAGE_ID=%s", hvu_message_ids[message], NULL);
	if (ret < 0)
		hvu_log(level, "%s", line);
	free(line);
}

/** hvu_message_reloaded() - the configuration was read anew; @error is 0 or a negative errno */
void hvu_message_reloaded(int error)
{
	if (error)
		hvu_message(HVU_MESSAGE_CONFIGURATION_KEPT, HVU_LOG_ERROR,
			    "the configuration stays as it was: %s", strerror(-error));
	else
		hvu_log(HVU_LOG_INFO, "the configuration has been read anew");
}
