/*
 * item - what the readers of one item share: its entries, its budget, where frames go.
 *
 * Each reader takes a source and gives each entry in it one outcome: a report (xml.h), a refusal or
 * "no report". Readers call each other by item_read for what is inside. They return nothing: what
 * is wrong is the outcome of an entry, and what is beyond a limit ends the reader that met it.
 *
 * Memory: the source stays the caller's; the struct lives for one item (parse.c).
 */
#ifndef PARSE_ITEM_H
#define PARSE_ITEM_H

#include "parse/log.h"
#include "parse/repairs.h"
#include "parse/source.h"
#include "parse/xml.h"

struct item {
	struct emit *emit;
	struct xml *xml;
	struct repairs *repairs;
	struct log *log;
	const struct log_hint *log_hint; /* or NULL */
	struct budget budget;
	bool numbered;           /* an archive, a mail, several documents: entries are 1.. */
	uint32_t entry;          /* the last one that was numbered */
	uint32_t outcomes;
	uint32_t limits;         /* refusals that are of a limit */
	const struct trust *trust;     /* who is believed of mails; or NULL */
	const struct authres *sender;  /* of the mail that we are in, the outermost; or NULL */
	unsigned packed;         /* compressions that we are in */
	unsigned mails;          /* mails that we are in */
	unsigned archives;       /* zips and tars that we are in */
	unsigned archive_files;  /* files met in archives, and how many of them are no reports: */
	unsigned archive_exempt; /* mails, and what systems leave behind */
	bool exempt;             /* the file that is read is one of those */
	bool full;               /* no number for one more entry: nothing is said any more */
	bool zero_taken;         /* entry 0 has its outcome */
	unsigned mbox_mails;     /* mails met in mboxes */
	bool attached_mail;      /* the mail that is read next is a part of another one */
	bool in_place_of_report; /* this part calls itself a report, whatever it is */
	const struct source *whole; /* the item itself, and its bytes; see parse_item */
	const void *data;
	size_t size;
	int fd;
};

/* Whatever s gives, by what it is. */
void item_read(struct item *it, struct source *s);

/* All files of the zip that s gives; skip: bytes before the first of them. */
void zip_read(struct item *it, struct source *s, size_t skip);
/* All files of the tar that s gives. */
void tar_read(struct item *it, struct source *s);
/* All attachments of the mail that s gives. */
void mail_read(struct item *it, struct source *s);

/* In an archive, no report: a mail, a log, or what systems leave there. */
static inline bool item_exempt(enum kind kind)
{
	return kind == KIND_MAIL || kind == KIND_LOG || kind == KIND_DEBRIS;
}

/* By its first block. Nobody's logs come by mail: what anybody may send is no log of our servers. */
struct sniffed item_sniff(const struct item *it, const struct block *first);

/* -1: ERR_LIMIT, a compression within as many as there may be. */
int item_too_packed(const struct item *it, struct err *e) MUST_CHECK;

/*
 * Outcomes for the next entry. Where the item is full (frames number LIMIT_ARCHIVE_MAILS entries),
 * the first one of too many says so in its place, and those behind it are not heard.
 */
void item_refused(struct item *it, const struct err *why);
void item_not_report(struct item *it, const char *what);

#endif
