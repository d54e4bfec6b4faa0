/* Who sent a mail: Authentication-Results as servers write them, and as enemies do. */
#include "parse/authres.h"
#include "base/buf.h"
#include "base/limits.h"
#include "tests/unit/tap.h"

#include <stdlib.h>

#define OURS "Authentication-Results: mx.example.net; "
#define FROM_GOOGLE "dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=google.com"

static const struct trust ours = {{"mx.example.net", 14}, AUTHSERV_RFC8601, 1};
static const struct trust two = {{"mx.example.net", 14}, AUTHSERV_RFC8601, 2};
static const struct trust microsoft = {.form = AUTHSERV_MICROSOFT, .fields = 1};

/* "v m google.com b": trust, method, domain, relation. */
static const char *judged_of(const struct authres *a, const char *org, const char *email)
{
	static struct buf b;
	struct report_head h = {.org_name = text_of(org), .email = text_of(email)};

	authres_judge(a, &h);
	b.len = 0;
	buf_printf(&b, "%c", h.auth);
	if (h.auth_domain.p)
		buf_printf(&b, " %c %.*s %c", h.auth_method, (int)h.auth_domain.len,
			   h.auth_domain.p, h.auth_relation);
	return buf_cstr(&b);
}

/* The bytes end where they end, and sanitizers see who reads on. */
static const char *judged_by(const struct trust *t, const char *header, size_t len)
{
	static struct authres a;
	char *copy = malloc(len + 1);

	if (!copy)
		abort();
	char *exact = realloc(copy, len ? len : 1);

	memcpy(exact, header, len);
	authres_read(exact, len, t, &a);
	free(exact);
	return judged_of(&a, "google.com", "noreply-dmarc-support@google.com");
}

static const char *judged(const struct trust *t, const char *header)
{
	return judged_by(t, header, strlen(header));
}

/* As they were seen. */
static void test_servers(void)
{
	is_str(judged(&ours,
		      "Received: by 2002:a05:1 with SMTP id x; Mon, 1 Jan 2026 00:00:00 -0800 (PST)\r\n"
		      "X-Received: by 2002:a05:2; Mon, 1 Jan 2026 00:00:00 -0800 (PST)\r\n"
		      "ARC-Authentication-Results: i=1; mx.example.net; dmarc=fail\r\n"
		      "Return-Path: <noreply-dmarc-support@google.com>\r\n"
		      "Authentication-Results: mx.example.net;\r\n"
		      "       dkim=pass header.i=@google.com header.s=20230601 header.b=\"Ab/Cd+e=\";\r\n"
		      "       spf=pass (example.net: domain of noreply-dmarc-support@google.com "
		      "designates 192.0.2.1 as permitted sender) "
		      "smtp.mailfrom=noreply-dmarc-support@google.com;\r\n"
		      "       " FROM_GOOGLE "\r\nSubject: x\r\n\r\nbody\r\n"),
	       "v m google.com b", "Gmail");
	is_str(judged(&microsoft,
		      "Received: from a by b; x\r\n"
		      "Authentication-Results: spf=pass (sender IP is 192.0.2.1)\r\n"
		      " smtp.mailfrom=google.com; dkim=pass (signature was verified)\r\n"
		      " header.d=google.com;dmarc=pass action=none\r\n"
		      " header.from=google.com;compauth=pass reason=100\r\n"
		      "Received-SPF: Pass (protection.outlook.com: x)\r\n\r\n"),
	       "v m google.com b", "Microsoft, without an id");
	is_str(judged(&ours,
		      "Authentication-Results: mx.example.net (amavisd-new); dkim=pass (2048-bit key)\n"
		      "\treason=\"pass (just generated, assumed good)\" header.d=google.com\n\n"),
	       "v d google.com b", "amavis: DKIM alone");
	is_str(judged(&ours, OURS "spf=pass (mailfrom) smtp.mailfrom=<bounce@mail.google.com>\n\n"),
	       "v s mail.google.com b", "SPF alone, of a subdomain");
	is_str(judged(&ours, OURS "dkim=fail (\"headers rsa verify failed\") header.d=x.example "
			     "header.b=a1B2; dkim=pass header.d=google.com header.b=Zz9; "
			     "dmarc=none\n\n"),
	       "v d google.com b", "rspamd: one signature of two, no policy");
	is_str(judged(&ours, OURS "spf=none smtp.mailfrom=\"a;b@c\"@other.example smtp.helo=h.example;\n"
			     " iprev=pass; auth=pass smtp.auth=me;\n\tDMARC = PASS header.from="
			     "GOOGLE.COM.\n\n"),
	       "v m google.com b", "words in capitals, blanks around signs, a dot at the end");
	is_str(judged(&ours, "Authentication-Results: \"MX.Example.NET\" (us) 1 (v) ; dkim/1=pass "
			     "(a (b) \\) c) header.d (x) = \"google.com\"\n\n"),
	       "v d google.com b", "all that the RFC allows");
	is_str(judged(&ours, OURS FROM_GOOGLE), "v m google.com b", "a header that just ends");
	is_str(judged(&ours, "From a Mon\n\n" OURS FROM_GOOGLE "\n"), "v m google.com b",
	       "behind the line of an mbox");
	is_str(judged(&ours, "X: 1\rauthentication-results:mx.example.net; dkim=pass "
			     "header.d=google.com\r\r"),
	       "v d google.com b", "lines that end in CR");
}

