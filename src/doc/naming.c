#include "doc/naming.h"

#include "crypto/random.h"
#include "db/sqlb.h"
#include "doc/cast.h"
#include "doc/column.h"
#include "doc/controller.h"
#include "doc/naming_rule.h"
#include "doc/naming_series.h"
#include "json/json_in.h"

#include <stdio.h>

static const struct str COUNT =
    STR_INIT("INSERT INTO counter (name, value) VALUES (?1, 1)"
	     " ON CONFLICT (name) DO UPDATE SET value = counter.value + 1 RETURNING value");
static const struct str UNCOUNT =
    STR_INIT("UPDATE counter SET value = value - 1 WHERE name = ?1 AND value = ?2");

static const struct str AMENDED_FROM = STR_INIT("amended_from");
static const struct str NAMING_SERIES = STR_INIT("naming_series");

enum { UUID_LEN = 36, MAX_DIGITS = 18 };

enum rule {
	RULE_RANDOM,
	RULE_AUTOINCREMENT,
	RULE_UUID,
	RULE_FIELD,
	RULE_NAMING_SERIES,
	RULE_PROMPT,
	RULE_FORMAT,
	RULE_SERIES,
};

/* The keyword of DocType.autoname; rest is what follows it. */
static enum rule
rule_of(const struct doctype *dt, struct str *rest)
{
	static const struct {
		struct str word;
		enum rule rule;
		bool whole;
	} words[] = {
		{ STR_INIT("autoincrement"), RULE_AUTOINCREMENT, true },
		{ STR_INIT("uuid"), RULE_UUID, true },
		{ STR_INIT("field:"), RULE_FIELD, false },
		{ STR_INIT("naming_series:"), RULE_NAMING_SERIES, false },
		{ STR_INIT("prompt"), RULE_PROMPT, false },
		{ STR_INIT("format:"), RULE_FORMAT, false },
	};
	const struct str name = dt->autoname;

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (!(words[i].whole ? str_ieq(name, words[i].word)
				     : str_istarts(name, words[i].word)))
			continue;
		*rest = str_sub(name, words[i].word.len, name.len);
		return words[i].rule;
	}
	*rest = name;
	return str_find(name, '#') >= 0 ? RULE_SERIES : RULE_RANDOM;
}

bool
naming_is_random(const struct doc *d)
{
	const struct doctype *dt = d->doctype;
	struct str rest;

	return rule_of(dt, &rest) == RULE_RANDOM && !dt->issingle && !dt->has_naming_rules &&
	    (dt->controller == NULL || dt->controller->name == NULL) &&
	    value_str(doc_get(d, AMENDED_FROM)).len == 0;
}

bool
naming_random(struct arena *a, struct str *out, struct err *err)
{
	/* Three digits that move eight times a second, so that names come in roughly rising order
	 * and their index grows at one place; then 35 random bits. */
	enum { TIMED = 3, TICK_US = 125000 };
	static const char DIGITS[] = "0123456789abcdefghijklmnopqrstuv";
	char *text = arena_alloc(a, NAMING_RANDOM_LEN + 1);

	if (text == NULL)
		return err_memory(err);
	uint64_t ticks = (uint64_t)(clock_now_us() / TICK_US);
	uint64_t random = random_u64();

	for (size_t i = TIMED; i-- > 0; ticks /= 32)
		text[i] = DIGITS[ticks % 32];
	for (size_t i = TIMED; i < NAMING_RANDOM_LEN; i++, random /= 32)
		text[i] = DIGITS[random % 32];
	*out = (struct str){ text, NAMING_RANDOM_LEN };
	return true;
}

static bool
name_random(struct arena *a, struct value *out, struct err *err)
{
	struct str name;

	if (!naming_random(a, &name, err))
		return false;
	*out = value_text(name);
	return true;
}

/* ---- counters ---- */

static bool
count(struct call *call, const char *kind, struct str key, int64_t *out, struct err *err)
{
	struct value row = value_null();
	struct str name;
	bool found;

	if (!arena_printf(call->arena, &name, err, "%s:%.*s", kind, STR_FMT(key)))
		return false;
	const struct value params[] = { value_text(name) };

	if (!db_query_row(call->db, call->arena, COUNT, params, 1, &row, 1, &found, err))
		return false;
	assert(found && row.kind == VALUE_INT);
	*out = row.i;
	return true;
}

