#include "ingest/imap_session.h"

#include <stdio.h>
#include <string.h>

/* Words of strangers into a field of ours, visible and cut at its end: they go into errors, and from
 * there into the database, which takes no bytes that are no UTF-8. */
static void copy(char *to, size_t room, struct text t)
{
	struct buf b = {0};

	t.len = t.len < room ? t.len : (uint32_t)room;
	text_add_visible(&b, t);
	size_t n = b.len < room - 1 ? b.len : room - 1;

	/* not within a character */
	while (n < b.len && n && (b.p[n] & 0xc0) == 0x80)
		n--;
	memcpy(to, n ? b.p : "", n);
	to[n] = '\0';
	buf_free(&b);
}

bool imap_has_word(struct text list, const char *word)
{
	const char *p = list.p, *end = list.p ? list.p + list.len : NULL;

	while (p < end) {
		size_t n = 0;

		while (p + n < end && !memchr(" ()", p[n], 3))
			n++;
		if (n && text_is((struct text){p, (uint32_t)n}, word))
			return true;
		p += n + 1;
	}
	return false;
}

int64_t imap_number(struct text t)
{
	int64_t n = 0;

	if (t.len == 0 || t.len > 18)
		return -1;
	for (uint32_t k = 0; k < t.len; k++) {
		if (t.p[k] < '0' || t.p[k] > '9')
			return -1;
		n = n * 10 + (t.p[k] - '0');
	}
	return n;
}

static uint32_t number32(struct text t)
{
	int64_t n = imap_number(t);

	return n < 0 || n > UINT32_MAX ? 0 : (uint32_t)n;
}

static struct text token_text(const struct imap_response *r, size_t k)
{
	return k < r->n_tokens && r->tokens[k].type <= IMAP_STRING ? r->tokens[k].text
								   : TEXT_ABSENT;
}

/* ---- what it can ---- */

static void add_capability(struct imap *i, struct text word)
{
	static const struct {
		const char *word;
		unsigned can;
	} known[] = {
		{"move", IMAP_CAN_MOVE},
		{"uidplus", IMAP_CAN_UIDPLUS},
		{"idle", IMAP_CAN_IDLE},
		{"esearch", IMAP_CAN_ESEARCH},
		/* RFC 9051 has all of them within */
		{"imap4rev2", IMAP_CAN_MOVE | IMAP_CAN_UIDPLUS | IMAP_CAN_IDLE | IMAP_CAN_ESEARCH},
	};

	for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++)
		if (imap_has_word(word, known[k].word))
			i->can |= known[k].can;
}

static int on_capability(struct imap *i, const struct imap_response *r, struct err *e)
{
	(void)e;
	i->can = 0;
	for (size_t k = 0; k < r->n_tokens; k++)
		add_capability(i, token_text(r, k));
	return 0;
}

/* What goes into commands again: in a literal a server could name anything. */
static bool printable(struct text t)
{
	for (uint32_t k = 0; k < t.len; k++)
		if (t.p[k] < 0x20 || t.p[k] > 0x7e)
			return false;
	return true;
}

static void take_delimiter(struct imap *i, struct text t)
{
	if (t.len == 1 && printable(t))
		i->delimiter = t.p[0];
}

/* LIST "" "": (\Noselect) "/" "" */
static int on_list(struct imap *i, const struct imap_response *r, struct err *e)
{
	size_t k = 0;

	(void)e;
	while (k < r->n_tokens && r->tokens[k].type != IMAP_CLOSE)
		k++;
	if (!i->delimiter)
		take_delimiter(i, token_text(r, k + 1));
	return 0;
}

/* (("INBOX." ".")) NIL (("shared." ".")): the first of the first list is where one's own folders
 * are; the others' prefixes say which names are none of one's own. */
