/* Records and their sets of results become COPY tuples: the hot path of staging. */
#include "base/frame.h"
#include "store/copy.h"
#include "store/identity.h"
#include "store/stage.h"

#include <stdlib.h>

/* What the id of a set is made of: kind and result letters, then the texts of each result. */
static int64_t set_id(struct store_stage *st, const struct auth_result *v, uint32_t n)
{
	struct buf *b = &st->scratch;
	uint8_t sum[32];

	b->len = 0;
	buf_addc(b, 'a'); /* told apart from domains and reporters */
	for (uint32_t i = 0; i < n; i++) {
		buf_addc(b, (char)v[i].kind);
		buf_addc(b, (char)v[i].result);
		identity_pack(b, v[i].domain);
		identity_pack(b, v[i].selector);
		identity_pack(b, v[i].result_raw);
	}
	hash_sum(st->hash, b->p, b->len, sum);
	return hash_id(sum);
}

/* A text[] up to the last element that is there; none is: NULL. */
static void put_sparse(struct buf *b, const struct text *v, uint32_t n)
{
	while (n && !v[n - 1].p)
		n--;
	if (n)
		copy_text_array(b, v, n);
	else
		copy_null((uint8_t *)buf_take(b, 4));
}

static void put_set(struct store_report *r, int64_t id, const struct auth_result *v, uint32_t n)
{
	struct text domains[LIMIT_RESULTS], selectors[LIMIT_RESULTS], raw[LIMIT_RESULTS];
	char kinds[LIMIT_RESULTS], results[LIMIT_RESULTS];
	struct buf *b = &r->sets.mem;
	uint8_t *p = (uint8_t *)buf_room(b, 8 * COPY_FIXED + 2 * LIMIT_RESULTS);

	for (uint32_t i = 0; i < n; i++) {
		kinds[i] = (char)v[i].kind;
		results[i] = (char)v[i].result;
		domains[i] = v[i].domain;
		selectors[i] = v[i].selector;
		raw[i] = v[i].result_raw;
	}
	p = copy_tuple(p, AUTH_SET_FIELDS);
	p = copy_int8(p, r->stage->tenant);
	p = copy_int8(p, id);
	p = copy_bytes(p, kinds, n);
	p = copy_bytes(p, results, n);
	b->len = (size_t)((char *)p - b->p);
	copy_text_array(b, domains, n);
	put_sparse(b, selectors, n);
	put_sparse(b, raw, n);
}

/* Room for slot; grows by doubling, so that a small report pays for a few slots only. */
static void slots_grow(struct store_report *r, uint16_t slot)
{
	uint32_t want = r->n_slots ? r->n_slots * 2 : 16;

	while (want <= slot)
		want *= 2;
	r->slots = xrealloc(r->slots, want * sizeof(*r->slots));
	memset(r->slots + r->n_slots, 0, (want - r->n_slots) * sizeof(*r->slots));
	r->n_slots = want;
}

int store_report_set(struct store_report *r, uint16_t slot, const struct auth_result *results,
		     uint32_t n, struct err *e)
{
	if (slot >= FRAME_SLOTS || n > LIMIT_RESULTS)
		return err_set(e, ERR_BUG, "slot %u with %u results", slot, n);
	int64_t id = set_id(r->stage, results, n);

	if (slot >= r->n_slots)
		slots_grow(r, slot);
	r->slots[slot] = id;
	if (!idcache_claim(r->stage->known, id, r->report_id))
		return 0;
	put_set(r, id, results, n);
	r->n_sets++;
	if (r->set_ids.len < REPORT_SET_IDS * sizeof(id))
		buf_add(&r->set_ids, &id, sizeof(id));
	return spool_added(&r->sets, r->stage->dir, e);
}

static bool bytes_eq(struct text a, struct text b)
{
	return a.len == b.len && memcmp(a.p, b.p, a.len) == 0;
}

/* A text of which '=' says that it is `same` (migration 0001: header_from, envelope_from). */
static inline uint8_t *put_same(uint8_t *p, struct text t, struct text same)
{
	if (!t.p)
		return copy_null(p);
	if (same.p && bytes_eq(t, same))
		return copy_bytes(p, "=", 1);
	if (t.len && t.p[0] == '=') {
		p = copy_be32(p, t.len + 1);
		*p++ = '=';
		memcpy(p, t.p, t.len);
		return p + t.len;
	}
	return copy_bytes(p, t.p, t.len);
}

static inline enum roll judged(const struct record *rec)
{
	if (rec->dkim_evaluated == RESULT_PASS || rec->spf_evaluated == RESULT_PASS)
		return ROLL_PASS;
	if (rec->dkim_evaluated != RESULT_ABSENT && rec->spf_evaluated != RESULT_ABSENT)
		return ROLL_FAIL;
	return ROLL_UNKNOWN;
}

