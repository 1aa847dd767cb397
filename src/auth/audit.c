#include "auth/audit.h"

#include "auth/state.h"
#include "base/clock.h"
#include "crypto/random.h"

enum { NAME_LEN = 20, HEX15_LEN = 15, DETAILS_MAX = 64 * 1024 };

static const struct str SQL_INSERT = STR_INIT(
    "INSERT INTO `tabAudit Log` (`name`, `owner`, `creation`, `modified`, `modified_by`, `event`, "
    "`user`, `api_key`, `ip_address`, `reference_doctype`, `reference_name`, `details`, `digest`) "
    "VALUES (?1, ?2, ?3, ?3, ?2, ?4, ?2, ?5, ?6, ?7, ?8, ?9, '')");
static const struct str SQL_KEY = STR_INIT("SELECT api_key FROM secret WHERE name = ?1");

#define AUDIT_TEXT(name, text) [name] = STR_INIT(text),
static const struct str EVENTS[] = { AUDIT_EVENTS(AUDIT_TEXT) };
#undef AUDIT_TEXT

static struct value
text_of(struct str s)
{
	return value_text(str_is_null(s) ? STR("") : s);
}

bool
audit_write(struct db_conn *c, const struct audit_row *row, struct err *err)
{
	char name[NAME_LEN], stamp[CLOCK_TEXT_SIZE];

	random_hex(name, sizeof(name));
	/* The moment of the row, not of the call: so rows of one call keep their order. */
	const struct value params[] = { value_text((struct str){ name, sizeof(name) }),
		text_of(row->user), value_text(clock_stamp(clock_now_us(), stamp)),
		value_text(EVENTS[row->event]), text_of(row->api_key), text_of(row->address),
		text_of(row->about.doctype), text_of(row->about.name),
		value_text(row->details.len > 0 ? row->details : STR("{}")) };

	return db_exec(c, SQL_INSERT, params, ARRAY_LEN(params), NULL, err);
}

bool
audit_api_key(struct call *call, struct str *out, struct err *err)
{
	char text[HEX15_LEN];
	struct value row;
	bool found;

	*out = STR("");
	if (call->identity.kind != IDENTITY_TOKEN)
		return true;
	const struct state_secret *side = pool_at(call->auth->secrets, call->identity.secret);
	const struct value name = value_text(state_hex15_text(side->name, text));

	if (!db_query_row(call->db, call->arena, SQL_KEY, &name, 1, &row, 1, &found, err))
		return false;
	if (found)
		*out = value_str(row);
	return true;
}

bool
audit_add(struct call *call, enum audit_event event, struct audit_about about, struct str details,
    struct err *err)
{
	struct audit_row row = {
		.event = event,
		.user = call->who == NULL ? STR("Administrator") : call->who->name,
		.address = call->peer,
		.about = about,
		.details = details,
	};

	return audit_api_key(call, &row.api_key, err) && audit_write(call->db, &row, err);
}

bool
audit_add_pairs(struct call *call, enum audit_event event, struct audit_about about,
    const struct audit_pair *pairs, size_t len, struct err *err)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(DETAILS_MAX);
	struct json_out o = JSON_OUT(&b);

	json_open_object(&o);
	for (size_t i = 0; i < len; i++) {
		if (pairs[i].value.kind != VALUE_NULL)
			json_put_value(&o, pairs[i].name, pairs[i].value);
	}
	json_close_object(&o);
	return buf_ok(&b) ? audit_add(call, event, about, buf_str(&b), err) : err_memory(err);
}
