/*
 * Declared senders: one row a declared thing. What is given goes into a temporary table first, so
 * that it is compared with itself and with what is declared already before anything is written.
 */
#include "store/declare.h"

#include <stdlib.h>

/* A declared thing as people read it, and as things are compared. */
#define THING(x) \
	"coalesce(" x ".network::text, 'DKIM ' || " x ".dkim_domain || " \
	"coalesce(':' || " x ".dkim_selector, ''), 'SPF ' || " x ".spf_domain)"

/* With more than that given, all classes are made new, without a look at which. */
#define TOUCHED_MAX 100

struct given {
	const struct store_sender *v;
	const struct text *names; /* in place of v */
	size_t n;
	bool whole;
	struct store_senders_did did;
	int64_t removed;
};

/* ---- what is given ---- */

static void put_column(struct params *p, const struct given *g,
		       struct text (*of)(const struct store_sender *))
{
	AUTO_FREE struct text *column = xcalloc(g->n, sizeof(*column));

	for (size_t i = 0; i < g->n; i++)
		column[i] = of(&g->v[i]);
	param_texts(p, column, g->n);
}

static struct text of_name(const struct store_sender *v) { return text_of(v->name); }
static struct text of_owner(const struct store_sender *v) { return text_of(v->owner); }
static struct text of_network(const struct store_sender *v) { return text_of(v->network); }
static struct text of_dkim(const struct store_sender *v) { return text_of(v->dkim_domain); }
static struct text of_selector(const struct store_sender *v) { return text_of(v->dkim_selector); }
static struct text of_spf(const struct store_sender *v) { return text_of(v->spf_domain); }

static int make_given(struct store *s, struct err *e)
{
	return db_run(s, "CREATE TEMP TABLE ruadb_given (n bigint, line bigint, name text, owner "
		      "text, dedicated boolean, network cidr, dkim_domain text, dkim_selector "
		      "text, spf_domain text, thing text) ON COMMIT DROP", e);
}

static int put_given(struct store *s, const struct given *g, struct err *e)
{
	AUTO_FREE int64_t *lines = xcalloc(g->n, sizeof(*lines));
	AUTO_FREE bool *dedicated = xcalloc(g->n, sizeof(*dedicated));
	AUTO_PARAMS struct params p = {0};

	if (make_given(s, e) < 0)
		return -1;
	for (size_t i = 0; i < g->n; i++) {
		lines[i] = g->v[i].line;
		dedicated[i] = g->v[i].dedicated;
	}
	copy_array_int8(param_array_begin(&p), lines, (uint32_t)g->n);
	param_array_end(&p, DB_OID_INT8_ARRAY);
	copy_array_bool(param_array_begin(&p), dedicated, (uint32_t)g->n);
	param_array_end(&p, DB_OID_BOOL_ARRAY);
	put_column(&p, g, of_name);
	put_column(&p, g, of_owner);
	put_column(&p, g, of_network);
	put_column(&p, g, of_dkim);
	put_column(&p, g, of_selector);
	put_column(&p, g, of_spf);
	if (db_exec(s, "INSERT INTO ruadb_given SELECT n, line, name, owner, dedicated, "
		       "network::cidr, dkim_domain, dkim_selector, spf_domain FROM unnest($1, $2, "
		       "$3, $4, $5, $6, $7, $8) WITH ORDINALITY AS g (line, dedicated, name, "
		       "owner, network, dkim_domain, dkim_selector, spf_domain, "
		       "n)", &p, NULL, e) < 0)
		return -1;
	return db_run(s, "UPDATE ruadb_given g SET thing = " THING("g"), e);
}

/* A query whose first row, if there is one, says what is wrong: line, sentence. */
static int refuse_if(struct store *s, const char *sql, bool tenant, struct err *e)
{
	AUTO_PARAMS struct params p = {0};
	AUTO_RESULT PGresult *res = NULL;

	if (tenant)
		param_int8(&p, s->tenant);
	if (db_exec(s, sql, &p, &res, e) < 0)
		return -1;
	if (!PQntuples(res))
		return 0;
	err_set(e, ERR_INPUT, "%.*s", PQgetlength(res, 0, 1), PQgetvalue(res, 0, 1));
	return db_int8(res, 0, 0) ? err_wrap(e, "line %lld", (long long)db_int8(res, 0, 0)) : -1;
}