static bool
name_by_series(struct call *call, const struct naming_series *s, struct value *out, struct err *err)
{
	struct str name;
	int64_t n;

	if (s->digits == 0) {
		*out = value_text(s->before);
		return true;
	}
	if (!count(call, "series", s->before, &n, err))
		return false;
	if (!arena_printf(call->arena, &name, err, "%.*s%0*lld%.*s", STR_FMT(s->before),
		(int)MIN(s->digits, MAX_DIGITS), (long long)n, STR_FMT(s->after)))
		return false;
	*out = value_text(name);
	return true;
}

/* ---- what the client sent ---- */

/* "__newname" or "name" of the body. *out stays null if there is neither. */
static bool
name_given(const struct doc *d, const json_t *body, struct value *out, struct err *err)
{
	struct str text = str_trim(json_text(json_get(body, STR("__newname"))));
	const json_t *name = json_get(body, STR("name"));

	if (text.len == 0)
		text = str_trim(json_text(name));
	if (text.len == 0 && body == NULL)
		text = str_trim(value_str(d->values[DOC_NAME]));
	if (text.len == 0 && json_is_integer(name) && json_integer_value(name) != 0)
		return err_set(
		    err, ERR_NAME, "Invalid name type (integer) for varchar name column");
	*out = text.len == 0 ? value_null() : value_text(text);
	return true;
}

static bool
is_uuid(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
		const char c = char_lower(s.ptr[i]);

		if (dash ? c != '-' : !char_is_digit(c) && (c < 'a' || c > 'f'))
			return false;
	}
	return s.len == UUID_LEN;
}

/* A version 7 UUID (RFC 9562 5.7): milliseconds, then random bits. */
static bool
make_uuid(struct arena *a, struct value *out, struct err *err)
{
	const uint64_t ms = (uint64_t)(clock_now_us() / 1000);
	const uint64_t random_a = random_u64();
	const uint64_t random_b = random_u64();
	struct str text;

	if (!arena_printf(a, &text, err, "%08x-%04x-7%03x-%04x-%012llx", (unsigned)(ms >> 16),
		(unsigned)(ms & 0xffff), (unsigned)(random_a & 0xfff),
		(unsigned)(0x8000 | (random_a >> 16 & 0x3fff)),
		(unsigned long long)(random_b & 0xffffffffffffULL)))
		return false;
	*out = value_text(text);
	return true;
}

static bool
name_by_uuid(
    struct call *call, struct doc *d, const json_t *body, struct value *out, struct err *err)
{
	struct value given;

	if (!name_given(d, body, &given, err))
		return false;
	if (given.kind == VALUE_NULL)
		return make_uuid(call->arena, out, err);
	if (!is_uuid(given.s))
		return err_set(err, ERR_UUID, "Invalid value specified for UUID: %.*s",
		    STR_FMT(str_sub(given.s, 0, 60)));
	*out = given;
	return true;
}

static bool
name_by_prompt(struct doc *d, const json_t *body, struct value *out, struct err *err)
{
	if (!name_given(d, body, out, err))
		return false;
	return out->kind != VALUE_NULL ||
	    err_set(err, ERR_VALIDATION, "Please set the document name");
}

/* ---- what the document holds ---- */

/* The trimmed text of a field; empty if it is null or not there. */
static bool
text_of(struct arena *a, const struct doc *d, struct str name, struct str *out, struct err *err)
{
	const struct field *field = doctype_field(d->doctype, name);

	*out = STR("");
	if (field == NULL || field->column < 0 || d->values[field->column].kind == VALUE_NULL)
		return true;
	if (!cast_to_text(a, d->values[field->column], out, err))
		return false;
	*out = str_trim(*out);
	return true;
}

static bool
name_by_field(struct call *call, struct doc *d, struct str name, struct value *out, struct err *err)
{
	const struct field *field = doctype_field(d->doctype, name);
	struct str text;

	if (field == NULL || field->column < 0)
		return err_set(
		    err, ERR_VALIDATION, "Invalid fieldname '%.*s' in autoname", STR_FMT(name));
	if (!text_of(call->arena, d, name, &text, err))
		return false;
	if (text.len == 0)
		return err_set(err, ERR_VALIDATION, "%.*s is required",
		    STR_FMT(field->label.len > 0 ? field->label : field->name));
	if (str_utf8_len(text) > NAMING_MAX) {
		err_set(err, ERR_LENGTH,
		    "%.*s: '<strong>%.*s</strong>' (%.*s) will get truncated, as max characters "
		    "allowed is %d",
		    STR_FMT(d->doctype->name), STR_FMT(field->label), STR_FMT(str_sub(text, 0, 40)),
		    NAMING_MAX);
		return err_title(err, "Value too big");
	}
	if (field_type_column(field->type) == DB_TYPE_NAME)
		d->values[field->column] = value_text(text);
	*out = value_text(text);
	return true;
}

