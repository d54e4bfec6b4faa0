#include "store/stage.h"
#include "store/copy.h"
#include "store/identity.h"
#include "store/log_hash.h"
#include "store/log_stage.h"
#include "store/log_work.h"

#include <stdlib.h>

#define DETAILS_MAX 100 /* refused rows kept with their details; all are counted */

struct store_stage *store_stage_new(const struct conf *c, int parser_version)
{
	struct store_stage *st = xcalloc(1, sizeof(*st));

	st->tenant = c->tenant ? c->tenant : 1;
	st->parser_version = parser_version;
	st->keep_raw = (enum keep_raw)c->keep_raw;
	st->quarantine_max = c->quarantine_max;
	st->dir = xstrdup(c->home ? c->home : "/var/tmp");
	st->hash = hash_new();
	st->known = idcache_new();
	st->conf = c;
	log_hash_begin();
	st->zones = log_zones_new();
	return st;
}

void store_stage_free(struct store_stage *st)
{
	if (!st)
		return;
	free(st->dir);
	hash_free(st->hash);
	buf_free(&st->scratch);
	idcache_free(st->known);
	log_zones_free(st->zones);
	buf_free(&st->scratch_logs);
	log_known_free(st->logs);
	free(st);
}

/* Copies domain and reporter out of the head, normalises the names and makes the ids. */
static void take_names(struct store_report *r, const struct report_head *h)
{
	const struct text raw[] = {h->org_name, h->email, h->extra_contact_info, h->generator};
	struct buf *b = &r->names_bytes, *packed = &r->stage->scratch;
	size_t at[NAME_COUNT + 1];
	uint8_t sum[32];

	at[NAME_DOMAIN] = b->len;
	text_add_name(b, h->domain);
	at[NAME_REPORTER] = b->len;
	identity_reporter(b, h);
	packed->len = 0;
	buf_addc(packed, 'r'); /* told apart from sets and domains */
	for (int i = 0; i < 4; i++) {
		at[NAME_ORG + i] = b->len;
		buf_add(b, raw[i].p, raw[i].len);
		identity_pack(packed, raw[i]);
	}
	at[NAME_COUNT] = b->len;
	buf_add(b, h->auth_domain.p, h->auth_domain.len);
	buf_addc(b, '\0'); /* so that there is memory to point to, whatever was empty */
	for (int i = 0; i < NAME_COUNT; i++)
		r->names[i] = (struct text){b->p + at[i], (uint32_t)(at[i + 1] - at[i])};
	if (h->auth_domain.p)
		r->auth_domain = (struct text){b->p + at[NAME_COUNT], h->auth_domain.len};
	for (int i = 0; i < 4; i++)
		if (!raw[i].p)
			r->names[NAME_ORG + i] = TEXT_ABSENT;
	hash_sum(r->stage->hash, packed->p, packed->len, sum);
	r->reporter_id = hash_id(sum);
	hash_sum(r->stage->hash, r->names[NAME_DOMAIN].p, r->names[NAME_DOMAIN].len, sum);
	r->domain_id = hash_id(sum);
}

/* The part of the head's tuple that is known at its beginning: HEAD_COLUMNS_BEGIN. */
static void put_head(struct store_report *r, const struct report_head *h)
{
	const struct text texts[] = {h->report_id, h->p, h->sp, h->np, h->adkim, h->aspf, h->fo,
				     h->testing, h->discovery_method, h->version,
				     r->auth_domain};
	bool swapped = r->days.swapped;
	size_t room = (HEAD_FIELDS + 1) * COPY_FIXED;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		room += texts[i].len;
	uint8_t *p = (uint8_t *)buf_room(&r->head, room);

	p = copy_tuple(p, HEAD_FIELDS);
	p = copy_int8(p, r->stage->tenant);
	p = copy_int8(p, r->report_id);
	p = copy_int8(p, r->set_key);
	p = copy_uuid(p, r->identity);
	p = copy_int8(p, r->domain_id);
	p = copy_int8(p, r->reporter_id);
	p = copy_timestamptz(p, swapped ? h->end_at : h->begin_at);
	p = copy_timestamptz(p, swapped ? h->begin_at : h->end_at);
	p = r->days.has_day ? copy_date(p, r->days.day) : copy_null(p);
	p = h->entry ? copy_int4(p, (int32_t)h->entry) : copy_null(p);
	p = h->pct >= 0 && h->pct <= INT16_MAX ? copy_int2(p, (int16_t)h->pct) : copy_null(p);
	p = copy_bool(p, swapped);
	p = copy_char(p, (int)h->schema);
	p = copy_char(p, (int)r->auth);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		p = copy_text(p, texts[i]);
	p = r->auth_domain.p ? copy_char(p, (int)h->auth_method) : copy_null(p);
	p = r->auth_domain.p ? copy_char(p, (int)h->auth_relation) : copy_null(p);
	p = copy_timestamptz(p, r->arrived_at);
	r->head.len = (size_t)((char *)p - r->head.p);
}

