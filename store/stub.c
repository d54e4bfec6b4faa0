/* Functions of the door that are not there yet. */
#include "store/store.h"

int store_server_status(const struct conf *c, FILE *out, bool *ret_running, struct err *e)
{
	(void)c;
	(void)out;
	(void)ret_running;
	return err_set(e, ERR_BUG, "store_server_status is not there yet");
}

int store_server_start(const struct conf *c, FILE *out, struct err *e)
{
	(void)c;
	(void)out;
	return err_set(e, ERR_BUG, "store_server_start is not there yet");
}

int store_server_stop(const struct conf *c, FILE *out, struct err *e)
{
	(void)c;
	(void)out;
	return err_set(e, ERR_BUG, "store_server_stop is not there yet");
}

int store_url(const struct conf *c, FILE *out, struct err *e)
{
	(void)c;
	(void)out;
	return err_set(e, ERR_BUG, "store_url is not there yet");
}

int store_exec_psql(const struct conf *c, char **args, struct err *e)
{
	(void)c;
	(void)args;
	return err_set(e, ERR_BUG, "store_exec_psql is not there yet");
}

int store_lookup_files(struct store *s, struct store_seen *seen, size_t n, struct err *e)
{
	(void)s;
	(void)seen;
	(void)n;
	return err_set(e, ERR_BUG, "store_lookup_files is not there yet");
}

int store_lookup_bytes(struct store *s, struct store_seen *seen, size_t n, int parser_version, struct err *e)
{
	(void)s;
	(void)seen;
	(void)n;
	(void)parser_version;
	return err_set(e, ERR_BUG, "store_lookup_bytes is not there yet");
}

int store_report_ids(struct store *s, int64_t *ret_first, struct err *e)
{
	(void)s;
	(void)ret_first;
	return err_set(e, ERR_BUG, "store_report_ids is not there yet");
}

void store_item_free(struct store_item *i)
{
	(void)i;
}

struct store_batch *store_batch_new(void)
{
	return NULL;
}

void store_batch_add(struct store_batch *b, struct store_item *i)
{
	(void)b;
	(void)i;
}

void store_batch_free(struct store_batch *b)
{
	(void)b;
}

int store_commit(struct store *s, struct store_stage *st, struct store_batch *b, struct err *e)
{
	(void)s;
	(void)st;
	(void)b;
	return err_set(e, ERR_BUG, "store_commit is not there yet");
}

int store_quarantine_each(struct store *s, int (*each)(void *ctx, const struct store_quarantined *q, struct err *e), void *ctx, struct err *e)
{
	(void)s;
	(void)each;
	(void)ctx;
	return err_set(e, ERR_BUG, "store_quarantine_each is not there yet");
}

int store_quarantine_bytes(struct store *s, int64_t id, int *ret_fd, struct err *e)
{
	(void)s;
	(void)id;
	(void)ret_fd;
	return err_set(e, ERR_BUG, "store_quarantine_bytes is not there yet");
}

int store_quarantine_forget(struct store *s, int64_t id, struct err *e)
{
	(void)s;
	(void)id;
	return err_set(e, ERR_BUG, "store_quarantine_forget is not there yet");
}
