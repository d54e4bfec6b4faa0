#include "cmd/run.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/text.h"
#include "store/store.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

enum { COMMON = 1000, O_CONFIG, O_TENANT, O_HOME, O_QUIET, O_VERBOSE, O_HELP, O_SET, O_VERSION };

static const struct option common[] = {
	{"config", required_argument, NULL, O_CONFIG},
	{"tenant", required_argument, NULL, O_TENANT},
	{"home", required_argument, NULL, O_HOME},
	{"set", required_argument, NULL, O_SET},
	{"quiet", no_argument, NULL, O_QUIET},
	{"verbose", no_argument, NULL, O_VERBOSE},
	{"help", no_argument, NULL, O_HELP},
	{"version", no_argument, NULL, O_VERSION},
};

#define N_COMMON (sizeof(common) / sizeof(*common))
#define MAX_OWN 24

/* ---- how a command ends ---- */

int run_failed(const struct err *e)
{
	struct buf b = {0};

	text_add_visible(&b, text_of(e->msg));
	fprintf(stderr, "ruadb: %s\n", buf_cstr(&b));
	buf_free(&b);
	switch (e->class) {
	case ERR_CONFIG:
		return EX_CONFIG;
	case ERR_TEMP:
		return EX_TEMPFAIL;
	case ERR_INPUT:
	case ERR_LIMIT:
		return EX_DATAERR;
	case ERR_BUG:
	case ERR_NONE:
		break;
	}
	return EX_SOFTWARE;
}

int run_usage(const struct run *r, const char *fmt, ...)
{
	const char *name = r->command ? r->command->name : "";
	char sentence[512];
	struct buf b = {0};
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(sentence, sizeof(sentence), fmt, ap);
	va_end(ap);
	text_add_visible(&b, text_of(sentence));
	fprintf(stderr, "ruadb%s%s: %s\nTry 'ruadb %s%s--help'.\n", *name ? " " : "", name,
		buf_cstr(&b), name, *name ? " " : "");
	buf_free(&b);
	return EX_USAGE;
}

void run_help(const struct run *r, FILE *out)
{
	fprintf(out, "Usage: ruadb %s %s\n\n%s", r->command->name, r->command->usage,
		r->command->help);
	fputs("\nAll commands: -c FILE, --tenant N, --home DIR, --set SECTION.KEY=VALUE, -q, -v, "
	      "--help\n", out);
}

int run_flushed(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	if (errno == EPIPE)
		return status ? status : 141; /* as a shell says of one that SIGPIPE ended */
	fprintf(stderr, "ruadb: standard output: %s\n", strerror(errno));
	return status ? status : EX_IOERR;
}

/* ---- options ---- */

/* alone: no argument stands beside it. */
static int take_common(struct run *r, int option, bool alone, int *ret_exit)
{
	switch (option) {
	case 'c':
	case O_CONFIG:
		r->conf_file = optarg;
		return 0;
	case O_TENANT:
		r->tenant = optarg;
		return 0;
	case O_HOME:
		r->home = optarg;
		return 0;
	case O_SET:
		r->set = xrealloc(r->set, (r->n_set + 1) * sizeof(*r->set));
		r->set[r->n_set++] = optarg;
		return 0;
	case 'q':
	case O_QUIET:
		r->quiet = true;
		return 0;
	case 'v':
	case O_VERBOSE:
		r->verbose++;
		return 0;
	case 'h':
	case O_HELP:
		if (r->command && r->command->needs & NEED_OWN_HELP && !alone)
			return OPTION_HELP;
		if (r->command) {
			run_help(r, stdout);
			*ret_exit = run_flushed(0);
			return OPTION_EXIT;
		}
		return option;
	case O_VERSION:
		printf("ruadb %s\n", PACKAGE_VERSION);
		*ret_exit = run_flushed(0);
		return OPTION_EXIT;
	default:
		return option;
	}
}

int run_option(struct run *r, int argc, char **argv, const char *letters,
	       const struct option *own, int *ret_exit)
{
	struct option all[N_COMMON + MAX_OWN + 1] = {0};
	/* '+' for main: what stands behind the command's name is the command's */
	AUTO_FREE char *shorts = xasprintf("%s:c:qvh%s", r->command ? "" : "+", letters);
	size_t n = 0;

	memcpy(all, common, sizeof(common));
	for (; own && own[n].name && n < MAX_OWN; n++)
		all[N_COMMON + n] = own[n];
	opterr = 0;
	for (;;) {
		int option = getopt_long(argc, argv, shorts, all, NULL);

		if (option == -1) {
			*ret_exit = r->command ? run_ready(r) : 0;
			return *ret_exit ? OPTION_EXIT : OPTION_END;
		}
		if (option == ':' || option == '?') {
			const char *given = argv[optind - 1];

			*ret_exit = run_usage(r, option == ':' ? "option '%s' needs a value" :
							 "there is no option '%s'", given);
			return OPTION_EXIT;
		}
		option = take_common(r, option, argc == 2, ret_exit);
		if (option)
			return option;
	}
}

