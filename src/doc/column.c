#include "doc/column.h"

static const struct str NOCASE = STR_INIT(" COLLATE NOCASE");

struct str
column_nocase(const struct doctype *dt, const struct field *f)
{
	const int column = field_type_column(f->type);

	if (f->column == DOC_NAME && dt->autoincrement)
		return STR("");
	return column == DB_TYPE_NAME || column == DB_TYPE_TEXT ? NOCASE : STR("");
}

struct str
column_is_name(const struct doctype *dt)
{
	return dt->autoincrement ? STR("`name` = ") : STR("`name` COLLATE NOCASE = ");
}

struct value
column_name(const struct doctype *dt, struct str name)
{
	int64_t number;

	if (!dt->autoincrement)
		return value_text(name);
	return str_to_int64(name, &number) ? value_int(number) : value_null();
}

void
column_put_name(struct sqlb *b, const struct doctype *dt)
{
	sqlb_text(b, dt->autoincrement ? STR("CAST(") : STR(""));
	sqlb_table(b, dt->name);
	sqlb_lit(b, ".");
	sqlb_ident(b, dt->columns[DOC_NAME]->name);
	sqlb_text(b, dt->autoincrement ? STR(" AS TEXT)") : STR(""));
}
