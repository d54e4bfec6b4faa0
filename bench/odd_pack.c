#include "bench/odd_pack.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#define WHEN 1782864000
#define LINE 76 /* characters of base64 (RFC 2045, 6.8) */

static void check(struct archive *a, int rc)
{
	if (rc == ARCHIVE_OK)
		return;
	fprintf(stderr, "gen: libarchive: %s\n", archive_error_string(a));
	exit(1);
}

static la_ssize_t on_write(struct archive *a, void *ctx, const void *p, size_t n)
{
	(void)a;
	buf_add(ctx, p, n);
	return (la_ssize_t)n;
}

static void add_file(struct archive *a, const char *name, const void *p, size_t len)
{
	struct archive_entry *entry = archive_entry_new();

	archive_entry_set_pathname(entry, name);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0644);
	archive_entry_set_mtime(entry, WHEN, 0);
	check(a, archive_write_header(a, entry));
	archive_entry_free(entry);
	if (archive_write_data(a, p, len) != (la_ssize_t)len)
		check(a, ARCHIVE_FATAL);
}

static void open_to(struct archive *a, struct buf *to)
{
	check(a, archive_write_set_bytes_in_last_block(a, 1));
	check(a, archive_write_open(a, to, NULL, on_write, NULL));
}

static void close_all(struct archive *a)
{
	check(a, archive_write_close(a));
	archive_write_free(a);
}

void pack_gzip(const void *p, size_t len, struct buf *to)
{
	struct archive *a = archive_write_new();

	check(a, archive_write_set_format_raw(a));
	check(a, archive_write_add_filter_gzip(a));
	check(a, archive_write_set_filter_option(a, "gzip", "timestamp", NULL));
	open_to(a, to);
	add_file(a, "report.xml", p, len);
	close_all(a);
}

void pack_zip(const struct pack_file *files, unsigned n, struct buf *to)
{
	struct archive *a = archive_write_new();

	check(a, archive_write_set_format_zip(a));
	open_to(a, to);
	for (unsigned i = 0; i < n; i++)
		add_file(a, files[i].name, files[i].bytes->p, files[i].bytes->len);
	close_all(a);
}

void pack_salvage(const struct buf *gzip, struct buf *to)
{
	z_stream z = {.next_in = (Bytef *)gzip->p, .avail_in = (uInt)gzip->len};

	if (inflateInit2(&z, 16 + MAX_WBITS) != Z_OK)
		abort();
	do {
		z.next_out = (Bytef *)buf_room(to, 65536);
		z.avail_out = 65536;
		if (inflate(&z, Z_SYNC_FLUSH) < 0)
			z.avail_in = 0;
		to->len += 65536 - z.avail_out;
	} while (z.avail_in || !z.avail_out);
	inflateEnd(&z);
}

/* ---- mails ---- */

static void put_line(const struct pack_mail *m, const char *p, size_t len, unsigned no,
		     struct buf *to)
{
	if (m->base64 == PACK_BLANKS && no % 4 == 1)
		buf_adds(to, no % 8 == 1 ? "\r\n" : "  ");
	buf_add(to, p, len);
	if (m->base64 == PACK_STRAY && no % 4 == 0)
		buf_adds(to, "!*");
	if (m->base64 != PACK_ONE_LINE)
		buf_adds(to, "\r\n");
}

static void put_base64(const struct pack_mail *m, struct buf *to)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const uint8_t *p = (const uint8_t *)m->report->p;
	size_t len = m->report->len, n = 0;
	char line[LINE];
	unsigned no = 0;

	for (size_t i = 0; i < len; i += 3) {
		uint32_t v = (uint32_t)p[i] << 16 | (i + 1 < len ? p[i + 1] : 0u) << 8 |
			     (i + 2 < len ? p[i + 2] : 0u);

		line[n++] = digits[v >> 18];
		line[n++] = digits[v >> 12 & 63];
		line[n++] = i + 1 < len ? digits[v >> 6 & 63] : '=';
		line[n++] = i + 2 < len ? digits[v & 63] : '=';
		if (n == LINE) {
			put_line(m, line, n, no++, to);
			n = 0;
		}
	}
	put_line(m, line, n, no, to);
	if (m->base64 == PACK_ONE_LINE)
		buf_adds(to, "\r\n");
}

