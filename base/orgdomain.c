#include "base/orgdomain.h"

#include <arpa/inet.h>
#include <libpsl.h>
#include <string.h>
#include <sys/stat.h>

static const psl_ctx_t *list;
static int64_t list_time;

static int64_t file_time(const char *path)
{
	struct stat st;

	return path && stat(path, &st) == 0 ? (int64_t)st.st_mtime : 0;
}

void orgdomain_load(void)
{
	const char *path = psl_dist_filename();

	if (list)
		return;
	list = psl_latest(NULL);
	list_time = file_time(path);
	if (!psl_builtin_outdated() || !list_time) {
		int64_t built = (int64_t)psl_builtin_file_time();

		list_time = built > list_time ? built : list_time;
	}
}

static bool is_address(const char *name)
{
	uint8_t bytes[16];

	return inet_pton(AF_INET, name, bytes) == 1 || inet_pton(AF_INET6, name, bytes) == 1;
}

/* False: not to be looked up. */
static bool copy_name(struct text name, char copy[ORGDOMAIN_NAME + 1])
{
	if (!text_present(name) || !name.len || name.len > ORGDOMAIN_NAME ||
	    memchr(name.p, '\0', name.len) || !text_utf8_ok(name.p, name.len))
		return false;
	memcpy(copy, name.p, name.len);
	copy[name.len] = '\0';
	return !is_address(copy);
}

bool orgdomain_is_suffix(struct text name)
{
	char copy[ORGDOMAIN_NAME + 1];
	const psl_ctx_t *psl = list ? list : psl_builtin();

	return psl && copy_name(name, copy) && psl_is_public_suffix(psl, copy);
}

struct text orgdomain_of(struct text name)
{
	char copy[ORGDOMAIN_NAME + 1];
	const psl_ctx_t *psl = list ? list : psl_builtin();
	const char *org = psl && copy_name(name, copy) ? psl_registrable_domain(psl, copy) : NULL;

	if (!org)
		return name;
	return (struct text){name.p + (org - copy), name.len - (uint32_t)(org - copy)};
}

int64_t orgdomain_list_time(void)
{
	return list ? list_time : (int64_t)psl_builtin_file_time();
}
