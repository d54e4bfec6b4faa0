/* Logs: what stands in front of a line, in which form it comes, and how it is told in parts. */
#include "tests/unit/parse_pack.h"

#define NOW 1796000000 /* 2026-11-29T20:53:20Z */
#define REMOVED " mx1 postfix/qmgr[7]: 0023620000: removed"
#define TOLD(time) "log 0\nmessage r 0023620000 " time " p:mx1 postfix/qmgr\n"
#define ONE "part 1 events=1 skipped=0 unreadable=0 last\n"
#define SKIPPED "log 0\npart 1 events=0 skipped=1 unreadable=0 last\n"

static void stamp(const char *line, const char *time, const char *name)
{
	char wanted[400];

	snprintf(wanted, sizeof(wanted), TOLD("%s") ONE, time);
	is_str(trace_log(line, NOW), wanted, name);
}

static void stamps(void)
{
	stamp("Jun  1 14:20:03" REMOVED "\n", "2026-06-01T14:20:03L", "of RFC 3164");
	stamp("Jun 01 14:20:03" REMOVED "\n", "2026-06-01T14:20:03L", "with a zero for the blank");
	stamp("Jun  1 14:20:03.25" REMOVED "\n", "2026-06-01T14:20:03.250000L", "with a fraction");
	stamp("Jun  1 2025 14:20:03" REMOVED "\n", "2025-06-01T14:20:03L", "with a year");
	stamp("2026-06-01T14:20:03.123456+02:00" REMOVED "\n", "2026-06-01T12:20:03.123456Z",
	      "of RFC 3339");
	stamp("2026-06-01T14:20:03Z" REMOVED "\n", "2026-06-01T14:20:03Z", "in UTC");
	stamp("2026-06-01T14:20:03.123456789Z" REMOVED "\n", "2026-06-01T14:20:03.123456Z",
	      "with nanoseconds");
	stamp("2026-06-01T14:20:03+0200" REMOVED "\n", "2026-06-01T12:20:03Z",
	      "journalctl -o short-iso");
	stamp("2026-06-01T14:20:03-03:30" REMOVED "\n", "2026-06-01T17:50:03Z", "west, with half hours");
	stamp("2026-06-01T14:20:03" REMOVED "\n", "2026-06-01T14:20:03L", "ISO without a zone");
	stamp("2026-06-01 14:20:03" REMOVED "\n", "2026-06-01T14:20:03L", "with a blank for the T");
	stamp("2016-12-31T23:59:60Z" REMOVED "\n", "2016-12-31T23:59:59Z", "a leap second");
	stamp("<22>Jun  1 14:20:03" REMOVED "\n", "2026-06-01T14:20:03L", "a priority before it");
	stamp("<22>2026-06-01T14:20:03Z" REMOVED "\n", "2026-06-01T14:20:03Z", "before RFC 3339");
	stamp("2026-06-01T12:20:04.123456789Z Jun  1 14:20:03" REMOVED "\n",
	      "2026-06-01T12:20:04.123456Z", "docker logs -t: its stamp has a zone");
	stamp("2026-06-01T12:20:04.1Z stdout F 2026-06-01T14:20:03+02:00" REMOVED "\n",
	      "2026-06-01T12:20:03Z", "Kubernetes: the line's own, which has one, too");
	stamp("mail-1  | Jun  1 14:20:03" REMOVED "\n", "2026-06-01T14:20:03L", "docker compose");
}

static void headers(void)
{
	stamp("<22>1 2026-06-01T14:20:03.5Z mx1 postfix/qmgr 7 - - 0023620000: removed\n",
	      "2026-06-01T14:20:03.500000Z", "RFC 5424");
	stamp("<22>1 2026-06-01T14:20:03.5Z mx1 postfix/qmgr 7 - [a@1 b=\"]\\\"\"][c d=\"e\"] "
	      "\xef\xbb\xbf" "0023620000: removed\n",
	      "2026-06-01T14:20:03.500000Z", "with structure, and a mark of UTF-8");
	stamp("Jun  1 14:20:03 <mail.info> mx1 postfix/qmgr[7]: 0023620000: removed\n",
	      "2026-06-01T14:20:03L", "syslogd -v");
	stamp("Jun  1 14:20:03 mx1 mail.info postfix/qmgr[7]: 0023620000: removed\n",
	      "2026-06-01T14:20:03L", "busybox");
	stamp("Jun  1 14:20:03 mx1 postfix/qmgr: 0023620000: removed\n", "2026-06-01T14:20:03L",
	      "without a pid");
	is_str(trace_log("Jun  1 14:20:03 postfix/qmgr[7]: 0023620000: removed\n", NOW),
	       "log 0\nmessage r 0023620000 2026-06-01T14:20:03L p: postfix/qmgr\n" ONE,
	       "without a host");
	is_str(trace_log("Jun  1 14:20:03 mx1 kernel: x\n", NOW), SKIPPED, "another program");
	is_str(trace_log("Jun  1 14:20:03 mx1 last message repeated 2 times\n", NOW), SKIPPED,
	       "no program");
	is_str(trace_log("Jun  1 14:20:03", NOW), SKIPPED, "a stamp alone");
	is_str(trace_log("Jun  1 25:20:03" REMOVED, NOW), SKIPPED, "no time of day");
	is_str(trace_log("Feb 30 14:20:03" REMOVED, NOW), SKIPPED, "no day of any year");
	is_str(trace_log("2026-13-01T14:20:03Z" REMOVED, NOW), SKIPPED, "no month");
	is_str(trace_log("stfix/smtp[7]: 0023620000: to=<a@example.com>, relay=none, "
			 "status=sent (250 x)\n", NOW),
	       "log 0\nunreadable 1 a delivery without a time stamp\n"
	       "part 1 events=0 skipped=0 unreadable=1 last\n", "half a delivery is told of");
}

