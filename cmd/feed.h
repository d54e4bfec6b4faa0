/*
 * feed - from the walk to pieces that have to be parsed.
 *
 * Asks the database in groups of about 1000 what is known: files that did not change are counted
 * and not opened; the others are read and hashed, and bytes that were stored before are finished
 * at once. Works in small steps, so that the workers are served in between. Mails of mailboxes
 * come when they come: the feed waits for them, and asks about as many as there are.
 */
#ifndef CMD_FEED_H
#define CMD_FEED_H

#include "cmd/piece.h"
#include "ingest/ingest.h"

struct feed;
struct mails;

/* s NULL: nothing is asked. again: unchanged files are read, too. */
struct feed *feed_of_walk(const struct ingest_walk *walk, struct store *s, bool again,
			  struct counts *counts);
/* Bytes that are known are parsed again, too: what the settings make of them may be something else
 * (authserv_id). Without it they stay repeats, which is what makes a second reading cheap. */
void feed_reparse(struct feed *f);
/* Quarantined items, with the bytes that were kept. */
struct feed *feed_of_quarantine(struct store *s, const struct store_quarantined *const *items,
				size_t n, struct counts *counts);
/* What is written to logs; follow outlives the feed. */
struct follow;
struct feed *feed_of_follow(struct follow *follow, struct store *s, struct counts *counts);
/* What mailboxes hand in; m outlives the feed. */
struct feed *feed_of_mails(struct mails *m, struct store *s, struct counts *counts);
void feed_free(struct feed *f);

/* True when nothing more will come, and everything was taken. */
bool feed_is_done(const struct feed *f);
/* Is any piece ready, and are they so many, or so large, that the feed has time? */
bool feed_ready(const struct feed *f);
bool feed_is_full(const struct feed *f);
/* Of mails and followed logs: a descriptor that is readable when feed_step has something to do again; else -1. */
int feed_fd(const struct feed *f);
/* True if feed_step has nothing to do until feed_fd is readable. */
bool feed_waits(const struct feed *f);
/* True if no more will come before what was taken is committed: a batch has nothing to wait for. */
bool feed_is_quiet(const struct feed *f);
/* A little work. -1: the run has to end. */
int feed_step(struct feed *f, struct err *e) MUST_CHECK;
/*
 * The next that is ready, or NULL. With finished it needs no worker and goes into a batch as it
 * is.
 */
struct piece *feed_take(struct feed *f);
/* An mbox of which no mail is on its way any more: its own row may be written. Or NULL. */
struct store_item *feed_take_container(struct feed *f);
/* Called for a piece that is in a batch now. */
void feed_piece_done(struct feed *f, const struct piece *p);
/* Called once for each item that was taken, when it leaves the pipeline: committed (durable) or
 * not. */
void feed_settled(struct feed *f, struct store_item *item);

/* For the progress display. */
size_t feed_files_done(const struct feed *f);
int64_t feed_bytes_done(const struct feed *f);

#endif
