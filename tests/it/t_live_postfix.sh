#!/bin/sh
# Genuine logs with a known truth: a real Postfix delivers the scenes of live.py to an SMTP sink of
# ours; attempts, retries, outcomes and times that ruadb reads out of its log equal the sink's own
# record, exactly.
. "$top_srcdir/tests/it/lib.sh"
. "$top_srcdir/tests/it/mta.sh"
. "$top_srcdir/tests/it/live.sh"

have_python || skip_all "python3 is not installed"
have_postfix || skip_all "Postfix is not installed"
can_unshare || skip_all "$why_not"

# With long queue ids and few scenes, beside the other.
(
	world=$tmp/long
	mkdir -p "$world"
	python3 "$here/live.py" make "$world"
	in_world "$here/live_postfix.sh" "enable_long_queue_ids = yes" \
		plain greet end grey mxboth unknown two >"$tmp/long.out" 2>&1
	echo $? >"$tmp/long.status"
) &
mkdir -p "$world"
python3 "$here/live.py" make "$world"
ok "Postfix delivers all scenes" in_world "$here/live_postfix.sh" ""
wait
is "$(cat "$tmp/long.status")" 0 "with long queue ids too"

live_conf postfix/smtp
ok "its log is read" ingest --format json "$world/maillog"
is "$status $(member log_unreadable)" "0 0" "whole"
ok "each attempt is the sink's: what, when, whom, where, with which words" live_same postfix
live_states postfix
is "$(live_figures)" "$(live_counted)" "attempts and retries of each delivery are those of its attempts"
is "$(query "SELECT count(*) FROM delivery WHERE (arrived_at IS NULL OR left_censored)
	AND NOT null_sender")" 0 \
	"all arrivals were seen (bounces of its own have none)"
is "$(query "SELECT count(*) > 0 FROM attempt WHERE kind = 'queue_suspended'
	AND peer_host = 'mx0a-00000008.pphosted.com' AND smtp_code = 421 AND category = (SELECT
	category FROM attempt WHERE kind = 'attempt' AND smtp_code = 421 LIMIT 1)")" t \
	"what was suspended inherits host, code and category of what it quotes"
is "$(query "SELECT DISTINCT gateway || ' ' || gateway_customer FROM delivery
	WHERE recipient_domain = 'greet.example.org'")" "proofpoint-enterprise 00000001" \
	"the gateway by the name of the peer"
is "$(query "SELECT DISTINCT host(reply_ip) FROM attempt WHERE reply LIKE '%ipcheck%'")" 192.0.2.1 \
	"the address in the reply"
live_again "$world/maillog"

new_home
live_conf postfix/smtp
ok "the log with long queue ids is read" ingest "$tmp/long/maillog"
world=$tmp/long
ok "and says the same as the sink" live_same postfix

done_testing
