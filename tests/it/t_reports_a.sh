# t_reports_a - summary, domains, sources, unverified, misconfigured and new senders, forwarders, one
# sender in detail, issues and set-up: the shipped reports on rows worked out by hand.
. "$top_srcdir/tests/it/lib.sh"
ready_home
. "$here/rows.sh"

# Now: at a reporter without a lag of its own 2026-11-16 is the last settled day.
now 2026-11-20T12:00Z
mkdir "$tmp/in"
# What the age of this machine's list of public suffixes has to say is a test of its own.
ok "settings" "$ruadb" settings set suffix_list_days 100000

# ---- nothing there
for name in domains sources unverified-senders misconfigured-senders forwarders new-senders issues; do
	report $name --format csv
	is "$status $(grep -c . "$tmp/out") $(wc -c <"$tmp/err")" "0 1 0" "$name of nothing: no row"
	report $name --format csv --domain example.com
	is "$status $(grep -c . "$tmp/out")" "0 1" "$name of a domain that nobody knows: no row"
	report $name
	is "$status $(grep -c . "$tmp/err")" "0 0" "$name of nothing as a table"
done
report sender-detail --source 192.0.2.1 --format csv
is "$status $(grep -c . "$tmp/out")" "0 1" "sender-detail of nothing: no row"
report summary --format csv
is "$status $(cells reports messages pass_percent unverified_sources not_compared_because)" \
	"0 0|0|||no settled day in this period" "summary of nothing: what is not known is empty"
report setup --format csv
is "$status $(cells step state)" "0 reports arrive|to do
domains declared|waiting
sources reviewed|waiting
own mail passes|waiting
unverified senders looked at|waiting" "setup of nothing: get reports"
is "$(cells found do_next | head -1)" "No report yet.|Publish rua=mailto:... in the DMARC record of $(
	)each domain, collect the mails, and run: ruadb ingest PATH." "and how"

# ---- example.com: every class
i=0
while [ $i -lt 14 ]; do
	day=$(date -u -d "2026-11-03 + $i days" +%F)
	{
		echo 192.0.2.1 10 none pass pass - example.com example.com/s1/pass example.com/mfrom/pass
		echo 203.0.113.66 4 quarantine fail fail - spam.example - spam.example/mfrom/fail
		[ $i -lt 11 ] || echo 198.51.100.40 5 none pass fail - - example.com/news/pass \
			bounce.esp.example/mfrom/pass
		# failing once, well now
		[ $i -ne 2 ] || echo 2001:db8:1:7::1 20 none fail fail - - example.com/s7/fail -
		[ $i -lt 13 ] || cat <<-END
		203.0.113.67 2 reject fail fail - - - -
		2001:db8:1:1::1 20 none fail fail - - example.com/old/fail -
		2001:db8:1:3::1 19 none fail fail - - esp.example/k/pass example.com/mfrom/fail
		2001:db8:1:4::1 18 none fail fail - - - bounce.esp.example/mfrom/pass
		2001:db8:1:5::1 17 none fail fail - - example.com/s1/pass example.com/mfrom/pass
		2001:db8:1:6::1 16 none fail fail - - - esp.example/mfrom/fail
		2001:db8:1:7::1 5 none pass fail - - example.com/s7/pass -
		2001:db8:2:1::1 6 none fail fail - - example.com/s1/fail lists.club.example/mfrom/pass mailing_list/a_list
		2001:db8:2:2::1 3 none pass fail - - example.com/s1/pass example.com/mfrom/softfail
		END
	} | rows "alpha-$i.xml" Alpha.example "a$i" "$day" example.com '<p>none</p>'
	i=$((i + 1))
done
rows beta.xml beta.example b1 2026-11-16 example.com '<p>none</p>' <<-END
	192.0.2.1 10 none pass pass - example.com example.com/s1/pass example.com/mfrom/pass
	198.51.100.40 5 none pass fail - - example.com/news/pass bounce.esp.example/mfrom/pass
	203.0.113.66 4 none fail fail - spam.example - spam.example/mfrom/fail
	END
