#include "cmd/folders.h"
#include "base/buf.h"
#include "base/log.h"
#include "cmd/shared.h"
#include "store/store.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

struct folder {
	char *account, *folder;
	enum mailbox_state state;
	int64_t messages, backlog, not_reports;
	int64_t mails[FATE_COUNT]; /* of this run */
	struct err err;            /* of the last try; ERR_NONE: it went well */
	struct folder *next;
};

struct folders {
	bool watch;
	pthread_mutex_t lock;
	struct folder *first, **tail; /* as they came */
};

static const char *const state_names[] = {
	[MAILBOX_CONNECTED] = "connected", [MAILBOX_LOOKED] = "looked",
	[MAILBOX_CAUGHT_UP] = "caught_up", [MAILBOX_FAILED] = "failed",
	[MAILBOX_TROUBLE] = "trouble", [MAILBOX_ELSEWHERE] = "elsewhere",
	[MAILBOX_ENDED] = "ended",
};

static const char *const fate_names[FATE_COUNT] = {
	[FATE_NONE] = "none", [FATE_STORED] = "stored", [FATE_REPEAT] = "repeat",
	[FATE_QUARANTINED] = "quarantined", [FATE_NOT_REPORT] = "not_report",
};

struct folders *folders_new(bool watch)
{
	struct folders *f = xcalloc(1, sizeof(*f));

	f->watch = watch;
	f->tail = &f->first;
	pthread_mutex_init(&f->lock, NULL);
	return f;
}

void folders_forget(struct folders *f)
{
	for (struct folder *x = f->first, *next; x; x = next) {
		next = x->next;
		free(x->account);
		free(x->folder);
		free(x);
	}
	f->first = NULL;
	f->tail = &f->first;
}

void folders_free(struct folders *f)
{
	if (!f)
		return;
	folders_forget(f);
	pthread_mutex_destroy(&f->lock);
	free(f);
}

/* With the lock. */
static struct folder *find(struct folders *f, const struct mailbox_place *at)
{
	struct folder *x = f->first;

	while (x && (strcmp(x->account, at->account->name) != 0 ||
		     strcmp(x->folder, at->folder) != 0))
		x = x->next;
	if (x)
		return x;
	x = xcalloc(1, sizeof(*x));
	x->account = xstrdup(at->account->name);
	x->folder = xstrdup(at->folder);
	x->state = MAILBOX_ENDED;
	x->messages = x->backlog = x->not_reports = -1;
	*f->tail = x;
	f->tail = &x->next;
	return x;
}

/* ---- news ---- */

static bool is_error(enum mailbox_state state)
{
	return state == MAILBOX_FAILED || state == MAILBOX_TROUBLE || state == MAILBOX_ELSEWHERE;
}

/* What an operator has to hear, and what only -v shows. With the lock. */
static enum log_level level_of(const struct folders *f, const struct folder *x,
			       const struct mailbox_news *n)
{
	switch (n->state) {
	case MAILBOX_FAILED:
	case MAILBOX_TROUBLE:
		return LOG_WARN;
	case MAILBOX_ELSEWHERE:
		return f->watch && x->state == MAILBOX_ELSEWHERE ? LOG_DEBUG : LOG_INFO;
	case MAILBOX_LOOKED:
	case MAILBOX_CAUGHT_UP:
		/* again well, or something to do */
		return is_error(x->state) || n->backlog > 0 || !f->watch ? LOG_INFO : LOG_DEBUG;
	case MAILBOX_CONNECTED:
	case MAILBOX_ENDED:
		break;
	}
	return LOG_DEBUG;
}

static void log_news(enum log_level level, const struct mailbox_place *at,
		     const struct mailbox_news *n)
{
	struct log_line l = log_begin(level, "mailbox");

	log_text(&l, "account", text_of(at->account->name));
	log_text(&l, "folder", text_of(at->folder));
	log_text(&l, "state", text_of(state_names[n->state]));
	if (n->messages >= 0 && !is_error(n->state))
		log_int(&l, "messages", n->messages);
	if (n->backlog >= 0 && !is_error(n->state))
		log_int(&l, "backlog", n->backlog);
	if (is_error(n->state)) {
		log_text(&l, "class", text_of(err_class_name(n->err.class)));
		log_text(&l, "err", text_of(n->err.msg));
	}
	if (is_error(n->state) && n->retry_seconds > 0)
		log_int(&l, "retry", n->retry_seconds);
	log_end(&l);
}

static int ask_note(void *ctx, struct store *s, struct err *e)
{
	return store_mailbox_note(s, ctx, e);
}

