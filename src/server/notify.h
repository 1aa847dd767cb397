/*
 * notify.h - tells the service manager how far we are (sd_notify(3)), without its library.
 */
#ifndef SERVER_NOTIFY_H
#define SERVER_NOTIFY_H

/* Sends "READY=1" and its like to $NOTIFY_SOCKET; without one nothing happens. */
void notify_send(const char *state);

#endif
