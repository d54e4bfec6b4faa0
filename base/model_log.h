/*
 * model_log - the nouns of delivery logs. Plain data, as model.h; the same rules for texts and codes.
 * Words of RFC 5321 and RFC 3463, and of Postfix where those have none (queue id, dsn).
 */
#ifndef BASE_MODEL_LOG_H
#define BASE_MODEL_LOG_H

#include "base/model.h"

/* Which mail server wrote it. */
enum log_system {
	SYSTEM_POSTFIX = 'p',
	SYSTEM_EXIM = 'e',
	SYSTEM_SENDMAIL = 's',
	SYSTEM_OPENSMTPD = 'o',
	SYSTEM_POWERMTA = 'm',
	SYSTEM_KUMOMTA = 'k',
};

/* What an event of a delivery is (definitions C1). */
enum attempt_kind {
	EVENT_ATTEMPT = 'a',         /* a peer answered, or we failed to connect: one (delivery, queue run) */
	EVENT_MX_ATTEMPT = 'm',      /* one more MX host in that queue run; has no recipient */
	EVENT_QUEUE_SUSPENDED = 's', /* an earlier failure is used again, nobody was asked */
	EVENT_QUEUE = 'q',           /* the queue's own end of it: expired, removed; no attempt */
	EVENT_LATER_DSN = 'l',       /* a bounce that came back after acceptance */
};

enum attempt_outcome {
	ATTEMPT_ACCEPTED = 'a',
	ATTEMPT_DEFERRED = 'd',     /* a temporary failure; what the queue made of the reply */
	ATTEMPT_BOUNCED = 'b',
	ATTEMPT_EXPIRED = 'x',
	ATTEMPT_REMOVED = 'r',      /* by an administrator */
};

/* What our server had said when it got the reply (definitions C9). */
enum smtp_stage {
	STAGE_UNKNOWN = '-',
	STAGE_CONNECT = 'c',        /* no connection; no reply */
	STAGE_GREETING = 'g',
	STAGE_EHLO = 'e',           /* or HELO, LHLO */
	STAGE_STARTTLS = 't',
	STAGE_MAIL = 'm',
	STAGE_RCPT = 'r',
	STAGE_DATA = 'd',
	STAGE_END_OF_DATA = '.',
};

/* What a line says of a whole message, known by its queue id. */
enum message_event {
	MESSAGE_ARRIVED = 'a',      /* value: the client; the queue id begins to be this message's */
	MESSAGE_ID = 'i',           /* value: Message-ID with its angle brackets */
	MESSAGE_SENDER = 'f',       /* value: envelope sender without brackets, empty: null sender; size */
	MESSAGE_HEADER_FROM = 'h',  /* value: address or domain of header From */
	MESSAGE_CAMPAIGN = 'c',     /* value: campaign, job id or tag */
	MESSAGE_REMOVED = 'r',      /* the queue is done with it */
	MESSAGE_REMOVED_BY_ADMIN = 'd',
	MESSAGE_EXPIRED = 'x',      /* all recipients that are still in the queue */
};

/*
 * Instant of a line: microseconds since 1970 UTC. local: the stamp has no zone, and this is what it
 * would be if the host's zone were UTC; who knows the zone puts it right (store/).
 */
struct log_time {
	int64_t us;
	bool local;
};

/* A reply with its variable parts taken out (base/reply.h). Has a slot in its part. */
struct log_reply {
	uint16_t smtp_code;         /* 421; 0: no peer said it, our own server did */
	bool truncated;             /* the log holds its first line only */
	struct text enhanced;       /* "4.7.0", or absent */
	struct text pattern;        /* whole text with {address} {ip} {host} {id} {number} {text} */
};

struct log_message {
	enum message_event event;
	uint16_t host;              /* slots of the part */
	uint16_t service;
	struct log_time at;
	struct text queue_id;
	struct text value;
	int64_t size;               /* MESSAGE_SENDER: bytes of the message; -1: not said */
};

#define LOG_NO_SLOT 0xffff

/*
 * line_key grows by this for each second of its time: who finds out that a local time is some
 * seconds off adds so many of them, and the key is that of the same line with its zone.
 */
#define LOG_KEY_SECOND 0x9e3779b97f4a7c15U

struct log_attempt {
	enum attempt_kind kind;
	enum attempt_outcome outcome;
	enum smtp_stage stage;
	uint16_t host, service;     /* slots of the part */
	uint16_t reply;             /* slot, or LOG_NO_SLOT */
	struct log_time at;
	uint64_t line_key;          /* hash of its line, see parse/log.h */
	struct text queue_id;
	struct text recipient;      /* address without brackets; absent: EVENT_MX_ATTEMPT */
	struct text peer_host;      /* lower case, no dot at the end; of a suspended line: quoted one */
	struct ip peer_ip;          /* family 0: absent */
	struct ip source_ip;        /* as the log says; family 0: it does not */
	struct ip reply_ip;         /* source address that the reply names; family 0: none */
	int64_t delay_ms;           /* since arrival, as the log says; -1: it does not */
	int32_t attempts_reported;  /* of the platform, this one included; -1: none */
	struct text status;         /* the queue's enhanced status ("4.0.0"), or absent */
	struct text reply_values;   /* of the pattern's variables in order, U+001F between; or absent */
	/* Formats that carry them on each line; else absent, and come as log_message: */
	struct text message_id, envelope_from, header_from, campaign;
	struct log_time arrived_at; /* us TIME_ABSENT: not said */
};

/* A line that matters but can't be read: once a reason and part, with one of its lines. */
struct log_unreadable {
	uint64_t lines;
	struct text reason;         /* "a delivery line without status" */
	struct text sample;         /* up to LIMIT_LOG_SAMPLE bytes */
};

/* Of one part of a log: some thousand lines, whole in itself. */
struct log_sums {
	uint64_t bytes, lines;      /* lines = events + skipped + unreadable */
	uint64_t events;            /* lines that said something of a message or a delivery */
	uint64_t skipped;           /* of other programs, or of no interest */
	uint64_t unreadable;
	bool last;                  /* of this log */
};

/* What the parent tells of an item before it is read. */
enum log_form {
	FORM_ANY = '-',             /* by content: an item of any kind */
	FORM_LINES = 'l',           /* a piece of a log, cut at line ends; each line by its own look */
	FORM_CSV = 'c',             /* of PowerMTA: columns */
};
struct log_hint {
	enum log_form form;
	int64_t now;                /* Unix seconds: when the file was last written; years of stamps
	                               without one are those that put them before it, or a day behind */
	struct text columns;        /* FORM_CSV: the header line */
};

#endif
