/* Is it the same: a line that comes again, a row that is as it was. */
#include "store/log_fold.h"
#include "base/mem.h"

#include <stdlib.h>

static bool known_before(const struct join_att *a, const struct join_att *b)
{
	bool ka = a->stored || a->open, kb = b->stored || b->open;

	return ka != kb ? ka : a->src < b->src;
}

static int by_line(const void *pa, const void *pb)
{
	const struct join_att *a = *(struct join_att *const *)pa, *b = *(struct join_att *const *)pb;

	if (a->line_key != b->line_key)
		return a->line_key < b->line_key ? -1 : 1;
	return a == b ? 0 : known_before(a, b) ? -1 : 1;
}

void fold_repeated(struct join_group *g)
{
	if (g->n_atts < 24) {
		for (uint32_t i = 0; i < g->n_atts; i++) {
			struct join_att *a = &g->atts[i];

			a->repeated = false;
			for (uint32_t k = 0; k < g->n_atts && !a->stored && !a->open; k++)
				if (k != i && g->atts[k].line_key == a->line_key &&
				    known_before(&g->atts[k], a))
					a->repeated = true;
		}
		return;
	}
	AUTO_FREE struct join_att **by = xcalloc(g->n_atts, sizeof(struct join_att *));

	for (uint32_t i = 0; i < g->n_atts; i++)
		by[i] = &g->atts[i];
	qsort(by, g->n_atts, sizeof(struct join_att *), by_line);
	for (uint32_t i = 0; i < g->n_atts; i++)
		by[i]->repeated = i && by[i - 1]->line_key == by[i]->line_key &&
				  !by[i]->stored && !by[i]->open;
}

static bool same_text(struct text a, struct text b)
{
	return !a.p == !b.p && text_eq(a, b);
}

static bool same_ids(const struct join_ids *a, const struct join_ids *b)
{
	return a->n == b->n && (!a->n || memcmp(a->v, b->v, a->n * sizeof(*a->v)) == 0);
}

bool fold_same_facts(const struct join_facts *a, const struct join_facts *b)
{
	return same_text(a->message_id, b->message_id) && same_text(a->campaign, b->campaign) &&
	       same_text(a->envelope_from, b->envelope_from) &&
	       a->envelope_domain == b->envelope_domain && a->header_domain == b->header_domain &&
	       a->size == b->size && a->null_sender == b->null_sender;
}

static bool same_times(const struct join_row *a, const struct join_row *b)
{
	return a->epoch == b->epoch && a->first == b->first && a->last == b->last &&
	       a->first_deferred == b->first_deferred && a->last_deferred == b->last_deferred &&
	       a->accepted == b->accepted && a->bounced == b->bounced &&
	       a->expired == b->expired && a->removed == b->removed && a->closed == b->closed &&
	       a->bounced_after == b->bounced_after && a->message_expired == b->message_expired &&
	       a->message_removed == b->message_removed;
}

bool fold_same_row(const struct join_row *a, const struct join_row *b)
{
	return same_times(a, b) && fold_same_facts(&a->facts, &b->facts) &&
	       a->service_id == b->service_id && a->last_peer == b->last_peer &&
	       a->last_template == b->last_template && a->salt == b->salt &&
	       a->attempts == b->attempts && a->deferred == b->deferred &&
	       a->suspended == b->suspended && a->mx_attempts == b->mx_attempts &&
	       a->reported == b->reported && a->day == b->day &&
	       a->arrival_seen == b->arrival_seen && a->ip_from == b->ip_from &&
	       a->handed_on == b->handed_on && a->source_ip.family == b->source_ip.family &&
	       memcmp(a->source_ip.bytes, b->source_ip.bytes,
		      a->source_ip.family == 6 ? 16 : 4) == 0 &&
	       same_ids(&a->deferred_templates, &b->deferred_templates) &&
	       same_ids(&a->suspended_templates, &b->suspended_templates) &&
	       same_text(a->recipient, b->recipient);
}
