/*
 * Leases of accounts. All times are the database's: machines that share an account need not agree
 * on what time it is, and clock_timestamp() goes on while a statement waits for a row.
 *
 * A row stays when its lease ends, so that the token never begins anew. A commit keeps it by FOR KEY
 * SHARE, which stands in the way of nobody but who wants to take it (FOR UPDATE): the owner may
 * renew meanwhile. Who wants to take it does not wait: a process that was stopped in mid-commit
 * would hold up all other accounts of the one that waits.
 */
#include "store/work.h"

#include <stdlib.h>

static void param_lease(struct params *p, const struct store *s, const struct store_lease *l)
{
	param_int8(p, s->tenant);
	param_text(p, text_of(l->account));
	param_text(p, text_of(l->owner));
}

/* Whoever has it, in words: without it nobody knows which machine to look at. */
static int other_holder(struct store *s, const struct store_lease *l, char **ret, struct err *e)
{
	AUTO_PARAMS struct params p = {0};
	AUTO_RESULT PGresult *res = NULL;

	param_int8(&p, s->tenant);
	param_text(&p, text_of(l->account));
	if (db_exec(s, "SELECT owner || ' until ' || to_char(until, 'YYYY-MM-DD HH24:MI:SS') || "
		       "' UTC' FROM ruadb_data.lease WHERE tenant_id = $1 AND account = $2", &p,
		    &res, e) < 0)
		return -1;
	*ret = PQntuples(res) ? xasprintf("%.*s", PQgetlength(res, 0, 0), PQgetvalue(res, 0, 0))
			      : xstrdup("somebody else");
	return 0;
}

/* 1: the statement met the row of this lease; 0: it is another's. */
static int on_lease(struct store *s, const char *sql, const struct store_lease *l, int32_t seconds,
		    struct err *e)
{
	AUTO_PARAMS struct params p = {0};
	AUTO_RESULT PGresult *res = NULL;

	param_lease(&p, s, l);
	param_int8(&p, l->token);
	param_int4(&p, seconds);
	return db_exec(s, sql, &p, &res, e) < 0 ? -1 : PQntuples(res) > 0;
}

#define LOCK_NOT_AVAILABLE "55P03"

/* 1: it is ours; 0: it is somebody else's, or a commit holds it. */
static int try_way(struct store *s, struct store_lease *l, const char *sql, int seconds,
		   struct err *e)
{
	AUTO_PARAMS struct params p = {0};
	AUTO_RESULT PGresult *res = NULL;

	param_lease(&p, s, l);
	param_int4(&p, seconds);
	if (db_exec(s, sql, &p, &res, e) < 0)
		return db_state_is(s, LOCK_NOT_AVAILABLE) ? 0 : -1;
	if (!PQntuples(res))
		return 0;
	l->token = db_int8(res, 0, 0);
	return 1;
}

int store_lease_take(struct store *s, struct store_lease *l, int seconds, char **ret_other,
		     struct err *e)
{
	/* in this order: ours already, never anybody's, run out */
	static const char *const ways[] = {
		"UPDATE ruadb_data.lease SET until = greatest(until, clock_timestamp() + "
		"make_interval(secs => $4)) WHERE tenant_id = $1 AND account = $2 AND owner = $3 "
		"RETURNING token",
		"INSERT INTO ruadb_data.lease (tenant_id, account, owner, token, until) VALUES ($1, "
		"$2, $3, 1, clock_timestamp() + make_interval(secs => $4)) ON CONFLICT (tenant_id, "
		"account) DO NOTHING RETURNING token",
		"WITH free AS (SELECT tenant_id, account FROM ruadb_data.lease WHERE tenant_id = $1 "
		"AND account = $2 AND until <= clock_timestamp() FOR UPDATE NOWAIT) UPDATE "
		"ruadb_data.lease l SET owner = $3, token = l.token + 1, until = clock_timestamp() "
		"+ make_interval(secs => $4) FROM free WHERE l.tenant_id = free.tenant_id AND "
		"l.account = free.account RETURNING l.token",
	};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof(ways) / sizeof(ways[0]); i++)
		rc = try_way(s, l, ways[i], seconds, e);
	return rc ? rc : other_holder(s, l, ret_other, e);
}

/* One that ran out while the database was away, and that nobody took, lives on. */
int store_lease_renew(struct store *s, const struct store_lease *l, int seconds, struct err *e)
{
	return on_lease(s, "UPDATE ruadb_data.lease SET until = greatest(until, clock_timestamp() + "
			   "make_interval(secs => $5)) WHERE tenant_id = $1 AND account = $2 AND "
			   "owner = $3 AND token = $4 RETURNING token", l, seconds, e);
}

