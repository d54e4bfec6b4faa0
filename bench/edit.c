#include "bench/edit.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/* An element: its start tag begins at `start`, what is in it lies from `in` to `out`. */
struct element {
	const char *start, *in, *out, *end;
};

struct work {
	const struct edit *e;
	struct buf *to;
	unsigned left, done;
};

static const char *find(const char *p, const char *end, const char *word)
{
	return memmem(p, (size_t)(end - p), word, strlen(word));
}

/* The next element of that name from p on. */
static bool find_element(const char *p, const char *end, const char *name, size_t len,
			 struct element *ret)
{
	char close[64];

	snprintf(close, sizeof(close), "</%.*s>", (int)len, name);
	while ((p = memchr(p, '<', (size_t)(end - p)))) {
		if ((size_t)(end - p) > len + 1 && memcmp(p + 1, name, len) == 0 &&
		    (p[len + 1] == '>' || p[len + 1] == ' '))
			break;
		p++;
	}
	if (!p)
		return false;
	ret->start = p;
	ret->in = (const char *)memchr(p, '>', (size_t)(end - p)) + 1;
	ret->out = find(ret->in, end, close);
	ret->end = ret->out ? ret->out + len + 3 : NULL;
	return ret->out != NULL;
}

static void put(struct buf *to, const char *from, const char *end)
{
	buf_add(to, from, (size_t)(end - from));
}

static void put_front(struct buf *to, const struct element *el, const char *name)
{
	struct element child;

	put(to, el->start, el->in);
	if (!find_element(el->in, el->out, name, strlen(name), &child)) {
		put(to, el->in, el->end);
		return;
	}
	put(to, child.start, child.end);
	put(to, el->in, child.start);
	put(to, child.end, el->end);
}

static void put_changed(struct buf *to, const struct element *el, const struct edit *e)
{
	switch (e->how) {
	case EDIT_TEXT:
		put(to, el->start, el->in);
		buf_adds(to, e->text);
		put(to, el->out, el->end);
		break;
	case EDIT_ELEMENT:
		buf_adds(to, e->text);
		break;
	case EDIT_START:
		buf_adds(to, e->text);
		put(to, el->in, el->end);
		break;
	case EDIT_END:
		put(to, el->start, el->out);
		buf_adds(to, e->text);
		break;
	case EDIT_NAME:
		buf_printf(to, "<%s>", e->text);
		put(to, el->in, el->out);
		buf_printf(to, "</%s>", e->text);
		break;
	case EDIT_BEFORE:
		buf_adds(to, e->text);
		put(to, el->start, el->end);
		break;
	case EDIT_BEHIND:
		put(to, el->start, el->end);
		buf_adds(to, e->text);
		break;
	case EDIT_PREPEND:
		put(to, el->start, el->in);
		buf_adds(to, e->text);
		put(to, el->in, el->end);
		break;
	case EDIT_APPEND:
		put(to, el->start, el->out);
		buf_adds(to, e->text);
		put(to, el->out, el->end);
		break;
	case EDIT_FRONT:
		put_front(to, el, e->text);
		break;
	}
}

/* Copies p..end with what is to be changed in it. */
static void copy(struct work *w, const char *p, const char *end, const char *path)
{
	size_t len = strcspn(path, "/");
	struct element el;

	while (w->left && find_element(p, end, path, len, &el)) {
		if (path[len]) {
			put(w->to, p, el.in);
			copy(w, el.in, el.out, path + len + 1);
			put(w->to, el.out, el.end);
		} else {
			put(w->to, p, el.start);
			put_changed(w->to, &el, w->e);
			w->left--;
			w->done++;
		}
		p = el.end;
	}
	put(w->to, p, end);
}

/* The declaration has no end tag; all that is done to it is to put another one in its place. */
static unsigned change_declaration(struct buf *xml, const char *text, struct buf *to)
{
	const char *end = find(xml->p, xml->p + xml->len, "?>") + 2;

	buf_adds(to, text);
	put(to, end, xml->p + xml->len);
	return 1;
}

unsigned edit_apply(struct buf *xml, const struct edit *e)
{
	struct buf to = {0};
	struct work w = {e, &to, e->most ? e->most : UINT_MAX, 0};

	if (strcmp(e->path, "?xml") == 0)
		w.done = change_declaration(xml, e->text, &to);
	else
		copy(&w, xml->p, xml->p + xml->len, e->path);
	buf_free(xml);
	*xml = to;
	return w.done;
}

unsigned edit_count(const struct buf *xml, const char *word)
{
	unsigned n = 0;

	for (const char *p = xml->p, *end = p + xml->len; (p = find(p, end, word)); p++)
		n++;
	return n;
}

void edit_take(const struct buf *xml, const char *path, struct buf *ret)
{
	const char *p = xml->p, *end = p + xml->len;

	for (;;) {
		size_t len = strcspn(path, "/");
		struct element el;

		if (!find_element(p, end, path, len, &el)) {
			fprintf(stderr, "gen: no %s in the report\n", path);
			exit(1);
		}
		if (!path[len]) {
			put(ret, el.start, el.end);
			return;
		}
		p = el.in;
		end = el.out;
		path += len + 1;
	}
}
