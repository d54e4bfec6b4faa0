#include <stdio.h>

int main(void)
{
	printf("ruadb %s\n", PACKAGE_VERSION);
	return 0;
}
