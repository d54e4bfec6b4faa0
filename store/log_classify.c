/*
 * Peers and replies judged again, by rules that are others than when they were stored. A template
 * keeps its id and the gateway that its peer was taken for then: the id is a hash of both.
 */
#include "store/declare.h"
#include "store/log_row.h"

#include <stdlib.h>

struct again {
	struct store *s;
	const struct store_classify *c;
	struct log_arena *arena;
	PGresult *res;
	size_t n;               /* that differ */
	int64_t *ids;
	struct text *texts;     /* columns of n_all each */
	size_t n_all;
	char *matched;
};

static void again_begin(struct again *a, struct store *s, const struct store_classify *c)
{
	*a = (struct again){.s = s, .c = c, .arena = log_arena_new()};
}

static void again_rows(struct again *a, PGresult *res, size_t columns)
{
	a->res = res;
	a->n_all = (size_t)PQntuples(res);
	a->ids = xcalloc(a->n_all + 1, sizeof(*a->ids));
	a->texts = xcalloc(columns * a->n_all + 1, sizeof(*a->texts));
	a->matched = xcalloc(a->n_all + 1, 1);
}

static void again_end(struct again *a)
{
	PQclear(a->res);
	log_arena_free(a->arena);
	free(a->ids);
	free(a->texts);
	free(a->matched);
}

static struct text kept(struct again *a, struct text t)
{
	return log_arena_text(a->arena, t.len ? t : TEXT_ABSENT);
}

static bool same(struct text a, struct text b)
{
	return !a.p == !b.p && text_eq(a, b);
}

static void ids_param(struct params *p, const struct again *a)
{
	param_int8(p, a->s->tenant);
	copy_array_int8(param_array_begin(p), a->ids, (uint32_t)a->n);
	param_array_end(p, DB_OID_INT8_ARRAY);
}

/* ---- peers ---- */

enum { PEER_GATEWAY, PEER_CUSTOMER, PEER_TITLE, PEER_FAMILY, PEER_COLUMNS };

static void judge_peer(struct again *a, int row)
{
	struct store_peer_class c = {0};

	a->c->peer(a->c->ctx, db_text(a->res, row, 1), &c);
	if (same(c.gateway.len ? c.gateway : TEXT_ABSENT, db_text(a->res, row, 2)) &&
	    same(c.customer.len ? c.customer : TEXT_ABSENT, db_text(a->res, row, 3)))
		return;
	size_t i = a->n++;

	a->ids[i] = db_int8(a->res, row, 0);
	a->texts[PEER_GATEWAY * a->n_all + i] = kept(a, c.gateway);
	a->texts[PEER_CUSTOMER * a->n_all + i] = kept(a, c.customer);
	a->texts[PEER_TITLE * a->n_all + i] = kept(a, c.title.len ? c.title : c.gateway);
	a->texts[PEER_FAMILY * a->n_all + i] = kept(a, c.family.len ? c.family : c.gateway);
	a->matched[i] = c.mailbox_provider ? 'y' : 'n';
}

/*
 * The peers; the gateways that are new with them; and the evidence of those peers, counted anew
 * from attempts for the domains and days that they were met at.
 */
