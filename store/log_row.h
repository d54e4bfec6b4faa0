/*
 * log_row - columns of delivery, attempt and message_open as they are copied and read; for the
 * store/log_*.c that do so.
 */
#ifndef STORE_LOG_ROW_H
#define STORE_LOG_ROW_H

#include "store/log_work.h"

#define DELIVERY_COLUMNS \
	"delivery_id, queue_key, host_id, service_id, recipient_key, recipient_domain_id, " \
	"envelope_domain_id, header_domain_id, last_peer_id, last_template_id, salt, epoch_at, " \
	"first_at, last_at, first_deferred_at, last_deferred_at, accepted_at, bounced_at, " \
	"expired_at, removed_at, closed_at, bounced_after_at, message_expired_at, " \
	"message_removed_at, attempts, deferred, suspended, " \
	"mx_attempts, attempts_reported, size, day, source_ip_from, arrival_seen, handed_on, " \
	"null_sender, source_ip, deferred_templates, suspended_templates, queue_id, message_id, " \
	"campaign, recipient, envelope_from"
#define DELIVERY_FIELDS 44      /* tenant_id in front */
enum delivery_column {
	D_ID, D_QUEUE_KEY, D_HOST, D_SERVICE, D_RECIPIENT_KEY, D_RECIPIENT_DOMAIN,
	D_ENVELOPE_DOMAIN, D_HEADER_DOMAIN, D_LAST_PEER, D_LAST_TEMPLATE, D_SALT, D_EPOCH, D_FIRST,
	D_LAST, D_FIRST_DEFERRED, D_LAST_DEFERRED, D_ACCEPTED, D_BOUNCED, D_EXPIRED, D_REMOVED,
	D_CLOSED, D_BOUNCED_AFTER, D_MESSAGE_EXPIRED, D_MESSAGE_REMOVED, D_ATTEMPTS, D_DEFERRED, D_SUSPENDED, D_MX_ATTEMPTS, D_REPORTED,
	D_SIZE, D_DAY, D_IP_FROM, D_ARRIVAL_SEEN, D_HANDED_ON, D_NULL_SENDER, D_SOURCE_IP,
	D_DEFERRED_TEMPLATES, D_SUSPENDED_TEMPLATES, D_QUEUE_ID, D_MESSAGE_ID, D_CAMPAIGN,
	D_RECIPIENT, D_ENVELOPE_FROM
};

#define ATTEMPT_COLUMNS \
	"delivery_id, line_key, template_id, peer_id, at, day, delay_ms, attempt_reported, kind, " \
	"outcome, stage, status, service_id, source_ip, reply_ip, reply_values"
#define ATTEMPT_FIELDS 17

#define OPEN_COLUMNS \
	"queue_key, host_id, envelope_domain_id, header_domain_id, epoch_at, first_at, last_at, " \
	"closed_at, expired_at, removed_at, size, arrival_seen, null_sender, queue_id, " \
	"message_id, campaign, envelope_from"
#define OPEN_FIELDS 18
enum open_column {
	O_QUEUE_KEY, O_HOST, O_ENVELOPE_DOMAIN, O_HEADER_DOMAIN, O_EPOCH, O_FIRST, O_LAST,
	O_CLOSED, O_EXPIRED, O_REMOVED, O_SIZE, O_ARRIVAL_SEEN, O_NULL_SENDER, O_QUEUE_ID,
	O_MESSAGE_ID, O_CAMPAIGN, O_ENVELOPE_FROM
};

#define ATTEMPT_OPEN_COLUMNS \
	"queue_key, line_key, template_id, peer_id, at, stage, status, source_ip, reply_ip, " \
	"reply_values"
#define ATTEMPT_OPEN_FIELDS 11

#define PG_EPOCH_US (PG_EPOCH_SECOND * 1000000LL)

static inline uint8_t *copy_us(uint8_t *p, int64_t us)
{
	return us == TIME_ABSENT ? copy_null(p) : copy_int8(p, us - PG_EPOCH_US);
}

/* ---- reading binary rows ---- */

static inline int64_t row_int8(const PGresult *r, int row, int c)
{
	return PQgetisnull(r, row, c) ? 0 : db_int8(r, row, c);
}

static inline int64_t row_us(const PGresult *r, int row, int c)
{
	return PQgetisnull(r, row, c) ? TIME_ABSENT : db_int8(r, row, c) + PG_EPOCH_US;
}

static inline int32_t row_int4(const PGresult *r, int row, int c, int32_t absent)
{
	return PQgetisnull(r, row, c) ? absent : read_be32(PQgetvalue(r, row, c));
}

static inline bool row_bool(const PGresult *r, int row, int c)
{
	return !PQgetisnull(r, row, c) && *PQgetvalue(r, row, c);
}

struct text row_text(struct log_work *w, const PGresult *r, int row, int c);
struct ip row_ip(const PGresult *r, int row, int c);

#endif