/* Not of one that another process has: that one tells how it is. */
static void note(struct shared *sh, const struct mailbox_place *at, const struct mailbox_news *n)
{
	struct store_mailbox m = {
		.account = at->account->name, .folder = at->folder,
		.uidvalidity = at->uidvalidity, .messages = n->messages, .backlog = n->backlog,
		.not_reports = n->not_reports, .oldest_waiting_at = n->oldest_waiting_at,
		.success = n->state == MAILBOX_CAUGHT_UP, .retry_seconds = -1,
	};
	struct err e;

	if (n->state != MAILBOX_LOOKED && n->state != MAILBOX_CAUGHT_UP &&
	    n->state != MAILBOX_FAILED)
		return;
	if (n->state == MAILBOX_FAILED) {
		m.error_class = err_class_name(n->err.class);
		m.error = n->err.msg;
		m.retry_seconds = n->retry_seconds > 0 ? n->retry_seconds : -1;
	}
	if (shared_ask(sh, ask_note, &m, &e) < 0)
		log_msg(LOG_DEBUG, "how a mailbox is was not noted: %s", e.msg);
}

void folders_news(struct folders *f, struct shared *sh, const struct mailbox_place *at,
		  const struct mailbox_news *n)
{
	pthread_mutex_lock(&f->lock);
	struct folder *x = find(f, at);
	enum log_level level = level_of(f, x, n);

	if (n->state == MAILBOX_LOOKED || n->state == MAILBOX_CAUGHT_UP) {
		x->messages = n->messages;
		x->backlog = n->backlog;
		x->not_reports = n->not_reports;
	}
	if (n->state != MAILBOX_ENDED && n->state != MAILBOX_TROUBLE)
		x->state = n->state;
	if (is_error(n->state))
		x->err = n->err;
	else if (n->state == MAILBOX_CAUGHT_UP && f->watch)
		x->err = (struct err){0};
	pthread_mutex_unlock(&f->lock);
	log_news(level, at, n);
	if (sh)
		note(sh, at, n);
}

/* ---- messages ---- */

static const char *did(enum after_what what, bool would)
{
	switch (what) {
	case AFTER_MOVE:
		return would ? "would_move" : "moved";
	case AFTER_FLAG:
		return would ? "would_flag" : "flagged";
	case AFTER_SEEN:
		return would ? "would_mark_seen" : "seen";
	case AFTER_DELETE:
		return would ? "would_delete" : "deleted";
	case AFTER_LEAVE:
		break;
	}
	return would ? "would_leave" : "left";
}

/* The line a message: always these keys, in this order. */
static void log_mail(const struct mailbox_place *at, const struct mailbox_ack *a, bool would)
{
	struct log_line l = log_begin(LOG_INFO, "mail");

	log_text(&l, "account", text_of(at->account->name));
	log_text(&l, "folder", text_of(at->folder));
	log_int(&l, "uidvalidity", at->uidvalidity);
	log_int(&l, "uid", a->uid);
	log_int(&l, "size", a->size);
	log_text(&l, "outcome", text_of(fate_names[a->fate]));
	log_text(&l, "did", text_of(did(a->what, would)));
	log_text(&l, "to", text_of(a->folder));
	if (a->again)
		log_int(&l, "again", 1);
	log_end(&l);
}

static void tell(struct folders *f, const struct mailbox_place *at, const struct mailbox_ack *acks,
		 size_t n, bool would)
{
	pthread_mutex_lock(&f->lock);
	struct folder *x = find(f, at);

	for (size_t i = 0; i < n; i++)
		x->mails[acks[i].fate]++;
	pthread_mutex_unlock(&f->lock);
	for (size_t i = 0; i < n; i++)
		log_mail(at, &acks[i], would);
}

void folders_acknowledged(struct folders *f, const struct mailbox_place *at,
			  const struct mailbox_ack *acks, size_t n)
{
	tell(f, at, acks, n, false);
}

void folders_left(struct folders *f, const struct mailbox_place *at, uint32_t uid, int64_t size,
		  enum fate fate, bool dry_run)
{
	const struct after *after = &at->account->after[fate];
	struct mailbox_ack ack = {.uid = uid, .size = size, .fate = fate};

	if (dry_run) {
		ack.what = after->what;
		ack.folder = after->what == AFTER_MOVE ? after->folder : NULL;
	}
	tell(f, at, &ack, 1, dry_run);
}

/* ---- the end ---- */

int folders_status(struct folders *f)
{
	bool person = false, again = false;

	pthread_mutex_lock(&f->lock);
	for (const struct folder *x = f->first; x; x = x->next) {
		/* that another process fetches it is as it should be: two machines, one timer each */
		if (x->err.class == ERR_NONE || x->state == MAILBOX_ELSEWHERE)
			continue;
		/* one that goes on although a person should know has done its work */
		if (x->err.class == ERR_CONFIG && x->state == MAILBOX_FAILED)
			person = true;
		else if (x->err.class != ERR_CONFIG)
			again = true;
	}
	pthread_mutex_unlock(&f->lock);
	return person ? EX_CONFIG : again ? EX_TEMPFAIL : 0;
}

