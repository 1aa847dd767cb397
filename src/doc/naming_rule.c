#include "doc/naming_rule.h"

#include "doc/cast.h"
#include "doc/doctype_rows.h"
#include "doc/naming_series.h"

static const struct str RULES_SQL =
    STR_INIT("SELECT `name`, `prefix`, `prefix_digits` FROM `tabDocument Naming Rule`"
	     " WHERE `document_type` = ?1 AND `disabled` = 0"
	     " ORDER BY `priority` DESC, `creation`, `name`");
static const struct str CONDITIONS_SQL =
    STR_INIT("SELECT `field`, `condition`, `value` FROM `tabDocument Naming Rule Condition`"
	     " WHERE `parent` COLLATE NOCASE = ?1 AND `parenttype` = 'Document Naming Rule'"
	     " ORDER BY `idx`, `name`");
static const struct str COUNT_SQL =
    STR_INIT("UPDATE `tabDocument Naming Rule` SET `counter` = `counter` + 1 WHERE `name` = ?1"
	     " RETURNING `counter`");

enum { MAX_DIGITS = 18 };

struct rule {
	struct str name, prefix;
	int digits;
};

static int
order(struct value a, struct value b)
{
	if (a.kind == VALUE_TEXT || b.kind == VALUE_TEXT)
		return str_cmp(value_str(a), value_str(b));
	const double x = a.kind == VALUE_REAL ? a.r : (double)a.i;
	const double y = b.kind == VALUE_REAL ? b.r : (double)b.i;

	return (x > y) - (x < y);
}

