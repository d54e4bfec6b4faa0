/* One line of a log: its stamp, host and program, and the reader that it is for. */
#include "parse/log_inner.h"

#include <string.h>

static struct text behind(struct text t, size_t n)
{
	return (struct text){t.p + n, t.len - (uint32_t)n};
}

static struct text skip_blanks(struct text t)
{
	while (t.len && *t.p == ' ')
		t = behind(t, 1);
	return t;
}

/* "<22>" of a line as it came over the network, "<2.6>" or "<mail.info>" of BSD's syslogd -v. */
static struct text skip_priority(struct text t)
{
	const char *end = t.len > 2 && *t.p == '<' ? memchr(t.p, '>', t.len < 24 ? t.len : 24)
						   : NULL;

	return end ? behind(t, (size_t)(end - t.p) + 1) : t;
}

/* The word at the front of *t, which goes on behind it and the blanks. */
static struct text take_word(struct text *t)
{
	const char *end = memchr(t->p, ' ', t->len);
	struct text word = {t->p, end ? (uint32_t)(end - t->p) : t->len};

	*t = skip_blanks(behind(*t, word.len));
	return word;
}

/* "postfix/smtp[123]:" and the like. */
static bool take_tag(struct mail_line *m, struct text *t)
{
	struct text word = *t;
	const char *space = memchr(t->p, ' ', t->len);

	word.len = space ? (uint32_t)(space - t->p) : t->len;
	if (word.len < 2 || word.p[word.len - 1] != ':')
		return false;
	*t = space ? behind(*t, word.len + 1U) : behind(*t, word.len);
	word.len--;
	m->pid = TEXT_ABSENT;
	if (word.p[word.len - 1] == ']') {
		const char *open = memrchr(word.p, '[', word.len);

		if (!open)
			return false;
		m->pid = (struct text){open + 1, (uint32_t)(word.p + word.len - open - 2)};
		word.len = (uint32_t)(open - word.p);
	}
	m->program = word;
	return word.len > 0;
}

/* "mail.info" of busybox's syslogd. */
static bool is_facility(struct text word)
{
	const char *dot = memchr(word.p, '.', word.len);

	if (!dot || word.len > 20)
		return false;
	for (uint32_t i = 0; i < word.len; i++)
		if (word.p[i] != '.' && !(word.p[i] >= 'a' && word.p[i] <= 'z') &&
		    !(word.p[i] >= '0' && word.p[i] <= '9'))
			return false;
	return true;
}

/* Behind the stamp: "host program[pid]: text"; some have no host, some a facility. */
bool log_take_header(struct mail_line *m, struct text t)
{
	m->host = TEXT_ABSENT;
	t = skip_blanks(t);
	if (!t.len)
		return false;
	if (*t.p == '<')
		t = skip_blanks(skip_priority(t));
	if (take_tag(m, &t)) {
		m->text = t;
		return true;
	}
	m->host = take_word(&t);
	if (take_tag(m, &t)) {
		m->text = t;
		return true;
	}
	struct text word = take_word(&t);

	if (!is_facility(word) || !take_tag(m, &t))
		return false;
	m->text = t;
	return true;
}

/* A structured element "[id name="value"]" of RFC 5424, or "-". 0: none. */
static size_t structured(struct text t)
{
	bool quoted = false;

	if (t.len && *t.p == '-')
		return 1;
	if (!t.len || *t.p != '[')
		return 0;
	for (uint32_t i = 1; i < t.len; i++) {
		if (quoted && t.p[i] == '\\')
			i++;
		else if (t.p[i] == '"')
			quoted = !quoted;
		else if (t.p[i] == ']' && !quoted && (i + 1 == t.len || t.p[i + 1] != '['))
			return i + 1;
	}
	return 0;
}

static struct text unless_nil(struct text t)
{
	return t.len == 1 && *t.p == '-' ? TEXT_ABSENT : t;
}

/* Behind "<22>": "1 2026-06-01T14:20:03.1Z host program pid msgid structure text". */
static bool take_5424(struct log_clock *c, struct mail_line *m, struct text t)
{
	size_t n = log_stamp_of(c, t = behind(t, 2), &m->at);

	if (!n || t.p[n - 1] == ' ')
		return false;
	t = skip_blanks(behind(t, n));
	m->host = unless_nil(take_word(&t));
	m->program = unless_nil(take_word(&t));
	m->pid = unless_nil(take_word(&t));
	take_word(&t); /* MSGID */
	n = structured(t);
	if (!n)
		return false;
	t = skip_blanks(behind(t, n));
	if (t.len >= 3 && memcmp(t.p, "\xef\xbb\xbf", 3) == 0)
		t = behind(t, 3);
	m->text = t;
	return m->program.p != NULL;
}

