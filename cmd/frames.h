/*
 * frames - what a worker says about a piece becomes its store_item's entries.
 *
 * Handlers for the pool: its owner has to begin with a struct frames, its jobs are pieces.
 * Without a stage (parse only) reports are counted and dropped.
 */
#ifndef CMD_FRAMES_H
#define CMD_FRAMES_H

#include "base/frame.h"
#include "cmd/piece.h"

struct frames {
	/* A part of a log ended that is no piece of a file: it is taken. */
	void (*log_part)(struct frames *f, struct piece *p);
	/* Before the first log of a run. */
	int (*logs_begin)(struct frames *f, struct err *e);
	bool logs_begun;
	struct store *ids;         /* where report ids come from */
	struct store_stage *stage; /* NULL: parse only */
	int64_t next_id, ids_left;
};

extern const struct frame_handler frames_handler;

#endif
