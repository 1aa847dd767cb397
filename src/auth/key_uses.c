#include "auth/key_uses.h"

#include "base/clock.h"

static const struct str SQL_ADD =
    STR_INIT("INSERT INTO key_use (day, secret, api_key, uses) VALUES (?1, ?2, ?3, ?4) "
	     "ON CONFLICT (day, secret) DO UPDATE SET uses = key_use.uses + excluded.uses");
static const struct str SQL_FORGET = STR_INIT("DELETE FROM key_use WHERE api_key = ?1");
static const struct str SQL_SWEEP =
    STR_INIT("DELETE FROM key_use WHERE day < ?1 AND secret IN "
	     "(SELECT secret FROM key_use WHERE day < ?1 ORDER BY day, secret LIMIT ?2)");

#define LIST                                                                                       \
	"SELECT d.day, d.api_key, k.`label`, d.secret, s.overlap_until, d.uses FROM key_use d "    \
	"JOIN `tabAPI Key` k ON k.`name` = d.api_key LEFT JOIN secret s ON s.name = d.secret "     \
	"WHERE d.day >= ?2 AND d.day <= ?3 AND "
#define ORDER " ORDER BY d.api_key, d.secret, d.day"
static const struct str SQL_LIST = STR_INIT(LIST "d.api_key = ?1" ORDER);
static const struct str SQL_LIST_OF = STR_INIT(LIST "k.`user` COLLATE NOCASE = ?1" ORDER);

static const int64_t DAY_US = 24 * 3600 * CLOCK_US_PER_S;

int64_t
key_uses_day(int64_t now_us)
{
	return now_us / DAY_US;
}

bool
key_uses_add(struct db_conn *c, int64_t day, struct str secret, struct str key, int64_t uses,
    struct err *err)
{
	const struct value params[] = { value_int(day), value_text(secret), value_text(key),
		value_int(uses) };

	return db_exec(c, SQL_ADD, params, ARRAY_LEN(params), NULL, err);
}

bool
key_uses_forget(struct call *call, struct str key, struct err *err)
{
	const struct value name = value_text(key);

	return db_exec(call->db, SQL_FORGET, &name, 1, NULL, err);
}

bool
key_uses_sweep(struct db_conn *c, int64_t now_us, struct err *err)
{
	const struct value params[] = { value_int(key_uses_day(now_us) - KEY_USES_DAYS),
		value_int(KEY_USES_SWEEP) };

	return db_exec(c, SQL_SWEEP, params, ARRAY_LEN(params), NULL, err);
}

static void
put_row(struct db_rows *rows, struct json_out *out)
{
	const struct value overlap = db_column(rows, 4);
	char date[CLOCK_TEXT_SIZE];

	json_open_object(out);
	json_put_str(
	    out, "date", clock_format_date(clock_civil_from_days(db_column(rows, 0).i), date));
	json_put_str(out, "api_key", value_str(db_column(rows, 1)));
	json_put_str(out, "label", value_str(db_column(rows, 2)));
	json_put_str(out, "secret", value_str(db_column(rows, 3)));
	if (overlap.kind == VALUE_NULL)
		json_put_null(out, "current");
	else
		json_put_bool(out, "current", overlap.i == 0);
	json_put_int(out, "uses", db_column(rows, 5).i);
	json_close_object(out);
}

bool
key_uses_list(
    struct call *call, const struct key_uses_query *query, struct json_out *out, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	const bool of_key = !str_is_null(query->key);
	const struct value params[] = { value_text(of_key ? query->key : query->user),
		value_int(query->from_day), value_int(query->to_day) };
	enum db_step step;

	if (!db_query(
		call->db, of_key ? SQL_LIST : SQL_LIST_OF, params, ARRAY_LEN(params), &rows, err))
		return false;
	json_open_array(out);
	while ((step = db_next(rows, err)) == DB_ROW)
		put_row(rows, out);
	json_close_array(out);
	return step == DB_DONE;
}
