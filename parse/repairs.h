/*
 * repairs - what was mended while a report was read: gathered, equal ones merged, sent before END.
 *
 * Two kinds. What belongs to the report (repairs_add) is forgotten when another one begins. What
 * belongs to a container (repairs_outer: a mail, a gzip) goes with every report that is read before
 * repairs_restore, also when it is found behind the report, like a checksum: it only has to be
 * added before the report's end.
 *
 * Kept are at most MOST_REPAIRS different ones with their texts (cut to MOST_REPAIR_TEXT bytes,
 * made visible where they are no UTF-8); of what is more, the kind and how often. No memory grows.
 */
#ifndef PARSE_REPAIRS_H
#define PARSE_REPAIRS_H

#include "parse/emit.h"

#define MOST_REPAIRS 100
#define MOST_REPAIR_TEXT 200

/*
 * X(kind, word): the word is what SQL shows, stable for ever. The meaning of each, for people,
 * stands in sql/views/25_repair.sql; a test compares the two.
 */
#define REPAIR_KINDS(X) \
	/* containers; where: gzip, zip, tar, xz, zstd, bzip2 */ \
	X(ARCHIVE_CUT, "archive_cut") \
	X(ARCHIVE_DAMAGED, "archive_damaged") \
	X(ARCHIVE_CHECKSUM, "archive_checksum") \
	X(ARCHIVE_LENGTH, "archive_length") \
	X(ARCHIVE_TRAILING_BYTES, "archive_trailing_bytes") \
	/* mails; where: the field or part */ \
	X(MAIL_FIELD_NAME, "mail_field_name") \
	X(MAIL_ENCODING, "mail_encoding") \
	X(MAIL_BASE64, "mail_base64") \
	X(MAIL_STRUCTURE, "mail_structure") \
	X(MAIL_CUT, "mail_cut") \
	/* characters */ \
	X(ENCODING_UNKNOWN, "encoding_unknown") \
	X(ENCODING_WRONG, "encoding_wrong") \
	X(INVALID_BYTES, "invalid_bytes") \
	X(CONTROL_CHARACTER, "control_character") \
	/* markup */ \
	X(TEXT_BEFORE, "text_before") \
	X(TEXT_BEHIND, "text_behind") \
	X(XML_DECLARATION, "xml_declaration") \
	X(BARE_MARKUP, "bare_markup") \
	X(ENTITY, "entity") \
	X(START_TAG, "start_tag") \
	X(END_TAG, "end_tag") \
	X(WRAPPER, "wrapper") \
	X(COMMENT, "comment") \
	X(DOCUMENT_CUT, "document_cut") \
	/* \
	 * Elements and values; where: the path below feedback or record. Only what neither the \
	 * RFCs nor the drafts have: what one of them leaves out, empties or adds is none. \
	 */ \
	X(ELEMENT_NAME, "element_name") /* another name than the schema's: from, to */ \
	X(ELEMENT_MISSING, "element_missing") /* one that every schema wants is not there */ \
	X(ELEMENT_EMPTY, "element_empty") /* a word, number or name must be in it */ \
	X(ELEMENT_REPEATED, "element_repeated") /* from: another value; to: the first, taken */ \
	X(ELEMENT_MISPLACED, "element_misplaced") /* taken, if to is there; else kept in extra */ \
	X(STRAY_TEXT, "stray_text") /* text where only elements may be; from: what */ \
	X(WORD_FORM, "word_form") /* capitals, or blanks around a word */ \
	X(WORD_SYNONYM, "word_synonym") /* a word for one that the RFC has: hardfail */ \
	X(WORD_UNKNOWN, "word_unknown") /* no RFC has this word there; kept as sent */ \
	X(TIME_FORM, "time_form") /* no whole seconds since 1970; to: as taken */ \
	X(TIME_MISSING, "time_missing") /* begin or end missing, or no time at all */ \
	X(RANGE_SWAPPED, "range_swapped") /* begin lies after end */ \
	X(ORG_NAME_EMPTY, "org_name_empty") /* to: the domain of email, taken for it */ \
	X(ADDRESS_FORM, "address_form") /* source_ip with brackets, port, zone or /32 */ \
	X(NUMBER_FORM, "number_form") /* a whole number written otherwise: 5.0, 100% */

#define REPAIR_KIND(kind, word) REPAIR_##kind,
enum repair_kind { REPAIR_KINDS(REPAIR_KIND) REPAIR_KIND_COUNT };
#undef REPAIR_KIND

struct repairs;

struct repairs *repairs_new(void);
void repairs_free(struct repairs *r);

/* A report begins, or is read again: forgets what repairs_add brought. */
void repairs_begin(struct repairs *r);
/* where: an element's path or NULL; record_no and line: 0 where there is none. */
void repairs_add(struct repairs *r, enum repair_kind kind, const char *where, struct text from,
		 struct text to, uint32_t record_no, uint32_t line);
/* The same so many times; line: of the first of them. */
void repairs_add_times(struct repairs *r, enum repair_kind kind, const char *where,
		       struct text from, struct text to, uint32_t record_no, uint32_t line,
		       uint32_t times);

/* Of a container. The same again changes nothing: a source that is read twice may say it twice. */
void repairs_outer(struct repairs *r, enum repair_kind kind, const char *where, struct text from,
		   struct text to);
/* Around a container: mark when it is entered, restore when it is left. */
size_t repairs_mark(const struct repairs *r);
void repairs_restore(struct repairs *r, size_t mark);

/* All that holds for the report that ends now. */
void repairs_send(const struct repairs *r, struct emit *m);

#endif
