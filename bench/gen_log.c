/*
 * gen_log - a log of Postfix for the bench, from a seed.
 *
 *   gen_log FILE MESSAGES DAYS SEED     FILE "-": standard output
 *
 * Two hosts, 16 services each (postfix/out0/smtp sends from 192.0.2.1, and so on; on mx2 from
 * 192.0.2.101), DAYS days that end at midnight UTC before the last one; the file's mtime is its last
 * line's. A message is 5 lines: client, message-id, from, to, removed. A fifth of
 * the recipients are behind pphosted.com; 7% of those are deferred at first (in the greeting, at
 * RCPT, behind the data), and tried again in a growing rhythm until they are accepted, or after five
 * days expired; while a host is deferred, some lines repeat its reply without trying. 1% of all
 * are bounced, 3% of the messages have two to five recipients, and greylisting is elsewhere.
 * Bounces are messages of their own. Queue ids are short ones, used again once they are free.
 *
 * Prints what it wrote as name=value.
 */
#include "bench/gen_report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define SECOND 1000000LL
#define LIFETIME (5 * 86400 * SECOND)
#define RCPTS 5
#define DOMAINS 4000
#define SERVICES 16
#define LAST_STEP 4000

enum step { ARRIVES, TRIED };

enum fate { FINE, GREYLISTED, UNKNOWN_USER, PROOFPOINT };

struct recipient {
	uint32_t user;
	uint16_t domain;
	uint8_t fate;
	bool done;
};

struct message {
	int64_t at, arrived;
	enum step step;
	uint32_t no, slot, size;
	uint8_t n, tries, host, service;
	bool notification; /* of a bounce */
	struct recipient r[RCPTS];
};

static struct {
	FILE *out;
	struct rng rng;
	int64_t second;     /* of the stamp below */
	char stamp[32];
	struct message **heap;
	size_t n, cap;
	uint32_t *free_slots;
	size_t n_free, cap_free;
	uint32_t slots, no;
	uint64_t lines, bytes, arrivals, sent, deferrals, suspended, deferred, bounced, expired;
	uint64_t recipients;
} g;

static const char *const hosts[] = {"mx1", "mx2"};

