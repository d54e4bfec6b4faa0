/* t_parse_reply - replies without what varies in them, and back. */
#include "base/reply.h"
#include "tests/unit/reply_join.h"
#include "tests/unit/tap.h"

#include <arpa/inet.h>
#include <stdlib.h>

static struct buf pattern, values;
static const char *recipient; /* NULL: not known */

static struct reply generalise(const char *p, size_t n)
{
	struct reply r;

	pattern.len = values.len = 0;
	reply_generalise((struct text){p, (uint32_t)n}, text_of(recipient), &pattern, &values, &r);
	return r;
}

static void gives(const char *text, const char *wanted)
{
	generalise(text, strlen(text));
	is_str(buf_cstr(&pattern), wanted, text);
	if (!reply_comes_back(&pattern, &values, text, strlen(text)))
		ok(false, "and back");
}

static const char *const table[][2] = {
	/* accepted */
	{"250 2.0.0 Ok: queued as 4XYZ1a2b3cz1c1C", "250 2.0.0 Ok: queued as {id}"},
	{"250 2.0.0 Ok: queued as ABCDEFACBD", "250 2.0.0 Ok: queued as {id}"},
	{"250 2.0.0 Ok: queued as 12345678", "250 2.0.0 Ok: queued as {id}"},
	{"250 2.0.0 OK  1717501234 d9443c01a7336-1f6323e4a1bsi12345675ad.45 - gsmtp",
	 "250 2.0.0 OK  {number} {id} - gsmtp"},
	{"250 2.6.0 <BL0PR01MB1@BL0PR01MB1.prod.outlook.com> [InternalId=12345678901234, "
	 "Hostname=BL0PR01MB1.namprd01.prod.outlook.com] 12345 bytes in 0.123, 98.765 KB/sec Queued "
	 "mail for delivery",
	 "250 2.6.0 <{address}> [InternalId={number}, Hostname={host}] {number} bytes in {number}, "
	 "{number} KB/sec Queued mail for delivery"},
	{"250 2.0.0 3abc1x-1 Message accepted for delivery", "250 2.0.0 {id} Message accepted for delivery"},
	{"250 2.0.0 46M8nKx4012345 Message accepted for delivery",
	 "250 2.0.0 {id} Message accepted for delivery"},
	{"250 2.0.0: 4a5b6c7d Message accepted for delivery", "250 2.0.0: {id} Message accepted for delivery"},
	{"250 OK id=1sXyZ1-000000001Ab-2c0d", "250 OK id={id}"},
	{"250 ok 1717501234 qp 12345", "250 ok {number} qp {number}"},
	{"250 Ok 0100018f1a2b3c4d-0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9-000000",
	 "250 Ok {id}"},
	{"250 ok dirdel", "250 ok dirdel"},
	/* Proofpoint and its relatives */
	{"421 Deferred - see https://ipcheck.proofpoint.com/?ip=192.0.2.1",
	 "421 Deferred - see https://ipcheck.proofpoint.com/?ip={ip}"},
	{"554 Blocked - see https://ipcheck.proofpoint.com/?ip=192.0.2.1: user@example.com",
	 "554 Blocked - see https://ipcheck.proofpoint.com/?ip={ip}: {address}"},
	{"554 mx.example.org.pph5a.pphosted.com ESMTP Blocked - see "
	 "https://support.proofpoint.com/dnsbl-lookup.cgi?ip=192.0.2.1",
	 "554 {host} ESMTP Blocked - see https://support.proofpoint.com/dnsbl-lookup.cgi?ip={ip}"},
	{"554 mx0a-00123456.pphosted.com ESMTP not accepting messages",
	 "554 {host} ESMTP not accepting messages"},
	{"550 5.7.1 Service unavailable; client [192.0.2.1] blocked using prs.proofpoint.com",
	 "550 5.7.1 Service unavailable; client [{ip}] blocked using prs.proofpoint.com"},
	{"550 5.7.1 Service unavailable; client [192.0.2.1] blocked using zen.example.net",
	 "550 5.7.1 Service unavailable; client [{ip}] blocked using zen.example.net"},
	{"550 5.7.1 Mail appears to be unsolicited. Ref http://csi.cloudmark.com/reset-request/?ip=192.0.2.1",
	 "550 5.7.1 Mail appears to be unsolicited. Ref http://csi.cloudmark.com/reset-request/?ip={ip}"},
	{"550 5.7.0 Local Policy Violation - DMARC Reject", "550 5.7.0 Local Policy Violation - DMARC Reject"},
	{"421 4.1.1 <user@example.com>: Recipient address rejected: unverified address: Address "
	 "verification in progress",
	 "421 4.1.1 <{address}>: Recipient address rejected: unverified address: Address verification "
	 "in progress"},
	/* others; codes stay */
	{"451 4.7.651 The mail server [192.0.2.1] has been temporarily rate limited due to IP "
	 "reputation. For e-mail delivery information, see https://postmaster.live.com (S844)",
	 "451 4.7.651 The mail server [{ip}] has been temporarily rate limited due to IP reputation. "
	 "For e-mail delivery information, see https://postmaster.live.com (S844)"},
	{"554 5.7.1 [CS01] Message rejected due to local policy.", "554 5.7.1 [CS01] Message rejected due to local policy."},
	{"550 5.7.1 ... AUP#1310 AUP#CDRBL AUP#In-1310", "550 5.7.1 ... AUP#1310 AUP#CDRBL AUP#In-1310"},
	{"421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to unexpected volume or "
	 "user complaints - 4.16.55.1; see https://postmaster.yahooinc.com/error-codes",
	 "421 4.7.0 [TSS04] Messages from {ip} temporarily deferred due to unexpected volume or user "
	 "complaints - {ip}; see https://postmaster.yahooinc.com/error-codes"},
	{"550 5.7.606 Access denied, banned sending IP [192.0.2.1]. See AS(1410) "
	 "[BN8NAM12FT012.eop-nam12.prod.protection.outlook.com 2026-10-10T12:34:56.789Z 08DBC0A1B2C3D4E5]",
	 "550 5.7.606 Access denied, banned sending IP [{ip}]. See AS({number}) [{host} {id} {id}]"},
	{"554 RESOLVER.ADR.RecipientNotFound; not found", "554 RESOLVER.ADR.RecipientNotFound; not found"},
	{"550 SC-001 (BAY004-MC4F13) Unfortunately, messages from 192.0.2.1 weren't sent.",
	 "550 SC-001 ({id}) Unfortunately, messages from {ip} weren't sent."},
	{"421 mwinf5c04 ME Trop de connexions, veuillez verifier votre configuration. OFR004_104 [104]",
	 "421 {id} ME Trop de connexions, veuillez verifier votre configuration. OFR004_104 [{number}]"},
	{"550 rejected https://community.mimecast.com/docs/DOC-1369#550 [8Kx4Yz9mMlW3aBcDeFgH1w.us123]",
	 "550 rejected https://community.mimecast.com/docs/DOC-1369#550 [{id}]"},
	{"450 4.2.0 <user@example.com>: Recipient address rejected: Greylisted for 300s",
	 "450 4.2.0 <{address}>: Recipient address rejected: Greylisted for {number}s"},
	{"450 4.2.0 Greylisted, see http://postgrey.example.net/help/example.com.html",
	 "450 4.2.0 Greylisted, see http://postgrey.example.net/help/{host}"},
	{"554 see http://postmaster.example.net/smtp-error-codes.php#RL000010",
	 "554 see http://postmaster.example.net/smtp-error-codes.php#RL000010"},
	{"451 try again at Mon, 23 Nov 2026 12:34:56 +0000 (3 of 5, 95%)",
	 "451 try again at {text}, {number} {text} {number} {number} +{number} ({number} of {number}, {number}%)"},
	{"550 May I ask who is on Mon", "550 May I ask who is on Mon"},
	{"554 5.7.1 see https://example.com/q?id=1234567890&ip=2001:db8::1 now",
	 "554 5.7.1 see https://example.com/q?id={number}&ip={ip} now"},
	{"550 x at 2001:db8::1. and [IPv6:2001:db8::1] and ::1, 192.0.2.0/24, 192.0.2.1:25, 12:34:56",
	 "550 x at {ip}. and [IPv6:{ip}] and {ip}, {ip}/{number}, {ip}:{number}, {number}"},
	{"550 <jdoe>: no such user; <END-OF-MESSAGE> <mail.example.com[192.0.2.1]>: no",
	 "550 <{text}>: no such user; <END-OF-MESSAGE> <{host}[{ip}]>: no"},
	{"550 bounce-1=user=example.com@lists.example.net from=a@example.com <\"a b\"@example.com>",
	 "550 {address} from={address} <{address}>"},
	{"550 m\303\274ller@ex\303\244mple.com \303\274ber a@[192.0.2.1]!",
	 "550 {address} \303\274ber {address}!"},
	{"554 host said: 550 5.1.1 unknown (550 5.1.1) 550", "554 host said: 550 5.1.1 unknown (550 5.1.1) {number}"},
	{"550 aGVsbG8gd29ybGQgaGVsbG8= UnsolicitedRateLimitError xQzRtYbNmKpLwE", "550 {id} UnsolicitedRateLimitError {id}"},
	{"connect to mx.example.com[192.0.2.1]:25: Connection timed out",
	 "connect to {host}[{ip}]:{number}: Connection timed out"},
	{"connect to mx.example.com[2001:db8::1]:25: No route to host",
	 "connect to {host}[{ip}]:{number}: No route to host"},
	/* braces, and U+001F */
	{"550 {ip} }{{ x", "550 {text}ip{text} {text} x"},
	{"550 a\037b {\037}", "550 a\037b {text}\037{text}"},
	{"550 <a{b}@example.com>", "550 <{address}>"},
	/* several lines */
	{"421-4.7.28 Our system has detected 421-4.7.28 an unusual rate 421 4.7.28 of mail. x",
	 "421 4.7.28 Our system has detected an unusual rate of mail. x"},
	{"421-one 421-two 421 three 421 four", "421 one two three {number} four"},
	{"550-5.1.1 a\\n550-5.1.1\\n550 5.1.1 b", "550 5.1.1 a b"},
	{"550-5.1.1 a\r\n550 5.1.1 b", "550 5.1.1 a b"},
	{"421-", "421 "},
	{"421", "421"},
	{"4.2.1 no code", "4.2.1 no code"},
};

