/* Definitions A4, with numbers; and A1, A2: who counts. */
#include "base/model.h"
#include "store/counted.h"
#include "store/days.h"
#include "store/identity.h"
#include "tests/unit/tap.h"

#define DAY 86400
#define H 3600

static struct days d;
static int64_t share[DAYS_MAX];

static void one_day(void)
{
	days_of(19782LL * DAY, 19783LL * DAY - 1, &d);
	ok(d.has_day && d.day == 19782 && !d.n && !d.swapped, "a UTC day lies on it");
	days_of(19782LL * DAY + 7 * H, 19783LL * DAY + 7 * H, &d);
	ok(d.has_day && d.day == 19782, "07:00 to 07:00: the date of the midpoint, 19:00");
	days_of(19782LL * DAY + 16 * H, 19783LL * DAY + 16 * H, &d);
	ok(d.has_day && d.day == 19783, "16:00 to 16:00: the midpoint is on the second");
	days_of(19782LL * DAY + 12 * H, 19783LL * DAY + 12 * H, &d);
	ok(d.has_day && d.day == 19783, "midpoint at midnight: the day that begins there");
	days_of(100, 100, &d);
	ok(d.has_day && d.day == 0 && !d.swapped, "begin = end: its own date");
	days_of(-10 * H, -9 * H, &d);
	ok(d.has_day && d.day == -1, "before 1970 it is floored too");
	days_of(-3, 2, &d);
	ok(d.has_day && d.day == -1, "midpoint -0.5 is floored to -1: the day before");
}

static void edges(void)
{
	days_of(0, 25 * H, &d);
	ok(d.has_day && d.day == 0 && !d.n, "25 h exactly: whole");
	days_of(0, 25 * H + 1, &d);
	ok(!d.has_day && d.n == 2 && d.first == 0, "25 h and a second: split");
	days_of(0, 31 * DAY, &d);
	ok(!d.has_day && d.n == 31, "31 days exactly: split over 31");
	days_of(H, 31 * DAY + H, &d);
	ok(!d.has_day && d.n == 32 && d.seconds[31] == H, "31 days that touch 32");
	days_of(0, 31 * DAY + 1, &d);
	ok(!d.has_day && !d.n, "longer: on no day");
	days_of(2 * DAY - 1, DAY, &d);
	ok(d.has_day && d.day == 1 && d.swapped, "begin after end: swapped and flagged");
	days_of(TIME_ABSENT, 100, &d);
	ok(!d.has_day && !d.n && !d.swapped, "no begin: on no day");
	days_of(INT64_MAX, INT64_MAX, &d);
	ok(!d.has_day && !d.n, "a time that PostgreSQL can't hold: on no day");
	days_of(INT64_MIN + 1, INT64_MAX, &d);
	ok(!d.has_day && !d.n, "both ends absurd: no overflow");
}

static int64_t sum(void)
{
	int64_t all = 0;

	for (uint32_t i = 0; i < d.n; i++)
		all += share[i];
	return all;
}

static void split(void)
{
	days_of(0, 2 * DAY, &d);
	days_split(&d, 5, share);
	ok(share[0] == 3 && share[1] == 2, "5 over two equal days: the tie goes to the earlier");
	days_split(&d, 0, share);
	ok(share[0] == 0 && share[1] == 0, "0 over two days");
	days_split(&d, 1, share);
	ok(share[0] == 1 && share[1] == 0, "1 over two days");
	days_of(18 * H, 2 * DAY + 12 * H, &d); /* 6 h, 24 h, 12 h */
	days_split(&d, 10, share); /* 1.43, 5.71, 2.86 */
	ok(share[0] == 1 && share[1] == 6 && share[2] == 3, "10 over 6, 24 and 12 hours: 1, 6, 3");
	days_split(&d, 1, share);
	ok(share[0] == 0 && share[1] == 1 && share[2] == 0, "1 goes to the largest part");
	days_of(H, 31 * DAY + H, &d);
	days_split(&d, INT64_MAX, share);
	ok(sum() == INT64_MAX, "2^63 - 1 over 32 days adds up");
	days_split(&d, 1000003, share);
	ok(sum() == 1000003 && share[0] >= share[31], "a prime over 32 days adds up");
}

/* ---- counted ---- */

static struct member row(int no, char identity, int64_t variant, char auth, int64_t messages)
{
	struct member m = {.no = no, .variant = variant, .auth = auth, .messages = messages,
			   .state = STATE_COMPLETE, .counted = no == 0, .report_id = no + 1};

	m.identity[0] = (uint8_t)identity;
	return m;
}

