/*
 * Roles: ruadb_ingest owns the tables it copies into (COPY and row level security exclude each
 * other for anybody else), ruadb_owner owns schemas and views, ruadb_read reads.
 */
#include "store/schema.h"

static const char create_roles[] =
	"CREATE ROLE ruadb_ingest NOLOGIN;\n"
	"CREATE ROLE ruadb_owner NOLOGIN IN ROLE ruadb_ingest;\n"
	"CREATE ROLE ruadb_read NOLOGIN;\n";

/* Who reads gets the tables themselves, as every view runs with its reader's rights; but not a
 * partition, where no row level security of the parent holds, and not the mails. */
static const char hand_over[] =
	"GRANT CREATE, USAGE ON SCHEMA ruadb_data TO ruadb_ingest, ruadb_owner;"
	"GRANT CREATE, USAGE ON SCHEMA ruadb TO ruadb_owner;"
	"GRANT USAGE ON SCHEMA ruadb, ruadb_data TO ruadb_read, ruadb_ingest;"
	"DO $$ DECLARE r record; BEGIN "
	"FOR r IN SELECT c.oid::regclass AS name, c.relkind, c.relispartition, c.relname, "
	"n.nspname   FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
	"  WHERE n.nspname IN ('ruadb', 'ruadb_data') AND c.relkind IN ('r', 'p', 'v', 'S') "
	"  AND NOT (c.relkind = 'S' AND EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid "
	"    AND d.classid = 'pg_class'::regclass AND d.deptype = 'i')) LOOP "
	"  EXECUTE format('ALTER %s %s OWNER TO %I', CASE r.relkind WHEN 'v' THEN 'VIEW' "
	"    WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, r.name, "
	"    CASE r.nspname WHEN 'ruadb' THEN 'ruadb_owner' ELSE 'ruadb_ingest' END); "
	"  IF r.relkind IN ('r', 'p', 'v') AND NOT r.relispartition AND r.relname <> 'original' "
	"THEN     EXECUTE format('GRANT SELECT ON %s TO ruadb_read', r.name); "
	"    IF r.relkind = 'v' THEN EXECUTE format('GRANT SELECT ON %s TO ruadb_ingest', r.name); "
	"    END IF; "
	"  END IF; "
	"END LOOP; "
	"FOR r IN SELECT p.oid::regprocedure AS name, n.nspname FROM pg_proc p JOIN pg_namespace n "
	"  ON n.oid = p.pronamespace WHERE n.nspname IN ('ruadb', 'ruadb_data') LOOP "
	"  EXECUTE format('ALTER ROUTINE %s OWNER TO %I', r.name, "
	"    CASE r.nspname WHEN 'ruadb' THEN 'ruadb_owner' ELSE 'ruadb_ingest' END); "
	"END LOOP; "
	"END $$;"
	"ALTER SCHEMA ruadb OWNER TO ruadb_owner;"
	"ALTER SCHEMA ruadb_data OWNER TO ruadb_owner";

/* Which of the three this connection may act as, and whether it may make roles. */
static int look(struct store *s, bool *ret_all, bool *ret_may_create, struct err *e)
{
	AUTO_RESULT PGresult *res = NULL;

	if (db_exec(s, "SELECT (SELECT count(*) = 3 FROM pg_roles WHERE rolname IN ('ruadb_owner', "
		       "'ruadb_ingest', 'ruadb_read') AND pg_has_role(oid, 'MEMBER')), "
		       "(SELECT rolsuper FROM pg_roles WHERE rolname = current_user)", NULL, &res,
		    e) < 0)
		return -1;
	*ret_all = *PQgetvalue(res, 0, 0);
	*ret_may_create = *PQgetvalue(res, 0, 1);
	return 0;
}

static void advise(FILE *out)
{
	fprintf(out, "-- This role may not make others, so everything runs as it. To part those "
		"who write from\n-- those who read, an administrator runs this, and then you "
		"`ruadb db migrate` again:\n%sGRANT ruadb_owner, ruadb_ingest, ruadb_read TO "
		"<your role>;\n", create_roles);
}

int schema_roles_wanted(struct store *s, bool *ret, struct err *e)
{
	AUTO_RESULT PGresult *res = NULL;
	bool all, may_create;

	if (look(s, &all, &may_create, e) < 0 ||
	    db_exec(s, "SELECT EXISTS (SELECT FROM pg_class c JOIN pg_roles o ON o.oid = c.relowner "
		       "WHERE c.relnamespace = to_regnamespace('ruadb_data') AND c.relkind IN "
		       "('r', 'p') AND o.rolname <> 'ruadb_ingest')", NULL, &res, e) < 0)
		return -1;
	*ret = (all || may_create) && *PQgetvalue(res, 0, 0);
	return 0;
}

int schema_roles(struct store *s, FILE *out, struct err *e)
{
	bool all, may_create;

	if (look(s, &all, &may_create, e) < 0)
		return -1;
	if (!may_create && !all) {
		advise(out ? out : stderr);
		return 0;
	}
	if (db_run(s, "BEGIN", e) < 0)
		return -1;
	/* roles belong to the whole cluster: another database of ours may have made some */
	if ((may_create && db_run(s, "DO $$ BEGIN "
		"IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'ruadb_ingest') THEN "
		"CREATE ROLE ruadb_ingest NOLOGIN; END IF; "
		"IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'ruadb_owner') THEN "
		"CREATE ROLE ruadb_owner NOLOGIN IN ROLE ruadb_ingest; END IF; "
		"IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'ruadb_read') THEN "
		"CREATE ROLE ruadb_read NOLOGIN; END IF; END $$", e) < 0) ||
	    db_run(s, hand_over, e) < 0 || db_run(s, "COMMIT", e) < 0) {
		PQclear(PQexec(s->conn, "ROLLBACK"));
		return err_wrap(e, "roles and grants");
	}
	return 0;
}
