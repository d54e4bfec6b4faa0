/* Of which mail the sender counts: the outermost's, by its own header as it came. */
#include "tests/unit/mail_made.h"

#include <sys/mman.h>

#define PASS "Authentication-Results: mx.example.net; dmarc=pass header.from=mx\n"
#define FAIL "Authentication-Results: mx.example.net; dmarc=fail header.from=mx\n"
#define VERIFIED " mail v:m:mx:b begin="
#define UNVERIFIED " mail begin="
#define FAILED " mail failed begin="

static const struct trust ours = {{"mx.example.net", 14}, AUTHSERV_RFC8601, 1};

/* A mail with these fields on top; its report is the body. */
static const char *mail_on(const char *fields)
{
	static struct buf b;

	b.len = 0;
	buf_printf(&b, "%s" FIELDS "Content-Type: text/xml; name=a.xml\n\n" DOCUMENT "\n", fields);
	return buf_cstr(&b);
}

static void believed(const char *fields, const char *want, const char *name)
{
	trace_contains(trace_text(mail_on(fields)), want, name);
}

static void own_header(void)
{
	believed(PASS, VERIFIED, "a mail that is verified");
	believed("Received: x\n" FAIL "Received: y\n" PASS, FAILED, "one that failed");
	believed("", UNVERIFIED, "one of which nothing is said");
	believed("\n\n" PASS, VERIFIED, "behind blank lines");
	believed("Content_Type: text/plain\n" PASS, VERIFIED, "a header that has to be mended");
	believed("X: y\n" PASS "X: \001\n", VERIFIED, "something strange below it");
	believed("Authentication-Results: mx.example.net; dmarc=pa\rss header.from=mx\n",
		 UNVERIFIED, "nothing is mended that is to be believed");
	trace_contains(trace_text(DOCUMENT), "head 0 d begin=", "a file is no mail");
}

static void by_descriptor(void)
{
	const char *m = mail_on(PASS);
	int fd = memfd_create("mail", 0);

	if (fd < 0 || write(fd, m, strlen(m)) != (ssize_t)strlen(m))
		abort();
	trace_contains(trace_item(NULL, strlen(m), fd), VERIFIED, "a mail that comes by descriptor");
	close(fd);
}

/* outer's fields, and a mail with inner's as its part; a report beside it. */
static void attached(const char *outer, const char *inner, const char *want, const char *name)
{
	struct buf b = {0};

	buf_printf(&b, "%s" FIELDS "MIME-Version: 1.0\nContent-Type: multipart/mixed; "
		   "boundary=\"b\"\n\n" GREETING "--b\nContent-Type: message/rfc822\n\n%s\n"
		   "--b\nContent-Type: text/xml; name=a.xml\n\n" DOCUMENT "\n--b--\n",
		   outer, mail_on(inner));
	const char *got = trace_item(b.p, b.len, -1), *first = strstr(got, want);

	if (!ok(first && strstr(first + 1, want), name))
		tap_note("%s", got);
	buf_free(&b);
}

static void in_others(void)
{
	attached("", PASS, UNVERIFIED, "what is forwarded proves nothing");
	attached(FAIL, PASS, FAILED, "nor against the mail that brings it");
	attached(PASS, FAIL, VERIFIED, "whose own header counts for all in it");

	struct buf mbox = {0};

	buf_printf(&mbox, "From a Mon Jan 1\n%s\n", mail_on(PASS));
	buf_printf(&mbox, "From b Mon Jan 1\n%s\n", mail_on(""));
	buf_printf(&mbox, "From c Mon Jan 1\n%s", mail_on(FAIL));
	const char *got = trace_item(mbox.p, mbox.len, -1);

	trace_contains(got, "head 1 d" VERIFIED, "of an mbox: the first");
	trace_contains(got, "head 2 d" UNVERIFIED, "the second knows nothing of it");
	trace_contains(got, "head 3 d" FAILED, "the third");
	buf_free(&mbox);
	trace_contains(trace_buf(made_zip(mail_on(PASS))), VERIFIED, "a mail in a zip");
}

int main(void)
{
	(void)trace_text(""); /* makes the parser */
	believed(PASS, UNVERIFIED, "nobody is believed unless it is said");
	parser_trust(trace_parser, &ours);
	own_header();
	by_descriptor();
	in_others();
	parser_trust(trace_parser, NULL);
	believed(PASS, UNVERIFIED, "and no more from then on");
	return trace_done();
}
