/* Items and batches: made by one thread, committed by another. */
#include "store/log_stage.h"
#include "store/work.h"

#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

/* Version 7: the time in front keeps neighbours together in the index. */
void batch_uuid(uint8_t ret[16])
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	uint64_t ms = (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;

	while (getrandom(ret, 16, 0) != 16)
		;
	for (int i = 0; i < 6; i++)
		ret[i] = (uint8_t)(ms >> (40 - 8 * i));
	ret[6] = (uint8_t)(0x70 | (ret[6] & 0x0f));
	ret[8] = (uint8_t)(0x80 | (ret[8] & 0x3f));
}

void store_item_free(struct store_item *i)
{
	if (!i)
		return;
	for (size_t k = 0; k < i->n_entries; k++) {
		store_report_free(i->entries[k].report);
		free(i->entries[k].reason);
	}
	free(i->entries);
	free(i->item);
	free(i->bytes);
	mem_autoclose(&i->fd);
	free(i);
}

struct store_batch *store_batch_new(void)
{
	struct store_batch *b = xcalloc(1, sizeof(*b));

	b->tail = &b->items;
	b->logs_tail = &b->logs;
	batch_uuid(b->uuid);
	return b;
}

void store_batch_add(struct store_batch *b, struct store_item *i)
{
	i->next = NULL;
	*b->tail = i;
	b->tail = &i->next;
	b->n_items++;
	for (size_t k = 0; k < i->n_entries; k++)
		if (i->entries[k].report) {
			b->n_reports++;
			b->bytes += store_report_bytes(i->entries[k].report);
		}
}

void store_batch_free(struct store_batch *b)
{
	if (!b)
		return;
	for (struct store_item *i = b->items, *next; i; i = next) {
		next = i->next;
		store_item_free(i);
	}
	for (struct store_log *l = b->logs, *next; l; l = next) {
		next = l->next;
		store_log_free(l);
	}
	free(b);
}
