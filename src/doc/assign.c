#include "doc/assign.h"

#include "auth/auth.h"
#include "auth/who.h"
#include "doc/doc_body.h"
#include "doc/life.h"
#include "doc/log_row.h"
#include "doc/perm.h"
#include "doc/share_rules.h"

static const struct str TODO = STR_INIT("ToDo");
static const struct str STATUS = STR_INIT("status");

#define OF_DOCUMENT                                                                                \
	" FROM `tabToDo` WHERE `reference_type` = ?1 AND `reference_name` COLLATE NOCASE = ?2"     \
	" AND `status` NOT IN ('Cancelled', 'Closed')"

static const struct str FIND_SQL = STR_INIT(
    "SELECT `name`" OF_DOCUMENT
    " AND `allocated_to` COLLATE NOCASE = ?3 ORDER BY `creation` DESC, `name` DESC LIMIT 1");
static const struct str LIST_SQL =
    STR_INIT("SELECT `allocated_to`, `name`, `description`, `status`" OF_DOCUMENT
	     " AND `allocated_to` <> '' ORDER BY `creation` DESC, `name` DESC LIMIT 100");

/* The user's open ToDo for the document; null: none. */
static MUST_USE bool
find(struct call *call, const struct doc *d, struct str user, struct str *out, struct err *err)
{
	const struct value params[] = { value_text(d->doctype->name), d->values[DOC_NAME],
		value_text(user) };
	struct value name;
	bool found;

	*out = STR_NULL;
	if (!db_query_row(
		call->db, call->arena, FIND_SQL, params, ARRAY_LEN(params), &name, 1, &found, err))
		return false;
	if (found)
		*out = value_str(name);
	return true;
}

/* ---- giving */

static MUST_USE bool
make(struct call *call, const struct doc *of, const struct assign_new *what, struct err *err)
{
	struct str description = what->description;
	struct doc *d;

	if (!log_row_new(call, TODO, &d, err))
		return false;
	if (description.len == 0 &&
	    !arena_printf(call->arena, &description, err, "Assignment for %.*s %.*s",
		STR_FMT(of->doctype->name), STR_FMT(doc_name(of))))
		return false;
	(void)doc_set(d, STR("allocated_to"), value_text(what->user));
	(void)doc_set(d, STR("assigned_by"), value_text(call->who->name));
	(void)doc_set(d, STR("reference_type"), value_text(of->doctype->name));
	(void)doc_set(d, STR("reference_name"), value_text(doc_name(of)));
	(void)doc_set(d, STR("description"), value_text(description));
	if (what->priority.len > 0)
		(void)doc_set(d, STR("priority"), value_text(what->priority));
	if (what->date.len > 0)
		(void)doc_set(d, STR("date"), value_text(what->date));
	struct life life = { .d = d, .without_rights = true };

	return life_insert(call, &life, err);
}

/* May that user read the document? */
static MUST_USE bool
can_read(struct call *call, struct str user, const struct doc *d, bool *out, struct err *err)
{
	const struct who *me = call->who, *his = auth_find_user(call->auth, user);

	*out = false;
	if (his == NULL)
		return true;
	call->who = his;
	const bool ok = perm_has(call, d, RIGHT_READ, out, err);

	call->who = me;
	return ok;
}

static MUST_USE bool
share(struct call *call, const struct doc *d, struct str user, struct err *err)
{
	const struct share_rules_place place = { d->doctype, doc_name(d), user, false };
	struct doc *row, *old = NULL, *written;

	if (!share_rules_check(call, &place, err) || !share_rules_find(call, &place, &row, err))
		return false;
	if (!row->is_new) {
		old = row;
		if (!doc_body_copy(call, old, &row, err))
			return false;
	}
	(void)doc_set(row, STR("read"), value_int(1));
	return share_rules_write(call, row, old, &written, err);
}

bool
assign_add(struct call *call, const struct doc *d, const struct assign_new *what,
    enum assign_outcome *out, struct err *err)
{
	struct str there;
	bool reads;

	*out = ASSIGN_WAS_THERE;
	if (!find(call, d, what->user, &there, err))
		return false;
	if (there.len > 0)
		return true;
	*out = ASSIGN_MADE;
	if (!make(call, d, what, err) || !can_read(call, what->user, d, &reads, err))
		return false;
	if (reads)
		return true;
	*out = ASSIGN_SHARED;
	return share(call, d, what->user, err);
}

/* ---- ending */

bool
assign_end(
    struct call *call, const struct doc *d, struct str user, const char *status, struct err *err)
{
	const struct doctype *dt;
	struct doc *old, *ended;
	struct str name;
	bool found;

	if (!find(call, d, user, &name, err))
		return false;
	if (name.len == 0)
		return true;
	if (!doc_type(call, TODO, &dt, err) || !doc_load(call, dt, name, &old, &found, err))
		return false;
	if (!found)
		return true;
	if (!doc_body_copy(call, old, &ended, err))
		return false;
	(void)doc_set(ended, STATUS, value_text(str_from(status)));
	struct life life = { .d = ended, .old = old, .without_rights = true };

	return life_update(call, &life, err);
}

/* ---- showing */

bool
assign_write(
    struct call *call, const struct doc *d, bool whole, struct json_out *out, struct err *err)
{
	static const char *const KEYS[] = { "owner", "name", "description", "status" };
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	const struct value params[] = { value_text(d->doctype->name), d->values[DOC_NAME] };
	enum db_step step;

	json_open_array(out);
	if (!db_query(call->db, LIST_SQL, params, ARRAY_LEN(params), &rows, err))
		return false;
	while ((step = db_next(rows, err)) == DB_ROW) {
		json_open_object(out);
		for (size_t i = 0; i < (whole ? ARRAY_LEN(KEYS) : 2); i++)
			json_put_value(out, KEYS[i], db_column(rows, i));
		json_close_object(out);
	}
	json_close_array(out);
	return step == DB_DONE;
}
