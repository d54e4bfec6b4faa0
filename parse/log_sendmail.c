#include "parse/log.h"

enum log_verdict log_sendmail(struct log *l, const struct mail_line *line)
{
	(void)l, (void)line;
	return LOG_NOT_MINE;
}