static int check_given(struct store *s, bool whole, struct err *e)
{
	if (refuse_if(s, "SELECT g.line, g.thing || ' is declared for ' || quote_literal(f.name) "
			 "|| CASE WHEN f.line > 0 THEN ' in line ' || f.line ELSE ' too' END "
			 "FROM ruadb_given g JOIN (SELECT DISTINCT ON (thing) thing, name, line "
			 "FROM ruadb_given ORDER BY thing, n) f USING (thing) WHERE g.name <> "
			 "f.name ORDER BY g.n LIMIT 1", false, e) < 0 ||
	    refuse_if(s, "SELECT g.line, g.thing || ' is declared for ' || quote_literal(s.name) "
			 "|| ' already' FROM ruadb_given g JOIN ruadb_data.sender s ON s.tenant_id "
			 "= $1 AND " THING("s") " = g.thing WHERE s.name <> g.name ORDER BY g.n "
			 "LIMIT 1",
		      true, e) < 0 ||
	    refuse_if(s, "SELECT g.line, 'the owner of ' || quote_literal(g.name) || ' is ' || "
			 "quote_literal(f.owner) || ' in line ' || f.line || ', and ' || "
			 "quote_literal(g.owner) || ' here' FROM ruadb_given g JOIN (SELECT "
			 "DISTINCT ON (name) name, owner, line FROM ruadb_given WHERE owner IS NOT "
			 "NULL ORDER BY name, n) f USING (name) WHERE g.owner <> f.owner ORDER BY "
			 "g.n LIMIT 1",
		      false, e) < 0)
		return -1;
	return !whole ? 0 : refuse_if(s,
		"SELECT g.line, g.thing || ' is ' || CASE WHEN f.dedicated THEN 'dedicated' ELSE "
		"'not dedicated' END || ' in line ' || f.line FROM ruadb_given g JOIN (SELECT "
		"DISTINCT ON (thing) thing, dedicated, line FROM ruadb_given WHERE network IS NOT "
		"NULL ORDER BY thing, n) f USING (thing) WHERE g.dedicated <> f.dedicated ORDER BY "
		"g.n LIMIT 1",
		false, e);
}

/*
 * Classes that depend on what is given are to be made new: of domains of which there are sources in
 * its ranges, or under its name, or with its DKIM or SPF domains.
 */
static int touch_classes(struct store *s, struct err *e)
{
	AUTO_PARAMS struct params p = {0};
	AUTO_RESULT PGresult *res = NULL;

	if (db_exec(s, "SELECT count(*) FROM ruadb_given", NULL, &res, e) < 0)
		return -1;
	if (db_int8(res, 0, 0) > TOUCHED_MAX)
		return declare_all_stale(s, e);
	param_int8(&p, s->tenant);
	if (db_run(s, "SET LOCAL enable_seqscan = on", e) < 0) /* no look-up by key (connect.c) */
		return -1;
	return db_exec(s,
		"WITH identity AS (SELECT hashtextextended('s:' || spf_domain || ':', 0) AS id "
		"FROM ruadb_given WHERE spf_domain IS NOT NULL UNION SELECT hashtextextended('d:' "
		"|| dkim_domain || ':' || coalesce(dkim_selector, ''), 0) FROM ruadb_given WHERE "
		"dkim_domain IS NOT NULL UNION SELECT k.id FROM ruadb_given g JOIN "
		"ruadb_data.source_identity k ON k.tenant_id = $1 AND k.kind = 'd' AND k.domain = "
		"g.dkim_domain WHERE g.dkim_selector IS NULL), used AS (SELECT DISTINCT "
		"s.domain_id FROM ruadb_data.source_on_day s WHERE s.tenant_id = $1 AND (s.dkim_id "
		"IN (SELECT id FROM identity) OR s.spf_id IN (SELECT id FROM identity)) AND EXISTS "
		"(SELECT FROM identity)) INSERT INTO ruadb_data.class_stale (tenant_id, "
		"organizational_domain) SELECT $1, c.organizational_domain FROM "
		"ruadb_data.source_class_current c JOIN ruadb_given g ON g.name = c.sender OR "
		"g.network && c.source_group WHERE c.tenant_id = $1 UNION SELECT $1, "
		"coalesce(d.organizational_domain, d.name) FROM used u JOIN ruadb_data.domain d ON "
		"d.tenant_id = $1 AND d.domain_id = u.domain_id AND NOT d.is_foreign", &p, NULL, e);
}

