#include "base/log_source.h"
#include "base/buf.h"
#include "base/domain.h"
#include "base/setting.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define WORD 100      /* bytes of a service, a stream */
#define DAY 86400
#define MOST_DAYS 366

/* ---- pieces of values ---- */

/* The next word, blanks or commas around it; NULL: there is none. The caller's. */
static char *next_word(const char **p)
{
	static const char apart[] = " \t,";
	size_t len;

	*p += strspn(*p, apart);
	len = strcspn(*p, apart);
	*p += len;
	return len ? xstrndup(*p - len, len) : NULL;
}

static void put_words(char ***list, size_t *n, const char *value)
{
	char *word;

	while ((word = next_word(&value))) {
		*list = xrealloc(*list, (*n + 1) * sizeof(**list));
		(*list)[(*n)++] = word;
	}
}

static void free_words(char ***list, size_t *n)
{
	for (size_t i = 0; i < *n; i++)
		free((*list)[i]);
	free(*list);
	*list = NULL;
	*n = 0;
}

static int parse_ip(const char *text, struct ip *ret, struct err *e)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	struct ip ip = {0};

	if (inet_pton(AF_INET, text, ip.bytes) == 1)
		ip.family = 4;
	else if (inet_pton(AF_INET6, text, ip.bytes) == 1)
		ip.family = 6;
	else
		return err_set(e, ERR_CONFIG, "'%.80s' is no address: 192.0.2.7 and 2001:db8::7 are",
			       text);
	if (ip.family == 6 && memcmp(ip.bytes, mapped, sizeof(mapped)) == 0) {
		ip.family = 4;
		memmove(ip.bytes, ip.bytes + 12, 4);
		memset(ip.bytes + 4, 0, 12);
	}
	*ret = ip;
	return 0;
}

static bool get_ip(const struct ip *ip, struct buf *to)
{
	char text[INET6_ADDRSTRLEN];

	if (!ip->family)
		return false;
	buf_adds(to, inet_ntop(ip->family == 4 ? AF_INET : AF_INET6, ip->bytes, text,
			       sizeof(text)));
	return true;
}

/* A word for people: of a stream, a service. */
static int check_word(const char *word, struct err *e)
{
	if (strlen(word) > WORD || strpbrk(word, " \t,"))
		return err_set(e, ERR_CONFIG, "'%.100s' is no word of at most %d bytes", word, WORD);
	return 0;
}

static int put_word(char **to, const char *value, struct err *e)
{
	struct text t = text_trim(text_of(value));
	AUTO_FREE char *word = xstrndup(t.p, t.len);

	if (check_word(word, e) < 0)
		return -1;
	free(*to);
	*to = t.len ? xstrdup(word) : NULL;
	return 0;
}

static int put_domain(char **to, const char *value, struct err *e)
{
	struct text t = text_trim(text_of(value));
	struct buf name = {0};
	int rc = t.len ? domain_parse(&name, t, e) : 0;

	if (rc == 0) {
		free(*to);
		*to = t.len ? xstrdup(buf_cstr(&name)) : NULL;
	}
	buf_free(&name);
	return rc;
}

static bool get_text(const char *text, struct buf *to)
{
	if (text)
		buf_adds(to, text);
	return text != NULL;
}

static bool get_words(char *const *list, size_t n, struct buf *to)
{
	for (size_t i = 0; i < n; i++)
		buf_printf(to, "%s%s", i ? " " : "", list[i]);
	return n > 0;
}

/* ---- hosts and relays ---- */

static int put_hosts(struct log_source *s, const char *value, struct err *e)
{
	(void)e;
	free_words(&s->hosts, &s->n_hosts);
	put_words(&s->hosts, &s->n_hosts, value);
	for (size_t i = 0; i < s->n_hosts; i++)
		for (char *p = s->hosts[i]; *p; p++)
			*p = (char)tolower((unsigned char)*p);
	return 0;
}

static bool get_hosts(const struct log_source *s, struct buf *to)
{
	return get_words(s->hosts, s->n_hosts, to);
}

/* Names of hosts as they are, addresses as the networks they consist of. */
static int put_relay(struct log_source *s, const char *word, struct err *e)
{
	bool address = strchr(word, ':') || word[strspn(word, "0123456789./-")] == '\0';
	struct range r = {0};
	struct buf name = {0};
	int rc = address ? range_parse(&r, word, e) : domain_parse(&name, text_of(word), e);

	for (size_t i = 0; rc == 0 && i < r.n; i++)
		put_words(&s->relays, &s->n_relays, r.blocks[i]);
	if (rc == 0 && name.len)
		put_words(&s->relays, &s->n_relays, buf_cstr(&name));
	range_free(&r);
	buf_free(&name);
	return rc;
}

static int put_relays(struct log_source *s, const char *value, struct err *e)
{
	char *word;
	int rc = 0;

	free_words(&s->relays, &s->n_relays);
	while (rc == 0 && (word = next_word(&value))) {
		rc = put_relay(s, word, e);
		free(word);
	}
	return rc;
}

