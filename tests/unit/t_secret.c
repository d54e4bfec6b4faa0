/* Secrets: where they may lie, and what is refused. */
#include "base/mem.h"
#include "base/secret.h"
#include "tests/unit/tap.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[] = "/tmp/ruadb-secret.XXXXXX";

static char *put(const char *name, const char *text, size_t n, mode_t mode)
{
	char *path = xasprintf("%s/%s", root, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, text, n) != (ssize_t)n || fchmod(fd, mode) < 0)
		tap_note("%s was not written", path);
	close(fd);
	return path;
}

/* The secret, or "CLASS: message"; the caller's. */
static char *got(const struct secret *s)
{
	struct err e = {0};
	char *secret = NULL;

	if (secret_read(s, "password", &secret, &e) == 0)
		return secret;
	return xasprintf("%s: %s", err_class_name(e.class), e.msg);
}

static void is_got(struct secret s, const char *wanted, const char *name)
{
	AUTO_FREE char *is = got(&s);

	is_str(is, wanted, name);
}

static void has_got(struct secret s, const char *class, const char *words, const char *name)
{
	AUTO_FREE char *is = got(&s);

	if (!ok(strncmp(is, class, strlen(class)) == 0 && strstr(is, words), name))
		tap_note("got %s", is);
}

static void test_files(void)
{
	AUTO_FREE char *good = put("good", "s3cret \r\nnot this\n", 18, 0640);
	AUTO_FREE char *bare = put("bare", "s3cret", 6, 0400);
	AUTO_FREE char *open_ = put("open", "s3cret\n", 7, 0644);
	AUTO_FREE char *writable = put("writable", "s3cret\n", 7, 0602);
	AUTO_FREE char *empty = put("empty", "\ns3cret\n", 8, 0600);
	AUTO_FREE char *nul = put("nul", "s3\0cret\n", 8, 0600);
	AUTO_FREE char *link = xasprintf("%s/link", root), *fifo = xasprintf("%s/fifo", root);
	AUTO_FREE char *large = xcalloc(1, SECRET_MAX + 2);
	struct err e = {0};

	is_got((struct secret){.file = good}, "s3cret ", "the first line of a file, blanks and all");
	is_got((struct secret){.file = bare}, "s3cret", "without a line end");
	has_got((struct secret){.file = open_}, "config", "chmod o-rwx", "that all may read: refused");
	has_got((struct secret){.file = writable}, "config", "chmod", "that all may write: refused");
	ok(symlink(open_, link) == 0, "a link to it");
	has_got((struct secret){.file = link}, "config", "chmod", "is no way around");
	has_got((struct secret){.file = empty}, "config", "empty", "an empty first line is no secret");
	has_got((struct secret){.file = nul}, "config", "NUL", "nor one with a NUL");
	has_got((struct secret){.file = root}, "config", "not a regular file", "nor a folder");
	ok(mkfifo(fifo, 0600) == 0, "a FIFO");
	has_got((struct secret){.file = fifo}, "config", "not a regular file", "holds nobody");
	unlink(fifo);
	unlink(link);
	memset(large, 'x', SECRET_MAX + 1);
	AUTO_FREE char *most = put("most", large, SECRET_MAX, 0600);
	AUTO_FREE char *over = put("over", large, SECRET_MAX + 1, 0600);

	large[SECRET_MAX] = '\0';
	is_got((struct secret){.file = most}, large, "the longest");
	has_got((struct secret){.file = over}, "config", "over", "is not longer");
	is_int(secret_file_private(good, &e), 0, "a private file");
	is_int(secret_file_private(open_, &e), -1, "and one that is not");
	has_got((struct secret){.file = over + strlen(over)}, "config", "", "no name");
}

static void test_credentials(void)
{
	AUTO_FREE char *there = put("imap", "from systemd\n", 13, 0400);

	unsetenv("CREDENTIALS_DIRECTORY");
	has_got((struct secret){.credential = (char[]){"imap"}}, "config", "LoadCredential=imap:",
		"a credential without systemd");
	setenv("CREDENTIALS_DIRECTORY", root, 1);
	is_got((struct secret){.credential = (char[]){"imap"}}, "from systemd", "with it");
	has_got((struct secret){.credential = (char[]){"../imap"}}, "config", "no name",
		"not out of its folder");
	chmod(there, 0444);
	has_got((struct secret){.credential = (char[]){"imap"}}, "config", "chmod", "private as well");
}

