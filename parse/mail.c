#include "parse/item.h"
void mail_read(struct item *it, struct source *s){(void)s; item_not_report(it,"mail");}
void mail_setup(void){}
