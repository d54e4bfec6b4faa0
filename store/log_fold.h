/*
 * log_fold - inside of log_join: the events of a message to its deliveries. For log_join.c and
 * log_fold.c only.
 */
#ifndef STORE_LOG_FOLD_H
#define STORE_LOG_FOLD_H

#include "store/log_join.h"

#include <stddef.h>

struct message_times {
	int64_t arrival, guess; /* the line of it; what other lines say or allow to guess */
};

struct join {
	enum join_recipients recipients;
	struct chunk *chunks;
	struct unit *units;
	size_t n_units, cap_units;
	struct message_times *times;
	struct join_att **order;
	size_t cap_order;
	uint64_t random[64];    /* for salts */
	uint32_t n_random;
};

void fold(struct join *j, struct join_group *g);

/* log_same.c: marks events that are there already, stored or among these. */
void fold_repeated(struct join_group *g);
bool fold_same_facts(const struct join_facts *a, const struct join_facts *b);
bool fold_same_row(const struct join_row *a, const struct join_row *b);

#endif
