#include "doc/naming_series.h"

#include "base/buf.h"
#include "doc/cast.h"

#include <stdio.h>

enum { TEXT_MAX = 4096 };

/* What one pass over the parts of a series gathers. */
struct pass {
	struct arena *arena;
	const struct doc *d;
	struct clock_civil now;
	struct buf before, after;
	bool counted; /* a counter has been seen: text goes to after */
	size_t digits;
};

static void
pass_free(struct pass *p)
{
	buf_free(&p->before);
	buf_free(&p->after);
}

static void
pass_init(struct pass *p, struct arena *a, const struct doc *d, struct clock_civil now)
{
	*p = (struct pass){ .arena = a,
		.d = d,
		.now = now,
		.before = BUF_INIT(TEXT_MAX),
		.after = BUF_INIT(TEXT_MAX) };
}

static void
put(struct pass *p, struct str text)
{
	buf_put(p->counted ? &p->after : &p->before, text);
}

int
naming_series_week(struct clock_civil day)
{
	const int64_t days = clock_days_from_civil(day.year, day.month, day.day);
	/* An ISO week belongs to the year of its Thursday. */
	const int64_t thursday = days - clock_weekday(days) + 3;
	const struct clock_civil in = clock_civil_from_days(thursday);
	const int week = (int)(thursday - clock_days_from_civil(in.year, 1, 1)) / 7 + 1;

	if (day.month == 1 && week >= 52)
		return 0;
	if (day.month == 12 && week <= 1)
		return 53;
	return week;
}

static bool
put_date(struct pass *p, struct str part)
{
	const struct {
		struct str name;
		int width, number;
	} parts[] = {
		{ STR("YY"), 2, p->now.year % 100 },
		{ STR("YYYY"), 4, p->now.year },
		{ STR("MM"), 2, p->now.month },
		{ STR("DD"), 2, p->now.day },
		{ STR("WW"), 2, naming_series_week(p->now) },
	};
	char text[CLOCK_TEXT_SIZE];

	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		if (!str_eq(parts[i].name, part))
			continue;
		snprintf(text, sizeof(text), "%0*d", parts[i].width, parts[i].number);
		put(p, str_from(text));
		return true;
	}
	if (!str_eq(part, STR("timestamp")))
		return false;
	put(p, clock_format(p->now, text));
	return true;
}

/* A field's value; null is nothing. False: no such field, and no braces that ask for one. */
static bool
put_field(struct pass *p, struct str part, bool *ok, struct err *err)
{
	const bool braced = part.len > 0 && part.ptr[0] == '{';
	struct str name = part, text = STR_NULL;

	if (braced) {
		name = str_sub(part, 1, part.len);
		if (str_ends(name, STR("}")))
			name.len--;
	}
	const struct field *f = doctype_field(p->d->doctype, name);

	if (f == NULL || f->column < 0)
		return braced;
	const struct value v = p->d->values[f->column];

	if (v.kind == VALUE_NULL)
		return true;
	*ok = cast_to_text(p->arena, v, &text, err);
	if (*ok)
		put(p, text);
	return true;
}

static bool
put_part(struct pass *p, struct str part, struct err *err)
{
	bool ok = true;

	if (part.len == 0)
		return true;
	if (part.ptr[0] == '#') {
		if (!p->counted)
			p->digits = part.len;
		p->counted = true;
		return true;
	}
	if (!put_date(p, part) && !put_field(p, part, &ok, err))
		put(p, part);
	return ok;
}

static bool
finish(struct pass *p, struct naming_series *out, struct err *err)
{
	struct str before = STR(""), after = STR("");

	if (!buf_ok(&p->before) || !buf_ok(&p->after))
		return err_set(err, ERR_LENGTH, "The name that this series gives is too long");
	if ((p->before.len > 0 && !arena_str(p->arena, buf_str(&p->before), &before, err)) ||
	    (p->after.len > 0 && !arena_str(p->arena, buf_str(&p->after), &after, err)))
		return false;
	*out = (struct naming_series){ before, after, p->digits };
	return true;
}

/* Word characters of any language, and - / . # { } and the blank. */
static bool
has_only_allowed(struct str series)
{
	for (size_t i = 0; i < series.len; i++) {
		const char c = series.ptr[i];

		if (!char_is_word(c) && (unsigned char)c < 0x80 && memchr("- /.#{}", c, 7) == NULL)
			return false;
	}
	return true;
}

bool
naming_series_parse(struct arena *a, struct str series, const struct doc *d, struct clock_civil now,
    struct naming_series *out, struct err *err)
{
	CLEANUP(pass_free) struct pass p;
	struct str part;

	pass_init(&p, a, d, now);
	if (str_find(series, '.') < 0)
		return err_set(err, ERR_NAMING_SERIES,
		    "Invalid naming series %.*s: dot (.) missing", STR_FMT(series));
	if (!has_only_allowed(series))
		return err_set(err, ERR_NAMING_SERIES,
		    "Special Characters except '-', '#', '.', '/', '{' and '}' not allowed in "
		    "naming series %.*s",
		    STR_FMT(series));
	for (bool more = true; more;) {
		more = str_cut(series, '.', &part, &series);
		if (!put_part(&p, part, err))
			return false;
	}
	return finish(&p, out, err);
}

/* The length of "{...}" at the start of text, or 0: braces hold word characters, blanks, | and #.
 */
static size_t
braced_len(struct str text)
{
	size_t at = 1;

	if (text.ptr[0] != '{')
		return 0;
	while (at < text.len && (char_is_word(text.ptr[at]) || memchr(" |#", text.ptr[at], 3)))
		at++;
	return at > 1 && at < text.len && text.ptr[at] == '}' ? at + 1 : 0;
}

bool
naming_series_format(struct arena *a, struct str format, const struct doc *d,
    struct clock_civil now, struct naming_series *out, struct err *err)
{
	CLEANUP(pass_free) struct pass p;

	pass_init(&p, a, d, now);
	while (format.len > 0) {
		const size_t len = braced_len(format);
		struct str part = str_sub(format, 0, len == 0 ? 1 : len);

		format = str_sub(format, part.len, format.len);
		if (len == 0) {
			put(&p, part);
			continue;
		}
		part = str_sub(part, 1, len - 2);
		/* A field in braces that is not there gives nothing, and a word alone stays. */
		if (!put_part(&p, part, err))
			return false;
	}
	return finish(&p, out, err);
}
