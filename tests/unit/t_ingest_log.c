/* Delivery logs: what is taken for one, and how it is cut into pieces. */
#include "base/buf.h"
#include "base/limits.h"
#include "ingest/log.h"
#include "tests/unit/tap.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char root[] = "/tmp/ruadb-t_ingest_log.XXXXXX";
static char *path;

#define LINE "Jun  1 14:20:03 mx1 postfix/qmgr[7]: 0A1B2C3D4E: removed\n"

/* ---- the look ---- */

static void looks(const char *text, const char *columns, enum log_form wanted, const char *name)
{
	struct text header;

	is_int(log_look(text, strlen(text), columns, &header), wanted, name);
}

static void test_logs(void)
{
	looks(LINE, NULL, FORM_LINES, "RFC 3164");
	looks("2026-06-01T14:20:03.123456+02:00 mx1 postfix/smtp[7]: A: to=<a@example.com>\n", NULL,
	      FORM_LINES, "RFC 3339");
	looks("2026-06-01T14:20:03+0200 mx1 postfix/smtp[7]: A: to=<a@example.com>\n", NULL,
	      FORM_LINES, "journalctl -o short-iso");
	looks("2026-06-01 14:20:03 1sDxyz-000ABC-2d <= a@example.com\n", NULL, FORM_LINES, "Exim");
	looks("2026-06-01 14:20:03.123 +0200 [77] 1sDxyz-000000ABCDE-2dEf => b@example.com\n", NULL,
	      FORM_LINES, "Exim with zone, pid and the new ids");
	looks("2026-06-01 14:20:03 Start queue run: pid=7\n", NULL, FORM_LINES, "Exim, without an id");
	looks("<22>Jun  1 14:20:03 mx1 sm-mta[7]: x: to=<a@example.com>\n", NULL, FORM_LINES,
	      "a priority in front");
	looks("2026-06-01T14:20:03.123Z Jun  1 14:20:03 mx1 postfix/smtp[7]: A: x\n", NULL, FORM_LINES,
	      "docker's stamp in front");
	looks("mail-1  | Jun  1 14:20:03 mx1 postfix/smtp[7]: A: x\n", NULL, FORM_LINES,
	      "docker's name in front");
	looks("{\"__CURSOR\":\"s=1\",\"MESSAGE\":\"x\",\"__REALTIME_TIMESTAMP\":\"1\"}\n", NULL,
	      FORM_LINES, "journalctl -o json");
	looks("{\"type\":\"Delivery\",\"id\":\"x\",\"num_attempts\":1}\n", NULL, FORM_LINES, "KumoMTA");
	looks("-- Boot 0123 --\n\n" LINE, NULL, FORM_LINES, "what journalctl says between boots");
	looks("=ed for delivery)\n" LINE LINE, NULL, FORM_LINES, "a first line that is cut");
	looks("Jun  1 14:20:03 mx1 postfix/qmgr[7]: 0A1B2C3D4E: rem", NULL, FORM_LINES,
	      "a log of one line without its end");
	looks("type,timeLogged,orig,rcpt\nd,2026-06-01 14:20:03+0200,a,b\n", NULL, FORM_CSV, "PowerMTA");
	looks("d,2026-06-01 14:20:03+0200,a,b\n", "type,timeLogged,orig,rcpt", FORM_CSV,
	      "PowerMTA without a header line, where a person names the columns");
}

static void test_no_logs(void)
{
	looks("", NULL, FORM_ANY, "nothing");
	looks("<?xml version=\"1.0\"?>\n<feedback>\n", NULL, FORM_ANY, "XML");
	looks("Return-Path: <a@example.com>\nDate: Mon, 1 Jun 2026 14:20:03 +0200\n", NULL, FORM_ANY,
	      "a mail");
	looks("From a@example.com Mon Jun  1 14:20:03 2026\nSubject: x\n", NULL, FORM_ANY, "an mbox");
	looks("{\"organization-name\":\"x\"}\n", NULL, FORM_ANY, "other JSON");
	looks("PK\3\4", NULL, FORM_ANY, "a zip");
	looks("Dear all,\nJune was fine.\n", NULL, FORM_ANY, "a text");
	looks("2026-06-01 14:20:03\n2026-06-02 14:20:03\n", NULL, FORM_ANY, "stamps with nothing behind");
	looks("2026-06-01 14:20:03,5,a\n2026-06-01 14:20:04,6,b\n", NULL, FORM_ANY, "a table of times");
	looks("d,2026-06-01 14:20:03+0200,a,b\n", NULL, FORM_ANY, "CSV that nobody names columns of");
	looks("source_ip_address,source_country,count\n192.0.2.1,DE,1\n", "type,timeLogged,orig,rcpt",
	      FORM_ANY, "other CSV");
	looks("a line\nanother one\n" LINE LINE LINE, NULL, FORM_ANY, "a text that quotes a log");
}

