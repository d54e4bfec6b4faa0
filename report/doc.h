/*
 * doc - the schema explained, out of the comments in the database: views and columns, functions,
 * settings, and worked questions (sql/queries/questions.sql). What is said is in doc.c; a form
 * says how it looks: Markdown, or mdoc for man. Texts are handed over as they are; forms escape.
 */
#ifndef REPORT_DOC_H
#define REPORT_DOC_H

#include "base/buf.h"

struct doc_form {
	void (*begin)(struct buf *b);
	void (*section)(struct buf *b, const char *title);
	void (*heading)(struct buf *b, const char *title); /* below a section */
	void (*words)(struct buf *b, const char *text);    /* a paragraph */
	void (*code)(struct buf *b, const char *text);
	/* A list of things with a name, a type and words; what: what the names are. */
	void (*list)(struct buf *b, const char *what);
	void (*entry)(struct buf *b, const char *name, const char *type, const char *words);
	void (*list_end)(struct buf *b);
	void (*end)(struct buf *b);
};

extern const struct doc_form doc_markdown, doc_man;

#endif
