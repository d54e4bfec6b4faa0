#include "parse/log.h"

struct log_csv *log_csv_new(struct text header)
{
	(void)header;
	return NULL;
}

void log_csv_free(struct log_csv *c)
{
	(void)c;
}

enum log_verdict log_powermta(struct log *l, struct log_csv *c, struct text line)
{
	(void)l, (void)c, (void)line;
	return LOG_SKIPPED;
}
