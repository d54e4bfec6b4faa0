/*
 * senders - declared things on their way from the command line or a file to the database.
 */
#ifndef CMD_SENDERS_H
#define CMD_SENDERS_H

#include "store/store.h"

/* Owns its texts; sender_list_free. */
struct sender_list {
	struct store_sender *v;
	size_t n, cap;
	char **texts;
	size_t n_texts, cap_texts;
};

void sender_list_free(struct sender_list *l);

/*
 * Each appends what `value` says, of the sender that `of` names; ERR_CONFIG with a sentence if it
 * is none. A range may be several networks.
 */
int sender_add_address(struct sender_list *l, const struct store_sender *of, const char *value,
		       struct err *e) MUST_CHECK;
/* selector NULL or empty: any. */
int sender_add_dkim(struct sender_list *l, const struct store_sender *of, const char *domain,
		    const char *selector, struct err *e) MUST_CHECK;
int sender_add_spf(struct sender_list *l, const struct store_sender *of, const char *value,
		   struct err *e) MUST_CHECK;
/* The name of a sender or its owner (what: "name", "owner") as it is stored: a text of l. */
int sender_word(struct sender_list *l, const char *what, const char *value, const char **ret,
		struct err *e) MUST_CHECK;

/* Reads a file of `ruadb senders export`, all of it; ERR_INPUT says line and why. */
int sender_read_csv(struct sender_list *l, const char *text, size_t len, struct err *e) MUST_CHECK;

#endif
