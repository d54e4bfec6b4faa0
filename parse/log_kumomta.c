#include "parse/log.h"

enum log_verdict log_kumomta(struct log *l, struct text line)
{
	(void)l, (void)line;
	return LOG_NOT_MINE;
}
