/*
 * setting - one row of the tables that conf.c and account.c consist of: how a value is written,
 * read and shown. Not for others; base/conf.h is.
 */
#ifndef BASE_SETTING_H
#define BASE_SETTING_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

enum setting_kind {
	SETTING_TEXT,   /* char *; NULL: not set */
	SETTING_NAMES,  /* char *; names with blanks or commas between, kept with blanks */
	SETTING_INT,    /* int, least to most; without a default 0 is not set */
	SETTING_BYTES,  /* int64_t, with a unit behind it */
	SETTING_WORD,   /* int: which of words; negative: not set */
	SETTING_YES,    /* bool */
	/* of account.c only */
	SETTING_SECRET, /* struct secret: KEY, KEY_file, KEY_command, KEY_credential */
	SETTING_FOLDERS,
	SETTING_AFTER,  /* struct after */
};

struct setting {
	const char *section, *key;
	enum setting_kind kind;
	size_t at; /* where in the struct */
	const char *standard;
	int64_t least, most;
	const char *const *words; /* NULL at the end */
	const char *meaning;
};

/* A whole number; suffix: K, M, G or T may stand behind it. */
int setting_number(const char *value, bool suffix, int64_t least, int64_t most, int64_t *ret,
		   struct err *e) MUST_CHECK;
/* A time: "5d", "72h", "30m", "90s", up to most seconds; nothing: 0. */
int setting_seconds(const char *value, int64_t most, int64_t *ret, struct err *e) MUST_CHECK;
/* Appends it in its largest unit; false: it is 0. */
bool setting_add_seconds(int64_t seconds, struct buf *ret);
/* One line of UTF-8 without control characters, or ERR_CONFIG. */
int setting_one_line(const char *value, struct err *e) MUST_CHECK;
/* May a section be called so? Not empty, one line of most bytes, no '/', ';', '"' or ']', no blank at
 * an end. what: "an account". ERR_CONFIG. */
int setting_name_ok(const char *what, const char *name, size_t most, struct err *e) MUST_CHECK;
/* An empty text is none. */
int setting_put(void *to, const struct setting *s, const char *value, struct err *e) MUST_CHECK;
/* Appends the value as setting_put takes it; false: there is none. */
bool setting_get(const void *from, const struct setting *s, struct buf *ret);
void setting_free(void *of, const struct setting *s);

#endif
