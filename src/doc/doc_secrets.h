/*
 * doc_secrets.h - Password fields: the column holds as many asterisks as the secret has characters,
 * the secret itself lies in the vault (spec/documents.md 4.2).
 *
 * Asterisks sent mean: as it is; nothing sent for the field ends the secret. What a controller
 * keeps by itself (User) is left alone.
 */
#ifndef DOC_DOC_SECRETS_H
#define DOC_DOC_SECRETS_H

#include "doc/life.h"

/* Before the document is written: takes the secrets out of it and of its rows, leaves asterisks. */
MUST_USE bool doc_secrets_take(struct call *call, struct life *life, struct err *err);

/* After: what was taken goes into the vault; secrets of rows that are gone, go. */
MUST_USE bool doc_secrets_store(struct call *call, struct life *life, struct err *err);

/* The document is gone: its secrets, and those of its rows. */
MUST_USE bool doc_secrets_drop(struct call *call, const struct doc *d, struct err *err);

/*
 * The secret of one field. ERR_PERMISSION for callers who are no System Managers, may not read the
 * document or the field, and for secrets that are kept as digests only (User); ERR_AUTHENTICATION
 * where none is stored, as upstream.
 */
MUST_USE bool doc_secrets_read(struct call *call, const struct doctype *dt, struct str name,
    struct str field, struct str *out, struct err *err);

#endif
