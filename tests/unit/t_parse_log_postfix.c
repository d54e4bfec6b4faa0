/* Postfix: what its lines say, and what strangers make them say. */
#include "tests/unit/parse_trace.h"

#define NOW 1796000000
#define AT " 2026-06-01T14:20:03L p:mx1 "
#define ID "120B11D1AF7"

/* The lines for one line of a program, without what stands around them. */
static const char *said(const char *program, const char *text)
{
	static char got[9000];
	char line[9000];
	const char *begin, *end;

	snprintf(line, sizeof(line), "Jun  1 14:20:03 mx1 %s[7]: %s\n", program, text);
	begin = trace_log(line, NOW);
	begin = strncmp(begin, "log 0\n", 6) == 0 ? begin + 6 : begin;
	end = strstr(begin, "part 1 ");
	if (strcmp(begin, "part 1 events=0 skipped=1 unreadable=0 last\n") == 0)
		return "skipped\n";
	snprintf(got, sizeof(got), "%.*s", end ? (int)(end - begin) : 9000, begin);
	return got;
}

static void says(const char *program, const char *text, const char *wanted, const char *name)
{
	is_str(said(program, text), wanted, name);
}

static void messages(void)
{
	says("postfix/smtpd", ID ": client=app1.example.com[192.0.2.5], sasl_method=PLAIN, "
	     "sasl_username=x", "message a " ID AT "postfix/smtpd value=app1.example.com[192.0.2.5]\n",
	     "smtpd: its arrival");
	says("postfix/submission/smtpd", "4JfcC62DS0z1c1C: client=unknown[2001:db8::1]",
	     "message a 4JfcC62DS0z1c1C" AT "postfix/submission/smtpd value=unknown[2001:db8::1]\n",
	     "a long queue id");
	says("postfix/pickup", ID ": uid=33 from=<www-data>",
	     "message a " ID AT "postfix/pickup value=uid=33\n", "pickup");
	says("postfix/cleanup", ID ": message-id=<a.b@example.com>",
	     "message i " ID AT "postfix/cleanup value=<a.b@example.com>\n", "its Message-ID");
	says("postfix/cleanup", ID ": message-id=no brackets",
	     "message i " ID AT "postfix/cleanup value=no brackets\n", "as it stands");
	says("postfix/cleanup", ID ": resent-message-id=<a@example.com>", "skipped\n", "not that one");
	says("postfix/cleanup", ID ": message-id=<>", "skipped\n", "nor an empty one");
	says("postfix/qmgr", ID ": from=<bounces+1@example.com>, size=46746, nrcpt=1 (queue active)",
	     "message f " ID AT "postfix/qmgr value=bounces+1@example.com size=46746\n", "its sender");
	says("postfix/qmgr", ID ": from=<>, size=1, nrcpt=1 (queue active)",
	     "message f " ID AT "postfix/qmgr value= size=1\n", "the null sender");
	says("postfix/qmgr", ID ": from=<\"a>, status=expired, \"@example.com>, size=5, nrcpt=1",
	     "message f " ID AT "postfix/qmgr value=\"a>, status=expired, \"@example.com size=5\n",
	     "a sender that forges");
	says("postfix/qmgr", ID ": from=<a@example.com>, status=expired, returned to sender",
	     "message x " ID AT "postfix/qmgr\n", "expired");
	says("postfix/qmgr", ID ": from=<a@example.com>, status=force-expired, returned to sender",
	     "message x " ID AT "postfix/qmgr\n", "made to expire");
	says("postfix/qmgr", ID ": removed", "message r " ID AT "postfix/qmgr\n", "removed");
	says("postfix/qmgr", ID ": removed by hand", "skipped\n", "that very word only");
	says("postfix/qmgr", ID ": skipped, still being delivered", "skipped\n", "nothing");
	says("postfix/qmgr", ID ": from=<a@example.com", "unreadable 1 a queue manager's line without an "
	     "end\n", "cut");
	says("postfix/postsuper", ID ": removed", "message d " ID AT "postfix/postsuper\n",
	     "removed by an administrator");
	says("postfix/postsuper", ID ": requeued", "skipped\n", "which is another thing");
}

