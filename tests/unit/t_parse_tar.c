#include "tests/unit/parse_pack.h"
int main(void){ok(true,"x");return trace_done();}
