/*
 * folders - what the sessions of a fetch tell of their folders: in the log, in the database (view
 * mailbox), and summed up for the end of the run. Thread-safe.
 */
#ifndef CMD_FOLDERS_H
#define CMD_FOLDERS_H

#include "ingest/ingest.h"

#include <stdio.h>

struct folders;
struct shared;

/* watch: what comes again and again is told only when it is another than before. */
struct folders *folders_new(bool watch);
void folders_free(struct folders *f);
/* Others may be fetched from now on. */
void folders_forget(struct folders *f);

/* sh NULL: the database hears nothing of it. */
void folders_news(struct folders *f, struct shared *sh, const struct mailbox_place *at,
		  const struct mailbox_news *n);
void folders_acknowledged(struct folders *f, const struct mailbox_place *at,
			  const struct mailbox_ack *acks, size_t n);
/* One that nothing has to be done with; dry_run: what would be done. */
void folders_left(struct folders *f, const struct mailbox_place *at, uint32_t uid, int64_t size,
		  enum fate fate, bool dry_run);

/* 78 if one needs a person, 75 if one could not be fetched now, else 0. */
int folders_status(struct folders *f);
void folders_summary(struct folders *f, FILE *out);
/* The array of accounts, each with its folders. */
void folders_json(struct folders *f, FILE *out);
/* For the status line of a service: how many are well, how many are not, mails so far. */
void folders_count(struct folders *f, size_t *ret_well, size_t *ret_failing, int64_t *ret_mails);

#endif