static int write_peers(struct again *a, struct err *e)
{
	AUTO_PARAMS struct params p = {0};

	ids_param(&p, a);
	for (size_t c = 0; c < PEER_COLUMNS; c++)
		param_texts(&p, a->texts + c * a->n_all, a->n);
	copy_array_char(param_array_begin(&p), a->matched, (uint32_t)a->n);
	param_array_end(&p, DB_OID_CHAR_ARRAY);
	if (db_exec(a->s, "WITH g AS (INSERT INTO ruadb_data.gateway (tenant_id, gateway, title, "
			  "family, mailbox_provider) SELECT DISTINCT ON (u.gateway) $1, u.gateway, "
			  "u.title, u.family, u.provider = 'y' FROM unnest($2, $3, $4, $5, $6, $7) AS "
			  "u(id, gateway, customer, title, family, provider) WHERE u.gateway IS NOT "
			  "NULL ORDER BY u.gateway ON CONFLICT (tenant_id, gateway) DO UPDATE SET "
			  "title = excluded.title, family = excluded.family, mailbox_provider = "
			  "excluded.mailbox_provider) UPDATE ruadb_data.peer p SET gateway = u.gateway, "
			  "gateway_customer = u.customer FROM unnest($2, $3, $4, $5, $6, $7) AS u(id, "
			  "gateway, customer, title, family, provider) WHERE p.tenant_id = $1 AND "
			  "p.peer_id = u.id", &p, NULL, e) < 0)
		return -1;
	params_reset(&p);
	ids_param(&p, a);
	if (db_exec(a->s, "CREATE TEMP TABLE ruadb_touched ON COMMIT DROP AS SELECT DISTINCT "
			  "d.recipient_domain_id AS domain_id, a.day FROM ruadb_data.attempt a JOIN "
			  "ruadb_data.delivery d ON d.tenant_id = a.tenant_id AND d.delivery_id = "
			  "a.delivery_id WHERE a.tenant_id = $1 AND a.peer_id = ANY ($2)", &p, NULL,
		    e) < 0)
		return -1;
	params_reset(&p);
	param_int8(&p, a->s->tenant);
	if (db_exec(a->s, "DELETE FROM ruadb_data.domain_gateway g USING ruadb_touched t WHERE "
			  "g.tenant_id = $1 AND g.domain_id = t.domain_id AND g.day = t.day AND "
			  "g.evidence = 'p'", &p, NULL, e) < 0 ||
	    db_exec(a->s, "INSERT INTO ruadb_data.domain_gateway (tenant_id, domain_id, day, "
			  "evidence, gateway, gateway_customer, times, url) SELECT $1, t.domain_id, "
			  "t.day, 'p', r.gateway, coalesce(r.gateway_customer, ''), count(*), false "
			  "FROM ruadb_touched t JOIN ruadb_data.attempt a ON a.tenant_id = $1 AND a.day "
			  "= t.day AND a.kind IN ('a', 's', 'm') JOIN ruadb_data.delivery d ON "
			  "d.tenant_id = $1 AND d.delivery_id = a.delivery_id AND "
			  "d.recipient_domain_id = t.domain_id AND NOT d.handed_on JOIN "
			  "ruadb_data.peer r ON r.tenant_id = $1 AND r.peer_id = a.peer_id WHERE "
			  "r.gateway IS NOT NULL GROUP BY 2, 3, 5, 6", &p, NULL, e) < 0)
		return -1;
	/* days whose own evidence is gone, and all that may have gone by it */
	return db_exec(a->s, "WITH none AS (INSERT INTO ruadb_data.domain_no_gateway SELECT $1, "
			     "domain_id, day FROM ruadb_touched ON CONFLICT DO NOTHING) INSERT INTO "
			     "ruadb_data.cohort_stale (tenant_id, day) SELECT DISTINCT $1, d.day FROM "
			     "ruadb_touched t JOIN ruadb_data.delivery d ON d.tenant_id = $1 AND "
			     "d.recipient_domain_id = t.domain_id AND d.day BETWEEN t.day - (SELECT "
			     "ruadb.setting_value('gateway_days'))::int AND t.day + (SELECT "
			     "ruadb.setting_value('gateway_days'))::int", &p, NULL, e);
}

static int peers_again(struct store *s, const struct store_classify *c, int64_t *ret,
		       struct err *e)
{
	AUTO_PARAMS struct params p = {0};
	PGresult *res = NULL;
	struct again a;
	int rc;

	again_begin(&a, s, c);
	param_int8(&p, s->tenant);
	rc = db_exec(s, "SELECT peer_id, host, gateway, gateway_customer FROM ruadb_data.peer WHERE "
			"tenant_id = $1 AND host IS NOT NULL", &p, &res, e);
	if (rc == 0) {
		again_rows(&a, res, PEER_COLUMNS);
		for (int row = 0; row < PQntuples(res); row++)
			judge_peer(&a, row);
		*ret = (int64_t)a.n;
		if (a.n)
			rc = write_peers(&a, e);
	}
	again_end(&a);
	return rc;
}

/* ---- replies ---- */

enum { T_ID, T_GATEWAY, T_CODE, T_ENHANCED, T_SAMPLE, T_CATEGORY, T_MATCHED, T_RULE, T_MEANING };

