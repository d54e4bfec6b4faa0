#include "parse/authres.h"

#include <string.h>

void authres_read(const char *header, size_t len, const struct trust *trust, struct authres *ret)
{
	(void)header, (void)len, (void)trust;
	memset(ret, 0, sizeof(*ret));
}

void authres_judge(const struct authres *a, struct report_head *h)
{
	h->auth = a ? AUTH_UNVERIFIED : AUTH_LOCAL;
	h->auth_method = METHOD_NONE;
	h->auth_relation = RELATION_ABSENT;
	h->auth_domain = TEXT_ABSENT;
}
