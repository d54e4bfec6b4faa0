/*
 * log_join - events of one queue id to messages and deliveries (definitions C1 to C4). Pure
 * functions: what is in the database already comes in, what is to be written comes out; so the
 * same events give the same rows in whatever order and portions they come.
 *
 * Messages: a queue id that tells when it was made (join_epoch) is one message. Any other one may be
 * used again: a message ends when the queue is done with it, when another one arrives, and when
 * nothing was heard for longer than the queue lifetime. All of that by whole seconds, which is what
 * all stamps have.
 *
 * Deliveries: their events are gone through by second, further MX hosts before the attempt that
 * they belong to, then by line key; never by their place in a file.
 * A stored delivery goes on from what its row says if all that is new lies behind it; else its
 * stored attempts are needed (join_wants_attempts), and it is made anew from the first of them.
 */
#ifndef STORE_LOG_JOIN_H
#define STORE_LOG_JOIN_H

#include "base/model_log.h"

#include <string.h>

/* When a queue id was made: Postfix's long ids, Exim's; microseconds. TIME_ABSENT: it does not say. */
int64_t join_epoch(enum log_system system, struct text queue_id);

struct join_ids {
	int64_t *v;
	uint32_t n;
};

/* What is known of a message; texts absent, ids and numbers 0 (size -1): not known. */
struct join_facts {
	struct text message_id, campaign, envelope_from;
	int64_t envelope_domain, header_domain;
	int32_t size;
	bool null_sender;
};

/* A delivery, in the columns of its table; times in microseconds or TIME_ABSENT, ids 0: NULL. */
struct join_row {
	int64_t delivery_id;            /* 0: new */
	int64_t service_id, recipient_key, recipient_domain, last_peer, last_template, salt;
	int64_t epoch, first, last, first_deferred, last_deferred, accepted, bounced, expired,
		removed, closed, bounced_after;
	int64_t message_expired, message_removed; /* said of the whole message */
	int32_t attempts, deferred, suspended, mx_attempts, reported; /* reported -1: none */
	int32_t day;                    /* days since 1970 */
	int8_t arrival_seen;            /* -1: this system logs none */
	char ip_from;                   /* 0: none */
	bool handed_on;
	struct ip source_ip;
	struct join_ids deferred_templates, suspended_templates;
	struct join_facts facts;
	struct text recipient;
	/* The join's own: */
	const struct join_row *was;     /* as it is in the database; NULL: it is not */
	bool changed;                   /* it is new, or another than it was */
	bool whole;                     /* loaded: all of its attempts are among the events */
	uint32_t n_loaded;              /* how many */
	struct join_message *arrived;   /* loaded: the message that its arrival is of */
	struct join_message *message;   /* NULL: none of its events is its own any more */
	struct join_row *now;           /* loaded: what it became */
};

/* An event of a delivery. */
struct join_att {
	int64_t us;
	uint64_t line_key;
	int64_t recipient;              /* hash of the address; 0: none */
	int64_t recipient_domain;
	int64_t template_id, peer_id, service_id;
	int64_t arrived;                /* when the message came, as far as this line says */
	int32_t reported;               /* -1: none */
	uint8_t kind, outcome;
	int8_t handed;                  /* 1: to a relay, a private address or locally; 0: no;
	                                   -1: no peer was there */
	char ip_from;
	bool stored, open;              /* in attempt, in attempt_open */
	int64_t stored_service;         /* stored: in its own row; 0: NULL */
	struct ip stored_ip;
	bool repeated;                  /* set: is there already */
	struct ip source_ip;
	struct text recipient_text;     /* only if it is to be stored */
	struct join_row *owner;         /* stored: the loaded row that it is of */
	struct join_row *to;            /* set: its delivery; NULL: there is none yet */
	uint32_t src;                   /* the caller's */
	uint32_t message;               /* the join's own */
};

/* What a line says of a message. */
struct join_msg {
	int64_t us;
	struct text text;               /* MESSAGE_ID, CAMPAIGN; SENDER: only if it is to be stored */
	int64_t domain;                 /* of SENDER, HEADER_FROM; 0: null sender */
	int32_t size;
	uint8_t event;
	uint32_t message;
};

/* A row of message_open. */
struct join_open {
	int64_t epoch, first, last, closed, expired, removed;
	int8_t arrival_seen;
	struct join_facts facts;
	uint32_t message;
};

struct join_message {
	struct join_facts facts;
	int64_t epoch, first, last, closed, expired, removed, salt;
	int8_t arrival_seen;
	bool had_open;
	bool changed;                   /* without a delivery: another than what was open */
	struct join_row *rows;          /* its deliveries */
	uint32_t n_rows, cap_rows;
	uint32_t *table, mask;          /* of many rows: by key */
	uint32_t n_mx;                  /* further MX hosts that wait for a delivery */
};

struct join_group {
	int64_t epoch;                  /* join_epoch */
	int64_t lifetime;               /* seconds */
	bool no_arrivals;               /* this system need not log arrivals */
	struct join_att *atts;          /* new, stored ones that were asked for, and open ones */
	struct join_msg *msgs;
	struct join_row *rows;          /* loaded */
	struct join_open *opens;
	uint32_t n_atts, n_msgs, n_rows, n_opens;
	struct join_message *messages;  /* set by join_group */
	uint32_t n_messages;
};

struct join;

enum join_recipients { JOIN_HASH, JOIN_DOMAIN, JOIN_FULL };
struct join *join_new(enum join_recipients recipients);
void join_free(struct join *j);
/* Forgets what earlier groups became: rows, messages and arrays of templates. */
void join_reset(struct join *j);
/* Memory until join_reset. */
void *join_alloc(struct join *j, size_t n);

/* rows and opens are loaded, stored attempts are not: has it to see them? */
bool join_wants_attempts(const struct join_group *g);
void join_group(struct join *j, struct join_group *g);

/* recipients = domain: the key by which a delivery of a message with this salt is stored. */
int64_t join_salted(int64_t salt, int64_t recipient);

static inline int64_t join_second(int64_t us)
{
	return us / 1000000 - (us % 1000000 < 0);
}

static inline int32_t join_day(int64_t us)
{
	int64_t s = join_second(us);

	return (int32_t)(s / 86400 - (s % 86400 < 0));
}

#endif
