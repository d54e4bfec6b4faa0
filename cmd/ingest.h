/*
 * ingest - what commands that ingest have in common: how such a run ends.
 */
#ifndef CMD_INGEST_H
#define CMD_INGEST_H

#include "base/conf.h"
#include "base/err.h"
#include "cmd/counts.h"

struct ingest_end {
	const struct conf *refresh; /* NULL: without a refresh */
	bool json, parse_only, quiet;
	bool declared;              /* other domains are ours than before: refresh in any case */
};

/*
 * Prints summary or JSON object, and the error if rc < 0, and refreshes if something was stored;
 * returns the exit status, which does not depend on the refresh.
 */
int ingest_finish(struct counts *c, int rc, const struct err *e, const struct ingest_end *how);

/* After the last COMMIT. What it could not do the next one does: a warning, and no failed run.
 * silent: says nothing on standard output. */
void ingest_refresh(struct counts *c, const struct conf *conf, bool silent);

#endif
