#include "ingest/uidset.h"

#include <strings.h>

/* RFC 3501: as RFC 4648, with ',' for '/', and nothing at the end. */
static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

/* What is not printable goes as "&...-": UTF-16, its bits in sixes. */
struct shifted {
	struct buf *to;
	bool open;
	uint32_t bits;
	unsigned n_bits;
};

static void put_unit(struct shifted *s, uint32_t unit)
{
	s->bits = s->bits << 16 | unit;
	s->n_bits += 16;
	while (s->n_bits >= 6) {
		s->n_bits -= 6;
		buf_addc(s->to, base64[s->bits >> s->n_bits & 63]);
	}
}

static void put_shifted(struct shifted *s, uint32_t c)
{
	if (!s->open)
		buf_addc(s->to, '&');
	s->open = true;
	if (c > 0xffff) {
		put_unit(s, 0xd800 | (c - 0x10000) >> 10);
		put_unit(s, 0xdc00 | ((c - 0x10000) & 0x3ff));
	} else {
		put_unit(s, c);
	}
}

static void close_shifted(struct shifted *s)
{
	if (!s->open)
		return;
	if (s->n_bits)
		buf_addc(s->to, base64[s->bits << (6 - s->n_bits) & 63]);
	buf_addc(s->to, '-');
	*s = (struct shifted){.to = s->to};
}

/* The character at *at, which goes behind it. What is no UTF-8 becomes U+FFFD, a byte each. */
static uint32_t next_character(const char **at)
{
	const unsigned char *p = (const unsigned char *)*at;
	size_t n = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	uint32_t c = n == 1 ? p[0] : p[0] & (0x7fU >> n);

	/* strnlen: not behind the end */
	if (strnlen(*at, n) < n || !text_utf8_ok(*at, n)) {
		(*at)++;
		return 0xfffd;
	}
	for (size_t i = 1; i < n; i++)
		c = c << 6 | (p[i] & 0x3f);
	*at += n;
	return c;
}

static void encode(const char *folder, char delimiter, struct buf *b)
{
	struct shifted s = {.to = b};

	while (*folder) {
		uint32_t c = next_character(&folder);

		if (c < 0x20 || c > 0x7e) {
			put_shifted(&s, c);
			continue;
		}
		close_shifted(&s);
		if (c == '/' && delimiter)
			buf_addc(b, delimiter);
		else
			buf_addc(b, (char)c);
		if (c == '&')
			buf_addc(b, '-');
	}
	close_shifted(&s);
}

/* INBOX is where it is, and what is below the prefix already needs it no more. */
static bool needs_prefix(const struct buf *name, const char *prefix)
{
	size_t n = prefix ? strlen(prefix) : 0;

	if (!n || (name->len == 5 && strncasecmp(name->p, "INBOX", 5) == 0))
		return false;
	return name->len < n || strncasecmp(name->p, prefix, n) != 0;
}

void imap_folder_encode(const char *folder, char delimiter, const char *prefix, struct buf *b)
{
	struct buf name = {0};

	encode(folder, delimiter, &name);
	if (needs_prefix(&name, prefix))
		buf_adds(b, prefix);
	buf_add(b, name.p, name.len);
	buf_free(&name);
}
