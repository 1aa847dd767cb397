#include "doc/api_key_rules.h"

#include "auth/key.h"
#include "auth/key_secret.h"
#include "auth/key_undo.h"
#include "auth/key_uses.h"
#include "auth/limits.h"
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
static const struct str SCOPES = STR_INIT("scopes");
static const struct str EXPIRES = STR_INIT("expires");
static const struct str RATE_LIMIT = STR_INIT("rate_limit");
static const struct str RATE_WINDOW = STR_INIT("rate_window_s");
static const struct str QUOTA = STR_INIT("quota");

enum {
	RATE_MOST = 1000 * 1000 * 1000,
	WINDOW_S = 60, /* unless it says another */
	WINDOW_MOST_S = 24 * 3600,
};

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

	return clock_parse(doc_trimmed(d, field), &c) ? clock_from_local(c) : 0;
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
	struct str rest = doc_trimmed(d, field), entry, list;

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

/* ---- rate and quota */

static int64_t
number_of(const struct doc *d, struct str field)
{
	const struct value v = doc_get(d, field);

	return v.kind == VALUE_INT ? v.i : 0;
}

static bool
check_rate(struct doc *d, struct err *err)
{
	const int64_t requests = number_of(d, RATE_LIMIT), window_s = number_of(d, RATE_WINDOW),
		      quota = number_of(d, QUOTA);

	if (requests < 0 || requests > RATE_MOST)
		return err_set(err, ERR_VALIDATION,
		    "Rate Limit is a number of requests from 1 to %d, or 0 for none", RATE_MOST);
	if (window_s < 0 || window_s > WINDOW_MOST_S)
		return err_set(
		    err, ERR_VALIDATION, "Rate Window is 1 to %d seconds", WINDOW_MOST_S);
	if (quota < 0)
		return err_set(err, ERR_VALIDATION, "Quota is a number of requests, or 0 for none");
	return requests == 0 || window_s > 0 || doc_set(d, RATE_WINDOW, value_int(WINDOW_S));
}

/* ---- scopes */

/* Reading takes what lists and reports need. */
static uint32_t
with_implied(uint32_t mask)
{
	return (mask & BIT(RIGHT_READ)) != 0 ? mask | BIT(RIGHT_SELECT) | BIT(RIGHT_REPORT) : mask;
}

static bool
right_bit(struct str word, uint32_t *bit)
{
	enum right right;

	if (!right_find(word, &right))
		return false;
	*bit = with_implied(BIT(right));
	return true;
}

static bool
verb_bit(struct str word, uint32_t *bit)
{
	const enum http_verb verb = http_verb_of(word);

	*bit = BIT(verb);
	return verb != HTTP_OTHER;
}

static bool
check_doctype_target(const struct call *call, struct str target)
{
	return str_eq(target, STR("*")) || metas_find(call->metas, target) != NULL;
}

static bool
check_method_target(const struct call *call, struct str target)
{
	return call->covers_method == NULL || call->covers_method(target);
}

static bool
check_name_target(const struct call *call UNUSED, struct str target)
{
	return str_find(target, ' ') < 0;
}

static bool
check_path_target(const struct call *call UNUSED, struct str target)
{
	return str_starts(target, STR("/"));
}

/* What a scope of each kind may say. */
static const struct kind_rule {
	bool (*target)(const struct call *call, struct str target);
	const char *what;                            /* the target is, for the message */
	bool (*bit)(struct str word, uint32_t *bit); /* NULL: it has no rights */
	const char *words;                           /* for the message */
	struct str fallback;
} KIND_RULES[LIMITS_KINDS] = {
	[LIMITS_DOCTYPE] = { check_doctype_target, "a DocType, or *", right_bit,
	    "rights, such as read write create delete", STR_INIT("read") },
	[LIMITS_METHOD] = { check_method_target, "a method, or a prefix with its dot", NULL, NULL,
	    STR_INIT("") },
	[LIMITS_PATH] = { check_path_target, "a path, such as /api/", verb_bit,
	    "HTTP methods, such as GET POST", STR_INIT("GET HEAD") },
	[LIMITS_NAME] = { check_name_target, "a name without blanks", NULL, NULL, STR_INIT("") },
};

