/*
 * mails - wraps report files into mails as reporters send them, one a file, for a maildir.
 *
 *   mails REPORTS MAILDIR-NEW SIZE [FIRST]   each file of REPORTS, in sorted order, as a mail of
 *                                            about SIZE bytes (more if the report is larger)
 *
 * Names are as Dovecot's delivery makes them, with S= and W= (size, and size with CRLF). Lines end
 * with LF, as in any maildir. FIRST numbers the first of them (default 1). Prints mails=N bytes=N,
 * CRLF counted.
 */
#include "base/buf.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIRST_TIME 1790812800 /* 2026-10-01 */

static void die(const char *what)
{
	fprintf(stderr, "mails: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void read_file(const char *path, struct buf *b)
{
	FILE *in = fopen(path, "re");
	size_t n;

	b->len = 0;
	if (!in)
		die(path);
	while ((n = fread(buf_room(b, 65536), 1, 65536, in)) > 0)
		b->len += n;
	if (ferror(in))
		die(path);
	fclose(in);
}

static void add_base64(struct buf *b, const struct buf *bytes)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *p = (const unsigned char *)bytes->p;

	for (size_t i = 0; i < bytes->len; i += 3) {
		size_t left = bytes->len - i;
		uint32_t v = (uint32_t)p[i] << 16 | (left > 1 ? (uint32_t)p[i + 1] << 8 : 0) |
			     (left > 2 ? p[i + 2] : 0);

		buf_addc(b, digits[v >> 18]);
		buf_addc(b, digits[v >> 12 & 63]);
		buf_addc(b, left > 1 ? digits[v >> 6 & 63] : '=');
		buf_addc(b, left > 2 ? digits[v & 63] : '=');
		if (i % 57 == 54)
			buf_addc(b, '\n');
	}
	if (b->p[b->len - 1] != '\n')
		buf_addc(b, '\n');
}

static void add_head(struct buf *b, unsigned no)
{
	buf_printf(b, "Return-Path: <noreply-dmarc@reporter.example>\n"
		      "Delivered-To: dmarc@example.com\n"
		      "Received: from mx.reporter.example (mx.reporter.example [192.0.2.25])\n"
		      "\tby mail.example.com with ESMTPS id %08x\n"
		      "\tfor <dmarc@example.com>; Thu, 01 Oct 2026 08:00:00 +0000\n"
		      "Authentication-Results: mail.example.com;\n"
		      "\tdmarc=pass header.from=reporter.example;\n"
		      "\tdkim=pass header.d=reporter.example header.s=s1;\n"
		      "\tspf=pass smtp.mailfrom=reporter.example\n", no);
	buf_printf(b, "From: noreply-dmarc@reporter.example\nTo: dmarc@example.com\n"
		      "Date: Thu, 01 Oct 2026 08:00:00 +0000\n"
		      "Subject: Report domain: example.com Submitter: reporter.example "
		      "Report-ID: %u\nMessage-ID: <%u@reporter.example>\nMIME-Version: 1.0\n"
		      "Content-Type: multipart/mixed; boundary=\"=_%08x\"\n\n", no, no, no);
	buf_printf(b, "--=_%08x\nContent-Type: text/plain; charset=utf-8\n\n", no);
}

static void add_report(struct buf *b, unsigned no, const char *name, bool zip,
		       const struct buf *bytes)
{
	buf_printf(b, "\n--=_%08x\nContent-Type: application/%s; name=\"%s\"\n"
		      "Content-Transfer-Encoding: base64\n"
		      "Content-Disposition: attachment; filename=\"%s\"\n\n",
		   no, zip ? "zip" : "gzip", name, name);
	add_base64(b, bytes);
	buf_printf(b, "\n--=_%08x--\n", no);
}

/* What fills it up to size: the text that comes with a report. */
static void add_words(struct buf *b, size_t n)
{
	static const char line[] =
		"This is an aggregate report about mail that was received from example.com.\n";

	for (size_t i = 0; i < n; i += sizeof(line) - 1)
		buf_add(b, line, n - i < sizeof(line) - 1 ? n - i : sizeof(line) - 1);
	buf_addc(b, '\n');
}

static uint64_t write_mail(const char *folder, unsigned no, const struct buf *mail)
{
	uint64_t lines = 0;
	char path[4096];

	for (size_t i = 0; i < mail->len; i++)
		lines += mail->p[i] == '\n';
	snprintf(path, sizeof(path), "%s/%d.M%uP1.example,S=%zu,W=%" PRIu64, folder,
		 FIRST_TIME + (int)no, no, mail->len, mail->len + lines);
	FILE *out = fopen(path, "we");

	if (!out || fwrite(mail->p, 1, mail->len, out) != mail->len || fclose(out) != 0)
		die(path);
	return mail->len + lines;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

int main(int argc, char **argv)
{
	struct dirent **names;
	uint64_t total = 0;
	struct buf bytes = {0}, mail = {0};

	if (argc != 4 && argc != 5) {
		fputs("usage: mails REPORTS MAILDIR-NEW SIZE [FIRST]\n", stderr);
		return 64;
	}
	size_t size = strtoul(argv[3], NULL, 10);
	unsigned no = argc == 5 ? (unsigned)strtoul(argv[4], NULL, 10) : 1, first = no;
	int n = scandir(argv[1], &names, NULL, by_name);

	if (n < 0)
		die(argv[1]);
	for (int i = 0; i < n; i++) {
		const char *name = names[i]->d_name;
		char path[4096];

		if (*name == '.')
			continue;
		bool zip = strlen(name) > 4 && strcmp(name + strlen(name) - 4, ".zip") == 0;

		snprintf(path, sizeof(path), "%s/%s", argv[1], name);
		read_file(path, &bytes);
		mail.len = 0;
		add_head(&mail, no);
		size_t rest = mail.len + bytes.len * 4 / 3 + bytes.len / 57 + 240;

		add_words(&mail, rest < size ? size - rest : 80);
		add_report(&mail, no, name, zip, &bytes);
		total += write_mail(argv[2], no++, &mail);
	}
	for (int i = 0; i < n; i++)
		free(names[i]);
	free(names);
	buf_free(&bytes);
	buf_free(&mail);
	printf("mails=%u bytes=%" PRIu64 "\n", no - first, total);
	return 0;
}
