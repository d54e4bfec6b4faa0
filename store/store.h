/*
 * store - the door of store/: everything that talks to PostgreSQL.
 *
 * Finds or starts the server, migrates, answers what is known already, and commits batches:
 * ledger, originals, quarantine, heads claimed, records copied, all in one transaction (design 4).
 * Knows frames' nouns (base/model.h), no XML, no mail, no files but the private server's.
 *
 * Threads: a struct store is one connection, for one thread at a time; the program opens one for
 * look-ups and one for commits. struct store_report is built by one thread and handed over.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/conf.h"
#include "base/err.h"
#include "base/log_source.h"
#include "base/model.h"
#include "base/model_log.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct store;

/* ---- connect (store/connect.c, store/server.c, store/migrate.c) ---- */

enum store_role { STORE_READ, STORE_INGEST, STORE_OWNER };

/*
 * Connects as conf says (which has to outlive the connection), starts the private server where it
 * has to (RUADB_DB_AUTOSTART=no forbids it), migrates where role allows and the schema is older,
 * refuses a newer one (ERR_CONFIG).
 * Server away: ERR_TEMP. Sets search_path, ruadb.tenant_id, TimeZone UTC, and the role.
 */
int store_open(const struct conf *c, enum store_role role, struct store **ret_s,
	       struct err *e) MUST_CHECK;
void store_close(struct store *s);

/* `ruadb db ...`: each prints to out what a person reads. */
int store_server_status(const struct conf *c, FILE *out, bool *ret_running,
			struct err *e) MUST_CHECK;
int store_server_start(const struct conf *c, FILE *out, struct err *e) MUST_CHECK;
int store_server_stop(const struct conf *c, FILE *out, struct err *e) MUST_CHECK;
/* A connection string without password, search_path=ruadb, for psql and dashboards. */
int store_url(const struct conf *c, FILE *out, struct err *e) MUST_CHECK;
int store_maintain(const struct conf *c, FILE *out, struct err *e) MUST_CHECK;
int store_migrate(const struct conf *c, bool dry_run, FILE *out, struct err *e) MUST_CHECK;
/*
 * Both schemas for another server: by pg_dump's custom format into file, or as SQL to standard
 * output ("-"). Says what to do with it, to out, or to standard error.
 */
int store_dump(const struct conf *c, const char *file, FILE *out, struct err *e) MUST_CHECK;
/* Arguments and environment for psql as reader; replaces this process. Returns only on error. */
int store_exec_psql(const struct conf *c, char **args, struct err *e) MUST_CHECK;

/* ---- what is known (store/lookup.c) ---- */

struct store_seen {
	/* asked */
	const char *source, *item;
	int64_t size, mtime_ns;
	uint64_t inode;
	const uint8_t *sha256; /* NULL in store_lookup_files */
	/* answered */
	bool unchanged;        /* same path, size, mtime and inode, and nothing new to be read */
	bool repeat;           /* other item with these bytes, stored by this parser version */
	bool dropped;          /* or dropped from quarantine: `repeat` is true, too */
	uint32_t reports;      /* of a repeat: how many reports these bytes hold */
};

/*
 * One query for all n: are these files unchanged? One that an older parser than parser_version
 * could not read, or not whole, is not: a better one may.
 */
int store_lookup_files(struct store *s, struct store_seen *seen, size_t n, int parser_version,
		       struct err *e) MUST_CHECK;
/* One query for all n: were these bytes (sha256) stored before by this PARSER_VERSION? */
int store_lookup_bytes(struct store *s, struct store_seen *seen, size_t n, int parser_version,
		       struct err *e) MUST_CHECK;
/* Next block of 1000 report ids; *ret_first is the first of them. */
int store_report_ids(struct store *s, int64_t *ret_first, struct err *e) MUST_CHECK;

/* ---- one report, while its frames come (store/stage.c) ---- */

struct store_report;

/*
 * What the staging of reports shares: tenant, hash context, ids of auth sets known to be stored,
 * spool folder (unlinked files under RUADB_HOME for reports over 256 KB of rows).
 */
