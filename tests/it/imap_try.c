/*
 * imap_try - a session with an IMAP server by hand, and by the tests: ingest/imap.h, a line each.
 *
 *   imap_try KEY=VALUE...           settings of an account as in ruadb.conf(5)
 *
 * Commands on standard input; each answers with lines on standard output:
 *   can                             can=MOVE,UIDPLUS,IDLE,ESEARCH
 *   select FOLDER, examine FOLDER   uidvalidity= uidnext= exists= read_only= keywords= flagged= ..
 *   search                          n= uids=1:4,7
 *   sizes SET                       uid= size= arrived= flags=, one a message, then n=
 *   save DIR                        bodies are written there as DIR/UID; "save -": no longer
 *   bodies SET [N]                  in windows of N (500), all under way at once: uid= size=, one a
 *                                   message, then windows= refused= bodies= bytes=
 *   ask SET                         a window that is under way when the next command comes
 *   rest                            the bodies of these
 *   ack WHAT SET [FOLDER]           done= why=
 *   wait SECONDS idle|noop          news=
 *   noop                            ok
 *   sleep MS                        ok, when they are over
 * An error: "error CLASS: MESSAGE".
 */
#include "ingest/imap.h"
#include "base/model.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define WINDOW 500

static char save[200]; /* the folder, or "" */
static bool quiet;     /* no line a body */

static void die(const char *what)
{
	fprintf(stderr, "imap_try: %s\n", what);
	exit(2);
}

static void tell(const struct err *e)
{
	printf("error %s: %s\n", err_class_name(e->class), e->msg);
}

static struct uidset set_of(const char *text)
{
	struct uidset s = {0};
	struct err e;

	if (uidset_parse(text_of(text), UINT32_MAX, &s, &e) < 0)
		die(e.msg);
	return s;
}

/* ---- commands ---- */

static int do_can(struct imap *i, char **w, struct err *e)
{
	static const char *const names[] = {"MOVE", "UIDPLUS", "IDLE", "ESEARCH"};
	const char *comma = "";

	(void)w;
	(void)e;
	printf("can=");
	for (unsigned k = 0; k < 4; k++) {
		if (!(imap_can(i) & 1U << k))
			continue;
		printf("%s%s", comma, names[k]);
		comma = ",";
	}
	printf("\n");
	return 0;
}

static int open_folder(struct imap *i, const char *name, bool examine, struct err *e)
{
	struct imap_folder f;

	if (imap_select(i, name, examine, &f, e) < 0)
		return -1;
	printf("uidvalidity=%u uidnext=%u exists=%u read_only=%d keywords=%d flagged=%d seen=%d"
	       " deleted=%d\n", f.uidvalidity, f.uidnext, f.exists, f.read_only, f.keywords,
	       f.flagged, f.seen, f.deleted);
	return 0;
}

static int do_select(struct imap *i, char **w, struct err *e)
{
	return open_folder(i, w[1], false, e);
}

static int do_examine(struct imap *i, char **w, struct err *e)
{
	return open_folder(i, w[1], true, e);
}

static int do_search(struct imap *i, char **w, struct err *e)
{
	struct uidset s = {0};
	struct buf b = {0};

	(void)w;
	if (imap_search(i, &s, e) < 0)
		return -1;
	uidset_text(&s, 0, 1 << 20, &b);
	printf("n=%" PRIu64 " uids=%s\n", uidset_count(&s), buf_cstr(&b));
	buf_free(&b);
	uidset_free(&s);
	return 0;
}

static int one_size(void *ctx, const struct imap_size *s, struct err *e)
{
	unsigned *n = ctx;

	(void)e;
	++*n;
	printf("uid=%u size=%" PRId64 " arrived=%" PRId64 " flags=%s%s%s\n", s->uid, s->size,
	       s->arrived_at, s->seen ? "seen," : "", s->flagged ? "flagged," : "",
	       s->keyword ? "keyword," : "");
	return 0;
}

static int do_sizes(struct imap *i, char **w, struct err *e)
{
	struct uidset s = set_of(w[1]);
	unsigned n = 0;
	int r = imap_sizes(i, &s, one_size, &n, e);

	uidset_free(&s);
	if (r == 0)
		printf("n=%u\n", n);
	return r;
}

static int do_save(struct imap *i, char **w, struct err *e)
{
	(void)i;
	(void)e;
	quiet = strcmp(w[1], "quiet") == 0;
	snprintf(save, sizeof(save), "%s", quiet || strcmp(w[1], "-") == 0 ? "" : w[1]);
	printf("ok\n");
	return 0;
}

static void keep(const struct imap_body *b, const char *bytes)
{
	char path[300];

	snprintf(path, sizeof(path), "%s/%u", save, b->uid);
	FILE *out = fopen(path, "we");

	if (!out || fwrite(bytes, 1, (size_t)b->size, out) != (size_t)b->size || fclose(out))
		die(path);
}

static void one_body(const struct imap_body *b)
{
	const char *bytes = b->bytes;

	if (b->fd >= 0)
		bytes = mmap(NULL, (size_t)b->size, PROT_READ, MAP_PRIVATE, b->fd, 0);
	if (bytes == MAP_FAILED)
		die("mmap");
	if (!quiet)
		printf("uid=%u size=%" PRId64 "%s\n", b->uid, b->size,
		       b->too_large ? " too_large" : b->fd >= 0 ? " memfd" : "");
	if (*save && bytes)
		keep(b, bytes);
	if (b->fd >= 0) {
		munmap((void *)(uintptr_t)bytes, (size_t)b->size);
		close(b->fd);
	}
	free(b->bytes);
}

