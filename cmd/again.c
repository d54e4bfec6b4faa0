#include "cmd/again.h"
#include "base/log.h"
#include "cmd/notify.h"

#include <sys/random.h>

#define RETRY_FIRST_MS 1000
#define RETRY_MOST_MS 60000

int64_t again_pause_ms(unsigned failures)
{
	int64_t ms = RETRY_FIRST_MS;
	uint32_t chance = 0;

	for (unsigned i = 1; i < failures && ms < RETRY_MOST_MS; i++)
		ms *= 2;
	if (ms > RETRY_MOST_MS)
		ms = RETRY_MOST_MS;
	if (getrandom(&chance, sizeof(chance), GRND_NONBLOCK) != sizeof(chance))
		chance = 0;
	return ms * 3 / 4 + (int64_t)(chance % 1000) * ms / 2000;
}

void again_complain(const struct err *e, int64_t ms)
{
	struct log_line l = log_begin(LOG_ERROR, "database");

	log_text(&l, "class", text_of(err_class_name(e->class)));
	log_text(&l, "err", text_of(e->msg));
	log_int(&l, "retry", (ms + 999) / 1000);
	log_end(&l);
	notify_status("waiting: %s", e->msg);
}
