#include "auth/key_report.h"

#include "auth/auth.h"
#include "base/clock.h"

#include <stdio.h>

#define COLUMNS                                                                                    \
	"SELECT k.`name`, k.`user`, k.`creation`, k.`last_used`, k.`expires`, "                    \
	"(SELECT max(s.weak) FROM secret s WHERE s.api_key = k.`name`), k.`label`, "               \
	"k.`rate_limit`, k.`rate_window_s`, k.`quota` FROM `tabAPI Key` k "                        \
	"WHERE k.`enabled` = 1 AND EXISTS (SELECT 1 FROM secret s WHERE s.api_key = k.`name` "     \
	"AND s.not_before <= ?1 AND (s.not_after = 0 OR s.not_after > ?1)) "
static const struct str SQL_REPORT = STR_INIT(COLUMNS "ORDER BY k.`user` COLLATE NOCASE, k.`name`");
static const struct str SQL_STEP = STR_INIT(COLUMNS "AND k.`name` > ?2 ORDER BY k.`name` LIMIT ?3");

enum { NAME, USER, CREATION, LAST_USED, EXPIRES, WEAK, LABEL, RATE, WINDOW, QUOTA };

/* What a report looks back on and ahead to. */
enum { STALE_DAYS = 90, NEW_DAYS = 1, EXPIRING_DAYS = 14 };
static const int64_t DAY_US = 24 * 3600 * CLOCK_US_PER_S;

const char *const KEY_FINDING_NAMES[KEY_FINDINGS] = {
	[KEY_STALE] = "stale",
	[KEY_NEVER_USED] = "never used",
	[KEY_EXPIRING] = "expiring",
	[KEY_OWNER_DISABLED] = "owner disabled",
	[KEY_WEAK] = "weak",
};

/* The instant of a stamp; 0: none. */
static int64_t
instant_of(struct value stamp)
{
	struct clock_civil c;

	return clock_parse(value_str(stamp), &c) ? clock_from_local(c) : 0;
}

unsigned
key_report_find(struct auth *a, const struct key_facts *key, int64_t now_us)
{
	const struct who *user = auth_find_user(a, key->user);
	const int64_t used = instant_of(key->last_used), made = instant_of(key->made),
		      ends = instant_of(key->expires);
	const bool is[KEY_FINDINGS] = {
		[KEY_STALE] = used != 0 && now_us - used > STALE_DAYS * DAY_US,
		[KEY_NEVER_USED] = used == 0 && now_us - made > NEW_DAYS * DAY_US,
		[KEY_EXPIRING] = ends != 0 && ends - now_us < EXPIRING_DAYS * DAY_US,
		[KEY_OWNER_DISABLED] = user == NULL || !user->enabled,
		[KEY_WEAK] = key->weak,
	};
	unsigned found = 0;

	for (size_t i = 0; i < KEY_FINDINGS; i++)
		found |= is[i] ? BIT(i) : 0;
	return found;
}

static unsigned
find(struct auth *a, struct db_rows *rows, int64_t now_us)
{
	const struct key_facts key = { .user = value_str(db_column(rows, USER)),
		.made = db_column(rows, CREATION),
		.last_used = db_column(rows, LAST_USED),
		.expires = db_column(rows, EXPIRES),
		.weak = db_column(rows, WEAK).i > 0 };

	return key_report_find(a, &key, now_us);
}

/* ---- one by one */

void
key_report_put_findings(struct json_out *out, unsigned found)
{
	json_key(out, STR("findings"));
	json_open_array(out);
	for (size_t i = 0; i < KEY_FINDINGS; i++) {
		if ((found & BIT(i)) != 0)
			json_add_str(out, str_from(KEY_FINDING_NAMES[i]));
	}
	json_close_array(out);
}

void
key_report_put_limits(struct json_out *out, int64_t requests, int64_t window_s, int64_t quota)
{
	char rate[48];
	const int len =
	    snprintf(rate, sizeof(rate), "%lld/%lld", (long long)requests, (long long)window_s);

	json_put_str(out, "rate", requests > 0 ? (struct str){ rate, (size_t)len } : STR_NULL);
	if (quota > 0)
		json_put_int(out, "quota", quota);
	else
		json_put_null(out, "quota");
}

static void
put_key(struct db_rows *rows, unsigned found, struct json_out *out)
{
	json_open_object(out);
	json_put_str(out, "api_key", value_str(db_column(rows, NAME)));
	json_put_str(out, "user", value_str(db_column(rows, USER)));
	json_put_str(out, "label", value_str(db_column(rows, LABEL)));
	json_put_str(out, "last_used", value_str(db_column(rows, LAST_USED)));
	json_put_str(out, "expires", value_str(db_column(rows, EXPIRES)));
	key_report_put_limits(
	    out, db_column(rows, RATE).i, db_column(rows, WINDOW).i, db_column(rows, QUOTA).i);
	key_report_put_findings(out, found);
	json_close_object(out);
}

bool
key_report(struct call *call, struct json_out *out, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	const struct value now = value_int(call->now_us / CLOCK_US_PER_S);
	enum db_step step;

	if (!db_query(call->db, SQL_REPORT, &now, 1, &rows, err))
		return false;
	json_open_array(out);
	while ((step = db_next(rows, err)) == DB_ROW) {
		const unsigned found = find(call->auth, rows, call->now_us);

		if (found != 0)
			put_key(rows, found, out);
	}
	json_close_array(out);
	return step == DB_DONE;
}

/* ---- how many */

static void
count_key(struct key_count *count, struct str name, unsigned found)
{
	for (size_t i = 0; i < KEY_FINDINGS; i++)
		count->of[i] += (found & BIT(i)) != 0;
	count->after_len = MIN(name.len, sizeof(count->after));
	memcpy(count->after, name.ptr, count->after_len);
}

bool
key_count_step(struct auth *a, struct db_conn *c, int64_t now_us, struct key_count *count,
    bool *done, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	const struct value params[] = { value_int(now_us / CLOCK_US_PER_S),
		value_text((struct str){ count->after, count->after_len }),
		value_int(KEY_COUNT_STEP) };
	enum db_step step;
	size_t n = 0;

	if (!db_query(c, SQL_STEP, params, ARRAY_LEN(params), &rows, err))
		return false;
	for (; (step = db_next(rows, err)) == DB_ROW; n++)
		count_key(count, value_str(db_column(rows, NAME)), find(a, rows, now_us));
	*done = n < KEY_COUNT_STEP;
	return step == DB_DONE;
}
