#include "cmd/feed.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "cmd/known.h"
#include "cmd/logs.h"
#include "cmd/mails.h"
#include "cmd/rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WINDOW 1000            /* files asked about at once */
#define FIRST_GROUP 64         /* the first group is small: the workers wait for it */
#define GROUP 1000             /* pieces asked about at once */
#define GROUP_WEIGHT (4 << 20)  /* and how much of them, job_weight */
#define READY 1024             /* pieces ready for the workers: below that the feed goes on */
#define READY_WEIGHT (4 << 20)
#define STEP 32                /* items read in one step */
#define STEP_WEIGHT (1 << 20)

struct feed {
	const struct ingest_walk *walk;
	struct store *store;
	bool again, reparse;
	struct counts *counts;
	struct hash *hash;

	size_t next, window_end;        /* files: the next one, and how far was asked */
	bool known[WINDOW];             /* of the window: unchanged */
	size_t window_begin;
	struct ingest_source *source;   /* that is being read */
	struct row *row, *rows;         /* its row, and all that are not written yet */
	bool idle;                      /* standard input says nothing just now */

	struct job_list group, ready;
	size_t n_group, n_ready, group_max;
	int64_t group_weight, ready_weight, bytes_done;

	const struct store_quarantined *const *retries;
	size_t n_retries, next_retry;

	struct mails *mails;
	struct follow *follow;
};

static struct feed *new_feed(struct store *s, struct counts *counts)
{
	struct feed *f = xcalloc(1, sizeof(*f));

	f->store = s;
	f->counts = counts;
	f->hash = hash_new();
	f->group_max = FIRST_GROUP;
	return f;
}

struct feed *feed_of_walk(const struct ingest_walk *walk, struct store *s, bool again,
			  struct counts *counts)
{
	struct feed *f = new_feed(s, counts);

	f->walk = walk;
	f->again = again;
	return f;
}

void feed_reparse(struct feed *f)
{
	f->again = f->reparse = true;
}

struct feed *feed_of_quarantine(struct store *s, const struct store_quarantined *const *items,
				size_t n, struct counts *counts)
{
	struct feed *f = new_feed(s, counts);

	f->retries = items;
	f->n_retries = n;
	return f;
}

struct feed *feed_of_mails(struct mails *m, struct store *s, struct counts *counts)
{
	struct feed *f = new_feed(s, counts);

	f->mails = m;
	return f;
}

struct feed *feed_of_follow(struct follow *follow, struct store *s, struct counts *counts)
{
	struct feed *f = new_feed(s, counts);

	f->follow = follow;
	return f;
}

void feed_free(struct feed *f)
{
	struct job *j;

	if (!f)
		return;
	while ((j = job_pop(&f->ready)) || (j = job_pop(&f->group))) {
		feed_settled(f, ((struct piece *)j)->item);
		piece_free((struct piece *)j);
	}
	rows_free(f->rows);
	ingest_close(f->source);
	hash_free(f->hash);
	free(f);
}

static size_t n_files(const struct feed *f)
{
	return f->walk ? ingest_walk_files(f->walk) : 0;
}

static bool read_all(const struct feed *f)
{
	return f->next == n_files(f) && !f->source && f->next_retry == f->n_retries &&
	       (!f->mails || mails_ended(f->mails)) && !f->follow;
}

bool feed_is_done(const struct feed *f)
{
	return read_all(f) && !f->n_group && !f->n_ready;
}

bool feed_ready(const struct feed *f)
{
	return f->n_ready;
}

bool feed_is_full(const struct feed *f)
{
	return f->n_ready >= READY || f->ready_weight >= READY_WEIGHT;
}

int feed_fd(const struct feed *f)
{
	return f->mails ? mails_fd(f->mails) : f->follow ? follow_fd(f->follow) : -1;
}

bool feed_waits(const struct feed *f)
{
	if (f->follow)
		return f->idle;
	return f->mails && mails_wait(f->mails) && (!f->n_group || f->n_ready >= FIRST_GROUP);
}

bool feed_is_quiet(const struct feed *f)
{
	return f->mails && !f->n_group && !f->n_ready && mails_are_quiet(f->mails);
}

size_t feed_files_done(const struct feed *f)
{
	return f->next;
}

int64_t feed_bytes_done(const struct feed *f)
{
	return f->bytes_done;
}

/* ---- which files changed ---- */

static int ask_window(struct feed *f, struct err *e)
{
	size_t n = n_files(f) - f->next;

	n = n > WINDOW ? WINDOW : n;
	f->window_begin = f->next;
	f->window_end = f->next + n;
	memset(f->known, 0, sizeof(f->known));
	return f->store && !f->again ? known_files(f->store, f->walk, f->next, n, f->known, e) : 0;
}

