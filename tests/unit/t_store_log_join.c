/*
 * The join of delivery logs (definitions C1 to C4) without a database: what each event makes of a
 * delivery, which events are of one message, and that neither the order of files nor the portions
 * in which they come change a row.
 */
#include "tests/unit/log_world.h"

static uint64_t seed;

static uint32_t chance(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 33) % n;
}

static void is_world(const struct event *v, uint32_t n, const char *wanted, const char *name)
{
	struct world w;

	world_begin(&w);
	world_store(&w, v, n);
	char *got = world_text(&w);

	is_str(got, wanted, name);
	free(got);
	world_end(&w);
}

#define IS(wanted, name, ...) do { \
	const struct event v[] = {__VA_ARGS__}; \
	is_world(v, sizeof(v) / sizeof(v[0]), wanted, name); \
} while (0)

/* Of one delivery: its facts apart from the message's, as few as tell it. */
static struct join_row one_row(const struct event *v, uint32_t n)
{
	static struct world w;

	world_end(&w); /* of the call before: rows point into it */
	world_begin(&w);
	world_store(&w, v, n);
	struct join_row r = w.rows[0];

	if (w.n_rows != 1)
		r.attempts = -1000 - (int)w.n_rows;
	return r;
}

#define ROW(...) ({ const struct event v_[] = {__VA_ARGS__}; \
	one_row(v_, sizeof(v_) / sizeof(v_[0])); })
#define AT(s) ((T0 + (s)) * S)

static void epochs(void)
{
	is_int(join_epoch(SYSTEM_POSTFIX, text_of("4JfcC62DS0z1c1C")), 1642669762 * S + 314912,
	       "a long queue id of Postfix tells when it was made");
	is_int(join_epoch(SYSTEM_POSTFIX, text_of("120B11D1AF7")), TIME_ABSENT, "a short one not");
	is_int(join_epoch(SYSTEM_POSTFIX, text_of("zzzzzzzzzz")), TIME_ABSENT, "nor only z");
	is_int(join_epoch(SYSTEM_SENDMAIL, text_of("4JfcC62DS0z1c1C")), TIME_ABSENT,
	       "nor that of another server");
	is_int(join_epoch(SYSTEM_EXIM, text_of("16ZCW1-0005MB-00")) / S, 1013180441,
	       "an id of Exim, until 4.96");
	is_int(join_epoch(SYSTEM_EXIM, text_of("16ZCW1-000000005MB-0000")) / S, 1013180441,
	       "since 4.97");
	is_int(join_epoch(SYSTEM_EXIM, text_of("16ZCW1_0005MB_00")), TIME_ABSENT, "not an id");
	is_int(join_epoch(SYSTEM_EXIM, TEXT_ABSENT), TIME_ABSENT, "none");
}

static void states(void)
{
	struct join_row r = ROW(said(0, MESSAGE_ARRIVED), attempt(1, 1, ATTEMPT_ACCEPTED),
				said(2, MESSAGE_REMOVED));

	is_int(r.attempts, 1, "accepted first: one attempt");
	ok(r.accepted == AT(1) && r.first_deferred == TIME_ABSENT && r.closed == AT(2) &&
	   r.arrival_seen == 1 && r.epoch == AT(0), "accepted first: its times");
	r = ROW(attempt(1, 1, ATTEMPT_DEFERRED), attempt(300, 1, ATTEMPT_DEFERRED),
		attempt(900, 1, ATTEMPT_ACCEPTED));
	ok(r.attempts == 3 && r.deferred == 2 && r.accepted == AT(900) &&
	   r.first_deferred == AT(1) && r.last_deferred == AT(300), "accepted later");
	is_int(r.arrival_seen, 0, "left-censored: its arrival was not seen");
	is_int(r.deferred_templates.n, 1, "one template, twice");
	r = ROW(attempt(1, 1, ATTEMPT_DEFERRED), attempt(300, 1, ATTEMPT_BOUNCED));
	ok(r.bounced == AT(300) && r.deferred == 1 && r.attempts == 2, "bounced after deferral");
	r = ROW(attempt(1, 1, ATTEMPT_DEFERRED), said(400, MESSAGE_EXPIRED),
		said(401, MESSAGE_REMOVED));
	ok(r.expired == AT(400) && r.closed == AT(401) && r.attempts == 1, "expired");
	r = ROW(attempt(1, 1, ATTEMPT_ACCEPTED), said(400, MESSAGE_EXPIRED));
	ok(r.expired == TIME_ABSENT, "what was accepted does not expire with the message");
	r = ROW(attempt(1, 1, ATTEMPT_DEFERRED), said(400, MESSAGE_REMOVED_BY_ADMIN));
	ok(r.removed == AT(400) && r.closed == AT(400), "removed by an administrator");
	r = ROW(attempt(1, 1, ATTEMPT_ACCEPTED), said(2, MESSAGE_REMOVED),
		of_kind(attempt(90000, 1, ATTEMPT_BOUNCED), EVENT_LATER_DSN));
	ok(r.bounced_after == AT(90000) && r.bounced == TIME_ABSENT && r.attempts == 1,
	   "a bounce that came back later is no attempt, and no bounce");
	r = ROW(attempt(1, 1, ATTEMPT_DEFERRED),
		of_kind(attempt(301, 1, ATTEMPT_DEFERRED), EVENT_QUEUE_SUSPENDED),
		of_kind(attempt(302, 1, ATTEMPT_EXPIRED), EVENT_QUEUE));
	ok(r.attempts == 1 && r.suspended == 1 && r.deferred == 1 && r.last_deferred == AT(301) &&
	   r.expired == AT(302) && r.suspended_templates.n == 1,
	   "a suspended line is no attempt (C1); the queue's own end is none either");
	r = ROW(sender(0, 0, 900), attempt(1, 1, ATTEMPT_ACCEPTED));
	ok(r.facts.null_sender && r.facts.size == 900, "the null sender");
}

