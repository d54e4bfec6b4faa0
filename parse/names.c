#include "parse/names.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct meaning {
	enum node parent;
	const char *name;
	enum node node;
};

static const struct meaning meanings[] = {
	{NODE_OUTSIDE, "feedback", NODE_FEEDBACK},
	{NODE_FEEDBACK, "version", LEAF_VERSION},
	{NODE_FEEDBACK, "report_metadata", NODE_METADATA},
	{NODE_FEEDBACK, "policy_published", NODE_POLICY},
	{NODE_FEEDBACK, "record", NODE_RECORD},
	{NODE_FEEDBACK, "extension", NODE_EXTENSION},
	{NODE_FEEDBACK, "extensions", NODE_EXTENSION},
	{NODE_METADATA, "org_name", LEAF_ORG_NAME},
	{NODE_METADATA, "email", LEAF_EMAIL},
	{NODE_METADATA, "extra_contact_info", LEAF_EXTRA_CONTACT},
	{NODE_METADATA, "report_id", LEAF_REPORT_ID},
	{NODE_METADATA, "error", LEAF_ERROR},
	{NODE_METADATA, "generator", LEAF_GENERATOR},
	{NODE_METADATA, "date_range", NODE_DATE_RANGE},
	{NODE_DATE_RANGE, "begin", LEAF_BEGIN},
	{NODE_DATE_RANGE, "end", LEAF_END},
	{NODE_POLICY, "domain", LEAF_POLICY_DOMAIN},
	{NODE_POLICY, "p", LEAF_P},
	{NODE_POLICY, "sp", LEAF_SP},
	{NODE_POLICY, "np", LEAF_NP},
	{NODE_POLICY, "adkim", LEAF_ADKIM},
	{NODE_POLICY, "aspf", LEAF_ASPF},
	{NODE_POLICY, "pct", LEAF_PCT},
	{NODE_POLICY, "fo", LEAF_FO},
	{NODE_POLICY, "testing", LEAF_TESTING},
	{NODE_POLICY, "discovery_method", LEAF_DISCOVERY},
	{NODE_POLICY, "version_published", LEAF_VERSION_PUBLISHED},
	{NODE_RECORD, "row", NODE_ROW},
	{NODE_RECORD, "identifiers", NODE_IDENTIFIERS},
	{NODE_RECORD, "identities", NODE_IDENTIFIERS},
	{NODE_RECORD, "auth_results", NODE_AUTH},
	{NODE_RECORD, "extension", NODE_EXTENSION},
	{NODE_RECORD, "extensions", NODE_EXTENSION},
	{NODE_ROW, "source_ip", LEAF_SOURCE_IP},
	{NODE_ROW, "count", LEAF_COUNT},
	{NODE_ROW, "policy_evaluated", NODE_EVALUATED},
	{NODE_EVALUATED, "disposition", LEAF_DISPOSITION},
	{NODE_EVALUATED, "dkim", LEAF_DKIM},
	{NODE_EVALUATED, "spf", LEAF_SPF},
	{NODE_EVALUATED, "reason", NODE_REASON},
	{NODE_REASON, "type", LEAF_TYPE},
	{NODE_REASON, "comment", LEAF_COMMENT},
	{NODE_IDENTIFIERS, "header_from", LEAF_HEADER_FROM},
	{NODE_IDENTIFIERS, "envelope_from", LEAF_ENVELOPE_FROM},
	{NODE_IDENTIFIERS, "envelope_to", LEAF_ENVELOPE_TO},
	{NODE_AUTH, "dkim", NODE_DKIM},
	{NODE_AUTH, "spf", NODE_SPF},
	{NODE_DKIM, "domain", LEAF_DOMAIN},
	{NODE_DKIM, "selector", LEAF_SELECTOR},
	{NODE_DKIM, "result", LEAF_RESULT},
	{NODE_DKIM, "human_result", LEAF_HUMAN_RESULT},
	{NODE_SPF, "domain", LEAF_DOMAIN},
	{NODE_SPF, "scope", LEAF_SCOPE},
	{NODE_SPF, "result", LEAF_RESULT},
	{NODE_SPF, "human_result", LEAF_HUMAN_RESULT},
};

