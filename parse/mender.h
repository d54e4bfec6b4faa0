/*
 * mender - what the files of mend share; nobody else includes it.
 *
 * The text passes through a window in memory. A decision is made only where the window holds LOOK
 * bytes behind it, or the end: so it depends on the text alone, never on how it came in blocks, and
 * no byte is looked at more often than a small number of times.
 *
 *	mend.c          the window, and the source that all of it is
 *	mend_outside.c  before feedback and behind it
 *	mend_tree.c     elements within feedback: which tag belongs where
 *	mend_scan.c     whether an element is sound: nested as XML wants it up to its own end tag
 *	mend_token.c    what begins at a `<` or `&`
 *	mend_write.c    well-formed text and tags out of others
 */
#ifndef PARSE_MENDER_H
#define PARSE_MENDER_H

#include "base/buf.h"
#include "base/limits.h"
#include "parse/mend.h"
#include "parse/names.h"

#include <limits.h>
#include <stdint.h>

#define LOOK (2 * LIMIT_TAG)
#define WINDOW (2 * LOOK)
#define MOST_NAME 256        /* bytes of an element's name; what is longer is text */
#define MOST_LOOSE 64        /* start tags without an end within a sound element */
#define MOST_UNKNOWN 8       /* unknown elements that are not sound, one within the other */
#define MOST_SNIPPET 60      /* bytes of the text that a repair shows */

/* What begins at a `<`. */
enum token_kind {
	TOKEN_BARE,    /* nothing: text */
	TOKEN_START,
	TOKEN_END,
	TOKEN_COMMENT,
	TOKEN_CDATA,
	TOKEN_PI,
	TOKEN_XML,     /* <?xml */
	TOKEN_DOCTYPE,
	TOKEN_CUT,     /* the text ends in the middle of it */
	TOKEN_LONG,    /* a tag over LIMIT_TAG */
};

struct token {
	enum token_kind kind;
	bool fault; /* it is not as XML wants it */
	bool empty; /* start tags: <name/> */
	bool cut;   /* tags: another `<` comes before its `>` */
	uint32_t len;
	struct text name; /* of tags */
};

/* An attribute as it stands. */
struct attribute {
	struct text name, value;
	bool fault;
};

/* Goes through a tag's attributes. */
struct attributes {
	const char *p, *end;
	enum { TAG_GOES_ON, TAG_ENDS, TAG_ENDS_EMPTY, TAG_CUT, TAG_UNFINISHED } state;
	bool fault, after_quote;
};

/* An element that is open. */
struct level {
	enum node node;
	bool sound;      /* its end tag is known to come */
	bool implied;    /* no start tag stood there */
	bool has_child;
	bool has_row;    /* of a record */
	uint32_t name_at, name_len; /* in names */
	size_t out_at;   /* where its start tag is in out; SIZE_MAX: it has gone */
};

/* How an element is nested. */
enum soundness {
	SOUND,  /* well-formed as it is */
	NESTED, /* its tags are, some text or attribute is not */
	UNSOUND,
};

/* The last scan that failed, in offsets of the whole text. */
struct scanned {
	uint64_t until;                   /* so far it went */
	uint64_t open[LIMIT_XML_DEPTH];   /* start tags that it saw no end of */
	unsigned n_open;
	uint64_t loose[MOST_LOOSE];       /* the same, within elements that are nested well */
	unsigned n_loose;
	char end[MOST_NAME];              /* the end tag that it failed at; "": something else */
	uint32_t end_len;
};

enum stage { BEFORE, AT_START, INSIDE, BEHIND, BROKEN, OVER };

struct mend {
	struct source source, *below; /* below: decode's */
	struct repairs *repairs;
	bool quiet; /* the second time */

	/* the window: what is to be read is from at to in.len */
	struct buf in;
	size_t at;
	uint64_t base;     /* offset of the window in the whole text */
	struct block rest; /* of below's block, not in the window yet */
	bool ended;        /* below has no more */
	struct err failed; /* why: ERR_NONE, or what it said */
	uint64_t line_at, last_tag, skipped;
	uint32_t line;     /* at line_at */

	/* where we are */
	enum stage stage;
	unsigned depth;
	struct level level[LIMIT_XML_DEPTH + 1]; /* 1: feedback; 0 is not used */
	struct buf names;
	uint64_t nested_until; /* tags are taken as they come up to there */
	struct scanned scanned;
	uint32_t records;
	bool has_metadata, has_policy;
	struct err why; /* BROKEN: what ended it */
	bool broke_off;

