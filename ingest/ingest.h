/*
 * ingest - the door of ingest/: where bytes come from.
 *
 * Walks files, folders (recursively, sorted), maildirs, mbox files and standard input and gives
 * items one by one, with provenance. Never looks into what strangers wrote further than is needed
 * to split an mbox at its "From " lines. Knows no database and no parser.
 *
 * An mbox is what begins with "From ". A mail of it begins behind a "From " line that stands at
 * the beginning or behind an empty line, and ends before the empty line in front of the next one;
 * neither line belongs to it. ">From " stays as it is: the bytes that are kept are those of the
 * file, and no report has such a line. Content-Length is not believed.
 */
#ifndef INGEST_INGEST_H
#define INGEST_INGEST_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A file that was found, before it is opened. */
struct ingest_file {
	const char *path;  /* real path, "-" for standard input; the walk's, valid until freed */
	int64_t size, mtime_ns;
	uint64_t inode;
};

/* Bytes with provenance. */
struct ingest_item {
	const char *source; /* "file" or "stdin" */
	char *item;         /* owned by the receiver; real path, for standard input the SHA-256 of
	                       all of it in hex; behind it "#n" for a mail of an mbox */
	int64_t size, mtime_ns;
	uint64_t inode;
	char *bytes;        /* up to LIMIT_INLINE: here (owned by the receiver), else NULL */
	int fd;             /* over it: read-only descriptor, file or sealed memfd; else -1 */
	bool last;          /* the last item of its file (always true but for mbox) */
};

struct ingest_walk;

/*
 * All regular files below the n paths, in the order given, folders sorted bytewise; a maildir's
 * tmp/ and hidden files are left out, symbolic links to files are followed, those to folders
 * are not below a path given. "-" stands for standard input. A file that is met twice is one.
 * A path or folder that does not exist or can't be read is an error of the whole call
 * (ERR_CONFIG); what vanishes meanwhile is left out.
 */
int ingest_walk_new(const char *const *paths, size_t n, struct ingest_walk **ret_w,
		    struct err *e) MUST_CHECK;
void ingest_walk_free(struct ingest_walk *w);
size_t ingest_walk_files(const struct ingest_walk *w);
int64_t ingest_walk_bytes(const struct ingest_walk *w);
const struct ingest_file *ingest_walk_file(const struct ingest_walk *w, size_t i);

struct ingest_source;

/* Opens file i for reading its items. A file that vanished or can't be read: ERR_TEMP. */
int ingest_open(const struct ingest_walk *w, size_t i, struct ingest_source **ret_s,
		struct err *e) MUST_CHECK;
/* 1: *ret_item is set; 0: no more; -1: *e. An mbox gives its mails one by one. A mail over
 * LIMIT_MAIL is still given, by descriptor and cut one byte behind the limit: the parser refuses
 * it by name. Standard input over LIMIT_PLAIN_FILE: ERR_LIMIT. */
int ingest_next(struct ingest_source *s, struct ingest_item *ret_item, struct err *e) MUST_CHECK;
/* True when this source is an mbox: its own ledger row tells that it is unchanged. Says so from
 * ingest_open on. */
bool ingest_is_mbox(const struct ingest_source *s);
void ingest_close(struct ingest_source *s);

#endif