/* Where messages of this disposition are summed; ROLL_MESSAGES: nowhere but in the total. */
static inline enum roll disposed(const struct record *rec)
{
	switch (rec->disposition) {
	case DISPOSITION_NONE:
		return ROLL_NONE;
	case DISPOSITION_PASS:
		return ROLL_DISPOSITION_PASS;
	case DISPOSITION_QUARANTINE:
		return ROLL_QUARANTINE;
	case DISPOSITION_REJECT:
		return ROLL_REJECT;
	default:
		return ROLL_MESSAGES;
	}
}

/* No sum overflows if the total does not: each part is at most the total. */
static inline void roll_up(int64_t roll[ROLL_COUNT], const struct record *rec, int64_t messages)
{
	enum roll d = disposed(rec);

	roll[ROLL_MESSAGES] += messages;
	roll[judged(rec)] += messages;
	if (d != ROLL_MESSAGES)
		roll[d] += messages;
}

static int put_days(struct store_report *r, const struct record *rec, struct err *e)
{
	int64_t share[DAYS_MAX];
	struct buf *b = &r->record_days.mem;
	uint8_t *p = (uint8_t *)buf_room(b, r->days.n * RECORD_DAY_FIELDS * COPY_FIXED);

	days_split(&r->days, rec->messages, share);
	for (uint32_t d = 0; d < r->days.n; d++) {
		if (!share[d])
			continue;
		roll_up(r->day_roll[d], rec, share[d]);
		p = copy_tuple(p, RECORD_DAY_FIELDS);
		p = copy_int8(p, r->stage->tenant);
		p = copy_int8(p, r->report_id);
		p = copy_int4(p, (int32_t)rec->record_no);
		p = copy_date(p, r->days.first + (int32_t)d);
		p = copy_int8(p, share[d]);
	}
	b->len = (size_t)((char *)p - b->p);
	return spool_added(&r->record_days, r->stage->dir, e);
}

static inline bool disagrees(enum alignment ours, enum result theirs)
{
	return ours != ALIGNED_ABSENT && theirs != RESULT_ABSENT &&
	       (ours == ALIGNED_PASS) != (theirs == RESULT_PASS);
}

/* Column noted: what puts a record into the index of the few that are looked at one by one. */
static inline int16_t noted_of(const struct record *rec)
{
	return (int16_t)(disagrees(rec->dkim_aligned, rec->dkim_evaluated) |
			 disagrees(rec->spf_aligned, rec->spf_evaluated) << 1 |
			 rec->dkim_more << 2);
}

static inline void put_record(struct store_report *r, int64_t set, const struct record *rec)
{
	struct buf *b = &r->records.mem;
	size_t room = (RECORD_FIELDS + 1) * COPY_FIXED + rec->header_from.len +
		      rec->envelope_from.len + rec->envelope_to.len + rec->extra.len;
	uint8_t *p = (uint8_t *)buf_room(b, room);
	int16_t noted = noted_of(rec);

	p = copy_tuple(p, RECORD_FIELDS);
	p = copy_int8(p, r->stage->tenant);
	p = copy_int8(p, r->report_id);
	p = copy_int8(p, set);
	p = copy_int8(p, r->domain_id);
	p = copy_int8(p, rec->messages);
	p = copy_int4(p, (int32_t)rec->record_no);
	p = r->days.has_day ? copy_date(p, r->days.day) : copy_null(p);
	p = copy_char(p, (int)rec->disposition);
	p = copy_char(p, (int)rec->dkim_evaluated);
	p = copy_char(p, (int)rec->spf_evaluated);
	p = copy_inet(p, &rec->source_ip);
	p = put_same(p, rec->header_from, r->names[NAME_DOMAIN]);
	p = put_same(p, rec->envelope_from, rec->header_from);
	p = copy_text(p, rec->envelope_to);
	p = copy_jsonb(p, rec->extra);
	p = copy_char(p, (int)rec->dkim_aligned);
	p = copy_char(p, (int)rec->spf_aligned);
	p = rec->dkim_key ? copy_int2(p, rec->dkim_key) : copy_null(p);
	p = rec->spf_key ? copy_int2(p, rec->spf_key) : copy_null(p);
	p = noted ? copy_int2(p, noted) : copy_null(p);
	b->len = (size_t)((char *)p - b->p);
}

int store_report_record(struct store_report *r, uint16_t slot, const struct record *rec,
			struct err *e)
{
	int64_t total, set = slot < r->n_slots ? r->slots[slot] : 0;

	if (!set || rec->messages < 0)
		return err_set(e, ERR_BUG, "record %u: %s", rec->record_no,
			       set ? "a negative count" : "an empty slot");
	if (__builtin_add_overflow(r->roll[ROLL_MESSAGES], rec->messages, &total))
		return err_set(e, ERR_LIMIT, "the counts of the records add up to more than 2^63");
	put_record(r, set, rec);
	roll_up(r->roll, rec, rec->messages);
	r->n_records++;
	if (r->days.n && put_days(r, rec, e) < 0)
		return -1;
	return spool_added(&r->records, r->stage->dir, e);
}
