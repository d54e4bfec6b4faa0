/*
 * progress - how far a run is, on standard error: one line on a terminal, redrawn at most ten
 * times a second; elsewhere a line each 30 s. Nothing with --quiet.
 */
#ifndef CMD_PROGRESS_H
#define CMD_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress {
	size_t files, files_done;
	int64_t bytes, bytes_done;
	int64_t reports, records;
};

void progress_begin(bool quiet);
/* Cheap to call often. now: monotonic ns. */
void progress_show(const struct progress *p, int64_t now);
void progress_end(void);

#endif
