/*
 * mime - a mail, and the bytes of its leaf parts, one after the other (GMime 3).
 *
 * Multiparts and attached mails (message/rfc822) are gone through in order; a mail that is no
 * multipart is one part. Content-Type and file names are hints of strangers: what a part is, its
 * bytes say; only whether it is a text to be read is told, since such a part is no attachment.
 * Memory is flat for a mail that comes by descriptor: parts are decoded while they are read.
 *
 * Refuses (ERR_LIMIT): a mail over LIMIT_MAIL, more than LIMIT_MIME_PARTS parts, nested deeper
 * than LIMIT_MIME_DEPTH.
 */
#ifndef PARSE_MIME_H
#define PARSE_MIME_H

#include "parse/source.h"

struct mail;

struct mail_part {
	struct source *content; /* decoded; the caller closes it before mail_close */
	bool called_archive;    /* its media type says gzip or zip */
	bool body_text;         /* text/plain or text/html that is not called an attachment */
};

/* Once before all else, and before the sandbox: GMime and GLib set themselves up. */
void mime_setup(void);

/*
 * mime_scan.c: ERR_LIMIT for a header over LIMIT_MAIL_HEADER or more than LIMIT_MAIL_BOUNDARIES
 * lines that may begin a part, before GMime makes objects of them. mail_open asks it.
 */
int mail_scan(const void *data, size_t size, int fd, struct err *e) MUST_CHECK;
/* data, or if it is NULL the descriptor fd (not closed), must stay until mail_close. */
int mail_open(const void *data, size_t size, int fd, struct mail **ret_m,
	      struct err *e) MUST_CHECK;
/* 1: *ret is the next leaf part; 0: no more; -1: a limit. */
int mail_next(struct mail *m, struct mail_part *ret, struct err *e) MUST_CHECK;
void mail_close(struct mail *m);

#endif
