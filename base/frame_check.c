/* The reading half of frame.h: nothing that a worker says is believed. */
#include "base/frame.h"
#include "base/frame_log.h"
#include "base/frame_wire.h"
#include "base/json.h"

#include <stdlib.h>

#define SET_TEXT (LIMIT_RESULTS * 3 * LIMIT_LEAF) /* the texts of the largest set */

/* What is kept of a set that has a slot: how many results, and which are of DKIM. */
struct slot_seen {
	uint8_t n;
	uint8_t dkim[(LIMIT_RESULTS + 7) / 8];
};

struct frame_check {
	struct frame_handler h;
	uint64_t item;
	bool expecting, in_report, in_log, whole_answered;
	uint32_t answered, last_entry; /* of the item: outcomes seen, highest entry number */
	uint32_t entry, record_no;     /* of the report */
	uint32_t repairs;
	struct log_check log;
	struct report_sums seen;
	struct buf extra;              /* of EXTRA frames, for the next HEAD or record */
	uint64_t slots[FRAME_SLOTS / 64];
	struct auth_result set[LIMIT_RESULTS];
	uint32_t set_len;
	size_t set_text_len;
	struct slot_seen seen_slots[FRAME_SLOTS]; /* of those in slots */
	char set_text[SET_TEXT];       /* texts of the set: it may straddle frames */
};

static const char results[] = {RESULT_ABSENT,    RESULT_PASS,      RESULT_FAIL,
			       RESULT_NONE,      RESULT_NEUTRAL,   RESULT_SOFTFAIL,
			       RESULT_POLICY,    RESULT_TEMPERROR, RESULT_PERMERROR,
			       RESULT_OTHER,     '\0'};
static const char dispositions[] = {DISPOSITION_ABSENT, DISPOSITION_NONE,   DISPOSITION_PASS,
				    DISPOSITION_REJECT, DISPOSITION_QUARANTINE,
				    DISPOSITION_OTHER,  '\0'};
static const char alignments[] = {ALIGNED_ABSENT, ALIGNED_PASS, ALIGNED_LINKED, ALIGNED_FAIL,
				  '\0'};
static const char auths[] = {AUTH_LOCAL, AUTH_UNVERIFIED, AUTH_VERIFIED, AUTH_FAILED, '\0'};
static const char methods[] = {METHOD_NONE, METHOD_DMARC, METHOD_DKIM, METHOD_SPF, '\0'};
static const char relations[] = {RELATION_ABSENT,  RELATION_BOTH, RELATION_NAME,
				 RELATION_ADDRESS, RELATION_NONE, '\0'};
static const char kinds[] = {AUTH_DKIM, AUTH_SPF, AUTH_SPF_HELO, AUTH_SPF_MFROM, AUTH_SPF_OTHER,
			     '\0'};

struct frame_check *frame_check_new(const struct frame_handler *h)
{
	/* not xcalloc: the end is large, and its pages stay untouched until they are used */
	struct frame_check *c = xmalloc(sizeof(*c));

	memset(c, 0, offsetof(struct frame_check, seen_slots));
	c->h = *h;
	return c;
}

void frame_check_free(struct frame_check *c)
{
	if (!c)
		return;
	buf_free(&c->extra);
	free(c);
}

void frame_check_expect(struct frame_check *c, uint64_t item)
{
	c->item = item;
	c->expecting = true;
	c->in_report = c->in_log = c->whole_answered = false;
	c->answered = c->last_entry = 0;
	c->set_len = 0;
	c->extra.len = 0;
}

/* An outcome for an entry begins: each has one, entries come in their order, 0 is the item. */
static int take_entry(struct frame_check *c, uint32_t entry, struct err *e)
{
	if (entry == 0 ? c->whole_answered : entry <= c->last_entry)
		return broken(e, "two answers for one entry");
	if (entry > LIMIT_ARCHIVE_MAILS)
		return broken(e, "an entry number out of bounds");
	if (entry == 0)
		c->whole_answered = true;
	else
		c->last_entry = entry;
	c->answered++;
	return 0;
}

