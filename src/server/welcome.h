/*
 * welcome.h - what a first start says: Administrator's password, and a request to paste.
 */
#ifndef SERVER_WELCOME_H
#define SERVER_WELCOME_H

#include "server/site.h"

struct welcome {
	struct call *call; /* holds the rest */
	struct str key, secret;
};

/* For a new site: makes a key pair of Administrator. Before the lanes start. */
MUST_USE bool welcome_make(struct site *site, struct welcome *w, struct err *err);

/* Prints it to standard error, for a person to read; url is "http://127.0.0.1:8000" or "unix:PATH".
 */
void welcome_print(const struct site *site, const struct welcome *w, struct str url);

/* Wipes it; w may be all zeroes. */
void welcome_free(struct welcome *w);

#endif