/* The last year that puts the stamp before the file's last change, or a day behind. */
static void years(void)
{
	struct {
		const char *line;
		int64_t now;
		const char *time, *name;
	} t[] = {
		{"Dec 31 23:59:59" REMOVED, 1798761601, "2026-12-31T23:59:59L", "a new year's eve"},
		{"Jan  1 00:00:00" REMOVED, 1798761601, "2027-01-01T00:00:00L", "and the day behind"},
		{"Jan  1 13:00:00" REMOVED, 1798761599, "2027-01-01T13:00:00L", "east of here"},
		{"Jan  2 00:00:00" REMOVED, 1798761599, "2026-01-02T00:00:00L", "but not by days"},
		{"Feb 29 12:00:00" REMOVED, NOW, "2024-02-29T12:00:00L", "a day of leap years only"},
		{"Feb 29 12:00:00" REMOVED, 4107585600, "2096-02-29T12:00:00L", "2100 is none"},
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		char wanted[300];

		snprintf(wanted, sizeof(wanted), TOLD("%s") ONE, t[i].time);
		is_str(trace_log(t[i].line, t[i].now), wanted, t[i].name);
	}
	ok(strstr(trace_log("Jun  1 14:20:03" REMOVED, 0), "message r"),
	   "a file whose time was lost is of now");
}

static void lines(void)
{
	stamp("Jun  1 14:20:03" REMOVED, "2026-06-01T14:20:03L", "no line end");
	stamp("Jun  1 14:20:03" REMOVED "\r\n", "2026-06-01T14:20:03L", "CRLF");
	is_str(trace_log("\nJun  1 14:20:03" REMOVED "\n\n", NOW),
	       TOLD("2026-06-01T14:20:03L") "part 3 events=1 skipped=2 unreadable=0 last\n",
	       "empty lines");
	is_str(trace_log("", NOW), "log 0\npart 0 events=0 skipped=0 unreadable=0 last\n", "nothing");
	struct log_hint hint = {.form = FORM_LINES, .now = NOW};
	static const char nuls[] = "\0\0\0Jun  1 14:20:03" REMOVED "\n\0\0";

	parser_log(trace_parser, &hint);
	is_str(trace_item(nuls, sizeof(nuls) - 1, -1),
	       TOLD("2026-06-01T14:20:03L") "part 2 events=1 skipped=1 unreadable=0 last\n",
	       "NULs, as a crash leaves them");
	parser_log(trace_parser, NULL);
	is_str(trace_log("Jun  1 14:20:03 m\xffx postfix/smtpd[7]: 0023620000: client=a\xfe\xfe"
			 "b\xc3\xa9[192.0.2.1]\n", NOW),
	       "log 0\nmessage a 0023620000 2026-06-01T14:20:03L p:m\xef\xbf\xbdx postfix/smtpd "
	       "value=a\xef\xbf\xbd" "b\xc3\xa9[192.0.2.1]\n" ONE,
	       "bytes that are no UTF-8");
}

/* A line may be as long as it likes. */
static void long_lines(void)
{
	static char line[200000];
	struct buf b = {0};

	memset(line, 'x', sizeof(line) - 1);
	memcpy(line, "Jun  1 14:20:03 mx1 postfix/smtpd[7]: 0023620000: client=", 57);
	line[sizeof(line) - 1] = '\0';
	buf_printf(&b, "%s\nJun  1 14:20:03" REMOVED "\n", line);
	const char *got = trace_log(buf_cstr(&b), NOW);

	ok(strstr(got, "message a 0023620000") && strstr(got, "message r 0023620000") &&
	   strstr(got, "part 2 events=2 skipped=0 unreadable=0 last"), "200,000 bytes");
	ok(strlen(got) < 4500, "of which so many leave as a text may be long");
	buf_free(&b);
}

