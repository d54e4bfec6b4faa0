/* The fields of a delivery line of Exim, from its front (deliver.c writes them in a fixed order). */
#include "parse/log_exim.h"
#include "parse/log_scan.h"

bool exim_host(struct text *t, struct text *ret_host, struct ip *ret_ip)
{
	struct text rest = *t, host, ip;
	int64_t port;

	scan_words(&rest, "H=");
	host = scan_to(&rest, ' ');
	scan_words(&rest, " DS"); /* DNSSEC */
	if (!scan_words(&rest, " ["))
		return false;
	ip = scan_to(&rest, ']');
	if (!scan_words(&rest, "]") || !scan_ip(ip, ret_ip))
		return false;
	struct text behind = rest;

	if (scan_words(&behind, ":") && scan_number(&behind, &port))
		rest = behind;
	scan_words(&rest, "*"); /* an open connection was used again */
	*ret_host = scan_host(host);
	*t = rest;
	return true;
}

/* A file's or a pipe's local part goes on to " <" of the address it is for. */
static struct text local_part(struct text *t)
{
	const char *end = scan_find(*t, " <");
	struct text part = *t;

	part.len = end ? (uint32_t)(end - t->p) : t->len;
	scan_skip(t, part.len);
	return part;
}

/* "address", "address <original>", "local (parents) <original>": *ret_end: ": " is behind it. */
static void address(struct text *t, struct exim_fields *f, bool *ret_end)
{
	bool whole = t->len && (t->p[0] == '|' || t->p[0] == '/' || t->p[0] == '>' ||
				scan_begins(*t, "save "));
	struct text final = whole ? local_part(t) : scan_address(t, " "), original = TEXT_ABSENT;

	*ret_end = !whole && final.len && final.p[final.len - 1] == ':';
	if (*ret_end)
		final.len--;
	if (!*ret_end && scan_begins(*t, " (")) {
		scan_to(t, ')');
		scan_words(t, ")");
	}
	if (!*ret_end && scan_words(t, " ") && !scan_bracketed(t, &original)) {
		t->p--;
		t->len++;
	}
	f->recipient = (whole || !memchr(final.p, '@', final.len)) && original.len ? original : final;
}

/* Up to the next field; ": " behind it is where the message begins. */
static struct text word(struct text *t, bool *end)
{
	struct text w = scan_to(t, ' ');

	*end = w.len && w.p[w.len - 1] == ':' && t->len;
	if (*end)
		w.len--;
	return w;
}

/* A quoted text at the front, its quotes taken off; \ before what it means. */
static struct text quoted(struct text *t)
{
	struct text in = {t->p + 1, 0};

	scan_skip(t, 1);
	while (t->len && t->p[0] != '"')
		scan_skip(t, t->p[0] == '\\' && t->len > 1 ? 2 : 1);
	in.len = (uint32_t)(t->p - in.p);
	scan_words(t, "\"");
	return in;
}

/* "defer (110): Connection timed out": the error's words are the system's, and come first. */
static void defer(struct text *t, struct exim_fields *f)
{
	static const char *const ends[] = {" H=", " DT=", ": "};
	bool minus = scan_words(t, "-");
	int64_t n;

	if (!scan_number(t, &n) || !scan_words(t, ")"))
		return;
	f->deferred = true;
	f->number = minus ? -n : n;
	if (minus || n == 0 || !scan_words(t, ": "))
		return;
	f->error = *t;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		const char *end = scan_find(f->error, ends[i]);

		if (end)
			f->error.len = (uint32_t)(end - f->error.p);
	}
	scan_skip(t, f->error.len);
}

static void source_of(struct text *t, struct exim_fields *f, bool *end)
{
	if (!scan_ip_port(word(t, end), &f->source_ip))
		f->source_ip.family = 0;
}

/* H= of a local transport is a name only. */
static void peer_of(struct text *t, struct exim_fields *f, bool *end)
{
	if (!exim_host(t, &f->host, &f->peer_ip)) {
		scan_words(t, "H=");
		word(t, end);
	}
}

static void path(struct text *t, struct text *to)
{
	struct text address;

	scan_skip(t, 2);
	if (scan_bracketed(t, &address))
		*to = address;
	else
		scan_to(t, ' ');
}

/* One field at the front, its blank taken off. */
static void field(struct text *t, struct exim_fields *f, struct text *sender, bool *end)
{
	if (scan_begins(*t, "H="))
		peer_of(t, f, end);
	else if (scan_begins(*t, "F=<"))
		path(t, sender);
	else if (scan_begins(*t, "P=<"))
		path(t, &f->from);
	else if (scan_words(t, "T="))
		f->transport = word(t, end);
	else if (scan_words(t, "I="))
		source_of(t, f, end);
	else if (scan_words(t, "QT="))
		f->delay_ms = scan_duration(word(t, end));
	else if (scan_words(t, "defer ("))
		defer(t, f);
	else if (scan_words(t, "C=") && t->len && t->p[0] == '"')
		f->confirmation = quoted(t);
	else if (scan_words(t, "DN=") && t->len && t->p[0] == '"')
		quoted(t);
	else
		word(t, end);
}

/* "** .. : message DT=1.2s": the log's own words, behind those of the peer. */
static void cut_time(struct text *message)
{
	const char *at = message->len ? memrchr(message->p, ' ', message->len) : NULL;
	struct text last;

	if (!at)
		return;
	last = scan_span(at + 1, message->p + message->len);
	if (scan_words(&last, "DT=") && scan_duration(last) >= 0)
		message->len = (uint32_t)(at - message->p);
}

void exim_fields(struct text t, char flag, struct exim_fields *f)
{
	struct text sender = TEXT_ABSENT;
	bool end;

	*f = (struct exim_fields){.delay_ms = -1};
	address(&t, f, &end);
	while (!end && t.len && !scan_begins(t, ": ")) {
		if (!scan_words(&t, " "))
			break;
		field(&t, f, &sender, &end);
	}
	if (end ? scan_words(&t, " ") : scan_words(&t, ": "))
		f->message = t;
	if (flag == '*')
		cut_time(&f->message);
	if (!text_present(f->from))
		f->from = sender;
}
