/*
 * list_query.h - what a list asks for, as a small tree: every name in it has been
 * checked against metadata and the caller's levels (spec/rest.md 4).
 *
 * Made by list_parse.h, turned into SQL by list_sql.h; memory is the call's arena.
 */
#ifndef DOC_LIST_QUERY_H
#define DOC_LIST_QUERY_H

#include "db/sqlb.h"
#include "doc/list.h"
#include "doc/perm.h"
#include "doc/perm_rows.h"

enum list_op {
	LIST_EQUAL,
	LIST_NOT_EQUAL,
	LIST_GREATER,
	LIST_GREATER_EQUAL,
	LIST_LESS,
	LIST_LESS_EQUAL,
	LIST_LIKE,
	LIST_NOT_LIKE,
	LIST_IN,
	LIST_NOT_IN,
	LIST_IS_SET,
	LIST_IS_NOT_SET,
	LIST_BETWEEN,
};

enum list_function {
	LIST_PLAIN,
	LIST_COUNT,
	LIST_SUM,
	LIST_AVG,
	LIST_MIN,
	LIST_MAX,
};

/* A child DocType whose rows are looked at. */
struct list_join {
	const struct doctype *child;
	const struct field *table; /* through this field alone; NULL: any */
};

/* What a Link field points to. */
struct list_link {
	const struct field *field;
	const struct doctype *target;
	struct perm_rows rows; /* documents of it that the caller may read */
	uint32_t levels;
	struct str alias; /* of its table */
};

struct list_column {
	enum list_function function;
	bool distinct; /* count(distinct x) */
	const struct doctype *doctype;
	const struct list_link *link; /* the column is the target's; NULL: is the list's or a
					 child's */
	const struct field *field;
	struct str key; /* in the row: the name, the alias, or the text as written */
};

struct list_filter {
	const struct doctype *doctype; /* the list's, or one of its child DocTypes */
	const struct field *field;
	enum list_op op;
	struct value *values; /* cast to the field's type; BETWEEN: two */
	size_t len;
	bool with_empty; /* IN, NOT IN: the list held null or "" */
};

struct list_order {
	const struct field *field;
	bool descending;
};

struct list_query {
	const struct doctype *doctype;
	const struct doctype *parent; /* of a child DocType; else NULL */
	struct perm_rows
	    rows;        /* which rows the caller may see (of the parent, for a child DocType) */
	uint32_t levels; /* which levels he may read */
	struct list_column *columns;
	size_t columns_len;
	bool only_known; /* known fields without a column were asked: the answer is [] */
	struct list_filter *filters, *or_filters;
	size_t filters_len, or_filters_len;
	struct list_join *joins; /* that filters and fields name, each child DocType once */
	size_t joins_len;
	struct list_link *links; /* that fields name, each Link field once */
	size_t links_len;
	struct list_order *orders;
	size_t orders_len;
	const struct field **groups;
	size_t groups_len;
	bool distinct;
	bool keyed;          /* rows have, behind the columns, those of the order: for a cursor */
	struct value *after; /* orders_len of them: the row that this page is behind; NULL: none */
	int64_t start, length;
};

#endif
