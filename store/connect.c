#include "store/db.h"
#include "store/domains.h"
#include "store/schema.h"
#include "store/server.h"
#include "base/orgdomain.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define CONNECT_SECONDS "10"
#define PATIENCE_MS 10000
#define PATIENCE_S 60          /* where the configuration has no lease */
#define PRIVATE_TRIES 3

static void swallow_notice(void *ctx, const char *msg)
{
	(void)ctx;
	(void)msg;
}

/* The private server's connection string; starts it if it is not running and may be. */
static int private_conninfo(const struct conf *c, char **ret, struct err *e)
{
	struct server sv;
	int rc = server_look(c, &sv, e);

	if (rc == 0)
		server_wait(&sv);
	if (rc == 0 && !sv.pid) {
		if (c->db_autostart)
			rc = server_start(&sv, e);
		else
			rc = err_set(e, ERR_TEMP, "the private server in %s is not running, and "
				     "RUADB_DB_AUTOSTART=no keeps ruadb from starting it: "
				     "systemctl start ruadb-db, or ruadb db start", sv.dir);
	}
	if (rc == 0)
		*ret = server_conninfo(&sv);
	server_free(&sv);
	return rc;
}

/* What every connection of ours wants, whatever the server's or the user's settings are. */
static int set_up(struct store *s, struct err *e)
{
	struct buf b = {0};

	buf_printf(&b, "SET client_min_messages = warning; SET TimeZone = 'UTC'; SET DateStyle = "
		   "ISO; SET IntervalStyle = postgres; SET bytea_output = hex; "
		   "SET extra_float_digits = 1; SET search_path = ruadb; "
		   "SET standard_conforming_strings = on; "
		   /* with a partition a month, compiling a query takes longer than running it */
		   "SET jit = off; SET ruadb.tenant_id = '%lld'",
		   (long long)s->tenant);
	/* What is acknowledged has to be on a disk; a huge report takes its time; the claim looks
	 * again at what others committed meanwhile; and a machine that is gone holds nobody up. */
	if (s->role != STORE_READ)
		buf_adds(&b, "; SET default_transaction_isolation = 'read committed'; "
			 "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; "
			 "SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; "
			 "SET tcp_keepalives_count = 3; "
			 "SELECT set_config('synchronous_commit', 'on', false) "
			 "WHERE current_setting('synchronous_commit') = 'off'");
	else
		/* Reports add up by source: spilling a hash table costs more than any of it. */
		buf_adds(&b, "; SELECT set_config('work_mem', '32MB', false) "
			 "WHERE pg_size_bytes(current_setting('work_mem')) < 33554432");
	/* Ingest asks by key alone. A plan made for a ledger of one page, or for one that was
	 * analysed while it was empty, reads all of it for each key once there are thousands. */
	if (s->role == STORE_INGEST)
		buf_adds(&b, "; SET enable_seqscan = off");
	/* Whoever takes over the account of a process that is stopped waits for its open
	 * transaction, too: for the rows that both store. That ends when the lease does. */
	if (s->role == STORE_INGEST)
		buf_printf(&b, "; SET idle_in_transaction_session_timeout = '%ds'",
			   s->conf->lease > 0 ? s->conf->lease : PATIENCE_S);
	int rc = db_run(s, buf_cstr(&b), e);

	buf_free(&b);
	return rc;
}

/* Acts as the role if this connection may; else it stays who it is. */
static int take_role(struct store *s, struct err *e)
{
	static const char *const names[] = {"ruadb_read", "ruadb_ingest", "ruadb_owner"};
	AUTO_RESULT PGresult *res = NULL;
	AUTO_PARAMS struct params p = {0};
	char sql[64];

	param_text(&p, text_of(names[s->role]));
	if (db_exec(s, "SELECT FROM pg_roles WHERE rolname = $1 AND pg_has_role(oid, 'MEMBER')", &p,
		    &res, e) < 0)
		return -1;
	if (!PQntuples(res))
		return 0;
	snprintf(sql, sizeof(sql), "SET ROLE %s", names[s->role]);
	return db_run(s, sql, e);
}

static void hang_up(struct store *s)
{
	PGcancel *cancel = s->cancel;

	s->cancel = NULL; /* first: a signal may come in between */
	PQfreeCancel(cancel);
	PQfinish(s->conn);
	s->conn = NULL;
}

static int dial(struct store *s, const char *conninfo, struct err *e)
{
	/* In front of the user's string, which wins: a server that is gone without a word is noticed
	 * within a minute, where it is reached by TCP. */
	const char *keys[] = {"keepalives_idle", "keepalives_interval", "keepalives_count",
			      "tcp_user_timeout", "dbname", "fallback_application_name",
			      "connect_timeout", "client_encoding", NULL};
	const char *values[] = {"30", "10", "3", "60000", conninfo, "ruadb", CONNECT_SECONDS,
				"UTF8", NULL};
	/* a timeout of the user's own comes after ours in the string and wins */
	bool own = conninfo && strstr(conninfo, "connect_timeout");

	if (own || getenv("PGCONNECT_TIMEOUT"))
		values[6] = NULL;
	if (!conninfo || !*conninfo)
		values[4] = NULL; /* the PG* environment says all of it */
	hang_up(s);
	s->n_prepared = 0;
	s->has_work_tables = false;
	s->conn = PQconnectdbParams(keys, values, 1);
	if (PQstatus(s->conn) != CONNECTION_OK)
		return db_error(s, NULL, e);
	s->cancel = PQgetCancel(s->conn);
	PQsetNoticeProcessor(s->conn, swallow_notice, NULL);
	if (PQserverVersion(s->conn) < 150000)
		return err_set(e, ERR_CONFIG, "the server is PostgreSQL %d; ruadb needs 15 or "
			       "newer", PQserverVersion(s->conn) / 10000);
	return 0;
}

