/*
 * imap_bare - what make bench-imap compares the fetching with: bytes off a server and nothing else.
 *
 *   imap_bare pipelined PORT USER PASSWORD-FILE CA-FILE     one UID FETCH of all, one connection
 *   imap_bare single    PORT USER PASSWORD-FILE CA-FILE N   the first N, one libcurl transfer each
 *
 * Over IMAPS to localhost; nothing is kept. Prints messages=N bytes=N.
 */
#include <curl/curl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void die(const char *what, const char *why)
{
	fprintf(stderr, "imap_bare: %s: %s\n", what, why);
	exit(1);
}

static size_t count(char *p, size_t size, size_t n, void *ctx)
{
	(void)p;
	*(size_t *)ctx += size * n;
	return size * n;
}

static void check(CURLcode rc, const char *what)
{
	if (rc != CURLE_OK)
		die(what, curl_easy_strerror(rc));
}

static CURL *prepare(char **argv, const char *url)
{
	CURL *c = curl_easy_init();
	char password[256] = "";
	FILE *in = fopen(argv[4], "re");

	if (!c || !in || !fgets(password, sizeof(password), in))
		die(argv[4], "no password");
	fclose(in);
	password[strcspn(password, "\n")] = '\0';
	check(curl_easy_setopt(c, CURLOPT_URL, url), "url");
	check(curl_easy_setopt(c, CURLOPT_USERNAME, argv[3]), "user");
	check(curl_easy_setopt(c, CURLOPT_PASSWORD, password), "password");
	check(curl_easy_setopt(c, CURLOPT_CAINFO, argv[5]), "ca");
	return c;
}

static void say(CURL *c, curl_socket_t s, const char *text)
{
	for (size_t done = 0, n, all = strlen(text); done < all; done += n) {
		CURLcode rc = curl_easy_send(c, text + done, all - done, &n);
		struct pollfd p = {.fd = s, .events = POLLOUT};

		if (rc == CURLE_AGAIN && poll(&p, 1, 10000) > 0)
			n = 0;
		else
			check(rc, "send");
	}
}

#define TAIL 512

/* True when the last command's answer is in what was read; it may begin in what came before. */
static bool is_over(const char *p, size_t n)
{
	static const char mark[] = "\r\nx2 OK ";
	static char tail[2 * TAIL];
	static size_t kept;
	size_t take = n < TAIL ? n : TAIL;

	if (kept > TAIL) {
		memmove(tail, tail + kept - TAIL, TAIL);
		kept = TAIL;
	}
	memcpy(tail + kept, p + n - take, take);
	kept += take;
	return memmem(tail, kept, mark, sizeof(mark) - 1) != NULL;
}

static void pipelined(char **argv)
{
	static const char begins[] = " FETCH (UID ";
	static char piece[1 << 18];
	size_t kept = 0; /* of the piece before: a message's beginning may be cut in two */
	char url[64];
	size_t bytes = 0, messages = 0, n;
	curl_socket_t s;

	snprintf(url, sizeof(url), "imaps://localhost:%s/", argv[2]);
	CURL *c = prepare(argv, url);

	check(curl_easy_setopt(c, CURLOPT_CONNECT_ONLY, 1L), "connect only");
	check(curl_easy_perform(c), "connect");
	check(curl_easy_getinfo(c, CURLINFO_ACTIVESOCKET, &s), "socket");
	say(c, s, "x1 EXAMINE INBOX\r\nx2 UID FETCH 1:* (UID BODY.PEEK[])\r\n");
	for (bool over = false; !over;) {
		CURLcode rc = curl_easy_recv(c, piece + kept, sizeof(piece) - kept, &n);
		struct pollfd p = {.fd = s, .events = POLLIN};

		if (rc == CURLE_AGAIN && poll(&p, 1, 10000) > 0)
			continue;
		check(rc, "recv");
		if (!n)
			die("recv", "closed");
		bytes += n;
		n += kept;
		for (const char *at = piece, *end = piece + n;
		     (at = memmem(at, (size_t)(end - at), begins, sizeof(begins) - 1)); at++)
			messages++;
		over = is_over(piece, n);
		kept = n < sizeof(begins) - 2 ? n : sizeof(begins) - 2;
		memmove(piece, piece + n - kept, kept);
	}
	curl_easy_cleanup(c);
	printf("messages=%zu bytes=%zu\n", messages, bytes);
}

static void single(char **argv)
{
	unsigned long n = strtoul(argv[6], NULL, 10);
	size_t bytes = 0;
	CURL *c = prepare(argv, "");

	check(curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, count), "write");
	check(curl_easy_setopt(c, CURLOPT_WRITEDATA, &bytes), "write");
	for (unsigned long i = 1; i <= n; i++) {
		char url[64];

		snprintf(url, sizeof(url), "imaps://localhost:%s/INBOX/;UID=%lu", argv[2], i);
		check(curl_easy_setopt(c, CURLOPT_URL, url), "url");
		check(curl_easy_perform(c), url);
	}
	curl_easy_cleanup(c);
	printf("messages=%lu bytes=%zu\n", n, bytes);
}

int main(int argc, char **argv)
{
	bool one = argc == 6 && strcmp(argv[1], "pipelined") == 0;

	if (!one && !(argc == 7 && strcmp(argv[1], "single") == 0)) {
		fputs("usage: imap_bare pipelined|single PORT USER PASSWORD-FILE CA-FILE [N]\n",
		      stderr);
		return 64;
	}
	check(curl_global_init(CURL_GLOBAL_DEFAULT), "libcurl");
	if (one)
		pipelined(argv);
	else
		single(argv);
	return 0;
}
