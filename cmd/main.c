/*
 * ruadb - what the mail world reports back about a sender, as evidence in PostgreSQL.
 *
 * One table says which commands there are, what they need and what they say of themselves.
 */
#include "base/mem.h"
#include "cmd/run.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

static const struct command commands[] = {
	{"ingest", cmd_ingest, NEED_CONF, "[OPTION]... PATH... | -",
	 "read reports and delivery logs from files, folders, maildirs, mbox files or standard input",
	 "Reads every DMARC aggregate report and every log of a mail server at or below PATH, and\n"
	 "stores what is in it. Content decides what a file is, never its name: XML, gzip, zip, a\n"
	 "mail with attachments, an mbox, a log. What is neither is left alone. A file that has not\n"
	 "changed since the last run is not opened; a log that grew is read from where it ended.\n"
	 "\n"
	 "  --again          read files that have not changed, too\n"
	 "  --reparse        and parse bytes that are known: after authserv_id was set, say\n"
	 "  --jobs N         worker processes (default: as many as cores, at most 8)\n"
	 "  --format json    print one JSON object in place of the summary\n"
	 "  --parse-only     read and check everything, store nothing: for measuring\n"
	 "  --no-refresh     leave rollup and classes of sources to `ruadb db refresh`\n"
	 "\n"
	 "Ctrl-C ends after the batch that is being stored; the next run goes on from there.\n"
	 "Exit status: 0 all is well; 65 something was quarantined; 75 the database is away or a\n"
	 "file can't be read now, run again; 78 configuration; 71 out of memory; 64 usage.\n"},
	{"follow", cmd_follow, NEED_CONF, "[OPTION]... FILE...",
	 "read delivery logs as they are written",
	 "Reads logs of mail servers from where they were read to before, and goes on for ever: what is\n"
	 "written is stored within two seconds. Files may be rotated in either way, or not be there\n"
	 "yet; whatever ends in between, no line is lost and none counts twice.\n"
	 "\n"
	 "  --jobs N         worker processes (default: as many as cores, at most 8)\n"
	 "  --no-refresh     leave what makes reports fast to `ruadb db refresh`\n"
	 "\n"
	 "SIGTERM ends after the batch that is being stored; SIGHUP has the settings read anew.\n"
	 "Exit status: 0; 78 configuration; 71 out of memory; 64 usage.\n"},
	{"fetch", cmd_fetch, NEED_CONF, "[OPTION]... [ACCOUNT]...",
	 "read reports from mailboxes, over IMAP",
	 "Reads what is new in the mailboxes that [account \"NAME\"] sections of ruadb.conf(5) name, or\n"
	 "in these ACCOUNTs, and stores it as ingest does. Once a mail's reports are stored for good\n"
	 "it is moved, flagged or left, as the account wants it; no mail is ever fetched for nothing,\n"
	 "none is lost, and none counts twice.\n"
	 "\n"
	 "  --watch          go on for ever, and read each mail as it comes\n"
	 "  --check          say step by step what works and what does not; change nothing\n"
	 "  --dry-run        change neither mailbox nor database; say what would be done\n"
	 "  --jobs N         worker processes (default: as many as cores, at most 8)\n"
	 "  --format json    print one JSON object in place of the summary; not with --watch\n"
	 "  --no-refresh     leave rollup and classes of sources to `ruadb db refresh`\n"
	 "\n"
	 "Ctrl-C ends after the batch that is being stored; SIGHUP has --watch read its settings anew.\n"
	 "Exit status: 0 all is well; 65 something was quarantined; 75 a mailbox or the database is\n"
	 "away, run again; 78 an account needs a person; 71 out of memory; 64 usage.\n"},
	{"inspect", cmd_inspect, NEED_CONF, "[OPTION]... FILE...",
	 "show what would be stored, without a database",
	 "Reads FILE (- for standard input) as ingest would and prints what is in it.\n"
	 "\n"
	 "  --format table   the head and a table of records (default)\n"
	 "  --format json    all fields, one JSON object an item\n"},
	{"report", cmd_report, NEED_CONF | NEED_OWN_HELP, "[OPTION]... [NAME | list | help NAME]",
	 "print a report",
	 "Prints the report NAME; `list`, or nothing, prints which there are. `help NAME`, or\n"
	 "NAME --help, says what a report is and which parameters it takes.\n"
	 "\n"
	 "  --since DAY      only days from then on: 2026-01-31, or 30d\n"
	 "  --domain NAME    only this domain: a policy domain or an organizational one\n"
	 "  --source ADDR    an address or a range, for reports about one source\n"
	 "  --ip ADDR        this address of ours, for reports about deliveries\n"
	 "  --gateway NAME   this gateway of receivers, or family of gateways\n"
	 "  --limit N        at most that many rows\n"
	 "  --param N=V      a report's parameter of another name\n"
	 "  --format F       table (default), json, jsonl, csv, tsv or markdown\n"
	 "\n"
	 "Ctrl-C ends a report that takes too long, in the database too.\n"},
	{"export", cmd_export, NEED_CONF, "--as SHAPE [OPTION]...",
	 "print the stored reports as another program would",
	 "Prints all reports that count, for those who switch, in the shape of parsedmarc 10:\n"
	 "\n"
	 "  --as parsedmarc-json   its JSON: one array, an object a report\n"
	 "  --as parsedmarc-csv    its CSV: one row a record\n"
	 "  --since DAY            only reports of that day or later: 2026-01-31, or 30d\n"
	 "  --domain NAME          only this policy domain, or all of this organizational domain\n"
	 "  --sender               who sent each report, too, which parsedmarc does not say\n"},
	{"domains", cmd_domains, NEED_CONF, "add NAME... | remove NAME... | list [OPTION]...",
	 "the domains that are ours; reports for others are in no total",
	 "  add NAME...      declare domains that are ours, with all below their organizational\n"
	 "                   domain; once one is, reports for others are foreign: in no total\n"
	 "  remove NAME...   take that back\n"
	 "  list             what is declared, where, which policy domains have reports, which of\n"
	 "                   them are foreign, and of when the public suffix list is\n"
	 "\n"
	 "  --format F       list: as for report, table (default), json, csv ..\n"
	 "\n"
	 "[domains] names in ruadb.conf(5) declares, too.\n"},
	{"senders", cmd_senders, NEED_CONF,
	 "add NAME ... | remove ... | list | import FILE | export",
	 "who sends as us: address ranges, DKIM and SPF domains",
	 "  add NAME         declare something of a sender; what is declared already stays\n"
	 "    --address R    a range: 192.0.2.0/24, 192.0.2.7, 192.0.2.10-192.0.2.19, IPv6 likewise\n"
	 "    --dkim D[:S]   DKIM signatures of domain D, with selector S or any\n"
	 "    --spf D        the domain that SPF is checked for\n"
	 "    --dedicated    nobody else sends from the addresses given\n"
	 "    --owner WHO    who answers for the sender\n"
	 "  remove NAME...   take back all of a sender, or with --address, --dkim, --spf these\n"
	 "  list             what is declared, and what of it is in the reports\n"
	 "  import FILE      declare what is in a CSV file (- for standard input), whole or not\n"
	 "  export           print such a file: name,owner,dedicated,address,dkim_domain,\n"
	 "                   dkim_selector,spf_domain\n"
	 "\n"
	 "  --format F       list: as for report, table (default), json, csv ..\n"},
	{"lookup", cmd_lookup, NEED_CONF, "add ... | list | remove N...",
	 "what you looked up elsewhere by hand, as dated evidence",
	 "  add              note what a lookup gave\n"
	 "    --kind K       ipcheck, blocklist: --value clean or listed;\n"
	 "                   rdns, helo, spf, dkim, dmarc: pass, fail or none; score: 0 to 100\n"
	 "    --value V      what it gave\n"
	 "    --checker WHO  who looked\n"
	 "    --ip ADDR      of this address\n"
	 "    --domain NAME  of this domain\n"
	 "    --list NAME    which blocklist, or who gives the score\n"
	 "    --at TIME      when: 2026-01-31, 2026-01-31T09:30Z, a zone as +01:00 (default now)\n"
	 "  list             all of them, the newest first, and which are stale\n"
	 "  remove N...      take lookups back, by number\n"
	 "\n"
	 "  --format F       list: as for report, table (default), json, csv ..\n"},
	{"rules", cmd_rules, NEED_CONF, "test [OPTION]... [REPLY]... | list | apply",
	 "what replies of mail servers mean: which rule hits, and why",
	 "  test REPLY...    which rule hits this reply, what it means, whose gateway it gives away, and\n"
	 "                   the reply without what varies; without REPLY standard input, one a line\n"
	 "    --host H       the host that said it: its gateway's rules are asked, too\n"
	 "    --gateway G    the same, by the gateway's name\n"
	 "    --code N       in place of the code in front: 421\n"
	 "    --enhanced S   in place of the status behind it: 4.7.0\n"
	 "  list             all rules, in the order in which they are asked\n"
	 "  apply            judge again what is stored, after rules were changed\n"
	 "\n"
	 "  --format json    test, list: one JSON object a line\n"
	 "\n"
	 "ruadb-rules(5) says how to write rules of your own.\n"},
	{"mx", cmd_mx, NEED_CONF, "import FILE [--at DAY]",
	 "MX records of recipient domains: whose gateway they were behind that day",
	 "Where the logs name no host of a gateway, a record of the day or of a week around it says\n"
	 "whose gateway a recipient domain is behind. Lines as `dig +noall +answer MX` prints them,\n"
	 "or a domain and its mail exchanger; - for standard input.\n"
	 "\n"
	 "  --at DAY         when they were looked up (default: when FILE was written)\n"},
	{"settings", cmd_settings, NEED_CONF, "[list | set NAME VALUE | reset NAME] [OPTION]...",
	 "the numbers in the definitions that you may change",
	 "  list             all of them, with what each decides (default)\n"
	 "  set NAME VALUE   change one\n"
	 "  reset NAME       its default again\n"
	 "\n"
	 "  --format F       list: as for report, table (default), json, csv ..\n"},
	{"config", cmd_config, NEED_CONF, "check | show [--format table | json]",
	 "the settings of ruadb.conf(5): what is wrong with them, where each comes from",
	 "  check            read them all; look whether accounts are whole, and whether the files\n"
	 "                   that hold secrets are there and private. Exit status 78 if not.\n"
	 "  show             each setting, its value, and what it comes from: a line of the file,\n"
	 "                   the environment, --set, or the default. Secrets are masked.\n"
	 "\n"
	 "  --format json    show: one JSON object\n"
	 "\n"
	 "No server is asked: `ruadb fetch --check` does that.\n"},
	{"quarantine", cmd_quarantine, NEED_CONF | NEED_DB_WRITE,
	 "list | show N | retry | export | drop [N... | --all] [OPTION]...",
	 "what could not be read, and why",
	 "  list             one item: number, time, class, size, where from; why\n"
	 "  show N           all of it; with --bytes the bytes as they came, and nothing else\n"
	 "  retry N...       read them again, with the bytes that were kept\n"
	 "  export N...      write the bytes as they came into files; one alone to a pipe\n"
	 "  drop N...        forget them, with their bytes; the same bytes are not read again\n"
	 "\n"
	 "  --all            all there are; these choose among them, or among the numbers:\n"
	 "  --class C        input (broken), limit (too much of something) or bug (of ours)\n"
	 "  --reason TEXT    TEXT is in the reason, in whatever case\n"
	 "  --older-than A   put there longer ago than A: 90d, 4w, 12h\n"
	 "  --to DIR         export: the folder; made if it is not there\n"
	 "  --dry-run        drop: only say what would be dropped\n"
	 "  --bytes          show: see there\n"
	 "  --format json    one JSON object a line; retry: as ingest\n"},
	{"prune", cmd_prune, NEED_CONF, "--older-than AGE KIND... [OPTION]...",
	 "take what is old out of the database, kind by kind",
	 "Kinds, in the order they are taken in; figures of cohorts stay:\n"
	 "  recipients       addresses and envelope senders, where [logs] recipients kept them\n"
	 "  attempts         attempts of deliveries: replies and times\n"
	 "  deliveries       deliveries, with their attempts\n"
	 "  originals        the bytes of reports that are stored; quarantine keeps its own\n"
	 "\n"
	 "  --older-than A   days of deliveries, or storing, longer ago than A: 90d, 26w\n"
	 "  --dry-run        only say what would go\n"
	 "  --format json    one JSON object\n"},
	{"status", cmd_status, NEED_CONF, "[OPTION]...",
	 "how the collection is: mailboxes, quarantine, silent reporters",
	 "Prints for each folder of each account when it was last dealt with, how much waits and\n"
	 "since when, and what to do something about; then when the last report was stored, what\n"
	 "lies in quarantine, and which reporters are silent. The limits are settings: status_*.\n"
	 "\n"
	 "  --nagios         as a monitoring plugin: one line, performance data, and as exit\n"
	 "                   status 0 ok, 1 warning, 2 critical, 3 unknown\n"
	 "  --format F       as for report: table (default), json with all there is to say, csv ..\n"},
	{"db", cmd_db, NEED_CONF, "status | start | stop | url | maintain | refresh | migrate | dump FILE | doc",
	 "the database: state, start, stop, address, upkeep, moving",
	 "  status           where the database is; exit status 69 if it does not run\n"
	 "  start, stop      the private server (there is one unless [store] conninfo is set)\n"
	 "  url              a connection string for psql, Grafana and others\n"
	 "  maintain         make partitions for the months ahead; refresh\n"
	 "  refresh          bring rollup and classes of sources up to date, as ingest does\n"
	 "  migrate          bring the schema up to date; --dry-run prints what it would do\n"
	 "  dump FILE        all of it, for pg_restore on another server; - for plain SQL\n"
	 "  doc              the views and columns, and questions to ask them, in Markdown; --man\n"},
	{"sql", cmd_sql, NEED_CONF, "[PSQL-ARGUMENT]...",
	 "open psql as a reader of the views",
	 "Starts psql with search_path = ruadb and the right to read. Arguments go to psql, for\n"
	 "example: ruadb sql -c 'SELECT * FROM report LIMIT 10'\n"},
	{NULL, NULL, 0, NULL, NULL, NULL},
};

