/*
 * mime - a mail, and the bytes of its leaf parts, one after the other (GMime 3).
 *
 * Multiparts are gone through in order; a mail that is no multipart is one part, and so is a mail
 * that is attached, which the caller reads in its turn. What stands before the first and behind the
 * last boundary of a multipart is a part too if there is enough of it. Content-Type and file names
 * are hints of strangers: what a part is, its bytes say; but where the bytes are of no use
 * (encrypted, signed, of Outlook's own forms) its type tells why. Memory is flat for a mail that
 * comes by descriptor: parts are decoded while they are read; only a mail whose header or lines
 * have to be mended is copied first.
 *
 * A limit that is met ends the parts, not the mail: those before it are given, then mail_next says
 * what was met: more than LIMIT_MIME_PARTS parts, nested deeper than LIMIT_MIME_DEPTH, a header
 * over LIMIT_MAIL_HEADER, more than LIMIT_MAIL_BOUNDARIES lines that may begin a part. A mail over
 * LIMIT_MAIL is refused at once.
 *
 * What is mended goes to the struct repairs as repairs_outer: of the mail in mail_open, of a part
 * in mail_next and while its content is read. The caller marks and restores around both.
 */
#ifndef PARSE_MIME_H
#define PARSE_MIME_H

#include "parse/transfer.h"

struct mail;

/* What a part is by its type, where its bytes can't help. */
enum mail_form {
	FORM_BYTES,     /* to be read */
	FORM_MAIL,      /* likewise, and it is a mail whatever it looks like */
	FORM_SIGNATURE, /* of a signed mail: nothing to read */
	FORM_FAILURE,   /* of a failure report (ARF): fields, no aggregate report */
	FORM_DELIVERY,  /* of a delivery status notification, likewise */
	FORM_TLS,       /* a TLS report, it says: its bytes tell */
	/* from here on: what can't be read */
	FORM_UNREAD,
	FORM_SMIME_ENCRYPTED = FORM_UNREAD,
	FORM_SMIME_SIGNED,
	FORM_PGP,
	FORM_TNEF,
	FORM_OUTLOOK,
	FORM_PARTIAL,
};

struct mail_part {
	struct source *content; /* decoded; the caller closes it before mail_next; NULL: no bytes */
	enum mail_form form;
	bool body_text; /* text/plain or text/html that is not called an attachment */
	bool beside;    /* text beside the parts of a multipart, or in place of them */
	bool html;      /* its type is text/html */
	char where[MOST_PART_NAME]; /* "part 2" */
};

/* Once before all else, and before the sandbox: GMime and GLib set themselves up. */
void mime_setup(void);

/* data, or if it is NULL the descriptor fd (not closed), must stay until mail_close. */
int mail_open(const void *data, size_t size, int fd, struct repairs *r, struct mail **ret_m,
	      struct err *e) MUST_CHECK;
/* 1: *ret is the next leaf part; 0: no more; -1: no more, and *e says which limit was met. */
int mail_next(struct mail *m, struct mail_part *ret, struct err *e) MUST_CHECK;
void mail_close(struct mail *m);

/* The part that mail_next gave last calls itself gzip, zip or XML, by type or name, and no TLS
 * report. */
bool mail_called_report(const struct mail *m);
/* The mail ends without its last boundary; with it. A mail of no parts is neither. */
bool mail_is_cut(const struct mail *m);
bool mail_is_whole(const struct mail *m);
/* The whole mail as it came (or was mended): for the last resort. The caller closes it. */
struct source *mail_raw(const struct mail *m);
/* What a mail is that has no report in it. error_report: a text of it says that it is one. */
const char *mail_words(struct mail *m, bool error_report);
/* Its subject is that of a report. */
bool mail_subject_of_report(struct mail *m);

/* ---- before GMime: mime_scan.c, mime_mend.c ---- */

/* What the lines of a mail say of it. */
struct mail_lines {
	size_t begin;      /* its header begins here: behind blank lines and a "From " line */
	size_t mime;       /* the first field of MIME in its header; begin where there is none */
	size_t end;        /* so far no limit is met: the size of it, or less */
	struct err limit;  /* what was met there; ERR_NONE */
	bool fields;       /* `ContentType:` and the like in a header */
	bool unfolded;     /* a field's next line is not indented */
	bool strange;      /* NUL or carriage return inside a header */
	bool cr_only;      /* lines end in CR alone */
	bool dots;         /* SMTP's dots in front of lines were left in */
};

/* Looks at the starts of lines only. -1: the descriptor can't be read. */
int mail_scan(const void *data, size_t size, int fd, struct mail_lines *ret,
	      struct err *e) MUST_CHECK;
/* The field's name as MIME has it, for ContentType and the like at p; NULL if it is none of them.
 * *ret_len: of the name at p. */
const char *mail_field_meant(const char *p, size_t len, size_t *ret_len);
static inline bool mail_wants_mending(const struct mail_lines *l)
{
	return l->fields || l->unfolded || l->strange || l->cr_only || l->dots;
}

/* The bytes [begin, end) in a copy that GMime understands; what was changed is told. */
int mail_mend(const void *data, int fd, const struct mail_lines *l, struct repairs *r,
	      struct buf *ret, struct err *e) MUST_CHECK;

#endif
