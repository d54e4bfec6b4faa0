#!/bin/sh
# As t_live_postfix.sh, with a real Exim.
. "$top_srcdir/tests/it/lib.sh"
. "$top_srcdir/tests/it/mta.sh"
. "$top_srcdir/tests/it/live.sh"

have_python || skip_all "python3 is not installed"
have_exim || skip_all "Exim is not unpacked: build-aux/install-deps"
can_unshare || skip_all "$why_not"

mkdir -p "$world"
python3 "$here/live.py" make "$world"
ok "Exim delivers all scenes" in_world "$here/live_exim.sh"
live_conf ""
ok "its log is read" ingest --format json "$world/exim/mainlog"
is "$status $(member log_unreadable)" "0 0" "whole"
ok "each attempt is the sink's: what, when, whom, where, with which words" live_same exim
live_states exim
is "$(live_figures)" "$(live_counted)" "attempts and retries of each delivery are those of its attempts"
is "$(query "SELECT count(*) > 0 FROM attempt WHERE kind = 'queue_suspended'")" t \
	"retry time not reached: suspended"
is "$(query "SELECT DISTINCT gateway || ' ' || gateway_customer FROM delivery
	WHERE recipient_domain = 'greet.example.org'")" "proofpoint-enterprise 00000001" \
	"the gateway by the name of the peer"
live_again "$world/exim/mainlog"

done_testing