static void die(const char *what)
{
	fprintf(stderr, "gen_log: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* ---- what happens next: a heap by time ---- */

static bool before(const struct message *a, const struct message *b)
{
	return a->at < b->at || (a->at == b->at && a->no < b->no);
}

static void push(struct message *m)
{
	size_t i = g.n++;

	if (g.n > g.cap) {
		g.cap = g.cap ? 2 * g.cap : 1024;
		g.heap = xrealloc(g.heap, g.cap * sizeof(*g.heap));
	}
	for (; i && before(m, g.heap[(i - 1) / 2]); i = (i - 1) / 2)
		g.heap[i] = g.heap[(i - 1) / 2];
	g.heap[i] = m;
}

static struct message *pop(void)
{
	struct message *first = g.heap[0], *last = g.heap[--g.n];
	size_t i = 0, child;

	while ((child = 2 * i + 1) < g.n) {
		if (child + 1 < g.n && before(g.heap[child + 1], g.heap[child]))
			child++;
		if (before(last, g.heap[child]))
			break;
		g.heap[i] = g.heap[child];
		i = child;
	}
	g.heap[i] = last;
	return first;
}

/* ---- lines ---- */

static uint32_t take_slot(void)
{
	return g.n_free ? g.free_slots[--g.n_free] : g.slots++;
}

static void give_slot(uint32_t slot)
{
	if (g.n_free == g.cap_free) {
		g.cap_free = g.cap_free ? 2 * g.cap_free : 1024;
		g.free_slots = xrealloc(g.free_slots, g.cap_free * sizeof(*g.free_slots));
	}
	g.free_slots[g.n_free++] = slot;
}

/* As Postfix makes them: five digits of the microseconds, then the inode. */
static const char *queue_id(uint32_t slot, int64_t arrived, char *ret)
{
	snprintf(ret, 20, "%05" PRIX64 "%X", (uint64_t)(arrived % SECOND), 0x20000 + slot);
	return ret;
}

__attribute__((format(printf, 4, 5)))
static void line(const struct message *m, int64_t at, const char *program, const char *fmt, ...)
{
	static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep",
					 "Oct", "Nov", "Dec"};
	char qid[20];
	va_list ap;

	if (at / SECOND != g.second) {
		time_t t = (time_t)(g.second = at / SECOND);
		struct tm tm;

		gmtime_r(&t, &tm);
		snprintf(g.stamp, sizeof(g.stamp), "%s %2d %02d:%02d:%02d", months[tm.tm_mon], tm.tm_mday,
			 tm.tm_hour, tm.tm_min, tm.tm_sec);
	}
	int n = fprintf(g.out, "%s %s postfix/", g.stamp, hosts[m->host]);

	if (!strcmp(program, "smtp") && !m->notification)
		n += fprintf(g.out, "out%u/", m->service);
	n += fprintf(g.out, "%s[%u]: %s: ", program, 1000 + rng_below(&g.rng, 64) * 17,
		     queue_id(m->slot, m->arrived, qid));

	va_start(ap, fmt);
	n += vfprintf(g.out, fmt, ap);
	va_end(ap);
	g.bytes += (uint64_t)n;
	g.lines++;
}

/* Who answers for a domain: a fifth Proofpoint, then the others that matter. */
enum gateway { PPHOSTED, MICROSOFT, GOOGLE, MIMECAST, OWN };

static enum gateway gateway_of(uint32_t domain)
{
	uint32_t x = domain % 20;

	return x < 4 ? PPHOSTED : x < 10 ? MICROSOFT : x < 15 ? GOOGLE : x < 16 ? MIMECAST : OWN;
}

struct peer {
	char host[64], ip[20];
};

static void peer_of(uint32_t domain, bool second, struct peer *p)
{
	enum gateway w = gateway_of(domain);

	if (w == PPHOSTED)
		snprintf(p->host, sizeof(p->host), "mx0%c-%08x.pphosted.com", second ? 'b' : 'a',
			 0x100000 + domain);
	else if (w == MICROSOFT)
		snprintf(p->host, sizeof(p->host), "d%u-example-org.mail.protection.outlook.com", domain);
	else if (w == OWN)
		snprintf(p->host, sizeof(p->host), "mx%u.d%u.example.org", 1U + second, domain);
	else
		snprintf(p->host, sizeof(p->host), w == GOOGLE ? "aspmx.l.google.com"
			: "eu-smtp-inbound-%u.mimecast.com", 1U + second);
	snprintf(p->ip, sizeof(p->ip), "%s.%u", domain % 2 ? "198.51.100" : "203.0.113",
		 1 + (domain / 2 + second) % 250);
}

/* What a gateway says where it takes a message. */
static void accepted(const struct message *m, uint32_t domain, char *ret, size_t size)
{
	uint64_t x = rng_next(&g.rng);

	switch (gateway_of(domain)) {
	case PPHOSTED:
		snprintf(ret, size, "250 2.0.0 3%09" PRIx64 "-1 Message accepted for delivery",
			 x & 0xfffffffff);
		break;
	case MICROSOFT:
		snprintf(ret, size, "250 2.6.0 <%08x.%u@mail.example.com> [InternalId=%" PRIu64
			 ", Hostname=AM0PR01MB%04u.eurprd01.prod.example.net] %u bytes in 0.%03u, %u.%03u KB/sec"
			 " Queued mail for delivery", m->no, m->no, x >> 12, (unsigned)(x % 10000), m->size,
			 (unsigned)(x % 900 + 100), (unsigned)(x % 200), (unsigned)(x % 997));
		break;
	case GOOGLE:
		snprintf(ret, size, "250 2.0.0 OK  %" PRId64 " %012" PRIx64 "-%08x.%u - gsmtp", g.second,
			 x >> 16, (unsigned)x, (unsigned)(x % 999));
		break;
	case MIMECAST:
		snprintf(ret, size, "250 SmtpThread-%u-%" PRIu64 "@us-mta-%u.us.mimecast.lan Received OK "
			 "[%016" PRIx64 ".us%u]", (unsigned)(x % 999999), x >> 20, (unsigned)(x % 700), x,
			 (unsigned)(x % 9));
		break;
	case OWN:
		snprintf(ret, size, "250 2.0.0 Ok: queued as %07" PRIX64, x & 0xfffffff);
	}
}

/* delay=, delays=: as Postfix rounds them. */
static void delays(const struct message *m, int64_t at, char *ret, size_t size)
{
	double d = (double)(at - m->arrived) / 1e6;
	int digits = d < 1 ? 2 : d < 10 ? 1 : 0;

	snprintf(ret, size, "delay=%.*f, delays=%.*f/0.02/%.2f/%.2f", digits, d, digits,
		 d > 0.3 ? d - 0.3 : 0.01, 0.05 + (m->no % 20) / 100.0, 0.1 + (m->no % 10) / 100.0);
}

static void to(const struct message *m, const struct recipient *r, int64_t at, const struct peer *p,
	       const char *dsn, const char *status, const char *reason)
{
	char d[80];

	delays(m, at, d, sizeof(d));
	line(m, at, p ? "smtp" : "error",
	     "to=<user%u@d%u.example.org>, relay=%s%s%s%s, %s, dsn=%s, status=%s (%s)\n", r->user,
	     r->domain, p ? p->host : "none", p ? "[" : "", p ? p->ip : "", p ? "]:25" : "", d, dsn, status, reason);
}

/* ---- a message's life ---- */

static struct message *new_message(int64_t at)
{
	struct message *m = xcalloc(1, sizeof(*m));

	m->at = m->arrived = at;
	m->no = ++g.no;
	m->slot = take_slot();
	m->size = 2000 + rng_below(&g.rng, 60000);
	m->host = (uint8_t)rng_below(&g.rng, 2);
	m->service = (uint8_t)rng_below(&g.rng, SERVICES);
	push(m);
	return m;
}

static void draw_recipients(struct message *m)
{
	m->n = rng_permille(&g.rng, 30) ? (uint8_t)(2 + rng_below(&g.rng, RCPTS - 1)) : 1;
	for (uint32_t i = 0; i < m->n; i++) {
		struct recipient *r = &m->r[i];
		uint32_t domain = rng_below(&g.rng, rng_permille(&g.rng, 500) ? DOMAINS / 10 : DOMAINS);

		*r = (struct recipient){.user = rng_below(&g.rng, 1000000), .domain = (uint16_t)domain};
		if (rng_permille(&g.rng, 10))
			r->fate = UNKNOWN_USER;
		else if (gateway_of(domain) == PPHOSTED && rng_permille(&g.rng, 70))
			r->fate = PROOFPOINT;
		else if (gateway_of(domain) == OWN && rng_permille(&g.rng, 30))
			r->fate = GREYLISTED;
	}
	g.recipients += m->n;
}

static void arrives(struct message *m)
{
	g.arrivals++;
	if (m->notification) {
		line(m, m->at, "cleanup", "message-id=<20260701.%X@mx.example.com>\n", m->no);
		line(m, m->at, "qmgr", "from=<>, size=%u, nrcpt=1 (queue active)\n", m->size);
	} else {
		line(m, m->at, "smtpd", "client=app%u.example.com[10.0.0.%u]\n", m->no % 3, m->no % 3 + 1);
		line(m, m->at + 2000, "cleanup", "message-id=<%08x.%u@mail.example.com>\n", m->no, m->no);
		line(m, m->at + 9000, "qmgr", "from=<%s%x@%s.example.com>, size=%u, nrcpt=%u (queue active)\n",
		     m->service % 3 ? "bounces+" : "no-reply-", m->no, m->service % 3 ? "news" : "shop", m->size, m->n);
	}
	m->step = TRIED;
	m->at += 200000 + rng_below(&g.rng, 2500000);
	push(m);
}

/* The reply of a Proofpoint host to this service's address: always the same kind in a try. */
static void defer_proofpoint(struct message *m, struct recipient *r, const struct peer *p)
{
	char reason[400], in[300], ip[20];
	int kind = (int)((r->domain / 20 + r->user) % 3);

	snprintf(ip, sizeof(ip), "192.0.2.%u", 100U * m->host + m->service + 1);
	if (kind == 0)
		snprintf(in, sizeof(in), "host %s[%s] refused to talk to me: 421 Deferred - see "
			 "https://ipcheck.proofpoint.com/?ip=%s", p->host, p->ip, ip);
	else
		snprintf(in, sizeof(in), "host %s[%s] said: 421 4.7.0 Deferred - see "
			 "https://ipcheck.proofpoint.com/?ip=%s (in reply to %s)", p->host, p->ip, ip,
			 kind == 1 ? "RCPT TO command" : "end of DATA command");
	if (m->tries && rng_permille(&g.rng, 200)) {
		snprintf(reason, sizeof(reason), "delivery temporarily suspended: %s", in);
		to(m, r, m->at, NULL, kind ? "4.7.0" : "4.0.0", "deferred", reason);
		g.suspended++;
	} else {
		to(m, r, m->at, p, kind ? "4.7.0" : "4.0.0", "deferred", in);
		g.deferrals++;
	}
}

/* One try of one recipient; true: it is done with. */
static bool try_one(struct message *m, struct recipient *r)
{
	struct peer p;
	char reply[300], reason[400];

	peer_of(r->domain, m->tries % 2, &p);
	if (r->fate == UNKNOWN_USER) {
		snprintf(reason, sizeof(reason), "host %s[%s] said: 550 5.1.1 <user%u@d%u.example.org>: "
			 "Recipient address rejected: User unknown (in reply to RCPT TO command)", p.host, p.ip,
			 r->user, r->domain);
		to(m, r, m->at, &p, "5.1.1", "bounced", reason);
		g.bounced++;
		return r->done = true;
	}
	if (r->fate == GREYLISTED && m->tries == 0) {
		g.deferred++;
		g.deferrals++;
		snprintf(reason, sizeof(reason), "host %s[%s] said: 450 4.2.0 <user%u@d%u.example.org>: "
			 "Recipient address rejected: Greylisted, see http://postgrey.example.net/help/d%u"
			 ".example.org.html (in reply to RCPT TO command)", p.host, p.ip, r->user, r->domain,
			 r->domain);
		to(m, r, m->at, &p, "4.2.0", "deferred", reason);
		return false;
	}
	/* 3 of 100 are deferred for good */
	if (r->fate == PROOFPOINT && (m->tries == 0 || r->user % 100 < 3 || rng_permille(&g.rng, 600))) {
		g.deferred += m->tries == 0;
		defer_proofpoint(m, r, &p);
		return false;
	}
	accepted(m, r->domain, reply, sizeof(reply));
	to(m, r, m->at, &p, "2.0.0", "sent", reply);
	g.sent++;
	return r->done = true;
}

static void notify(struct message *m)
{
	struct message *n = new_message(m->at + 4000);
	char qid[20];

	n->notification = true;
	n->host = m->host;
	n->service = 0;
	n->n = 1;
	n->r[0] = (struct recipient){.user = m->no, .domain = 19};
	g.recipients++;
	line(m, m->at + 3000, "bounce", "sender non-delivery notification: %s\n",
	     queue_id(n->slot, n->arrived, qid));
}

static void finish(struct message *m)
{
	line(m, m->at + 5000, "qmgr", "removed\n");
	give_slot(m->slot);
	free(m);
}

static void tried(struct message *m)
{
	bool left = false, bounced = false;
	int64_t wait;

	if (m->tries)
		line(m, m->at, "qmgr", "from=<%s%x@%s.example.com>, size=%u, nrcpt=%u (queue active)\n",
		     m->service % 3 ? "bounces+" : "no-reply-", m->no, m->service % 3 ? "news" : "shop", m->size, m->n);
	for (uint32_t i = 0; i < m->n; i++)
		if (!m->r[i].done) {
			left |= !try_one(m, &m->r[i]);
			bounced |= m->r[i].fate == UNKNOWN_USER && m->tries == 0;
		}
	if (left && m->at - m->arrived > LIFETIME) {
		line(m, m->at + 1000, "qmgr", "from=<%s%x@%s.example.com>, status=expired, returned to sender\n",
		     m->service % 3 ? "bounces+" : "no-reply-", m->no, m->service % 3 ? "news" : "shop");
		for (uint32_t i = 0; i < m->n; i++)
			g.expired += !m->r[i].done;
		left = false;
		bounced = true;
	}
	if (bounced && !m->notification)
		notify(m);
	if (!left) {
		finish(m);
		return;
	}
	wait = 300LL << (m->tries < 4 ? m->tries : 4);
	m->at += (wait < LAST_STEP ? wait : LAST_STEP) * SECOND + rng_below(&g.rng, 60000000);
	m->tries = (uint8_t)(m->tries < 255 ? m->tries + 1 : 255);
	push(m);
}

/* Arrivals are evenly spread; what is in the queue at the end stays there, as pending. */
static void make(uint64_t messages, int64_t begin, int64_t end)
{
	uint64_t made = 0;
	double step = (double)(end - begin) / (double)messages;

	for (;;) {
		while (made < messages && (!g.n || begin + (int64_t)((double)made * step) <= g.heap[0]->at)) {
			struct message *m = new_message(begin + (int64_t)((double)made++ * step) +
							rng_below(&g.rng, 1000));
			draw_recipients(m);
		}
		if (!g.n || g.heap[0]->at >= end)
			break;
		struct message *m = pop();

		if (m->step == ARRIVES)
			arrives(m);
		else
			tried(m);
	}
}

static void set_mtime(const char *path, int64_t end)
{
	struct timespec t[2] = {{.tv_sec = (time_t)end}, {.tv_sec = (time_t)end}};

	if (utimensat(-1, path, t, 0) < 0)
		die(path);
}

int main(int argc, char **argv)
{
	if (argc != 5) {
		fputs("usage: gen_log FILE|- MESSAGES DAYS SEED\n", stderr);
		return 64;
	}
	bool to_file = strcmp(argv[1], "-") != 0;
	int64_t end = (int64_t)time(NULL) / 86400 * 86400 - 86400;
	int64_t begin = end - 86400 * strtoll(argv[3], NULL, 10);

	g.rng.state = strtoull(argv[4], NULL, 10);
	g.out = to_file ? fopen(argv[1], "we") : stdout;
	if (!g.out)
		die(argv[1]);
	setvbuf(g.out, NULL, _IOFBF, 1 << 20);
	make(strtoull(argv[2], NULL, 10), begin * SECOND, end * SECOND);
	if (fflush(g.out) || ferror(g.out) || (to_file && fclose(g.out)))
		die(argv[1]);
	if (to_file)
		set_mtime(argv[1], end);
	fprintf(to_file ? stdout : stderr, "lines=%" PRIu64 " bytes=%" PRIu64 " arrivals=%" PRIu64
		" recipients=%" PRIu64 " sent=%" PRIu64 " deferrals=%" PRIu64 " suspended=%" PRIu64
		" deferred=%" PRIu64 " bounced=%" PRIu64 " expired=%" PRIu64 " open=%zu\n", g.lines,
		g.bytes, g.arrivals, g.recipients, g.sent, g.deferrals, g.suspended, g.deferred,
		g.bounced, g.expired, g.n);
	return 0;
}