struct store_report *store_report_begin(struct store_stage *st, int64_t report_id,
					const struct report_head *h, int64_t arrived_at)
{
	struct store_report *r = xcalloc(1, sizeof(*r));

	r->stage = st;
	r->report_id = report_id;
	r->auth = h->auth;
	r->auth_method = h->auth_method;
	r->auth_relation = h->auth_relation;
	r->arrived_at = arrived_at;
	days_of(h->begin_at, h->end_at, &r->days);
	if (r->days.n)
		r->day_roll = xcalloc(r->days.n, sizeof(*r->day_roll));
	take_names(r, h);
	identity_of(st->hash, st->tenant, r->names[NAME_REPORTER], r->names[NAME_DOMAIN], h,
		    r->identity, &r->set_key);
	r->send_domain = idcache_claim(st->known, r->domain_id, report_id);
	r->send_reporter = idcache_claim(st->known, r->reporter_id, report_id);
	put_head(r, h);
	buf_add(&r->extra, h->extra.p, h->extra.len);
	return r;
}

static void add_member(struct buf *b, const char *name, struct text t)
{
	if (t.p) {
		buf_printf(b, ",\"%s\":", name);
		text_add_json(b, t);
	}
}

void store_report_refused_row(struct store_report *r, uint32_t record_no, int64_t messages,
			      struct text why)
{
	struct buf *b = &r->refused;

	if (__builtin_add_overflow(r->messages_refused, messages, &r->messages_refused))
		r->messages_refused = INT64_MAX;
	if (r->n_refused++ >= DETAILS_MAX)
		return;
	buf_printf(b, "%s{\"record_no\":%u,\"messages\":%lld", b->len ? "," : "", record_no,
		   (long long)messages);
	add_member(b, "reason", why);
	buf_addc(b, '}');
}

void store_report_repair(struct store_report *r, const struct repair *repair)
{
	struct buf *b = &r->repairs;

	if (__builtin_add_overflow(r->n_repairs, repair->times, &r->n_repairs) ||
	    r->n_repairs > INT32_MAX)
		r->n_repairs = INT32_MAX;
	buf_adds(b, b->len ? ",{\"what\":" : "{\"what\":");
	text_add_json(b, repair->what);
	add_member(b, "where", repair->where);
	add_member(b, "from", repair->from);
	add_member(b, "to", repair->to);
	if (repair->record_no)
		buf_printf(b, ",\"record_no\":%u", repair->record_no);
	if (repair->line)
		buf_printf(b, ",\"line\":%u", repair->line);
	buf_printf(b, ",\"times\":%u}", repair->times);
}

static bool is_blank(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)p[i] > 0x20)
			return false;
	return true;
}

static void add_array(struct buf *extra, const char *name, const struct buf *list)
{
	if (!list->len)
		return;
	bool first = extra->len == 0 || is_blank(extra->p + 1, extra->len - 1);

	if (!extra->len)
		buf_addc(extra, '{');
	buf_printf(extra, "%s\"%s\":[", first ? "" : ",", name);
	buf_add(extra, list->p, list->len);
	buf_addc(extra, ']');
}

static void add_lost(struct buf *extra, const struct buf *lost)
{
	if (!lost->len)
		return;
	bool first = extra->len == 0 || is_blank(extra->p + 1, extra->len - 1);

	if (!extra->len)
		buf_addc(extra, '{');
	buf_adds(extra, first ? "\"lost\":" : ",\"lost\":");
	text_add_json(extra, (struct text){lost->p, (uint32_t)lost->len});
}