static bool get_relays(const struct log_source *s, struct buf *to)
{
	return get_words(s->relays, s->n_relays, to);
}

/* ---- services ---- */

static struct log_service_map *service_at(struct log_source *s, const char *name)
{
	for (size_t i = 0; i < s->n_services; i++)
		if (strcmp(s->services[i].service, name) == 0)
			return &s->services[i];
	s->services = xrealloc(s->services, (s->n_services + 1) * sizeof(*s->services));
	s->services[s->n_services] = (struct log_service_map){.service = xstrdup(name)};
	return &s->services[s->n_services++];
}

/* SERVICE=VALUE, each put by its own. */
static int put_map(struct log_source *s, const char *value,
		   int (*put)(struct log_service_map *m, const char *value, struct err *e),
		   struct err *e)
{
	char *word;
	int rc = 0;

	while (rc == 0 && (word = next_word(&value))) {
		char *equals = strrchr(word, '=');

		if (!equals || equals == word || !equals[1])
			rc = err_set(e, ERR_CONFIG, "'%.100s' is not like SERVICE=VALUE", word);
		if (rc == 0) {
			*equals = '\0';
			rc = check_word(word, e);
		}
		if (rc == 0)
			rc = put(service_at(s, word), equals + 1, e);
		free(word);
	}
	return rc;
}

static int put_map_ip(struct log_service_map *m, const char *value, struct err *e)
{
	return parse_ip(value, &m->source_ip, e);
}

static int put_map_stream(struct log_service_map *m, const char *value, struct err *e)
{
	return put_word(&m->stream, value, e);
}

static int put_map_domain(struct log_service_map *m, const char *value, struct err *e)
{
	return put_domain(&m->domain, value, e);
}

static int put_services(struct log_source *s, const char *value, struct err *e)
{
	for (size_t i = 0; i < s->n_services; i++)
		s->services[i].source_ip = (struct ip){0};
	return put_map(s, value, put_map_ip, e);
}

static int put_streams(struct log_source *s, const char *value, struct err *e)
{
	for (size_t i = 0; i < s->n_services; i++) {
		free(s->services[i].stream);
		s->services[i].stream = NULL;
	}
	return put_map(s, value, put_map_stream, e);
}

static int put_domains(struct log_source *s, const char *value, struct err *e)
{
	for (size_t i = 0; i < s->n_services; i++) {
		free(s->services[i].domain);
		s->services[i].domain = NULL;
	}
	return put_map(s, value, put_map_domain, e);
}

/* What one service has, appended as put_map takes it. */
static void add_pair(struct buf *to, const char *service, bool (*get)(const struct log_service_map *m,
								       struct buf *to),
		     const struct log_service_map *m)
{
	size_t before = to->len;

	buf_printf(to, "%s%s=", before ? " " : "", service);
	if (!get(m, to))
		to->len = before;
}

static bool get_map(const struct log_source *s, struct buf *to,
		    bool (*get)(const struct log_service_map *m, struct buf *to))
{
	for (size_t i = 0; i < s->n_services; i++)
		add_pair(to, s->services[i].service, get, &s->services[i]);
	return to->len > 0;
}

static bool get_map_ip(const struct log_service_map *m, struct buf *to)
{
	return get_ip(&m->source_ip, to);
}

static bool get_map_stream(const struct log_service_map *m, struct buf *to)
{
	return get_text(m->stream, to);
}

static bool get_map_domain(const struct log_service_map *m, struct buf *to)
{
	return get_text(m->domain, to);
}

static bool get_services(const struct log_source *s, struct buf *to)
{
	return get_map(s, to, get_map_ip);
}

static bool get_streams(const struct log_source *s, struct buf *to)
{
	return get_map(s, to, get_map_stream);
}

static bool get_domains(const struct log_source *s, struct buf *to)
{
	return get_map(s, to, get_map_domain);
}

/* ---- the rest ---- */

static int put_source_ip(struct log_source *s, const char *value, struct err *e)
{
	struct text t = text_trim(text_of(value));
	AUTO_FREE char *word = xstrndup(t.p, t.len);

	s->source_ip = (struct ip){0};
	return t.len ? parse_ip(word, &s->source_ip, e) : 0;
}

static bool get_source_ip(const struct log_source *s, struct buf *to)
{
	return get_ip(&s->source_ip, to);
}

static int put_stream(struct log_source *s, const char *value, struct err *e)
{
	return put_word(&s->stream, value, e);
}

static bool get_stream(const struct log_source *s, struct buf *to)
{
	return get_text(s->stream, to);
}

static int put_own_domain(struct log_source *s, const char *value, struct err *e)
{
	return put_domain(&s->domain, value, e);
}

static bool get_own_domain(const struct log_source *s, struct buf *to)
{
	return get_text(s->domain, to);
}

static int put_lifetime(struct log_source *s, const char *value, struct err *e)
{
	return setting_seconds(value, MOST_DAYS * DAY, &s->queue_lifetime, e);
}