# not settled yet: in totals, in no class
rows late.xml beta.example b2 2026-11-18 example.com '<p>none</p>' <<-END
	192.0.2.99 7 none - - - - - -
	END
# a policy of its own below example.com
rows news.xml beta.example b3 2026-11-16 news.example.com '<p>reject</p>' <<-END
	2001:db8:3::1 50 none pass pass - - news.example.com/n/pass news.example.com/mfrom/pass
	203.0.113.66 8 reject fail fail - - - spam.example/mfrom/fail
	END
rows strict.xml beta.example b4 2026-11-16 strict.example '<p>none</p><adkim>s</adkim><aspf>s</aspf>' <<-END
	192.0.2.70 30 none fail fail - - news.strict.example/s/pass bounce.strict.example/mfrom/pass
	END
ingest --format json "$tmp/in"
is "$status $(member reports_stored)" "0 18" "the reports are stored"


# ---- sums: settled or not; compared: settled days of the reporter that both weeks have
report summary --format csv
is "$(cells first_day last_day reports reporters domains sources messages pass fail unknown \
	pass_percent disposition_none disposition_quarantine disposition_reject)" \
	"2026-11-03|2026-11-18|18|2|3|15|451|228|223|0|50.6|385|56|10" "summary: totals"
is "$(cells unverified_sources unverified_messages compared_period compared_with \
	messages_change_percent compared_pass_percent pass_change_points not_compared_because)" \
	"4|123|2026-11-10 to 2026-11-16|2026-11-03 to 2026-11-09|85.6|42.5|-16.9|" \
	"summary: unverified, and the week before"
report summary --format csv --domain strict.example
is "$(cells messages unverified_sources unverified_messages compared_pass_percent \
	not_compared_because)" "30|0|0||no reporter sent in both periods" \
	"summary of a domain: nothing to compare with"
report domains --format csv
is "$(cells policy_domain p messages pass fail pass_percent sources unverified_sources \
	unverified_messages quarantine reject reporters reports)" \
	"example.com|none|363|178|185|49.0|13|4|123|56|2|2|16
strict.example|none|30|0|30|0.0|1|0|0|0|0|1|1
news.example.com|reject|58|50|8|86.2|2|||0|8|1|1" \
	"domains, worst first; unverified of an organization stands once"
report domains --format csv --domain example.com
is "$(cells policy_domain messages)" "example.com|363
news.example.com|58" "an organizational domain, with what is below"
report domains --format csv --domain news.example.com
is "$(cells policy_domain messages unverified_messages)" "news.example.com|58|123" \
	"or a policy domain by itself; unverified is of its organization"
report sources --format csv
is "$(cells source_ip policy_domain messages pass fail class dkim_pass spf_pass quarantine reject \
	reporters first_day)" "203.0.113.66|example.com|60|0|60|unverified|0|0|56|0|2|2026-11-03
192.0.2.70|strict.example|30|0|30|misconfigured|0|0|0|0|1|2026-11-16
2001:db8:1:7::1|example.com|25|5|20|misconfigured|5|0|0|0|1|2026-11-05
2001:db8:1:1::1|example.com|20|0|20|misconfigured|0|0|0|0|1|2026-11-16
2001:db8:1:3::1|example.com|19|0|19|unverified|0|0|0|0|1|2026-11-16
2001:db8:1:4::1|example.com|18|0|18|unverified|0|0|0|0|1|2026-11-16
2001:db8:1:5::1|example.com|17|0|17|misconfigured|0|0|0|0|1|2026-11-16
2001:db8:1:6::1|example.com|16|0|16|unverified|0|0|0|0|1|2026-11-16
203.0.113.66|news.example.com|8|0|8|unverified|0|0|0|8|1|2026-11-16
192.0.2.99|example.com|7|0|7|authorised|0|0|0|0|1|2026-11-18
2001:db8:2:1::1|example.com|6|0|6|forwarder|0|0|0|0|1|2026-11-16
203.0.113.67|example.com|2|0|2|unverified|0|0|0|2|1|2026-11-16
192.0.2.1|example.com|150|150|0|authorised|150|150|0|0|2|2026-11-03
2001:db8:3::1|news.example.com|50|50|0|authorised|50|50|0|0|1|2026-11-16
198.51.100.40|example.com|20|20|0|authorised|20|0|0|0|2|2026-11-14
2001:db8:2:2::1|example.com|3|3|0|forwarder|3|0|0|0|1|2026-11-16" "sources, with the class of each"
report sources --format csv --domain news.example.com --limit 1
is "$(cells source_ip messages class)" "203.0.113.66|8|unverified" "sources of a policy below: --limit 1"
report sources --format csv --since 2026-11-17
is "$(cells source_ip messages class last_day)" "192.0.2.99|7|authorised|2026-11-18" \
	"sources since a day, its class is that of its network"

