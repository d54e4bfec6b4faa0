#include "bench/naive_rows.h"

#include "bench/files.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>

#define TENANT "1"
#define MAX_PARAMS 48

static const char *const statements[][2] = {
	{"batch", "INSERT INTO ruadb_data.batch (tenant_id, batch_uuid, program_version, parser_version)"
		  " VALUES (1, gen_random_uuid(), 'naive', 1) RETURNING batch_id"},
	{"domain", "INSERT INTO ruadb_data.domain (tenant_id, domain_id, name)"
		   " VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"},
	{"reporter", "INSERT INTO ruadb_data.reporter (tenant_id, reporter_id, name, org_name, email,"
		     " extra_contact_info, generator) VALUES ($1, $2, $3, $4, $5, $6, $7)"
		     " ON CONFLICT DO NOTHING"},
	{"auth_set", "INSERT INTO ruadb_data.auth_set (tenant_id, auth_set_id, kinds, results, domains,"
		     " selectors) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING"},
	{"record", "INSERT INTO ruadb_data.record (tenant_id, report_id, auth_set_id, domain_id,"
		   " messages, record_no, day, disposition, dkim_evaluated, spf_evaluated, source_ip,"
		   " header_from, envelope_from, envelope_to, extra)"
		   " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"},
	{"report", "INSERT INTO ruadb_data.report (tenant_id, report_id, domain_id, reporter_id,"
		   " item_key, day, batch_id, variant, set_key, identity, begin_at, end_at, records,"
		   " messages, pass, fail, unknown, none, disposition_pass, quarantine, reject, member,"
		   " pct, counted, near_repeat, swapped, schema, state, reporter_auth,"
		   " external_report_id, p, sp, np, adkim, aspf, fo, testing, discovery_method, version,"
		   " extra) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, to_timestamp($11),"
		   " to_timestamp($12), $13, $14, nullif($15::bigint, 0), nullif($16::bigint, 0),"
		   " nullif($17::bigint, 0), nullif($18::bigint, 0), nullif($19::bigint, 0),"
		   " nullif($20::bigint, 0), nullif($21::bigint, 0),"
		   " (SELECT count(*) FROM ruadb_data.report WHERE tenant_id = $1 AND set_key = $9),"
		   " $22, true, false, false, $23, $24, 'l', $25, $26, $27, $28, $29, $30, $31, $32,"
		   " $33, $34, $35)"},
	{"ledger", "INSERT INTO ruadb_data.ledger (tenant_id, item_key, batch_id, bytes_key, size,"
		   " parser_version, outcome, source, item) VALUES ($1, $2, $3, $4, $5, 1, 's', 'file',"
		   " $6)"},
	{"original", "INSERT INTO ruadb_data.original (tenant_id, sha256, part, size, encoding, bytes)"
		     " VALUES ($1, $2, 0, $3, 'raw', $4) ON CONFLICT DO NOTHING"},
};

/* ---- parameters, as text ---- */

struct params {
	struct buf text;
	ssize_t at[MAX_PARAMS]; /* offset in text; -1: NULL */
	int n;
};

static void p_text(struct params *p, struct text t)
{
	p->at[p->n++] = text_present(t) ? (ssize_t)p->text.len : -1;
	if (text_present(t)) {
		buf_add(&p->text, t.p, t.len);
		buf_addc(&p->text, '\0');
	}
}

static void p_string(struct params *p, const char *s)
{
	p_text(p, text_of(s));
}

static void p_int(struct params *p, int64_t v)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%" PRId64, v);
	p_string(p, digits);
}

static void p_code(struct params *p, unsigned code)
{
	char c = (char)code;

	p_text(p, (struct text){&c, 1});
}

static void p_uuid(struct params *p, const uint8_t bytes[16])
{
	p->at[p->n++] = (ssize_t)p->text.len;
	for (int i = 0; i < 16; i++)
		buf_printf(&p->text, "%02x", bytes[i]);
	buf_addc(&p->text, '\0');
}

