#!/bin/sh
# t_login - logging in to a real Dovecot: TLS and what is wrong with certificates, passwords,
# tokens and their endpoint, secrets that others may read. By `ruadb fetch --check`, which goes the
# way of a fetch and changes nothing. Needs no PostgreSQL.
# shellcheck shell=sh disable=SC2154

. "$top_srcdir/tests/it/lib.sh"
ready_home
. "$top_srcdir/tests/it/dovecot.sh"
have_dovecot || skip_all "no dovecot here"
have_python || skip_all "no python3 here"

# check LINE...: an account for alice at localhost with these settings; sets $status, $tmp/out.
check()
{
	{
		printf '[account "a"]\nuser = alice\ntimeout = 20\n'
		printf '%s\n' "$@"
	} >"$conf"
	chmod 600 "$conf"
	status=0
	RUADB_CONFIG=$conf "$ruadb" fetch --check >"$tmp/out" 2>&1 || status=$?
	cat "$tmp/out" >>"$tmp/all"
}

# works NAME WORDS LINE...: the check is fine and says WORDS; fails N ...: it ends with N.
works() { fails 0 "$@"; }
fails()
{
	wanted=$1 name=$2 words=$3
	shift 3
	check "$@"
	ok "$name" says "$wanted" "$words"
}
says()
{
	[ "$status" = "$1" ] && grep -qF -- "$2" "$tmp/out" && return
	echo "ended with $status, not $1, or does not say: $2"
	cat "$tmp/out"
	return 1
}

# Lines that many share.
imaps() { printf 'host = localhost\nport = %s\n' "$imaps_port"; }
starttls() { printf 'host = localhost\nport = %s\ntls = starttls\n' "$imap_port"; }
ca() { printf 'ca_file = %s/ca.pem\n' "$tls"; }
password() { printf 'password_file = %s/alice.pw\n' "$dovecot_dir"; }
logins() { dovecot_log | grep -c 'imap-login: Info: Log'; }

# Who fails is held off longer each time, by address: all of us are one.
dovecot_conf "service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}"
dovecot_start || skip_all "no dovecot that runs"

# ---- TLS

works "IMAPS, private CA" "TLSv1.3, certificate verified" "$(imaps)" "$(ca)" "$(password)"
ok "and the password is taken" grep -q "login as 'alice' by PLAIN" "$tmp/out"
works "STARTTLS, private CA" "STARTTLS, TLSv1.3, certificate verified" "$(starttls)" "$(ca)" \
	"$(password)"
fails 78 "another CA" "name its CA with ca_file" "$(imaps)" "$(password)" \
	"ca_file = $tls/other-ca.pem"
fails 78 "another CA, STARTTLS" "name its CA with ca_file" "$(starttls)" "$(password)" \
	"ca_file = $tls/other-ca.pem"
fails 78 "the system's CAs" "failed  connection" "$(imaps)" "$(password)"
fails 78 "a ca_file that is not there" "ca_file is no such file" "$(imaps)" "$(password)" \
	"ca_file = $tmp/none.pem"
fails 78 "another name than the certificate's" "host has to be the name in the certificate" \
	"host = mail.localhost" "port = $imaps_port" "$(ca)" "$(password)"
works "insecure = yes verifies nothing, and says so" "certificate not verified" "$(imaps)" \
	"insecure = yes" "$(password)"
fails 78 "a port without TLS" "tls = starttls" "host = localhost" "port = $imap_port" "$(ca)" \
	"$(password)"
fails 75 "nobody there" "no server at this port" "host = localhost" "port = $(free_port)" "$(ca)" \
	"$(password)"

old_port=$(free_port)
openssl s_server -www -accept "127.0.0.1:$old_port" -tls1_1 -cipher 'ALL:@SECLEVEL=0' \
	-cert "$tls/srv.pem" -key "$tls/srv.key" -naccept 1 >"$tmp/old" 2>&1 &
old_pid=$!
until grep -q ACCEPT "$tmp/old" || ! kill -0 $old_pid 2>/dev/null; do sleep 0.05; done
fails 78 "TLS older than 1.2" "older than 1.2" "host = localhost" "port = $old_port" "$(ca)" \
	"$(password)"
kill $old_pid 2>/dev/null
wait $old_pid 2>/dev/null

# ---- passwords

