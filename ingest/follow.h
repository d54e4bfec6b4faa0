/*
 * follow - inside of following logs; for ingest/ only. A tail is a file that is open: the one that
 * has its path now, or an earlier one that is read to its end.
 */
#ifndef INGEST_FOLLOW_H
#define INGEST_FOLLOW_H

#include "ingest/log.h"

#include <sys/stat.h>

struct tail {
	char *path;
	int fd;               /* -1: it is not there */
	bool retired;         /* another file has its path now, or none was ever looked for under it */
	bool begun;           /* log and reader are valid */
	bool believed;        /* a person says that it is a log */
	bool more;            /* the last look gave something */
	bool complained;
	struct ingest_log log;
	struct log_reader reader;
	int64_t start;        /* nothing before it is read, whatever is stored */
	int64_t looked;       /* monotonic ns */
	int64_t grew;         /* when it last gave something */
	struct stat seen;     /* when it was looked at */
	struct tail *next;
};

struct follow {
	const char *columns;
	const struct follow_owner *owner;
	struct tail *tails;   /* retired ones in front of the one that has their path */
	int inotify;          /* -1: there is none */
	int64_t woken;        /* when inotify last said something */
	const struct tail *last; /* that gave something: the others come first */
	bool due;
	bool beside_done;
};

struct tail *tail_new(const char *path, int fd, bool retired);
void tail_free(struct tail *t);
/* It begins with a whole line at least: then it is begun, if it is a log or believed to be one. */
int tail_begin(struct follow *f, struct tail *t, struct err *e) MUST_CHECK;

/* ---- ingest/follow_beside.c: what lies beside a path, rotated ---- */

/* Files that were rotated while nobody followed: they are read from where they were read to. */
int beside_unread(struct follow *f, const char *path, struct err *e) MUST_CHECK;
/* The copy of t, which is truncated now: what t had behind reader.at is read from there. */
void beside_copy(struct follow *f, const struct tail *t);
/* Puts a retired one in front of that which has the path. */
void follow_retire(struct follow *f, struct tail *t, const char *before);

#endif