/* ---- declaring ---- */

/* Owner and `dedicated` of what is declared already. */
static int change_old(struct store *s, struct given *g, struct err *e)
{
	AUTO_PARAMS struct params p = {0};
	AUTO_RESULT PGresult *res = NULL;

	param_int8(&p, s->tenant);
	param_bool(&p, g->whole);
	if (db_exec(s, "UPDATE ruadb_data.sender s SET owner = u.owner, dedicated = u.dedicated "
		       "FROM (SELECT x.sender_id, CASE WHEN $2 THEN o.owner ELSE coalesce(o.owner, "
		       "x.owner) END AS owner, CASE WHEN x.network IS NULL THEN false WHEN g.said "
		       "IS NULL THEN x.dedicated WHEN $2 THEN g.said ELSE x.dedicated OR g.said "
		       "END AS dedicated FROM ruadb_data.sender x JOIN (SELECT name, max(owner) AS "
		       "owner FROM ruadb_given GROUP BY name) o USING (name) LEFT JOIN (SELECT "
		       "thing, bool_or(dedicated) AS said FROM ruadb_given GROUP BY thing) g ON "
		       "g.thing = " THING("x")
		       " WHERE x.tenant_id = $1) u WHERE s.tenant_id = $1 AND s.sender_id = "
		       "u.sender_id AND (s.owner, s.dedicated) IS DISTINCT FROM (u.owner, "
		       "u.dedicated)", &p, &res,
		    e) < 0)
		return -1;
	g->did.changed = strtoll(PQcmdTuples(res), NULL, 10);
	return 0;
}

static int insert_new(struct store *s, struct given *g, struct err *e)
{
	AUTO_PARAMS struct params p = {0};
	AUTO_RESULT PGresult *res = NULL;

	param_int8(&p, s->tenant);
	param_bool(&p, g->whole);
	if (db_exec(s, "INSERT INTO ruadb_data.sender (tenant_id, name, owner, dedicated, network, "
		       "dkim_domain, dkim_selector, spf_domain) SELECT $1, g.name, CASE WHEN $2 "
		       "THEN o.owner ELSE coalesce(o.owner, (SELECT max(x.owner) FROM "
		       "ruadb_data.sender x WHERE x.tenant_id = $1 AND x.name = g.name)) END, "
		       "g.network IS NOT NULL AND g.dedicated, g.network, g.dkim_domain, "
		       "g.dkim_selector, g.spf_domain FROM (SELECT DISTINCT ON (thing) * FROM "
		       "ruadb_given ORDER BY thing, dedicated DESC, n) g JOIN (SELECT name, "
		       "max(owner) AS owner FROM ruadb_given GROUP BY name) o USING (name) ORDER "
		       "BY g.n ON CONFLICT DO NOTHING", &p, &res, e) < 0)
		return -1;
	g->did.added = strtoll(PQcmdTuples(res), NULL, 10);
	return 0;
}

static int declare(struct store *s, void *ctx, struct err *e)
{
	struct given *g = ctx;

	if (put_given(s, g, e) < 0 || check_given(s, g->whole, e) < 0 || change_old(s, g, e) < 0 ||
	    insert_new(s, g, e) < 0)
		return -1;
	return g->did.added || g->did.changed ? touch_classes(s, e) : 0;
}

int store_senders_add(struct store *s, const struct store_sender *v, size_t n, bool whole,
		      struct store_senders_did *ret, struct err *e)
{
	struct given g = {.v = v, .n = n, .whole = whole};

	*ret = g.did;
	if (declare_transaction(s, "sender", declare, &g, e) < 0)
		return -1;
	*ret = g.did;
	return 0;
}

/* ---- taking back ---- */

static int delete_given(struct store *s, struct given *g, struct err *e)
{
	AUTO_PARAMS struct params p = {0};
	AUTO_RESULT PGresult *res = NULL;

	param_int8(&p, s->tenant);
	if (db_exec(s, "DELETE FROM ruadb_data.sender s USING ruadb_given g WHERE s.tenant_id = $1 "
		       "AND "
		       THING("s") " = g.thing", &p, &res, e) < 0)
		return -1;
	g->removed = strtoll(PQcmdTuples(res), NULL, 10);
	return touch_classes(s, e);
}

