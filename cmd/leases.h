/*
 * leases - which accounts this process may touch: taken when the first session of an account asks,
 * shared by its folders, renewed by a thread of its own, given back with the last session.
 *
 * Everything but leases_new and leases_free may be called from several threads.
 */
#ifndef CMD_LEASES_H
#define CMD_LEASES_H

#include "base/account.h"
#include "store/store.h"

struct leases;
struct shared;

/* sh outlives it. seconds: how long a lease lasts without being renewed. */
int leases_new(struct shared *sh, int seconds, struct leases **ret_l, struct err *e) MUST_CHECK;
/* Ends its thread and gives back what is still held. */
void leases_free(struct leases *l);

/* As ingest/ingest.h, mailbox_owner.lease and release have it. */
int leases_ask(struct leases *l, const struct account *a, bool take, struct err *e) MUST_CHECK;
void leases_release(struct leases *l, const struct account *a);

/* The account's lease as it was taken last, even if it was lost since: a commit will find that out.
 * NULL: it was never taken. Valid until leases_free, and never changed. */
const struct store_lease *leases_of(struct leases *l, const struct account *a);

#endif
