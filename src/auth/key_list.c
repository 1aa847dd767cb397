#include "auth/key_list.h"

#include "auth/auth.h"
#include "auth/key_report.h"
#include "base/clock.h"

#define LIST                                                                                       \
	"SELECT k.`name`, k.`user`, k.`label`, k.`enabled`, k.`creation`, k.`owner`, "             \
	"k.`last_used`, k.`last_used_address`, k.`uses`, k.`revoked`, k.`expires`, k.`classic`, "  \
	"k.`rate_limit`, k.`rate_window_s`, k.`quota`, "                                           \
	"(SELECT count(*) FROM secret s WHERE s.api_key = k.`name`), "                             \
	"(SELECT count(*) FROM secret s WHERE s.api_key = k.`name` "                               \
	"AND s.not_before <= ?1 AND (s.not_after = 0 OR s.not_after > ?1)), "                      \
	"(SELECT max(s.weak) FROM secret s WHERE s.api_key = k.`name`) "                           \
	"FROM `tabAPI Key` k "
#define ORDER "ORDER BY k.`user` COLLATE NOCASE, k.`name`"
static const struct str SQL_LIST = STR_INIT(LIST ORDER);
static const struct str SQL_LIST_OF = STR_INIT(LIST "WHERE k.`user` COLLATE NOCASE = ?2 " ORDER);
static const struct str SQL_SECRETS = STR_INIT(
    "SELECT created_us, overlap_until, not_before, not_after, weak, uses, last_used_us, "
    "last_used_address, name FROM secret WHERE api_key = ?1 ORDER BY created_us DESC, name");

static void
put_time(struct json_out *out, const char *key, int64_t us)
{
	char text[CLOCK_TEXT_SIZE];

	json_put_str(out, key, us == 0 ? STR_NULL : clock_stamp(us, text));
}

enum {
	NAME,
	USER,
	LABEL,
	ENABLED,
	CREATION,
	OWNER,
	LAST_USED,
	ADDRESS,
	USES,
	REVOKED,
	EXPIRES,
	CLASSIC,
	RATE,
	WINDOW,
	QUOTA,
	SECRETS,
	VALID,
	WEAK
};

static const char *
state_of(struct db_rows *rows)
{
	if (db_column(rows, REVOKED).i != 0)
		return "revoked";
	if (db_column(rows, ENABLED).i == 0)
		return "off";
	if (db_column(rows, SECRETS).i == 0)
		return "no secret";
	return db_column(rows, VALID).i > 0 ? "active" : "not valid now";
}

/* What the report finds of it: of one that works. */
static unsigned
findings_of(const struct call *call, struct db_rows *rows)
{
	const struct key_facts key = { .user = value_str(db_column(rows, USER)),
		.made = db_column(rows, CREATION),
		.last_used = db_column(rows, LAST_USED),
		.expires = db_column(rows, EXPIRES),
		.weak = db_column(rows, WEAK).i > 0 };
	const bool works = db_column(rows, ENABLED).i != 0 && db_column(rows, VALID).i > 0;

	return works ? key_report_find(call->auth, &key, call->now_us) : 0;
}

static bool
owner_is_enabled(const struct call *call, const struct db_rows *rows)
{
	const struct who *user = auth_find_user(call->auth, value_str(db_column(rows, USER)));

	return user != NULL && user->enabled;
}

static void
put_row(const struct call *call, struct db_rows *rows, struct json_out *out)
{
	json_open_object(out);
	json_put_str(out, "api_key", value_str(db_column(rows, NAME)));
	json_put_str(out, "user", value_str(db_column(rows, USER)));
	json_put_bool(out, "user_enabled", owner_is_enabled(call, rows));
	json_put_str(out, "label", value_str(db_column(rows, LABEL)));
	json_put_bool(out, "classic", db_column(rows, CLASSIC).i != 0);
	json_put_str(out, "state", str_from(state_of(rows)));
	json_put_int(out, "secrets", db_column(rows, SECRETS).i);
	json_put_str(out, "created", value_str(db_column(rows, CREATION)));
	json_put_str(out, "created_by", value_str(db_column(rows, OWNER)));
	json_put_str(out, "expires", value_str(db_column(rows, EXPIRES)));
	json_put_str(out, "last_used", value_str(db_column(rows, LAST_USED)));
	json_put_str(out, "last_used_address", value_str(db_column(rows, ADDRESS)));
	json_put_int(out, "uses", db_column(rows, USES).i);
	key_report_put_limits(
	    out, db_column(rows, RATE).i, db_column(rows, WINDOW).i, db_column(rows, QUOTA).i);
	key_report_put_findings(out, findings_of(call, rows));
	json_close_object(out);
}

bool
key_list(struct call *call, struct str user, struct json_out *out, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	const struct value params[] = { value_int(call->now_us / CLOCK_US_PER_S),
		value_text(user) };
	const bool all = str_is_null(user);
	enum db_step step;

	if (!db_query(call->db, all ? SQL_LIST : SQL_LIST_OF, params, all ? 1 : 2, &rows, err))
		return false;
	json_open_array(out);
	while ((step = db_next(rows, err)) == DB_ROW)
		put_row(call, rows, out);
	json_close_array(out);
	return step == DB_DONE;
}

static void
put_secret(struct db_rows *rows, struct json_out *out)
{
	json_open_object(out);
	put_time(out, "created", db_column(rows, 0).i);
	json_put_bool(out, "current", db_column(rows, 1).i == 0);
	put_time(out, "valid_from", db_column(rows, 2).i * CLOCK_US_PER_S);
	put_time(out, "valid_until", db_column(rows, 3).i * CLOCK_US_PER_S);
	json_put_bool(out, "weak", db_column(rows, 4).i != 0);
	json_put_int(out, "uses", db_column(rows, 5).i);
	put_time(out, "last_used", db_column(rows, 6).i);
	json_put_str(out, "last_used_address", value_str(db_column(rows, 7)));
	json_put_str(out, "secret", value_str(db_column(rows, 8)));
	json_close_object(out);
}

bool
key_list_secrets(struct call *call, struct str key, struct json_out *out, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	const struct value name = value_text(key);
	enum db_step step;

	if (!db_query(call->db, SQL_SECRETS, &name, 1, &rows, err))
		return false;
	json_open_array(out);
	while ((step = db_next(rows, err)) == DB_ROW)
		put_secret(rows, out);
	json_close_array(out);
	return step == DB_DONE;
}
