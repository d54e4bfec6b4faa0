/*
 * notify - tells systemd how we are (sd_notify(3)), if it asks: $NOTIFY_SOCKET. Without it nothing
 * happens. Needs no library of systemd.
 */
#ifndef CMD_NOTIFY_H
#define CMD_NOTIFY_H

/* Lines as sd_notify(3) has them: "READY=1\nSTATUS=...". */
void notify(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* STATUS=..., if it is another one than before. */
void notify_status(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* RELOADING=1, with the time that systemd wants to see. */
void notify_reloading(void);
/* Says that the program lives, as often as WATCHDOG_USEC wants it. To be called every second. */
void notify_alive(void);

#endif
