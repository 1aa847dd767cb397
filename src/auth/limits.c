#include "auth/limits.h"

#include "base/mem.h"

static const struct str KINDS[LIMITS_KINDS] = {
	[LIMITS_DOCTYPE] = STR_INIT("DocType"),
	[LIMITS_METHOD] = STR_INIT("Method"),
	[LIMITS_PATH] = STR_INIT("Path"),
	[LIMITS_NAME] = STR_INIT("Name"),
};

/* Say no more than whose key it is. */
static const struct str FREE_METHODS[] = { STR_INIT("ping"), STR_INIT("frappe.ping"),
	STR_INIT("version"), STR_INIT("frappe.auth.get_logged_user") };

/* Judged by the documents that they touch. */
static const struct str DOCUMENT_METHODS[] = { STR_INIT("frappe.client."), STR_INIT("frappe.desk."),
	STR_INIT("frappe.model."), STR_INIT("run_doc_method"),
	STR_INIT("frappe.handler.run_doc_method") };

bool
limits_kind_find(struct str name, enum limits_kind *out)
{
	for (size_t i = 0; i < LIMITS_KINDS; i++) {
		*out = (enum limits_kind)i;
		if (str_eq(KINDS[i], name))
			return true;
	}
	return false;
}

/* ---- life */

static struct str
put(char **to, struct str s)
{
	const struct str copy = { *to, s.len };

	if (s.len > 0)
		memcpy(*to, s.ptr, s.len);
	*to += s.len;
	return copy;
}

struct limits *
limits_new(const struct limits *draft)
{
	const size_t scopes_size = draft->scopes_len * sizeof(struct limits_scope);
	struct restrict_set networks;

	restrict_parse(draft->allowed, draft->denied, &networks);
	size_t size = sizeof(struct limits) + scopes_size + restrict_bytes(&networks) +
	    draft->allowed.len + draft->denied.len;

	for (size_t i = 0; i < draft->scopes_len; i++)
		size += draft->scopes[i].target.len;
	struct limits *l = mem_alloc(size);
	struct limits_scope *scopes = (struct limits_scope *)(l + 1);
	char *texts = (char *)scopes + scopes_size;

	*l = *draft;
	restrict_move(&networks, &texts);
	l->networks = networks;
	l->allowed = put(&texts, draft->allowed);
	l->denied = put(&texts, draft->denied);
	l->scopes = scopes;
	for (size_t i = 0; i < draft->scopes_len; i++) {
		scopes[i] = draft->scopes[i];
		scopes[i].target = put(&texts, draft->scopes[i].target);
	}
	return l;
}

void
limits_free(void *limits)
{
	mem_free(limits);
}

bool
limits_same(const struct limits *a, const struct limits *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	if (!str_eq(a->allowed, b->allowed) || !str_eq(a->denied, b->denied) ||
	    a->read_only != b->read_only || a->scopes_len != b->scopes_len ||
	    a->rate.requests != b->rate.requests || a->rate.window_s != b->rate.window_s ||
	    a->rate.quota != b->rate.quota)
		return false;
	for (size_t i = 0; i < a->scopes_len; i++) {
		const struct limits_scope *x = &a->scopes[i], *y = &b->scopes[i];

		if (x->kind != y->kind || x->mask != y->mask || !str_eq(x->target, y->target))
			return false;
	}
	return true;
}

uint64_t
limits_hash(const struct limits *l, uint64_t seed)
{
	const int64_t numbers[] = { l->read_only, l->rate.requests, l->rate.window_s, l->rate.quota,
		(int64_t)l->scopes_len };
	uint64_t hash = str_hash((struct str){ (const char *)numbers, sizeof(numbers) }, seed);

	hash = str_hash(l->denied, str_hash(l->allowed, hash));
	for (size_t i = 0; i < l->scopes_len; i++) {
		const struct limits_scope *s = &l->scopes[i];

		hash = str_hash(s->target, hash ^ (uint64_t)s->kind << 32 ^ s->mask);
	}
	return hash;
}

/* ---- judging */

bool
limits_are_scoped(const struct limits *l)
{
	return l != NULL && (l->read_only || l->scopes_len > 0);
}

bool
limits_allow_doctype(const struct limits *l, struct str doctype, uint32_t bit)
{
	if (l == NULL || l->scopes_len == 0)
		return true;
	for (size_t i = 0; i < l->scopes_len; i++) {
		const struct limits_scope *s = &l->scopes[i];

		if (s->kind == LIMITS_DOCTYPE && (s->mask & bit) != 0 &&
		    (str_eq(s->target, STR("*")) || str_ieq(s->target, doctype)))
			return true;
	}
	return false;
}

static bool
names_doctypes(const struct limits *l)
{
	for (size_t i = 0; i < l->scopes_len; i++) {
		if (l->scopes[i].kind == LIMITS_DOCTYPE)
			return true;
	}
	return false;
}

/* The name, or one of those that begin with it and its dot. */
bool
limits_covers(struct str target, struct str method)
{
	return str_eq(target, method) || (str_ends(target, STR(".")) && str_starts(method, target));
}

static bool
is_among(const struct str *targets, size_t len, struct str method)
{
	for (size_t i = 0; i < len; i++) {
		if (limits_covers(targets[i], method))
			return true;
	}
	return false;
}

bool
limits_allow_method(const struct limits *l, struct str method)
{
	if (l == NULL || l->scopes_len == 0 ||
	    is_among(FREE_METHODS, ARRAY_LEN(FREE_METHODS), method))
		return true;
	if (names_doctypes(l) && is_among(DOCUMENT_METHODS, ARRAY_LEN(DOCUMENT_METHODS), method))
		return true;
	for (size_t i = 0; i < l->scopes_len; i++) {
		if (l->scopes[i].kind == LIMITS_METHOD &&
		    limits_covers(l->scopes[i].target, method))
			return true;
	}
	return false;
}

bool
limits_allow_path(const struct limits *l, struct str path, uint32_t bit)
{
	if (l == NULL || l->scopes_len == 0)
		return true;
	for (size_t i = 0; i < l->scopes_len; i++) {
		const struct limits_scope *s = &l->scopes[i];

		if (s->kind == LIMITS_PATH && (s->mask & bit) != 0 && str_starts(path, s->target))
			return true;
	}
	return false;
}

bool
limits_have_name(const struct limits *l, struct str name)
{
	if (l == NULL || l->scopes_len == 0)
		return true;
	for (size_t i = 0; i < l->scopes_len; i++) {
		if (l->scopes[i].kind == LIMITS_NAME && str_eq(l->scopes[i].target, name))
			return true;
	}
	return false;
}
