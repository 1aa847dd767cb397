/*
 * verify_site.h - a site of many keys for the measurements of the verifier, and requests to it.
 *
 * Keys are made from their number, so none is kept. Every eighth key in turn belongs to a disabled
 * user, has expired, is not valid yet, or may not be used from where requests come from: by what
 * its user or (only without a database, where it costs nothing to load) it itself says; the others
 * are good.
 */
#ifndef BENCH_VERIFY_SITE_H
#define BENCH_VERIFY_SITE_H

#include "auth/auth.h"

enum { VERIFY_CLASSES = 8 };

struct verify_options {
	uint32_t keys, users; /* multiples of VERIFY_CLASSES */
	bool direct;          /* fill the memory without a database */
	bool limited;         /* keys have networks, scopes, a rate and a quota */
	const char *dir;      /* of database and key file: made if it is empty, else used again */
};

struct verify_site {
	struct verify_options options;
	struct conf *conf;
	struct turns *turns;
	struct turn_thread *turn;
	struct role_names *roles;
	struct keyfile *keyfile;
	struct auth *auth;
	struct in6_addr from;      /* where its requests come from */
	double load_s, load_cpu_s; /* what auth_load() took */
};

/* Ends the program with a message if anything fails. */
void verify_site_open(struct verify_site *site, const struct verify_options *options);
void verify_site_close(struct verify_site *site);

/* Removes the directory and what verify_site_open() made in it. */
void verify_site_remove(const struct verify_options *options);

/* What a request is, and what becomes of it. */
enum verify_kind {
	VERIFY_RIGHT,
	VERIFY_WRONG,    /* a key that there is, with another secret */
	VERIFY_NEAR,     /* the same, wrong in its last character only */
	VERIFY_UNKNOWN,  /* no such key */
	VERIFY_DISABLED, /* from here on the secrets are right */
	VERIFY_EXPIRED,
	VERIFY_EARLY,
	VERIFY_OUTSIDE, /* the user may not come from there, */
	VERIFY_NETWORK, /* or the key: --direct only */
	VERIFY_KINDS
};
extern const char *const VERIFY_NAMES[VERIFY_KINDS];

enum { VERIFY_TEXT = 6 + 15 + 1 + 37 }; /* "token KEY:SECRET" */

/* Writes VERIFY_TEXT bytes: the Authorization field of a request of that kind; any n. */
void verify_text(const struct verify_site *site, enum verify_kind kind, uint64_t n, char *text);

/* Judges it, at now_us; true if it was accepted. The whole of it, and the verify function alone. */
typedef bool verify_fn(const struct verify_site *site, struct str text, int64_t now_us);
verify_fn verify_identify, verify_judge;

/* A number that looks like chance and follows from n. */
uint64_t verify_mix(uint64_t n);

#endif