# ---- classes
report unverified-senders --format csv
unverified="example.com|203.0.113.0/24|70|16.9|SPF spam.example fail, no DKIM (88% of it)|56|10|2|2|false
example.com|2001:db8:1:3::/64|19|4.6|DKIM esp.example pass, SPF example.com fail|0|0|1|1|true
example.com|2001:db8:1:4::/64|18|4.3|SPF bounce.esp.example pass, no DKIM|0|0|1|1|true
example.com|2001:db8:1:6::/64|16|3.9|SPF esp.example fail, no DKIM|0|0|1|1|true"
is "$(cells organizational_domain source_group messages share_percent says_of_itself quarantine \
	reject reporters addresses thin)" "$unverified" "unverified: hint, what receivers did, thin"
is "$(cells reason last_settled_day | head -1)" \
	"none of 70 messages passes; no signature and no SPF domain of ours|2026-11-16" "and why"
report unverified-senders --format csv --domain news.example.com --limit 2
is "$(cells organizational_domain source_group messages share_percent says_of_itself quarantine \
	reject reporters addresses thin)" "$(echo "$unverified" | head -2)" \
	"of the organization of a domain below: --limit 2, shares stay"
reasons="strict.example|192.0.2.0/24|30|30|DKIM passes for news.strict.example, but alignment is $(
	)strict (adkim=s); SPF passes for bounce.strict.example, but alignment is strict (aspf=s)|$(
	)sign with the domain of From, or publish adkim=r; use an envelope sender of the domain of $(
	)From, or publish aspf=r
example.com|2001:db8:1:7::/64|25|20|no failing mail since 2026-11-10: it may be mended|$(
	)wait: it is authorised once 30 days are well
example.com|2001:db8:1:1::/64|20|20|the DKIM signature of example.com does not pass; no SPF $(
	)result|check the public key old._domainkey.example.com, and what changes mail after it was signed
example.com|2001:db8:1:5::/64|17|17|DKIM passes aligned, but the reporter says it does not; SPF $(
	)passes aligned, but the reporter says it does not|ask the reporter (report eval-disagrees)"
report misconfigured-senders --format csv
is "$(cells organizational_domain source_group messages fail cause fix)" "$reasons" \
	"misconfigured: strict alignment, mended, a key that does not pass, a reporter that overrules"
report forwarders --format csv
is "$(cells source_group messages share_percent fail dkim_survives_percent reasons_percent \
	rest_of_key_percent says_of_itself thin)" \
	"2001:db8:2:1::/64|6|1.4|6|0.0|100.0|0.0|DKIM example.com fail, SPF lists.club.example pass|true
2001:db8:2:2::/64|3|0.7|0|100.0|0.0|100.0|DKIM example.com pass, SPF example.com softfail|true" \
	"forwarders: by a reason, by a small part of a selector"
is "$(cells reason | sed 's/; .*//')" "6 of 6 messages (100.0%) have an override reason forwarded, $(
	)mailing_list or trusted_forwarder
3 of 3 messages (100.0%) are DKIM signed by a selector of which this source sends 1.7%" "and why"
report new-senders --format csv --since 2026-11-14
is "$(cells source_group class review first_day note | head -4)" \
	"2001:db8:3::/64|authorised|authenticated, not reviewed|2026-11-16|
198.51.100.0/24|authorised|authenticated, not reviewed|2026-11-14|
192.0.2.0/24|misconfigured|not reviewed|2026-11-16|the reports of this domain begin on 2026-11-16: $(
	)the source may be older
