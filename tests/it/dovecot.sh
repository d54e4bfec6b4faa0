# dovecot.sh - a real Dovecot of the test's own; sourced behind lib.sh, never run.
#
#   dovecot_start          on free ports, in $dovecot_dir: sets $imap_port (STARTTLS, or clear on
#                          loopback), $imaps_port; users alice and bob, their passwords in
#                          $dovecot_dir/alice.pw and bob.pw; certificates below $tls (see below)
#   dovecot_conf TEXT      lines for its configuration (before the start, or with dovecot_restart)
#   dovecot_capability_without WORD...  what it says it can, without these (and restarts it)
#   dovecot_cert NAME      which certificate it shows: srv (default), expired, other
#   dovecot_restart, dovecot_stop
#   dovecot_log            what it logged
#   mailbox_path USER FOLDER             the maildir
#   mailbox_make USER FOLDER             an empty folder
#   mailbox_fill USER FOLDER N [SIZE [SEED]]  N mails of about SIZE bytes (4096), a report in each
#   mailbox_put USER FOLDER FILE         one mail of a file
#   mailbox_count USER FOLDER            how many messages lie there
#   make_token USER [expired]            prints a bearer token (JWT, RS256) that it takes
#   proxy_start PORT [OPTION...]         tests/it/proxy in front of PORT: sets $proxy_port, $proxy_pid;
#                                        what it says goes to $tmp/proxy.out; proxy_stop ends it
#   token_server_start                   tests/it/token_server.py over HTTPS: sets $token_url; its
#                                        files lie in $token_dir; stopped at the end
#   account_conf NAME [LINE...]          appends an [account "NAME"] for alice over IMAPS to $conf
#
# $tls: ca.pem (who signed srv.pem, expired.pem), other-ca.pem (who did not). Nothing of the system
# is touched. Works as root and as an ordinary user; Dovecot 2.3 and 2.4.
# shellcheck shell=sh disable=SC2034,SC2154

dovecot_dir=$tmp/dc
tls=$dovecot_dir/tls
conf=$tmp/ruadb.conf
dovecot_extra=
dovecot_cert=srv
dovecot_bin=$(PATH=$PATH:/usr/sbin:/sbin command -v dovecot) || dovecot_bin=
doveadm_bin=$(PATH=$PATH:/usr/sbin:/sbin command -v doveadm) || doveadm_bin=doveadm

have_dovecot() { [ -n "$dovecot_bin" ] && command -v openssl >/dev/null; }

# free_port: one that nobody listens on now.
free_port()
{
	python3 -c 'import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# ---- certificates and keys, made once

# certificate NAME CA [OPTION...]: for localhost and 127.0.0.1, signed by CA.
certificate()
{
	cert_name=$1 cert_ca=$2
	shift 2
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$tls/$cert_name.key" \
		-out "$tls/$cert_name.csr" -subj "/CN=localhost" 2>/dev/null &&
	printf '%s\n' 'subjectAltName=DNS:localhost,IP:127.0.0.1' 'extendedKeyUsage=serverAuth' \
		'authorityKeyIdentifier=keyid' 'basicConstraints=CA:FALSE' >"$tls/$cert_name.ext" &&
	openssl x509 -req -in "$tls/$cert_name.csr" -CA "$tls/$cert_ca.pem" -CAkey "$tls/$cert_ca.key" \
		-CAcreateserial -out "$tls/$cert_name.pem" -extfile "$tls/$cert_name.ext" "$@" 2>/dev/null
}

authority()
{
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
		-keyout "$tls/$1.key" -out "$tls/$1.pem" -subj "/CN=ruadb test $1" \
		-addext "keyUsage=critical,keyCertSign,cRLSign" 2>/dev/null
}

make_certificates()
{
	authority ca && authority other-ca && certificate srv ca -days 2 &&
		certificate other other-ca -days 2
	# Only one of the two ways is taken: by OpenSSL up to 3.3, and behind it.
	certificate expired ca -days -1 || certificate expired ca \
		-not_before 20200101000000Z -not_after 20200201000000Z
	openssl genrsa -out "$dovecot_dir/jwt.key" 2048 2>/dev/null
	mkdir -p "$dovecot_dir/keys/default/RS256"
	openssl rsa -in "$dovecot_dir/jwt.key" -pubout -out "$dovecot_dir/keys/default/RS256/default" \
		2>/dev/null
}

base64url() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }

