#include "parse/names.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

struct meaning {
	enum node parent;
	const char *name;
	enum node node;
	const char *path; /* of leaves */
};

static const struct meaning meanings[] = {
	{NODE_OUTSIDE, "feedback", NODE_FEEDBACK, NULL},
	{NODE_FEEDBACK, "version", LEAF_VERSION, "version"},
	{NODE_FEEDBACK, "report_metadata", NODE_METADATA, NULL},
	{NODE_FEEDBACK, "policy_published", NODE_POLICY, NULL},
	{NODE_FEEDBACK, "record", NODE_RECORD, NULL},
	{NODE_FEEDBACK, "extension", NODE_EXTENSION, NULL},
	{NODE_FEEDBACK, "extensions", NODE_EXTENSION, NULL},
	{NODE_METADATA, "org_name", LEAF_ORG_NAME, "report_metadata/org_name"},
	{NODE_METADATA, "email", LEAF_EMAIL, "report_metadata/email"},
	{NODE_METADATA, "extra_contact_info", LEAF_EXTRA_CONTACT,
	 "report_metadata/extra_contact_info"},
	{NODE_METADATA, "report_id", LEAF_REPORT_ID, "report_metadata/report_id"},
	{NODE_METADATA, "error", LEAF_ERROR, "report_metadata/error"},
	{NODE_METADATA, "generator", LEAF_GENERATOR, "report_metadata/generator"},
	{NODE_METADATA, "date_range", NODE_DATE_RANGE, NULL},
	{NODE_DATE_RANGE, "begin", LEAF_BEGIN, "date_range/begin"},
	{NODE_DATE_RANGE, "end", LEAF_END, "date_range/end"},
	{NODE_POLICY, "domain", LEAF_POLICY_DOMAIN, "policy_published/domain"},
	{NODE_POLICY, "p", LEAF_P, "policy_published/p"},
	{NODE_POLICY, "sp", LEAF_SP, "policy_published/sp"},
	{NODE_POLICY, "np", LEAF_NP, "policy_published/np"},
	{NODE_POLICY, "adkim", LEAF_ADKIM, "policy_published/adkim"},
	{NODE_POLICY, "aspf", LEAF_ASPF, "policy_published/aspf"},
	{NODE_POLICY, "pct", LEAF_PCT, "policy_published/pct"},
	{NODE_POLICY, "fo", LEAF_FO, "policy_published/fo"},
	{NODE_POLICY, "testing", LEAF_TESTING, "policy_published/testing"},
	{NODE_POLICY, "discovery_method", LEAF_DISCOVERY, "policy_published/discovery_method"},
	{NODE_POLICY, "version_published", LEAF_VERSION_PUBLISHED,
	 "policy_published/version_published"},
	{NODE_RECORD, "row", NODE_ROW, NULL},
	{NODE_RECORD, "identifiers", NODE_IDENTIFIERS, NULL},
	{NODE_RECORD, "identities", NODE_IDENTIFIERS, NULL}, /* draft 0.1 */
	{NODE_RECORD, "auth_results", NODE_AUTH, NULL},
	{NODE_RECORD, "extension", NODE_EXTENSION, NULL},
	{NODE_RECORD, "extensions", NODE_EXTENSION, NULL},
	{NODE_ROW, "source_ip", LEAF_SOURCE_IP, "row/source_ip"},
	{NODE_ROW, "count", LEAF_COUNT, "row/count"},
	{NODE_ROW, "policy_evaluated", NODE_EVALUATED, NULL},
	{NODE_EVALUATED, "disposition", LEAF_DISPOSITION, "policy_evaluated/disposition"},
	{NODE_EVALUATED, "dkim", LEAF_DKIM, "policy_evaluated/dkim"},
	{NODE_EVALUATED, "spf", LEAF_SPF, "policy_evaluated/spf"},
	{NODE_EVALUATED, "reason", NODE_REASON, NULL},
	{NODE_REASON, "type", LEAF_TYPE, "reason/type"},
	{NODE_REASON, "comment", LEAF_COMMENT, "reason/comment"},
	{NODE_IDENTIFIERS, "header_from", LEAF_HEADER_FROM, "identifiers/header_from"},
	{NODE_IDENTIFIERS, "envelope_from", LEAF_ENVELOPE_FROM, "identifiers/envelope_from"},
	{NODE_IDENTIFIERS, "envelope_to", LEAF_ENVELOPE_TO, "identifiers/envelope_to"},
	{NODE_AUTH, "dkim", NODE_DKIM, NULL},
	{NODE_AUTH, "spf", NODE_SPF, NULL},
	{NODE_DKIM, "domain", LEAF_DOMAIN, "auth_results/domain"},
	{NODE_DKIM, "selector", LEAF_SELECTOR, "auth_results/selector"},
	{NODE_DKIM, "result", LEAF_RESULT, "auth_results/result"},
	{NODE_DKIM, "human_result", LEAF_HUMAN_RESULT, "auth_results/human_result"},
	{NODE_SPF, "domain", LEAF_DOMAIN, "auth_results/domain"},
	{NODE_SPF, "scope", LEAF_SCOPE, "auth_results/scope"},
	{NODE_SPF, "result", LEAF_RESULT, "auth_results/result"},
	{NODE_SPF, "human_result", LEAF_HUMAN_RESULT, "auth_results/human_result"},
};

#define MEANINGS (sizeof(meanings) / sizeof(*meanings))
#define CACHE 1024 /* a power of two; documents have about 40 names */
#define MOST_CACHED (CACHE / 2)

/* A name that is met has an id: the index of its first row in meanings, or none. */
#define NO_ID MEANINGS

struct names {
	uint8_t child[FIRST_LEAF][MEANINGS + 1]; /* parent, id: node */
	unsigned cached;
	struct {
		const char *name;
		size_t id;
	} cache[CACHE];
};

static size_t id_of(const char *name)
{
	const char *colon = strrchr(name, ':');

	if (colon)
		name = colon + 1;
	for (size_t i = 0; i < MEANINGS; i++)
		if (strcmp(meanings[i].name, name) == 0)
			return i;
	return NO_ID;
}

struct names *names_new(void)
{
	struct names *n = xcalloc(1, sizeof(*n));

	for (size_t p = 0; p < FIRST_LEAF; p++) {
		/* around feedback may be anything; what is below the unknown is unknown too */
		uint8_t otherwise = p == NODE_OUTSIDE || p >= NODE_EXTENSION ? (uint8_t)p
									    : NODE_UNKNOWN;

		memset(n->child[p], otherwise, sizeof(n->child[p]));
	}
	for (size_t i = 0; i < MEANINGS; i++)
		n->child[meanings[i].parent][id_of(meanings[i].name)] = (uint8_t)meanings[i].node;
	return n;
}

void names_free(struct names *n)
{
	free(n);
}

void names_forget(struct names *n)
{
	memset(n->cache, 0, sizeof(n->cache));
	n->cached = 0;
}

enum node names_node(struct names *n, enum node parent, const char *name)
{
	size_t at = ((uintptr_t)name * 0x9e3779b97f4a7c15u) >> 54;

	for (;; at = (at + 1) & (CACHE - 1)) {
		if (n->cache[at].name == name)
			return (enum node)n->child[parent][n->cache[at].id];
		if (!n->cache[at].name)
			break;
	}
	size_t id = id_of(name);

	/* thousands of names are no report: they are looked up one by one */
	if (n->cached < MOST_CACHED) {
		n->cache[at].name = name;
		n->cache[at].id = id;
		n->cached++;
	}
	return (enum node)n->child[parent][id];
}
