/* What servers say, in any chunking; and what is refused. */
#include "tests/unit/imap_tell.h"
#include "tests/unit/tap.h"

#include <time.h>

static struct imap_parser *told_parser(struct told *t)
{
	const struct imap_events events = {t, tell_response, tell_body_begin, tell_body_data,
					   tell_body_end};

	return imap_parser_new(&events);
}

/* Feeds the first cut bytes, then the rest; step: so many at a time. 0, or -1 and *e. */
static int feed(struct imap_parser *p, const char *bytes, size_t n, size_t cut, size_t step,
		struct err *e)
{
	int r = cut ? imap_parser_feed(p, bytes, cut, e) : 0;

	for (size_t at = cut; r == 0 && at < n; at += step) {
		size_t k = n - at < step ? n - at : step;
		/* of just this size, so that a sanitizer sees what is read behind it */
		char *copy = xmalloc(k);

		memcpy(copy, bytes + at, k);
		r = imap_parser_feed(p, copy, k, e);
		free(copy);
	}
	return r;
}

static bool told_same(const char *bytes, size_t n, size_t cut, size_t step, const char *wanted)
{
	struct told t = {0};
	struct imap_parser *p = told_parser(&t);
	struct err e;
	bool same = feed(p, bytes, n, cut, step, &e) == 0 && imap_parser_at_rest(p) &&
		    strcmp(buf_cstr(&t.text), wanted) == 0;

	if (!same)
		tap_note("cut at %zu, by %zu: %s", cut, step, buf_cstr(&t.text));
	imap_parser_free(p);
	buf_free(&t.text);
	return same;
}

/* Whole, in two at each place, and by one to seven. */
static void says(const char *name, const char *bytes, const char *wanted)
{
	size_t n = strlen(bytes);
	bool good = true;

	for (size_t cut = 0; good && cut <= n; cut++)
		good = told_same(bytes, n, cut, n, wanted);
	for (size_t step = 1; good && step < 8; step++)
		good = told_same(bytes, n, 0, step, wanted);
	ok(good, name);
}

static void refuses_bytes(const char *name, const char *bytes, size_t n, const char *why)
{
	struct told t = {0};
	struct imap_parser *p = told_parser(&t);
	struct err e = {0};
	bool good = feed(p, bytes, n, 0, 1, &e) < 0 && e.class == ERR_TEMP && strstr(e.msg, why);

	if (!good)
		tap_note("%s: %s", e.msg, buf_cstr(&t.text));
	good = good && imap_parser_feed(p, "* OK\r\n", 6, &e) < 0;
	ok(good, name);
	imap_parser_free(p);
	buf_free(&t.text);
}

static void refuses(const char *name, const char *bytes, const char *why)
{
	refuses_bytes(name, bytes, strlen(bytes), why);
}

static void status(void)
{
	says("greeting", "* OK [CAPABILITY IMAP4rev1 IDLE] hello\r\n",
	     "* OK [CAPABILITY|IMAP4rev1 IDLE] :hello\n");
	says("no words", "* OK\r\n* BYE \r\n", "* OK :\n* BYE :\n");
	says("any case", "a1 ok done\r\nA2 No [overquota] no\r\n",
	     "Ta1 ok :done\nTA2 No [overquota] :no\n");
	says("a code without words, a bracket without an end",
	     "* NO [READ-ONLY]\r\n* BAD [x y\r\n* OK []z\r\n",
	     "* NO [READ-ONLY] :\n* BAD :[x y\n* OK [] :z\n");
	says("words that look like a literal", "* OK see {5}\r\n* BYE {3}\r\n",
	     "* OK :see {5}\n* BYE :{3}\n");
	says("quotes and parentheses in words", "t NO it's \"so (that\r\n",
	     "Tt NO :it's \"so (that\n");
	says("continuation", "+ \r\n+\r\n+ idling\r\n+ eyJzdGF0dXMiOiI0MDEi\r\n",
	     "+  :\n+  :\n+  :idling\n+  :eyJzdGF0dXMiOiI0MDEi\n");
	says("flags in a code", "* OK [PERMANENTFLAGS (\\Seen \\*)] ok\r\n",
	     "* OK [PERMANENTFLAGS|(\\Seen \\*)] :ok\n");
	says("lines without CR", "* OK a\n* 3 EXISTS\nx OK\n", "* OK :a\n* #3 EXISTS\nTx OK :\n");
}

