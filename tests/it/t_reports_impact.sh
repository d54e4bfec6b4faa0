#!/bin/sh
# t_reports_impact - the reports on the impact of deferrals, on a log of Postfix worked out by hand: from
# its lines to what is printed.
. "$top_srcdir/tests/it/lib.sh"
ready_home
. "$here/rows.sh"

# Now is noon of Saturday, 2026-11-21.
now 2026-11-21T12:00Z
reports="gateway-impact scope recovery retry-outcome reply-templates categories queue-expiry volume
	stream-mix silent-deferral log-health"
for name in $reports; do
	report $name --format csv
	is "$status $(grep -c . "$tmp/out") $(wc -c <"$tmp/err")" "0 1 0" "$name of nothing: no row"
done

cat >"$tmp/ruadb.conf" <<-END
	[source "ours"]
	hosts = mx1
	services = postfix/smtp=192.0.2.25 post/smtp=192.0.2.26
	service_streams = postfix/smtp=marketing post/smtp=transactional
END
RUADB_CONFIG=$tmp/ruadb.conf
export RUADB_CONFIG
no=0
# mail N DAY GATEWAY FATE: N messages to N recipients. FATE: ok, later:K (deferred K times, half an hour
# apart, then accepted), gone:K (deferred K times, then expired after 5 days), stays (still there).
mail()
{
	TZ=UTC awk -v n="$1" -v day="$2" -v gateway="$3" -v fate="$4" -v no="$no" \
		-v service="${5:-postfix}" '
	function line(s, what) {
		print strftime("%Y-%m-%dT%H:%M:%S+00:00", begin + s) " mx1 " service "/" what
	}
	function to(s, status, text, dsn) {
		line(s, "smtp[9]: " id ": to=<u" i "@" domain ">, relay=" host "[198.51.100.1]:25, delay=" \
			s - at + 1 ", delays=0/0/1/0, dsn=" dsn ", status=" status " (" text ")")
	}
	BEGIN {
		gsub(/-/, " ", day)
		begin = mktime(day " 08 00 00")
		split(fate, part, ":")
		reply = gateway == "nobody" ? "421 4.7.0 poor reputation of your address" : \
			"421 Deferred - see https://ipcheck.proofpoint.com/?ip=192.0.2.25"
		for (i = no + 1; i <= no + n; i++) {
			id = sprintf("%010X", 4096 * i + 15)
			at = i % 1000
			domain = "r" i % 6 "." gateway ".example"
			host = gateway == "proofpoint" ? "mx0a-0012ab0" i % 3 ".pphosted.com" : \
				gateway == "google" ? "alt1.aspmx.l.google.com" : \
				gateway == "mimecast" ? "eu-smtp-inbound-1.mimecast.com" : "mx." domain
			line(at, "smtpd[7]: " id ": client=app.example.com[192.0.2.9]")
			line(at, "cleanup[8]: " id ": message-id=<" i "@example.com>")
			line(at, "qmgr[6]: " id ": from=<news@example.com>, size=1000, nrcpt=1 (queue active)")
			for (k = 0; k < part[2] + (fate == "stays"); k++)
				to(at + 1800 * k, "deferred", "host " host "[198.51.100.1] refused to talk to me: " \
					reply, "4.0.0")
			if (part[1] == "ok" || part[1] == "later") {
				to(at + 1800 * k + 1, "sent", "250 2.0.0 ok " i, "2.0.0")
				line(at + 1800 * k + 1, "qmgr[6]: " id ": removed")
			}
			if (part[1] == "gone") {
				line(at + 5 * 86400, "qmgr[6]: " id \
					": from=<news@example.com>, status=expired, returned to sender")
				line(at + 5 * 86400, "qmgr[6]: " id ": removed")
			}
		}
	}' >>"$tmp/lines"
	no=$((no + $1))
}
# A quiet week, then one day on which Proofpoint puts off 20 of 100, and 8 good days.
for day in 2026-10-20 2026-10-21 2026-10-22 2026-10-23 2026-10-24 2026-10-25 2026-10-26; do
	mail 10 $day proofpoint ok
done
mail 80 2026-10-27 proofpoint ok
mail 13 2026-10-27 proofpoint later:3
mail 7 2026-10-27 proofpoint gone:4
mail 60 2026-10-27 google ok
mail 40 2026-10-27 mimecast ok
mail 5 2026-10-27 nobody later:1 post
for day in 2026-11-08 2026-11-09 2026-11-10 2026-11-11 2026-11-12 2026-11-13 2026-11-14; do
	mail 10 $day proofpoint ok
done
mail 3 2026-11-21 proofpoint stays
sort -s -k 1,1 "$tmp/lines" >"$tmp/mail.log"
ingest --format json "$tmp/mail.log"
is "$status $(member deliveries)" "0 348" "the log is read"
is "$(member log_unreadable)" 0 "each line of it"
events=$(grep -c ' to=<' "$tmp/mail.log")

