/*
 * log_source - a section [source "NAME"] of ruadb.conf(5): what people say of the mail servers whose
 * logs are read. Plain data, read by one table, as accounts are.
 */
#ifndef BASE_LOG_SOURCE_H
#define BASE_LOG_SOURCE_H

#include "base/err.h"
#include "base/model.h"
#include "base/range.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Local time of a host to UTC. */
struct zone;
/* By its name in the tz database; NULL or "": the zone of this machine. Reads files: before threads
 * are started. ERR_CONFIG: no such zone. */
int zone_load(const char *name, struct zone **ret_z, struct err *e) MUST_CHECK;
void zone_free(struct zone *z);
/* us: microseconds as they would be if the zone were UTC. Of a time that is there twice the first
 * one, unless that lies more than half an hour before `after` (the line before; TIME_ABSENT). */
int64_t zone_to_utc(const struct zone *z, int64_t us, int64_t after);

/* A service of the hosts: syslog name with program (postfix/smtp), the syslog name alone (postfix:
 * all of its programs), virtual MTA or egress source. */
struct log_service_map {
	char *service;
	struct ip source_ip;   /* family 0: not mapped */
	char *stream, *domain; /* or NULL: those of the source */
};

struct log_source {
	char *name;
	int line;              /* of the file; 0: environment */
	char **hosts;          /* hosts = mx1.example.com mx2; first label or whole name; none: all */
	size_t n_hosts;
	struct log_service_map *services; /* services = postfix/smtp=192.0.2.1 news=192.0.2.2 */
	size_t n_services;     /*   service_streams = news=marketing, service_domains = news=example.com */
	struct ip source_ip;   /* source_ip = 192.0.2.1: of services that are not mapped; family 0 */
	char *stream;          /* stream = marketing | transactional | sales | any word */
	char *domain;          /* domain = example.com: header From of this stream (E1) */
	char **relays;         /* relays = smarthost.example.com 192.0.2.9 198.51.100.0/24 (C3) */
	size_t n_relays;
	int64_t queue_lifetime;/* seconds; 0: setting queue_lifetime_days; "5d", "72h" */
	char *zone_name;       /* zone = Europe/Berlin */
	struct zone *zone;     /* loaded with it */
	char *columns;         /* columns = type,timeLogged,.. : of CSV without a header line */
	bool complete;         /* complete = yes: all that its streams send is in these logs (E5) */
};

/* The first that names the host, else the first without hosts; NULL: none. */
const struct log_source *log_source_of(const struct log_source *sources, size_t n,
				       struct text host);
/* The map's row of a service, or of its syslog name; NULL: none. */
const struct log_service_map *log_source_service(const struct log_source *s, struct text service);
/* Is the peer a relay that this source declares? Names at label boundaries, ranges. */
bool log_source_is_relay(const struct log_source *s, struct text host, const struct ip *ip);

void log_source_init(struct log_source *s, const char *name, int line);
void log_source_free(struct log_source *s);
int log_source_set(struct log_source *s, const char *key, const char *value,
		   struct err *e) MUST_CHECK;
bool log_source_has_key(const char *key);
void log_source_describe(FILE *out);
void log_source_each(const struct log_source *s,
		     void (*fn)(void *ctx, const char *key, const char *value), void *ctx);

#endif
