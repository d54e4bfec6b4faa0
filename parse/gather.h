/*
 * gather - what the files of aggregate share; nobody else includes it.
 *
 *	aggregate.c  events to fields, passes, the end of a document
 *	open.c       the start of an element: what it is where it stands
 *	keep.c       elements and attributes that no field is for
 *	odd.c        what is told of what is not as the RFCs have it
 *	head.c       the head: checked, sent as HEAD
 *	record.c     a record that is whole: normalised, summed, hashed, sent
 *	content.c    the content hash
 *
 * Memory: texts point into the two areas of struct aggregate and last as long as the head, or the
 * record, that they are of.
 */
#ifndef PARSE_GATHER_H
#define PARSE_GATHER_H

#include "base/hash.h"
#include "parse/aggregate.h"
#include "parse/align.h"
#include "parse/extra.h"
#include "parse/names.h"
#include "parse/repairs.h"
#include "parse/words.h"

#include <endian.h>

#define CONTENT_VERSION 1        /* first byte of what the content hash sums */
#define CONTENT_BLOCK 8192
#define AREA (1 << 20)           /* texts of a head, or of one record */
#define MOST_LANG 64
#define SLACK 16                 /* see put_value */
#define BEHIND '\1'              /* behind each text in an area: no character of XML */

/* A node in a set of them. */
#define BIT(node) (UINT64_C(1) << (node))
_Static_assert(NODES <= 64, "a set of nodes is a word");

/* Texts one after the other, BEHIND between them: one check of UTF-8 does for all. */
struct area {
	size_t len;
	char p[AREA + LIMIT_COMMENT + 1 + SLACK];
};

/* Canonical bytes on their way into the content hash (definitions A1). */
struct content {
	struct hash *hash;
	size_t len;
	/* behind a block the largest row */
	uint8_t p[CONTENT_BLOCK + 10 * (LIMIT_LEAF + 5) + SLACK];
};

struct level {
	const char *name, *uri; /* interned by libxml2 */
	enum node node;
	bool has_children;
	bool elsewhere; /* it, or what it is in, is misplaced: see elsewhere below */
};

/* The set of results under construction: for each its kind and raw values, see put_value. */
struct packed {
	size_t len;
	uint8_t p[AREA + LIMIT_COMMENT + LIMIT_RESULTS * 32 + SLACK];
};

enum aggregate_pass {
	PASS_WHOLE,   /* head, then records */
	PASS_HEAD,    /* became so because records came first */
	PASS_RECORDS, /* the second pass: the head has left */
};

struct aggregate {
	struct emit *emit;
	struct repairs *repairs;
	struct names *names;
	xmlParserCtxtPtr ctxt;

	enum aggregate_pass pass;
	bool refused;
	struct err err;
	bool many;       /* refused for a second feedback */
	bool broken_off; /* what is open now is not whole */
	bool cut_record; /* a record was */
	char lost[400];  /* why */
	uint32_t tags, records_met; /* how far the document is */

	/* where we are */
	unsigned depth;
	struct level level[LIMIT_XML_DEPTH + 1];
	bool met;         /* a feedback */
	const char *uri;  /* its namespace, interned */
	bool metadata, policy; /* both closed: the head is whole */
	bool namespace_9990, namespace_7489, has_extension, has_extensions;

	/* the text that is being read: collect bytes may still come, into */
	struct area *into;
	size_t collect, collected;
	bool stray; /* it is none that belongs here */
	struct text lang;
	char lang_text[MOST_LANG];

	/* what was read; of a leaf that came twice the first */
	struct text value[NODES];
	uint64_t trimmed;   /* of these, blanks around them were cut */
	uint64_t elsewhere; /* these, found where no schema has them, are left out of the content
			       hash, as the unknown is: it is the same as before they were taken */
	struct extra head_extra, record_extra;
	bool head_sent;
	uint32_t entry;
	const struct authres *sender; /* of the mail that it is in; or NULL */

	/* of the record */
	bool in_record;
	uint64_t met_in_record; /* elements with children */
	unsigned reasons, results;
	struct buf reasons_content, humans_content;
	struct buf path, attributes; /* of an element that is kept as it is */

