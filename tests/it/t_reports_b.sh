# t_reports_b - selectors, identities, reporters, coverage, policies, overrides, disagreement,
# conflicts and reading itself: the shipped reports on rows worked out by hand.
. "$top_srcdir/tests/it/lib.sh"
ready_home
. "$here/rows.sh"

# Now: at a reporter without a lag of its own 2026-11-16 is the last settled day.
now 2026-11-20T12:00Z
mkdir "$tmp/in"

# ---- example.com: 14 days of one daily reporter
i=0
while [ $i -lt 14 ]; do
	day=$(date -u -d "2026-11-03 + $i days" +%F)
	{
		echo 192.0.2.1 50 none pass pass - - example.com/s1/pass example.com/mfrom/pass
		# fading: 40 a day for a week, then 10
		[ $i -lt 7 ] && n=40 || n=10
		echo 192.0.2.2 $n none pass fail - - example.com/s2/pass -
		# new: the last 5 days; stopped: the first 3
		[ $i -lt 9 ] || echo 192.0.2.1 5 none pass fail - - example.com/s3/pass -
		[ $i -ge 3 ] || echo 192.0.2.1 20 none pass fail - - example.com/s4/pass -
		[ $i -lt 13 ] || cat <<-END
		192.0.2.1 80 none pass fail - - example.com/s5/pass -
		192.0.2.2 20 none fail fail - - example.com/s5/fail -
		198.51.100.9 12 none fail fail - - example.com/s6/fail -
		192.0.2.1 30 none pass fail - - example.com/s1/pass,example.com/ed1/pass -
		203.0.113.5 7 none fail fail - - example.com/s1/fail -
		203.0.113.6 4 none fail fail - - esp.example/k/pass -
		END
	} | rows "alpha-$i.xml" Alpha.example "a$i" "$day" example.com '<p>none</p>'
	i=$((i + 1))
done

# ---- example.net: what a reporter concludes and what follows from its raw results
rows beta.xml beta.example b1 2026-11-16 example.net '<p>none</p>' <<-END
	192.0.2.7 10 none fail pass - - example.net/x/pass example.net/mfrom/pass
	192.0.2.8 5 none fail pass - - - bounce.esp.example/mfrom/pass
	192.0.2.9 3 none pass fail news.example.net - example.net/x/pass -
	192.0.2.9 4 none fail fail news.example.net - example.net/x/pass -
	END
# The same report with other contents, and under another name.
rows zeta-1.xml zeta.example z1 2026-11-15 example.net '<p>none</p>' <<-END
	192.0.2.7 5 none pass pass - - example.net/x/pass example.net/mfrom/pass
	END
rows zeta-2.xml zeta.example z1 2026-11-15 example.net '<p>none</p>' <<-END
	192.0.2.7 8 none pass pass - - example.net/x/pass example.net/mfrom/pass
	END
rows zeta-3.xml zeta.example z2 2026-11-15 example.net '<p>none</p>' <<-END
	192.0.2.7 8 none pass pass - - example.net/x/pass example.net/mfrom/pass
	END

# ---- example.org: a policy that changes, and override reasons
rows gamma-1.xml gamma.example g1 2026-11-14 example.org '<p>none</p><pct>50</pct>' <<-END
	192.0.2.20 1 none pass pass - - example.org/o/pass -
	END
for reporter in gamma delta; do
	rows $reporter-2.xml $reporter.example g2 2026-11-15 example.org '<p>none</p>' <<-END
	192.0.2.20 1 none pass pass - - example.org/o/pass -
	END
done
rows delta-3.xml delta.example d3 2026-11-16 example.org '<p>reject</p><adkim>s</adkim>' <<-END
	192.0.2.20 1 none pass pass - - example.org/o/pass -
	END
rows epsilon.xml epsilon.example e3 2026-11-16 example.org '<p>none</p>' <<-END
	192.0.2.20 1 none pass pass - - example.org/o/pass -
	END
rows gamma-3.xml gamma.example g3 2026-11-16 example.org '<p>reject</p><adkim>s</adkim>' <<-END
	198.51.100.10 20 none fail fail - - - - forwarded/known_forwarder
	198.51.100.20 6 none fail fail - - - - forwarded/known_forwarder
	203.0.113.7 9 quarantine fail fail - - - - mailing_list
	203.0.113.7 3 none pass fail - - - - local_policy/arc=pass,other
	END

# ---- churn.example: another envelope domain each week
i=1
for day in 2026-10-26 2026-11-02 2026-11-09 2026-11-16; do
	rows churn-$i.xml Alpha.example c$i $day churn.example '<p>none</p>' <<-END
	192.0.2.77 100 none fail pass - b$i.churn.example - b$i.churn.example/mfrom/pass
	198.51.100.77 20 none fail fail - - spam.example/q/pass -
	END
	i=$((i + 1))