struct store_stage;
struct store_stage *store_stage_new(const struct conf *c, int parser_version);
void store_stage_free(struct store_stage *st);

/* arrived_at: of the mail it came in, Unix seconds; TIME_ABSENT: nobody knows. */
struct store_report *store_report_begin(struct store_stage *st, int64_t report_id,
					const struct report_head *h, int64_t arrived_at);
int store_report_set(struct store_report *r, uint16_t slot, const struct auth_result *results,
		     uint32_t n, struct err *e) MUST_CHECK;
int store_report_record(struct store_report *r, uint16_t slot, const struct record *rec,
			struct err *e) MUST_CHECK;
void store_report_refused_row(struct store_report *r, uint32_t record_no, int64_t messages,
			      struct text why);
void store_report_repair(struct store_report *r, const struct repair *repair);
/* Identity, variant, head row. After it the report may be given to an item. */
int store_report_end(struct store_report *r, const struct report_sums *s,
		     struct err *e) MUST_CHECK;
void store_report_free(struct store_report *r);
/* Bytes of rows so far (memory or spool). */
size_t store_report_bytes(const struct store_report *r);

/* ---- items and batches (store/commit.c) ---- */

enum store_outcome {
	OUTCOME_STORED = 's',      /* new: first variant of its identity */
	OUTCOME_CONFLICT = 'c',    /* stored: a further variant of an identity */
	OUTCOME_NEAR_REPEAT = 'n', /* stored, not counted: other report id, same content */
	OUTCOME_REPEAT = 'r',      /* known, nothing written */
	OUTCOME_QUARANTINED = 'q',
	OUTCOME_NOT_REPORT = 'x',
	OUTCOME_LOG = 'l',         /* a delivery log: its events are stored by store_log */
};

struct store_entry {
	uint32_t entry;
	enum store_outcome outcome; /* set by store_commit where there is a report */
	struct store_report *report;/* owned; NULL for refused and not-a-report entries */
	enum err_class class;       /* quarantined: why */
	char *reason;               /* owned; may be NULL; of a partial report: what is lost */
};

struct store_item {
	const char *source;         /* "file", "stdin" or "imap"; static */
	char *item;                 /* owned: real path, "#n" for mails of an mbox */
	int64_t size, mtime_ns;     /* mtime_ns, inode 0 where there is no file */
	uint64_t inode;
	uint8_t sha256[32];
	bool repeat_bytes;          /* known by its bytes: only the ledger row is touched */
	uint32_t repeat_reports;    /* then: how many reports they hold */
	bool compressed;            /* bytes are gzip or zip: kept as they came */
	bool durable;               /* set by store_commit: committed, with what its entries say */
	char *bytes;                /* owned; the item's bytes or NULL */
	int fd;                     /* else a descriptor to read them from; -1: none. Owned */
	/* Of a mailbox only: */
	const struct store_lease *lease; /* its account's: without it nothing of the item is stored.
	                               Not changed as long as the item is there */
	bool lease_lost;            /* set by store_commit: not stored, it is another process's now */
	int64_t arrived_at;         /* INTERNALDATE, Unix seconds, else TIME_ABSENT */
	void *ctx;                  /* the caller's; store/ does not touch it */
	enum store_outcome outcome; /* set by store_commit: the gravest of its entries */
	struct store_entry *entries;/* owned */
	size_t n_entries;
	struct store_item *next;
};

void store_item_free(struct store_item *i);

/* What became of the logs of a batch, for the run's counts. */
struct store_log_counts {
	int64_t events, attempts, deliveries; /* stored; deliveries: new ones */
	int64_t repeated;                     /* events that were known */
	int64_t lines, skipped, unreadable;
};

struct store_log;

struct store_batch {
	struct store_item *items, **tail;
	size_t n_items, n_reports, bytes;
	struct store_log *logs, **logs_tail; /* in the order of their lines; owned */
	size_t n_logs, n_log_events;
	struct store_log_counts log_counts;  /* set by store_commit */
	uint8_t uuid[16];           /* set by store_batch_new */
};