	/* around feedback */
	unsigned wrappers;
	uint32_t wrapper_at[LIMIT_XML_DEPTH]; /* in wrapper_names */
	struct buf wrapper_names;     /* of those that are open, one behind the other */
	struct buf spaces;            /* xmlns attributes of wrappers, as they are written */
	uint64_t outside_since;
	struct buf junk;
	uint32_t junk_line;
	uint64_t start;               /* offset of this document's feedback */
	unsigned documents;           /* with this one */
	bool more;                    /* another document begins at at */
	struct err limit;             /* of what stands behind */

	struct buf out, path, scratch;
};

static inline const char *here(const struct mend *m)
{
	return m->in.p + m->at;
}

static inline size_t left(const struct mend *m)
{
	return m->in.len - m->at;
}

static inline uint64_t offset(const struct mend *m)
{
	return m->base + m->at;
}

static inline struct level *top(struct mend *m)
{
	return &m->level[m->depth];
}

static inline struct text level_name(const struct mend *m, unsigned d)
{
	return (struct text){m->names.p + m->level[d].name_at, m->level[d].name_len};
}

static inline bool is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* Its children, and theirs, mean nothing: what no schema knows. */
static inline bool is_foreign(enum node node)
{
	return node == NODE_EXTENSION || node == NODE_UNKNOWN;
}

/* mend.c */
/* Tells of a repair at this place, once. */
void tell(struct mend *m, enum repair_kind kind, struct text from, struct text to);
void tell_at(struct mend *m, enum repair_kind kind, struct text from, struct text to,
	     uint32_t line);
uint32_t line_here(struct mend *m);

/* mend_token.c */
enum char_class {
	CHAR_NAME_START = 1,
	CHAR_NAME = 2,
	CHAR_MARKUP = 4, /* text must be looked at there: `<`, `&`, `]`, the end */
	CHAR_WIDE = 8,   /* not ASCII */
};
extern const uint8_t char_class[256];
/* What begins at p, which is a `<`; n bytes are there. */
struct token token_at(const char *p, size_t n);
/* Length of the reference at p (an `&`) that XML knows; 0: none. */
size_t reference_at(const char *p, size_t n);
/* Length of something that looks like a reference and is none that XML allows (&nbsp; &#0;). */
size_t strange_reference_at(const char *p, size_t n);
/* Length of the name at p, with its prefix; 0: none. */
size_t name_at(const char *p, size_t n);
struct text local_name(struct text name);
/* They differ by a letter or two. */
bool are_alike(struct text a, struct text b);
bool declaration_ok(const char *p, size_t n);
struct attributes attributes_of(struct text tag, size_t name_len);
/* The next one; false: there is none, and the state says how the tag ends. */
bool attributes_next(struct attributes *a, struct attribute *ret);

/* mend_scan.c */
/* The element whose start tag is at p, a place in the window. *ret_end: behind it. */
enum soundness scan(struct mend *m, size_t p, size_t *ret_end);
/* The start tag there has no end tag, though the element around it has. */
bool scan_loose(const struct mend *m, uint64_t at);

/* mend_write.c */
/* n bytes of text from here on; *m's place does not change. */
void write_text(struct mend *m, size_t n);
int write_start(struct mend *m, const struct token *t, struct err *e) MUST_CHECK;
/* Attributes `name="value"` of the tag, each once, a blank before each. -1: too many. */
int write_attributes(struct buf *b, struct text tag, size_t name_len);
void write_end(struct mend *m, struct text name);
/* An attribute's value, for between double quotes. */
void add_value(struct buf *b, struct text v);
/* Text that can stand for n bytes at p. */
void add_escaped(struct buf *b, const char *p, size_t n);

/* mend_tree.c */
int inside_step(struct mend *m, struct err *e) MUST_CHECK;
int open_level(struct mend *m, struct text name, enum node node, struct err *e) MUST_CHECK;
void close_level(struct mend *m);
/* End tags for all that is open deeper than depth, told as missing. */
void close_to(struct mend *m, unsigned depth);
/* A child of feedback by its name. */
enum node feedback_child(struct text name);

/* mend_outside.c */
int before_step(struct mend *m, struct err *e) MUST_CHECK;
void behind_step(struct mend *m);
/* AT_START: at the document's first tag, which BEFORE, or BEHIND of the one before, has found. */
int begin_document(struct mend *m, struct err *e) MUST_CHECK;

#endif
