#include "db/sqlb.h"

#include <math.h>
#include <stdio.h>

void
sqlb_init(struct sqlb *b, struct arena *a)
{
	*b = (struct sqlb){ .arena = a, .text = BUF_INIT(SQLB_MAX_TEXT) };
}

void
sqlb_free(struct sqlb *b)
{
	buf_free(&b->text);
}

void
sqlb_text(struct sqlb *b, struct str constant)
{
	buf_put(&b->text, constant);
}

/* Within quotes only the quote is special, and it is doubled; NUL would end the statement. */
static void
put_quoted(struct sqlb *b, char quote, struct str prefix, struct str text)
{
	b->failed |= str_find(text, '\0') >= 0;
	buf_put_char(&b->text, quote);
	buf_put(&b->text, prefix);
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == quote)
			buf_put_char(&b->text, quote);
		buf_put_char(&b->text, text.ptr[i]);
	}
	buf_put_char(&b->text, quote);
}

static void
put_name(struct sqlb *b, struct str prefix, struct str name)
{
	b->failed |= name.len == 0;
	put_quoted(b, '`', prefix, name);
}

void
sqlb_ident(struct sqlb *b, struct str name)
{
	put_name(b, STR(""), name);
}

void
sqlb_table(struct sqlb *b, struct str doctype)
{
	put_name(b, STR("tab"), doctype);
}

void
sqlb_column(struct sqlb *b, struct str doctype, struct str column)
{
	sqlb_table(b, doctype);
	sqlb_lit(b, ".");
	sqlb_ident(b, column);
}

static bool
grow(struct sqlb *b)
{
	const size_t size = b->params_size == 0 ? 16 : MIN(2 * b->params_size, SQLB_MAX_PARAMS);
	struct value *params = ARENA_NEW_ARRAY(b->arena, struct value, size);

	if (params == NULL)
		return false;
	if (b->params_len > 0)
		memcpy(params, b->params, b->params_len * sizeof(*params));
	b->params = params;
	b->params_size = size;
	return true;
}

void
sqlb_value(struct sqlb *b, struct value v)
{
	if (b->params_len == SQLB_MAX_PARAMS || (b->params_len == b->params_size && !grow(b))) {
		b->failed = true;
		return;
	}
	b->params[b->params_len++] = v;
	buf_put_char(&b->text, '?');
	buf_put_int(&b->text, (int64_t)b->params_len);
}

void
sqlb_int(struct sqlb *b, int64_t n)
{
	sqlb_value(b, value_int(n));
}

void
sqlb_fail(struct sqlb *b, const struct err *why)
{
	struct err *copy = ARENA_NEW(b->arena, struct err);

	b->failed = true;
	if (copy != NULL)
		*copy = *why;
	b->why = copy;
}

static void
put_real(struct sqlb *b, double r)
{
	char text[32];

	b->failed |= !isfinite(r);
	snprintf(text, sizeof(text), "%.17g", r);
	buf_put(&b->text, str_from(text));
}

void
sqlb_literal(struct sqlb *b, struct value v)
{
	switch (v.kind) {
	case VALUE_NULL:
		buf_lit(&b->text, "NULL");
		return;
	case VALUE_INT:
		buf_put_int(&b->text, v.i);
		return;
	case VALUE_REAL:
		put_real(b, v.r);
		return;
	case VALUE_TEXT:
		put_quoted(b, '\'', STR(""), v.s);
		return;
	}
}

void
sqlb_type(struct sqlb *b, const struct db *db, enum db_type type, struct value fill)
{
	if (fill.kind == VALUE_NULL && (type == DB_TYPE_INT || type == DB_TYPE_REAL))
		fill = value_int(0);
	sqlb_text(b, db_type_ddl(db, type));
	if (fill.kind == VALUE_NULL)
		return;
	sqlb_lit(b, " DEFAULT ");
	sqlb_literal(b, fill);
}

bool
sqlb_ok(const struct sqlb *b, struct err *err)
{
	if (!b->failed && buf_ok(&b->text))
		return true;
	if (b->why != NULL) {
		*err = *b->why;
		return false;
	}
	return err_set(err, ERR_TOO_LARGE, "The query has too many values or conditions");
}

bool
sqlb_exec(struct db_conn *c, const struct sqlb *b, struct err *err)
{
	return sqlb_ok(b, err) &&
	    db_exec(c, buf_str(&b->text), b->params, b->params_len, NULL, err);
}

bool
sqlb_query(struct db_conn *c, const struct sqlb *b, struct db_rows **rows, struct err *err)
{
	return sqlb_ok(b, err) &&
	    db_query(c, buf_str(&b->text), b->params, b->params_len, rows, err);
}

bool
sqlb_query_row(struct db_conn *c, const struct sqlb *b, struct value *row, size_t columns,
    bool *found, struct err *err)
{
	return sqlb_ok(b, err) &&
	    db_query_row(
		c, b->arena, buf_str(&b->text), b->params, b->params_len, row, columns, found, err);
}
