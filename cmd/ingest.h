/*
 * ingest - what commands that ingest have in common: how such a run ends.
 */
#ifndef CMD_INGEST_H
#define CMD_INGEST_H

#include "base/err.h"
#include "cmd/counts.h"

/* Prints summary or JSON object, and the error if rc < 0; returns the exit status. */
int ingest_finish(struct counts *c, int rc, const struct err *e, bool json, bool parse_only,
		  bool quiet);

#endif
