/* A record that is whole: normalised, summed, hashed and sent. */
#include "parse/gather.h"
#include "parse/values.h"

#include <stdio.h>

#define DKIM_DOMAIN "auth_results/dkim/domain"
#define DKIM_RESULT "auth_results/dkim/result"
#define SPF_DOMAIN "auth_results/spf/domain"
#define SPF_RESULT "auth_results/spf/result"
#define SPF_SCOPE "auth_results/spf/scope"

void record_open(struct aggregate *a)
{
	memset(&a->value[FIRST_RECORD_LEAF], 0,
	       sizeof(a->value[0]) * (LAST_RECORD_LEAF - FIRST_RECORD_LEAF + 1));
	a->record_area.len = 0;
	a->into = &a->record_area;
	a->in_record = true;
	a->met_in_record = a->trimmed = a->elsewhere = 0;
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

/* True: no part of the content hash, as it was not taken where it stands before. */
static bool is_elsewhere(const struct aggregate *a)
{
	return a->level[a->depth].elsewhere;
}

void record_reason(struct aggregate *a)
{
	struct text type = a->value[LEAF_TYPE], comment = a->value[LEAF_COMMENT];

	if (!is_elsewhere(a)) {
		keep_content(&a->reasons_content, 't', type);
		keep_content(&a->reasons_content, 'c', comment);
	}
	if (!type.len) {
		tell_no_value(a, LEAF_TYPE, NULL);
		type = TEXT_ABSENT;
	} else {
		struct word w = find_word(a, LEAF_TYPE, WORDS_REASON, NULL);

		if (w.form == FORM_CASE)
			type = text_of(w.text);
	}
	extra_reason(&a->record_extra, type, comment.len ? comment : TEXT_ABSENT, a->lang);
}

/* A human_result says something about one record: it is no part of the set, which is shared. */
void record_human(struct aggregate *a, struct text t)
{
	if (!is_elsewhere(a)) {
		buf_addc(&a->humans_content, (char)a->results);
		keep_content(&a->humans_content, 'h', t);
	}
	if (t.len)
		extra_human(&a->record_extra, a->results, t, a->lang);
}

/* What is missing in a result, or a word that is odd. */
static void look_at_result(struct aggregate *a, bool dkim)
{
	struct text domain = a->value[LEAF_DOMAIN], result = a->value[LEAF_RESULT];

	if (!domain.len && !result.len) { /* an empty dkim: there was no signature */
		mended(a, REPAIR_ELEMENT_EMPTY, names_path(dkim ? NODE_DKIM : NODE_SPF),
		       TEXT_ABSENT, TEXT_ABSENT);
		return;
	}
	if (!domain.len)
		tell_no_value(a, LEAF_DOMAIN, dkim ? DKIM_DOMAIN : SPF_DOMAIN);
	if (!result.len)
		tell_no_value(a, LEAF_RESULT, dkim ? DKIM_RESULT : SPF_RESULT);
	else
		find_word(a, LEAF_RESULT, dkim ? WORDS_DKIM : WORDS_SPF,
			  dkim ? DKIM_RESULT : SPF_RESULT);
}

static void look_at_scope(struct aggregate *a)
{
	struct text scope = a->value[LEAF_SCOPE];

	if (!scope.p)
		return;
	if (!scope.len) {
		tell_no_value(a, LEAF_SCOPE, SPF_SCOPE);
	} else if (find_word(a, LEAF_SCOPE, WORDS_SCOPE, SPF_SCOPE).code == AUTH_SPF_OTHER) {
		char what[24];

		snprintf(what, sizeof(what), "scope_%u", a->results);
		extra_raw(&a->record_extra, what, scope);
	}
}

void record_result(struct aggregate *a, enum node kind)
{
	uint8_t *p = a->set.p + a->set.len;

	*p++ = kind == NODE_DKIM ? 'd' : 's';
	p = put_value(p, a->value[LEAF_DOMAIN]);
	p = put_value(p, a->value[LEAF_SELECTOR]);
	p = put_value(p, a->value[LEAF_SCOPE]);
	p = put_value(p, a->value[LEAF_RESULT]);
	a->set.len = (size_t)(p - a->set.p);
	if (is_elsewhere(a))
		a->elsewhere |= BIT(NODE_AUTH);
	look_at_result(a, kind == NODE_DKIM);
	look_at_scope(a);
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

/* A word is kept beside its code where the code does not say it; case is no difference. */
static bool is_raw(const struct word *w)
{
	return !w->text || w->form == FORM_SYNONYM;
}

static void take_word(struct auth_result *r, bool dkim, struct text word)
{
	r->result = RESULT_ABSENT;
	r->result_raw = TEXT_ABSENT;
	if (!word.len)
		return;
	struct word w = word_find(dkim ? WORDS_DKIM : WORDS_SPF, word);

	r->result = (enum result)w.code;
	r->result_raw = is_raw(&w) ? word : TEXT_ABSENT;
}

/* The set of the record, normalised out of its packed form. How many results. */
static uint32_t take_set(const struct aggregate *a, struct auth_result to[LIMIT_RESULTS])
{
	const uint8_t *p = a->set.p, *end = p + a->set.len;
	uint32_t n = 0;

	while (p < end && n < LIMIT_RESULTS) {
		struct auth_result *r = &to[n++];
		bool dkim = *p++ == 'd';

		r->domain = take_value(&p);
		r->selector = take_value(&p);
		struct text scope = take_value(&p);

		take_word(r, dkim, take_value(&p));
		r->kind = dkim ? AUTH_DKIM : AUTH_SPF;
		if (!dkim && scope.len)
			r->kind = (enum auth_kind)word_find(WORDS_SCOPE, scope).code;
	}
	return n;
}

/* The set goes along where the parent does not know it yet. Its slot. */
static uint16_t take_results(struct aggregate *a, struct record *r)
{
	struct auth_result results[LIMIT_RESULTS];
	uint16_t slot;
	bool known = emit_find_set(a->emit, &slot);

	if (known && align_again(a->align, slot, r))
		return slot;
	uint32_t n = take_set(a, results);

	for (uint32_t i = 0; i < n && !known; i++)
		emit_auth_result(a->emit, &results[i]);
	if (!known)
		emit_set(a->emit, slot);
	align_record(a->align, slot, results, n, r);
	return slot;
}

/* So that no sum of a report's counts has to be looked at. */
_Static_assert(LIMIT_COUNT <= INT64_MAX / LIMIT_REPORT_RECORDS, "counts add up in an int64_t");

/* why: a sentence without its dot. */
static void refuse_row(struct aggregate *a, int64_t messages, const char *why)
{
	struct report_sums *s = &a->sums;

	a->record_no++;
	s->records_refused++;
	s->messages_refused += messages;
	if (s->records_refused > LIMIT_REFUSED_ROWS && s->records < s->records_refused / 100)
		refuse(a, ERR_LIMIT, "more than %d records without a usable source_ip or count, "
		       "and hardly one with both", LIMIT_REFUSED_ROWS);
	else
		emit_row_refused(a->emit, a->record_no, messages, why);
}

/* For a value that can not be taken: "count is -1, which is less than nothing". */
static void refuse_value(struct aggregate *a, int64_t messages, enum node leaf, const char *why)
{
	struct text t = a->value[leaf];
	const char *name = leaf == LEAF_COUNT ? "count" : "source_ip";
	struct buf sentence = {0};

	if (!t.len) {
		buf_printf(&sentence, "no %s", name);
	} else {
		buf_printf(&sentence, "%s is ", name);
		text_add_visible(&sentence, (struct text){t.p, t.len < 80 ? t.len : 80});
		buf_printf(&sentence, "%s, %s", t.len > 80 ? ".." : "", why);
	}
	refuse_row(a, messages, buf_cstr(&sentence));
	buf_free(&sentence);
}

/* disposition, dkim or spf of policy_evaluated: the code of its word. */
static char evaluated(struct aggregate *a, enum node leaf, enum vocabulary v, const char *name)
{
	if (!a->value[leaf].len) {
		if (a->met_in_record & BIT(NODE_EVALUATED))
			tell_no_value(a, leaf, NULL);
		return '-'; /* absent, of results and of dispositions */
	}
	struct word w = find_word(a, leaf, v, NULL);

	if (is_raw(&w))
		extra_raw(&a->record_extra, name, a->value[leaf]);
	return w.code;
}

_Static_assert((char)RESULT_ABSENT == '-' && (char)DISPOSITION_ABSENT == '-', "one absent");

static void content_of_record(struct aggregate *a)
{
	enum { FIRST = FIRST_RECORD_LEAF, N = LAST_RECORD_LEAF - FIRST_RECORD_LEAF + 1 };
	const struct text *values = &a->value[FIRST];
	struct text in_place[N];

	if (a->elsewhere) {
		for (int i = 0; i < N; i++)
			in_place[i] = a->elsewhere & BIT(FIRST + i) ? TEXT_ABSENT : values[i];
		values = in_place;
	}
	content_values(&a->content, 'R', values, N);
	content_bytes(&a->content, a->reasons_content.p, a->reasons_content.len);
	if (!(a->elsewhere & BIT(NODE_AUTH)))
		content_bytes(&a->content, a->set.p, a->set.len);
	content_bytes(&a->content, a->humans_content.p, a->humans_content.len);
}

/* Elements that every schema wants. */
static void look_at_elements(struct aggregate *a)
{
	if (!(a->met_in_record & BIT(NODE_EVALUATED)))
		mended(a, REPAIR_ELEMENT_MISSING, names_path(NODE_EVALUATED), TEXT_ABSENT,
		       TEXT_ABSENT);
	if (!(a->met_in_record & BIT(NODE_AUTH)))
		mended(a, REPAIR_ELEMENT_MISSING, names_path(NODE_AUTH), TEXT_ABSENT, TEXT_ABSENT);
	if (!a->value[LEAF_HEADER_FROM].len)
		tell_no_value(a, LEAF_HEADER_FROM, NULL);
}

static void send_record(struct aggregate *a, struct record *r)
{
	const struct text *v = a->value;
	struct err e;

	look_at_elements(a);
	r->disposition = (enum disposition)evaluated(a, LEAF_DISPOSITION, WORDS_DISPOSITION,
						     "disposition");
	r->dkim_evaluated = (enum result)evaluated(a, LEAF_DKIM, WORDS_EVALUATED, "dkim");
	r->spf_evaluated = (enum result)evaluated(a, LEAF_SPF, WORDS_EVALUATED, "spf");
	r->header_from = v[LEAF_HEADER_FROM];
	r->envelope_from = v[LEAF_ENVELOPE_FROM];
	r->envelope_to = v[LEAF_ENVELOPE_TO];
	r->record_no = ++a->record_no;
	if (extra_finish(&a->record_extra, &r->extra, &e) < 0) {
		refuse(a, e.class, "record %u: %s", r->record_no, e.msg);
		return;
	}
	emit_record(a->emit, take_results(a, r), r);
}

static void tell_ip_form(struct aggregate *a, const struct ip *ip)
{
	char plain[64];

	value_ip_text(ip, plain);
	tell_form(a, REPAIR_ADDRESS_FORM, LEAF_SOURCE_IP, plain);
}

static void tell_count_form(struct aggregate *a, int64_t n)
{
	char plain[24];

	snprintf(plain, sizeof(plain), "%lld", (long long)n);
	tell_form(a, REPAIR_NUMBER_FORM, LEAF_COUNT, plain);
}

/* Takes the record, or refuses its row: one of both, so that all are accounted for. */
static void take_record(struct aggregate *a)
{
	struct text ip = a->value[LEAF_SOURCE_IP], count = a->value[LEAF_COUNT];
	bool odd_ip, odd_count;
	const char *why;
	struct record r;

	if (!value_count(count, &r.messages, &odd_count, &why)) {
		refuse_value(a, 0, LEAF_COUNT, why);
		return;
	}
	if (odd_count)
		tell_count_form(a, r.messages);
	if (!ip.len && r.messages == 0) {
		/* The only row of a null report: nothing was seen, so nothing is lost. */
		refuse_row(a, 0, "no source_ip and count 0: a null report's row");
	} else if (!value_ip(ip, &r.source_ip, &odd_ip, &why)) {
		refuse_value(a, r.messages, LEAF_SOURCE_IP, why);
	} else {
		if (odd_ip)
			tell_ip_form(a, &r.source_ip);
		a->sums.messages += r.messages;
		a->sums.records++;
		send_record(a, &r);
	}
}

/* The report breaks off in this record. Its count holds if it was whole by then. */
static void take_cut_record(struct aggregate *a)
{
	int64_t messages;
	const char *why;
	bool odd;

	a->cut_record = true;
	refuse_row(a, value_count(a->value[LEAF_COUNT], &messages, &odd, &why) ? messages : 0,
		   "the report breaks off in this record");
}

int record_close(struct aggregate *a)
{
	emit_next_set(a->emit, a->set.p, a->set.len);
	if (!text_utf8_ok(a->record_area.p, a->record_area.len))
		refuse(a, ERR_INPUT, "record %u has bytes that are no UTF-8", a->record_no + 1);
	else if (a->record_no >= LIMIT_REPORT_RECORDS)
		refuse(a, ERR_LIMIT, "more than %d records", LIMIT_REPORT_RECORDS);
	content_of_record(a);
	if (a->broken_off)
		take_cut_record(a);
	else if (!a->refused)
		take_record(a);
	a->in_record = false;
	a->into = &a->head_area;
	return a->refused ? -1 : 0;
}

/* What is lost by a break: the format has no number of records, so how much it is nobody knows. */
static void say_lost(const struct aggregate *a, struct buf *b)
{
	buf_printf(b, "%s: ", a->lost);
	if (a->cut_record)
		buf_printf(b, "record %u is not whole and refused, and what may have come behind "
			   "it is lost", a->record_no);
	else if (a->record_no)
		buf_printf(b, "what may have come behind record %u is lost", a->record_no);
	else
		buf_adds(b, "its records are lost");
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
		say_lost(a, &lost);
		a->sums.lost = (struct text){lost.p, (uint32_t)lost.len};
	}
	repairs_send(a->repairs, a->emit);
	content_end(&a->content, a->sums.content_hash);
	emit_end(a->emit, &a->sums);
	buf_free(&lost);
	return 0;
}
