#include "api/route.h"

#include "http/text.h"

enum {
	ANY = ~0U,
	READS = BIT(HTTP_GET) | BIT(HTTP_HEAD),
	COLLECTION = READS | BIT(HTTP_POST),
	DOCUMENT = READS | BIT(HTTP_POST) | BIT(HTTP_PUT) | BIT(HTTP_DELETE),
	DOCUMENT_2 = READS | BIT(HTTP_PUT) | BIT(HTTP_PATCH) | BIT(HTTP_DELETE),
};

/* What may follow a prefix. */
enum shape {
	EXACT,        /* nothing */
	BELOW,        /* nothing, or a slash and anything */
	METHOD,       /* METHOD, then anything after a slash */
	METHOD_2,     /* METHOD, or DOCTYPE/METHOD */
	TYPE,         /* DOCTYPE */
	TYPE_COUNT,   /* DOCTYPE/count */
	TYPE_META,    /* DOCTYPE/meta */
	NAMED,        /* DOCTYPE/NAME, slashes in NAME */
	NAMED_METHOD, /* DOCTYPE/NAME/method/METHOD */
};

/* The first row that fits counts. */
/* clang-format off */
static const struct {
	struct str prefix;
	enum shape shape;
	enum route_kind kind;
	unsigned verbs;
	bool names_verbs;
} ROUTES[] = {
	{ STR_INIT("/api/method"),       EXACT,        ROUTE_COMMAND,         ANY,        false },
	{ STR_INIT("/api/method/"),      METHOD,       ROUTE_METHOD,          ANY,        false },
	{ STR_INIT("/api/resource/"),    TYPE,         ROUTE_COLLECTION,      COLLECTION, true },
	{ STR_INIT("/api/resource/"),    NAMED,        ROUTE_DOCUMENT,        DOCUMENT,   false },
	{ STR_INIT("/api/v2/method/"),   METHOD_2,     ROUTE_METHOD,          ANY,        false },
	{ STR_INIT("/api/v2/document/"), TYPE,         ROUTE_COLLECTION,      COLLECTION, true },
	{ STR_INIT("/api/v2/document/"), NAMED_METHOD, ROUTE_DOCUMENT_METHOD, COLLECTION, false },
	{ STR_INIT("/api/v2/document/"), NAMED,        ROUTE_DOCUMENT,        DOCUMENT_2, false },
	{ STR_INIT("/api/v2/doctype/"),  TYPE_COUNT,   ROUTE_COUNT,           READS,      true },
	{ STR_INIT("/api/v2/doctype/"),  TYPE_META,    ROUTE_META,            READS,      true },
	{ STR_INIT("/api/openapi.json"), EXACT,        ROUTE_OPENAPI,         READS,      true },
	{ STR_INIT("/api/"),             BELOW,        ROUTE_NONE,            ANY,        false },
	{ STR_INIT("/auth/verify"),      BELOW,        ROUTE_VERIFY,          ANY,        false },
	{ STR_INIT("/healthz"),          EXACT,        ROUTE_HEALTH,          READS,      true },
	{ STR_INIT("/readyz"),           EXACT,        ROUTE_HEALTH,          READS,      true },
	{ STR_INIT("/assets"),           BELOW,        ROUTE_ASSET,           READS,      true },
	{ STR_INIT("/files/"),           BELOW,        ROUTE_FILE,            READS,      true },
	{ STR_INIT("/private/"),         BELOW,        ROUTE_FILE,            READS,      true },
	{ STR_INIT("/backups/"),         BELOW,        ROUTE_FILE,            READS,      true },
	{ STR_INIT("/"),                 EXACT,        ROUTE_COMMAND,         ANY,        false },
};

static const char *const CLASSES[ROUTE_KINDS] = {
	[ROUTE_NONE] = "none",
	[ROUTE_METHOD] = "method",
	[ROUTE_COMMAND] = "command",
	[ROUTE_COLLECTION] = "collection",
	[ROUTE_DOCUMENT] = "document",
	[ROUTE_DOCUMENT_METHOD] = "document_method",
	[ROUTE_COUNT] = "count",
	[ROUTE_META] = "meta",
	[ROUTE_OPENAPI] = "openapi",
	[ROUTE_VERIFY] = "verify",
	[ROUTE_HEALTH] = "health",
	[ROUTE_ASSET] = "asset",
	[ROUTE_FILE] = "file",
	[ROUTE_PAGE] = "page",
};

static const char *const VERBS[] = {
	[HTTP_GET] = "GET", [HTTP_HEAD] = "HEAD", [HTTP_POST] = "POST", [HTTP_PUT] = "PUT",
	[HTTP_PATCH] = "PATCH", [HTTP_DELETE] = "DELETE", [HTTP_OPTIONS] = "OPTIONS",
};
/* clang-format on */

const char *
route_class(enum route_kind kind)
{
	return CLASSES[kind];
}

/* Slashes at the very start are one. */
static struct str
one_slash(struct str path)
{
	while (str_starts(path, STR("//")))
		path = str_sub(path, 1, path.len);
	return path;
}

/* "//" somewhere. */
static bool
has_empty_part(struct str path)
{
	struct str part;

	while (str_cut(path, '/', &part, &path)) {
		if (path.len > 0 && path.ptr[0] == '/')
			return true;
	}
	return false;
}