/* The extra of a piece, with what EXTRA frames brought before it. */
static struct text whole_extra(struct frame_check *c, struct cursor *cur)
{
	struct text t = get_text(cur, WIRE_ABSENT);

	if (c->extra.len) {
		buf_add(&c->extra, t.p, t.len);
		t = (struct text){c->extra.p, (uint32_t)c->extra.len};
		/* EXTRA frames were not checked one by one: they may cut a character in two */
		if (!text_utf8_ok(t.p, t.len))
			cur->bad = true;
		c->extra.len = 0; /* the bytes stay until the next EXTRA */
	}
	if (t.p && (cur->bad || t.len > LIMIT_EXTRA || !json_object_ok(t)))
		cur->bad = true;
	return t;
}

static int feed_extra(struct frame_check *c, const struct frame *f, struct err *e)
{
	if (f->len == 0 || c->extra.len + f->len > LIMIT_EXTRA)
		return broken(e, "too much in EXTRA");
	buf_add(&c->extra, f->payload, f->len);
	return 0;
}

/* A domain that passed is there with its method and how it relates, or none of it is. */
static bool sender_ok(const struct report_head *h)
{
	bool passed = h->auth_method != METHOD_NONE;
	bool related = passed && h->auth_relation != RELATION_NONE;

	return (h->auth_relation != RELATION_ABSENT) == passed &&
	       (h->auth_domain.len > 0) == passed && text_present(h->auth_domain) == passed &&
	       (h->auth == AUTH_VERIFIED) == related &&
	       (!passed || related || h->auth == AUTH_UNVERIFIED);
}

static int feed_head(struct frame_check *c, struct cursor *cur, struct err *e)
{
	struct report_head h = {.entry = get_u32(cur)};

	h.auth = (enum reporter_auth)get_code(cur, auths);
	h.schema = (enum schema)get_code(
		cur, (const char[]){SCHEMA_RFC7489, SCHEMA_RFC9990, SCHEMA_DRAFT, '\0'});
	h.auth_method = (enum auth_method)get_code(cur, methods);
	h.auth_relation = (enum auth_relation)get_code(cur, relations);
	h.begin_at = get_time(cur);
	h.end_at = get_time(cur);
	h.pct = (int32_t)get_u32(cur);
	struct text *const texts[] = {&h.org_name, &h.email, &h.extra_contact_info, &h.report_id,
				      &h.generator, &h.domain, &h.p, &h.sp, &h.np, &h.adkim,
				      &h.aspf, &h.fo, &h.testing, &h.discovery_method, &h.version,
				      &h.auth_domain};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		*texts[i] = get_text(cur, LIMIT_LEAF);
	h.extra = whole_extra(c, cur);
	if (cur->bad || cur->p != cur->end || !sender_ok(&h) || h.pct < -1 || h.pct > 100 ||
	    !h.domain.len)
		return broken(e, "a HEAD that is none");
	if (c->in_report || c->in_log)
		return broken(e, "a HEAD within a report");
	if (take_entry(c, h.entry, e) < 0)
		return -1;
	c->in_report = true;
	c->entry = h.entry;
	c->record_no = c->repairs = 0;
	c->seen = (struct report_sums){0};
	c->set_len = 0;
	memset(c->slots, 0, sizeof(c->slots));
	return c->h.head(c->h.ctx, &h, e);
}

/* Copies a text of a set: the set may be finished by a later frame. */
static struct text keep(struct frame_check *c, struct text t)
{
	if (!t.p)
		return t;
	char *to = c->set_text + c->set_text_len;

	memcpy(to, t.p, t.len);
	c->set_text_len += t.len;
	return (struct text){to, t.len};
}

static int take_result(struct frame_check *c, struct cursor *cur, struct err *e)
{
	struct auth_result r = {.kind = (enum auth_kind)get_code(cur, kinds)};

	r.result = (enum result)get_code(cur, results);
	r.domain = get_text(cur, LIMIT_LEAF);
	r.selector = get_text(cur, LIMIT_LEAF);
	r.result_raw = get_text(cur, LIMIT_LEAF);
	if (cur->bad)
		return broken(e, "a result that is none");
	if (c->set_len == LIMIT_RESULTS)
		return broken(e, "a set of too many results");
	if (c->set_len == 0)
		c->set_text_len = 0;
	r.domain = keep(c, r.domain);
	r.selector = keep(c, r.selector);
	r.result_raw = keep(c, r.result_raw);
	c->set[c->set_len++] = r;
	return 0;
}

