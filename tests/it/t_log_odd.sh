#!/bin/sh
# t_log_odd - what strangers write into logs, and what servers log in odd ways, to the rows that come
# of it.
. "$top_srcdir/tests/it/lib.sh"
have_python || skip_all "no python3"
ready_home
owner_query() { psql "$("$ruadb" db url)" -XqAt -v ON_ERROR_STOP=1 -c "$1"; }
of() { "$ruadb" --tenant "$1" sql -qAt -c "$2"; }
p='mx1.example.com postfix'

# ---- a bounce that the queue makes: no client and no pickup, only the line with its Message-ID
cat >"$tmp/dsn.log" <<LOG
2026-10-01T10:00:00Z $p/smtpd[1]: 4A1B2C3D01: client=app.example.com[192.0.2.9]
2026-10-01T10:00:00Z $p/cleanup[2]: 4A1B2C3D01: message-id=<1@example.com>
2026-10-01T10:00:00Z $p/qmgr[3]: 4A1B2C3D01: from=<news@example.com>, size=9, nrcpt=1 (queue active)
2026-10-01T10:00:01Z $p/smtp[4]: 4A1B2C3D01: to=<a@example.net>, relay=mx.example.net[198.51.100.1]:25, delay=1, delays=0/0/0/1, dsn=5.1.1, status=bounced (host mx.example.net[198.51.100.1] said: 550 5.1.1 unknown (in reply to RCPT TO command))
2026-10-01T10:00:01Z $p/cleanup[2]: 4A1B2C3D02: message-id=<20261001100001.4A1B2C3D02@mx1.example.com>
2026-10-01T10:00:01Z $p/bounce[5]: 4A1B2C3D01: sender non-delivery notification: 4A1B2C3D02
2026-10-01T10:00:01Z $p/qmgr[3]: 4A1B2C3D02: from=<>, size=9, nrcpt=1 (queue active)
2026-10-01T10:00:01Z $p/qmgr[3]: 4A1B2C3D01: removed
2026-10-01T10:00:02Z $p/smtp[4]: 4A1B2C3D02: to=<news@example.com>, relay=mx.example.com[192.0.2.1]:25, delay=0.9, delays=0/0/0/0.9, dsn=2.0.0, status=sent (250 Ok)
2026-10-01T10:00:02Z $p/qmgr[3]: 4A1B2C3D02: removed
2026-10-01T10:00:03Z $p/qmgr[3]: 4A1B2C3D03: from=<news@example.com>, size=9, nrcpt=1 (queue active)
2026-10-01T10:00:03Z $p/smtp[4]: 4A1B2C3D03: to=<b@example.net>, relay=mx.example.net[198.51.100.1]:25, delay=0.1, delays=0/0/0/0.1, dsn=2.0.0, status=sent (250 Ok)
LOG
ingest --tenant 20 "$tmp/dsn.log"
is "$(of 20 "SELECT queue_id, state, left_censored, arrived_at IS NOT NULL FROM delivery
	WHERE tenant_id = tenant() ORDER BY queue_id")" '4A1B2C3D01|bounced|f|t
4A1B2C3D02|accepted_first|f|t
4A1B2C3D03|accepted|t|f' "the Message-ID of a bounce is its arrival; where not even that is seen, none is claimed"

# ---- replies of ever new words, of two kinds: as many templates as there may be, no text is lost
python3 - >"$tmp/words.log" <<'PY'
import random
r = random.Random(6)
for i in range(6000):
    w = " ".join("".join(r.choice("bcdfghklmnprstv") + r.choice("aeiou") for _ in range(4)) for _ in range(3))
    code = "450 4.2.1 Greylisted, %s" % w if i % 2 else "451 4.3.%d %s" % (i % 900, w)
    print("2026-10-02T10:%02d:%02dZ mx1.example.com postfix/smtp[4]: 5A%08X: to=<u%d@example.net>, "
          "relay=mx.example.net[198.51.100.1]:25, delay=1, delays=0/0/0/1, dsn=4.2.0, status=deferred "
          "(host mx.example.net[198.51.100.1] said: %s (in reply to RCPT TO command))"
          % (i // 600, i // 10 % 60, i, i, code))
PY
head -3000 "$tmp/words.log" >"$tmp/words1.log"
for file in words1 words; do
	ingest --no-refresh --tenant 21 "$tmp/$file.log"
done
is "$(of 21 "SELECT count(*) FROM delivery WHERE tenant_id = tenant()")" 6000 "replies of ever new words"
is "$(of 21 "SELECT count(*) BETWEEN 5000 AND 5020, count(*) FILTER (WHERE text = '{text}') BETWEEN 2 AND 20
	FROM reply_template WHERE tenant_id = tenant()")" "t|t" "are 5000 templates a day, and some for the rest"
is "$(of 21 "SELECT count(DISTINCT reply), count(*) FILTER (WHERE (category = 'greylisted') = (reply LIKE
	'450%')) FROM attempt WHERE tenant_id = tenant()")" "6000|6000" "their texts are whole, their categories right"
sed -n 's/.* said: \(.*\) (in reply.*/\1/p' "$tmp/words.log" | sort >"$tmp/wanted.txt"
of 21 "SELECT reply FROM attempt WHERE tenant_id = tenant()" | LC_ALL=C sort >"$tmp/got.txt"
ok "as they were" cmp "$tmp/wanted.txt" "$tmp/got.txt"

done_testing
