/* The last resort: reports in the text of a mail, wherever its structure would put them. */
#include "parse/mail.h"
#include "parse/sniff.h"
#include "parse/transfer.h"

#include <string.h>

#define MOST_BLOCKS LIMIT_MIME_PARTS
#define LOOK_BACK 1024 /* so far before <feedback its declaration is looked for */

struct text_at {
	const char *p, *end;
	const char *xml; /* the next <feedback at or behind p, end if there is none */
};

struct found {
	const char *p, *end;
	enum transfer as;
	const char *what; /* for people */
};

static bool is_feedback(const char *p, const char *end)
{
	static const char delimiters[] = " \t\r\n>/";
	const char *behind = p + strlen("feedback");

	return behind < end && memchr(delimiters, *behind, sizeof(delimiters) - 1);
}

/* The `<` of the next <feedback or <x:feedback. */
static const char *find_xml(const char *p, const char *end)
{
	const char *begin = p;

	for (; (p = memmem(p, (size_t)(end - p), "feedback", strlen("feedback"))); p++) {
		const char *start = p;

		if (!is_feedback(p, end))
			continue;
		if (start > begin && start[-1] == ':')
			for (start--; start > begin && (start[-1] | 0x20) >= 'a' &&
				      (start[-1] | 0x20) <= 'z';)
				start--;
		if (start > begin && start[-1] == '<')
			return start - 1;
	}
	return end;
}

static bool is_packed(const char *p, const char *end)
{
	return (end - p >= 3 && memcmp(p, "\x1f\x8b\x08", 3) == 0) ||
	       (end - p >= 4 && memcmp(p, "PK\3\4", 4) == 0);
}

static bool is_block(const char *p, const char *end)
{
	return is_base64_of_report((const uint8_t *)p, (size_t)(end - p)) || is_packed(p, end);
}

bool mail_has_block(const uint8_t *p, size_t len)
{
	const uint8_t *end = p + len;

	while (p < end) {
		if (is_base64_of_report(p, (size_t)(end - p)))
			return true;
		p = memchr(p, '\n', (size_t)(end - p));
		if (!p)
			break;
		p++;
	}
	return false;
}

static const char *next_line(const char *p, const char *end)
{
	const char *nl = memchr(p, '\n', (size_t)(end - p));

	return nl ? nl + 1 : end;
}

/* A line of base64, perhaps with something strange in it, or an empty one. */
static bool goes_on(const char *p, const char *end)
{
	size_t strange = 0, n = 0;

	if (end - p >= 2 && p[0] == '-' && p[1] == '-')
		return false;
	for (; p < end && *p != '\n'; p++, n++) {
		char c = *p;

		if (!((c | 0x20) >= 'a' && (c | 0x20) <= 'z') && !(c >= '0' && c <= '9') &&
		    c != '+' && c != '/' && c != '=' && c != '\r')
			strange++;
	}
	return strange * 8 <= n;
}

/* Where the base64 that begins at p ends: at a line of something else. */
static const char *base64_end(const char *p, const char *end)
{
	bool padded = false;

	for (const char *line = p; line < end;) {
		const char *next = next_line(line, end), *last = next;

		if (!goes_on(line, end) ||
		    (padded && is_base64_of_report((const uint8_t *)line, (size_t)(end - line))))
			return line;
		while (last > line && last[-1] <= ' ')
			last--;
		if (last > line)
			padded = last[-1] == '=';
		line = next;
	}
	return end;
}

/* Behind the end tag. */
static const char *xml_end(const char *p, const char *end)
{
	static const char tag[] = "feedback>";

	for (; (p = memmem(p, (size_t)(end - p), tag, sizeof(tag) - 1)); p++)
		if (p[-1] == '/' || p[-1] == ':')
			return p + sizeof(tag) - 1;
	return end;
}

/* From its declaration on, if there is one. */
static const char *xml_begin(const char *from, const char *p)
{
	const char *at = p - from > LOOK_BACK ? p - LOOK_BACK : from, *found = p;

	while ((at = memmem(at, (size_t)(p - at), "<?xml", 5)))
		found = at++;
	return found;
}

/* The next block, and t goes behind it. False: there is none. */
static bool next_block(struct text_at *t, struct found *ret)
{
	const char *from = t->p;

	if (t->xml < t->p)
		t->xml = find_xml(t->p, t->end);
	while (t->p < t->end && t->p <= t->xml && !is_block(t->p, t->end))
		t->p = next_line(t->p, t->end);
	if (t->p < t->end && t->p <= t->xml) {
		bool packed = is_packed(t->p, t->end);

		ret->p = t->p;
		ret->end = packed ? t->end : base64_end(t->p, t->end);
		ret->as = packed ? TRANSFER_NONE : TRANSFER_BASE64;
		ret->what = packed ? "an archive without a part of its own"
				   : "base64 without a part of its own";
	} else if (t->xml < t->end) {
		ret->p = xml_begin(from, t->xml);
		ret->end = xml_end(t->xml, t->end);
		ret->as = TRANSFER_NONE;
		ret->what = "XML without a part of its own";
	} else {
		return false;
	}
	t->p = ret->end;
	return true;
}

static void read_block(struct item *it, const struct found *b, const char *where)
{
	size_t mark = repairs_mark(it->repairs);

	repairs_outer(it->repairs, REPAIR_MAIL_STRUCTURE, where, text_of(b->what), TEXT_ABSENT);
	struct source *raw = source_bytes(b->p, (size_t)(b->end - b->p), -1);
	struct source *s = transfer_open(raw, b->as, it->repairs, where);

	it->numbered = true;
	item_read(it, s);
	source_close(s);
	repairs_restore(it->repairs, mark);
}

static void read_text(struct item *it, const char *p, size_t n, const char *where)
{
	struct text_at t = {p, p + n, find_xml(p, p + n)};
	struct found block;
	unsigned blocks = 0;
	struct err e;

	for (; next_block(&t, &block); blocks++) {
		if (blocks == MOST_BLOCKS) {
			err_set(&e, ERR_LIMIT, "a mail with more than %d blocks of base64 in its "
				"text: the first ones were read", MOST_BLOCKS);
			item_refused(it, &e);
			return;
		}
		read_block(it, &block, where);
	}
}

void mail_blocks_read(struct item *it, struct source *s, const char *where)
{
	struct buf all = {0};
	struct block b;
	struct err e;
	int r;

	while ((r = source_next(s, &b, &e)) == 1) {
		if (b.last && !all.len) {
			read_text(it, (const char *)b.p, b.len, where);
			return;
		}
		buf_add(&all, b.p, b.len);
	}
	if (r < 0)
		item_refused(it, &e);
	else if (all.len)
		read_text(it, all.p, all.len, where);
	buf_free(&all);
}
