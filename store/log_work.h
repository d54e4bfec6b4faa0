/*
 * log_work - the logs of one transaction; for store/ only.
 *
 * log_gather.c: what the parts say, by queue id, with ids in place of names. log_refs.c: names that
 * many rows share, stored ahead in a short transaction of their own. log_load.c: what the database
 * has of those queue ids. log_join.h: what becomes of them. log_write.c, log_sums.c: the rows.
 */
#ifndef STORE_LOG_WORK_H
#define STORE_LOG_WORK_H

#include "store/db.h"
#include "store/log_join.h"
#include "store/log_stage.h"
#include "store/log_table.h"
#include "store/stage.h"

/* Events of a part, or some of them if the database refused all of it: first messages, then
 * attempts. */
struct log_piece {
	struct store_log *log;
	uint32_t from, to;
	bool ends;              /* what is said of the part as a whole is stored with it */
};

struct log_host {
	struct text name;
	int64_t id;
	const struct log_source *source;
	int64_t lifetime;       /* of its queue, seconds; set by log_refs_store */
	uint8_t system;
	int64_t oldest, newest; /* of its events here */
	int64_t was_oldest, was_newest; /* in the database before them; TIME_ABSENT: none */
};

struct log_service {
	struct text name;
	int64_t id;
	uint32_t host;
	const struct log_service_map *map;
};

struct log_domain {
	struct text name;
	int64_t id;
};

struct log_gateway {
	struct text gateway, title, family;
	bool mailbox_provider;
};

#define NO_GATEWAY UINT32_MAX

struct log_peer {
	struct text host;
	struct ip ip;
	int64_t id;
	uint32_t gateway;       /* in gateways */
	struct text customer;
	bool internal;          /* loopback, private, link-local */
};

struct log_template {
	int64_t id;
	uint32_t gateway;       /* of the peer */
	uint32_t evidence;      /* gateway that the reply gives away */
	bool url, truncated;
	uint16_t smtp_code;
	struct text enhanced, pattern, sample;
	struct text said;       /* its own pattern, where any text has to do (log_bound.c); or absent */
};

/* A queue id of a host. */
struct log_queue_group {
	struct text queue_id;
	uint32_t host;
	int64_t key;
	uint32_t first_att, n_atts, first_msg, n_msgs; /* in atts, msgs: its own, one behind another */
	uint32_t loaded;        /* in log_work.loaded + 1; 0: nothing of it is in the database */
	bool look_up;
};

/* What the database has of a queue id. */
struct log_loaded {
	struct join_row *rows;
	struct join_open *opens;
	struct join_att *atts;  /* stored, and open ones */
	struct log_stored *stored; /* what else there is of atts that are open */
	uint32_t n_rows, n_opens, n_atts, cap_rows, cap_opens, cap_atts;
	bool wants;             /* its attempts */
};

/* Of an attempt that is in attempt_open: what the join has no use for. */
struct log_stored {
	uint8_t stage;
	struct text status, values;
	struct ip source_ip, reply_ip;
};

/* Where an event of the join is from. */
struct log_from {
	struct store_log *log;
	uint32_t att, peer, template; /* peer, template: + 1; 0: none */
};

struct evidence;

struct log_work {
	struct store *s;
	struct store_stage *st;
	struct log_piece *pieces;
	size_t n_pieces;
	struct log_arena *arena;
	struct log_table *names[6];     /* hosts, services, domains, peers, templates, gateways */
	struct log_host *hosts;
	struct log_service *services;
	struct log_domain *domains;
	struct log_peer *peers;
	struct log_template *templates;
	struct log_gateway *gateways;
	struct log_table *queues;
	struct log_queue_group *groups;
	struct join_att *atts;
	struct log_from *from;          /* of each of atts */
	struct join_msg *msgs;
	uint32_t n_atts, n_msgs, n_texts;
	struct join *join;
	struct log_loaded *loaded;
	uint32_t n_loaded, cap_loaded;
	struct buf deliveries, attempts, opens, attempts_open; /* tuples of COPY */
	struct buf gone, gone_days;     /* delivery_id, day: rows that go, or come in a new form */
	struct buf open_keys;           /* queue keys whose rows of *_open go */
	struct buf orphans, orphan_lines, orphan_days;
	struct buf moved_from, moved_line, moved_to, moved_service, moved_ips, moved_days;
	struct log_table *marks;        /* evidence.c: days, gateways, addresses */
	struct evidence *evidence;
	struct buf known;               /* ids that are stored once this is committed */
	struct store_log_counts counts;
	int64_t repeated_of_piece;
};

enum log_name { LOG_HOSTS, LOG_SERVICES, LOG_DOMAINS, LOG_PEERS, LOG_TEMPLATES, LOG_GATEWAYS };

