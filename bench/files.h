/*
 * files - the bench's corpora in memory: packed as they lie on disk, or unpacked.
 * A bench stops at the first error, with a line that says why.
 */
#ifndef BENCH_FILES_H
#define BENCH_FILES_H

#include "base/buf.h"

#include <stddef.h>

struct file {
	char *path;
	char *bytes;
	size_t size;
};

struct files {
	struct file *v;
	size_t n;
};

_Noreturn void bench_die(const char *what, const char *why);

/* At most max regular files of the folder, sorted by name (0: all). */
struct files files_load(const char *dir, size_t max);
/* Unpacks every file: gzip, or the first entry of a zip. */
void files_unpack(struct files *f);
void files_free(struct files *f);

#endif
