#include "ingest/mailbox.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

struct mailbox_pace mailbox_pace = {
	.retry = 5000, .retry_person = 60000, .retry_most = 900000, .elsewhere = 15000,
	.look = 1000, .grace = 20000, .grace_free = 2000, .silence = 2000, .keep_alive = 60000,
	.progress = 30000, .quick = 200, .bad = 3600000, .owed = 5000, .owed_most = 30000,
};

int64_t mailbox_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* An eventfd is full at 2^64 - 2: writing and reading never fail in a way that matters. */
static void raise_fd(int fd)
{
	uint64_t one = 1;
	ssize_t n;

	do
		n = write(fd, &one, sizeof(one));
	while (n < 0 && errno == EINTR);
}

static void lower_fd(int fd)
{
	uint64_t count;
	ssize_t n;

	do
		n = read(fd, &count, sizeof(count));
	while (n < 0 && errno == EINTR);
}

void mailbox_lock(struct mailbox *b)
{
	pthread_mutex_lock(&b->all->lock);
}

void mailbox_unlock(struct mailbox *b)
{
	pthread_mutex_unlock(&b->all->lock);
}

void mailbox_set_busy(struct mailbox *b, bool busy)
{
	mailbox_lock(b);
	b->moved_at = mailbox_now();
	if (b->busy && !busy)
		raise_fd(b->all->event_fd);
	b->busy = busy;
	mailbox_unlock(b);
}

bool mailbox_stopping(struct mailbox *b)
{
	bool stopping;

	mailbox_lock(b);
	stopping = b->all->stopping;
	mailbox_unlock(b);
	return stopping;
}

size_t mailbox_handed(struct mailbox *b)
{
	size_t n;

	mailbox_lock(b);
	n = b->handed + (b->done != NULL);
	mailbox_unlock(b);
	return n;
}

void mailbox_drain(struct mailbox *b)
{
	lower_fd(b->wake);
}

void mailbox_sleep(struct mailbox *b, int64_t ms)
{
	struct pollfd p = {.fd = b->wake, .events = POLLIN};
	int64_t until = mailbox_now() + ms;
	int n;

	do {
		int64_t rest = until - mailbox_now();

		n = poll(&p, 1, rest < 0 ? 0 : rest > INT32_MAX ? INT32_MAX : (int)rest);
	} while (n < 0 && errno == EINTR);
	lower_fd(b->wake);
}

void mailbox_mail_free(struct ingest_mail *mail)
{
	free(mail->item.item);
	free(mail->item.bytes);
	free(mail->item.refused);
	if (mail->item.fd >= 0)
		close(mail->item.fd);
	free(mail);
}

static void append(struct mailboxes *m, struct ingest_mail *mail)
{
	mail->next = NULL;
	/* It is lowered only when the queue was found empty. */
	if (!m->first)
		raise_fd(m->event_fd);
	if (m->first)
		m->last_mail->next = mail;
	else
		m->first = mail;
	m->last_mail = mail;
	m->queued += mail->cost;
}

/* An empty queue takes a mail of any size. */
bool mailbox_push(struct mailbox *b, struct ingest_mail *mail)
{
	struct mailboxes *m = b->all;
	bool room, stopping;

	pthread_mutex_lock(&m->lock);
	stopping = m->stopping;
	room = stopping || !m->queued || m->queued + mail->cost <= QUEUE_BYTES;
	b->wants_room = !room;
	b->moved_at = mailbox_now();
	if (room && !stopping) {
		append(m, mail);
		b->handed++;
	}
	pthread_mutex_unlock(&m->lock);
	if (stopping)
		mailbox_mail_free(mail);
	return room;
}

static struct ingest_mail *shift(struct mailboxes *m)
{
	struct ingest_mail *mail = m->first;

	if (!mail)
		return NULL;
	m->first = mail->next;
	m->queued -= mail->cost;
	mail->next = NULL;
	return mail;
}

/* Those who wait are woken once half of it is free, so that they find room for more than one. */
static void tell_room(struct mailboxes *m)
{
	if (m->queued > QUEUE_BYTES / 2)
		return;
	for (size_t i = 0; i < m->n_boxes; i++)
		if (m->boxes[i].wants_room) {
			m->boxes[i].wants_room = false;
			raise_fd(m->boxes[i].wake);
		}
}

