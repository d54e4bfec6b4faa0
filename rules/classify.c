#include "rules/inner.h"

#include <stdlib.h>
#include <string.h>

/* ---- replies ---- */

/* "4.7.650": three numbers, or false. */
static bool read_status(struct text t, int ret[3])
{
	uint32_t at = 0;

	for (int i = 0; i < 3; i++) {
		int value = 0, digits = 0;

		for (; at < t.len && t.p[at] >= '0' && t.p[at] <= '9' && digits < 4; at++, digits++)
			value = value * 10 + (t.p[at] - '0');
		if (!digits || digits > 3 || (i < 2 ? at == t.len || t.p[at++] != '.' : at != t.len))
			return false;
		ret[i] = value;
	}
	return true;
}

static bool has_status(const struct rule *r, struct text enhanced)
{
	int v[3];

	if (!r->n_statuses)
		return true;
	if (!text_present(enhanced) || !read_status(enhanced, v))
		return false;
	for (size_t i = 0; i < r->n_statuses; i++) {
		const struct status *s = &r->statuses[i];

		if ((s->class < 0 || s->class == v[0]) && (s->subject < 0 || s->subject == v[1]) &&
		    (s->first < 0 || (v[2] >= s->first && v[2] <= s->last)))
			return true;
	}
	return false;
}

static bool has_code(const struct rule *r, unsigned int code)
{
	return code < 600 && r->codes[code / 8] & 1 << code % 8;
}

static bool holds(struct rules *rules, const struct rule *r, const struct rule_reply *reply,
		  const char **ret_pattern)
{
	*ret_pattern = NULL;
	if (!has_code(r, reply->smtp_code) || !has_status(r, reply->enhanced))
		return false;
	if (r->from.n && (!text_present(reply->gateway) || !words_have(&r->from, reply->gateway)))
		return false;
	for (size_t i = 0; i < r->patterns.n; i++)
		if (pattern_match(rules->matcher, r->compiled[i], reply->reply, NULL)) {
			*ret_pattern = r->patterns.v[i];
			return true;
		}
	return !r->patterns.n;
}

void rules_classify(struct rules *r, const struct rule_reply *reply, struct rule_hit *ret_hit)
{
	const char *pattern;

	*ret_hit = (struct rule_hit){.category = "undefined", .matched = '-'};
	for (size_t i = 0; i < r->n_rules; i++) {
		const struct rule *rule = &r->rules[i];

		if (!holds(r, rule, reply, &pattern))
			continue;
		*ret_hit = (struct rule_hit){
			.category = rule->category, .matched = rule->kind, .rule = rule->name,
			.meaning = rule->meaning, .source = rule->source, .file = rule->file,
			.line = rule->line, .gateway = rule->gives, .url = rule->url,
			.pattern = pattern,
		};
		return;
	}
}

void rules_each(const struct rules *r, void (*each)(void *ctx, const struct rule_info *i), void *ctx)
{
	static const char *const none[] = {NULL};

	for (size_t i = 0; i < r->n_rules; i++) {
		const struct rule *u = &r->rules[i];
		struct rule_info info = {
			.name = u->name, .category = u->category, .meaning = u->meaning,
			.source = u->source, .file = u->file, .gives = u->gives, .line = u->line,
			.kind = u->kind,
			.patterns = u->patterns.n ? (const char *const *)u->patterns.v : none,
			.examples = u->examples.n ? (const char *const *)u->examples.v : none,
			.from = u->from.n ? (const char *const *)u->from.v : none,
		};

		each(ctx, &info);
	}
}

/* ---- gateways ---- */

/* host is this name, or ends with it behind a dot. */
static bool is_below(struct text host, const char *name)
{
	size_t n = strlen(name);

	return host.len >= n && memcmp(host.p + host.len - n, name, n) == 0 &&
	       (host.len == n || host.p[host.len - n - 1] == '.');
}

static void tell(const struct gateway *g, struct gateway_hit *ret)
{
	*ret = (struct gateway_hit){.gateway = g->name, .title = g->title, .family = g->family,
				    .mailbox_provider = g->mailboxes, .customer = TEXT_ABSENT,
				    .file = g->file, .line = g->line};
}

/* The longest name wins: olc.protection.outlook.com before outlook.com. */
static const struct gateway *find(const struct rules *r, struct text host, bool mailboxes,
				  bool user)
{
	const struct gateway *best = NULL;
	size_t longest = 0;

	for (size_t i = 0; i < r->n_gateways; i++) {
		const struct gateway *g = &r->gateways[i];

		for (size_t k = 0; g->mailboxes == mailboxes && g->user == user && k < g->hosts.n; k++)
			if (strlen(g->hosts.v[k]) > longest && is_below(host, g->hosts.v[k])) {
				longest = strlen(g->hosts.v[k]);
				best = g;
			}
	}
	return best;
}

bool rules_gateway(const struct rules *r, struct text host, struct gateway_hit *ret_hit)
{
	const struct gateway *g;
	struct text customer;

	if (!text_present(host))
		return false;
	g = find(r, host, false, true);
	g = g ? g : find(r, host, true, true);
	g = g ? g : find(r, host, false, false);
	g = g ? g : find(r, host, true, false);
	if (!g)
		return false;
	tell(g, ret_hit);
	if (g->customer && pattern_match(r->matcher, g->customer, host, &customer))
		ret_hit->customer = customer;
	return true;
}

bool rules_gateway_named(const struct rules *r, const char *gateway, struct gateway_hit *ret_hit)
{
	for (size_t i = 0; i < r->n_gateways; i++)
		if (strcmp(r->gateways[i].name, gateway) == 0) {
			tell(&r->gateways[i], ret_hit);
			return true;
		}
	return false;
}