static int on_namespace(struct imap *i, const struct imap_response *r, struct err *e)
{
	unsigned depth = 0, list = 0;

	(void)e;
	i->others.len = 0; /* said again and again it must not pile up */
	for (size_t k = 0; k < r->n_tokens; k++) {
		const struct imap_token *t = &r->tokens[k];

		depth += t->type == IMAP_OPEN;
		depth -= t->type == IMAP_CLOSE && depth;
		list += depth == 0;
		if (t->type != IMAP_OPEN || depth != 2)
			continue;
		struct text prefix = token_text(r, k + 1);

		if (!printable(prefix))
			continue;
		if (list == 0 && !i->prefix) {
			i->prefix = xstrndup(prefix.p ? prefix.p : "", prefix.len);
			take_delimiter(i, token_text(r, k + 2));
		} else if (prefix.len) {
			buf_add(&i->others, prefix.p, prefix.len);
			buf_addc(&i->others, '\0');
		}
	}
	return 0;
}

/* ---- the folder ---- */

/* A new UIDVALIDITY in an open folder: every UID that we know means another message now. */
static int on_uidvalidity(struct imap *i, uint32_t n, struct err *e)
{
	if (i->folder.uidvalidity && i->folder.uidvalidity != n)
		return err_set(e, ERR_TEMP, "the folder's UIDVALIDITY changed from %u to %u while it"
			       " was open", i->folder.uidvalidity, n);
	i->folder.uidvalidity = n;
	return 0;
}

static int on_code(struct imap *i, const struct imap_response *r, struct err *e)
{
	if (text_is(r->code, "uidvalidity"))
		return on_uidvalidity(i, number32(r->code_args), e);
	if (text_is(r->code, "uidnext"))
		i->folder.uidnext = number32(r->code_args);
	else if (text_is(r->code, "read-only"))
		i->folder.read_only = true;
	else if (text_is(r->code, "capability")) {
		i->can = 0;
		add_capability(i, r->code_args);
	} else if (text_is(r->code, "permanentflags")) {
		i->folder.keywords = imap_has_word(r->code_args, "\\*") ||
			imap_has_word(r->code_args, "$ruadb");
		i->folder.flagged = imap_has_word(r->code_args, "\\flagged");
		i->folder.seen = imap_has_word(r->code_args, "\\seen");
		i->folder.deleted = imap_has_word(r->code_args, "\\deleted");
		i->told_permanent = true;
	}
	return 0;
}

static int on_bye(struct imap *i, const struct imap_response *r, struct err *e)
{
	char words[256];

	if (i->leaving)
		return 0;
	copy(words, sizeof(words), r->words);
	return err_set(e, ERR_TEMP, "the server says goodbye: %s", words);
}

static int on_exists(struct imap *i, const struct imap_response *r, struct err *e)
{
	(void)e;
	i->news = i->news || r->number > i->folder.exists;
	i->folder.exists = r->number;
	return 0;
}

static int on_expunge(struct imap *i, const struct imap_response *r, struct err *e)
{
	(void)r;
	(void)e;
	i->folder.exists -= i->folder.exists > 0;
	return 0;
}

/* Only servers that were asked for QRESYNC say it, and some others. */
static int on_vanished(struct imap *i, const struct imap_response *r, struct err *e)
{
	struct uidset gone = {0};

	if (r->n_tokens != 1)
		return 0; /* (EARLIER): not of this session */
	if (uidset_parse(token_text(r, 0), UINT32_MAX, &gone, e) < 0)
		return -1;
	uint64_t n = uidset_count(&gone);

	uidset_free(&gone);
	i->folder.exists -= n < i->folder.exists ? (uint32_t)n : i->folder.exists;
	return 0;
}

/* ---- search ---- */

/* A server may answer in pieces, but not for ever. */
static int too_many(struct err *e)
{
	return err_set(e, ERR_TEMP, "the server names more than %d messages in a search",
		       IMAP_UIDS_MAX);
}

