/* Following logs: what comes of files that are written, renamed, truncated, and not there. */
#include "base/buf.h"
#include "ingest/follow.h"
#include "tests/unit/tap.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MS 1000000L
#define LINE "Jun  1 14:20:03 mx1 postfix/qmgr[7]: %s: removed\n"

static char root[] = "/tmp/ruadb-t_follow.XXXXXX";

/* The database: how far files are read, by inode and their first bytes. */
static struct {
	uint64_t inode;
	char head[INGEST_LOG_HEAD];
	uint32_t length;
	int64_t offset;
} stored[64];
static size_t n_stored;
static int64_t last_read;

static int on_offset(void *ctx, const struct ingest_log *l, int64_t *ret, struct err *e)
{
	(void)ctx;
	(void)e;
	*ret = 0;
	for (size_t i = 0; i < n_stored; i++)
		if (stored[i].inode == l->inode && stored[i].length <= l->head_length &&
		    memcmp(stored[i].head, l->head, stored[i].length) == 0)
			*ret = stored[i].offset;
	return 0;
}

static int on_last_read(void *ctx, const char *path, int64_t *ret, struct err *e)
{
	(void)ctx;
	(void)path;
	(void)e;
	*ret = last_read;
	return 0;
}

static void on_news(void *ctx, const char *path, const char *what, bool trouble)
{
	(void)ctx;
	(void)trouble;
	tap_note("%s %s", strrchr(path, '/') + 1, what);
}

static const struct follow_owner owner = {NULL, on_offset, on_last_read, on_news};

static void commit(const struct ingest_log *l, int64_t offset)
{
	size_t i = 0;

	while (i < n_stored && (stored[i].inode != l->inode || stored[i].length != l->head_length ||
				memcmp(stored[i].head, l->head, l->head_length) != 0))
		i++;
	if (i == sizeof(stored) / sizeof(*stored))
		return;
	if (i == n_stored)
		n_stored++;
	stored[i].inode = l->inode;
	stored[i].length = l->head_length;
	memcpy(stored[i].head, l->head, l->head_length);
	stored[i].offset = offset;
	last_read = (int64_t)time(NULL);
}

/* ---- files ---- */

static char *path_of(const char *name)
{
	return xasprintf("%s/%s", root, name);
}

/* Words of one letter each, as lines. */
static void write_to(const char *name, const char *words, int flags)
{
	AUTO_FREE char *path = path_of(name);
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600);
	struct buf b = {0};

	for (; *words; words++)
		buf_printf(&b, LINE, (char[]){*words, '\0'});
	if (fd < 0 || write(fd, b.p, b.len) != (ssize_t)b.len)
		tap_note("%s can't be written", name);
	close(fd);
	buf_free(&b);
}

static void append(const char *name, const char *words)
{
	write_to(name, words, O_APPEND);
}

/* As it was written an hour ago. */
static void age(const char *name)
{
	AUTO_FREE char *path = path_of(name);
	struct timespec t[2] = {{time(NULL) - 3600, 0}, {time(NULL) - 3600, 0}};

	if (utimensat(AT_FDCWD, path, t, 0) < 0)
		tap_note("%s can't be made older", name);
}

static void move(const char *from, const char *to)
{
	AUTO_FREE char *a = path_of(from), *b = path_of(to);

	if (rename(a, b) < 0)
		tap_note("%s can't be renamed", from);
}

static void copy(const char *from, const char *to)
{
	AUTO_FREE char *command = xasprintf("cp %s/%s %s/%s", root, from, root, to);
	FILE *p = popen(command, "re");

	if (p)
		pclose(p);
}

static void clean(void)
{
	DIR *d = opendir(root);
	struct dirent *de;

	while (d && (de = readdir(d)))
		if (de->d_name[0] != '.')
			unlinkat(dirfd(d), de->d_name, 0);
	if (d)
		closedir(d);
	n_stored = 0;
	last_read = TIME_ABSENT;
}

/* ---- following ---- */

static struct follow *begin(const char *const *names, size_t n)
{
	AUTO_FREE char **paths = xcalloc(n, sizeof(char *));
	struct follow *f = NULL;
	struct err e = {0};

	for (size_t i = 0; i < n; i++)
		paths[i] = path_of(names[i]);
	if (follow_new((const char *const *)paths, n, &f, &e) < 0)
		tap_note("%s", e.msg);
	for (size_t i = 0; i < n; i++)
		free(paths[i]);
	if (f)
		follow_begin(f, &owner, NULL);
	return f;
}

static struct follow *follow_one(void)
{
	return begin((const char *const[]){"mail.log"}, 1);
}

static void pause_a_little(void)
{
	nanosleep(&(struct timespec){0, 250 * MS}, NULL);
}

