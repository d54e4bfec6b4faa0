# live_postfix.sh CONF [SCENE...] - run inside the network of mta.sh by t_live_postfix.sh: Postfix,
# with a line of configuration, delivers the scenes of live.py; two are ended by hand; until the queue
# is empty.
live=$top_srcdir/tests/it/live.py
conf=$1
shift
sink_start && postfix_start "$conf" "initial_destination_concurrency = 1" \
	"default_destination_concurrency_failed_cohort_limit = 1" || exit 1
# The queue ids of the messages with a recipient in the domain $1.
queue_ids()
{
	postfix_queue | sed -n 's/.*"queue_id": "\([^"]*\)".*@'"$1"'\.example\.org".*/\1/p'
}
python3 "$live" inject "$world" "$@" || exit 1
sleep 6
for id in $(queue_ids removed); do
	postsuper -c "$postfix_dir" -d "$id" >>"$world/postfix.out" 2>&1
done
for id in $(queue_ids forced); do
	postsuper -c "$postfix_dir" -f "$id" >>"$world/postfix.out" 2>&1
	postqueue -c "$postfix_dir" -i "$id"
done
postfix_drain 60
status=$?
postfix_stop
exit $status
