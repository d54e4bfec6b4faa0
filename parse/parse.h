/*
 * parse - the door of parse/: bytes of an item to frames.
 *
 * Decides by content what an item is: XML; gzip, zip or tar (read here, forwards, with zlib for
 * deflate); xz, bzip2 or zstd (libarchive's filters); a mail (its parts by GMime, its encodings
 * read here) or an mbox; and these in one another. Blocks go straight into libxml2's push parser
 * with our own SAX2 handlers: memory is flat whatever the report's size. Strict first; what is not
 * well-formed, or breaks off, is read once more through mend.h, and what was mended is told
 * (REPAIR). Aggregate reports of RFC 7489, RFC 9990 and the drafts between are told apart by
 * features and local names, never by the version element. Delivery logs (log.h) are read line by line,
 * packed or not; but none that came by mail.
 *
 * Keeps the limits of base/limits.h. Knows no database, no network, no file name.
 *
 * Memory: one struct parser for the life of a process; nothing it hands out outlives the call.
 */
#ifndef PARSE_PARSE_H
#define PARSE_PARSE_H

#include "base/err.h"
#include "base/frame.h"

struct parser;

/*
 * Where frames go. out is appended to with whole frames; flush is called when it has grown over
 * 64 KB and at ITEM_END; flush empties it. -1 from flush ends the parse.
 */
struct parse_sink {
	void *ctx;
	struct buf out;
	int (*flush)(void *ctx, struct buf *out, struct err *e);
	/* If not NULL: so many bytes have come out of the item; for items over 64 KB, often. */
	void (*progress)(void *ctx, uint64_t bytes_out);
};

/* Initialises libxml2, libarchive, GMime and opens what iconv needs: call before the sandbox. */
struct parser *parser_new(void);
void parser_free(struct parser *p);

/*
 * Whose Authentication-Results are believed in the mails that are read from now on; NULL, and at
 * first: nobody's. It has to stay until another is given.
 */
void parser_trust(struct parser *p, const struct trust *trust);

/* How the items that are read from now on are to be taken as logs; NULL, and at first: by their
 * content, written now. It has to stay until another is given. */
void parser_log(struct parser *p, const struct log_hint *log);

/*
 * Reads the item and writes its frames, ITEM_END the last. An item is data (size bytes) or, if
 * data is NULL, the descriptor fd (read with pread; not closed). What is wrong with the item is a
 * REFUSED frame, not an error: -1 only if the sink failed.
 */
int parse_item(struct parser *p, uint64_t item, const void *data, size_t size, int fd,
	       struct parse_sink *sink, struct err *e) MUST_CHECK;

/* One XML document in memory, unpacked already, as entry `entry`: for the bench and fuzzers. */
int parse_xml(struct parser *p, uint64_t item, uint32_t entry, const void *xml, size_t size,
	      struct parse_sink *sink, struct err *e) MUST_CHECK;

#endif
