/*
 * store_log - what storing logs costs, without reading them: parts made in memory, committed to a
 * private server below RUADB_HOME. Lines as of Postfix: client, message-id, from, one delivery or
 * more, removed; one message in eight is deferred once, and tried again some minutes later.
 *
 *	store_log MESSAGES [PARTS_A_BATCH]
 */
#include "base/mem.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define BEGIN 1790000000LL
#define PER_SECOND 400
#define RETRY 600           /* seconds */

static double now(clockid_t which)
{
	struct timespec t;

	clock_gettime(which, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct text t(const char *s)
{
	return text_of(s);
}

static uint64_t mix(uint64_t x)
{
	x ^= x >> 31;
	x *= 0x9e3779b97f4a7c15u;
	return x ^ x >> 29;
}

static void queue_id(char *to, size_t size, long i)
{
	static const char d[] = "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz";
	int64_t s = BEGIN + i / PER_SECOND, us = i % PER_SECOND * (1000000 / PER_SECOND);
	char sec[8], usec[5] = "0000";

	sec[6] = '\0';
	for (int k = 5; k >= 0; k--, s /= 52)
		sec[k] = d[s % 52];
	for (int k = 3; k >= 0; k--, us /= 52)
		usec[k] = d[us % 52];
	snprintf(to, size, "%s%sz%d", sec, usec, 1);
}

static struct store_log *part;
static struct log_sums sums;
static uint32_t replies;

static void message(long i, enum message_event ev, int64_t us, const char *value, int64_t size)
{
	char q[32];

	queue_id(q, sizeof(q), i);
	store_log_message(part, &(struct log_message){.event = ev, .at = {.us = us}, .size = size,
			  .queue_id = t(q), .value = t(value)});
	sums.events++;
}

static void attempt(long i, int64_t us, bool accepted, int to)
{
	char q[32], rcpt[64], host[64];
	uint64_t r = mix((uint64_t)i * 7 + (uint64_t)to);
	struct log_attempt a = {
		.kind = EVENT_ATTEMPT, .outcome = accepted ? ATTEMPT_ACCEPTED : ATTEMPT_DEFERRED,
		.stage = accepted ? STAGE_END_OF_DATA : STAGE_GREETING,
		.reply = (uint16_t)(accepted ? 0 : 1 + r % 20), .at = {.us = us},
		.line_key = mix((uint64_t)us * 31 + r), .delay_ms = 1000, .attempts_reported = -1,
		.arrived_at = {.us = TIME_ABSENT}, .status = t(accepted ? "2.0.0" : "4.0.0"),
		.peer_ip = {4, {203, 0, 113, (uint8_t)(r % 200)}}};

	queue_id(q, sizeof(q), i);
	snprintf(rcpt, sizeof(rcpt), "user%u@d%u.example.com", (unsigned)(r >> 40) % 100000,
		 (unsigned)(r >> 20) % 2000);
	snprintf(host, sizeof(host), "mx%u.example.net", (unsigned)(r % 200));
	a.queue_id = t(q);
	a.recipient = t(rcpt);
	a.peer_host = t(host);
	char values[64];
	snprintf(values, sizeof(values), "%llX", (unsigned long long)r);
	a.reply_values = t(values);
	store_log_attempt(part, &a);
	sums.events++;
}

static long peak(void)
{
	struct rusage u;

	return getrusage(RUSAGE_SELF, &u) == 0 ? u.ru_maxrss : 0;
}

/* Seconds of CPU that the server's process of this connection has had. */
static double backend(struct store *s)
{
	struct store_rows *rows;
	struct err e;
	char path[64], stat[1024];
	unsigned long user = 0, system = 0;

	if (store_query(s, "SELECT pg_backend_pid()", 0, NULL, &rows, &e) < 0)
		return 0;
	snprintf(path, sizeof(path), "/proc/%s/stat", store_rows_value(rows, 0, 0));
	store_rows_free(rows);
	FILE *f = fopen(path, "re");

	if (!f)
		return 0;
	if (fgets(stat, sizeof(stat), f))
		sscanf(stat, "%*d %*s %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
		       &system);
	fclose(f);
	return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static void begin(struct store_stage *st)
{
	char pattern[64];

	part = store_log_begin(st);
	store_log_host(part, 0, SYSTEM_POSTFIX, t("mx1"));
	store_log_service(part, 0, t("postfix/smtp"));
	for (uint16_t i = 0; i < 21; i++) {
		snprintf(pattern, sizeof(pattern), i ? "421 Deferred %d - see {id}"
						     : "250 2.0.0 Ok: queued as {id}", i);
		store_log_reply(part, i, &(struct log_reply){.smtp_code = i ? 421 : 250,
				.enhanced = i ? TEXT_ABSENT : t("2.0.0"), .pattern = t(pattern)});
	}
	sums = (struct log_sums){0};
	replies = 0;
}

static void one(long i)
{
	int64_t us = (BEGIN + i / PER_SECOND) * 1000000;
	char id[64];

	snprintf(id, sizeof(id), "<%ld.%lx@mail.example.com>", i, mix((uint64_t)i));
	message(i, MESSAGE_ARRIVED, us, "client", -1);
	message(i, MESSAGE_ID, us, id, -1);
	message(i, MESSAGE_SENDER, us, "bounces@mail.example.com", 12345);
	attempt(i, us + 1000000, i % 8 != 0, 0);
	if (i % 10 == 1)
		attempt(i, us + 1000000, true, 1);
	if (i % 8)
		message(i, MESSAGE_REMOVED, us + 1000000, NULL, -1);
	long again = i - RETRY * PER_SECOND;

	if (again >= 0 && again % 8 == 0) {
		message(again, MESSAGE_SENDER, us, "bounces@mail.example.com", 12345);
		attempt(again, us, true, 0);
		message(again, MESSAGE_REMOVED, us, NULL, -1);
	}
}

int main(int argc, char **argv)
{
	long messages = argc > 1 ? strtol(argv[1], NULL, 10) : 100000;
	size_t parts = argc > 2 ? (size_t)strtol(argv[2], NULL, 10) : 4;
	struct conf c = {.home = getenv("RUADB_HOME"), .datadir = (char *)".", .tenant = 1,
			 .db_autostart = true};
	struct store *s;
	struct err e;
	double staged = 0, committed = 0, cpu = 0, began;

	if (!c.home || store_open(&c, STORE_INGEST, &s, &e) < 0) {
		fprintf(stderr, "%s\n", c.home ? e.msg : "RUADB_HOME?");
		return 1;
	}
	struct store_stage *st = store_stage_new(&c, 1);
	struct store_batch *b = store_batch_new();
	long lines = 0;
	size_t batches = 0, bytes = 0;
	struct store_log_counts all = {0};
	struct store_log_origin o = {.source = "file", .item = "/var/log/mail.log", .plain = true,
				     .head_length = 4096};

	began = now(CLOCK_MONOTONIC);
	begin(st);
	for (long i = 0; i < messages; i++) {
		one(i);
		if (sums.events < 19990 && i + 1 < messages)
			continue;
		sums.lines = sums.events;
		lines += (long)sums.lines;
		o.to_offset += 2000000;
		store_log_origin(part, &o);
		store_log_end(part, &sums);
		store_batch_add_log(b, part);
		staged += now(CLOCK_MONOTONIC) - began;
		if (b->n_logs == parts || i + 1 == messages) {
			double at = now(CLOCK_MONOTONIC), at_cpu = now(CLOCK_THREAD_CPUTIME_ID);

			bytes = b->bytes > bytes ? b->bytes : bytes;
			if (store_commit(s, st, b, &e) < 0) {
				fprintf(stderr, "%s\n", e.msg);
				return 1;
			}
			cpu += now(CLOCK_THREAD_CPUTIME_ID) - at_cpu;
			committed += now(CLOCK_MONOTONIC) - at;
			all.attempts += b->log_counts.attempts;
			all.deliveries += b->log_counts.deliveries;
			all.repeated += b->log_counts.repeated;
			batches++;
			store_batch_free(b);
			b = store_batch_new();
		}
		began = now(CLOCK_MONOTONIC);
		begin(st);
	}
	printf("lines=%ld messages=%ld deliveries=%lld attempts=%lld repeated=%lld batches=%zu "
	       "batch_bytes=%zu\nstaged_seconds=%.2f committed_seconds=%.2f "
	       "committer_cpu_seconds=%.2f backend_cpu_seconds=%.2f peak_kb=%ld\n", lines, messages, (long long)all.deliveries,
	       (long long)all.attempts, (long long)all.repeated, batches, bytes, staged, committed,
	       cpu, backend(s), peak());
	store_log_free(part);
	store_batch_free(b);
	store_stage_free(st);
	store_close(s);
	return 0;
}
