#include "doc/validate.h"

#include "doc/cast.h"
#include "doc/clean.h"
#include "doc/format.h"
#include "json/json_in.h"

enum {
	VARCHAR_LEN = 140,
	TEXT_BYTES = 65535,
	INT_WIDE = 11, /* an Int of more digits is a bigint */
	SHOWN = 150,   /* bytes of a value in an error */
};

struct str
validate_label(const struct field *f)
{
	return f->label.len > 0 ? f->label : f->name;
}

/* One document or row under judgement. */
struct subject {
	struct call *call;
	struct doc *doc;
	const struct doctype *doctype;
};

typedef bool
rule_fn(const struct subject *s, const struct field *f, struct value *v, struct err *err);

static int64_t
row_number(const struct doc *d)
{
	const struct value idx = d->values[DOC_IDX];

	return idx.kind == VALUE_INT ? idx.i : 0;
}

static bool
rule_format(const struct subject *s, const struct field *f, struct value *v, struct err *err)
{
	struct str text;

	if ((f->type != FIELD_DATA && f->type != FIELD_PHONE) || cast_is_empty(*v))
		return true;
	return cast_to_text(s->call->arena, *v, &text, err) && format_check(f, text, err);
}

/* ---- Select, numbers, lengths */

static bool
refuse_option(const struct subject *s, const struct field *f, struct str text, struct err *err)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(4096);
	struct str rest = f->options;

	if (s->doctype->istable)
		buf_printf(&b, "Row #%lld:", (long long)row_number(s->doc));
	buf_printf(&b, " %.*s cannot be \"%.*s\". It should be one of ", STR_FMT(validate_label(f)),
	    STR_FMT(str_sub(text, 0, SHOWN)));
	for (bool more = true; more;) {
		struct str option;

		more = str_cut(rest, '\n', &option, &rest);
		buf_printf(&b, "\"%.*s\"%s", STR_FMT(str_trim(option)), more ? ", " : "");
	}
	return err_set(err, ERR_VALIDATION, "%.*s", STR_FMT(buf_str(&b)));
}

static bool
rule_select(const struct subject *s, const struct field *f, struct value *v, struct err *err)
{
	struct str text, option;
	struct str rest = f->options;

	if (f->type != FIELD_SELECT || v->kind == VALUE_NULL)
		return true;
	if (!cast_to_text(s->call->arena, *v, &text, err))
		return false;
	text = str_trim(text);
	if (v->kind == VALUE_TEXT)
		*v = value_text(text.len == 0 ? STR("") : text);
	if (text.len == 0 || f->options.len == 0 || str_eq(f->name, STR("naming_series")))
		return true;
	for (bool more = true; more;) {
		more = str_cut(rest, '\n', &option, &rest);
		if (str_eq(str_trim(option), text))
			return true;
	}
	return refuse_option(s, f, text, err);
}

static bool
rule_negative(const struct subject *s, const struct field *f, struct value *v, struct err *err)
{
	if (!f->non_negative ||
	    !((v->kind == VALUE_INT && v->i < 0) || (v->kind == VALUE_REAL && v->r < 0)))
		return true;
	err_set(err, ERR_NON_NEGATIVE, "Value cannot be negative for %.*s: <strong>%.*s</strong>",
	    STR_FMT(s->doctype->name), STR_FMT(validate_label(f)));
	return err_title(err, "Negative Value");
}

static bool
refuse_length(
    const struct subject *s, const struct field *f, struct value v, int64_t most, struct err *err)
{
	struct str text;

	if (!cast_to_text(s->call->arena, v, &text, err))
		return false;
	err_set(err, ERR_LENGTH,
	    "%.*s %.*s: '<strong>%.*s</strong>' (%.*s) will get truncated, as max characters "
	    "allowed is %lld",
	    STR_FMT(s->doctype->name), STR_FMT(str_sub(doc_name(s->doc), 0, 60)),
	    STR_FMT(validate_label(f)), STR_FMT(str_sub(text, 0, SHOWN)), (long long)most);
	return err_title(err, "Value too big");
}

static bool
rule_length(const struct subject *s, const struct field *f, struct value *v, struct err *err)
{
	const int column = field_type_column(f->type);
	struct str text;
	int64_t most = f->length > 0 ? f->length : VARCHAR_LEN;

	if (s->doctype->issingle || v->kind == VALUE_NULL)
		return true;
	if (f->type == FIELD_INT && f->length <= INT_WIDE && v->kind == VALUE_INT &&
	    (v->i > INT32_MAX || v->i < -INT32_MAX))
		return refuse_length(s, f, *v, INT32_MAX, err);
	if (column != DB_TYPE_NAME && column != DB_TYPE_TEXT)
		return true;
	if (!cast_to_text(s->call->arena, *v, &text, err))
		return false;
	if (column == DB_TYPE_NAME)
		return str_utf8_len(text) <= (size_t)most || refuse_length(s, f, *v, most, err);
	if (f->type >= FIELD_SMALL_TEXT && f->type <= FIELD_ATTACH_IMAGE && text.len > TEXT_BYTES)
		return refuse_length(s, f, *v, TEXT_BYTES, err);
	return true;
}