/* The series of a document with a field naming_series: its value, else the first option. */
static bool
series_of(struct arena *a, const struct doc *d, struct str *out, struct err *err)
{
	const struct field *field = doctype_field(d->doctype, NAMING_SERIES);
	struct str series, rest;

	if (!text_of(a, d, NAMING_SERIES, &series, err))
		return false;
	rest = field == NULL ? STR("") : field->options;
	while (series.len == 0 && rest.len > 0) {
		str_cut(rest, '\n', &series, &rest);
		series = str_trim(series);
	}
	if (series.len == 0)
		return err_set(err, ERR_VALIDATION, "Naming Series mandatory");
	return arena_printf(a, out, err, "%.*s.#####", STR_FMT(series));
}

/* The series that names documents of this rule; *has false: there is none. */
static bool
parse_series(
    struct call *call, const struct doc *d, struct naming_series *out, bool *has, struct err *err)
{
	const struct clock_civil now = clock_to_local(call->now_us);
	struct arena *a = call->arena;
	struct str rest, series;
	const enum rule rule = rule_of(d->doctype, &rest);

	*has = true;
	if (rule == RULE_FORMAT)
		return naming_series_format(a, rest, d, now, out, err);
	if (rule == RULE_SERIES)
		return naming_series_parse(a, rest, d, now, out, err);
	*has = rule == RULE_NAMING_SERIES;
	return !*has ||
	    (series_of(a, d, &series, err) && naming_series_parse(a, series, d, now, out, err));
}

static bool
name_by_parts(struct call *call, struct doc *d, struct value *out, struct err *err)
{
	struct naming_series series = { 0 };
	bool has;

	return parse_series(call, d, &series, &has, err) && name_by_series(call, &series, out, err);
}

/* "X-1" for the first amendment of X, "X-2" for the amendment of that. */
static bool
name_amended(struct call *call, struct doc *d, struct value *out, struct err *err)
{
	CLEANUP(sqlb_free) struct sqlb b = { 0 };
	struct value row = value_null();
	struct str from, name;
	int64_t n = 0;
	bool found;

	if (!text_of(call->arena, d, AMENDED_FROM, &from, err))
		return false;
	if (from.len == 0)
		return true;
	sqlb_init(&b, call->arena);
	sqlb_lit(&b, "SELECT `amended_from` FROM ");
	sqlb_table(&b, d->doctype->name);
	sqlb_lit(&b, " WHERE ");
	sqlb_text(&b, column_is_name(d->doctype));
	sqlb_value(&b, column_name(d->doctype, from));
	if (!sqlb_query_row(call->db, &b, &row, 1, &found, err))
		return false;
	if (value_str(row).len > 0) {
		size_t at = from.len;

		while (at > 0 && from.ptr[at - 1] != '-')
			at--;
		if (at > 0 && str_to_int64(str_sub(from, at, from.len), &n))
			from = str_sub(from, 0, at - 1);
	}
	if (!arena_printf(call->arena, &name, err, "%.*s-%lld", STR_FMT(from), (long long)n + 1))
		return false;
	*out = value_text(name);
	return true;
}

static bool
name_by_controller(struct call *call, struct doc *d, struct value *out, struct err *err)
{
	const struct controller *c = d->doctype->controller;
	struct str name = STR_NULL;

	if (c == NULL || c->name == NULL)
		return true;
	if (!c->name(call, d, &name, err))
		return false;
	*out = value_text(name);
	return true;
}

/* ---- all of it ---- */

static bool
name_by_rule(
    struct call *call, struct doc *d, const json_t *body, struct value *out, struct err *err)
{
	struct str rest;

