/* t_rules - our rules hit what they say, user files go first, and no pattern takes for ever. */
#include "base/reply.h"
#include "rules/rules.h"
#include "tests/unit/tap.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char *source_dir;

static struct rules *load(const char *user_dir)
{
	struct rules *r;
	struct err e;

	if (rules_load(source_dir, user_dir, &r, &e) == 0)
		return r;
	tap_note("%s", e.msg);
	return NULL;
}

/* code -1: as the reply itself has it. */
static struct rule_hit classify(struct rules *r, const char *gateway, const char *reply)
{
	static struct buf pattern, values;
	struct rule_hit hit;
	struct reply said;

	pattern.len = values.len = 0;
	reply_generalise(text_of(reply), TEXT_ABSENT, &pattern, &values, &said);
	rules_classify(r, &(struct rule_reply){.gateway = text_of(gateway), .smtp_code = said.smtp_code,
					       .enhanced = said.enhanced, .reply = text_of(reply)}, &hit);
	return hit;
}

/* ---- our files ---- */

struct checking {
	struct rules *r;
	int rules, examples, bad;
};

/* The example, and its template, hit this rule. */
static void check_example(struct checking *c, const struct rule_info *i, const char *example)
{
	static struct buf pattern, values;
	static char unfolded[LIMIT_LOG_REPLY];
	struct reply said;
	struct rule_hit hits[3];
	struct rule_reply reply = {.gateway = text_of(i->from[0])};

	pattern.len = values.len = 0;
	reply_generalise(text_of(example), TEXT_ABSENT, &pattern, &values, &said);
	reply.smtp_code = said.smtp_code;
	reply.enhanced = said.enhanced;
	reply.reply = text_of(example);
	rules_classify(c->r, &reply, &hits[0]);
	reply.reply = reply_unfold(text_of(example), unfolded);
	rules_classify(c->r, &reply, &hits[1]);
	reply.reply = (struct text){pattern.p, (uint32_t)pattern.len};
	rules_classify(c->r, &reply, &hits[2]);
	for (int k = 0; k < 3; k++)
		if (!hits[k].rule || strcmp(hits[k].rule, i->name) != 0) {
			c->bad++;
			tap_note("%s: %s %s hits %s by %s", i->name, k == 2 ? "template" : "example",
				 k == 2 ? buf_cstr(&pattern) : example, hits[k].rule ? hits[k].rule : "none",
				 hits[k].pattern ? hits[k].pattern : "code");
			break;
		}
	c->examples++;
}

static void check_rule(void *ctx, const struct rule_info *i)
{
	struct checking *c = ctx;

	c->rules++;
	if (!i->meaning || !i->source || (i->patterns[0] && !i->examples[0])) {
		c->bad++;
		tap_note("[%s] lacks meaning, source or an example", i->name);
	}
	for (const char *const *e = i->examples; *e; e++)
		check_example(c, i, *e);
}

static void ours(struct rules *r)
{
	struct checking c = {.r = r};

	rules_each(r, check_rule, &c);
	is_int(c.bad, 0, "each example, and its template, hits its rule; each rule says meaning and source");
	ok(c.rules > 100 && c.examples > 100, "there are some");
	tap_note("%d rules, %d examples", c.rules, c.examples);
}

