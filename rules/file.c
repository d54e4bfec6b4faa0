/* Reads a file of rules: blocks of "key = value", as ruadb-rules(5) has them. */
#include "base/mem.h"
#include "base/buf.h"
#include "rules/inner.h"

#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES 16384
#define BLOCKS_MAX 5000

struct reading {
	struct rules *r;
	const char *path;
	bool user;
	int line;
	enum { NOTHING, RULE, GATEWAY } in;
	struct rule rule;
	struct gateway gateway;
	struct buf key, value; /* that may go on in the next line */
	int key_line;
	struct err *e;
};

static int wrong(struct reading *f, int line)
{
	return err_wrap(f->e, "%s:%d", f->path, line);
}

/* ---- values ---- */

static int end_value(struct reading *f)
{
	int rc;

	if (!f->key.len)
		return 0;
	const char *key = buf_cstr(&f->key), *value = buf_cstr(&f->value);

	if (f->in == NOTHING)
		rc = err_set(f->e, ERR_CONFIG, "%s stands before the first [NAME]", key);
	else if (!*value)
		rc = err_set(f->e, ERR_CONFIG, "%s is empty", key);
	else if (f->in == RULE)
		rc = rule_set(&f->rule, key, value, f->e);
	else
		rc = gateway_set(&f->gateway, key, value, f->e);
	if (rc == 1)
		rc = err_set(f->e, ERR_CONFIG, "a %s has no key '%s'",
			     f->in == RULE ? "rule" : "gateway", key);
	else if (rc < 0 && f->in != NOTHING && *value)
		err_wrap(f->e, "%s", key);
	f->key.len = 0;
	return rc < 0 ? wrong(f, f->key_line) : 0;
}

static int begin_value(struct reading *f, const char *p, size_t n)
{
	const char *equals = memchr(p, '=', n);
	struct text key, value;

	if (!equals) {
		err_set(f->e, ERR_CONFIG, "not like [NAME] or key = value");
		return wrong(f, f->line);
	}
	key = text_trim((struct text){p, (uint32_t)(equals - p)});
	value = text_trim((struct text){equals + 1, (uint32_t)(n - (size_t)(equals + 1 - p))});
	if (!key.len) {
		err_set(f->e, ERR_CONFIG, "no key before the =");
		return wrong(f, f->line);
	}
	f->key.len = f->value.len = 0;
	buf_add(&f->key, key.p, key.len);
	buf_add(&f->value, value.p, value.len);
	f->key_line = f->line;
	return 0;
}

/* ---- blocks ---- */

static int end_block(struct reading *f)
{
	struct rules *r = f->r;

	if (end_value(f) < 0)
		return -1;
	if (f->in == RULE) {
		if (rule_check(&f->rule, f->e) < 0)
			return wrong(f, f->rule.line);
		r->rules = xrealloc(r->rules, (r->n_rules + 1) * sizeof(f->rule));
		r->rules[r->n_rules++] = f->rule;
		f->rule = (struct rule){0};
	} else if (f->in == GATEWAY) {
		if (gateway_check(&f->gateway, f->e) < 0)
			return wrong(f, f->gateway.line);
		r->gateways = xrealloc(r->gateways, (r->n_gateways + 1) * sizeof(f->gateway));
		r->gateways[r->n_gateways++] = f->gateway;
		f->gateway = (struct gateway){0};
	}
	f->in = NOTHING;
	return 0;
}

/* Who of the same kind (ours or a user's) has this name already. */
static const char *taken(const struct reading *f, const char *name, bool gateway, int *ret_line)
{
	const struct rules *r = f->r;

	for (size_t i = 0; !gateway && i < r->n_rules; i++)
		if (r->rules[i].user == f->user && strcmp(r->rules[i].name, name) == 0) {
			*ret_line = r->rules[i].line;
			return r->rules[i].file;
		}
	for (size_t i = 0; gateway && i < r->n_gateways; i++)
		if (r->gateways[i].user == f->user && strcmp(r->gateways[i].name, name) == 0) {
			*ret_line = r->gateways[i].line;
			return r->gateways[i].file;
		}
	return NULL;
}

static bool name_ok(struct text t)
{
	for (uint32_t i = 0; i < t.len; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789-.", t.p[i]) || !t.p[i])
			return false;
	return t.len && t.len <= 64;
}

/* "[NAME]" or "[gateway NAME]" */
static int begin_block(struct reading *f, const char *p, size_t n)
{
	struct text t = {p + 1, (uint32_t)(n - 2)};
	const char *other;
	bool gateway = false;
	int line;

	if (end_block(f) < 0)
		return -1;
	if (f->r->n_rules + f->r->n_gateways >= BLOCKS_MAX)
		return err_set(f->e, ERR_CONFIG, "%s:%d: more than %d rules", f->path, f->line, BLOCKS_MAX);
	if (p[n - 1] == ']' && t.len > 8 && strncmp(t.p, "gateway ", 8) == 0) {
		gateway = true;
		t = text_trim((struct text){t.p + 8, t.len - 8});
	}
	if (p[n - 1] != ']' || !name_ok(t))
		return err_set(f->e, ERR_CONFIG, "%s:%d: not like [NAME] or [gateway NAME], with a name "
			       "of lower-case letters, digits, - and .", f->path, f->line);
	AUTO_FREE char *name = xstrndup(t.p, t.len);

	other = taken(f, name, gateway, &line);
	if (other)
		return err_set(f->e, ERR_CONFIG, "%s:%d: [%s] is there already, at %s:%d", f->path,
			       f->line, name, other, line);
	f->in = gateway ? GATEWAY : RULE;
	if (gateway)
		f->gateway = (struct gateway){.name = xstrdup(name), .file = f->path, .line = f->line,
					      .user = f->user};
	else
		f->rule = (struct rule){.name = xstrdup(name), .file = f->path, .line = f->line,
					.user = f->user};
	return 0;
}

static int take_line(struct reading *f, const char *p, size_t n)
{
	bool indented = n && (*p == ' ' || *p == '\t');
	struct text t = text_trim((struct text){p, (uint32_t)n});

	if (n >= LINE_MAX_BYTES || !text_utf8_ok(p, n)) {
		err_set(f->e, ERR_CONFIG, "a line that is too long, or no UTF-8");
		return wrong(f, f->line);
	}
	if (!t.len)
		return end_value(f);
	if (*t.p == '#')
		return 0;
	if (indented && f->key.len) {
		buf_addc(&f->value, ' ');
		buf_add(&f->value, t.p, t.len);
		return 0;
	}
	if (end_value(f) < 0)
		return -1;
	return *t.p == '[' ? begin_block(f, t.p, t.len) : begin_value(f, t.p, t.len);
}

int rules_read(struct rules *r, FILE *in, const char *path, bool user, struct err *e)
{
	struct reading f = {.r = r, .user = user, .e = e};
	char *line = NULL;
	size_t room = 0;
	ssize_t n;
	int rc = 0;

	words_add(&r->files, path, strlen(path));
	f.path = r->files.v[r->files.n - 1];
	while (rc == 0 && (n = getline(&line, &room, in)) >= 0) {
		f.line++;
		rc = take_line(&f, line, (size_t)n);
	}
	if (rc == 0 && ferror(in))
		rc = err_set(e, ERR_CONFIG, "%s: %m", path);
	if (rc == 0)
		rc = end_block(&f);
	free(line);
	buf_free(&f.key);
	buf_free(&f.value);
	rule_free(&f.rule);
	gateway_free(&f.gateway);
	return rc;
}
