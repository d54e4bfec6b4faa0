#include "cmd/run.h"

int cmd_inspect(struct run *r, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return run_usage(r, "not there yet");
}