static bool
rule_rating(const struct subject *s, const struct field *f, struct value *v, struct err *err)
{
	(void)s;
	(void)err;
	if (f->type != FIELD_RATING)
		return true;
	if ((v->kind == VALUE_REAL && v->r > 1) || (v->kind == VALUE_INT && v->i > 1))
		*v = value_real(1);
	if ((v->kind == VALUE_REAL && v->r < 0) || (v->kind == VALUE_INT && v->i < 0))
		*v = value_real(0);
	return true;
}

/* ---- JSON, HTML, moments */

static bool
is_json(const struct subject *s, struct str text)
{
	struct err other = { 0 };
	const json_t *tree;

	return json_parse(s->call->arena, text, &tree, &other);
}

static bool
rule_json(const struct subject *s, const struct field *f, struct value *v, struct err *err)
{
	if (f->type != FIELD_JSON || v->kind != VALUE_TEXT || v->s.len == 0 || is_json(s, v->s))
		return true;
	return err_set(
	    err, ERR_VALIDATION, "Value for %.*s is not valid JSON", STR_FMT(validate_label(f)));
}

static bool
rule_html(const struct subject *s, const struct field *f, struct value *v, struct err *err)
{
	struct str text;

	if (v->kind != VALUE_TEXT || f->ignore_xss_filter || f->type == FIELD_ATTACH ||
	    f->type == FIELD_ATTACH_IMAGE || f->type == FIELD_BARCODE || f->type == FIELD_CODE ||
	    f->type == FIELD_PASSWORD || str_eq(f->options, STR("Email")) ||
	    str_find(v->s, '<') < 0)
		return true;
	if (!clean_has_tag(v->s) || is_json(s, v->s))
		return true;
	if (!clean_html(s->call->arena, v->s, &text, err))
		return false;
	*v = value_text(text);
	return true;
}

/* Dates, times and durations must be such; the stored form is made again when it is written. */
static bool
rule_moment(const struct subject *s, const struct field *f, struct value *v, struct err *err)
{
	const int column = field_type_column(f->type);
	struct value stored;

	if (column != DB_TYPE_DATE && column != DB_TYPE_DATETIME && column != DB_TYPE_TIME &&
	    column != DB_TYPE_REAL_NULL)
		return true;
	return cast_stored(s->call->arena, f, *v, &stored, err);
}

/* Empty dates, and empty values of unique fields, are no values. */
static bool
rule_empty(const struct subject *s, const struct field *f, struct value *v, struct err *err)
{
	(void)s;
	(void)err;
	if (f->unique && cast_is_empty(*v))
		*v = value_null();
	return true;
}

/* In the order in which the first failing one decides. */
static rule_fn *const RULES[] = { rule_empty, rule_format, rule_select, rule_negative, rule_length,
	rule_rating, rule_json, rule_html, rule_moment };

static bool
check_rules(struct call *call, struct doc *d, struct err *err)
{
	const struct doctype *dt = d->doctype;
	const struct subject s = { call, d, dt };

	for (size_t r = 0; r < ARRAY_LEN(RULES); r++) {
		for (size_t i = dt->first_value; i < dt->columns_len; i++) {
			if (!RULES[r](&s, dt->columns[i], &d->values[i], err))
				return false;
		}
	}
	return true;
}

/* ---- mandatory */

static bool
has_content(struct call *call, const struct field *f, struct value v, bool *has, struct err *err)
{
	struct str text;

	*has = v.kind == VALUE_INT || v.kind == VALUE_REAL;
	if (v.kind != VALUE_TEXT)
		return true;
	if ((f->type == FIELD_TEXT_EDITOR || f->type == FIELD_CODE) &&
	    str_find_str(v.s, STR("<img")) >= 0) {
		*has = true;
		return true;
	}
	if (!clean_strip(call->arena, v.s, &text, err))
		return false;
	*has = str_trim(text).len > 0;
	return true;
}

/* The fields that lack a value, for the text of the exception. */
struct lacking {
	struct buf fields;
	size_t len;
};

static bool
note_lacking(struct call *call, const struct doc *d, const struct field *f, struct lacking *l,
    struct err *err)
{
	const struct str label = validate_label(f);
	struct str text;
	bool ok;