int store_lease_check(struct store *s, const struct store_lease *l, struct err *e)
{
	return on_lease(s, "SELECT token FROM ruadb_data.lease WHERE tenant_id = $1 AND account = $2 "
			   "AND owner = $3 AND token = $4 AND until > clock_timestamp() + "
			   "make_interval(secs => $5)", l, LEASE_MARGIN, e);
}

int store_lease_release(struct store *s, const struct store_lease *l, struct err *e)
{
	return on_lease(s, "UPDATE ruadb_data.lease SET until = least(until, clock_timestamp() - "
			   "make_interval(secs => $5)) WHERE tenant_id = $1 AND account = $2 AND "
			   "owner = $3 AND token = $4 RETURNING token", l, 0, e) < 0 ? -1 : 0;
}

int store_lease_end(struct store *s, const struct store_lease *l, struct err *e)
{
	AUTO_PARAMS struct params p = {0};

	param_lease(&p, s, l);
	return db_exec(s, "UPDATE ruadb_data.lease SET until = least(until, clock_timestamp()) WHERE "
			  "tenant_id = $1 AND account = $2 AND owner = $3", &p, NULL, e);
}

/* ---- the fence of a commit ---- */

static void param_texts(struct params *p, const struct store_lease *const *v, size_t n, bool owners)
{
	AUTO_FREE struct text *t = xcalloc(n, sizeof(*t));

	for (size_t i = 0; i < n; i++)
		t[i] = text_of(owners ? v[i]->owner : v[i]->account);
	copy_array_text(param_array_begin(p), t, (uint32_t)n);
	param_array_end(p, DB_OID_TEXT_ARRAY);
}

/*
 * From here to the COMMIT nobody can take these leases, however long it takes. That is what makes
 * the check hold at the moment of the COMMIT.
 */
static int still_ours(struct work *w, const struct store_lease *const *v, size_t n, bool *ours,
		      struct err *e)
{
	AUTO_PARAMS struct params p = {0};
	AUTO_FREE int64_t *tokens = xcalloc(n, sizeof(*tokens));
	size_t found;

	for (size_t i = 0; i < n; i++)
		tokens[i] = v[i]->token;
	param_int8(&p, w->st->tenant);
	param_texts(&p, v, n, false);
	param_texts(&p, v, n, true);
	copy_array_int8(param_array_begin(&p), tokens, (uint32_t)n);
	param_array_end(&p, DB_OID_INT8_ARRAY);
	param_int4(&p, LEASE_MARGIN);
	return db_probe(w->s, "SELECT u.no FROM unnest($2, $3, $4) WITH ORDINALITY AS "
			      "u(account, owner, token, no) CROSS JOIN LATERAL (SELECT FROM "
			      "ruadb_data.lease l WHERE l.tenant_id = $1 AND l.account = u.account "
			      "AND l.owner = u.owner AND l.token = u.token AND l.until > "
			      "clock_timestamp() + make_interval(secs => $5) OFFSET 0 FOR KEY SHARE) l",
			&p, ours, &found, e);
}

/* The leases of the transaction's items, each once: few, and neighbours mostly share one. */
static size_t distinct(const struct work *w, const struct store_lease **v, size_t *of_item)
{
	size_t n = 0;

	for (size_t i = 0; i < w->n_items; i++) {
		const struct store_lease *l = w->items[i].item->lease;
		size_t k = n;

		while (l && k > 0 && v[k - 1] != l)
			k--;
		if (l && k == 0) {
			v[n++] = l;
			k = n;
		}
		of_item[i] = l ? k : 0; /* from 1 on */
	}
	return n;
}

int leases_hold(struct work *w, bool *ret_all, struct err *e)
{
	AUTO_FREE const struct store_lease **v = xcalloc(w->n_items, sizeof(*v));
	AUTO_FREE size_t *of_item = xcalloc(w->n_items, sizeof(*of_item));
	AUTO_FREE bool *ours = xcalloc(w->n_items, sizeof(*ours));
	size_t n = distinct(w, v, of_item);

	*ret_all = true;
	if (n && still_ours(w, v, n, ours, e) < 0)
		return -1;
	for (size_t i = 0; i < w->n_items; i++) {
		w->items[i].item->lease_lost = of_item[i] && !ours[of_item[i] - 1];
		*ret_all &= !w->items[i].item->lease_lost;
	}
	return 0;
}