static void test_verdicts(void)
{
	is_str(judged(&ours, OURS "dmarc=fail (p=none) header.from=google.com; dkim=pass "
			     "header.d=google.com\n\n"), "f", "DMARC failed, whatever else passed");
	is_str(judged(&ours, OURS "spf=softfail smtp.mailfrom=google.com; dkim=none\n\n"), "f",
	       "no pass at all");
	is_str(judged(&ours, OURS "none\n\n"), "u", "nothing was checked");
	is_str(judged(&ours, OURS "iprev=pass policy.iprev=192.0.2.1\n\n"), "u",
	       "nothing of ours was checked");
	is_str(judged(&ours, OURS "dkim=pass (no domain)\n\n"), "u", "a pass of nobody");
	is_str(judged(&ours, OURS "dmarc=pass header.from=other.example; dkim=pass "
			     "header.d=google.com\n\n"), "u m other.example x",
	       "DMARC passed for somebody else");
	is_str(judged(&ours, OURS "dkim=pass header.d=mailer.example; dkim=pass header.d=google.com;"
			     " spf=pass smtp.mailfrom=google.com\n\n"), "v d google.com b",
	       "the signature that is related");
	is_str(judged(&ours, OURS "spf=pass smtp.mailfrom= smtp.helo=mail-1.google.com\n\n"),
	       "v s mail-1.google.com b", "the null sender: its HELO");
	is_str(judged(&ours, OURS "dkim=pass header.d=google.com header.i=@other.example\n\n"),
	       "v d google.com b", "header.d before header.i");
	is_str(judged(&ours, OURS "dkim=pass header.d=co.uk\n\n"), "u d co.uk x",
	       "a suffix is no relation");
	is_str(judged(&ours, OURS "dkim/2=pass header.d=google.com\n\n"), "u",
	       "another version of a method");
	is_str(judged(&ours, "Authentication-Results: mx.example.net 2; dkim=pass "
			     "header.d=google.com\n\n"), "u", "another version of the field");
}

/* The reporter of another report, by the same mail of mail.example.co.uk. */
static void test_relations(void)
{
	struct authres a;
	static const char header[] = OURS "dmarc=pass header.from=mail.example.co.uk\n\n";

	authres_read(header, sizeof(header) - 1, &ours, &a);
	is_str(judged_of(&a, "Example.CO.UK.", "a@other.example"), "v m mail.example.co.uk n",
	       "its name, by organizational domain");
	is_str(judged_of(&a, "Example Ltd", "Reports <dmarc@reports.example.co.uk>"),
	       "v m mail.example.co.uk a", "its address");
	is_str(judged_of(&a, " example.co.uk", "\"a@b\"@example.co.uk "), "v m mail.example.co.uk b",
	       "both");
	is_str(judged_of(&a, "other.co.uk", "a@other.co.uk"), "u m mail.example.co.uk x",
	       "a neighbour below the same suffix");
	is_str(judged_of(&a, "notexample.co.uk", "example.co.uk"), "u m mail.example.co.uk x",
	       "a name that ends alike; an address without @");
	is_str(judged_of(&a, NULL, NULL), "u m mail.example.co.uk x", "no name, no address");
	is_str(judged_of(NULL, "example.co.uk", NULL), "l", "a file");
	is_str(judged(NULL, header), "u", "nobody is believed");
}

