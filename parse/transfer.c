#include "parse/transfer.h"
#include "parse/sniff.h"

#include <string.h>

#define LOOK 4096 /* so far the look for the marks of quoted-printable goes */

static const char *const names[] = {
	[TRANSFER_NONE] = "none", [TRANSFER_BASE64] = "base64",
	[TRANSFER_QUOTED] = "quoted-printable", [TRANSFER_UU] = "uuencode",
};

static void tell(struct repairs *r, const char *where, enum transfer from, const char *to)
{
	repairs_outer(r, REPAIR_MAIL_ENCODING, where, text_of(names[from]), text_of(to));
}

/* The first block, and s at its beginning again. An empty one where there is none. */
static struct block peek(struct source *s)
{
	struct block b = {0};
	struct err e;

	if (source_next(s, &b, &e) <= 0)
		b = (struct block){0};
	/* a source that can't go back says so when it is read */
	(void)!source_rewind(s, &e);
	return b;
}

static struct block look(struct block b)
{
	while (b.len && (*b.p <= ' '))
		b.p++, b.len--;
	if (b.len > LOOK)
		b.len = LOOK;
	return b;
}

static bool has_base64_line(struct block b)
{
	const uint8_t *end = b.p + b.len, *nl;

	for (const uint8_t *p = b.p; p < end; p = nl + 1) {
		if (is_base64_of_report(p, (size_t)(end - p)))
			return true;
		nl = memchr(p, '\n', (size_t)(end - p));
		if (!nl)
			break;
	}
	return false;
}

/* XML with the codes of quoted-printable in it. */
static bool is_quoted_xml(struct block b)
{
	return b.len && *b.p == '<' &&
	       (memmem(b.p, b.len, "=3D", 3) || memmem(b.p, b.len, "=\n", 2) ||
		memmem(b.p, b.len, "=\r\n", 3));
}

/* Base64 whose lines end in `=` without being at an end, as quoted-printable breaks them. */
static bool is_quoted_base64(struct block b)
{
	const uint8_t *nl = b.len ? memchr(b.p, '\n', b.len) : NULL;

	if (!nl)
		return false;
	size_t n = (size_t)(nl - b.p);

	n -= n && b.p[n - 1] == '\r';
	return n == 76 && b.p[75] == '=' && b.p[74] != '=' && (size_t)(nl + 1 - b.p) < b.len &&
	       nl[1] > ' ' && nl[1] != '-';
}

static bool is_uu(struct block b)
{
	const uint8_t *nl = b.len > 12 ? memchr(b.p, '\n', b.len) : NULL;

	return nl && memcmp(b.p, "begin ", 6) == 0 && b.p[6] >= '0' && b.p[6] <= '7' &&
	       b.p[7] >= '0' && b.p[7] <= '7' && b.p[8] >= '0' && b.p[8] <= '7' && b.p[9] == ' ';
}

static bool is_packed(struct block b)
{
	return (b.len >= 3 && memcmp(b.p, "\x1f\x8b\x08", 3) == 0) ||
	       (b.len >= 4 && memcmp(b.p, "PK\3\4", 4) == 0);
}

/* What it is encoded in, whatever it is called. */
static enum transfer really(struct block whole, enum transfer as)
{
	struct block b = look(whole);

	if (is_packed(b))
		return TRANSFER_NONE;
	if (as == TRANSFER_NONE || as == TRANSFER_UU) {
		if (is_quoted_xml(b))
			return TRANSFER_QUOTED;
		if (is_uu(b))
			return TRANSFER_UU;
		return is_base64_of_report(b.p, b.len) ? TRANSFER_BASE64 : TRANSFER_NONE;
	}
	/* its last `=` is padding then, no soft line break */
	if (as == TRANSFER_QUOTED && is_base64_of_report(b.p, b.len) &&
	    !memmem(b.p, b.len, "=3D", 3) && !is_quoted_base64(b))
		return TRANSFER_BASE64;
	if (as == TRANSFER_BASE64 && b.len && *b.p == '<' && !has_base64_line(b))
		return is_quoted_xml(b) ? TRANSFER_QUOTED : TRANSFER_NONE;
	return as;
}

/* Decoded once, it may be base64 still. */
static struct source *once_more(struct source *s, enum transfer was, struct repairs *r,
				const char *where)
{
	struct block b = look(peek(s));

	if (!is_base64_of_report(b.p, b.len))
		return s;
	tell(r, where, was, was == TRANSFER_BASE64 ? "base64, twice" : "base64");
	return source_base64(s, r, where);
}

struct source *transfer_open(struct source *raw, enum transfer as, struct repairs *r,
			     const char *where)
{
	struct block b = peek(raw);
	enum transfer is = really(b, as);

	if (is != as && !(as == TRANSFER_UU && is == TRANSFER_NONE))
		tell(r, where, as, names[is]);
	switch (is) {
	case TRANSFER_NONE:
		return raw;
	case TRANSFER_UU:
		return source_uu(raw);
	case TRANSFER_QUOTED:
		return once_more(source_quoted(raw, r, where), is, r, where);
	case TRANSFER_BASE64:
		if (is_quoted_base64(look(b))) {
			tell(r, where, is, names[TRANSFER_QUOTED]);
			raw = source_quoted(raw, r, where);
		}
		return once_more(source_base64(raw, r, where), is, r, where);
	}
	return raw;
}