static bool
holds(int order, struct str condition)
{
	const struct {
		struct str word;
		bool holds;
	} words[] = {
		{ STR("="), order == 0 },
		{ STR("!="), order != 0 },
		{ STR(">"), order > 0 },
		{ STR("<"), order < 0 },
		{ STR(">="), order >= 0 },
		{ STR("<="), order <= 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (str_eq(words[i].word, condition))
			return words[i].holds;
	}
	return false;
}

/* A field that is gone fulfils nothing. */
static bool
is_met(
    struct call *call, const struct doc *d, const struct db_rows *row, bool *out, struct err *err)
{
	const struct field *f = doctype_field(d->doctype, value_str(db_column(row, 0)));
	struct value held, want;

	*out = false;
	if (f == NULL || f->column < 0)
		return true;
	if (!cast_stored(call->arena, f, d->values[f->column], &held, err) ||
	    !cast_stored(call->arena, f, cast_text(f, value_str(db_column(row, 2))), &want, err))
		return false;
	*out = holds(order(held, want), value_str(db_column(row, 1)));
	return true;
}

static bool
applies(struct call *call, const struct doc *d, struct str rule, bool *out, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	const struct value name = value_text(rule);
	enum db_step step = DB_DONE;

	if (!db_query(call->db, CONDITIONS_SQL, &name, 1, &rows, err))
		return false;
	*out = true;
	while (*out && (step = db_next(rows, err)) == DB_ROW) {
		if (!is_met(call, d, rows, out, err))
			return false;
	}
	return step != DB_FAILED;
}

static int
digits_of(struct value v)
{
	return v.kind == VALUE_INT ? (int)MAX(0, MIN(v.i, (int64_t)MAX_DIGITS)) : 0;
}

static bool
find_rule(struct call *call, const struct doc *d, struct rule *out, bool *found, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	const struct value doctype = value_text(d->doctype->name);
	enum db_step step = DB_DONE;

	*found = false;
	if (!db_query(call->db, RULES_SQL, &doctype, 1, &rows, err))
		return false;
	while (!*found && (step = db_next(rows, err)) == DB_ROW) {
		out->digits = digits_of(db_column(rows, 2));
		if (!arena_str(call->arena, value_str(db_column(rows, 0)), &out->name, err) ||
		    !arena_str(call->arena, value_str(db_column(rows, 1)), &out->prefix, err) ||
		    !applies(call, d, out->name, found, err))
			return false;
	}
	return step != DB_FAILED;
}

/* The prefix may hold dates and fields, as series do. */
static bool
parse_prefix(struct call *call, const struct doc *d, struct str prefix, struct naming_series *out,
    struct err *err)
{
	struct str series;

	return arena_printf(call->arena, &series, err, "%.*s.#", STR_FMT(prefix)) &&
	    naming_series_parse(call->arena, series, d, clock_to_local(call->now_us), out, err);
}

bool
naming_rule_name(struct call *call, const struct doc *d, struct value *out, struct err *err)
{
	struct rule rule;
	struct naming_series series;
	struct value n = value_null();
	struct str name;
	bool found = false;

	*out = value_null();
	if (!d->doctype->has_naming_rules)
		return true;
	if (!find_rule(call, d, &rule, &found, err))
		return false;
	if (!found)
		return true;
	const struct value key = value_text(rule.name);

	if (!parse_prefix(call, d, rule.prefix, &series, err) ||
	    !db_query_row(call->db, call->arena, COUNT_SQL, &key, 1, &n, 1, &found, err) ||
	    !arena_printf(call->arena, &name, err, "%.*s%0*lld%.*s", STR_FMT(series.before),
		rule.digits, (long long)n.i, STR_FMT(series.after)))
		return false;
	*out = value_text(name);
	return true;
}

/* ---- the rules of rules */

/* Values are checked as the field's when they are asked for, and here, that they can be. */
static bool
check_condition(struct call *call, const struct doctype *dt, const struct doc *row, struct err *err)
{
	const struct str name = doctype_rows_text(row, "field");
	const struct field *f = doctype_field(dt, name);
	struct value stored;

	if (f == NULL || f->is_standard || f->column < 0)
		return err_set(err, ERR_VALIDATION,
		    "<strong>%.*s</strong> is not a field of doctype <strong>%.*s</strong>",
		    STR_FMT(str_sub(name, 0, 140)), STR_FMT(dt->name));
	return cast_stored(
	    call->arena, f, cast_text(f, doctype_rows_text(row, "value")), &stored, err);
}

static bool
check_numbers(const struct doc *d, struct err *err)
{
	const int64_t digits = doctype_rows_int(d, "prefix_digits");

	if (digits < 0 || digits > MAX_DIGITS)
		return err_set(err, ERR_VALIDATION, "Prefix Digits go from 0 to %d", MAX_DIGITS);
	return doctype_rows_int(d, "counter") >= 0 ||
	    err_set(err, ERR_VALIDATION, "A counter cannot be negative");
}

static bool
validate_rule(struct call *call, struct doc *d, const struct doc *old UNUSED, struct err *err)
{
	const struct doc_rows *rows = doctype_rows_of(d, "conditions");
	const struct doctype *dt;
	struct naming_series series;

	if (!check_numbers(d, err) ||
	    !doc_type(call, doctype_rows_text(d, "document_type"), &dt, err))
		return false;
	for (size_t i = 0; i < rows->len; i++) {
		if (!check_condition(call, dt, rows->items[i], err))
			return false;
	}
	return parse_prefix(call, d, doctype_rows_text(d, "prefix"), &series, err);
}

static bool
changes(struct call *call, const struct doc *d, struct err *err)
{
	return call_change(call, CHANGE_DOCTYPE, doctype_rows_text(d, "document_type"), err);
}

static bool
written_rule(struct call *call, struct doc *d, const struct doc *old, struct err *err)
{
	return changes(call, d, err) && (old == NULL || changes(call, old, err));
}

static bool
deleted_rule(struct call *call, struct doc *d, struct err *err)
{
	return changes(call, d, err);
}

const struct controller NAMING_RULE_RULES = {
	.doctype = STR_INIT("Document Naming Rule"),
	.validate = validate_rule,
	.written = written_rule,
	.deleted = deleted_rule,
};
