#include "doc/perm.h"

#include "auth/auth.h"
#include "doc/controller.h"
#include "doc/perm_limit.h"
#include "doc/share.h"
#include "doc/single.h"

enum { EVERY_LEVEL = 0x3ff };

static const struct str USER = STR_INIT("User");
static const struct str API_KEY = STR_INIT("API Key");
static const struct str AUDIT_LOG = STR_INIT("Audit Log"); /* which the server alone writes */

static bool
row_grants(const struct call *call, const struct perm *row, enum right right)
{
	return (row->rights & BIT(right)) != 0 && who_has_role(call->who, row->role);
}

/* A right that the DocType has no use for is nobody's. */
static bool
is_possible(const struct doctype *dt, enum right right)
{
	if (right == RIGHT_SUBMIT)
		return dt->is_submittable;
	if (right == RIGHT_IMPORT)
		return dt->allow_import;
	return true;
}

bool
perm_key_allows(const struct call *call, const struct doctype *dt, enum right right)
{
	static const uint32_t READS = BIT(RIGHT_SELECT) | BIT(RIGHT_READ) | BIT(RIGHT_REPORT) |
	    BIT(RIGHT_EXPORT) | BIT(RIGHT_PRINT);
	const struct limits *l = auth_limits(call->auth, &call->identity);
	const bool reads = (READS & BIT(right)) != 0;

	if (!reads && str_eq(dt->name, AUDIT_LOG))
		return false;
	if (l == NULL)
		return true;
	if (!reads && (l->read_only || (limits_are_scoped(l) && str_eq(dt->name, API_KEY))))
		return false;
	return limits_allow_doctype(l, dt->name, BIT(right));
}

enum perm_grant
perm_grant_of(const struct call *call, const struct doctype *dt, enum right right)
{
	enum perm_grant grant = PERM_NONE;

	if (!perm_key_allows(call, dt, right))
		return PERM_NONE;
	if (call->who->is_administrator)
		return PERM_ALL;
	if (!is_possible(dt, right) || dt->istable)
		return PERM_NONE;
	for (size_t i = 0; i < dt->perms_len; i++) {
		const struct perm *row = &dt->perms[i];

		if (row->permlevel != 0 || !row_grants(call, row, right))
			continue;
		if (!row->if_owner || right == RIGHT_CREATE)
			return PERM_ALL;
		grant = PERM_OWNER;
	}
	return grant;
}

/*
 * The one grant that no role gives (spec/permissions.md 7.1): every user may read, write
 * and share his own record. Upstream a DocShare made with the user says so; here it is a rule.
 */
static bool
is_own_right(const struct call *call, const struct doctype *dt, enum right right)
{
	return str_eq(dt->name, USER) && !call->who->is_guest && perm_key_allows(call, dt, right) &&
	    (right == RIGHT_READ || right == RIGHT_WRITE || right == RIGHT_SHARE);
}

enum perm_grant
perm_reach(const struct call *call, const struct doctype *dt, enum right right)
{
	const enum perm_grant grant = perm_grant_of(call, dt, right);

	return grant == PERM_NONE && is_own_right(call, dt, right) ? PERM_OWNER : grant;
}

static bool
is_own_record(const struct call *call, const struct doc *d, enum right right)
{
	return is_own_right(call, d->doctype, right) && !d->is_new &&
	    str_ieq(doc_name(d), call->who->name);
}

/* May he do this to some document of the DocType? */
static bool
has_doctype(
    struct call *call, const struct doctype *dt, enum right right, bool *out, struct err *err)
{
	const enum perm_grant grant = perm_grant_of(call, dt, right);

	*out = grant == PERM_ALL || is_own_right(call, dt, right) ||
	    (grant == PERM_OWNER && (right == RIGHT_SELECT || right == RIGHT_READ));
	return *out || share_grants(call, dt, STR_NULL, right, out, err);
}

static bool
doctype_text(struct call *call, const struct doctype *dt, struct str *out, struct err *err)
{
	return arena_printf(call->arena, out, err,
	    "User <strong>%.*s</strong> does not have doctype access via role permission for "
	    "document <strong>%.*s</strong>",
	    STR_FMT(call->who->name), STR_FMT(dt->name));
}

static bool
refuse(struct call *call, struct str message, struct str error_message, struct err *err)
{
	if (message.len > 0 && !call_message(call, NULL, NULL, false, message, err))
		return false;
	call->error_message = error_message;
	return err_set_silent(err, ERR_PERMISSION, "%s", "");
}

static bool
refuse_doctype(struct call *call, const struct doctype *dt, struct err *err)
{
	struct str message, error_message;

	/* A child DocType has no rights of its own: nothing to say. */
	if (dt->istable)
		return refuse(call, STR_NULL, STR_NULL, err);
	if (!doctype_text(call, dt, &message, err) ||
	    !arena_printf(
		call->arena, &error_message, err, "No permission for %.*s", STR_FMT(dt->name)))
		return false;
	return refuse(call, message, error_message, err);
}

