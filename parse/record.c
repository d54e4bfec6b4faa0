/* A record that is whole: normalised, summed, hashed and sent. */
#include "parse/gather.h"
#include "parse/words.h"

#include <stdio.h>

void record_open(struct aggregate *a)
{
	memset(&a->value[FIRST_RECORD_LEAF], 0,
	       sizeof(a->value[0]) * (LAST_RECORD_LEAF - FIRST_RECORD_LEAF + 1));
	a->record_area.len = 0;
	a->into = &a->record_area;
	a->reasons = a->results = 0;
	a->set.len = 0;
	a->reasons_content.len = a->humans_content.len = 0;
	extra_clear(&a->record_extra);
}

/* Appends a value as the content hash sees it. */
static void keep_content(struct buf *b, char tag, struct text t)
{
	uint8_t *p = (uint8_t *)buf_room(b, 6 + t.len + SLACK);

	*p = (uint8_t)tag;
	b->len += (size_t)(put_value(p + 1, t) - p);
}

void record_reason(struct aggregate *a)
{
	struct text type = a->value[LEAF_TYPE], comment = a->value[LEAF_COMMENT];

	keep_content(&a->reasons_content, 't', type);
	keep_content(&a->reasons_content, 'c', comment);
	extra_reason(&a->record_extra, type.len ? type : TEXT_ABSENT,
		     comment.len ? comment : TEXT_ABSENT, a->lang);
}

/* A human_result says something about one record: it is no part of the set, which is shared. */
void record_human(struct aggregate *a, struct text t)
{
	char no = (char)a->results;

	buf_addc(&a->humans_content, no);
	keep_content(&a->humans_content, 'h', t);
	if (t.len)
		extra_human(&a->record_extra, a->results, t, a->lang);
}

void record_result(struct aggregate *a, enum node kind)
{
	uint8_t *p = a->set.p + a->set.len;
	struct text scope = a->value[LEAF_SCOPE];

	*p++ = kind == NODE_DKIM ? 'd' : 's';
	p = put_value(p, a->value[LEAF_DOMAIN]);
	p = put_value(p, a->value[LEAF_SELECTOR]);
	p = put_value(p, scope);
	p = put_value(p, a->value[LEAF_RESULT]);
	a->set.len = (size_t)(p - a->set.p);
	if (scope.len && word_scope(scope) == AUTH_SPF_OTHER) {
		char what[24];

		snprintf(what, sizeof(what), "scope_%u", a->results);
		extra_raw(&a->record_extra, what, scope);
	}
}

/* The reverse of put_value. */
static struct text take_value(const uint8_t **p)
{
	uint32_t len = *(*p)++;

	if (len == 0xff)
		return TEXT_ABSENT;
	if (len == 0xfe) {
		memcpy(&len, *p, 4);
		len = le32toh(len);
		*p += 4;
	}
	struct text t = {(const char *)*p, len};

	*p += len;
	return t;
}

/* A set that the parent does not know yet: normalised out of its packed form. */
static void send_set(struct aggregate *a, uint16_t slot)
{
	const uint8_t *p = a->set.p, *end = p + a->set.len;

	while (p < end) {
		struct auth_result r = {.kind = AUTH_DKIM};
		bool dkim = *p++ == 'd', raw;

		r.domain = take_value(&p);
		r.selector = take_value(&p);
		struct text scope = take_value(&p), word = take_value(&p);

		if (!dkim)
			r.kind = word_scope(scope);
		r.result = word_result(word, &raw);
		r.result_raw = raw ? word : TEXT_ABSENT;
		emit_auth_result(a->emit, &r);
	}
	emit_set(a->emit, slot);
}

static void count_refused(struct aggregate *a, int64_t messages, const char *why)
{
	a->record_no++;
	a->sums.records_refused++;
	if (__builtin_add_overflow(a->sums.messages_refused, messages, &a->sums.messages_refused))
		refuse(a, ERR_LIMIT, "counts whose sum no number holds");
	else
		emit_row_refused(a->emit, a->record_no, messages, why);
}

static void row_refused(struct aggregate *a, int64_t messages, const char *what, struct text t)
{
	struct buf why = {0};

	if (!t.len) {
		buf_printf(&why, "no %s", what);
	} else {
		buf_printf(&why, "%s is ", what);
		text_add_visible(&why, (struct text){t.p, t.len < 80 ? t.len : 80});
	}
	count_refused(a, messages, buf_cstr(&why));
	buf_free(&why);
}

