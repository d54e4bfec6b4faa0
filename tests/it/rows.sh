# rows.sh - what tests of reports share: aggregate reports out of words, and cells of what is printed.
# shellcheck shell=sh disable=SC2034,SC2154

# rows FILE ORG ID DAY DOMAIN POLICY: a report of one day into $tmp/in. A line of standard input is
# a record: IP COUNT DISPOSITION DKIM SPF HEADER_FROM ENVELOPE_FROM DKIM... SPF... REASON..., a "-" or
# the end where there is nothing (header_from: DOMAIN). DKIM: domain/selector/result, SPF:
# domain/scope/result, REASON: type/comment with _ for a blank; several with commas between.
rows()
{
	begin=$(date -u -d "$4" +%s)
	awk -v org="$2" -v id="$3" -v begin="$begin" -v domain="$5" -v policy="$6" '
		function tag(name, text) { return "<" name ">" text "</" name ">" }
		function words(list, all) { return list == "" || list == "-" ? 0 : split(list, all, ",") }
		function results(list, kind, second, all, part, n, i, out) {
			n = words(list, all)
			for (i = 1; i <= n; i++) {
				split(all[i], part, "/")
				out = out tag(kind, tag("domain", part[1]) tag(second, part[2]) \
					tag("result", part[3]))
			}
			return out
		}
		function reasons(list, all, part, n, i, out) {
			n = words(list, all)
			for (i = 1; i <= n; i++) {
				split(all[i] "/", part, "/")
				gsub(/_/, " ", part[2])
				if (part[2] != "")
					part[2] = tag("comment", part[2])
				out = out tag("reason", tag("type", part[1]) part[2])
			}
			return out
		}
		BEGIN {
			print "<?xml version=\"1.0\"?><feedback>"
			print tag("report_metadata", tag("org_name", org) tag("email", "dmarc@" org) \
				tag("report_id", id) \
				tag("date_range", tag("begin", begin) tag("end", begin + 86400)))
			print tag("policy_published", tag("domain", domain) policy)
		}
		{
			envelope = $7 == "-" || $7 == "" ? "" : tag("envelope_from", $7)
			from = $6 == "-" || $6 == "" ? domain : $6
			print tag("record", tag("row", tag("source_ip", $1) tag("count", $2) \
				tag("policy_evaluated", tag("disposition", $3) tag("dkim", $4) tag("spf", $5) \
				reasons($10))) \
				tag("identifiers", envelope tag("header_from", from)) \
				tag("auth_results", results($8, "dkim", "selector") results($9, "spf", "scope")))
		}
		END { print "</feedback>" }' >"$tmp/in/$1"
}

# now INSTANT: what the figures of the reports are of.
now() { PGOPTIONS="-c ruadb.as_of=$1"; export PGOPTIONS; }

# report ARGS...: sets $status, standard output in $tmp/out, standard error in $tmp/err.
report()
{
	status=0
	"$ruadb" report "$@" >"$tmp/out" 2>"$tmp/err" || status=$?
}

# cells COLUMN...: those of the CSV of the last report, one line a row.
cells()
{
	tr -d '\r' <"$tmp/out" | awk -v want="$*" '
		function fields(line, at, n, c, quoted) { # of a line without line breaks in it
			n = 1
			split("", cell)
			for (at = 1; at <= length(line); at++) {
				c = substr(line, at, 1)
				if (c == "\"")
					quoted = !quoted
				else if (c == "," && !quoted)
					n++
				else
					cell[n] = cell[n] c
			}
			return n
		}
		NR == 1 { n = fields($0); for (i = 1; i <= n; i++) at[cell[i]] = i; m = split(want, names); next }
		{
			fields($0)
			for (k = 1; k <= m; k++)
				printf "%s%s", (k > 1 ? "|" : ""), cell[at[names[k]]]
			print ""
		}'
}
