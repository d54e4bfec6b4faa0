/* The name of a message in the ledger: as an IMAP URL (RFC 5092) has it, behind the account's name. */
#include "base/mem.h"
#include "ingest/ingest.h"

#include <inttypes.h>

char *mailbox_item(const struct mailbox_place *at, uint32_t uid)
{
	return xasprintf("%s/%s;UIDVALIDITY=%" PRIu32 "/;UID=%" PRIu32, at->account->name,
			 at->folder, at->uidvalidity, uid);
}
