/*
 * The wall: what a worker can still do behind its sandbox, and what ends it. Each attempt is made
 * by a child of its own. Builds with sanitizers have no filter: there the readings are tried only.
 */
#include "parse/sandbox.h"
#include "tests/unit/parse_trace.h"

#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define WELL 0
#define NOT_WELL 1
#define NO_SANDBOX 2

/* How the child ended that made the attempt: its exit status, or -signal. */
static int behind_the_wall(int (*attempt)(void))
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		struct err e;

		trace_parser = parser_new();
		_exit(sandbox_enter(&e) < 0 ? NO_SANDBOX : attempt());
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return NO_SANDBOX;
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

/* A report whose org_name is in another character set. */
static const struct {
	const char *set, *org;
	const char *utf8;
} encoded[] = {
	{"US-ASCII", "e", "e"},
	{"utf8", "\xc3\xa9", "\xc3\xa9"},
	{"ISO-8859-1", "\xe9", "\xc3\xa9"},
	{"iso-8859-15", "\xa4", "\xe2\x82\xac"},
	{"windows-1250", "\x9e", "\xc5\xbe"},
	{"windows-1251", "\xcf", "\xd0\x9f"},
	{"windows-1252", "\x80", "\xe2\x82\xac"},
	{"cp1252", "\x80", "\xe2\x82\xac"},
	{"koi8-r", "\xf0", "\xd0\x9f"},
	{"iso-2022-jp", "\x1b$BF|\x1b(B", "\xe6\x97\xa5"},
	{"gb18030", "\xd6\xd0", "\xe4\xb8\xad"},
};

static size_t encoded_at;

static int read_encoded(void)
{
	AUTO_FREE char *xml = xasprintf(
		"<?xml version=\"1.0\" encoding=\"%s\"?><feedback><report_metadata><org_name>%s"
		"</org_name><date_range><begin>1</begin></date_range></report_metadata>" POLICY
		RECORD "</feedback>", encoded[encoded_at].set, encoded[encoded_at].org);
	AUTO_FREE char *wanted = xasprintf(" org=%s domain=", encoded[encoded_at].utf8);

	return strstr(trace_text(xml), wanted) ? WELL : NOT_WELL;
}

static int read_utf16(void)
{
	struct buf b = {0};

	buf_add(&b, "\xff\xfe", 2);
	for (const char *p = "<?xml version='1.0' encoding='UTF-16'?>" REPORT(RECORD); *p; p++) {
		buf_addc(&b, *p);
		buf_addc(&b, '\0');
	}
	return strcmp(trace_item(b.p, b.len, -1),
		      HEAD_LINE SET_LINE RECORD_LINE("1") "end 1 3 0 0 c\n") == 0 ? WELL : NOT_WELL;
}

/* All that a mail may make GMime look up: none of it may kill. */
static int read_mail(void)
{
	const char *got = trace_text(
		"From: =?big5?Q?=a4=a4?= <a@example.com>\nSubject: =?nobody-knows?B?AA==?=\n"
		"Date: Sat, 21 Nov 2026 22:00:00 +0100\nMIME-Version: 1.0\n"
		"Content-Type: multipart/mixed; boundary=\"b\"\n\n--b\n"
		"Content-Type: text/plain; charset=shift_jis; name*0*=euc-kr''%b0; name*1=x\n"
		"Content-Transfer-Encoding: quoted-printable\n\n=82=a0\n--b\n"
		"Content-Type: application/xml\nContent-Transfer-Encoding: 8bit\n"
		"Content-Disposition: attachment; filename=\"=?utf-7?Q?a?=\"\n\n" REPORT(RECORD)
		"\n--b--\n");

	return strstr(got, "end 1 3 0 0 c\n") ? WELL : NOT_WELL;
}

static int read_unknown_encoding(void)
{
	return strstr(trace_text("<?xml version='1.0' encoding='utf8mb4'?>" REPORT(RECORD)),
		      "repair encoding_unknown from=utf8mb4 to=UTF-8\nend 1 3 0 0 c\n")
		       ? WELL : NOT_WELL;
}

/* What strict reading does not take: a byte that the set does not have. */
static int read_mended_encoding(void)
{
	return strstr(trace_text("<?xml version='1.0' encoding='Shift_JIS'?><feedback>"
				 "<report_metadata><org_name>\x93\xfa\xfd</org_name>"
				 "<report_id>1</report_id><date_range><begin>1792195200</begin>"
				 "<end>1792281599</end></date_range></report_metadata>" POLICY
				 RECORD "</feedback>"),
		      " org=日\xef\xbf\xbd ") ? WELL : NOT_WELL;
}

static void readings(void)
{
	for (encoded_at = 0; encoded_at < sizeof(encoded) / sizeof(*encoded); encoded_at++) {
		AUTO_FREE char *name = xasprintf("a report in %s", encoded[encoded_at].set);

		is_int(behind_the_wall(read_encoded), WELL, name);
	}
	is_int(behind_the_wall(read_utf16), WELL, "a report in UTF-16");
	is_int(behind_the_wall(read_mail), WELL, "a mail of odd character sets");
	is_int(behind_the_wall(read_unknown_encoding), WELL, "an unknown encoding is UTF-8");
	is_int(behind_the_wall(read_mended_encoding), WELL, "what is mended is converted too");
}

#ifndef RUADB_SANITIZE

static int try_open(void)
{
	return open("/etc/passwd", O_RDONLY) < 0 && errno == EPERM ? WELL : NOT_WELL;
}

static int try_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) < 0 && errno == EPERM ? WELL : NOT_WELL;
}

static int try_fork(void)
{
	return fork() < 0 ? WELL : NOT_WELL;
}

static int try_exec(void)
{
	execl("/bin/true", "true", (char *)NULL);
	return NOT_WELL;
}

static int try_kill(void)
{
	return kill(getppid(), 0);
}

static int try_run_memory(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? WELL : NOT_WELL;
}

static int try_much_memory(void)
{
	void *volatile p = malloc((size_t)LIMIT_WORKER_MEMORY);

	return p == NULL ? WELL : NOT_WELL;
}

static void attempts(void)
{
	is_int(behind_the_wall(try_open), WELL, "open answers EPERM");
	is_int(behind_the_wall(try_socket), WELL, "so does socket");
	is_int(behind_the_wall(try_fork), -SIGSYS, "fork kills");
	is_int(behind_the_wall(try_exec), -SIGSYS, "exec kills");
	is_int(behind_the_wall(try_kill), -SIGSYS, "a signal to another kills");
	is_int(behind_the_wall(try_run_memory), -SIGSYS, "memory that can be run kills");
	is_int(behind_the_wall(try_much_memory), WELL, "memory has an end");
}

#else

static void attempts(void)
{
	tap_skip("no filter in a build with sanitizers");
}

#endif

int main(void)
{
	readings();
	attempts();
	return trace_done();
}
