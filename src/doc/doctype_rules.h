/*
 * doctype_rules.h - the rules of DocType and Custom DocPerm: custom DocTypes made, changed and
 * dropped by those who may (spec/documents.md 1.5, 1.6).
 *
 * A DocType's table is made, changed and dropped in the transaction of its document; memory
 * follows after the commit (CHANGE_DOCTYPE). Rows of DocField and DocPerm that are written alone
 * save their DocType again, which is why they run alone, too.
 */
#ifndef DOC_DOCTYPE_RULES_H
#define DOC_DOCTYPE_RULES_H

#include "doc/controller.h"

extern const struct controller DOCTYPE_CONTROLLER, DOCFIELD_CONTROLLER, DOCPERM_CONTROLLER,
    CUSTOM_DOCPERM_CONTROLLER;

#endif