struct store_batch *store_batch_new(void);
void store_batch_add(struct store_batch *b, struct store_item *i); /* takes i */
void store_batch_add_log(struct store_batch *b, struct store_log *l); /* takes l */
void store_batch_free(struct store_batch *b);

/*
 * Commits the batch whole: afterwards each entry's outcome says what became of it, and everything
 * is durable. Retries 40001, 40P01 and lost connections by itself; halves the batch on SQLSTATE
 * 22, 23, 54 until one report is alone and quarantines that one. Items whose lease is lost at the
 * moment of the COMMIT are left out (lease_lost), and stay so.
 * -1: nothing of what is not marked durable is stored (ERR_TEMP: database away).
 */
int store_commit(struct store *s, struct store_stage *st, struct store_batch *b,
		 struct err *e) MUST_CHECK;

/* ---- delivery logs (store/log*.c) ---- */

/* Where a part of a log is from. */
struct store_log_origin {
	const char *source, *item;  /* as in the ledger; copied */
	bool plain;                 /* a plain file, read by offsets: the fields below */
	uint64_t device, inode;
	uint32_t head_length;       /* of the file's first bytes, that were hashed */
	uint8_t head_sha256[32];
	int64_t from_offset, to_offset;
};

/* One part of a log (base/frame_log.h): built by one thread, and handed over to a batch. Memory: what
 * it says, compactly; LIMIT_LOG_PART_EVENTS bound it. */
struct store_log;

struct store_log *store_log_begin(struct store_stage *st);
void store_log_origin(struct store_log *l, const struct store_log_origin *o);
void store_log_host(struct store_log *l, uint16_t slot, enum log_system system, struct text name);
void store_log_service(struct store_log *l, uint16_t slot, struct text name);
void store_log_reply(struct store_log *l, uint16_t slot, const struct log_reply *r);
void store_log_message(struct store_log *l, const struct log_message *m);
void store_log_attempt(struct store_log *l, const struct log_attempt *a);
void store_log_unreadable(struct store_log *l, const struct log_unreadable *u);
void store_log_end(struct store_log *l, const struct log_sums *s);
size_t store_log_bytes(const struct store_log *l);
size_t store_log_events(const struct store_log *l);
void store_log_free(struct store_log *l);

/* What a peer and a reply mean; asked once for each that is new. Texts valid until the next call. */
struct store_peer_class {
	struct text gateway, customer;              /* absent: none that we know */
	struct text title, family;                  /* of the gateway */
	bool mailbox_provider;
};
struct store_reply_class {
	struct text category, rule, meaning;
	char matched;
	struct text gateway;                        /* that the reply gives away, or absent */
	bool url;
	struct text title, family;                  /* of that gateway */
	bool mailbox_provider;
};
struct store_classify {
	void *ctx;
	void (*peer)(void *ctx, struct text host, struct store_peer_class *ret);
	void (*reply)(void *ctx, struct text gateway, uint16_t smtp_code, struct text enhanced,
		      struct text reply, struct store_reply_class *ret);
};
/* Called in the committer's thread. c outlives the stage. */
void store_stage_classify(struct store_stage *st, const struct store_classify *c);

/* How far is this plain file read? *ret_offset 0: not known. By its identity (C8); of files with this
 * device and inode whose head is a prefix of these head_length bytes at `head`, the longest. */
int store_log_offset(struct store *s, uint64_t device, uint64_t inode, const void *head,
		     uint32_t head_length, int64_t *ret_offset, struct err *e) MUST_CHECK;
/* When anything of a log of this path was stored last, Unix seconds; TIME_ABSENT: never. */
int store_log_last_read(struct store *s, const char *path, int64_t *ret_at, struct err *e) MUST_CHECK;
/* Writes what [source] sections declare into log_source and log_service. */
int store_log_sources_sync(struct store *s, const struct log_source *sources, size_t n,
			   struct err *e) MUST_CHECK;
