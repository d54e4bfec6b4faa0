#include "parse/xml.h"
#include "parse/aggregate.h"
#include "parse/mend.h"
#include "parse/sniff.h"
#include "base/mem.h"

#include <libxml/parserInternals.h>
#include <libxml/xmlerror.h>
#include <stdlib.h>
#include <string.h>

#define PIECE 16384     /* what the push parser gets at once: 4 KB to 256 KB make no difference */
#define DETECT 4        /* bytes that tell UTF-16 from the rest */
#define MOST_NAMES 2000 /* in the dictionary that documents share, before it is made anew */

struct xml {
	xmlSAXHandler sax;
	xmlParserCtxtPtr ctxt;
	struct aggregate *aggregate;
	struct emit *emit;
	struct repairs *repairs;
	struct source *mend; /* of the document that is mended; or NULL */
	uint64_t fed;               /* bytes of this pass */
	size_t silence, record_xml; /* bytes since the last tag, and since the last record */
	uint32_t tags, records;
	bool source_failed;
	bool stuck; /* libxml2 waits for the end of what has none */
	int line; /* of the first fatal error; 0: none */
	int code;
	char message[200];
};

static xmlParserInputPtr load_nothing(const char *url, const char *id, xmlParserCtxtPtr ctxt)
{
	(void)url, (void)id, (void)ctxt;
	return NULL;
}

static void say_nothing(void *ctx, const char *fmt, ...)
{
	(void)ctx, (void)fmt;
}

void xml_setup(void)
{
	LIBXML_TEST_VERSION
	setenv("XML_CATALOG_FILES", "", 1);
	xmlInitParser();
	xmlSetExternalEntityLoader(load_nothing);
	xmlSetGenericErrorFunc(NULL, say_nothing);
}

#if LIBXML_VERSION >= 21200
static void on_error(void *ctx, const xmlError *err)
#else
static void on_error(void *ctx, xmlError *err)
#endif
{
	xmlParserCtxtPtr ctxt = err->ctxt;
	struct xml *x = ctxt ? ctxt->_private : NULL;

	(void)ctx;
	if (!x || x->line || err->level != XML_ERR_FATAL)
		return;
	x->line = err->line > 0 ? err->line : 1;
	x->code = err->code;
	size_t n = err->message ? strlen(err->message) : 0;

	if (n >= sizeof(x->message))
		n = sizeof(x->message) - 1;
	memcpy(x->message, err->message ? err->message : "", n);
	while (n && (unsigned char)x->message[n - 1] <= ' ')
		n--;
	x->message[n] = '\0';
}

struct xml *xml_new(struct emit *m, struct repairs *r)
{
	struct xml *x = xcalloc(1, sizeof(*x));

	x->aggregate = aggregate_new(m, r);
	x->emit = m;
	x->repairs = r;
	aggregate_handlers(&x->sax);
	x->sax.serror = on_error;
	return x;
}

static void drop_ctxt(struct xml *x)
{
	if (x->ctxt)
		xmlFreeParserCtxt(x->ctxt);
	x->ctxt = NULL;
	aggregate_forget_names(x->aggregate);
}

void xml_free(struct xml *x)
{
	if (!x)
		return;
	drop_ctxt(x);
	aggregate_free(x->aggregate);
	free(x);
}

static int options(void)
{
	int o = XML_PARSE_NONET;

#if LIBXML_VERSION >= 21300
	o |= XML_PARSE_NO_XXE;
#endif
#if LIBXML_VERSION >= 21400
	o |= XML_PARSE_NO_SYS_CATALOG;
#endif
	return o;
}

/*
 * A context is used again, and with it the dictionary of names: a small report gains by it. It is
 * given the first bytes at once, since one that is used again does not look for UTF-16 later.
 * Returns how many it took.
 */
static size_t open_ctxt(struct xml *x, const struct block *first)
{
	const char *p = (const char *)first->p;
	size_t n = first->len < DETECT ? first->len : DETECT;

	if (x->ctxt && (xmlDictSize(x->ctxt->dict) > MOST_NAMES ||
			xmlCtxtResetPush(x->ctxt, p, (int)n, NULL, NULL) != 0))
		drop_ctxt(x);
	if (!x->ctxt) {
		x->ctxt = xmlCreatePushParserCtxt(&x->sax, x->aggregate, p, (int)n, NULL);
		if (!x->ctxt)
			abort();
	}
	xmlCtxtUseOptions(x->ctxt, options());
	x->ctxt->_private = x;
	x->line = 0;
	x->source_failed = x->stuck = false;
	x->fed = x->silence = x->record_xml = 0;
	aggregate_begin(x->aggregate, x->ctxt);
	return n;
}

