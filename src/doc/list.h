/*
 * list.h - lists: filters, order, paging (spec/rest.md 4).
 *
 * Arguments become a small tree; every name is checked against metadata and the
 * caller's levels; only then is SQL emitted, with the row conditions of perm.h.
 */
#ifndef DOC_LIST_H
#define DOC_LIST_H

#include "doc/doc.h"

/* As they came; null or NULL: not given. JSON text or native JSON are both accepted. */
struct list_args {
	const struct doctype *doctype;
	const json_t *fields, *filters,
	    *or_filters;    /* a JSON string holds JSON text, or a plain name */
	const json_t *more; /* filters beside those of the client; NULL: none */
	struct str order_by, group_by;
	struct str parent; /* child DocTypes: the parent DocType */
	struct str cursor; /* where the page before this one ended; null: the first page */
	int64_t start;     /* >= 0 */
	int64_t length;    /* 0: all */
	bool distinct;
	bool as_arrays; /* as_dict false */
};

/*
 * Writes the rows as a JSON array. ERR_PERMISSION, ERR_DATA, ERR_VALIDATION as in rest.md 4. Into
 * call->out it goes piece by piece (call_spill): its memory is bounded, however many rows it has.
 */
MUST_USE bool
list_write(struct call *call, const struct list_args *args, struct json_out *out, struct err *err);

/* What follows a page. */
struct list_page {
	bool more;
	struct str next; /* the cursor of what follows, in the arena; null: there is none */
};

/*
 * The same, and what follows. A list of groups, of aggregates or of rows of tables has no cursors:
 * ERR_DATA for one that comes with it.
 */
MUST_USE bool list_write_page(struct call *call, const struct list_args *args, struct json_out *out,
    struct list_page *page, struct err *err);

/* Writes the names of its columns as a JSON array. */
MUST_USE bool list_write_keys(
    struct call *call, const struct list_args *args, struct json_out *out, struct err *err);

/* How many rows the list without paging would have (distinct documents): get_count. */
MUST_USE bool
list_count(struct call *call, const struct list_args *args, int64_t *out, struct err *err);

/*
 * The name of the first document that matches filters and that the caller may read (get,
 * get_value); *name null: none.
 */
MUST_USE bool
list_first(struct call *call, const struct list_args *args, struct str *name, struct err *err);

/* The shape of a list statement is short (DESIGN.md 1): by primary key or an index, without
 * functions or LIKE. For plans. */
bool list_is_short(const struct list_args *args);

/* limit_start, limit_page_length, limit as text or JSON (rest.md 4.1): "" and null are 0 = all;
 * negative, or no number: ERR_VALIDATION. */
MUST_USE bool list_parse_limit(const json_t *v, int64_t *out, struct err *err);

/* Of a name that lists do not take, or that the caller may not read: ERR_DATA. Returns false. */
static inline bool
list_refuse_field(struct str name, struct err *err)
{
	return err_set(
	    err, ERR_DATA, "Field not permitted in query: %.*s", STR_FMT(str_sub(name, 0, 140)));
}

#endif