static void is_said(const char *command, const char *wanted, const char *name)
{
	AUTO_FREE char *copy = xstrdup(command);

	is_got((struct secret){.command = copy}, wanted, name);
}

static void is_failed(const char *command, const char *class, const char *words, const char *name)
{
	AUTO_FREE char *copy = xstrdup(command);

	has_got((struct secret){.command = copy}, class, words, name);
}

static void test_commands(void)
{
	is_said("echo s3cret; echo more", "s3cret", "the first line that a command prints");
	is_said("printf s3cret", "s3cret", "without a line end");
	is_said("cat; echo s3cret", "s3cret", "its standard input is at its end");
	is_said("kill -0 $$; trap '' TERM; echo \"$CREDENTIALS_DIRECTORY\" | sed 's/.*ruadb/is/; s/\\..*//'",
		"is-secret", "it has our environment");
	is_said("yes x | head -c 300000 >&2; yes y | head -c 300000; exit 0", "y",
		"one that says too much of everything is heard out");
	is_said("sleep 600 & echo s3cret", "s3cret", "what it leaves behind is not waited for");
	is_failed("echo s3cret; echo 'no network' >&2; exit 3", "temp", "with 3; it says: no network",
		  "one that fails may go later, and its complaint is told");
	is_failed("echo s3cret; exit 3", "temp", "failed with 3", "but never what it printed");
	is_failed("no-such-command-of-ours", "config", "127", "one that is not there never goes");
	is_failed("true", "config", "nothing", "nothing is no secret");
	is_failed("kill -9 $$", "temp", "signal 9", "one that is killed");
	is_failed("printf 'a\\000b\\n'", "config", "NUL", "NUL");
	is_failed("head -c 70000 /dev/zero | tr '\\0' x", "config", "over", "a line without an end");

	AUTO_FREE char *quiet = xstrdup("echo s3cret; exit 3");
	struct secret s = {.command = quiet};
	AUTO_FREE char *is = got(&s);

	ok(!strstr(is, "s3cret"), "the secret is in no error");
}

/* A zombie is gone: who was its parent may take its time. */
static bool is_gone(int pid)
{
	AUTO_FREE char *path = xasprintf("/proc/%d/stat", pid);
	FILE *in = fopen(path, "re");
	char state = 'Z';

	if (!in)
		return true;
	if (fscanf(in, "%*d (%*[^)]) %c", &state) != 1)
		state = 'Z';
	fclose(in);
	return state == 'Z';
}

/* What is ended is ended whole: the shell and what it waits for. */
static void test_hanging(void)
{
	AUTO_FREE char *path = put("pid", "", 0, 0600);
	AUTO_FREE char *command = xasprintf("sleep 600 & echo $! >'%s'; echo slow >&2; wait", path);
	struct err e = {0};
	char line[64];
	int pid = 0;
	FILE *in;

	is_int(secret_command(command, "password", 1, line, sizeof(line), &e), -1, "a hanging command");
	ok(e.class == ERR_TEMP && strstr(e.msg, "did not end within 1 s; it says: slow"),
	   "is given up for now");
	in = fopen(path, "re");
	ok(in && fscanf(in, "%d", &pid) == 1 && pid > 1, "what it had started");
	if (in)
		fclose(in);
	for (int i = 0; i < 100 && !is_gone(pid); i++)
		usleep(50000);
	ok(pid > 1 && is_gone(pid), "is ended with it");
}

int main(void)
{
	if (!mkdtemp(root)) {
		printf("Bail out! no folder\n");
		return 1;
	}
	has_got((struct secret){0}, "config", "none is configured", "nothing is set");
	is_got((struct secret){.value = (char[]){"s3cret"}}, "s3cret", "in the configuration itself");
	has_got((struct secret){.value = (char[]){""}}, "config", "empty", "but not an empty one");
	test_files();
	test_credentials();
	test_commands();
	test_hanging();

	AUTO_FREE char *clean = xasprintf("rm -rf '%s'", root);

	return system(clean) == 0 ? tap_done() : 1;
}