static void parts(void)
{
	struct buf b = {0};
	const char *got;
	int n = 0;

	for (int i = 0; i < 45000; i++)
		buf_printf(&b, "Jun  1 14:20:03 mx1 postfix/qmgr[7]: %010X: removed\n", i + 0x100000);
	got = trace_log(buf_cstr(&b), NOW);
	for (const char *p = got; (p = strstr(p, "part ")); p++)
		n++;
	is_int(n, 3, "45,000 events: three parts");
	ok(strstr(got, "part 20000 events=20000 skipped=0 unreadable=0\n") &&
	   strstr(got, "part 5000 events=5000 skipped=0 unreadable=0 last\n") &&
	   !strstr(got, "CHECK"), "the last of them says so");
	b.len = 0;
	for (int i = 0; i < 600; i++)
		buf_printf(&b, "Jun  1 14:20:03 mx%d postfix-%d/qmgr[7]: 0023620000: removed\n", i, i);
	got = trace_log(buf_cstr(&b), NOW);
	ok(strstr(got, "p:mx599 postfix-599/qmgr") && strstr(got, "p:mx241 postfix-241/qmgr") &&
	   !strstr(got, "CHECK"), "more hosts than a part has slots for: one more part");
	b.len = 0;
	for (int i = 0; i < 9000; i++)
		buf_printf(&b, "Jun  1 14:20:03 mx1 postfix/smtp[7]: 0023620000: to=<a@example.com>, "
			   "relay=none, delay=1, delays=1/0/0/0, dsn=4.3.0, status=deferred (%c%c%c)\n",
			   'a' + i % 26, 'a' + i / 26 % 26, 'a' + i / 676);
	got = trace_log(buf_cstr(&b), NOW);
	ok(strstr(got, "reply=aaa\n") && strstr(got, "reply=zzm\n") && !strstr(got, "CHECK"),
	   "and so with replies");
	buf_free(&b);
}

#define DELIVERY(stamp, why) stamp " mx1 postfix/smtp[7]: 0023620000: to=<a@example.com>, " \
	"relay=none, delay=1, delays=1/0/0/0, dsn=4.3.0, status=deferred (" why ")\n"

/* The same line is the same event, whatever its stamp looks like; twice in a second it is two. */
static void keys(void)
{
	trace_n_keys = 0;
	trace_log(DELIVERY("Jun  1 14:20:03", "x"), NOW);
	trace_log(DELIVERY("2026-06-01T14:20:03.5Z", "x"), NOW);
	trace_log(DELIVERY("2026-06-01T16:20:03+02:00", "x"), NOW);
	trace_log(DELIVERY("Jun  1 14:20:03", "x") DELIVERY("Jun  1 14:20:03", "x")
		  DELIVERY("Jun  1 14:20:03", "y") DELIVERY("Jun  1 14:20:04", "x"), NOW);
	is_int((int64_t)trace_n_keys, 7, "seven lines");
	ok(trace_keys[0] == trace_keys[1] && trace_keys[0] == trace_keys[2],
	   "in three forms of a stamp: one key");
	ok(trace_keys[3] == trace_keys[0], "and in another run");
	ok(trace_keys[4] != trace_keys[0], "the same line again in a second: another key");
	ok(trace_keys[5] != trace_keys[0], "another text: another key");
	ok(trace_keys[6] == trace_keys[0] + LOG_KEY_SECOND,
	   "a second later: LOG_KEY_SECOND more, so that a zone can be put right");
	trace_n_keys = 0;
	trace_log(DELIVERY("2026-06-01T14:20:03+02:00", "x") DELIVERY("2026-06-01T14:20:03+02:00", "x"),
		  NOW);
	trace_log(DELIVERY("Jun  1 14:20:03", "x") DELIVERY("Jun  1 14:20:03", "x"), NOW);
	ok(trace_keys[0] == trace_keys[2] - 7200 * LOG_KEY_SECOND &&
	   trace_keys[1] == trace_keys[3] - 7200 * LOG_KEY_SECOND, "of both equal lines");
}

#define FIELD(key, value) "\"" key "\":\"" value "\""
#define JOURNAL(message) "{" FIELD("__CURSOR", "s=1;i=2") "," \
	FIELD("__REALTIME_TIMESTAMP", "1780323603123456") "," FIELD("_HOSTNAME", "mx1") "," \
	FIELD("SYSLOG_IDENTIFIER", "postfix/qmgr") "," FIELD("_PID", "7") ",\"MESSAGE\":" message "}"
#define UTC TOLD("2026-06-01T14:20:03.123456Z")

