#include "tests/unit/fake_imap.h"
#include "base/limits.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

struct fake_server server = {.lock = PTHREAD_MUTEX_INITIALIZER, .news_fd = -1};

struct fake_window {
	uint32_t *uids;
	size_t n, at;
	int64_t bytes;
};

struct imap {
	struct fake_folder *folder;
	bool (*stop)(void *ctx);
	void *ctx;
	struct fake_window w[16];
	size_t n;
};

/* ---- the test's side ---- */

void fake_reset(void)
{
	pthread_mutex_lock(&server.lock);
	if (server.news_fd < 0)
		server.news_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	for (size_t i = 0; i < FAKE_FOLDERS; i++)
		server.folders[i] = (struct fake_folder){.uidvalidity = 7, .next = 1};
	server.folders[0].name = "INBOX";
	server.folders[1].name = "Reports";
	server.n_folders = 2;
	server.can = IMAP_CAN_MOVE | IMAP_CAN_UIDPLUS | IMAP_CAN_IDLE | IMAP_CAN_ESEARCH;
	server.keywords = true;
	server.open_fails = server.vanish_after_search = 0;
	server.storm = 0;
	server.slow_ms = 0;
	server.open_class = ERR_TEMP;
	server.dead_host = NULL;
	server.cut_after_bodies = -1;
	server.hold = server.refuse_ack = server.cut_ack = false;
	server.opens = server.open_now = server.bodies = server.acks = server.searches = 0;
	server.idles = server.noops = server.examined = server.wrong = 0;
	server.windows_most = 0;
	server.bytes_most = 0;
	server.last_ack[0] = '\0';
	pthread_mutex_unlock(&server.lock);
}

struct fake_folder *fake_folder(const char *name)
{
	for (size_t i = 0; i < server.n_folders; i++)
		if (strcmp(server.folders[i].name, name) == 0)
			return &server.folders[i];
	return NULL;
}

uint32_t fake_add(const char *folder, size_t n, int64_t size)
{
	struct fake_folder *f;
	uint32_t first;

	pthread_mutex_lock(&server.lock);
	f = fake_folder(folder);
	first = f->next;
	for (size_t i = 0; i < n && f->n < FAKE_MESSAGES; i++)
		f->v[f->n++] = (struct fake_message){.uid = f->next++, .size = size};
	pthread_mutex_unlock(&server.lock);
	return first;
}

static struct fake_message *find(struct fake_folder *f, uint32_t uid)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->v[i].uid == uid)
			return f->v[i].gone ? NULL : &f->v[i];
	return NULL;
}

struct fake_message *fake_message(const char *folder, uint32_t uid)
{
	struct fake_folder *f = fake_folder(folder);

	return uid >= 1 && uid <= f->n ? &f->v[uid - 1] : NULL;
}

void fake_tell(void)
{
	eventfd_write(server.news_fd, 1);
}

/* ---- login.h, imap_conn.h ---- */

struct login {
	int nothing;
};

struct login *login_new(const struct account *a)
{
	(void)a;
	return xcalloc(1, sizeof(struct login));
}

void login_free(struct login *l)
{
	free(l);
}

int imap_conn_library(struct err *e)
{
	(void)e;
	return 0;
}

/* ---- imap.h ---- */

/* Under the lock: does this call fail? */
static int storm(struct err *e)
{
	static uint32_t seed = 1;

	seed = seed * 1664525u + 1013904223u;
	if (server.storm && (seed >> 8) % server.storm == 0)
		return err_set(e, ERR_TEMP, "connection lost");
	return 0;
}

static int stormy(struct err *e)
{
	int rc;

	pthread_mutex_lock(&server.lock);
	rc = storm(e);
	pthread_mutex_unlock(&server.lock);
	return rc;
}

/* Does what comes next end the connection? */
static bool kills(const struct fake_folder *f, const struct fake_window *w)
{
	for (size_t i = 0; w->at < w->n && i < f->n; i++)
		if (f->v[i].uid == w->uids[w->at])
			return f->v[i].kills && !f->v[i].gone;
	return false;
}

static int open_answer(const struct account *a, bool (*stop)(void *ctx), void *ctx, struct err *e)
{
	int fails;

	pthread_mutex_lock(&server.lock);
	server.opens++;
	fails = server.open_fails > 0 ? server.open_fails-- : 0;
	pthread_mutex_unlock(&server.lock);
	if (server.dead_host && strcmp(a->host, server.dead_host) == 0) {
		while (!stop(ctx))
			usleep(5000);
		return err_set(e, ERR_TEMP, "gave up");
	}
	return fails ? err_set(e, server.open_class, "not now") : 0;
}