2001:db8:1:1::/64|misconfigured|not reviewed|2026-11-16|" \
	"new since a day: a new platform first; where it may be older"
is "$(cells first_day | sort -u | head -1) $(cells source_group | wc -l)" "2026-11-14 10" \
	"what was there before is not new"
report new-senders --format csv --param since=all --domain example.com
is "$(cells source_group | wc -l)" "12" "all there are"

# One domain is read live, all domains from source_class_current: the same rows.
for name in unverified-senders misconfigured-senders forwarders new-senders; do
	for domain in example.com strict.example; do
		report $name --format csv
		cp "$tmp/out" "$tmp/all"
		report $name --format csv --domain $domain
		is "$(cat "$tmp/out")" "$(grep -E "^(organizational_domain|$domain)," "$tmp/all")" \
			"$name --domain $domain: the rows of all domains"
	done
done

report sender-detail --source 203.0.113.0/24 --format csv
is "$(cells aspect value messages pass fail | grep -v '^day')" \
	"class|unverified: example.com 203.0.113.0/24|70|0|70
domain|example.com|62|0|62
domain|news.example.com|8|0|8
address|203.0.113.66|68|0|68
address|203.0.113.67|2|0|2
From|example.com|62|0|62
From|news.example.com|8|0|8
envelope|spam.example|60|0|60
envelope|(not told)|10|0|10
spf|spam.example fail|68|0|68
passes|neither|70|0|70
disposition|quarantine|56|0|56
disposition|reject|10|0|10
disposition|none|4|0|4
reporter|alpha.example|58|0|58
reporter|beta.example|12|0|12" "sender-detail: a range in every aspect"
is "$(cells aspect value messages | grep '^day' | head -2)" "day|2026-11-16|18
day|2026-11-15|4" "the last day first"
report sender-detail --source 2001:db8:2:1::1 --format csv
is "$(cells aspect value messages note | grep -E '^(class|dkim|reason)' | cut -d ';' -f 1)" \
	"class|forwarder: example.com 2001:db8:2:1::/64|6|6 of 6 messages (100.0%) have an override $(
	)reason forwarded, mailing_list or trusted_forwarder
dkim|example.com s=s1 fail|6|
reason|mailing_list|6|a list" "an address: signatures and reasons"
report sender-detail --source 203.0.113.0/24 --format csv --domain news.example.com --since 2026-11-16
is "$(cells aspect value messages | grep -E '^(address|reporter)')" "address|203.0.113.66|8
reporter|beta.example|8" "of one policy domain"
report sender-detail --format csv
is "$status" 78 "no source: refused"

# ---- declared: names, reviewed, and rule 1
report issues --format csv
is "$(cells severity issue domain messages)" "high|unverified mail|example.com|123
high|misconfigured senders|example.com|57
high|misconfigured senders|strict.example|30
low|sources not reviewed|example.com|170
low|verdicts that disagree|example.com|17" "issues, worst first"
is "$(cells cause | head -4)" "29.7% of the mail comes from 4 sources without any proof that it is $(
	)yours (p=none).
57 of 282 known messages of your own sources fail (20.2%), most of them from 2001:db8:1:1::/64.
30 of 30 known messages of your own sources fail (100.0%), most of them from 192.0.2.0/24.
2 authenticated sources are declared by nobody." "and their causes"
report issues --format csv --domain news.example.com --limit 1
is "$(cells severity issue domain messages)" "high|unverified mail|example.com|123" \
	"of the organization of a domain, --limit 1"
for n in 3 4 6; do
	ok "2001:db8:1:$n::/64 is declared" "$ruadb" senders add shop --address "2001:db8:1:$n::/64"
done
ok "a server is declared" "$ruadb" senders add own --address 192.0.2.0/28 --owner mail@example.com
ok "a selector is declared" "$ruadb" senders add newsletter --dkim example.com:news
report unverified-senders --format csv
is "$(cells source_group messages)" "203.0.113.0/24|70" "what is declared is unverified no more"
report misconfigured-senders --format csv
is "$(cells source_group sender cause fix | grep shop)" \
	"2001:db8:1:3::/64|shop|signed by esp.example only, not by us; SPF does not pass for example.com|$(
	)have the platform sign with d=example.com (custom DKIM domain); add the addresses of this $(
	)sender to the SPF record of example.com
