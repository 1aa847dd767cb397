#include "doc/versions.h"

#include "doc/levels.h"
#include "doc/perm.h"
#include "json/json_in.h"

enum { DATA_MAX = 16 * 1024 * 1024 };

static const struct str NEWEST_SQL =
    STR_INIT("SELECT `name`, `owner`, `creation`, `data` FROM `tabVersion`"
	     " WHERE `ref_doctype` = ?1 AND `docname` COLLATE NOCASE = ?2"
	     " ORDER BY `creation` DESC, `name` DESC LIMIT 10");

/* A version on its way out, and what its reader may see. */
struct reading {
	struct call *call;
	const struct doctype *doctype;
	uint32_t levels;
	struct json_out *out;
};

/* May the caller read the field of that name? One that is gone is nobody's. */
static bool
sees(const struct reading *r, const struct doctype *dt, struct str name)
{
	const struct field *f = dt == NULL ? NULL : doctype_field(dt, name);

	return f != NULL && perm_has_level(r->levels, f->permlevel);
}

/* The DocType of a table's rows; NULL: the caller may not read the table. */
static const struct doctype *
rows_of(const struct reading *r, struct str table)
{
	const struct field *f = doctype_field(r->doctype, table);

	if (f == NULL || f->table < 0 || !sees(r, r->doctype, table))
		return NULL;
	return metas_find(r->call->metas, f->options);
}

/* [[FIELD, BEFORE, NOW], ...] */
static void
put_changed(const struct reading *r, const struct doctype *dt, const json_t *list)
{
	json_open_array(r->out);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);

		if (sees(r, dt, json_text(json_array_get(one, 0))))
			json_add_tree(r->out, one);
	}
	json_close_array(r->out);
}

/* A whole row that came or went. */
static void
put_row(const struct reading *r, const struct doctype *dt, const json_t *row)
{
	json_open_object(r->out);
	for (struct json_member m = json_first(row); m.value != NULL; m = json_next(m)) {
		if (!str_eq(m.key, STR("doctype")) && !sees(r, dt, m.key))
			continue;
		json_key(r->out, m.key);
		json_add_tree(r->out, m.value);
	}
	json_close_object(r->out);
}

/* [[TABLE, ROW], ...] */
static void
put_rows(const struct reading *r, const json_t *list)
{
	json_open_array(r->out);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);
		const struct doctype *dt = rows_of(r, json_text(json_array_get(one, 0)));

		if (dt == NULL)
			continue;
		json_open_array(r->out);
		json_add_tree(r->out, json_array_get(one, 0));
		put_row(r, dt, json_array_get(one, 1));
		json_close_array(r->out);
	}
	json_close_array(r->out);
}

/* [[TABLE, PLACE, NAME, [[FIELD, BEFORE, NOW], ...]], ...] */
static void
put_row_changed(const struct reading *r, const json_t *list)
{
	json_open_array(r->out);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);
		const struct doctype *dt = rows_of(r, json_text(json_array_get(one, 0)));

		if (dt == NULL)
			continue;
		json_open_array(r->out);
		for (size_t j = 0; j < 3; j++)
			json_add_tree(r->out, json_array_get(one, j));
		put_changed(r, dt, json_array_get(one, 3));
		json_close_array(r->out);
	}
	json_close_array(r->out);
}

/* What is kept of a change, without what the caller may not read. */
static void
put_data(const struct reading *r, const json_t *data)
{
	json_open_object(r->out);
	json_key(r->out, STR("changed"));
	put_changed(r, r->doctype, json_get(data, STR("changed")));
	json_key(r->out, STR("added"));
	put_rows(r, json_get(data, STR("added")));
	json_key(r->out, STR("removed"));
	put_rows(r, json_get(data, STR("removed")));
	json_key(r->out, STR("row_changed"));
	put_row_changed(r, json_get(data, STR("row_changed")));
	json_close_object(r->out);
}

static bool
write_version(const struct reading *r, const struct db_rows *rows, struct err *err)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(DATA_MAX);
	struct json_out inner = JSON_OUT(&b);
	struct reading kept = *r;
	const json_t *data;
	struct err ignored;

	/* What an import brought need not be of our form: then there is nothing to show. */
	kept.out = &inner;
	if (!json_parse(r->call->arena, value_str(db_column(rows, 3)), &data, &ignored))
		data = NULL;
	put_data(&kept, data);
	if (!buf_ok(&b))
		return err_memory(err);
	json_open_object(r->out);
	json_put_value(r->out, "name", db_column(rows, 0));
	json_put_value(r->out, "owner", db_column(rows, 1));
	json_put_value(r->out, "creation", db_column(rows, 2));
	json_put_str(r->out, "data", buf_str(&b));
	json_close_object(r->out);
	return true;
}

bool
versions_write(struct call *call, const struct doc *d, struct json_out *out, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	const struct reading r = { call, d->doctype, levels_readable(call, d), out };
	const struct value params[] = { value_text(d->doctype->name), d->values[DOC_NAME] };
	enum db_step step;

	json_open_array(out);
	if (!db_query(call->db, NEWEST_SQL, params, ARRAY_LEN(params), &rows, err))
		return false;
	while ((step = db_next(rows, err)) == DB_ROW) {
		if (!write_version(&r, rows, err))
			return false;
	}
	json_close_array(out);
	return step == DB_DONE;
}
