#include "store/log_table.h"
#include "base/mem.h"
#include "store/log_hash.h"

#include <stdlib.h>

#define CHUNK (1 << 16)

struct chunk {
	struct chunk *next;
	size_t used, size;
	_Alignas(16) char data[];
};

struct log_arena {
	struct chunk *first;
};

struct log_arena *log_arena_new(void)
{
	return xcalloc(1, sizeof(struct log_arena));
}

void log_arena_reset(struct log_arena *a)
{
	struct chunk *c = a->first;

	while (c && c->next) {
		a->first = c->next;
		free(c);
		c = a->first;
	}
	if (c)
		c->used = 0;
}

void log_arena_free(struct log_arena *a)
{
	if (!a)
		return;
	log_arena_reset(a);
	free(a->first);
	free(a);
}

void *log_arena_take(struct log_arena *a, size_t n)
{
	struct chunk *c = a->first;

	n = (n + 15) & ~(size_t)15;
	if (!c || c->size - c->used < n) {
		size_t size = n > CHUNK ? n : CHUNK;

		c = xmalloc(sizeof(*c) + size);
		*c = (struct chunk){.next = a->first, .size = size};
		a->first = c;
	}
	void *p = c->data + c->used;

	c->used += n;
	return p;
}

struct text log_arena_text(struct log_arena *a, struct text t)
{
	if (!t.p)
		return t;
	char *p = log_arena_take(a, t.len + 1u);

	memcpy(p, t.p, t.len);
	return (struct text){p, t.len};
}

struct entry {
	uint64_t hash;
	struct text key;
};

struct log_table {
	struct log_arena *keys;
	struct entry *v;
	uint32_t *slots;
	uint32_t n, cap, mask;
};

struct log_table *log_table_new(void)
{
	struct log_table *t = xcalloc(1, sizeof(*t));

	t->keys = log_arena_new();
	return t;
}

void log_table_reset(struct log_table *t)
{
	if (t->slots)
		memset(t->slots, 0, ((size_t)t->mask + 1) * sizeof(*t->slots));
	log_arena_reset(t->keys);
	t->n = 0;
}

void log_table_free(struct log_table *t)
{
	if (!t)
		return;
	log_arena_free(t->keys);
	free(t->v);
	free(t->slots);
	free(t);
}

uint32_t log_table_count(const struct log_table *t)
{
	return t->n;
}

struct text log_table_key(const struct log_table *t, uint32_t i)
{
	return t->v[i].key;
}

static void grow(struct log_table *t)
{
	uint32_t size = t->slots ? (t->mask + 1) * 2 : 64;

	free(t->slots);
	t->slots = xcalloc(size, sizeof(*t->slots));
	t->mask = size - 1;
	t->cap = size / 2;
	t->v = xrealloc(t->v, t->cap * sizeof(*t->v));
	for (uint32_t i = 0; i < t->n; i++) {
		uint32_t at = (uint32_t)t->v[i].hash & t->mask;

		while (t->slots[at])
			at = (at + 1) & t->mask;
		t->slots[at] = i + 1;
	}
}

uint32_t log_table_put(struct log_table *t, struct text key, bool *ret_new)
{
	uint64_t h = log_hash(key.p, key.len, 0);
	uint32_t at;

	if (t->n == t->cap)
		grow(t);
	for (at = (uint32_t)h & t->mask; t->slots[at]; at = (at + 1) & t->mask) {
		const struct entry *x = &t->v[t->slots[at] - 1];

		if (x->hash == h && x->key.len == key.len &&
		    memcmp(x->key.p, key.p, key.len) == 0) {
			*ret_new = false;
			return t->slots[at] - 1;
		}
	}
	t->v[t->n] = (struct entry){h, log_arena_text(t->keys, key)};
	t->slots[at] = ++t->n;
	*ret_new = true;
	return t->n - 1;
}
