/* Walking files and folders, maildirs and mboxes: which items come, in which order, how cut. */
#include "base/buf.h"
#include "base/limits.h"
#include "ingest/ingest.h"
#include "tests/unit/tap.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[] = "/tmp/ruadb-t_ingest.XXXXXX";

static char *path_of(const char *name)
{
	return xasprintf("%s/%s", root, name);
}

static void put(const char *name, const void *p, size_t n)
{
	AUTO_FREE char *path = path_of(name);
	FILE *f = fopen(path, "we");

	if (!f || fwrite(p, 1, n, f) != n || fclose(f) != 0) {
		printf("Bail out! can't write %s\n", path);
		exit(1);
	}
}

static void puts_to(const char *name, const char *text)
{
	put(name, text, strlen(text));
}

static void make_folder(const char *name)
{
	AUTO_FREE char *path = path_of(name);

	if (mkdir(path, 0700) < 0) {
		printf("Bail out! can't make %s\n", path);
		exit(1);
	}
}

/* All of what an item holds: its bytes, or what its descriptor gives. */
static void add_contents(struct buf *b, const struct ingest_item *it)
{
	if (it->bytes) {
		buf_add(b, it->bytes, (size_t)it->size);
		return;
	}
	for (off_t at = 0; at < it->size;) {
		ssize_t n = pread(it->fd, buf_room(b, 65536), 65536, at);

		if (n <= 0)
			break;
		b->len += (size_t)n;
		at += n;
	}
}

/* "path#n=contents|path=contents|" of the items below name, paths without the test's folder. */
static const char *items_below(struct buf *b, const char *name)
{
	AUTO_FREE char *path = path_of(name);
	const char *const paths[] = {path};
	struct ingest_walk *w;
	struct err e = {0};

	b->len = 0;
	if (ingest_walk_new(paths, 1, &w, &e) < 0)
		return e.msg[0] ? xstrdup(e.msg) : "failed";
	for (size_t i = 0; i < ingest_walk_files(w); i++) {
		struct ingest_source *s;
		struct ingest_item it;

		if (ingest_open(w, i, &s, &e) < 0) {
			buf_printf(b, "%s|", e.msg);
			continue;
		}
		while (ingest_next(s, &it, &e) == 1) {
			buf_printf(b, "%s=", it.item + strlen(root) + 1);
			add_contents(b, &it);
			buf_addc(b, it.last ? '|' : '+');
			free(it.item);
			free(it.bytes);
			if (it.fd >= 0)
				close(it.fd);
		}
		ingest_close(s);
	}
	ingest_walk_free(w);
	return buf_cstr(b);
}

static void test_folders(struct buf *b)
{
	AUTO_FREE char *link = NULL, *target = NULL;

	make_folder("plain");
	make_folder("plain/b");
	puts_to("plain/z", "last");
	puts_to("plain/a", "first");
	puts_to("plain/b/c", "deep");
	puts_to("plain/.hidden", "no");
	puts_to("plain/empty", "");
	is_str(items_below(b, "plain"),
	       "plain/a=first|plain/b/c=deep|plain/empty=|plain/z=last|",
	       "a folder: sorted, with folders in it, without hidden files");
	is_str(items_below(b, "plain/a"), "plain/a=first|", "one file");

	link = path_of("plain/b/link");
	target = path_of("plain/z");
	ok(symlink(target, link) == 0, "a link to a file");
	is_str(items_below(b, "plain/b"), "plain/b/c=deep|plain/z=last|",
	       "stands for that file under its own path");
	is_str(items_below(b, "plain"),
	       "plain/a=first|plain/b/c=deep|plain/z=last|plain/empty=|",
	       "and a file that is met twice is one");
}

static void test_maildir(struct buf *b)
{
	make_folder("mail");
	make_folder("mail/cur");
	make_folder("mail/new");
	make_folder("mail/tmp");
	make_folder("mail/.Archive");
	make_folder("mail/.Archive/cur");
	make_folder("mail/.Archive/new");
	make_folder("mail/.Archive/tmp");
	puts_to("mail/cur/1:2,S", "read");
	puts_to("mail/new/2", "new");
	puts_to("mail/tmp/3", "not there yet");
	puts_to("mail/dovecot-uidlist", "the server's own");
	puts_to("mail/.Archive/cur/4:2,", "archived");
	is_str(items_below(b, "mail"), "mail/.Archive/cur/4:2,=archived|mail/cur/1:2,S=read|mail/new/2=new|",
	       "a maildir: cur, new and its folders, not tmp nor the server's files");
}

