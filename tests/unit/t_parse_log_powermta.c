/*
 * t_parse_log_powermta - PowerMTA's accounting files: the sample against its truth, columns in any
 * order and form, columns by a setting, and rows of strangers.
 */
#include "tests/unit/log_told.h"

#define COLUMNS "type,timeLogged,timeQueued,orig,rcpt,dsnStatus,dsnDiag,dsnMta,dlvSourceIp,vmta"
#define ROW "2026-09-21 12:00:00+0000,2026-09-21 11:59:00+0000,a@example.com,b@example.net,"

static const char *csv(const char *rows, const char *columns)
{
	return told_of(rows, strlen(rows), columns, columns == NULL);
}

/* The key of the delivery that is told first. */
static char *first_key(void)
{
	const char *at = buf_cstr(&told);

	return xstrndup(at + 20, 16);
}

static void test_columns(void)
{
	static const char said[] = " attempt accepted stage=end host=m: service=v to=b@example.net "
				   "peer=mx.example.net[203.0.113.5] source=192.0.2.1 "
				   "from=a@example.com since=2026-09-21 11:59:00 status=2.0.0 code=250 "
				   "says=250 ok\n";
	static const char row[] = "d," ROW "2.0.0,smtp;250 ok,mx.example.net (203.0.113.5),192.0.2.1,v\n";
	const char *got;

	got = csv(row, COLUMNS);
	is_str(strlen(got) > 36 ? got + 36 : got, said, "columns by a setting");
	char *key = first_key();

	got = csv("#type,TIMELOGGED,timequeued,Orig,RCPT,dsnstatus,DsnDiag,dsnMTA,dlvsourceip,VMTA\n"
		  "d," ROW "2.0.0,smtp;250 ok,mx.example.net (203.0.113.5),192.0.2.1,v\n", NULL);
	is_str(strlen(got) > 36 ? got + 36 : got, said, "by a header line in other case");
	got = csv("\xef\xbb\xbf\"type\",rcpt,timeLogged,orig,timeQueued,dsnDiag,x,dsnStatus,dlvDestinationIp,"
		  "dsnMta,dlvSourceIp,queue\r\n"
		  "d,b@example.net,1790000000,a@example.com,2026-09-21 11:59:00+0000,\"smtp;250 ok\","
		  "\"a,\"\"b\"\"\",2.0.0,203.0.113.5,mx.example.net.,192.0.2.1,example.net/v\r\n",
		  NULL);
	is_str(strlen(got) > 36 ? got + 36 : got, said, "in another order, with line ends of Windows");
	char *other = first_key();

	is_str(other, key, "and the delivery is the same");
	free(key);
	free(other);
	is_str(csv("type,rcpt\nd,b@example.net\n", NULL), "not a report: text\n",
	       "columns without a time are none of its own");
}

/* What a row says of one message must lead to one key, and of two messages to two. */
static void test_keys(void)
{
	static const char *const rows[] = {
		"t," ROW "4.2.0,smtp;450 no,mx1.example.net (203.0.113.5),192.0.2.1,v1\n",
		"d," ROW "2.0.0,smtp;250 ok,mx2.example.net (203.0.113.6),192.0.2.2,v2\n",
		"d,2026-09-21 12:00:00+0000,2026-09-21 11:59:01+0000,a@example.com,b@example.net,,,,,\n",
		"d,2026-09-21 12:00:00+0000,2026-09-21 11:59:00+0000,a@example.com,c@example.net,,,,,\n",
		"d,2026-09-21 12:00:00+0000,2026-09-21 11:59:00+0000,x@example.com,b@example.net,,,,,\n",
	};
	char *keys[5];

	for (int i = 0; i < 5; i++) {
		csv(rows[i], COLUMNS);
		keys[i] = first_key();
	}
	is_str(keys[1], keys[0], "another virtual MTA and host, the same delivery");
	for (int i = 2; i < 5; i++)
		ok(strcmp(keys[i], keys[0]) != 0, "another time, recipient or sender, another one");
	for (int i = 0; i < 5; i++)
		free(keys[i]);
}

static void test_hostile(void)
{
	const char *got;

	got = csv("t," ROW "4.2.0,\"smtp;450 x\"\",b@example.net,2.0.0,smtp;250 ok\",mx.example.net "
		  "(203.0.113.5),192.0.2.1,v\n", COLUMNS);
	ok(strstr(got, "deferred") && strstr(got, "says=450 x\",b@example.net,2.0.0,smtp;250 ok\n"),
	   "a reply with fields in it");
	got = csv("t," ROW "4.2.0,\"smtp;450 x\"y,mx.example.net\n", COLUMNS);
	ok(strncmp(got, "unreadable 1 an accounting row whose quotes do not close", 56) == 0,
	   "something behind a quote");
	got = csv("t," ROW "4.2.0,smtp;450 caf\xe9,mx.example.net,,v\n", COLUMNS);
	ok(strstr(got, "says=450 caf\xef\xbf\xbd\n") != NULL, "bytes that are no UTF-8");
	got = csv("d,2026-09-21 12:00:00+0000,2026-09-21 11:59:00+0000,a@example.com,<>,2.0.0,,,,\n",
		  COLUMNS);
	ok(strncmp(got, "unreadable 1 an accounting row without rcpt", 43) == 0,
	   "a recipient of nothing but brackets");
	got = csv("type\nx\n", COLUMNS);
	is_int(told_sums.skipped, 2, "a header line again, a type that nobody knows");
	got = csv("what is this,1\n", COLUMNS);
	ok(strncmp(got, "unreadable 1 an accounting row without a type", 45) == 0, "no row at all");
}

static void test_cut(void)
{
	static const char row[] = "t," ROW "4.2.0,\"smtp;450 \"\"no\"\"\",mx.example.net "
				  "(203.0.113.5),192.0.2.1,v";
	unsigned bad = 0;

	for (size_t n = 0; n < sizeof(row); n++) {
		char *copy = xstrndup(row, n);
		const char *got = csv(copy, COLUMNS);

		bad += strstr(got, "frames:") != NULL || strstr(got, "accepted") != NULL;
		free(copy);
	}
	is_int(bad, 0, "a row cut anywhere");
}

int main(void)
{
	told_sample("powermta", "csv");
	test_columns();
	test_keys();
	test_hostile();
	test_cut();
	return told_done();
}
