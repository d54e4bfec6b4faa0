/* A log of Postfix against its truth, in all forms that it may come in: the same is told of each. */
#include "tests/unit/log_told.h"

int main(void)
{
	static const char *const forms[] = {"maillog", "maillog.gz", "maillog.xz", "maillog.bz2",
					    "maillog.zst", "maillog.zip"};

	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++)
		told_sample("postfix", forms[i]);
	return told_done();
}