2001:db8:1:4::/64|shop|no DKIM signature; SPF passes for bounce.esp.example, which is not aligned|$(
	)switch on DKIM with d=example.com at this sender; use an envelope sender (bounce domain) below $(
	)example.com
2001:db8:1:6::/64|shop|no DKIM signature; SPF was checked for esp.example, which is not ours, and $(
	)does not pass|switch on DKIM with d=example.com at this sender; use an envelope sender (bounce $(
	)domain) below example.com" "declared and failing: what the platform needs"
report new-senders --format csv --param since=all
is "$(cells source_group class review sender | grep '|reviewed')" \
	"192.0.2.0/28|authorised|reviewed|own
198.51.100.0/24|authorised|reviewed|newsletter
2001:db8:1:3::/64|misconfigured|reviewed|shop
2001:db8:1:4::/64|misconfigured|reviewed|shop
2001:db8:1:6::/64|misconfigured|reviewed|shop" "reviewed by address, by selector"
report issues --format csv
is "$(cells issue domain messages)" "misconfigured senders|example.com|110
unverified mail|example.com|70
misconfigured senders|strict.example|30
verdicts that disagree|example.com|17" "issues: unverified is less, nothing to review"
is "$(cells cause | sed -n 2p)" \
	"16.9% of the mail comes from 1 source without any proof that it is yours (p=none)." "one source"
ok "example.com is ours" "$ruadb" domains add example.com
report issues --format csv
is "$(cells domain | sort -u)" "example.com" "foreign domains are nobody's to mend"
ok "strict.example is ours instead" "$ruadb" domains add strict.example
ok "and example.com is not" "$ruadb" domains remove example.com
report issues --format csv
is "$(cells issue domain)" "misconfigured senders|strict.example" "so no verdict disagrees"

# ---- names that would like to be more than names: U+202E, U+009B, marks of Markdown and HTML, formulas
rlo=$(printf '\342\200\256') csi=$(printf '\302\2332J')
rows evil.xml "evil$rlo|.example" e1 2026-11-16 strict.example '<p>none</p>' <<-END
	2001:db8:e::1 40 none fail fail =1+1 @from =cmd|a/*s*/fail $csi[x](y)&lt;b&gt;/mfrom/pass local_policy/=2+2|&lt;i&gt;
	END
ok "they are stored" "$ruadb" -q ingest "$tmp/in/evil.xml"
# clean FORMAT: nothing of it reaches a terminal, a browser or a spreadsheet.
clean()
{
	for name in "unverified-senders" "new-senders" "sources" "domains" "issues" "summary" \
		"sender-detail --source 2001:db8:e::/64"; do
		# shellcheck disable=SC2086 # words
		report $name --format "$1"
		[ "$status" = 0 ] || echo "$name: $status"
		case $1 in
		table | markdown) grep -e "$rlo" -e "$csi" "$tmp/out" ;;
		tsv) grep -e "$rlo" -e "$csi" "$tmp/out"
			tail -n +2 "$tmp/out" | tr '\t' '\n' | grep -E '^[=@]' ;;
		csv) tail -n +2 "$tmp/out" | grep -E '(^|,)"?[=@]' ;;
		json) python3 -m json.tool "$tmp/out" >/dev/null 2>"$tmp/err" || cat "$tmp/err" ;;
		jsonl) while read -r line; do echo "$line" | python3 -m json.tool >/dev/null 2>&1 ||
			echo "$line"; done <"$tmp/out" ;;
		esac
		[ "$1" != markdown ] || grep -E '<(b|i)>|[^\\]\[x\]' "$tmp/out"
	done
}
for format in table markdown csv tsv json jsonl; do
	is "$(clean $format)" "" "hostile names as $format"
done
report sender-detail --source 2001:db8:e::/64 --format json
is "$(python3 -c 'import json,sys
for r in json.load(open(sys.argv[1])):
	if r["aspect"] in ("From", "dkim", "reporter"):
		print(r["aspect"], ascii(r["value"]))' "$tmp/out")" "From '=1+1'
