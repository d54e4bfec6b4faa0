/* Who is meant: sources by their hosts, services by their names, peers that are relays of ours. */
#include "base/log_source.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool same(struct text t, const char *s, size_t len)
{
	return t.len == len && strncasecmp(t.p, s, len) == 0;
}

/* The whole name; or one of the two is a first label only, as syslog writes hosts. */
static bool host_is(const char *declared, struct text host)
{
	size_t len = strlen(declared), first = strcspn(declared, ".");
	const char *dot = host.len ? memchr(host.p, '.', host.len) : NULL;

	if (same(host, declared, len))
		return true;
	if (!declared[first] && dot)
		host.len = (uint32_t)(dot - host.p);
	else if (!declared[first] || dot)
		return false;
	return same(host, declared, first);
}

const struct log_source *log_source_of(const struct log_source *sources, size_t n,
				       struct text host)
{
	const struct log_source *of_all = NULL;

	for (size_t i = 0; i < n; i++) {
		const struct log_source *s = &sources[i];

		for (size_t k = 0; k < s->n_hosts; k++)
			if (host_is(s->hosts[k], host))
				return s;
		if (!s->n_hosts && !of_all)
			of_all = s;
	}
	return of_all;
}

const struct log_service_map *log_source_service(const struct log_source *s, struct text service)
{
	const char *slash = service.len ? memrchr(service.p, '/', service.len) : NULL;
	const struct log_service_map *of_name = NULL;

	for (size_t i = 0; i < s->n_services; i++) {
		const char *name = s->services[i].service;
		size_t len = strlen(name);

		if (same(service, name, len))
			return &s->services[i];
		if (slash && (size_t)(slash - service.p) == len &&
		    strncasecmp(service.p, name, len) == 0)
			of_name = &s->services[i];
	}
	return of_name;
}

/* block: "192.0.2.0/24", as range_parse gives it. */
static bool in_block(const char *block, const struct ip *ip)
{
	const char *slash = strchr(block, '/');
	char text[RANGE_TEXT];
	uint8_t net[16];
	int bits;

	if (!ip || !ip->family || !slash || (size_t)(slash - block) >= sizeof(text))
		return false;
	memcpy(text, block, (size_t)(slash - block));
	text[slash - block] = '\0';
	if (inet_pton(ip->family == 4 ? AF_INET : AF_INET6, text, net) != 1)
		return false;
	bits = (int)strtol(slash + 1, NULL, 10);
	if (memcmp(net, ip->bytes, (size_t)bits / 8) != 0)
		return false;
	return bits % 8 == 0 || (net[bits / 8] ^ ip->bytes[bits / 8]) >> (8 - bits % 8) == 0;
}

/* The name itself, or one below it. */
static bool at_or_below(const char *name, struct text host)
{
	size_t len = strlen(name);

	if (host.len < len || strncasecmp(host.p + host.len - len, name, len) != 0)
		return false;
	return host.len == len || host.p[host.len - len - 1] == '.';
}

bool log_source_is_relay(const struct log_source *s, struct text host, const struct ip *ip)
{
	for (size_t i = 0; i < s->n_relays; i++) {
		const char *relay = s->relays[i];

		if (strchr(relay, '/') ? in_block(relay, ip) : at_or_below(relay, host))
			return true;
	}
	return false;
}