static void mx_attempts(void)
{
	struct join_row r = ROW(of_kind(attempt(1, 0, ATTEMPT_DEFERRED), EVENT_MX_ATTEMPT),
				of_kind(attempt(1, 0, ATTEMPT_DEFERRED), EVENT_MX_ATTEMPT),
				attempt(1, 1, ATTEMPT_DEFERRED));

	ok(r.attempts == 1 && r.mx_attempts == 2 && r.deferred == 1,
	   "three hosts in one queue run: one attempt, two mx_attempts (C1)");
	IS("open arr=0 id= env=0 head=0 size=-1 null=0 epoch=1000 first=1000 last=1000\nopen_atts=1",
	   "alone it waits", of_kind(attempt(1, 0, ATTEMPT_DEFERRED), EVENT_MX_ATTEMPT));
}

static void handed(void)
{
	struct event to_relay = attempt(1, 1, ATTEMPT_ACCEPTED), nowhere;

	to_relay.att.handed = 1;
	ok(ROW(to_relay).handed_on, "to a relay: handed on (C3)");
	ok(!ROW(to_relay, attempt(5, 1, ATTEMPT_ACCEPTED)).handed_on, "then to a peer: not");
	nowhere = attempt(9, 1, ATTEMPT_DEFERRED);
	nowhere.att.handed = -1;
	nowhere.att.peer_id = 0;
	ok(ROW(to_relay, nowhere).handed_on, "who reached nobody says nothing of it");
}

static void services(void)
{
	struct event late = attempt(10, 1, ATTEMPT_ACCEPTED), early = attempt(5, 1, ATTEMPT_DEFERRED);
	struct event error = of_kind(attempt(1, 1, ATTEMPT_DEFERRED), EVENT_QUEUE_SUSPENDED);
	struct ip ip = {4, {192, 0, 2, 1}};

	late.att.service_id = 8;
	error.att.service_id = 9;
	is_int(ROW(error, early, late).service_id, 7, "its service is that of the first attempt");
	late.att.source_ip = ip;
	late.att.ip_from = 'l';
	struct join_row r = ROW(error, early, late);

	ok(r.service_id == 8 && r.source_ip.family == 4 && r.ip_from == 'l',
	   "or of the first that has a source address");
}

static void messages(void)
{
	IS("r1 service=7 peer=51 template=0 n=1/0/0/0 rep=-1 day=20717 arr=1 handed=0 ip=0.0- "
	   "templates=0/0 id= env=0 head=0 size=-1 null=0 epoch=0 first=1000 last=1000 acc=1000 "
	   "closed=1000 lines=9e3779b97f4a7c15\n"
	   "open_atts=0", "a message that is over: all of its row", said(0, MESSAGE_ARRIVED),
	   (struct event){.att = {.us = AT(1), .line_key = 0x9e3779b97f4a7c15u, .recipient = 1,
		.recipient_domain = 101, .service_id = 7, .arrived = TIME_ABSENT, .reported = -1,
		.kind = EVENT_ATTEMPT, .outcome = ATTEMPT_ACCEPTED, .peer_id = 51}},
	   said(1, MESSAGE_REMOVED));
}

/* How many messages the same queue id is. */
static uint32_t how_many(const struct event *v, uint32_t n)
{
	struct world w;
	int64_t epochs[MAX];
	uint32_t found = 0;

	world_begin(&w);
	world_store(&w, v, n);
	for (uint32_t i = 0; i < w.n_rows; i++) {
		bool new = true;

		for (uint32_t k = 0; k < found; k++)
			new &= epochs[k] != w.rows[i].epoch;
		if (new)
			epochs[found++] = w.rows[i].epoch;
	}
	world_end(&w);
	return found;
}