static void headers(void)
{
#define ORIGIN " from app1.example.com[192.0.2.5]; from=<b@example.net> to=<c@example.org> proto=SMTP"
	says("postfix/cleanup", ID ": info: header From: News <news@example.com>" ORIGIN,
	     "message h " ID AT "postfix/cleanup value=news@example.com\n", "header From");
	says("postfix/cleanup", ID ": warning: header from: news@example.com (News)" ORIGIN,
	     "message h " ID AT "postfix/cleanup value=news@example.com\n", "without brackets");
	says("postfix/cleanup", ID ": info: header From: \"a <x@example.net>\" <news@example.com>" ORIGIN,
	     "message h " ID AT "postfix/cleanup value=news@example.com\n", "an address within a name");
	says("postfix/cleanup", ID ": info: header From: \"a\" <news@exa" ORIGIN,
	     "unreadable 1 a header From without an address\n", "cut: not the envelope's");
	says("postfix/cleanup", ID ": info: header X-Campaign: spring-7" ORIGIN,
	     "message c " ID AT "postfix/cleanup value=spring-7\n", "a campaign");
	says("postfix/cleanup", ID ": info: header Subject: From: x <a@example.com>" ORIGIN, "skipped\n",
	     "another header");
}

#define TO ID ": to=<u@example.com>, relay=mx.example.com[192.0.2.9]:25, delay=2.7, " \
	"delays=2.4/0.02/0.07/0.12, "
#define A(kind, outcome, stage) "attempt " kind " " outcome " " stage " " ID AT "postfix/smtp " \
	"to=u@example.com "
#define PEER "peer=mx.example.com ip=192.0.2.9 "
#define SMTP "postfix/smtp"

static void outcomes(void)
{
	says(SMTP, TO "dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 687FFB2)",
	     A("a", "a", ".") PEER "delay=2700 code=250 enhanced=2.0.0 reply=250 2.0.0 Ok: queued as "
	     "687FFB2\n", "sent");
	says(SMTP, TO "dsn=2.0.0, status=sent (250 Ok)",
	     A("a", "a", ".") PEER "delay=2700 status=2.0.0 code=250 reply=250 Ok\n",
	     "without a code of its own: that of the queue");
	says(SMTP, TO "tls=verified, dsn=2.0.0, status=sent (250 Ok)",
	     A("a", "a", ".") PEER "delay=2700 status=2.0.0 code=250 reply=250 Ok\n", "tls=");
	says(SMTP, TO "tls=a, b, dsn=2.0.0, status=sent (250 Ok)",
	     A("a", "a", ".") PEER "delay=2700 status=2.0.0 code=250 reply=250 Ok\n",
	     "and whatever may stand in it");
	says(SMTP, ID ": to=<u@example.com>, orig_to=<root>, relay=mx.example.com[192.0.2.9]:25, "
	     "conn_use=12, delay=163652, delays=0/0/0/0, dsn=4.0.0, status=SOFTBOUNCE (host "
	     "mx.example.com[192.0.2.9] said: 550 5.1.1 No (in reply to RCPT TO command))",
	     A("a", "d", "r") PEER "delay=163652000 status=4.0.0 code=550 enhanced=5.1.1 "
	     "reply=550 5.1.1 No\n", "soft_bounce keeps it in the queue");
	says(SMTP, TO "dsn=2.1.5, status=deliverable (250 Ok)", "skipped\n", "a probe");
	says(SMTP, TO "dsn=5.1.1, status=undeliverable (host mx.example.com[192.0.2.9] said: 550)",
	     "skipped\n", "another probe");
	says(SMTP, TO "dsn=2.0.0, status=lost (250 Ok)",
	     "unreadable 1 a delivery line with an unknown status\n", "a word of no release");
	says(SMTP, TO "dsn=2.0.0, sta", "unreadable 1 a delivery line without its status\n", "cut");
	says("postfix-news/smtp", TO "dsn=2.0.0, status=sent (250 Ok)",
	     "attempt a a . " ID AT "postfix-news/smtp to=u@example.com " PEER "delay=2700 status=2.0.0 "
	     "code=250 reply=250 Ok\n", "an instance of another name");
	says("postfix/relay/smtp", TO "dsn=2.0.0, status=sent (250 Ok)",
	     "attempt a a . " ID AT "postfix/relay/smtp to=u@example.com " PEER "delay=2700 status=2.0.0 "
	     "code=250 reply=250 Ok\n", "a service with a name");
}

