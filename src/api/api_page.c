#include "api/api_page.h"

#include "api/answer.h"
#include "api/args.h"
#include "api/condition.h"
#include "auth/auth.h"
#include "auth/session.h"
#include "base/asset.h"
#include "conf/conf.h"
#include "doc/clean.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { FILE_MAX = 16 * 1024 * 1024, PATH_MAX_LEN = 512 };

/* In the place of ASSET_VERSION when the pages come from the disk. */
static const struct str WORK_VERSION = STR_INIT("work");

static const struct str HTML = STR_INIT("text/html; charset=utf-8");

/* Letters, digits, - _ . and slashes, and no step upwards. */
static bool
is_asset_path(struct str path)
{
	for (size_t i = 0; i < path.len; i++) {
		const char c = path.ptr[i];

		if (!char_is_word(c) && c != '-' && c != '.' && c != '/')
			return false;
	}
	return path.len > 0 && path.len < PATH_MAX_LEN && path.ptr[0] != '/' &&
	    str_find_str(path, STR("..")) < 0;
}

/* [server] ui_dir: for work on the pages. The whole file goes to out. */
static MUST_USE bool
read_file(const struct call *call, struct str path, struct buf *out, struct err *err)
{
	char name[2 * PATH_MAX_LEN];
	const struct str dir = call->conf->server.ui_dir;
	const int len = snprintf(name, sizeof(name), "%.*s/%.*s", STR_FMT(dir), STR_FMT(path));

	if (len < 0 || (size_t)len >= sizeof(name))
		return err_set(err, ERR_DOES_NOT_EXIST, "There is no such file");
	const int fd = open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return err_set(err, ERR_DOES_NOT_EXIST, "There is no such file");
	ssize_t n = 0;

	do {
		char *room = buf_room(out, 64 * 1024);

		n = room == NULL ? -1 : read(fd, room, 64 * 1024);
		if (n > 0)
			buf_grew(out, (size_t)n);
	} while (n > 0 || (n < 0 && errno == EINTR && buf_ok(out)));
	close(fd);
	return n == 0 || err_set(err, ERR_INTERNAL, "A file of the pages cannot be read");
}

/* The file as it was built in, whose media type and etag count even when the disk is read. */
static const struct asset *
find_asset(struct str path)
{
	char name[PATH_MAX_LEN + 4];
	const int len = snprintf(name, sizeof(name), "ui/%.*s", STR_FMT(path));

	if (len < 0 || (size_t)len >= sizeof(name))
		return NULL;
	return asset_find((struct str){ name, (size_t)len });
}

/*
 * Pages name their files below a version, so that browsers keep them for good and scripts find each
 * other in the same one. Under another version there is what there is now, to be asked for again.
 */
static struct str
without_version(struct str path, bool *is_current)
{
	struct str version, rest;

	*is_current = false;
	if (!str_cut(path, '/', &version, &rest) ||
	    !(str_eq(version, WORK_VERSION) || version.len == ASSET_VERSION.len))
		return path;
	*is_current = str_eq(version, ASSET_VERSION);
	return rest;
}

static bool
no_page(struct call *call, struct err *err)
{
	const struct page_value values[] = {
		{ STR("title"), STR("Not Found") },
		{ STR("text"), STR("There is nothing at this address.") },
	};

	if (!api_page_write(call, STR("error.html"), values, ARRAY_LEN(values), err))
		return false;
	call->response.status = 404;
	return true;
}

static bool
asset(struct call *call, struct err *err)
{
	const struct str path = args_plan(call)->route->path;
	bool is_current;
	const struct str below =
	    without_version(str_sub(path, STR("/assets/").len, path.len), &is_current);
	const struct asset *a = is_asset_path(below) ? find_asset(below) : NULL;
	const bool from_disk = call->conf->server.ui_dir.len > 0;

	/* Pages have values in them and are no assets. */
	if (a == NULL || str_ends(below, STR(".html")))
		return no_page(call, err);
	call->response.type = a->type;
	call->response.cache =
	    is_current && !from_disk ? STR("public, max-age=31536000, immutable") : STR("no-cache");
	answer_page_fields(call);
	if (from_disk)
		return read_file(call, below, &call->response.body, err);
	if (!condition_tag(call, a->etag))
		buf_put(&call->response.body, a->bytes);
	return true;
}

/* {{assets}} stands in every page; the other values are the page's own. */
static struct str
value_of(
    const struct call *call, struct str name, const struct page_value *values, size_t values_len)
{
	if (str_eq(name, STR("assets")))
		return call->conf->server.ui_dir.len > 0 ? WORK_VERSION : ASSET_VERSION;
	for (size_t i = 0; i < values_len; i++) {
		if (str_eq(values[i].name, name))
			return values[i].value;
	}
	return STR("");
}

static void
fill(struct call *call, struct str text, const struct page_value *values, size_t len)
{
	struct buf *b = &call->response.body;
	static const struct str OPEN = STR_INIT("{{"), CLOSE = STR_INIT("}}");

	for (;;) {
		const ptrdiff_t at = str_find_str(text, OPEN);

		if (at < 0)
			break;
		buf_put(b, str_sub(text, 0, (size_t)at));
		text = str_sub(text, (size_t)at + OPEN.len, text.len);
		const ptrdiff_t end = str_find_str(text, CLOSE);

		if (end < 0)
			break;
		clean_escape(b, value_of(call, str_sub(text, 0, (size_t)end), values, len));
		text = str_sub(text, (size_t)end + CLOSE.len, text.len);
	}
	buf_put(b, text);
}

