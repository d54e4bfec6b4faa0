#!/bin/sh
# check-layers - who may include and link what, how long a file may be, what is never called.
# The rules are those of the table of folders in CONTRIBUTING. TAP.
set -u

top_srcdir=${top_srcdir:-.}
top_builddir=${top_builddir:-.}
n=0

# report NAME PROBLEMS: one test; passes where PROBLEMS is empty.
report()
{
	n=$((n + 1))
	if [ -z "$2" ]; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		echo "$2" | sed 's/^/# /'
	fi
}

# Lines "file: header" of what folder $1 includes from outside itself and from none of the doors $2.
forbidden_includes()
{
	for f in "$1"/*.[ch]; do
		[ -e "$f" ] || continue
		sed -n 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*"\([^"]*\)".*/\1/p' "$f" |
		while read -r header; do
			case $header in
			"$1"/*) continue ;;
			*/*) ;;
			*) [ ! -e "$1/$header" ] || continue ;;
			esac
			for door in $2; do
				# A door "base/" opens the whole folder.
				case $header in "$door" | "${door%/}/"*) continue 2 ;; esac
			done
			echo "$f: may not include $header"
		done
	done
}

# Files that use the header pattern $1 and lie outside the folder $2.
headers_outside()
{
	grep -lE "^[[:space:]]*#[[:space:]]*include[[:space:]]*<($1)" \
		base/*.[ch] ingest/*.[ch] parse/*.[ch] store/*.[ch] report/*.[ch] rules/*.[ch] cmd/*.[ch] \
		2>/dev/null |
		grep -v "^$2/"
}

# Libraries that program $1 is linked with and whose name matches $2.
linked()
{
	readelf -d "$top_builddir/$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | grep -E "$2"
}

# Code without comments and strings, as "file:line:text", so that neither trips a search.
code()
{
	for f in base/*.[ch] ingest/*.[ch] parse/*.[ch] store/*.[ch] report/*.[ch] rules/*.[ch] \
		cmd/*.[ch]; do
		[ -e "$f" ] || continue
		sed -e 's/"\([^"\\]\|\\.\)*"/""/g' -e 's|/\*.*\*/||' -e 's|//.*||' \
			-e '/^[[:space:]]*\/\*/,/\*\//s/.*//' "$f" | awk -v f="$f" '{ print f ":" NR ":" $0 }'
	done
}

calls() { code | grep -E "(^|[^_[:alnum:]])($1)[[:space:]]*\("; }

cd "$top_srcdir" || exit 1
echo 1..20
report "base includes only base" "$(forbidden_includes base 'base/')"
report "ingest includes only base" "$(forbidden_includes ingest 'base/')"
report "parse includes only base" "$(forbidden_includes parse 'base/')"
report "store includes only base" "$(forbidden_includes store 'base/')"
report "report includes only base and the door of store" \
	"$(forbidden_includes report 'base/ store/store.h')"
report "rules includes only base" "$(forbidden_includes rules 'base/')"
report "cmd includes base and the doors of ingest, store, report and rules" \
	"$(forbidden_includes cmd 'base/ ingest/ingest.h store/store.h report/report.h rules/rules.h')"

report "libxml2, libarchive, GMime and GLib are parse's" \
	"$(headers_outside 'libxml/|archive|gmime/|glib' parse)"
report "libpq is store's" "$(headers_outside 'libpq|postgres' store)"
report "PCRE2 is rules'" "$(headers_outside 'pcre2' rules)"
report "libcurl and jansson are ingest's" "$(headers_outside 'curl/|jansson' ingest)"
report "ruadb is not linked with what reads strangers' data" \
	"$(linked ruadb 'libxml2|libarchive|libgmime|libglib|libgobject|libseccomp')"
report "ruadb-parse is linked with nothing that talks to servers" \
	"$(linked parse/ruadb-parse 'libpq|libcurl|libssl|libpcre2')"

report "no function without bounds" "$(calls 'sprintf|vsprintf|strcpy|strcat|strncpy|strtok|gets')"
report "no number conversion without errors" "$(calls 'atoi|atol|atoll|atof')"
report "no setjmp, no alloca, no shell" "$(calls 'setjmp|longjmp|alloca|system|popen')"
report "XML is streamed, never read into a tree" \
	"$(calls 'xmlReadMemory|xmlReadFile|xmlReadFd|xmlParseDoc|xmlParseMemory|xmlNewTextReader')"
report "no trigger and no enum in the schema" \
	"$(grep -niE 'create[[:space:]]+(constraint[[:space:]]+)?trigger|as[[:space:]]+enum' \
		sql/migrations/*.sql /dev/null)"

long=$(find base ingest parse store report rules cmd tests bench \( -name '*.c' -o -name '*.h' \) \
	-exec awk 'END { if (NR > 500) print FILENAME ": " NR " lines" }' {} \;)
report "no file over 500 lines" "$long"

# A source that is not listed is neither built in nor distributed.
unlisted=$(for f in base/*.[ch] ingest/*.[ch] parse/*.[ch] store/*.[ch] report/*.[ch] rules/*.[ch] \
	rules/*.rules cmd/*.[ch] sql/*/*.sql; do
	[ ! -e "$f" ] || grep -qF "$f" "${f%%/*}/Makefile.inc" || echo "$f: not in ${f%%/*}/Makefile.inc"
done)
report "every source and every SQL file is listed" "$unlisted"