static int take_set(struct frame_check *c, struct cursor *cur, struct err *e)
{
	uint16_t slot = get_u16(cur);
	uint32_t n = c->set_len;

	if (cur->bad || slot >= FRAME_SLOTS)
		return broken(e, "a slot that is none");
	c->slots[slot / 64] |= 1ULL << slot % 64;
	c->seen_slots[slot] = (struct slot_seen){.n = (uint8_t)n};
	for (uint32_t i = 0; i < n; i++)
		if (c->set[i].kind == AUTH_DKIM)
			c->seen_slots[slot].dkim[i / 8] |= (uint8_t)(1 << i % 8);
	c->set_len = 0;
	return c->h.set(c->h.ctx, slot, c->set, n, e);
}

/* Rows come with the numbers 1, 2, 3.. whatever becomes of them. */
static int count_row(struct frame_check *c, uint32_t record_no, int64_t messages, bool refused,
		     struct err *e)
{
	int64_t *sum = refused ? &c->seen.messages_refused : &c->seen.messages;

	if (record_no != c->record_no + 1 || record_no > LIMIT_REPORT_RECORDS)
		return broken(e, "rows out of order");
	if (messages > LIMIT_COUNT)
		return broken(e, "a row of more messages than the limit");
	*sum += messages; /* of LIMIT_REPORT_RECORDS rows: an int64_t holds it */
	c->record_no = record_no;
	if (refused)
		c->seen.records_refused++;
	else
		c->seen.records++;
	return 0;
}

/* A key is the number of a result of the kind, or 0. */
static bool key_ok(const struct slot_seen *s, uint8_t key, bool dkim)
{
	uint8_t i = (uint8_t)(key - 1);

	return !key || (key <= s->n && (s->dkim[i / 8] >> i % 8 & 1) == dkim);
}

static bool alignment_ok(const struct slot_seen *s, const struct record *r)
{
	return key_ok(s, r->dkim_key, true) && key_ok(s, r->spf_key, false) &&
	       (r->dkim_aligned == ALIGNED_PASS) == (r->dkim_key != 0) &&
	       (r->dkim_aligned != ALIGNED_LINKED || r->dkim_more) &&
	       (r->spf_aligned != ALIGNED_PASS || r->spf_key) &&
	       (r->spf_aligned != ALIGNED_ABSENT || !r->spf_key);
}

static int take_record(struct frame_check *c, struct cursor *cur, struct err *e)
{
	uint16_t slot = get_u16(cur);
	struct record r = {.record_no = get_u32(cur)};

	r.messages = get_count(cur);
	r.disposition = (enum disposition)get_code(cur, dispositions);
	r.dkim_evaluated = (enum result)get_code(cur, results);
	r.spf_evaluated = (enum result)get_code(cur, results);
	r.dkim_aligned = (enum alignment)get_code(cur, alignments);
	r.spf_aligned = (enum alignment)get_code(cur, alignments);
	uint8_t dkim = get_u8(cur);

	r.dkim_key = dkim & (WIRE_DKIM_MORE - 1);
	r.dkim_more = dkim & WIRE_DKIM_MORE;
	r.spf_key = get_u8(cur);
	r.source_ip.family = get_u8(cur);
	if (r.source_ip.family == 4)
		memcpy(r.source_ip.bytes, get(cur, 4), 4);
	else if (r.source_ip.family == 6)
		memcpy(r.source_ip.bytes, get(cur, 16), 16);
	else
		cur->bad = true;
	r.header_from = get_text(cur, LIMIT_LEAF);
	r.envelope_from = get_text(cur, LIMIT_LEAF);
	r.envelope_to = get_text(cur, LIMIT_LEAF);
	r.extra = whole_extra(c, cur);
	if (cur->bad)
		return broken(e, "a record that is none");
	if (slot >= FRAME_SLOTS || !(c->slots[slot / 64] & 1ULL << slot % 64))
		return broken(e, "a record with a slot that nothing is in");
	if (!alignment_ok(&c->seen_slots[slot], &r))
		return broken(e, "an alignment that the results do not bear out");
	if (count_row(c, r.record_no, r.messages, false, e) < 0)
		return -1;
	return c->h.record(c->h.ctx, slot, &r, e);
}

