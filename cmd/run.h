/*
 * run - what main gives a command: settings, switches that all commands share, and how they end.
 */
#ifndef CMD_RUN_H
#define CMD_RUN_H

#include "base/conf.h"
#include "base/err.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>

struct store;
struct run;

enum needs {
	NEED_NOTHING = 0,
	NEED_CONF = 1,     /* run->conf */
	NEED_DB_READ = 2,  /* run->store, as reader; with NEED_CONF */
	NEED_DB_WRITE = 4, /* run->store, as ingest; with NEED_CONF */
	NEED_OWN_HELP = 8, /* --help behind arguments is the command's: OPTION_HELP */
};

struct command {
	const char *name;
	int (*main)(struct run *r, int argc, char **argv); /* argv[0] is the command's name */
	int needs;
	const char *usage;   /* behind the name */
	const char *summary; /* one line of `ruadb --help` */
	const char *help;    /* `ruadb NAME --help`, a screen at most */
};

struct run {
	const struct command *command;
	struct conf conf;
	bool have_conf;
	struct store *store;
	bool quiet;
	int verbose;
	const char *conf_file;   /* -c */
	const char *tenant;      /* --tenant */
	const char *home;        /* --home */
	const char **set;        /* --set SECTION.KEY=VALUE; n_set of them */
	size_t n_set;
};

/* What run_option returns beside a command's own values (which are > 0 and < 256 or characters). */
enum { OPTION_END = -1, OPTION_EXIT = -2, OPTION_HELP = -3 };

/*
 * The next option of a command: its own (long options, and letters in `letters`), while the common
 * ones are dealt with here. OPTION_END: no more; what the command needs is ready, optind points to
 * the arguments. OPTION_EXIT: end with *ret_exit.
 */
int run_option(struct run *r, int argc, char **argv, const char *letters,
	       const struct option *own, int *ret_exit);
/* Loads and opens what the command needs. 0, or an exit status. */
int run_ready(struct run *r);
/* Reads the settings anew, those of the command line, too. */
int run_load(const struct run *r, struct conf *ret_conf, struct err *e) MUST_CHECK;
void run_end(struct run *r);

/* Says "ruadb: ..." on standard error; returns the exit status of that class. */
int run_failed(const struct err *e);
int run_usage(const struct run *r, const char *fmt, ...) PRINTF_LIKE(2, 3);
void run_help(const struct run *r, FILE *out);
/* Flushes standard output; a full disk or a closed pipe is a failure of its own. */
int run_flushed(int status);

/* Where sql/ and ruadb-parse lie: environment, build tree, or where they were installed. */
void run_find_places(struct conf *c);
/* Path of ruadb-parse; the caller frees it. */
char *run_parser_path(const struct conf *c);
/* --jobs or [ingest] jobs, or the number of cores. */
int run_jobs(const struct conf *c);

/* What a refresh did, in one line. */
struct store_refreshed;
void refresh_say(const struct store_refreshed *done, FILE *out);

int cmd_ingest(struct run *r, int argc, char **argv);
int cmd_inspect(struct run *r, int argc, char **argv);
int cmd_follow(struct run *r, int argc, char **argv);
int cmd_fetch(struct run *r, int argc, char **argv);
int cmd_report(struct run *r, int argc, char **argv);
int cmd_export(struct run *r, int argc, char **argv);
int cmd_domains(struct run *r, int argc, char **argv);
int cmd_rules(struct run *r, int argc, char **argv);
int cmd_senders(struct run *r, int argc, char **argv);
int cmd_config(struct run *r, int argc, char **argv);
int cmd_settings(struct run *r, int argc, char **argv);
int cmd_lookup(struct run *r, int argc, char **argv);
int cmd_mx(struct run *r, int argc, char **argv);
int cmd_prune(struct run *r, int argc, char **argv);
int cmd_quarantine(struct run *r, int argc, char **argv);
int cmd_db(struct run *r, int argc, char **argv);
int cmd_status(struct run *r, int argc, char **argv);
int cmd_sql(struct run *r, int argc, char **argv);

#endif