static void judged(struct rules *r)
{
	static const struct { const char *gateway, *reply, *wanted; } t[] = {
		{NULL, "421 Deferred - see https://ipcheck.proofpoint.com/?ip=192.0.2.1",
		 "badreputation f proofpoint-deferred proofpoint-enterprise url"},
		{NULL, "554 Blocked - see https://ipcheck.proofpoint.com/?ip=192.0.2.1",
		 "blocked f proofpoint-blocked proofpoint-enterprise url"},
		{"proofpoint-essentials", "550 5.7.1 Service unavailable; client [192.0.2.1] blocked using prs.proofpoint.com",
		 "blocked f proofpoint-essentials-pdr proofpoint-essentials"},
		{"proofpoint-enterprise", "550 5.7.0 Local Policy Violation - DMARC Reject", "authfailure f dmarc"},
		{"proofpoint-enterprise", "550 5.1.1 User Unknown", "userunknown f user-unknown"},
		{"proofpoint-enterprise", "550 5.7.1 Relaying denied", "norelaying f relaying"},
		{"proofpoint-enterprise", "550 5.1.8 Sender address rejected: Domain not found", "rejected f sender-refused"},
		{"google", "550 5.7.27 no words", "authfailure g google-spf"},
		{"proofpoint-enterprise", "550 5.7.27 no words", "notaccept e status-null-mx"},
		{NULL, "550 5.7.27 no words", "notaccept e status-null-mx"},
		{"microsoft-365", "451 4.7.655 no words", "badreputation g microsoft-access-4"},
		{"microsoft-365", "451 4.7.700 no words", "undefined b code-451"},
		{NULL, "450 4.2.2 no words", "mailboxfull e status-full"},
		{NULL, "retry time not reached for any host for 'example.org'", "onhold f exim-retry-time"},
		{NULL, "all hosts for 'example.org' have been failing for a long time (and retry time not "
			"reached)", "expired f expired"},
		{NULL, "421 no words", "undefined b code-421"},
		{NULL, "421 4.0.0 no words", "undefined b code-421"},
		{NULL, "599 no words", "undefined -"},
		{NULL, "no words", "undefined -"},
		{NULL, "250 2.0.0 no spam, no greylisting", "delivered b code-accepted"},
		{"apple", "450 4.7.0 x", "badreputation g apple-low-reputation"},
		{"google", "450 4.7.0 x", "undefined e status-security-temporary"},
		{NULL, "connect to mx.example.com[192.0.2.1]:25: Connection timed out", "networkerror f network"},
		{NULL, "451 4.4.2 timed out", "networkerror e status-network"},
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct rule_hit h = classify(r, t[i].gateway, t[i].reply);
		AUTO_FREE char *got = xasprintf("%s %c%s%s%s%s%s", h.category, h.matched, h.rule ? " " : "",
						h.rule ? h.rule : "", h.gateway ? " " : "",
						h.gateway ? h.gateway : "", h.url ? " url" : "");

		is_str(got, t[i].wanted, t[i].reply);
	}
	/* Postfix's own status of a 554 greeting says nothing: the code is asked. */
	struct rule_hit h;

	rules_classify(r, &(struct rule_reply){.smtp_code = 554, .enhanced = text_of("4.0.0"),
					       .reply = text_of("554 go")}, &h);
	is_str(h.rule, "code-554", "4.0.0 says nothing");
	rules_classify(r, &(struct rule_reply){.enhanced = text_of("4.4.1"), .reply = text_of("x")}, &h);
	is_str(h.rule, "status-network", "our own server's words, by its status");
	rules_classify(r, &(struct rule_reply){.smtp_code = 65535, .enhanced = text_of("4.4.1."),
					       .reply = TEXT_ABSENT}, &h);
	is_str(h.category, "undefined", "what is no code");
}

