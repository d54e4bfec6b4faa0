/*
 * log - what the files of ingest/ share about delivery logs: the look at a beginning, and reading in
 * pieces that end where a line ends.
 */
#ifndef INGEST_LOG_H
#define INGEST_LOG_H

#include "base/buf.h"
#include "ingest/ingest.h"

/*
 * How the log is to be read that begins with these bytes; FORM_ANY: it is none. columns: of CSV
 * without a header line, or NULL. *ret_header: CSV's header line, without its end; else absent.
 */
enum log_form log_look(const char *p, size_t len, const char *columns, struct text *ret_header);

/* Begins l for a log that begins with these bytes; false: it is none. name: its item, copied.
 * believed: a person says that it is one, of whatever lines. */
bool log_begin_as(struct ingest_log *l, const char *source, const char *name, const char *p,
		  size_t len, const char *columns, bool believed);
void log_forget(struct ingest_log *l);
/* Bytes of CSV's header line at the beginning: they are no rows. */
int64_t log_header_bytes(const struct ingest_log *l);

/* Reading: a file by offsets, or a stream. */
struct log_reader {
	int fd;              /* not owned */
	bool stream;
	int64_t at;          /* of the next byte that is not given yet */
	bool skipping;       /* the rest of a line over LIMIT_LOG_LINE */
	struct buf ahead;    /* of a stream: read and not given */
	bool eof;            /* of a stream */
	int64_t since;       /* when the first byte of it came, monotonic ns */
};

struct log_piece {
	char *bytes;         /* the receiver's */
	size_t len;
	int64_t from, to;    /* to: where to go on once it is committed */
};

/*
 * The next whole lines, up to LIMIT_INLINE. 1; 0: there is no whole line now, or nothing at all;
 * -1: ERR_TEMP. rest: an unfinished line at the end is given, too, and `to` stays before it.
 */
int log_reader_next(struct log_reader *r, bool rest, struct log_piece *ret, struct err *e) MUST_CHECK;
/* The same of a stream, which is waited for a little; 0: its end; 2: nothing came. */
int log_reader_next_of_stream(struct log_reader *r, struct log_piece *ret,
			      struct err *e) MUST_CHECK;
void log_reader_end(struct log_reader *r);

#endif