/* "mail-1  | " of docker compose: a name, blanks, a bar and a blank. 0: none. */
static size_t compose_prefix(struct text t)
{
	static const char name[] = "-_.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	size_t n = 0, blanks = 0;

	while (n < t.len && n < 80 && t.p[n] && strchr(name, t.p[n]))
		n++;
	for (; n && n + blanks < t.len && blanks < 80 && t.p[n + blanks] == ' '; blanks++)
		;
	n += blanks;
	return blanks && n + 2 <= t.len && t.p[n] == '|' && t.p[n + 1] == ' ' ? n + 2 : 0;
}

/* Exim's own files: a stamp with a blank in it, and neither host nor program. */
static bool is_own(struct text t)
{
	return t.len > 10 && *t.p <= '9' && t.p[10] == ' ';
}

/* A second stamp behind the first one: docker and Kubernetes put theirs before each line. */
static struct text inner_stamp(struct log_clock *c, struct text t, struct log_time *at, bool *own)
{
	struct log_time inner;
	struct text rest = skip_blanks(t);
	size_t n;

	if (rest.len > 9 && (memcmp(rest.p, "stdout ", 7) == 0 || memcmp(rest.p, "stderr ", 7) == 0) &&
	    rest.p[8] == ' ')
		rest = behind(rest, 9);
	rest = skip_priority(rest);
	n = log_stamp_of(c, rest, &inner);
	if (!n)
		return rest;
	*own = is_own(rest);
	if (!inner.local || at->local)
		*at = inner;
	return behind(rest, n);
}

enum log_verdict log_dispatch(struct log *l, const struct mail_line *line)
{
	enum log_verdict v = log_postfix(l, line);

	if (v == LOG_NOT_MINE)
		v = log_exim(l, line);
	if (v == LOG_NOT_MINE)
		v = log_sendmail(l, line);
	if (v == LOG_NOT_MINE)
		v = log_opensmtpd(l, line);
	return v;
}

/* No stamp: the middle of a line, most likely. It matters if a delivery is in it. */
static enum log_verdict without_stamp(struct log *l, struct text t)
{
	if (memmem(t.p, t.len, ", relay=", 8) && memmem(t.p, t.len, ", status=", 9))
		return log_complain(l, t, "a delivery without a time stamp");
	return LOG_SKIPPED;
}

enum log_look log_look_at(struct log_clock *c, struct text t, struct mail_line *m)
{
	m->host = m->program = m->pid = TEXT_ABSENT;
	while (t.len && *t.p == '\0') /* what a crash leaves at the end of a file */
		t = behind(t, 1);
	m->text = t;
	if (t.len && *t.p == '{')
		return LOOK_JSON;
	if (t.len && *t.p == '<') {
		t = skip_priority(t);
		if (t.len > 2 && t.p[0] == '1' && t.p[1] == ' ')
			return take_5424(c, m, t) ? LOOK_HEADER : LOOK_OTHER;
	}
	size_t n = log_stamp_of(c, t, &m->at);

	if (!n && t.len && (n = compose_prefix(t)) > 0) {
		t = skip_blanks(behind(t, n));
		n = log_stamp_of(c, t, &m->at);
	}
	if (!n)
		return LOOK_OTHER;
	bool own = is_own(t);

	t = inner_stamp(c, behind(t, n), &m->at, &own);
	m->text = skip_blanks(t);
	if (own)
		return LOOK_OWN;
	return log_take_header(m, t) ? LOOK_HEADER : LOOK_OTHER;
}

/* Other programs than Exim may write its form of stamp. */
static enum log_verdict own_line(struct log *l, struct mail_line *m)
{
	enum log_verdict v = log_exim(l, m);

	return v == LOG_NOT_MINE && log_take_header(m, m->text) ? log_dispatch(l, m) : v;
}

enum log_verdict log_line(struct log *l, struct text t)
{
	struct mail_line m = {.whole = t};

	switch (log_look_at(&l->clock, t, &m)) {
	case LOOK_JSON:
		return log_json(l, m.text);
	case LOOK_HEADER:
		return log_dispatch(l, &m);
	case LOOK_OWN:
		return own_line(l, &m);
	case LOOK_OTHER:
		break;
	}
	return without_stamp(l, t);
}
