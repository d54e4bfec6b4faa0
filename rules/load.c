#include "base/mem.h"
#include "rules/inner.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int read_file(struct rules *r, const char *folder, const char *name, bool user,
		     struct err *e)
{
	AUTO_FREE char *path = xasprintf("%s/%s", folder, name);
	FILE *in = fopen(path, "re");
	int rc;

	if (!in)
		return err_set(e, ERR_CONFIG, "%s: %s", path, strerror(errno));
	rc = rules_read(r, in, path, user, e);
	fclose(in);
	return rc;
}

static int is_rules(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return n > 6 && d->d_name[0] != '.' && strcmp(d->d_name + n - 6, ".rules") == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int read_user(struct rules *r, const char *folder, struct err *e)
{
	struct dirent **found;
	int n = scandir(folder, &found, is_rules, by_name), rc = 0;

	if (n < 0)
		return err_set(e, ERR_CONFIG, "logs.rules_dir %s: %s", folder, strerror(errno));
	for (int i = 0; i < n; i++) {
		if (rc == 0)
			rc = read_file(r, folder, found[i]->d_name, true, e);
		free(found[i]);
	}
	free(found);
	return rc;
}

/* What a user has under the same name goes in place of ours, and what is off goes. */
static void replace(struct rules *r)
{
	size_t kept = 0;

	for (size_t i = 0; i < r->n_rules; i++) {
		bool gone = r->rules[i].off;

		for (size_t k = 0; !gone && !r->rules[i].user && k < kept; k++)
			gone = strcmp(r->rules[k].name, r->rules[i].name) == 0;
		/* Off itself, it still takes ours out. */
		for (size_t k = i + 1; r->rules[i].off && k < r->n_rules; k++)
			if (strcmp(r->rules[k].name, r->rules[i].name) == 0)
				r->rules[k].off = true;
		if (gone)
			rule_free(&r->rules[i]);
		else
			r->rules[kept++] = r->rules[i];
	}
	r->n_rules = kept;
	kept = 0;
	for (size_t i = 0; i < r->n_gateways; i++) {
		bool gone = r->gateways[i].off;

		for (size_t k = 0; !gone && !r->gateways[i].user && k < kept; k++)
			gone = strcmp(r->gateways[k].name, r->gateways[i].name) == 0;
		for (size_t k = i + 1; r->gateways[i].off && k < r->n_gateways; k++)
			if (strcmp(r->gateways[k].name, r->gateways[i].name) == 0)
				r->gateways[k].off = true;
		if (gone)
			gateway_free(&r->gateways[i]);
		else
			r->gateways[kept++] = r->gateways[i];
	}
	r->n_gateways = kept;
}

/* Kinds in the order in which they are asked; within a kind as they stand in the files. */
static void order(struct rules *r)
{
	struct rule *sorted = xcalloc(r->n_rules + 1, sizeof(*sorted));
	size_t n = 0;

	for (const char *kind = "ufgeb"; *kind; kind++)
		for (size_t i = 0; i < r->n_rules; i++)
			if (r->rules[i].kind == *kind)
				sorted[n++] = r->rules[i];
	free(r->rules);
	r->rules = sorted;
}

static int known_gateway(const struct rules *r, const struct rule *rule, const char *name,
			 struct err *e)
{
	struct gateway_hit hit;

	if (!name || rules_gateway_named(r, name, &hit))
		return 0;
	return err_set(e, ERR_CONFIG, "%s:%d: [%s] names a gateway '%s' that no [gateway %s] describes",
		       rule->file, rule->line, rule->name, name, name);
}

static int check_names(const struct rules *r, struct err *e)
{
	for (size_t i = 0; i < r->n_rules; i++) {
		const struct rule *rule = &r->rules[i];

		if (known_gateway(r, rule, rule->gives, e) < 0)
			return -1;
		for (size_t k = 0; k < rule->from.n; k++)
			if (known_gateway(r, rule, rule->from.v[k], e) < 0)
				return -1;
	}
	return 0;
}

int rules_load(const char *datadir, const char *user_dir, struct rules **ret_r, struct err *e)
{
	struct rules *r = xcalloc(1, sizeof(*r));
	AUTO_FREE char *ours = xasprintf("%s/rules", datadir);

	r->matcher = matcher_new();
	if ((user_dir && read_user(r, user_dir, e) < 0) ||
	    read_file(r, ours, "gateways.rules", false, e) < 0 ||
	    read_file(r, ours, "replies.rules", false, e) < 0)
		goto fail;
	replace(r);
	order(r);
	if (check_names(r, e) < 0)
		goto fail;
	*ret_r = r;
	return 0;
fail:
	rules_free(r);
	return -1;
}

void rules_free(struct rules *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->n_rules; i++)
		rule_free(&r->rules[i]);
	for (size_t i = 0; i < r->n_gateways; i++)
		gateway_free(&r->gateways[i]);
	free(r->rules);
	free(r->gateways);
	words_free(&r->files);
	matcher_free(r->matcher);
	free(r);
}
