/*
 * doctype_rows.h - a DocType as a document: its properties and the rows of its tables.
 */
#ifndef DOC_DOCTYPE_ROWS_H
#define DOC_DOCTYPE_ROWS_H

#include "doc/doc.h"

/* A text of a document or row; null if it is null or not there. */
struct str doctype_rows_text(const struct doc *d, const char *field);

/* A number, or 0; a Check as a question. */
int64_t doctype_rows_int(const struct doc *d, const char *field);
bool doctype_rows_flag(const struct doc *d, const char *field);

void doctype_rows_set_text(struct doc *d, const char *field, struct str text);
void doctype_rows_set_int(struct doc *d, const char *field, int64_t n);

/* The rows of a table field. */
struct doc_rows *doctype_rows_of(const struct doc *d, const char *field);

/* The row of a field by its fieldname, or NULL. */
struct doc *doctype_rows_field(const struct doc *d, struct str fieldname);

/* The type of a row of DocField; FIELD_DATA for what is none (its Select refuses it later). */
enum field_type doctype_rows_type(const struct doc *row);

/* Texts that were sent as numbers become texts: "default": 0 is "0". */
MUST_USE bool doctype_rows_settle(struct call *call, struct doc *d, struct err *err);

/* A new row at the end of a table, complete but for its values. */
MUST_USE bool doctype_rows_append(
    struct call *call, struct doc *d, const char *field, struct doc **out, struct err *err);

#endif
