/*
 * err - an error with a class and a sentence for people.
 *
 * The class decides what happens, not the place that met the error (design, decision 8):
 * INPUT, LIMIT: quarantine, go on.  TEMP: leave, back off, try again.  CONFIG: stop with 78.
 * BUG: quarantine, log, go on.
 * An error lives on the caller's stack and never allocates. The message is UTF-8 and holds no
 * control characters: what strangers wrote is made visible when it is put in.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdarg.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))

enum err_class { ERR_NONE, ERR_INPUT, ERR_LIMIT, ERR_TEMP, ERR_CONFIG, ERR_BUG };

struct err {
	enum err_class class;
	char msg[512];
};

/* Sets class and message; returns -1, so that `return err_set(...)` reads well. e may be NULL. */
int err_set(struct err *e, enum err_class class, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Puts "PREFIX: " before the message, keeps the class; returns -1. */
int err_wrap(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* "input", "limit", "temp", "config", "bug"; as stored in the ledger. */
const char *err_class_name(enum err_class class);

/* The class of a stored name; ERR_BUG for an unknown one. */
enum err_class err_class_of(const char *name);

#endif