static void test_mbox(struct buf *b)
{
	puts_to("one", "From a@example.com Thu Jan  1 00:00:00 1970\nSubject: 1\n\nbody\n");
	is_str(items_below(b, "one"), "one#1=Subject: 1\n\nbody\n|", "an mbox of one mail");
	puts_to("two", "From a\nS: 1\n\nb1\n\nFrom b\nS: 2\n\nb2\n\n");
	is_str(items_below(b, "two"), "two#1=S: 1\n\nb1\n+two#2=S: 2\n\nb2\n|",
	       "two mails; the empty line between them belongs to neither");
	puts_to("from", "From a\nS: 1\n\nFrom the start\nof a line\nFrom here\n>From there\n");
	is_str(items_below(b, "from"),
	       "from#1=S: 1\n+from#2=of a line\nFrom here\n>From there\n|",
	       "\"From \" splits behind an empty line only, and >From stays");
	puts_to("crlf", "From a\r\nS: 1\r\n\r\nb1\r\n\r\nFrom b\r\nS: 2\r\n\r\nb2");
	is_str(items_below(b, "crlf"), "crlf#1=S: 1\r\n\r\nb1\r\n+crlf#2=S: 2\r\n\r\nb2|",
	       "with CR LF, and no line end at the end");
	puts_to("bare", "From a");
	is_str(items_below(b, "bare"), "bare#1=|", "a \"From \" line and nothing else");
}

/* A mail that no block holds, with lines that straddle blocks. */
static void test_large(struct buf *b)
{
	enum { LINES = 40000 };
	struct buf mbox = {0}, want = {0};

	buf_adds(&mbox, "From a\n");
	for (int i = 0; i < LINES; i++)
		buf_printf(&want, "line %d of a long mail\n", i);
	buf_add(&mbox, want.p, want.len);
	buf_adds(&mbox, "\nFrom b\nshort\n");
	put("large", mbox.p, mbox.len);
	items_below(b, "large");
	ok(want.len > LIMIT_INLINE, "a mail over what goes inline");
	ok(b->len > want.len + 8 && memcmp(b->p + 8, want.p, want.len) == 0,
	   "arrives by descriptor, whole");
	is_str(buf_cstr(b) + 8 + want.len, "+large#2=short\n|", "and the next one behind it");
	buf_free(&mbox);
	buf_free(&want);
}

static void test_errors(struct buf *b)
{
	AUTO_FREE char *gone = path_of("gone");
	AUTO_FREE char *here = path_of("plain/a");
	const char *const missing[] = {here, gone}, *const vanishing[] = {gone};
	struct ingest_walk *w = NULL;
	struct ingest_source *s;
	struct err e = {0};

	(void)b;
	is_int(ingest_walk_new(missing, 2, &w, &e), -1, "a path that is not there fails all");
	is_int(e.class, ERR_CONFIG, "as a matter of configuration");
	puts_to("gone", "x");
	is_int(ingest_walk_new(vanishing, 1, &w, &e), 0, "a file that is found");
	is_int(ingest_walk_bytes(w), 1, "counts with its size");
	unlink(gone);
	is_int(ingest_open(w, 0, &s, &e), -1, "and vanishes before it is opened");
	is_int(e.class, ERR_TEMP, "is for the next run");
	ingest_walk_free(w);
}

int main(void)
{
	struct buf b = {0};

	if (!mkdtemp(root)) {
		printf("Bail out! no folder\n");
		return 1;
	}
	test_folders(&b);
	test_maildir(&b);
	test_mbox(&b);
	test_large(&b);
	test_errors(&b);
	buf_free(&b);
	AUTO_FREE char *clean = xasprintf("rm -rf '%s'", root);

	return system(clean) == 0 ? tap_done() : 1;
}
