#include "rules/inner.h"

#include <string.h>

const char *const rules_categories[] = {
	"addressverification", "authfailure", "badreputation", "blocked", "contenterror", "delivered",
	"exceedlimit", "expired", "feedback", "filterbusy", "filtered", "greylisted", "hasmoved",
	"hostunknown", "mailboxfull", "mailererror", "mesgtoobig", "networkerror", "norelaying",
	"notaccept", "notcompliantrfc", "onhold", "policyviolation", "rejected", "requireptr",
	"securityerror", "spamdetected", "speeding", "suspend", "syntaxerror", "systemerror",
	"systemfull", "toomanyconn", "undefined", "userunknown", "vacation", "virusdetected", NULL,
};

const char *category_word(const char *word)
{
	for (const char *const *c = rules_categories; *c; c++)
		if (strcmp(*c, word) == 0)
			return *c;
	return NULL;
}

const char *rules_matched_word(char matched)
{
	switch (matched) {
	case 'u':
		return "user rule";
	case 'f':
		return "fingerprint";
	case 'g':
		return "gateway rule";
	case 'e':
		return "enhanced status";
	case 'b':
		return "basic code";
	default:
		return "nothing";
	}
}
