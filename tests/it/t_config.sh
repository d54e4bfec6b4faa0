#!/bin/sh
# t_config - ruadb config check and show: every problem with its place, nothing secret; and the
# example that is installed.
. "$top_srcdir/tests/it/lib.sh"

# run STATUS NAME ARG...: what it says on standard output goes to out, on standard error to err,
# without the name of our folder.
run()
{
	wanted=$1
	name=$2
	shift 2
	"$ruadb" "$@" >"$tmp/out.raw" 2>"$tmp/err.raw"
	is "$?" "$wanted" "$name"
	sed "s|$tmp|DIR|g" "$tmp/out.raw" >"$tmp/out"
	sed "s|$tmp|DIR|g" "$tmp/err.raw" >"$tmp/err"
}

# ---- nothing
: >"$tmp/empty.conf"
run 0 "an empty file is well" -c "$tmp/empty.conf" config check
is "$(cat "$tmp/out")" "DIR/empty.conf: read
nothing wrong; no [account \"NAME\"] to fetch from" "and says that there is no account"
run 0 "defaults" -c "$tmp/empty.conf" config show
is "$(grep -vc -e ' default$' -e '^\[' -e '^$' "$tmp/out")" 0 "all come from nowhere"
is "$(grep '^keep_raw ' "$tmp/out" | tr -s ' ')" "keep_raw all default" "with their value"

# ---- all that is wrong, not the first alone
echo secret >"$tmp/open.password"
chmod 644 "$tmp/open.password"
echo hidden >"$tmp/good.password"
chmod 600 "$tmp/good.password"
: >"$tmp/empty.password"
chmod 600 "$tmp/empty.password"
cat >"$tmp/bad.conf" <<END
[report]
reports_dir = $tmp/nowhere
[account "good"]
host = imap.example.com
user = dmarc@example.com
password_file = $tmp/good.password
[account "open"]
host = imap.example.com
user = dmarc@example.com
password_file = $tmp/open.password
ca_file = $tmp/nowhere.pem
[account "empty"]
host = imap.example.com
user = dmarc@example.com
password_file = $tmp/empty.password
[account "gone"]
host = imap.example.com
user = dmarc@example.com
oauth2 = service_account
oauth2_key_file = $tmp/nowhere.json
[account "half"]
host = imap.example.com
[account "not tried"]
host = imap.example.com
user = dmarc@example.com
token_command = touch $tmp/was-run
END
run 78 "a file with much wrong" -c "$tmp/bad.conf" config check
is "$(cat "$tmp/err")" "ruadb: [report] reports_dir: there is no folder 'DIR/nowhere'
ruadb: account 'open': password: 'DIR/open.password' holds a secret and everybody on this machine may read it; mend it with: chmod o-rwx 'DIR/open.password'
ruadb: account 'open': ca_file: 'DIR/nowhere.pem': No such file or directory
ruadb: account 'empty': password: the first line of 'DIR/empty.password' is empty
ruadb: account 'gone': oauth2_key_file: 'DIR/nowhere.json': No such file or directory
ruadb: DIR/bad.conf:21: account 'half': user is missing" "each of it with its place"
is "$(cat "$tmp/out")" "DIR/bad.conf: read
account 'good': well written: dmarc@example.com at imap.example.com, port 993
account 'not tried': not tried: token_command
account 'not tried': well written: dmarc@example.com at imap.example.com, port 993" "what is well, too"
ok "no command was run" test ! -e "$tmp/was-run"

# ---- unknown keys, secrets that others can read
printf '[account "a"]\nhost = x\npasswort = y\n' >"$tmp/typo.conf"
run 78 "an unknown key" -c "$tmp/typo.conf" config check
is "$(cat "$tmp/err")" "ruadb: DIR/typo.conf:3: there is no setting 'passwort' of an account" \
	"with file and line"
printf '[account "a"]\npassword = hidden\n' >"$tmp/inline.conf"
chmod 640 "$tmp/inline.conf"
run 78 "a password in a file that a group reads" -c "$tmp/inline.conf" report list
is "$(cat "$tmp/err")" "ruadb: DIR/inline.conf:2: a password stands in a file that others may read or write (mode 0640): chmod 600 'DIR/inline.conf', or keep the password in a file of its own" \
	"is refused, with what to do"
chmod 600 "$tmp/inline.conf"
run 0 "not once it is private" -c "$tmp/inline.conf" report list

# ---- show: where each comes from, secrets masked
cat >"$tmp/inline.conf" <<END
[store]
conninfo = host=db.example.com password=hidden
[account "a"]
host = imap.example.com
user = dmarc@example.com
password = hidden
END
RUADB_INGEST_JOBS=3 RUADB_ACCOUNT_A_TLS=starttls RUADB_ACCOUNT_B_HOST=b.example.com \
	RUADB_ACCOUNT_B_TOKEN=hidden \
	run 0 "show" -c "$tmp/inline.conf" --set ingest.batch_bytes=4M config show
is "$(grep -v ' default$' "$tmp/out" | grep -v '^$' | tr -s ' ')" "[store]
conninfo host=db.example.com password=******** DIR/inline.conf:2
[ingest]
jobs 3 RUADB_INGEST_JOBS
batch_bytes 4M --set
[fetch]
[logs]
[report]
[domains]
[account \"a\"]
host imap.example.com DIR/inline.conf:4
tls starttls RUADB_ACCOUNT_A_TLS
user dmarc@example.com DIR/inline.conf:5
password ******** DIR/inline.conf:6
[account \"b\"]
host b.example.com RUADB_ACCOUNT_B_HOST
token ******** RUADB_ACCOUNT_B_TOKEN" "says where each value comes from"
is "$(grep -c hidden "$tmp/out")" 0 "and shows no secret"
if have_python; then
	run 0 "show --format json" -c "$tmp/inline.conf" config show --format json
	is "$(python3 -c 'import json, sys
j = json.load(open(sys.argv[1]))
print(j["file"], [s for s in j["settings"] if s["key"] in ("password", "authserv_id")])' "$tmp/out")" \
		"DIR/inline.conf [{'section': 'ingest', 'key': 'authserv_id', 'value': None, 'from': 'default'}, {'section': 'account \"a\"', 'key': 'password', 'value': '********', 'from': 'DIR/inline.conf:6'}]" \
		"is JSON"
else
	skip "no python3" 2
fi
run 64 "neither check nor show" -c "$tmp/empty.conf" config
run 64 "an unknown format" -c "$tmp/empty.conf" config show --format xml

# ---- the example: nothing of it holds as it is; all of it is well written once taken in
example=$top_srcdir/man/ruadb.conf.example
run 0 "the example is well" -c "$example" config check
is "$(sed -n 2p "$tmp/out")" "nothing wrong; no [account \"NAME\"] to fetch from" "and sets nothing"
sed 's/^#\([a-z[]\)/\1/' "$example" >"$tmp/example.conf"
for f in reports.password microsoft.secret gmail.password google.json; do
	echo x >"$tmp/$f"
	chmod 600 "$tmp/$f"
done
mkdir "$tmp/reports" "$tmp/rules"
sed -i "s|/etc/ruadb/|$tmp/|" "$tmp/example.conf"
run 0 "its lines without # are, too" -c "$tmp/example.conf" config check
is "$(cat "$tmp/err")" "" "without a word"
is "$(grep -c '^account.*well written' "$tmp/out")" 5 "all of its accounts"
is "$(grep '^source' "$tmp/out")" "source 'mail servers': well written: mx1 mx2, zone Europe/Berlin" \
	"and its source"

# ---- and so are the examples of the manual
sed -n '/^\.Sh MAILBOXES/,/^\.Sh EXAMPLES/p' "$top_srcdir/man/ruadb.conf.5" |
	awk '/^\.Bd/ { on = 1; block = ""; next }
		/^\.Ed/ { if (block ~ /^\[account/) printf "%s", block; on = 0; next }
		on { sub(/^\[account "/, "&" ++n " "); block = block $0 "\n" }' |
	sed "s|/etc/ruadb/|$tmp/|" >"$tmp/manual.conf"
run 0 "the examples of ruadb.conf(5)" -c "$tmp/manual.conf" config check
is "$(grep -c 'well written' "$tmp/out")" 5 "are accounts"

# ---- and those of the README
awk '/^    \[account/ { on = 1 } !/^    / { on = 0 } on { sub(/^    /, ""); print }' \
	"$top_srcdir/README.md" | sed "s|/home/me/.config/ruadb/|$tmp/|" >"$tmp/readme.conf"
run 0 "the examples of the README" -c "$tmp/readme.conf" config check
is "$(grep -c 'well written' "$tmp/out")" 3 "are accounts"

done_testing