/* ---- reading ---- */

static void push(struct feed *f, struct piece *p)
{
	f->counts->items++;
	job_push(&f->group, &p->job);
	f->n_group++;
	f->group_weight += job_weight(&p->job);
}

static struct piece *add_item(struct feed *f, struct ingest_item *it, struct err *e)
{
	uint8_t sum[32];

	if (piece_hash(f->hash, it, sum, e) < 0) {
		free(it->item);
		close(it->fd);
		return NULL;
	}
	struct piece *p = piece_new(it, sum);

	f->counts->bytes_in += p->item->size;
	push(f, p);
	return p;
}

/* This file has to wait for the next run; the others go on. */
static void leave(struct feed *f, const char *path, const struct err *e)
{
	struct stat st;
	bool gone = stat(path, &st) < 0 && errno == ENOENT;
	struct log_line l = log_begin(gone ? LOG_DEBUG : LOG_WARN, "item");

	log_text(&l, "item", text_of(path));
	log_text(&l, "outcome", text_of(gone ? "gone" : "left"));
	log_text(&l, "class", text_of(err_class_name(e->class)));
	log_text(&l, "err", text_of(e->msg));
	log_end(&l);
	if (gone)
		return;
	f->counts->items++;
	if (e->class == ERR_TEMP)
		f->counts->left++;
	else
		f->counts->quarantined++;
}

/* Where it was read to before. A file that is shorter now is another one. */
static int begin_log(struct feed *f, const struct ingest_file *file, struct err *e)
{
	const struct ingest_log *l = ingest_log_of(f->source);
	int64_t offset = 0;

	f->row->is_log = true;
	log_file_begin(&f->row->log, l);
	f->counts->items++;
	if (f->store && !f->again && l->inode &&
	    store_log_offset(f->store, l->device, l->inode, l->head, l->head_length, &offset, e) < 0)
		return -1;
	if (offset > file->size)
		offset = 0;
	ingest_log_begin(f->source, offset);
	f->bytes_done -= file->size - offset;
	return 0;
}

/* The next file that changed; sets f->source, unless there is none or it can't be read. */
static int open_next(struct feed *f, struct err *ret_e)
{
	const struct ingest_file *file = NULL;
	size_t i = f->next;
	struct err e;

	for (bool known = true; known && i < f->window_end; i++) {
		file = ingest_walk_file(f->walk, i);
		f->bytes_done += file->size;
		known = f->known[i - f->window_begin];
		f->counts->items += known;
		f->counts->unchanged += known;
		if (known)
			file = NULL;
	}
	f->next = i;
	if (!file)
		return 0;
	i--;
	if (ingest_open(f->walk, i, &f->source, &e) < 0) {
		leave(f, file->path, &e);
		f->source = NULL;
		return 0;
	}
	f->row = NULL;
	if (ingest_is_mbox(f->source) || ingest_log_of(f->source))
		f->row = row_begin(&f->rows, file);
	return ingest_log_of(f->source) ? begin_log(f, file, ret_e) : 0;
}

/* whole: nothing of it is left for the next run: then a row says that it was read. */
static void close_source(struct feed *f, bool whole)
{
	struct row *r = f->row;

	if (r) {
		r->c.read_all = true;
		if (!whole || ingest_log_unfinished(f->source))
			row_leave(r);
	}
	f->row = NULL;
	ingest_close(f->source);
	f->source = NULL;
}

static void add_piece_of_log(struct feed *f, struct ingest_item *it)
{
	static const uint8_t none[32];
	struct piece *p = piece_new(it, none);

	log_piece(p, &f->row->log, it);
	f->counts->bytes_in += it->size;
	f->bytes_done += it->size;
	job_push(&f->ready, &p->job);
	f->n_ready++;
	f->ready_weight += job_weight(&p->job);
	p->container = &f->row->c;
	f->row->c.open++;
}

/* What is written to a followed log. */
static int read_followed(struct feed *f, struct err *e)
{
	struct ingest_item it;
	int got = follow_next(f->follow, &it, e);

	f->idle = got == 0;
	if (got != 1)
		return got;
	f->row = row_of_log(&f->rows, it.log);
	add_piece_of_log(f, &it);
	return 0;
}