/* A server that starts, stops or recovers from a crash turns everybody away for a moment. */
static int dial_patiently(struct store *s, const char *conninfo, struct err *e)
{
	for (int waited = 0;; waited += 200) {
		if (dial(s, conninfo, e) == 0)
			return 0;
		if (waited >= PATIENCE_MS || PQping(conninfo ? conninfo : "") != PQPING_REJECT)
			return -1;
		nanosleep(&(struct timespec){0, 200000000}, NULL);
	}
}

/*
 * A server that is stopped between our look at it and our call refuses us, or is gone: then it is
 * looked at again, which waits for its end and starts it anew.
 */
static int dial_private(struct store *s, struct err *e)
{
	int rc = -1;

	for (int i = 0; rc < 0 && i < PRIVATE_TRIES; i++) {
		AUTO_FREE char *conninfo = NULL;

		if (i)
			nanosleep(&(struct timespec){0, 100000000}, NULL);
		if (private_conninfo(s->conf, &conninfo, e) < 0)
			return -1;
		rc = dial_patiently(s, conninfo, e);
	}
	return rc;
}

/* Connected and set up, but still as the role that connected. */
static int connect_plain(struct store *s, struct err *e)
{
	int rc = server_is_private(s->conf) ? dial_private(s, e)
						: dial_patiently(s, s->conf->conninfo, e);

	return rc < 0 ? -1 : set_up(s, e);
}

int db_connect(struct store *s, struct err *e)
{
	return connect_plain(s, e) < 0 ? -1 : take_role(s, e);
}

static int bring_up_to_date(struct store *s, struct err *e)
{
	struct schema_set sc;
	bool tables = false, views = false;
	int rc = schema_read(s->conf->datadir, &sc, e);

	if (rc == 0)
		rc = schema_check(s, &sc, &tables, &views, e);
	if (rc == 0 && !(tables && views)) {
		/* who only reads somebody else's server need not be able to change it */
		if (s->role != STORE_READ || server_is_private(s->conf))
			rc = schema_migrate(s, &sc, false, NULL, e);
		else if (!tables)
			rc = err_set(e, ERR_CONFIG, "the database's schema is older than this "
				     "program: run `ruadb db migrate`");
	}
	schema_free(&sc);
	return rc;
}

/* With the private server nobody else makes partitions ahead. There are months for it: if others
 * are at the records just now, a later run does it. */
static int keep_ahead(struct store *s, struct err *e)
{
	AUTO_RESULT PGresult *res = NULL;
	struct err busy_with;
	bool busy;

	if (s->role != STORE_INGEST || !server_is_private(s->conf))
		return 0;
	if (db_exec(s, "SELECT to_regclass('ruadb_data.record_' || to_char(now() AT TIME ZONE "
		       "'UTC' + interval '11 months', 'YYYYMM')) IS NULL", NULL, &res, e) < 0)
		return -1;
	if (!*PQgetvalue(res, 0, 0) || schema_maintain(s, 1, NULL, &busy, &busy_with) == 0 || busy)
		return 0;
	*e = busy_with;
	return -1;
}

static struct store *new_store(const struct conf *c, enum store_role role)
{
	struct store *s = xcalloc(1, sizeof(*s));

	s->conf = c;
	s->role = role;
	s->tenant = c->tenant ? c->tenant : 1;
	s->hash = hash_new();
	return s;
}

int store_open(const struct conf *c, enum store_role role, struct store **ret_s, struct err *e)
{
	struct store *s = new_store(c, role);

	orgdomain_load();
	if (connect_plain(s, e) < 0 || bring_up_to_date(s, e) < 0 || take_role(s, e) < 0 ||
	    keep_ahead(s, e) < 0) {
		store_close(s);
		return -1;
	}
	*ret_s = s;
	return 0;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	hang_up(s);
	hash_free(s->hash);
	free(s);
}

int store_migrate(const struct conf *c, bool dry_run, FILE *out, struct err *e)
{
	struct store *s = new_store(c, STORE_OWNER);
	struct schema_set sc;
	int rc = schema_read(c->datadir, &sc, e);

	if (rc == 0)
		rc = connect_plain(s, e);
	if (rc == 0)
		rc = schema_migrate(s, &sc, dry_run, out, e);
	if (rc == 0 && !dry_run) {
		orgdomain_load();
		rc = domains_lookup_all_tenants(s, e);
	}
	schema_free(&sc);
	store_close(s);
	return rc;
}
