/* What went wrong, in Exim's words (transports/smtp.c has them): the command comes before the reply,
 * so that no reply can pass for a command. */
#include "parse/log_exim.h"
#include "parse/log_scan.h"

static const struct {
	const char *words;
	bool said; /* the server's reply is behind the command */
} failures[] = {
	{"SMTP error from remote mail server after ", true},
	{"SMTP error from remote mailer after ", true}, /* before 4.77 */
	{"LMTP error after ", true},
	{"LMTP error from remote mail server after ", true},
	{"Malformed SMTP reply in response to ", false},
	{"Malformed SMTP reply (an empty line) in response to ", false},
	{"SMTP timeout after ", false},
	{"LMTP timeout after ", false},
	{"Remote host closed connection in response to ", false},
	{"remote host closed connection in response to ", false},
};

/* "Remote host NAME [IP] closed connection in response to ": before 4.83. */
static bool old_form(struct text *t, struct exim_reply *r)
{
	struct text rest = *t;

	if (scan_words(&rest, "SMTP timeout while connected to ")) {
		if (!exim_host(&rest, &r->host, &r->ip) || !scan_words(&rest, " after "))
			return false;
	} else {
		if (!scan_words(&rest, "Remote host ") || !exim_host(&rest, &r->host, &r->ip) ||
		    !scan_words(&rest, " closed connection in response to "))
			return false;
	}
	*t = rest;
	return true;
}

/* Steps over a command, and over ": " behind it. */
static bool end_of_command(struct text *t)
{
	struct text address;
	const char *end;

	if (scan_begins(*t, "pipelined "))
		scan_skip(t, strlen("pipelined "));
	if (scan_begins(*t, "MAIL FROM:<") || scan_begins(*t, "RCPT TO:<")) {
		scan_to(t, '<');
		/* A local part may hold anything, so long as it is quoted. */
		if (!scan_bracketed(t, &address))
			return false;
	}
	end = scan_find(*t, ": ");
	if (!end)
		return false;
	scan_skip(t, (size_t)(end - t->p) + 2);
	return true;
}

static void with_reply(struct text t, struct exim_reply *r)
{
	struct text host = {0}, rest = t;
	struct ip ip = {0};

	/* "host NAME [IP]: 450 ..", before 4.83; a reply would begin with its code. */
	if (scan_words(&rest, "host ") && exim_host(&rest, &host, &ip) && scan_words(&rest, ": ")) {
		r->host = host;
		r->ip = ip;
		t = rest;
	}
	r->code = scan_code(t);
	if (r->code)
		r->text = t;
}

void exim_reply(struct text message, struct exim_reply *r)
{
	struct text t = message;
	bool said = false, command = old_form(&t, r);

	r->stage = STAGE_CONNECT;
	r->text = message;
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]) && !command; i++) {
		command = scan_words(&t, failures[i].words);
		said = failures[i].said;
	}
	if (command) {
		r->stage = scan_stage(t);
		if (said && end_of_command(&t))
			with_reply(t, r);
	} else if (scan_begins(t, "TLS ") || scan_begins(t, "a TLS session is required") ||
		   scan_begins(t, "bad first read from TLS")) {
		r->stage = STAGE_STARTTLS;
	} else if (scan_begins(t, "failed to write a data block") ||
		   scan_begins(t, "transport filter process failed")) {
		r->stage = STAGE_END_OF_DATA;
	}
}

static const char *const errors[] = {
	"Connection refused", "Connection timed out", "Connection reset by peer",
	"No route to host", "Network is unreachable", "Network unreachable",
	"Operation timed out", "Host is down", "Host is unreachable", "Broken pipe",
	"Permission denied", "Network Error",
};

struct text exim_cut_error(struct text *message)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		struct text rest = *message, error = rest;

		if (!scan_words(&rest, errors[i]))
			continue;
		error.len -= rest.len;
		if (!scan_words(&rest, ": "))
			return TEXT_ABSENT;
		*message = rest;
		return error;
	}
	return TEXT_ABSENT;
}

bool exim_host_failed(struct text t)
{
	struct exim_reply r = {0};

	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++)
		if (scan_begins(t, failures[i].words))
			return true;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (scan_is(t, errors[i]))
			return true;
	exim_reply(t, &r);
	return r.stage != STAGE_CONNECT;
}

/* "\n421 " and "\n421-": what a line of a reply begins with. */
static bool is_break(struct text t)
{
	return scan_words(&t, "n") && scan_code(t) != 0;
}

struct text exim_unescape(struct text t, bool quoted, char *to, size_t room)
{
	uint32_t n = 0;

	while (t.len && n < room) {
		char c = t.p[0];

		scan_skip(&t, 1);
		if (c == '\\' && quoted && t.len && (t.p[0] == '"' || t.p[0] == '\\')) {
			c = t.p[0];
			scan_skip(&t, 1);
		}
		if (c == '\\' && is_break(t)) {
			c = ' ';
			scan_skip(&t, 1);
		}
		to[n++] = c;
	}
	return (struct text){to, n};
}
