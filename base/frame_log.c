/* The writing half of frame_log.h. */
#include "base/frame_log.h"
#include "base/frame_pen.h"

static char *pen_ip(char *p, const struct ip *ip)
{
	size_t n = ip->family == 4 ? 4 : ip->family == 6 ? 16 : 0;

	p = pen_u8(p, n ? ip->family : 0);
	memcpy(p, ip->bytes, n);
	return p + n;
}

static char *pen_log_time(char *p, struct log_time t)
{
	return pen_u8(pen_u64(p, (uint64_t)t.us), t.local);
}

void frame_put_log_host(struct buf *b, uint16_t slot, enum log_system system, struct text name)
{
	char *p = buf_take(b, 4 + pen_text_size(name));

	p = pen_u8(p, 'h');
	p = pen_u16(p, slot);
	p = pen_u8(p, system);
	pen_text(p, name);
}

void frame_put_log_service(struct buf *b, uint16_t slot, struct text name)
{
	char *p = buf_take(b, 3 + pen_text_size(name));

	p = pen_u8(p, 'v');
	p = pen_u16(p, slot);
	pen_text(p, name);
}

void frame_put_log_reply(struct buf *b, uint16_t slot, const struct log_reply *r)
{
	char *p = buf_take(b, 6 + pen_text_size(r->enhanced) + pen_text_size(r->pattern));

	p = pen_u8(p, 'p');
	p = pen_u16(p, slot);
	p = pen_u16(p, r->smtp_code);
	p = pen_u8(p, r->truncated);
	p = pen_text(p, r->enhanced);
	pen_text(p, r->pattern);
}

void frame_put_log_message(struct buf *b, const struct log_message *m)
{
	char *p = buf_take(b, 23 + pen_text_size(m->queue_id) + pen_text_size(m->value));

	p = pen_u8(p, 'm');
	p = pen_u8(p, m->event);
	p = pen_u16(p, m->host);
	p = pen_u16(p, m->service);
	p = pen_log_time(p, m->at);
	p = pen_u64(p, (uint64_t)m->size);
	p = pen_text(p, m->queue_id);
	pen_text(p, m->value);
}

void frame_put_log_attempt(struct buf *b, const struct log_attempt *a)
{
	const struct text texts[] = {a->queue_id, a->recipient, a->peer_host, a->status,
				     a->reply_values, a->message_id, a->envelope_from,
				     a->header_from, a->campaign};
	size_t size = 10 + 9 + 8 + 8 + 4 + 9 + 3 * 17;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		size += pen_text_size(texts[i]);

	char *begin = buf_room(b, size), *p = begin;

	p = pen_u8(p, 'a');
	p = pen_u8(p, a->kind);
	p = pen_u8(p, a->outcome);
	p = pen_u8(p, a->stage);
	p = pen_u16(p, a->host);
	p = pen_u16(p, a->service);
	p = pen_u16(p, a->reply);
	p = pen_log_time(p, a->at);
	p = pen_u64(p, a->line_key);
	p = pen_u64(p, (uint64_t)a->delay_ms);
	p = pen_u32(p, (uint32_t)a->attempts_reported);
	p = pen_log_time(p, a->arrived_at);
	p = pen_ip(p, &a->peer_ip);
	p = pen_ip(p, &a->source_ip);
	p = pen_ip(p, &a->reply_ip);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		p = pen_text(p, texts[i]);
	b->len += (size_t)(p - begin);
}

void frame_put_log_unreadable(struct buf *b, const struct log_unreadable *u)
{
	char *p = buf_take(b, 9 + pen_text_size(u->reason) + pen_text_size(u->sample));

	p = pen_u8(p, 'u');
	p = pen_u64(p, u->lines);
	p = pen_text(p, u->reason);
	pen_text(p, u->sample);
}

void frame_put_log_sums(struct buf *b, const struct log_sums *s)
{
	char *p = buf_take(b, 41);

	p = pen_u64(p, s->bytes);
	p = pen_u64(p, s->lines);
	p = pen_u64(p, s->events);
	p = pen_u64(p, s->skipped);
	p = pen_u64(p, s->unreadable);
	pen_u8(p, s->last);
}