/* A download that goes on and gives nothing has to be looked at again once it counts as silent. */
static void set_timer(struct mailboxes *m)
{
	struct itimerspec t = {0};
	int64_t now = mailbox_now(), at = 0;

	for (size_t i = 0; i < m->n_boxes; i++)
		if (m->boxes[i].busy && m->boxes[i].moved_at + mailbox_pace.silence > at)
			at = m->boxes[i].moved_at + mailbox_pace.silence;
	if (at > now) {
		t.it_value.tv_sec = (at - now) / 1000;
		t.it_value.tv_nsec = (at - now) % 1000 * 1000000 + 1;
	}
	timerfd_settime(m->timer_fd, 0, &t, NULL);
}

int mailboxes_next(struct mailboxes *m, struct ingest_item *ret_item)
{
	struct ingest_mail *mail;

	pthread_mutex_lock(&m->lock);
	mail = shift(m);
	if (mail) {
		tell_room(m);
	} else {
		lower_fd(m->event_fd);
		lower_fd(m->timer_fd);
		set_timer(m);
	}
	pthread_mutex_unlock(&m->lock);
	if (!mail)
		return 0;
	*ret_item = mail->item;
	ret_item->mail = mail;
	mail->item = (struct ingest_item){.fd = -1};
	return 1;
}

int mailboxes_fd(const struct mailboxes *m)
{
	return m->poll_fd;
}

/* What is asked of a const one is read under its lock. */
static pthread_mutex_t *lock_of(const struct mailboxes *m)
{
	return (pthread_mutex_t *)&m->lock;
}

bool mailboxes_quiet(const struct mailboxes *m)
{
	bool quiet;
	int64_t now;

	pthread_mutex_lock(lock_of(m));
	now = mailbox_now();
	quiet = !m->first;
	for (size_t i = 0; quiet && i < m->n_boxes; i++)
		quiet = !m->boxes[i].busy || now - m->boxes[i].moved_at >= mailbox_pace.silence;
	pthread_mutex_unlock(lock_of(m));
	return quiet;
}

bool mailboxes_ended(const struct mailboxes *m)
{
	bool ended;

	pthread_mutex_lock(lock_of(m));
	ended = m->running == 0 && !m->first;
	pthread_mutex_unlock(lock_of(m));
	return ended;
}

/* Under the lock. */
static void give_back(struct ingest_mail *mail, enum fate fate)
{
	struct mailbox *b = mail->box;

	b->handed--;
	mail->fate = fate;
	if (b->ended) {
		mailbox_mail_free(mail);
		return;
	}
	if (!b->done)
		raise_fd(b->wake);
	mail->next = b->done;
	b->done = mail;
}

void mailboxes_done_with(struct mailboxes *m, struct ingest_mail *mail, enum fate fate)
{
	pthread_mutex_lock(&m->lock);
	give_back(mail, fate);
	pthread_mutex_unlock(&m->lock);
}

const struct mailbox_place *ingest_mail_place(const struct ingest_mail *mail, uint32_t *ret_uid)
{
	*ret_uid = mail->uid;
	return &mail->place;
}

void mailbox_ended(struct mailbox *b)
{
	struct mailboxes *m = b->all;

	pthread_mutex_lock(&m->lock);
	b->busy = false;
	b->ended = true;
	while (b->done) {
		struct ingest_mail *mail = b->done;

		b->done = mail->next;
		mailbox_mail_free(mail);
	}
	m->running--;
	raise_fd(m->event_fd);
	pthread_mutex_unlock(&m->lock);
}

static void stop_by(struct mailboxes *m, int64_t grace)
{
	int64_t deadline = mailbox_now() + grace;
	struct ingest_mail *mail;

	pthread_mutex_lock(&m->lock);
	if (!m->stopping || deadline < m->deadline)
		m->deadline = deadline;
	m->stopping = true;
	while ((mail = shift(m)))
		give_back(mail, FATE_NONE);
	for (size_t i = 0; i < m->n_boxes; i++)
		raise_fd(m->boxes[i].wake);
	raise_fd(m->event_fd);
	pthread_mutex_unlock(&m->lock);
}

