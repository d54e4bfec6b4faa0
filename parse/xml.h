/*
 * xml - a source of XML through libxml2's push parser into an aggregate report.
 *
 * Nothing outside the document is ever read: no DTD, no entity, no catalog, no network. Reading is
 * strict; only a document that is not well-formed, or whose source breaks off, is read once more
 * through parse/mend.h, and what had to be mended is told.
 */
#ifndef PARSE_XML_H
#define PARSE_XML_H

#include "parse/authres.h"
#include "parse/repairs.h"
#include "parse/source.h"

struct xml;

enum xml_verdict {
	XML_REPORT,     /* its frames are out */
	XML_NO_REPORT,  /* XML without feedback, or no XML and nothing like feedback in it */
	XML_EMPTY,      /* like XML_NO_REPORT: no whole tag in it */
	XML_BAD,        /* *e says why; a HEAD may be out */
};

/* Once before all else: initialises libxml2. */
void xml_setup(void);
struct xml *xml_new(struct emit *m, struct repairs *r);
void xml_free(struct xml *x);

/*
 * first: the source's first block, which the caller has looked at; the document begins skip
 * bytes into it. spend: count these bytes as the item's output (no unpacker below counts them).
 */
enum xml_verdict xml_read(struct xml *x, struct source *s, const struct block *first, size_t skip,
			  struct budget *spend, uint32_t entry, const struct authres *sender,
			  struct err *e) MUST_CHECK;

/*
 * Behind a document that had to be mended: does the same source hold a further one? 1: then
 * xml_read_more reads it. -1: a limit. xml_done ends it, always: s is not needed any more.
 */
int xml_more(struct xml *x, struct err *e) MUST_CHECK;
enum xml_verdict xml_read_more(struct xml *x, uint32_t entry, const struct authres *sender,
			       struct err *e) MUST_CHECK;
void xml_done(struct xml *x);

#endif
