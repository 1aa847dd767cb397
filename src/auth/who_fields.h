/*
 * who_fields.h - what proxies are told of a user: the fields of an answer of /auth/verify.
 */
#ifndef AUTH_WHO_FIELDS_H
#define AUTH_WHO_FIELDS_H

#include "auth/who.h"
#include "base/buf.h"

/* Printable ASCII but % and comma, which separates roles: the rest is percent-encoded. */
extern const struct str WHO_FIELDS_KEEP;

/*
 * Appends X-Symbolon-User, -Full-Name, -Roles and -User-Type as lines of a head, each with its
 * CRLF. Of who its texts and its type are looked at; roles are the numbers of its roles.
 */
void who_fields(const struct who *who, const struct role_names *names, const uint32_t *roles,
    size_t len, struct buf *out);

#endif