dkim '=cmd|a s=*s* fail'
reporter 'evil\\u202e|.example'" "they are the names all the same"

# ---- another tenant, from nothing to a policy; samples/senders is a domain of three daily reporters
as() { "$ruadb" --tenant 2 "$@"; }
# When something was last read is of this machine's clock: that has tests of its own.
states()
{
	as report setup --format csv >"$tmp/out" 2>"$tmp/err"
	cells step state | sed 's/.*|//' | tr '\n' ',' | sed 's/,$//'
}
issues()
{
	as report issues --format csv "$@" >"$tmp/out" 2>"$tmp/err"
	cells severity issue domain | grep -v 'nothing comes in' | tr '\n' ',' | sed 's/,$//'
}
cause() { cells issue cause | sed -n "s/^$1|//p"; }
now 2026-11-18T12:00Z
ok "settings" as settings set suffix_list_days 100000
is "$(states)" "to do,waiting,waiting,waiting,waiting" "setup: nothing there"
is "$(issues)" "" "no issue without data"
ok "reports arrive" as -q ingest "$samples/senders"
is "$(states)" "done,to do,to do,to do,to do,to do" "setup: reports; the policy could be stricter"
is "$(cells found)" "45 reports of 3 reporters for 1 organizational domain; the last day is 2026-11-13.
None: reports of all domains count.
3 sources of ours, 0 of them declared.
1 source misconfigured; 10 messages of ours that fail come from there.
1 source without any proof that it is yours, with 210 messages.
p=none; safe: 10 of 2977 own messages would be hit (0.33%), less than 0.5%; 15 days, 3 reporters." \
	"in words, one and many"
is "$(cells do_next | tail -1)" "Publish p=quarantine." "and the next step"
all="high|unverified mail|shop.example,medium|policy|shop.example,$(
	)medium|misconfigured senders|shop.example,low|sources not reviewed|shop.example"
is "$(issues)" "$all" "issues of a domain that is well but for some"
is "$(cause policy)" "Own mail is ready for a stricter policy than none: 10 of 2977 own messages $(
	)would be hit (0.33%), less than 0.5%; 15 days, 3 reporters." "ready for a stricter policy"
as report policy-readiness --format csv >"$tmp/out"
is "$(cells verdict own_hit_percent)" "safe|0.33" "the same percentage as in words"
as report summary --format csv >"$tmp/out"
is "$(cells compared_period compared_with messages_change_percent not_compared_because)" \
	"2026-11-07 to 2026-11-13|2026-10-31 to 2026-11-06|27.1|" "samples have a week to compare with"
is "$(as sql -qAtc "SELECT class, reviewed, rule, trend FROM source_class
	ORDER BY source_group")" "authorised|f|3|steady
authorised|f|3|up
unverified|f|5|new
forwarder|f|2|
misconfigured|f|4|
forwarder|f|2|" "samples have every class, and trends"

ok "the domain is declared" as domains add shop.example
is "$(states)" "done,done,to do,to do,to do,to do" "setup: domains declared"
is "$(cells found | sed -n 2p)" "Ours are: shop.example. 0 reports are of other domains, and in no total." \
	"and which"
ok "our server" as senders add own --address 192.0.2.0/24
ok "the newsletter" as senders add news --dkim shop.example:news
is "$(issues)" "${all%,low*}" "declared: nothing is left to review"
is "$(states)" "done,done,to do,to do,to do,to do" "setup: but a misconfigured one"
is "$(cells found | sed -n 3p)" "3 sources of ours, 2 of them declared." "2 of 3"
ok "it is declared too" as senders add shop --address 2001:db8:22::/64
is "$(states)" "done,done,done,to do,to do,to do" "setup: sources reviewed"
ok "the unverified one is ours, they say" as senders add bulk --address 203.0.113.0/24
is "$(issues)" "high|misconfigured senders|shop.example" "then it is misconfigured, and no policy safe"
is "$(states)" "done,done,done,to do,done,waiting" "setup: nothing is unverified, the policy waits"
ok "it is not" as senders remove bulk
is "$(issues)" "${all%,low*}" "as before"
rows reject.xml mail.example.net r1 2026-11-14 shop.example '<p>reject</p>' <<-END
	192.0.2.80 10 none pass pass - shop.example shop.example/s1/pass shop.example/mfrom/pass
	END