/* The report as a part, or as the body: its fields and its bytes. */
static void put_report(const struct pack_mail *m, struct buf *to)
{
	static const char type[] = "Content-Type: application/gzip; name=\"report.xml.gz\"\r\n";
	static const char disposition[] = "Content-Disposition: attachment\r\n";

	buf_adds(to, m->type ? m->type : type);
	buf_adds(to, m->disposition ? m->disposition : disposition);
	if (m->base64 == PACK_PLAIN) {
		buf_adds(to, "\r\n");
		buf_add(to, m->report->p, m->report->len);
		buf_adds(to, "\r\n");
		return;
	}
	buf_adds(to, "Content-Transfer-Encoding: base64\r\n\r\n");
	put_base64(m, to);
}

/* As many fields as a mail has that went through three hosts. */
static void put_fields(const struct pack_mail *m, struct buf *to)
{
	for (unsigned i = 3; i > 0; i--)
		buf_printf(to, "Received: from host%u.mail.example (host%u.mail.example "
			   "[192.0.2.%u])\r\n\tby mx%u.example.com (Postfix) "
			   "with ESMTPS id %08X\r\n"
			   "\tfor <dmarc@example.com>; Thu, 02 Jul 2026 04:0%u:00 +0000 (UTC)\r\n",
			   i, i, i, i, m->no + i, i);
	buf_adds(to, "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=mail.example;\r\n"
		 "\ts=2026; h=from:to:subject:date:message-id:mime-version:content-type;\r\n"
		 "\tbh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=;\r\n"
		 "\tb=dzdVyOfAKCdLXdJOc9G2q8LoXSlEniSbav+yuU4zGeeruD00lszZVoG4ZHRNiYzR\r\n");
	buf_printf(to, "From: Reports <dmarc-reports@mail.example>\r\nTo: dmarc@example.com\r\n"
		   "Subject: %s\r\nDate: Thu, 02 Jul 2026 04:00:00 +0000\r\n"
		   "Message-ID: <%u@mail.example>\r\nMIME-Version: 1.0\r\n",
		   m->subject ? m->subject : "Report Domain: example.com Submitter: mail.example",
		   m->no);
}

static void put_mixed(const struct pack_mail *m, struct buf *to)
{
	buf_printf(to, "Content-Type: multipart/mixed; boundary=\"=_part_%u\"\r\n\r\n"
		   "--=_part_%u\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n%s\r\n\r\n",
		   m->no, m->no,
		   m->text ? m->text : "This is an aggregate report of mail.example.");
	if (m->html)
		buf_printf(to, "--=_part_%u\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
			   "%s\r\n", m->no, m->html);
	buf_printf(to, "--=_part_%u\r\n", m->no);
	put_report(m, to);
	buf_printf(to, "--=_part_%u--\r\n", m->no);
}

void pack_mail(const struct pack_mail *m, struct buf *to)
{
	if (m->shape == PACK_RFC822) {
		struct pack_mail inner = *m;

		inner.shape = PACK_MIXED;
		put_fields(m, to);
		buf_printf(to, "Content-Type: multipart/mixed; boundary=\"=_outer_%u\"\r\n\r\n"
			   "--=_outer_%u\r\nContent-Type: message/rfc822\r\n\r\n", m->no, m->no);
		pack_mail(&inner, to);
		buf_printf(to, "--=_outer_%u--\r\n", m->no);
		return;
	}
	put_fields(m, to);
	if (m->shape == PACK_BODY)
		put_report(m, to);
	else
		put_mixed(m, to);
}