#define MESSAGES(...) ({ const struct event v_[] = {__VA_ARGS__}; \
	how_many(v_, sizeof(v_) / sizeof(v_[0])); })

static void reuse(void)
{
	const int64_t day = DAY;

	is_int(MESSAGES(attempt(0, 1, ATTEMPT_DEFERRED), attempt(4 * day, 1, ATTEMPT_ACCEPTED)), 1,
	       "within the queue lifetime: the same message (C2)");
	is_int(MESSAGES(attempt(0, 1, ATTEMPT_DEFERRED), attempt(5 * day + 1, 1, ATTEMPT_ACCEPTED)),
	       2, "after it: another");
	is_int(MESSAGES(attempt(0, 1, ATTEMPT_DEFERRED), attempt(4 * day, 1, ATTEMPT_DEFERRED),
			attempt(8 * day, 1, ATTEMPT_ACCEPTED)), 1, "counted from the last event on");
	is_int(MESSAGES(attempt(0, 1, ATTEMPT_ACCEPTED), said(0, MESSAGE_REMOVED),
			attempt(60, 1, ATTEMPT_ACCEPTED)), 2, "after `removed`: another");
	is_int(MESSAGES(attempt(5, 1, ATTEMPT_ACCEPTED), said(5, MESSAGE_REMOVED),
			said(5, MESSAGE_ARRIVED)), 1, "within one second there is but one");
	is_int(MESSAGES(attempt(0, 1, ATTEMPT_DEFERRED), said(60, MESSAGE_ARRIVED),
			attempt(61, 2, ATTEMPT_ACCEPTED)), 2, "what arrives is new");
	is_int(MESSAGES(attempt(0, 1, ATTEMPT_ACCEPTED), said(1, MESSAGE_REMOVED),
			of_kind(attempt(day, 1, ATTEMPT_BOUNCED), EVENT_LATER_DSN)), 1,
	       "a later DSN is of the message before");
}

static void salts(void)
{
	struct world w;
	struct event v[] = {said(0, MESSAGE_ARRIVED), attempt(1, 1, ATTEMPT_DEFERRED),
			    attempt(1, 3, ATTEMPT_DEFERRED), attempt(300, 3, ATTEMPT_ACCEPTED),
			    attempt(600, 1, ATTEMPT_DEFERRED), attempt(900, 1, ATTEMPT_ACCEPTED),
			    of_kind(attempt(9000, 1, ATTEMPT_BOUNCED), EVENT_LATER_DSN)};

	world_begin(&w);
	w.recipients = JOIN_DOMAIN;
	for (uint32_t i = 0; i < 7; i++)
		world_store(&w, &v[i], 1);
	is_int(w.n_rows, 2, "recipients = domain: two at one domain stay two");
	ok(w.rows[0].recipient_key != 1 && w.rows[1].recipient_key != 3 && w.rows[0].recipient_key !=
	   w.rows[1].recipient_key, "their keys are not those of the addresses");
	is_int(w.rows[0].attempts + w.rows[1].attempts, 5, "all attempts find theirs");
	is_int(w.rows[0].salt | w.rows[1].salt, 0, "the salt is gone when they are final");
	is_int((w.rows[0].bounced_after != TIME_ABSENT) + (w.rows[1].bounced_after != TIME_ABSENT), 1,
	       "what comes then is taken to be of one of them");
	world_end(&w);
}

static void twice(void)
{
	struct world w;
	struct event v[] = {said(0, MESSAGE_ARRIVED), attempt(1, 1, ATTEMPT_DEFERRED),
			    attempt(300, 1, ATTEMPT_ACCEPTED), said(300, MESSAGE_REMOVED)};

	world_begin(&w);
	world_store(&w, v, 4);
	char *once = world_text(&w);

	for (int i = 0; i < 3; i++)
		world_store(&w, v, 4);
	world_store(&w, v + 1, 1);
	char *again = world_text(&w);

	is_str(again, once, "the same lines again change nothing (C8)");
	is_int(w.repeated, 7, "and are counted");
	free(once);
	free(again);
	world_end(&w);
}

/* ---- any order, any portions ---- */