static void data(void)
{
	says("numbers", "* 23 EXISTS\r\n* 4294967295 EXPUNGE\r\n",
	     "* #23 EXISTS\n* #4294967295 EXPUNGE\n");
	says("search", "* SEARCH\r\n* SEARCH 1 2 30\r\n* SEARCH 4 \r\n",
	     "* SEARCH\n* SEARCH 1 2 30\n* SEARCH 4\n");
	says("esearch", "* ESEARCH (TAG \"a5\") UID ALL 1:17,21\r\n",
	     "* ESEARCH ( TAG 'a5' ) UID ALL 1:17,21\n");
	says("list", "* LIST (\\HasNoChildren) \".\" \"a \\\"b\\\\c\"\r\n",
	     "* LIST ( \\HasNoChildren ) '.' 'a \"b\\c'\n");
	says("brackets in names", "* LIST () \"/\" [Gmail]\r\n* LIST () NIL Body[x\r\n",
	     "* LIST ( ) '/' [Gmail]\n* LIST ( ) NIL Body[x\n");
	says("a name as a literal", "* LIST () \".\" {7}\r\na\r\n(\"b{\r\n* LIST () \".\" {0}\r\n\r\n",
	     "* LIST ( ) '.' 'a\r\n(\"b{'\n* LIST ( ) '.' ''\n");
	says("literals of both other forms", "* X {3+}\r\nabc ~{2}\r\nde f\r\n",
	     "* X 'abc' 'de' f\n");
	says("flags", "* FLAGS (\\Answered $Ruadb NonJunk)\r\n",
	     "* FLAGS ( \\Answered $Ruadb NonJunk )\n");
	says("namespace", "* NAMESPACE ((\"INBOX.\" \".\")) NIL nil\r\n",
	     "* NAMESPACE ( ( 'INBOX.' '.' ) ) NIL NIL\n");
	says("no body outside of FETCH", "* LIST BODY[] {3}\r\nabc\r\n* X (BODY[] {3}\r\nabc)\r\n",
	     "* LIST BODY[] 'abc'\n* X ( BODY[] 'abc' )\n");
}

static void bodies(void)
{
	says("a body", "* 12 FETCH (UID 7 BODY[] {5}\r\nab\r\nc)\r\nT1 OK done\r\n",
	     "5<ab\r\nc>\n* #12 FETCH ( UID 7 BODY[] BODY )\nTT1 OK :done\n");
	says("a body before its UID, and an empty one",
	     "* 1 FETCH (body[] {0}\r\n UID 7)\r\n* 2 FETCH (BODY[] \"\" UID 8)\r\n",
	     "0<>\n* #1 FETCH ( body[] BODY UID 7 )\n0<>\n* #2 FETCH ( BODY[] BODY UID 8 )\n");
	says("a body that looks like responses",
	     "* 1 FETCH (BODY[] {24}\r\n* 2 FETCH (UID 1)\r\n* BYE UID 7)\r\n",
	     "24<* 2 FETCH (UID 1)\r\n* BYE>\n* #1 FETCH ( BODY[] BODY UID 7 )\n");
	says("a body in quotes", "* 1 FETCH (BODY[] \"a\\\"b {3}\" UID 7)\r\n",
	     "7<a\"b {3}>\n* #1 FETCH ( BODY[] BODY UID 7 )\n");
	says("no body", "* 1 FETCH (BODY[] NIL UID 7)\r\n", "* #1 FETCH ( BODY[] NIL UID 7 )\n");
	says("sections", "* 1 FETCH (BODY[HEADER.FIELDS (\"a]b\" To)]<0> {2}\r\nhi)\r\n",
	     "2<hi>\n* #1 FETCH ( BODY[HEADER.FIELDS (\"a]b\" To)]<0> BODY )\n");
	says("two bodies of one message, and another literal",
	     "* 1 FETCH (BODY[1] {1}\r\na BODY[2] {2}\r\nbc ENVELOPE (\"x\" {1}\r\ny) UID 9)\r\n",
	     "1<a>\n2<bc>\n* #1 FETCH ( BODY[1] BODY BODY[2] BODY ENVELOPE ( 'x' 'y' ) UID 9 )\n");
	says("structures are no bodies",
	     "* 1 FETCH (BODY (\"text\" \"plain\" NIL) RFC822.SIZE 4 FLAGS () "
	     "INTERNALDATE \"17-Jul-1996 02:44:25 -0700\")\r\n",
	     "* #1 FETCH ( BODY ( 'text' 'plain' NIL ) RFC822.SIZE 4 FLAGS ( ) "
	     "INTERNALDATE '17-Jul-1996 02:44:25 -0700' )\n");
}