/* Whom it is about, where no domain is beside the name. */
static void recipients(void)
{
	static const char *const t[][3] = {
		{"jdoe@example.com", "550 Unknown local part jdoe in <jdoe@example.com>",
		 "550 Unknown local part {text} in <{address}>"},
		{"JDoe@example.com", "550 5.1.1 jdoe... User unknown; (jdoe), 'jdoe': xjdoe jdoe2",
		 "550 5.1.1 {text}... User unknown; ({text}), '{text}': xjdoe {id}"},
		{"first.last@example.com", "550 first.last is no user", "550 {text} is no user"},
		{"first-1@example.com", "550 first-1 is no user", "550 {text} is no user"},
		{"jdoe", "550 jdoe is no user", "550 {text} is no user"},
		{"user@example.com", "550 user unknown", "550 user unknown"},
		{"al@example.com", "550 al unknown", "550 al unknown"},
		{"@example.com", "550 x unknown", "550 x unknown"},
		{"", "550 x unknown", "550 x unknown"},
		{"ip=jdoe@example.com", "550 x=jdoe unknown", "550 x=jdoe unknown"},
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		recipient = t[i][0];
		gives(t[i][1], t[i][2]);
	}
	recipient = NULL;
}

static void heads(void)
{
	static const struct { const char *text; int code; const char *enhanced; } t[] = {
		{"421 Deferred", 421, ""}, {"421 4.7.0 x", 421, "4.7.0"}, {"421 4.7.650", 421, "4.7.650"},
		{"421-4.7.28 a 421 4.7.28 b", 421, "4.7.28"}, {"250 2.0.0: x", 250, "2.0.0"},
		{"421 4.7.0.1 x", 421, ""}, {"4215 x", 0, ""}, {"Connection timed out", 0, ""},
		{"421", 421, ""}, {"621 x", 0, ""}, {"421 3.7.0 x", 421, ""}, {"550 #5.1.0 x", 550, "5.1.0"}, {"550 # x", 550, ""}, {"", 0, ""},
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct reply r = generalise(t[i].text, strlen(t[i].text));
		AUTO_FREE char *got = xasprintf("%d %.*s", r.smtp_code, (int)r.enhanced.len,
						r.enhanced.p ? r.enhanced.p : "");
		AUTO_FREE char *wanted = xasprintf("%d %s", t[i].code, t[i].enhanced);

		is_str(got, wanted, t[i].text);
	}
}

