/*
 * What [source "NAME"] sections declare, for log_source, log_host and log_service. Deliveries keep
 * the source address that they were stored with.
 */
#include "store/declare.h"
#include "store/log_row.h"

#include <arpa/inet.h>
#include <stdlib.h>

struct sources {
	const struct log_source *v;
	size_t n;
	struct log_arena *arena;
};

/* "{a,b}": names as conf takes them hold neither quotes nor backslashes that matter here. */
static struct text array_text(struct log_arena *a, char *const *v, size_t n)
{
	struct buf b = {0};

	buf_addc(&b, '{');
	for (size_t i = 0; i < n; i++) {
		buf_adds(&b, i ? ",\"" : "\"");
		for (const char *c = v[i]; *c; c++) {
			if (*c == '"' || *c == '\\')
				buf_addc(&b, '\\');
			buf_addc(&b, *c);
		}
		buf_addc(&b, '"');
	}
	buf_addc(&b, '}');
	struct text t = log_arena_text(a, (struct text){b.p, (uint32_t)b.len});

	buf_free(&b);
	return t;
}

static int write_sources(struct store *s, const struct sources *x, struct err *e)
{
	AUTO_FREE struct text *texts = xcalloc(3 * x->n + 1, sizeof(*texts));
	AUTO_FREE int64_t *lifetimes = xcalloc(x->n + 1, sizeof(*lifetimes));
	AUTO_FREE bool *complete = xcalloc(x->n + 1, sizeof(*complete));
	AUTO_PARAMS struct params p = {0};

	for (size_t i = 0; i < x->n; i++) {
		texts[i] = text_of(x->v[i].name);
		texts[x->n + i] = array_text(x->arena, x->v[i].hosts, x->v[i].n_hosts);
		texts[2 * x->n + i] = text_of(x->v[i].zone_name);
		lifetimes[i] = x->v[i].queue_lifetime;
		complete[i] = x->v[i].complete;
	}
	param_int8(&p, s->tenant);
	for (size_t c = 0; c < 3; c++)
		param_texts(&p, texts + c * x->n, x->n);
	copy_array_int8(param_array_begin(&p), lifetimes, (uint32_t)x->n);
	param_array_end(&p, DB_OID_INT8_ARRAY);
	copy_array_bool(param_array_begin(&p), complete, (uint32_t)x->n);
	param_array_end(&p, DB_OID_BOOL_ARRAY);
	return db_exec(s,
		"WITH given AS (SELECT u.name, u.hosts::text[] AS hosts, u.zone, nullif(u.lifetime, "
		"0) * interval '1 second' AS lifetime, u.complete FROM unnest($2, $3, $4, $5, $6) AS "
		"u(name, hosts, zone, lifetime, complete)), "
		"old AS (DELETE FROM ruadb_data.log_source WHERE tenant_id = $1 AND name <> ALL "
		"($2)) INSERT INTO ruadb_data.log_source AS l (tenant_id, name, hosts, zone, "
		"queue_lifetime, complete) SELECT $1, name, hosts, zone, lifetime, complete FROM given "
		"ON CONFLICT (tenant_id, name) DO UPDATE SET hosts = excluded.hosts, zone = "
		"excluded.zone, queue_lifetime = excluded.queue_lifetime, complete = "
		"excluded.complete WHERE (l.hosts, l.zone, l.queue_lifetime, l.complete) IS DISTINCT "
		"FROM (excluded.hosts, excluded.zone, excluded.queue_lifetime, excluded.complete)",
		&p, NULL, e);
}

/* Hosts that there are: which source they belong to now. */
static int write_hosts(struct store *s, const struct sources *x, struct err *e)
{
	AUTO_PARAMS struct params p = {0};
	AUTO_RESULT PGresult *res = NULL;

	param_int8(&p, s->tenant);
	if (db_exec(s, "SELECT host_id, host FROM ruadb_data.log_host WHERE tenant_id = $1", &p, &res,
		    e) < 0)
		return -1;
	size_t n = (size_t)PQntuples(res);
	AUTO_FREE int64_t *ids = xcalloc(n + 1, sizeof(*ids));
	AUTO_FREE struct text *names = xcalloc(n + 1, sizeof(*names));

	for (size_t i = 0; i < n; i++) {
		const struct log_source *of = log_source_of(x->v, x->n, db_text(res, (int)i, 1));

		ids[i] = db_int8(res, (int)i, 0);
		names[i] = text_of(of ? of->name : NULL);
	}
	copy_array_int8(param_array_begin(&p), ids, (uint32_t)n);
	param_array_end(&p, DB_OID_INT8_ARRAY);
	param_texts(&p, names, n);
	return db_exec(s, "UPDATE ruadb_data.log_host h SET source = u.source FROM unnest($2, $3) AS "
		       "u(id, source) WHERE h.tenant_id = $1 AND h.host_id = u.id AND h.source IS "
		       "DISTINCT FROM u.source", &p, NULL, e);
}