done
printf '<feedback><report_metadata>' >"$tmp/in/broken.xml"
ingest --format json "$tmp/in"
is "$status $(member reports_stored)" "65 28" "the reports are stored"

# ---- selectors
report selectors --domain example.com --format csv
selectors="s5|failing|100|80|20|20|100|0|1|2026-11-16|2026-11-16
s6|never passes|12|0|12|0|12|0|1|2026-11-16|2026-11-16
s2|fading|350|350|0|0|70|280|1|2026-11-03|2026-11-16
s4|stopped|60|60|0|0|0|60|1|2026-11-03|2026-11-05
ed1|new|30|30|0|0|30|0|1|2026-11-16|2026-11-16
s3|new|25|25|0|0|25|0|1|2026-11-12|2026-11-16
s1|in use|737|730|7|0|387|350|2|2026-11-03|2026-11-16"
of_selector="selector state messages pass fail fail_at_own last_7_days before_7_days sources
	first_day last_day"
is "$(cells $of_selector)" "$selectors" \
	"failing, never passes, fading, stopped, new, in use; a second signature has its row"
report selectors --format csv
is "$(cells signing_domain $of_selector | sed -n 's/^example.com|//p')" "$selectors" \
	"the same over all domains"
is "$(cells signing_domain selector state messages | grep -v '^example.com')" \
	"example.net|x|in use|25
example.org|o|in use|5" "an unaligned signature, or one of others, is none of ours"
report selectors --domain example.com --since 2026-11-16 --format csv
is "$(cells selector state messages | sort)" "ed1|in use|30
s1|in use|87
s2|in use|10
s3|in use|5
s5|failing|100
s6|never passes|12" "since a day: nothing is new where nothing was before"

# ---- identities of streams
report identity-consistency --domain churn.example --format csv
is "$(cells source_group class envelope_domain signing_domain aligned messages share_percent \
	envelope_domains bounce_weeks last_day)" \
	"192.0.2.0/24|authorised|b1.churn.example||SPF|100|25.0|4|3|2026-10-26
192.0.2.0/24|authorised|b2.churn.example||SPF|100|25.0|4|3|2026-11-02
192.0.2.0/24|authorised|b3.churn.example||SPF|100|25.0|4|3|2026-11-09
192.0.2.0/24|authorised|b4.churn.example||SPF|100|25.0|4|3|2026-11-16" \
	"another bounce domain each week; what is unverified is not asked for"
is "$(grep -c '4 envelope domains in 4 weeks, others than before in 3 of them' "$tmp/out") $(
	grep -c 'Without an aligned signature' "$tmp/out")" "4 4" "and what to say of it"
report identity-consistency --domain churn.example --param all=yes --format csv
is "$(cells source_group class envelope_domain signing_domain selector aligned messages \
	share_percent | tail -1)" \
	"198.51.100.0/24|unverified||spam.example|q|none|80|100.0" "but can be"
report identity-consistency --domain example.net --format csv
is "$(cells header_from envelope_domain signing_domain selector aligned messages share_percent)" \
	"example.net|example.net|example.net|x|DKIM and SPF|18|60.0
news.example.net||example.net|x|DKIM|7|23.3
example.net|bounce.esp.example|||none|5|16.7" "combinations of a source, as recomputed"
report identity-consistency --format csv
is "$(cells organizational_domain header_from envelope_domain signing_domain aligned messages |
	grep example.net)" "example.net|example.net|example.net|example.net|DKIM and SPF|18
example.net|example.net||example.net|DKIM|7
example.net|example.net|bounce.esp.example||none|5" "over all domains: what passes"

# ---- what reporters conclude
report eval-disagrees --format csv
is "$(cells reporter check evaluated aligned records share_percent messages example_in cause)" \
	"beta.example|DKIM|fail|pass|1|25.0|10|b1 record 1|$(
	)The raw result passes for this very domain: it is overruled.
beta.example|SPF|pass|fail|1|25.0|5|b1 record 2|$(
	)It takes the pass of a domain that is not ours: the raw result, not DMARC's.
beta.example|DKIM|fail|pass|1|25.0|4|b1 record 4|$(
	)It wants equal domains, though relaxed alignment is published." \
	"evaluated against raw, DKIM and SPF apart; who agrees is not there"
report eval-disagrees --param reporter=alpha.example --format csv
is "$(cells reporter)" "" "of one reporter"

# ---- override reasons
report overrides --format csv
is "$(cells type comment organizational_domain source_group messages pass fail none quarantine \
	reject reporters)" "forwarded|known forwarder|example.org|198.51.100.0/24|26|0|26|26|0|0|1
mailing_list||example.org|203.0.113.0/24|9|0|9|0|9|0|1
local_policy|arc=pass|example.org|203.0.113.0/24|3|3|0|3|0|0|1
other||example.org|203.0.113.0/24|3|3|0|3|0|0|1" "reasons by type, comment and source"
report overrides --domain example.com --format csv
is "$(cells type)" "" "of one domain"