/* Asks c anew about all peers and templates; which changed, and marks their cohorts stale. */
int store_log_classify_again(struct store *s, const struct store_classify *c,
			     int64_t *ret_peers, int64_t *ret_templates, struct err *e) MUST_CHECK;

/* ---- mailboxes: leases, what is known, how they are (store/lease.c, store/mailbox.c) ---- */

#define LEASE_MARGIN 10 /* seconds that a lease has to be ours still, by the database's clock */

/* The right of one process to touch an account. token rises whenever the lease changes hands. */
struct store_lease {
	char *account, *owner; /* owner: "host:pid:machine:start", for people and for us */
	int64_t token;
};

/*
 * 1: taken (free, run out, or this owner's already), lease->token is set; 0: another has it, or is
 * just committing with it, and *ret_other (the caller's) says who and until when. Never waits.
 */
int store_lease_take(struct store *s, struct store_lease *l, int seconds, char **ret_other,
		     struct err *e) MUST_CHECK;
/* Makes it last for seconds from now on, also one that ran out and nobody took. 1; 0: it is
 * another's. */
int store_lease_renew(struct store *s, const struct store_lease *l, int seconds,
		      struct err *e) MUST_CHECK;
/* 1: ours for LEASE_MARGIN at least; 0: not. */
int store_lease_check(struct store *s, const struct store_lease *l, struct err *e) MUST_CHECK;
/* Ends the lease of an owner that is known to be no more, whatever its token. */
int store_lease_end(struct store *s, const struct store_lease *l, struct err *e) MUST_CHECK;
/* Ends it, if it is ours still. */
int store_lease_release(struct store *s, const struct store_lease *l, struct err *e) MUST_CHECK;

/* What became of these items of source "imap": ret[i] is an enum store_outcome, 'd' (dropped from
 * quarantine), or 0: not known, or one that an older parser than parser_version could not read, or
 * not whole. One query. */
int store_lookup_messages(struct store *s, const char *const *items, size_t n, int parser_version,
			  char *ret, struct err *e) MUST_CHECK;

/* How a folder of an account is: one row, written over. */
struct store_mailbox {
	const char *account, *folder;
	int64_t uidvalidity;       /* 0: not known */
	int64_t messages, backlog, not_reports; /* negative: leaves what is there */
	int64_t oldest_waiting_at; /* Unix seconds, or TIME_ABSENT */
	bool success;              /* looked through to the end just now: last_success_at */
	const char *error_class, *error; /* NULL: none; takes the last one away if success */
	int retry_seconds;         /* next_try_at; negative: none */
};
int store_mailbox_note(struct store *s, const struct store_mailbox *m, struct err *e) MUST_CHECK;

/* ---- the rollup by source, and the classes of sources (store/refresh.c) ---- */

struct store_refreshed {
	bool busy;                 /* another refresh was running: nothing was done */
	int64_t days;              /* of domains: looked at because something was new or got settled */
	int64_t domains;           /* organizational domains whose classes were made new */
	int64_t cohort_days;       /* of deliveries: whose cohorts were made new */
	double seconds;
};

/*
 * Brings up to date what makes reports fast, on a connection of its own. No figure depends on it
 * but those of source_class_current, which say of when they are. stop (may be NULL): asked between
 * its transactions whether to end early; the next refresh goes on from there.
 */
int store_refresh(const struct conf *c, bool (*stop)(void), struct store_refreshed *ret,
		  struct err *e) MUST_CHECK;

/* ---- MX snapshots (store/mx.c) ---- */

/* A mail exchanger of a domain, as it was on a day, and whose gateway it is. */
struct store_mx {
	struct text domain;    /* lower case, no dot at the end */
	struct text gateway, customer, title, family;
	bool mailbox_provider;
};
/* at: Unix seconds. The same again changes nothing. Marks cohorts stale that it may change. */
int store_mx_add(struct store *s, const struct store_mx *mx, size_t n, int64_t at,
		 struct err *e) MUST_CHECK;

