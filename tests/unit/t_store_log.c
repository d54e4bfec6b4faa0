/*
 * Delivery logs against a real PostgreSQL: a message to its rows and evidence, offsets, parts that
 * are refused, lost commits, [source] sections, and rules that become others.
 */
#include "store/commit.h"
#include "store/db.h"
#include "tests/unit/store_batch.h"

#include <sys/socket.h>

#define T0 1790000000LL /* 2026-09-21 14:13:20 UTC */
#define LINE(us) ((uint64_t)(us) * 0x9e3779b97f4a7c15u)

static const char *category = "blocked", *gateway = "proofpoint-enterprise";

static void judge_peer(void *ctx, struct text host, struct store_peer_class *ret)
{
	(void)ctx;
	*ret = (struct store_peer_class){0};
	if (host.len > 9 && memcmp(host.p + host.len - 9, ".pph.test", 9) == 0) {
		ret->gateway = text_of(gateway);
		ret->family = text_of("proofpoint");
		ret->title = text_of("Proofpoint Enterprise");
	}
}

static void judge_reply(void *ctx, struct text of, uint16_t code, struct text enhanced,
			struct text reply, struct store_reply_class *ret)
{
	(void)ctx, (void)of, (void)enhanced, (void)reply;
	*ret = (struct store_reply_class){.category = text_of(code == 421 ? category : "undefined"),
					  .matched = 'f'};
}

static const struct store_classify classify = {NULL, judge_peer, judge_reply};

static struct store_log *part(const char *item, int64_t from, int64_t to)
{
	struct store_log *l = store_log_begin(st);
	struct store_log_origin o = {.source = "file", .item = item, .plain = true, .device = 1,
				     .inode = 2, .head_length = 3, .from_offset = from,
				     .to_offset = to};
	struct hash *h = hash_new();

	hash_sum(h, "abc", 3, o.head_sha256);
	hash_free(h);
	store_log_origin(l, &o);
	store_log_host(l, 0, SYSTEM_POSTFIX, text_of("mx1"));
	store_log_service(l, 0, text_of("postfix/smtp"));
	store_log_reply(l, 0, &(struct log_reply){.smtp_code = 250, .enhanced = text_of("2.0.0"),
			.pattern = text_of("250 2.0.0 Ok: queued as {id}")});
	store_log_reply(l, 1, &(struct log_reply){.smtp_code = 421,
			.pattern = text_of("421 Deferred - see https://ipcheck.example/?ip={ip}")});
	return l;
}

static void say(struct store_log *l, const char *queue, enum message_event event, int64_t at,
		const char *value)
{
	store_log_message(l, &(struct log_message){.event = event, .at = {.us = (T0 + at) * 1000000},
			  .queue_id = text_of(queue), .value = text_of(value),
			  .size = event == MESSAGE_SENDER ? 1000 : -1});
}

static void tried(struct store_log *l, const char *queue, int64_t at, const char *to, bool accepted,
		  const char *peer)
{
	store_log_attempt(l, &(struct log_attempt){
		.kind = EVENT_ATTEMPT, .outcome = accepted ? ATTEMPT_ACCEPTED : ATTEMPT_DEFERRED,
		.stage = STAGE_GREETING, .reply = accepted ? 0 : 1, .at = {.us = (T0 + at) * 1000000},
		.line_key = LINE(at + (int64_t)strlen(to) * 100000), .queue_id = text_of(queue),
		.recipient = text_of(to), .peer_host = text_of(peer),
		.peer_ip = {4, {203, 0, 113, 5}}, .delay_ms = 1000, .attempts_reported = -1,
		.reply_ip = {accepted ? 0 : 4, {198, 51, 100, 7}},
		.reply_values = text_of(accepted ? "ABC" : "198.51.100.7"),
		.arrived_at = {.us = TIME_ABSENT}, .status = text_of(accepted ? "2.0.0" : "4.0.0")});
}

static void end(struct store_log *l)
{
	struct log_sums sums = {.events = store_log_events(l), .lines = store_log_events(l) + 2,
				.skipped = 1, .unreadable = 1, .last = true};

	store_log_unreadable(l, &(struct log_unreadable){1, text_of("no status"), text_of("a line")});
	store_log_end(l, &sums);
}

static struct store_log_counts store_parts(struct store_log *a, struct store_log *b)
{
	struct store_batch *batch = store_batch_new();

	store_batch_add_log(batch, a);
	if (b)
		store_batch_add_log(batch, b);
	must(store_commit(s, st, batch, &e), &e);
	struct store_log_counts c = batch->log_counts;

	store_batch_free(batch);
	return c;
}

static struct store_log *first_half(void)
{
	struct store_log *l = part("/var/log/mail.log", 0, 100);

	say(l, "A1", MESSAGE_ARRIVED, 0, NULL);
	say(l, "A1", MESSAGE_ID, 0, "<1@mail.example.com>");
	say(l, "A1", MESSAGE_SENDER, 0, "news@mail.example.com");
	tried(l, "A1", 1, "bob@example.net", true, "mx.example.net");
	tried(l, "A1", 2, "eve@Example.ORG", false, "mxa-1.pph.test");
	end(l);
	return l;
}

