/*
 * `fetch --check`: the way of a fetch, a step at a time, without a change. A folder is opened by
 * SELECT and not EXAMINE where something is to be done with its messages: only SELECT says whether
 * we may.
 */
#include "ingest/imap.h"
#include "ingest/ingest.h"

#include <stdio.h>
#include <string.h>

struct check {
	const struct account *a;
	void (*step)(void *ctx, const struct mailbox_step *s);
	void *ctx;
	struct imap *imap;
	struct err first;      /* the first that does not work */
};

static void tell(struct check *c, const char *what, bool ok, const char *cause)
{
	c->step(c->ctx, &(struct mailbox_step){what, ok, cause});
}

static void tell_traced(void *ctx, const char *what, bool ok, const char *cause)
{
	tell(ctx, what, ok, cause);
}

static void fail(struct check *c, const char *what, const struct err *e)
{
	if (c->first.class == ERR_NONE)
		c->first = *e;
	tell(c, what, false, e->msg);
}

static const char *does(enum fate fate)
{
	static const char *const settings[] = {"", "after_stored", "after_repeat",
					       "after_quarantined", "after_not_report"};

	return settings[fate];
}

static bool wants(const struct account *a, enum after_what what)
{
	for (int f = FATE_STORED; f < FATE_COUNT; f++)
		if (a->after[f].what == what)
			return true;
	return false;
}

static bool changes_nothing(const struct account *a)
{
	for (int f = FATE_STORED; f < FATE_COUNT; f++)
		if (a->after[f].what != AFTER_LEAVE)
			return false;
	return true;
}

static void check_abilities(struct check *c)
{
	unsigned can = imap_can(c->imap);
	const char *note = NULL;
	char what[128];

	snprintf(what, sizeof(what), "the server can%s%s%s%s%s", can & IMAP_CAN_MOVE ? " MOVE" : "",
		 can & IMAP_CAN_UIDPLUS ? " UIDPLUS" : "", can & IMAP_CAN_IDLE ? " IDLE" : "",
		 can & IMAP_CAN_ESEARCH ? " ESEARCH" : "", can ? "" : " nothing beyond the least");
	if (!(can & (IMAP_CAN_MOVE | IMAP_CAN_UIDPLUS)) && wants(c->a, AFTER_MOVE))
		note = "neither MOVE nor UIDPLUS: what is to be moved gets a flag and stays";
	else if (!(can & IMAP_CAN_UIDPLUS) && wants(c->a, AFTER_DELETE))
		note = "no UIDPLUS: what is to be deleted is marked as deleted and stays";
	else if (!(can & IMAP_CAN_IDLE) && c->a->idle)
		note = "no IDLE: --watch looks every `poll` seconds";
	tell(c, what, true, note);
}

static void check_refresh_token(struct check *c, struct login *l)
{
	struct err e = {0};

	if (login_kept(l, &e) < 0)
		tell(c, "refresh token", true, e.msg);
}

/* May we do with messages of this folder what is configured? */
static int may(const struct check *c, const char *folder, const struct imap_folder *f,
	       struct err *e)
{
	for (int fate = FATE_STORED; fate < FATE_COUNT; fate++) {
		enum after_what what = c->a->after[fate].what;

		if (what == AFTER_LEAVE)
			continue;
		if (f->read_only)
			return err_set(e, ERR_CONFIG, "folder '%s' is read-only for '%s', and %s is not "
				       "'leave'; give the account the right to write, or leave all mails",
				       folder, c->a->user, does((enum fate)fate));
		if ((what == AFTER_FLAG && !f->keywords && !f->flagged) ||
		    (what == AFTER_SEEN && !f->seen) || (what == AFTER_DELETE && !f->deleted))
			return err_set(e, ERR_CONFIG, "folder '%s' keeps no such flag, and %s wants it",
				       folder, does((enum fate)fate));
	}
	return 0;
}

/* -1: the session is of no use any more. */
static int check_folder(struct check *c, const char *folder)
{
	struct imap_folder f;
	struct err e = {0};
	char what[512];

	snprintf(what, sizeof(what), "folder '%s'", folder);
	if (imap_select(c->imap, folder, changes_nothing(c->a), &f, &e) < 0) {
		fail(c, what, &e);
		return e.class == ERR_TEMP ? -1 : 0;
	}
	snprintf(what, sizeof(what), "folder '%s': %u messages, uidvalidity %u", folder, f.exists,
		 f.uidvalidity);
	if (may(c, folder, &f, &e) < 0)
		fail(c, what, &e);
	else
		tell(c, what, true, NULL);
	return 0;
}

static bool is_told(const struct account *a, int fate)
{
	for (int f = FATE_STORED; f < fate; f++)
		if (a->after[f].what == AFTER_MOVE &&
		    strcmp(a->after[f].folder, a->after[fate].folder) == 0)
			return true;
	return false;
}

static int check_targets(struct check *c)
{
	for (int fate = FATE_STORED; fate < FATE_COUNT; fate++) {
		const struct after *after = &c->a->after[fate];
		struct imap_folder f;
		struct err e = {0};
		char what[512];
		int rc;

		if (after->what != AFTER_MOVE || is_told(c->a, fate))
			continue;
		snprintf(what, sizeof(what), "folder '%s' of %s", after->folder,
			 does((enum fate)fate));
		rc = imap_select(c->imap, after->folder, true, &f, &e);
		if (rc < 0 && e.class == ERR_TEMP) {
			fail(c, what, &e);
			return -1;
		}
		tell(c, what, true, rc < 0 ? "it is not there yet: the first mail that goes there makes "
		     "it" : NULL);
	}
	return 0;
}

int mailbox_check(const struct account *a, void (*step)(void *ctx, const struct mailbox_step *s),
		  void *ctx, struct err *e)
{
	struct check c = {.a = a, .step = step, .ctx = ctx};
	struct imap_trace trace = {&c, tell_traced};
	struct err opening = {0}; /* may be set where all is well: a token that was renewed */
	struct login *l;
	int rc = 0;

	if (imap_conn_library(e) < 0)
		return -1;
	l = login_new(a);
	if (imap_open(a, l, NULL, NULL, &trace, &c.imap, &opening) < 0) {
		c.first = opening;
	} else {
		check_refresh_token(&c, l);
		check_abilities(&c);
		for (size_t i = 0; rc == 0 && i < a->n_folders; i++)
			rc = check_folder(&c, a->folders[i]);
		if (rc == 0)
			(void)!check_targets(&c);
		imap_close(c.imap);
	}
	login_free(l);
	if (c.first.class == ERR_NONE)
		return 0;
	*e = c.first;
	return -1;
}
