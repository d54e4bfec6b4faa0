/*
 * log_table - numbers for keys: the first key put in is 0, and so on. And memory for what they are.
 * For store/ only.
 */
#ifndef STORE_LOG_TABLE_H
#define STORE_LOG_TABLE_H

#include "base/text.h"

struct log_arena;
struct log_arena *log_arena_new(void);
void log_arena_free(struct log_arena *a);
void log_arena_reset(struct log_arena *a);
void *log_arena_take(struct log_arena *a, size_t n);
/* A copy; absent stays absent. */
struct text log_arena_text(struct log_arena *a, struct text t);

struct log_table;
struct log_table *log_table_new(void);
void log_table_free(struct log_table *t);
void log_table_reset(struct log_table *t);
uint32_t log_table_count(const struct log_table *t);
/* *ret_new: it was not there; the key is copied. */
uint32_t log_table_put(struct log_table *t, struct text key, bool *ret_new);
struct text log_table_key(const struct log_table *t, uint32_t i);

#endif
