/*
 * fuzz_xml - any bytes as a document of XML, read by the parser and, beside it, by this target:
 * strictly, and where that fails through parse/mend.h. What is well-formed must have been stored
 * without a repair of its characters and markup; what is mended must be well-formed; and in both
 * the elements `record` are those that the report says it has, each stored or refused.
 */
#include "parse/mend.h"
#include "parse/sniff.h"
#include "tests/fuzz/watch_item.h"

#include <libxml/parser.h>

/* What strict reading finds. A record that is misplaced may be taken for one, or for none. */
struct found {
	bool in_feedback[LIMIT_XML_DEPTH + 1]; /* what is open at this depth is feedback */
	unsigned depth;
	bool too_deep, doctype;
	unsigned feedbacks;
	uint64_t records, misplaced;
};

/* A prefix that is not declared is part of the name. */
static bool is_called(const char *name, const char *what)
{
	const char *colon = strrchr(name, ':');

	return strcasecmp(colon ? colon + 1 : name, what) == 0;
}

static void on_start(void *ctx, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
		     int n_ns, const xmlChar **ns, int n_attr, int n_default, const xmlChar **attr)
{
	struct found *f = ((xmlParserCtxtPtr)ctx)->_private;
	const char *n = (const char *)name;

	(void)prefix, (void)uri, (void)n_ns, (void)ns, (void)n_attr, (void)n_default, (void)attr;
	if (f->depth == LIMIT_XML_DEPTH)
		f->too_deep = true;
	if (f->too_deep)
		return;
	bool feedback = is_called(n, "feedback");

	if (is_called(n, "record")) {
		f->records += f->in_feedback[f->depth];
		f->misplaced += !f->in_feedback[f->depth];
	}
	f->feedbacks += feedback;
	f->in_feedback[++f->depth] = feedback;
}

static void on_end(void *ctx, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
	struct found *f = ((xmlParserCtxtPtr)ctx)->_private;

	(void)name, (void)prefix, (void)uri;
	if (!f->too_deep)
		f->depth--;
}

static void on_doctype(void *ctx, const xmlChar *name, const xmlChar *external,
		       const xmlChar *system)
{
	xmlParserCtxtPtr ctxt = ctx;

	(void)name, (void)external, (void)system;
	((struct found *)ctxt->_private)->doctype = true;
	xmlStopParser(ctxt);
}

static xmlEntityPtr no_entity(void *ctx, const xmlChar *name)
{
	(void)ctx, (void)name;
	return NULL;
}

/* True: well-formed. Counts are added to *f. */
static bool read_strictly(struct found *f, const char *data, size_t size)
{
	xmlSAXHandler sax = {.initialized = XML_SAX2_MAGIC, .startElementNs = on_start,
			     .endElementNs = on_end, .internalSubset = on_doctype,
			     .getEntity = no_entity};
	size_t first = size < 4 ? size : 4;

	f->depth = 0;
	xmlParserCtxtPtr ctxt = xmlCreatePushParserCtxt(&sax, NULL, data, (int)first, NULL);

	if (!ctxt)
		abort();
	ctxt->_private = f;
	xmlCtxtUseOptions(ctxt, XML_PARSE_NONET);
	xmlParseChunk(ctxt, data + first, (int)(size - first), 1);
	bool good = ctxt->wellFormed && !f->doctype;

	xmlFreeParserCtxt(ctxt);
	return good;
}

static void compare(const struct watch *w, const struct found *f, const char *what)
{
	if (!f->too_deep && (w->records < f->records || w->records > f->records + f->misplaced))
		watch_broken(what, "records are missing, or more than there are");
}

/* One document of what is mended. -1: it refuses to. */
static int read_mended(struct source *mend, struct found *f)
{
	struct buf text = {0};
	struct block b;
	struct err e;
	int r;

	while ((r = source_next(mend, &b, &e)) == 1)
		buf_add(&text, b.p, b.len);
	if (r < 0 && e.class != ERR_LIMIT && !strstr(e.msg, "DOCTYPE"))
		watch_broken("mending fails", e.msg);
	/* nothing: there is no start tag of feedback in it */
	if (r == 0 && text.len && !read_strictly(f, text.p, text.len))
		watch_broken("mended, and not well-formed", buf_cstr(&text));
	buf_free(&text);
	return r;
}

/* All documents. False: not all could be mended. */
static bool read_all_mended(const uint8_t *data, size_t size, struct found *f)
{
	struct repairs *repairs = repairs_new();
	struct source *s = source_bytes(data, size, -1), *mend = mend_open(s, repairs);
	struct err e;
	int r = read_mended(mend, f), more = 0;

	while (r == 0 && (more = mend_more(mend, &e)) > 0) {
		mend_next(mend);
		r = read_mended(mend, f);
	}
	if (more < 0 && e.class != ERR_LIMIT)
		watch_broken("no limit, and no more", e.msg);
	source_close(mend);
	source_close(s);
	repairs_free(repairs);
	return r == 0 && more == 0;
}

/* A reason says what strict reading met, then what mending led to. */
static const char *end_of_reason(const struct watch *w)
{
	const char *behind = strstr(w->reason, "is no report: ");

	return behind ? behind : w->reason;
}

static void check_mended(const struct watch *w, const uint8_t *data, size_t size)
{
	struct found f = {0};
	bool all = read_all_mended(data, size, &f);

	if (f.feedbacks && strstr(end_of_reason(w), "not well-formed"))
		watch_broken("not mended", w->reason);
	if (all && w->refused == 0)
		compare(w, &f, "mended");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct found strict = {0};
	struct watch w;

	watch_xml(&w, data, size);
	if (!size)
		return 0;
	if (!read_strictly(&strict, (const char *)data, size)) {
		if (sniff_feedback(data, size))
			check_mended(&w, data, size);
		return 0;
	}
	if (w.reports == 1 && w.refused == 0 && strict.feedbacks == 1) {
		if (w.repairs_of_reading)
			watch_broken("well-formed, and mended", "");
		compare(&w, &strict, "well-formed");
	}
	return 0;
}