static int take_row_refused(struct frame_check *c, struct cursor *cur, struct err *e)
{
	uint32_t record_no = get_u32(cur);
	int64_t messages = get_count(cur);
	struct text why = get_text(cur, WIRE_ABSENT);

	if (cur->bad || !why.len || c->extra.len)
		return broken(e, "a refused row that is none");
	if (count_row(c, record_no, messages, true, e) < 0)
		return -1;
	return c->h.row_refused(c->h.ctx, record_no, messages, why, e);
}

static int feed_records(struct frame_check *c, struct cursor *cur, struct err *e)
{
	while (cur->p < cur->end) {
		int r;

		switch (get_u8(cur)) {
		case 'R':
			r = take_record(c, cur, e);
			break;
		case 'r':
			r = take_result(c, cur, e);
			break;
		case 's':
			r = take_set(c, cur, e);
			break;
		case 'x':
			r = take_row_refused(c, cur, e);
			break;
		default:
			r = broken(e, "an unknown piece in RECORDS");
		}
		if (r < 0)
			return -1;
	}
	return 0;
}

static int feed_repair(struct frame_check *c, struct cursor *cur, struct err *e)
{
	struct repair r = {.times = get_u32(cur)};

	r.record_no = get_u32(cur);
	r.line = get_u32(cur);
	r.what = get_text(cur, LIMIT_LEAF);
	r.where = get_text(cur, LIMIT_LEAF);
	r.from = get_text(cur, LIMIT_LEAF);
	r.to = get_text(cur, LIMIT_LEAF);
	if (cur->bad || cur->p != cur->end || !r.what.len || r.times == 0)
		return broken(e, "a REPAIR that is none");
	if (++c->repairs > LIMIT_REPAIRS)
		return broken(e, "too many REPAIRs");
	return c->h.repair(c->h.ctx, &r, e);
}

/* The report is forgotten, and its entry has no outcome yet. */
static int feed_again(struct frame_check *c, struct cursor *cur, struct err *e)
{
	if (cur->p != cur->end)
		return broken(e, "an AGAIN that is none");
	if (c->entry == 0)
		c->whole_answered = false;
	else
		c->last_entry = c->entry - 1;
	c->answered--;
	c->in_report = false;
	c->set_len = 0;
	c->extra.len = 0;
	return c->h.again(c->h.ctx, e);
}

static int feed_end(struct frame_check *c, struct cursor *cur, struct err *e)
{
	struct report_sums s = {.records = get_u64(cur)};

	s.records_refused = get_u64(cur);
	s.messages = get_count(cur);
	s.messages_refused = get_count(cur);
	memcpy(s.content_hash, get(cur, 32), 32);
	s.state = (enum report_state)get_code(
		cur, (const char[]){STATE_COMPLETE, STATE_PARTIAL, '\0'});
	s.lost = get_text(cur, LIMIT_LEAF);
	if (cur->bad || cur->p != cur->end || c->set_len || c->extra.len ||
	    (s.state == STATE_PARTIAL) != (s.lost.len > 0))
		return broken(e, "an END that is none");
	if (s.records != c->seen.records || s.records_refused != c->seen.records_refused ||
	    s.messages != c->seen.messages || s.messages_refused != c->seen.messages_refused)
		return broken(e, "sums that are not those of the records");
	c->in_report = false;
	return c->h.end(c->h.ctx, &s, e);
}