bool
api_page_write(struct call *call, struct str file, const struct page_value *values,
    size_t values_len, struct err *err)
{
	CLEANUP(buf_free) struct buf disk = BUF_INIT(FILE_MAX);
	const struct asset *a = find_asset(file);
	struct str text;

	if (a == NULL)
		return err_set(err, ERR_INTERNAL, "A page is missing from this program");
	text = a->bytes;
	if (call->conf->server.ui_dir.len > 0) {
		if (!read_file(call, file, &disk, err))
			return false;
		text = buf_str(&disk);
	}
	buf_clear(&call->response.body);
	call->response.type = HTML;
	fill(call, text, values, values_len);
	answer_page_fields(call);
	return true;
}

void
api_page_error(struct call *call, const struct err *err)
{
	const struct page_value values[] = {
		{ STR("title"), STR("Error") },
		{ STR("text"),
		    err->msg[0] == '\0' ? STR("The request was refused.") : str_from(err->msg) },
	};
	struct err ignored;

	if (api_page_write(call, STR("error.html"), values, ARRAY_LEN(values), &ignored))
		return;
	call->response.type = STR("text/plain; charset=utf-8");
	buf_put(&call->response.body, values[1].value);
}

static bool
home(struct call *call, struct err *err)
{
	(void)err;
	if (call->who->is_guest)
		answer_redirect(call, STR("/login"));
	else
		answer_redirect(call, call->who->is_system_user ? STR("/app") : STR("/me"));
	return true;
}

static bool
login_page(struct call *call, struct err *err)
{
	static const struct page_value NONE[1];

	if (!call->who->is_guest)
		return home(call, err);
	return api_page_write(call, STR("login.html"), NONE, 0, err);
}

/* After the login the browser comes back to this page. */
static MUST_USE bool
to_login(struct call *call, struct err *err)
{
	struct str here, target;

	if (!arena_printf(call->arena, &here, err, "%.*s%s%.*s", STR_FMT(call->path),
		call->query.len > 0 ? "?" : "", STR_FMT(call->query)) ||
	    !http_percent_encode(call->arena, here, STR("/"), &here, err) ||
	    !arena_printf(call->arena, &target, err, "/login?redirect-to=%.*s", STR_FMT(here)))
		return false;
	answer_redirect(call, target);
	return true;
}

/* A page for whoever is logged in; it hands out the session's CSRF token. */
static bool
app_page(struct call *call, struct err *err)
{
	struct str csrf = STR("");

	if (call->who->is_guest)
		return to_login(call, err);
	if (call->identity.kind == IDENTITY_SESSION) {
		csrf = session_csrf_peek(call);
		if (str_is_null(csrf) && !session_csrf(call, &csrf, err))
			return false;
	}
	const struct page_value values[] = {
		{ STR("user"), call->who->name },
		{ STR("full_name"), call->who->full_name },
		{ STR("csrf"), csrf },
	};

	call->response.secret = true;
	return api_page_write(call, STR("app.html"), values, ARRAY_LEN(values), err);
}

static bool
update_password_page(struct call *call, struct err *err)
{
	static const struct page_value NONE[1];

	return api_page_write(call, STR("update_password.html"), NONE, 0, err);
}

/* clang-format off */
static const struct {
	struct str path;
	call_fn *body;
	bool below; /* /app/anything, too */
	bool csrf;  /* mints the session's token, which is a write */
} PAGES[] = {
	{ STR_INIT("/"),      home,       false, false },
	{ STR_INIT("/login"), login_page, false, false },
	{ STR_INIT("/update-password"), update_password_page, false, false },
	{ STR_INIT("/app"),   app_page,   true,  true },
	{ STR_INIT("/me"),    app_page,   false, true },
};
/* clang-format on */

static bool
is_page(size_t at, struct str path)
{
	const struct str page = PAGES[at].path;

	if (str_eq(path, page))
		return true;
	return PAGES[at].below && str_starts(path, page) && path.ptr[page.len] == '/';
}

static enum call_run
lane_of(const struct call *call, bool csrf)
{
	if (csrf && call->identity.kind == IDENTITY_SESSION &&
	    str_is_null(session_csrf_peek((struct call *)call)))
		return RUN_WRITE;
	return call->conf->server.ui_dir.len > 0 ? RUN_READ : RUN_MEMORY;
}

bool
api_page_plan(struct call *call, const struct route *r, struct err *err)
{
	(void)err;
	call->plan = (struct plan){ .run = lane_of(call, false), .body = no_page };
	if (r->kind == ROUTE_ASSET) {
		call->plan.body = asset;
		return true;
	}
	if (call->verb != HTTP_GET && call->verb != HTTP_HEAD)
		return true;
	for (size_t i = 0; i < ARRAY_LEN(PAGES); i++) {
		if (!is_page(i, r->path))
			continue;
		call->plan.run = lane_of(call, PAGES[i].csrf);
		call->plan.body = PAGES[i].body;
	}
	return true;
}