# ---- policies
report policy-history --domain example.org --format csv
is "$(cells first_day last_day p sp pct adkim status change days reporters seen_by)" \
	"2026-11-16|2026-11-16|reject|reject||s|latest|p none -> reject; sp none -> reject; $(
	)adkim r -> s|1|2|delta.example, gamma.example
2026-11-14|2026-11-15|none|none|50|r|before|first known|2|2|delta.example, gamma.example
2026-11-16|2026-11-16|none|none|50|r|others saw||1|1|epsilon.example" \
	"a change, who saw it, and who saw something else on that day"
report policy-readiness --domain example.com --format csv
is "$(cells policy verdict next_step days reporters last_settled_day untrusted_messages)" \
	"p=none|not enough data|p=quarantine|14|1|2026-11-16|0" "readiness"
is "$(query "SELECT count(*) FROM policy_readiness")" "$(report policy-readiness --format csv
	cells verdict | grep -c .)" "one row a policy domain"

# ---- reporters and coverage
of_reporter="reporter state domains reports messages pass_percent days last_day conflicts unverified"
report reporters --format csv
is "$(cells $of_reporter | sed -n '1,2p')" \
	"Alpha.example|daily|2|18|1768|93.0|16|2026-11-16|0|0
gamma.example|occasional|1|3|40|12.5|3|2026-11-16|0|0" "reporters, the largest first"
is "$(cells $of_reporter | grep zeta)" "zeta.example|occasional|1|1|8|100.0|1|2026-11-15|1|0" \
	"a conflict is told, and counts once"
report coverage --domain example.com --format csv
is "$(cells state first_day last_day days reporters_expected reporters_seen reporters_missing)" \
	"complete|2026-11-03|2026-11-16|14|1|1|0" "a daily reporter that is there each day"
psql "$("$ruadb" db url)" -qAt -c "INSERT INTO ruadb_data.own_domain VALUES
	(1, 'quiet.example', 'quiet.example', 'd')"
now 2026-11-30T12:00Z
report coverage --format csv
is "$(cells organizational_domain state first_day last_day days reporters_missing missing silent |
	sed -n '1,2p') $(cells organizational_domain state first_day | tail -1)" \
	"quiet.example|no reports||||||
example.com|all missing|2026-11-17|2026-11-26|10|1|alpha.example| $(
	)example.com|complete|2026-11-03" "a domain without reports; days that nobody told about"
report reporters --format csv
is "$(cells reporter state | head -1)" "Alpha.example|nothing sent" "without logs: nothing sent"
psql "$("$ruadb" db url)" -qAt -c "INSERT INTO ruadb_data.log_day VALUES
	(1, '2026-11-20', '192.0.2.1', 'example.com', 'alpha.example', 5)"
report reporters --format csv
is "$(cells reporter state | head -1)" "Alpha.example|silent" "our logs show mail there: silent"
report coverage --domain example.com --format csv
is "$(cells state silent | head -1)" "all missing|alpha.example" "and so in coverage"
now 2026-11-20T12:00Z

# ---- conflicts
report conflicts --format csv
is "$(cells kind reporter report counts messages difference why)" \
	"conflict|zeta.example|z1|yes|8||counts: trusted most, then more messages, then first
conflict|zeta.example|z1|no|5|3 messages fewer, 3 pass fewer|what counts has more messages
conflict|zeta.example|z2|no|8|nothing|same content under another report id: counted once" \
	"what counts, and how the others differ"

# ---- reading itself
report ingest-health --format csv
is "$(cells items items_stored near_repeats quarantined_broken reports reports_counted records)" \
	"29|27|1|1|28|26|$(query "SELECT count(*) FROM record")" "what came in"
ok "what to do about it" grep -q '1 went to quarantine in the last 7 days' "$tmp/out"

# ---- every report, in every format, over everything and nothing
for name in selectors identity-consistency eval-disagrees overrides policy-history \
	policy-readiness reporters coverage conflicts ingest-health; do
	for format in table json jsonl csv tsv markdown; do
		rc=0
		if [ $name != ingest-health ]; then # which is about no domain
			report $name --format $format --domain example.com
			rc=$status
		fi
		report $name --format $format
		echo "$name $format $rc$status"
	done
done >"$tmp/all"
is "$(grep -v ' 00$' "$tmp/all") $(wc -l <"$tmp/all")" " 60" "each report in each format"
rm -rf "$tmp/in"
"$ruadb" db stop >/dev/null
RUADB_HOME=$tmp/empty
for name in selectors identity-consistency eval-disagrees overrides policy-history \
	policy-readiness reporters coverage conflicts ingest-health; do
	report $name --format csv
	echo "$status $(wc -l <"$tmp/out")"
done | sort | uniq -c >"$tmp/all"
is "$(sed 's/^ *//' "$tmp/all")" "9 0 1
1 0 2" "and of no data at all"

done_testing
