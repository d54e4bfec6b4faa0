#include "store/idcache.h"
#include "base/mem.h"

#include <pthread.h>
#include <stdlib.h>

#define WAYS 4
#define SETS 16384
#define STORED 0 /* owner of an id that is durable; no report has this id */

struct slot {
	int64_t id, owner; /* id 0: free (hash_id never gives 0) */
};

struct idcache {
	pthread_mutex_t lock;
	unsigned next_victim;
	struct slot slots[SETS][WAYS];
};

struct idcache *idcache_new(void)
{
	struct idcache *c = xcalloc(1, sizeof(*c));

	pthread_mutex_init(&c->lock, NULL);
	return c;
}

void idcache_free(struct idcache *c)
{
	if (!c)
		return;
	pthread_mutex_destroy(&c->lock);
	free(c);
}

static struct slot *find(struct idcache *c, int64_t id, bool *ret_found)
{
	struct slot *set = c->slots[(uint64_t)id % SETS];

	*ret_found = true;
	for (int i = 0; i < WAYS; i++)
		if (set[i].id == id)
			return &set[i];
	*ret_found = false;
	for (int i = 0; i < WAYS; i++)
		if (!set[i].id)
			return &set[i];
	return &set[c->next_victim++ % WAYS];
}

bool idcache_claim(struct idcache *c, int64_t id, int64_t owner)
{
	bool found;

	pthread_mutex_lock(&c->lock);
	struct slot *s = find(c, id, &found);
	bool spool = !found || (s->owner != STORED && s->owner != owner);

	if (spool)
		*s = (struct slot){id, owner};
	pthread_mutex_unlock(&c->lock);
	return spool;
}

void idcache_stored(struct idcache *c, int64_t id)
{
	bool found;

	pthread_mutex_lock(&c->lock);
	*find(c, id, &found) = (struct slot){id, STORED};
	pthread_mutex_unlock(&c->lock);
}

bool idcache_is_stored(struct idcache *c, int64_t id)
{
	bool found;

	pthread_mutex_lock(&c->lock);
	const struct slot *s = find(c, id, &found);
	bool stored = found && s->owner == STORED;

	pthread_mutex_unlock(&c->lock);
	return stored;
}