static void gateways(struct rules *r)
{
	static const char *const t[][2] = {
		{"mx0a-00123456.pphosted.com", "proofpoint-enterprise proofpoint 00123456"},
		{"mxa-00178001.gslb.pphosted.com", "proofpoint-enterprise proofpoint 00178001"},
		{"mx2.example.org.gslb.pphosted.com", "proofpoint-enterprise proofpoint -"},
		{"pphosted.com", "proofpoint-enterprise proofpoint -"},
		{"xpphosted.com", "-"},
		{"pphosted.com.example.com", "-"},
		{"mx0a-00123456.gpphosted.com", "proofpoint-government proofpoint 00123456"},
		{"mx1-us1.ppe-hosted.com", "proofpoint-essentials proofpoint-essentials -"},
		{"mx.cloudfilter.net", "cloudmark cloudmark -"},
		{"mx01.mail.icloud.com", "apple apple - mailboxes"},
		{"us-smtp-inbound-1.mimecast.com", "mimecast mimecast -"},
		{"example-com.mail.protection.outlook.com", "microsoft-365 microsoft - mailboxes"},
		{"hotmail-com.olc.protection.outlook.com", "microsoft-consumer microsoft-consumer - mailboxes"},
		{"example-com.p-v1.mx.microsoft", "microsoft-365 microsoft - mailboxes"},
		{"aspmx.l.google.com", "google google - mailboxes"},
		{"mx-eu.mail.am0.yahoodns.net", "yahoo yahoo - mailboxes"},
		{"mx.example.com", "-"},
		{"", "-"},
		{".", "-"},
	};
	struct gateway_hit g;

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		AUTO_FREE char *got = rules_gateway(r, text_of(t[i][0]), &g) ?
			xasprintf("%s %s %.*s%s", g.gateway, g.family, g.customer.p ? (int)g.customer.len : 1,
				  g.customer.p ? g.customer.p : "-", g.mailbox_provider ? " mailboxes" : "") :
			xstrdup("-");

		is_str(got, t[i][1], t[i][0]);
	}
	ok(!rules_gateway(r, TEXT_ABSENT, &g), "no host, no gateway");
	ok(rules_gateway_named(r, "cisco", &g) && strcmp(g.title, "Cisco Secure Email") == 0, "by its name");
	ok(!rules_gateway_named(r, "nobody", &g), "none of that name");
}

/* The table of words and view category say the same. */
static void categories(void)
{
	AUTO_FREE char *path = xasprintf("%s/sql/views/11_category.sql", source_dir);
	FILE *f = fopen(path, "r");
	char line[1024], word[64];
	size_t n = 0, known = 0, same = 0;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, " ('%63[a-z]',", word) == 1) {
			n++;
			for (size_t i = 0; rules_categories[i]; i++)
				same += strcmp(rules_categories[i], word) == 0;
		}
	while (rules_categories[known])
		known++;
	ok(f && n == known && same == known, "categories are those of view category");
	if (f)
		fclose(f);
}

/* ---- files of a user ---- */

static char folder[64];

static void write_file(const char *name, const char *contents)
{
	AUTO_FREE char *path = xasprintf("%s/%s", folder, name);
	FILE *f = fopen(path, "w");

	if (!f || fputs(contents, f) < 0 || fclose(f) < 0)
		tap_note("%s: %s", path, strerror(errno));
}

static void remove_file(const char *name)
{
	AUTO_FREE char *path = xasprintf("%s/%s", folder, name);

	unlink(path);
}