	if (d->doctype->istable)
		ok = arena_printf(call->arena, &text, err,
		    "Error: <strong>%.*s</strong> Row #%lld: Value missing for: %.*s",
		    STR_FMT(d->doctype->name), (long long)row_number(d), STR_FMT(label));
	else if (f->table >= 0)
		ok = arena_printf(
		    call->arena, &text, err, "Error: Data missing in table %.*s", STR_FMT(label));
	else
		ok = arena_printf(call->arena, &text, err, "Error: Value missing for %.*s: %.*s",
		    STR_FMT(d->doctype->name), STR_FMT(label));
	buf_printf(&l->fields, "%s%.*s", l->len++ > 0 ? ", " : "", STR_FMT(f->name));
	return ok && call_message(call, NULL, NULL, false, text, err);
}

static bool
find_lacking(struct call *call, const struct doc *d, struct lacking *l, struct err *err)
{
	const struct doctype *dt = d->doctype;

	for (size_t i = 0; i < dt->fields_len; i++) {
		const struct field *f = &dt->fields[i];
		bool has = true;

		if (!f->reqd || f->is_standard)
			continue;
		if (f->table >= 0)
			has = d->tables[f->table].len > 0;
		else if (f->column >= 0 && !has_content(call, f, d->values[f->column], &has, err))
			return false;
		if (!has && !note_lacking(call, d, f, l, err))
			return false;
	}
	return true;
}

static void
free_lacking(struct lacking *l)
{
	buf_free(&l->fields);
}

static bool
check_mandatory(struct call *call, struct doc *d, struct err *err)
{
	CLEANUP(free_lacking) struct lacking l = { BUF_INIT(4096), 0 };
	bool ok = find_lacking(call, d, &l, err);

	for (size_t i = 0; ok && i < d->doctype->tables_len; i++) {
		for (size_t j = 0; ok && j < d->tables[i].len; j++)
			ok = find_lacking(call, d->tables[i].items[j], &l, err);
	}
	if (!ok)
		return false;
	if (l.len == 0)
		return true;
	return err_set_silent(err, ERR_MANDATORY, "[%.*s, %.*s]: %.*s", STR_FMT(d->doctype->name),
	    STR_FMT(doc_name(d)), STR_FMT(buf_str(&l.fields)));
}

bool
validate_document(struct call *call, struct doc *d, struct err *err)
{
	if (!check_mandatory(call, d, err) || !check_rules(call, d, err))
		return false;
	for (size_t i = 0; i < d->doctype->tables_len; i++) {
		for (size_t j = 0; j < d->tables[i].len; j++) {
			if (!check_rules(call, d->tables[i].items[j], err))
				return false;
		}
	}
	return true;
}

/* ---- constants */

static bool
refuse_constant(struct str label, struct err *err)
{
	return err_set(
	    err, ERR_CONSTANT, "Value cannot be changed for <strong>%.*s</strong>", STR_FMT(label));
}

static bool
same_stored(struct call *call, const struct field *f, struct value a, struct value b, bool *same,
    struct err *err)
{
	if (!cast_stored(call->arena, f, a, &a, err) || !cast_stored(call->arena, f, b, &b, err))
		return false;
	*same = cast_equal(a, b) || (cast_is_empty(a) && cast_is_empty(b));
	return true;
}

static bool
same_row(struct call *call, const struct doc *a, const struct doc *b, bool *same, struct err *err)
{
	*same = true;
	for (size_t i = DOC_CHILD_LEN; *same && i < a->doctype->columns_len; i++) {
		if (!same_stored(
			call, a->doctype->columns[i], a->values[i], b->values[i], same, err))
			return false;
	}
	return true;
}

static bool
same_table(struct call *call, const struct doc_rows *a, const struct doc_rows *b, bool *same,
    struct err *err)
{
	*same = a->len == b->len;
	for (size_t i = 0; *same && i < a->len; i++) {
		if (!same_row(call, a->items[i], b->items[i], same, err))
			return false;
	}
	return true;
}

bool
validate_constants(struct call *call, const struct doc *d, const struct doc *old, struct err *err)
{
	const struct doctype *dt = d->doctype;
	const struct field *creation = dt->columns[DOC_CREATION];
	bool same = true;

	if (!dt->issingle &&
	    !same_stored(
		call, creation, d->values[DOC_CREATION], old->values[DOC_CREATION], &same, err))
		return false;
	if (!same)
		return refuse_constant(STR("Created On"), err);
	if (!dt->issingle &&
	    !str_ieq(value_str(d->values[DOC_OWNER]), value_str(old->values[DOC_OWNER])))
		return refuse_constant(STR("Created By"), err);
	for (size_t i = 0; i < dt->fields_len; i++) {
		const struct field *f = &dt->fields[i];

		if (!f->set_only_once)
			continue;
		if (f->table >= 0 &&
		    !same_table(call, &d->tables[f->table], &old->tables[f->table], &same, err))
			return false;
		if (f->column >= 0 &&
		    !same_stored(call, f, d->values[f->column], old->values[f->column], &same, err))
			return false;
		if (!same)
			return refuse_constant(validate_label(f), err);
	}
	return true;
}
