/*
 * domains - which domains are ours, and what follows for those that have reports: organizational
 * domain and is_foreign of ruadb_data.domain. For store/ only; the door is store.h.
 *
 * Who changes own_domain takes a lock on the table domain that no insert passes, and then looks at
 * is_foreign of every domain again; so a domain that is stored meanwhile is judged by the old
 * declarations and looked at, or by the new ones.
 */
#ifndef STORE_DOMAINS_H
#define STORE_DOMAINS_H

/* Domains that are ours are declared for tenant $1, and none of them has this organizational
 * domain (definitions A3). */
#define DOMAINS_FOREIGN_SQL(org) \
	"(" org " NOT IN (SELECT o.organizational_domain FROM ruadb_data.own_domain o WHERE " \
	"o.tenant_id = $1) AND EXISTS (SELECT FROM ruadb_data.own_domain o WHERE o.tenant_id = $1))"

struct store;
struct err;

/* store_domains_lookup for every tenant that has domains; this connection sees all of them. */
int domains_lookup_all_tenants(struct store *s, struct err *e);

#endif
