/*
 * archive - a zip or a tar read from its front to its end, file by file, from any source: what the
 * two formats share, and the loop over files.
 *
 * Written here and not left to a library, since what reporters send is cut, damaged, and lies about
 * its sizes: what stands before a fault is had, files behind it are found again, and what could not
 * be found is told of. Names are never looked at, but for the slash at a folder's end.
 *
 * Memory: a struct archive is part of its format's own struct, which lives for one archive.
 */
#ifndef PARSE_ARCHIVE_H
#define PARSE_ARCHIVE_H

#include "parse/item.h"
#include "parse/pull.h"
#include "parse/unpack.h"

struct archive_in;

struct archive_format {
	const char *name; /* "zip" */
	/*
	 * Behind the file that a is at, read to its end or not, to the next one. 1: a is at its
	 * data, or refusal says why it can't be read; 0: no more; -1: *e says why.
	 */
	int (*next)(struct archive_in *a, struct err *e);
	/* Some bytes of the file to archive_room. 1: more will come; 0: its end; -1: a->fault. */
	int (*fill)(struct archive_in *a);
	/* The file is read again: a->in is at its data already. */
	void (*restart)(struct archive_in *a);
};

struct archive_in {
	struct source file; /* what is in the file that it is at */
	const struct archive_format *format;
	struct budget *budget;
	struct spending spent; /* of the file */
	struct repairs *repairs;
	uint32_t names;     /* met so far, folders and the like included */
	uint32_t files;
	uint64_t passed;    /* bytes passed over so far */
	uint64_t data_at;   /* where the data of the file begins */
	bool done;          /* the file was read to its end, or there is none */
	bool lost;          /* between files there were bytes that could not be read */
	struct err refusal; /* why the file can not be read; ERR_NONE: it can */
	struct err fault;   /* of the file, for the next call */
	bool told;          /* and that call was made */
	size_t filled;
	struct pull in;
	uint8_t block[SOURCE_BLOCK];
};

/* All files in it. a: uninitialised, but what the format has beside it; skip: bytes before it. */
void archive_read(struct item *it, struct archive_in *a, const struct archive_format *format,
		  struct source *below, size_t skip);

/* For the formats. Where the next bytes of the file go, and how many may come. */
static inline uint8_t *archive_room(struct archive_in *a, size_t *ret_n)
{
	*ret_n = SOURCE_BLOCK - a->filled;
	return a->block + a->filled;
}

/* Passes over n bytes, fewer at the end. -1: ERR_LIMIT, too many in all. */
int archive_skip(struct archive_in *a, uint64_t n, struct err *e) MUST_CHECK;
/* Goes back to a place of before, to look there once more. 0: not again, it did so too often. */
int archive_return(struct archive_in *a, uint64_t at, struct err *e) MUST_CHECK;
/* One more name. -1: ERR_LIMIT. */
int archive_name(struct archive_in *a, struct err *e) MUST_CHECK;
/* At a file: data at a->in. */
void archive_at_file(struct archive_in *a);
/* The source ended within the file: what to return from fill. */
int archive_cut(struct archive_in *a);
/* It ends between files, or in one that nobody read to its end, and ought not: -1. */
int archive_ended(struct archive_in *a, struct err *e) MUST_CHECK;
/* The file's end is the archive's, and ought not be. */
void archive_cut_behind(struct archive_in *a);

#endif
