/* The head of a report: what was gathered of it, checked and sent as HEAD. */
#include "parse/gather.h"
#include "parse/values.h"

#include <stdio.h>

/*
 * By features, never by the version element: Outlook sends 1.0, Amazon 0.1, some 9990 shapes 2.0.
 * np alone is no feature: Google sends it since 2023 in reports of the old schema.
 */
static enum schema schema_of(const struct aggregate *a)
{
	const struct text *v = a->value;

	if (v[LEAF_VERSION_PUBLISHED].p || a->has_extensions)
		return SCHEMA_DRAFT;
	if (a->namespace_9990 || a->has_extension || v[LEAF_TESTING].p || v[LEAF_DISCOVERY].p ||
	    v[LEAF_GENERATOR].p)
		return SCHEMA_RFC9990;
	if (a->namespace_7489 || v[LEAF_VERSION].p || v[LEAF_FO].p)
		return SCHEMA_RFC7489;
	return SCHEMA_DRAFT; /* 0.1 had no version */
}

/* An empty element of the policy says as little as none. */
static struct text filled(struct text t)
{
	return t.len ? t : TEXT_ABSENT;
}

/*
 * A word of the policy, as the RFC writes it. One that nobody knows stays as it is: what it means
 * is for people to say.
 */
static struct text policy_word(struct aggregate *a, enum node leaf, enum vocabulary v)
{
	struct text t = a->value[leaf];

	if (!t.len) {
		if (t.p)
			tell_no_value(a, leaf, NULL);
		return TEXT_ABSENT;
	}
	struct word w = find_word(a, leaf, v, NULL);

	if (w.form == FORM_SYNONYM)
		extra_raw(&a->head_extra, strrchr(names_path(leaf), '/') + 1, t);
	return w.form == FORM_UNKNOWN ? t : text_of(w.text);
}

static struct text take_fo(struct aggregate *a)
{
	struct text t = a->value[LEAF_FO];
	enum word_form form = t.len ? word_fo(t) : FORM_CANONICAL;

	if (form != FORM_CANONICAL)
		tell_form(a, form == FORM_CASE ? REPAIR_WORD_FORM : REPAIR_WORD_UNKNOWN, LEAF_FO,
			  NULL);
	return filled(t);
}

static void tell_time(struct aggregate *a, enum node leaf, int64_t t)
{
	char seconds[24];

	snprintf(seconds, sizeof(seconds), "%lld", (long long)t);
	tell_form(a, REPAIR_TIME_FORM, leaf, seconds);
}

/* begin or end; what is not plain digits is kept raw. */
static int64_t take_time(struct aggregate *a, enum node leaf, const char *name)
{
	struct text t = a->value[leaf];
	int64_t time;
	bool odd, ok = value_time(t, &time, &odd);

	if (t.len && (odd || !ok))
		extra_raw(&a->head_extra, name, t);
	if (!ok)
		mended(a, REPAIR_TIME_MISSING, names_path(leaf), t, TEXT_ABSENT);
	else if (odd)
		tell_time(a, leaf, time);
	return ok ? time : TIME_ABSENT;
}

/* HEAD has them as they were sent: the swap is for days only. */
static void tell_swapped(struct aggregate *a, const struct report_head *h)
{
	char from[56], to[56];

	snprintf(from, sizeof(from), "%lld to %lld", (long long)h->begin_at, (long long)h->end_at);
	snprintf(to, sizeof(to), "%lld to %lld", (long long)h->end_at, (long long)h->begin_at);
	mended(a, REPAIR_RANGE_SWAPPED, names_path(NODE_DATE_RANGE), text_of(from), text_of(to));
}

static int refuse_range(struct aggregate *a)
{
	struct text begin = a->value[LEAF_BEGIN], end = a->value[LEAF_END];
	struct buf b = {0};

	if (!begin.len && !end.len)
		return refuse(a, ERR_INPUT, "a report without begin and end of its date_range: it "
					    "is not known which days it is about");
	buf_adds(&b, "a report whose date_range has neither a begin nor an end that is a time: ");
	text_add_visible(&b, (struct text){begin.p, begin.len < 40 ? begin.len : 40});
	buf_adds(&b, begin.len && end.len ? " and " : "");
	text_add_visible(&b, (struct text){end.p, end.len < 40 ? end.len : 40});
	refuse(a, ERR_INPUT, "%s", buf_cstr(&b));
	buf_free(&b);
	return -1;
}

static int take_range(struct aggregate *a, struct report_head *h)
{
	h->begin_at = take_time(a, LEAF_BEGIN, "begin");
	h->end_at = take_time(a, LEAF_END, "end");
	if (h->begin_at == TIME_ABSENT && h->end_at == TIME_ABSENT)
		return refuse_range(a);
	if (h->end_at != TIME_ABSENT && h->begin_at > h->end_at)
		tell_swapped(a, h);
	return 0;
}

static void tell_pct(struct aggregate *a, int32_t n)
{
	char plain[16];

	snprintf(plain, sizeof(plain), "%d", n);
	tell_form(a, REPAIR_NUMBER_FORM, LEAF_PCT, plain);
}