static struct store_log *second_half(void)
{
	struct store_log *l = part("/var/log/mail.log", 100, 200);

	tried(l, "A1", 600, "eve@example.org", true, "mxa-1.pph.test");
	say(l, "A1", MESSAGE_REMOVED, 600, NULL);
	end(l);
	return l;
}

static void a_message(void)
{
	struct store_log_counts c = store_parts(first_half(), NULL);

	is_int(c.deliveries, 2, "two deliveries");
	is_int(c.attempts, 2, "two attempts");
	is_int(c.lines, 7, "lines with those that say nothing");
	c = store_parts(second_half(), NULL);
	is_int(c.deliveries, 0, "the second part: none new");
	is_str(value(s, "SELECT string_agg(attempts || ' ' || deferred || ' ' || (accepted_at - "
			"first_at) || ' ' || (closed_at - epoch_at) || ' ' || day || ' ' || "
			"message_id || arrival_seen, ', ' ORDER BY first_at) FROM "
			"ruadb_data.delivery"),
	       "1 0 00:00:00 00:10:00 2026-09-21 <1@mail.example.com>true, "
	       "2 1 00:09:58 00:10:00 2026-09-21 <1@mail.example.com>true", "their rows");
	is_str(value(s, "SELECT string_agg(name || ' ' || organizational_domain, ', ' ORDER BY name)"
			" FROM ruadb_data.log_domain"),
	       "example.net example.net, example.org example.org, mail.example.com example.com",
	       "domains, apart from those of reports");
	is_str(value(s, "SELECT count(*) FROM ruadb_data.domain"), "0", "which there are none of");
	is_str(value(s, "SELECT string_agg(evidence::text || gateway || times, ', ') FROM "
			"ruadb_data.domain_gateway"), "pproofpoint-enterprise2",
	       "evidence for the gateway");
	is_str(value(s, "SELECT string_agg(host(source_ip) || ' ' || day, ', ') FROM "
			"ruadb_data.reply_ip_day"), "198.51.100.7 2026-09-21", "the address in the reply");
	is_str(value(s, "SELECT string_agg(coalesce(gateway, '-') || smtp_code || category || "
			"samples[1], ', ' ORDER BY smtp_code, gateway) FROM ruadb_data.reply_template"),
	       "proofpoint-enterprise250undefined250 2.0.0 Ok: queued as ABC, "
	       "-250undefined250 2.0.0 Ok: queued as ABC, proofpoint-enterprise421blocked421 "
	       "Deferred - see https://ipcheck.example/?ip=198.51.100.7", "templates, with a sample");
	is_str(value(s, "SELECT events || ' ' || accepted || ' ' || deferred FROM "
			"ruadb_data.log_host_day"), "3 2 1", "the day of the host");
	is_str(value(s, "SELECT count(DISTINCT day) FROM ruadb_data.cohort_stale"), "1",
	       "its cohort is stale");
	is_str(value(s, "SELECT count(*) FROM ruadb_data.message_open"), "0", "nothing is open");
}

static void again(void)
{
	struct store_log_counts c = store_parts(second_half(), first_half());

	is_int(c.attempts + c.deliveries, 0, "the same again: nothing new");
	is_int(c.repeated, 3, "and how many events were known");
	is_str(value(s, "SELECT events || ' ' || accepted || ' ' || deferred FROM "
			"ruadb_data.log_host_day"), "3 2 1", "the day of the host counts them once");
	is_str(value(s, "SELECT lines || ' ' || unreadable || ' ' || repeated FROM "
			"ruadb_data.log_item"), "22 4 3", "the item's lines add up");
	is_str(value(s, "SELECT lines || reason || sample FROM ruadb_data.log_unreadable"),
	       "4no statusa line", "lines that can't be read");
}

static void offsets(void)
{
	int64_t at = -1;

	must(store_log_offset(s, 1, 2, "abcdef", 6, &at, &e), &e);
	is_int(at, 200, "a file that grew past its head: the same file, read so far");
	must(store_log_offset(s, 1, 2, "abX", 3, &at, &e), &e);
	is_int(at, 0, "another head: another file");
	must(store_log_offset(s, 1, 3, "abc", 3, &at, &e), &e);
	is_int(at, 0, "another inode");
	must(store_log_offset(s, 1, 2, "ab", 2, &at, &e), &e);
	is_int(at, 0, "shorter than it was");
}

