/* Texts, buffers, errors, hashes and the question whether a text is a JSON object. */
#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"
#include "tests/unit/tap.h"

#include <stdlib.h>

static struct text bytes(const char *s, size_t n)
{
	return (struct text){s, (uint32_t)n};
}

/* What an adding function makes of s, as a C string in *b. */
static const char *added(struct buf *b, void (*add)(struct buf *, struct text), const char *s)
{
	b->len = 0;
	add(b, text_of(s));
	return buf_cstr(b);
}

static void test_text(void)
{
	ok(!text_present(text_of(NULL)), "no string is an absent text");
	ok(text_present(text_of("")), "an empty string is present");
	ok(!text_eq(TEXT_ABSENT, text_of("")), "absent and empty differ");
	ok(text_eq(TEXT_ABSENT, TEXT_ABSENT), "absent equals absent");
	ok(text_eq(text_trim(text_of(" \t\r\n a b \n")), text_of("a b")), "trims white space");
	ok(text_present(text_trim(text_of("  "))), "what was only white space stays present");
	ok(!text_present(text_trim(TEXT_ABSENT)), "absent stays absent when trimmed");
	ok(text_is(text_of("PaSS"), "pass"), "compares without case");
	ok(!text_is(text_of("pas"), "pass"), "a shorter text is another");
	ok(!text_is(text_of("passes"), "pass"), "a longer text is another");
	ok(!text_is(TEXT_ABSENT, ""), "absent is no word");
}