static int32_t take_pct(struct aggregate *a)
{
	struct text t = a->value[LEAF_PCT];
	int32_t n = -1;
	bool odd = false;

	if (t.p && !t.len)
		tell_no_value(a, LEAF_PCT, NULL);
	if (!t.len)
		return -1;
	if (!value_percent(t, &n, &odd))
		tell_form(a, REPAIR_WORD_UNKNOWN, LEAF_PCT, NULL);
	else if (odd)
		tell_pct(a, n);
	else
		return n;
	extra_raw(&a->head_extra, "pct", t);
	return n;
}

/* What the identity takes for an org_name that is empty (definitions A1). */
static struct text domain_of(struct text email)
{
	const char *at = email.len ? memrchr(email.p, '@', email.len) : NULL;

	if (!at)
		return TEXT_ABSENT;
	struct text domain = {at + 1, (uint32_t)(email.p + email.len - at - 1)};

	if (domain.len && domain.p[domain.len - 1] == '>') /* <dmarc@example.com> */
		domain.len--;
	return domain;
}

/* What every schema wants of the metadata. */
static void look_at_metadata(struct aggregate *a)
{
	const struct text *v = a->value;

	if (!v[LEAF_EMAIL].len)
		tell_no_value(a, LEAF_EMAIL, NULL);
	if (!v[LEAF_REPORT_ID].len)
		tell_no_value(a, LEAF_REPORT_ID, NULL);
	if (!v[LEAF_P].p)
		tell_no_value(a, LEAF_P, NULL);
	if (v[LEAF_ORG_NAME].len)
		return;
	mended(a, REPAIR_ORG_NAME_EMPTY, names_path(LEAF_ORG_NAME), TEXT_ABSENT,
	       domain_of(v[LEAF_EMAIL]));
}

static void content_of_policy(struct aggregate *a)
{
	content_begin(&a->content);
	content_values(&a->content, 'P', &a->value[LEAF_P], LEAF_DISCOVERY - LEAF_P + 1);
}

static int check(struct aggregate *a)
{
	if (!text_utf8_ok(a->head_area.p, a->head_area.len))
		return refuse(a, ERR_INPUT, "bytes that are no UTF-8 in the head of the report");
	if (!a->metadata)
		return refuse(a, ERR_INPUT, "feedback without report_metadata: it is not known who "
					    "reports, and about which days");
	if (!a->policy)
		return refuse(a, ERR_INPUT, "feedback without policy_published: it is not known "
					    "which domain the report is about");
	if (!a->value[LEAF_POLICY_DOMAIN].len)
		return refuse(a, ERR_INPUT, "a report without the domain of the policy: it is not "
					    "known which domain it is about");
	return 0;
}

static void take_policy(struct aggregate *a, struct report_head *h)
{
	h->p = policy_word(a, LEAF_P, WORDS_POLICY);
	h->sp = policy_word(a, LEAF_SP, WORDS_POLICY);
	h->np = policy_word(a, LEAF_NP, WORDS_POLICY);
	h->adkim = policy_word(a, LEAF_ADKIM, WORDS_ALIGNMENT);
	h->aspf = policy_word(a, LEAF_ASPF, WORDS_ALIGNMENT);
	h->fo = take_fo(a);
	h->testing = policy_word(a, LEAF_TESTING, WORDS_TESTING);
	h->discovery_method = policy_word(a, LEAF_DISCOVERY, WORDS_DISCOVERY);
	h->pct = take_pct(a);
}

int head_send(struct aggregate *a)
{
	const struct text *v = a->value;
	struct err e;

	if (check(a) < 0)
		return -1;
	struct report_head h = {
		.entry = a->entry,
		.schema = schema_of(a),
		.org_name = v[LEAF_ORG_NAME],
		.email = v[LEAF_EMAIL],
		.extra_contact_info = filled(v[LEAF_EXTRA_CONTACT]),
		.report_id = v[LEAF_REPORT_ID],
		.generator = filled(v[LEAF_GENERATOR]),
		.domain = v[LEAF_POLICY_DOMAIN],
		.version = filled(v[LEAF_VERSION]),
	};

	authres_judge(a->sender, &h);
	if (take_range(a, &h) < 0)
		return -1;
	take_policy(a, &h);
	look_at_metadata(a);
	if (h.extra_contact_info.len > LIMIT_LEAF) {
		extra_raw(&a->head_extra, "extra_contact_info", h.extra_contact_info);
		h.extra_contact_info = TEXT_ABSENT;
	}
	if (v[LEAF_VERSION_PUBLISHED].p)
		extra_raw(&a->head_extra, "version_published", v[LEAF_VERSION_PUBLISHED]);
	if (extra_finish(&a->head_extra, &h.extra, &e) < 0)
		return refuse(a, e.class, "%s", e.msg);
	emit_head(a->emit, &h);
	align_report(a->align, &h);
	content_of_policy(a);
	extra_clear(&a->head_extra);
	a->head_sent = true;
	return 0;
}
