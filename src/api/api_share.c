#include "api/api_share.h"

#include "api/api_doc.h"
#include "api/args.h"
#include "auth/who.h"
#include "doc/doc_body.h"
#include "doc/perm.h"
#include "doc/share.h"
#include "doc/share_rules.h"
#include "json/json_in.h"

static const char *const RIGHTS[] = { "read", "write", "submit", "share" };

/* Which document, and with whom; without a name of one: with the caller himself. */
static MUST_USE bool
read_place(struct call *call, struct share_rules_place *out, struct err *err)
{
	*out = (struct share_rules_place){ .everyone = args_bool(call->args, "everyone", false) };
	if (!api_doc_type(call, &out->doctype, err) || !args_str(call, "name", &out->name, err) ||
	    !args_str_or_null(call, "user", &out->user, err))
		return false;
	if (out->user.len == 0)
		out->user = call->who->name;
	return true;
}

/* The row of DocShare as it is (*old NULL: none) and a copy to be changed. */
static MUST_USE bool
open_share(struct call *call, const struct share_rules_place *place, struct doc **old,
    struct doc **d, struct err *err)
{
	if (!share_rules_check(call, place, err) || !share_rules_find(call, place, old, err))
		return false;
	if (!(*old)->is_new)
		return doc_body_copy(call, *old, d, err);
	*d = *old;
	*old = NULL;
	return true;
}

static MUST_USE bool
close_share(struct call *call, struct doc *d, const struct doc *old, struct err *err)
{
	struct doc *written;

	if (!share_rules_write(call, d, old, &written, err))
		return false;
	if (written != NULL)
		return api_doc_write(call, written, err);
	json_open_object(&call->out);
	json_close_object(&call->out);
	return true;
}

static bool
add(struct call *call, struct err *err)
{
	struct share_rules_place place;
	struct doc *old, *d;

	if (!read_place(call, &place, err) || !open_share(call, &place, &old, &d, err))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(RIGHTS); i++)
		(void)doc_set(
		    d, str_from(RIGHTS[i]), value_int(args_bool(call->args, RIGHTS[i], i == 0)));
	return close_share(call, d, old, err);
}

static bool
is_right(struct str word)
{
	for (size_t i = 0; i < ARRAY_LEN(RIGHTS); i++) {
		if (str_eq(str_from(RIGHTS[i]), word))
			return true;
	}
	return false;
}

/* Without read there is nothing. */
static void
clear(struct doc *d, struct str right)
{
	for (size_t i = 0; i < ARRAY_LEN(RIGHTS); i++) {
		if (str_eq(right, STR("read")) || str_eq(right, str_from(RIGHTS[i])))
			(void)doc_set(d, str_from(RIGHTS[i]), value_int(0));
	}
}

static bool
set_permission(struct call *call, struct err *err)
{
	struct share_rules_place place;
	struct doc *old, *d;
	struct str right;

	if (!read_place(call, &place, err) || !args_str(call, "permission_to", &right, err))
		return false;
	if (!is_right(right))
		return err_set(err, ERR_VALIDATION,
		    "permission_to is read, write, submit or share, not %.*s",
		    STR_FMT(str_sub(right, 0, 40)));
	if (!open_share(call, &place, &old, &d, err))
		return false;
	if (args_bool(call->args, "value", true))
		(void)doc_set(d, right, value_int(1));
	else
		clear(d, right);
	return close_share(call, d, old, err);
}

static bool
remove_share(struct call *call, struct err *err)
{
	struct share_rules_place place;
	struct doc *old, *d;

	if (!read_place(call, &place, err) || !open_share(call, &place, &old, &d, err))
		return false;
	clear(d, STR("read"));
	return close_share(call, d, old, err);
}

/* ---- who has it */

static bool
get_users(struct call *call, struct err *err)
{
	struct share_rules_place place;
	bool reads = false;
	struct doc *d;

	if (!read_place(call, &place, err) ||
	    !doc_must_load(call, place.doctype, place.name, &d, err) ||
	    !perm_has(call, d, RIGHT_READ, &reads, err))
		return false;
	json_open_array(&call->out);
	if (reads && !share_write_users(call, d, &call->out, err))
		return false;
	json_close_array(&call->out);
	return true;
}

/* clang-format off */
static const struct method METHODS[] = {
	{ .name = STR_INIT("frappe.share.add"), .verbs = VERBS_WRITE, .who = WHO_LOGGED_IN, .run = RUN_WRITE, .body = add,
	  .help = "Share a document: doctype, name, user or everyone, and read, write, submit, share" },
	{ .name = STR_INIT("frappe.share.set_permission"), .verbs = VERBS_WRITE, .who = WHO_LOGGED_IN, .run = RUN_WRITE, .body = set_permission,
	  .help = "Change one right of a share: doctype, name, user or everyone, permission_to, value" },
	{ .name = STR_INIT("frappe.share.remove"), .verbs = VERBS_WRITE, .who = WHO_LOGGED_IN, .run = RUN_WRITE, .body = remove_share,
	  .help = "Take a share back: doctype, name, user or everyone" },
	{ .name = STR_INIT("frappe.share.get_users"), .verbs = VERBS_ANY, .who = WHO_LOGGED_IN, .run = RUN_READ, .body = get_users,
	  .help = "With whom a document is shared: doctype, name" },
};
/* clang-format on */

const struct method_table API_SHARE_METHODS = { METHODS, ARRAY_LEN(METHODS) };
