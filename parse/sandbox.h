/*
 * sandbox - what a worker may do once it reads what strangers wrote: next to nothing.
 *
 * sandbox_enter puts the resource limits and the seccomp filter over this process, for good. After
 * it the process has the socketpair and the descriptors handed to it, memory, clocks, its own end.
 * open and the like answer EPERM (libraries try files that are not needed), anything else kills.
 * Builds with sanitizers leave RLIMIT_AS and the filter out: they need much of both.
 *
 * Call it after parser_new(): what libraries load at first use must be there already.
 */
#ifndef PARSE_SANDBOX_H
#define PARSE_SANDBOX_H

#include "base/err.h"

#include <stdint.h>

int sandbox_enter(struct err *e) MUST_CHECK;

/* An item begins: its CPU time counts from now (LIMIT_CPU_SECONDS). Between items none is used. */
void sandbox_item_begin(void);
/* So many bytes came out of the item: LIMIT_CPU_SECONDS_PER_100MB more for each 100 MB. Cheap;
 * call it with every block. */
void sandbox_item_output(uint64_t bytes_out);

#endif
