/*
 * render - rows to what people and programs read. What strangers wrote is escaped for where it
 * goes: control characters made visible (table, Markdown, TSV, and CSV on a terminal), Markdown's
 * marks, formulas of spreadsheets (CSV, TSV), JSON's own escapes. Knows no SQL.
 */
#ifndef REPORT_RENDER_H
#define REPORT_RENDER_H

#include "report/report.h"
#include "store/store.h"

#include <stdbool.h>

struct render_how {
	const char *title; /* may be NULL */
	const char *about; /* what the rows are (table); may be NULL */
	const char *foot;  /* what it rests on, below the rows (table, Markdown); may be NULL */
	bool lines;        /* a row as lines of name and value (table, Markdown) */
	bool plain_names;  /* columns without underscores (Markdown) */
	int width;         /* columns of the terminal; 0: as wide as needed */
	bool terminal;     /* the output is one */
	bool colour;
};

/* What out is: a terminal, its width; NO_COLOR and TERM=dumb are heeded. */
struct render_how render_how_of(FILE *out);

void render(const struct store_rows *rows, enum report_format f, const struct render_how *how,
	    FILE *out);

/* One each. */
void render_table(const struct store_rows *rows, const struct render_how *how, FILE *out);
void render_json(const struct store_rows *rows, FILE *out);
void render_jsonl(const struct store_rows *rows, FILE *out);
void render_csv(const struct store_rows *rows, const struct render_how *how, FILE *out);
void render_tsv(const struct store_rows *rows, const struct render_how *how, FILE *out);
void render_markdown(const struct store_rows *rows, const struct render_how *how, FILE *out);

struct buf;
/* Appends a value as people read it: "-" for NULL, yes and no, control characters visible. */
void render_add_value(struct buf *b, const struct store_rows *rows, int row, int column);
/* Appends text for Markdown: marks that it, or HTML in it, would act on are escaped. */
void render_add_markdown(struct buf *b, const char *s, size_t n);
/* Appends a paragraph, wrapped at blanks; width 0: that of a page. */
void render_add_wrapped(struct buf *b, const char *words, int width);

#endif
