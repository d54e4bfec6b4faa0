#!/bin/sh
# t_docs - the manual pages against the program: limits, settings, commands, options; and whether
# what the README names is there.
set -u
LC_ALL=C
export LC_ALL

ruadb=$top_builddir/ruadb
page=$top_srcdir/man/ruadb.1
conf_page=$top_srcdir/man/ruadb.conf.5
rules_page=$top_srcdir/man/ruadb-rules.5
tmp=$(mktemp -d "${TMPDIR:-/tmp}/ruadb-docs.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
tests=0

# nothing NAME: one test; passes if $tmp/said is empty.
nothing()
{
	tests=$((tests + 1))
	if [ -s "$tmp/said" ]; then
		echo "not ok $tests - $1"
		sed 's/^/# /' "$tmp/said"
	else
		echo "ok $tests - $1"
	fi
}
skip()
{
	tests=$((tests + 1))
	echo "ok $tests # SKIP $1"
}

# ---- well-formed
if command -v mandoc >/dev/null; then
	# What mandoc says of its own data base is this machine's.
	mandoc -Tlint "$page" "$conf_page" "$rules_page" 2>&1 |
		grep -vE 'mandoc\.db|referenced manual not found' >"$tmp/said"
	nothing "mandoc finds no fault"
else
	skip "no mandoc"
fi
if man --version 2>/dev/null | grep -q '^man 2'; then
	for p in "$page" "$conf_page" "$rules_page" "$top_srcdir/man/ruadb-schema.7"; do
		LC_ALL=C.UTF-8 man --warnings -E UTF-8 -l "$p" 2>&1 >/dev/null
	done >"$tmp/said"
	nothing "man finds no fault"
else
	skip "no man-db"
fi

# ---- limits: every one of base/limits.h in the list of ruadb(1), with its value
# Name, unit, and words of its line in the page.
cat >"$tmp/limits" <<END
LIMIT_ITEM_OUTPUT GB out of one item
LIMIT_PLAIN_FILE GB a file of plain XML
LIMIT_MAIL MB a mail
LIMIT_MAIL_HEADER KB a header in a mail
LIMIT_MAIL_BOUNDARIES lines in a mail that may begin a part
LIMIT_MIME_PARTS parts in a mail
LIMIT_MIME_DEPTH levels of parts in a mail
LIMIT_AUTH_DOMAINS domains of a mail that passed
LIMIT_MAIL_DEPTH mails attached to each other
LIMIT_ARCHIVE_REPORTS entries an archive of reports
LIMIT_ARCHIVE_MAILS entries an archive of mails
LIMIT_ARCHIVE_NAMES names an archive
LIMIT_ARCHIVE_SKIP MB of an archive passed over
LIMIT_ARCHIVE_AGAIN GB of archives gone over
LIMIT_NESTED_COMPRESSION - compressions inside each other
LIMIT_NESTED_ARCHIVES - archives inside each other
LIMIT_GZIP_MEMBERS pieces a gzip
LIMIT_DICTIONARY MB memory that an xz
LIMIT_LOG_OUTPUT GB out of one item that is a log
LIMIT_LOG_LINE KB a line of a log
LIMIT_LOG_TEXT KB an address or name in a log
LIMIT_LOG_REPLY KB a reply in a log
LIMIT_LOG_PART_EVENTS events in a part of a log
LIMIT_LOG_PART_BYTES MB of a log that make a part
LIMIT_LOG_REPLIES replies different ones in a part
LIMIT_LOG_TEMPLATES templates of replies
LIMIT_LOG_HOSTS hosts in a part of a log
LIMIT_LOG_SAMPLE bytes of a line
LIMIT_LOG_REASONS reasons why lines of a part
LIMIT_REPORT_RECORDS records a report
LIMIT_COUNT messages a record
LIMIT_REFUSED_ROWS records refused
LIMIT_XML_DEPTH - depth of elements
LIMIT_TAG KB a start tag
LIMIT_ATTRIBUTES attributes a start tag
LIMIT_DOCUMENTS documents one behind the other
LIMIT_DOCUMENTS_AGAIN MB of XML gone over
LIMIT_MENDED MB of XML that is mended
LIMIT_SILENCE MB of XML without a tag
LIMIT_RECORD_XML MB of XML from one record
LIMIT_LEAF KB the text of an element
LIMIT_COMMENT KB a comment
LIMIT_RESULTS results a record
LIMIT_REASONS reasons a record
LIMIT_REPAIRS repairs different ones
LIMIT_EXTRA MB fields without a column
LIMIT_TIME year the latest time
LIMIT_CPU_SECONDS s CPU time of an item
LIMIT_CPU_SECONDS_PER_100MB s more for each 100 MB
LIMIT_WALL_FACTOR times the CPU time
LIMIT_WORKER_MEMORY MB memory of a worker
LIMIT_INLINE KB of an item go inline
LIMIT_FRAME KB a frame between
END
# Value of the limit $1 in the unit $2, as the page writes it.
value_of()
{
	expression=$(sed -n "s/^#define $1[[:space:]]\{1,\}\(.*\)/\1/p" \
		"$top_srcdir/base/limits.h" |
		sed -e 's|/\*.*||' -e 's/\([0-9]\)LL/\1/g')
	[ -n "$expression" ] || return
	value=$(($expression))
	case $2 in
	GB) echo "$((value >> 30)) GB" ;;
	MB) echo "$((value >> 20)) MB" ;;
	KB) echo "$((value >> 10)) KB" ;;
	year) echo "year $((value / 31556952 + 1970))" ;;
	-) echo "$value" ;;
	*) echo "$(echo "$value" |
		sed -e ':a' -e 's/^\([0-9]\{1,\}\)\([0-9]\{3\}\)/\1,\2/;ta') $2" ;;
	esac
}
while read -r name unit words; do
	wanted=".It $(value_of "$name" "$unit") Ta $words"
	grep -qF -- "$wanted" "$page" || echo "$name: ruadb(1) has no line '$wanted'"
