#include "doc/shipped.h"

enum { MAX_COLUMNS = 10, MAX_PROPERTIES = 64, MAX_PERMS = 32, MAX_FIELDS = 256 };

struct reader {
	struct arena *arena;
	struct shipped *out;
	struct field *fields;
	size_t fields_len;
	int line;
	struct err *err;
};

static bool
malformed(const struct reader *r, const char *why)
{
	return err_set(
	    r->err, ERR_INTERNAL, "%.*s:%d: %s", STR_FMT(r->out->asset->path), r->line, why);
}

static size_t
split(struct str line, struct str *parts, size_t most)
{
	size_t n = 0;

	for (bool more = true; more && n < most;)
		more = str_cut(line, '\t', &parts[n++], &line);
	return n;
}

static bool
is_set(struct str value)
{
	return str_eq(value, STR("1"));
}

static void
take_property(struct doctype *dt, struct str key, struct str value)
{
	const struct {
		struct str key;
		bool *flag;
		struct str *text;
	} known[] = {
		{ STR("autoname"), NULL, &dt->autoname },
		{ STR("naming_rule"), NULL, &dt->naming_rule },
		{ STR("module"), NULL, &dt->module },
		{ STR("title_field"), NULL, &dt->title_field },
		{ STR("search_fields"), NULL, &dt->search_fields },
		{ STR("sort_field"), NULL, &dt->sort_field },
		{ STR("sort_order"), NULL, &dt->sort_order },
		{ STR("istable"), &dt->istable, NULL },
		{ STR("issingle"), &dt->issingle, NULL },
		{ STR("is_submittable"), &dt->is_submittable, NULL },
		{ STR("track_changes"), &dt->track_changes, NULL },
		{ STR("allow_rename"), &dt->allow_rename, NULL },
		{ STR("allow_import"), &dt->allow_import, NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		if (!str_eq(known[i].key, key))
			continue;
		if (known[i].flag != NULL)
			*known[i].flag = is_set(value);
		else
			*known[i].text = value;
	}
}

static bool
read_properties(struct reader *r, struct str line)
{
	struct str parts[MAX_PROPERTIES];
	const size_t n = split(line, parts, ARRAY_LEN(parts));

	r->out->properties = ARENA_NEW_ARRAY(r->arena, struct shipped_pair, n);
	if (r->out->properties == NULL)
		return err_memory(r->err);
	for (size_t i = 0; i < n; i++) {
		struct shipped_pair *p = &r->out->properties[r->out->properties_len];

		if (!str_cut(parts[i], '=', &p->key, &p->value))
			return malformed(r, "a property is KEY=VALUE");
		take_property(&r->out->doctype, p->key, p->value);
		r->out->properties_len++;
	}
	return true;
}

static void
take_flag(struct field *f, struct str flag)
{
	const struct {
		struct str name;
		bool *to;
	} flags[] = {
		{ STR("reqd"), &f->reqd },
		{ STR("unique"), &f->unique },
		{ STR("search_index"), &f->search_index },
		{ STR("read_only"), &f->read_only },
		{ STR("hidden"), &f->hidden },
		{ STR("set_only_once"), &f->set_only_once },
		{ STR("allow_on_submit"), &f->allow_on_submit },
		{ STR("no_copy"), &f->no_copy },
		{ STR("non_negative"), &f->non_negative },
		{ STR("not_nullable"), &f->not_nullable },
		{ STR("fetch_if_empty"), &f->fetch_if_empty },
		{ STR("ignore_user_permissions"), &f->ignore_user_permissions },
		{ STR("ignore_xss_filter"), &f->ignore_xss_filter },
		{ STR("is_virtual"), &f->is_virtual },
		{ STR("in_list_view"), &f->in_list_view },
		{ STR("in_standard_filter"), &f->in_standard_filter },
		{ STR("bold"), &f->bold },
	};

	for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
		if (str_eq(flags[i].name, flag))
			*flags[i].to = true;
	}
}

/* "\n" written as backslash and n becomes a line end. */
static bool
unescape(struct reader *r, struct str s, struct str *out)
{
	char *text = arena_alloc(r->arena, s.len + 1);
	size_t len = 0;

	if (text == NULL)
		return err_memory(r->err);
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '\\' && i + 1 < s.len && s.ptr[i + 1] == 'n') {
			text[len++] = '\n';
			i++;
		} else {
			text[len++] = s.ptr[i];
		}
	}
	*out = len == 0 ? STR_NULL : (struct str){ text, len };
	return true;
}