static bool
read_rights(struct call *call, const struct kind_rule *rule, struct doc *row, uint32_t *mask,
    struct err *err)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(4096);
	struct str rest = doc_trimmed(row, STR("rights")), word;
	uint32_t bit;

	if (rest.len == 0)
		rest = rule->fallback;
	*mask = 0;
	while (str_part(&rest, STR(" ,"), &word)) {
		if (rule->bit == NULL || !rule->bit(word, &bit))
			return err_set(err, ERR_VALIDATION, "%.*s is none of the %s of a scope",
			    STR_FMT(str_sub(word, 0, 80)),
			    rule->words == NULL ? "rights (there are none)" : rule->words);
		*mask |= bit;
		buf_printf(&b, "%s%.*s", b.len > 0 ? " " : "", STR_FMT(word));
	}
	return arena_str(call->arena, b.len > 0 ? buf_str(&b) : STR(""), &word, err) &&
	    doc_set(row, STR("rights"), value_text(word));
}

/* Has the key such a scope already? What it names may be gone since; the key can still be changed.
 */
static bool
had_scope(const struct doc *old, struct str kind, struct str target)
{
	const struct doc_rows *rows =
	    old == NULL ? NULL : &old->tables[doctype_field(old->doctype, SCOPES)->table];

	for (size_t i = 0; rows != NULL && i < rows->len; i++) {
		if (str_eq(doc_trimmed(rows->items[i], STR("kind")), kind) &&
		    str_eq(doc_trimmed(rows->items[i], STR("target")), target))
			return true;
	}
	return false;
}

static bool
check_scope(struct call *call, struct doc *row, const struct doc *old, struct err *err)
{
	const struct str name = doc_trimmed(row, STR("kind"));
	const struct str target = doc_trimmed(row, STR("target"));
	enum limits_kind kind;
	uint32_t mask;

	if (!limits_kind_find(name, &kind))
		return err_set(
		    err, ERR_VALIDATION, "A scope is of kind DocType, Method, Path or Name");
	if (target.len == 0 ||
	    (!KIND_RULES[kind].target(call, target) && !had_scope(old, name, target)))
		return err_set(err, ERR_VALIDATION, "A scope's target %.*s is not %s",
		    STR_FMT(str_sub(target, 0, 80)), KIND_RULES[kind].what);
	if (!read_rights(call, &KIND_RULES[kind], row, &mask, err))
		return false;
	(void)doc_set(row, STR("target"), value_text(target));
	(void)doc_set(row, STR("mask"), value_int(mask));
	return true;
}

static bool
check_scopes(struct call *call, struct doc *d, const struct doc *old, struct err *err)
{
	const struct doc_rows *rows = &d->tables[doctype_field(d->doctype, SCOPES)->table];

	if (rows->len > LIMITS_SCOPES_MAX)
		return err_set(
		    err, ERR_VALIDATION, "A key has at most %d scopes", LIMITS_SCOPES_MAX);
	for (size_t i = 0; i < rows->len; i++) {
		if (!check_scope(call, rows->items[i], old, err))
			return false;
	}
	const bool limited = rows->len > 0 || number_of(d, RATE_LIMIT) > 0 ||
	    number_of(d, QUOTA) > 0 || doc_is_on(d, STR("read_only")) ||
	    doc_trimmed(d, STR("allowed_networks")).len > 0 ||
	    doc_trimmed(d, STR("denied_networks")).len > 0;

	return doc_set(d, STR("limited"), value_int(limited));
}

static bool
validate_key(struct call *call, struct doc *d, const struct doc *old, struct err *err)
{
	if (str_ieq(doc_trimmed(d, USER), STR("Guest")))
		return err_set(err, ERR_VALIDATION, "The Guest has no keys");
	if (old != NULL && doc_is_on(old, STR("revoked")))
		return err_set(
		    err, ERR_VALIDATION, "This key was revoked, which is final: make another one");
	keep_columns(d, old);
	d->kept = d; /* api_secret is not one of those that are kept encrypted */
	return check_window(call, d, old, err) &&
	    check_networks(call, d, STR("allowed_networks"), err) &&
	    check_networks(call, d, STR("denied_networks"), err) && check_rate(d, err) &&
	    check_scopes(call, d, old, err);
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
	    key_undo_forget(call, doc_name(d), err) && key_uses_forget(call, doc_name(d), err) &&
	    (!doc_is_on(d, STR("classic")) || db_exec(call->db, HIDE_KEY_SQL, &user, 1, NULL, err));
}

/* ---- who may */

static bool
permits_key(struct call *call, const struct doc *d, enum right right, bool *may, struct err *err)
{
	const struct who *who = call->who;
	const struct str user = doc_trimmed(d, USER);
	const bool reads = right == RIGHT_READ || right == RIGHT_SELECT;

	(void)err;
	if (who->is_administrator)
		*may = true;
	else if (who->is_system_manager)
		*may = reads || !user_rules_is_standard(user);
	else
		*may =
		    str_ieq(user, who->name) && (reads || call->identity.kind == IDENTITY_SESSION);
	return true;
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
	.exact = true, /* a limit that is misspelt is not none */
};