static int feed_refused(struct frame_check *c, struct cursor *cur, struct err *e)
{
	uint32_t entry = get_u32(cur);
	uint8_t class = get_u8(cur);
	struct text why = get_text(cur, WIRE_ABSENT);

	if (cur->bad || cur->p != cur->end || !why.len ||
	    (class != ERR_INPUT && class != ERR_LIMIT && class != ERR_BUG))
		return broken(e, "a REFUSED that is none");
	if ((c->in_report || c->in_log) && entry != c->entry)
		return broken(e, "REFUSED for another entry within a report");
	if (!c->in_report && !c->in_log && take_entry(c, entry, e) < 0)
		return -1;
	c->in_report = c->in_log = false;
	c->set_len = 0;
	c->extra.len = 0;
	return c->h.refused(c->h.ctx, entry, (enum err_class)class, why, e);
}

static int feed_not_report(struct frame_check *c, struct cursor *cur, struct err *e)
{
	uint32_t entry = get_u32(cur);
	struct text what = get_text(cur, WIRE_ABSENT);

	if (cur->bad || cur->p != cur->end || !what.len || c->in_report || c->in_log ||
	    c->extra.len)
		return broken(e, "a NOT_REPORT that is none");
	if (take_entry(c, entry, e) < 0)
		return -1;
	return c->h.not_report(c->h.ctx, entry, what, e);
}

static int feed_item_end(struct frame_check *c, struct cursor *cur, struct err *e)
{
	uint32_t entries = get_u32(cur);
	uint64_t bytes_out = get_u64(cur);

	if (cur->bad || cur->p != cur->end || c->in_report || c->in_log || c->extra.len)
		return broken(e, "an ITEM_END that is none");
	if (entries == 0 || entries != c->answered || bytes_out > LIMIT_LOG_OUTPUT)
		return broken(e, "an ITEM_END that does not fit what came before it");
	c->expecting = false;
	return c->h.item_end(c->h.ctx, entries, bytes_out, e);
}

static int feed_log_head(struct frame_check *c, struct cursor *cur, struct err *e)
{
	uint32_t entry = get_u32(cur);

	if (cur->bad || cur->p != cur->end || c->in_report || c->in_log || c->extra.len)
		return broken(e, "a LOG_HEAD that is none");
	if (take_entry(c, entry, e) < 0)
		return -1;
	c->in_log = true;
	c->entry = entry;
	c->log = (struct log_check){0};
	return c->h.log_head(c->h.ctx, entry, e);
}

static int feed_log(struct frame_check *c, enum frame_type type, struct cursor *cur, struct err *e)
{
	bool last = false;
	int rc;

	if (!c->in_log)
		return broken(e, "LOG outside a log");
	if (type == FRAME_LOG)
		return frame_log_check(&c->log, &c->h, cur, e);
	rc = frame_log_check_part(&c->log, &c->h, cur, &last, e);
	c->in_log = !last;
	return rc;
}

int frame_check_feed(struct frame_check *c, const struct frame *f, struct err *e)
{
	struct cursor cur = {f->payload, f->payload + f->len, false};

	if (!c->expecting || f->item != c->item)
		return broken(e, "a frame for an item that nobody asked about");
	switch (f->type) {
	case FRAME_HEAD:
		return feed_head(c, &cur, e);
	case FRAME_EXTRA:
		return feed_extra(c, f, e);
	case FRAME_RECORDS:
		return c->in_report ? feed_records(c, &cur, e)
				    : broken(e, "RECORDS outside a report");
	case FRAME_REPAIR:
		return c->in_report ? feed_repair(c, &cur, e)
				    : broken(e, "REPAIR outside a report");
	case FRAME_AGAIN:
		return c->in_report ? feed_again(c, &cur, e)
				    : broken(e, "AGAIN outside a report");
	case FRAME_END:
		return c->in_report ? feed_end(c, &cur, e) : broken(e, "END outside a report");
	case FRAME_REFUSED:
		return feed_refused(c, &cur, e);
	case FRAME_NOT_REPORT:
		return feed_not_report(c, &cur, e);
	case FRAME_ITEM_END:
		return feed_item_end(c, &cur, e);
	case FRAME_LOG_HEAD:
		return feed_log_head(c, &cur, e);
	case FRAME_LOG:
	case FRAME_LOG_PART:
		return feed_log(c, f->type, &cur, e);
	case FRAME_ITEM:
	case FRAME_DATA:
		break;
	}
	return broken(e, "a frame that only we may send");
}
