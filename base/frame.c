/* The writing half of frame.h, and what both sides read. */
#include "base/frame.h"
#include "base/frame_pen.h"
#include "base/frame_wire.h"

size_t frame_begin(struct buf *b, enum frame_type type, uint64_t item)
{
	size_t at = b->len;
	char *p = buf_take(b, FRAME_HEADER);

	memset(p, 0, FRAME_HEADER);
	p[4] = (char)type;
	p[5] = FRAME_VERSION;
	item = htole64(item);
	memcpy(p + 8, &item, 8);
	return at;
}

void frame_finish(struct buf *b, size_t at)
{
	uint32_t len = htole32((uint32_t)(b->len - at - FRAME_HEADER));

	memcpy(b->p + at, &len, 4);
}

void frame_put_text(struct buf *b, struct text t)
{
	pen_text(buf_take(b, pen_text_size(t)), t);
}

void frame_put_u32(struct buf *b, uint32_t v)
{
	pen_u32(buf_take(b, 4), v);
}

void frame_put_u64(struct buf *b, uint64_t v)
{
	pen_u64(buf_take(b, 8), v);
}

void frame_put_item(struct buf *b, bool by_descriptor, uint64_t size, const struct trust *trust,
		    const struct log_hint *log)
{
	static const struct log_hint any = {.form = FORM_ANY, .now = TIME_ABSENT};
	static const struct trust nobody = {.form = AUTHSERV_RFC8601};
	char *p = buf_take(b, WIRE_ITEM);

	/* a list that is too long is not cut: half a name is somebody else's */
	if (!trust || trust->authserv_ids.len > WIRE_AUTHSERV_IDS)
		trust = &nobody;
	memset(p, 0, WIRE_ITEM);
	p[0] = by_descriptor;
	p[1] = (char)(trust->form == AUTHSERV_MICROSOFT ? AUTHSERV_MICROSOFT : AUTHSERV_RFC8601);
	p[2] = (char)trust->fields;
	pen_u64(p + 8, size);
	frame_put_text(b, trust->authserv_ids);
	if (!log || log->columns.len > WIRE_COLUMNS)
		log = &any;
	pen_u8(buf_take(b, 1), log->form);
	frame_put_u64(b, (uint64_t)log->now);
	frame_put_text(b, log->columns);
}

void frame_put_head(struct buf *b, const struct report_head *h)
{
	char *p = buf_take(b, WIRE_HEAD_FIXED);

	p = pen_u32(p, h->entry);
	p = pen_u8(p, h->auth);
	p = pen_u8(p, h->schema);
	p = pen_u8(p, h->auth_method);
	p = pen_u8(p, h->auth_relation);
	p = pen_u64(p, (uint64_t)h->begin_at);
	p = pen_u64(p, (uint64_t)h->end_at);
	pen_u32(p, (uint32_t)h->pct);
	frame_put_text(b, h->org_name);
	frame_put_text(b, h->email);
	frame_put_text(b, h->extra_contact_info);
	frame_put_text(b, h->report_id);
	frame_put_text(b, h->generator);
	frame_put_text(b, h->domain);
	frame_put_text(b, h->p);
	frame_put_text(b, h->sp);
	frame_put_text(b, h->np);
	frame_put_text(b, h->adkim);
	frame_put_text(b, h->aspf);
	frame_put_text(b, h->fo);
	frame_put_text(b, h->testing);
	frame_put_text(b, h->discovery_method);
	frame_put_text(b, h->version);
	frame_put_text(b, h->auth_domain);
	frame_put_text(b, h->extra);
}

void frame_put_auth_result(struct buf *b, const struct auth_result *r)
{
	char *p = buf_take(b, 3 + pen_text_size(r->domain) + pen_text_size(r->selector) +
				      pen_text_size(r->result_raw));

	p = pen_u8(p, 'r');
	p = pen_u8(p, r->kind);
	p = pen_u8(p, r->result);
	p = pen_text(p, r->domain);
	p = pen_text(p, r->selector);
	pen_text(p, r->result_raw);
}

void frame_put_set(struct buf *b, uint16_t slot)
{
	pen_u16(pen_u8(buf_take(b, 3), 's'), slot);
}

