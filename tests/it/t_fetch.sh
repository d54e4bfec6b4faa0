#!/bin/sh
# t_fetch - `ruadb fetch` from a real Dovecot, once: what is stored, where each mail goes and what is
# said of it; known mails; each after_*; what can't be fetched; who else has the account.
# shellcheck source=tests/it/lib.sh disable=SC2154
. "$top_srcdir/tests/it/lib.sh"
ready_home
# shellcheck source=tests/it/dovecot.sh
. "$top_srcdir/tests/it/dovecot.sh"

have_dovecot || skip_all "no Dovecot"
have_python || skip_all "no Python"

# fetch ARGS...: runs it, sets $status; its standard output is $tmp/out, the rest $tmp/err.
fetch()
{
	status=0
	"$ruadb" fetch --no-refresh "$@" >"$tmp/out" 2>"$tmp/err" || status=$?
}

# of_folder FOLDER MEMBER: out of the JSON object that the last fetch printed.
of_folder()
{
	python3 - "$tmp/out" "$1" "$2" <<'END'
import json, sys
for account in json.load(open(sys.argv[1]))["accounts"]:
    for folder in account["folders"]:
        if folder["folder"] == sys.argv[2]:
            print(folder[sys.argv[3]])
END
}

# counts FOLDER...: how many mails of alice's lie in each.
counts()
{
	for folder in "$@"; do
		printf '%s ' "$(mailbox_count alice "$folder")"
	done
}

new_conf() { rm -f "$conf"; account_conf "$@"; }
# Mails only: a folder that was made anew within a second would have the UIDVALIDITY of the old one.
empty_alice() { find "$dovecot_dir/mail/alice" -type f -path '*/[nc][eu][wr]/*' -delete; }
admin() { psql "$("$ruadb" db url)" -XqAt -v ON_ERROR_STOP=1 -c "$1"; }
reports() { query 'SELECT count(*) FROM report'; }
# flags FOLDER: the flags in the names of its mails (Maildir: S seen, F flagged, T deleted, a-z ours).
flags()
{
	find "$(mailbox_path alice "$1")/cur" "$(mailbox_path alice "$1")/new" -type f |
		sed 's/.*:2,//; s/.*\/new\/.*/new/' | sort | uniq -c | tr -s ' \n' ' '
}

ok "Dovecot starts" dovecot_start

# ---- the main way

mailbox_fill alice INBOX 20
mailbox_put alice INBOX "$samples/mail/no-report.eml"
mailbox_put alice INBOX "$samples/mail/two-reports.eml"
mailbox_put alice INBOX "$samples/quirks/guard-smime-encrypted.eml"
new_conf main

fetch --dry-run
is "$status $(counts INBOX Archive/DMARC) $(grep -c did=.would_move "$tmp/err")" \
	"65 23 0  22" "--dry-run says what it would do, and does nothing"
is "$(reports) $(admin "SELECT count(*) FROM ruadb_data.ledger")" "0 0" "and nothing in the database"

fetch --format json
is "$status" 65 "a run that quarantines something ends with 65"
is "$(member items) $(member reports_stored) $(member quarantined) $(member not_reports)" \
	"23 22 1 1" "what was stored"
is "$(counts INBOX Archive/DMARC Archive/DMARC/Quarantine)" "1 21 1 " "where the mails are then"
is "$(of_folder INBOX state) $(of_folder INBOX stored) $(of_folder INBOX quarantined) \
$(of_folder INBOX not_report) $(of_folder INBOX left_not_reports) $(of_folder INBOX ok)" \
	"caught_up 21 1 1 1 True" "and what is told of the folder"
is "$(reports)" 22 "the reports are in the database"
is "$(grep -c ' ev=mail ' "$tmp/err")" 23 "a line of the log for each mail"
is "$(grep ' outcome="stored"' "$tmp/err" | sed 's/[0-9][0-9]*/N/g' | sort -u)" \
	'level=info ev=mail account="main" folder="INBOX" uidvalidity=N uid=N size=N outcome="stored" did="moved" to="Archive/DMARC"' \
	"always with the same keys"
is "$(grep -c 'outcome="not_report" did="left"$' "$tmp/err")" 1 "of the one that stays, too"
is "$(query "SELECT count(*), count(DISTINCT item) FROM report WHERE source = 'imap' AND
	item LIKE 'main/INBOX;UIDVALIDITY=%/;UID=%'")" "22|21" "where from says each report"

fetch --format json
is "$status $(member items) $(of_folder INBOX left_not_reports)" "0 0 1" \
	"another run finds nothing new, and downloads nothing"

# ---- known mails

