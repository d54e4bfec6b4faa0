#include "ingest/source.h"
#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Paths lie in blocks: a malloc for each of many thousand files would cost more than the file. */
#define BLOCK (256 << 10)

struct block {
	struct block *next;
	size_t used;
	char bytes[BLOCK];
};

struct ingest_walk {
	struct ingest_file *files;
	size_t n, cap;
	int64_t bytes;
	struct block *blocks;
	const char *columns; /* of CSV logs without a header line */
	bool may_repeat; /* several paths or a symbolic link: a file may be met twice */
};

static char *keep(struct ingest_walk *w, const char *folder, size_t folder_len, const char *name)
{
	size_t name_len = strlen(name), need = folder_len + name_len + 2;

	if (need > BLOCK)
		return NULL;
	if (!w->blocks || BLOCK - w->blocks->used < need) {
		struct block *b = xmalloc(sizeof(*b));

		b->next = w->blocks;
		b->used = 0;
		w->blocks = b;
	}
	char *to = w->blocks->bytes + w->blocks->used, *p = to;

	w->blocks->used += need;
	if (folder_len) {
		memcpy(p, folder, folder_len);
		p += folder_len;
		if (p[-1] != '/')
			*p++ = '/';
	}
	memcpy(p, name, name_len + 1);
	return to;
}

static void add(struct ingest_walk *w, const char *path, const struct stat *st)
{
	if (w->n == w->cap) {
		w->cap = w->cap ? w->cap * 2 : 256;
		w->files = xrealloc(w->files, w->cap * sizeof(*w->files));
	}
	w->files[w->n++] = (struct ingest_file){
		.path = path,
		.size = st->st_size,
		.mtime_ns = (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec,
		.inode = st->st_ino,
	};
	w->bytes += st->st_size;
}

/* ---- one folder ---- */

struct name {
	const char *name; /* in names */
	unsigned char type;
};

struct listing {
	struct name *names;
	size_t n, cap;
	struct block *blocks;
};

static void free_blocks(struct block *b)
{
	while (b) {
		struct block *next = b->next;

		free(b);
		b = next;
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct name *)a)->name, ((const struct name *)b)->name);
}

static int list(DIR *d, struct listing *ret, const char *path, struct err *e)
{
	struct ingest_walk names = {0}; /* for its blocks */
	struct dirent *de;

	while ((errno = 0, de = readdir(d))) {
		if (strcmp(de->d_name, ".") == 0 || strcmp(de->d_name, "..") == 0)
			continue;
		if (ret->n == ret->cap) {
			ret->cap = ret->cap ? ret->cap * 2 : 64;
			ret->names = xrealloc(ret->names, ret->cap * sizeof(*ret->names));
		}
		ret->names[ret->n++] = (struct name){keep(&names, "", 0, de->d_name), de->d_type};
	}
	ret->blocks = names.blocks;
	if (errno)
		return err_set(e, ERR_CONFIG, "%s: %s", path, strerror(errno));
	if (ret->n)
		qsort(ret->names, ret->n, sizeof(*ret->names), by_name);
	return 0;
}

static bool has(const struct listing *l, const char *name)
{
	struct name key = {.name = name};

	return l->n && bsearch(&key, l->names, l->n, sizeof(key), by_name);
}

static int walk_folder(struct ingest_walk *w, int fd, const char *path, int depth, struct err *e);

/* A symbolic link: to a file it stands for that file under its real path. */
static void follow(struct ingest_walk *w, int dir, const char *folder, const char *name)
{
	AUTO_FREE char *link = xasprintf("%s/%s", folder, name);
	AUTO_FREE char *real = realpath(link, NULL);
	struct stat st;

	if (!real || fstatat(dir, name, &st, 0) < 0 || !S_ISREG(st.st_mode))
		return;
	const char *path = keep(w, "", 0, real);

	if (path)
		add(w, path, &st);
	w->may_repeat = true;
}

