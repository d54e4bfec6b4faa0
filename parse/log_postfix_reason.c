/*
 * Postfix: why a delivery ended as it did. What our server says stands around what the peer said, and
 * is looked for at the ends only: a peer may say anything.
 */
#include "parse/log_postfix.h"
#include "parse/log_scan.h"

bool postfix_peer(struct text t, struct text *ret_host, struct ip *ret_ip)
{
	struct ip ip;
	struct text host = scan_to(&t, '[');

	*ret_host = TEXT_ABSENT;
	*ret_ip = (struct ip){0};
	if (!scan_words(&t, "["))
		return false;
	struct text in = scan_to(&t, ']');

	if (!t.len)
		return false;
	scan_ip(in, ret_ip); /* or the path of a socket */
	if (host.len && !scan_ip(host, &ip))
		*ret_host = host;
	return true;
}

/* "mx.example.com[192.0.2.1] said: .."; the word and the blank are stepped over. */
static bool take_peer(struct text *t, struct postfix_reason *r)
{
	struct text rest = *t, word = scan_to(&rest, ' ');

	if (!postfix_peer(word, &r->peer_host, &r->peer_ip) || !scan_words(&rest, " "))
		return false;
	*t = rest;
	return true;
}

/* Postfix's own end of what a peer said: " (in reply to RCPT TO command)". */
static enum smtp_stage take_command(struct text *t, bool cut)
{
	static const char words[] = " (in reply to ";
	const char *p = t->p + t->len;

	if (cut || !t->len || p[-1] != ')')
		return STAGE_UNKNOWN;
	p = memrchr(t->p, '(', t->len);
	if (!p || p == t->p)
		return STAGE_UNKNOWN;
	struct text in = scan_span(p - 1, t->p + t->len - 1);

	if (!scan_words(&in, words))
		return STAGE_UNKNOWN;
	t->len = (uint32_t)(p - 1 - t->p);
	return scan_begins(in, "end of DATA") ? STAGE_END_OF_DATA : scan_stage(in);
}

static void host_said(struct text t, bool cut, struct postfix_reason *r)
{
	if (!take_peer(&t, r))
		return;
	if (scan_words(&t, "said: ")) {
		r->stage = take_command(&t, cut);
	} else if (scan_words(&t, "refused to talk to me: ")) {
		enum smtp_stage stage = take_command(&t, cut);

		r->stage = stage == STAGE_UNKNOWN ? STAGE_GREETING : stage;
	} else {
		return;
	}
	r->known = true;
	r->code = scan_code(t);
	r->reply = t;
}

/* What our server did when the connection went. */
static enum smtp_stage stage_while(struct text t)
{
	static const struct {
		const char *words;
		enum smtp_stage stage;
	} stages[] = {
		{"receiving the initial server greeting", STAGE_GREETING},
		{"receiving the initial SMTP greeting", STAGE_GREETING},
		{"receiving the STARTTLS", STAGE_STARTTLS},
		{"performing the EHLO", STAGE_EHLO},
		{"performing the HELO", STAGE_EHLO},
		{"performing the LHLO", STAGE_EHLO},
		{"performing the initial protocol handshake", STAGE_EHLO},
		{"performing the STARTTLS", STAGE_STARTTLS},
		{"performing the TLS", STAGE_STARTTLS},
		{"negotiating the TLS", STAGE_STARTTLS},
		{"sending MAIL", STAGE_MAIL},
		{"sending RCPT", STAGE_RCPT},
		{"sending DATA", STAGE_DATA},
		{"sending message body", STAGE_DATA},
		{"sending end of data", STAGE_END_OF_DATA},
		{"sending final \".\"", STAGE_END_OF_DATA},
	};

	for (size_t i = 0; i < sizeof(stages) / sizeof(*stages); i++)
		if (scan_begins(t, stages[i].words))
			return stages[i].stage;
	return STAGE_UNKNOWN;
}

static void connection_went(struct text t, const char *how, struct postfix_reason *r)
{
	if (!take_peer(&t, r) || !scan_words(&t, how))
		return;
	r->known = true;
	r->stage = stage_while(t);
}

/* "TLS is required, but was not offered by host H[ip]", "Server certificate not trusted". */
static bool is_tls(struct text t)
{
	static const char *const words[] = {"TLS is required", "Cannot start TLS",
					    "Server certificate", "TLS handshake",
					    "certificate verification failed", "TLS"};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (scan_begins(t, words[i]))
			return true;
	return false;
}

static void tls_failed(struct text t, struct postfix_reason *r)
{
	const char *by = scan_find(t, " by host ");

	r->stage = STAGE_STARTTLS;
	if (by)
		postfix_peer(scan_span(by + 9, t.p + t.len), &r->peer_host, &r->peer_ip);
}

static bool is_lookup(struct text t)
{
	static const char *const words[] = {"Host or domain name not found", "unable to look up",
					    "Name service error", "unable to find primary relay",
					    "all network addresses", "all MX hosts"};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (scan_begins(t, words[i]))
			return true;
	return false;
}

struct postfix_reason postfix_reason(struct text t, bool cut)
{
	struct postfix_reason r = {.stage = STAGE_UNKNOWN};

	r.suspended = scan_words(&t, "delivery temporarily suspended: ");
	r.reply = t;
	r.code = scan_code(t);
	if (r.code)
		return r;
	if (scan_words(&t, "host ")) {
		host_said(t, cut, &r);
	} else if (scan_words(&t, "connect to ")) {
		r.known = take_peer(&t, &r);
		r.stage = STAGE_CONNECT;
	} else if (scan_words(&t, "lost connection with ")) {
		connection_went(t, "while ", &r);
	} else if (scan_words(&t, "conversation with ")) {
		connection_went(t, "timed out while ", &r);
	} else if (is_tls(t)) {
		tls_failed(t, &r);
	} else if (is_lookup(t)) {
		r.stage = STAGE_CONNECT;
	}
	return r;
}
