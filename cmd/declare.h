/*
 * declare - what the commands domains, senders and settings share.
 */
#ifndef CMD_DECLARE_H
#define CMD_DECLARE_H

#include "cmd/run.h"
#include "report/report.h"

/* Opens the database to declare something; what the configuration declares is what is declared
 * then. 0, or an exit status. */
int declare_open(struct run *r);
/* The same to list something, as a reader. Who may not write declares nothing by it. */
int declare_open_list(struct run *r);
/* Something was declared: the classes of senders are made new. Failing that is a warning. */
void declare_changed(struct run *r);
/* Prints sql/queries/NAME.sql. An exit status. */
int declare_list(struct run *r, const char *name, enum report_format f);
/* One line to standard output, if not --quiet; what was given is made visible. */
void declare_say(const struct run *r, const char *what, const char *about);

#endif