/* ---- what a command needs ---- */

static int apply_command_line(const struct run *r, struct conf *c, struct err *e)
{
	for (size_t i = 0; i < r->n_set; i++) {
		const char *eq = strchr(r->set[i], '=');

		if (!eq)
			return err_set(e, ERR_CONFIG, "--set %s: not SECTION.KEY=VALUE",
				       r->set[i]);
		AUTO_FREE char *name = xstrndup(r->set[i], (size_t)(eq - r->set[i]));

		if (conf_set(c, name, eq + 1, e) < 0)
			return err_wrap(e, "--set");
	}
	if (r->tenant) {
		char *end;

		errno = 0;
		c->tenant = strtoll(r->tenant, &end, 10);
		if (errno || *end || end == r->tenant || c->tenant < 1)
			return err_set(e, ERR_CONFIG, "--tenant %s: not a number from 1 on",
				       r->tenant);
	}
	return 0;
}

int run_load(const struct run *r, struct conf *ret_conf, struct err *e)
{
	struct conf c;

	if (conf_load(&c, r->conf_file, e) < 0)
		return -1;
	if (apply_command_line(r, &c, e) < 0) {
		conf_free(&c);
		return -1;
	}
	run_find_places(&c);
	*ret_conf = c;
	return 0;
}

int run_ready(struct run *r)
{
	struct err e;
	int needs = r->command->needs;

	log_set_level(r->quiet ? LOG_WARN : r->verbose ? LOG_DEBUG : LOG_INFO);
	if (!(needs & NEED_CONF))
		return 0;
	if (r->home)
		setenv("RUADB_HOME", r->home, 1);
	if (run_load(r, &r->conf, &e) < 0)
		return run_failed(&e);
	r->have_conf = true;
	if (!(needs & (NEED_DB_READ | NEED_DB_WRITE)))
		return 0;
	if (store_open(&r->conf, needs & NEED_DB_WRITE ? STORE_INGEST : STORE_READ, &r->store,
		       &e) < 0)
		return run_failed(&e);
	return 0;
}

void run_end(struct run *r)
{
	store_close(r->store);
	if (r->have_conf)
		conf_free(&r->conf);
	free(r->set);
}

/* ---- places ---- */

/* The folder that the program lies in. */
static char *own_folder(void)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (n <= 0)
		return NULL;
	path[n] = '\0';
	char *slash = strrchr(path, '/');

	if (!slash)
		return NULL;
	*slash = '\0';
	return xstrdup(path);
}

/* In the build tree a file says where the sources are. */
static char *source_folder(const char *own)
{
	AUTO_FREE char *mark = xasprintf("%s/cmd/build-tree", own);
	FILE *in = fopen(mark, "re");
	char *line = NULL;
	size_t cap = 0;

	if (!in)
		return NULL;
	if (getline(&line, &cap, in) <= 0) {
		free(line);
		line = NULL;
	} else {
		line[strcspn(line, "\n")] = '\0';
	}
	fclose(in);
	return line;
}

/* Installed: beside the program, wherever the prefix was moved to; else where configure said. */
static char *installed_place(const char *own, const char *beside, const char *configured)
{
	AUTO_FREE char *near = own ? xasprintf("%s/%s", own, beside) : NULL;
	char *real = near ? realpath(near, NULL) : NULL;

	return real ? real : xstrdup(configured);
}

void run_find_places(struct conf *c)
{
	AUTO_FREE char *own = own_folder();
	AUTO_FREE char *source = own ? source_folder(own) : NULL;

	if (!c->datadir)
		c->datadir = source ? xstrdup(source)
				    : installed_place(own, "../share/ruadb", RUADB_PKGDATADIR);
	if (!c->libexecdir)
		c->libexecdir = source ? xasprintf("%s/parse", own)
				       : installed_place(own, "../libexec/ruadb",
							 RUADB_PKGLIBEXECDIR);
}

char *run_parser_path(const struct conf *c)
{
	const char *env = getenv("RUADB_PARSE");

	return env && *env ? xstrdup(env) : xasprintf("%s/ruadb-parse", c->libexecdir);
}

int run_jobs(const struct conf *c)
{
	cpu_set_t cores;
	int n = 1;

	if (c->jobs > 0)
		return c->jobs;
	if (sched_getaffinity(0, sizeof(cores), &cores) == 0)
		n = CPU_COUNT(&cores);
	return n > 8 ? 8 : n;
}
