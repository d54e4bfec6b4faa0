/* reply - the generaliser is base/'s, as `ruadb rules test` shows what it makes of a reply, too. */
#ifndef PARSE_REPLY_H
#define PARSE_REPLY_H

#include "base/reply.h"

#endif