ok "p=reject is published" as -q ingest "$tmp/in/reject.xml"
is "$(states)" "done,done,done,to do,to do,done" "setup: the strictest policy there is"
is "$(issues)" "medium|misconfigured senders|shop.example,low|unverified mail|shop.example" \
	"with p=reject: unverified mail is a minor thing"

# ---- what is wrong with reports and with reading them
has() { issues "$@" | tr ',' '\n' | grep -v -e '|misconfigured senders|' -e '|unverified mail|'; }
is "$(has)" "" "nothing else is wrong"
printf '<feedback><report_metadata>' >"$tmp/in/broken.xml"
as -q ingest "$tmp/in/broken.xml" >/dev/null 2>&1
is "$(has)" "medium|items in quarantine|" "an item in quarantine"
is "$(cause 'items in quarantine')" "1 item could not be read." "and how many"
is "$(has --domain shop.example)" "" "which is of no domain"
ok "it is dropped" as quarantine drop --all
is "$(has)" "" "and mended"
sed '/<\/record>/q' "$tmp/in/reject.xml" | sed 's|<report_id>r1|<report_id>r2|; s|mail\.example\.net|gamma.example|g' \
	>"$tmp/in/cut.xml"
sed 's|<report_id>r1|<report_id>r2|; s|mail\.example\.net|gamma.example|g' "$tmp/in/reject.xml" \
	>"$tmp/in/whole.xml"
as -q ingest "$tmp/in/cut.xml" >/dev/null 2>&1
is "$(has)" "low|reports read in part|shop.example" "a report that breaks off"
is "$(cause 'reports read in part')" "1 cut off or damaged." "and how"
as -q ingest "$tmp/in/whole.xml" >/dev/null 2>&1
is "$(has)" "" "mended by the whole report"
sed 's|<count>10|<count>11|' "$tmp/in/whole.xml" >"$tmp/in/other.xml"
as -q ingest "$tmp/in/other.xml"
is "$(has)" "low|reports that contradict|shop.example" "the same report with another content"
is "$(cause 'reports that contradict')" \
	"1 further variant of a report that was sent with another content." "one variant"
rows disputed.xml delta.example d1 2026-11-14 shop.example '<p>reject</p>' <<-END
	192.0.2.80 10 none fail pass - shop.example shop.example/s1/pass shop.example/mfrom/pass
	END
as -q ingest "$tmp/in/disputed.xml"
is "$(has)" "low|verdicts that disagree|shop.example
low|reports that contradict|shop.example" "a verdict that does not follow"
now 2026-11-26T12:00Z
is "$(has)" "high|reporters not heard|shop.example
low|verdicts that disagree|shop.example
low|reports that contradict|shop.example" "no daily reporter is heard"
is "$(cause 'reporters not heard')" "No daily reporter (3 in all) has sent a report that is due; $(
	)the last day reported is 2026-11-14." "since when"
is "$(states | cut -d , -f 1)" "to do" "setup: reports do not arrive"
now 2027-03-01T12:00Z
is "$(has | grep contradict)" "" "a contradiction of long ago is none to mend"
nothing_comes() { as report issues --format csv >"$tmp/out"; cells severity issue | grep 'comes in'; }
unset PGOPTIONS
is "$(nothing_comes)" "" "something came in today"
now "$(date -u -d '+4 days' +%FT%TZ)"
is "$(nothing_comes)" "high|nothing comes in" "nothing for 4 days"
now 2036-01-01T12:00Z
is "$(has | grep suffix)" "" "a list of public suffixes that may be old"
ok "and may not" as settings reset suffix_list_days
is "$(has | grep suffix)" "$(query "SELECT 'low|public suffix list|' FROM ruadb_data.public_suffix_list
	WHERE list_date IS NOT NULL LIMIT 1")" "is told"
done_testing
