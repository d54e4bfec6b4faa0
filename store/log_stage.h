/*
 * log_stage - inside of a part of a delivery log that is being staged; for store/ only.
 *
 * Texts lie in one buffer, events in two arrays, in the order of their lines. A queue id is kept
 * once a part: what is said of one message finds together by its number.
 */
#ifndef STORE_LOG_STAGE_H
#define STORE_LOG_STAGE_H

#include "base/frame_log.h"
#include "store/store.h"

/* A text in store_log.texts. */
struct log_text {
	uint32_t at;
	uint16_t len;
	bool present;
};

struct log_queue {
	struct log_text id;
	uint16_t host;         /* slot */
	uint64_t hash;         /* of both */
};

struct log_msg {
	int64_t us;            /* UTC once the part is in a batch */
	uint32_t queue;        /* in store_log.queues */
	int32_t size;          /* -1: not said */
	struct log_text value;
	uint16_t service;
	bool local;
	uint8_t event;         /* enum message_event */
};

/* Texts of an attempt, one behind the other. */
enum log_att_text { ATT_RECIPIENT, ATT_PEER_HOST, ATT_STATUS, ATT_VALUES, ATT_MESSAGE_ID,
		    ATT_ENVELOPE_FROM, ATT_HEADER_FROM, ATT_CAMPAIGN, ATT_TEXTS };
#define LOG_ABSENT 0xffff

struct log_att {
	int64_t us, arrived_us; /* arrived_us: TIME_ABSENT: not said */
	uint64_t line_key;
	uint32_t queue;
	uint32_t texts;        /* where the first of them begins */
	int32_t delay_ms;      /* -1: not said, or more than 24 days */
	int32_t reported;      /* attempts_reported; -1: none */
	uint16_t len[ATT_TEXTS]; /* LOG_ABSENT: absent */
	uint16_t service, reply;
	uint8_t kind, outcome, stage;
	bool local, arrived_local;
	struct ip peer_ip, source_ip, reply_ip;
};

struct log_slot_host {
	bool there;
	uint8_t system;
	struct log_text name;
};

struct log_slot_reply {
	bool there, truncated;
	uint16_t smtp_code;
	struct log_text enhanced, pattern;
};

struct log_cant_read {
	uint64_t lines;
	struct log_text reason, sample;
};

struct store_log {
	struct store_log *next;         /* of the batch */
	struct store_stage *stage;
	struct store_log_origin origin; /* its texts are the part's */
	struct buf texts;
	struct buf masked;              /* scratch */
	struct log_msg *msgs;
	struct log_att *atts;
	struct log_queue *queues;
	uint32_t *queue_table;          /* index + 1 by hash; 0: free */
	uint32_t n_msgs, cap_msgs, n_atts, cap_atts, n_queues, cap_queues, queue_mask;
	struct log_slot_host hosts[LIMIT_LOG_HOSTS];
	struct log_text services[LIMIT_LOG_HOSTS];
	struct log_slot_reply *replies; /* up to LIMIT_LOG_REPLIES */
	uint32_t n_replies;
	struct log_cant_read unreadable[LIMIT_LOG_REASONS];
	uint32_t n_unreadable;
	struct log_sums sums;
	bool durable;                   /* committed: nothing of it is to be stored again */
};

static inline struct text log_text_of(const struct store_log *l, struct log_text t)
{
	return t.present ? (struct text){l->texts.p + t.at, t.len} : TEXT_ABSENT;
}

struct text log_att_text(const struct store_log *l, const struct log_att *a,
			 enum log_att_text which);

/* Stamps without a zone become UTC, by the zone of their host's [source]. For the thread that fills
 * batches, in the order of the lines. */
void log_zones_apply(struct store_log *l);
struct log_zones;
struct log_zones *log_zones_new(void);
void log_zones_free(struct log_zones *z);

#endif
