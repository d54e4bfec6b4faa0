/*
 * log - lines for operators on standard error, in logfmt: level=warn ev=item item="..." err="...".
 *
 * Only cmd/ logs; the other folders return errors. What strangers wrote is quoted, made visible
 * and cut. Under systemd (JOURNAL_STREAM) each line begins with its priority. Thread-safe: a line
 * is built on its own and written at once.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* Lines of this level and more urgent ones are written; LOG_INFO to begin with. */
void log_set_level(enum log_level level);
bool log_wants(enum log_level level);
/* Called before each line: takes away what stands on the terminal's last line. May be NULL. */
void log_set_clear(void (*clear)(void));

/* One line with a sentence: level=LEVEL msg="...". */
void log_msg(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* One line with fields: log_begin, log_text and log_int as wanted, log_end. No memory is kept. */
struct log_line {
	struct buf *b; /* NULL: this level is not written */
	enum log_level level;
};

struct log_line log_begin(enum log_level level, const char *event);
void log_text(struct log_line *l, const char *key, struct text value);
void log_int(struct log_line *l, const char *key, int64_t value);
void log_end(struct log_line *l);

#endif