static void journal(void)
{
	is_str(trace_log(JOURNAL("\"0023620000: removed\"") "\n", NOW), UTC ONE, "journalctl -o json");
	is_str(trace_log(JOURNAL("[48,48,50,51,54,50,48,48,48,48,58,32,114,101,109,111,118,101,100]"),
			 NOW), UTC ONE, "a message of bytes");
	is_str(trace_log(JOURNAL("\"\\u0030023620000\\u003a removed\""), NOW), UTC ONE, "escapes");
	is_str(trace_log(JOURNAL("[\"0023620000: removed\",\"twice\"]"), NOW), UTC ONE,
	       "a field that is there twice");
	is_str(trace_log(JOURNAL("null"), NOW), SKIPPED, "a message that is too long for it");
	is_str(trace_log(JOURNAL("[1,2,300]"), NOW), SKIPPED, "bytes that are none");
	is_str(trace_log(JOURNAL("\"0023620000: removed\"") "x", NOW),
	       "log 0\nunreadable 1 a line of the journal that is no JSON\n"
	       "part 1 events=0 skipped=0 unreadable=1 last\n", "something behind it");
	is_str(trace_log("{" FIELD("__REALTIME_TIMESTAMP", "x") "," FIELD("MESSAGE", "x") ","
			 FIELD("SYSLOG_IDENTIFIER", "postfix/qmgr") "}", NOW),
	       "log 0\nunreadable 1 a line of the journal without its time\n"
	       "part 1 events=0 skipped=0 unreadable=1 last\n", "no time");
	is_str(trace_log("{" FIELD("log", "Jun  1 14:20:03" REMOVED "\\n") ","
			 FIELD("stream", "stdout") "," FIELD("time", "2026-06-01T12:20:03Z") "}\n", NOW),
	       TOLD("2026-06-01T14:20:03L") ONE, "docker's file");
	is_str(trace_log("{\"a\":[[[{}]]],\"b\":{\"c\":1.5e3}}", NOW), SKIPPED, "JSON of another kind");
}

#define FILE_OF_TWO "Jun  1 14:20:03" REMOVED "\nJun  1 14:20:04 mx1 kernel: x\n"
#define TWO "part 2 events=1 skipped=1 unreadable=0 last\n"

/* Without a hint: by content, in whatever it is packed. */
static void content(void)
{
	struct buf b = {0};
	const char *got;

	ok(strstr(trace_text(FILE_OF_TWO), "message r") && strstr(trace.p, TWO), "plain");
	ok(strstr(trace_buf(gzipped_text(FILE_OF_TWO)), "message r") && strstr(trace.p, TWO), "gzip");
	ok(strstr(trace_text("<22>" FILE_OF_TWO), TWO), "a priority is no element of XML");
	ok(strstr(trace_text("-- Journal begins at Mon --\n" JOURNAL("\"x\"") "\n"),
		  "part 2 events=0 skipped=2"), "journal");
	is_str(trace_text("Jun bugs\nand more\n"), "not 0 text\n", "text");
	is_str(trace_text("Return-Path: <a@example.com>\r\nReceived: from b\r\nFrom: a@example.com\r\n"
			  "Subject: x\r\n\r\n" FILE_OF_TWO FILE_OF_TWO FILE_OF_TWO FILE_OF_TWO),
	       "not 0 a mail without a report\n", "a mail that quotes a log is a mail");
	buf_adds(&b, "From: a@example.com\r\nTo: b@example.com\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
		 "Content-Type: application/octet-stream; name=mail.log\r\n"
		 "Content-Disposition: attachment; filename=mail.log\r\n\r\n");
	for (int i = 0; i < 100; i++)
		buf_adds(&b, FILE_OF_TWO);
	got = trace_buf(b);
	ok(!strstr(got, "log ") && !strstr(got, "message"), "what comes by mail is no log of ours");
}

/* What could be had of a file that breaks off is told, and then that it did. */
static void breaks_off(void)
{
	struct buf plain = {0}, packed;
	const char *got;

	for (int i = 0; i < 60000; i++)
		buf_printf(&plain, "Jun  1 14:20:03 mx1 postfix/qmgr[%d]: %010X: removed\n", i * 7919 % 30011,
			   i + 0x100000);
	packed = gzipped(plain.p, plain.len);
	packed.len = packed.len / 2;
	got = trace_item(packed.p, packed.len, -1);
	ok(strstr(got, "part 20000 events=20000"), "its first part is good");
	ok(strstr(got, "refused 0 input: gzip that ends in the middle\n") && !strstr(got, "last") &&
	   !strstr(got, "CHECK"), "the entry is refused");
	buf_free(&plain);
	buf_free(&packed);
}

int main(void)
{
	stamps();
	headers();
	years();
	lines();
	long_lines();
	parts();
	keys();
	journal();
	content();
	breaks_off();
	return trace_done();
}