/* ---- pruning (store/prune.c) ---- */

struct store_prune {
	const char *kind;  /* recipients, attempts, deliveries, originals */
	int64_t rows;      /* set: how many went */
};
/* All kinds or none, of days more than `days` ago. ERR_TEMP: cohorts of deliveries to be pruned are
 * not computed yet. */
int store_prune(struct store *s, struct store_prune *kinds, size_t n, int64_t days, bool dry_run,
		struct err *e) MUST_CHECK;

/* ---- quarantine (store/quarantine.c, store/drop.c) ---- */

/* Which of them: every condition that is set holds. All zero: all. */
struct store_choice {
	const int64_t *ids;
	size_t n_ids;              /* 0: any */
	const char *class;         /* input, limit, bug; NULL: any */
	const char *reason;        /* is in the reason, in whatever case; NULL: any */
	int64_t older_than;        /* seconds since it was put there; 0: any */
};

struct store_quarantined {
	int64_t id;
	uint32_t entry;
	int64_t size;
	bool bytes_kept;
	const char *at, *class, *source, *item, *sha256, *reason; /* valid during the call */
};

int store_quarantine_each(struct store *s, const struct store_choice *choice,
			  int (*each)(void *ctx, const struct store_quarantined *q, struct err *e),
			  void *ctx, struct err *e) MUST_CHECK;
/*
 * Items that are stored with a partial report which an older parser than parser_version read, and
 * whose bytes are kept. Their id is 0, class "", reason what is lost.
 */
int store_partial_each(struct store *s, int parser_version,
		       int (*each)(void *ctx, const struct store_quarantined *q, struct err *e),
		       void *ctx, struct err *e) MUST_CHECK;
/* The kept bytes as they came (uncompressed if we gzipped them), into an unlinked file:
 * *ret_fd is the caller's. ERR_INPUT: they were not kept. */
int store_quarantine_bytes(struct store *s, const struct store_quarantined *q, int *ret_fd,
			   struct err *e) MUST_CHECK;
/* Forgets one that a retry stored. */
int store_quarantine_forget(struct store *s, int64_t id, struct err *e) MUST_CHECK;
/*
 * Drops all n, in one transaction, with the originals that nothing else refers to; *ret_originals:
 * how many. The ledger remembers them as dropped: their bytes are not read again by a parser of
 * the same version, unless that is asked for.
 */
int store_quarantine_drop(struct store *s, const struct store_quarantined *q, size_t n,
			  int64_t *ret_originals, struct err *e) MUST_CHECK;

/* ---- what people declare (store/domains.c, store/senders.c, store/settings.c) ---- */

/* May this connection write what is declared? */
int store_may_declare(struct store *s, bool *ret, struct err *e) MUST_CHECK;

/*
 * Organizational domains of domains that have none yet, and of all if the public suffix list is
 * another one than the last time; then is_foreign. One transaction; mostly nothing is to be done.
 */
int store_domains_lookup(struct store *s, struct err *e) MUST_CHECK;
/*
 * Makes what the configuration declares (names apart by blanks or commas; NULL: none) what is
 * declared as from there, and judges again who is foreign. ERR_CONFIG: one of them is no name.
 * ret_changed (may be NULL): something else was declared before.
 */
int store_domains_sync(struct store *s, const char *names, bool *ret_changed,
		       struct err *e) MUST_CHECK;
/*
 * Declares names, or takes back what was declared so: all of them or none. ERR_CONFIG with a
 * sentence: one is no name to declare; ERR_INPUT: it was not declared. ret_new: those that were not
 * declared that way before.
 */
int store_domains_add(struct store *s, const char *const *names, size_t n, bool *ret_new,
		      struct err *e) MUST_CHECK;
int store_domains_remove(struct store *s, const char *const *names, size_t n,
			 struct err *e) MUST_CHECK;

/* value NULL: back to the default. ERR_INPUT with a sentence: no such setting, no such value. */
int store_setting_set(struct store *s, const char *name, const char *value,
		      struct err *e) MUST_CHECK;

