#include "ingest/imap_session.h"
#include "base/limits.h"
#include "base/model.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SEARCH_RANGE 500000        /* messages a SEARCH: its answer is a line of 5 MB at most */
#define QUEUE_MAX (256LL << 20)    /* bytes of bodies that nobody took: no server that is asked
                                      for windows of a MB sends so much */

/* ---- search ---- */

static int search_once(struct imap *i, const char *what, struct err *e)
{
	struct imap_command c;

	imap_say(i, &c, "UID SEARCH %s", what);
	if (imap_finish(i, &c, e) < 0)
		return -1;
	return c.answer == ANSWER_OK ? 0 : imap_refused(i, &c, e, "UID SEARCH");
}

/* From the end: what is expunged meanwhile moves messages down into ranges that are still to come,
 * so that none is missed. */
static int search_ranges(struct imap *i, struct err *e)
{
	uint32_t first = i->folder.exists - i->folder.exists % SEARCH_RANGE + 1;
	struct buf what = {0};
	int r;

	buf_printf(&what, "%u:* UNDELETED", first);
	r = search_once(i, buf_cstr(&what), e);
	while (r == 0 && first > 1) {
		what.len = 0;
		first -= SEARCH_RANGE;
		buf_printf(&what, "%u:%u UNDELETED", first, first + SEARCH_RANGE - 1);
		r = search_once(i, buf_cstr(&what), e);
	}
	buf_free(&what);
	return r;
}

int imap_search(struct imap *i, struct uidset *ret, struct err *e)
{
	struct uidset found = {0};
	int r;

	i->news = false;
	i->search = &found;
	i->searched = 0;
	if (i->can & IMAP_CAN_ESEARCH)
		r = search_once(i, "RETURN (ALL) UNDELETED", e);
	else if (i->folder.exists < SEARCH_RANGE)
		r = search_once(i, "UNDELETED", e);
	else
		r = search_ranges(i, e);
	i->search = NULL;
	if (r < 0) {
		uidset_free(&found);
		return -1;
	}
	*ret = found;
	return 0;
}

/* ---- what FETCH says ---- */

struct fetched {
	struct imap_size s;
	bool has_size, has_date, has_body, nil_body;
};

static size_t behind_value(const struct imap_response *r, size_t k)
{
	unsigned depth = 0;

	do {
		depth += r->tokens[k].type == IMAP_OPEN;
		depth -= r->tokens[k].type == IMAP_CLOSE && depth;
		k++;
	} while (depth && k < r->n_tokens);
	return k;
}

static void take_flags(const struct imap_response *r, size_t k, size_t end, struct imap_size *s)
{
	for (; k < end; k++) {
		s->seen = s->seen || text_is(r->tokens[k].text, "\\seen");
		s->flagged = s->flagged || text_is(r->tokens[k].text, "\\flagged");
		s->keyword = s->keyword || text_is(r->tokens[k].text, "$ruadb");
	}
}

static int two_digits(const char *p)
{
	int tens = p[0] == ' ' ? 0 : p[0] - '0', ones = p[1] - '0';

	return tens < 0 || tens > 9 || ones < 0 || ones > 9 ? -1 : tens * 10 + ones;
}

/* "17-Jul-1996 02:44:25 -0700", the day with a blank before it if it has one digit. */
static int64_t date_of(struct text t)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	const char *p = t.p;

	if (t.len != 26 || p[2] != '-' || p[6] != '-' || p[11] != ' ' || p[14] != ':' ||
	    p[17] != ':' || p[20] != ' ')
		return TIME_ABSENT;
	int month = 0;

	while (month < 12 && strncasecmp(months + 3 * month, p + 3, 3) != 0)
		month++;
	int century = two_digits(p + 7), year = two_digits(p + 9), day = two_digits(p);
	int hour = two_digits(p + 12), minute = two_digits(p + 15), second = two_digits(p + 18);
	int zone_hour = two_digits(p + 22), zone_minute = two_digits(p + 24);

	if (month == 12 || century < 0 || year < 0 || day < 1 || hour < 0 || minute < 0 ||
	    second < 0 || zone_hour < 0 || zone_minute < 0)
		return TIME_ABSENT;
	struct tm tm = {.tm_year = century * 100 + year - 1900, .tm_mon = month, .tm_mday = day,
			.tm_hour = hour, .tm_min = minute, .tm_sec = second};
	int64_t zone = (int64_t)zone_hour * 3600 + zone_minute * 60;

	return (int64_t)timegm(&tm) - (p[21] == '-' ? -zone : zone);
}

static void take_item(const struct imap_response *r, size_t k, size_t end, struct fetched *f)
{
	struct text name = r->tokens[k].text;
	const struct imap_token *value = &r->tokens[k + 1];

	if (text_is(name, "uid")) {
		int64_t uid = imap_number(value->text);

		f->s.uid = uid > 0 && uid <= UINT32_MAX ? (uint32_t)uid : 0;
	} else if (text_is(name, "rfc822.size")) {
		f->s.size = imap_number(value->text);
		f->has_size = true;
	} else if (text_is(name, "internaldate")) {
		f->s.arrived_at = value->type == IMAP_STRING ? date_of(value->text) : TIME_ABSENT;
		f->has_date = true;
	} else if (text_is(name, "flags")) {
		take_flags(r, k + 1, end, &f->s);
	} else if (text_is(name, "body[]")) {
		f->has_body = true;
		f->nil_body = value->type == IMAP_NIL;
	}
}

