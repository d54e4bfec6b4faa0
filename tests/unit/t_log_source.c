/* What is said of mail servers: whom it is said of, how it is written; and local time to UTC. */
#include "base/log_source.h"
#include "base/mem.h"
#include "tests/unit/tap.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <time.h>

#define HOUR 3600000000LL

/* "2026-03-29 02:30" as microseconds, as if the zone were UTC. */
static int64_t at(const char *text)
{
	struct tm tm = {0};

	if (!strptime(text, "%Y-%m-%d %H:%M", &tm))
		return 0;
	return (int64_t)timegm(&tm) * 1000000;
}

static struct ip ip_of(const char *text)
{
	struct ip ip = {.family = strchr(text, ':') ? 6 : 4};

	if (inet_pton(ip.family == 4 ? AF_INET : AF_INET6, text, ip.bytes) != 1)
		ip.family = 0;
	return ip;
}

/* ---- zones ---- */

static struct zone *zone_of(const char *name)
{
	struct zone *z = NULL;
	struct err e = {0};

	is_int(zone_load(name, &z, &e), 0, name ? name : "the machine's zone");
	return z;
}

static void test_zones(void)
{
	struct zone *berlin = zone_of("Europe/Berlin"), *utc = zone_of("UTC");
	struct zone *india = zone_of("Asia/Kolkata");

	is_int(zone_to_utc(utc, at("2026-06-01 12:00"), TIME_ABSENT), at("2026-06-01 12:00"), "UTC");
	is_int(zone_to_utc(india, at("2026-06-01 12:00"), TIME_ABSENT), at("2026-06-01 06:30"),
	       "half an hour");
	is_int(zone_to_utc(berlin, at("2026-06-01 12:00"), TIME_ABSENT), at("2026-06-01 10:00"),
	       "summer");
	is_int(zone_to_utc(berlin, at("2026-01-01 12:00") + 123456, TIME_ABSENT),
	       at("2026-01-01 11:00") + 123456, "winter, with its microseconds");
	is_int(zone_to_utc(berlin, at("2018-07-01 12:00"), TIME_ABSENT), at("2018-07-01 10:00"),
	       "a summer some years ago");
	is_int(zone_to_utc(berlin, at("2026-03-29 01:59"), TIME_ABSENT), at("2026-03-29 00:59"),
	       "before the clock goes forward");
	is_int(zone_to_utc(berlin, at("2026-03-29 03:00"), TIME_ABSENT), at("2026-03-29 01:00"),
	       "when it went forward");
	is_int(zone_to_utc(berlin, at("2026-03-29 02:30"), TIME_ABSENT), at("2026-03-29 01:30"),
	       "a time that was not: as if it had not gone forward");
	zone_free(berlin);
	zone_free(utc);
	zone_free(india);
	zone_free(NULL);
}

static void test_twice(void)
{
	struct zone *z = zone_of("Europe/Berlin");
	int64_t local = at("2025-10-26 02:30");

	is_int(zone_to_utc(z, local, TIME_ABSENT), at("2025-10-26 00:30"), "twice: the first");
	is_int(zone_to_utc(z, local, at("2025-10-26 00:29")), at("2025-10-26 00:30"),
	       "the first behind a line of a minute before");
	is_int(zone_to_utc(z, local, at("2025-10-26 00:59")), at("2025-10-26 00:30"),
	       "the first although a line of half an hour later came before");
	is_int(zone_to_utc(z, local, at("2025-10-26 01:01")), at("2025-10-26 01:30"),
	       "the second behind a line of the second hour");
	is_int(zone_to_utc(z, local, at("2025-10-26 01:00")), at("2025-10-26 01:30"),
	       "the second, where it is as near: logs go forward");
	is_int(zone_to_utc(z, at("2025-10-26 03:00"), at("2025-10-26 05:00")),
	       at("2025-10-26 02:00"), "what is there once is not moved");
	zone_free(z);
}