/* libxml2's words for the mistakes that reporters make, in ours. */
static const char *plain_words(const struct xml *x)
{
	switch (x->code) {
	case XML_ERR_TAG_NAME_MISMATCH:
		return "an end tag that is not that of the open element";
	case XML_ERR_TAG_NOT_FINISHED:
		return "the document ends in the middle";
	case XML_ERR_DOCUMENT_END:
		return aggregate_inside(x->aggregate) ? "the document ends in the middle"
						      : "something behind the last element";
	case XML_ERR_DOCUMENT_EMPTY:
		return "no element in it";
	case XML_ERR_INVALID_ENCODING:
	case XML_ERR_INVALID_CHAR:
		return "bytes that are not of the encoding it says";
	case XML_ERR_UNSUPPORTED_ENCODING:
	case XML_ERR_UNKNOWN_ENCODING:
		return "an encoding that nobody knows";
	case XML_ERR_UNDECLARED_ENTITY:
		return "an entity that XML does not have";
	case XML_ERR_NAME_REQUIRED:
	case XML_ERR_GT_REQUIRED:
	case XML_ERR_LT_REQUIRED:
	case XML_ERR_SPACE_REQUIRED:
		return "a `<` or `&` that begins nothing";
	default:
		return x->message;
	}
}

/* A packed file may be a gigabyte of blanks, or of elements that are none of ours. */
static int look_at_progress(struct xml *x, size_t fed, struct err *e)
{
	uint32_t tags, records;

	aggregate_progress(x->aggregate, &tags, &records);
	x->silence = tags == x->tags ? x->silence + fed : 0;
	x->record_xml = records == x->records ? x->record_xml + fed : 0;
	x->tags = tags;
	x->records = records;
	if (x->silence > LIMIT_SILENCE)
		return err_set(e, ERR_LIMIT, "more than %d bytes without an element",
			       LIMIT_SILENCE);
	if (x->record_xml > LIMIT_RECORD_XML)
		return err_set(e, ERR_LIMIT, "more than %d bytes of XML without a record",
			       LIMIT_RECORD_XML);
	return 0;
}

/*
 * libxml2 waits for the end of something. Of a start tag that is refused: attributes cost quadratic
 * time. A `&` or a comment it would wait for until all of the document is read.
 */
static int refuse_unfinished(struct xml *x, struct err *e)
{
	const xmlChar *p = x->ctxt->input->cur;

	if (*p == '<' && p[1] != '!' && p[1] != '?')
		return err_set(e, ERR_LIMIT, "a tag of more than %d bytes", LIMIT_TAG);
	if (*p == '<' && p[1] == '!' && p[2] == 'D')
		return err_set(e, ERR_INPUT, "a DOCTYPE, which no report has");
	x->stuck = true;
	return err_set(e, ERR_INPUT, "not well-formed XML, line %d: %s", x->ctxt->input->line,
		       *p == '&' ? "a `<` or `&` that begins nothing"
				 : "a comment or the like without an end");
}

/* 0: the document goes on; -1: it is over, *e says why. */
static int look(struct xml *x, size_t fed, struct err *e)
{
	if (aggregate_refused(x->aggregate, e))
		return -1;
	if (!x->ctxt->wellFormed)
		return err_set(e, ERR_INPUT, "not well-formed XML, line %d: %s",
			       x->line ? x->line : 1, plain_words(x));
	if (x->ctxt->input && x->ctxt->input->end - x->ctxt->input->cur > LIMIT_TAG)
		return refuse_unfinished(x, e);
	return look_at_progress(x, fed, e);
}

static int feed(struct xml *x, const uint8_t *p, size_t n, bool last, struct err *e)
{
	do {
		size_t some = n < PIECE ? n : PIECE;

		x->fed += some;
		xmlParseChunk(x->ctxt, (const char *)p, (int)some, last && some == n);
		if (look(x, some, e) < 0)
			return -1;
		p += some;
		n -= some;
	} while (n);
	return 0;
}

static void tell_of_break(struct xml *x)
{
	struct err why;

	if (x->mend && mend_broke_off(x->mend, &why))
		aggregate_break_off(x->aggregate, why.class == ERR_NONE
							  ? "the document ends in the middle"
							  : why.msg);
}

/* One pass. 0: at the end and well-formed. */
static int pass(struct xml *x, struct source *s, struct block b, size_t skip,
		struct budget *spend, struct err *e)
{
	int r = 1;

	b.p += skip;
	b.len -= skip;
	size_t taken = open_ctxt(x, &b);

	while (r == 1) {
		if (spend && budget_spend(spend, b.len, e) < 0)
			break;
		tell_of_break(x);
		if (feed(x, b.p + taken, b.len - taken, b.last, e) < 0)
			return -1;
		taken = 0;
		if (b.last)
			return 0;
		r = source_next(s, &b, e);
	}
	if (r == 0)
		return feed(x, NULL, 0, true, e);
	x->source_failed = true;
	return -1;
}

