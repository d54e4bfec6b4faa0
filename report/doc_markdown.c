#include "report/doc.h"
#include "report/render.h"

#include <string.h>

static void escaped(struct buf *b, const char *text)
{
	render_add_markdown(b, text, strlen(text));
}

/* A name as code, where nothing in it could end that. */
static void name_of(struct buf *b, const char *name)
{
	if (!*name || strpbrk(name, "`|\n"))
		escaped(b, name);
	else
		buf_printf(b, "`%s`", name);
}

static void begin(struct buf *b)
{
	buf_adds(b, "# The schema of ruadb\n");
}

static void section(struct buf *b, const char *title)
{
	buf_adds(b, "\n## ");
	escaped(b, title);
	buf_addc(b, '\n');
}

static void heading(struct buf *b, const char *title)
{
	buf_adds(b, "\n### ");
	escaped(b, title);
	buf_addc(b, '\n');
}

static void words(struct buf *b, const char *text)
{
	buf_addc(b, '\n');
	escaped(b, text);
	buf_addc(b, '\n');
}

static void code(struct buf *b, const char *text)
{
	/* a command, or a statement */
	buf_adds(b, strncmp(text, "ruadb ", 6) == 0 ? "\n```\n" : "\n```sql\n");
	buf_adds(b, text);
	buf_adds(b, "\n```\n");
}

static void list(struct buf *b, const char *what)
{
	buf_printf(b, "\n| %s | type | what it is |\n|---|---|---|\n", what);
}

static void entry(struct buf *b, const char *name, const char *type, const char *text)
{
	buf_adds(b, "| ");
	name_of(b, name);
	buf_adds(b, " | ");
	name_of(b, type);
	buf_adds(b, " | ");
	escaped(b, text);
	buf_adds(b, " |\n");
}

static void nothing(struct buf *b)
{
	(void)b;
}

const struct doc_form doc_markdown = {begin, section, heading, words, code, list, entry, nothing,
				      nothing};
