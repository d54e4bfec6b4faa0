/* window - the bytes [begin, end) of a mail as a source: of memory, or of a descriptor. */
#ifndef PARSE_WINDOW_H
#define PARSE_WINDOW_H

#include "parse/source.h"

/* data, or if it is NULL fd (pread; not closed), stays the caller's. */
struct source *source_window(const void *data, int fd, size_t begin, size_t end);

#endif