static bool get_lifetime(const struct log_source *s, struct buf *to)
{
	return setting_add_seconds(s->queue_lifetime, to);
}

static int put_zone(struct log_source *s, const char *value, struct err *e)
{
	struct text t = text_trim(text_of(value));
	AUTO_FREE char *name = xstrndup(t.p, t.len);
	struct zone *zone = NULL;

	if (t.len && zone_load(name, &zone, e) < 0)
		return -1;
	zone_free(s->zone);
	free(s->zone_name);
	s->zone = zone;
	s->zone_name = t.len ? xstrdup(name) : NULL;
	return 0;
}

static bool get_zone(const struct log_source *s, struct buf *to)
{
	return get_text(s->zone_name, to);
}

static int put_columns(struct log_source *s, const char *value, struct err *e)
{
	struct text t = text_trim(text_of(value));

	if (t.len && !memchr(t.p, ',', t.len))
		return err_set(e, ERR_CONFIG, "'%.80s' are no columns: like type,timeLogged,orig,rcpt",
			       value);
	free(s->columns);
	s->columns = t.len ? xstrndup(t.p, t.len) : NULL;
	return 0;
}

static bool get_columns(const struct log_source *s, struct buf *to)
{
	return get_text(s->columns, to);
}

static int put_complete(struct log_source *s, const char *value, struct err *e)
{
	static const struct setting yes = {"source", "complete", SETTING_YES,
		offsetof(struct log_source, complete), "no", 0, 0, NULL, NULL};

	return setting_put(s, &yes, value, e);
}

static bool get_complete(const struct log_source *s, struct buf *to)
{
	buf_adds(to, s->complete ? "yes" : "no");
	return true;
}

/* The one table, as in account.c; a test compares it with ruadb.conf(5). */
static const struct row {
	const char *key, *standard, *meaning;
	int (*put)(struct log_source *s, const char *value, struct err *e);
	bool (*get)(const struct log_source *s, struct buf *to);
} rows[] = {
	{"hosts", "", "hosts whose logs these are; none: all", put_hosts, get_hosts},
	{"services", "", "source addresses by service: SERVICE=ADDRESS", put_services, get_services},
	{"service_streams", "", "streams by service: SERVICE=WORD", put_streams, get_streams},
	{"service_domains", "", "header From by service: SERVICE=DOMAIN", put_domains, get_domains},
	{"source_ip", "", "source address of all other services", put_source_ip, get_source_ip},
	{"stream", "", "what they send: marketing, transactional, sales, or another word",
	 put_stream, get_stream},
	{"domain", "", "header From of what they send", put_own_domain, get_own_domain},
	{"relays", "", "smarthosts of ours: names, addresses, networks", put_relays, get_relays},
	{"queue_lifetime", "", "how long mail stays in the queue", put_lifetime, get_lifetime},
	{"zone", "", "time zone of stamps that have none", put_zone, get_zone},
	{"columns", "", "columns of CSV without a header line", put_columns, get_columns},
	{"complete", "no", "all that their streams send is in these logs", put_complete,
	 get_complete},
};

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

static const struct row *find(const char *key)
{
	for (size_t i = 0; i < N_ROWS; i++)
		if (strcmp(rows[i].key, key) == 0)
			return &rows[i];
	return NULL;
}

/* ---- the door ---- */

void log_source_init(struct log_source *s, const char *name, int line)
{
	*s = (struct log_source){.name = xstrdup(name), .line = line};
}

void log_source_free(struct log_source *s)
{
	free_words(&s->hosts, &s->n_hosts);
	free_words(&s->relays, &s->n_relays);
	for (size_t i = 0; i < s->n_services; i++) {
		free(s->services[i].service);
		free(s->services[i].stream);
		free(s->services[i].domain);
	}
	free(s->services);
	free(s->stream);
	free(s->domain);
	free(s->zone_name);
	zone_free(s->zone);
	free(s->columns);
	free(s->name);
	*s = (struct log_source){0};
}

int log_source_set(struct log_source *s, const char *key, const char *value, struct err *e)
{
	const struct row *r = find(key);

	if (!r)
		return err_set(e, ERR_CONFIG, "there is no setting '%s' of a source", key);
	if (setting_one_line(value, e) < 0 || r->put(s, value, e) < 0)
		return err_wrap(e, "%s", key);
	return 0;
}

bool log_source_has_key(const char *key)
{
	return find(key) != NULL;
}

void log_source_describe(FILE *out)
{
	for (size_t i = 0; i < N_ROWS; i++)
		fprintf(out, "source.%s\t%s\t%s\n", rows[i].key, rows[i].standard, rows[i].meaning);
}

void log_source_each(const struct log_source *s,
		     void (*fn)(void *ctx, const char *key, const char *value), void *ctx)
{
	struct buf value = {0};

	for (size_t i = 0; i < N_ROWS; i++) {
		value.len = 0;
		if (rows[i].get(s, &value))
			fn(ctx, rows[i].key, buf_cstr(&value));
	}
	buf_free(&value);
}
