/*
 * log_inner - what log.c, log_line.c, log_stamp.c and log_emit.c share; readers know log.h only.
 */
#ifndef PARSE_LOG_INNER_H
#define PARSE_LOG_INNER_H

#include "parse/log.h"

#define LOG_SCRATCH (10 * LIMIT_LOG_REPLY) /* of one event: its texts, made UTF-8 */
#define LOG_SLOT_TABLE 8192                /* places of a table of slots; a power of two */
#define LOG_KEYS 8192                      /* of lines that were met; a power of two */

/* Names that have a slot in this part, found by a keyed hash. */
struct log_slots {
	uint16_t used;
	uint16_t when;  /* entries of another generation are free */
	struct log_slot {
		uint64_t hash;
		uint16_t slot, when;
	} at[LOG_SLOT_TABLE];
};

struct log_reason {
	const char *why;
	uint64_t lines;
	uint32_t len;
	char sample[LIMIT_LOG_SAMPLE];
};

/* What the stamp of the line before was. */
struct log_clock {
	int64_t latest;      /* no stamp without a year is later: seconds as if UTC */
	int64_t now;
	char classic[16];    /* "Jun  1 14:20:03", and its second */
	int64_t classic_s;
	char date[10];       /* "2026-06-01", and its day's first second */
	int64_t date_s;
	int year;            /* of `latest` */
};

struct log {
	struct emit *emit;
	struct log_clock clock;
	struct log_csv *csv;
	struct log_held *held;
	struct log_sums sums;      /* of the part so far */
	uint32_t pieces;           /* of it */
	uint64_t key[2];           /* of the tables of slots */
	struct text enhanced;      /* of the last log_reply, in `said` */
	struct buf pattern, values, text;
	struct buf journal;        /* the fields of a line of JSON */
	struct buf line;           /* a line that straddles blocks */
	bool first;                /* the first line of an item: it may be a header line */
	uint32_t n_reasons;
	struct log_reason reasons[LIMIT_LOG_REASONS];
	const char *complaint;     /* of this line */
	struct text complained;
	uint64_t keys[LOG_KEYS];
	char said[16];
	size_t scratched;
	char scratch[LOG_SCRATCH];
	struct log_slots hosts, services, replies;
};

/* log_stamp.c: stamps without a year are before `now`, or a day behind. */
void log_clock_set(struct log *l, int64_t now);

void log_clock_init(struct log_clock *c, int64_t now);
size_t log_stamp_of(struct log_clock *c, struct text p, struct log_time *ret);

/* log_line.c: all that stands in front of a line's text. */
enum log_look {
	LOOK_OTHER,      /* no stamp, or nothing behind it that is known */
	LOOK_JSON,
	LOOK_HEADER,     /* host and program, perhaps absent, and text */
	LOOK_OWN,        /* a stamp with a blank in it: Exim's own files; all of it is text */
};
enum log_look log_look_at(struct log_clock *c, struct text t, struct mail_line *ret);
/* Of a line that is LOOK_OWN: has it a program all the same? */
bool log_take_header(struct mail_line *m, struct text t);
/* One line, without its line end. */
enum log_verdict log_line(struct log *l, struct text line);
/* The text of a stamp's line goes to the reader that it is of. */
enum log_verdict log_dispatch(struct log *l, const struct mail_line *line);

/* log_emit.c. Counts the line, and ends the part where it is full. */
void log_count(struct log *l, enum log_verdict v, struct text line, size_t bytes);
void log_begin(struct log *l, uint32_t entry);
void log_end_part(struct log *l, bool last);
/* Valid UTF-8 of at most `most` bytes, in the scratch if it has to be another text. */
struct text log_clean(struct log *l, struct text t, uint32_t most);

/* Multiply and fold; the same in every run. */
uint64_t log_hash(uint64_t seed, const void *p, size_t len);

static inline uint64_t log_fold(uint64_t a, uint64_t b)
{
	unsigned __int128 r = (unsigned __int128)a * b;

	return (uint64_t)r ^ (uint64_t)(r >> 64);
}

#endif
