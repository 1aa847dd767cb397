#include "api/method.h"

#include "auth/auth.h"
#include "api/api_assign.h"
#include "api/api_audit.h"
#include "api/api_auth.h"
#include "api/api_client.h"
#include "api/api_comment.h"
#include "api/api_deleted.h"
#include "api/api_desk.h"
#include "api/api_desk_doc.h"
#include "api/api_desk_meta.h"
#include "api/api_docmethod.h"
#include "api/api_file.h"
#include "api/api_folder.h"
#include "api/api_keys.h"
#include "api/api_many.h"
#include "api/api_meta.h"
#include "api/api_misc.h"
#include "api/api_password.h"
#include "api/api_permission.h"
#include "api/api_pepper.h"
#include "api/api_rename.h"
#include "api/api_sessions.h"
#include "api/api_share.h"
#include "api/api_status.h"
#include "api/api_tag.h"
#include "api/api_user.h"
#include "api/args.h"
#include "api/envelope.h"
#include "auth/who.h"
#include "base/buf.h"

/* Those that are called most come first. */
static const struct method_table *const TABLES[] = { &API_AUTH_METHODS, &API_CLIENT_METHODS,
	&API_DOCMETHOD_METHODS, &API_DESK_METHODS, &API_USER_METHODS, &API_PASSWORD_METHODS,
	&API_MISC_METHODS, &API_KEYS_METHODS, &API_META_METHODS, &API_STATUS_METHODS,
	&API_SHARE_METHODS, &API_RENAME_METHODS, &API_FILE_METHODS, &API_FOLDER_METHODS,
	&API_DELETED_METHODS, &API_MANY_METHODS, &API_COMMENT_METHODS, &API_TAG_METHODS,
	&API_DESK_DOC_METHODS, &API_DESK_META_METHODS, &API_AUDIT_METHODS, &API_ASSIGN_METHODS,
	&API_PERMISSION_METHODS, &API_SESSIONS_METHODS, &API_PEPPER_METHODS };

/* Other names of a method. */
/* clang-format off */
static const struct { struct str alias, name; } ALIASES[] = {
	{ STR_INIT("frappe.ping"),               STR_INIT("ping") },
	{ STR_INIT("frappe.handler.ping"),       STR_INIT("ping") },
	{ STR_INIT("frappe.handler.logout"),     STR_INIT("logout") },
	{ STR_INIT("frappe.handler.upload_file"), STR_INIT("upload_file") },
	{ STR_INIT("frappe.handler.download_file"), STR_INIT("download_file") },
	{ STR_INIT("frappe.utils.file_manager.download_file"), STR_INIT("download_file") },
	{ STR_INIT("frappe.core.doctype.file.file.download_file"), STR_INIT("download_file") },
	{ STR_INIT("frappe.core.doctype.file.file.create_new_folder"), STR_INIT("frappe.core.api.file.create_new_folder") },
	{ STR_INIT("frappe.core.doctype.file.file.get_max_file_size"), STR_INIT("frappe.core.api.file.get_max_file_size") },
	{ STR_INIT("frappe.core.doctype.file.file.get_files_in_folder"), STR_INIT("frappe.core.api.file.get_files_in_folder") },
	{ STR_INIT("frappe.core.doctype.file.file.move_file"), STR_INIT("frappe.core.api.file.move_file") },
	{ STR_INIT("frappe.core.doctype.file.file.get_attached_images"), STR_INIT("frappe.core.api.file.get_attached_images") },
	{ STR_INIT("runserverobj"),              STR_INIT("run_doc_method") },
	{ STR_INIT("frappe.handler.web_logout"), STR_INIT("web_logout") },
};
/* clang-format on */

static struct str
without_alias(struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(ALIASES); i++) {
		if (str_eq(ALIASES[i].alias, name))
			return ALIASES[i].name;
	}
	return name;
}

static const struct method *
find_in(const struct method_table *t, struct str name)
{
	for (size_t i = 0; i < t->len; i++) {
		if (str_eq(t->rows[i].name, name))
			return &t->rows[i];
	}
	return NULL;
}

const struct method *
method_find(const struct call *call, struct str name)
{
	const bool local = call->identity.kind == IDENTITY_LOCAL;
	const struct method *m = NULL;

	name = without_alias(name);
	for (size_t i = 0; i < ARRAY_LEN(TABLES) && m == NULL; i++)
		m = find_in(TABLES[i], name);
	if (m == NULL && local && call->local != NULL)
		m = find_in(call->local, name);
	return m != NULL && m->who == WHO_LOCAL && !local ? NULL : m;
}

const struct method *
method_next(size_t *at)
{
	size_t n = (*at)++;

	for (size_t i = 0; i < ARRAY_LEN(TABLES); i++) {
		if (n < TABLES[i]->len)
			return &TABLES[i]->rows[n];
		n -= TABLES[i]->len;
	}
	return NULL;
}

bool
method_is_covered(struct str target)
{
	const struct method *m;

	for (size_t at = 0; (m = method_next(&at)) != NULL;) {
		if (m->who != WHO_LOCAL && limits_covers(target, m->name))
			return true;
	}
	return false;
}

/* For texts that clients show as HTML. */
static struct str
escape(struct str s, struct buf *b)
{
	for (size_t i = 0; i < s.len; i++) {
		switch (s.ptr[i]) {
		case '<':
			buf_lit(b, "&lt;");
			break;
		case '>':
			buf_lit(b, "&gt;");
			break;
		case '&':
			buf_lit(b, "&amp;");
			break;
		default:
			buf_put_char(b, s.ptr[i]);
			break;
		}
	}
	return buf_str(b);
}

