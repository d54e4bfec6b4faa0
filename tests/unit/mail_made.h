/* mail_made - mails of our own making for the tests of the mail reader, and what comes of them. */
#ifndef TESTS_MAIL_MADE_H
#define TESTS_MAIL_MADE_H

#include "tests/unit/parse_pack.h"

#define DECLARED "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" DOCUMENT

/* One file, not compressed. */
__attribute__((unused)) static struct buf made_zip(const char *s)
{
	struct zip_maker m = {0};

	zip_add_text(&m, "a.xml", s);
	return zip_done(&m);
}

/* Valid until the next call: base64 of gzip of the document. */
__attribute__((unused)) static const char *packed_base64(void)
{
	static struct buf b;

	buf_free(&b);
	b = made_base64_in(gzipped_text(DOCUMENT), 76, "\n");
	return buf_cstr(&b);
}

#define FIELDS "From: reports@mx.example.org\nTo: dmarc@example.com\nSubject: Report Domain: a\n"
#define MULTIPART FIELDS "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"b\"\n\n"
#define GREETING "--b\nContent-Type: text/plain\n\nThis is a report.\n"

/* A greeting and a part with these fields and this body. */
__attribute__((unused)) static struct buf mail_with(const char *fields, const char *body)
{
	struct buf b = {0};

	buf_printf(&b, MULTIPART GREETING "--b\n%s\n\n%s\n--b--\n", fields, body);
	return b;
}

/* The lines of the last trace that begin with word, and how many they are. */
static const char *lines_of(const char *word, unsigned *ret_n)
{
	static struct buf found;
	const char *p = buf_cstr(&trace);

	found.len = 0;
	*ret_n = 0;
	for (; *p; p += strcspn(p, "\n") + 1) {
		if (strncmp(p, word, strlen(word)) != 0)
			continue;
		buf_add(&found, p, strcspn(p, "\n") + 1);
		++*ret_n;
	}
	return buf_cstr(&found);
}

/* mail is freed. It holds n reports, each whole, and nothing else; these repairs are told. */
__attribute__((unused)) static void stores_n(struct buf mail, unsigned n, const char *repairs,
					     const char *name)
{
	unsigned heads, ends, others, unused;
	const char *got = trace_item(mail.p ? mail.p : "", mail.len, -1);

	lines_of("head ", &heads);
	lines_of("end 1 3 0 0 c", &ends);
	lines_of("refused ", &others);
	if (!ok(heads == n && ends == n && !others && strstr(got, " mail "), name))
		tap_note("%s", got);
	else if (strcmp(lines_of("repair ", &unused), repairs) != 0)
		is_str(lines_of("repair ", &unused), repairs, name);
	buf_free(&mail);
}

__attribute__((unused)) static void stores(struct buf mail, const char *repairs, const char *name)
{
	stores_n(mail, 1, repairs, name);
}

/* mail is freed. All that is said of it. */
__attribute__((unused)) static void says(struct buf mail, const char *wanted, const char *name)
{
	is_str(trace_item(mail.p ? mail.p : "", mail.len, -1), wanted, name);
	buf_free(&mail);
}

__attribute__((unused)) static struct buf text(const char *s)
{
	struct buf b = {0};

	buf_adds(&b, s);
	return b;
}

#endif
