#include "api/api_assign.h"

#include "api/api_doc.h"
#include "api/args.h"
#include "auth/who.h"
#include "doc/assign.h"
#include "doc/comment.h"
#include "doc/perm.h"
#include "json/json_in.h"

enum { USERS_MAX = 100, NOTE_MAX = 16 * 1024 };

/* The document that doctype and name name, which the caller may read. */
static MUST_USE bool
read_target(struct call *call, struct doc **out, struct err *err)
{
	const struct doctype *dt;
	struct str name;

	return api_doc_type(call, &dt, err) && args_str(call, "name", &name, err) &&
	    comment_target(call, dt, name, RIGHT_READ, out, err);
}

/* The users of assign_to: a list, or one alone. */
static MUST_USE bool
read_users(struct call *call, struct str *users, size_t *len, struct err *err)
{
	const json_t *given;

	if (!args_json(call, "assign_to", &given, err))
		return false;
	const bool is_list = json_is_array(given);

	*len = is_list ? json_array_size(given) : 1;
	if (*len == 0 || *len > USERS_MAX)
		return err_set(
		    err, ERR_VALIDATION, "assign_to is a list of 1 to %d users", (int)USERS_MAX);
	for (size_t i = 0; i < *len; i++) {
		users[i] = json_text(is_list ? json_array_get(given, i) : given);
		if (users[i].len == 0)
			return err_set(err, ERR_VALIDATION, "assign_to is a list of users' names");
	}
	return true;
}

/* Tells of the users whose assignment ended so, if there are any. */
static MUST_USE bool
tell(struct call *call, const char *what, const struct str *users, const enum assign_outcome *ended,
    enum assign_outcome which, struct err *err)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(NOTE_MAX);
	struct str text;

	for (size_t i = 0; users[i].len > 0; i++) {
		if (ended[i] != which)
			continue;
		buf_put(&b, b.len == 0 ? str_from(what) : STR(", "));
		buf_put(&b, users[i]);
	}
	if (!buf_ok(&b))
		return err_memory(err);
	return b.len == 0 ||
	    (arena_str(call->arena, buf_str(&b), &text, err) && call_alert(call, text, err));
}

static bool
add(struct call *call, struct err *err)
{
	struct str users[USERS_MAX + 1] = { 0 };
	enum assign_outcome ended[USERS_MAX] = { 0 };
	struct assign_new what;
	struct doc *d;
	size_t len;

	if (!read_target(call, &d, err) || !read_users(call, users, &len, err) ||
	    !args_str_or_null(call, "description", &what.description, err) ||
	    !args_str_or_null(call, "priority", &what.priority, err) ||
	    !args_str_or_null(call, "date", &what.date, err))
		return false;
	for (size_t i = 0; i < len; i++) {
		what.user = users[i];
		if (!assign_add(call, d, &what, &ended[i], err))
			return false;
	}
	return tell(call, "Shared, so that they can read it, with: ", users, ended, ASSIGN_SHARED,
		   err) &&
	    tell(call, "It is on the list already of: ", users, ended, ASSIGN_WAS_THERE, err) &&
	    assign_write(call, d, false, &call->out, err);
}

static MUST_USE bool
end(struct call *call, const char *status, struct err *err)
{
	struct doc *d;
	struct str user;

	if (!read_target(call, &d, err) || !args_str(call, "assign_to", &user, err))
		return false;
	if (str_eq(str_from(status), STR("Closed")) && !str_ieq(user, call->who->name))
		return err_set(err, ERR_VALIDATION, "Only the assignee can complete this to-do.");
	return assign_end(call, d, user, status, err) &&
	    assign_write(call, d, false, &call->out, err);
}

static bool
remove_assignment(struct call *call, struct err *err)
{
	return end(call, "Cancelled", err);
}

static bool
close_assignment(struct call *call, struct err *err)
{
	return end(call, "Closed", err);
}

static bool
get(struct call *call, struct err *err)
{
	const struct doctype *dt;
	struct doc *d;
	struct str name;

	return api_doc_type(call, &dt, err) && args_str(call, "name", &name, err) &&
	    doc_must_load(call, dt, name, &d, err) && perm_check_doc(call, d, RIGHT_READ, err) &&
	    assign_write(call, d, false, &call->out, err);
}

/* clang-format off */
static const struct method METHODS[] = {
	{ .name = STR_INIT("frappe.desk.form.assign_to.add"), .verbs = VERBS_WRITE, .who = WHO_LOGGED_IN, .run = RUN_WRITE, .body = add,
	  .help = "Give a document to users: assign_to, doctype, name, description, priority, date" },
	{ .name = STR_INIT("frappe.desk.form.assign_to.remove"), .verbs = VERBS_WRITE, .who = WHO_LOGGED_IN, .run = RUN_WRITE, .body = remove_assignment,
	  .help = "Take a document back from a user: doctype, name, assign_to" },
	{ .name = STR_INIT("frappe.desk.form.assign_to.close"), .verbs = VERBS_WRITE, .who = WHO_LOGGED_IN, .run = RUN_WRITE, .body = close_assignment,
	  .help = "The caller's part is done: doctype, name, assign_to" },
	{ .name = STR_INIT("frappe.desk.form.assign_to.get"), .verbs = VERBS_ANY, .who = WHO_LOGGED_IN, .run = RUN_READ, .body = get,
	  .help = "Who has a document to work on: doctype, name" },
};
/* clang-format on */

const struct method_table API_ASSIGN_METHODS = { METHODS, ARRAY_LEN(METHODS) };
