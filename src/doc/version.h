/*
 * version.h - DocType Version: what a save changed, where the DocType tracks changes
 * (spec/documents.md 9).
 */
#ifndef DOC_VERSION_H
#define DOC_VERSION_H

#include "doc/life.h"

/* A step of a save, after the document is written: keeps what differs from the stored one, if
 * anything does. Secrets never appear. */
MUST_USE bool version_keep(struct call *call, struct life *life, struct err *err);

#endif