/*
 * Where no schema has an element, but what it means is beyond doubt: its name is that of one thing
 * only, and it stands in the head or in a record as that thing does. (dkim in row may be a result
 * or an evaluation: it is in no row here.)
 */
#define IN(node) (1u << (node))
#define HEAD_PLACES (IN(NODE_FEEDBACK) | IN(NODE_METADATA) | IN(NODE_POLICY))
#define RECORD_PLACES \
	(IN(NODE_RECORD) | IN(NODE_ROW) | IN(NODE_EVALUATED) | IN(NODE_IDENTIFIERS) | IN(NODE_AUTH))

static const struct {
	const char *name;
	unsigned below;
} unmistakable[] = {
	{"report_metadata", HEAD_PLACES},
	{"policy_published", HEAD_PLACES},
	{"date_range", HEAD_PLACES},
	{"begin", HEAD_PLACES},
	{"end", HEAD_PLACES},
	{"org_name", HEAD_PLACES},
	{"email", HEAD_PLACES},
	{"report_id", HEAD_PLACES},
	{"extra_contact_info", HEAD_PLACES},
	{"record", ~(IN(NODE_OUTSIDE) | IN(NODE_EXTENSION))},
	{"source_ip", RECORD_PLACES},
	{"count", RECORD_PLACES},
	{"policy_evaluated", RECORD_PLACES},
	{"disposition", RECORD_PLACES},
	{"reason", RECORD_PLACES},
	{"identifiers", RECORD_PLACES},
	{"header_from", RECORD_PLACES},
	{"envelope_from", RECORD_PLACES},
	{"envelope_to", RECORD_PLACES},
	{"auth_results", RECORD_PLACES},
};

#define MEANINGS (sizeof(meanings) / sizeof(*meanings))
#define CACHE 1024 /* a power of two; documents have about 40 names */
#define MOST_CACHED (CACHE / 2)

/*
 * A name that is met has an id: the index of its first row in meanings, or none. One in other case
 * (Record) has an id of its own, OTHER_CASE further.
 */
#define NO_ID MEANINGS
#define OTHER_CASE (MEANINGS + 1)

_Static_assert(NODES <= PLACE_RENAMED, "nodes and what is beside them are a byte");

struct names {
	uint8_t child[FIRST_LEAF][2 * OTHER_CASE]; /* parent, id: place */
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
	for (size_t i = 0; i < MEANINGS; i++)
		if (strcasecmp(meanings[i].name, name) == 0)
			return OTHER_CASE + i;
	return NO_ID;
}

/* Around feedback may be anything; what is below the unknown is unknown too. */
static enum node otherwise(enum node parent)
{
	return parent == NODE_OUTSIDE || (parent >= NODE_EXTENSION && parent < FIRST_LEAF)
		       ? parent
		       : NODE_UNKNOWN;
}

/* What the tables say of the parents that have fields. */
static void fill(struct names *n)
{
	for (size_t p = NODE_FEEDBACK; p < NODE_EXTENSION; p++)
		memset(n->child[p], NODE_UNKNOWN | PLACE_MISPLACED, MEANINGS);
	for (size_t i = 0; i < sizeof(unmistakable) / sizeof(*unmistakable); i++) {
		size_t id = id_of(unmistakable[i].name);

		for (size_t p = 0; p < FIRST_LEAF; p++)
			if (unmistakable[i].below & IN(p))
				n->child[p][id] = (uint8_t)(meanings[id].node | PLACE_MISPLACED);
	}
	for (size_t i = 0; i < MEANINGS; i++)
		n->child[meanings[i].parent][id_of(meanings[i].name)] = (uint8_t)meanings[i].node;
	/* draft 0.1's name for it, which some still send */
	n->child[NODE_RECORD][id_of("identities")] |= PLACE_RENAMED;
	/* in other case they mean the same where they stand right, and are told */
	for (size_t p = 0; p < FIRST_LEAF; p++)
		for (size_t i = 0; i < MEANINGS; i++)
			if (n->child[p][i] < NODES && n->child[p][i] != otherwise((enum node)p))
				n->child[p][OTHER_CASE + i] = n->child[p][i] | PLACE_RENAMED;
}

