#include "doc/api_key_rules.h"

#include "auth/key.h"
#include "auth/key_secret.h"
#include "auth/restrict.h"
#include "auth/secret.h"
#include "auth/who.h"
#include "base/clock.h"
#include "crypto/random.h"
#include "doc/user_rules.h"

static const struct str HIDE_KEY_SQL =
    STR_INIT("UPDATE `tabUser` SET `api_key` = NULL, `api_secret` = NULL "
	     "WHERE `name` COLLATE NOCASE = ?1");

static const struct str USER = STR_INIT("user");
static const struct str API_SECRET = STR_INIT("api_secret");
static const struct str NOT_BEFORE = STR_INIT("not_before");
static const struct str EXPIRES = STR_INIT("expires");

static struct str
text_of(const struct doc *d, struct str field)
{
	return str_trim(value_str(doc_get(d, field)));
}

static bool
is_on(const struct doc *d, const char *field)
{
	const struct value v = doc_get(d, str_from(field));

	return v.kind == VALUE_INT && v.i != 0;
}

static bool
name_key(struct call *call, struct doc *d, struct str *out, struct err *err)
{
	char text[KEY_LEN];

	random_hex(text, sizeof(text));
	return arena_str(call->arena, (struct str){ text, sizeof(text) }, out, err) &&
	    doc_set(d, STR("api_key"), value_text(*out));
}

/* ---- what may be in it */

/* What others write: the server itself, at rotation, at revocation, at use. */
static void
keep_columns(struct doc *d, const struct doc *old)
{
	static const struct {
		struct str field;
		bool is_number;
	} OURS[] = { { STR_INIT("classic"), true }, { STR_INIT("revoked"), true },
		{ STR_INIT("revoked_on"), false }, { STR_INIT("revoked_by"), false },
		{ STR_INIT("revoke_reason"), false }, { STR_INIT("rotated_on"), false },
		{ STR_INIT("rotated_by"), false }, { STR_INIT("last_used"), false },
		{ STR_INIT("last_used_address"), false }, { STR_INIT("uses"), true } };

	for (size_t i = 0; i < ARRAY_LEN(OURS); i++)
		(void)doc_set(d, OURS[i].field,
		    old != NULL             ? doc_get(old, OURS[i].field)
			: OURS[i].is_number ? value_int(0)
					    : value_null());
	(void)doc_set(d, STR("api_key"), d->values[DOC_NAME]);
	(void)doc_set(d, API_SECRET, value_text(KEY_SECRET_MASK));
}

/* "2027-01-31 12:00:00" as an instant; 0: empty. Types were checked. */
static int64_t
instant_of(const struct doc *d, struct str field)
{
	struct clock_civil c;

	return clock_parse(text_of(d, field), &c) ? clock_from_local(c) : 0;
}

static bool
check_window(struct call *call, const struct doc *d, const struct doc *old, struct err *err)
{
	const int64_t from = instant_of(d, NOT_BEFORE), to = instant_of(d, EXPIRES);
	const bool changed = old == NULL || instant_of(old, EXPIRES) != to;

	if (to != 0 && to <= call->now_us && changed)
		return err_set(err, ERR_VALIDATION,
		    "Expires must be in the future: switch the key off or revoke it to end it now");
	if (to != 0 && from >= to)
		return err_set(err, ERR_VALIDATION, "Not Before must be earlier than Expires");
	return true;
}

/* One network a line or comma; stored with commas, each entry checked. */
static bool
check_networks(struct call *call, struct doc *d, struct str field, struct err *err)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(64 * 1024);
	struct str rest = text_of(d, field), entry, list;

	while (restrict_next(&rest, &entry)) {
		if (!restrict_is_entry(entry))
			return err_set(err, ERR_VALIDATION,
			    "%.*s is not a network: write 10.0.0.0/8, 2001:db8::/32 or one address",
			    STR_FMT(str_sub(entry, 0, 80)));
		buf_printf(&b, "%s%.*s", b.len > 0 ? ", " : "", STR_FMT(entry));
	}
	return arena_str(call->arena, b.len > 0 ? buf_str(&b) : STR(""), &list, err) &&
	    doc_set(d, field, list.len > 0 ? value_text(list) : value_null());
}

static bool
validate_key(struct call *call, struct doc *d, const struct doc *old, struct err *err)
{
	if (str_ieq(text_of(d, USER), STR("Guest")))
		return err_set(err, ERR_VALIDATION, "The Guest has no keys");
	if (old != NULL && is_on(old, "revoked"))
		return err_set(
		    err, ERR_VALIDATION, "This key was revoked, which is final: make another one");
	keep_columns(d, old);
	d->kept = d; /* api_secret is not one of those that are kept encrypted */
	return check_window(call, d, old, err) &&
	    check_networks(call, d, STR("allowed_networks"), err) &&
	    check_networks(call, d, STR("denied_networks"), err);
}

/* ---- what follows from it */

static bool
add_secret(struct call *call, struct doc *d, struct err *err)
{
	char *text = ARENA_NEW_ARRAY(call->arena, char, SECRET_LEN);

	if (text == NULL)
		return err_memory(err);
	secret_make(text);
	d->shown = (struct str){ text, SECRET_LEN };
	call->response.secret = true;
	return key_secret_add(call, doc_name(d), d->shown, false, err);
}

static bool
tell_key(struct call *call, struct doc *d, const struct doc *old, struct err *err)
{
	return old == NULL ? add_secret(call, d, err)
			   : key_secret_apply_window(call, doc_name(d), err);
}

static bool
deleted_key(struct call *call, struct doc *d, struct err *err)
{
	const struct value user = doc_get(d, USER);

	return key_secret_end_all(call, doc_name(d), NULL, err) &&
	    (!is_on(d, "classic") || db_exec(call->db, HIDE_KEY_SQL, &user, 1, NULL, err));
}

/* ---- who may */

static bool
permits_key(struct call *call, const struct doc *d, enum right right)
{
	const struct who *who = call->who;
	const struct str user = text_of(d, USER);
	const bool reads = right == RIGHT_READ || right == RIGHT_SELECT;

	if (who->is_administrator)
		return true;
	if (who->is_system_manager)
		return reads || !user_rules_is_standard(user);
	return str_ieq(user, who->name) && (reads || call->identity.kind == IDENTITY_SESSION);
}

static void
key_condition(struct call *call, struct sqlb *b, bool *any)
{
	*any = !call->who->is_system_manager;
	if (!*any)
		return;
	sqlb_lit(b, "`user` COLLATE NOCASE = ");
	sqlb_value(b, value_text(call->who->name));
}

const struct controller API_KEY_RULES = {
	.doctype = STR_INIT("API Key"),
	.name = name_key,
	.validate = validate_key,
	.written = tell_key,
	.deleted = deleted_key,
	.permits = permits_key,
	.list_condition = key_condition,
};