/* The head's extra with what was mended and refused in it. */
static struct text whole_extra(struct store_report *r)
{
	struct buf *x = &r->extra;

	if (r->repairs.len || r->refused.len || r->lost.len) {
		if (x->len >= 2 && x->p[x->len - 1] == '}')
			x->len--; /* an object, by the contract of report_head: opened again */
		add_array(x, "repairs", &r->repairs);
		add_array(x, "refused_rows", &r->refused);
		add_lost(x, &r->lost);
		buf_addc(x, '}');
	}
	return x->len ? (struct text){x->p, (uint32_t)x->len} : TEXT_ABSENT;
}

/* The rest of the head's tuple, but for HEAD_AT_COMMIT: HEAD_COLUMNS_END. */
static void put_head_end(struct store_report *r)
{
	struct text extra = whole_extra(r);
	uint8_t *p = (uint8_t *)buf_room(&r->head, extra.len + 16 * COPY_FIXED);

	p = copy_int8(p, r->variant);
	p = copy_int8(p, (int64_t)r->n_records);
	p = copy_int8(p, r->roll[ROLL_MESSAGES]);
	for (int i = ROLL_PASS; i < ROLL_COUNT; i++)
		p = copy_int8_or_null(p, r->roll[i]);
	p = copy_int8_or_null(p, r->n_refused);
	p = copy_int8_or_null(p, r->messages_refused);
	p = r->n_repairs ? copy_int4(p, (int32_t)r->n_repairs) : copy_null(p);
	p = copy_char(p, (int)r->state);
	p = copy_jsonb(p, extra);
	r->head.len = (size_t)((char *)p - r->head.p);
}

static void put_day_parts(struct store_report *r)
{
	uint8_t *p = (uint8_t *)buf_room(&r->day_parts, r->days.n * DAY_PART_FIELDS * COPY_FIXED);

	for (uint32_t d = 0; d < r->days.n; d++) {
		p = copy_tuple(p, DAY_PART_FIELDS);
		p = copy_int8(p, r->stage->tenant);
		p = copy_int8(p, r->report_id);
		p = copy_date(p, r->days.first + (int32_t)d);
		for (int i = 0; i < ROLL_COUNT; i++)
			p = copy_int8(p, r->day_roll[d][i]);
	}
	r->day_parts.len = (size_t)((char *)p - r->day_parts.p);
}

int store_report_end(struct store_report *r, const struct report_sums *s, struct err *e)
{
	if (r->ended)
		return err_set(e, ERR_BUG, "a report ended twice");
	if (s->records != r->n_records || s->messages != r->roll[ROLL_MESSAGES])
		return err_set(e, ERR_BUG, "the sums of a report differ from its records: "
			       "%llu records of %llu, %lld messages of %lld",
			       (unsigned long long)r->n_records, (unsigned long long)s->records,
			       (long long)r->roll[ROLL_MESSAGES], (long long)s->messages);
	r->state = s->state;
	buf_add(&r->lost, s->lost.p, s->lost.len);
	r->variant = hash_id(s->content_hash);
	put_head_end(r);
	if (r->days.n)
		put_day_parts(r);
	free(r->slots);
	r->slots = NULL;
	r->ended = true;
	return 0;
}

size_t store_report_bytes(const struct store_report *r)
{
	return (size_t)(spool_bytes(&r->records) + spool_bytes(&r->record_days) +
			spool_bytes(&r->sets)) + r->head.len + r->day_parts.len;
}

void store_report_free(struct store_report *r)
{
	if (!r)
		return;
	buf_free(&r->names_bytes);
	buf_free(&r->head);
	buf_free(&r->day_parts);
	buf_free(&r->extra);
	buf_free(&r->repairs);
	buf_free(&r->refused);
	buf_free(&r->lost);
	buf_free(&r->set_ids);
	spool_free(&r->records);
	spool_free(&r->record_days);
	spool_free(&r->sets);
	free(r->slots);
	free(r->day_roll);
	free(r);
}
