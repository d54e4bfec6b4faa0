#include "store/domains.h"
#include "store/declare.h"
#include "base/domain.h"
#include "base/orgdomain.h"

#include <stdlib.h>

static int judge_foreign(struct store *s, struct err *e)
{
	AUTO_PARAMS struct params p = {0};

	param_int8(&p, s->tenant);
	return db_exec(s, "WITH changed AS (UPDATE ruadb_data.domain d SET is_foreign = NOT "
			  "d.is_foreign WHERE d.tenant_id = $1 AND d.is_foreign <> "
			  DOMAINS_FOREIGN_SQL("coalesce(d.organizational_domain, d.name)")
			  " RETURNING coalesce(d.organizational_domain, d.name) AS org) "
			  "INSERT INTO ruadb_data.class_stale (tenant_id, organizational_domain) "
			  "SELECT DISTINCT $1, org FROM changed", &p, NULL, e);
}

/* ---- organizational domains ---- */

/* Days since 1970-01-01. */
static int32_t list_day(void)
{
	return (int32_t)(orgdomain_list_time() / 86400);
}

/* Names that are to be looked up, own ones without an id; no row: there are none. */
static int names_to_look_up(struct store *s, bool *ret_other_list, PGresult **ret, struct err *e)
{
	AUTO_PARAMS struct params p = {0};
	AUTO_RESULT PGresult *res = NULL;

	param_int8(&p, s->tenant);
	param_int4(&p, list_day());
	if (db_exec(s, "SELECT FROM ruadb_data.public_suffix_list WHERE tenant_id = $1 AND "
		       "list_date = date '1970-01-01' + $2", &p, &res, e) < 0)
		return -1;
	*ret_other_list = PQntuples(res) == 0;
	params_reset(&p);
	param_int8(&p, s->tenant);
	param_bool(&p, *ret_other_list);
	return db_exec(s, "SELECT domain_id, name, organizational_domain FROM ruadb_data.domain "
			  "WHERE tenant_id = $1 AND (organizational_domain IS NULL OR $2) "
			  "UNION ALL SELECT NULL, name, organizational_domain FROM "
			  "ruadb_data.own_domain WHERE tenant_id = $1 AND $2", &p, ret, e);
}

static int note_list(struct store *s, struct err *e)
{
	AUTO_PARAMS struct params p = {0};

	param_int8(&p, s->tenant);
	param_int4(&p, list_day());
	return db_exec(s, "INSERT INTO ruadb_data.public_suffix_list AS l (tenant_id, list_date) "
			  "VALUES ($1, date '1970-01-01' + $2) ON CONFLICT (tenant_id) DO UPDATE "
			  "SET list_date = excluded.list_date, looked_up_at = now()", &p, NULL, e);
}

struct lookup {
	int64_t *ids;
	struct text *names, *orgs, *before; /* before: what it was, the name itself if nothing */
	size_t n;
	bool other_list;
};

static int write_lookup(struct store *s, void *ctx, struct err *e)
{
	const struct lookup *l = ctx;
	AUTO_PARAMS struct params p = {0};

	if (l->other_list && note_list(s, e) < 0)
		return -1;
	param_int8(&p, s->tenant);
	copy_array_int8(param_array_begin(&p), l->ids, (uint32_t)l->n);
	param_array_end(&p, DB_OID_INT8_ARRAY);
	param_texts(&p, l->names, l->n);
	param_texts(&p, l->orgs, l->n);
	param_texts(&p, l->before, l->n);
	if (db_exec(s,
		"WITH given AS (SELECT * FROM unnest($2, $3, $4, $5) AS g (id, name, org, "
		"before)), theirs AS (UPDATE ruadb_data.domain d SET organizational_domain = g.org "
		"FROM given g WHERE d.tenant_id = $1 AND d.domain_id = g.id), "
		"own AS (UPDATE ruadb_data.own_domain o SET organizational_domain = g.org "
		"FROM given g WHERE o.tenant_id = $1 AND g.id = 0 AND o.name = g.name) "
		"INSERT INTO ruadb_data.class_stale (tenant_id, organizational_domain) "
		"SELECT DISTINCT $1, x.org FROM given g CROSS JOIN LATERAL (VALUES (g.org), "
		"(g.before)) AS x (org) WHERE g.id <> 0 AND g.org <> g.before", &p, NULL, e) < 0)
		return -1;
	return judge_foreign(s, e);
}

