#include "doc/list_cursor.h"

#include "crypto/digest.h"
#include "doc/column.h"
#include "json/json_in.h"

enum { TAG_LEN = 16, CURSOR_MAX = 4096 /* bytes before they are written as digits */ };

static bool
refuse(struct err *err)
{
	return err_set(err, ERR_DATA,
	    "The cursor is not one of this list: begin again without it, and leave order_by as it "
	    "is between pages");
}

/* Says which list a cursor belongs to: its DocType and its order. */
static void
make_tag(const struct list_query *q, char tag[TAG_LEN + 1])
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(64 * 1024);
	char hex[DIGEST_HEX_LEN];
	struct digest digest;

	buf_put(&b, q->doctype->name);
	for (size_t i = 0; i < q->orders_len; i++)
		buf_printf(
		    &b, "\n%.*s %d", STR_FMT(q->orders[i].field->name), q->orders[i].descending);
	digest_sha256(buf_str(&b), &digest);
	memcpy(tag, digest_to_hex(&digest, hex).ptr, TAG_LEN);
	tag[TAG_LEN] = '\0';
}

/* ---- out */

static void
put_value(struct json_out *o, struct value v)
{
	char text[40];
	int len;

	if (v.kind != VALUE_REAL) {
		json_add_value(o, v);
		return;
	}
	len = snprintf(text, sizeof(text), "%.17g", v.r); /* the very value, not as it is shown */
	json_add_raw(o, (struct str){ text, (size_t)len });
}

bool
list_cursor_make(struct call *call, const struct list_query *q, const struct value *values,
    struct str *out, struct err *err)
{
	static const char DIGITS[] = "0123456789abcdef";
	CLEANUP(buf_free) struct buf b = BUF_INIT(CURSOR_MAX);
	struct json_out o = JSON_OUT(&b);
	char tag[TAG_LEN + 1];
	char *hex;

	make_tag(q, tag);
	json_open_array(&o);
	json_add_str(&o, str_from(tag));
	for (size_t i = 0; i < q->orders_len; i++)
		put_value(&o, values[i]);
	json_close_array(&o);
	*out = STR_NULL;
	if (!buf_ok(&b))
		return true;
	const struct str text = buf_str(&b);

	hex = arena_alloc(call->arena, 2 * text.len);
	if (hex == NULL)
		return err_memory(err);
	for (size_t i = 0; i < text.len; i++) {
		hex[2 * i] = DIGITS[(unsigned char)text.ptr[i] >> 4];
		hex[2 * i + 1] = DIGITS[(unsigned char)text.ptr[i] & 15];
	}
	*out = (struct str){ hex, 2 * text.len };
	return true;
}

/* ---- in */

static int
digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool
from_hex(struct call *call, struct str text, struct str *out, struct err *err)
{
	char *bytes;

	if (text.len == 0 || text.len % 2 != 0 || text.len > 2 * CURSOR_MAX)
		return refuse(err);
	bytes = arena_alloc(call->arena, text.len / 2);
	if (bytes == NULL)
		return err_memory(err);
	for (size_t i = 0; i < text.len / 2; i++) {
		const int high = digit_of(text.ptr[2 * i]), low = digit_of(text.ptr[2 * i + 1]);

		if (high < 0 || low < 0)
			return refuse(err);
		bytes[i] = (char)(high << 4 | low);
	}
	*out = (struct str){ bytes, text.len / 2 };
	return true;
}

/* Is it what a column of that type holds? Another kind would not compare on every engine. */
static bool
is_of_kind(const struct list_query *q, const struct field *f, struct value v)
{
	if (v.kind == VALUE_NULL)
		return f->column != DOC_NAME;
	if (f->column == DOC_NAME && q->doctype->autoincrement)
		return v.kind == VALUE_INT;
	switch (field_type_column(f->type)) {
	case DB_TYPE_INT:
		return v.kind == VALUE_INT;
	case DB_TYPE_REAL:
	case DB_TYPE_REAL_NULL:
		return v.kind == VALUE_INT || v.kind == VALUE_REAL;
	default:
		return v.kind == VALUE_TEXT;
	}
}

