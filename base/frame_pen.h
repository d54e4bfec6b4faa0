/*
 * frame_pen - how frames are written, for frame.c and frame_log.c: the wire's order of bytes. Each
 * function writes at p, where the caller has made room, and returns where the next one goes.
 */
#ifndef BASE_FRAME_PEN_H
#define BASE_FRAME_PEN_H

#include "base/buf.h"
#include "base/frame_wire.h"

static inline char *pen_u8(char *p, unsigned v)
{
	*p = (char)v;
	return p + 1;
}

static inline char *pen_u16(char *p, uint16_t v)
{
	v = htole16(v);
	memcpy(p, &v, 2);
	return p + 2;
}

static inline char *pen_u32(char *p, uint32_t v)
{
	v = htole32(v);
	memcpy(p, &v, 4);
	return p + 4;
}

static inline char *pen_u64(char *p, uint64_t v)
{
	v = htole64(v);
	memcpy(p, &v, 8);
	return p + 8;
}

/* A text longer than the wire can say is cut: callers keep theirs far below. */
static inline char *pen_text(char *p, struct text t)
{
	if (!t.p)
		return pen_u16(p, WIRE_ABSENT);
	uint16_t len = t.len < WIRE_ABSENT ? (uint16_t)t.len : WIRE_ABSENT - 1;

	p = pen_u16(p, len);
	memcpy(p, t.p, len);
	return p + len;
}

static inline size_t pen_text_size(struct text t)
{
	return 2 + (t.p ? (t.len < WIRE_ABSENT ? t.len : WIRE_ABSENT - 1) : 0);
}

#endif
