/* JSON of one line: what is JSON, and what its values are. */
#include "parse/json_line.h"
#include "tests/unit/tap.h"

static bool whole(const char *s)
{
	struct json_line j;
	struct json_value v;
	struct text key;

	if (json_line_begin(&j, text_of(s), '{'))
		while (json_line_next(&j, &key, &v))
			;
	return json_line_whole(&j);
}

static void form(void)
{
	static const char *const good[] = {
		"{}", " { } ", "{\"a\":1}", "{\"a\":-0.5e+7, \"b\":[]}", "{\"a\":[1,[2,{\"b\":null}],{}]}",
		"{\"a\":true,\"b\":false}", "{\"\\u00e9\\n\":\"\\ud83d\\ude00\"}", "{\"a\":{\"b\":[{}]}}\n",
		"{\"a\":0}",
	};
	static const char *const bad[] = {
		"", "{", "[]", "{}x", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}", "{\"a\":01}", "{\"a\":1.}",
		"{\"a\":.5}", "{\"a\":+1}", "{\"a\":tru}", "{\"a\":nullx}", "{a:1}", "{\"a\":1 \"b\":2}",
		"{\"a\":[1,]}", "{\"a\":[,1]}", "{\"a\":[1 2]}", "{\"a\":[}", "{\"a\":{\"b\"}}", "{\"a\":\"\\x\"}",
		"{\"a\":\"\\u12g4\"}", "{\"a\":\"\n\"}", "{\"a\":\"b}", "{\"a\":{\"b\":1}", "{\"a\":[}]}",
		"{\"a\":1e}", "{\"a\":--1}", "{\"a\":[{]}}",
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		ok(whole(good[i]), good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (whole(bad[i]))
			ok(false, bad[i]);
	ok(true, "and the bad ones are not");
}

static void depth(void)
{
	char s[2 * JSON_LINE_DEPTH + 20];

	for (size_t n = JSON_LINE_DEPTH; n <= JSON_LINE_DEPTH + 1; n++) {
		strcpy(s, "{\"a\":");
		memset(s + 5, '[', n);
		memset(s + 5 + n, ']', n);
		strcpy(s + 5 + 2 * n, "}");
		is_int(whole(s), n == JSON_LINE_DEPTH, n == JSON_LINE_DEPTH ? "as deep as may be" : "deeper");
	}
}

static const char *string_of(const char *s, struct buf *b)
{
	struct json_line j;
	struct json_value v;
	struct text key, t;

	b->len = 0;
	if (!json_line_begin(&j, text_of(s), '[') || !json_line_next(&j, &key, &v))
		return "none";
	t = json_line_string(&v, b);
	if (!t.p)
		return "absent";
	struct buf copy = {0};

	buf_add(&copy, t.p, t.len);
	b->len = 0;
	buf_add(b, copy.p, copy.len);
	buf_free(&copy);
	return buf_cstr(b);
}

static void strings(void)
{
	struct buf b = {0};

	is_str(string_of("[\"a b\"]", &b), "a b", "as it stands");
	is_str(string_of("[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]", &b), "\"\\/\b\f\n\r\t", "escapes");
	is_str(string_of("[\"\\u00e9\\u20ac\\ud83d\\ude00x\"]", &b), "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80x",
	       "characters by their numbers");
	is_str(string_of("[\"\\ud83dx\\ude00\"]", &b), "\xef\xbf\xbdx\xef\xbf\xbd", "lone surrogates");
	is_str(string_of("[\"\\ud83d\\u0041\"]", &b), "\xef\xbf\xbd" "A", "a pair that is none");
	is_str(string_of("[1]", &b), "absent", "no string");
	buf_free(&b);
}

static int64_t integer_of(const char *s)
{
	struct json_line j;
	struct json_value v;
	struct text key;
	int64_t n;

	if (!json_line_begin(&j, text_of(s), '[') || !json_line_next(&j, &key, &v) ||
	    !json_line_integer(&v, &n))
		return INT64_MIN;
	return n;
}

static void integers(void)
{
	is_int(integer_of("[-12]"), -12, "negative");
	is_int(integer_of("[12.9]"), 12, "a fraction is cut");
	is_int(integer_of("[999999999999999999]"), 999999999999999999, "18 digits");
	is_int(integer_of("[9999999999999999999]"), INT64_MIN, "19 are too many");
	is_int(integer_of("[1e3]"), INT64_MIN, "no exponent");
	is_int(integer_of("[\"1\"]"), INT64_MIN, "a string is none");
}

int main(void)
{
	form();
	depth();
	strings();
	integers();
	return tap_done();
}
