// SPDX-License-Identifier: GPL-2.0
/* A program of the administrator sets up the adapter. It gets words, and no shell reads them. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "inject.h"
#include "process.h"

/* The program, the interface, "dhcp=", one word for each address, and NULL. */
#define WORDS_MAX	(3 + 2 * HV_IC_KVP_ADDRESSES + HV_IC_KVP_GATEWAYS + 1)
#define WORD_SIZE	(HVIC_ADDRESS_TEXT_SIZE + 16)

/**
 * struct words - arguments
 * @n: how many there are
 * @argv: those
 * @texts: what they point to
 */
struct words {
	size_t n;
	const char *argv[WORDS_MAX];
	char texts[WORDS_MAX][WORD_SIZE];
};

static void add(struct words *words, const char *name, const struct hv_ic_kvp_address *address)
{
	char *word = words->texts[words->n], text[HVIC_ADDRESS_TEXT_SIZE];

	hvic_address_text(address, text);
	if (address->prefix)
		snprintf(word, WORD_SIZE, "%s=%s/%u", name, text, address->prefix);
	else
		snprintf(word, WORD_SIZE, "%s=%s", name, text);
	words->argv[words->n++] = word;
}

static int end_of_job(const void *job)
{
	return hvic_job_end(job);
}

/**
 * hvic_program_apply() - let the program set up the adapter
 * @job: the request
 *
 * PROGRAM INTERFACE dhcp=yes|no [address=A/P]... [gateway=A]... [dns=A]...
 *
 * Return: 0 if it has ended with 0; %-EIO if not; %-ETIMEDOUT or %-ECANCELED if it was killed,
 * as of hvic_job_end(); or a negative errno if it could not be run.
 */
int hvic_program_apply(struct hvic_job *job)
{
	static const char *const dhcp[] = { "dhcp=no", "dhcp=yes" };
	const struct hv_ic_kvp_ip *ip = &job->ip;
	struct words words = { };
	int ret = hvic_job_end(job);

	if (!job->program)
		return -EOPNOTSUPP;
	/* Who was waited for until now may have been waited for too long. */
	if (ret)
		return ret;
	words.argv[words.n++] = job->program;
	words.argv[words.n++] = job->link.name;
	words.argv[words.n++] = dhcp[!!ip->dhcp];
	for (uint32_t i = 0; i < ip->n_addresses; i++)
		add(&words, "address", &ip->addresses[i]);
	for (uint32_t i = 0; i < ip->n_gateways; i++)
		add(&words, "gateway", &ip->gateways[i]);
	for (uint32_t i = 0; i < ip->n_dns; i++)
		add(&words, "dns", &ip->dns[i]);
	ret = hvu_run_while(words.argv, end_of_job, job);
	return ret > 0 ? -EIO : ret;
}
