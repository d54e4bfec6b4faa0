/*
 * refresher - brings rollup and classes of sources up to date behind commits, in a thread, while a
 * program goes on: when nothing was committed for a while, and not too often.
 */
#ifndef CMD_REFRESHER_H
#define CMD_REFRESHER_H

#include <stdint.h>

struct conf;
struct refresher;

/* c outlives it. */
struct refresher *refresher_new(const struct conf *c);
/* Ends a refresh that runs, which the next one goes on with. */
void refresher_free(struct refresher *r);
/* To be called every second or so; committed: how many reports were stored in all so far. */
void refresher_tick(struct refresher *r, int64_t committed);

#endif
