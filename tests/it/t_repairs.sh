# t_repairs - what is mended, partial or refused, from the file to the views; the kinds of repair.
. "$top_srcdir/tests/it/lib.sh"

# ---- the kinds: those of the parser and those that SQL explains
sed -n '/^#define REPAIR_KINDS/,/^$/s/.*X([A-Z_0-9]*, "\([a-z_0-9]*\)").*/\1/p' \
	"$top_srcdir/parse/repairs.h" | sort >"$tmp/kinds"
ok "the parser has kinds of repair" test -s "$tmp/kinds"
"$ruadb" db start >/dev/null
"$ruadb" db migrate >/dev/null 2>&1
query "SELECT what FROM repair_kind" | sort >"$tmp/explained"
is "$(cat "$tmp/explained")" "$(cat "$tmp/kinds")" "view repair_kind explains each of them, once"

done_testing
