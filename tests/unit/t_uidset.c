/* Sets of UIDs against a plain array of bits; their text; names of folders. */
#include "ingest/uidset.h"
#include "tests/unit/tap.h"

#include <stdlib.h>

enum { MOST = 300 };

static bool is_set(const struct uidset *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].first > s->v[i].last ||
		    (i && s->v[i].first <= (uint64_t)s->v[i - 1].last + 1))
			return false;
	return true;
}

static bool same(const struct uidset *s, const bool *wanted)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < MOST; i++) {
		n += wanted[i];
		if (uidset_has(s, i) != wanted[i])
			return false;
	}
	return is_set(s) && uidset_count(s) == n;
}

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void against_bits(void)
{
	bool wanted[MOST] = {0}, good = true;
	uint64_t state = 0x9e3779b97f4a7c15u;
	struct uidset s = {0};

	for (int i = 0; good && i < 20000; i++) {
		uint32_t uid = (uint32_t)(next_random(&state) % (MOST - 1)) + 1;

		/* now more come, now more go */
		wanted[uid] = (next_random(&state) & 3) != (i / 1000 & 1 ? 0u : 1u) &&
			      (i / 1000 & 1 || next_random(&state) & 1);
		if (wanted[uid])
			uidset_add(&s, uid);
		else
			uidset_remove(&s, uid);
		good = same(&s, wanted);
	}
	ok(good, "adding and removing one by one");
	uidset_free(&s);
}

static bool text_of_set(const struct uidset *s, size_t from, size_t max, size_t ranges,
			const char *wanted)
{
	struct buf b = {0};

	buf_adds(&b, "x ");
	bool good = uidset_text(s, from, max, &b) == ranges && strncmp(buf_cstr(&b), "x ", 2) == 0 &&
		    strcmp(buf_cstr(&b) + 2, wanted) == 0;

	if (!good)
		tap_note("%s", buf_cstr(&b));
	buf_free(&b);
	return good;
}

static void texts(void)
{
	const uint32_t uids[] = {4294967295, 7, 1, 3, 2, 9, 8, 4, 7, 12, 4294967294};
	struct uidset s = {0};

	ok(text_of_set(&s, 0, 100, 0, ""), "nothing");
	uidset_add_all(&s, uids, sizeof(uids) / sizeof(*uids));
	ok(is_set(&s), "many in any order");
	ok(text_of_set(&s, 0, 1000, 4, "1:4,7:9,12,4294967294:4294967295"), "as text");
	ok(text_of_set(&s, 0, 7, 2, "1:4,7:9"), "as much as fits");
	ok(text_of_set(&s, 0, 6, 1, "1:4"), "whole ranges only");
	ok(text_of_set(&s, 2, 100, 2, "12,4294967294:4294967295"), "the rest");
	ok(text_of_set(&s, 4, 100, 0, "") && text_of_set(&s, 9, 100, 0, ""), "behind the end");
	uidset_remove(&s, 4294967294);
	uidset_remove(&s, 2);
	uidset_remove(&s, 5);
	ok(text_of_set(&s, 0, 1000, 5, "1,3:4,7:9,12,4294967295"), "without some");
	uidset_remove(&s, 4294967295);
	uidset_add(&s, 13);
	uidset_add(&s, 2);
	uidset_add(&s, 6);
	uidset_add(&s, 5);
	ok(text_of_set(&s, 0, 1000, 2, "1:9,12:13"), "with others");
	uidset_free(&s);
}

static void all_at_once(void)
{
	enum { MANY = 1000000 };
	uint32_t *uids = xmalloc(MANY * sizeof(*uids));
	struct uidset s = {0};

	/* backwards, and none beside another: one by one this would take minutes */
	for (uint32_t i = 0; i < MANY; i++)
		uids[i] = 2 * (MANY - i);
	uidset_add_all(&s, uids, MANY);
	is_int(s.n, MANY, "a million backwards");
	for (uint32_t i = 0; i < MANY; i++)
		uids[i] = 2 * i + 1;
	uidset_add_all(&s, uids, MANY);
	is_int(s.n, 1, "and what is between them");
	is_int(uidset_count(&s), 2 * MANY, "all of them");
	uidset_free(&s);
	free(uids);
}

