/*
 * imap_parse - what an IMAP server says (RFC 3501, RFC 9051) to responses. Takes any chunking and
 * hostile text. Bytes of messages are streamed, everything else is held until its response is
 * whole. Knows no socket.
 *
 * Refuses (ERR_TEMP: the connection is given up): a response over IMAP_RESPONSE_MAX without the
 * bodies, parentheses deeper than 32, more than IMAP_TOKENS_MAX tokens, a literal within a response
 * (no body) over IMAP_LITERAL_MAX, NUL or a lone CR where no literal is, what is no response.
 */
#ifndef INGEST_IMAP_PARSE_H
#define INGEST_IMAP_PARSE_H

#include "base/err.h"
#include "base/text.h"

#define IMAP_RESPONSE_MAX (16 << 20) /* a SEARCH that names 1.6 million messages */
#define IMAP_TOKENS_MAX (4 << 20)
#define IMAP_LITERAL_MAX (64 << 10)

enum imap_kind { IMAP_UNTAGGED, IMAP_TAGGED, IMAP_CONTINUE };

enum imap_token_type { IMAP_ATOM, IMAP_STRING, IMAP_NIL, IMAP_OPEN, IMAP_CLOSE,
		       IMAP_BODY /* the value of BODY[..]: was streamed */ };

struct imap_token {
	enum imap_token_type type;
	struct text text; /* ATOM (BODY[..] and FLAGS with their brackets), STRING unquoted */
};

/* Texts are valid during the call. Names are as sent: compare without case (text_is). */
struct imap_response {
	enum imap_kind kind;
	struct text tag;        /* IMAP_TAGGED */
	struct text name;       /* OK, NO, BAD, BYE, PREAUTH, CAPABILITY, SEARCH, FETCH, EXISTS, .. */
	bool has_number;        /* * 12 FETCH, * 23 EXISTS */
	uint32_t number;
	struct text code;       /* OK, NO, BAD, BYE, PREAUTH: in brackets, first word: UIDVALIDITY */
	struct text code_args;  /* and the rest of it */
	struct text words;      /* of those and of '+': what people read */
	const struct imap_token *tokens; /* of all others, behind the name */
	size_t n_tokens;
};

struct imap_events {
	void *ctx;
	int (*response)(void *ctx, const struct imap_response *r, struct err *e);
	/* Bytes of a message (literal, or a quoted string), before the response that they are in. */
	int (*body_begin)(void *ctx, uint64_t size, struct err *e);
	int (*body_data)(void *ctx, const char *p, size_t n, struct err *e);
	int (*body_end)(void *ctx, struct err *e);
};

struct imap_parser;

struct imap_parser *imap_parser_new(const struct imap_events *events);
void imap_parser_free(struct imap_parser *p);
/* -1: *e of a callback, or ERR_TEMP; the parser is of no use then. */
int imap_parser_feed(struct imap_parser *p, const char *bytes, size_t n, struct err *e) MUST_CHECK;
/* True between two responses. */
bool imap_parser_at_rest(const struct imap_parser *p);

#endif
