/* What log_load.c asks for; for it and log_load_attempts.c. */
#ifndef STORE_LOG_LOAD_H
#define STORE_LOG_LOAD_H

#include "store/log_row.h"

/* Keys to look up, and the days that deliveries of them may be of. */
struct asked {
	int64_t *keys;
	uint32_t *groups;
	size_t n;
	int32_t from, to;
};

#define DAY_RANGE "day BETWEEN date '2000-01-01' + $3 AND date '2000-01-01' + $4"

struct log_loaded *log_loaded_of(struct log_work *w, uint32_t group);
/* Arrays of what is loaded lie in the arena: they grow by a copy. */
void *log_loaded_more(struct log_work *w, void *v, uint32_t n, uint32_t *cap, size_t size);
/* Pairs of a key and its number, sorted; the caller frees. */
int64_t (*log_index_of(const int64_t *keys, size_t n))[2];
int64_t log_index_find(int64_t (*v)[2], size_t n, int64_t key);
void log_keys_params(const struct log_work *w, struct params *p, const struct asked *a);
void log_days_params(struct params *p, int32_t from, int32_t to);

/* Attempts of what is loaded already, as far as they are wanted; and those that wait. */
int log_load_attempts(struct log_work *w, const struct asked *a, int64_t (*index)[2],
		      struct err *e) MUST_CHECK;

#endif
