#define PCRE2_CODE_UNIT_WIDTH 8
#include "base/limits.h"
#include "base/mem.h"
#include "rules/inner.h"

#include <pcre2.h>
#include <string.h>

/* A pattern of ours takes some hundred steps. What takes more than these is a pattern that tries
 * everything: it does not match. */
#define MATCH_LIMIT 100000
#define DEPTH_LIMIT 1000
#define HEAP_LIMIT 1024 /* KiB */
#define PATTERN_LIMIT 4096
#define JIT_STACK (256 << 10)

struct matcher {
	pcre2_match_context *context;
	pcre2_match_data *data;
	pcre2_jit_stack *stack;
};

struct pattern {
	pcre2_code *code;
};

struct matcher *matcher_new(void)
{
	struct matcher *m = xcalloc(1, sizeof(*m));

	m->context = pcre2_match_context_create(NULL);
	m->data = pcre2_match_data_create(2, NULL);
	m->stack = pcre2_jit_stack_create(16 << 10, JIT_STACK, NULL);
	if (!m->context || !m->data)
		(void)xmalloc(SIZE_MAX); /* out of memory ends the process */
	pcre2_set_match_limit(m->context, MATCH_LIMIT);
	pcre2_set_depth_limit(m->context, DEPTH_LIMIT);
	pcre2_set_heap_limit(m->context, HEAP_LIMIT);
	if (m->stack)
		pcre2_jit_stack_assign(m->context, NULL, m->stack);
	return m;
}

void matcher_free(struct matcher *m)
{
	if (!m)
		return;
	pcre2_jit_stack_free(m->stack);
	pcre2_match_data_free(m->data);
	pcre2_match_context_free(m->context);
	free(m);
}

struct pattern *pattern_new(const char *text, struct err *e)
{
	uint32_t options = PCRE2_CASELESS | PCRE2_UTF | PCRE2_MATCH_INVALID_UTF |
			   PCRE2_NEVER_BACKSLASH_C | PCRE2_DOLLAR_ENDONLY;
	PCRE2_UCHAR why[128];
	PCRE2_SIZE at;
	int error;

	if (strlen(text) > PATTERN_LIMIT) {
		err_set(e, ERR_CONFIG, "a pattern of more than %d bytes", PATTERN_LIMIT);
		return NULL;
	}
	pcre2_code *code = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, options, &error, &at,
					 NULL);

	if (!code) {
		pcre2_get_error_message(error, why, sizeof(why));
		err_set(e, ERR_CONFIG, "no pattern: %s, at character %zu of '%s'", (const char *)why,
			(size_t)at + 1, text);
		return NULL;
	}
	/* Where there is no JIT, the interpreter matches. */
	(void)pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);

	struct pattern *p = xmalloc(sizeof(*p));

	p->code = code;
	return p;
}

void pattern_free(struct pattern *p)
{
	if (p)
		pcre2_code_free(p->code);
	free(p);
}

bool pattern_match(struct matcher *m, const struct pattern *p, struct text t,
		   struct text *ret_group)
{
	size_t n = t.len < LIMIT_LOG_REPLY ? t.len : LIMIT_LOG_REPLY;
	int rc = pcre2_match(p->code, (PCRE2_SPTR)(t.p ? t.p : ""), n, 0, 0, m->data, m->context);
	const PCRE2_SIZE *v = pcre2_get_ovector_pointer(m->data);

	/* 0: more groups than we have room for; it matched. */
	if (rc < 0)
		return false;
	if (ret_group)
		*ret_group = rc != 1 && v[2] != PCRE2_UNSET ?
			(struct text){t.p + v[2], (uint32_t)(v[3] - v[2])} : TEXT_ABSENT;
	return true;
}
