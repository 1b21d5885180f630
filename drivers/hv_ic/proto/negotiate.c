// SPDX-License-Identifier: GPL-2.0
/*
 * Version negotiation.
 *
 * The host sends two lists; the answer names one version of each, or refuses by
 * empty lists. For the host a refusal is final until the channel is opened again,
 * so only two things lead to one: no version in common, or a message that
 * contradicts itself.
 */
#include "negotiate.h"

#include <linux/errno.h>
#include <linux/string.h>

#include <asm/byteorder.h>

/**
 * hvic_nego_parse() - find the two lists in a NEGOTIATE
 * @body: of the message
 * @offer: set in any case; empty lists on an error
 *
 * Return: 0, or %-EBADMSG if the lists are longer than the body.
 */
int hvic_nego_parse(struct hvic_span body, struct hvic_nego_offer *offer)
{
	const struct hvic_wire_negotiate *wire = hvic_span_at(body, 0, sizeof(*wire));
	size_t framework_len, message_len;

	memset(offer, 0, sizeof(*offer));
	if (!wire)
		return -EBADMSG;

	framework_len = le16_to_cpu(wire->n_framework) * sizeof(wire->versions[0]);
	message_len = le16_to_cpu(wire->n_message) * sizeof(wire->versions[0]);
	if (!hvic_span_at(body, sizeof(*wire), framework_len + message_len))
		return -EBADMSG;

	offer->framework = hvic_span_cut(body, sizeof(*wire), framework_len);
	offer->message = hvic_span_cut(body, sizeof(*wire) + framework_len, message_len);
	return 0;
}

static bool is_offered(struct hvic_span offered, const struct hvic_version *version)
{
	const struct hvic_wire_version *wire;
	size_t at;

	for (at = 0; (wire = hvic_span_at(offered, at, sizeof(*wire))); at += sizeof(*wire)) {
		if (le16_to_cpu(wire->major) == version->major &&
		    le16_to_cpu(wire->minor) == version->minor)
			return true;
	}
	return false;
}

/**
 * hvic_nego_list() - read a list of versions
 * @offered: wire versions
 * @list: gets the versions
 * @n_list: for how many there is room; more are left out
 *
 * Return: how many the list has got.
 */
size_t hvic_nego_list(struct hvic_span offered, struct hvic_version *list, size_t n_list)
{
	const struct hvic_wire_version *wire;
	size_t n = 0;

	while (n < n_list && (wire = hvic_span_at(offered, n * sizeof(*wire), sizeof(*wire)))) {
		list[n].major = le16_to_cpu(wire->major);
		list[n].minor = le16_to_cpu(wire->minor);
		n++;
	}
	return n;
}

/**
 * hvic_nego_select() - choose the best version in common
 * @offered: wire versions in any order
 * @ours: the versions that the guest can speak, the best first
 * @n_ours: how many
 * @chosen: set on success only
 *
 * Return: true if there is a version in common.
 */
bool hvic_nego_select(struct hvic_span offered, const struct hvic_version *ours, size_t n_ours,
		      struct hvic_version *chosen)
{
	size_t i;

	for (i = 0; i < n_ours; i++) {
		if (is_offered(offered, &ours[i])) {
			*chosen = ours[i];
			return true;
		}
	}
	return false;
}

static void put_version(struct hvic_wire_version *wire, const struct hvic_version *version)
{
	wire->major = cpu_to_le16(version->major);
	wire->minor = cpu_to_le16(version->minor);
}

/**
 * hvic_nego_encode() - write the body of the answer to a NEGOTIATE that agrees
 * @body: zeroed room for it
 * @chosen: one version of each kind
 *
 * Return: the length of the body; 0 if @body is too short for an answer, which
 * the host takes for a refusal.
 */
size_t hvic_nego_encode(struct hvic_room body, const struct hvic_versions *chosen)
{
	struct hvic_wire_negotiate *wire;
	size_t len = sizeof(*wire) + 2 * sizeof(wire->versions[0]);

	wire = hvic_room_at(body, 0, len);
	if (!wire)
		return 0;

	wire->n_framework = cpu_to_le16(1);
	wire->n_message = cpu_to_le16(1);
	put_version(&wire->versions[0], &chosen->framework);
	put_version(&wire->versions[1], &chosen->message);
	return len;
}
