/*
 * meta_custom.h - what a site adds to and changes of a DocType: Custom Field and Property Setter
 * (spec/documents.md 1.7), merged while the DocType is read.
 */
#ifndef DOC_META_CUSTOM_H
#define DOC_META_CUSTOM_H

#include "doc/doctype.h"

/* The columns of a field, for SELECT, in the order of meta_read.c; Custom Field has no others. */
#define META_CUSTOM_COLUMNS                                                                        \
	"`fieldname`, `label`, `fieldtype`, `options`, `default`, `fetch_from`, `depends_on`,"     \
	" `mandatory_depends_on`, `read_only_depends_on`, `description`,"                          \
	" `permlevel`, `length`, `precision`, `reqd`, `unique`, `search_index`, `read_only`,"      \
	" `hidden`, 0, `allow_on_submit`, `no_copy`, `non_negative`, 0,"                           \
	" `fetch_if_empty`, `ignore_user_permissions`, `ignore_xss_filter`, `is_virtual`,"         \
	" `in_list_view`, `in_standard_filter`, `bold`, `insert_after`"
enum { META_CUSTOM_AFTER = 30 /* the column insert_after */ };

/* Puts f behind the field of that name, or at the end; a name that is there already stays what it
 * is. fields has room for one more. */
void meta_custom_insert(struct field *fields, size_t *len, struct field f, struct str after);

/* Applies the Property Setters of the DocType to it and to its own fields. */
MUST_USE bool meta_custom_set(struct db_conn *c, struct arena *a, struct doctype *dt,
    struct field *fields, size_t len, struct err *err);

/* Which properties can be set: of a field, of a DocType. */
bool meta_custom_is_field_property(struct str property);
bool meta_custom_is_doctype_property(struct str property);

#endif