/* The words of all that comes, and commits it if wanted. */
static const char *words(struct follow *f, bool commits)
{
	static struct buf b;
	struct ingest_item it;
	struct err e = {0};

	b.len = 0;
	for (int i = 0; i < 3; i++) {
		pause_a_little();
		while (follow_next(f, &it, &e) == 1) {
			for (const char *p = it.bytes, *end = p + it.size; p < end;) {
				const char *nl = memchr(p, '\n', (size_t)(end - p));

				nl = nl ? nl : end;
				buf_add(&b, nl - p > 12 ? nl - 10 : "?", 1);
				p = nl + 1;
			}
			if (commits)
				commit(it.log, it.to);
			free(it.item);
			free(it.bytes);
		}
	}
	return buf_cstr(&b);
}

static void test_written(void)
{
	clean();
	append("mail.log", "ab");
	struct follow *f = follow_one();

	is_str(words(f, true), "ab", "what is there at first");
	is_str(words(f, true), "", "comes once");
	append("mail.log", "c");
	append("mail.log", "d");
	is_str(words(f, true), "cd", "what is written then");
	follow_free(f);
	append("mail.log", "e");
	f = follow_one();
	is_str(words(f, false), "e", "started again: from where it was read to");
	follow_begin(f, &owner, NULL);
	is_str(words(f, true), "e", "what was not stored comes again");
	follow_begin(f, &owner, NULL);
	is_str(words(f, true), "", "what was does not");
	follow_free(f);
}

static void test_renamed(void)
{
	clean();
	append("mail.log", "ab");
	struct follow *f = follow_one();

	is_str(words(f, true), "ab", "before it is renamed");
	append("mail.log", "c");
	move("mail.log", "mail.log.1");
	append("mail.log.1", "d");
	is_str(words(f, true), "cd", "renamed: it is read on");
	append("mail.log", "ef");
	append("mail.log.1", "g");
	is_str(words(f, true), "gef", "the new one from its beginning, the old one still");
	append("mail.log.1", "h");
	append("mail.log", "i");
	is_str(words(f, true), "hi", "for who writes it may not know yet");
	move("mail.log.1", "mail.log.2");
	move("mail.log", "mail.log.1");
	append("mail.log", "j");
	is_str(words(f, true), "j", "once more");
	follow_free(f);
}

static void test_rotated_meanwhile(void)
{
	clean();
	append("mail.log.9", "z");
	age("mail.log.9");
	append("mail.log", "ab");
	struct follow *f = follow_one();

	is_str(words(f, true), "ab", "a first start reads what is named, not what lies beside it");
	follow_free(f);
	append("mail.log", "c");
	move("mail.log", "mail.log.2");
	append("mail.log.1", "d");
	append("mail.log", "e");
	f = follow_one();
	is_str(words(f, true), "cde", "rotated twice while nobody followed");
	follow_free(f);
	f = follow_one();
	is_str(words(f, true), "", "and no more than once");
	follow_free(f);
}

static void test_truncated(void)
{
	clean();
	append("mail.log", "ab");
	struct follow *f = follow_one();

	is_str(words(f, true), "ab", "before it is truncated");
	append("mail.log", "c");
	copy("mail.log", "mail.log.1");
	write_to("mail.log", "", O_TRUNC);
	append("mail.log", "d");
	is_str(words(f, true), "cd", "copytruncate: the rest from the copy, then the new lines");
	write_to("mail.log", "", O_TRUNC);
	is_str(words(f, true), "", "empty now");
	append("mail.log", "efgh");
	is_str(words(f, true), "efgh", "from its beginning");
	write_to("mail.log", "ijklm", O_TRUNC);
	is_str(words(f, true), "ijklm", "truncated and longer than before at the next look");
	follow_free(f);
}

static void test_missing(void)
{
	static const char *const names[] = {"mail.log", "other.log"};
	struct err e = {0};
	struct follow *f;
	size_t missing;

	clean();
	f = begin(names, 2);
	is_str(words(f, true), "", "files that are not there yet");
	is_int((int64_t)follow_open(f, &missing), 0, "none is open");
	is_int((int64_t)missing, 2, "two are missing");
	append("other.log", "a");
	is_str(words(f, true), "a", "one comes");
	append("mail.log", "b");
	append("other.log", "c");
	is_str(words(f, true), "bc", "the other one, too");
	follow_free(f);
	is_int(follow_new((const char *const[]){"/nowhere/mail.log"}, 1, &f, &e), -1, "no folder");
	is_int(e.class, ERR_CONFIG, "is a matter of configuration");
}

static void test_unfinished(void)
{
	AUTO_FREE char *path = path_of("mail.log");
	int fd;

	clean();
	append("mail.log", "a");
	struct follow *f = follow_one();

	is_str(words(f, true), "a", "a line");
	fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	if (fd < 0 || write(fd, "Jun  1 14:20:03 mx1 postfix/qmgr[7]: b: ", 40) != 40)
		return;
	is_str(words(f, true), "", "half a line is waited for");
	if (write(fd, "removed\n", 8) != 8)
		return;
	close(fd);
	is_str(words(f, true), "b", "until it is whole");
	follow_free(f);
}

int main(void)
{
	if (!mkdtemp(root)) {
		printf("Bail out! no folder\n");
		return 1;
	}
	test_written();
	test_renamed();
	test_rotated_meanwhile();
	test_truncated();
	test_missing();
	test_unfinished();
	clean();
	rmdir(root);
	return tap_done();
}
