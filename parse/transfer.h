/*
 * transfer - content transfer encodings (RFC 2045, 6) as they come: what a part's header says of
 * them is a hint, what its bytes look like decides.
 *
 * Base64 is read through what gateways do to it: blanks, stray characters and lines of text between
 * (a banner) are left out, padding may lack, be doubled or stand in the middle; what had to be left
 * out is told (REPAIR_MAIL_BASE64). Quoted-printable that is damaged is taken as it stands
 * (REPAIR_MAIL_ENCODING). Nothing that was an encoded byte is lost.
 *
 * Time is linear; memory is a block each, whatever the length of lines.
 */
#ifndef PARSE_TRANSFER_H
#define PARSE_TRANSFER_H

#include "parse/repairs.h"
#include "parse/source.h"

#define MOST_PART_NAME 24 /* "part 200 of 200", for people */

enum transfer { TRANSFER_NONE, TRANSFER_BASE64, TRANSFER_QUOTED, TRANSFER_UU };

/*
 * What raw holds, decoded; raw belongs to the source that is returned. as: what the header says.
 * Where the bytes say otherwise (base64 that nobody announced, twice encoded, XML or gzip bare
 * under the name of base64) they are followed and REPAIR_MAIL_ENCODING is told, of the part
 * `where`.
 */
struct source *transfer_open(struct source *raw, enum transfer as, struct repairs *r,
			     const char *where);

/* One decoder over below, which it owns; no look at what it is. */
struct source *source_base64(struct source *below, struct repairs *r, const char *where);
struct source *source_quoted(struct source *below, struct repairs *r, const char *where);
struct source *source_uu(struct source *below);

/* These bytes begin like base64 of gzip, zip or the XML of a report. */
bool is_base64_of_report(const uint8_t *p, size_t len);

#endif