static void reasons(void)
{
#define DEFERRED "dsn=4.0.0, status=deferred ("
#define D(stage) A("a", "d", stage) PEER "delay=2700 status=4.0.0 code="
	says(SMTP, TO DEFERRED "host mx.example.com[192.0.2.9] refused to talk to me: 421 Later)",
	     D("g") "421 reply=421 Later\n", "in the greeting");
	says(SMTP, TO DEFERRED "host mx.example.com[192.0.2.9] refused to talk to me: 554 Blocked - see "
	     "https://ipcheck.proofpoint.com/?ip=192.0.2.1)",
	     A("a", "d", "g") PEER "named=192.0.2.1 delay=2700 status=4.0.0 code=554 reply=554 Blocked - see "
	     "https://ipcheck.proofpoint.com/?ip=192.0.2.1\n", "a 5xx greeting is deferred");
	says(SMTP, TO "dsn=4.7.0, status=deferred (host mx.example.com[192.0.2.9] said: 421-4.7.0 One "
	     "421 4.7.0 two (in reply to end of DATA command))",
	     A("a", "d", ".") PEER "delay=2700 code=421 enhanced=4.7.0 reply=421 4.7.0 One two\n",
	     "a reply of two lines");
	says(SMTP, TO DEFERRED "host mx.example.com[192.0.2.9] said: 450 x (in reply to MAIL FROM "
	     "command))", D("m") "450 reply=450 x\n", "at MAIL");
	says(SMTP, TO DEFERRED "host mx.example.com[192.0.2.9] said: 450 x (in reply to DATA command))",
	     D("d") "450 reply=450 x\n", "at DATA");
	says(SMTP, TO DEFERRED "lost connection with mx.example.com[192.0.2.9] while receiving the "
	     "initial server greeting)", D("g") "0 reply=lost connection with "
	     "mx.example.com[192.0.2.9] while receiving the initial server greeting\n", "a drop");
	says(SMTP, TO DEFERRED "conversation with mx.example.com[192.0.2.9] timed out while sending RCPT "
	     "TO)", D("r") "0 reply=conversation with mx.example.com[192.0.2.9] timed out while sending "
	     "RCPT TO\n", "a hang");
	says(SMTP, TO DEFERRED "lost connection with mx.example.com[192.0.2.9] while performing the "
	     "EHLO handshake)", D("e") "0 reply=lost connection with mx.example.com[192.0.2.9] while "
	     "performing the EHLO handshake\n", "at EHLO");
	says(SMTP, TO DEFERRED "conversation with mx.example.com[192.0.2.9] timed out while sending end "
	     "of data -- message may be sent more than once)", D(".") "0 reply=conversation with "
	     "mx.example.com[192.0.2.9] timed out while sending end of data -- message may be sent more "
	     "than once\n", "behind the data");
	says(SMTP, TO DEFERRED "Cannot start TLS: handshake failure)",
	     D("t") "0 reply=Cannot start TLS: handshake failure\n", "TLS");
#define NONE ID ": to=<u@example.com>, relay=none, delay=2.7, delays=2/0/0/0, "
	says(SMTP, NONE DEFERRED "connect to mx.example.com[192.0.2.9]:25: Connection refused)",
	     D("c") "0 reply=connect to mx.example.com[192.0.2.9]:25: Connection refused\n",
	     "no connection: an attempt without a reply");
	says(SMTP, NONE DEFERRED "Host or domain name not found. Name service error for "
	     "name=example.com type=MX: Host not found, try again)",
	     A("a", "d", "c") "delay=2700 status=4.0.0 code=0 reply=Host or domain name not found. Name "
	     "service error for name=example.com type=MX: Host not found, try again\n", "no address");
	says(SMTP, NONE DEFERRED "TLS is required, but was not offered by host mx.example.com[192.0.2.9])",
	     D("t") "0 reply=TLS is required, but was not offered by host mx.example.com[192.0.2.9]\n",
	     "no TLS");
	says(SMTP, TO DEFERRED "host mx.example.com[192.0.2.9] said: 450 4.0.0 it was cut in the mid",
	     A("a", "d", "-") PEER "delay=2700 code=450 truncated enhanced=4.0.0 reply=450 4.0.0 it was cut in "
	     "the mid\n", "a line that syslog cut");
	says(SMTP, TO DEFERRED "host mx.example.com[192.0.2.9] said: 450-One#012450 two (in reply to "
	     "RCPT TO command))", D("r") "450 reply=450 One two\n", "a line break that syslog escaped");
	says("postfix/lmtp", ID ": to=<u@example.com>, relay=mail.example.com[private/dovecot-lmtp], "
	     "delay=0.1, delays=0/0/0/0, dsn=2.0.0, status=sent (250 2.0.0 <u@example.com> Saved)",
	     "attempt a a . " ID AT "postfix/lmtp to=u@example.com peer=mail.example.com delay=100 code=250 "
	     "enhanced=2.0.0 reply=250 2.0.0 <u@example.com> Saved\n", "LMTP over a socket");
	says(SMTP, ID ": to=<u@example.com>, relay=[192.0.2.9][192.0.2.9]:25, delay=1, delays=1/0/0/0, "
	     "dsn=2.0.0, status=sent (250 2.0.0 Ok)",
	     "attempt a a . " ID AT "postfix/smtp to=u@example.com ip=192.0.2.9 delay=1000 code=250 "
	     "enhanced=2.0.0 reply=250 2.0.0 Ok\n", "brackets where a name should be");
	says(SMTP, ID ": to=<u@example.com>, relay=127.0.0.1[127.0.0.1]:10024, delay=1, delays=1/0/0/0, "
	     "dsn=2.0.0, status=sent (250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok)",
	     "attempt a a . " ID AT "postfix/smtp to=u@example.com ip=127.0.0.1 delay=1000 code=250 "
	     "enhanced=2.0.0 reply=250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok\n",
	     "a content filter: a peer by its address");
}

