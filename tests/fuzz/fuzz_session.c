/*
 * fuzz_session - any bytes as what a server says to a whole session: open, select, search, sizes,
 * bodies in windows, acknowledge, wait. imap_conn is this target's: it carries what libFuzzer makes,
 * in pieces that the first byte says, and then the connection is closed. Answers need no luck: tags
 * are r1, r2, .. in the order of the commands.
 *
 * Held against it: only bodies that were asked for come, each once, with the bytes and the size they
 * claim; sizes are of UIDs; whatever fails says why, in UTF-8 that a terminal may see; nothing that
 * is sent could be taken for another command.
 */
#include "base/limits.h"
#include "ingest/imap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static _Noreturn void broken(const char *what, const char *more)
{
	fprintf(stderr, "broken: %s%s%s\n", what, *more ? ": " : "", more);
	abort();
}

/* ---- the connection ---- */

struct imap_conn {
	const char *p;
	size_t left, heard;
	uint8_t how;
};

static struct imap_conn wire;

int imap_conn_library(struct err *e)
{
	(void)e;
	return 0;
}

int imap_conn_open(const struct account *a, struct login *l, bool (*stop)(void *ctx), void *stop_ctx,
		   const struct imap_trace *trace, struct imap_conn **ret_c, struct err *e)
{
	(void)a, (void)l, (void)stop, (void)stop_ctx, (void)trace, (void)e;
	*ret_c = &wire;
	return 0;
}

void imap_conn_close(struct imap_conn *c)
{
	(void)c;
}

/* Lines, each begun by a tag or DONE, of printable characters. */
int imap_conn_send(struct imap_conn *c, const char *p, size_t n, struct err *e)
{
	bool begin = true;

	(void)c, (void)e;
	if (!n || p[n - 1] != '\n')
		broken("half a command", "");
	for (size_t i = 0; i < n; i++) {
		if (begin && !(p[i] == 'r' || (p[i] == 'D' && n - i >= 6)))
			broken("a line that begins without a tag", "");
		begin = p[i] == '\n';
		if (begin && (i == 0 || p[i - 1] != '\r'))
			broken("a line that ends without CR", "");
		if (p[i] == '\r' ? p[i + 1] != '\n' : !begin && (p[i] < 0x20 || p[i] > 0x7e))
			broken("what may be in no command", "");
	}
	return 0;
}

int imap_conn_hear(struct imap_conn *c, char *to, size_t room, int wake_fd, int ms, size_t *ret_n,
		   enum imap_heard *ret_what, struct err *e)
{
	size_t n = c->how == 0 ? room : c->how == 1 ? 1 : 1 + c->heard * 31 % c->how;

	(void)ms, (void)e;
	c->heard++;
	if (wake_fd >= 0 && c->how && c->heard % c->how == 0) {
		*ret_what = IMAP_WOKEN;
		return 0;
	}
	n = n < room ? n : room;
	n = n < c->left ? n : c->left;
	if (!n) {
		*ret_what = IMAP_CLOSED;
		return 0;
	}
	memcpy(to, c->p, n);
	c->p += n;
	c->left -= n;
	*ret_n = n;
	*ret_what = IMAP_BYTES;
	return 0;
}

/* ---- what is done, and what has to come of it ---- */

static int failed(const struct err *e)
{
	if ((e->class != ERR_TEMP && e->class != ERR_CONFIG) || !*e->msg)
		broken("no error that a server can be the cause of", e->msg);
	if (!text_utf8_ok(e->msg, strlen(e->msg)))
		broken("an error that is no UTF-8", e->msg);
	return -1;
}

struct seen {
	struct uidset asked, got;
	size_t sizes;
};

static int on_size(void *ctx, const struct imap_size *s, struct err *e)
{
	(void)e;
	((struct seen *)ctx)->sizes++;
	if (!s->uid || s->size < -1)
		broken("a size of nothing", "");
	return 0;
}

