/*
 * secret.h - the text of a secret that we make: "smb_", 27 base-62 characters, CRC-32 in six more.
 */
#ifndef AUTH_SECRET_H
#define AUTH_SECRET_H

#include "auth/key.h"

/* Writes SECRET_LEN characters, no NUL. */
void secret_make(char *text);

/* Does it have the form, and is its checksum right? */
bool secret_is_wellformed(struct str secret);

#endif
