/* mail - what the readers of mails share: mail.c, mbox.c and mail_blocks.c. See item.h. */
#ifndef PARSE_MAIL_H
#define PARSE_MAIL_H

#include "parse/item.h"

/*
 * One mail, of bytes or of a descriptor (data NULL). cut: why what it lies in broke off, then the
 * mail may not be whole; NULL if it did not.
 */
void mail_read_bytes(struct item *it, const void *data, size_t size, int fd, const struct err *cut);

/* mbox.c: the mails of an mbox, one in memory at a time. */
void mbox_read(struct item *it, struct source *s);

/*
 * mail_blocks.c: the last resort where parts hold no report, and for text with something packed in
 * it. Reads each block of base64 that begins at a line's start like gzip, zip or XML, each gzip or
 * zip that does, and each <feedback>, as an entry, flagged REPAIR_MAIL_STRUCTURE. where: of the
 * text. Linear in time; the text is held in memory.
 */
void mail_blocks_read(struct item *it, struct source *s, const char *where);
/* Does a line here begin like base64 of gzip, zip or XML? */
bool mail_has_block(const uint8_t *p, size_t len);

#endif
