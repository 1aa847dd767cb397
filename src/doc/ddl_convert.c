#include "doc/ddl_convert.h"

#include "doc/cast.h"
#include "doc/ddl_column.h"

enum { CHUNK = 200 };

static const struct str OLD_SUFFIX = STR_INIT(":old");

/* The column steps aside under another name, and a new one takes its place. */
static bool
replace_column(struct db_conn *c, struct arena *a, const struct doctype *dt, const struct field *f,
    struct str aside, struct err *err)
{
	return ddl_column_rename(c, a, dt, f->name, aside, err) &&
	    ddl_column_add(c, a, dt, f, value_null(), err);
}

struct pair {
	struct value name, value;
};

struct chunk {
	struct value after; /* the name before the first; null: there is none */
	struct pair pairs[CHUNK];
	size_t len;
	char name[CHUNK * 4]; /* of after: outlives the memory of the chunk before */
};

static bool
read_chunk(struct db_conn *c, struct arena *a, const struct doctype *dt, struct str aside,
    struct chunk *k, struct err *err)
{
	CLEANUP(sqlb_free) struct sqlb b = { 0 };
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	enum db_step step;

	sqlb_init(&b, a);
	sqlb_lit(&b, "SELECT `name`, ");
	sqlb_ident(&b, aside);
	sqlb_lit(&b, " FROM ");
	sqlb_table(&b, dt->name);
	if (k->after.kind != VALUE_NULL) {
		sqlb_lit(&b, " WHERE `name` > ");
		sqlb_value(&b, k->after);
	}
	sqlb_lit(&b, " ORDER BY `name` LIMIT ");
	sqlb_int(&b, CHUNK);
	k->len = 0;
	if (!sqlb_query(c, &b, &rows, err))
		return false;
	while ((step = db_next(rows, err)) == DB_ROW) {
		struct value *to[] = { &k->pairs[k->len].name, &k->pairs[k->len].value };

		for (size_t i = 0; i < ARRAY_LEN(to); i++) {
			*to[i] = db_column(rows, i);
			if (to[i]->kind == VALUE_TEXT && !arena_str(a, to[i]->s, &to[i]->s, err))
				return false;
		}
		k->len++;
	}
	return step == DB_DONE;
}

/* The next chunk begins where this one ends. */
static void
end_chunk(struct chunk *k)
{
	if (k->len == 0)
		return;
	k->after = k->pairs[k->len - 1].name;
	if (k->after.kind != VALUE_TEXT)
		return;
	assert(k->after.s.len <= sizeof(k->name));
	if (k->after.s.len > 0)
		memcpy(k->name, k->after.s.ptr, k->after.s.len);
	k->after.s.ptr = k->name;
}

/* Strict where documents are lenient: nothing is lost without a word. */
static bool
convert(struct arena *a, const struct field *f, struct value v, struct value *out, struct err *err)
{
	double number;

	if (v.kind == VALUE_TEXT && field_is_number(f) && v.s.len > 0 &&
	    !str_to_double(str_trim(v.s), &number))
		return false;
	if (v.kind == VALUE_TEXT && field_is_number(f) && v.s.len == 0)
		v = value_null();
	return cast_stored(a, f, v, out, err);
}

static bool
convert_one(struct db_conn *c, struct arena *a, const struct doctype *dt, const struct field *f,
    const struct pair *p, struct err *err)
{
	struct str name, text;
	struct value v;

	if (!convert(a, f, p->value, &v, err)) {
		if (!cast_to_text(a, p->name, &name, err) || !cast_to_text(a, p->value, &text, err))
			return false;
		return err_set(err, ERR_VALIDATION,
		    "%.*s cannot become %.*s: '%.*s' of %.*s does not convert", STR_FMT(f->name),
		    STR_FMT(field_type_name(f->type)), STR_FMT(str_sub(text, 0, 40)),
		    STR_FMT(str_sub(name, 0, 60)));
	}
	return v.kind == VALUE_NULL ||
	    ddl_column_set(c, a, dt, f, (struct ddl_column_cell){ p->name, v }, err);
}

bool
ddl_convert_column(struct db_conn *c, struct arena *a, const struct doctype *dt,
    const struct field *f, struct err *err)
{
	struct chunk chunk = { .after = value_null() };
	struct str aside;

	if (!arena_printf(a, &aside, err, "%.*s%.*s", STR_FMT(f->name), STR_FMT(OLD_SUFFIX)) ||
	    !replace_column(c, a, dt, f, aside, err))
		return false;
	do {
		const struct arena_mark mark = arena_mark(a);

		if (!read_chunk(c, a, dt, aside, &chunk, err))
			return false;
		for (size_t i = 0; i < chunk.len; i++) {
			if (!convert_one(c, a, dt, f, &chunk.pairs[i], err))
				return false;
		}
		end_chunk(&chunk);
		arena_rewind(a, mark);
	} while (chunk.len == CHUNK);
	return ddl_column_drop(c, a, dt, aside, err);
}
