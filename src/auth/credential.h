/*
 * credential.h - the Authorization field: scheme and credential (spec/auth.md 2.1, 2.2).
 *
 *   token KEY:SECRET | Bearer KEY:SECRET | Basic base64(KEY:SECRET)
 *
 * with the deviations of that page: schemes in any case, any run of blanks, the first
 * colon splits. What is present but unusable is refused, never taken for an absent one.
 */
#ifndef AUTH_CREDENTIAL_H
#define AUTH_CREDENTIAL_H

#include "base/str.h"

enum { CREDENTIAL_MAX = 1024 }; /* bytes of a decoded pair; longer ones are nobody's */

enum credential_kind {
	CREDENTIAL_NONE, /* the field is empty */
	CREDENTIAL_PAIR,
	CREDENTIAL_UNUSABLE, /* 401: unknown scheme, no colon, extra parts, too long; Basic that is
				not UTF-8 */
	CREDENTIAL_BAD_BASE64, /* 400: Basic with wrong padding */
};

struct credential {
	struct str key, secret; /* slices of the field, or of decoded */
	size_t decoded_len;
	char decoded[CREDENTIAL_MAX];
};

/* Takes the field apart. The caller wipes *out (credential_wipe) when it is done. */
enum credential_kind credential_parse(struct str field, struct credential *out) MUST_USE;

void credential_wipe(struct credential *c);

#endif
