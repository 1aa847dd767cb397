#include "doc/doctype.h"

#include "doc/controller.h"

/* Names of fields are few and an administrator's: nothing is gained by making them collide. */
static const uint64_t LOOKUP_SEED = 0x646f6374797065;

enum { MOST_FIELDS = 2000 };

static const struct {
	struct str name;
	int column;
} TYPES[] = {
#define X(type, name, column) [type] = { STR_INIT(name), column },
	FIELD_TYPE_TABLE(X)
#undef X
};

static const struct str RIGHTS[] = {
	[RIGHT_SELECT] = STR_INIT("select"),
	[RIGHT_READ] = STR_INIT("read"),
	[RIGHT_WRITE] = STR_INIT("write"),
	[RIGHT_CREATE] = STR_INIT("create"),
	[RIGHT_DELETE] = STR_INIT("delete"),
	[RIGHT_SUBMIT] = STR_INIT("submit"),
	[RIGHT_CANCEL] = STR_INIT("cancel"),
	[RIGHT_AMEND] = STR_INIT("amend"),
	[RIGHT_REPORT] = STR_INIT("report"),
	[RIGHT_EXPORT] = STR_INIT("export"),
	[RIGHT_IMPORT] = STR_INIT("import"),
	[RIGHT_SHARE] = STR_INIT("share"),
	[RIGHT_PRINT] = STR_INIT("print"),
	[RIGHT_EMAIL] = STR_INIT("email"),
};

/* In the order of enum doc_column. */
static const struct {
	struct str name, label;
	enum field_type type;
} STANDARD[] = {
	{ STR_INIT("name"), STR_INIT("ID"), FIELD_DATA },
	{ STR_INIT("owner"), STR_INIT("Created By"), FIELD_DATA },
	{ STR_INIT("creation"), STR_INIT("Created On"), FIELD_DATETIME },
	{ STR_INIT("modified"), STR_INIT("Last Updated On"), FIELD_DATETIME },
	{ STR_INIT("modified_by"), STR_INIT("Last Updated By"), FIELD_DATA },
	{ STR_INIT("docstatus"), STR_INIT("Document Status"), FIELD_INT },
	{ STR_INIT("idx"), STR_INIT("Index"), FIELD_INT },
	{ STR_INIT("parent"), STR_INIT("Parent"), FIELD_DATA },
	{ STR_INIT("parentfield"), STR_INIT("Parent Field"), FIELD_DATA },
	{ STR_INIT("parenttype"), STR_INIT("Parent Type"), FIELD_DATA },
};

static const struct str MARKS[] = {
	[MARK_TAGS] = STR_INIT("_user_tags"),
	[MARK_LIKED] = STR_INIT("_liked_by"),
	[MARK_COMMENTS] = STR_INIT("_comments"),
	[MARK_ASSIGNED] = STR_INIT("_assign"),
};

bool
field_type_find(struct str name, enum field_type *out)
{
	for (size_t i = 0; i < ARRAY_LEN(TYPES); i++) {
		if (str_eq(TYPES[i].name, name)) {
			*out = (enum field_type)i;
			return true;
		}
	}
	return false;
}

struct str
field_type_name(enum field_type type)
{
	return TYPES[type].name;
}

int
field_type_column(enum field_type type)
{
	return TYPES[type].column;
}

bool
field_is_number(const struct field *f)
{
	const int column = field_type_column(f->type);

	return column == DB_TYPE_INT || column == DB_TYPE_REAL || column == DB_TYPE_REAL_NULL;
}

struct str
right_name(enum right r)
{
	return RIGHTS[r];
}

bool
right_find(struct str name, enum right *out)
{
	for (size_t i = 0; i < ARRAY_LEN(RIGHTS); i++) {
		if (str_eq(RIGHTS[i], name)) {
			*out = (enum right)i;
			return true;
		}
	}
	return false;
}

const struct field *
doctype_field(const struct doctype *dt, struct str name)
{
	for (uint64_t at = str_hash(name, LOOKUP_SEED);; at++) {
		const uint16_t place = dt->lookup[at & (dt->lookup_len - 1)];

		if (place == 0)
			return NULL;
		if (str_eq(dt->fields[place - 1].name, name))
			return &dt->fields[place - 1];
	}
}

