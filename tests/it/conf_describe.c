/* Prints the settings that base/conf.c knows, for t_docs.sh. */
#include "base/conf.h"

int main(void)
{
	conf_describe(stdout);
	account_describe(stdout);
	log_source_describe(stdout);
	return 0;
}
