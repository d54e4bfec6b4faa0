/* What is asked once a process: the key that recipients are hashed with, and queue lifetimes. */
#include "store/log_work.h"

#include <stdlib.h>
#include <sys/random.h>

void log_known_free(struct log_known *k)
{
	if (!k)
		return;
	buf_free(&k->id_blocks);
	log_table_free(k->replies);
	log_arena_free(k->arena);
	free(k->reply);
	explicit_bzero(k->secret, sizeof(k->secret));
	free(k);
}

struct log_known *log_known_of(struct store_stage *st)
{
	if (!st->logs) {
		st->logs = xcalloc(1, sizeof(*st->logs));
		st->logs->replies = log_table_new();
		st->logs->arena = log_arena_new();
	}
	return st->logs;
}

/* ---- recipients ---- */

static int ask_secret(struct log_work *w, struct log_known *k, struct err *e)
{
	AUTO_PARAMS struct params p = {0};
	AUTO_RESULT PGresult *res = NULL;

	param_int8(&p, w->st->tenant);
	if (db_exec(w->s, "SELECT secret FROM ruadb_data.recipient_secret WHERE tenant_id = $1 AND "
			  "length(secret) = 32", &p, &res, e) < 0)
		return -1;
	if (PQntuples(res)) {
		memcpy(k->secret, PQgetvalue(res, 0, 0), sizeof(k->secret));
		k->has_secret = true;
	}
	return 0;
}

/* Made by whoever needs it first. */
int log_secret(struct log_work *w, struct err *e)
{
	struct log_known *k = log_known_of(w->st);
	AUTO_PARAMS struct params p = {0};
	uint8_t made[32];

	if (k->has_secret || ask_secret(w, k, e) < 0 || k->has_secret)
		return k->has_secret ? 0 : -1;
	if (getrandom(made, sizeof(made), 0) != sizeof(made))
		return err_set(e, ERR_TEMP, "no random numbers for the key of recipients");
	param_int8(&p, w->st->tenant);
	param_bytea(&p, made, sizeof(made));
	if (db_exec(w->s, "INSERT INTO ruadb_data.recipient_secret (tenant_id, secret) VALUES "
			  "($1, $2) ON CONFLICT DO NOTHING", &p, NULL, e) < 0 ||
	    ask_secret(w, k, e) < 0)
		return -1;
	return k->has_secret ? 0 : err_set(e, ERR_BUG, "the key of recipients has another length");
}

/* The domain in lower case, the local part as it is. */
void log_recipients_hash(struct log_work *w)
{
	const struct log_known *k = log_known_of(w->st);
	struct buf *b = &w->st->scratch_logs;
	uint8_t sum[32];

	for (uint32_t i = 0; i < w->n_atts; i++) {
		struct join_att *a = &w->atts[i];
		const struct log_from *f = &w->from[i];
		struct text t = log_att_text(f->log, &f->log->atts[f->att], ATT_RECIPIENT);
		const char *at = t.len ? memrchr(t.p, '@', t.len) : NULL;

		if (a->kind == EVENT_MX_ATTEMPT)
			continue;
		size_t local = at ? (size_t)(at - t.p) : t.len;

		b->len = 0;
		buf_add(b, k->secret, sizeof(k->secret));
		buf_add(b, t.p, local);
		for (size_t c = local; c < t.len; c++)
			buf_addc(b, (char)(t.p[c] >= 'A' && t.p[c] <= 'Z' ? t.p[c] | 32 : t.p[c]));
		hash_sum(w->s->hash, b->p, b->len, sum);
		a->recipient = hash_id(sum);
	}
}

/* ---- queue lifetimes ---- */

/* What [source] says, else the settings, which are asked for once. */
int log_lifetimes(struct log_work *w, struct err *e)
{
	struct log_known *k = log_known_of(w->st);
	AUTO_RESULT PGresult *res = NULL;

	if (!k->lifetime) {
		if (db_exec(w->s, "SELECT (ruadb.setting_value('queue_lifetime_days') * 86400)::bigint, "
				  "(ruadb.setting_value('queue_lifetime_hours_platform') * "
				  "3600)::bigint", NULL, &res, e) < 0)
			return -1;
		k->lifetime = db_int8(res, 0, 0);
		k->lifetime_platform = db_int8(res, 0, 1);
	}
	for (uint32_t i = 0; i < log_table_count(w->names[LOG_HOSTS]); i++) {
		struct log_host *h = &w->hosts[i];

		h->lifetime = h->source && h->source->queue_lifetime > 0 ? h->source->queue_lifetime :
			      h->system == SYSTEM_POWERMTA || h->system == SYSTEM_KUMOMTA ?
			      k->lifetime_platform : k->lifetime;
	}
	return 0;
}