make_token()
{
	now=$(date +%s) ends=3600
	[ "${2-}" != expired ] || ends=-60
	head=$(printf '{"alg":"RS256","typ":"JWT"}' | base64url)
	body=$(printf '{"iss":"https://login.test.invalid/t/v2.0","sub":"%s","email":"%s","scope":"imap","iat":%d,"nbf":%d,"exp":%d}' \
		"$1" "$1" $((now - 120)) $((now - 120)) $((now + ends)) | base64url)
	printf '%s.%s.%s\n' "$head" "$body" "$(printf '%s.%s' "$head" "$body" |
		openssl dgst -sha256 -sign "$dovecot_dir/jwt.key" -binary | base64url)"
}

# ---- configuration

dovecot_version() { "$dovecot_bin" --version | sed 's/^\([0-9]*\.[0-9]*\).*/\1/'; }

# Rootless: every part runs as oneself, and nothing is chrooted. As root: mails are owned by "mail".
dovecot_identity()
{
	if [ "$(id -u)" = 0 ]; then
		mail_user=mail mail_group=mail
		return
	fi
	mail_user=$(id -un) mail_group=$(id -gn)
	cat <<END
default_internal_user = $mail_user
default_login_user = $mail_user
default_internal_group = $mail_group
service anvil {
  chroot =
}
service stats {
  chroot =
}
END
	printf 'service imap-login {\n  chroot =\n}\n'
}

dovecot_listeners()
{
	cat <<END
service imap-login {
  inet_listener imap {
    port = $imap_port
  }
  inet_listener imaps {
    port = $imaps_port
    ssl = yes
  }
}
END
}

dovecot_conf_23()
{
	cat <<END
base_dir = $dovecot_dir/run
state_dir = $dovecot_dir/run
log_path = $dovecot_dir/log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <$tls/$dovecot_cert.pem
ssl_key = <$tls/$dovecot_cert.key
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2 oauthbearer
auth_failure_delay = 0
mail_location = maildir:$dovecot_dir/mail/%u
mail_max_userip_connections = 100
first_valid_uid = 1
END
	dovecot_identity
	dovecot_listeners
	cat <<END
namespace inbox {
  inbox = yes
  separator = /
}
service auth-worker {
  user = $mail_user
}
passdb {
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = $dovecot_dir/oauth2.ext
}
passdb {
  driver = passwd-file
  mechanisms = plain login
  args = scheme=PLAIN username_format=%u $dovecot_dir/users
}
userdb {
  driver = static
  args = uid=$mail_user gid=$mail_group home=$dovecot_dir/mail/%u
}
END
}

# 2.4 has another syntax; a token needs no passdb there, but a userdb.
dovecot_conf_24()
{
	cat <<END
dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
base_dir = $dovecot_dir/run
state_dir = $dovecot_dir/run
log_path = $dovecot_dir/log
protocols {
  imap = yes
}
listen = 127.0.0.1
ssl = yes
ssl_server_cert_file = $tls/$dovecot_cert.pem
ssl_server_key_file = $tls/$dovecot_cert.key
auth_allow_cleartext = yes
auth_mechanisms = plain login xoauth2 oauthbearer
auth_failure_delay = 0
mail_driver = maildir
mail_path = $dovecot_dir/mail/%{user}
mail_max_userip_connections = 100
first_valid_uid = 1
END
	dovecot_identity
	dovecot_listeners
	cat <<END
namespace inbox {
  inbox = yes
  separator = /
}
oauth2 {
  introspection_mode = local
  username_attribute = email
  issuers = https://login.test.invalid/t/v2.0
  scope = imap
  oauth2_local_validation {
    dict fs {
      fs posix {
        prefix = $dovecot_dir/keys/
      }
    }
  }
}
passdb passwd-file {
  default_password_scheme = plain
  auth_username_format = %{user}
  passwd_file_path = $dovecot_dir/users
}
userdb static {
  fields {
    uid = $mail_user
    gid = $mail_group
    home = $dovecot_dir/mail/%{user}
  }
}
END
}