fails 78 "a wrong password" "[AUTHENTICATIONFAILED]" "$(imaps)" "$(ca)" "password = no-s3cret"
ok "has its likely cause" grep -q "likely: user or password is wrong" "$tmp/out"
works "the LOGIN mechanism" "by LOGIN" "$(imaps)" "$(ca)" "$(password)" "login = login"
works "a command" "by PLAIN" "$(imaps)" "$(ca)" "password_command = sed s/x/x/ $dovecot_dir/alice.pw"
fails 75 "a command that fails" "it says: no network" "$(imaps)" "$(ca)" \
	"password_command = echo no network >&2; exit 2"
mkdir "$tmp/credentials"
cp "$dovecot_dir/alice.pw" "$tmp/credentials/imap"
chmod 600 "$tmp/credentials/imap"
fails 78 "a systemd credential, without systemd" "LoadCredential=imap:" "$(imaps)" "$(ca)" \
	"password_credential = imap"
export CREDENTIALS_DIRECTORY="$tmp/credentials"
works "and with it" "by PLAIN" "$(imaps)" "$(ca)" "password_credential = imap"
unset CREDENTIALS_DIRECTORY

# ---- secrets that others may read

cp "$dovecot_dir/alice.pw" "$tmp/open.pw"
chmod 644 "$tmp/open.pw"
fails 78 "a password file for everybody" "chmod o-rwx '$tmp/open.pw'" "$(imaps)" "$(ca)" \
	"password_file = $tmp/open.pw"
check "$(imaps)" "$(ca)" "password = alice-s3cret"
chmod 644 "$conf"
status=0
RUADB_CONFIG=$conf "$ruadb" fetch --check >"$tmp/out" 2>&1 || status=$?
cat "$tmp/out" >>"$tmp/all"
ok "a configuration with a password, for everybody" says 78 "chmod"

# ---- a proxy

mkdir "$tmp/connect"
python3 "$here/connect_proxy.py" "$tmp/connect" 2>/dev/null &
connect_pid=$!
until [ -s "$tmp/connect/port" ] || ! kill -0 $connect_pid 2>/dev/null; do sleep 0.05; done
works "through an HTTP proxy" "certificate verified" "$(imaps)" "$(ca)" "$(password)" \
	"proxy = http://127.0.0.1:$(cat "$tmp/connect/port")"
is "$(sort -u "$tmp/connect/connected")" "localhost:$imaps_port" "by CONNECT"
kill $connect_pid
wait $connect_pid 2>/dev/null

# ---- tokens

make_token alice >"$tmp/token.jwt"
make_token alice expired >"$tmp/token.expired"
make_token bob >"$tmp/token.bob"
token() { printf 'token_command = cat %s/token.%s\n' "$tmp" "$1"; }

works "OAUTHBEARER, where it is offered" "by OAUTHBEARER" "$(imaps)" "$(ca)" "$(token jwt)"
works "XOAUTH2" "by XOAUTH2" "$(starttls)" "$(ca)" "$(token jwt)" "login = xoauth2"
fails 78 "a token that has ended, XOAUTH2" '"status":"401"' "$(imaps)" "$(ca)" "$(token expired)" \
	"login = xoauth2"
fails 78 "and OAUTHBEARER" '"status":"invalid_token"' "$(imaps)" "$(ca)" "$(token expired)"
fails 78 "another user's" "likely: the token has ended, is for another user" "$(imaps)" "$(ca)" \
	"$(token bob)"
cat >"$tmp/renews" <<END
#!/bin/sh
cat '$tmp/token.next'
cp '$tmp/token.jwt' '$tmp/token.next'
END
cp "$tmp/token.expired" "$tmp/token.next"
works "a token that has ended, then a new one" "a new token after the refusal" "$(imaps)" "$(ca)" \
	"token_command = sh $tmp/renews"

# ---- tokens that we ask for

ok "a token endpoint" token_server_start
oauth()
{
	imaps
	ca
	printf 'oauth2 = %s\noauth2_token_url = %s\noauth2_client_id = app\n' "$1" "$token_url"
	printf 'oauth2_scope = imap\n'
}
secret() { printf 'oauth2_client_secret_file = %s/client.secret\n' "$tmp"; }
asked() { wc -l <"$token_dir/requests" | tr -d ' '; }
last_asked() { tail -1 "$token_dir/requests"; }
echo "c1ient-s3cret" >"$tmp/client.secret"
chmod 600 "$tmp/client.secret"
echo "app c1ient-s3cret" >"$token_dir/client"