static void nonsense(void)
{
	refuses("an empty line", "\r\n", "no response");
	refuses("HTTP", "HTTP/1.1 400 Bad Request\r\n", "HTTP/1.1 400 Bad");
	refuses("a star alone", "*\r\n", "without a name");
	refuses("a number alone", "* 12\r\n", "without a name");
	refuses("a number over 32 bits", "* 4294967296 EXISTS\r\n", "too large");
	refuses("a parenthesis too many", "* X ())\r\n", "none opened");
	refuses("one too few", "* X (()\r\n", "not closed");
	refuses("a string without an end", "* X \"abc\r\n", "without its end");
	refuses("one that ends in a backslash", "* X \"abc\\\r\n", "without its end");
	refuses("BODY[ without an end", "* 1 FETCH (BODY[\"]\" {1}\r\n", "without its end");
	refuses("a lone CR", "* OK a\rb\r\n", "CR in it");
	refuses_bytes("a NUL", "* X a\0b\r\n", 9, "NUL");
	refuses_bytes("a NUL in words", "* OK a\0b\r\n", 10, "NUL");
	refuses("a literal that is long and no body", "* X {65537}\r\n", "too long");
	refuses("a size over 63 bits", "* 1 FETCH (BODY[] {9223372036854775808}\r\n", "brace");
	refuses("a size that is none", "* X {}\r\n", "brace");
	refuses("a brace in mid-line", "* X {3} y\r\n", "brace");
	refuses("a negative size", "* X {-3}\r\n", "brace");
}

static void repeated(struct buf *b, const char *what, size_t times)
{
	for (size_t i = 0; i < times; i++)
		buf_adds(b, what);
}

/* begin, what times over, and end: whether it is taken, and else why not. */
static void limit(const char *name, const char *begin, const char *what, size_t times,
		  const char *end, const char *why)
{
	struct told t = {0};
	struct imap_parser *p = told_parser(&t);
	struct buf b = {0};
	struct err e = {0};

	buf_adds(&b, begin);
	repeated(&b, what, times);
	buf_adds(&b, end);
	int r = feed(p, b.p, b.len, 0, 65521, &e);

	ok(why ? r < 0 && e.class == ERR_TEMP && strstr(e.msg, why) : r == 0 && t.responses == 1,
	   name);
	if (e.class)
		tap_note("%s", e.msg);
	imap_parser_free(p);
	buf_free(&t.text);
	buf_free(&b);
}

static void limits(void)
{
	limit("32 deep", "* X ", "(", 32, "))))))))))))))))))))))))))))))))\r\n", NULL);
	limit("33 deep", "* X ", "(", 33, "\r\n", "too deep");
	limit("1.6 million messages", "* SEARCH", " 12345678", 1600000, "\r\n", NULL);
	limit("4 million tokens", "* SEARCH ", "()", IMAP_TOKENS_MAX / 2, "\r\n", NULL);
	limit("one more", "* SEARCH ", "()", IMAP_TOKENS_MAX / 2, "1\r\n", "too many words");
	limit("16 MB, and no end of the line", "* OK ", "0123456789abcdef", 1 << 20, "", "16 MB");
	limit("many literals", "* X", " {4}\r\na\nb ", 100000, "\r\n", NULL);
	limit("16 MB of them", "* X", " {4}\r\na\nb ", IMAP_RESPONSE_MAX / 10 + 1, "\r\n", "16 MB");
	limit("a literal of 64 kB", "* X {65536}\r\n", "ab", 32768, "\r\n", NULL);
}

/* A body of 64 bits is streamed, not held; and a byte at a time costs no more than it has to. */
static void streamed(void)
{
	struct told t = {0};
	struct imap_parser *p = told_parser(&t);
	struct err e = {0};
	const char begin[] = "* 1 FETCH (UID 7 BODY[] {9000000000000000000}\r\n";

	is_int(imap_parser_feed(p, begin, strlen(begin), &e), 0, "a body of 9 EB begins");
	ok(!imap_parser_at_rest(p) && t.in_body, "and is not through");
	is_int(imap_parser_feed(p, "ab", 2, &e), 0, "goes on");
	is_str(buf_cstr(&t.text), "9000000000000000000<ab", "and comes as it comes");
	imap_parser_free(p);
	buf_free(&t.text);
}

static void callback_fails(void)
{
	struct told t = {.fail = true};
	struct imap_parser *p = told_parser(&t);
	struct err e = {0};

	is_int(imap_parser_feed(p, "* OK a\r\n* OK b\r\n", 16, &e), -1, "a callback's error");
	ok(e.class == ERR_BUG && t.responses == 1, "is handed on, and ends it");
	is_int(imap_parser_feed(p, "* OK b\r\n", 8, &e), -1, "for ever");
	is_int(e.class, ERR_TEMP, "the connection is given up");
	imap_parser_free(p);
	buf_free(&t.text);
}

int main(void)
{
	status();
	data();
	bodies();
	nonsense();
	limits();
	streamed();
	callback_fails();
	return tap_done();
}
