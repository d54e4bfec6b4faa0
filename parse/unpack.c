#include "parse/item.h"
void unpack_zip(struct item *it, struct source *s){(void)s; item_not_report(it,"zip");}