struct names *names_new(void)
{
	struct names *n = xcalloc(1, sizeof(*n));

	for (size_t p = 0; p < FIRST_LEAF; p++)
		memset(n->child[p], (int)otherwise((enum node)p), sizeof(n->child[p]));
	fill(n);
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

place names_place(struct names *n, enum node parent, const char *name)
{
	size_t at = ((uintptr_t)name * 0x9e3779b97f4a7c15u) >> 54;

	for (;; at = (at + 1) & (CACHE - 1)) {
		if (n->cache[at].name == name)
			return n->child[parent][n->cache[at].id];
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
	return n->child[parent][id];
}

const char *names_of(enum node node)
{
	for (size_t i = 0; i < MEANINGS; i++)
		if (meanings[i].node == node)
			return meanings[i].name;
	return NULL;
}

enum node names_child(enum node parent, struct text name)
{
	for (size_t i = 0; i < MEANINGS; i++) {
		const struct meaning *m = &meanings[i];

		if (m->parent == parent && *m->name == (*name.p | 0x20) &&
		    strncasecmp(m->name, name.p, name.len) == 0 && !m->name[name.len])
			return m->node;
	}
	return otherwise(parent);
}

const char *names_between(enum node parent, struct text name, enum node *ret)
{
	for (size_t i = 0; i < MEANINGS; i++) {
		const struct meaning *m = &meanings[i];

		if (m->parent == parent && m->node < NODE_EXTENSION &&
		    names_child(m->node, name) != NODE_UNKNOWN) {
			*ret = m->node;
			return m->name;
		}
	}
	return NULL;
}

const char *names_path(enum node node)
{
	static const char *const paths[NODES] = {
		[NODE_METADATA] = "report_metadata",
		[NODE_POLICY] = "policy_published",
		[NODE_DATE_RANGE] = "report_metadata/date_range",
		[NODE_RECORD] = "record",
		[NODE_ROW] = "row",
		[NODE_EVALUATED] = "row/policy_evaluated",
		[NODE_REASON] = "row/policy_evaluated/reason",
		[NODE_IDENTIFIERS] = "identifiers",
		[NODE_AUTH] = "auth_results",
		[NODE_DKIM] = "auth_results/dkim",
		[NODE_SPF] = "auth_results/spf",
		[LEAF_ORG_NAME] = "report_metadata/org_name",
		[LEAF_EMAIL] = "report_metadata/email",
		[LEAF_EXTRA_CONTACT] = "report_metadata/extra_contact_info",
		[LEAF_REPORT_ID] = "report_metadata/report_id",
		[LEAF_BEGIN] = "report_metadata/date_range/begin",
		[LEAF_END] = "report_metadata/date_range/end",
		[LEAF_P] = "policy_published/p",
		[LEAF_SP] = "policy_published/sp",
		[LEAF_NP] = "policy_published/np",
		[LEAF_ADKIM] = "policy_published/adkim",
		[LEAF_ASPF] = "policy_published/aspf",
		[LEAF_PCT] = "policy_published/pct",
		[LEAF_FO] = "policy_published/fo",
		[LEAF_TESTING] = "policy_published/testing",
		[LEAF_DISCOVERY] = "policy_published/discovery_method",
		[LEAF_SOURCE_IP] = "row/source_ip",
		[LEAF_COUNT] = "row/count",
		[LEAF_DISPOSITION] = "row/policy_evaluated/disposition",
		[LEAF_DKIM] = "row/policy_evaluated/dkim",
		[LEAF_SPF] = "row/policy_evaluated/spf",
		[LEAF_HEADER_FROM] = "identifiers/header_from",
		[LEAF_ENVELOPE_FROM] = "identifiers/envelope_from",
		[LEAF_ENVELOPE_TO] = "identifiers/envelope_to",
		[LEAF_TYPE] = "row/policy_evaluated/reason/type",
	};

	return paths[node];
}