/* What somebody else wrote, or our server wrote of him. */
static void test_forged(void)
{
	static const char nul[] = OURS "dkim=pass header.d=google.com\0\n\n";

	is_str(judged(&ours, OURS "dmarc=fail header.from=google.com\nReceived: from x\n" OURS
			     FROM_GOOGLE "\n\n"), "f", "one below ours");
	is_str(judged(&two, OURS "dmarc=none\nReceived: from x\n" OURS FROM_GOOGLE "\n\n"), "f",
	       "below the first Received, however many are ours");
	is_str(judged(&two, OURS "spf=fail smtp.mailfrom=x.example\n" OURS FROM_GOOGLE "\n\n"),
	       "v m google.com b", "two that are ours");
	is_str(judged(&ours, "Received: from y\nReceived: from z\n" OURS FROM_GOOGLE "\n\n"),
	       "v m google.com b", "ours below other hosts'");
	is_str(judged(&ours, "Authentication-Results: mx.example.org; dmarc=fail\n"
			     "Authentication-Results: evil.mx.example.net; dmarc=fail\n"
			     "Authentication-Results: mx.example.net.evil.example; dmarc=fail\n"
			     OURS FROM_GOOGLE "\n\n"), "v m google.com b",
	       "other servers' do not count");
	is_str(judged(&ours, "Authentication-Results: " FROM_GOOGLE "\n"
			     "X-Authentication-Results: mx.example.net; " FROM_GOOGLE "\n"
			     "Authentication-Results : mx.example.net; " FROM_GOOGLE "\n\n"
			     OURS FROM_GOOGLE "\n\n"), "u",
	       "no id, other fields, the body");
	is_str(judged(&microsoft, "Authentication-Results: spf=fail; dmarc=fail header.from=x\n"
				  "Authentication-Results: " FROM_GOOGLE "\n\n"), "f",
	       "Microsoft: the topmost");
	is_str(judged(&microsoft, OURS FROM_GOOGLE "\n\n"), "u", "Microsoft: not with an id");
	is_str(judged(&ours, OURS "spf=pass (domain of \"a) smtp.mailfrom=google.com (\"@x.example "
			     "designates) smtp.mailfrom=x.example\n\n"), "u",
	       "a comment that ends in a quoted local part");
	is_str(judged(&ours, OURS "spf=none (domain of \"a); dkim=pass header.d=google.com; (\"@x)"
			     "\n\n"), "u", "or brings a result");
	is_str(judged(&ours, OURS "spf=pass smtp.mailfrom=\"x@google.com\"@evil.example\n\n"),
	       "u s evil.example x", "a quoted local part like an address");
	is_str(judged(&ours, OURS "spf=none smtp.mailfrom=\"a; dkim=pass header.d=google.com; b\""
			     "@evil.example\n\n"), "f", "a quoted local part like a result");
	is_str(judged(&ours, OURS "dkim=pass header.d=evil.example header.d=google.com\n\n"), "u",
	       "a result that names two");
	is_str(judged(&ours, OURS FROM_GOOGLE "; dmarc=pass header.from=evil.example\n\n"), "u",
	       "DMARC of two domains");
	is_str(judged(&ours, OURS FROM_GOOGLE "; dmarc=none header.from=evil.example\n\n"), "u",
	       "DMARC twice");
	is_str(judged(&ours, OURS FROM_GOOGLE "; dmarc=fail header.from=evil.example\n\n"), "f",
	       "one of which failed");
	is_str(judged(&ours, OURS "spf=none reason=\"a\n\n" OURS FROM_GOOGLE "\n\n"), "u",
	       "a quote that does not end");
	is_str(judged(&ours, OURS "spf=none (a\r\n b\r\n\r\n"), "u", "nor a comment");
	is_str(judged(&ours, OURS "dkim=pass header.d=google.com\rx\n\n"), "u", "a CR in a line");
	is_str(judged_by(&ours, nul, sizeof(nul) - 1), "u", "a NUL");
	is_str(judged(&ours, OURS "dkim=pass header.d=google.com/\n\n"), "u", "no domain");
	is_str(judged(&ours, OURS "dkim=pass header.d=\"goo\"\"gle.com\"\n\n"), "u", "nor is this");
}

