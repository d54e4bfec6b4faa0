/*
 * item - what the readers of one item share: its entries, its budget, where frames go.
 */
#ifndef PARSE_ITEM_H
#define PARSE_ITEM_H

#include "parse/emit.h"
#include "parse/source.h"
#include "parse/xml.h"

struct item {
	struct emit *emit;
	struct xml *xml;
	struct budget budget;
	bool numbered;           /* an archive or a mail: its entries are 1.. */
	uint32_t entry;          /* the last one that was numbered */
	uint32_t outcomes;
	bool via_mail;
	unsigned packed;         /* compressions that we are in */
	unsigned mails;          /* mails that we are in */
	unsigned archive_files;  /* entries met in archives */
};

/* Whatever s gives, by what it is. first: its first block, taken already; NULL: take it. */
void item_read(struct item *it, struct source *s);

/* unpack.c: all entries of the zip that s gives; size: of its bytes, or 0 if not known. */
void unpack_zip(struct item *it, struct source *s);
/* mail.c: all attachments of the mail that s gives. */
void mail_read(struct item *it, struct source *s);
void mail_setup(void);

/* Outcomes for the next entry. */
void item_refused(struct item *it, const struct err *why);
void item_not_report(struct item *it, const char *what);

#endif
