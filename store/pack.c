#include "store/pack.h"
#include "base/mem.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <zlib.h>

#define PACK_AHEAD (8 << 20)    /* packed bytes: what comes behind is packed when it is stored */

struct packed {
	size_t at, len;         /* in bytes; len 0: not packed */
};

struct pack {
	const struct work *w;
	struct packed *items;
	struct buf bytes;
	pthread_t thread;
	bool running;
};

void pack_deflate_init(z_stream *z)
{
	*z = (z_stream){0};
	if (deflateInit2(z, Z_BEST_SPEED, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		abort(); /* no memory, or a zlib of another version */
}

static bool is_packed(const struct store_item *item)
{
	return item->bytes && !item->compressed && !item->repeat_bytes && item->size > 0 &&
	       item->size <= PACK_SMALL;
}

static void pack_item(struct pack *p, size_t i, z_stream *z)
{
	const struct store_item *item = p->w->items[i].item;

	deflateReset(z);

	size_t room = deflateBound(z, (uLong)item->size);

	z->next_in = (unsigned char *)item->bytes;
	z->avail_in = (unsigned)item->size;
	z->next_out = (unsigned char *)buf_room(&p->bytes, room);
	z->avail_out = (unsigned)room;
	if (deflate(z, Z_FINISH) != Z_STREAM_END)
		return; /* it never is: there is room */
	p->items[i] = (struct packed){p->bytes.len, room - z->avail_out};
	p->bytes.len += p->items[i].len;
}

static void *pack_all(void *ctx)
{
	struct pack *p = ctx;
	z_stream z;

	pack_deflate_init(&z);
	for (size_t i = 0; i < p->w->n_items && p->bytes.len < PACK_AHEAD; i++)
		if (is_packed(p->w->items[i].item))
			pack_item(p, i, &z);
	deflateEnd(&z);
	return NULL;
}

struct pack *pack_begin(const struct work *w)
{
	sigset_t all, before;

	if (w->st->keep_raw != KEEP_ALL || w->n_items < 2)
		return NULL;
	struct pack *p = xcalloc(1, sizeof(*p));

	p->w = w;
	p->items = xcalloc(w->n_items, sizeof(*p->items));
	/* Signals are the main thread's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	p->running = pthread_create(&p->thread, NULL, pack_all, p) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return p;
}

static void finish(struct pack *p)
{
	if (p->running)
		pthread_join(p->thread, NULL);
	p->running = false;
}

struct text pack_take(struct pack *p, size_t item)
{
	if (!p)
		return TEXT_ABSENT;
	finish(p);
	const struct packed *x = &p->items[item];

	return x->len ? (struct text){p->bytes.p + x->at, (uint32_t)x->len} : TEXT_ABSENT;
}

void pack_end(struct pack *p)
{
	if (!p)
		return;
	finish(p);
	buf_free(&p->bytes);
	free(p->items);
	free(p);
}