done <"$tmp/limits" >"$tmp/said"
nothing "the limits of ruadb(1) are those of base/limits.h"
sed -n 's/^#define \(LIMIT_[A-Z0-9_]*\).*/\1/p' "$top_srcdir/base/limits.h" | while read -r name; do
	grep -q "^$name " "$tmp/limits" || echo "$name: this test and ruadb(1) don't know it"
done >"$tmp/said"
nothing "every limit of base/limits.h is in ruadb(1)"

# ---- settings
"$top_builddir/tests/it/conf_describe" | tr '\t' '|' >"$tmp/settings"
while IFS='|' read -r name standard _; do
	section=${name%%.*}
	# [account "NAME"], [source "NAME"]
	case $section in
	account | source) section="$section "'\\(dqNAME\\(dq' ;;
	esac
	key=${name#*.}
	# From the key's heading to the next one.
	sed -n "/^\.Ss \[$section\]/,/^\.S[hs] /p" "$conf_page" |
		sed -n "/^\.It Cm $key\$/,/^\.\(It\|El\)/p" | sed 1d | grep -v '^\.It' >"$tmp/entry"
	[ -s "$tmp/entry" ] || echo "$name: not in ruadb.conf(5)"
	if [ -n "$standard" ]; then
		grep -A1 '^Default:$' "$tmp/entry" | grep -q "^\.Cm $standard \.\$"
	else
		grep -q '^Default: none\.$' "$tmp/entry"
	fi || echo "$name: ruadb.conf(5) does not say that its default is '${standard:-none}'"
done <"$tmp/settings" >"$tmp/said"
nothing "ruadb.conf(5) has every setting, with its default"
sed -n 's/^\.It Cm \([a-z_]*\)$/\1/p' "$conf_page" | while read -r key; do
	grep -q "\.$key|" "$tmp/settings" || echo "$key: there is no such setting"
done >"$tmp/said"
nothing "ruadb.conf(5) has no setting that is none"

# ---- commands and options
"$ruadb" --help >"$tmp/help" 2>&1
commands=$(sed -n '/^Usage/,/^  -c/s/^  \([a-z]\{2,\}\) .*/\1/p' "$tmp/help")
for c in $commands; do
	grep -q "^\.Ss $c\$" "$page" || echo "$c: not in ruadb(1)"
done >"$tmp/said"
nothing "ruadb(1) has every command"
sed -n '/^\.Sh COMMANDS/,/^\.Sh THE/s/^\.Ss //p' "$page" | while read -r c; do
	echo "$commands" | grep -qx "$c" || echo "$c: not in --help"
done >"$tmp/said"
nothing "--help has every command of ruadb(1)"
for c in $commands; do
	"$ruadb" "$c" --help 2>&1
done >>"$tmp/help"
grep -oE -- '--[a-z][a-z-]+' "$tmp/help" | sort -u >"$tmp/options"
# "Fl -since", and in examples "--since"; \-\- and blanks of sentences are none.
grep -oE -- '(Fl |, Fl )-[a-z][a-z-]+|--[a-z][a-z-]+' "$page" |
	sed -e 's/^, //' -e 's/^Fl /-/' | sort -u >"$tmp/described"
comm -23 "$tmp/options" "$tmp/described" >"$tmp/said"
nothing "ruadb(1) has every option of --help"
comm -13 "$tmp/options" "$tmp/described" | grep -vx -e --path -e --template -e --now \
	-e --no-owner -e --exit-on-error >"$tmp/said"
nothing "--help has every option of ruadb(1)"
for c in $commands; do
	"$ruadb" "$c" --help >/dev/null 2>&1 || echo "$c --help: status $?"
	[ "$("$ruadb" "$c" --help 2>/dev/null | wc -l)" -le 24 ] || echo "$c --help: over 24 lines"
done >"$tmp/said"
nothing "--help of each command is a screen, with status 0"

# ---- systemd units
for u in "$top_srcdir"/systemd/*.service.in; do
	case $u in
	*/ruadb-db.service.in) ;;
	*) grep -q '^Environment=RUADB_DB_AUTOSTART=no$' "$u" ||
		echo "$u: starts the server itself" ;;
	esac
	case $u in
	*/ruadb-ingest@.service.in)
		grep -q '^SuccessExitStatus=65$' "$u" ||
			echo "$u: takes a quarantined item for a failure" ;;
	esac
	sed -n 's/^Exec[A-Za-z]*=-\{0,1\}@bindir@\/ruadb \([a-z]*\).*/\1/p' "$u" |
		while read -r c; do
		echo "$commands" | grep -qx "$c" || echo "$u: there is no command $c"
	done
done >"$tmp/said"
nothing "only one unit starts the server; all run commands that are there"

# ---- README and CONTRIBUTING
for f in README.md CONTRIBUTING.md; do
	grep -oE '\]\([^)#:]+\)' "$top_srcdir/$f" | sed 's/^](\(.*\))$/\1/' |
		while read -r there; do
		[ -e "$top_srcdir/$there" ] || echo "$f: there is no $there"
	done
done >"$tmp/said"
nothing "what README and CONTRIBUTING link to is there"
grep -ohE '\bruadb (ingest|inspect|report|quarantine|db|sql|[a-z]+ --)[a-z -]*' \
	"$top_srcdir/README.md" |
	awk '{ print $2 }' | sort -u | while read -r c; do
	echo "$commands" | grep -qx "$c" || echo "README: there is no command $c"
done >"$tmp/said"
nothing "the commands of the README are there"

echo "1..$tests"
