#include "base/secret.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool secret_is_set(const struct secret *s)
{
	return s->value || s->file || s->command || s->credential;
}

void secret_wipe(char *secret)
{
	if (secret)
		explicit_bzero(secret, strlen(secret));
	free(secret);
}

static int check_private(const char *path, const struct stat *st, struct err *e)
{
	if (!S_ISREG(st->st_mode))
		return err_set(e, ERR_CONFIG, "'%s' is not a regular file", path);
	if (st->st_mode & (S_IROTH | S_IWOTH))
		return err_set(e, ERR_CONFIG, "'%s' holds a secret and everybody on this machine may "
			       "%s it; mend it with: chmod o-rwx '%s'", path,
			       st->st_mode & S_IROTH ? "read" : "write", path);
	return 0;
}

int secret_file_private(const char *path, struct err *e)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return err_set(e, ERR_CONFIG, "'%s': %s", path, strerror(errno));
	return check_private(path, &st, e);
}

/* Up to room - 1 bytes, and NUL; a file that holds more is an error. */
static int read_private(const char *path, char *to, size_t room, size_t *ret_n, struct err *e)
{
	/* Without O_NONBLOCK a FIFO would hold us before it is seen that it is one. */
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	size_t n = 0;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_set(e, ERR_CONFIG, "'%s': %s", path, strerror(errno));
	if (check_private(path, &st, e) < 0)
		return -1;
	while (n < room) {
		ssize_t got = read(fd, to + n, room - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_set(e, ERR_CONFIG, "'%s': %s", path, strerror(errno));
		if (got == 0)
			break;
		n += (size_t)got;
	}
	if (n == room)
		return err_set(e, ERR_CONFIG, "'%s' is over %d bytes: no secret", path, SECRET_MAX);
	to[n] = '\0';
	if (memchr(to, '\0', n))
		return err_set(e, ERR_CONFIG, "'%s' has a NUL byte: no secret", path);
	*ret_n = n;
	return 0;
}

int secret_read_file(const char *path, const char *what, char **ret_text, struct err *e)
{
	char *text = xmalloc(SECRET_MAX + 1);
	size_t n = 0;
	int rc = read_private(path, text, SECRET_MAX + 1, &n, e);

	if (rc == 0 && n == 0)
		rc = err_set(e, ERR_CONFIG, "'%s' is empty", path);
	if (rc == 0)
		*ret_text = xstrdup(text);
	else
		err_wrap(e, "%s", what);
	explicit_bzero(text, SECRET_MAX + 1);
	free(text);
	return rc;
}

static bool write_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t done = write(fd, p, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		p += done;
		n -= (size_t)done;
	}
	return true;
}

/* The new file beside the old one, which it then replaces. */
static int write_beside(const char *path, const char *beside, const char *secret, struct err *e)
{
	AUTO_CLOSE int fd = -1;
	struct stat st;

	if (stat(path, &st) < 0)
		return err_set(e, ERR_CONFIG, "'%s': %s", path, strerror(errno));
	/* Of a run that was killed. */
	unlink(beside);
	fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_set(e, ERR_CONFIG, "'%s': %s", beside, strerror(errno));
	if ((st.st_uid != geteuid() || st.st_gid != getegid()) &&
	    fchown(fd, st.st_uid, st.st_gid) < 0)
		return err_set(e, ERR_CONFIG, "'%s': the owner of '%s' can't be had: %s", beside, path,
			       strerror(errno));
	if (fchmod(fd, st.st_mode & 0770) < 0 || !write_all(fd, secret, strlen(secret)) ||
	    !write_all(fd, "\n", 1) || fsync(fd) < 0 || rename(beside, path) < 0)
		return err_set(e, ERR_CONFIG, "'%s': %s", beside, strerror(errno));
	return 0;
}

int secret_replace(const struct secret *s, const char *secret, struct err *e)
{
	/* Not the link: what it points to. */
	AUTO_FREE char *path = s->file ? realpath(s->file, NULL) : NULL;
	AUTO_FREE char *beside = NULL;

	if (!s->file)
		return err_set(e, ERR_CONFIG, "it lies in no file");
	if (!path)
		return err_set(e, ERR_CONFIG, "'%s': %s", s->file, strerror(errno));
	beside = xasprintf("%s.new", path);
	if (write_beside(path, beside, secret, e) < 0) {
		unlink(beside);
		return -1;
	}
	return 0;
}

/* A file of systemd's: a name, no path, so that it stays in that folder. */
static int credential_path(const char *name, char **ret_path, struct err *e)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");

	if (!*name || strchr(name, '/') || name[0] == '.')
		return err_set(e, ERR_CONFIG, "'%s' is no name of a credential", name);
	if (!folder || !*folder)
		return err_set(e, ERR_CONFIG, "no credential '%s': $CREDENTIALS_DIRECTORY is not set; "
			       "the systemd unit needs LoadCredential=%s:/path/to/file", name, name);
	*ret_path = xasprintf("%s/%s", folder, name);
	return 0;
}

static int read_first_line(const struct secret *s, const char *what, char *to, struct err *e)
{
	AUTO_FREE char *path = NULL;
	size_t n;

	if (s->command)
		return secret_command(s->command, what, SECRET_SECONDS, to, SECRET_MAX + 1, e);
	if (s->file)
		path = xstrdup(s->file);
	else if (s->credential && credential_path(s->credential, &path, e) < 0)
		return err_wrap(e, "%s", what);
	if (!path)
		return err_set(e, ERR_CONFIG, "%s: none is configured", what);
	if (read_private(path, to, SECRET_MAX + 1, &n, e) < 0)
		return err_wrap(e, "%s", what);
	to[strcspn(to, "\r\n")] = '\0';
	if (!*to)
		return err_set(e, ERR_CONFIG, "%s: the first line of '%s' is empty", what, path);
	return 0;
}

int secret_read(const struct secret *s, const char *what, char **ret_secret, struct err *e)
{
	char *line;
	int rc;

	if (s->value) {
		if (!*s->value)
			return err_set(e, ERR_CONFIG, "%s: it is empty", what);
		*ret_secret = xstrdup(s->value);
		return 0;
	}
	line = xcalloc(1, SECRET_MAX + 1);
	rc = read_first_line(s, what, line, e);
	if (rc == 0)
		*ret_secret = xstrdup(line);
	explicit_bzero(line, SECRET_MAX + 1);
	free(line);
	return rc;
}