static void take_body(struct seen *s, struct imap_body *b)
{
	struct stat st;
	int there = (b->bytes != NULL) + (b->fd >= 0);

	if (!uidset_has(&s->asked, b->uid) || uidset_has(&s->got, b->uid))
		broken("a body that nobody asked for, or that came before", "");
	uidset_add(&s->got, b->uid);
	if (b->too_large ? there || b->size <= LIMIT_MAIL : there != 1 || b->size > LIMIT_MAIL)
		broken("a body without bytes, or with too many", "");
	if (b->bytes && b->size && memchr(b->bytes, 0xfb, (size_t)b->size) == b->bytes - 1)
		broken("never", ""); /* reads all of it */
	if (b->fd >= 0 && (fstat(b->fd, &st) < 0 || st.st_size != b->size))
		broken("a body that is not as long as it says", "");
	free(b->bytes);
	if (b->fd >= 0)
		close(b->fd);
}

static int ask(struct imap *i, struct seen *s, struct err *e)
{
	uint32_t uids[8], window;
	size_t n = 0;

	/* two windows, of eight each */
	for (size_t r = 0, at = 0; r < s->asked.n && at < 16; r++)
		for (uint64_t u = s->asked.v[r].first; u <= s->asked.v[r].last && at < 16; u++) {
			uids[n++] = (uint32_t)u;
			if (n == 8 && imap_bodies_ask(i, uids, n, &window, e) < 0)
				return failed(e);
			n %= 8;
			at++;
		}
	return n && imap_bodies_ask(i, uids, n, &window, e) < 0 ? failed(e) : 0;
}

static int read_bodies(struct imap *i, struct seen *s, struct err *e)
{
	enum imap_got got = IMAP_GOT_BODY;
	struct imap_body b;
	bool refused;

	while (got != IMAP_GOT_NOTHING) {
		if (imap_body_next(i, 1, &b, &refused, &got, e) < 0)
			return failed(e);
		if (got == IMAP_GOT_BODY)
			take_body(s, &b);
	}
	return 0;
}

/* Refused may be (ERR_CONFIG: the session is in order); then the next is tried. */
static int acknowledge(struct imap *i, const struct uidset *uids, struct err *e)
{
	static const enum after_what all[] = {AFTER_MOVE, AFTER_DELETE, AFTER_FLAG, AFTER_SEEN};

	for (size_t k = 0; k < sizeof(all) / sizeof(*all); k++) {
		enum after_what done = AFTER_LEAVE;
		const char *why = NULL;

		if (imap_acknowledge(i, uids, all[k], "R\xc3\xbc\"ck/a&b", &done, &why, e) < 0) {
			failed(e);
			if (e->class != ERR_CONFIG)
				return -1;
		} else if (done != all[k] && !why) {
			broken("done otherwise, and it does not say so", "");
		}
	}
	return 0;
}

static int whole_session(struct imap *i, struct seen *s, struct err *e)
{
	struct imap_folder f;
	bool news;

	if (imap_select(i, "INBOX", false, &f, e) < 0)
		return failed(e);
	if (!f.uidvalidity)
		broken("a folder without UIDVALIDITY", "");
	if (imap_search(i, &s->asked, e) < 0 || imap_sizes(i, &s->asked, on_size, s, e) < 0)
		return failed(e);
	if (ask(i, s, e) < 0 || read_bodies(i, s, e) < 0)
		return -1;
	if (s->got.n && acknowledge(i, &s->got, e) < 0)
		return -1;
	return imap_wait(i, 1, 1, true, &news, e) < 0 || imap_noop(i, e) < 0 ? failed(e) : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct account a = {.name = (char *)"a", .timeout = 30};
	struct seen s = {0};
	struct imap *i;
	struct err e = {0};

	if (size < 2)
		return 0;
	wire = (struct imap_conn){.p = (const char *)data + 1, .left = size - 1, .how = data[0]};
	if (imap_open(&a, NULL, NULL, NULL, NULL, &i, &e) < 0) {
		failed(&e);
		return 0;
	}
	if (whole_session(i, &s, &e) < 0 && e.class == ERR_NONE)
		broken("a failure without an error", "");
	imap_close(i);
	uidset_free(&s.asked);
	uidset_free(&s.got);
	return 0;
}
