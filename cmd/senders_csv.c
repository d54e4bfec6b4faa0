/* CSV (RFC 4180) of declared senders, as `ruadb senders export` and spreadsheets write it. */
#include "cmd/senders.h"
#include "base/buf.h"
#include "base/text.h"

enum { NAME, OWNER, DEDICATED, ADDRESS, DKIM_DOMAIN, DKIM_SELECTOR, SPF_DOMAIN, COLUMNS };

#define HEADER "name,owner,dedicated,address,dkim_domain,dkim_selector,spf_domain"

struct csv {
	const char *p, *end;
	uint32_t line;          /* of what is read next */
	struct buf cells;       /* the record's, a NUL behind each */
	size_t at[COLUMNS];
	int n;
};

static bool at_line_end(const struct csv *c)
{
	return c->p == c->end || *c->p == '\n' ||
	       (*c->p == '\r' && c->p + 1 < c->end && c->p[1] == '\n');
}

static int read_quoted(struct csv *c, struct err *e)
{
	uint32_t begin = c->line;

	for (c->p++; c->p < c->end; c->p++) {
		if (*c->p == '"' && c->p + 1 < c->end && c->p[1] == '"')
			c->p++;
		else if (*c->p == '"')
			break;
		c->line += *c->p == '\n';
		buf_addc(&c->cells, *c->p);
	}
	if (c->p == c->end) {
		c->line = begin;
		return err_set(e, ERR_INPUT, "a quote is not closed");
	}
	c->p++;
	return c->p == c->end || *c->p == ',' || at_line_end(c) ? 0 :
	       err_set(e, ERR_INPUT, "text stands behind a closing quote");
}

/* 1: a record; 0: the end. */
static int read_record(struct csv *c, struct err *e)
{
	c->cells.len = 0;
	c->n = 0;
	if (c->p == c->end)
		return 0;
	for (;;) {
		if (c->n == COLUMNS)
			return err_set(e, ERR_INPUT, "more than %d columns", COLUMNS);
		c->at[c->n++] = c->cells.len;
		if (c->p < c->end && *c->p == '"') {
			if (read_quoted(c, e) < 0)
				return -1;
		} else {
			while (!at_line_end(c) && *c->p != ',')
				buf_addc(&c->cells, *c->p++);
		}
		size_t begin = c->at[c->n - 1];

		if (!text_utf8_ok(c->cells.p + begin, c->cells.len - begin))
			return err_set(e, ERR_INPUT, "not UTF-8");
		buf_addc(&c->cells, '\0');
		if (at_line_end(c))
			break;
		c->p++;
	}
	c->p += c->p < c->end && *c->p == '\r';
	c->p += c->p < c->end;
	return 1;
}

/* Without the apostrophe in front of what a spreadsheet would take for a formula. */
static const char *cell(const struct csv *c, int column)
{
	const char *s = c->cells.p + c->at[column];

	return s[0] == '\'' && s[1] && strchr("=+-@", s[1]) ? s + 1 : s;
}

static bool is_empty(const struct csv *c, int column)
{
	return !text_trim(text_of(cell(c, column))).len;
}

static int yes_or_no(const char *s, bool *ret, struct err *e)
{
	static const char *const words[] = {"", "no", "false", "0", "f", "yes", "true", "1", "t"};
	struct text t = text_trim(text_of(s));

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (text_is(t, words[i])) {
			*ret = i > 4;
			return 0;
		}
	return err_set(e, ERR_INPUT, "dedicated is yes or no, not '%.60s'", s);
}

static int read_things(struct sender_list *l, const struct csv *c, uint32_t line, struct err *e)
{
	struct store_sender of = {.line = line};

	if (sender_word(l, "name", cell(c, NAME), &of.name, e) < 0 ||
	    (!is_empty(c, OWNER) && sender_word(l, "owner", cell(c, OWNER), &of.owner, e) < 0) ||
	    yes_or_no(cell(c, DEDICATED), &of.dedicated, e) < 0)
		return -1;
	bool address = !is_empty(c, ADDRESS), dkim = !is_empty(c, DKIM_DOMAIN);
	bool spf = !is_empty(c, SPF_DOMAIN);

	if (!dkim && !is_empty(c, DKIM_SELECTOR))
		return err_set(e, ERR_INPUT, "a selector without its dkim_domain");
	if (!address && !dkim && !spf)
		return err_set(e, ERR_INPUT, "neither an address nor a DKIM or SPF domain");
	if (!address && of.dedicated)
		return err_set(e, ERR_INPUT, "dedicated is said of addresses, and there is none");
	if (address && sender_add_address(l, &of, cell(c, ADDRESS), e) < 0)
		return -1;
	if (dkim && sender_add_dkim(l, &of, cell(c, DKIM_DOMAIN), cell(c, DKIM_SELECTOR), e) < 0)
		return -1;
	return spf ? sender_add_spf(l, &of, cell(c, SPF_DOMAIN), e) : 0;
}

static int read_line(struct sender_list *l, struct csv *c, uint32_t line, struct err *e)
{
	if (c->n == 1 && is_empty(c, 0))
		return 0;
	if (c->n != COLUMNS)
		return err_set(e, ERR_INPUT, "%d columns, not %d", c->n, COLUMNS);
	return read_things(l, c, line, e);
}

static bool is_header(const struct csv *c)
{
	struct buf b = {0};

	for (int i = 0; i < c->n; i++) {
		buf_adds(&b, i ? "," : "");
		text_add_name(&b, text_of(cell(c, i)));
	}
	bool is = strcmp(buf_cstr(&b), HEADER) == 0;

	buf_free(&b);
	return is;
}

int sender_read_csv(struct sender_list *l, const char *text, size_t len, struct err *e)
{
	struct csv c = {.p = text, .end = text + len, .line = 1};
	uint32_t line = 1;
	int got;

	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		c.p += 3;
	got = read_record(&c, e);
	if (got == 0 || (got == 1 && !is_header(&c)))
		got = err_set(e, ERR_INPUT, "the first line is not " HEADER);
	while (got == 1) {
		line = ++c.line;
		got = read_record(&c, e);
		if (got == 1 && read_line(l, &c, line, e) < 0)
			got = -1;
	}
	buf_free(&c.cells);
	if (got < 0) {
		err_wrap(e, "line %u", line);
		if (e->class == ERR_CONFIG)
			e->class = ERR_INPUT;
	}
	return got;
}