dovecot_write()
{
	case $(dovecot_version) in
	2.3) dovecot_conf_23 ;;
	*) dovecot_conf_24 ;;
	esac >"$dovecot_dir/dovecot.conf"
	printf '%s\n' "$dovecot_extra" >>"$dovecot_dir/dovecot.conf"
	cat >"$dovecot_dir/oauth2.ext" <<END
introspection_mode = local
local_validation_key_dict = fs:posix:prefix=$dovecot_dir/keys/
username_attribute = email
username_format = %u
issuers = https://login.test.invalid/t/v2.0
scope = imap
END
}

dovecot_conf()
{
	dovecot_extra="$dovecot_extra
$1"
}

# The capabilities before the login say nothing of MOVE: those behind it are replaced.
dovecot_capability_without()
{
	caps="IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE SORT THREAD=REFERENCES UNSELECT
		NAMESPACE UIDPLUS LIST-EXTENDED ESEARCH MOVE SPECIAL-USE LITERAL+"
	for word in "$@"; do
		caps=$(printf '%s\n' $caps | grep -vxF "$word" | tr '\n' ' ')
	done
	dovecot_conf "imap_capability = $(echo $caps)"
	dovecot_restart
}

# ---- running

dovecot_prepare()
{
	mkdir -p "$dovecot_dir/run" "$tls" "$dovecot_dir/mail"
	chmod 755 "$dovecot_dir" "$dovecot_dir/run"
	[ "$(id -u)" != 0 ] || chown mail:mail "$dovecot_dir/mail"
	[ -e "$tls/srv.pem" ] || make_certificates
	for user in alice bob; do
		echo "$user-s3cret" >"$dovecot_dir/$user.pw"
		chmod 600 "$dovecot_dir/$user.pw"
		echo "$user:{PLAIN}$user-s3cret::::::"
	done >"$dovecot_dir/users"
	chmod 644 "$dovecot_dir/users"
}

# Waits until the port answers; tells why if it never does.
dovecot_up()
{
	i=0
	until python3 -c "import socket; socket.create_connection(('127.0.0.1', $imaps_port), 1)" \
			2>/dev/null; do
		i=$((i + 1))
		if [ $i -ge 100 ]; then
			sed 's/^/# dovecot: /' "$dovecot_dir/log" "$dovecot_dir/start" 2>/dev/null
			return 1
		fi
		sleep 0.1
	done
}

dovecot_start()
{
	dovecot_prepare
	: "${imap_port:=$(free_port)}" "${imaps_port:=$(free_port)}"
	dovecot_write
	"$dovecot_bin" -c "$dovecot_dir/dovecot.conf" >"$dovecot_dir/start" 2>&1
	trap testbed_end EXIT
	dovecot_up
}

testbed_end()
{
	proxy_stop
	[ -z "${token_pid-}" ] || kill "$token_pid" 2>/dev/null || :
	dovecot_stop
	at_end
}

# A zombie has ended: it may take long until somebody hears of it.
dovecot_stop()
{
	[ -s "$dovecot_dir/run/master.pid" ] || return 0
	pid=$(cat "$dovecot_dir/run/master.pid")
	kill "$pid" 2>/dev/null || :
	i=0
	while grep -q '^State:[[:space:]]*[^Z]' "/proc/$pid/status" 2>/dev/null && [ $i -lt 100 ]; do
		i=$((i + 1))
		sleep 0.05
	done
	kill -9 "$pid" 2>/dev/null || :
	rm -f "$dovecot_dir/run/master.pid"
	until ports_free || [ $i -ge 200 ]; do
		i=$((i + 1))
		sleep 0.05
	done
}