	/* of the report */
	struct report_sums sums;
	uint32_t record_no;
	struct align *align;

	/* large, at the end: their untouched pages cost nothing */
	struct content content;
	struct area head_area, record_area;
	struct packed set;
};

/* Stops the document. Always returns -1. */
int refuse(struct aggregate *a, enum err_class class, const char *fmt, ...) PRINTF_LIKE(3, 4);

/*
 * odd.c: what is told of values and elements that are not as the RFCs have them. Called only where
 * something is odd already: reports that are as they should be pay nothing.
 */
void mended(struct aggregate *a, enum repair_kind kind, const char *where, struct text from,
	    struct text to);
/* The path of the element that is open, from below feedback or record; in a->path. */
const char *here(struct aggregate *a);
/* A required value is missing, or is empty. where: NULL is the leaf's own path. */
void tell_no_value(struct aggregate *a, enum node leaf, const char *where);
/* The element that is open came before. */
void tell_repeated(struct aggregate *a);
void tell_misplaced(struct aggregate *a, enum node node);
/* The text that was read is none that belongs here. */
void tell_stray_text(struct aggregate *a);
/* A value that was written otherwise: from as sent, to as taken. */
void tell_form(struct aggregate *a, enum repair_kind kind, enum node leaf, const char *to);
/*
 * What a leaf's word is in its place, and its oddities told. where: NULL is the leaf's own path.
 * The leaf is not empty.
 */
struct word find_word(struct aggregate *a, enum node leaf, enum vocabulary v, const char *where);

/* aggregate.c: what was collected of this element's text, trimmed. */
struct text take_text(struct aggregate *a);
/* Text of at most so many bytes may come. */
static inline void expect_text(struct aggregate *a, size_t most)
{
	if (a->into->len > AREA)
		refuse(a, ERR_LIMIT, "more than %d bytes of text in %s", AREA,
		       a->into == &a->record_area ? "a record" : "the head");
	a->collect = most;
	a->collected = 0;
}

/* aggregate.c: all that HEAD needs is there, so that it may leave. */
bool head_whole(const struct aggregate *a);

/* open.c: the element at l, with its name, opens below up. */
void element_opens(struct aggregate *a, const struct level *up, struct level *l);

/*
 * keep.c: what no field is for goes into extra as it is: an element's text (of the open level), and
 * attributes, libxml2's five pointers each. Behind the records, where HEAD has left, into REPAIR.
 */
void keep_element(struct aggregate *a, struct text attributes, struct text text);
void keep_attributes(struct aggregate *a, enum node node, int n, const xmlChar **at);
/* The end of an element that is kept, or a child of it begins. */
void keep_text(struct aggregate *a);

/* head.c: checks the head and sends HEAD. */
int head_send(struct aggregate *a);

/* record.c */
void record_open(struct aggregate *a);
void record_reason(struct aggregate *a);
void record_human(struct aggregate *a, struct text t);
void record_result(struct aggregate *a, enum node kind);
int record_close(struct aggregate *a);
int report_end(struct aggregate *a);

/*
 * content.c. A value as the hash sees it: its length in a byte (or 0xfe and a u32), and its bytes;
 * 0xff is an absent one. Most are short, and a call of memcpy costs more than they do: SLACK bytes
 * behind t and behind what is written must be there to be read and overwritten.
 */
static inline uint8_t *put_value(uint8_t *p, struct text t)
{
	if (!t.p) {
		*p = 0xff;
		return p + 1;
	}
	if (t.len <= SLACK) {
		*p = (uint8_t)t.len;
		memcpy(p + 1, t.p, SLACK);
		return p + 1 + t.len;
	}
	if (t.len < 0xfe) {
		*p++ = (uint8_t)t.len;
	} else {
		*p++ = 0xfe;
		memcpy(p, &(uint32_t){htole32(t.len)}, 4);
		p += 4;
	}
	memcpy(p, t.p, t.len);
	return p + t.len;
}

void content_begin(struct content *c);
void content_bytes(struct content *c, const void *p, size_t n);
void content_values(struct content *c, char tag, const struct text *values, unsigned n);
void content_end(struct content *c, uint8_t ret[32]);

#endif