static void conflicts(void)
{
	struct member m[4] = {row(0, 'a', 1, AUTH_LOCAL, 10), row(1, 'a', 2, AUTH_LOCAL, 20)};

	choose_counted(m, 2);
	ok(!m[0].counted && m[1].counted && m[0].candidate && m[1].candidate,
	   "conflict, equal trust: the larger sum of messages");
	m[0] = row(0, 'a', 1, AUTH_VERIFIED, 10);
	choose_counted(m, 2);
	ok(m[0].counted && !m[1].counted, "verified before local, whatever the sum");
	m[0] = row(0, 'a', 1, AUTH_UNVERIFIED, 99);
	choose_counted(m, 2);
	ok(m[1].counted && !m[0].counted, "local before unverified");
	m[1] = row(1, 'a', 2, AUTH_FAILED, 999);
	choose_counted(m, 2);
	ok(m[0].counted && !m[1].counted, "unverified before failed");
	m[1] = row(1, 'a', 2, AUTH_UNVERIFIED, 99);
	choose_counted(m, 2);
	ok(m[0].counted && !m[1].counted, "all equal: the first stored");
	m[0].state = STATE_PARTIAL;
	choose_counted(m, 2);
	ok(m[1].counted && !m[0].counted, "a complete report supersedes a partial one");
	m[0] = row(0, 'a', 1, AUTH_LOCAL, 5);
	m[1] = row(1, 'b', 2, AUTH_LOCAL, 7);
	m[2] = row(2, 'c', 1, AUTH_LOCAL, 5);
	m[2].near_repeat = true;
	m[3] = row(3, 'c', 9, AUTH_LOCAL, 1);
	choose_counted(m, 4);
	ok(m[0].counted && m[1].counted, "two report ids with their own content both count");
	ok(!m[2].counted && !m[3].counted,
	   "a near repeat and its other variant are of the first's mail");
	m[0] = row(0, 'c', 1, AUTH_LOCAL, 100);
	m[1] = row(1, 'a', 1, AUTH_LOCAL, 100);
	m[2] = row(2, 'a', 2, AUTH_LOCAL, 90);
	choose_counted(m, 3);
	ok(m[0].counted + m[1].counted + m[2].counted == 1 && !m[2].counted,
	   "near repeat first, then a conflict: 100 messages count");
	m[0] = row(0, 'a', 2, AUTH_LOCAL, 90);
	m[1] = row(1, 'c', 1, AUTH_LOCAL, 100);
	m[2] = row(2, 'a', 1, AUTH_LOCAL, 100);
	choose_counted(m, 3);
	ok(m[0].counted + m[1].counted + m[2].counted == 1 && !m[0].counted,
	   "in another order: 100 as well");
}

static void standings(void)
{
	struct member m[2] = {row(0, 'a', 1, AUTH_LOCAL, 10), row(1, 'b', 2, AUTH_LOCAL, 20)};
	struct member x = row(9, 'a', 1, AUTH_LOCAL, 10);
	size_t same = 9;

	is_int(standing_of(&x, m, 2, &same), STANDS_REPEAT, "same identity and content: repeat");
	is_int(same, 0, "which says of whom");
	x.variant = 3;
	is_int(standing_of(&x, m, 2, &same), STANDS_CONFLICT, "same identity, other content");
	x.state = STATE_PARTIAL;
	is_int(standing_of(&x, m, 2, &same), STANDS_NEW, "a part contradicts nobody");
	x.state = STATE_COMPLETE;
	m[0].state = STATE_PARTIAL;
	is_int(standing_of(&x, m, 2, &same), STANDS_NEW, "nor does the whole contradict its part");
	m[0].state = STATE_COMPLETE;
	x.variant = 2;
	is_int(standing_of(&x, m, 2, &same), STANDS_NEAR_REPEAT, "content of another report id");
	x.identity[0] = 'c';
	x.variant = 3;
	is_int(standing_of(&x, m, 2, &same), STANDS_NEW, "other id, other content: new");
}

/* ---- identity ---- */

static struct hash *hash;

static void id_of(const char *org, const char *email, const char *domain, const char *id,
		  int64_t begin, uint8_t ret[16], int64_t *ret_set)
{
	struct report_head h = {.org_name = text_of(org), .email = text_of(email),
				.domain = text_of(domain), .report_id = text_of(id),
				.begin_at = begin, .end_at = 100};
	struct buf rep = {0}, dom = {0};

	identity_reporter(&rep, &h);
	text_add_name(&dom, h.domain);
	identity_of(hash, 1, (struct text){rep.len ? rep.p : "", (uint32_t)rep.len},
		    (struct text){dom.len ? dom.p : "", (uint32_t)dom.len}, &h, ret, ret_set);
	buf_free(&rep);
	buf_free(&dom);
}

static bool same_id(const char *org, const char *email, const char *domain, const char *id,
		    int64_t begin, bool *ret_same_set)
{
	uint8_t a[16], b[16];
	int64_t sa, sb;

	id_of("google.com", "x@y.org", "example.com", "<1>", 1, a, &sa);
	id_of(org, email, domain, id, begin, b, &sb);
	*ret_same_set = sa == sb;
	return memcmp(a, b, 16) == 0;
}

static void identities(void)
{
	bool set;
	static char long_id[4097];

	hash = hash_new();
	ok(same_id(" Google.COM. ", "other@z", "EXAMPLE.com.", " <1> ", 1, &set) && set,
	   "case, white space and a final dot of names don't matter; the mail address neither");
	ok(same_id(NULL, "a@Google.com", "example.com", "<1>", 1, &set),
	   "no org_name: the domain of email");
	ok(same_id(" ", "a@google.com", "example.com", "<1>", 1, &set), "an empty one as well");
	ok(!same_id("google.com", NULL, "example.com", "1", 1, &set) && set,
	   "angle brackets are part of the id; the set is the same");
	ok(!same_id("google.com", NULL, "example.com", "<1>", 2, &set) && !set,
	   "another begin: another set");
	memset(long_id, 'x', 4096);
	ok(!same_id("google.com", NULL, "example.com", long_id, 1, &set) && set,
	   "an id of 4 KB is one like any other");
	hash_free(hash);
}

int main(void)
{
	one_day();
	edges();
	split();
	conflicts();
	standings();
	identities();
	return tap_done();
}