void frame_put_record(struct buf *b, uint16_t slot, const struct record *r)
{
	size_t address = r->source_ip.family == 4 ? 4 : 16;
	char *p = buf_take(b, 1 + WIRE_RECORD_FIXED + address + pen_text_size(r->header_from) +
				      pen_text_size(r->envelope_from) + pen_text_size(r->envelope_to) +
				      pen_text_size(r->extra));

	p = pen_u8(p, 'R');
	p = pen_u16(p, slot);
	p = pen_u32(p, r->record_no);
	p = pen_u64(p, (uint64_t)r->messages);
	p = pen_u8(p, r->disposition);
	p = pen_u8(p, r->dkim_evaluated);
	p = pen_u8(p, r->spf_evaluated);
	p = pen_u8(p, r->dkim_aligned);
	p = pen_u8(p, r->spf_aligned);
	p = pen_u8(p, r->dkim_key | (r->dkim_more ? WIRE_DKIM_MORE : 0));
	p = pen_u8(p, r->spf_key);
	p = pen_u8(p, r->source_ip.family);
	memcpy(p, r->source_ip.bytes, address);
	p += address;
	p = pen_text(p, r->header_from);
	p = pen_text(p, r->envelope_from);
	p = pen_text(p, r->envelope_to);
	pen_text(p, r->extra);
}

void frame_put_row_refused(struct buf *b, uint32_t record_no, int64_t messages, struct text why)
{
	char *p = buf_take(b, 13 + pen_text_size(why));

	p = pen_u8(p, 'x');
	p = pen_u32(p, record_no);
	p = pen_u64(p, (uint64_t)messages);
	pen_text(p, why);
}

void frame_put_repair(struct buf *b, const struct repair *r)
{
	frame_put_u32(b, r->times);
	frame_put_u32(b, r->record_no);
	frame_put_u32(b, r->line);
	frame_put_text(b, r->what);
	frame_put_text(b, r->where);
	frame_put_text(b, r->from);
	frame_put_text(b, r->to);
}

void frame_put_sums(struct buf *b, const struct report_sums *s)
{
	char *p = buf_take(b, WIRE_SUMS + pen_text_size(s->lost));

	p = pen_u64(p, s->records);
	p = pen_u64(p, s->records_refused);
	p = pen_u64(p, (uint64_t)s->messages);
	p = pen_u64(p, (uint64_t)s->messages_refused);
	memcpy(p, s->content_hash, 32);
	p = pen_u8(p + 32, s->state);
	pen_text(p, s->lost);
}

int frame_next(const uint8_t *p, size_t len, struct frame *ret_f, size_t *ret_used, struct err *e)
{
	struct cursor c = {p, p + len, false};

	if (len < FRAME_HEADER)
		return 0;
	uint32_t size = get_u32(&c);
	uint8_t type = get_u8(&c), version = get_u8(&c);
	uint16_t zero = get_u16(&c);
	uint64_t item = get_u64(&c);

	if (size > LIMIT_FRAME || version != FRAME_VERSION || zero != 0)
		return broken(e, "this is no frame");
	if (type != FRAME_ITEM && type != FRAME_DATA &&
	    (type < FRAME_HEAD || type > FRAME_LOG_PART))
		return broken(e, "a frame of an unknown type");
	if (len - FRAME_HEADER < size)
		return 0;
	*ret_f = (struct frame){(enum frame_type)type, item, c.p, size};
	*ret_used = FRAME_HEADER + size;
	return 1;
}

/* What people configured is bytes, and not checked for UTF-8: it is only compared. */
static struct text get_ids(struct cursor *c)
{
	uint16_t len = get_u16(c);

	if (len == WIRE_ABSENT)
		return TEXT_ABSENT;
	if ((size_t)(c->end - c->p) < len) {
		c->bad = true;
		return TEXT_ABSENT;
	}
	c->p += len;
	return (struct text){(const char *)c->p - len, len};
}

int frame_get_item(const struct frame *f, bool *ret_by_descriptor, uint64_t *ret_size,
		   struct trust *ret_trust, struct log_hint *ret_log, struct err *e)
{
	struct cursor c = {f->payload, f->payload + f->len, false};
	uint8_t how = get_u8(&c);
	struct trust trust = {.form = (enum authserv_form)get_code(
		&c, (const char[]){AUTHSERV_RFC8601, AUTHSERV_MICROSOFT, '\0'})};

	trust.fields = get_u8(&c);
	get(&c, 5);
	uint64_t size = get_u64(&c);

	trust.authserv_ids = get_ids(&c);

	struct log_hint log = {.form = (enum log_form)get_code(
		&c, (const char[]){FORM_ANY, FORM_LINES, FORM_CSV, '\0'})};

	log.now = get_time(&c);
	log.columns = get_ids(&c);
	if (f->type != FRAME_ITEM || c.bad || c.p != c.end || how > 1)
		return broken(e, "an ITEM that is none");
	if (how == 0 && size > LIMIT_INLINE)
		return broken(e, "an ITEM too large to come inline");
	*ret_by_descriptor = how == 1;
	*ret_size = size;
	*ret_trust = trust;
	*ret_log = log;
	return 0;
}