/* Nobody was asked. */
static void queue(void)
{
#define OF(kind, outcome, stage, program) "attempt " kind " " outcome " " stage " " ID AT \
	"postfix/" program " to=u@example.com "
	says("postfix/error", NONE DEFERRED "delivery temporarily suspended: host "
	     "mx.example.com[192.0.2.9] refused to talk to me: 421 Later)",
	     OF("s", "d", "g", "error") PEER "delay=2700 status=4.0.0 code=421 reply=421 Later\n",
	     "suspended: the peer is inside what it quotes");
	says("postfix/error", NONE DEFERRED "delivery temporarily suspended: connect to "
	     "mx.example.com[192.0.2.9]:25: Connection timed out)",
	     OF("s", "d", "c", "error") PEER "delay=2700 status=4.0.0 code=0 reply=connect to "
	     "mx.example.com[192.0.2.9]:25: Connection timed out\n", "or it did not connect");
	says("postfix/retry", NONE "dsn=4.3.0, status=deferred (mail transport unavailable)",
	     OF("s", "d", "-", "retry") "delay=2700 status=4.3.0 code=0 reply=mail transport unavailable\n",
	     "without a quote");
	says("postfix/error", NONE "dsn=5.1.1, status=bounced (no such user)",
	     OF("q", "b", "-", "error") "delay=2700 status=5.1.1 code=0 reply=no such user\n",
	     "what error(8) bounces is the queue's own end");
	says("postfix/qmgr", NONE "dsn=4.3.0, status=deferred (delivery temporarily suspended: unknown "
	     "mail transport error)", OF("s", "d", "-", "qmgr") "delay=2700 status=4.3.0 code=0 "
	     "reply=unknown mail transport error\n", "the queue manager itself");
	says("postfix/local", ID ": to=<u@example.com>, orig_to=<root>, relay=local, delay=0.1, "
	     "delays=0/0/0/0, dsn=2.0.0, status=sent (delivered to mailbox)",
	     OF("a", "a", "-", "local") "delay=100 status=2.0.0 code=0 reply=delivered to mailbox\n",
	     "local: no peer");
	says("postfix/pipe", ID ": to=<u@example.com>, relay=dovecot, delay=0.1, delays=0/0/0/0, "
	     "dsn=2.0.0, status=sent (delivered via dovecot service)",
	     OF("a", "a", "-", "pipe") "delay=100 status=2.0.0 code=0 reply=delivered via dovecot "
	     "service\n", "pipe");
	says(SMTP, ID ": host mx.example.com[192.0.2.9] said: 450 x (in reply to RCPT TO command)",
	     "attempt m d r " ID AT "postfix/smtp " PEER "code=450 reply=450 x\n", "another MX host");
	says(SMTP, ID ": host mx.example.com[192.0.2.9] refused to talk to me: 421 Later",
	     "attempt m d g " ID AT "postfix/smtp " PEER "code=421 reply=421 Later\n", "in its greeting");
	says(SMTP, ID ": lost connection with mx.example.com[192.0.2.9] while sending MAIL FROM",
	     "attempt m d m " ID AT "postfix/smtp " PEER "code=0 reply=lost connection with "
	     "mx.example.com[192.0.2.9] while sending MAIL FROM\n", "or it went");
	says(SMTP, ID ": enabling PIX workarounds: disable_esmtp for mx.example.com[192.0.2.9]:25",
	     "skipped\n", "no failure");
	says("postfix/bounce", ID ": sender non-delivery notification: 3F2A01D1AF8", "skipped\n",
	     "a bounce is a message of its own");
}

