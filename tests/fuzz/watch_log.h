/* watch_log - what watch.h looks at in frames of delivery logs. */
#ifndef TESTS_FUZZ_WATCH_LOG_H
#define TESTS_FUZZ_WATCH_LOG_H

static int watch_log_head(void *ctx, uint32_t entry, struct err *e)
{
	struct watch *w = ctx;

	(void)entry;
	(void)e;
	if (w->in_report || w->in_log)
		watch_broken("a log within another entry", "");
	w->in_log = true;
	w->logs++;
	return 0;
}

static int watch_log_host(void *ctx, uint16_t slot, enum log_system system, struct text name,
			  struct err *e)
{
	(void)e;
	watch_text(name);
	if (!((struct watch *)ctx)->in_log || slot >= LIMIT_LOG_HOSTS || !system)
		watch_broken("a host that can not be", "");
	return 0;
}

static int watch_log_service(void *ctx, uint16_t slot, struct text name, struct err *e)
{
	(void)e;
	watch_text(name);
	if (!((struct watch *)ctx)->in_log || slot >= LIMIT_LOG_HOSTS)
		watch_broken("a service that can not be", "");
	return 0;
}

static int watch_log_reply(void *ctx, uint16_t slot, const struct log_reply *r, struct err *e)
{
	(void)e;
	watch_text(r->enhanced);
	watch_text(r->pattern);
	if (!((struct watch *)ctx)->in_log || slot >= LIMIT_LOG_REPLIES || r->smtp_code > 599)
		watch_broken("a reply that can not be", "");
	return 0;
}

static int watch_log_message(void *ctx, const struct log_message *m, struct err *e)
{
	(void)e;
	watch_text(m->queue_id);
	watch_text(m->value);
	if (!((struct watch *)ctx)->in_log || m->at.us < 0 || !m->queue_id.len)
		watch_broken("a message that can not be", "");
	return 0;
}

static int watch_log_attempt(void *ctx, const struct log_attempt *a, struct err *e)
{
	const struct text texts[] = {a->queue_id, a->recipient, a->peer_host, a->status,
				     a->reply_values, a->message_id, a->envelope_from,
				     a->header_from, a->campaign};

	(void)e;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		watch_text(texts[i]);
	if (!((struct watch *)ctx)->in_log || a->at.us < 0 || !a->queue_id.len ||
	    a->delay_ms < -1 || (a->kind == EVENT_MX_ATTEMPT) == (a->recipient.len > 0))
		watch_broken("an attempt that can not be", "");
	return 0;
}

static int watch_log_unreadable(void *ctx, const struct log_unreadable *u, struct err *e)
{
	struct watch *w = ctx;

	(void)e;
	watch_text(u->reason);
	watch_text(u->sample);
	if (!w->in_log || !u->lines)
		watch_broken("unreadable lines that can not be", "");
	w->log_unreadable += u->lines;
	return 0;
}

static int watch_log_part(void *ctx, const struct log_sums *s, struct err *e)
{
	struct watch *w = ctx;

	(void)e;
	if (!w->in_log || s->unreadable != w->log_unreadable ||
	    s->lines != s->events + s->skipped + s->unreadable || s->lines > s->bytes)
		watch_broken("sums of a log that are not those of its lines", "");
	w->log_unreadable = 0;
	w->log_lines += s->lines;
	w->in_log = !s->last;
	return 0;
}

#endif