static void test_utf8(void)
{
	static const struct {
		const char *s, *name;
		size_t len;
		bool good;
	} cases[] = {
		{"", "empty", 0, true},
		{"plain ASCII, longer than eight bytes", "ASCII", 36, true},
		{"\xc3\xa9\xe2\x82\xac\xf0\x9f\x93\xa7", "two, three and four bytes", 9, true},
		{"\xf4\x8f\xbf\xbf", "U+10FFFF", 4, true},
		{"\xf4\x90\x80\x80", "over U+10FFFF", 4, false},
		{"\xed\xa0\x80", "a surrogate", 3, false},
		{"\xc0\xaf", "overlong slash", 2, false},
		{"\xe0\x80\xaf", "overlong in three bytes", 3, false},
		{"\xf0\x80\x80\xaf", "overlong in four bytes", 4, false},
		{"abc\xc3", "cut short", 4, false},
		{"\x80", "a lone continuation", 1, false},
		{"\xff", "no byte of UTF-8", 1, false},
		{"a\0b", "U+0000", 3, false},
		{"01234567\0abcdef0", "U+0000 in the fast lane", 16, false},
		{"0123456\xc3\xa9" "89abcdef", "a sequence across the fast lane's edge", 17, true},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ok(text_utf8_ok(cases[i].s, cases[i].len) == cases[i].good, cases[i].name);
}

static void test_adding(void)
{
	struct buf b = {0};

	is_str(added(&b, text_add_name, " Mail.EXAMPLE.com.. "), "mail.example.com",
	       "a name: trimmed, lower case, no dot at the end");
	is_str(added(&b, text_add_name, "M\xc3\x9cLL.example"), "m\xc3\x9cll.example",
	       "only ASCII is made lower case");
	is_str(added(&b, text_add_visible, "a\x1b[31m\x7f\r\n"), "a\\x1b[31m\\x7f\\x0d\\x0a",
	       "control characters are made visible");
	is_str(added(&b, text_add_visible, "\xc3\xa9\xe2\x80\xae!\xc2\x9b"),
	       "\xc3\xa9\\xe2\\x80\\xae!\\xc2\\x9b", "so are C1 and what turns text around");
	is_str(added(&b, text_add_visible, "bad \xff\xc3"), "bad \\xff\\xc3",
	       "and what is no UTF-8");
	is_str(added(&b, text_add_json, "a\"b\\c\n\x01\xc3\xa9"),
	       "\"a\\\"b\\\\c\\u000a\\u0001\xc3\xa9\"", "a JSON string");
	buf_free(&b);
}

static void test_buf(void)
{
	struct buf b = {0};

	for (int i = 0; i < 100000; i++)
		buf_addc(&b, 'x');
	is_int(b.len, 100000, "a buffer grows");
	b.len = 0;
	buf_printf(&b, "%s-%d", "abc", 42);
	is_str(buf_cstr(&b), "abc-42", "prints into it");
	is_int(b.len, 6, "the closing NUL is not counted");
	buf_printf(&b, "%300d", 1);
	is_int(b.len, 306, "a print longer than a first guess is whole");
	buf_free(&b);
	ok(b.p == NULL && b.len == 0, "a freed buffer can be used again");
}

static void test_err(void)
{
	struct err e = {0};
	char long_text[600];

	is_int(err_set(&e, ERR_INPUT, "line %d", 7), -1, "setting an error returns -1");
	is_str(e.msg, "line 7", "with its message");
	err_wrap(&e, "item '%s'", "x");
	is_str(e.msg, "item 'x': line 7", "a prefix goes in front");
	is_int(e.class, ERR_INPUT, "the class stays");
	is_int(err_set(NULL, ERR_BUG, "nobody listens"), -1, "no error structure: still -1");
	err_set(&e, ERR_INPUT, "%s", "a\x1b[2J\n");
	is_str(e.msg, "a?[2J?", "control characters of strangers do not pass");
	memset(long_text, 'a', sizeof(long_text));
	long_text[sizeof(e.msg) - 2] = '\xc3';
	long_text[sizeof(e.msg) - 1] = '\xa9';
	long_text[sizeof(long_text) - 1] = '\0';
	err_set(&e, ERR_INPUT, "%s", long_text);
	ok(text_utf8_ok(e.msg, strlen(e.msg)), "a message that is cut is still UTF-8");
	for (int c = ERR_NONE; c <= ERR_BUG; c++)
		is_int(err_class_of(err_class_name((enum err_class)c)), c, "a class has one name");
	is_int(err_class_of("of tomorrow"), ERR_BUG, "an unknown class is a bug");
}

static void test_hash(void)
{
	static const char empty[] =
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
	static const char abc[] =
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
	struct hash *h = hash_new();
	uint8_t sum[32];
	char hex[65];

	hash_sum(h, "", 0, sum);
	hash_hex(sum, hex);
	is_str(hex, empty, "SHA-256 of nothing");
	hash_sum(h, "abc", 3, sum);
	hash_hex(sum, hex);
	is_str(hex, abc, "SHA-256 of abc");
	ok(hash_id(sum) == (int64_t)0xba7816bf8f01cfeau, "an id is the first eight bytes");
	hash_reset(h);
	hash_add(h, "a", 1);
	hash_add(h, "bc", 2);
	hash_end(h, sum);
	hash_hex(sum, hex);
	is_str(hex, abc, "the same in two pieces");
	memset(sum, 0, sizeof(sum));
	ok(hash_id(sum) != 0, "an id is never 0");
	hash_free(h);
}

static void test_json(void)
{
	static const char *const good[] = {
		"{}",
		"{\"a\":1}",
		"{\"a\":[1,-2,{\"b\":null}],\"c\":true,\"d\":\"\\u001f\\n\\\"\"}",
		"{\"a\":123456789012345678}",
		"{\"\xc3\xa9\":\"\xf0\x9f\x93\xa7\"}",
	};
	static const char *const bad[] = {
		"", "[]", "1", "{", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{} ", "{}{}",
		"{\"a\":01}", "{\"a\":-}", "{\"a\":1234567890123456789}", "{\"a\":1e9}", "{\"a\":1.5}",
		"{\"a\":\"\\u0000\"}", "{\"a\":\"\\ud800\"}", "{\"a\":\"\\x\"}", "{\"a\":\"\n\"}",
		"{\"a\":\"", "{\"a\":\"\\", "{\"a\":\"\\u00", "{\"a\":nul}",
		"{\"a\":[[[[[[[[1]]]]]]]]}",
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		ok(json_object_ok(text_of(good[i])), good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (!ok(!json_object_ok(text_of(bad[i])), "not a JSON object for jsonb"))
			tap_note("taken: %s", bad[i]);
	ok(!json_object_ok(bytes("{\"a\":1}", 5)), "its length counts, not a NUL");
	ok(!json_object_ok(TEXT_ABSENT), "absent is no object");
}

int main(void)
{
	test_text();
	test_utf8();
	test_adding();
	test_buf();
	test_err();
	test_hash();
	test_json();
	return tap_done();
}