/* ---- pieces ---- */

static void put(const void *p, size_t n)
{
	FILE *f = fopen(path, "we");

	if (!f || fwrite(p, 1, n, f) != n || fclose(f) != 0) {
		printf("Bail out! can't write %s\n", path);
		exit(1);
	}
}

/* As it was written so many seconds ago. */
static void age(int seconds)
{
	struct timespec t[2] = {{time(NULL) - seconds, 0}, {time(NULL) - seconds, 0}};

	utimensat(AT_FDCWD, path, t, 0);
}

/* "from-to:bytes|" of all pieces from offset on, and "unfinished". */
static const char *pieces(struct buf *b, const char *columns, int64_t offset)
{
	const char *const paths[] = {path};
	struct ingest_walk *w;
	struct ingest_source *s;
	struct ingest_item it;
	struct err e = {0};

	b->len = 0;
	if (ingest_walk_new(paths, 1, &w, &e) < 0)
		return "no walk";
	ingest_walk_columns(w, columns);
	if (ingest_open(w, 0, &s, &e) < 0)
		return "not opened";
	if (ingest_log_of(s))
		ingest_log_begin(s, offset);
	while (ingest_next(s, &it, &e) == 1) {
		if (it.log)
			buf_printf(b, "%lld-%lld:", (long long)it.from, (long long)it.to);
		if (it.bytes)
			buf_add(b, it.bytes, (size_t)it.size);
		buf_addc(b, '|');
		free(it.item);
		free(it.bytes);
		if (it.fd >= 0)
			close(it.fd);
	}
	if (ingest_log_unfinished(s))
		buf_adds(b, "unfinished");
	ingest_close(s);
	ingest_walk_free(w);
	return buf_cstr(b);
}

static void test_small(struct buf *b)
{
	size_t n = strlen(LINE);
	AUTO_FREE char *two = xasprintf("0-%zu:%s%s|", 2 * n, LINE, LINE);
	AUTO_FREE char *one = xasprintf("%zu-%zu:%s|", n, 2 * n, LINE);
	AUTO_FREE char *half = xasprintf("0-%zu:%s|unfinished", n, LINE);
	AUTO_FREE char *rest = xasprintf("0-%zu:%s|%zu-%zu:%.20s|", n, LINE, n, n, LINE);
	AUTO_FREE char *only_rest = xasprintf("%zu-%zu:%.20s|", n, n, LINE);

	put(LINE LINE, 2 * n);
	is_str(pieces(b, NULL, 0), two, "a small log is a log");
	is_str(pieces(b, NULL, (int64_t)n), one, "from its offset on");
	is_str(pieces(b, NULL, (int64_t)(2 * n)), "", "to its end");
	put(LINE LINE, n + 20);
	is_str(pieces(b, NULL, 0), half, "a last line without its end is left");
	age(120);
	is_str(pieces(b, NULL, 0), rest, "unless nobody writes it any more; the offset stays before it");
	is_str(pieces(b, NULL, (int64_t)n), only_rest, "so it comes again");
}

static void test_csv(struct buf *b)
{
	put("type,timeLogged,a\nd,1,2\n", 24);
	is_str(pieces(b, NULL, 0), "18-24:d,1,2\n|", "a header line is no row");
	put("#type,timelogged,a\nd,1,2\n", 25);
	is_str(pieces(b, NULL, 0), "19-25:d,1,2\n|", "nor is it one in another form");
	put("d,1,2\nd,3,4\n", 12);
	is_str(pieces(b, "type,timeLogged,a", 6), "6-12:d,3,4\n|", "columns of a person");
	is_str(pieces(b, NULL, 0), "d,1,2\nd,3,4\n|", "without them it is no log");
}