/* The head is out; the records are not yet. */
static int second_pass(struct xml *x, struct source *s, size_t skip, struct err *e)
{
	struct block b;

	if (source_rewind(s, e) < 0)
		return -1;
	int r = source_next(s, &b, e);

	/* a damaged zip may be another one when its entries are skipped, not read */
	if (r == 0 || (r > 0 && b.len < skip))
		return err_set(e, ERR_INPUT, "damaged: it reads otherwise the second time");
	if (r < 0)
		return -1;
	/* the second reading is ours, not the sender's: its bytes are not counted */
	return pass(x, s, b, skip, NULL, e);
}

/* 1: the report is out; 0: there is no feedback in it; -1: *e says why. */
static int read_document(struct xml *x, struct source *s, const struct block *first, size_t skip,
			 struct budget *spend, struct err *e)
{
	int r = pass(x, s, *first, skip, spend, e);

	if (r < 0)
		return -1;
	if (!aggregate_met(x->aggregate))
		return 0;
	r = aggregate_end(x->aggregate, e);
	if (r == 0) {
		r = second_pass(x, s, skip, e);
		if (r == 0)
			r = aggregate_end(x->aggregate, e);
	}
	return r;
}

/* The next document of what is mended. */
static enum xml_verdict read_mended(struct xml *x, uint32_t entry, const struct authres *sender,
				    struct err *e)
{
	struct block first;
	int r;

	aggregate_document(x->aggregate, entry, sender);
	r = source_next(x->mend, &first, e);
	if (r > 0)
		r = read_document(x, x->mend, &first, 0, NULL, e);
	if (r != 1)
		drop_ctxt(x);
	return r > 0 ? XML_REPORT : r == 0 ? XML_NO_REPORT : XML_BAD;
}

/* Strict reading failed for a reason that mending may help against. */
static bool is_worth_mending(const struct xml *x, bool like, const struct err *e)
{
	const struct aggregate *a = x->aggregate;

	if (aggregate_refused(a, NULL))
		return aggregate_many(a);
	return e->class == ERR_INPUT && (like || aggregate_met(a)) &&
	       (x->source_failed || x->stuck || !x->ctxt->wellFormed);
}

/* Mending did not help: *e gets what strict reading said as well. */
static void tell_both(const struct err *strict, struct err *e)
{
	struct err mended = *e;

	(void)err_set(e, mended.class, "%.250s; and what can be mended of it is no report: %.200s",
		      strict->msg, mended.msg);
}

static enum xml_verdict mend(struct xml *x, struct source *s, size_t mark, uint32_t entry,
			     const struct authres *sender, struct err *e)
{
	struct err strict = *e;

	if (x->fed > LIMIT_MENDED) {
		mend_too_large(e);
		return XML_BAD;
	}
	if (aggregate_head_sent(x->aggregate))
		emit_again(x->emit);
	repairs_restore(x->repairs, mark);
	if (source_rewind(s, e) < 0)
		return XML_BAD;
	x->mend = mend_open(s, x->repairs);
	enum xml_verdict v = read_mended(x, entry, sender, e);

	if (v == XML_NO_REPORT)
		*e = strict;
	if (v == XML_BAD && e->class == ERR_INPUT && strcmp(e->msg, strict.msg) != 0)
		tell_both(&strict, e);
	return v;
}

enum xml_verdict xml_read(struct xml *x, struct source *s, const struct block *first, size_t skip,
			  struct budget *spend, uint32_t entry, const struct authres *sender,
			  struct err *e)
{
	bool like = sniff_feedback(first->p, first->len);
	size_t mark = repairs_mark(x->repairs);
	uint32_t tags_before, tags, records;

	aggregate_progress(x->aggregate, &tags_before, &records);
	aggregate_document(x->aggregate, entry, sender);
	int r = read_document(x, s, first, skip, spend, e);

	if (r > 0)
		return XML_REPORT;
	/* libxml2 takes NULs for UTF-32, and stops there without a word */
	if (r == 0 && like && memchr(first->p, '\0', first->len)) {
		err_set(e, ERR_INPUT, "NULs between its characters");
		return mend(x, s, mark, entry, sender, e);
	}
	if (r == 0)
		return XML_NO_REPORT;
	if (is_worth_mending(x, like, e)) {
		enum xml_verdict v = mend(x, s, mark, entry, sender, e);

		return v == XML_NO_REPORT ? XML_BAD : v;
	}
	drop_ctxt(x);
	/* a source that broke is told of, whatever it was going to give */
	if (like || x->source_failed || aggregate_met(x->aggregate))
		return XML_BAD;
	aggregate_progress(x->aggregate, &tags, &records);
	return tags == tags_before ? XML_EMPTY : XML_NO_REPORT;
}

int xml_more(struct xml *x, struct err *e)
{
	int r = x->mend ? mend_more(x->mend, e) : 0;

	if (r > 0)
		mend_next(x->mend);
	return r;
}

enum xml_verdict xml_read_more(struct xml *x, uint32_t entry, const struct authres *sender,
			       struct err *e)
{
	return read_mended(x, entry, sender, e);
}

void xml_done(struct xml *x)
{
	source_close(x->mend);
	x->mend = NULL;
}
