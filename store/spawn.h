/*
 * spawn - PostgreSQL's own programs as child processes, under the account that owns the data.
 */
#ifndef STORE_SPAWN_H
#define STORE_SPAWN_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <sys/types.h>

/* Who runs the server: ourselves, or, since PostgreSQL refuses root, a service account. */
struct service_account {
	uid_t uid;
	gid_t gid;
	char name[64];
};

/* Ourselves, or as root `ruadb`, else `postgres`; ERR_CONFIG if there is neither. */
int account_find(struct service_account *ret, struct err *e) MUST_CHECK;

/*
 * Runs argv as the account in a session of its own, without any inherited descriptor and with a
 * small environment, so that nothing of ours hangs on a server that lives on. Output is appended
 * to the file log; input comes from the file input (NULL: none). *ret_status: its exit status, or
 * 128 + signal.
 */
int spawn_run(const struct service_account *a, const char *const argv[], const char *input,
	      const char *log, int *ret_status, struct err *e) MUST_CHECK;

/* Runs argv as ourselves and takes its standard output. False if it can't be run or fails. */
bool spawn_capture(const char *const argv[], struct buf *ret_out);

#endif