static void ips(void)
{
	static const char *const t[][2] = {
		{"421 Deferred - see https://ipcheck.proofpoint.com/?ip=192.0.2.1", "192.0.2.1"},
		{"421 see https://ipcheck.proofpoint.com/?ip=192.0.2.1.", "192.0.2.1"},
		{"421 (see https://ipcheck.proofpoint.com/?ip=192.0.2.1): user@example.com", "192.0.2.1"},
		{"421 see https://ipcheck.proofpoint.com/?ip=192.0.2.1: user@example.com", "192.0.2.1"},
		{"421 see HTTPS://IPCHECK.PROOFPOINT.COM/?IP=192.0.2.1", "192.0.2.1"},
		{"421 see https://ipcheck.proofpoint.com/?x=1&ip=2001:db8::25.", "2001:db8::25"},
		{"421 see https://ipcheck.proofpoint.com/?ip=2001%3Adb8%3a%3A25", "2001:db8::25"},
		{"421 see https://ipcheck.proofpoint.com/?ip=2001:db8:::", "2001:db8::"},
		{"421 see https://ipcheck.proofpoint.com/?ip=::ffff:192.0.2.1", "192.0.2.1"},
		{"421 see https://ipcheck.proofpoint.com/?ip=192.0.2.256", ""},
		{"421 see https://ipcheck.proofpoint.com/?ip=192.0.2", ""},
		{"421 see https://ipcheck.proofpoint.com/?ip=192.0.2.1%00", ""},
		{"421 see https://ipcheck.proofpoint.com/?sip=192.0.2.1", ""},
		{"421 see https://ipcheck.proofpoint.com.example.net/?ip=192.0.2.1", ""},
		{"421 see https://example.com/?ip=192.0.2.1", ""},
		{"554 see https://support.proofpoint.com/dnsbl-lookup.cgi?ip=192.0.2.1", "192.0.2.1"},
		{"554 see https://support.proofpoint.com/other.cgi?ip=192.0.2.1", ""},
		{"554 Ref http://csi.cloudmark.com/reset-request/?ip=192.0.2.1)", "192.0.2.1"},
		{"550 Service unavailable; client [192.0.2.1] blocked using x", "192.0.2.1"},
		{"550 Service unavailable; Client host [2001:db8::1] blocked using x", "2001:db8::1"},
		{"451 The mail server [192.0.2.1] has been temporarily rate limited", "192.0.2.1"},
		{"550 host mx.example.com[192.0.2.1] said no", ""},
		{"550 recipient [192.0.2.1]", ""},
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct reply r = generalise(t[i][0], strlen(t[i][0]));
		char s[INET6_ADDRSTRLEN] = "";

		if (r.reply_ip.family)
			inet_ntop(r.reply_ip.family == 4 ? AF_INET : AF_INET6, r.reply_ip.bytes, s, sizeof(s));
		is_str(s, t[i][1], t[i][0]);
	}
}

