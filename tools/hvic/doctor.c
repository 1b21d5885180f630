// SPDX-License-Identifier: GPL-2.0
/* hvic doctor: what is wrong, and the way out. */
#include <errno.h>
#include <string.h>
#if __has_include("cpuid.h")
#include <cpuid.h>
#endif

#include "examine.h"
#include "hvic.h"

static void print_finding(struct hvic *hvic, json_object *finding)
{
	const char *level = hvu_json_string(finding, "level");
	const char *remedy = hvu_json_string(finding, "remedy");

	hvu_say(&hvic->paper, strcmp(level, "problem") ? HVU_DIM : HVU_BAD, "%-8s", level);
	fprintf(hvic->paper.out, " %s\n", hvu_json_string(finding, "text"));
	if (*remedy)
		fprintf(hvic->paper.out, "         %s\n", remedy);
}

static unsigned int count_problems(json_object *findings)
{
	unsigned int problems = 0;

	for (size_t i = 0; i < json_object_array_length(findings); i++)
		problems += !strcmp(hvu_json_string(json_object_array_get_idx(findings, i),
						    "level"), "problem");
	return problems;
}

static int take_service(const struct nlmsghdr *message, void *data)
{
	json_object_array_add(data, hvu_decode(message, &hvu_set_service));
	return 0;
}

/* Without a word: that there is no driver is what the examination finds out. */
static json_object *ask_driver(struct hvic *hvic)
{
	json_object *services;
	int ret;

	if (hvu_genl_open(&hvic->genl, HV_IC_FAMILY_NAME, hvic->timeout_ms))
		return NULL;
	services = json_object_new_array();
	ret = hvu_genl_dump(&hvic->genl, hvu_genl_request(&hvic->genl, HV_IC_CMD_SERVICE_GET),
			    take_service, services);
	if (!ret)
		return services;
	json_object_put(services);
	return NULL;
}

/* Does the machine hide its memory from Hyper-V? The processor says so, whatever is loaded. */
static bool is_confidential(void)
{
#if __has_include("cpuid.h")
	unsigned int eax, ebx, ecx, edx;

	__cpuid(1, eax, ebx, ecx, edx);
	if (!(ecx & 1u << 31))
		return false;
	__cpuid(0x40000000, eax, ebx, ecx, edx);
	/* "Micr" of "Microsoft Hv" */
	if (eax < 0x4000000c || ebx != 0x7263694d)
		return false;
	/* It may ask for its isolation; the partition that manages processors is the host's. */
	__cpuid(0x40000003, eax, ebx, ecx, edx);
	if (!(ebx & 1u << 22) || ebx & 1u << 12)
		return false;
	__cpuid(0x4000000c, eax, ebx, ecx, edx);
	return ebx & 0xf;
#else
	return false;
#endif
}

static bool is_hyperv(json_object *findings)
{
	json_object *first = json_object_array_get_idx(findings, 0);

	return !first || strcmp(hvu_json_string(first, "id"), HVIC_NOT_HYPERV);
}

int cmd_doctor(struct hvic *hvic)
{
	json_object *services = ask_driver(hvic);
	json_object *findings = hvic_examine(hvic->root, services, is_confidential());
	json_object *whole;
	unsigned int problems;
	int status;

	json_object_put(services);
	if (!findings)
		return hvic_failed(hvic, -ENOMEM, "doctor");
	problems = count_problems(findings);
	status = !is_hyperv(findings) ? HVIC_NO_DRIVER : problems ? HVIC_FAILED : HVIC_OK;
	if (hvic_wants_json(hvic)) {
		whole = json_object_new_object();
		json_object_object_add(whole, "problems", json_object_new_int(problems));
		json_object_object_add(whole, "findings", findings);
		hvic_print_json(hvic, whole);
		return status;
	}
	if (status == HVIC_NO_DRIVER) {
		fprintf(hvic->paper.out, "%s\n",
			hvu_json_string(json_object_array_get_idx(findings, 0), "text"));
		goto out_put;
	}
	for (size_t i = 0; i < json_object_array_length(findings); i++)
		print_finding(hvic, json_object_array_get_idx(findings, i));
	if (problems)
		fprintf(hvic->paper.out, "%u problem%s found\n", problems,
			problems == 1 ? "" : "s");
	else
		hvu_say(&hvic->paper, HVU_GOOD, "no problem found\n");
out_put:
	json_object_put(findings);
	return status;
}
