#include "api/link_titles.h"

#include "api/api_doc.h"
#include "doc/levels.h"
#include "doc/list.h"
#include "doc/perm.h"
#include "json/json_in.h"

enum { TITLES_MAX = 500 }; /* links of one document */

/* What a document links to, each once. */
struct links {
	struct link {
		const struct doctype *doctype;
		struct str name;
	} items[TITLES_MAX];
	size_t len;
};

/* The DocType that a link of the document, or of its row, leads to; NULL: it shows no titles. */
static const struct doctype *
target_of(const struct call *call, const struct doc *d, const struct field *f)
{
	const struct doctype *dt = NULL;

	if (f->type == FIELD_LINK)
		dt = metas_find(call->metas, f->options);
	else if (f->type == FIELD_DYNAMIC_LINK)
		dt = metas_find(call->metas, value_str(doc_get(d, f->options)));
	return dt != NULL && dt->show_title_field_in_link && dt->title_field.len > 0 ? dt : NULL;
}

static void
add(struct links *l, const struct doctype *dt, struct str name)
{
	for (size_t i = 0; i < l->len; i++) {
		if (l->items[i].doctype == dt && str_eq(l->items[i].name, name))
			return;
	}
	if (l->len < TITLES_MAX)
		l->items[l->len++] = (struct link){ dt, name };
}

static void
add_links(const struct call *call, const struct doc *d, uint32_t levels, struct links *l)
{
	const struct doctype *dt = d->doctype;

	for (size_t i = dt->first_value; i < dt->columns_len; i++) {
		const struct field *f = dt->columns[i];
		const struct str name = value_str(d->values[i]);
		const struct doctype *to = name.len > 0 && perm_has_level(levels, f->permlevel)
		    ? target_of(call, d, f)
		    : NULL;

		if (to != NULL)
			add(l, to, name);
	}
}

static void
add_all_links(const struct call *call, const struct doc *d, struct links *l)
{
	const uint32_t levels = levels_readable(call, d);

	add_links(call, d, levels, l);
	for (size_t i = 0; i < d->doctype->tables_len; i++) {
		if (!perm_has_level(levels, d->doctype->tables[i]->permlevel))
			continue;
		for (size_t j = 0; j < d->tables[i].len; j++)
			add_links(call, d->tables[i].items[j], levels, l);
	}
}

/* {"name": ["in", [NAME, ...]]} and ["name", TITLE_FIELD], of the links to one DocType. */
static MUST_USE bool
list_of(struct call *call, const struct links *l, struct list_args *list, struct err *err)
{
	CLEANUP(buf_free) struct buf b = call_scratch(call), fields = call_scratch(call);
	struct json_out o = JSON_OUT(&b), f = JSON_OUT(&fields);

	json_open_array(&f);
	json_add_str(&f, STR("name"));
	json_add_str(&f, list->doctype->title_field);
	json_close_array(&f);
	json_open_object(&o);
	json_key(&o, STR("name"));
	json_open_array(&o);
	json_add_str(&o, STR("in"));
	json_open_array(&o);
	for (size_t i = 0; i < l->len; i++) {
		if (l->items[i].doctype == list->doctype)
			json_add_str(&o, l->items[i].name);
	}
	json_close_array(&o);
	json_close_array(&o);
	json_close_object(&o);
	return json_parse_buf(call->arena, &fields, &list->fields, err) &&
	    json_parse_buf(call->arena, &b, &list->filters, err);
}

static MUST_USE bool
put_titles(struct call *call, const struct links *l, const struct doctype *dt, struct json_out *out,
    struct err *err)
{
	struct list_args list = { .doctype = dt };
	const json_t *rows;

	if (perm_grant_of(call, dt, RIGHT_READ) == PERM_NONE)
		return true;
	if (!list_of(call, l, &list, err) || !api_doc_rows(call, &list, &rows, err))
		return false;
	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);
		const json_t *title = json_get(row, dt->title_field);
		struct str key;

		if (title == NULL)
			continue;
		if (!arena_printf(call->arena, &key, err, "%.*s::%.*s", STR_FMT(dt->name),
			STR_FMT(json_text(json_get(row, STR("name"))))))
			return false;
		json_key(out, key);
		json_add_tree(out, title);
	}
	return true;
}

/* Is it the first link to its DocType? */
static bool
is_first(const struct links *l, size_t at)
{
	for (size_t i = 0; i < at; i++) {
		if (l->items[i].doctype == l->items[at].doctype)
			return false;
	}
	return true;
}

bool
link_titles_write(struct call *call, const struct doc *d, struct json_out *out, struct err *err)
{
	struct links *l = ARENA_NEW(call->arena, struct links);

	if (l == NULL)
		return err_memory(err);
	add_all_links(call, d, l);
	json_open_object(out);
	for (size_t i = 0; i < l->len; i++) {
		if (is_first(l, i) && !put_titles(call, l, l->items[i].doctype, out, err))
			return false;
	}
	json_close_object(out);
	return true;
}