/* A peer chooses its reply, a sender the addresses. */
static void forged(void)
{
	says(SMTP, TO "dsn=5.0.0, status=bounced (host mx.example.com[192.0.2.9] said: 550 no), dsn=2.0.0, "
	     "status=sent (250 Ok) (in reply to RCPT TO command))",
	     A("a", "b", "r") PEER "delay=2700 status=5.0.0 code=550 reply=550 no), dsn=2.0.0, status=sent (250 "
	     "Ok)\n", "status=sent in a reply");
	says(SMTP, TO "dsn=4.0.0, status=deferred (host mx.example.com[192.0.2.9] said: 450 x (in reply to "
	     "end of DATA command)) to=<v@example.com>, relay=a[192.0.2.7]:25 (in reply to RCPT TO "
	     "command))",
	     A("a", "d", "r") PEER "delay=2700 status=4.0.0 code=450 reply=450 x (in reply to end of DATA "
	     "command)) to=<v@example.com>, relay=a[192.0.2.7]:25\n", "a recipient, and a command");
	says(SMTP, ID ": host mx.example.com[192.0.2.9] said: 450 delivery temporarily suspended: host "
	     "a[192.0.2.7] said: 421 x (in reply to RCPT TO command)",
	     "attempt m d r " ID AT "postfix/smtp " PEER "code=450 reply=450 delivery temporarily suspended: "
	     "host a[192.0.2.7] said: 421 x\n", "a suspension");
	says(SMTP, ID ": to=<\"u>, relay=none, delay=1, dsn=2.0.0, status=sent (250 x)\"@example.com>, "
	     "relay=mx.example.com[192.0.2.9]:25, delay=1, delays=1/0/0/0, dsn=5.1.1, status=bounced "
	     "(host mx.example.com[192.0.2.9] said: 550 5.1.1 No (in reply to RCPT TO command))",
	     "attempt a b r " ID AT "postfix/smtp to=\"u>, relay=none, delay=1, dsn=2.0.0, status=sent (250 "
	     "x)\"@example.com " PEER "delay=1000 code=550 enhanced=5.1.1 reply=550 5.1.1 No\n",
	     "fields in a quoted local part");
	says(SMTP, ID ": to=<a b>c@example.com>, relay=mx.example.com[192.0.2.9]:25, delay=1, "
	     "delays=1/0/0/0, dsn=2.0.0, status=sent (250 2.0.0 Ok)",
	     "attempt a a . " ID AT "postfix/smtp to=a b>c@example.com " PEER "delay=1000 code=250 "
	     "enhanced=2.0.0 reply=250 2.0.0 Ok\n", "a local part that an old release does not quote");
	says("postfix/smtpd", "NOQUEUE: reject: RCPT from x[192.0.2.1]: 120B11D1AF7: to=<a@example.com>",
	     "skipped\n", "no queue id");
	says("postfix/smtpd", "warning: " TO "dsn=2.0.0, status=sent (250 Ok)", "skipped\n", "a warning");
	says("postfix/smtpd", TO "dsn=2.0.0, status=sent (250 Ok)", "skipped\n", "smtpd delivers nothing");
	says("postfixx", TO "dsn=2.0.0, status=sent (250 Ok)", "skipped\n", "another program");
	says(SMTP, "abcdef: to=<u@example.com>, relay=none, status=sent (250 Ok)", "skipped\n",
	     "no alphabet of queue ids");
}

int main(void)
{
	messages();
	headers();
	outcomes();
	reasons();
	queue();
	forged();
	return trace_done();
}