/* One item of the open file. */
static void read_item(struct feed *f)
{
	const struct ingest_file *file = ingest_walk_file(f->walk, f->next - 1);
	struct ingest_item it;
	struct piece *p = NULL;
	struct err e;
	int got = ingest_next(f->source, &it, &e);

	f->idle = got == 2;
	if (got == 1 && it.log) {
		add_piece_of_log(f, &it);
		return;
	}
	if (got == 1) {
		p = add_item(f, &it, &e);
		if (p && f->row) {
			p->container = &f->row->c;
			f->row->c.open++;
		}
	}
	if (f->idle || (got == 1 && p))
		return;
	if (got != 0)
		leave(f, file->path, &e);
	close_source(f, got == 0);
}

/* ---- which bytes are known ---- */

static void make_ready(struct feed *f)
{
	struct job *j;

	while ((j = job_pop(&f->group)))
		job_push(&f->ready, j);
	f->n_ready += f->n_group;
	f->ready_weight += f->group_weight;
	f->n_group = 0;
	f->group_weight = 0;
	f->group_max = f->group_max * 2 < GROUP ? f->group_max * 2 : GROUP;
}

static int ask_group(struct feed *f, struct err *e)
{
	if (f->store && !f->retries && !f->reparse &&
	    known_bytes(f->store, &f->group, f->n_group, f->again, e) < 0)
		return -1;
	make_ready(f);
	return 0;
}

static bool group_is_full(const struct feed *f)
{
	return f->n_group >= f->group_max || f->group_weight >= GROUP_WEIGHT;
}

/* ---- retries ---- */

/* Under its own name: its row is the one that is there. */
static int read_retry(struct feed *f, struct err *e)
{
	const struct store_quarantined *q = f->retries[f->next_retry++];
	struct ingest_item it = {.source = strcmp(q->source, "stdin") == 0 ? "stdin" :
					   strcmp(q->source, "imap") == 0 ? "imap" : "file",
				 .size = q->size, .fd = -1, .last = true};
	struct stat st;

	if (store_quarantine_bytes(f->store, q, &it.fd, e) < 0)
		return -1;
	it.item = xstrdup(q->item);
	if (fstat(it.fd, &st) == 0)
		it.size = st.st_size;
	return add_item(f, &it, e) ? 0 : -1;
}

/* ---- mailboxes ---- */

/* One mail, if there is one. If there is none, a group does not wait for more than is there,
 * unless the workers have enough to do. */
static int read_mail(struct feed *f, struct err *e)
{
	struct ingest_item it;
	struct piece *p;

	if (!mails_next(f->mails, &it))
		return f->n_group && f->n_ready < FIRST_GROUP ? ask_group(f, e) : 0;
	struct ingest_mail *mail = it.mail;

	if (it.refused) {
		p = piece_refused(&it);
		push(f, p);
	} else {
		p = add_item(f, &it, e);
	}
	if (!p) {
		mails_give_back(f->mails, mail);
		return -1;
	}
	p->item->lease = mails_lease(f->mails, mail);
	return 0;
}

/* ---- the door ---- */

int feed_step(struct feed *f, struct err *e)
{
	int64_t before = f->group_weight + f->ready_weight;

	for (int i = 0; i < STEP && f->group_weight + f->ready_weight - before < STEP_WEIGHT;
	     i++) {
		if (group_is_full(f) || (read_all(f) && f->n_group))
			return ask_group(f, e);
		if (read_all(f))
			return 0;
		if (f->follow) {
			if (read_followed(f, e) < 0)
				return -1;
			if (f->idle)
				return 0;
			continue;
		}
		if (f->mails) {
			if (read_mail(f, e) < 0)
				return -1;
			if (mails_wait(f->mails))
				return 0;
			continue;
		}
		if (f->next_retry < f->n_retries) {
			if (read_retry(f, e) < 0)
				return -1;
		} else if (f->source) {
			read_item(f);
			if (f->idle)
				return 0;
		} else if (f->next == f->window_end) {
			return ask_window(f, e);
		} else if (open_next(f, e) < 0) {
			return -1;
		}
	}
	return 0;
}

struct piece *feed_take(struct feed *f)
{
	struct piece *p = (struct piece *)f->ready.first;

	if (p && log_piece_waits(p))
		return NULL;
	p = (struct piece *)job_pop(&f->ready);
	if (p) {
		f->n_ready--;
		f->ready_weight -= job_weight(&p->job);
	}
	return p;
}

void feed_piece_done(struct feed *f, const struct piece *p)
{
	(void)f;
	if (p->container)
		p->container->open--;
}

void feed_settled(struct feed *f, struct store_item *item)
{
	if (f->mails && item->ctx)
		mails_settled(f->mails, item);
}

struct store_item *feed_take_container(struct feed *f)
{
	return rows_take(&f->rows);
}
