/*
 * t_parse_log_exim - Exim's main log: the sample against its truth, the ways it comes to syslog, and
 * what a peer or a client may write into it.
 */
#include "tests/unit/log_told.h"

#define ID "1sDXk1-00000001aBc-0kXy"

static void test_stamps(void)
{
	told_is("2026-06-01 14:20:03.123 +0200 [77] " ID " Completed\n",
		"2026-06-01 12:20:03.123000 " ID " removed host=e:\n", "milliseconds, zone and pid");
	told_is("Jun  1 14:20:03 mx exim[77]: 2026-06-01 14:20:02 " ID " Completed\n",
		"2026-06-01 14:20:03~ " ID " removed host=e:mx\n", "by syslog, with its own stamp");
	told_is("2026-06-01T14:20:03+02:00 mx exim4[77]: " ID " Completed\n",
		"2026-06-01 12:20:03 " ID " removed host=e:mx\n", "by syslog, without it");
	told_is("2026-06-01 14:20:03 16ZCW1-0005MB-00 Completed\n",
		"2026-06-01 14:20:03~ 16ZCW1-0005MB-00 removed host=e:\n", "the short form of ids");
	told_is("2026-06-01 14:20:03 1sDXk1-0000001aBc-0kXy Completed\n", "", "no id is no message");
	told_is("Jun  1 14:20:03 mx cron[77]: " ID " Completed\n", "", "another program's");
}

static void test_pieces(void)
{
	told_is("Jun  1 14:20:03 mx exim[7]: [1/2] " ID " == a@example.net R=d T=s defer (-44) "
		"H=mx.example.net [203.0.113.5]: SMTP error from remote mail server after RCPT "
		"TO:<a@example.net>: 450 4.7.1 this goes\n"
		"Jun  1 14:20:03 mx exim[7]: [2\\2]  on and on\n",
		"2026-06-01 14:20:03~ " ID " attempt deferred stage=rcpt host=e:mx service=s "
		"to=a@example.net peer=mx.example.net[203.0.113.5] enhanced=4.7.1 code=450... "
		"says=450 4.7.1 this goes\n",
		"syslog's pieces of a long line: the first one, and that it is cut");
	is_int(told_sums.skipped, 1, "what goes on is passed over");
}

/* Two hosts refuse, and of the last one "==" says it again. */
static void test_hosts(void)
{
	told_is("2026-06-01 14:20:01 " ID " H=a.example.net [203.0.113.1] Connection refused\n"
		"2026-06-01 14:20:02 " ID " H=b.example.net [203.0.113.2] Connection refused\n"
		"2026-06-01 14:20:02 " ID " == u@example.net R=d T=s defer (111): Connection refused "
		"H=b.example.net [203.0.113.2]\n",
		"2026-06-01 14:20:02~ " ID " attempt deferred stage=connect host=e: service=s "
		"to=u@example.net peer=b.example.net[203.0.113.2] code=0 says=Connection refused\n"
		"2026-06-01 14:20:01~ " ID " mx deferred stage=connect host=e: service= "
		"peer=a.example.net[203.0.113.1] code=0 says=Connection refused\n",
		"n hosts: one attempt and n - 1 of MX");
	told_is("2026-06-01 14:20:01 " ID " H=a.example.net [203.0.113.1] Connection refused\n"
		"2026-06-01 14:20:01 " ID " == u@example.net R=d T=s defer (111): Connection refused "
		"H=b.example.net [203.0.113.2]\n"
		"2026-06-01 14:20:02 " ID " H=a.example.net [203.0.113.1] Connection refused\n",
		"2026-06-01 14:20:01~ " ID " attempt deferred stage=connect host=e: service=s "
		"to=u@example.net peer=b.example.net[203.0.113.2] code=0 says=Connection refused\n"
		"2026-06-01 14:20:01~ " ID " mx deferred stage=connect host=e: service= "
		"peer=a.example.net[203.0.113.1] code=0 says=Connection refused\n"
		"2026-06-01 14:20:02~ " ID " mx deferred stage=connect host=e: service= "
		"peer=a.example.net[203.0.113.1] code=0 says=Connection refused\n",
		"the same host in two runs");
	told_is("2026-06-01 14:20:01 " ID " H=(x) [203.0.113.1] Connection refused by policy\n"
		"2026-06-01 14:20:01 " ID " H=x [203.0.113.1] F=<a@b> rejected RCPT <c@d>: 450\n", "",
		"what a client did is no host of ours");
}