static void test_no_zone(void)
{
	struct zone *z = NULL;
	struct err e = {0};

	is_int(zone_load("Europe/Nowhere", &z, &e), -1, "no such zone");
	is_int(e.class, ERR_CONFIG, "is a matter of configuration");
	is_str(e.msg, "there is no time zone 'Europe/Nowhere': Europe/Berlin is one", "is said");
	is_int(zone_load("../../etc/passwd", &z, &e), -1, "no way out of the tz database");
	is_int(zone_load("/etc/localtime", &z, &e), -1, "nor a path");
	ok(!z, "nothing is given");

	setenv("TZ", "America/New_York", 1);
	z = zone_of(NULL);
	is_int(zone_to_utc(z, at("2026-01-01 12:00"), TIME_ABSENT), at("2026-01-01 17:00"),
	       "the machine's zone");
	zone_free(z);
	z = zone_of("Asia/Tokyo");
	is_str(getenv("TZ"), "America/New_York", "and it stays so");
	zone_free(z);
	unsetenv("TZ");
	z = zone_of("Asia/Tokyo");
	ok(!getenv("TZ"), "also where nothing was said");
	is_int(zone_to_utc(z, 0, TIME_ABSENT), -9 * HOUR, "Tokyo");
	zone_free(z);
}

/* ---- sources ---- */

static void set(struct log_source *s, const char *key, const char *value)
{
	struct err e = {0};

	if (log_source_set(s, key, value, &e) < 0)
		tap_note("%s = %s: %s", key, value, e.msg);
}

static void is_refused(const char *key, const char *value, const char *why)
{
	struct log_source s;
	struct err e = {0};

	log_source_init(&s, "s", 0);
	is_int(log_source_set(&s, key, value, &e), -1, value);
	is_str(e.msg, why, "is refused with a sentence");
	log_source_free(&s);
}

static const char *found(const struct log_source *all, const char *host)
{
	const struct log_source *s = log_source_of(all, 3, text_of(host));

	return s ? s->name : "none";
}

static void test_hosts(void)
{
	struct log_source all[3];

	log_source_init(&all[0], "net", 1);
	log_source_init(&all[1], "short", 2);
	log_source_init(&all[2], "rest", 3);
	set(&all[0], "hosts", "MX1.example.net");
	set(&all[1], "hosts", "mx2,mx3");
	is_str(found(all, "mx1.example.net"), "net", "a whole name");
	is_str(found(all, "mx1"), "net", "written short by syslog");
	is_str(found(all, "mx1.example.com"), "rest", "another domain's is another host");
	is_str(found(all, "mx2.example.com"), "short", "declared by its first label");
	is_str(found(all, "MX3"), "short", "in any case of letters");
	is_str(found(all, "mx33"), "rest", "not by the beginning of a label");
	set(&all[2], "hosts", "mx9");
	is_str(found(all, "mx33"), "none", "no source is for all hosts");
	for (size_t i = 0; i < 3; i++)
		log_source_free(&all[i]);
}

static const char *service(const struct log_source *s, const char *name)
{
	static char text[200];
	const struct log_service_map *m = log_source_service(s, text_of(name));
	char ip[INET6_ADDRSTRLEN] = "-";

	if (!m)
		return "none";
	if (m->source_ip.family)
		inet_ntop(m->source_ip.family == 4 ? AF_INET : AF_INET6, m->source_ip.bytes, ip,
			  sizeof(ip));
	snprintf(text, sizeof(text), "%s %s %s %s", m->service, ip, m->stream ? m->stream : "-",
		 m->domain ? m->domain : "-");
	return text;
}

static void test_services(void)
{
	struct log_source s;

	log_source_init(&s, "s", 0);
	set(&s, "services", "postfix=192.0.2.1, postfix-news/smtp=::ffff:192.0.2.2 vmta6=2001:db8::1");
	set(&s, "service_streams", "postfix-news=marketing");
	set(&s, "service_domains", "postfix=Example.COM. postfix-news=news.example.com");
	is_str(service(&s, "postfix/smtp"), "postfix 192.0.2.1 - example.com", "by its syslog name");
	is_str(service(&s, "postfix-news/smtp"), "postfix-news/smtp 192.0.2.2 - -", "by its whole name");
	is_str(service(&s, "postfix-news/lmtp"), "postfix-news - marketing news.example.com",
	       "another program of it");
	is_str(service(&s, "VMTA6"), "vmta6 2001:db8::1 - -", "IPv6");
	is_str(service(&s, "postfi/x"), "none", "no other one");
	set(&s, "services", "postfix=192.0.2.9");
	is_str(service(&s, "vmta6"), "vmta6 - - -", "said again it is said anew");
	log_source_free(&s);
}

