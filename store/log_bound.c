/*
 * A bound on reply templates. Whoever receives mail chooses the words of his replies, and each that
 * no rule makes one of the others is a row for ever. Beyond LIMIT_LOG_TEMPLATES new ones of a gateway
 * in a day, a new reply goes to a template that takes any text: one for each code, and for each rule
 * that judges it, so that its category is right. The text itself is its value.
 */
#include "store/declare.h"
#include "store/log_work.h"

static bool is_known(const struct log_work *w, uint32_t gateway, struct text name)
{
	return gateway == NO_GATEWAY ? !name.p : text_eq(w->gateways[gateway].gateway, name);
}

/* How many more may be new, by gateway; the last one: of no gateway. */
static int ask_room(struct log_work *w, int64_t *room, uint32_t n, struct err *e)
{
	AUTO_PARAMS struct params p = {0};
	AUTO_RESULT PGresult *res = NULL;

	param_int8(&p, w->st->tenant);
	if (db_exec(w->s, "SELECT gateway, count(*) FROM ruadb_data.reply_template WHERE tenant_id = "
			  "$1 AND first_stored_at > now() - interval '1 day' GROUP BY gateway", &p, &res,
		    e) < 0)
		return -1;
	for (uint32_t g = 0; g <= n; g++)
		room[g] = LIMIT_LOG_TEMPLATES;
	for (int row = 0; row < PQntuples(res); row++)
		for (uint32_t g = 0; g <= n; g++)
			if (is_known(w, g < n ? g : NO_GATEWAY, db_text(res, row, 0)))
				room[g] -= db_int8(res, row, 1);
	return 0;
}

/* An enhanced code stays only where a rule knows it: there are a million of them. */
static void make_any(struct log_work *w, struct log_template *t)
{
	const struct store_classify *c = w->st->classify;
	struct store_reply_class k = {.category = text_of("undefined"), .matched = '-'};
	struct text gateway = t->gateway == NO_GATEWAY ? text_of("") : w->gateways[t->gateway].gateway;
	struct buf *b = &w->st->scratch_logs;

	if (c)
		c->reply(c->ctx, gateway.len ? gateway : TEXT_ABSENT, t->smtp_code, t->enhanced,
			 t->sample, &k);
	if (k.matched != 'e')
		t->enhanced = TEXT_ABSENT;
	b->len = 0;
	const struct text parts[] = {text_of("any text"), gateway, k.category, k.rule, t->enhanced};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		buf_add(b, parts[i].p, parts[i].p ? parts[i].len : 0);
		buf_addc(b, '\0');
	}
	buf_addc(b, k.matched);
	buf_add(b, &t->smtp_code, 2);
	buf_addc(b, t->truncated);
	t->id = log_id(w, b->p, b->len);
	t->said = t->pattern;
	t->pattern = text_of("{text}");
}

int log_templates_bound(struct log_work *w, const uint32_t *which, size_t n, struct err *e)
{
	uint32_t gateways = log_table_count(w->names[LOG_GATEWAYS]);
	AUTO_FREE int64_t *room = xcalloc(gateways + 1u, sizeof(*room));
	bool any = false;

	if (!n || ask_room(w, room, gateways, e) < 0)
		return n ? -1 : 0;
	for (size_t i = 0; i < n; i++) {
		struct log_template *t = &w->templates[which[i]];

		if (t->said.p || room[t->gateway == NO_GATEWAY ? gateways : t->gateway]-- > 0)
			continue;
		make_any(w, t);
		any = true;
	}
	for (uint32_t i = 0; any && i < w->n_atts; i++)
		if (w->from[i].template)
			w->atts[i].template_id = w->templates[w->from[i].template - 1].id;
	return 0;
}

struct text log_template_values(struct log_work *w, const struct log_template *t,
				struct text values)
{
	struct buf *b = &w->st->scratch_logs;

	if (!t->said.p)
		return values;
	log_reply_text(b, t->said, values);
	for (size_t i = 0; i < b->len; i++) /* one value only */
		b->p[i] = b->p[i] == '\x1f' ? ' ' : b->p[i];
	return b->len ? (struct text){b->p, (uint32_t)b->len} : text_of("");
}
