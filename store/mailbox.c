/* Mailboxes: which of their messages are known, and how each folder is. */
#include "store/db.h"

#include <stdlib.h>

int store_lookup_messages(struct store *s, const char *const *items, size_t n, int parser_version,
			  char *ret, struct err *e)
{
	AUTO_PARAMS struct params p = {0};
	AUTO_RESULT PGresult *res = NULL;
	uint8_t (*keys)[16] = xcalloc(n, 16);

	for (size_t i = 0; i < n; i++)
		db_item_key(s, "imap", text_of(items[i]), keys[i]);
	param_int8(&p, s->tenant);
	copy_array_uuid(param_array_begin(&p), (const uint8_t (*)[16])keys, (uint32_t)n);
	param_array_end(&p, DB_OID_UUID_ARRAY);
	free(keys);
	param_int4(&p, parser_version);
	memset(ret, 0, n);
	/* one probe of the key's index for each: see lookup.c */
	if (n && db_exec(s, "SELECT u.no, l.outcome FROM unnest($2) WITH ORDINALITY AS u(key, no) "
			    "CROSS JOIN LATERAL (SELECT l.outcome FROM ruadb_data.ledger l WHERE "
			    "l.tenant_id = $1 AND l.item_key = u.key AND (l.parser_version >= $3 OR "
			    "(l.outcome IN ('s', 'c', 'n', 'r') AND l.reason IS NULL)) OFFSET 0) l",
		    &p, &res, e) < 0)
		return -1;
	for (int row = 0; row < PQntuples(res); row++)
		ret[db_int8(res, row, 0) - 1] = *PQgetvalue(res, row, 1);
	return 0;
}

/* A count that is not known leaves what is there. */
static void param_count(struct params *p, int64_t v)
{
	param_int8(p, v < 0 ? INT64_MIN : v);
}

static void param_visible(struct params *p, const char *str, struct buf *b)
{
	struct text t = text_of(str);

	b->len = 0;
	if (t.p && !text_utf8_ok(t.p, t.len)) { /* a server's own words, in whatever character set */
		text_add_visible(b, t);
		t = (struct text){b->p, (uint32_t)b->len};
	}
	param_text(p, t);
}

#define NOTE_SQL \
	"INSERT INTO ruadb_data.mailbox AS m (tenant_id, account, folder, uidvalidity, messages, " \
	"backlog, not_reports, oldest_waiting_at, last_try_at, last_success_at, next_try_at, " \
	"failures, last_error_at, last_error_class, last_error) SELECT $1, $2, $3, nullif($4, 0), " \
	"messages, backlog, not_reports, CASE WHEN oldest > -9e15 AND " \
	"backlog IS DISTINCT FROM 0 THEN to_timestamp(oldest) END, " \
	"now(), CASE WHEN $9 THEN now() END, CASE WHEN $10 >= 0 THEN now() + make_interval(secs => " \
	"$10) END, ($12 IS NOT NULL)::int, CASE WHEN $12 IS NOT NULL THEN now() END, $11, $12 FROM " \
	"(SELECT nullif($5, $13) AS messages, nullif($6, $13) AS backlog, nullif($7, $13) AS " \
	"not_reports, $8 AS oldest) k ON CONFLICT (tenant_id, account, folder) DO UPDATE SET " \
	"uidvalidity = coalesce(excluded.uidvalidity, m.uidvalidity), messages = " \
	"coalesce(excluded.messages, m.messages), backlog = coalesce(excluded.backlog, m.backlog), " \
	"not_reports = coalesce(excluded.not_reports, m.not_reports), oldest_waiting_at = CASE " \
	"WHEN excluded.backlog IS NULL THEN m.oldest_waiting_at ELSE excluded.oldest_waiting_at " \
	"END, last_try_at = excluded.last_try_at, last_success_at = " \
	"coalesce(excluded.last_success_at, m.last_success_at), next_try_at = " \
	"excluded.next_try_at, failures = CASE WHEN $12 IS NOT NULL THEN m.failures + 1 WHEN $9 " \
	"THEN 0 ELSE m.failures END, last_error_at = CASE WHEN $9 OR $12 IS NOT NULL THEN " \
	"excluded.last_error_at ELSE m.last_error_at END, last_error_class = CASE WHEN $9 OR $12 IS " \
	"NOT NULL THEN excluded.last_error_class ELSE m.last_error_class END, last_error = CASE " \
	"WHEN $9 OR $12 IS NOT NULL THEN excluded.last_error ELSE m.last_error END"

int store_mailbox_note(struct store *s, const struct store_mailbox *m, struct err *e)
{
	AUTO_PARAMS struct params p = {0};
	struct buf b = {0};

	param_int8(&p, s->tenant);
	param_text(&p, text_of(m->account));
	param_visible(&p, m->folder, &b);
	param_int8(&p, m->uidvalidity);
	param_count(&p, m->messages);
	param_count(&p, m->backlog);
	param_count(&p, m->not_reports);
	param_int8(&p, m->oldest_waiting_at);
	param_bool(&p, m->success);
	param_int4(&p, m->retry_seconds);
	param_text(&p, text_of(m->error ? m->error_class : NULL));
	param_visible(&p, m->error, &b);
	param_int8(&p, INT64_MIN);
	buf_free(&b);
	return db_exec(s, NOTE_SQL, &p, NULL, e);
}
