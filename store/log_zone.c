/*
 * The zone of stamps without one. Of an hour that is there twice the line before decides, so it is
 * remembered from part to part of a log: in the thread that fills batches, in the order of the
 * lines.
 */
#include "store/log_hash.h"
#include "store/log_stage.h"
#include "store/stage.h"

#include <sys/random.h>

uint64_t log_hash_key;

void log_hash_begin(void)
{
	if (!log_hash_key && getrandom(&log_hash_key, sizeof(log_hash_key), 0) < 0)
		log_hash_key = 0x589965cc75374cc3u;
}

void log_zones_apply(struct store_log *l)
{
	/* Until conf has [source]: as if all of them were UTC. */
	for (uint32_t i = 0; i < l->n_msgs; i++)
		l->msgs[i].local = false;
	for (uint32_t i = 0; i < l->n_atts; i++)
		l->atts[i].local = l->atts[i].arrived_local = false;
}