bool
list_cursor_parse(struct call *call, struct list_query *q, struct str text, struct err *err)
{
	struct err bad = { 0 };
	const json_t *list;
	char tag[TAG_LEN + 1];

	if (!from_hex(call, text, &text, err))
		return false;
	make_tag(q, tag);
	if (!json_parse(call->arena, text, &list, &bad) || !json_is_array(list) ||
	    json_array_size(list) != q->orders_len + 1 ||
	    !str_eq(json_text(json_array_get(list, 0)), str_from(tag)))
		return refuse(err);
	q->after = ARENA_NEW_ARRAY(call->arena, struct value, q->orders_len);
	if (q->after == NULL)
		return err_memory(err);
	for (size_t i = 0; i < q->orders_len; i++) {
		if (!json_to_value(json_array_get(list, i + 1), &q->after[i]) ||
		    !is_of_kind(q, q->orders[i].field, q->after[i]))
			return refuse(err);
	}
	return true;
}

/* ---- the condition */

static void
put_column(struct sqlb *b, const struct list_query *q, const struct field *f)
{
	sqlb_table(b, q->doctype->name);
	sqlb_lit(b, ".");
	sqlb_ident(b, f->name);
	sqlb_text(b, column_nocase(q->doctype, f));
}

static void
put_null(struct sqlb *b, const struct list_query *q, const struct field *f, bool is)
{
	sqlb_table(b, q->doctype->name);
	sqlb_lit(b, ".");
	sqlb_ident(b, f->name);
	sqlb_text(b, is ? STR(" IS NULL") : STR(" IS NOT NULL"));
}

/* Null comes first, and last where the order descends. */
static void
put_behind(struct sqlb *b, const struct list_query *q, const struct list_order *o, struct value v)
{
	if (v.kind == VALUE_NULL) {
		if (o->descending)
			sqlb_lit(b, "1 = 0");
		else
			put_null(b, q, o->field, false);
		return;
	}
	sqlb_lit(b, "(");
	put_column(b, q, o->field);
	sqlb_text(b, o->descending ? STR(" < ") : STR(" > "));
	sqlb_value(b, v);
	if (o->descending && !o->field->is_standard) {
		sqlb_lit(b, " OR ");
		put_null(b, q, o->field, true);
	}
	sqlb_lit(b, ")");
}

static void
put_same(struct sqlb *b, const struct list_query *q, const struct list_order *o, struct value v)
{
	if (v.kind == VALUE_NULL) {
		put_null(b, q, o->field, true);
		return;
	}
	put_column(b, q, o->field);
	sqlb_lit(b, " = ");
	sqlb_value(b, v);
}

/* What an index can begin at: the first column is not before the cursor's. */
static void
put_bound(struct sqlb *b, const struct list_query *q)
{
	const struct list_order *o = &q->orders[0];

	if (q->after[0].kind == VALUE_NULL || (o->descending && !o->field->is_standard))
		return;
	put_column(b, q, o->field);
	sqlb_text(b, o->descending ? STR(" <= ") : STR(" >= "));
	sqlb_value(b, q->after[0]);
	sqlb_lit(b, " AND ");
}

void
list_cursor_put(struct sqlb *b, const struct list_query *q)
{
	sqlb_lit(b, "(");
	put_bound(b, q);
	for (size_t i = 0; i < q->orders_len; i++) {
		sqlb_lit(b, "(");
		put_behind(b, q, &q->orders[i], q->after[i]);
		if (i + 1 == q->orders_len)
			break;
		sqlb_lit(b, " OR (");
		put_same(b, q, &q->orders[i], q->after[i]);
		sqlb_lit(b, " AND ");
	}
	sqlb_lit(b, ")");
	for (size_t i = 1; i < q->orders_len; i++)
		sqlb_lit(b, "))");
	sqlb_lit(b, ")");
}