static int on_search(struct imap *i, const struct imap_response *r, struct err *e)
{
	if (!i->search || !r->n_tokens)
		return 0;
	AUTO_FREE uint32_t *uids = xmalloc(r->n_tokens * sizeof(*uids));
	size_t n = 0;

	/* up to (MODSEQ n) */
	for (size_t k = 0; k < r->n_tokens && r->tokens[k].type != IMAP_OPEN; k++) {
		uids[n] = number32(token_text(r, k));
		if (!uids[n++])
			return err_set(e, ERR_TEMP, "the server's SEARCH names no UIDs");
	}
	i->searched += n;
	if (i->searched > IMAP_UIDS_MAX)
		return too_many(e);
	uidset_add_all(i->search, uids, n);
	return 0;
}

/* (TAG "r3") UID ALL 1:4,7 */
static int on_esearch(struct imap *i, const struct imap_response *r, struct err *e)
{
	size_t k = 0;

	if (!i->search)
		return 0;
	while (k < r->n_tokens && !text_is(token_text(r, k), "all"))
		k++;
	if (k == r->n_tokens)
		return 0; /* none found */
	struct uidset found = {0};

	if (uidset_parse(token_text(r, k + 1), IMAP_UIDS_MAX, &found, e) < 0)
		return -1;
	i->searched += uidset_count(&found);
	uidset_free(&found);
	return i->searched > IMAP_UIDS_MAX ? too_many(e) :
	       uidset_parse(token_text(r, k + 1), IMAP_UIDS_MAX, i->search, e);
}

/* ---- all of it ---- */

static int unasked(struct text tag, struct err *e)
{
	char words[64];

	copy(words, sizeof(words), tag);
	return err_set(e, ERR_TEMP, "the server answers a command that nobody gave: %s", words);
}

static int on_tagged(struct imap *i, const struct imap_response *r, struct err *e)
{
	struct imap_command **at = &i->commands;
	struct text number = r->tag;

	if (number.len) {
		number.p++;
		number.len--;
	}
	uint32_t no = number32(number);

	while (*at && (*at)->no != no)
		at = &(*at)->next;
	struct imap_command *c = *at;

	if (!c || r->tag.p[0] != 'r')
		return unasked(r->tag, e);
	*at = c->next;
	c->answer = text_is(r->name, "ok") ? ANSWER_OK
		: text_is(r->name, "no") ? ANSWER_NO : ANSWER_BAD;
	copy(c->code, sizeof(c->code), r->code);
	copy(c->words, sizeof(c->words), r->words);
	c->done = true;
	return on_code(i, r, e);
}

static const struct {
	const char *name;
	int (*on)(struct imap *i, const struct imap_response *r, struct err *e);
} untagged[] = {
	{"fetch", imap_on_fetch},
	{"ok", on_code},
	{"no", on_code},
	{"bad", on_code},
	{"bye", on_bye},
	{"exists", on_exists},
	{"expunge", on_expunge},
	{"vanished", on_vanished},
	{"search", on_search},
	{"esearch", on_esearch},
	{"capability", on_capability},
	{"list", on_list},
	{"namespace", on_namespace},
};

static int on_response(void *ctx, const struct imap_response *r, struct err *e)
{
	struct imap *i = ctx;

	if (i->body_there && !(r->kind == IMAP_UNTAGGED && text_is(r->name, "fetch")))
		return err_set(e, ERR_TEMP, "the server sends a message outside of FETCH");
	if (r->kind == IMAP_CONTINUE) {
		i->continued = true;
		return 0;
	}
	if (r->kind == IMAP_TAGGED)
		return on_tagged(i, r, e);
	for (size_t k = 0; k < sizeof(untagged) / sizeof(untagged[0]); k++)
		if (text_is(r->name, untagged[k].name))
			return untagged[k].on(i, r, e);
	return 0;
}

void imap_listen(struct imap *i)
{
	struct imap_events events = {
		.ctx = i,
		.response = on_response,
		.body_begin = imap_on_body_begin,
		.body_data = imap_on_body_data,
		.body_end = imap_on_body_end,
	};

	i->parser = imap_parser_new(&events);
}