void mailboxes_stop(struct mailboxes *m)
{
	stop_by(m, mailbox_pace.grace);
}

void mailboxes_free(struct mailboxes *m)
{
	if (!m)
		return;
	stop_by(m, mailbox_pace.grace_free);
	for (size_t i = 0; i < m->n_threads; i++)
		pthread_join(m->boxes[i].thread, NULL);
	for (size_t i = 0; i < m->n_boxes; i++)
		mailbox_free(&m->boxes[i]);
	for (size_t i = 0; i < m->n_logins; i++)
		login_free(m->logins[i]);
	if (m->poll_fd >= 0)
		close(m->poll_fd);
	if (m->event_fd >= 0)
		close(m->event_fd);
	if (m->timer_fd >= 0)
		close(m->timer_fd);
	pthread_mutex_destroy(&m->lock);
	free(m->logins);
	free(m->boxes);
	free(m);
}

static int open_fds(struct mailboxes *m, struct err *e)
{
	struct epoll_event in = {.events = EPOLLIN};

	m->poll_fd = epoll_create1(EPOLL_CLOEXEC);
	m->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	m->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (m->poll_fd < 0 || m->event_fd < 0 || m->timer_fd < 0 ||
	    epoll_ctl(m->poll_fd, EPOLL_CTL_ADD, m->event_fd, &in) < 0 ||
	    epoll_ctl(m->poll_fd, EPOLL_CTL_ADD, m->timer_fd, &in) < 0)
		return err_set(e, ERR_TEMP, "no descriptor for mailboxes: %s", strerror(errno));
	return 0;
}

static int add_boxes(struct mailboxes *m, const struct account *const *accounts, size_t n,
		     struct err *e)
{
	size_t folders = 0;

	for (size_t i = 0; i < n; i++)
		folders += accounts[i]->n_folders;
	m->boxes = xcalloc(folders + 1, sizeof(*m->boxes));
	m->logins = xcalloc(n + 1, sizeof(struct login *));
	for (size_t i = 0; i < n; i++) {
		m->logins[m->n_logins++] = login_new(accounts[i]);
		for (size_t k = 0; k < accounts[i]->n_folders; k++) {
			struct mailbox *b = &m->boxes[m->n_boxes++];

			b->all = m;
			b->account = accounts[i];
			b->login = m->logins[i];
			b->folder = accounts[i]->folders[k];
			b->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
			if (b->wake < 0)
				return err_set(e, ERR_TEMP, "no descriptor for a mailbox: %s",
					       strerror(errno));
		}
	}
	return 0;
}

/* Signals are the main thread's. */
static int start_threads(struct mailboxes *m, struct err *e)
{
	sigset_t all, before;
	int rc = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	while (rc == 0 && m->n_threads < m->n_boxes) {
		struct mailbox *b = &m->boxes[m->n_threads];

		pthread_mutex_lock(&m->lock);
		m->running++;
		pthread_mutex_unlock(&m->lock);
		rc = pthread_create(&b->thread, NULL, mailbox_thread, b);
		if (rc == 0)
			m->n_threads++;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return rc == 0 ? 0 : err_set(e, ERR_TEMP, "no thread for a mailbox: %s", strerror(rc));
}

int mailboxes_start(const struct account *const *accounts, size_t n,
		    const struct mailboxes_options *o, const struct mailbox_owner *owner,
		    struct mailboxes **ret_m, struct err *e)
{
	struct mailboxes *m = xcalloc(1, sizeof(*m));

	m->o = *o;
	m->owner = owner;
	m->poll_fd = m->event_fd = m->timer_fd = -1;
	pthread_mutex_init(&m->lock, NULL);
	if (imap_conn_library(e) < 0 || open_fds(m, e) < 0 || add_boxes(m, accounts, n, e) < 0 ||
	    start_threads(m, e) < 0) {
		mailboxes_free(m);
		return -1;
	}
	*ret_m = m;
	return 0;
}
