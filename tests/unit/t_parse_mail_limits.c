/* Mails that are too much, that break off, or come many in one: what is read of them, and what is
 * said of the rest. Each in less time than a mail administrator would notice. */
#include "tests/unit/mail_made.h"

#include <sys/mman.h>
#include <time.h>

#define BASE64 "\nContent-Transfer-Encoding: base64"
#define GZIP_PART "--b\nContent-Type: application/gzip" BASE64 "\n\n"
#define MOST_SECONDS 2 /* with sanitizers, and beside other tests: five times as much */

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* mail is freed. n reports are stored, this is said beside, and it does not take long. */
static void tells(struct buf mail, unsigned n, const char *wanted, const char *name)
{
	double begin = now();
	const char *got = trace_item(mail.p, mail.len, -1);
	double took = now() - begin;
	unsigned heads;

	lines_of("head ", &heads);
	if (!ok(heads == n && strstr(got, wanted) && took < 5 * MOST_SECONDS, name))
		tap_note("%u reports, %.1f s; wanted %s\n# in %.2000s", heads, took, wanted, got);
	buf_free(&mail);
}

/* A mail with a report, ready for more parts. */
static struct buf begun(void)
{
	struct buf b = {0};

	buf_printf(&b, MULTIPART GZIP_PART "%s\n", packed_base64());
	return b;
}

static void repeat(struct buf *b, const char *s, size_t bytes)
{
	size_t n = strlen(s), end = b->len + bytes;

	buf_room(b, bytes + n);
	while (b->len + n <= end)
		buf_add(b, s, n);
}

#define ALMOST ((32 << 20) - 4096)

static void parts(void)
{
	struct buf b = begun();

	for (int i = 0; i < 300; i++)
		buf_adds(&b, "--b\n\nx\n");
	tells(b, 1, "refused 2 limit: a mail with more than 200 parts: the first ones were read\n",
	      "300 parts");
	b = begun();
	for (int i = 0; i < 210; i++)
		buf_printf(&b, GZIP_PART "%s\n", packed_base64());
	tells(b, 200, "refused 201 limit: a mail with more than 200 parts", "210 reports");
	b = begun();
	repeat(&b, "--b\n", ALMOST);
	tells(b, 1, "refused 2 limit: a mail with more than 10000 boundaries of parts: the first "
	      "ones were read\n", "32 MB of boundaries");
	b = begun();
	for (int i = 0; i < 1000; i++)
		buf_printf(&b, "--%s\nContent-Type: multipart/mixed; boundary=c%d\n\n",
			   i ? "c" : "b", i);
	tells(b, 1, "", "multiparts that are not closed");
	b = begun();
	buf_adds(&b, "--b\n");
	for (int i = 0; i < 1000; i++)
		buf_printf(&b, "Content-Type: multipart/mixed; boundary=c%d\n\n--c%d\n", i, i);
	tells(b, 1, "refused 2 limit: a mail with parts nested deeper than 10 levels: what lies "
	      "deeper was not read\n", "multiparts 1000 deep");
	b = text(FIELDS);
	repeat(&b, "Content-Type: message/rfc822\n\n", 1 << 20);
	tells(b, 0, "refused 0 limit: mails attached to mails, more than 3 deep: what lies deeper "
	      "was not read\n", "a chain of attached mails");
}

static void headers(void)
{
	struct buf b = text(FIELDS "X-A: ");

	repeat(&b, "a", ALMOST);
	tells(b, 0, "refused 0 limit: a mail with a header of more than 256 KB: what stands before "
	      "it was read\n", "a header of 32 MB");
	b = begun();
	buf_adds(&b, "--b\n");
	repeat(&b, "X-A: a\n", ALMOST);
	tells(b, 1, "refused 2 limit: a mail with a header of more than 256 KB",
	      "a part with millions of fields");
	b = text(FIELDS "Content-Type: message/rfc822\n\nSubject: a\nTo: ");
	repeat(&b, "a:", 200 << 10);
	tells(b, 0, "not 0 a mail with the subject of a report",
	      "addresses nested in each other");
}

static void bodies(void)
{
	struct buf b = begun();

	buf_adds(&b, GZIP_PART);
	repeat(&b, "\n", ALMOST);
	tells(b, 1, "refused 2 input: an archive with nothing in it\n", "base64 of empty lines");
	b = begun();
	buf_adds(&b, GZIP_PART "H4sI");
	repeat(&b, "a b c!\n", ALMOST);
	tells(b, 1, "refused 2 input: ", "base64 of words");
	b = text(FIELDS "\nHello:\n");
	repeat(&b, "H4sIAAAAAAAAAw=\nx y.\n", 8 << 20);
	tells(b, 0, "refused 201 limit: a mail with more than 200 blocks of base64 in its text: "
	      "the first ones were read\n", "text full of beginnings");
	b = text(FIELDS "Content-Type: text/xml\nContent-Transfer-Encoding: quoted-printable\n\n");
	repeat(&b, "=zz", ALMOST);
	tells(b, 0, "not 1 text\n", "quoted-printable of no codes");
	b = text(MULTIPART);
	repeat(&b, "x\n", 16 << 20);
	buf_printf(&b, GZIP_PART "%s\n--b--\n", packed_base64());
	tells(b, 1, "", "a long text before the parts");
	b = text(FIELDS "Content-Type: text/plain\n\n");
	repeat(&b, "words\n", ALMOST + 8192);
	tells(b, 0, "refused 0 limit: a mail of 32 MB, over 32 MB\n", "a mail that is too large");
}