/* Pieces at random, so that marks meet marks; always UTF-8. */
static void any_text_comes_back(void)
{
	static const char *const pieces[] = {
		"421 ", "421-", "4.7.0 ", "{", "}", "{ip}", "\037", "<", ">", "@", "a", "bc", "user", "Z9",
		"0", "12", "192.0.2.1", "2001:db8::1", "::", ":", "://", "http://", "/", "?ip=", "=", "&",
		"#", "%", "%3A", ".", "..", ",", " ", "  ", "\n", "\\n", "[", "]", "(", ")", "\"", "'", "-",
		"_", "id=", "queued as ", "Mon", "Nov ", "example.com", "mx01", "\303\274", "\342\202\254",
		"\360\237\230\200", "\001", "\177", "x@[", "client [", "3abc1x-1", "1234567890",
	};
	uint32_t x = 2463534242;
	char s[4096];
	int bad = 0;

	for (int k = 0; k < 60000 && bad < 3; k++) {
		size_t n = 0;
		unsigned int parts = 1 + (unsigned int)k % 40;

		for (unsigned int i = 0; i < parts; i++) {
			x ^= x << 13, x ^= x >> 17, x ^= x << 5;
			const char *p = pieces[x % (sizeof(pieces) / sizeof(*pieces))];

			memcpy(s + n, p, strlen(p));
			n += strlen(p);
		}
		/* Exactly as long as it is, so that the sanitizers see what is read behind it. */
		AUTO_FREE char *exact = xmalloc(n);

		memcpy(exact, s, n);
		recipient = k % 3 ? NULL : k % 2 ? "user@example.com" : "Z9a@x";
		generalise(exact, n);
		if (!reply_comes_back(&pattern, &values, exact, n)) {
			bad++;
			tap_note("text    %.*s", (int)n, s);
			tap_note("pattern %s", buf_cstr(&pattern));
		}
		if (!text_utf8_ok(pattern.p, pattern.len) || !text_utf8_ok(values.p, values.len))
			bad++;
	}
	is_int(bad, 0, "60000 texts at random come back, as UTF-8");
}

