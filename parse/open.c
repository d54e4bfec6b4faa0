/* The start of an element: what it is where it stands, and what begins with it. */
#include "parse/gather.h"

static bool ends_with(const char *uri, const char *tail)
{
	size_t n = uri ? strlen(uri) : 0, t = strlen(tail);

	return n >= t && strcmp(uri + n - t, tail) == 0;
}

static void open_feedback(struct aggregate *a, const char *uri)
{
	if (a->met) {
		refuse(a, ERR_INPUT, "more than one feedback in a document");
		a->many = true;
	}
	a->met = true;
	a->uri = uri;
	a->namespace_9990 = ends_with(uri, "dmarc-2.0");
	a->namespace_7489 = ends_with(uri, "dmarc-xml/0.1");
}

/*
 * A record within a record is one of its own, and the one around it ends where it begins: what
 * still comes of that is kept as unknown.
 */
static void end_outer_record(struct aggregate *a)
{
	enum node was = NODE_UNKNOWN;

	for (unsigned i = a->depth - 1; was != NODE_RECORD; i--) {
		was = a->level[i].node;
		a->level[i].node = NODE_UNKNOWN;
	}
	record_close(a);
}

/* A record that comes now is left for the second pass. */
static bool head_comes_first(const struct aggregate *a)
{
	return a->pass == PASS_HEAD ||
	       (a->pass == PASS_WHOLE && !a->head_sent && !head_whole(a));
}

static enum node open_record(struct aggregate *a)
{
	a->records_met++;
	if (head_comes_first(a)) {
		a->pass = PASS_HEAD;
		return NODE_SKIPPED;
	}
	if (!a->head_sent)
		head_send(a);
	if (a->in_record)
		end_outer_record(a);
	record_open(a);
	return NODE_RECORD;
}

static void open_result(struct aggregate *a)
{
	if (++a->results > LIMIT_RESULTS)
		refuse(a, ERR_LIMIT, "more than %d results in record %u", LIMIT_RESULTS,
		       a->record_no + 1);
	memset(&a->value[LEAF_DOMAIN], 0, sizeof(a->value[0]) * (LEAF_RESULT - LEAF_DOMAIN + 1));
	a->trimmed &= BIT(LEAF_DOMAIN) - 1;
}

static void open_reason(struct aggregate *a)
{
	if (++a->reasons > LIMIT_REASONS)
		refuse(a, ERR_LIMIT, "more than %d reasons in record %u", LIMIT_REASONS,
		       a->record_no + 1);
	a->value[LEAF_TYPE] = a->value[LEAF_COMMENT] = a->lang = TEXT_ABSENT;
	a->trimmed &= ~BIT(LEAF_TYPE);
	expect_text(a, LIMIT_COMMENT);
}

/* The schema has it once; of a second one the first holds. */
static enum node open_once(struct aggregate *a, enum node node, bool met)
{
	if (!met)
		return node;
	tell_repeated(a);
	return NODE_UNKNOWN;
}

static void open_in_record(struct aggregate *a, enum node node)
{
	/* its leaves are told one by one, if their values differ */
	if (a->met_in_record & BIT(node))
		tell_repeated(a);
	a->met_in_record |= BIT(node);
}

static enum node open_node(struct aggregate *a, enum node node, const char *uri)
{
	switch (node) {
	case NODE_FEEDBACK:
		open_feedback(a, uri);
		break;
	case NODE_METADATA:
		return open_once(a, node, a->metadata);
	case NODE_POLICY:
		return open_once(a, node, a->policy);
	case NODE_RECORD:
		return open_record(a);
	case NODE_ROW:
	case NODE_EVALUATED:
	case NODE_IDENTIFIERS:
	case NODE_AUTH:
		open_in_record(a, node);
		break;
	case NODE_DKIM:
	case NODE_SPF:
		open_result(a);
		break;
	case NODE_REASON:
		open_reason(a);
		break;
	default:
		break;
	}
	return node;
}

/* What opens an element that has children; the node may become another by it. */
static void start_node(struct aggregate *a, const struct level *up, struct level *l)
{
	enum node node = open_node(a, l->node, l->uri);

	l->node = node;
	if (node == NODE_EXTENSION && up->node == NODE_FEEDBACK) {
		char end = l->name[strlen("extension")]; /* drafts had `extensions` */

		a->has_extensions |= end == 's';
		a->has_extension |= end == '\0';
	}
	if (node == NODE_UNKNOWN || node == NODE_EXTENSION)
		expect_text(a, LIMIT_COMMENT);
}

/* Leaves of free text, which may be long. */
#define LONG \
	(BIT(LEAF_ERROR) | BIT(LEAF_EXTRA_CONTACT) | BIT(LEAF_COMMENT) | BIT(LEAF_HUMAN_RESULT))

static void start_leaf(struct aggregate *a, enum node leaf)
{
	if (!(BIT(leaf) & LONG)) {
		expect_text(a, LIMIT_LEAF);
		return;
	}
	if (leaf == LEAF_ERROR || leaf == LEAF_HUMAN_RESULT)
		a->lang = TEXT_ABSENT;
	expect_text(a, LIMIT_COMMENT);
}

/* An element that another name, or another case of its name, is for. */
static void tell_renamed(struct aggregate *a, enum node node, const char *name)
{
	mended(a, REPAIR_ELEMENT_NAME, names_path(node), text_of(name), text_of(names_of(node)));
}

/* Tells what is odd about a place; the node that it is taken for. */
static enum node odd_place(struct aggregate *a, const struct level *up, struct level *l, place at)
{
	enum node node = PLACE_NODE(at);

	l->node = NODE_UNKNOWN; /* until it is told where it stands */
	if (at & PLACE_RENAMED) {
		tell_renamed(a, node, l->name);
		return node;
	}
	if (l->uri != a->uri) /* an extension may have names like ours */
		return up->node == NODE_SKIPPED ? NODE_SKIPPED : NODE_UNKNOWN;
	if (a->pass == PASS_RECORDS && up->node == NODE_FEEDBACK)
		return NODE_SKIPPED;
	if (node != NODE_RECORD || !head_comes_first(a))
		tell_misplaced(a, node);
	l->elsewhere = node != NODE_RECORD;
	return node;
}

/* What the element that opens at l is. */
static enum node place_of(struct aggregate *a, const struct level *up, struct level *l)
{
	if (up->node >= FIRST_LEAF)
		return NODE_UNKNOWN;
	place at = names_place(a->names, up->node, l->name);

	if (at >= NODES)
		return odd_place(a, up, l, at);
	/* the second pass has the head already */
	if (a->pass == PASS_RECORDS && up->node == NODE_FEEDBACK && at != NODE_RECORD)
		return NODE_SKIPPED;
	return (enum node)at;
}

void element_opens(struct aggregate *a, const struct level *up, struct level *l)
{
	l->elsewhere = up->elsewhere;
	l->node = place_of(a, up, l);
	if (l->node < FIRST_LEAF)
		start_node(a, up, l);
	else
		start_leaf(a, l->node);
}
