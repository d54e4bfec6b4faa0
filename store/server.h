/*
 * server - the private PostgreSQL below RUADB_HOME/pg: where it lies, making it, starting it.
 * For store/ only. Nothing listens but a Unix socket in a folder that only the owner may enter.
 */
#ifndef STORE_SERVER_H
#define STORE_SERVER_H

#include "base/conf.h"
#include "store/spawn.h"

#include <stdint.h>

#define SERVER_START_SECONDS 60
#define SERVER_ROLE "ruadb"       /* bootstrap superuser and the name of the database */

struct server {
	struct service_account account;
	char *dir;      /* RUADB_HOME/pg (server_folder() says when not) */
	char *data;     /* its data */
	char *log;
	char *socket;   /* folder of the socket: the running server's, else where it will be */
	char *bindir;   /* set where programs are needed */
	long log_from;  /* where in the log this run began */
	pid_t pid;      /* of the running server, else 0 */
	bool ready;     /* it takes connections: neither starting nor stopping */
};

/* True if neither conninfo nor PG* environment names a server: the private one is used. */
bool server_is_private(const struct conf *c);

/* Fills *ret without changing anything: server_free it in any case. */
int server_look(const struct conf *c, struct server *ret, struct err *e) MUST_CHECK;
void server_free(struct server *sv);

/* Running afterwards; makes the data first if there is none. Safe for several at once. */
int server_start(struct server *sv, struct err *e) MUST_CHECK;
/* Stopped afterwards. */
int server_stop(struct server *sv, struct err *e) MUST_CHECK;
/* Connection string of libpq; the caller frees it. */
char *server_conninfo(const struct server *sv);

/* server_pid.c: fills pid and ready, and socket with the running server's. */
void server_read_pid(struct server *sv);
/* Until a server that starts is ready, or one that stops is gone; SERVER_START_SECONDS at most. */
void server_wait(struct server *sv);
/* Not a zombie, not another program that has its id now. */
bool server_is_alive(pid_t pid);
/*
 * Removes the pid file if its process is another program by now or a zombie, and nobody works in
 * the data: PostgreSQL itself would take either for a running server for ever. A pid that does
 * not exist is PostgreSQL's own to judge. Under the lock of server_start.
 */
void server_drop_stale_pid(const struct server *sv);

/* server_init.c: sets sv->bindir; the data's major version if there is data. */
int server_find_programs(struct server *sv, struct err *e) MUST_CHECK;
/* server_init.c: makes the data; under the lock of server_start. */
int server_make_data(struct server *sv, struct err *e) MUST_CHECK;
/* What the log says since log_from: its last line of trouble, else its last line. */
void server_last_words(const struct server *sv, char *ret, size_t size);

#endif
