#!/usr/bin/env python3
"""token_server.py - an OAuth2 token endpoint for the tests, on loopback.

    token_server.py DIR [CERT KEY]     HTTPS if a certificate is given

Listens on a free port, writes it to DIR/port. What it answers is told by files of DIR, read at each
request, so that a test can change its mind:
    token       the bearer token that it gives out (as make_token prints it)
    expires_in  seconds (3600)
    fail        N: the next N requests are answered with 503 (counted down)
    error       a line "CODE error description words": that answer, as RFC 6749 5.2 has it
    rotate      if there, a new refresh_token goes along: "rotated-N"
    client      a line "id secret" that is wanted; grant: the grant_type that is wanted
    public.pem  key that an assertion (RFC 7523, RS256) has to be signed with, by `openssl`
Each request is appended to DIR/requests: grant_type, client_id, scope, sub, and what was answered.
"""
import base64
import http.server
import json
import os
import ssl
import subprocess
import sys
import tempfile
import urllib.parse

folder = sys.argv[1]


def read(name, default=None):
    try:
        with open(os.path.join(folder, name)) as f:
            return f.read().strip()
    except FileNotFoundError:
        return default


def b64(text):
    return base64.urlsafe_b64decode(text + '=' * (-len(text) % 4))


def claims_of(assertion):
    """The claims of a JWT whose signature public.pem verifies; else None."""
    head, body, signature = assertion.split('.')
    if json.loads(b64(head)).get('alg') != 'RS256':
        return None
    with tempfile.NamedTemporaryFile() as s:
        s.write(b64(signature))
        s.flush()
        done = subprocess.run(['openssl', 'dgst', '-sha256', '-verify',
                               os.path.join(folder, 'public.pem'), '-signature', s.name],
                              input=f'{head}.{body}'.encode(), capture_output=True)
    return json.loads(b64(body)) if done.returncode == 0 else None


class Endpoint(http.server.BaseHTTPRequestHandler):
    def answer(self, code, body, note):
        text = json.dumps(body).encode()
        self.send_response(code)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(text)))
        self.end_headers()
        self.wfile.write(text)
        with open(os.path.join(folder, 'requests'), 'a') as f:
            f.write(f'{note} -> {code}\n')

    def do_POST(self):
        length = int(self.headers.get('Content-Length', 0))
        raw = self.rfile.read(length).decode()
        form = {k: v[0] for k, v in urllib.parse.parse_qs(raw, keep_blank_values=True).items()}
        note = ' '.join(f'{k}={form[k]}' for k in ('grant_type', 'client_id', 'scope')
                        if k in form)
        if self.headers.get('Content-Type') != 'application/x-www-form-urlencoded':
            return self.answer(400, {'error': 'invalid_request',
                                     'error_description': 'not a form'}, note)
        left = int(read('fail', '0') or 0)
        if left:
            with open(os.path.join(folder, 'fail'), 'w') as f:
                f.write(str(left - 1))
            return self.answer(503, {'error': 'temporarily_unavailable'}, note)
        error = read('error')
        if error:
            code, word, words = error.split(' ', 2)
            return self.answer(int(code), {'error': word, 'error_description': words}, note)
        wanted = read('grant')
        if wanted and form.get('grant_type') != wanted:
            return self.answer(400, {'error': 'unsupported_grant_type'}, note)
        client = read('client')
        if client and [form.get('client_id'), form.get('client_secret')] != client.split():
            return self.answer(401, {'error': 'invalid_client',
                                     'error_description': 'AADSTS7000215: Invalid client secret '
                                                          'provided.'}, note)
        if 'assertion' in form:
            claims = claims_of(form['assertion'])
            if not claims:
                return self.answer(400, {'error': 'invalid_grant',
                                         'error_description': 'Invalid JWT Signature.'}, note)
            note += f' sub={claims.get("sub")} iss={claims.get("iss")} scope={claims.get("scope")}'
        body = {'access_token': read('token', ''), 'token_type': 'Bearer',
                'expires_in': int(read('expires_in', '3600'))}
        if read('rotate') is not None:
            n = sum(1 for _ in open(os.path.join(folder, 'requests'))) \
                if os.path.exists(os.path.join(folder, 'requests')) else 0
            body['refresh_token'] = f'rotated-{n}'
        if 'refresh_token' in form:
            note += f' refresh_token={form["refresh_token"]}'
        return self.answer(200, body, note)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Endpoint)
if len(sys.argv) > 3:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[2], sys.argv[3])
    server.socket = context.wrap_socket(server.socket, server_side=True)
with open(os.path.join(folder, 'port.new'), 'w') as out:
    out.write(str(server.server_address[1]))
os.rename(os.path.join(folder, 'port.new'), os.path.join(folder, 'port'))
server.serve_forever()
