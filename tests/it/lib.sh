# lib.sh - what the integration tests share; sourced by them, never run.
#
# Gives: $ruadb, a RUADB_HOME of this test's own, where a private server is made by the first command
# that needs one (or by ready_home) and stopped at the end,
# $tmp for files, TAP (ok, is, skip, done_testing) and SQL (query, owner_query).
# shellcheck shell=sh disable=SC2034

set -u
LC_ALL=C
export LC_ALL
unset RUADB_STORE_CONNINFO RUADB_CONFIG RUADB_DB_AUTOSTART PGHOST PGPORT PGDATABASE PGUSER \
	PGSERVICE TZ 2>/dev/null || :

ruadb=$top_builddir/ruadb
samples=$(cd "$top_srcdir/samples" && pwd -P)
here=$top_srcdir/tests/it
# Not below the build tree: a socket's path may have 107 bytes, and as root the server runs under
# an account that has to reach its data.
tmp=$(mktemp -d "${TMPDIR:-/tmp}/ruadb-it.XXXXXX")
chmod 755 "$tmp"
RUADB_HOME=$tmp/home
export RUADB_HOME
tests=0

at_end()
{
	"$ruadb" db stop >/dev/null 2>&1
	rm -rf "$tmp"
}
trap at_end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# ok NAME COMMAND...: passes if the command ends with 0. What it says goes to the log on failure.
ok()
{
	name=$1
	shift
	tests=$((tests + 1))
	if "$@" >"$tmp/ok.out" 2>&1; then
		echo "ok $tests - $name"
	else
		echo "not ok $tests - $name"
		sed 's/^/# /' "$tmp/ok.out"
	fi
}

# is GOT WANTED NAME: passes if both texts are equal; else both are shown.
is()
{
	tests=$((tests + 1))
	if [ "$1" = "$2" ]; then
		echo "ok $tests - $3"
		return
	fi
	echo "not ok $tests - $3"
	printf '%s\n' "$2" >"$tmp/wanted"
	printf '%s\n' "$1" >"$tmp/got"
	diff -u "$tmp/wanted" "$tmp/got" | sed 's/^/# /' | head -60
}

# ready_home: puts a private server with the schema into $RUADB_HOME, a copy of one that is made once a
# build. Saves seconds a test; not for tests of how a server is made or migrated.
ready_home()
{
	template=$top_builddir/tests/home.template
	key=$(cat "$top_srcdir"/sql/migrations/*.sql "$top_srcdir"/sql/views/*.sql "$ruadb" | cksum)
	(
		flock 9
		if [ "$(cat "$template/key" 2>/dev/null)" = "$key" ]; then
			mkdir -p "$RUADB_HOME" && cp -a "$template/pg" "$RUADB_HOME/"
		else
			rm -rf "$template"
			"$ruadb" db migrate >/dev/null 2>&1 && "$ruadb" db stop >/dev/null &&
				mkdir -p "$template" && cp -a "$RUADB_HOME/pg" "$template/" &&
				echo "$key" >"$template/key"
		fi
	) 9>"$top_builddir/tests/home.lock" || echo "# no home was made ready"
}

# skip WHY N: N tests that can't run here.
skip()
{
	i=0
	while [ $i -lt "$2" ]; do
		i=$((i + 1))
		tests=$((tests + 1))
		echo "ok $tests # SKIP $1"
	done
}

skip_all()
{
	echo "1..0 # SKIP $1"
	exit 0
}

done_testing() { echo "1..$tests"; }

have_python() { command -v python3 >/dev/null 2>&1; }

# ingest ARGS...: runs it, sets $status; its standard output is $tmp/out, the rest $tmp/err.
ingest()
{
	status=0
	"$ruadb" ingest "$@" >"$tmp/out" 2>"$tmp/err" || status=$?
}

# member NAME: a number out of the JSON object that the last ingest printed.
member() { sed -n 's/.*"'"$1"'": *\([0-9][0-9]*\).*/\1/p' "$tmp/out" | head -1; }

# figures: the members that count what is stored, one a line; the same from count.py.
figures_named="items unchanged reports_stored reports_repeat reports_near_repeat reports_conflict
	quarantined not_reports records messages records_refused messages_refused"
figures() { for f in $figures_named; do echo "$f=$(member "$f")"; done; }
counted_figures()
{
	python3 "$here/count.py" "$@" >"$tmp/counted" || return
	for f in $figures_named; do
		echo "$f=$(sed -n 's/.*"'"$f"'": \([0-9]*\).*/\1/p' "$tmp/counted" | grep . || echo 0)"
	done
}

# query SQL: rows as a reader gets them, columns apart by "|".
query() { "$ruadb" sql -qAt -v ON_ERROR_STOP=1 -c "$1"; }
