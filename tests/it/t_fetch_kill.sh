# t_fetch_kill - kill -9 at moments of chance while a mailbox is fetched to which mail comes all the
# time: of the program, and of the database with all its processes. At the end every report is there
# once, and every message in the right folder; and at no moment was a message moved away whose
# COMMIT was not through.
#
# RUADB_FETCH_KILLS and RUADB_FETCH_MAILS say how many (tests/nightly/kill_fetch.sh: 100 of 2,000
# messages); RUADB_TEST_SEED does the same again.
. "$top_srcdir/tests/it/lib.sh"
ready_home
. "$top_srcdir/tests/it/dovecot.sh"

have_dovecot || skip_all "needs dovecot"

kills=${RUADB_FETCH_KILLS:-8}
mails=${RUADB_FETCH_MAILS:-400}
others=$((mails / 20)) # of each of the three other kinds
reports=$((mails - 3 * others))
seed=${RUADB_TEST_SEED:-$(date +%s)}
RUADB_INGEST_BATCH_REPORTS=4 # so that kills fall between commits
export RUADB_INGEST_BATCH_REPORTS
echo "# RUADB_TEST_SEED=$seed"

# ---- the mailbox: reports, reports that came before, what is no report, what is broken

# mail NUMBER: the head of a mail of our own
mail()
{
	printf 'From: someone@example.net\nTo: dmarc@example.com\nSubject: number %s\n' "$1"
	printf 'Date: Thu, 01 Oct 2026 08:00:00 +0000\nMessage-ID: <%s@example.net>\n' "$1"
	printf 'MIME-Version: 1.0\n'
}

make_others()
{
	i=0
	while [ $i -lt $others ]; do
		i=$((i + 1))
		{
			mail other-$i
			printf 'Content-Type: text/plain\n\nNothing to report.\n'
		} >"$inbox/$((1790900000 + i)).M${i}P2.example"
		{
			mail broken-$i
			printf 'Content-Type: application/gzip; name="a!b!1!2.xml.gz"\n'
			printf 'Content-Transfer-Encoding: base64\n\nH4sIAAAAAAAA/%06dAAAA\n' $i
		} >"$inbox/$((1790900000 + i)).M${i}P3.example"
	done
}

# All of them beside the mailbox, each kind spread over the others.
fill()
{
	inbox=$tmp/come
	mkdir "$inbox" "$tmp/twice"
	"$top_builddir/bench/gen" small "$tmp/reports" $reports 5 >/dev/null 2>&1
	"$top_builddir/tests/it/mails" "$tmp/reports" "$inbox" 4096 1 >/dev/null
	find "$tmp/reports" -type f | sort | awk 'NR % 17 == 0' | xargs -I{} cp {} "$tmp/twice"
	"$top_builddir/tests/it/mails" "$tmp/twice" "$inbox" 4096 500001 >/dev/null
	make_others
	grep -rhm1 '^Message-ID: ' "$inbox" | sort >"$tmp/ids"
	[ "$(id -u)" != 0 ] || chown -R mail:mail "$inbox"
	chmod 755 "$inbox"
	find "$inbox" -type f | awk -v seed="$seed" 'BEGIN { srand(seed) } { print rand(), $0 }' |
		sort -n | cut -d' ' -f2- >"$tmp/coming"
	mailbox_make alice INBOX
}

# come N: the next of them are delivered
come()
{
	sed "$1q" "$tmp/coming" | while read -r f; do
		mv "$f" "$(mailbox_path alice INBOX)/new"
	done
	sed "1,$1d" "$tmp/coming" >"$tmp/coming.rest"
	mv "$tmp/coming.rest" "$tmp/coming"
}

# ids FOLDER: the Message-IDs that lie there, sorted
ids()
{
	path=$(mailbox_path alice "$1")
	find "$path/new" "$path/cur" -type f -exec grep -hm1 '^Message-ID: ' {} + 2>/dev/null | sort
}

# Everything that is stored, our own numbers and times apart.
of() { query "$(echo "$2" | sed "s/TENANT/tenant_id = $1/g")"; }
sums="SELECT 'reports', count(*), sum(records), sum(messages),
	sum(hashtextextended(concat_ws('|', org_name, external_report_id, policy_domain, begin_at,
		end_at, day, p, variant, counted, records, messages), 0)) FROM report WHERE TENANT
UNION ALL SELECT 'records', count(*), 0, sum(messages),
	sum(hashtextextended(concat_ws('|', policy_domain, record_no, day, source_ip, messages,
		dkim_evaluated, spf_evaluated, disposition, header_from, extra), 0)) FROM record
	WHERE TENANT
