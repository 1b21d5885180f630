/* SPDX-License-Identifier: GPL-2.0 */
/* NEGOTIATE: the host lists versions, the guest picks one of each kind. */
#ifndef HVIC_PROTO_NEGOTIATE_H
#define HVIC_PROTO_NEGOTIATE_H

#include "msg.h"

/**
 * struct hvic_nego_offer - the versions that the host can speak
 * @framework: wire versions of the framework
 * @message: wire versions of the service's messages
 */
struct hvic_nego_offer {
	struct hvic_span framework;
	struct hvic_span message;
};

/**
 * struct hvic_versions - the versions agreed on
 * @framework: of the framework
 * @message: of the service's messages; 0.0 means that nothing is agreed on
 */
struct hvic_versions {
	struct hvic_version framework;
	struct hvic_version message;
};

int hvic_nego_parse(struct hvic_span body, struct hvic_nego_offer *offer);
size_t hvic_nego_list(struct hvic_span offered, struct hvic_version *list, size_t n_list);
bool hvic_nego_select(struct hvic_span offered, const struct hvic_version *ours, size_t n_ours,
		      struct hvic_version *chosen);
size_t hvic_nego_encode(struct hvic_room body, const struct hvic_versions *chosen);

#endif
