#include "doc/mark.h"

#include "doc/column.h"

enum {
	MARK_MAX = 1024 * 1024, /* bytes */
	COLUMNS_MAX = 3,
};

/* A row that a mark is made of. */
struct part {
	struct value columns[COLUMNS_MAX];
};

struct parts {
	struct part *items;
	size_t len, size;
};

typedef void write_fn(struct json_out *out, const struct part *p);

static void
write_first(struct json_out *out, const struct part *p)
{
	json_add_value(out, p->columns[0]);
}

static void
write_comment(struct json_out *out, const struct part *p)
{
	json_open_object(out);
	json_put_value(out, "comment", p->columns[0]);
	json_put_value(out, "by", p->columns[1]);
	json_put_value(out, "name", p->columns[2]);
	json_close_object(out);
}

/*
 * What each mark is made of, the newest first. Texts without case are taken once; write NULL: they
 * stand with commas between them, else as a JSON array in Python's spelling.
 */
static const struct {
	struct str sql;
	write_fn *write;
	size_t columns;
} MARKS[] = {
	[MARK_TAGS] = { STR_INIT("SELECT `tag` FROM `tabTag Link` WHERE `document_type` = ?1"
				 " AND `document_name` COLLATE NOCASE = ?2"
				 " ORDER BY `creation` DESC, `name` DESC"),
	    NULL, 1 },
	[MARK_LIKED] = { STR_INIT("SELECT `owner` FROM `tabComment` WHERE `reference_doctype` = ?1"
				  " AND `reference_name` COLLATE NOCASE = ?2"
				  " AND `comment_type` = 'Like'"
				  " ORDER BY `creation` DESC, `name` DESC"),
	    write_first, 1 },
	[MARK_COMMENTS] = { STR_INIT("SELECT CASE WHEN length(`content`) > 100"
				     " THEN substr(`content`, 1, 97) || '...' ELSE `content` END,"
				     " coalesce(`comment_email`, `owner`), `name` FROM `tabComment`"
				     " WHERE `reference_doctype` = ?1"
				     " AND `reference_name` COLLATE NOCASE = ?2"
				     " AND `comment_type` = 'Comment' AND `content` <> ''"
				     " ORDER BY `creation` DESC, `name` DESC LIMIT 100"),
	    write_comment, 3 },
	[MARK_ASSIGNED] = { STR_INIT("SELECT `allocated_to` FROM `tabToDo`"
				     " WHERE `reference_type` = ?1"
				     " AND `reference_name` COLLATE NOCASE = ?2"
				     " AND `allocated_to` <> ''"
				     " AND `status` NOT IN ('Cancelled', 'Closed')"
				     " ORDER BY `creation` DESC, `name` DESC"),
	    write_first, 1 },
};

static bool
grow(struct arena *a, struct parts *parts, struct err *err)
{
	const size_t size = parts->size == 0 ? 8 : 2 * parts->size;

	if (parts->len < parts->size)
		return true;
	struct part *items = ARENA_NEW_ARRAY(a, struct part, size);
	if (items == NULL)
		return err_memory(err);
	if (parts->len > 0)
		memcpy(items, parts->items, parts->len * sizeof(*items));
	parts->items = items;
	parts->size = size;
	return true;
}

static bool
is_there(const struct parts *parts, struct value v)
{
	for (size_t i = 0; i < parts->len; i++) {
		if (str_ieq(value_str(parts->items[i].columns[0]), value_str(v)))
			return true;
	}
	return false;
}

static bool
take(struct arena *a, struct parts *parts, const struct db_rows *rows, size_t columns,
    struct err *err)
{
	struct part *p;
	struct str text;

	if (columns == 1 && is_there(parts, db_column(rows, 0)))
		return true;
	if (!grow(a, parts, err))
		return false;
	p = &parts->items[parts->len++];
	for (size_t i = 0; i < columns; i++) {
		if (!arena_str(a, value_str(db_column(rows, i)), &text, err))
			return false;
		p->columns[i] = value_text(text);
	}
	return true;
}

static bool
read_parts(struct call *call, const struct value *place, enum doc_mark mark, struct parts *out,
    struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	enum db_step step;

	*out = (struct parts){ 0 };
	if (!db_query(call->db, MARKS[mark].sql, place, 2, &rows, err))
		return false;
	while ((step = db_next(rows, err)) == DB_ROW) {
		if (!take(call->arena, out, rows, MARKS[mark].columns, err))
			return false;
	}
	return step == DB_DONE;
}

/* The oldest one first. */
static void
write_parts(struct buf *b, const struct parts *parts, write_fn *write)
{
	struct json_out o = { .buf = b, .spaced = true };

	if (write != NULL)
		json_open_array(&o);
	for (size_t i = parts->len; i-- > 0;) {
		if (write != NULL)
			write(&o, &parts->items[i]);
		else
			buf_printf(b, "%s%.*s", b->len > 0 ? "," : "",
			    STR_FMT(value_str(parts->items[i].columns[0])));
	}
	if (write != NULL)
		json_close_array(&o);
}

/* The row of the document, locked; *found false: there is none. */
static bool
lock(struct call *call, const struct doctype *dt, struct str name, bool *found, struct err *err)
{
	CLEANUP(sqlb_free) struct sqlb b = { 0 };
	struct value one;

	sqlb_init(&b, call->arena);
	sqlb_lit(&b, "SELECT 1 FROM ");
	sqlb_table(&b, dt->name);
	sqlb_lit(&b, " WHERE ");
	sqlb_text(&b, column_is_name(dt));
	sqlb_value(&b, column_name(dt, name));
	sqlb_text(&b, db_row_lock(call->db));
	return sqlb_query_row(call->db, &b, &one, 1, found, err);
}

static bool
write(struct call *call, const struct doctype *dt, struct str name, enum doc_mark mark,
    struct str text, struct err *err)
{
	CLEANUP(sqlb_free) struct sqlb b = { 0 };

	sqlb_init(&b, call->arena);
	sqlb_lit(&b, "UPDATE ");
	sqlb_table(&b, dt->name);
	sqlb_lit(&b, " SET ");
	sqlb_ident(&b, dt->marks[mark].name);
	sqlb_lit(&b, " = ");
	sqlb_value(&b, value_text(text));
	sqlb_lit(&b, " WHERE ");
	sqlb_text(&b, column_is_name(dt));
	sqlb_value(&b, column_name(dt, name));
	return sqlb_exec(call->db, &b, err);
}

bool
mark_refresh(
    struct call *call, struct str doctype, struct str name, enum doc_mark mark, struct err *err)
{
	const struct doctype *dt = metas_find(call->metas, doctype);
	const struct value place[] = { value_text(doctype), value_text(name) };
	CLEANUP(buf_free) struct buf b = BUF_INIT(MARK_MAX);
	struct parts parts;
	bool found;

	if (dt == NULL || dt->marks_len == 0 || name.len == 0)
		return true;
	if (!lock(call, dt, name, &found, err))
		return false;
	if (!found)
		return true;
	if (!read_parts(call, place, mark, &parts, err))
		return false;
	write_parts(&b, &parts, MARKS[mark].write);
	if (!buf_ok(&b))
		return err_set(err, ERR_TOO_LARGE, "%.*s %.*s has too many of them",
		    STR_FMT(dt->name), STR_FMT(name));
	return write(call, dt, name, mark, b.len > 0 ? buf_str(&b) : STR(""), err);
}
