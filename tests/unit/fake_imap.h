/*
 * fake_imap - imap.h, login.h and imap_conn_library over folders in memory, for the sessions'
 * test: everything that a server may do happens when the test says so. One server, locked inside.
 */
#ifndef TESTS_FAKE_IMAP_H
#define TESTS_FAKE_IMAP_H

#include "ingest/imap.h"

#include <pthread.h>

#define FAKE_MESSAGES 4096
#define FAKE_FOLDERS 4

struct fake_message {
	uint32_t uid;
	int64_t size, told_size; /* told_size 0: as it is */
	bool gone, poison, withheld, marked, seen, deleted;
	bool kills, kills_sizes; /* its body, its size end the connection */
	bool moved;              /* acknowledged by MOVE */
};

struct fake_folder {
	const char *name;
	uint32_t uidvalidity, next;
	struct fake_message v[FAKE_MESSAGES];
	size_t n;
};

struct fake_server {
	pthread_mutex_t lock;
	struct fake_folder folders[FAKE_FOLDERS];
	size_t n_folders;
	unsigned can;
	bool keywords;
	/* what goes wrong */
	int open_fails;            /* so many times */
	enum err_class open_class;
	const char *dead_host;     /* open of this one waits until it is told to give up */
	int cut_after_bodies;      /* then ERR_TEMP; negative: never */
	bool hold;                 /* bodies do not come, until woken */
	bool refuse_ack;           /* ERR_CONFIG */
	bool cut_ack;              /* ERR_TEMP: done, and the answer is lost */
	int vanish_after_search;   /* the first so many */
	int slow_ms;               /* for each body */
	unsigned storm;            /* one call in so many fails; 0: none */
	/* Was the message committed? Asked at each acknowledgement. */
	bool (*committed)(const char *folder, uint32_t uidvalidity, uint32_t uid);
	/* what happened */
	int opens, open_now, bodies, acks, searches, idles, noops, examined, wrong;
	size_t windows_most;
	int64_t bytes_most;        /* of bodies asked for and not given */
	char last_ack[200];        /* "move Archive 3" */
	int news_fd;               /* eventfd: something new */
};

extern struct fake_server server;

/* Empty, with one folder INBOX. */
void fake_reset(void);
struct fake_folder *fake_folder(const char *name);
/* n messages of size bytes; the first one's UID. */
uint32_t fake_add(const char *folder, size_t n, int64_t size);
struct fake_message *fake_message(const char *folder, uint32_t uid);
/* Tells those that wait for news. */
void fake_tell(void);
/* A number of the server's, read under its lock. */
#define FAKE_GET(field) \
	({ \
		pthread_mutex_lock(&server.lock); \
		__typeof__(server.field) got = server.field; \
		pthread_mutex_unlock(&server.lock); \
		got; \
	})
#define FAKE_SET(field, value) \
	do { \
		pthread_mutex_lock(&server.lock); \
		server.field = (value); \
		pthread_mutex_unlock(&server.lock); \
	} while (0)

#endif