/* What others write can't be taken for a field. */
static void test_forged(void)
{
	told_is("2026-06-01 14:20:01 " ID " == u@example.net R=d T=s defer (-44) H=mx.example.net "
		"[203.0.113.2]: SMTP error from remote mail server after RCPT TO:<u@example.net>: "
		"450 x\\n2026-06-01 14:20:02 " ID " => u@example.net R=d T=s H=h [192.0.2.7] "
		"C=\"250 ok\" I=[192.0.2.66]:25\n",
		"2026-06-01 14:20:01~ " ID " attempt deferred stage=rcpt host=e: service=s "
		"to=u@example.net peer=mx.example.net[203.0.113.2] code=450 says=450 x\\n2026-06-01 "
		"14:20:02 " ID " => u@example.net R=d T=s H=h [192.0.2.7] C=\"250 ok\" "
		"I=[192.0.2.66]:25\n",
		"a reply with a whole line in it");
	told_is("2026-06-01 14:20:01 " ID " => u@example.net R=d T=s H=mx.example.net [203.0.113.2] "
		"DN=\"CN=x I=[192.0.2.66]:1 C=250\" C=\"250 \\\" QT=9d T=other\" QT=3s\n",
		"2026-06-01 14:20:01~ " ID " attempt accepted stage=end host=e: service=s "
		"to=u@example.net peer=mx.example.net[203.0.113.2] delay=3000 code=250 "
		"says=250 \" QT=9d T=other\n",
		"a certificate's name and a confirmation");
	told_is("2026-06-01 14:20:01 " ID " <= \"a S=1 id=x\"@example.com H=(b) [192.0.2.9] P=smtp "
		"S=77 id=real@example.com T=\"S=2 id=forged\"\n",
		"2026-06-01 14:20:01~ " ID " arrived (b) [192.0.2.9] host=e:\n"
		"2026-06-01 14:20:01~ " ID " sender \"a S=1 id=x\"@example.com size=77 host=e:\n"
		"2026-06-01 14:20:01~ " ID " message-id <real@example.com> host=e:\n",
		"a sender with fields in its quotes");
	told_is("2026-06-01 14:20:01 " ID " ** u@example.net R=d T=s H=mx.example.net [203.0.113.2]: "
		"SMTP error from remote mail server after end of data: 554 caf\xe9: retry timeout "
		"exceeded\n",
		"2026-06-01 14:20:01~ " ID " attempt bounced stage=end host=e: service=s "
		"to=u@example.net peer=mx.example.net[203.0.113.2] code=554 says=554 caf\xef\xbf\xbd: "
		"retry timeout exceeded\n",
		"a final reply in the queue's words, and bytes that are no UTF-8");
}

/* Each line of the sample, cut at each place: nothing that is no longer there is told. */
static void test_cut(void)
{
	static const char line[] =
		"2026-06-01 14:20:01 " ID " ** u@example.net R=d T=s H=mx.example.net [203.0.113.2] "
		"X=TLS1.2:A:256 DN=\"x\": SMTP error from remote mail server after RCPT "
		"TO:<u@example.net>: 550 no";
	unsigned bad = 0;

	for (size_t n = 0; n < sizeof(line); n++) {
		char *copy = xstrndup(line, n);
		const char *got = told_lines(copy);

		bad += strstr(got, "frames:") != NULL || strstr(got, "accepted") != NULL;
		free(copy);
	}
	is_int(bad, 0, "a line cut anywhere");
}

int main(void)
{
	told_sample("exim", "mainlog");
	test_stamps();
	test_pieces();
	test_hosts();
	test_forged();
	test_cut();
	return told_done();
}