report gateway-impact --since 2026-10-27 --param until=2026-10-27 --format csv
is "$(cells gateway_family severity of_gateway of_all affected_percent interval_percent)" \
	"proofpoint|escalate (by share and outcome)|20 of 100|20 of 205|20.00|13.34 to 28.88
(no gateway known)|escalate (by share), small: no alert|5 of 5|5 of 205|100.00|56.55 to 100.00
google|watch (by share and outcome)|0 of 60|0 of 205|0.00|0.00 to 6.02
mimecast|watch (by share and outcome)|0 of 40|0 of 205|0.00|0.00 to 8.76" \
	"gateway-impact: x of n, x of N, both severities, the interval"
is "$(cells accepted_later bounced expired pending retries_median in_deferral_90_percent | head -1)" \
	"13|0|7|0|3|120:00:00" "and what became of them"
is "$(cells affected_domains affected_customers figures_are first_observed whose_decision | head -1)" \
	"6 of 6|3|mature|2026-10-27 08:02:31+00|gateway-wide: write to the platform or the gateway" \
	"whose decision it is"
report gateway-impact --since 2026-10-20 --param ip=192.0.2.26 --format csv
is "$(cells gateway_family of_gateway)" "(no gateway known)|5 of 5" "of one address, as mapped"
report gateway-impact --since 2026-11-21 --format csv
is "$(cells severity figures_are pending)" "none|so far|3" "a day that is not mature: so far"
is "$(cells reason)" "no accepted delivery in the logs of these days: counts, no share and no severity" \
	"and nothing was accepted on it"
report gateway-impact --since 2026-10-20 --param gateway=proofpoint-enterprise --format csv
is "$(cells of_gateway affected)" "20 of 240|23" "a gateway by its word; a recipient counts once a day"

report scope --since 2026-10-27 --param until=2026-10-27 --format csv
is "$(cells gateway_family state verdict affected in_the_28_days_before)" \
	"proofpoint|affected|proofpoint_only|20 of 100|0 of 70
google|unaffected||0 of 60|0 of 0
mimecast|unaffected||0 of 40|0 of 0
(no gateway known)|too few||5 of 5|0 of 0" "scope"
report recovery --param gateway=proofpoint --format csv
is "$(cells gateway_family verdict first_observed window_begin window_end affected volume_before)" \
	"proofpoint|recovered|2026-10-27|2026-11-08|2026-11-14|0 of 70|70" "recovery"
report retry-outcome --since 2026-10-27 --param until=2026-10-27 --format csv
is "$(cells gateway_family retries recipients accepted_later accepted_percent)" \
	"proofpoint|3 to 5|20|13|65.0
(no gateway known)|1|5|5|100.0" "retry-outcome"
report reply-templates --since 2026-10-27 --param until=2026-10-27 --param gateway=proofpoint --format csv
is "$(cells gateway smtp_code category counts_as recipients deferred bounced)" \
	"proofpoint-enterprise|421|badreputation|affected|20|20|0" "reply-templates: one of 67 replies"
report categories --since 2026-10-27 --param until=2026-10-27 --format csv
is "$(cells gateway_family category deliveries)" "proofpoint|badreputation|20
(no gateway known)|badreputation|5" "categories"
report queue-expiry --since 2026-10-20 --format csv
is "$(cells gateway_family domain stream expired affected_expired pending tried first_day)" \
	"proofpoint|example.com|marketing|7|7|3|243|2026-10-27" "queue-expiry"
report volume --since 2026-10-20 --format csv
is "$(cells day what source_ip stream deliveries mean_of_7_days)" \
	"2026-11-21|stop-start|192.0.2.25|marketing|3|1.4
2026-11-08|stop-start|192.0.2.25|marketing|10|0.0
2026-10-27|jump|192.0.2.25|marketing|200|10.0
2026-10-27|new address|192.0.2.26|transactional|5|" "volume"
report stream-mix --since 2026-10-20 --format csv
is "$(cells source_ip mix streams deliveries_of domains)" \
	"192.0.2.25|one stream|1|marketing 343|example.com
192.0.2.26|one stream|1|transactional 5|example.com" "stream-mix"
report silent-deferral --since 2026-10-20 --format csv
is "$(cells gateway_family source_ip affected severity_by_share small)" \
	"(no gateway known)|192.0.2.26|5 of 5|escalate|true" "silent-deferral: nothing bounced there"
report log-health --format csv
lines=$(wc -l <"$tmp/mail.log")
is "$(cells what name lines events unreadable note | sed "s|$tmp|TMP|")" \
	"host|mx1||$events||carries accepted, deferred, expired; 16 days without a line; 2 of 17 days $(
	)without accepted deliveries: no share
file|TMP/mail.log|$lines|$lines|0|" "log-health"

for name in $reports; do
	for form in table json markdown; do
		report $name --format $form --limit 2
		[ "$status" = 0 ] && [ -s "$tmp/out" ] || echo "$name $form"
	done
done >"$tmp/failed"
is "$(cat "$tmp/failed")" "" "each prints as table, JSON and Markdown"
done_testing
