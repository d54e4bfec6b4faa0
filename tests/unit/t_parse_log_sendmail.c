/*
 * t_parse_log_sendmail - Sendmail's log: the sample against its truth, runs over several MX hosts, and
 * what a peer may write into it.
 */
#include "tests/unit/log_told.h"

#define HEAD "Jun  1 14:20:03 mx sm-mta[77]: 551CK3x0004720: "
#define AT "2026-06-01 14:20:03~ 551CK3x0004720 "
#define TO(address, run, host, ip, dsn, stat)                                                     \
	HEAD "to=<" address ">, delay=00:00:02, xdelay=00:00:01, mailer=esmtp, pri=" run         \
	     ", relay=" host ". [" ip "], dsn=" dsn ", stat=" stat "\n"
#define TOLD(kind, to, peer, status, said)                                                        \
	AT kind " host=s:mx service=sm-mta" to " peer=" peer " delay=2000 status=" status said "\n"

/* The hosts of a run have its pri=. */
static void test_runs(void)
{
	told_is(TO("u@example.net", "1", "a.example.net", "203.0.113.1", "4.2.0", "Deferred: 450 no")
		TO("u@example.net", "1", "b.example.net", "203.0.113.2", "4.2.0", "Deferred: 450 no")
		TO("u@example.net", "2", "a.example.net", "203.0.113.1", "4.2.0", "Deferred: 450 no")
		TO("u@example.net", "3", "a.example.net", "203.0.113.1", "2.0.0", "Sent (ok)"),
		TOLD("mx deferred stage=-", "", "a.example.net[203.0.113.1]", "4.2.0",
		     " code=450 says=450 no")
		TOLD("attempt deferred stage=-", " to=u@example.net", "b.example.net[203.0.113.2]",
		     "4.2.0", " code=450 says=450 no")
		TOLD("attempt deferred stage=-", " to=u@example.net", "a.example.net[203.0.113.1]",
		     "4.2.0", " code=450 says=450 no")
		TOLD("attempt accepted stage=end", " to=u@example.net",
		     "a.example.net[203.0.113.1]", "2.0.0", " code=250 says=ok"),
		"three runs, the first one over two hosts");
	told_is(TO("u@example.net>,<v@example.net", "1", "a.example.net", "203.0.113.1", "4.2.0",
		   "Deferred: 450 no")
		TO("u@example.net>,<v@example.net", "1", "b.example.net", "203.0.113.2", "2.0.0",
		   "Sent (ok)"),
		TOLD("mx deferred stage=-", "", "a.example.net[203.0.113.1]", "4.2.0",
		     " code=450 says=450 no")
		TOLD("attempt accepted stage=end", " to=u@example.net",
		     "b.example.net[203.0.113.2]", "2.0.0", " code=250 says=ok")
		TOLD("attempt accepted stage=end", " to=v@example.net",
		     "b.example.net[203.0.113.2]", "2.0.0", " code=250 says=ok"),
		"a host that deferred two recipients is one host");
}

/* What comes of it stands in front of what the peer said. */
static void test_forged(void)
{
	told_is(TO("u@example.net", "1", "a.example.net", "203.0.113.1", "4.2.0",
		   "Deferred: 450 x, dsn=2.0.0, stat=Sent (ok)"),
		TOLD("attempt deferred stage=-", " to=u@example.net", "a.example.net[203.0.113.1]",
		     "4.2.0", " code=450 says=450 x, dsn=2.0.0, stat=Sent (ok)"),
		"a reply with a status in it");
	told_is(TO("u@example.net", "1", "a.example.net", "203.0.113.1", "4.2.0",
		   "Deferred: 450-caf\xe9 and so on"),
		TOLD("attempt deferred stage=-", " to=u@example.net", "a.example.net[203.0.113.1]",
		     "4.2.0", " code=450... says=450 caf\xef\xbf\xbd and so on"),
		"the first line of several, and bytes that are no UTF-8");
	told_is(TO("\\\"a>, delay=9, stat=Sent\\\"@example.net", "1", "a.example.net", "203.0.113.1",
		   "5.1.1", "User unknown"),
		"unreadable 1 a delivery of Sendmail without its status: " HEAD
		"to=<\\\"a>, delay=9, stat=Sent\\\"@example.net>, delay=00:00:02, xdelay=00:00:01, "
		"mailer=esmtp, pri=1, relay=a.example.net. [203.0.113.1], dsn=5.1.1, "
		"stat=User unknown\n",
		"an address that can't be told from its line");
	told_is(TO("\"a>, delay=9, stat=Sent\"@example.net", "1", "a.example.net", "203.0.113.1",
		   "5.1.1", "User unknown"),
		TOLD("attempt bounced stage=-", " to=\"a>, delay=9, stat=Sent\"@example.net",
		     "a.example.net[203.0.113.1]", "5.1.1", " code=0 says=User unknown"),
		"a quoted address with a status in it");
}

static void test_cut(void)
{
	static const char line[] = TO("u@example.net", "1", "a.example.net", "203.0.113.1", "4.2.0",
				      "Deferred: 450 no");
	size_t stat = (size_t)(strstr(line, ", stat=") - line) + strlen(", stat=");
	unsigned bad = 0;

	for (size_t n = 0; n < sizeof(line); n++) {
		char *copy = xstrndup(line, n);
		const char *got = told_lines(copy);

		bad += strstr(got, "frames:") != NULL;
		bad += n < stat && strstr(got, "attempt") != NULL;
		free(copy);
	}
	is_int(bad, 0, "a line cut anywhere");
}

int main(void)
{
	told_sample("sendmail", "maillog");
	test_runs();
	test_forged();
	test_cut();
	return told_done();
}
