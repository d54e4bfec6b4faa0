/*
 * names - element names of the aggregate schemas, and what an element means where it stands.
 *
 * One table for RFC 7489, RFC 9990 and the drafts between: a name means the same in all of them,
 * and what only one schema has (pct; np, testing, generator) disturbs none of the others.
 */
#ifndef PARSE_NAMES_H
#define PARSE_NAMES_H

#include "base/text.h"

#include <stddef.h>
#include <stdint.h>

/* What an element is, by its name and its parent. First those that have children. */
enum node {
	NODE_OUTSIDE, /* around feedback */
	NODE_FEEDBACK,
	NODE_METADATA,
	NODE_DATE_RANGE,
	NODE_POLICY,
	NODE_RECORD,
	NODE_ROW,
	NODE_EVALUATED,
	NODE_REASON,
	NODE_IDENTIFIERS,
	NODE_AUTH,
	NODE_DKIM,
	NODE_SPF,
	NODE_EXTENSION, /* `extension`, `extensions`, and all within */
	NODE_UNKNOWN,   /* what no schema knows there, and all within */
	NODE_SKIPPED,   /* what this pass does not look at */
	/* Leaves of the head. */
	LEAF_VERSION,
	LEAF_ORG_NAME,
	LEAF_EMAIL,
	LEAF_EXTRA_CONTACT,
	LEAF_REPORT_ID,
	LEAF_BEGIN,
	LEAF_END,
	LEAF_ERROR, /* may come several times */
	LEAF_GENERATOR,
	/* policy_published: in the order of the content hash, which must never change */
	LEAF_POLICY_DOMAIN,
	LEAF_P,
	LEAF_SP,
	LEAF_NP,
	LEAF_ADKIM,
	LEAF_ASPF,
	LEAF_PCT,
	LEAF_FO,
	LEAF_TESTING,
	LEAF_DISCOVERY,
	LEAF_VERSION_PUBLISHED,
	/* A record's own: in the order of the content hash. */
	LEAF_SOURCE_IP,
	LEAF_COUNT,
	LEAF_DISPOSITION,
	LEAF_DKIM,
	LEAF_SPF,
	LEAF_HEADER_FROM,
	LEAF_ENVELOPE_FROM,
	LEAF_ENVELOPE_TO,
	/* Of a reason, of which a record may have several. */
	LEAF_TYPE,
	LEAF_COMMENT,
	/* Of a result: in the order of the content hash. */
	LEAF_DOMAIN,
	LEAF_SELECTOR,
	LEAF_SCOPE,
	LEAF_RESULT,
	LEAF_HUMAN_RESULT,
	NODES
};

#define FIRST_LEAF LEAF_VERSION
#define LAST_HEAD_LEAF LEAF_VERSION_PUBLISHED
#define FIRST_RECORD_LEAF LEAF_SOURCE_IP
#define LAST_RECORD_LEAF LEAF_ENVELOPE_TO

/*
 * Remembers names by their address: libxml2 interns them in a dictionary, so that one pointer
 * means one name as long as the dictionary lives. Then names_forget.
 */
struct names;

/*
 * What an element is where it stands: a node, and beside it, where that is odd:
 * MISPLACED: the schemas do not have it there; the node is what it is nevertheless, beyond doubt
 * (source_ip directly in record), or NODE_UNKNOWN. RENAMED: another name for it
 * (identities), or the same in other case (Record).
 */
typedef unsigned place;

#define PLACE_MISPLACED 0x80u
#define PLACE_RENAMED 0x40u
#define PLACE_NODE(place) ((enum node)((place) & 0x3fu))

struct names *names_new(void);
void names_free(struct names *n);
void names_forget(struct names *n);

/* The name of a node, the first where it has two; NULL for the unknown and the like. */
const char *names_of(enum node node);
/* name: a prefix that is not declared may be part of it. */
place names_place(struct names *n, enum node parent, const char *name);
/* For mending. What the schemas have below parent by this name, without a prefix: by comparing. */
enum node names_child(enum node parent, struct text name);
/* The element below parent, if there is one, that has a child of this name; else NULL. */
const char *names_between(enum node parent, struct text name, enum node *ret);
/* The path that the schemas have for a node, below feedback or record; result leaves have two. */
const char *names_path(enum node node);

#endif