works "client credentials" "by OAUTHBEARER" "$(oauth client_credentials)" "$(secret)"
is "$(cat "$token_dir/requests")" "grant_type=client_credentials client_id=app scope=imap -> 200" \
	"asked once"
echo 2 >"$token_dir/fail"
works "an endpoint that fails twice" "by XOAUTH2" "$(oauth client_credentials)" "$(secret)" \
	"login = xoauth2"
is "$(asked)" 4 "is asked three times"
echo 5 >"$token_dir/fail"
fails 75 "one that goes on failing" "(HTTP 503)" "$(oauth client_credentials)" "$(secret)"
echo 0 >"$token_dir/fail"
n=$(asked)
cp "$tmp/token.expired" "$token_dir/token"
fails 78 "tokens that have ended when they come" "invalid_token" "$(oauth client_credentials)" \
	"$(secret)"
is "$(asked)" $((n + 2)) "are asked for anew once"
cp "$tmp/token.jwt" "$token_dir/token"
echo "wr0ng-s3cret" >"$tmp/client.secret"
fails 78 "a wrong client secret" "AADSTS7000215: Invalid client secret provided." \
	"$(oauth client_credentials)" "$(secret)"
ok "has its likely cause" grep -q "is the secret's ID, not its Value" "$tmp/out"
chmod 604 "$tmp/client.secret"
fails 78 "a client secret for everybody" "chmod" "$(oauth client_credentials)" "$(secret)"
chmod 600 "$tmp/client.secret"
fails 78 "an endpoint that nobody knows" "certificate" "$(oauth client_credentials | sed '/ca_file/d')" \
	"$(secret)"
rm "$token_dir/client"

echo "refresh-s3cret" >"$tmp/refresh.token"
chmod 600 "$tmp/refresh.token"
works "a refresh token" "by OAUTHBEARER" "$(oauth refresh_token)" \
	"oauth2_refresh_token_file = $tmp/refresh.token"
is "$(last_asked)" \
	"grant_type=refresh_token client_id=app scope=imap refresh_token=refresh-s3cret -> 200" "as RFC 6749 has it"

touch "$token_dir/rotate"
works "one that the server changes" "by OAUTHBEARER" "$(oauth refresh_token)" \
	"oauth2_refresh_token_file = $tmp/refresh.token"
is "$(sed 's/[0-9]*$//' "$tmp/refresh.token")" "rotated-" "is written to its file"
works "where it can't be" "which can't be kept: it lies in no file" "$(oauth refresh_token)" \
	"oauth2_refresh_token = x"
rm "$token_dir/rotate"

openssl genrsa -out "$tmp/robot.key" 2048 2>/dev/null
openssl rsa -in "$tmp/robot.key" -pubout -out "$token_dir/public.pem" 2>/dev/null
python3 -c 'import json, sys
print(json.dumps({"client_email": "robot@project.example", "private_key_id": "k1",
                  "private_key": open(sys.argv[1]).read()}))' "$tmp/robot.key" >"$tmp/robot.json"
chmod 600 "$tmp/robot.json"
works "a service account" "by OAUTHBEARER" "$(oauth service_account | sed /client_id/d)" \
	"oauth2_key_file = $tmp/robot.json"
is "$(last_asked)" "grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer sub=alice iss=robot@project.example scope=imap -> 200" \
	"signs for the mailbox"
openssl genrsa 2048 2>/dev/null | openssl rsa -pubout -out "$token_dir/public.pem" 2>/dev/null
fails 78 "with a key that is not known there" "invalid_grant: Invalid JWT Signature." \
	"$(oauth service_account | sed /client_id/d)" "oauth2_key_file = $tmp/robot.json"

# ---- in clear, and certificates that have ended

before=$(logins)
fails 78 "tls = none" "insecure = yes" "host = localhost" "port = $imap_port" "tls = none" \
	"$(password)"
is "$(logins)" "$before" "nobody logged in in clear"
works "unless insecure = yes wants it" "no TLS, as insecure = yes allows" "host = localhost" \
	"port = $imap_port" "tls = none" "insecure = yes" "$(password)"
is "$(logins)" $((before + 1)) "as it was counted"

dovecot_cert=expired
dovecot_restart
fails 78 "an expired certificate" "its operator has to renew it" "$(imaps)" "$(ca)" "$(password)"

is "$(grep -cE 's3cret|eyJ' "$tmp/all")" 0 "no secret and no token in anything that was said"
done_testing