/* What was found by commits of this process, for all that follow. */
struct log_known {
	uint8_t secret[32];
	bool has_secret;
	int64_t lifetime, lifetime_platform; /* of settings, seconds; 0: not asked yet */
	struct buf id_blocks;           /* first of each block of delivery ids that is not used */
	int64_t next_id, ids_left;
	struct log_table *replies;      /* by template id: what evidence it gives */
	struct log_reply_known *reply;
	struct log_arena *arena;
};
struct log_reply_known {
	struct text gateway, title, family; /* gateway absent: none */
	bool url, mailbox_provider;
};
void log_known_free(struct log_known *k);
struct log_known *log_known_of(struct store_stage *st);

/* Everything of the pieces, by queue id. *ret is whole or NULL. */
struct log_work *log_gather(struct store *s, struct store_stage *st, struct log_piece *pieces,
			    size_t n);
void log_work_free(struct log_work *w);
/* Before the transaction: the secret, and names that are not known to be stored. */
int log_refs_store(struct log_work *w, struct err *e) MUST_CHECK;
/* Within it: all rows. May be called again after it was rolled back. */
int log_rows_store(struct log_work *w, struct err *e) MUST_CHECK;
/* After the commit. */
void log_refs_known(struct log_work *w);

/* An event that PostgreSQL refuses: counted where lines that can't be read are. Its own transaction. */
int log_refused(struct store *s, const struct log_piece *p, const char *why,
		struct err *e) MUST_CHECK;

/* ---- between the files above ---- */

int log_unreadable_store(struct store *s, const struct store_log *l, int64_t lines,
			 struct text reason, struct text sample, struct err *e) MUST_CHECK;

/* log_names.c: their numbers here, put there if they are new. */
void *log_more(void *v, uint32_t n, size_t size);
int64_t log_id(struct log_work *w, const char *p, size_t n);
uint32_t log_host_of(struct log_work *w, const struct store_log *l, uint16_t slot);
uint32_t log_service_of(struct log_work *w, const struct store_log *l, uint16_t slot, uint32_t host);
/* Its id; 0: absent. Of any case. */
int64_t log_domain_of(struct log_work *w, struct text name);
struct text log_domain_part(struct text address);
/* + 1; 0: nobody is named. */
uint32_t log_peer_of(struct log_work *w, struct text host, const struct ip *ip);
/* + 1. Of the reply of an event whose peer is of this gateway. */
uint32_t log_template_of(struct log_work *w, const struct store_log *l, const struct log_att *a,
			 uint32_t gateway);
/* A reply as it came: values put back into the pattern, in b. */
struct text log_reply_text(struct buf *b, struct text pattern, struct text values);
/* In gateways, put there if it is not. */
uint32_t log_gateway_named(struct log_work *w, const struct log_reply_known *k);
/* Absent: none. */
struct text log_ip_text(struct log_work *w, const struct ip *ip);
/* log_bound.c: of these templates, that are new, those beyond the bound become others. */
int log_templates_bound(struct log_work *w, const uint32_t *which, size_t n,
			struct err *e) MUST_CHECK;
/* The values of a reply that has this template now; valid until scratch is used again. */
struct text log_template_values(struct log_work *w, const struct log_template *t,
				struct text values);
int log_secret(struct log_work *w, struct err *e) MUST_CHECK;
int log_lifetimes(struct log_work *w, struct err *e) MUST_CHECK;
void log_recipients_hash(struct log_work *w);
struct join_group log_group_of(struct log_work *w, const struct log_queue_group *g);
int log_hosts_lock(struct log_work *w, struct err *e) MUST_CHECK;
int log_load(struct log_work *w, struct err *e) MUST_CHECK;
int log_write(struct log_work *w, struct err *e) MUST_CHECK;
/* log_copy.c, in this order: what goes or changes; deliveries, as they come; the rest. */
int log_old_away(struct log_work *w, struct err *e) MUST_CHECK;
int log_deliveries_begin(struct log_work *w, struct err *e) MUST_CHECK;
/* If there are more bytes of them than that. */
int log_deliveries_put(struct log_work *w, size_t over, struct err *e) MUST_CHECK;
int log_tuples_store(struct log_work *w, struct err *e) MUST_CHECK;
int log_sums_store(struct log_work *w, struct err *e) MUST_CHECK;
/* Of a new event with a delivery. */
void log_evidence(struct log_work *w, uint32_t host, const struct join_att *a,
		  const struct log_from *f);
void log_stale(struct log_work *w, int32_t day);
void log_expired(struct log_work *w, uint32_t host, int64_t us);
int log_evidence_store(struct log_work *w, struct err *e) MUST_CHECK;
void log_evidence_reset(struct log_work *w);

#endif
