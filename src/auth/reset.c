#include "auth/reset.h"

#include "auth/auth.h"
#include "base/clock.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "db/db.h"

static const struct str SQL_SET =
    STR_INIT("UPDATE \"tabUser\" SET reset_password_key = ?2, "
	     "last_reset_password_key_generated_on = ?3 WHERE name = ?1");
static const struct str SQL_FIND =
    STR_INIT("SELECT name FROM \"tabUser\" WHERE reset_password_key = ?1 "
	     "AND last_reset_password_key_generated_on >= ?2");

bool
reset_make(struct call *call, struct str user, struct str *key, struct err *err)
{
	char text[RESET_KEY_LEN], hex[DIGEST_HEX_LEN], stamp[CLOCK_TEXT_SIZE];
	struct digest digest;

	random_hex(text, sizeof(text));
	digest_sha256((struct str){ text, sizeof(text) }, &digest);
	const struct value params[] = { value_text(user), value_text(digest_to_hex(&digest, hex)),
		value_text(clock_stamp(call->now_us, stamp)) };
	const bool ok = db_exec(call->db, SQL_SET, params, ARRAY_LEN(params), NULL, err) &&
	    arena_str(call->arena, (struct str){ text, sizeof(text) }, key, err);

	explicit_bzero(text, sizeof(text));
	return ok;
}

bool
reset_find(struct call *call, struct str key, struct str *user, struct err *err)
{
	const int64_t oldest_us =
	    call->now_us - auth_settings(call->auth).reset_key_s * CLOCK_US_PER_S;
	char hex[DIGEST_HEX_LEN], stamp[CLOCK_TEXT_SIZE];
	struct digest digest;
	struct value row;
	bool found;

	digest_sha256(key, &digest);
	const struct value params[] = { value_text(digest_to_hex(&digest, hex)),
		value_text(clock_stamp(oldest_us, stamp)) };

	if (!db_query_row(
		call->db, call->arena, SQL_FIND, params, ARRAY_LEN(params), &row, 1, &found, err))
		return false;
	if (!found)
		return err_set(err, ERR_LINK_EXPIRED,
		    "The reset password link has either been used before or is invalid");
	*user = value_str(row);
	return true;
}