static void test_ids(void)
{
	static const struct trust pool = {{"mx.example.net  *.mx.example.com", 32},
					  AUTHSERV_RFC8601, 0};

	is_str(judged(&pool, OURS FROM_GOOGLE "\n\n"), "v m google.com b", "the first of two ids");
	is_str(judged(&pool, "Authentication-Results: PHL-4.mx.Example.com; " FROM_GOOGLE "\n\n"),
	       "v m google.com b", "one below a name");
	is_str(judged(&pool, "Authentication-Results: mx.example.com; " FROM_GOOGLE "\n"
			     "Authentication-Results: amx.example.com; " FROM_GOOGLE "\n\n"), "u",
	       "but not the name itself, or one that ends alike");
	is_str(judged(&(struct trust){.fields = 1}, "Authentication-Results: ; " FROM_GOOGLE "\n\n"),
	       "u", "no id: nobody");
}

/* Long ones: in time that grows with them, and bounded. */
static void test_long(void)
{
	static const char result[] = "dkim=pass header.d=a.example; ";
	struct buf b = {0};

	buf_adds(&b, OURS);
	for (int i = 0; i < 2000; i++)
		buf_adds(&b, result);
	buf_adds(&b, FROM_GOOGLE "\n\n");
	is_str(judged_by(&ours, b.p, b.len), "v m google.com b", "DMARC behind 2000 results");
	for (int n = LIMIT_AUTH_DOMAINS - 1; n <= LIMIT_AUTH_DOMAINS; n++) {
		bool room = n < LIMIT_AUTH_DOMAINS;

		b.len = 0;
		buf_adds(&b, OURS);
		for (int i = 0; i < n; i++)
			buf_adds(&b, result);
		buf_adds(&b, "dkim=pass header.d=google.com\n\n");
		is_str(judged_by(&ours, b.p, b.len), room ? "v d google.com b" : "u d a.example x",
		       room ? "as many signatures as are looked at" : "one more");
	}
	b.len = 0;
	buf_adds(&b, OURS);
	for (int i = 0; i < 100000; i++)
		buf_addc(&b, '(');
	is_str(judged_by(&ours, b.p, b.len), "u", "100000 comments in one another");
	b.len = 0;
	while (b.len < LIMIT_MAIL_HEADER - 150)
		buf_adds(&b, "X-Filler: 0123456789\n");
	size_t filled = b.len;

	buf_adds(&b, OURS FROM_GOOGLE "\n\n");
	is_str(judged_by(&ours, b.p, b.len), "v m google.com b", "at the end of the largest header");
	b.len = filled;
	buf_adds(&b, OURS "spf=none; " FROM_GOOGLE "; dkim=none; iprev=fail; "
		    "spf=none smtp.mailfrom=x.example smtp.helo=y.example\n\n");
	is_str(judged_by(&ours, b.p, b.len), "u", "a field over the limit is not believed in part");
	b.len = 0;
	buf_adds(&b, OURS "dkim=pass header.d=");
	for (int i = 0; i < 300; i++)
		buf_addc(&b, 'a');
	buf_adds(&b, ".google.com\n\n");
	is_str(judged_by(&ours, b.p, b.len), "u", "a name that is too long");
	buf_free(&b);
}

/* Cut anywhere, and with any byte changed: nothing worse than no trust. */
static void test_broken(void)
{
	static const char header[] = "X: y\r\n" OURS "dkim=pass (a \"b\") header.i=\"@\"google.com;\r\n"
				     "\tspf=pass smtp.mailfrom=\"a b\"@x.example; dmarc=pass "
				     "header.from=other.example\r\n\r\n";
	char copy[sizeof(header)];
	int verified = 0;

	for (size_t n = 0; n < sizeof(header); n++)
		verified += *judged_by(&ours, header, n) == 'v';
	for (size_t i = 0; i < sizeof(header) - 1; i++)
		for (int c = 0; c < 256; c++) {
			memcpy(copy, header, sizeof(header));
			copy[i] = (char)c;
			verified += *judged_by(&ours, copy, sizeof(header) - 1) == 'v';
		}
	is_int(verified, 0, "no cut and no byte of another makes it Google's");
}

int main(void)
{
	test_servers();
	test_verdicts();
	test_relations();
	test_forged();
	test_ids();
	test_long();
	test_broken();
	return tap_done();
}
