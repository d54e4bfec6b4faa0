/* `ruadb settings`: the table setting; what there is, and its defaults, are in the view. */
#include "store/declare.h"

#include <stdlib.h>

#define LARGEST_NUMBER "100000" /* of hours, days: what PostgreSQL's dates still reach */

struct setting {
	const char *name, *value; /* value NULL: the default again */
	bool of_classes;          /* classes depend on it */
};

/* Digits, and a fraction where it may have one. */
static bool is_number(const char *s, bool fraction)
{
	size_t digits = strspn(s, "0123456789"), rest = 0;

	if (fraction && s[digits] == '.')
		rest = strspn(s + digits + 1, "0123456789");
	return digits && digits <= 9 && rest <= 6 && s[digits + (rest ? rest + 1 : 0)] == '\0';
}

static int no_such_setting(const char *name, struct err *e)
{
	return err_set(e, ERR_INPUT, "there is no setting '%.60s'; ruadb settings list prints "
		       "those there are", name);
}

static int check(struct store *s, struct setting *t, struct err *e)
{
	AUTO_PARAMS struct params p = {0};
	AUTO_RESULT PGresult *res = NULL;

	if (!text_utf8_ok(t->name, strlen(t->name)))
		return no_such_setting(t->name, e);
	param_text(&p, text_of(t->name));
	if (db_exec(s, "SELECT unit, coalesce(definition IN ('A6', 'B3'), false) FROM ruadb.setting "
		       "WHERE name = $1", &p, &res, e) < 0)
		return -1;
	if (!PQntuples(res))
		return no_such_setting(t->name, e);
	struct text unit = db_text(res, 0, 0);
	bool percent = text_is(unit, "%"), time = text_is(unit, "h") || text_is(unit, "days");

	t->of_classes = *PQgetvalue(res, 0, 1);
	if (t->value && !is_number(t->value, percent))
		return err_set(e, ERR_INPUT, "'%.60s' is no value of %s: a %snumber from 0 on",
			       t->value, t->name, percent ? "" : "whole ");
	if (t->value && percent && strtod(t->value, NULL) > 100)
		return err_set(e, ERR_INPUT, "%s is a percentage: from 0 to 100", t->name);
	if (t->value && time && strtod(t->value, NULL) > strtod(LARGEST_NUMBER, NULL))
		return err_set(e, ERR_INPUT, "%s is at most " LARGEST_NUMBER, t->name);
	return 0;
}

static int write_setting(struct store *s, void *ctx, struct err *e)
{
	const struct setting *t = ctx;
	AUTO_PARAMS struct params p = {0};

	param_int8(&p, s->tenant);
	param_text(&p, text_of(t->name));
	if (t->value)
		param_text(&p, text_of(t->value));
	if (db_exec(s, t->value ?
		    "INSERT INTO ruadb_data.setting AS s (tenant_id, name, value) VALUES ($1, $2, "
		    "$3::text::numeric) ON CONFLICT (tenant_id, name) DO UPDATE SET value = "
		    "excluded.value, set_at = now()" :
		    "DELETE FROM ruadb_data.setting WHERE tenant_id = $1 AND name = $2", &p, NULL,
		    e) < 0)
		return -1;
	return t->of_classes ? declare_all_stale(s, e) : 0;
}

int store_setting_set(struct store *s, const char *name, const char *value, struct err *e)
{
	struct setting t = {.name = name, .value = value};

	if (check(s, &t, e) < 0)
		return -1;
	return declare_transaction(s, "setting", write_setting, &t, e);
}