bool
perm_check_doctype(struct call *call, const struct doctype *dt, enum right right, struct err *err)
{
	bool has;

	return has_doctype(call, dt, right, &has, err) && (has || refuse_doctype(call, dt, err));
}

/* The code rule of the DocType may only deny. */
static bool
code_denies(struct call *call, const struct doc *d, enum right right, bool *out, struct err *err)
{
	const struct controller *c = d->doctype->controller;
	bool may = true;

	if (!call->who->is_administrator && c != NULL && c->permits != NULL &&
	    !c->permits(call, d, right, &may, err))
		return false;
	*out = !may;
	return true;
}

/* Sharing may be switched off for all but Administrator. */
static bool
is_switched_off(struct call *call, enum right right, bool *out, struct err *err)
{
	struct str off = STR_NULL;

	if (right == RIGHT_SHARE &&
	    !single_text(call, STR("System Settings"), STR("disable_document_sharing"), &off, err))
		return false;
	*out = str_eq(off, STR("1"));
	return true;
}

/* A judgement of one document, and what spoke against it. */
struct verdict {
	bool granted;
	bool by_code;   /* the code rule of its DocType */
	struct str why; /* a user permission; null: none */
};

/* What roles, code and user permissions say; shares left out. */
static bool
judge_role(
    struct call *call, const struct doc *d, enum right right, struct verdict *v, struct err *err)
{
	struct perm_limits limits;

	if (!code_denies(call, d, right, &v->by_code, err))
		return false;
	if (v->by_code)
		return true;
	switch (perm_grant_of(call, d->doctype, right)) {
	case PERM_ALL:
		return perm_limits_of(call, d->doctype, &limits, err) &&
		    perm_limits_permit(call, &limits, d, &v->granted, &v->why, err);
	case PERM_OWNER:
		v->granted = str_ieq(value_str(doc_get(d, STR("owner"))), call->who->name);
		break;
	case PERM_NONE:
		break;
	}
	return true;
}

static bool
judge_row(
    struct call *call, const struct doc *d, enum right right, struct verdict *v, struct err *err)
{
	bool off;

	*v = (struct verdict){ 0 };
	if (!perm_key_allows(call, d->doctype, right))
		return true;
	if (call->who->is_administrator) {
		v->granted = is_possible(d->doctype, right) || right != RIGHT_SUBMIT;
		return true;
	}
	if (!is_switched_off(call, right, &off, err))
		return false;
	if (off)
		return true;
	if (is_own_record(call, d, right)) {
		v->granted = true;
		return true;
	}
	if (!judge_role(call, d, right, v, err))
		return false;
	return v->granted || d->is_new ||
	    share_grants(call, d->doctype, doc_name(d), right, &v->granted, err);
}

/* What a right on a row of a child DocType asks of its parent document. */
static enum right
parent_right(enum right right)
{
	return right == RIGHT_SELECT || right == RIGHT_READ || right == RIGHT_PRINT ||
		right == RIGHT_EMAIL || right == RIGHT_REPORT || right == RIGHT_EXPORT
	    ? RIGHT_READ
	    : RIGHT_WRITE;
}

/* Why a row of a child DocType cannot be judged. */
enum parent_state { PARENT_FOUND, PARENT_MISSING, PARENT_WRONG };

struct parent {
	enum parent_state state;
	const struct doctype *doctype;
	const struct field *table;
	struct doc *doc;
};

static bool
find_parent(struct call *call, const struct doc *d, struct parent *out, struct err *err)
{
	const struct str type = value_str(doc_get(d, STR("parenttype")));
	const struct str name = value_str(doc_get(d, STR("parent")));
	bool found = false;

	*out = (struct parent){ .state = PARENT_MISSING };
	out->doctype = metas_find(call->metas, type);
	if (out->doctype == NULL || name.len == 0)
		return true;
	out->table = doctype_field(out->doctype, value_str(doc_get(d, STR("parentfield"))));
	out->state = PARENT_WRONG;
	if (out->table == NULL || out->table->table < 0 ||
	    !str_eq(out->table->options, d->doctype->name))
		return true;
	if (!doc_load(call, out->doctype, name, &out->doc, &found, err))
		return false;
	if (found)
		out->state = PARENT_FOUND;
	return true;
}

static bool
judge_parent(struct call *call, const struct doc *d, const struct parent *p, enum right right,
    struct verdict *v, struct err *err)
{
	const enum right asked = parent_right(right);

	*v = (struct verdict){ 0 };
	if (!code_denies(call, d, right, &v->by_code, err))
		return false;
	if (p->state != PARENT_FOUND || v->by_code)
		return true;
	if (!judge_row(call, p->doc, asked, v, err))
		return false;
	v->granted =
	    v->granted && perm_has_level(perm_levels(call, p->doctype, asked), p->table->permlevel);
	return true;
}