static void help(FILE *out)
{
	fputs("Usage: ruadb [-c FILE] [--tenant N] [-q] [-v] COMMAND ...\n\n", out);
	for (const struct command *c = commands; c->name; c++)
		fprintf(out, "  %-11s %s\n", c->name, c->summary);
	fputs("\n"
	      "  -c, --config FILE   settings (ruadb.conf(5))\n"
	      "      --tenant N      whose data (default 1)\n"
	      "      --home DIR      in place of RUADB_HOME: the private database and its files\n"
	      "      --set S.KEY=V   a setting, before environment and file\n"
	      "  -q, --quiet         warnings and errors only\n"
	      "  -v, --verbose       say more\n"
	      "      --version       print the version\n"
	      "\n"
	      "`ruadb COMMAND --help` says more of a command, ruadb(1) all of it.\n", out);
}

static const struct command *find(const char *name)
{
	for (const struct command *c = commands; c->name; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

int main(int argc, char **argv)
{
	struct run r = {0};
	int status;
	int option;

	mem_keep();
	signal(SIGPIPE, SIG_IGN);
	option = run_option(&r, argc, argv, "", NULL, &status);
	if (option == OPTION_END && optind < argc) {
		const char *name = argv[optind];

		r.command = find(name);
		if (r.command) {
			argc -= optind;
			argv += optind;
			optind = 0; /* getopt begins anew */
			status = r.command->main(&r, argc, argv);
		} else {
			status = run_usage(&r, "there is no command '%s'", name);
		}
	} else if (option == OPTION_END) {
		help(stderr);
		status = EX_USAGE;
	} else if (option != OPTION_EXIT) {
		help(stdout);
		status = run_flushed(0);
	}
	run_end(&r);
	return status;
}