/* Those of the rows that become others. */
static void look_up(const PGresult *res, struct lookup *l)
{
	for (int row = 0; row < PQntuples(res); row++) {
		struct text name = db_text(res, row, 1), was = db_text(res, row, 2);
		struct text org = orgdomain_of(name);

		if (text_eq(org, was))
			continue;
		l->ids[l->n] = PQgetisnull(res, row, 0) ? 0 : db_int8(res, row, 0);
		l->names[l->n] = name;
		l->orgs[l->n] = org;
		l->before[l->n++] = text_present(was) ? was : name;
	}
}

int store_domains_lookup(struct store *s, struct err *e)
{
	AUTO_RESULT PGresult *res = NULL;
	bool other_list = false;

	if (names_to_look_up(s, &other_list, &res, e) < 0)
		return -1;
	size_t n = (size_t)PQntuples(res);

	if (!n && !other_list)
		return 0;
	AUTO_FREE int64_t *ids = xcalloc(n, sizeof(*ids));
	AUTO_FREE struct text *texts = xcalloc(3 * n, sizeof(*texts));
	struct lookup l = {ids, texts, texts + n, texts + 2 * n, 0, other_list};

	look_up(res, &l);
	return declare_transaction(s, "domain", write_lookup, &l, e);
}

int domains_lookup_all_tenants(struct store *s, struct err *e)
{
	AUTO_RESULT PGresult *res = NULL;
	int64_t own = s->tenant;
	int rc = 0;

	if (db_exec(s, "SELECT DISTINCT tenant_id FROM ruadb_data.domain", NULL, &res, e) < 0)
		return -1;
	for (int row = 0; rc == 0 && row < PQntuples(res); row++) {
		s->tenant = db_int8(res, row, 0);
		rc = store_domains_lookup(s, e);
	}
	s->tenant = own;
	return rc;
}

/* ---- declared ---- */

/* What is declared, or taken back, in one go. */
struct names {
	struct buf bytes;
	struct text *v, *orgs; /* names and their organizational domains */
	size_t n;
	char declared_in;
	bool *ret_new;         /* may be NULL */
};

static void names_free(struct names *l)
{
	buf_free(&l->bytes);
	free(l->v);
	free(l->orgs);
}

static int names_parse(struct names *l, const struct text *given, size_t n, struct err *e)
{
	AUTO_FREE size_t *ends = xcalloc(n, sizeof(*ends));

	l->v = xcalloc(n, sizeof(*l->v));
	l->orgs = xcalloc(n, sizeof(*l->orgs));
	for (size_t i = 0; i < n; i++) {
		if (domain_parse_own(&l->bytes, given[i], e) < 0)
			return -1;
		ends[i] = l->bytes.len;
	}
	for (size_t i = 0; i < n; i++) {
		size_t at = i ? ends[i - 1] : 0;

		l->v[i] = (struct text){l->bytes.p + at, (uint32_t)(ends[i] - at)};
		l->orgs[i] = orgdomain_of(l->v[i]);
	}
	l->n = n;
	return 0;
}

static int insert_names(struct store *s, void *ctx, struct err *e)
{
	const struct names *l = ctx;
	AUTO_PARAMS struct params p = {0};
	AUTO_RESULT PGresult *res = NULL;

	param_int8(&p, s->tenant);
	param_texts(&p, l->v, l->n);
	param_texts(&p, l->orgs, l->n);
	param_text(&p, (struct text){&l->declared_in, 1});
	if (db_exec(s, "INSERT INTO ruadb_data.own_domain (tenant_id, name, organizational_domain, "
		       "declared_in) SELECT $1, g.name, g.org, $4::\"char\" FROM unnest($2, $3) AS "
		       "g (name, org) ON CONFLICT DO NOTHING RETURNING name", &p, &res, e) < 0)
		return -1;
	for (size_t i = 0; l->ret_new && i < l->n; i++)
		for (int row = 0; row < PQntuples(res) && !l->ret_new[i]; row++)
			l->ret_new[i] = text_eq(db_text(res, row, 0), l->v[i]);
	return judge_foreign(s, e);
}

/* What the configuration says is what is declared as from there already. */
static int is_synced(struct store *s, const struct names *l, bool *ret, struct err *e)
{
	AUTO_PARAMS struct params p = {0};
	AUTO_RESULT PGresult *res = NULL;

	param_int8(&p, s->tenant);
	param_texts(&p, l->v, l->n);
	if (db_exec(s, "SELECT FROM (SELECT name FROM ruadb_data.own_domain WHERE tenant_id = $1 "
		       "AND declared_in = 'c') AS o FULL JOIN unnest($2) AS g (name) USING (name) "
		       "WHERE o.name IS NULL OR g.name IS NULL LIMIT 1", &p, &res, e) < 0)
		return -1;
	*ret = PQntuples(res) == 0;
	return 0;
}