static void user_files(void)
{
	struct gateway_hit g;
	struct rule_hit h;

	write_file("b.rules",
		   "# later\n[mine-too]\nmatch = first rule wins\ncategory = spamdetected\n"
		   "[proofpoint-deferred]\noff = yes\n"
		   "[gateway google]\nhosts = google.example.net\ntitle = Ours\n"
		   "[gateway cisco]\noff = yes\n[cisco-reputation]\noff=yes\n[cisco-recipients-hour]\noff=yes\n");
	write_file("a.rules",
		   "[mine]\nmatch = first rule wins\n   and goes on\nmatch = first rule\ncategory = vacation\n"
		   "meaning = one\n\t two\n\n[dmarc]\nmatch = \\bDMARC\\b\ncategory = policyviolation\n"
		   "[ok-is-mine]\nmatch=ok\ncode=250\ncategory=onhold\n"
		   "[half]\ncode = 4xx\nenhanced = x.9.1\ncategory = feedback\n"
		   "[gateway site]\nhosts = mx.example.com, example.net\n");
	write_file("c.txt", "no rules\n");
	write_file(".d.rules", "no rules\n");
	struct rules *r = load(folder);

	if (!r) {
		ok(false, "user files load");
		return;
	}
	h = classify(r, NULL, "550 FIRST RULE WINS");
	ok(h.matched == 'u' && strcmp(h.rule, "mine") == 0, "a user's rule; files in their order");
	is_str(h.meaning, "one two", "a value goes on in an indented line");
	is_int(h.line, 1, "its line");
	h = classify(r, NULL, "550 5.7.0 DMARC");
	is_str(h.category, "policyviolation", "in place of ours of that name");
	h = classify(r, NULL, "421 Deferred - see https://ipcheck.proofpoint.com/?ip=192.0.2.1");
	is_str(h.rule, "proofpoint-ipcheck-temporary", "one of ours off");
	h = classify(r, NULL, "250 ok");
	is_str(h.category, "onhold", "of 250, if it says so");
	h = classify(r, NULL, "421 4.9.1 x");
	is_str(h.category, "feedback", "code and status, both hold");
	h = classify(r, NULL, "521 5.9.1 x");
	is_str(h.rule, "code-not-accepting", "only one of them: it does not");
	ok(rules_gateway(r, text_of("a.example.net"), &g) && strcmp(g.family, "site") == 0, "a gateway");
	ok(!rules_gateway(r, text_of("aspmx.l.google.com"), &g) &&
	   rules_gateway(r, text_of("mx.google.example.net"), &g) && strcmp(g.title, "Ours") == 0,
	   "in place of ours");
	ok(!rules_gateway(r, text_of("mx.iphmx.com"), &g), "and off");
	rules_free(r);
	for (const char *const *s = (const char *const[]){"a.rules", "b.rules", "c.txt", ".d.rules", NULL}; *s; s++)
		remove_file(*s);
}

static void mistakes(void)
{
	static const char *const t[][2] = {
		{"x", "1: not like [NAME] or key = value"},
		{"[x]\nmatch = (", "2: match: no pattern: missing closing parenthesis, at character 2 of '('"},
		{"[x]\nmatch = a\ncategory = nonsense", "3: category: 'nonsense' is no category; ruadb-rules(5) lists them"},
		{"\n[x]\nmatch = a\n", "2: [x] has no category"},
		{"[x]\ncategory = blocked", "1: [x] says no match, enhanced, code or from: it would be true of every reply"},
		{"[x]\nmatch = a\nmeaning = b\nmeaning = c", "4: meaning: is there twice"},
		{"[x]\nmatch =", "2: match is empty"},
		{"match = a", "1: match stands before the first [NAME]"},
		{"[x]\n= a", "2: no key before the ="},
		{"[x]\nmacth = a", "2: a rule has no key 'macth'"},
		{"[gateway x]\nmatch = a", "2: a gateway has no key 'match'"},
		{"[gateway x]\nhosts = .Example.com", "1: [x]: '.Example.com' is no end of a host name: lower case, no dot at its ends"},
		{"[gateway x]\nmailboxes = perhaps", "2: mailboxes: 'perhaps' is neither yes nor no"},
		{"[x]\ncode = 6xx", "2: code: '6xx' is not like 421, 4xx or none"},
		{"[x]\nenhanced = 4.7", "2: enhanced: '4.7' is not like 4.7.1, x.7.1 or 4.7.500-699"},
		{"[x]\nenhanced = 4.7.9-1", "2: enhanced: '4.7.9-1' is not like 4.7.1, x.7.1 or 4.7.500-699"},
		{"[x]\nenhanced = 3.7.1", "2: enhanced: '3.7.1' is not like 4.7.1, x.7.1 or 4.7.500-699"},
		{"[x]\ngives = a by hand", "2: gives: 'a by hand' is not like NAME or NAME by url"},
		{"[x]\nmatch = a\ncategory = blocked\ngives = nobody", "1: [x] names a gateway 'nobody' that no [gateway nobody] describes"},
		{"[x]\nfrom = nobody\ncategory = blocked", "1: [x] names a gateway 'nobody' that no [gateway nobody] describes"},
		{"[X]", "1: not like [NAME] or [gateway NAME], with a name of lower-case letters, digits, - and ."},
		{"[x", "1: not like [NAME] or [gateway NAME], with a name of lower-case letters, digits, - and ."},
		{"[]", "1: not like [NAME] or [gateway NAME], with a name of lower-case letters, digits, - and ."},
		{"[x]\noff = yes\n[x]\noff = yes", "3: [x] is there already, at FILE:1"},
		{"[x]\nmeaning = \377", "2: a line that is too long, or no UTF-8"},
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		AUTO_FREE char *path = xasprintf("%s/a.rules", folder);
		struct rules *r = NULL;
		struct err e = {0};

		write_file("a.rules", t[i][0]);
		int rc = rules_load(source_dir, folder, &r, &e);
		const char *got = strncmp(e.msg, path, strlen(path)) == 0 ? e.msg + strlen(path) + 1 : e.msg;
		char *at = strstr(e.msg, ", at /");

		if (at)
			strcpy(at, ", at FILE:1");
		ok(rc < 0 && e.class == ERR_CONFIG, "refused");
		is_str(got, t[i][1], t[i][0]);
		if (rc == 0)
			rules_free(r);
	}
	remove_file("a.rules");
	struct rules *r;
	struct err e;

	ok(rules_load(source_dir, "/nonexistent/rules", &r, &e) < 0 && e.class == ERR_CONFIG,
	   "a folder that is not there");
	ok(rules_load("/nonexistent", NULL, &r, &e) < 0 && e.class == ERR_CONFIG, "nor are ours");
}

