/* Applying the SQL files. */
#include "store/schema.h"

#include <stdlib.h>

#define MIGRATION_LOCK "7236838001001" /* any number that nobody else takes: "ruadb" and ours */

/* What the database says was applied. */
struct applied {
	int version;
	char sha256[65];
};

struct state {
	struct applied *rows;
	int n;
};

/* Without the table (an empty database): no rows. */
static int read_state(struct store *s, struct state *ret, struct err *e)
{
	AUTO_RESULT PGresult *there = NULL, *res = NULL;

	*ret = (struct state){0};
	if (db_exec(s, "SELECT to_regclass('ruadb_data.migration') IS NOT NULL", NULL, &there,
		    e) < 0)
		return -1;
	if (!*PQgetvalue(there, 0, 0))
		return 0;
	if (db_exec(s, "SELECT version, sha256 FROM ruadb_data.migration ORDER BY version", NULL,
		    &res, e) < 0)
		return -1;
	ret->n = PQntuples(res);
	ret->rows = xcalloc((size_t)ret->n, sizeof(*ret->rows));
	for (int i = 0; i < ret->n; i++) {
		ret->rows[i].version = read_be32(PQgetvalue(res, i, 0));
		snprintf(ret->rows[i].sha256, sizeof(ret->rows[i].sha256), "%.*s",
			 PQgetlength(res, i, 1), PQgetvalue(res, i, 1));
	}
	return 0;
}

static const struct applied *find(const struct state *st, int version)
{
	for (int i = 0; i < st->n; i++)
		if (st->rows[i].version == version)
			return &st->rows[i];
	return NULL;
}

/* Refuses a database that this program must not touch. */
static int judge(const struct state *st, const struct schema_set *sc, struct err *e)
{
	int newest = st->n ? st->rows[st->n - 1].version : 0;

	if (newest > (int)sc->n_migrations)
		return err_set(e, ERR_CONFIG, "the database has schema version %d, this program "
			       "knows %zu: use the newer ruadb", newest, sc->n_migrations);
	for (size_t i = 0; i < sc->n_migrations; i++) {
		const struct applied *a = find(st, sc->migrations[i].version);

		if (a && strcmp(a->sha256, sc->migrations[i].sha256) != 0)
			return err_set(e, ERR_CONFIG, "migration %s was changed after it had been "
				       "applied; nothing was done", sc->migrations[i].name);
	}
	return 0;
}

static bool wanted(const struct state *st, const struct schema_file *f)
{
	const struct applied *a = find(st, f->version);

	return !a || strcmp(a->sha256, f->sha256) != 0;
}

int schema_check(struct store *s, const struct schema_set *sc, bool *ret_tables, bool *ret_views,
		 struct err *e)
{
	struct state st;

	if (read_state(s, &st, e) < 0)
		return -1;
	int rc = judge(&st, sc, e);

	*ret_tables = true;
	*ret_views = !wanted(&st, &sc->views);
	for (size_t i = 0; i < sc->n_migrations; i++)
		*ret_tables = *ret_tables && !wanted(&st, &sc->migrations[i]);
	free(st.rows);
	return rc;
}

static int note(struct store *s, const struct schema_file *f, struct err *e)
{
	AUTO_PARAMS struct params p = {0};

	param_int4(&p, f->version);
	param_text(&p, text_of(f->name));
	param_text(&p, text_of(f->sha256));
	param_text(&p, text_of(PACKAGE_VERSION));
	return db_exec(s, "INSERT INTO ruadb_data.migration AS m (version, name, sha256, "
			  "applied_at, program_version) VALUES ($1, $2, $3, now(), $4) ON CONFLICT "
			  "(version) DO UPDATE SET sha256 = excluded.sha256, applied_at = now(), "
			  "program_version = excluded.program_version", &p, NULL, e);
}

/* One file in a transaction of its own: whole or not at all. */
static int apply(struct store *s, const struct schema_file *f, bool dry_run, FILE *out,
		 struct err *e)
{
	if (out)
		fprintf(out, "%s %s\n", dry_run ? "would apply" : "applying", f->name);
	if (dry_run)
		return 0;
	if (db_run(s, "BEGIN", e) < 0 || (*f->sql && db_run(s, f->sql, e) < 0) ||
	    note(s, f, e) < 0 || db_run(s, "COMMIT", e) < 0) {
		PQclear(PQexec(s->conn, "ROLLBACK"));
		if (e->class == ERR_INPUT || e->class == ERR_LIMIT)
			e->class = ERR_BUG; /* nobody but us wrote that file */
		return err_wrap(e, "%s", f->name);
	}
	return 0;
}

static int bring_up(struct store *s, const struct schema_set *sc, bool dry_run, FILE *out,
		    struct err *e)
{
	struct state st = {0};
	bool did = false, handed = false;
	int rc = read_state(s, &st, e);

	if (rc == 0)
		rc = judge(&st, sc, e);
	if (rc == 0 && !st.n && !dry_run)
		rc = db_run(s, "CREATE SCHEMA IF NOT EXISTS ruadb_data; "
			    "CREATE TABLE IF NOT EXISTS ruadb_data.migration (version integer "
			    "PRIMARY KEY, name text NOT NULL, sha256 text NOT NULL, applied_at "
			    "timestamptz NOT NULL, program_version text NOT NULL); "
			    "COMMENT ON TABLE ruadb_data.migration IS "
			    "'Which files of sql/migrations were applied; version 0: the views'",
			    e);
	for (size_t i = 0; rc == 0 && i < sc->n_migrations; i++)
		if (wanted(&st, &sc->migrations[i])) {
			rc = apply(s, &sc->migrations[i], dry_run, out, e);
			did = true;
		}
	/* a migration may have taken away what a view needs: then they are made again */
	if (rc == 0 && (did || wanted(&st, &sc->views))) {
		rc = apply(s, &sc->views, dry_run, out, e);
		did = true;
	}
	free(st.rows);
	/* what a dump was restored to has everything but owners and rights */
	if (rc == 0 && !did && s->role == STORE_OWNER && !dry_run)
		rc = schema_roles_wanted(s, &handed, e);
	if (rc == 0 && (did || handed) && !dry_run)
		rc = schema_roles(s, out, e);
	if (rc == 0 && handed && out)
		fprintf(out, "handed tables and views over to the roles of ruadb\n");
	if (rc == 0 && !did && out)
		fprintf(out, "the schema is up to date (version %zu)\n", sc->n_migrations);
	return rc;
}

int schema_migrate(struct store *s, const struct schema_set *sc, bool dry_run, FILE *out,
		   struct err *e)
{
	if (db_run(s, "SELECT pg_advisory_lock(" MIGRATION_LOCK ")", e) < 0)
		return -1;
	int rc = bring_up(s, sc, dry_run, out, e);

	if (!db_lost(s))
		PQclear(PQexec(s->conn, "SELECT pg_advisory_unlock(" MIGRATION_LOCK ")"));
	return rc;
}