static void takes(const char *text, uint64_t max, const char *wanted)
{
	struct uidset s = {0};
	struct err e = {0};
	int r = uidset_parse(text_of(text), max, &s, &e);

	ok(r == 0 && is_set(&s) && text_of_set(&s, 0, 1000, s.n, wanted), text);
	uidset_free(&s);
}

static void refuses(struct text t, uint64_t max)
{
	struct uidset s = {0};
	struct err e = {0};

	uidset_add(&s, 5);
	int r = uidset_parse(t, max, &s, &e);

	ok(r < 0 && e.class == ERR_TEMP && s.n == 1 && uidset_has(&s, 5), t.p ? t.p : "absent");
	uidset_free(&s);
}

static void parsing(void)
{
	takes("1", 1, "1");
	takes("1:4,7", 5, "1:4,7");
	takes("7,4:1", 5, "1:4,7");
	takes("9,7,8,1:2,3", 100, "1:3,7:9");
	takes("1:10,2:3", 12, "1:10");
	takes("4294967295,1", 2, "1,4294967295");
	takes("1:4294967295", UINT32_MAX, "1:4294967295");
	refuses(TEXT_ABSENT, 10);
	const char *const wrong[] = {"",    "0",   "0:3",  "1:0", "*",    "1:*", "1,",
				     ",1",  "1,,2", "1:",  ":1",  "1:2:3", "a",   "1 2",
				     "-1",  "1;2", "4294967296", "1:99999999999999999999"};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		refuses(text_of(wrong[i]), UINT32_MAX);
	refuses(text_of("1:11"), 10);
	refuses(text_of("1:6,1:6"), 10);
	refuses(text_of("1:4294967295,1:4294967295"), UINT32_MAX);
	struct uidset s = {0};
	struct err e;

	uidset_add(&s, 5);
	is_int(uidset_parse(text_of("9,4"), 10, &s, &e), 0, "to what is there");
	ok(text_of_set(&s, 0, 100, 2, "4:5,9"), "it is added");
	uidset_free(&s);
}

static void encodes(const char *folder, char delimiter, const char *prefix, const char *wanted)
{
	struct buf b = {0};

	imap_folder_encode(folder, delimiter, prefix, &b);
	is_str(buf_cstr(&b), wanted, wanted);
	buf_free(&b);
}

static void folders(void)
{
	encodes("Archive/DMARC", '/', NULL, "Archive/DMARC");
	encodes("Archive/DMARC", '.', "", "Archive.DMARC");
	encodes("a/b", '\0', NULL, "a/b");
	encodes("Archive/DMARC", '.', "INBOX.", "INBOX.Archive.DMARC");
	encodes("INBOX/DMARC", '.', "INBOX.", "INBOX.DMARC");
	encodes("inbox", '.', "INBOX.", "inbox");
	encodes("INBOXES", '.', "INBOX.", "INBOX.INBOXES");
	encodes("R&D", '/', NULL, "R&-D");
	encodes("Entw\xc3\xbcrfe", '/', NULL, "Entw&APw-rfe");
	/* RFC 3501 5.1.3 */
	encodes("~peter/mail/\xe5\x8f\xb0\xe5\x8c\x97/\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", '/',
		NULL, "~peter/mail/&U,BTFw-/&ZeVnLIqe-");
	encodes("\xf0\x9f\x93\xa7", '/', NULL, "&2D3c5w-");
	encodes("\xc3\xa9&\xc3\xa9", '/', NULL, "&AOk-&-&AOk-");
	encodes("a\tb\x7f", '/', NULL, "a&AAk-b&AH8-");
	/* no UTF-8: visible, and never read behind the end */
	encodes("\xff", '/', NULL, "&,,0-");
	encodes("a\xe5\x8f", '/', NULL, "a&,,3,,Q-");
	encodes("\x80/\xc0\xaf", '/', NULL, "&,,0-/&,,3,,Q-");
}

int main(void)
{
	against_bits();
	texts();
	all_at_once();
	parsing();
	folders();
	return tap_done();
}