static void judge_template(struct again *a, int row)
{
	struct store_reply_class c = {.category = text_of("undefined"), .matched = '-'};
	int16_t code = PQgetisnull(a->res, row, T_CODE) ? 0
		       : read_be16(PQgetvalue(a->res, row, T_CODE));

	a->c->reply(a->c->ctx, db_text(a->res, row, T_GATEWAY), (uint16_t)code,
		    db_text(a->res, row, T_ENHANCED), db_text(a->res, row, T_SAMPLE), &c);
	if (same(c.category, db_text(a->res, row, T_CATEGORY)) &&
	    c.matched == *PQgetvalue(a->res, row, T_MATCHED) &&
	    same(c.rule.len ? c.rule : TEXT_ABSENT, db_text(a->res, row, T_RULE)) &&
	    same(c.meaning.len ? c.meaning : TEXT_ABSENT, db_text(a->res, row, T_MEANING)))
		return;
	size_t i = a->n++;

	a->ids[i] = db_int8(a->res, row, T_ID);
	a->texts[i] = kept(a, c.category);
	a->texts[a->n_all + i] = kept(a, c.rule);
	a->texts[2 * a->n_all + i] = kept(a, c.meaning);
	a->matched[i] = c.matched;
}

static int write_templates(struct again *a, struct err *e)
{
	AUTO_PARAMS struct params p = {0};

	ids_param(&p, a);
	for (size_t c = 0; c < 3; c++)
		param_texts(&p, a->texts + c * a->n_all, a->n);
	copy_array_char(param_array_begin(&p), a->matched, (uint32_t)a->n);
	param_array_end(&p, DB_OID_CHAR_ARRAY);
	if (db_exec(a->s, "UPDATE ruadb_data.reply_template t SET category = u.category, rule = "
			  "u.rule, meaning = u.meaning, matched = u.matched FROM unnest($2, $3, $4, "
			  "$5, $6) AS u(id, category, rule, meaning, matched) WHERE t.tenant_id = $1 "
			  "AND t.template_id = u.id", &p, NULL, e) < 0)
		return -1;
	params_reset(&p);
	ids_param(&p, a);
	return db_exec(a->s, "INSERT INTO ruadb_data.cohort_stale (tenant_id, day) SELECT DISTINCT "
			     "$1, d.day FROM ruadb_data.delivery d WHERE d.tenant_id = $1 AND "
			     "(d.last_template_id = ANY ($2) OR d.deferred_templates && $2 OR "
			     "d.suspended_templates && $2)", &p, NULL, e);
}

static int templates_again(struct store *s, const struct store_classify *c, int64_t *ret,
			   struct err *e)
{
	AUTO_PARAMS struct params p = {0};
	PGresult *res = NULL;
	struct again a;
	int rc;

	again_begin(&a, s, c);
	param_int8(&p, s->tenant);
	rc = db_exec(s, "SELECT template_id, gateway, smtp_code, enhanced, coalesce(samples[1], "
			"text), category, matched, rule, meaning FROM ruadb_data.reply_template WHERE "
			"tenant_id = $1", &p, &res, e);
	if (rc == 0) {
		again_rows(&a, res, 3);
		for (int row = 0; row < PQntuples(res); row++)
			judge_template(&a, row);
		*ret = (int64_t)a.n;
		if (a.n)
			rc = write_templates(&a, e);
	}
	again_end(&a);
	return rc;
}

int store_log_classify_again(struct store *s, const struct store_classify *c,
			     int64_t *ret_peers, int64_t *ret_templates, struct err *e)
{
	int64_t peers = 0, templates = 0;
	struct err ignored;

	/* both go through whole tables, while ingest asks by key alone (connect.c) */
	if (db_run(s, "BEGIN; SET LOCAL enable_seqscan = on", e) < 0)
		return -1;
	if (peers_again(s, c, &peers, e) < 0 || templates_again(s, c, &templates, e) < 0) {
		if (!db_lost(s) && db_run(s, "ROLLBACK", &ignored) < 0)
			return -1;
		return -1;
	}
	if (db_run(s, "COMMIT", e) < 0)
		return -1;
	*ret_peers = peers;
	*ret_templates = templates;
	return 0;
}