int imap_open(const struct account *a, struct login *l, bool (*stop)(void *ctx), void *stop_ctx,
	      const struct imap_trace *trace, struct imap **ret_i, struct err *e)
{
	(void)l;
	(void)trace;
	if (open_answer(a, stop, stop_ctx, e) < 0)
		return -1;
	*ret_i = xcalloc(1, sizeof(**ret_i));
	(*ret_i)->stop = stop;
	(*ret_i)->ctx = stop_ctx;
	FAKE_SET(open_now, server.open_now + 1);
	return 0;
}

void imap_close(struct imap *i)
{
	if (!i)
		return;
	for (size_t k = 0; k < i->n; k++)
		free(i->w[k].uids);
	free(i);
	FAKE_SET(open_now, server.open_now - 1);
}

unsigned imap_can(const struct imap *i)
{
	(void)i;
	return FAKE_GET(can);
}

int imap_select(struct imap *i, const char *folder, bool examine, struct imap_folder *ret,
		struct err *e)
{
	int rc = 0;

	pthread_mutex_lock(&server.lock);
	i->folder = fake_folder(folder);
	server.examined += examine;
	if (i->folder)
		*ret = (struct imap_folder){.uidvalidity = i->folder->uidvalidity,
					    .uidnext = i->folder->next,
					    .exists = (uint32_t)i->folder->n,
					    .read_only = examine, .keywords = server.keywords};
	else
		rc = err_set(e, ERR_CONFIG, "no such folder");
	pthread_mutex_unlock(&server.lock);
	return rc;
}

int imap_search(struct imap *i, struct uidset *ret, struct err *e)
{
	int rc;

	pthread_mutex_lock(&server.lock);
	server.searches++;
	rc = storm(e);
	for (size_t k = 0; rc == 0 && k < i->folder->n; k++) {
		struct fake_message *m = &i->folder->v[k];

		if (m->gone || m->deleted)
			continue;
		uidset_add(ret, m->uid);
		if (server.vanish_after_search > 0) {
			server.vanish_after_search--;
			m->gone = true;
		}
	}
	pthread_mutex_unlock(&server.lock);
	return rc;
}

int imap_sizes(struct imap *i, const struct uidset *uids,
	       int (*each)(void *ctx, const struct imap_size *s, struct err *e), void *ctx,
	       struct err *e)
{
	int rc = 0;

	for (size_t k = 0; rc == 0 && k < i->folder->n; k++) {
		struct fake_message m;

		pthread_mutex_lock(&server.lock);
		m = i->folder->v[k];
		pthread_mutex_unlock(&server.lock);
		if (m.gone || !uidset_has(uids, m.uid))
			continue;
		if (m.kills_sizes)
			return err_set(e, ERR_TEMP, "the server says goodbye");
		rc = each(ctx, &(struct imap_size){.uid = m.uid,
						   .size = m.told_size ? m.told_size : m.size,
						   .arrived_at = 1700000000 + m.uid, .seen = m.seen,
						   .flagged = m.marked, .keyword = m.marked}, e);
	}
	return rc;
}

int imap_bodies_ask(struct imap *i, const uint32_t *uids, size_t n, uint32_t *ret_window,
		    struct err *e)
{
	struct fake_window *w = &i->w[i->n++];
	int64_t bytes = 0;

	(void)e;
	pthread_mutex_lock(&server.lock);
	*w = (struct fake_window){.uids = xmalloc(n * sizeof(*uids)), .n = n};
	memcpy(w->uids, uids, n * sizeof(*uids));
	for (size_t k = 0; k < n; k++) {
		struct fake_message *m = find(i->folder, uids[k]);

		w->bytes += m ? m->size : 0;
	}
	for (size_t k = 0; k < i->n; k++)
		bytes += i->w[k].bytes;
	if (n > IMAP_WINDOW_MAX)
		server.wrong++;
	if (i->n > server.windows_most)
		server.windows_most = i->n;
	if (bytes > server.bytes_most)
		server.bytes_most = bytes;
	pthread_mutex_unlock(&server.lock);
	*ret_window = 1;
	return 0;
}

static void fill(struct imap_body *ret, const struct fake_message *m)
{
	*ret = (struct imap_body){.uid = m->uid, .size = m->size, .fd = -1};
	if (m->size > LIMIT_MAIL) {
		ret->too_large = true;
	} else if (m->size > LIMIT_INLINE) {
		ret->fd = memfd_create("fake", MFD_CLOEXEC);
		if (ftruncate(ret->fd, m->size) < 0)
			abort();
	} else {
		ret->bytes = xmalloc((size_t)m->size);
		memset(ret->bytes, 'x', (size_t)m->size);
	}
}

static void end_window(struct imap *i)
{
	free(i->w[0].uids);
	i->n--;
	memmove(i->w, i->w + 1, i->n * sizeof(i->w[0]));
}