void folders_count(struct folders *f, size_t *ret_well, size_t *ret_failing, int64_t *ret_mails)
{
	*ret_well = *ret_failing = 0;
	*ret_mails = 0;
	pthread_mutex_lock(&f->lock);
	for (const struct folder *x = f->first; x; x = x->next) {
		++*(is_error(x->state) ? ret_failing : ret_well);
		for (int fate = 0; fate < FATE_COUNT; fate++)
			*ret_mails += x->mails[fate];
	}
	pthread_mutex_unlock(&f->lock);
}

static void print_visible(const char *s, FILE *out)
{
	struct buf b = {0};

	text_add_visible(&b, text_of(s));
	fputs(buf_cstr(&b), out);
	buf_free(&b);
}

static void print_folder(const struct folder *x, FILE *out)
{
	static const char *const words[FATE_COUNT] = {
		[FATE_STORED] = "stored", [FATE_REPEAT] = "known already",
		[FATE_QUARANTINED] = "quarantined", [FATE_NOT_REPORT] = "no report",
	};
	const char *before = ": ";

	print_visible(x->account, out);
	fputc('/', out);
	print_visible(x->folder, out);
	for (int fate = FATE_STORED; fate < FATE_COUNT; fate++) {
		if (!x->mails[fate])
			continue;
		fprintf(out, "%s%lld %s", before, (long long)x->mails[fate], words[fate]);
		before = ", ";
	}
	if (*before == ':')
		fprintf(out, ": nothing new");
	if (x->not_reports > 0)
		fprintf(out, "; no reports that stay there: %lld", (long long)x->not_reports);
	if (x->err.class != ERR_NONE) {
		fputs("\n             ", out);
		print_visible(x->err.msg, out);
	}
	fputc('\n', out);
}

void folders_summary(struct folders *f, FILE *out)
{
	pthread_mutex_lock(&f->lock);
	for (const struct folder *x = f->first; x; x = x->next)
		print_folder(x, out);
	pthread_mutex_unlock(&f->lock);
}

/* ---- JSON ---- */

static void json_text(const char *key, const char *value, FILE *out)
{
	struct buf b = {0};

	if (value)
		text_add_json(&b, text_of(value));
	else
		buf_adds(&b, "null");
	fprintf(out, "\"%s\": %s, ", key, buf_cstr(&b));
	buf_free(&b);
}

static void json_count(const char *key, int64_t n, FILE *out)
{
	if (n < 0)
		fprintf(out, "\"%s\": null, ", key);
	else
		fprintf(out, "\"%s\": %lld, ", key, (long long)n);
}

static void json_folder(const struct folder *x, FILE *out)
{
	bool failed = x->err.class != ERR_NONE;

	fputc('{', out);
	json_text("folder", x->folder, out);
	json_text("state", state_names[x->state], out);
	json_count("messages", x->messages, out);
	json_count("backlog", x->backlog, out);
	json_count("left_not_reports", x->not_reports, out);
	for (int fate = FATE_STORED; fate < FATE_COUNT; fate++)
		json_count(fate_names[fate], x->mails[fate], out);
	json_text("error_class", failed ? err_class_name(x->err.class) : NULL, out);
	json_text("error", failed ? x->err.msg : NULL, out);
	fprintf(out, "\"ok\": %s}", failed ? "false" : "true");
}

/* Folders of one account need not stand beside each other: each account is told where it is met
 * first. */
static bool is_first_of_account(const struct folders *f, const struct folder *x)
{
	const struct folder *y = f->first;

	while (y != x && strcmp(y->account, x->account) != 0)
		y = y->next;
	return y == x;
}

void folders_json(struct folders *f, FILE *out)
{
	const char *comma = "";

	pthread_mutex_lock(&f->lock);
	fputc('[', out);
	for (const struct folder *x = f->first; x; x = x->next) {
		const char *between = "";

		if (!is_first_of_account(f, x))
			continue;
		fprintf(out, "%s{", comma);
		json_text("account", x->account, out);
		fputs("\"folders\": [", out);
		for (const struct folder *y = x; y; y = y->next) {
			if (strcmp(y->account, x->account) != 0)
				continue;
			fputs(between, out);
			json_folder(y, out);
			between = ", ";
		}
		fputs("]}", out);
		comma = ", ";
	}
	fputc(']', out);
	pthread_mutex_unlock(&f->lock);
}