enum { SHOWN_MAX = 140 }; /* of a name in a text */

bool
method_refuse(struct str name, struct err *err)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(SHOWN_MAX * 8);
	const struct str shown = escape(str_sub(name, 0, SHOWN_MAX), &b);

	err_set(err, ERR_PERMISSION,
	    "<details><summary>You are not permitted to access this resource.</summary>"
	    "Function <strong>%.*s</strong> is not whitelisted.</details>",
	    STR_FMT(shown));
	memcpy(err->title, "Method Not Allowed", sizeof("Method Not Allowed"));
	return false;
}

/* "App foo is not installed" is a message of its own, too, and the first. */
static MUST_USE bool
tell_app(struct call *call, struct str app, struct err *err)
{
	struct str text;

	return arena_printf(call->arena, &text, err, "App %.*s is not installed", STR_FMT(app)) &&
	    call_message(call, NULL, "red", true, text, err);
}

bool
method_unknown(struct call *call, struct str name, struct err *err)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(SHOWN_MAX * 8);
	const struct str shown = escape(str_sub(name, 0, SHOWN_MAX), &b);
	const char *const what =
	    call->v2 ? "Failed to get method" : "Failed to get method for command";
	struct str app, rest;
	const bool dotted = str_cut(shown, '.', &app, &rest);

	if (!dotted && !call->v2)
		return err_set(err, ERR_VALIDATION, "%s %.*s with '%.*s'", what, STR_FMT(shown),
		    STR_FMT(shown));
	if (str_eq(app, STR("frappe")) || str_eq(app, STR("symbolon")))
		return err_set(err, ERR_VALIDATION, "%s %.*s with there is no such method here",
		    what, STR_FMT(shown));
	if (!tell_app(call, app, err))
		return false;
	return err_set(err, ERR_VALIDATION, "%s %.*s with App %.*s is not installed", what,
	    STR_FMT(shown), STR_FMT(app));
}

/* What the caller's key may call at all; a key that only reads runs nothing that writes. */
static MUST_USE bool
check_limits(const struct call *call, const struct method *m, enum call_run run, struct err *err)
{
	const struct limits *l = auth_limits(call->auth, &call->identity);

	if (l == NULL)
		return true;
	if (!limits_allow_method(l, m->name))
		return err_set(err, ERR_PERMISSION,
		    "The scopes of this API key do not name the method %.*s", STR_FMT(m->name));
	if (l->read_only && (run == RUN_WRITE || run == RUN_WRITE_ALONE))
		return err_set(err, ERR_PERMISSION, "This API key may only read");
	return true;
}

static MUST_USE bool
check_who(const struct call *call, const struct method *m, struct err *err)
{
	switch (m->who) {
	case WHO_ANYONE:
	case WHO_LOGGED_IN:
	case WHO_LOCAL:
		return true;
	case WHO_SYSTEM_MANAGER:
		return call->who->is_system_manager ||
		    err_set_silent(err, ERR_PERMISSION, "%s", "");
	}
	return true;
}

static bool
refuse_verb(const struct method *m, struct err *err)
{
	/* clang-format off */
	static const struct { unsigned verbs; const char *text; } TEXTS[] = {
		{ VERBS_POST,   "Not permitted: this method must be called with POST" },
		{ VERBS_WRITE,  "Not permitted: this method must be called with POST or PUT" },
		{ VERBS_DELETE, "Not permitted: this method must be called with POST or DELETE" },
	};
	/* clang-format on */

	for (size_t i = 0; i < ARRAY_LEN(TEXTS); i++) {
		if (m->verbs == TEXTS[i].verbs)
			return err_set(err, ERR_PERMISSION, "%s", TEXTS[i].text);
	}
	return err_set(err, ERR_PERMISSION, "Not permitted");
}

bool
method_check(const struct call *call, const struct method *m, struct err *err)
{
	if (call->who->is_guest && m->who != WHO_ANYONE)
		return method_refuse(m->name, err);
	if ((m->verbs & BIT(call->verb)) == 0)
		return refuse_verb(m, err);
	return check_who(call, m, err) && check_limits(call, m, m->run, err);
}

bool
method_may(const struct call *call, const struct method *m)
{
	UNSET struct err ignored;

	return m->who != WHO_LOCAL && (!call->who->is_guest || m->who == WHO_ANYONE) &&
	    check_who(call, m, &ignored) && check_limits(call, m, m->run, &ignored);
}

static bool
run_method(struct call *call, struct err *err)
{
	const struct method *m = args_plan(call)->method;

	/* Roles may have changed while the call waited. */
	if (!check_who(call, m, err) || !check_limits(call, m, call->plan.run, err))
		return false;
	envelope_value(call, call->v2 ? "data" : "message");
	if (!m->body(call, err))
		return false;
	if (str_is_null(call->response.type))
		envelope_drop_empty(call);
	return true;
}

bool
method_plan(struct call *call, const struct method *m, struct err *err)
{
	args_plan(call)->method = m;
	call->plan = (struct plan){ .run = m->run,
		.prepare_run = m->prepare_run,
		.prepare = m->prepare,
		.fresh = m->fresh,
		.body = run_method };
	return m->plan == NULL || m->plan(call, err);
}
