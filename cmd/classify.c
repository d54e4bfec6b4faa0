#include "cmd/classify.h"
#include "base/mem.h"
#include "rules/rules.h"

#include <stdlib.h>

struct classify {
	struct store_classify store;
	struct rules *rules;
};

static void peer(void *ctx, struct text host, struct store_peer_class *ret)
{
	const struct classify *k = ctx;
	struct gateway_hit g;

	*ret = (struct store_peer_class){0};
	if (!rules_gateway(k->rules, host, &g))
		return;
	*ret = (struct store_peer_class){
		.gateway = text_of(g.gateway), .customer = g.customer, .title = text_of(g.title),
		.family = text_of(g.family), .mailbox_provider = g.mailbox_provider,
	};
}

static void reply(void *ctx, struct text gateway, uint16_t smtp_code, struct text enhanced,
		  struct text text, struct store_reply_class *ret)
{
	struct classify *k = ctx;
	struct gateway_hit g;
	struct rule_hit hit;

	rules_classify(k->rules, &(struct rule_reply){.gateway = gateway, .smtp_code = smtp_code,
						      .enhanced = enhanced, .reply = text}, &hit);
	*ret = (struct store_reply_class){
		.category = text_of(hit.category), .rule = text_of(hit.rule),
		.meaning = text_of(hit.meaning), .matched = hit.matched,
		.gateway = text_of(hit.gateway), .url = hit.url,
	};
	if (hit.gateway && rules_gateway_named(k->rules, hit.gateway, &g)) {
		ret->title = text_of(g.title);
		ret->family = text_of(g.family);
		ret->mailbox_provider = g.mailbox_provider;
	}
}

int classify_new(const struct conf *c, struct classify **ret_c, struct err *e)
{
	struct rules *r;

	if (rules_load(c->datadir, c->rules_dir, &r, e) < 0)
		return -1;
	struct classify *k = xcalloc(1, sizeof(*k));

	k->rules = r;
	k->store = (struct store_classify){.ctx = k, .peer = peer, .reply = reply};
	*ret_c = k;
	return 0;
}

const struct store_classify *classify_store(const struct classify *c)
{
	return &c->store;
}

void classify_free(struct classify *c)
{
	if (!c)
		return;
	rules_free(c->rules);
	free(c);
}