/* Patterns that try everything, on texts made for them. */
static void hostile_patterns(void)
{
	static const char *const patterns[] = {
		"(a+)+$", "(a|a)*b", "(?:a|aa|aaa)+c", "(.*a){20}b", "^(([a-z])+.)+[A-Z]([a-z])+$",
		"(a?){60}a{60}b", "((((a*)*)*)*)*b", "(?R)?a|b",
		"(*NO_JIT)(a+)+$", "(*NO_JIT)(.*a){20}b", "(*NO_JIT)(?:(?R)|a)*b", NULL,
	};
	struct buf reply = {0};
	struct timespec from, to;

	buf_adds(&reply, "550 ");
	while (reply.len < LIMIT_LOG_REPLY - 1)
		buf_addc(&reply, 'a');
	buf_addc(&reply, '!');
	for (const char *const *p = patterns; *p; p++) {
		AUTO_FREE char *rule = xasprintf("[x]\nmatch = %s\ncategory = vacation\n", *p);

		write_file("a.rules", rule);
		struct rules *r = load(folder);

		if (!r) {
			ok(false, *p);
			continue;
		}
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
		struct rule_hit h = classify(r, NULL, buf_cstr(&reply));

		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
		double seconds = (double)(to.tv_sec - from.tv_sec) + 1e-9 * (double)(to.tv_nsec - from.tv_nsec);

		ok(h.category && seconds < 5, *p);
		tap_note("%.3f s", seconds);
		rules_free(r);
	}
	remove_file("a.rules");
	buf_free(&reply);
}

static void fast_enough(struct rules *r)
{
	struct timespec from, to;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
	for (int i = 0; i < 300; i++)
		classify(r, NULL, "599 nothing of all that is known fits to these words, from the first rule to the last");
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
	tap_note("%.1f us a reply that hits nothing", ((double)(to.tv_sec - from.tv_sec) * 1e6 +
						      1e-3 * (double)(to.tv_nsec - from.tv_nsec)) / 300);
}

int main(void)
{
	source_dir = getenv("top_srcdir") ? getenv("top_srcdir") : ".";
	snprintf(folder, sizeof(folder), "/tmp/ruadb-rules.XXXXXX");
	if (!mkdtemp(folder))
		return 1;
	struct rules *r = load(NULL);

	ok(r, "our files load");
	if (r) {
		ours(r);
		judged(r);
		gateways(r);
		fast_enough(r);
		rules_free(r);
	}
	categories();
	user_files();
	mistakes();
	hostile_patterns();
	rmdir(folder);
	return tap_done();
}