# The children of a 2.4 hold its ports a moment longer than it lives.
ports_free()
{
	python3 -c "import socket
for port in ($imap_port, $imaps_port):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(('127.0.0.1', port))" 2>/dev/null
}

dovecot_restart()
{
	dovecot_stop
	dovecot_start
}

dovecot_log() { cat "$dovecot_dir/log"; }

# ---- mailboxes

mailbox_path()
{
	if [ "$2" = INBOX ]; then
		echo "$dovecot_dir/mail/$1"
	else
		echo "$dovecot_dir/mail/$1/.$(echo "$2" | tr / .)"
	fi
}

mailbox_own()
{
	[ "$(id -u)" != 0 ] || chown -R mail:mail "$dovecot_dir/mail/$1"
}

mailbox_make()
{
	path=$(mailbox_path "$1" "$2")
	mkdir -p "$path/new" "$path/cur" "$path/tmp"
	[ "$2" = INBOX ] || touch "$path/maildirfolder"
	mailbox_own "$1"
}

mailbox_fill()
{
	mailbox_make "$1" "$2"
	rm -rf "$tmp/fill"
	"$top_builddir/bench/gen" small "$tmp/fill" "$3" "${5:-1}" >/dev/null &&
	"$top_builddir/tests/it/mails" "$tmp/fill" "$(mailbox_path "$1" "$2")/new" "${4:-4096}" \
		"$((${5:-1} * 100000))" >/dev/null
	rm -rf "$tmp/fill"
	mailbox_own "$1"
}

mailbox_put()
{
	[ -d "$(mailbox_path "$1" "$2")/new" ] || mailbox_make "$1" "$2"
	mailbox_puts=$((${mailbox_puts:-0} + 1))
	cp "$3" "$(mailbox_path "$1" "$2")/new/$(date +%s).P$$Q$mailbox_puts.example"
	mailbox_own "$1"
}

mailbox_count()
{
	path=$(mailbox_path "$1" "$2")
	find "$path/new" "$path/cur" -type f 2>/dev/null | wc -l | tr -d ' '
}

# ---- what stands between, and beside

proxy_pid=
proxy_start()
{
	proxy_stop
	: >"$tmp/proxy.out"
	proxy_target=$1
	shift
	"$top_builddir/tests/it/proxy" 0 "$proxy_target" "$@" >"$tmp/proxy.out" 2>&1 &
	proxy_pid=$!
	until [ -s "$tmp/proxy.out" ] || ! kill -0 "$proxy_pid" 2>/dev/null; do
		sleep 0.02
	done
	proxy_port=$(sed 1q "$tmp/proxy.out")
}

proxy_stop()
{
	[ -n "$proxy_pid" ] || return 0
	kill "$proxy_pid" 2>/dev/null || :
	wait "$proxy_pid" 2>/dev/null || : # what it was ended by is no failure of who sources this
	proxy_pid=
}

token_server_start()
{
	token_dir=$tmp/token
	mkdir -p "$token_dir"
	make_token alice >"$token_dir/token"
	python3 "$top_srcdir/tests/it/token_server.py" "$token_dir" "$tls/srv.pem" "$tls/srv.key" \
		>"$token_dir/out" 2>&1 &
	token_pid=$!
	until [ -s "$token_dir/port" ] || ! kill -0 "$token_pid" 2>/dev/null; do
		sleep 0.05
	done
	token_url=https://localhost:$(cat "$token_dir/port")/token
}

# ---- our own configuration

account_conf()
{
	{
		echo "[account \"$1\"]"
		echo "host = localhost"
		echo "port = $imaps_port"
		echo "ca_file = $tls/ca.pem"
		echo "user = alice"
		echo "password_file = $dovecot_dir/alice.pw"
		shift
		printf '%s\n' "$@"
	} >>"$conf"
	chmod 600 "$conf"
	RUADB_CONFIG=$conf
	export RUADB_CONFIG
}