static void bombs(void)
{
	struct buf spaces = {0}, packed, b = begun();

	buf_adds(&spaces, "<feedback>");
	repeat(&spaces, " ", 16 << 20);
	packed = made_base64_in(gzipped_text(buf_cstr(&spaces)), 76, "\n");
	for (int i = 0; i < 190; i++)
		buf_printf(&b, GZIP_PART "%s\n", buf_cstr(&packed));
	tells(b, 1, "limit: a mail with more than 5 parts that are each beyond a limit: those "
	      "behind were not read\n", "190 bombs behind a report");
	buf_free(&packed);
	buf_free(&spaces);
}

/* One mail of an mbox with a report in it. */
static void put_mail(struct buf *b)
{
	buf_printf(b, "From reports@mx.example.org Thu Nov  5 00:00:00 2026\n" MULTIPART
		   GZIP_PART "%s\n--b--\n\n", packed_base64());
}

static struct buf gzip_of(struct buf *b)
{
	struct buf packed = gzipped_text(buf_cstr(b));

	buf_free(b);
	return packed;
}

static void mboxes(void)
{
	struct buf b = {0};

	put_mail(&b);
	buf_adds(&b, "From x\n" FIELDS "\nI say:\n>From here\nFrom there on\n\n");
	put_mail(&b);
	struct buf copy = text(buf_cstr(&b));

	tells(copy, 2, "not 2 a mail with the subject of a report", "an mbox");
	tells(gzip_of(&b), 2, "not 2 a mail with the subject of a report", "an mbox in gzip");
	put_mail(&b);
	buf_adds(&b, "From x\n" FIELDS "\n");
	repeat(&b, "long lines and many\n", 40 << 20);
	buf_adds(&b, "\n");
	put_mail(&b);
	buf_adds(&b, "From x\n" FIELDS "\n");
	repeat(&b, "x", 40 << 20);
	buf_adds(&b, "\n\n");
	put_mail(&b);
	tells(gzip_of(&b), 3, "refused 2 limit: a mail of more than 32 MB\n",
	      "mails that are too long, between others");
	ok(strstr(buf_cstr(&trace), "refused 4 limit: a mail of more than 32 MB\n") != NULL,
	   "also one of a single line");
	for (int i = 0; i < 10010; i++)
		buf_adds(&b, "From x\nFrom: a@example.org\nSubject: b\n\nc\n\n");
	tells(gzip_of(&b), 0, "not 9999 a mail without a report\n", "10,010 mails");
	ok(strstr(buf_cstr(&trace), "limit: ") != NULL, "more than an archive may hold");
}

static void cut(void)
{
	struct buf b = begun(), packed;

	buf_printf(&b, GZIP_PART "%s\n--b--\n", packed_base64());
	packed = gzipped_text(buf_cstr(&b));
	packed.len -= 4;
	tells(packed, 2, "end 1 3 0 0 c\n",
	      "a mail in gzip that lost its last bytes, with both reports");
	buf_adds(&b, "\n");
	/* stored, not packed, so that it is known what is cut */
	b.len = strlen(MULTIPART GZIP_PART) + strlen(packed_base64()) + 100;
	packed = (struct buf){0};
	buf_add(&packed, "\x1f\x8b\x08\0\0\0\0\0\0\3\1", 11);
	buf_addc(&packed, (char)((b.len + 100) & 255));
	buf_addc(&packed, (char)((b.len + 100) >> 8));
	buf_addc(&packed, (char)(~(b.len + 100) & 255));
	buf_addc(&packed, (char)(~(b.len + 100) >> 8 & 255));
	buf_add(&packed, b.p, b.len);
	buf_free(&b);
	tells(packed, 1, "gzip that ends in the middle", "a mail in gzip that breaks off");
	ok(strstr(buf_cstr(&trace), "repair mail_cut where=mail from=gzip that ends in the "
		  "middle") !=
		   NULL, "the report in it tells so");
	b = (struct buf){0};
	put_mail(&b);
	put_mail(&b);
	packed = gzipped_text(buf_cstr(&b));
	buf_free(&b);
	packed.len -= 60;
	tells(packed, 1, "gzip that ends in the middle", "an mbox in gzip that breaks off");
}

/* By descriptor, larger than what goes in memory. */
static void by_descriptor(void)
{
	struct buf b = begun();
	int fd = memfd_create("mail", MFD_CLOEXEC);

	buf_adds(&b, "--b\n\n");
	repeat(&b, "some text in a part\n", 1 << 20);
	buf_printf(&b, GZIP_PART "%s\n--b--\n", packed_base64());
	ok(write(fd, b.p, b.len) == (ssize_t)b.len, "a file is made");
	const char *got = trace_item(NULL, b.len, fd);
	unsigned heads;

	lines_of("head ", &heads);
	ok(heads == 2 && !strstr(got, "repair"), "two reports, a megabyte between them");
	char *type = memmem(b.p, b.len, "Content-Type", 12);

	memcpy(type, "ContentType:", 12);
	ok(pwrite(fd, b.p, b.len, 0) == (ssize_t)b.len, "its header is damaged");
	trace_item(NULL, b.len, fd);
	lines_of("head ", &heads);
	ok(heads == 2, "it is mended as well");
	close(fd);
	buf_free(&b);
}

int main(void)
{
	parts();
	headers();
	bodies();
	bombs();
	mboxes();
	cut();
	by_descriptor();
	return trace_done();
}