/* A declared thing; exactly one of network, dkim_domain and spf_domain is there. */
struct store_sender {
	const char *name, *owner;  /* owner NULL: not said */
	bool dedicated;
	const char *network;       /* CIDR, as range_parse gives it */
	const char *dkim_domain, *dkim_selector, *spf_domain;
	uint32_t line;             /* of the file it stands in; 0: of none */
};

struct store_senders_did {
	int64_t added, changed; /* changed: of what was declared before, owner or `dedicated` */
};

/*
 * Declares all of them or none. whole: they say everything of themselves (a file); else, of what is
 * declared already, an owner that is not said stays, and so does `dedicated`. An owner is its
 * sender's and so that of all its things. ERR_INPUT with a sentence (and line): a thing is declared
 * for another sender.
 */
int store_senders_add(struct store *s, const struct store_sender *v, size_t n, bool whole,
		      struct store_senders_did *ret, struct err *e) MUST_CHECK;
/* Takes back all things of these names, or these things, of whatever name; all or none: ERR_INPUT
 * names the first that is not declared. *ret_n: how many things it were. */
int store_senders_remove(struct store *s, const char *const *names, size_t n, int64_t *ret_n,
			 struct err *e) MUST_CHECK;
int store_senders_remove_things(struct store *s, const struct store_sender *v, size_t n,
				int64_t *ret_n, struct err *e) MUST_CHECK;
/* The owner of a sender that has declared things; ERR_INPUT: it has none. */
int store_senders_own(struct store *s, const char *name, const char *owner,
		      struct err *e) MUST_CHECK;

/* ---- what people looked up (store/lookup_add.c) ---- */

/* ip and domain: at least one; what is not said is NULL. at: Unix seconds, -1: now. Kinds and values
 * are checked by who asks for it. */
struct store_lookup {
	const char *kind, *value, *checker;
	const char *ip, *domain, *list;
	int64_t at;
};
int store_lookup_add(struct store *s, const struct store_lookup *l, int64_t *ret_id,
		     struct err *e) MUST_CHECK;
/* All of them or none; ERR_INPUT: one is not there. */
int store_lookup_remove(struct store *s, const int64_t *ids, size_t n, struct err *e) MUST_CHECK;

/* ---- reading (store/query.c) ---- */

struct store_rows;

/* From here on, until it is closed, everything is read in one transaction that can't write. */
int store_snapshot(struct store *s, struct err *e) MUST_CHECK;
/* Ends the statement that runs, which then fails. May be called from a signal handler. */
void store_cancel(struct store *s);

/* Where in its text the statement that store_query ran last is wrong. */
struct store_mistake {
	int position;   /* character, from 1 on; 0: PostgreSQL does not say */
	char hint[256]; /* what it advises; may be empty */
};
const struct store_mistake *store_mistake(const struct store *s);

/* Runs one statement with text parameters ($1..); rows as text, NULL as NULL. */
int store_query(struct store *s, const char *sql, int n_params, const char *const *params,
		struct store_rows **ret_rows, struct err *e) MUST_CHECK;
/*
 * The same for what is too large for memory: calls each with one row (store_rows_count is 1), and
 * at last with none, so that the columns are known even then. Rows are valid during the call.
 */
int store_query_each(struct store *s, const char *sql, int n_params, const char *const *params,
		     int (*each)(void *ctx, const struct store_rows *row, struct err *e), void *ctx,
		     struct err *e) MUST_CHECK;
int store_rows_count(const struct store_rows *r);
int store_rows_columns(const struct store_rows *r);
const char *store_rows_name(const struct store_rows *r, int column);
/* True for numeric types: aligned right, no quotes in JSON. */
bool store_rows_is_number(const struct store_rows *r, int column);
bool store_rows_is_bool(const struct store_rows *r, int column);
bool store_rows_is_json(const struct store_rows *r, int column);
const char *store_rows_value(const struct store_rows *r, int row, int column);
void store_rows_free(struct store_rows *r);

#endif
