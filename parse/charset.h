/*
 * charset - keeps open what iconv needs. glibc loads a module the first time a character set is
 * asked for; behind the sandbox that fails. So the sets that reports come in are opened before,
 * both ways, and kept for the life of the process: later iconv_open of the same finds them loaded.
 */
#ifndef PARSE_CHARSET_H
#define PARSE_CHARSET_H

/* Opens all of them once; those that the system does not have are left out. */
void charset_open_all(void);

#endif
