#include "cmd/inspect.h"
#include "cmd/worker.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct inspect *inspect_of(void *ctx)
{
	return ((struct seat *)ctx)->owner;
}

void inspect_begin(struct inspect *i)
{
	i->records = i->repairs = i->disagrees = 0;
	i->mended.len = 0;
	i->in_report = true;
	i->began = page_at(&i->page);
	for (size_t k = 0; k < FRAME_SLOTS; k++)
		buf_free(&i->sets[k]);
	i->sets_bytes = 0;
}

void inspect_take_back(struct inspect *i)
{
	if (i->in_report)
		page_back(&i->page, i->began);
	i->in_report = false;
}

void inspect_put_line(struct inspect *i)
{
	page_add(&i->page, i->line.p, i->line.len);
	i->line.len = 0;
}

void inspect_restart(struct inspect *i)
{
	page_back(&i->page, 0);
	i->in_report = false;
	i->of_item = 0;
}

int inspect_on_item_end(void *ctx, uint32_t entries, uint64_t bytes_out, struct err *e)
{
	(void)ctx;
	(void)entries;
	(void)bytes_out;
	(void)e;
	return 0;
}

int inspect_on_again(void *ctx, struct err *e)
{
	(void)e;
	inspect_take_back(inspect_of(ctx));
	return 0;
}

struct buf *inspect_slot(struct inspect *i, uint16_t slot, struct err *e)
{
	if (i->sets_bytes > INSPECT_SETS_MAX) {
		err_set(e, ERR_LIMIT, "too many different results to show");
		return NULL;
	}
	i->sets_bytes -= i->sets[slot].len;
	i->sets[slot].len = 0;
	return &i->sets[slot];
}

void inspect_count_slot(struct inspect *i, uint16_t slot)
{
	i->sets_bytes += i->sets[slot].len;
}

/* ---- words ---- */

const char *inspect_result(enum result r)
{
	switch (r) {
	case RESULT_ABSENT:
		return NULL;
	case RESULT_PASS:
		return "pass";
	case RESULT_FAIL:
		return "fail";
	case RESULT_NONE:
		return "none";
	case RESULT_NEUTRAL:
		return "neutral";
	case RESULT_SOFTFAIL:
		return "softfail";
	case RESULT_POLICY:
		return "policy";
	case RESULT_TEMPERROR:
		return "temperror";
	case RESULT_PERMERROR:
		return "permerror";
	case RESULT_OTHER:
		break;
	}
	return "other";
}

const char *inspect_disposition(enum disposition d)
{
	switch (d) {
	case DISPOSITION_ABSENT:
		return NULL;
	case DISPOSITION_NONE:
		return "none";
	case DISPOSITION_PASS:
		return "pass";
	case DISPOSITION_QUARANTINE:
		return "quarantine";
	case DISPOSITION_REJECT:
		return "reject";
	case DISPOSITION_OTHER:
		break;
	}
	return "other";
}

const char *inspect_scope(enum auth_kind k)
{
	return k == AUTH_SPF_HELO ? "helo" : k == AUTH_SPF_MFROM ? "mfrom" :
	       k == AUTH_SPF_OTHER ? "other" : NULL;
}

const char *inspect_auth(enum reporter_auth a)
{
	return a == AUTH_VERIFIED ? "verified" : a == AUTH_LOCAL ? "local" :
	       a == AUTH_FAILED ? "failed" : "unverified";
}

const char *inspect_method(enum auth_method m)
{
	return m == METHOD_DMARC ? "dmarc" : m == METHOD_DKIM ? "dkim" :
	       m == METHOD_SPF ? "spf" : NULL;
}

const char *inspect_relation(enum auth_relation r)
{
	return r == RELATION_BOTH ? "both" : r == RELATION_NAME ? "name" :
	       r == RELATION_ADDRESS ? "address" : r == RELATION_NONE ? "none" : NULL;
}

const char *inspect_schema(enum schema s)
{
	return s == SCHEMA_RFC7489 ? "rfc7489" : s == SCHEMA_RFC9990 ? "rfc9990" : "draft";
}

/* Definitions A5. */
const char *inspect_pass(const struct record *r)
{
	if (r->dkim_evaluated == RESULT_PASS || r->spf_evaluated == RESULT_PASS)
		return "true";
	return r->dkim_evaluated != RESULT_ABSENT && r->spf_evaluated != RESULT_ABSENT ?
		"false" : "null";
}

const char *inspect_aligned(enum alignment a)
{
	return a == ALIGNED_ABSENT ? "null" : a == ALIGNED_PASS ? "true" : "false";
}

/* As ruadb.disagrees of sql/views/10_words.sql: -1 where there is nothing to compare. */
static int disagrees(enum alignment a, enum result evaluated)
{
	if (a == ALIGNED_ABSENT || evaluated == RESULT_ABSENT)
		return -1;
	return (a == ALIGNED_PASS) != (evaluated == RESULT_PASS);
}

bool inspect_dkim_disagrees(const struct record *r)
{
	return disagrees(r->dkim_aligned, r->dkim_evaluated) > 0;
}

bool inspect_spf_disagrees(const struct record *r)
{
	return disagrees(r->spf_aligned, r->spf_evaluated) > 0;
}

const char *inspect_disagrees(const struct record *r)
{
	int dkim = disagrees(r->dkim_aligned, r->dkim_evaluated);
	int spf = disagrees(r->spf_aligned, r->spf_evaluated);

	return dkim > 0 || spf > 0 ? "true" : dkim == 0 || spf == 0 ? "false" : "null";
}

const char *inspect_ip(const struct ip *ip, char to[64])
{
	if (!inet_ntop(ip->family == 4 ? AF_INET : AF_INET6, ip->bytes, to, 64))
		return NULL;
	return to;
}

static bool format(int64_t at, bool day_only, char to[40])
{
	time_t t = at;
	struct tm tm;

	if (at == TIME_ABSENT || !gmtime_r(&t, &tm))
		return false;
	if (day_only)
		return strftime(to, 40, "%Y-%m-%d", &tm) > 0;
	return strftime(to, 40, "%Y-%m-%dT%H:%M:%S+00:00", &tm) > 0;
}

bool inspect_time(int64_t at, char to[40])
{
	return format(at, false, to);
}

bool inspect_day(int64_t begin, int64_t end, char to[40])
{
	if (begin == TIME_ABSENT || end == TIME_ABSENT)
		return false;
	int64_t from = begin < end ? begin : end, length = begin < end ? end - begin : begin - end;

	return length <= 25 * 3600 && format(from + length / 2, true, to);
}
