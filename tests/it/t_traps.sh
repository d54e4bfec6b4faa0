#!/bin/sh
# t_traps - bombs and traps: each alone costs little time and memory and ends as what traps.py
# says may become of it, and in a folder with them good files are stored. Nothing is written
# elsewhere.
. "$top_srcdir/tests/it/lib.sh"
ready_home
tab=$(printf '\t')

have_python || skip_all "no python3 to make traps with"
# Seconds of CPU time and MB of memory; builds with sanitizers are some times slower and larger.
seconds=2 megabytes=200
case $top_builddir in
*/sanitizer-build/*) seconds=10 megabytes=800 ;;
esac
traps=$tmp/traps
# A minute and a gigabyte for all of them; in `make check` one of each kind. RUADB_TRAPS=all: all.
few="gzip-of-zeros gzip-of-empty-records gzip-of-blanks-in gzip-of-comments gzip-of-text gzip-25
	xz- bzip2- zip- tar- attributes- namespaces- laughs entity- deep bare- comment-unclosed
	cdata-unclosed nuls-in parts-10000 multiparts-1000 header- headers- base64-bomb mbox-"
[ "${RUADB_TRAPS-}" != all ] || few=
# shellcheck disable=SC2086
python3 "$here/traps.py" make "$traps" $few >"$tmp/list"
# shellcheck disable=SC2046
python3 "$here/traps.py" measure "$ruadb" $(cut -f 1 "$tmp/list" | sed "s|^|$traps/|") \
	>"$tmp/measured"

is "$(awk -F "$tab" -v most=$seconds '$2 > most { print $1, $2 " s" }' "$tmp/measured")" "" \
	"each costs at most $seconds s of CPU time"
is "$(awk -F "$tab" -v most=$megabytes '$3 > most { print $1, $3 " MB" }' "$tmp/measured")" "" \
	"and at most $megabytes MB of memory"
is "$(awk -F "$tab" '$5 ~ /bug|temp/ { print $1, $5, $6 }' "$tmp/measured")" "" \
	"none makes the parser fail"
is "$(awk -F "$tab" 'NR == FNR { wanted[$1] = $2; next }
	wanted[$1] == "refused" && $4 !~ /quarantined/ || $4 == "nothing" { print $1, $4 }' \
	"$tmp/list" "$tmp/measured")" "" "those that are only traps are refused by name"
awk -F "$tab" '{ printf("# %-34s %6s s %4s MB  %s %s\n", $1, $2, $3, $4, $6) }' "$tmp/measured"

# ---- among good files
i=1
while [ $i -le 9 ]; do
	sed "s/<report_id>.*</<report_id>good-$i</" "$samples/values/id-in-brackets.xml" \
		>"$traps/$i-good.xml"
	i=$((i + 1))
done
: >"$tmp/before"
ingest --format json "$traps"
is "$status" 65 "all of them in one run: something is quarantined"
is "$(query "SELECT count(*), sum(records) FROM report WHERE external_report_id LIKE 'good-%'")" \
	"9|9" "the good files among them are stored"
is "$(query "SELECT * FROM reconciliation")" "" "nothing is counted that is not there"
is "$(query "SELECT DISTINCT class FROM quarantine WHERE class NOT IN ('input', 'limit')")" "" \
	"nothing is quarantined as a fault of the program"
is "$(find /tmp "$HOME" "$top_builddir" -maxdepth 2 -newer "$tmp/before" -name '*ruadb-trap*' \
	2>/dev/null)" "" "no path of an archive became a file"

done_testing