/* The first of two fields of one name is found. */
static bool
make_lookup(struct arena *a, struct doctype *dt, struct err *err)
{
	const size_t all = dt->fields_len + dt->marks_len;
	size_t len = 16;

	while (len < 2 * all)
		len *= 2;
	uint16_t *lookup = ARENA_NEW_ARRAY(a, uint16_t, len);

	if (lookup == NULL)
		return err_memory(err);
	for (size_t i = 0; i < all; i++) {
		uint64_t at = str_hash(dt->fields[i].name, LOOKUP_SEED);

		while (lookup[at & (len - 1)] != 0)
			at++;
		lookup[at & (len - 1)] = (uint16_t)(i + 1);
	}
	dt->lookup = lookup;
	dt->lookup_len = len;
	return true;
}

static void
put_standard(struct field *to, size_t len)
{
	for (size_t i = 0; i < len; i++)
		to[i] = (struct field){ .name = STANDARD[i].name,
			.label = STANDARD[i].label,
			.type = STANDARD[i].type,
			.precision = -1,
			.is_standard = true };
}

static void
put_marks(struct field *to, size_t len)
{
	for (size_t i = 0; i < len; i++)
		to[i] = (struct field){ .name = MARKS[i],
			.type = FIELD_TEXT,
			.precision = -1,
			.is_standard = true,
			.is_mark = true,
			.column = -1,
			.table = -1 };
}

/* Gives each field its place among the columns or the tables. */
static void
place_fields(struct doctype *dt, struct field *fields)
{
	for (size_t i = 0; i < dt->fields_len; i++) {
		struct field *f = &fields[i];

		f->column = f->table = -1;
		if (field_type_is_table(f->type)) {
			f->table = (int32_t)dt->tables_len;
			dt->tables[dt->tables_len++] = f;
		} else if (field_type_column(f->type) != FIELD_NO_COLUMN && !f->is_virtual) {
			f->column = (int32_t)dt->columns_len;
			dt->columns[dt->columns_len++] = f;
		}
	}
}

static bool
make_select(struct arena *a, struct doctype *dt, struct err *err)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(1024 * 1024);

	buf_lit(&b, "SELECT ");
	for (size_t i = 0; i < dt->columns_len; i++)
		buf_printf(&b, "%s`%.*s`", i == 0 ? "" : ", ", STR_FMT(dt->columns[i]->name));
	for (size_t i = 0; dt->marks_len > 0 && i < MARK_SHOWN; i++)
		buf_printf(&b, ", `%.*s`", STR_FMT(dt->marks[i].name));
	buf_printf(&b, " FROM `tab%.*s`", STR_FMT(dt->name));
	return buf_ok(&b) ? arena_str(a, buf_str(&b), &dt->select_all, err) : err_memory(err);
}

bool
doctype_finish(
    struct arena *a, struct doctype *dt, const struct field *own, size_t own_len, struct err *err)
{
	const size_t standard = dt->istable ? DOC_CHILD_LEN : DOC_STANDARD_LEN;
	const size_t marks = dt->istable || dt->issingle ? 0 : MARK_LEN;
	struct field *fields = ARENA_NEW_ARRAY(a, struct field, standard + own_len + marks);

	if (own_len > MOST_FIELDS)
		return err_set(err, ERR_TOO_LARGE, "%.*s has more than %d fields",
		    STR_FMT(dt->name), MOST_FIELDS);
	dt->columns = ARENA_NEW_ARRAY(a, const struct field *, standard + own_len);
	dt->tables = ARENA_NEW_ARRAY(a, const struct field *, own_len);
	if (fields == NULL || dt->columns == NULL || dt->tables == NULL)
		return err_memory(err);
	put_standard(fields, standard);
	if (own_len > 0)
		memcpy(fields + standard, own, own_len * sizeof(*own));
	dt->fields = fields;
	dt->fields_len = standard + own_len;
	dt->first_value = standard;
	put_marks(fields + dt->fields_len, marks);
	dt->marks = fields + dt->fields_len;
	dt->marks_len = marks;
	place_fields(dt, fields);
	if (dt->sort_field.len == 0)
		dt->sort_field = STR("creation");
	if (dt->sort_order.len == 0)
		dt->sort_order = STR("DESC");
	dt->autoincrement = str_ieq(dt->autoname, STR("autoincrement"));
	dt->controller = controller_find(dt->name);
	return make_lookup(a, dt, err) && make_select(a, dt, err);
}
