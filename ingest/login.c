#include "ingest/login.h"
#include "base/mem.h"
#include "base/secret.h"
#include "ingest/oauth2.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TRIES 3
#define FAILURE_KEPT 3      /* seconds */
#define COMMAND_TOKEN 300   /* nobody says when the token of a command ends */
#define RENEW_BEFORE 300    /* seconds before it ends */

struct login {
	const struct account *a;
	pthread_mutex_t lock;
	char *bearer;          /* NULL: none yet */
	int64_t renew_at;      /* monotonic seconds */
	char *refresh_token;   /* that the server gave, and no file could take */
	struct err unkept;     /* why it could not be written back */
	struct err failure;    /* of the last question, until failed_until */
	int64_t failed_until;
};

struct login *login_new(const struct account *a)
{
	struct login *l = xcalloc(1, sizeof(*l));

	l->a = a;
	pthread_mutex_init(&l->lock, NULL);
	return l;
}

void login_free(struct login *l)
{
	if (!l)
		return;
	secret_wipe(l->bearer);
	secret_wipe(l->refresh_token);
	pthread_mutex_destroy(&l->lock);
	free(l);
}

bool login_is_bearer(const struct login *l)
{
	return l->a->flow != OAUTH2_NONE || secret_is_set(&l->a->token);
}

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

struct asking {
	bool (*stop)(void *ctx);
	void *ctx;
};

static bool is_stopped(const struct asking *q)
{
	return q->stop && q->stop(q->ctx);
}

/* Into its file, from where the next question takes it, as may another process; else it is kept
 * here as long as we live. */
static void keep_refresh_token(struct login *l, char *token)
{
	const struct secret *place = &l->a->refresh_token;
	char *old = NULL;
	bool same = l->refresh_token && strcmp(l->refresh_token, token) == 0;

	if (!l->refresh_token && secret_read(place, "refresh token", &old, NULL) == 0)
		same = strcmp(old, token) == 0;
	secret_wipe(old);
	if (same) {
		secret_wipe(token);
		return;
	}
	l->unkept = (struct err){0};
	secret_wipe(l->refresh_token);
	l->refresh_token = NULL;
	if (secret_replace(place, token, &l->unkept) == 0) {
		secret_wipe(token);
		return;
	}
	err_wrap(&l->unkept, "the server gives another refresh token, which can't be kept");
	l->refresh_token = token;
}

int login_kept(struct login *l, struct err *e)
{
	int rc = 0;

	pthread_mutex_lock(&l->lock);
	if (l->unkept.class != ERR_NONE) {
		*e = l->unkept;
		rc = -1;
	}
	pthread_mutex_unlock(&l->lock);
	return rc;
}

/* One question for a new token. */
static int ask_once(struct login *l, const struct asking *q, struct err *e)
{
	struct oauth2_token t = {0};
	int64_t life;

	if (l->a->flow == OAUTH2_NONE) {
		AUTO_FREE char *what = xasprintf("token of account '%s'", l->a->name);
		int rc = secret_read(&l->a->token, what, &t.bearer, e);

		if (rc < 0)
			return -1;
		life = COMMAND_TOKEN;
	} else {
		if (oauth2_ask(l->a, l->refresh_token, q->stop, q->ctx, &t, e) < 0)
			return -1;
		life = t.ends_at - (int64_t)time(NULL);
		life = life > 2 * RENEW_BEFORE ? life - RENEW_BEFORE : life / 2;
	}
	secret_wipe(l->bearer);
	l->bearer = t.bearer;
	l->renew_at = now() + life;
	if (t.refresh_token && l->a->flow == OAUTH2_REFRESH_TOKEN)
		keep_refresh_token(l, t.refresh_token);
	else
		secret_wipe(t.refresh_token);
	return 0;
}

/* What passes by itself gets its moment. */
static int ask(struct login *l, const struct asking *q, struct err *e)
{
	if (now() < l->failed_until) {
		*e = l->failure;
		return -1;
	}
	for (int i = 1;; i++) {
		if (ask_once(l, q, e) == 0)
			return 0;
		if (e->class != ERR_TEMP || i == TRIES || is_stopped(q))
			break;
		for (int ms = 0; ms < i * 1000 && !is_stopped(q); ms += 100)
			usleep(100000);
	}
	l->failure = *e;
	l->failed_until = now() + FAILURE_KEPT;
	return -1;
}

static int bearer(struct login *l, const char *refused, const struct asking *q, char **ret,
		  struct err *e)
{
	int rc = 0;

	pthread_mutex_lock(&l->lock);
	/* Another folder's session may have renewed it already. */
	if (!l->bearer || now() >= l->renew_at || (refused && strcmp(refused, l->bearer) == 0))
		rc = ask(l, q, e);
	/* A token that is soon to end is better than none. */
	if (rc < 0 && e->class == ERR_TEMP && l->bearer && !refused)
		rc = 0;
	if (rc == 0)
		*ret = xstrdup(l->bearer);
	pthread_mutex_unlock(&l->lock);
	return rc;
}

int login_secret_until(struct login *l, const char *refused, bool (*stop)(void *ctx),
		       void *stop_ctx, char **ret_secret, struct err *e)
{
	struct asking q = {stop, stop_ctx};

	if (login_is_bearer(l))
		return bearer(l, refused, &q, ret_secret, e);

	AUTO_FREE char *what = xasprintf("password of account '%s'", l->a->name);

	return secret_read(&l->a->password, what, ret_secret, e);
}

int login_secret(struct login *l, const char *refused, char **ret_secret, struct err *e)
{
	return login_secret_until(l, refused, NULL, NULL, ret_secret, e);
}