static void p_array(struct params *p, const struct auth_result *v, uint32_t n, bool selectors)
{
	struct buf *b = &p->text;

	p->at[p->n++] = (ssize_t)b->len;
	for (uint32_t i = 0; i < n; i++) {
		struct text t = selectors ? v[i].selector : v[i].domain;

		buf_addc(b, i ? ',' : '{');
		if (!text_present(t)) {
			buf_adds(b, "NULL");
			continue;
		}
		buf_addc(b, '"');
		for (uint32_t k = 0; k < t.len; k++) {
			if (t.p[k] == '"' || t.p[k] == '\\')
				buf_addc(b, '\\');
			buf_addc(b, t.p[k]);
		}
		buf_addc(b, '"');
	}
	buf_adds(b, n ? "}" : "{}");
	buf_addc(b, '\0');
}

static void finish(struct naive *n, PGresult *r, const char *what)
{
	if (PQresultStatus(r) != PGRES_COMMAND_OK)
		bench_die(what, PQerrorMessage(n->conn));
	PQclear(r);
}

/* One round trip. */
static void execute(struct naive *n, const char *statement, struct params *p)
{
	const char *values[MAX_PARAMS];

	for (int i = 0; i < p->n; i++)
		values[i] = p->at[i] < 0 ? NULL : p->text.p + p->at[i];
	finish(n, PQexecPrepared(n->conn, statement, p->n, values, NULL, NULL, 0), statement);
	buf_free(&p->text);
}

void naive_run(struct naive *n, const char *sql)
{
	finish(n, PQexec(n->conn, sql), sql);
}

void naive_prepare(struct naive *n)
{
	for (size_t i = 0; i < sizeof(statements) / sizeof(*statements); i++)
		finish(n, PQprepare(n->conn, statements[i][0], statements[i][1], 0, NULL),
		       statements[i][0]);
}

/* ---- rows ---- */

void naive_batch(struct naive *n)
{
	PGresult *r = PQexecPrepared(n->conn, "batch", 0, NULL, NULL, NULL, 0);

	if (PQresultStatus(r) != PGRES_TUPLES_OK)
		bench_die("batch", PQerrorMessage(n->conn));
	snprintf(n->batch_id, sizeof(n->batch_id), "%s", PQgetvalue(r, 0, 0));
	PQclear(r);
}

static void hash_text(struct hash *h, struct text t)
{
	uint32_t len = text_present(t) ? t.len : UINT32_MAX;

	hash_add(h, &len, sizeof(len));
	hash_add(h, t.p ? t.p : "", t.len);
}

int64_t naive_domain(struct naive *n, struct text name)
{
	struct params p = {0};
	uint8_t sum[32];

	hash_sum(n->hash, name.p ? name.p : "", name.len, sum);
	p_string(&p, TENANT);
	p_int(&p, hash_id(sum));
	p_text(&p, text_present(name) ? name : text_of(""));
	execute(n, "domain", &p);
	return hash_id(sum);
}

int64_t naive_reporter(struct naive *n, const struct report_head *h)
{
	const struct text fields[] = {h->org_name, h->email, h->extra_contact_info, h->generator};
	struct params p = {0};
	uint8_t sum[32];

	hash_reset(n->hash);
	for (int i = 0; i < 4; i++)
		hash_text(n->hash, fields[i]);
	hash_end(n->hash, sum);
	p_string(&p, TENANT);
	p_int(&p, hash_id(sum));
	p_text(&p, text_present(h->org_name) ? h->org_name : text_of(""));
	for (int i = 0; i < 4; i++)
		p_text(&p, fields[i]);
	execute(n, "reporter", &p);
	return hash_id(sum);
}

int64_t naive_auth_set(struct naive *n, const struct auth_result *results, uint32_t count)
{
	struct buf kinds = {0}, words = {0};
	struct params p = {0};
	uint8_t sum[32];

	hash_reset(n->hash);
	for (uint32_t i = 0; i < count; i++) {
		buf_addc(&kinds, (char)results[i].kind);
		buf_addc(&words, (char)results[i].result);
		hash_text(n->hash, results[i].domain);
		hash_text(n->hash, results[i].selector);
	}
	hash_text(n->hash, text_of(buf_cstr(&kinds)));
	hash_text(n->hash, text_of(buf_cstr(&words)));
	hash_end(n->hash, sum);
	p_string(&p, TENANT);
	p_int(&p, hash_id(sum));
	p_string(&p, kinds.p);
	p_string(&p, words.p);
	p_array(&p, results, count, false);
	p_array(&p, results, count, true);
	execute(n, "auth_set", &p);
	buf_free(&kinds);
	buf_free(&words);
	return hash_id(sum);
}

