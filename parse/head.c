/* The head of a report: what was gathered of it, checked and sent as HEAD. */
#include "parse/gather.h"
#include "parse/words.h"

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

/* begin or end; what is not plain digits is kept raw. */
static bool take_time(struct aggregate *a, enum node leaf, const char *name, int64_t *ret)
{
	struct text t = a->value[leaf];
	bool raw = true, ok = word_time(t, ret, &raw);

	if (t.len && (raw || !ok))
		extra_raw(&a->head_extra, name, t);
	return ok;
}

static int take_range(struct aggregate *a, struct report_head *h)
{
	bool begin = take_time(a, LEAF_BEGIN, "begin", &h->begin_at);
	bool end = take_time(a, LEAF_END, "end", &h->end_at);

	if (!begin && !end)
		return refuse(a, ERR_INPUT, "a report whose date_range has neither a begin nor an "
					    "end that is a time");
	if (!begin)
		h->begin_at = TIME_ABSENT;
	if (!end)
		h->end_at = TIME_ABSENT;
	return 0;
}

static void take_pct(struct aggregate *a, struct report_head *h)
{
	struct text t = a->value[LEAF_PCT];
	int64_t n;

	h->pct = -1;
	if (word_count(t, &n) && n <= 100)
		h->pct = (int32_t)n;
	else if (t.len)
		extra_raw(&a->head_extra, "pct", t);
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
		return refuse(a, ERR_INPUT, "feedback without report_metadata");
	if (!a->policy)
		return refuse(a, ERR_INPUT, "feedback without policy_published");
	if (!a->value[LEAF_POLICY_DOMAIN].len)
		return refuse(a, ERR_INPUT, "a report without the domain of the policy");
	return 0;
}

int head_send(struct aggregate *a)
{
	const struct text *v = a->value;
	struct err e;

	if (check(a) < 0)
		return -1;
	struct report_head h = {
		.entry = a->entry,
		.via_mail = a->via_mail,
		.schema = schema_of(a),
		.org_name = v[LEAF_ORG_NAME],
		.email = v[LEAF_EMAIL],
		.extra_contact_info = filled(v[LEAF_EXTRA_CONTACT]),
		.report_id = v[LEAF_REPORT_ID],
		.generator = filled(v[LEAF_GENERATOR]),
		.domain = v[LEAF_POLICY_DOMAIN],
		.p = filled(v[LEAF_P]),
		.sp = filled(v[LEAF_SP]),
		.np = filled(v[LEAF_NP]),
		.adkim = filled(v[LEAF_ADKIM]),
		.aspf = filled(v[LEAF_ASPF]),
		.fo = filled(v[LEAF_FO]),
		.testing = filled(v[LEAF_TESTING]),
		.discovery_method = filled(v[LEAF_DISCOVERY]),
		.version = filled(v[LEAF_VERSION]),
	};

	if (take_range(a, &h) < 0)
		return -1;
	take_pct(a, &h);
	if (h.extra_contact_info.len > LIMIT_LEAF) {
		extra_raw(&a->head_extra, "extra_contact_info", h.extra_contact_info);
		h.extra_contact_info = TEXT_ABSENT;
	}
	if (v[LEAF_VERSION_PUBLISHED].p)
		extra_raw(&a->head_extra, "version_published", v[LEAF_VERSION_PUBLISHED]);
	if (extra_finish(&a->head_extra, &h.extra, &e) < 0)
		return refuse(a, e.class, "%s", e.msg);
	emit_head(a->emit, &h);
	content_of_policy(a);
	extra_clear(&a->head_extra);
	a->head_sent = true;
	return 0;
}