/* What servers say a thousand times in as many ways: each line is one template. */
static const char *const said[] = {
	"250 2.0.0 Ok: queued as %q", "250 2.0.0 Ok: queued as %h", "250 OK id=1%b-%b", "250 ok %n qp %n",
	"250 2.0.0 OK  %n %l-%lsi%n.%n - gsmtp", "250 2.0.0 %l-1 Message accepted for delivery",
	"250 2.6.0 <%l@%d> [InternalId=%n, Hostname=%h.%d] %n bytes in 0.%n, %n.%n KB/sec Queued mail for delivery",
	"421 Deferred - see https://ipcheck.proofpoint.com/?ip=%i",
	"554 Blocked - see https://ipcheck.proofpoint.com/?ip=%i: %a",
	"554 mx%n.%d ESMTP not accepting messages",
	"550 5.1.1 <%a>: Recipient address rejected: User unknown in virtual mailbox table",
	"421-4.7.28 Mail from [%i] has 421-4.7.28 been rate limited. 421 4.7.28 %l-%lsi%n.%n - gsmtp",
	"451 4.7.1 <%a>: Recipient address rejected: try again in %n seconds (%ns)",
	"554 5.7.1 rejected https://community.mimecast.com/docs/DOC-1369#550 [%b%b.us%n]",
	"450 4.2.0 Greylisted, see http://postgrey.example.net/help/%d.html",
	"connect to %d[%i]:25: Connection timed out",
};

static uint32_t chance(uint32_t n)
{
	static uint32_t x = 88172645;

	x ^= x << 13, x ^= x >> 17, x ^= x << 5;
	return x % n;
}