static void read_fetch(const struct imap_response *r, struct fetched *f)
{
	size_t k = 1; /* behind the parenthesis */

	*f = (struct fetched){.s = {.size = -1, .arrived_at = TIME_ABSENT}};
	while (k + 1 < r->n_tokens && r->tokens[k].type == IMAP_ATOM) {
		size_t end = behind_value(r, k + 1);

		take_item(r, k, end, f);
		k = end;
	}
}

/* ---- bodies that come in ---- */

/* Which window asked for it, and waits for it still? */
static struct imap_window *window_of(const struct imap *i, uint32_t uid)
{
	struct imap_window *w = i->windows;

	while (w && !uidset_has(&w->asked, uid))
		w = w->next;
	return w;
}

static void body_forget(struct imap *i)
{
	spool_drop(&i->body);
	i->body_there = false;
}

int imap_on_body_begin(void *ctx, uint64_t size, struct err *e)
{
	struct imap *i = ctx;

	if (i->body_there)
		return err_set(e, ERR_TEMP, "the server sends two messages in one FETCH");
	spool_drop(&i->body); /* behind a memfd it keeps its memory */
	i->body_there = true;
	i->body_unwanted = !i->windows;
	i->body_large = size > LIMIT_MAIL;
	i->body_size = size > INT64_MAX ? INT64_MAX : (int64_t)size;
	if (size && size <= LIMIT_INLINE && !i->body_unwanted)
		i->body.mem = (struct buf){.p = xmalloc(size), .cap = size};
	return 0;
}

int imap_on_body_data(void *ctx, const char *p, size_t n, struct err *e)
{
	struct imap *i = ctx;

	return i->body_unwanted || i->body_large ? 0 : spool_add(&i->body, p, n, e);
}

int imap_on_body_end(void *ctx, struct err *e)
{
	(void)ctx;
	(void)e;
	return 0;
}

static struct imap_arrived *queue_slot(struct imap *i)
{
	if (i->queue_from == i->queue_n)
		i->queue_from = i->queue_n = 0;
	if (i->queue_n == i->queue_cap) {
		i->queue_cap = i->queue_cap ? i->queue_cap * 2 : 64;
		i->queue = xrealloc(i->queue, i->queue_cap * sizeof(*i->queue));
	}
	return &i->queue[i->queue_n++];
}

static int keep_body(struct imap *i, struct imap_window *w, uint32_t uid, struct err *e)
{
	struct imap_body b = {.uid = uid, .fd = -1, .size = i->body_size, .too_large = i->body_large};

	if (!b.too_large && spool_end(&i->body, &b.bytes, &b.fd, e) < 0)
		return -1;
	i->body_there = false;
	i->queue_bytes += b.too_large ? 0 : b.size;
	*queue_slot(i) = (struct imap_arrived){.body = b, .window = w};
	w->queued++;
	uidset_remove(&w->asked, uid);
	if (i->queue_bytes > QUEUE_MAX)
		return err_set(e, ERR_TEMP, "the server sends far more than it said");
	return 0;
}

int imap_on_fetch(struct imap *i, const struct imap_response *r, struct err *e)
{
	struct fetched f;

	read_fetch(r, &f);
	if (f.has_body || i->body_there) {
		struct imap_window *w = f.s.uid ? window_of(i, f.s.uid) : NULL;

		if (i->body_there && !f.s.uid)
			return err_set(e, ERR_TEMP, "the server sends a message without its UID");
		if (w && i->body_there && !i->body_unwanted)
			return keep_body(i, w, f.s.uid, e);
		if (w && f.nil_body)
			w->nil = true;
		body_forget(i); /* nobody asked for it, or no longer */
		return 0;
	}
	if (!i->each || !f.s.uid || (!f.has_size && !f.has_date))
		return 0; /* flags that somebody changed */
	return i->each(i->each_ctx, &f.s, e);
}

/* ---- sizes ---- */

/* Some commands at a time: what is sent has to fit into sockets while nobody reads. */
static int sizes_some(struct imap *i, const struct uidset *uids, size_t *range, struct err *e)
{
	struct imap_command c[IMAP_PIPELINED];
	size_t n = 0;

	while (n < IMAP_PIPELINED && *range < uids->n) {
		imap_begin(i, &c[n++]);
		buf_adds(&i->out, "UID FETCH ");
		*range += uidset_text(uids, *range, IMAP_LINE_MAX, &i->out);
		buf_adds(&i->out, " (UID RFC822.SIZE INTERNALDATE FLAGS)\r\n");
	}
	for (size_t k = 0; k < n; k++)
		if (imap_finish(i, &c[k], e) < 0)
			return -1;
	for (size_t k = 0; k < n; k++)
		if (c[k].answer != ANSWER_OK && !imap_code_is(&c[k], "expungeissued"))
			return imap_refused(i, &c[k], e, "UID FETCH of sizes");
	return 0;
}

int imap_sizes(struct imap *i, const struct uidset *uids,
	       int (*each)(void *ctx, const struct imap_size *s, struct err *e), void *ctx,
	       struct err *e)
{
	size_t range = 0;
	int r = 0;

	i->each = each;
	i->each_ctx = ctx;
	while (r == 0 && range < uids->n)
		r = sizes_some(i, uids, &range, e);
	i->each = NULL;
	return r;
}