/* One step through the first window; the lock is held. */
static enum imap_got step(struct imap *i, struct imap_body *ret, bool *ret_refused)
{
	struct fake_window *w = &i->w[0];

	*ret_refused = false;
	while (w->at < w->n) {
		struct fake_message *m = find(i->folder, w->uids[w->at++]);

		if (!m || m->withheld)
			continue;
		if (m->poison) {
			*ret_refused = true;
			break;
		}
		fill(ret, m);
		w->bytes -= m->size;
		server.bodies++;
		return IMAP_GOT_BODY;
	}
	end_window(i);
	return IMAP_GOT_WINDOW_END;
}

static bool readable(int fd, int ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return fd >= 0 && poll(&p, 1, ms) == 1;
}

int imap_body_next(struct imap *i, int wake_fd, struct imap_body *ret, bool *ret_refused,
		   enum imap_got *ret_got, struct err *e)
{
	int rc = 0;

	*ret_got = IMAP_GOT_WOKEN;
	if (readable(wake_fd, FAKE_GET(slow_ms)))
		return 0;
	while (FAKE_GET(hold))
		if (readable(wake_fd, 5))
			return 0;
	pthread_mutex_lock(&server.lock);
	rc = storm(e);
	if (rc == 0 && i->n && kills(i->folder, &i->w[0]))
		rc = err_set(e, ERR_TEMP, "the server says goodbye");
	if (rc < 0) {
		*ret_got = IMAP_GOT_NOTHING;
	} else if (server.cut_after_bodies >= 0 && server.bodies >= server.cut_after_bodies) {
		server.cut_after_bodies = -1;
		rc = err_set(e, ERR_TEMP, "connection lost");
	} else {
		*ret_got = i->n ? step(i, ret, ret_refused) : IMAP_GOT_NOTHING;
	}
	pthread_mutex_unlock(&server.lock);
	return rc;
}

static void do_to(struct fake_folder *f, uint32_t uid, enum after_what done)
{
	struct fake_message *m = find(f, uid);

	if (server.committed && !server.committed(f->name, f->uidvalidity, uid))
		server.wrong++;
	if (!m)
		return;
	m->moved = done == AFTER_MOVE;
	m->gone = done == AFTER_MOVE || done == AFTER_DELETE;
	m->marked |= done == AFTER_FLAG;
	m->seen |= done == AFTER_SEEN;
}

int imap_acknowledge(struct imap *i, const struct uidset *uids, enum after_what what,
		     const char *folder, enum after_what *ret_done, const char **ret_why,
		     struct err *e)
{
	static const char *const names[] = {"leave", "move", "flag", "seen", "delete"};
	bool flag = what == AFTER_MOVE && !(FAKE_GET(can) & IMAP_CAN_MOVE);
	int rc = 0;

	pthread_mutex_lock(&server.lock);
	if (i->stop(i->ctx))
		rc = err_set(e, ERR_TEMP, "gave up");
	else if (server.refuse_ack)
		rc = err_set(e, ERR_CONFIG, "no right to do that");
	*ret_done = flag ? AFTER_FLAG : what;
	*ret_why = flag ? "the server can neither MOVE nor expunge by UID" : NULL;
	for (size_t k = 0; rc == 0 && k < uids->n; k++)
		for (uint64_t uid = uids->v[k].first; uid <= uids->v[k].last; uid++)
			do_to(i->folder, (uint32_t)uid, *ret_done);
	if (rc == 0) {
		server.acks++;
		snprintf(server.last_ack, sizeof(server.last_ack), "%s %s %d", names[what],
			 folder ? folder : "-", (int)uidset_count(uids));
	}
	if (rc == 0 && server.cut_ack) {
		server.cut_ack = false;
		rc = err_set(e, ERR_TEMP, "connection lost");
	}
	rc = rc == 0 ? storm(e) : rc;
	pthread_mutex_unlock(&server.lock);
	return rc;
}

int imap_wait(struct imap *i, int seconds, int wake_fd, bool use_idle, bool *ret_news,
	      struct err *e)
{
	struct pollfd p[2] = {{.fd = server.news_fd, .events = POLLIN},
			      {.fd = wake_fd, .events = POLLIN}};
	eventfd_t count;

	(void)i;
	FAKE_SET(idles, server.idles + use_idle);
	poll(p, 2, seconds * 1000);
	*ret_news = (p[0].revents & POLLIN) && eventfd_read(server.news_fd, &count) == 0;
	return stormy(e);
}

int imap_noop(struct imap *i, struct err *e)
{
	(void)i;
	FAKE_SET(noops, server.noops + 1);
	return stormy(e);
}
