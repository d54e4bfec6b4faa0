/*
 * sniff - what bytes are, by the bytes alone: names and media types of reports lie.
 */
#ifndef PARSE_SNIFF_H
#define PARSE_SNIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum kind {
	KIND_EMPTY,
	KIND_XML, /* also text with a report's first tag somewhere in its beginning */
	KIND_GZIP,
	KIND_ZIP,
	KIND_TAR,
	KIND_XZ,
	KIND_BZIP2,
	KIND_ZSTD,
	KIND_MAIL,
	KIND_JSON,
	KIND_OLE,     /* Office or Outlook: sniff_outlook on all of it tells which */
	KIND_REFUSED, /* may hold a report, but ruadb can't read it: words say what it is */
	KIND_OTHER,   /* known to be something else: see words */
	KIND_DEBRIS,  /* what systems lay beside the files of an archive: see words */
	KIND_LOG,     /* a delivery log; never by sniff, see log.h: mails hold none */
	KIND_TEXT,    /* none of these */
};

struct sniffed {
	enum kind kind;
	const char *words; /* "a PNG picture"; of KIND_REFUSED a sentence without its dot */
	size_t skip;       /* bytes before it begins: byte order mark, blanks, a zip's program */
};

/* The first block of something; a few KB do. */
struct sniffed sniff(const uint8_t *p, size_t len);

/* Something like <feedback or <x:feedback is there, or one of the two parts of its head, also in
 * UTF-16 or UTF-32: a report, if perhaps a broken one. */
bool sniff_feedback(const uint8_t *p, size_t len);

/* sniff_mail.c: the header of a mail begins here. */
bool sniff_mail(const uint8_t *p, size_t len);

#define SNIFF_TLS "a TLS report (RFC 8460), no DMARC report"
#define SNIFF_OUTLOOK "an Outlook message (.msg), which ruadb does not read: save it as .eml " \
		      "and hand that over"
#define SNIFF_OUTLOOK_OVERLAP 64 /* bytes of one block to see again with the next */
/* A name that only Outlook's messages have is in these bytes of an OLE file. */
bool sniff_outlook(const uint8_t *p, size_t len);

/* A zip's local file header may begin here. Wants SNIFF_ZIP_HEADER bytes. */
#define SNIFF_ZIP_HEADER 30
bool sniff_zip_header(const uint8_t *p);
/* A tar's header is here: its checksum agrees. Wants 512 bytes. */
bool sniff_tar_header(const uint8_t *p);

#endif