for mail in "$(mailbox_path alice Archive/DMARC)"/new/*; do
	mailbox_put alice INBOX "$mail" # by another name: Dovecot knows a mail by its file's
	rm "$mail"
done
fetch --format json
is "$status $(member items) $(member reports_repeat) $(member reports_stored)" "0 21 22 0" \
	"the same bytes once more are repeats"
is "$(counts INBOX Archive/DMARC) $(reports)" "1 21  22" "and go where repeats go"

# A run that was ended between COMMIT and acknowledgement leaves the mails where they were.
new_conf main "after_stored = leave" "after_repeat = leave"
mailbox_fill alice INBOX 5 4096 2
fetch --format json
is "$status $(member reports_stored) $(counts INBOX)" "0 5 6 " "after_stored = leave leaves them"
new_conf main
fetch --format json
is "$status $(member items) $(counts INBOX Archive/DMARC)" "0 0 1 26 " \
	"known mails that are still there are acknowledged without being downloaded"
is "$(grep -c 'outcome="stored" did="moved" to="Archive/DMARC" again=1$' "$tmp/err")" 5 \
	"and the log says so"

# ---- what becomes of mails

empty_alice
mailbox_fill alice INBOX 3 4096 3
new_conf main "after_stored = seen"
fetch
is "$status $(flags INBOX)" "0  3 S " "after_stored = seen"
fetch --format json
is "$status $(member items) $(flags INBOX)" "0 0  3 S " "once"

empty_alice
mailbox_fill alice INBOX 3 4096 4
new_conf main "after_stored = flag"
fetch
is "$status $(flags INBOX)" "0  3 a " "after_stored = flag"

empty_alice
mailbox_fill alice INBOX 3 4096 5
mailbox_put alice INBOX "$samples/mail/no-report.eml"
new_conf main "after_stored = delete" "after_not_report = move:Other/Kühl"
fetch
is "$status $(counts INBOX) $(find "$dovecot_dir/mail/alice" -type f -path '*K&APw-hl*/*/*' |
	wc -l | tr -d ' ')" "0 0  1" "after_stored = delete, and a folder with an umlaut"

# ---- several folders and accounts; one that fails holds back no other

empty_alice
mailbox_fill alice INBOX 3 4096 6
mailbox_fill alice Reports 4 4096 7
rm -rf "$dovecot_dir/mail/bob"
mailbox_fill bob INBOX 2 4096 8
new_conf main "folders = INBOX, Reports, Nowhere"
account_conf wrong
account_conf other "user = bob" "password_file = $dovecot_dir/bob.pw"
sed -i '/^\[account "wrong"/,/^\[account "other"/s/^user = alice/user = mallory/' "$conf"
sed -i '/^\[account "other"/,$s/^user = alice//; /^\[account "other"/,$s/^password_file = .*alice.pw//' "$conf"
fetch --format json
is "$status $(member reports_stored)" "78 9" "an account that needs a person: 78, behind the others"
is "$(of_folder Nowhere error_class) $(of_folder Reports stored)" "config 4" \
	"a folder that is not there holds back no other"
ok "what is wrong is told" grep -q 'ev=mailbox account="wrong" .* state="failed" class="config"' \
	"$tmp/err"
is "$(query "SELECT folder || ' ' || (last_error IS NULL) FROM mailbox WHERE account = 'main'
	ORDER BY 1")" "INBOX true
Nowhere false
Reports true" "and is in the view mailbox"
fetch other
is "$status" 0 "one account alone"
fetch nobody
is "$status $(grep -c "no account 'nobody'" "$tmp/err")" "78 1" "an account that there is not"
fetch --check main
is "$status $(grep -c '^  failed  .*Nowhere' "$tmp/out")" "78 1" "--check says it before"
fetch --check other
is "$status $(grep -c '^  failed' "$tmp/out")" "0 0" "and that all is well with another"

# ---- what is away

mailbox_fill alice INBOX 2 4096 9
new_conf main
sed -i "s/^port = .*/port = $(free_port)/" "$conf"
fetch
is "$status" 75 "a server that is away: 75"
new_conf main
RUADB_STORE_CONNINFO="host=127.0.0.1 port=$(free_port) dbname=none" fetch
is "$status $(flags INBOX)" "75  2 new " "a database that is away: 75, and nothing is touched"

# ---- leases

admin "INSERT INTO ruadb_data.lease VALUES (1, 'main', 'elsewhere:1:x', 41,
	now() + interval '1 hour') ON CONFLICT (tenant_id, account) DO UPDATE SET
	owner = excluded.owner, token = 41, until = excluded.until"
fetch --format json
is "$status $(member items) $(of_folder INBOX state) $(flags INBOX)" "0 0 elsewhere  2 new " \
	"an account that another process has is left alone"
ok "and the log says who" grep -q 'state="elsewhere".*elsewhere:1:x' "$tmp/err"
admin "UPDATE ruadb_data.lease SET until = now() - interval '1 second'"
fetch
is "$status $(counts INBOX)" "0 0 " "a lease that ran out is taken"
is "$(admin "SELECT token, until <= now() FROM ruadb_data.lease WHERE account = 'main'")" \
	"42|t" "with the next token, and given back"

# ---- usage

fetch --watch --format json
is "$status" 64 "--watch has no JSON"
fetch --format xml
is "$status" 64 "no such format"
rm -f "$conf"
: >"$conf"
fetch
is "$status $(grep -c 'no account to fetch from' "$tmp/err")" "78 1" "no account at all"

done_testing
