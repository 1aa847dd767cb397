#include "auth/vault.h"

#include "auth/state.h"
#include "crypto/aead.h"
#include "crypto/hex.h"

static const struct str SQL_PUT = STR_INIT(
    "INSERT INTO field_secret (doctype, name, field, key, sealed) VALUES (?1, ?2, ?3, ?4, ?5) "
    "ON CONFLICT (doctype, name, field) DO UPDATE SET key = excluded.key, sealed = "
    "excluded.sealed");
static const struct str SQL_GET = STR_INIT(
    "SELECT key, sealed FROM field_secret WHERE doctype = ?1 AND name = ?2 AND field = ?3");
static const struct str SQL_DROP =
    STR_INIT("DELETE FROM field_secret WHERE doctype = ?1 AND name = ?2 AND field = ?3");
static const struct str SQL_DROP_DOCUMENT =
    STR_INIT("DELETE FROM field_secret WHERE doctype = ?1 AND name = ?2");
static const struct str SQL_DROP_DOCTYPE = STR_INIT("DELETE FROM field_secret WHERE doctype = ?1");
static const struct str SQL_FIELDS = STR_INIT(
    "SELECT field FROM field_secret WHERE doctype = ?1 AND name = ?2 AND field > ?3 ORDER BY field "
    "LIMIT 1");
const struct str VAULT_SQL_KEYS = STR_INIT("SELECT DISTINCT key FROM field_secret");

/* What a sealed value is bound to. */
static bool
context_of(struct arena *a, struct vault_place p, struct str *out, struct err *err)
{
	return arena_printf(
	    a, out, err, "%.*s\n%.*s\n%.*s", STR_FMT(p.doctype), STR_FMT(p.name), STR_FMT(p.field));
}

bool
vault_put(struct call *call, struct vault_place place, struct str value, struct err *err)
{
	const struct keyfile *keys = call->auth->keys;
	const struct str key = keyfile_field_id(keys);
	const size_t len = value.len + AEAD_EXTRA;
	uint8_t *sealed = arena_alloc(call->arena, len);
	char *hex = arena_alloc(call->arena, 2 * len);
	struct str context;

	if (sealed == NULL || hex == NULL)
		return err_memory(err);
	if (key.len == 0)
		return err_set(err, ERR_UNAVAILABLE,
		    "%.*s holds no key for encrypted fields: copy the file from your backup",
		    STR_FMT(keyfile_path(keys)));
	if (!context_of(call->arena, place, &context, err))
		return false;
	aead_seal(keyfile_field(keys, key), context, value, sealed);
	hex_encode(sealed, len, hex);
	const struct value params[] = { value_text(place.doctype), value_text(place.name),
		value_text(place.field), value_text(key),
		value_text((struct str){ hex, 2 * len }) };

	return db_exec(call->db, SQL_PUT, params, ARRAY_LEN(params), NULL, err);
}

static bool
refuse_damaged(struct vault_place p, struct err *err)
{
	err_set(err, ERR_INTERNAL, "The stored secret is damaged: set it again");
	return err_cause(
	    err, "secret of %.*s %.*s %.*s", STR_FMT(p.doctype), STR_FMT(p.name), STR_FMT(p.field));
}

bool
vault_get(
    struct call *call, struct vault_place place, struct str *value, bool *found, struct err *err)
{
	const struct value params[] = { value_text(place.doctype), value_text(place.name),
		value_text(place.field) };
	struct value row[2];
	struct str context;

	if (!db_query_row(call->db, call->arena, SQL_GET, params, ARRAY_LEN(params), row,
		ARRAY_LEN(row), found, err))
		return false;
	if (!*found)
		return true;
	const struct str hex = value_str(row[1]);
	const uint8_t *key = keyfile_field(call->auth->keys, value_str(row[0]));
	const size_t len = hex.len / 2;
	char *sealed = arena_alloc(call->arena, len + 1);
	char *plain = arena_alloc(call->arena, len + 1);

	if (sealed == NULL || plain == NULL)
		return err_memory(err);
	if (!context_of(call->arena, place, &context, err))
		return false;
	if (key == NULL || !hex_decode(hex, sealed, len) ||
	    !aead_open(key, context, (struct str){ sealed, len }, plain))
		return refuse_damaged(place, err);
	*value = (struct str){ plain, len - AEAD_EXTRA };
	return true;
}

bool
vault_drop(struct call *call, struct vault_place place, struct err *err)
{
	const struct value params[] = { value_text(place.doctype), value_text(place.name),
		value_text(place.field) };

	if (str_is_null(place.name))
		return db_exec(call->db, SQL_DROP_DOCTYPE, params, 1, NULL, err);
	if (str_is_null(place.field))
		return db_exec(call->db, SQL_DROP_DOCUMENT, params, 2, NULL, err);
	return db_exec(call->db, SQL_DROP, params, 3, NULL, err);
}

/* The next field after *field that has a secret; *found false: there is none. */
static bool
next_field(struct call *call, struct vault_place p, struct str *field, bool *found, struct err *err)
{
	const struct value params[] = { value_text(p.doctype), value_text(p.name),
		value_text(*field) };
	struct value row[1];

	if (!db_query_row(
		call->db, call->arena, SQL_FIELDS, params, ARRAY_LEN(params), row, 1, found, err))
		return false;
	*field = *found ? value_str(row[0]) : STR_NULL;
	return true;
}

static bool
move_one(struct call *call, struct vault_place from, struct vault_place to, struct err *err)
{
	struct str secret;
	bool found;

	if (!vault_get(call, from, &secret, &found, err))
		return false;
	if (!found) /* somebody else has ended it since it was listed */
		return true;
	const bool ok = vault_put(call, to, secret, err);

	explicit_bzero((void *)(uintptr_t)secret.ptr, secret.len);
	return ok;
}

bool
vault_move(struct call *call, struct vault_place from, struct vault_place to, struct err *err)
{
	struct str field = STR("");
	bool found = false;

	for (;;) {
		if (!next_field(call, from, &field, &found, err))
			return false;
		if (!found)
			return vault_drop(call,
			    (struct vault_place){ .doctype = from.doctype, .name = from.name },
			    err);
		from.field = to.field = field;
		if (!move_one(call, from, to, err))
			return false;
	}
}

bool
vault_check(const struct auth *a, struct db_conn *c, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	enum db_step step;

	if (!db_query(c, VAULT_SQL_KEYS, NULL, 0, &rows, err))
		return false;
	while ((step = db_next(rows, err)) == DB_ROW) {
		const struct str key = value_str(db_column(rows, 0));

		if (keyfile_field(a->keys, key) == NULL)
			return err_set(err, ERR_UNAVAILABLE,
			    "The database holds values encrypted with key %.*s, which %.*s lacks: "
			    "copy that file from the backup or the node that the database comes "
			    "from",
			    STR_FMT(key), STR_FMT(keyfile_path(a->keys)));
	}
	return step == DB_DONE;
}
