#include "cmd/classify.h"
#include "base/mem.h"

#include <stdlib.h>

struct classify {
	struct store_classify store;
};

static void no_gateway(void *ctx, struct text host, struct store_peer_class *ret)
{
	(void)ctx;
	(void)host;
	*ret = (struct store_peer_class){0};
}

static void undefined(void *ctx, struct text gateway, uint16_t smtp_code, struct text enhanced,
		      struct text reply, struct store_reply_class *ret)
{
	(void)ctx;
	(void)gateway;
	(void)smtp_code;
	(void)enhanced;
	(void)reply;
	*ret = (struct store_reply_class){.category = text_of("undefined"), .matched = '-'};
}

int classify_new(const struct conf *c, struct classify **ret_c, struct err *e)
{
	struct classify *k = xcalloc(1, sizeof(*k));

	(void)c;
	(void)e;
	k->store = (struct store_classify){.ctx = k, .peer = no_gateway, .reply = undefined};
	*ret_c = k;
	return 0;
}

const struct store_classify *classify_store(const struct classify *c)
{
	return &c->store;
}

void classify_free(struct classify *c)
{
	free(c);
}
