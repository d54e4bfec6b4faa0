/*
 * Rows that many reports share: domains, reporters, sets of results. They are stored in a short
 * transaction of their own before the batch, sorted, so that two processes that meet the same
 * names wait for each other for milliseconds and not for a whole batch. It need not reach the disk
 * by itself: the batch's commit flushes everything before it.
 */
#include "store/domains.h"
#include "store/work.h"
#include "base/orgdomain.h"

#include <stdlib.h>

/* The SQLSTATE we give to a hash collision: as a value that is not taken, so the batch is halved
 * until the report is alone. */
#define COLLISION "22RUA"

static size_t count_new_names(const struct work *w, bool domains)
{
	size_t n = 0;

	for (size_t i = 0; i < w->n_reports; i++)
		n += domains ? w->reports[i].r->send_domain : w->reports[i].r->send_reporter;
	return n;
}

static size_t count_sets(const struct work *w)
{
	size_t n = 0;

	for (size_t i = 0; i < w->n_reports; i++)
		n += w->reports[i].r->n_sets;
	return n;
}

static void texts_param(struct params *p, const struct text *v, size_t n)
{
	copy_array_text(param_array_begin(p), v, (uint32_t)n);
	param_array_end(p, DB_OID_TEXT_ARRAY);
}

static void ids_param(struct params *p, const int64_t *v, size_t n)
{
	copy_array_int8(param_array_begin(p), v, (uint32_t)n);
	param_array_end(p, DB_OID_INT8_ARRAY);
}

int refs_collision(struct store *s, const char *what, struct err *e)
{
	memcpy(s->sqlstate, COLLISION, sizeof(COLLISION));
	return err_set(e, ERR_BUG, "two different %s have the same id", what);
}

/* Inserts; where a row was there already its contents have to be the same. check: a query that
 * gives a row for each that differs. */
static int insert_checked(struct store *s, const char *insert, const char *check,
			  const struct params *p, int64_t n, const char *what, struct err *e)
{
	AUTO_RESULT PGresult *res = NULL, *differs = NULL;

	if (db_exec(s, insert, p, &res, e) < 0)
		return -1;
	if (strtoll(PQcmdTuples(res), NULL, 10) == n)
		return 0;
	if (db_exec(s, check, p, &differs, e) < 0)
		return -1;
	return PQntuples(differs) ? refs_collision(s, what, e) : 0;
}

static int store_domains(struct work *w, size_t n, struct err *e)
{
	AUTO_FREE int64_t *ids = xcalloc(n, sizeof(*ids));
	AUTO_FREE struct text *names = xcalloc(n, sizeof(*names));
	AUTO_FREE struct text *orgs = xcalloc(n, sizeof(*orgs));
	AUTO_PARAMS struct params p = {0};
	size_t at = 0;

	for (size_t i = 0; i < w->n_reports; i++) {
		const struct store_report *r = w->reports[i].r;

		if (!r->send_domain)
			continue;
		ids[at] = r->domain_id;
		names[at] = r->names[NAME_DOMAIN];
		orgs[at] = orgdomain_of(names[at]);
		at++;
	}
	param_int8(&p, w->st->tenant);
	ids_param(&p, ids, n);
	texts_param(&p, names, n);
	texts_param(&p, orgs, n);
	return insert_checked(w->s,
		"INSERT INTO ruadb_data.domain (tenant_id, domain_id, name, organizational_domain, "
		"is_foreign) SELECT $1, u.id, u.name, u.org, " DOMAINS_FOREIGN_SQL("u.org")
		" FROM unnest($2, $3, $4) AS u(id, name, org) ORDER BY u.id ON CONFLICT DO NOTHING",
		"SELECT FROM unnest($2, $3, $4) AS u(id, name, org) CROSS JOIN LATERAL "
		"(SELECT * FROM ruadb_data.domain d WHERE d.tenant_id = $1 AND d.domain_id = u.id "
		"OFFSET 0) d WHERE d.name <> u.name LIMIT 1",
		&p, (int64_t)n, "domains", e);
}

static int store_reporters(struct work *w, size_t n, struct err *e)
{
	enum { TEXTS = NAME_COUNT - NAME_REPORTER };
	AUTO_FREE int64_t *ids = xcalloc(n, sizeof(*ids));
	AUTO_FREE struct text *names = xcalloc(n * TEXTS, sizeof(*names));
	AUTO_PARAMS struct params p = {0};
	size_t at = 0;

	for (size_t i = 0; i < w->n_reports; i++) {
		const struct store_report *r = w->reports[i].r;

		if (!r->send_reporter)
			continue;
		ids[at] = r->reporter_id;
		for (size_t t = 0; t < TEXTS; t++)
			names[t * n + at] = r->names[NAME_REPORTER + t];
		at++;
	}
	param_int8(&p, w->st->tenant);
	ids_param(&p, ids, n);
	for (size_t t = 0; t < TEXTS; t++)
		texts_param(&p, names + t * n, n);
	return insert_checked(w->s,
		"INSERT INTO ruadb_data.reporter (tenant_id, reporter_id, name, org_name, email, "
		"extra_contact_info, generator) SELECT $1, u.* FROM unnest($2, $3, $4, $5, $6, $7) "
		"AS u(id, name, org, email, contact, generator) ORDER BY id ON CONFLICT DO NOTHING",
		"SELECT FROM unnest($2, $3, $4, $5, $6, $7) AS u(id, name, org, email, contact, "
		"generator) CROSS JOIN LATERAL (SELECT * FROM ruadb_data.reporter r "
		"WHERE r.tenant_id = $1 AND r.reporter_id = u.id OFFSET 0) r WHERE "
		"(r.org_name, r.email, r.extra_contact_info, r.generator) IS DISTINCT FROM "
		"(u.org, u.email, u.contact, u.generator) LIMIT 1",
		&p, (int64_t)n, "reporters", e);
}

int refs_store(struct work *w, struct err *e)
{
	size_t domains = count_new_names(w, true), reporters = count_new_names(w, false);
	size_t sets = count_sets(w);

	if (!domains && !reporters && !sets)
		return 0;
	if (db_run(w->s, "BEGIN; SET LOCAL synchronous_commit = off", e) < 0 ||
	    (domains && store_domains(w, domains, e) < 0) ||
	    (reporters && store_reporters(w, reporters, e) < 0) ||
	    (sets && sets_store(w, sets, e) < 0))
		return -1;
	return db_run(w->s, "COMMIT", e);
}

void refs_known(struct work *w)
{
	for (size_t i = 0; i < w->n_reports; i++) {
		struct store_report *r = w->reports[i].r;

		if (r->send_domain)
			idcache_stored(w->st->known, r->domain_id);
		if (r->send_reporter)
			idcache_stored(w->st->known, r->reporter_id);
		for (size_t at = 0; at + 8 <= r->set_ids.len; at += 8) {
			int64_t id;

			memcpy(&id, r->set_ids.p + at, 8);
			idcache_stored(w->st->known, id);
		}
	}
}
