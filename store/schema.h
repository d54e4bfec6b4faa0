/*
 * schema - the files below sql/ and what of them the database has. For store/ only.
 *
 * sql/migrations/NNNN_name.sql are applied once each, in order, and never edited after a release:
 * their checksums are kept. sql/views/ *.sql are one script that is run again whenever it changed.
 */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

#include "store/db.h"

struct schema_file {
	int version;            /* NNNN; 0 for views */
	char *name, *sql;
	char sha256[65];
};

struct schema_set {
	struct schema_file *migrations;
	size_t n_migrations;
	struct schema_file views; /* all files of the folder, one after the other */
};

/* Reads them from datadir; ERR_CONFIG if they are not there. schema_free in any case. */
int schema_read(const char *datadir, struct schema_set *ret, struct err *e) MUST_CHECK;
void schema_free(struct schema_set *sc);

/* Brings the database up to date under an advisory lock; out (may be NULL) hears what was done.
 * dry_run: says what would be. Afterwards roles, owners and grants are set where allowed. */
int schema_migrate(struct store *s, const struct schema_set *sc, bool dry_run, FILE *out,
		   struct err *e) MUST_CHECK;
/* Has the database every migration; and our views? A newer database or a changed migration:
 * ERR_CONFIG. */
int schema_check(struct store *s, const struct schema_set *sc, bool *ret_tables, bool *ret_views,
		 struct err *e) MUST_CHECK;

/* roles.c: makes the roles if allowed and hands tables and views to them. */
int schema_roles(struct store *s, FILE *out, struct err *e) MUST_CHECK;
/* Could it do anything: may this connection hand over what is not handed over? */
int schema_roles_wanted(struct store *s, bool *ret, struct err *e) MUST_CHECK;
/* maintain.c: partitions ahead; one line each to out (may be NULL). ret_busy: it failed, since others
 * were at the records at each try. */
int schema_maintain(struct store *s, int tries, FILE *out, bool *ret_busy, struct err *e) MUST_CHECK;

#endif
