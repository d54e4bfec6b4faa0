# live_exim.sh - run inside the network of mta.sh by t_live_exim.sh: Exim delivers the scenes of
# live.py, one is removed and one given up by hand, until the queue is empty.
live=$top_srcdir/tests/it/live.py
sink_start && exim_start || exit 1
python3 "$live" inject "$world" || exit 1
sleep 6
exim_id() { "$exim" -bp | awk -v d="$1" \
	'NF == 4 { id = $3 } $0 ~ "@" d "\\.example" { print id }'; }
for id in $(exim_id removed); do
	"$exim" -Mrm "$id" >>"$world/exim.out" 2>&1
done
for id in $(exim_id forced); do
	"$exim" -Mg "$id" >>"$world/exim.out" 2>&1
done
exim_drain 60
status=$?
exim_stop
exit $status
