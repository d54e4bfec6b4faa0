#include "parse/log.h"

enum log_verdict log_opensmtpd(struct log *l, const struct mail_line *line)
{
	(void)l, (void)line;
	return LOG_NOT_MINE;
}