static bool is_relay(const struct log_source *s, const char *host, const char *ip)
{
	struct ip address = ip ? ip_of(ip) : (struct ip){0};

	return log_source_is_relay(s, text_of(host), &address);
}

static void test_relays(void)
{
	struct log_source s;

	log_source_init(&s, "s", 0);
	ok(!is_relay(&s, "smarthost.example.com", "192.0.2.1"), "none declared");
	set(&s, "relays", "smarthost.example.com 192.0.2.9 198.51.100.0/25 2001:db8::/32");
	ok(is_relay(&s, "smarthost.example.com", NULL), "a name");
	ok(is_relay(&s, "a.SmartHost.example.com", NULL), "one below it");
	ok(!is_relay(&s, "notsmarthost.example.com", NULL), "at a label's boundary");
	ok(!is_relay(&s, NULL, NULL), "no host");
	ok(is_relay(&s, NULL, "192.0.2.9"), "an address");
	ok(!is_relay(&s, NULL, "192.0.2.8"), "another one");
	ok(is_relay(&s, NULL, "198.51.100.127"), "a network's last address");
	ok(!is_relay(&s, NULL, "198.51.100.128"), "the one behind it");
	ok(is_relay(&s, NULL, "2001:db8:ffff::1"), "IPv6");
	ok(!is_relay(&s, NULL, "2001:db9::1"), "not that");
	log_source_free(&s);
}

static void add_line(void *ctx, const char *key, const char *value)
{
	char **all = ctx, *before = *all;

	*all = xasprintf("%s%s = %s\n", before ? before : "", key, value);
	free(before);
}

static void test_shown(void)
{
	struct log_source s;
	AUTO_FREE char *all = NULL;

	log_source_init(&s, "s", 0);
	set(&s, "queue_lifetime", "48h");
	set(&s, "services", "a=192.0.2.1 b=192.0.2.2");
	set(&s, "service_streams", "b=sales");
	set(&s, "source_ip", "2001:db8::1");
	set(&s, "relays", "192.0.2.8-192.0.2.11 Smart.example.com");
	set(&s, "columns", "type,timeLogged");
	set(&s, "complete", "yes");
	set(&s, "zone", "Europe/Berlin");
	log_source_each(&s, add_line, &all);
	is_str(all, "services = a=192.0.2.1 b=192.0.2.2\nservice_streams = b=sales\n"
	       "source_ip = 2001:db8::1\nrelays = 192.0.2.8/30 smart.example.com\n"
	       "queue_lifetime = 2d\nzone = Europe/Berlin\ncolumns = type,timeLogged\n"
	       "complete = yes\n", "shown as it is written");
	set(&s, "zone", "");
	set(&s, "queue_lifetime", "");
	ok(!s.zone && !s.queue_lifetime, "an empty value takes it back");
	log_source_free(&s);
}

static void test_refused(void)
{
	is_refused("services", "postfix", "services: 'postfix' is not like SERVICE=VALUE");
	is_refused("services", "a=192.0.2.300",
		   "services: '192.0.2.300' is no address: 192.0.2.7 and 2001:db8::7 are");
	is_refused("queue_lifetime", "5", "queue_lifetime: '5' is no time up to 366d: 5d and 72h are");
	is_refused("queue_lifetime", "367d",
		   "queue_lifetime: '367d' is no time up to 366d: 5d and 72h are");
	is_refused("columns", "type", "columns: 'type' are no columns: like type,timeLogged,orig,rcpt");
	is_refused("stream", "two words", "stream: 'two words' is no word of at most 100 bytes");
	is_refused("complete", "maybe", "complete: 'maybe' is neither yes nor no");
	is_refused("host", "x", "there is no setting 'host' of a source");
}

int main(void)
{
	unsetenv("TZ");
	test_zones();
	test_twice();
	test_no_zone();
	test_hosts();
	test_services();
	test_relays();
	test_shown();
	test_refused();
	return tap_done();
}