	switch (rule_of(d->doctype, &rest)) {
	case RULE_FIELD:
		return name_by_field(call, d, rest, out, err);
	case RULE_PROMPT:
		return name_by_prompt(d, body, out, err);
	case RULE_NAMING_SERIES:
	case RULE_FORMAT:
	case RULE_SERIES:
		return name_by_parts(call, d, out, err);
	case RULE_RANDOM:
	case RULE_AUTOINCREMENT:
	case RULE_UUID:
		break;
	}
	return name_random(call->arena, out, err);
}

static bool
find_name(struct call *call, struct doc *d, const json_t *body, struct value *out, struct err *err)
{
	struct str rest;

	*out = value_null();
	if (rule_of(d->doctype, &rest) == RULE_UUID)
		return name_by_uuid(call, d, body, out, err);
	if (!name_amended(call, d, out, err))
		return false;
	if (out->kind == VALUE_NULL && d->doctype->issingle)
		*out = value_text(d->doctype->name);
	if (out->kind == VALUE_NULL && !naming_rule_name(call, d, out, err))
		return false;
	if (out->kind == VALUE_NULL && !name_by_controller(call, d, out, err))
		return false;
	return out->kind != VALUE_NULL || name_by_rule(call, d, body, out, err);
}

/* What no name may be, whatever made it. */
static bool
check(const struct doctype *dt, struct str name, struct err *err)
{
	const struct str new_word = STR("New ");

	if (name.len == 0)
		return err_set(
		    err, ERR_VALIDATION, "No Name Specified for %.*s", STR_FMT(dt->name));
	if (str_starts(name, new_word) && str_starts(str_sub(name, 4, name.len), dt->name))
		return err_set(err, ERR_NAME,
		    "There were some errors setting the name, please contact the administrator");
	if (!dt->issingle && str_eq(name, dt->name) && !str_eq(name, STR("DocType")))
		return err_set(
		    err, ERR_NAME, "Name of %.*s cannot be %.*s", STR_FMT(dt->name), STR_FMT(name));
	if (str_find(name, '<') >= 0 || str_find(name, '>') >= 0)
		return err_set(
		    err, ERR_NAME, "Name cannot contain special characters like '<', '>'");
	if (str_find(name, '\0') >= 0)
		return err_set(err, ERR_NAME, "Name cannot contain a NUL character");
	if (str_utf8_len(name) > NAMING_MAX) {
		err_set(err, ERR_LENGTH,
		    "%.*s: the name (%.*s...) is too long: %d characters are allowed",
		    STR_FMT(dt->name), STR_FMT(str_sub(name, 0, 40)), NAMING_MAX);
		return err_title(err, "Value too big");
	}
	return true;
}

bool
naming_check(const struct doctype *dt, struct str *name, struct err *err)
{
	*name = str_trim(*name);
	return check(dt, *name, err);
}

const struct field *
naming_field(const struct doctype *dt)
{
	struct str name;
	const struct field *f = rule_of(dt, &name) == RULE_FIELD ? doctype_field(dt, name) : NULL;

	return f != NULL && f->column >= 0 ? f : NULL;
}

bool
naming_name(struct call *call, struct doc *d, const json_t *body, struct str *out, struct err *err)
{
	struct value v;
	int64_t n;

	if (d->doctype->autoincrement)
		return count(call, "autoincrement", d->doctype->name, &n, err) &&
		    arena_printf(call->arena, out, err, "%lld", (long long)n);
	if (!find_name(call, d, body, &v, err))
		return false;
	*out = value_str(v);
	return naming_check(d->doctype, out, err);
}

bool
naming_deleted(struct call *call, const struct doc *d, struct err *err)
{
	struct str key, digits, name = value_str(d->values[DOC_NAME]);
	struct naming_series s;
	struct err ignored;
	int64_t n;
	bool has;

	/* A document that no longer fits its series gives nothing back. */
	if (!parse_series(call, d, &s, &has, &ignored) || !has || s.digits == 0 ||
	    !str_starts(name, s.before) || !str_ends(name, s.after) ||
	    name.len <= s.before.len + s.after.len)
		return true;
	digits = str_sub(name, s.before.len, name.len - s.before.len - s.after.len);
	if (!char_is_digit(digits.ptr[0]) || !str_to_int64(digits, &n))
		return true;
	if (!arena_printf(call->arena, &key, err, "series:%.*s", STR_FMT(s.before)))
		return false;
	const struct value params[] = { value_text(key), value_int(n) };

	return db_exec(call->db, UNCOUNT, params, 2, NULL, err);
}