static void add_some(struct buf *b, const char *of, uint32_t n)
{
	while (n--)
		buf_addc(b, of[chance((uint32_t)strlen(of))]);
}

static void add_kind(struct buf *b, char kind)
{
	static const char hex[] = "0123456789ABCDEF", low[] = "0123456789abcdef",
		long_id[] = "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz",
		b62[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

	switch (kind) {
	case 'q':
		buf_addc(b, '4');
		add_some(b, long_id, 14);
		break;
	case 'h':
		add_some(b, hex, 9 + chance(4));
		break;
	case 'l':
		buf_addc(b, '3');
		add_some(b, low, 8 + chance(5));
		buf_addc(b, 'a');
		break;
	case 'b':
		add_some(b, b62, 11);
		break;
	case 'n':
		buf_printf(b, "%u", chance(chance(2) ? 1000 : 2000000000));
		break;
	case 'i':
		buf_printf(b, "%u.%u.%u.%u", 1 + chance(223), chance(256), chance(256), chance(256));
		break;
	case 'a':
		buf_printf(b, "%s%u@", (const char *const[]){"o.brien", "a+b", "x_y", "zo"}[chance(4)], chance(99));
		/* fall through */
	default:
		buf_printf(b, "%s%u.example.%s", (const char *const[]){"mail", "a-b", "x"}[chance(3)],
			   chance(100), (const char *const[]){"com", "net", "co.uk"}[chance(3)]);
	}
}

static void templates_are_few(void)
{
	static uint64_t seen[256];
	struct buf text = {0};
	size_t forms = sizeof(said) / sizeof(*said), n = 0, more = 0;

	for (size_t k = 0; k < forms * 2000; k++) {
		uint64_t h = 14695981039346656037U;
		size_t i = 0;

		text.len = 0;
		for (const char *p = said[k % forms]; *p; p++)
			if (*p == '%')
				add_kind(&text, *++p);
			else
				buf_addc(&text, *p);
		generalise(text.p, text.len);
		for (size_t c = 0; c < pattern.len; c++)
			h = (h ^ (uint8_t)pattern.p[c]) * 1099511628211U;
		while (i < n && seen[i] != h)
			i++;
		if (i < n)
			continue;
		if (n >= forms && more++ < 20)
			tap_note("%.*s", (int)pattern.len, pattern.p);
		if (n < 256)
			seen[n++] = h;
	}
	tap_note("%zu templates of %zu replies in %zu forms", n, forms * 2000, forms);
	ok(n <= forms + forms / 4, "templates are few");
	buf_free(&text);
}

/* pattern and values end at the same place of the text. */
static void cut_at(const char *unit, const char *name)
{
	static struct buf text, got;
	static char to[LIMIT_LOG_REPLY];

	text.len = 0;
	while (text.len < 3 * LIMIT_LOG_REPLY)
		buf_adds(&text, unit);
	generalise(text.p, text.len);
	bool back = reply_join(&pattern, &values, &got);
	struct text t = reply_unfold((struct text){text.p, (uint32_t)text.len}, to);

	ok(back && pattern.len <= LIMIT_LOG_REPLY && values.len <= LIMIT_LOG_REPLY && got.len <= t.len &&
	   got.len > LIMIT_LOG_REPLY / 10 && memcmp(got.p, t.p, got.len) == 0, name);
	ok(text_utf8_ok(pattern.p, pattern.len) && text_utf8_ok(values.p, values.len), "as UTF-8");
}

int main(void)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		gives(table[i][0], table[i][1]);
	recipients();
	heads();
	ips();
	any_text_comes_back();
	templates_are_few();
	cut_at("word ", "a long text is cut");
	cut_at("1 ", "so is one whose pattern is longer than it");
	cut_at("a.example.com ", "and one of hosts");
	cut_at("\342\202\254", "and one of characters of three bytes");
	buf_free(&pattern);
	buf_free(&values);
	return tap_done();
}