static bool
judge(struct call *call, const struct doc *d, enum right right, struct parent *p, struct verdict *v,
    struct err *err)
{
	if (!d->doctype->istable)
		return judge_row(call, d, right, v, err);
	return find_parent(call, d, p, err) && judge_parent(call, d, p, right, v, err);
}

bool
perm_has(struct call *call, const struct doc *d, enum right right, bool *out, struct err *err)
{
	struct verdict v;
	struct parent p;

	if (!judge(call, d, right, &p, &v, err))
		return false;
	*out = v.granted;
	return true;
}

/* The reason, then that the document is out of reach: with its name for those who may read the
 * DocType. */
static bool
doc_text(struct call *call, const struct doc *d, const struct verdict *v, struct str *out,
    struct err *err)
{
	const struct str dt = d->doctype->name;
	const struct str user = call->who->name;
	const struct str name = d->is_new ? STR("None") : doc_name(d);
	const struct str reason =
	    v->by_code ? STR("Not allowed via controller permission check") : v->why;
	const char *end = reason.len > 0 ? "<br>" : "";
	bool reads;
	struct str role;

	if (!has_doctype(call, d->doctype, RIGHT_READ, &reads, err))
		return false;
	if (reads)
		return arena_printf(call->arena, out, err,
		    "%.*s%sUser <strong>%.*s</strong> does not have access to this document: %.*s "
		    "- %.*s",
		    STR_FMT(reason), end, STR_FMT(user), STR_FMT(dt), STR_FMT(name));
	return doctype_text(call, d->doctype, &role, err) &&
	    arena_printf(call->arena, out, err,
		"%.*s%s%.*s<br>User <strong>%.*s</strong> does not have access to this document",
		STR_FMT(reason), end, STR_FMT(role), STR_FMT(user));
}

static bool
parent_text(struct call *call, const struct doc *d, const struct parent *p, const struct verdict *v,
    struct str *out, struct err *err)
{
	const struct str dt = d->doctype->name;

	switch (p->state) {
	case PARENT_FOUND:
		return doc_text(call, p->doc, v, out, err);
	case PARENT_WRONG:
		return arena_printf(call->arena, out, err,
		    "<strong>%.*s</strong> is not a valid parent DocType for <strong>%.*s</strong>",
		    STR_FMT(p->doctype->name), STR_FMT(dt));
	case PARENT_MISSING:
		break;
	}
	return arena_printf(call->arena, out, err,
	    "Please specify a valid parent DocType for <strong>%.*s</strong>", STR_FMT(dt));
}

static bool
refuse_doc(
    struct call *call, const struct doc *d, struct str message, enum right right, struct err *err)
{
	const struct str name = d->is_new ? STR("") : doc_name(d);
	const struct str word = right_name(right);
	struct str error_message;

	if (!arena_printf(call->arena, &error_message, err,
		"You need the '%.*s' permission on <strong>%.*s</strong> %.*s to perform this "
		"action.",
		STR_FMT(word), STR_FMT(d->doctype->name), STR_FMT(name)))
		return false;
	return refuse(call, message, error_message, err);
}

bool
perm_check_doc(struct call *call, const struct doc *d, enum right right, struct err *err)
{
	struct verdict v;
	struct str message;
	struct parent p;

	if (!judge(call, d, right, &p, &v, err))
		return false;
	if (v.granted)
		return true;
	if (d->doctype->istable ? !parent_text(call, d, &p, &v, &message, err)
				: !doc_text(call, d, &v, &message, err))
		return false;
	return refuse_doc(call, d, message, right, err);
}

bool
perm_check_change(struct call *call, const struct doc *old, const struct doc *d, struct err *err)
{
	struct perm_limits limits;
	struct verdict v = { 0 };
	struct str message;

	if (d->doctype->istable || perm_grant_of(call, d->doctype, RIGHT_WRITE) != PERM_ALL ||
	    is_own_record(call, old, RIGHT_WRITE))
		return true;
	if (!perm_limits_of(call, d->doctype, &limits, err) ||
	    !perm_limits_permit(call, &limits, d, &v.granted, &v.why, err))
		return false;
	if (!v.granted &&
	    !share_grants(call, d->doctype, doc_name(old), RIGHT_WRITE, &v.granted, err))
		return false;
	return v.granted ||
	    (doc_text(call, old, &v, &message, err) &&
		refuse_doc(call, old, message, RIGHT_WRITE, err));
}

uint32_t
perm_levels(const struct call *call, const struct doctype *dt, enum right read_or_write)
{
	uint32_t levels = BIT(0);

	if (call->who->is_administrator)
		return EVERY_LEVEL;
	for (size_t i = 0; i < dt->perms_len; i++) {
		const struct perm *row = &dt->perms[i];

		if (row->permlevel > 0 && row->permlevel < 10 &&
		    row_grants(call, row, read_or_write))
			levels |= BIT(row->permlevel);
	}
	return levels;
}