static enum result evaluated(struct aggregate *a, enum node leaf, const char *name)
{
	bool raw;
	enum result r = word_result(a->value[leaf], &raw);

	if (raw)
		extra_raw(&a->record_extra, name, a->value[leaf]);
	return r;
}

static void content_of_record(struct aggregate *a)
{
	content_values(&a->content, 'R', &a->value[FIRST_RECORD_LEAF],
		       LAST_RECORD_LEAF - FIRST_RECORD_LEAF + 1);
	content_bytes(&a->content, a->reasons_content.p, a->reasons_content.len);
	content_bytes(&a->content, a->set.p, a->set.len);
	content_bytes(&a->content, a->humans_content.p, a->humans_content.len);
}

static void send_record(struct aggregate *a, struct record *r)
{
	const struct text *v = a->value;
	struct err e;
	uint16_t slot;

	r->disposition = word_disposition(v[LEAF_DISPOSITION]);
	if (r->disposition == DISPOSITION_OTHER)
		extra_raw(&a->record_extra, "disposition", v[LEAF_DISPOSITION]);
	r->dkim_evaluated = evaluated(a, LEAF_DKIM, "dkim");
	r->spf_evaluated = evaluated(a, LEAF_SPF, "spf");
	r->header_from = v[LEAF_HEADER_FROM];
	r->envelope_from = v[LEAF_ENVELOPE_FROM];
	r->envelope_to = v[LEAF_ENVELOPE_TO];
	if (extra_finish(&a->record_extra, &r->extra, &e) < 0) {
		refuse(a, e.class, "record %u: %s", r->record_no, e.msg);
		return;
	}
	if (!emit_find_set(a->emit, &slot))
		send_set(a, slot);
	emit_record(a->emit, slot, r);
}

int record_close(struct aggregate *a)
{
	struct text ip = a->value[LEAF_SOURCE_IP], count = a->value[LEAF_COUNT];
	struct record r;

	a->into = &a->head_area;
	emit_next_set(a->emit, a->set.p, a->set.len);
	if (!text_utf8_ok(a->record_area.p, a->record_area.len))
		return refuse(a, ERR_INPUT, "record %u has bytes that are no UTF-8",
			      a->record_no + 1);
	if (a->record_no >= LIMIT_REPORT_RECORDS)
		return refuse(a, ERR_LIMIT, "more than %d records", LIMIT_REPORT_RECORDS);
	content_of_record(a);
	if (a->broken_off) {
		int64_t messages = 0;

		count_refused(a, word_count(count, &messages) ? messages : 0,
			      "the report breaks off in this record");
		return a->refused ? -1 : 0;
	}
	if (!word_count(count, &r.messages)) {
		row_refused(a, 0, "count", count);
	} else if (!ip.len && r.messages == 0) {
		/* The only row of a null report: nothing was seen, so nothing is lost. */
		count_refused(a, 0, "no source_ip and count 0: a null report's row");
	} else if (!word_ip(ip, &r.source_ip)) {
		row_refused(a, r.messages, "source_ip", ip);
	} else {
		r.record_no = ++a->record_no;
		a->sums.records++;
		if (__builtin_add_overflow(a->sums.messages, r.messages, &a->sums.messages))
			return refuse(a, ERR_LIMIT, "counts whose sum no number holds");
		send_record(a, &r);
	}
	return a->refused ? -1 : 0;
}

int report_end(struct aggregate *a)
{
	struct buf lost = {0};

	a->sums.state = STATE_COMPLETE;
	a->sums.lost = TEXT_ABSENT;
	if (a->broken_off) {
		a->sums.state = STATE_PARTIAL;
		/* other content than the whole report's, also where only its end is lost */
		content_bytes(&a->content, "L", 1);
		buf_printf(&lost, "%s: what stood behind record %u is lost, how much is not known",
			   a->lost, a->record_no);
		a->sums.lost = (struct text){lost.p, (uint32_t)lost.len};
	}
	repairs_send(a->repairs, a->emit);
	content_end(&a->content, a->sums.content_hash);
	emit_end(a->emit, &a->sums);
	buf_free(&lost);
	return 0;
}