static uint32_t a_message(struct event *v, int64_t *at, bool reused, int no)
{
	static const char *const ids[] = {"<a@mail.example.com>", "<b@mail.example.com>",
					  "<c@mail.example.com>"};
	int recipients = 1 + (int)chance(3);
	bool done[4] = {false};
	uint32_t n = 0, runs = 1 + chance(4);

	if (reused || chance(4)) {
		v[n++] = said(*at, MESSAGE_ARRIVED);
		v[n++] = message_id(*at, ids[no]);
		v[n++] = sender(*at, 200 + no, 1000 + no);
	}
	for (uint32_t run = 0; run < runs; run++) {
		*at += 1 + chance(run ? 40000 : 5);
		for (uint32_t mx = chance(3); mx > 1; mx--)
			v[n++] = of_kind(attempt(*at, 0, ATTEMPT_DEFERRED), EVENT_MX_ATTEMPT);
		for (int r = 1; r <= recipients; r++) {
			uint32_t what = chance(6);

			if (done[r])
				continue;
			v[n] = attempt(*at + (int64_t)chance(3), r, what < 2 ? ATTEMPT_ACCEPTED :
				       what < 3 ? ATTEMPT_BOUNCED : ATTEMPT_DEFERRED);
			done[r] = what < 3;
			if (what == 3)
				v[n] = of_kind(v[n], EVENT_QUEUE_SUSPENDED);
			v[n].att.template_id = 1 + chance(3);
			v[n].att.service_id = what == 3 ? 9 : 7;
			v[n].att.peer_id = what == 4 ? 0 : 50 + chance(3);
			v[n++].att.handed = what == 4 || what == 3 ? -1 : 0;
		}
		*at += 3;
	}
	if (!chance(4))
		v[n++] = said(*at, MESSAGE_EXPIRED);
	if (reused || chance(2))
		v[n++] = said(*at + 1, chance(5) ? MESSAGE_REMOVED : MESSAGE_REMOVED_BY_ADMIN);
	*at += 2 + chance(3 * 86400);
	return n;
}

static void shuffle(uint32_t *v, uint32_t n)
{
	for (uint32_t i = n; i > 1; i--) {
		uint32_t k = chance(i), x = v[i - 1];

		v[i - 1] = v[k];
		v[k] = x;
	}
}

/* The events cut into parts (by second where a queue id may be used again: a message's first lines
 * are of one second), the parts in any order, in any batches. */
static char *in_parts(const struct event *v, uint32_t n, bool reused, int64_t epoch)
{
	struct event parts[MAX];
	uint32_t order[MAX], part[MAX], n_parts = 1, at = 0;
	struct world w;

	for (uint32_t i = 0; i < n; i++) {
		int64_t now = v[i].is_msg ? v[i].msg.us : v[i].att.us;
		int64_t before = !i ? now : v[i - 1].is_msg ? v[i - 1].msg.us : v[i - 1].att.us;

		if (i && now != before && !chance(3))
			n_parts++;
		part[i] = n_parts - 1;
	}
	if (!reused)
		for (uint32_t i = 0; i < n; i++)
			part[i] = chance(n_parts);
	for (uint32_t i = 0; i < n_parts; i++)
		order[i] = i;
	shuffle(order, n_parts);
	world_begin(&w);
	w.epoch = epoch;
	for (uint32_t p = 0; p < n_parts; p++) {
		for (uint32_t i = 0; i < n; i++)
			if (part[i] == order[p])
				parts[at++] = v[i];
		if (p + 1 < n_parts && chance(2))
			continue;
		world_store(&w, parts, at);
		at = 0;
	}
	char *text = world_text(&w);

	world_end(&w);
	return text;
}

static void any_order(bool reused, const char *name)
{
	uint32_t differ = 0;

	for (uint32_t round = 0; round < 2000 && differ < 3; round++) {
		struct event v[MAX];
		uint64_t began = seed = 0x1234567 + round * 7919u + reused;
		int64_t at = 0, epoch = reused ? TIME_ABSENT : T0 * S;
		uint32_t n = 0, messages = reused ? 2 + round % 2 : 1;

		chance(2);
		for (uint32_t i = 0; i < messages; i++)
			n += a_message(v + n, &at, reused, (int)i);
		struct world w;

		world_begin(&w);
		w.epoch = epoch;
		world_store(&w, v, n);
		char *whole = world_text(&w);

		for (int k = 0; k < 5; k++) {
			char *got = in_parts(v, n, reused, epoch);

			if (strcmp(got, whole) != 0 && differ++ < 3)
				tap_note("seed %llx\n# whole\n%s\n# in parts\n%s",
					 (unsigned long long)began, whole, got);
			free(got);
		}
		free(whole);
		world_end(&w);
	}
	is_int(differ, 0, name);
}

int main(void)
{
	epochs();
	states();
	mx_attempts();
	handed();
	services();
	messages();
	reuse();
	salts();
	twice();
	any_order(false, "one message, its lines in any order, in any portions: the same rows");
	any_order(true, "a queue id that is used again, files in any order: the same rows");
	return tap_done();
}