static int remove_things(struct store *s, void *ctx, struct err *e)
{
	if (put_given(s, ctx, e) < 0 ||
	    refuse_if(s, "SELECT g.line, g.thing || ' is not declared' FROM ruadb_given g WHERE "
			 "NOT EXISTS (SELECT FROM ruadb_data.sender s WHERE s.tenant_id = $1 AND "
			 THING("s") " = g.thing) ORDER BY g.n LIMIT 1", true, e) < 0)
		return -1;
	return delete_given(s, ctx, e);
}

/* The things of senders of these names become what is given. */
static int remove_names(struct store *s, void *ctx, struct err *e)
{
	const struct given *g = ctx;
	AUTO_PARAMS struct params p = {0};
	AUTO_RESULT PGresult *res = NULL;

	param_int8(&p, s->tenant);
	param_texts(&p, g->names, g->n);
	if (make_given(s, e) < 0 ||
	    db_exec(s, "SELECT g.name FROM unnest($2) AS g (name) WHERE NOT EXISTS (SELECT FROM "
		       "ruadb_data.sender s WHERE s.tenant_id = $1 AND s.name = g.name) LIMIT "
		       "1", &p,
		    &res, e) < 0)
		return -1;
	if (PQntuples(res))
		return err_set(e, ERR_INPUT, "there is no sender '%.*s'", PQgetlength(res, 0, 0),
			       PQgetvalue(res, 0, 0));
	if (db_exec(s, "INSERT INTO ruadb_given (name, network, dkim_domain, dkim_selector, "
		       "spf_domain, thing) SELECT s.name, s.network, s.dkim_domain, "
		       "s.dkim_selector, s.spf_domain, " THING("s") " FROM ruadb_data.sender s "
		       "WHERE s.tenant_id = $1 AND s.name = ANY ($2)", &p, NULL, e) < 0)
		return -1;
	return delete_given(s, ctx, e);
}

int store_senders_remove_things(struct store *s, const struct store_sender *v, size_t n,
				int64_t *ret_n, struct err *e)
{
	struct given g = {.v = v, .n = n};
	int rc = declare_transaction(s, "sender", remove_things, &g, e);

	*ret_n = g.removed;
	return rc;
}

int store_senders_remove(struct store *s, const char *const *names, size_t n, int64_t *ret_n,
			 struct err *e)
{
	AUTO_FREE struct text *texts = xcalloc(n, sizeof(*texts));
	struct given g = {.names = texts, .n = n};

	for (size_t i = 0; i < n; i++)
		texts[i] = text_of(names[i]);
	int rc = declare_transaction(s, "sender", remove_names, &g, e);

	*ret_n = g.removed;
	return rc;
}

/* ---- owner ---- */

struct owner {
	const char *name, *owner;
};

static int own(struct store *s, void *ctx, struct err *e)
{
	const struct owner *o = ctx;
	AUTO_PARAMS struct params p = {0};
	AUTO_RESULT PGresult *res = NULL;

	param_int8(&p, s->tenant);
	param_text(&p, text_of(o->name));
	param_text(&p, text_of(o->owner));
	if (db_exec(s, "UPDATE ruadb_data.sender SET owner = $3 WHERE tenant_id = $1 AND name = "
		       "$2", &p,
		    &res, e) < 0)
		return -1;
	if (strcmp(PQcmdTuples(res), "0") == 0)
		return err_set(e, ERR_INPUT, "there is no sender '%s' yet: declare something of "
			       "it, with --address, --dkim or --spf", o->name);
	params_reset(&p);
	param_int8(&p, s->tenant);
	param_text(&p, text_of(o->name));
	return db_exec(s, "INSERT INTO ruadb_data.class_stale (tenant_id, organizational_domain) "
			  "SELECT DISTINCT $1, organizational_domain FROM "
			  "ruadb_data.source_class_current WHERE tenant_id = $1 AND sender = "
			  "$2", &p,
		       NULL, e);
}

int store_senders_own(struct store *s, const char *name, const char *owner, struct err *e)
{
	struct owner o = {name, owner};

	return declare_transaction(s, "sender", own, &o, e);
}