static int walk_name(struct ingest_walk *w, int dir, const char *folder, size_t folder_len,
		     const struct name *n, int depth, struct err *e)
{
	struct stat st;

	if (n->type != DT_REG && n->type != DT_DIR && n->type != DT_LNK && n->type != DT_UNKNOWN)
		return 0;
	if (fstatat(dir, n->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : err_set(e, ERR_CONFIG, "%s/%s: %s", folder, n->name,
						     strerror(errno));
	if (S_ISLNK(st.st_mode)) {
		follow(w, dir, folder, n->name);
		return 0;
	}
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return 0;
	const char *path = keep(w, folder, folder_len, n->name);

	if (!path)
		return err_set(e, ERR_CONFIG, "%s: path too long", folder);
	if (S_ISREG(st.st_mode)) {
		add(w, path, &st);
		return 0;
	}
	int fd = openat(dir, n->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? 0 : err_set(e, ERR_CONFIG, "%s: %s", path,
						     strerror(errno));
	return walk_folder(w, fd, path, depth + 1, e);
}

/*
 * No hidden names; but the folders in a maildir begin with a dot. Files beside cur/ and new/ are
 * the mail server's own, and what lies in tmp/ is not there yet.
 */
static bool wanted(const struct name *n, bool maildir)
{
	if (!maildir)
		return n->name[0] != '.';
	return n->type != DT_REG && strcmp(n->name, "tmp") != 0;
}

/* Takes fd. */
static int walk_folder(struct ingest_walk *w, int fd, const char *path, int depth, struct err *e)
{
	DIR *d = fdopendir(fd);
	struct listing l = {0};
	size_t len = strlen(path);
	int rc;

	if (!d) {
		close(fd);
		return err_set(e, ERR_CONFIG, "%s: %s", path, strerror(errno));
	}
	rc = depth > 64 ? err_set(e, ERR_CONFIG, "%s: more than 64 folders deep", path) :
			  list(d, &l, path, e);
	bool maildir = has(&l, "cur") && has(&l, "new") && has(&l, "tmp");

	for (size_t i = 0; rc == 0 && i < l.n; i++)
		if (wanted(&l.names[i], maildir))
			rc = walk_name(w, dirfd(d), path, len, &l.names[i], depth, e);
	free(l.names);
	free_blocks(l.blocks);
	closedir(d);
	return rc;
}

/* ---- the paths given ---- */

static int walk_path(struct ingest_walk *w, const char *given, struct err *e)
{
	struct stat st = {0};

	if (strcmp(given, "-") == 0) {
		add(w, "-", &st);
		return 0;
	}
	AUTO_FREE char *real = realpath(given, NULL);

	if (!real || stat(real, &st) < 0)
		return err_set(e, ERR_CONFIG, "%s: %s", given, strerror(errno));
	if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))
		return err_set(e, ERR_CONFIG, "%s: neither a file nor a folder", given);
	int fd = open(real, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_set(e, ERR_CONFIG, "%s: %s", given, strerror(errno));
	if (S_ISDIR(st.st_mode))
		return walk_folder(w, fd, real, 0, e);
	close(fd);
	const char *path = keep(w, "", 0, real);

	if (path)
		add(w, path, &st);
	return 0;
}

static int by_path(const void *a, const void *b)
{
	const struct ingest_file *const *x = a, *const *y = b;
	int cmp = strcmp((*x)->path, (*y)->path);

	return cmp ? cmp : (*x > *y) - (*x < *y);
}

/* Keeps the first of files with the same path, and the order. */
static void drop_repeats(struct ingest_walk *w)
{
	const struct ingest_file **sorted = xmalloc(w->n * sizeof(const struct ingest_file *));
	AUTO_FREE bool *drop = xcalloc(w->n, sizeof(*drop));
	size_t kept = 0;

	for (size_t i = 0; i < w->n; i++)
		sorted[i] = &w->files[i];
	qsort(sorted, w->n, sizeof(const struct ingest_file *), by_path);
	for (size_t i = 1; i < w->n; i++)
		if (strcmp(sorted[i - 1]->path, sorted[i]->path) == 0)
			drop[sorted[i] - w->files] = true;
	free(sorted);
	for (size_t i = 0; i < w->n; i++) {
		if (drop[i])
			w->bytes -= w->files[i].size;
		else
			w->files[kept++] = w->files[i];
	}
	w->n = kept;
}

int ingest_walk_new(const char *const *paths, size_t n, struct ingest_walk **ret_w, struct err *e)
{
	struct ingest_walk *w = xcalloc(1, sizeof(*w));

	w->may_repeat = n > 1;
	for (size_t i = 0; i < n; i++)
		if (walk_path(w, paths[i], e) < 0) {
			ingest_walk_free(w);
			return -1;
		}
	if (w->may_repeat && w->n)
		drop_repeats(w);
	*ret_w = w;
	return 0;
}

void ingest_walk_free(struct ingest_walk *w)
{
	if (!w)
		return;
	free_blocks(w->blocks);
	free(w->files);
	free(w);
}

void ingest_walk_columns(struct ingest_walk *w, const char *columns)
{
	w->columns = columns;
}

const char *walk_columns(const struct ingest_walk *w)
{
	return w->columns;
}

size_t ingest_walk_files(const struct ingest_walk *w)
{
	return w->n;
}

int64_t ingest_walk_bytes(const struct ingest_walk *w)
{
	return w->bytes;
}

const struct ingest_file *ingest_walk_file(const struct ingest_walk *w, size_t i)
{
	return &w->files[i];
}
