/*
 * `journalctl -o json`: an object a line. A field that is no text is an array of its bytes, one that
 * is too long is null, one that is there several times an array of them. And the files that docker
 * keeps of a container's output: each line of it in an object.
 */
#include "parse/log_inner.h"
#include "parse/json_line.h"

#include <string.h>

struct fields {
	struct text host, program, pid, syslog_pid, message;
	struct text output; /* docker's: a line of some other form */
	struct json_value realtime;
	bool found;
};

/* [72,101,..]: bytes. Of several strings the first. */
static struct text array(struct text raw, struct buf *b)
{
	struct json_line j;
	struct json_value v;
	struct text key;
	size_t at = b->len;
	int64_t byte;

	if (!json_line_begin(&j, raw, '['))
		return TEXT_ABSENT;
	while (json_line_next(&j, &key, &v)) {
		if (v.kind == JSON_STRING)
			return json_line_string(&v, b);
		if (!json_line_integer(&v, &byte) || byte < 0 || byte > 255)
			return TEXT_ABSENT;
		buf_addc(b, (char)byte);
	}
	buf_cstr(b);
	return (struct text){b->p + at, (uint32_t)(b->len - at)};
}

/* b has room for all that a line holds, so that the texts in it stay where they are. */
static struct text text_of_value(const struct json_value *v, struct buf *b)
{
	return v->kind == JSON_ARRAY ? array(v->raw, b) : json_line_string(v, b);
}

static bool is(struct text key, const char *name)
{
	return key.len == strlen(name) && memcmp(key.p, name, key.len) == 0;
}

static void take_field(struct fields *f, struct text key, const struct json_value *v,
		       struct buf *b)
{
	if (is(key, "MESSAGE")) {
		f->message = text_of_value(v, b);
	} else if (is(key, "_HOSTNAME")) {
		f->host = text_of_value(v, b);
	} else if (is(key, "SYSLOG_IDENTIFIER")) {
		f->program = text_of_value(v, b);
	} else if (is(key, "_PID")) {
		f->pid = text_of_value(v, b);
	} else if (is(key, "SYSLOG_PID")) {
		f->syslog_pid = text_of_value(v, b);
	} else if (is(key, "log")) {
		f->output = text_trim(text_of_value(v, b));
	} else if (is(key, "__REALTIME_TIMESTAMP")) {
		f->realtime = *v;
		f->found = true;
	}
}

/* Microseconds as a string of digits. */
static bool realtime(const struct json_value *v, struct log_time *ret)
{
	int64_t us = 0;

	if ((v->kind != JSON_STRING && v->kind != JSON_NUMBER) || !v->raw.len || v->raw.len > 18)
		return false;
	for (uint32_t i = 0; i < v->raw.len; i++) {
		if (v->raw.p[i] < '0' || v->raw.p[i] > '9')
			return false;
		us = us * 10 + (v->raw.p[i] - '0');
	}
	*ret = (struct log_time){us, false};
	return us <= LIMIT_TIME * 1000000;
}

/* A line break within a message: a blank, as syslog makes it. */
static struct text one_line(struct text t, struct buf *b)
{
	if (!t.len || !memchr(t.p, '\n', t.len))
		return t;
	char *to = buf_take(b, t.len);

	for (uint32_t i = 0; i < t.len; i++)
		to[i] = t.p[i] == '\n' || t.p[i] == '\r' ? ' ' : t.p[i];
	return text_trim((struct text){to, t.len});
}

static enum log_verdict from_journal(struct log *l, const struct fields *f, struct text line)
{
	struct mail_line m = {.host = f->host, .program = f->program, .whole = line};

	if (!f->message.len || !f->program.len)
		return LOG_SKIPPED;
	if (!realtime(&f->realtime, &m.at))
		return log_complain(l, line, "a line of the journal without its time");
	m.pid = f->syslog_pid.p ? f->syslog_pid : f->pid;
	m.text = one_line(f->message, &l->journal);
	return log_dispatch(l, &m);
}

/* Half an object matters only if it is of the journal, or of KumoMTA. */
enum log_verdict log_json(struct log *l, struct text line)
{
	struct fields f = {0};
	struct json_line j;
	struct json_value v;
	struct text key;

	l->journal.len = 0;
	buf_room(&l->journal, 2 * (size_t)line.len + 64);
	if (json_line_begin(&j, line, '{'))
		while (json_line_next(&j, &key, &v))
			take_field(&f, key, &v, &l->journal);
	if (f.output.len && !f.found && *f.output.p != '{' && json_line_whole(&j))
		return log_line(l, f.output);
	if (!f.found)
		return log_kumomta(l, line);
	if (!json_line_whole(&j))
		return log_complain(l, line, "a line of the journal that is no JSON");
	return from_journal(l, &f, line);
}