/* All pieces of what was put: they are whole lines, and together all of it but what was cut. */
static void check_large(const struct buf *all, int64_t cut, const char *name)
{
	const char *const paths[] = {path};
	struct ingest_walk *w;
	struct ingest_source *s;
	struct ingest_item it;
	struct err e = {0};
	int64_t at = 0, bytes = 0;
	bool fits = true;

	if (ingest_walk_new(paths, 1, &w, &e) < 0 || ingest_open(w, 0, &s, &e) < 0)
		return;
	while (ingest_next(s, &it, &e) == 1) {
		fits = fits && it.log && it.from >= at && it.to > it.from &&
		       it.size <= LIMIT_INLINE && it.size == it.to - it.from &&
		       memcmp(it.bytes, all->p + it.from, (size_t)it.size) == 0 &&
		       (it.bytes[it.size - 1] == '\n' || it.size == LIMIT_LOG_LINE);
		fits = fits && (it.from == at || all->p[it.from - 1] == '\n');
		at = it.to;
		bytes += it.size;
		free(it.item);
		free(it.bytes);
	}
	ingest_close(s);
	ingest_walk_free(w);
	ok(fits, name);
	is_int(bytes, (int64_t)all->len - cut, "with nothing lost but what is over the limit");
}

static void test_large(struct buf *b)
{
	size_t long_line = 700000;

	b->len = 0;
	for (int i = 0; i < 20000; i++)
		buf_printf(b, "Jun  1 14:20:03 mx1 postfix/qmgr[%d]: %X: removed\n", i, i);
	put(b->p, b->len);
	check_large(b, 0, "a large log: pieces of whole lines");

	buf_adds(b, LINE);
	memset(buf_take(b, long_line), 'x', long_line);
	buf_adds(b, "\n" LINE LINE);
	put(b->p, b->len);
	check_large(b, (int64_t)long_line - LIMIT_LOG_LINE + 1, "a line over the limit is cut");

	b->len = 0;
	buf_adds(b, LINE);
	memset(buf_take(b, LIMIT_LOG_LINE + 5), 'x', LIMIT_LOG_LINE + 5);
	buf_adds(b, "\n" LINE);
	put(b->p, b->len);
	check_large(b, 0, "one that ends within a piece is the parser's to cut");
}

/* ---- a stream ---- */

static void test_stream(void)
{
	struct log_reader r = {.stream = true};
	struct log_piece p;
	struct err e;
	int ends[2];

	if (pipe(ends) < 0)
		return;
	r.fd = ends[0];
	is_int(log_reader_next_of_stream(&r, &p, &e), 2, "nothing came");
	if (write(ends[1], LINE "Jun", strlen(LINE) + 3) < 0)
		return;
	int got = 2;

	for (int i = 0; i < 50 && got == 2; i++)
		got = log_reader_next_of_stream(&r, &p, &e);
	is_int(got, 1, "lines of a slow stream come");
	is_int((int64_t)p.len, (int64_t)strlen(LINE), "whole ones");
	free(p.bytes);
	close(ends[1]);
	got = 2;
	for (int i = 0; i < 50 && got == 2; i++)
		got = log_reader_next_of_stream(&r, &p, &e);
	is_int(got, 1, "at its end");
	is_int((int64_t)p.len, 3, "the rest comes, too");
	free(p.bytes);
	is_int(log_reader_next_of_stream(&r, &p, &e), 0, "and then no more");
	log_reader_end(&r);
	close(ends[0]);
}

int main(void)
{
	struct buf b = {0};

	if (!mkdtemp(root)) {
		printf("Bail out! no folder\n");
		return 1;
	}
	path = xasprintf("%s/mail.log", root);
	test_logs();
	test_no_logs();
	test_small(&b);
	test_csv(&b);
	test_large(&b);
	test_stream();
	unlink(path);
	rmdir(root);
	free(path);
	buf_free(&b);
	return tap_done();
}
