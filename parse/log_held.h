/*
 * log_held - lines that wait for what follows them.
 *
 * Exim logs a host that failed once by itself and, if it was the last one of the queue run, again
 * with the address; Sendmail logs a line for each MX host of a run, of which the last one is the
 * run's attempt (definitions C1). So a line is held until it is decided, or pushed out by another,
 * or the part ends: then it is told as if nothing had followed. What a chunk cuts apart is told so
 * too, and then one host of a run is counted once too often; that is rare, and no figure of D uses it.
 *
 * Holds copies. A place each for some hundred keys.
 */
#ifndef PARSE_LOG_HELD_H
#define PARSE_LOG_HELD_H

#include "parse/log.h"

#define LOG_HELD_LINES 256

/* followed: a line of the same key and run came behind it. */
typedef void log_held_fn(struct log *l, const struct mail_line *line, uint64_t key, bool followed);

/* Holds line. What is in its place is told: one of the same key and run as followed. */
void log_hold(struct log *l, uint64_t key, uint64_t run, const struct mail_line *line,
	      log_held_fn *tell);
/* When the held line of that key was; false: none is. */
bool log_held_at(struct log *l, uint64_t key, int64_t *ret_us);
/* It is told by another line, and forgotten. */
void log_held_drop(struct log *l, uint64_t key);
/* A line of that key and run that is not held itself: what is held of the key is told. */
void log_held_follow(struct log *l, uint64_t key, uint64_t run);

/* Of a group of lines, one has come that ends what they were held for. */
void log_held_pass(struct log *l, uint64_t group);
/* Has such a one come since the held line of that key? */
bool log_held_passed(struct log *l, uint64_t key, uint64_t group);

/* FNV-1a, for keys: start with LOG_KEY_START. */
#define LOG_KEY_START 0xcbf29ce484222325U
uint64_t log_key_add(uint64_t key, struct text t);

#endif