struct service_columns {
	int64_t *ids;
	struct text *ips, *streams, *domains;
};

static void service_column(const struct sources *x, const PGresult *res, int row,
			   struct service_columns *c)
{
	const struct log_source *s = log_source_of(x->v, x->n, db_text(res, row, 2));
	const struct log_service_map *m = s ? log_source_service(s, db_text(res, row, 1)) : NULL;
	const struct ip *ip = m && m->source_ip.family ? &m->source_ip : s ? &s->source_ip : NULL;
	char text[INET6_ADDRSTRLEN] = "";

	c->ids[row] = db_int8(res, row, 0);
	c->streams[row] = text_of(m && m->stream ? m->stream : s ? s->stream : NULL);
	c->domains[row] = text_of(m && m->domain ? m->domain : s ? s->domain : NULL);
	if (ip && ip->family) {
		inet_ntop(ip->family == 4 ? AF_INET : AF_INET6, ip->bytes, text, sizeof(text));
		c->ips[row] = log_arena_text(x->arena, text_of(text));
	}
}

/* Where stream or domain of a service becomes another one, all cohorts with it do. */
static int write_services(struct store *s, const struct sources *x, struct err *e)
{
	AUTO_PARAMS struct params p = {0};
	AUTO_RESULT PGresult *res = NULL;

	param_int8(&p, s->tenant);
	if (db_exec(s, "SELECT v.service_id, v.service, h.host FROM ruadb_data.log_service v JOIN "
		       "ruadb_data.log_host h USING (tenant_id, host_id) WHERE v.tenant_id = $1", &p,
		    &res, e) < 0)
		return -1;
	size_t n = (size_t)PQntuples(res);
	AUTO_FREE int64_t *ids = xcalloc(n + 1, sizeof(*ids));
	AUTO_FREE struct text *texts = xcalloc(3 * n + 1, sizeof(*texts));
	struct service_columns c = {ids, texts, texts + n, texts + 2 * n};

	for (size_t i = 0; i < n; i++)
		service_column(x, res, (int)i, &c);
	copy_array_int8(param_array_begin(&p), ids, (uint32_t)n);
	param_array_end(&p, DB_OID_INT8_ARRAY);
	for (size_t i = 0; i < 3; i++)
		param_texts(&p, texts + i * n, n);
	return db_exec(s,
		"WITH changed AS (UPDATE ruadb_data.log_service v SET source_ip = u.ip::inet, stream "
		"= u.stream, domain = lower(u.domain) FROM unnest($2, $3, $4, $5) AS u(id, ip, "
		"stream, domain) WHERE v.tenant_id = $1 AND v.service_id = u.id AND (v.source_ip, "
		"v.stream, v.domain) IS DISTINCT FROM (u.ip::inet, u.stream, lower(u.domain)) "
		"RETURNING v.service_id) INSERT INTO ruadb_data.cohort_stale (tenant_id, day) "
		"SELECT DISTINCT $1, d.day FROM changed c JOIN ruadb_data.delivery d ON d.tenant_id "
		"= $1 AND d.service_id = c.service_id", &p, NULL, e);
}

int store_log_sources_sync(struct store *s, const struct log_source *sources, size_t n,
			   struct err *e)
{
	struct sources x = {sources, n, log_arena_new()};
	struct err ignored;
	int rc = db_run(s, "BEGIN", e);

	if (rc == 0 && (write_sources(s, &x, e) < 0 || write_hosts(s, &x, e) < 0 ||
			write_services(s, &x, e) < 0))
		rc = -1;
	if (rc == 0)
		rc = db_run(s, "COMMIT", e);
	else if (!db_lost(s) && db_run(s, "ROLLBACK", &ignored) < 0)
		rc = -1;
	log_arena_free(x.arena);
	return rc;
}
