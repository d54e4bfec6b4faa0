#include "parse/log_inner.h"

enum log_verdict log_json(struct log *l, struct text line)
{
	return log_kumomta(l, line);
}