/* Words of labels that are all capitals. */
static bool
is_acronym(struct str word)
{
	static const struct str WORDS[] = { STR_INIT("api"), STR_INIT("id"), STR_INIT("ip"),
		STR_INIT("url"), STR_INIT("xss"), STR_INIT("otp"), STR_INIT("sms"),
		STR_INIT("exif") };

	for (size_t i = 0; i < ARRAY_LEN(WORDS); i++) {
		if (str_eq(WORDS[i], word))
			return true;
	}
	return false;
}

/* Breaks that nobody named: section_break_3, column_break0, sb1, cb01. */
static bool
is_anonymous(enum field_type type, struct str name)
{
	if (type != FIELD_SECTION_BREAK && type != FIELD_COLUMN_BREAK)
		return false;
	if (str_find_str(name, STR("_break")) >= 0)
		return true;
	return name.len <= 4 && (str_starts(name, STR("sb")) || str_starts(name, STR("cb")));
}

/* "first_name" becomes "First Name", "api_key" "API Key". */
static bool
label_of(struct reader *r, enum field_type type, struct str name, struct str *out)
{
	char *text = arena_alloc(r->arena, name.len + 1);
	struct str word, rest = name;
	size_t len = 0;

	*out = STR_NULL;
	if (is_anonymous(type, name))
		return true;
	if (text == NULL)
		return err_memory(r->err);
	while (rest.len > 0) {
		str_cut(rest, '_', &word, &rest);
		const bool all = is_acronym(word);

		if (word.len == 0)
			continue;
		if (len > 0)
			text[len++] = ' ';
		for (size_t i = 0; i < word.len; i++) {
			const char c = word.ptr[i];

			text[len++] = (i == 0 || all) && c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
		}
	}
	*out = (struct str){ text, len };
	return true;
}

/* The part of "depends_on: X | mandatory_depends_on: Y" with that key; null if there is none. */
struct str
shipped_depends(struct str depends, struct str key)
{
	while (depends.len > 0) {
		const ptrdiff_t bar = str_find_str(depends, STR(" | "));
		const struct str part = bar < 0 ? depends : str_sub(depends, 0, (size_t)bar);
		struct str name, value;

		depends = bar < 0 ? STR_NULL : str_sub(depends, (size_t)bar + 3, depends.len);
		if (str_cut(part, ':', &name, &value) && str_eq(str_trim(name), key))
			return str_trim(value);
	}
	return STR_NULL;
}

static bool
read_number(struct reader *r, struct str text, int32_t fallback, int32_t *out)
{
	int64_t n = fallback;

	if (text.len > 0 && !str_to_int64(text, &n))
		return malformed(r, "a number was expected");
	*out = (int32_t)n;
	return true;
}

static bool
read_field(struct reader *r, struct str line)
{
	struct str parts[MAX_COLUMNS] = { STR_NULL };
	struct field f = { 0 };

	split(line, parts, ARRAY_LEN(parts));
	if (r->fields_len == MAX_FIELDS)
		return malformed(r, "too many fields");
	f.name = parts[0];
	if (!field_type_find(parts[1], &f.type))
		return malformed(r, "an unknown field type");
	if (!label_of(r, f.type, f.name, &f.label) || !unescape(r, parts[2], &f.options) ||
	    !unescape(r, parts[3], &f.fallback) || !read_number(r, parts[4], 0, &f.permlevel) ||
	    !read_number(r, parts[5], 0, &f.length) || !read_number(r, parts[6], -1, &f.precision))
		return false;
	f.fetch_from = parts[7].len > 0 ? parts[7] : STR_NULL;
	f.depends_on = shipped_depends(parts[8], STR("depends_on"));
	r->out->extras[r->fields_len] = (struct shipped_extra){ parts[8], parts[9] };
	for (struct str rest = parts[9], flag; rest.len > 0;) {
		str_cut(rest, ' ', &flag, &rest);
		take_flag(&f, flag);
	}
	r->fields[r->fields_len++] = f;
	return true;
}

