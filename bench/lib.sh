# lib.sh - what bench/run measures and prints with. Values of one name go to a file of their own,
# one line a round, so that two names are paired line by line.

values=$home/values

# Seconds that a command takes; its output goes to $home/last.
seconds()
{
	local begin=$EPOCHREALTIME end
	"$@" > "$home/last" 2> "$home/last.err" || {
		echo "bench: $* failed with $?" >&2
		cat "$home/last.err" >&2
		exit 1
	}
	end=$EPOCHREALTIME
	echo "$begin $end" | awk '{printf "%.4f\n", $2 - $1}'
}

# keep NAME VALUE
keep()
{
	echo "$2" >> "$values/$1"
}

# measure NAME COMMAND...: one more value of NAME, in seconds
measure()
{
	local name=$1 s
	shift
	s=$(seconds "$@")
	keep "$name" "$s"
}

# Numbers on standard input: "median lowest highest n"
spread()
{
	sort -g | awk '{v[NR] = $1} END {printf "%s %s %s %d\n", v[int((NR + 1) / 2)], v[1], v[NR], NR}'
}

median()
{
	spread < "$values/$1" | cut -d' ' -f1
}

# ratio A B [FACTOR]: A / B * FACTOR of each pair
ratio()
{
	paste "$values/$1" "$values/$2" | awk -v f="${3:-1}" '{printf "%.3f\n", $1 / $2 * f}'
}

# say NAME VALUE HOW [TARGET]: the line, and above it what it was measured with
say()
{
	echo "# $1: $3${4:+; target $4}"
	echo "$1=$2"
}

# say_ratio NAME A B HOW [TARGET [FACTOR]]: median of the pairs
say_ratio()
{
	local m low high n
	read -r m low high n <<< "$(ratio "$2" "$3" "${6:-1}" | spread)"
	say "$1" "$(awk -v x="$m" 'BEGIN {printf "%.2f", x}')" \
		"$4, median of $n pairs, $low to $high" "${5:-}"
}

sql()
{
	psql -XqAt -v ON_ERROR_STOP=1 -d "$url" -c "$1"
}

# Empty tables, and nothing left for a checkpoint to write in the middle of a measurement.
fresh()
{
	sql "TRUNCATE $all_tables" 
	sql CHECKPOINT
}

# A figure out of the JSON that the last ingest printed.
json()
{
	sed -n "s/.*\"$1\": *\([0-9.]*\).*/\1/p" "$home/last" | head -n 1
}

# expect RECORDS: what was measured was done
expect()
{
	[ "$(json records)" = "$1" ] || {
		echo "bench: stored $(json records) records in place of $1" >&2
		exit 1
	}
}

ingest()
{
	"$ruadb" ingest --format json "$@"
}
