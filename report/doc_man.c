/* mdoc(7): a sentence begins a line, lines of 78 bytes, nothing of the text is taken for a macro. */
#include "report/doc.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#define LINE 78

/* The page is compared with the committed one: no day of today. */
#define PAGE_DATE "November 22, 2026"

static void add_character(struct buf *b, const char *p, char before, bool literal)
{
	static const char special[] = "\\'`^~\"";
	static const char *const instead[] = {"\\e", "\\(aq", "\\(ga", "\\(ha", "\\(ti", "\\(dq"};
	const char *at = strchr(special, *p);

	if (at && *at)
		buf_adds(b, instead[at - special]);
	else if (*p == '-' && (literal || !isalnum((unsigned char)before)))
		buf_adds(b, "\\-");
	else if (*p == ')' && before == '(')
		buf_adds(b, "\\&)"); /* or mandoc wants markup for name() */
	else
		buf_addc(b, *p);
}

static void add(struct buf *b, const char *p, size_t n, bool literal)
{
	for (size_t i = 0; i < n; i++)
		add_character(b, p + i, i ? p[i - 1] : ' ', literal);
}

/* An argument of a macro. */
static void argument(struct buf *b, const char *text)
{
	buf_addc(b, '"');
	add(b, text, strlen(text), true);
	buf_addc(b, '"');
}

static bool ends_sentence(const struct buf *word)
{
	return word->len > 1 && strchr(".?!", word->p[word->len - 1]);
}

static void paragraph(struct buf *b, const char *text)
{
	struct buf word = {0};
	size_t column = 0;
	bool fresh = false;

	for (const char *p = text + strspn(text, " \n"); *p;) {
		size_t n = strcspn(p, " \n");

		word.len = 0;
		add(&word, p, n, false);
		if (column && (fresh || column + 1 + word.len > LINE)) {
			buf_addc(b, '\n');
			column = 0;
		} else if (column) {
			buf_addc(b, ' ');
			column++;
		}
		if (!column && (*p == '.' || *p == '\''))
			buf_adds(b, "\\&");
		buf_add(b, word.p, word.len);
		column += word.len;
		fresh = ends_sentence(&word);
		p += n + strspn(p + n, " \n");
	}
	buf_addc(b, '\n');
	buf_free(&word);
}

static void begin(struct buf *b)
{
	buf_adds(b, ".\\\" Made by `ruadb db doc --man` (make schema-man): edit the comments instead.\n"
		    ".Dd " PAGE_DATE "\n.Dt RUADB-SCHEMA 7\n.Os\n.Sh NAME\n.Nm ruadb-schema\n"
		    ".Nd views of ruadb, and questions to ask them\n");
}

static void section(struct buf *b, const char *title)
{
	buf_adds(b, ".Sh ");
	for (const char *p = title; *p; p++)
		buf_addc(b, (char)toupper((unsigned char)*p));
	buf_addc(b, '\n');
}

static void heading(struct buf *b, const char *title)
{
	buf_adds(b, ".Ss ");
	argument(b, title);
	b->len--;
	buf_adds(b, "\\&\"\n"); /* a question's mark is no delimiter */
}

/* The last line is a heading: a paragraph needs no .Pp behind one. */
static bool behind_heading(const struct buf *b)
{
	size_t at = b->len ? b->len - 1 : 0;

	while (at && b->p[at - 1] != '\n')
		at--;
	return strncmp(b->p + at, ".Sh", 3) == 0 || strncmp(b->p + at, ".Ss", 3) == 0;
}

static void words(struct buf *b, const char *text)
{
	if (!behind_heading(b))
		buf_adds(b, ".Pp\n");
	paragraph(b, text);
}

static void code(struct buf *b, const char *text)
{
	buf_adds(b, ".Bd -literal -offset 4n\n");
	for (const char *p = text; *p;) {
		size_t n = strcspn(p, "\n"), tabs = strspn(p, "\t");

		buf_printf(b, "%*s", (int)tabs * 4, "");
		if (!tabs && (*p == '.' || *p == '\''))
			buf_adds(b, "\\&");
		add(b, p + tabs, n - tabs, true);
		buf_addc(b, '\n');
		p += n + (p[n] == '\n');
	}
	buf_adds(b, ".Ed\n");
}

static void list(struct buf *b, const char *what)
{
	(void)what;
	buf_adds(b, ".Bl -tag -width Ds\n");
}

static void entry(struct buf *b, const char *name, const char *type, const char *text)
{
	buf_adds(b, ".It Va ");
	argument(b, name);
	if (*type) {
		buf_adds(b, " Vt ");
		argument(b, type);
	}
	buf_addc(b, '\n');
	paragraph(b, text);
}

static void list_end(struct buf *b)
{
	buf_adds(b, ".El\n");
}

static void end(struct buf *b)
{
	buf_adds(b, ".Sh SEE ALSO\n.Xr psql 1 ,\n.Xr ruadb 1 ,\n.Xr ruadb.conf 5\n");
}

const struct doc_form doc_man = {begin, section, heading, words, code, list, entry, list_end, end};
