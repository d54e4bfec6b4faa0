/*
 * xml - a source of XML through libxml2's push parser into an aggregate report.
 *
 * Nothing outside the document is ever read: no DTD, no entity, no catalog, no network. What is
 * left of a failed document is thrown away: reading is strict.
 */
#ifndef PARSE_XML_H
#define PARSE_XML_H

#include "parse/emit.h"
#include "parse/source.h"

struct xml;

enum xml_verdict {
	XML_REPORT,     /* its frames are out */
	XML_NO_REPORT,  /* XML without feedback, or no XML and nothing like feedback in it */
	XML_BAD,        /* *e says why; a HEAD may be out */
};

/* Once before all else: initialises libxml2. */
void xml_setup(void);
struct xml *xml_new(struct emit *m);
void xml_free(struct xml *x);

/*
 * first: the source's first block, which the caller has looked at; the document begins skip
 * bytes into it. spend: count these bytes as the item's output (no unpacker below counts them).
 */
enum xml_verdict xml_read(struct xml *x, struct source *s, const struct block *first, size_t skip,
			  struct budget *spend, uint32_t entry, bool via_mail,
			  struct err *e) MUST_CHECK;

#endif
