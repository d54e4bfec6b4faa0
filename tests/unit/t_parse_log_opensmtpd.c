/* t_parse_log_opensmtpd - OpenSMTPD's log: the sample against its truth, and lines cut anywhere. */
#include "tests/unit/log_told.h"

static const char line[] =
	"Jun  1 14:20:03 mx smtpd[77]: 5df87c9250bba470 mta delivery evpid=c405e39ad6bbc64f "
	"from=<a@example.com> to=<b@example.net> rcpt=<-> source=\"192.0.2.1\" "
	"relay=\"203.0.113.5 (mx.example.net)\" delay=1d2h3m4s result=\"TempFail\" stat=\"450 4.2.0 no\"";

static void test_fields(void)
{
	told_is(line,
		"2026-06-01 14:20:03~ c405e39a attempt deferred stage=- host=o:mx service=smtpd "
		"to=b@example.net peer=mx.example.net[203.0.113.5] source=192.0.2.1 delay=93784000 "
		"from=a@example.com enhanced=4.2.0 code=450 says=450 4.2.0 no\n",
		"each field");
	told_is("Jun  1 14:20:03 mx postfix/smtpd[77]: 5df87c9250bba470 mta delivery evpid=x\n", "",
		"Postfix has an smtpd as well");
	told_is("Jun  1 14:20:03 mx smtpd[77]: 5df87c9250bba470 mta delivery evpid=c405e39ad6bbc64f "
		"from=<a@example.com> to=<b@example.net> rcpt=<-> source=\"-\" relay=\"x\" delay=1s "
		"result=\"Great\" stat=\"250 ok\"\n",
		"unreadable 1 a delivery of OpenSMTPD without its result: Jun  1 14:20:03 mx smtpd[77]: "
		"5df87c9250bba470 mta delivery evpid=c405e39ad6bbc64f from=<a@example.com> "
		"to=<b@example.net> rcpt=<-> source=\"-\" relay=\"x\" delay=1s result=\"Great\" "
		"stat=\"250 ok\"\n",
		"a result that nobody knows is no acceptance");
}

static void test_cut(void)
{
	size_t stat = (size_t)(strstr(line, " stat=") - line) + strlen(" stat=");
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
	told_sample("opensmtpd", "maillog");
	test_fields();
	test_cut();
	return told_done();
}