UNION ALL SELECT 'days', count(*), 0, sum(messages), 0 FROM report_day WHERE TENANT"

dovecot_start || exit 1
proxy_start "$imaps_port" delay 4
imaps_port=$proxy_port
account_conf box
fill
"$ruadb" db start >"$tmp/start" 2>&1
ingest --tenant 2 --no-refresh "$tmp/reports"
is "$status|$(of 2 "SELECT count(*) FROM report WHERE TENANT")" "0|$reports" "the reports as files"

# ---- killing

# moment: seconds until the kill, others each time, up to $most
calls=0
moment()
{
	# awk's generators give alike numbers for seeds that are alike; a checksum does not
	echo "$seed $calls" | cksum | awk -v most="$most" '{ printf "%.3f\n", $1 % 1000 / 1000 * most }'
}

# As if its machine lost power: nobody comes to an end.
kill_server()
{
	"$ruadb" db status >"$tmp/status" 2>&1
	server=$(sed -n 's/.*running, pid \([0-9]*\).*/\1/p' "$tmp/status")
	# shellcheck disable=SC2046 # one word each
	kill -9 "$server" $(cat "/proc/$server/task/$server/children") 2>/dev/null
	wait "$pid"
	status=$?
	case $status in
	0 | 65 | 75 | 69) ;;
	*) unexpected="$unexpected $status" ;;
	esac
	"$ruadb" db start >"$tmp/start" 2>&1
}

kill_program()
{
	kill -9 "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
}

# What lies in the archives was committed, and is still there.
archived() { echo $(($(mailbox_count alice Archive/DMARC) + $(mailbox_count alice Archive/DMARC/Quarantine))); }
committed() { query "SELECT count(*) FROM mailbox_message WHERE NOT not_report"; }

most=0.5 # seconds; less where a run was through before, more where all of them were cut
unexpected='' too_early='' alive=0 i=0
come $((mails / 5))
while [ $i -lt "$kills" ]; do
	i=$((i + 1)) calls=$i
	come $((mails * 4 / 5 / kills))
	"$ruadb" fetch --no-refresh >"$tmp/fetch" 2>&1 &
	pid=$!
	sleep "$(moment)"
	cut=1
	kill -0 $pid 2>/dev/null && alive=$((alive + 1)) || cut=0
	if [ $((i % 4)) -eq 0 ]; then kill_server; else kill_program; fi
	there=$(archived)
	known=$(committed)
	[ "$there" -le "$known" ] || too_early="$too_early $i:$there/$known"
	echo "# kill $i: $known read, $there moved; cut: $cut, within $most s"
	most=$(awk -v most="$most" -v cut=$cut 'BEGIN { print most * (cut ? 1.1 : 0.7) }')
done
is "$too_early" "" "no message was moved before its COMMIT, or lost its row afterwards"
is "$unexpected" "" "the database gone: the next time again"
ok "$alive of $kills kills met it alive" test $((4 * alive)) -ge "$kills"

# ---- at the end

come "$mails"
status=0
"$ruadb" fetch --no-refresh --format json >"$tmp/out" 2>"$tmp/err" || status=$?
ok "the last run ends well: $status" sh -c "[ $status -eq 0 ] || [ $status -eq 65 ]"
is "$(of 1 "$sums")" "$(of 2 "$sums")" "every report is there once"
is "$(query "SELECT * FROM reconciliation WHERE tenant_id = 1")" "" "and whole"
is "$(query "SELECT outcome, count(*) FROM mailbox_message GROUP BY 1 ORDER BY 1")" \
	"$(printf 'not_report|%s\nquarantined|%s\nrepeat|%s\nstored|%s' $others $others $others $reports)" \
	"each message was read once"
is "$(query "SELECT count(*) FROM quarantine")" $others "and each broken one lies in quarantine once"
is "$(ids Archive/DMARC)" "$(grep -v 'other-\|broken-' "$tmp/ids")" "reports are where reports go"
is "$(ids Archive/DMARC/Quarantine)" "$(grep broken- "$tmp/ids")" "broken ones where those go"
is "$(ids INBOX)" "$(grep other- "$tmp/ids")" "what is no report stayed"
"$ruadb" fetch --no-refresh --format json >"$tmp/out" 2>"$tmp/err"
is "$?|$(member items)|$(member reports_stored)|$(member reports_repeat)" "0|0|0|0" "and nothing is left to do"

done_testing
