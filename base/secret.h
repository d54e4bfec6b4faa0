/*
 * secret - reads a secret from where the configuration says it is. Never in argv, never in a log.
 *
 * A file has to be a regular one that others can neither read nor write (mode & 0006 == 0), else
 * ERR_CONFIG says which chmod helps; the same for a file of $CREDENTIALS_DIRECTORY. A command runs
 * by `sh -c` with /dev/null as standard input and our environment, at most SECRET_SECONDS; its
 * first line is the secret, and what it says on standard error goes into the error. An empty
 * secret is an error.
 */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include "base/account.h"

#define SECRET_SECONDS 30
#define SECRET_MAX 65536

/* Is any place set? */
bool secret_is_set(const struct secret *s);
/* what: "password of account 'x'", for errors. *ret_secret is the caller's: secret_wipe. A command
 * that fails is ERR_TEMP (it may talk to a network), one that is not there and the rest are
 * ERR_CONFIG. */
int secret_read(const struct secret *s, const char *what, char **ret_secret,
		struct err *e) MUST_CHECK;
/* All of a private file, lines and all: a key. */
int secret_read_file(const char *path, const char *what, char **ret_text,
		     struct err *e) MUST_CHECK;
/* Puts another secret in place of a file's, whole or not at all; its mode and owner stay. ERR_CONFIG:
 * it lies in no file, or the folder can't be written. */
int secret_replace(const struct secret *s, const char *secret, struct err *e) MUST_CHECK;
/* Overwrites and frees; NULL is fine. */
void secret_wipe(char *secret);
/* The same rules for a file that something else reads. */
int secret_file_private(const char *path, struct err *e) MUST_CHECK;

/* ---- secret_command.c ---- */

/* The first line that `sh -c command` prints within so many seconds: at most room - 1 bytes into to,
 * and NUL. After them it is ended, with all that it has started. */
int secret_command(const char *command, const char *what, int seconds, char *to, size_t room,
		   struct err *e) MUST_CHECK;

#endif