static int do_rest(struct imap *i, char **w, struct err *e)
{
	unsigned windows = 0, refused = 0, bodies = 0;
	int64_t bytes = 0;

	(void)w;
	for (;;) {
		struct imap_body b;
		enum imap_got got;
		bool no;

		if (imap_body_next(i, -1, &b, &no, &got, e) < 0)
			return -1;
		if (got == IMAP_GOT_NOTHING)
			break;
		if (got == IMAP_GOT_BODY) {
			one_body(&b);
			bodies++;
			bytes += b.size;
		} else {
			windows++;
			refused += no;
		}
	}
	printf("windows=%u refused=%u bodies=%u bytes=%" PRId64 "\n", windows, refused, bodies, bytes);
	return 0;
}

static int ask(struct imap *i, const char *text, size_t window, struct err *e)
{
	struct uidset s = set_of(text);
	uint32_t uids[WINDOW], no;
	size_t n = 0;
	int r = 0;

	for (size_t k = 0; k < s.n; k++) {
		for (uint64_t uid = s.v[k].first; uid <= s.v[k].last && r == 0; uid++) {
			uids[n++] = (uint32_t)uid;
			if (n < window)
				continue;
			r = imap_bodies_ask(i, uids, n, &no, e);
			n = 0;
		}
	}
	uidset_free(&s);
	return r == 0 && n ? imap_bodies_ask(i, uids, n, &no, e) : r;
}

static int do_bodies(struct imap *i, char **w, struct err *e)
{
	long n = w[2] ? strtol(w[2], NULL, 10) : WINDOW;

	if (n < 1 || n > WINDOW)
		die("no window");
	return ask(i, w[1], (size_t)n, e) < 0 ? -1 : do_rest(i, w, e);
}

static int do_ask(struct imap *i, char **w, struct err *e)
{
	if (ask(i, w[1], WINDOW, e) < 0)
		return -1;
	printf("ok\n");
	return 0;
}

static int do_ack(struct imap *i, char **w, struct err *e)
{
	static const char *const names[] = {"leave", "move", "flag", "seen", "delete"};
	unsigned what = 0;
	enum after_what done;
	const char *why;

	while (what < 5 && strcmp(names[what], w[1]) != 0)
		what++;
	if (what == 5 || !w[2])
		die("ack WHAT SET [FOLDER]");
	struct uidset s = set_of(w[2]);
	int r = imap_acknowledge(i, &s, (enum after_what)what, w[3], &done, &why, e);

	uidset_free(&s);
	if (r == 0)
		printf("done=%s why=%s\n", names[done], why ? why : "-");
	return r;
}

static int do_wait(struct imap *i, char **w, struct err *e)
{
	bool news;

	if (imap_wait(i, (int)strtol(w[1], NULL, 10), -1, w[2] && strcmp(w[2], "idle") == 0, &news,
		      e) < 0)
		return -1;
	printf("news=%d\n", news);
	return 0;
}

static int do_noop(struct imap *i, char **w, struct err *e)
{
	(void)w;
	if (imap_noop(i, e) < 0)
		return -1;
	printf("ok\n");
	return 0;
}

static int do_sleep(struct imap *i, char **w, struct err *e)
{
	long ms = strtol(w[1], NULL, 10);
	struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	(void)i;
	(void)e;
	nanosleep(&t, NULL);
	printf("ok\n");
	return 0;
}

static const struct {
	const char *name;
	int words;
	int (*run)(struct imap *i, char **w, struct err *e);
} commands[] = {
	{"can", 1, do_can},       {"select", 2, do_select}, {"examine", 2, do_examine},
	{"search", 1, do_search}, {"sizes", 2, do_sizes},   {"save", 2, do_save},
	{"bodies", 2, do_bodies}, {"ask", 2, do_ask},       {"rest", 1, do_rest},
	{"ack", 3, do_ack},       {"wait", 2, do_wait},     {"noop", 1, do_noop},
	{"sleep", 2, do_sleep},
};

/* Words apart by '|' if there is one (names of folders have blanks), else by blanks. */
static void run(struct imap *i, char *line)
{
	const char *apart = strchr(line, '|') ? "|" : " ";
	char *w[5] = {0}, *at = line;
	int n = 0;

	while (at && n < 4) {
		w[n++] = at;
		at = strpbrk(at, apart);
		if (at)
			*at++ = '\0';
	}
	for (size_t k = 0; k < sizeof(commands) / sizeof(commands[0]); k++) {
		struct err e = {0};

		if (strcmp(commands[k].name, w[0]) != 0 || n < commands[k].words)
			continue;
		if (commands[k].run(i, w, &e) < 0)
			tell(&e);
		return;
	}
	die(line);
}

static void configure(struct account *a, int argc, char **argv)
{
	struct err e;

	account_init(a, "try", 0);
	for (int k = 1; k < argc; k++) {
		char *value = strchr(argv[k], '=');

		if (!value)
			die(argv[k]);
		*value++ = '\0';
		if (account_set(a, argv[k], value, &e) < 0)
			die(e.msg);
	}
	if (account_check(a, &e) < 0)
		die(e.msg);
}

int main(int argc, char **argv)
{
	struct account a;
	struct imap *i;
	char line[8192];
	struct err e;

	configure(&a, argc, argv);
	if (imap_conn_library(&e) < 0)
		die(e.msg);
	struct login *l = login_new(&a);
	int r = imap_open(&a, l, NULL, NULL, NULL, &i, &e);

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (r < 0)
		tell(&e);
	while (r == 0 && fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		if (*line)
			run(i, line);
	}
	if (r == 0)
		imap_close(i);
	login_free(l);
	account_free(&a);
	return r == 0 ? 0 : 1;
}