/* The path itself, or below it. */
static bool
is_below(struct str path, struct str top)
{
	return str_starts(path, top) && (path.len == top.len || path.ptr[top.len] == '/');
}

bool
route_is_api(struct str path)
{
	return str_starts(one_slash(path), STR("/api/"));
}

bool
route_is_v2(struct str path)
{
	return is_below(one_slash(path), STR("/api/v2"));
}

bool
route_is_verify(struct str path)
{
	return is_below(one_slash(path), STR("/auth/verify"));
}

/* rest is DOCTYPE/NAME/method/METHOD. */
static bool
cut_method(struct str rest, struct route *r)
{
	static const struct str WORD = STR_INIT("/method/");
	struct str name;

	if (!str_cut(rest, '/', &r->doctype, &name))
		return false;
	for (size_t at = name.len; at-- > 1;) {
		const struct str tail = str_sub(name, at, name.len);

		if (!str_starts(tail, WORD))
			continue;
		r->method = str_sub(tail, WORD.len, tail.len);
		r->name = str_sub(name, 0, at);
		return r->method.len > 0 && str_find(r->method, '/') < 0;
	}
	return false;
}

/* Does rest, what follows a prefix, have the shape? Its parts go to *r. */
static bool
fits(enum shape shape, struct str rest, struct route *r)
{
	struct str after = STR_NULL;

	switch (shape) {
	case EXACT:
		return rest.len == 0;
	case BELOW:
		return rest.len == 0 || rest.ptr[0] == '/' || rest.ptr[-1] == '/';
	case METHOD:
		str_cut(rest, '/', &r->method, &after);
		return r->method.len > 0;
	case METHOD_2:
		if (str_cut(rest, '/', &r->doctype, &r->method))
			return r->doctype.len > 0 && r->method.len > 0;
		r->method = r->doctype;
		r->doctype = STR_NULL;
		return r->method.len > 0;
	case TYPE:
		r->doctype = rest;
		return rest.len > 0 && str_find(rest, '/') < 0;
	case TYPE_COUNT:
	case TYPE_META:
		return str_cut(rest, '/', &r->doctype, &after) && r->doctype.len > 0 &&
		    str_eq(after, shape == TYPE_COUNT ? STR("count") : STR("meta"));
	case NAMED:
		return str_cut(rest, '/', &r->doctype, &r->name) && r->doctype.len > 0 &&
		    r->name.len > 0;
	case NAMED_METHOD:
		return cut_method(rest, r);
	}
	return false;
}

/* /api/v1/x is /api/x. */
static MUST_USE bool
drop_v1(struct arena *a, struct str *path, struct err *err)
{
	static const struct str V1 = STR_INIT("/api/v1/");

	if (!str_starts(*path, V1))
		return true;
	const struct str rest = str_sub(*path, V1.len, path->len);

	return arena_printf(a, path, err, "/api/%.*s", STR_FMT(rest));
}

static void
match(struct str path, struct route *out)
{
	const bool api = out->api;
	const bool v2 = out->v2;

	for (size_t i = 0; i < ARRAY_LEN(ROUTES); i++) {
		struct route r = { .kind = ROUTES[i].kind,
			.api = api,
			.v2 = v2,
			.verbs = ROUTES[i].verbs,
			.names_verbs = ROUTES[i].names_verbs,
			.path = path };

		if (!str_starts(path, ROUTES[i].prefix))
			continue;
		if (!fits(ROUTES[i].shape, str_sub(path, ROUTES[i].prefix.len, path.len), &r))
			continue;
		*out = r;
		return;
	}
}

bool
route_find(struct arena *a, struct str path, struct route *out, struct err *err)
{
	path = one_slash(path);
	*out = (struct route){ .kind = route_is_api(path) ? ROUTE_NONE : ROUTE_PAGE,
		.api = route_is_api(path),
		.v2 = route_is_v2(path),
		.verbs = ANY,
		.path = path };
	if (!http_percent_decode(a, path, false, &path, err) || !drop_v1(a, &path, err))
		return false;
	out->path = path;
	if (has_empty_part(path))
		return true;
	if (path.len > 1 && str_ends(path, STR("/")))
		path = str_sub(path, 0, path.len - 1);
	out->path = path;
	match(path, out);
	return true;
}

bool
route_check_verb(const struct route *r, enum http_verb verb, struct err *err)
{
	char text[ROUTE_ALLOW_SIZE];

	if ((r->verbs & BIT(verb)) != 0)
		return true;
	if (!r->names_verbs)
		return err_set(err, ERR_DOES_NOT_EXIST, "%s", "");
	const struct str allow = route_allow(r, text);

	return err_set(err, ERR_METHOD_NOT_ALLOWED, "Only %.*s are allowed here", STR_FMT(allow));
}

struct str
route_allow(const struct route *r, char *text)
{
	size_t len = 0;

	for (size_t i = 0; i < ARRAY_LEN(VERBS); i++) {
		const size_t verb = strlen(VERBS[i]);

		if ((r->verbs & BIT(i)) == 0)
			continue;
		if (len > 0) {
			memcpy(text + len, ", ", 2);
			len += 2;
		}
		memcpy(text + len, VERBS[i], verb);
		len += verb;
	}
	return (struct str){ text, len };
}