/* PostgreSQL refuses an event: all others are stored, and it is told of. */
static void refused(void)
{
	struct store_log *l = part("/var/log/bad.log", 0, 10), *good = part("/var/log/bad.log", 10, 20);
	struct store_log_counts c;

	for (int i = 0; i < 20; i++) {
		char queue[16], to[64];

		snprintf(queue, sizeof(queue), "B%d", i);
		snprintf(to, sizeof(to), i == 13 ? "bob%d@\xff.example.net" : "bob%d@example.net", i);
		tried(l, queue, 1000 + i, to, true, "mx.example.net");
	}
	end(l);
	tried(good, "C1", 2000, "carol@example.net", true, "mx.example.net");
	end(good);
	c = store_parts(l, good);
	is_int(c.deliveries, 20, "all but one of them are stored");
	is_str(value(s, "SELECT sum(lines) || ' ' || left(min(sample), 30) FROM "
			"ruadb_data.log_unreadable WHERE reason LIKE 'refused by the database: %'"),
	       "1 B13: a delivery event, peer mx", "the one is told of");
	is_str(value(s, "SELECT max(at_offset) FROM ruadb_data.log_file"), "200",
	       "an offset only goes forward");
	is_str(value(s, "SELECT lines FROM ruadb_data.log_item WHERE item = '/var/log/bad.log'"), "25",
	       "the sums of a part are counted once, in however many pieces it was stored");
}

/* COMMIT arrives, its answer does not. */
static int lost_answers;

static int lose_answer(struct store *x, const char *sql, struct err *err)
{
	if (lost_answers-- <= 0)
		return db_run(x, sql, err);
	PQclear(PQexec(x->conn, sql));
	shutdown(PQsocket(x->conn), SHUT_RDWR);
	return db_run(x, "SELECT 1", err);
}

static void lost(void)
{
	struct store_log *l = part("/var/log/lost.log", 0, 10);
	struct store_log_counts c;

	say(l, "D1", MESSAGE_ARRIVED, 3000, NULL);
	tried(l, "D1", 3001, "dave@example.net", true, "mx.example.net");
	end(l);
	lost_answers = 2;
	store_commit_hook = lose_answer;
	c = store_parts(l, NULL);
	store_commit_hook = db_run;
	is_int(c.deliveries, 1, "a COMMIT whose answer is lost: counted once");
	is_str(value(s, "SELECT count(*) FROM ruadb_data.delivery WHERE queue_id = 'D1'"), "1",
	       "and stored once");
}

static void sources(void)
{
	struct log_source v[1];
	const char *const keys[][2] = {{"hosts", "mx1"}, {"services", "postfix/smtp=192.0.2.1"},
				       {"stream", "news"}, {"queue_lifetime", "3d"},
				       {"complete", "yes"}};

	log_source_init(&v[0], "ours", 1);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		must(log_source_set(&v[0], keys[i][0], keys[i][1], &e), &e);
	must(store_log_sources_sync(s, v, 1, &e), &e);
	must(store_log_sources_sync(s, v, 1, &e), &e);
	is_str(value(s, "SELECT name || hosts::text || queue_lifetime || complete FROM "
			"ruadb_data.log_source"), "ours{mx1}72:00:00true", "what is declared");
	is_str(value(s, "SELECT string_agg(source, ',') FROM ruadb_data.log_host"), "ours",
	       "the host's source");
	is_str(value(s, "SELECT host(source_ip) || stream FROM ruadb_data.log_service"),
	       "192.0.2.1news", "its service");
	must(store_log_sources_sync(s, NULL, 0, &e), &e);
	is_str(value(s, "SELECT (SELECT count(*) FROM ruadb_data.log_source) || ' ' || count(source) "
			"FROM ruadb_data.log_host"), "0 0", "and taken back");
	log_source_free(&v[0]);
}

static void rules(void)
{
	int64_t peers = 0, templates = 0;

	must(store_log_classify_again(s, &classify, &peers, &templates, &e), &e);
	is_int(peers + templates, 0, "the same rules change nothing");
	value(s, "DELETE FROM ruadb_data.cohort_stale");
	category = "speeding";
	gateway = "mimecast";
	for (int i = 0; i < 2; i++) {
		must(store_log_classify_again(s, &classify, &peers, &templates, &e), &e);
		is_int(peers, i ? 0 : 1, "a peer is another gateway's by other rules");
		is_int(templates, i ? 0 : 1, "a reply is of another category");
	}
	is_str(value(s, "SELECT category FROM ruadb_data.reply_template WHERE smtp_code = 421"),
	       "speeding", "its category");
	is_str(value(s, "SELECT string_agg(evidence::text || gateway || times, ', ') FROM "
			"ruadb_data.domain_gateway"), "pmimecast2", "the evidence is counted anew");
	is_str(value(s, "SELECT string_agg(DISTINCT day::text, ',') FROM ruadb_data.cohort_stale"),
	       "2026-09-21", "their cohorts are stale");
}

int main(void)
{
	conf = home_begin();
	must(store_open(conf, STORE_INGEST, &s, &e), &e);
	st = store_stage_new(conf, 1);
	store_stage_classify(st, &classify);
	a_message();
	again();
	offsets();
	sources();
	rules();
	refused();
	lost();
	store_stage_free(st);
	store_close(s);
	home_end();
	return tap_done();
}
