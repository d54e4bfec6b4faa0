/*
 * odd_pack - packed bytes in memory: gzip, zip, and mails around them, as reporters make them.
 * All functions append to `to`. libarchive's failures stop the program.
 */
#ifndef BENCH_ODD_PACK_H
#define BENCH_ODD_PACK_H

#include "base/buf.h"

#include <stdint.h>

void pack_gzip(const void *p, size_t len, struct buf *to);

struct pack_file {
	const char *name;
	const struct buf *bytes;
};

void pack_zip(const struct pack_file *files, unsigned n, struct buf *to);

/* What can be had of a gzip that is cut off. */
void pack_salvage(const struct buf *gzip, struct buf *to);

/* A mail that brings one report. What is NULL is as most reporters have it. */
struct pack_mail {
	const char *subject;
	const char *type;         /* of the part with the report, with its name: a whole field */
	const char *disposition;  /* its field; "": none */
	const char *html;         /* a part in front of it */
	const char *text;         /* the first part */
	const struct buf *report; /* packed */
	uint32_t no;
	enum pack_shape {
		PACK_MIXED,   /* multipart/mixed */
		PACK_BODY,    /* no multipart: the report is the body */
		PACK_RFC822,  /* the mail is attached to another one */
	} shape;
	enum pack_base64 {
		PACK_CLEAN,
		PACK_PLAIN,   /* not base64: 7bit */
		PACK_BLANKS,  /* lines that begin with blanks, and empty ones */
		PACK_STRAY,   /* characters that base64 does not have */
		PACK_ONE_LINE /* one line of all */
	} base64;
};

void pack_mail(const struct pack_mail *m, struct buf *to);

#endif