/* '=' where it says the same as the field before it. */
static struct text shorter(struct text t, struct text same)
{
	return text_present(t) && text_eq(t, same) ? text_of("=") : t;
}

void naive_record(struct naive *n, const struct naive_keys *k, int64_t auth_set_id,
		  const struct record *r)
{
	struct params p = {0};
	char address[INET6_ADDRSTRLEN];

	inet_ntop(r->source_ip.family == 4 ? AF_INET : AF_INET6, r->source_ip.bytes, address,
		  sizeof(address));
	p_string(&p, TENANT);
	p_int(&p, k->report_id);
	p_int(&p, auth_set_id);
	p_int(&p, k->domain_id);
	p_int(&p, r->messages);
	p_int(&p, r->record_no);
	p_string(&p, k->day);
	p_code(&p, r->disposition);
	p_code(&p, r->dkim_evaluated);
	p_code(&p, r->spf_evaluated);
	p_string(&p, address);
	p_text(&p, shorter(r->header_from, k->domain));
	p_text(&p, shorter(r->envelope_from, r->header_from));
	p_text(&p, r->envelope_to);
	p_text(&p, r->extra);
	execute(n, "record", &p);
}

/* Identity, variant and the key of the set: hashes, as in store/. */
static void p_keys(struct params *p, struct naive *n, const struct naive_keys *k,
		   const struct report_head *h, const struct report_sums *s)
{
	int64_t set[] = {k->domain_id, k->reporter_id, h->begin_at, h->end_at};
	uint8_t sum[32];

	p_int(p, hash_id(s->content_hash));
	hash_sum(n->hash, set, sizeof(set), sum);
	p_int(p, hash_id(sum));
	hash_reset(n->hash);
	hash_add(n->hash, set, sizeof(set));
	hash_text(n->hash, h->report_id);
	hash_end(n->hash, sum);
	p_uuid(p, sum);
}

void naive_report(struct naive *n, const struct naive_keys *k, const struct report_head *h,
		  const struct report_sums *s, const struct naive_sums *sums)
{
	const int64_t figures[] = {sums->pass, sums->fail, sums->unknown, sums->none,
				   sums->accepted, sums->quarantine, sums->reject};
	const struct text texts[] = {h->report_id, h->p, h->sp, h->np, h->adkim, h->aspf,
				     h->fo, h->testing, h->discovery_method, h->version, h->extra};
	struct params p = {0};

	p_string(&p, TENANT);
	p_int(&p, k->report_id);
	p_int(&p, k->domain_id);
	p_int(&p, k->reporter_id);
	p_uuid(&p, k->item_key);
	p_string(&p, k->day);
	p_string(&p, n->batch_id);
	p_keys(&p, n, k, h, s);
	p_int(&p, h->begin_at);
	p_int(&p, h->end_at);
	p_int(&p, (int64_t)s->records);
	p_int(&p, s->messages);
	for (size_t i = 0; i < sizeof(figures) / sizeof(*figures); i++)
		p_int(&p, figures[i]);
	if (h->pct < 0)
		p_text(&p, TEXT_ABSENT);
	else
		p_int(&p, h->pct);
	p_code(&p, h->schema);
	p_code(&p, s->state);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		p_text(&p, texts[i]);
	execute(n, "report", &p);
}

static void put_ledger(struct naive *n, const struct naive_keys *k, const struct naive_file *f,
		       const uint8_t sum[32])
{
	struct params p = {0};

	p_string(&p, TENANT);
	p_uuid(&p, k->item_key);
	p_string(&p, n->batch_id);
	p_uuid(&p, sum);
	p_int(&p, (int64_t)f->size);
	p_string(&p, f->path);
	execute(n, "ledger", &p);
}

void naive_item(struct naive *n, const struct naive_keys *k, const struct naive_file *f)
{
	uint8_t sum[32];
	char size[24];

	hash_sum(n->hash, f->bytes, f->size, sum);
	put_ledger(n, k, f, sum);
	snprintf(size, sizeof(size), "%zu", f->size);
	const char *values[] = {TENANT, (const char *)sum, size, f->bytes};
	const int lengths[] = {0, sizeof(sum), 0, (int)f->size};
	const int binary[] = {0, 1, 0, 1};

	finish(n, PQexecPrepared(n->conn, "original", 4, values, lengths, binary, 0), "original");
}
