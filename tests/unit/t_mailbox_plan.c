/* What sessions of mailboxes compute: sets of UIDs, windows, backoff. */
#include "base/limits.h"
#include "ingest/mailbox.h"
#include "tests/unit/tap.h"

#include <stdlib.h>

#define ALL 200

static uint32_t seed = 12345;

static uint32_t chance(uint32_t n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}

static void make_set(struct uidset *s, bool *bits)
{
	uint32_t dense = 1 + chance(10);

	for (uint32_t uid = 1; uid < ALL; uid++) {
		bits[uid] = chance(10) < dense;
		if (bits[uid])
			uidset_add(s, uid);
	}
}

/* As wanted, and no range that touches the next. */
static bool same(const struct uidset *s, const bool *bits)
{
	for (uint32_t uid = 1; uid < ALL; uid++)
		if (uidset_has(s, uid) != bits[uid])
			return false;
	for (size_t i = 1; i < s->n; i++)
		if ((uint64_t)s->v[i - 1].last + 1 >= s->v[i].first)
			return false;
	return true;
}

static void test_sets(void)
{
	bool and_ok = true, minus_ok = true, take_ok = true;

	for (int turn = 0; turn < 2000; turn++) {
		struct uidset a = {0}, b = {0}, c = {0}, taken = {0};
		bool x[ALL] = {0}, y[ALL] = {0}, z[ALL] = {0};
		size_t n = chance(ALL), count;

		make_set(&a, x);
		make_set(&b, y);
		make_set(&c, z);
		uids_and(&a, &b);
		for (int i = 0; i < ALL; i++)
			x[i] = x[i] && y[i];
		and_ok = and_ok && same(&a, x);
		uids_minus(&b, &c);
		for (int i = 0; i < ALL; i++)
			y[i] = y[i] && !z[i];
		minus_ok = minus_ok && same(&b, y);
		count = uidset_count(&c);
		uids_take(&c, n, &taken);
		take_ok = take_ok && uidset_count(&taken) == (n < count ? n : count) &&
			  uidset_count(&c) + uidset_count(&taken) == count &&
			  (!c.n || !taken.n || taken.v[taken.n - 1].last < c.v[0].first);
		uidset_free(&a);
		uidset_free(&b);
		uidset_free(&c);
		uidset_free(&taken);
	}
	ok(and_ok, "what is in both of 2000 random sets");
	ok(minus_ok, "what is in one and not in the other");
	ok(take_ok, "the first so many of them");
}

static void test_edges(void)
{
	struct uidset a = {0}, b = {0};

	uids_add_range(&a, 1, UINT32_MAX);
	uids_add_range(&b, 2, UINT32_MAX);
	uids_minus(&a, &b);
	ok(a.n == 1 && a.v[0].first == 1 && a.v[0].last == 1, "minus up to the last UID there is");
	uids_minus(&b, &b);
	is_int(b.n, 0, "a set without itself");
	uids_clear(&a);
	uids_add_range(&a, UINT32_MAX, UINT32_MAX);
	uids_add_range(&a, UINT32_MAX, UINT32_MAX);
	is_int(uidset_count(&a), 1, "the last UID twice");
	uids_take(&a, 10, &b);
	ok(a.n == 0 && b.n == 1, "taken");
	uidset_free(&a);
	uidset_free(&b);
}

static void test_windows(void)
{
	struct message v[WINDOW_MESSAGES + 10] = {{0}};
	int64_t bytes;
	size_t n = sizeof(v) / sizeof(*v);

	for (size_t i = 0; i < n; i++)
		v[i] = (struct message){.uid = (uint32_t)i + 1, .size = 100};
	is_int(window_length(v, n, &bytes), WINDOW_MESSAGES, "small ones: by number");
	is_int(bytes, WINDOW_MESSAGES * 100, "with their bytes");
	is_int(window_length(v, 3, &bytes), 3, "no more than there are");
	for (size_t i = 0; i < n; i++)
		v[i].size = 300000;
	is_int(window_length(v, n, &bytes), 3, "larger ones: by bytes");
	v[0].size = LIMIT_MAIL;
	is_int(window_length(v, n, &bytes), 1, "the largest alone");
	v[0].size = 10;
	v[1].size = LIMIT_MAIL + 1LL;
	is_int(window_length(v, n, &bytes), 1, "none over the limit");
	v[1].size = -1;
	is_int(window_length(v, 2, &bytes), 2, "sizes that are not known");
	is_int(bytes, SIZE_UNKNOWN + 10, "are guessed");
}

static void test_messages(void)
{
	struct messages m = {0};

	for (uint32_t i = 0; i < 300; i++)
		messages_add(&m, &(struct message){.uid = 1 + i * 7 % 100});
	messages_sort(&m);
	is_int(m.n, 100, "each UID once");
	ok(m.v[0].uid == 1 && m.v[99].uid == 100, "sorted");
	ok(messages_find(m.v, m.n, 50) && !messages_find(m.v, m.n, 101), "found by UID");
	ok(!messages_find(NULL, 0, 1), "nothing in nothing");
	free(m.v);
}

static void test_backoff(void)
{
	bool within = true;

	for (unsigned failures = 1; failures < 100; failures++)
		for (uint32_t random = 0; random < 1000; random++) {
			int64_t whole = failures > 8 ? 900000 : 5000LL << (failures - 1);
			int64_t ms = backoff(failures, 5000, 900000, random * 4294967u);

			if (whole > 900000)
				whole = 900000;
			within = within && ms >= whole * 3 / 4 && ms <= whole * 5 / 4;
		}
	ok(within, "backoff doubles from 5 s to 15 min, a quarter more or less");
	ok(backoff(3, 5000, 900000, 1) != backoff(3, 5000, 900000, 77777), "by chance");
}

int main(void)
{
	test_sets();
	test_edges();
	test_windows();
	test_messages();
	test_backoff();
	return tap_done();
}
