// SPDX-License-Identifier: GPL-2.0
/* hvic service: switch services on and off. */
#include "hvic.h"

static int set_enabled(struct hvic *hvic, bool enabled)
{
	const struct hvu_service_info *service = hvu_service_find(hvic->call.args[0]);
	struct hvic_setting setting;
	struct nlmsghdr *request;
	int ret = hvic_connect(hvic);

	if (ret)
		return ret;
	request = hvu_genl_request(&hvic->genl, HV_IC_CMD_SERVICE_SET);
	mnl_attr_put_u32(request, HV_IC_A_SERVICE_ID, service->id);
	mnl_attr_put_u8(request, HV_IC_A_SERVICE_ENABLED, enabled);
	ret = hvu_genl_do(&hvic->genl, request, NULL, NULL);
	if (ret)
		return hvic_failed(hvic, ret, service->name);
	hvic_setting_set(&setting, service->name, "%s", enabled ? "Y" : "N");
	return hvic_persist(hvic, &setting, 1);
}

int cmd_service_enable(struct hvic *hvic)
{
	return set_enabled(hvic, true);
}

int cmd_service_disable(struct hvic *hvic)
{
	return set_enabled(hvic, false);
}