static int sync_names(struct store *s, void *ctx, struct err *e)
{
	const struct names *l = ctx;
	AUTO_PARAMS struct params p = {0};

	param_int8(&p, s->tenant);
	param_texts(&p, l->v, l->n);
	if (db_exec(s, "DELETE FROM ruadb_data.own_domain WHERE tenant_id = $1 AND declared_in = "
		       "'c' AND name <> ALL ($2)", &p, NULL, e) < 0)
		return -1;
	return insert_names(s, ctx, e);
}

/* Refuses if one of them was not declared here. */
static int delete_names(struct store *s, void *ctx, struct err *e)
{
	const struct names *l = ctx;
	AUTO_PARAMS struct params p = {0};
	AUTO_RESULT PGresult *res = NULL;

	param_int8(&p, s->tenant);
	param_texts(&p, l->v, l->n);
	if (db_exec(s, "SELECT g.name, EXISTS (SELECT FROM ruadb_data.own_domain o WHERE "
		       "o.tenant_id = $1 AND o.name = g.name) FROM unnest($2) AS g (name) WHERE "
		       "NOT EXISTS (SELECT FROM ruadb_data.own_domain o WHERE o.tenant_id = $1 AND "
		       "o.name = g.name AND o.declared_in = 'd') LIMIT 1", &p, &res, e) < 0)
		return -1;
	if (PQntuples(res)) {
		struct text name = db_text(res, 0, 0);

		return err_set(e, ERR_INPUT, "%.*s %s", (int)name.len, name.p,
			       *PQgetvalue(res, 0, 1) ? "is declared in the configuration "
			       "([domains] names): take it out there" : "is not declared");
	}
	if (db_exec(s, "DELETE FROM ruadb_data.own_domain WHERE tenant_id = $1 AND declared_in = "
		       "'d' AND name = ANY ($2)", &p, NULL, e) < 0)
		return -1;
	return judge_foreign(s, e);
}

/* Texts over the words of a list; the caller frees. */
static struct text *words_of(const char *list, size_t *ret_n)
{
	struct text *words = xcalloc(strlen(list) / 2 + 1, sizeof(*words));

	*ret_n = 0;
	while (*(list += strspn(list, " \t,"))) {
		size_t len = strcspn(list, " \t,");

		words[(*ret_n)++] = (struct text){list, (uint32_t)len};
		list += len;
	}
	return words;
}

int store_may_declare(struct store *s, bool *ret, struct err *e)
{
	AUTO_RESULT PGresult *res = NULL;

	if (db_exec(s, "SELECT has_table_privilege('ruadb_data.own_domain', 'INSERT')", NULL, &res,
		    e) < 0)
		return -1;
	*ret = *PQgetvalue(res, 0, 0);
	return 0;
}

int store_domains_sync(struct store *s, const char *names, bool *ret_changed, struct err *e)
{
	size_t n;
	AUTO_FREE struct text *words = words_of(names ? names : "", &n);
	struct names l = {.declared_in = 'c'};
	bool synced = false;
	int rc = names_parse(&l, words, n, e);

	if (rc < 0)
		err_wrap(e, "[domains] names");
	if (rc == 0)
		rc = is_synced(s, &l, &synced, e);
	if (rc == 0 && !synced)
		rc = declare_transaction(s, "domain", sync_names, &l, e);
	if (ret_changed)
		*ret_changed = rc == 0 && !synced;
	names_free(&l);
	return rc;
}

static int change(struct store *s, const char *const *names, size_t n, bool *ret_new,
		  int (*work)(struct store *, void *, struct err *), struct err *e)
{
	AUTO_FREE struct text *given = xcalloc(n, sizeof(*given));
	struct names l = {.declared_in = 'd', .ret_new = ret_new};

	for (size_t i = 0; i < n; i++)
		given[i] = text_of(names[i]);
	int rc = names_parse(&l, given, n, e);

	if (rc == 0)
		rc = declare_transaction(s, "domain", work, &l, e);
	names_free(&l);
	return rc;
}

int store_domains_add(struct store *s, const char *const *names, size_t n, bool *ret_new,
		      struct err *e)
{
	return change(s, names, n, ret_new, insert_names, e);
}

int store_domains_remove(struct store *s, const char *const *names, size_t n, struct err *e)
{
	return change(s, names, n, NULL, delete_names, e);
}