/* perm, ROLE, "level N", rights by blanks. */
static bool
read_perm(struct reader *r, struct str line)
{
	struct str parts[4] = { STR_NULL };
	struct shipped_perm *p = &r->out->perms[r->out->perms_len];

	if (split(line, parts, ARRAY_LEN(parts)) != 4 || r->out->perms_len == MAX_PERMS ||
	    !str_starts(parts[2], STR("level ")) ||
	    !str_to_int64(str_sub(parts[2], 6, parts[2].len), &p->permlevel))
		return malformed(r, "a permission is \"perm, ROLE, level N, rights\"");
	p->role = parts[1];
	for (struct str rest = parts[3], word; rest.len > 0;) {
		enum right right;

		str_cut(rest, ' ', &word, &rest);
		if (str_eq(word, STR("if_owner")))
			p->if_owner = true;
		else if (right_find(word, &right))
			p->rights |= BIT(right);
		else if (word.len > 0)
			return malformed(r, "an unknown right");
	}
	r->out->perms_len++;
	return true;
}

static bool
read_line(struct reader *r, struct str line)
{
	if (r->line == 1) {
		r->out->doctype.name = str_trim(str_sub(line, 1, line.len));
		return r->out->doctype.name.len > 0 || malformed(r, "the first line is \"# Name\"");
	}
	if (r->line == 2)
		return read_properties(r, line);
	if (r->line == 3 || line.len == 0)
		return true;
	if (str_starts(line, STR("perm\t")))
		return read_perm(r, line);
	return read_field(r, line);
}

struct field_list {
	struct field *list;
	size_t len;
};

static bool
read_file(struct arena *a, struct shipped *out, struct field_list *fields, struct err *err)
{
	struct reader r = { .arena = a, .out = out, .err = err };
	struct str rest = out->asset->bytes;

	out->extras = ARENA_NEW_ARRAY(a, struct shipped_extra, MAX_FIELDS);
	out->perms = ARENA_NEW_ARRAY(a, struct shipped_perm, MAX_PERMS);
	r.fields = ARENA_NEW_ARRAY(a, struct field, MAX_FIELDS);
	if (out->extras == NULL || out->perms == NULL || r.fields == NULL)
		return err_memory(err);
	while (rest.len > 0) {
		struct str line;

		str_cut(rest, '\n', &line, &rest);
		r.line++;
		if (!read_line(&r, line))
			return false;
	}
	*fields = (struct field_list){ r.fields, r.fields_len };
	return true;
}

bool
shipped_parse(struct arena *a, const struct asset *asset, struct shipped *out, struct err *err)
{
	struct field_list fields;

	*out = (struct shipped){ .asset = asset };
	return read_file(a, out, &fields, err) &&
	    doctype_finish(a, &out->doctype, fields.list, fields.len, err);
}

const struct shipped *
shipped_find(const struct shipped *all, size_t len, struct str name)
{
	for (size_t i = 0; i < len; i++) {
		if (str_eq(all[i].doctype.name, name))
			return &all[i];
	}
	return NULL;
}

/* Drops tables and loosens links whose DocType is not shipped; then completes the DocType. */
static bool
settle(struct arena *a, struct shipped *all, size_t len, size_t at, const struct field_list *fields,
    struct err *err)
{
	struct shipped *s = &all[at];
	size_t kept = 0;

	for (size_t i = 0; i < fields->len; i++) {
		struct field f = fields->list[i];
		const bool missing = shipped_find(all, len, f.options) == NULL;

		if (field_type_is_table(f.type) && missing)
			continue;
		if (f.type == FIELD_LINK && missing) {
			f.type = FIELD_DATA;
			f.options = STR_NULL;
		}
		s->extras[kept] = s->extras[i];
		fields->list[kept++] = f;
	}
	return doctype_finish(a, &s->doctype, fields->list, kept, err);
}

bool
shipped_read(struct arena *a, struct shipped **out, size_t *len, struct err *err)
{
	struct shipped *all = ARENA_NEW_ARRAY(a, struct shipped, ASSET_ALL_LEN + 1);
	struct field_list *fields = ARENA_NEW_ARRAY(a, struct field_list, ASSET_ALL_LEN + 1);
	size_t n = 0;

	if (all == NULL || fields == NULL)
		return err_memory(err);
	for (size_t i = 0; i < ASSET_ALL_LEN; i++) {
		const struct asset *asset = &ASSET_ALL[i];

		if (!str_starts(asset->path, STR("doctypes/")) ||
		    str_eq(asset->path, STR("doctypes/records.tsv")))
			continue;
		all[n].asset = asset;
		if (!read_file(a, &all[n], &fields[n], err))
			return false;
		n++;
	}
	for (size_t i = 0; i < n; i++) {
		if (!settle(a, all, n, i, &fields[i], err))
			return false;
	}
	*out = all;
	*len = n;
	return true;
}
