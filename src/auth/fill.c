#include "auth/fill.h"

#include "auth/pepper.h"
#include "auth/who_fields.h"
#include "base/buf.h"
#include "base/mem.h"

#include <stdio.h>

static const struct str SQL_ROLES = STR_INIT("SELECT name, disabled FROM \"tabRole\"");
static const struct str SQL_SETTINGS =
    STR_INIT("SELECT field, value FROM single WHERE doctype = 'System Settings'");

enum {
	LONGEST_SESSION_H = 240, /* when session_expiry is empty: spec/auth.md 4.2 */
	FIELDS_MOST = 64 * 1024, /* of a user: proxies take far less */
};

int64_t
fill_int(struct value v)
{
	int64_t n = 0;
	double r = 0;

	switch (v.kind) {
	case VALUE_INT:
		return v.i;
	case VALUE_REAL:
		return (int64_t)v.r;
	case VALUE_TEXT: /* "1200.0" is a duration */
		if (str_to_int64(str_trim(v.s), &n))
			return n;
		return str_to_double(str_trim(v.s), &r) && r > INT32_MIN && r < INT32_MAX
		    ? (int64_t)r
		    : 0;
	case VALUE_NULL:
		return 0;
	}
	return 0;
}

uint32_t
fill_seconds(struct value v)
{
	const int64_t n = fill_int(v);

	return n < 0 ? 0 : n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

void
fill_columns(const struct db_rows *rows, struct value *out, size_t len)
{
	for (size_t i = 0; i < len; i++)
		out[i] = db_column(rows, i);
}

/* --- users --- */

static bool
has_bit(const uint64_t *bits, uint32_t role)
{
	return (bits[role / 64] >> (role % 64) & 1) != 0;
}

static bool
is_on(const struct auth *a, uint32_t role)
{
	return has_bit(a->roles_on, role);
}

static bool
is_automatic(uint32_t role)
{
	return role == ROLE_ALL || role == ROLE_GUEST || role == ROLE_DESK_USER ||
	    role == ROLE_ADMINISTRATOR;
}

/* spec/permissions.md 2. Writes at most ROLE_MAX numbers. */
static size_t
roles_of(
    const struct auth *a, const struct who *w, const uint32_t *stored, size_t len, uint32_t *out)
{
	uint64_t taken[ROLE_WORDS_MAX] = { 0 };
	size_t n = 0;

	out[n++] = ROLE_GUEST;
	if (w->is_guest)
		return n;
	out[n++] = ROLE_ALL;
	if (w->is_system_user)
		out[n++] = ROLE_DESK_USER;
	if (w->is_administrator) {
		out[n++] = ROLE_ADMINISTRATOR;
		for (uint32_t role = ROLE_SYSTEM_MANAGER; role < ROLE_MAX; role++) {
			if (is_on(a, role) || role == ROLE_SYSTEM_MANAGER)
				out[n++] = role;
		}
		return n;
	}
	for (size_t i = 0; i < len && n < ROLE_MAX; i++) {
		const uint32_t role = stored[i];

		if (is_on(a, role) && !is_automatic(role) && !has_bit(taken, role))
			out[n++] = role;
		taken[role / 64] |= UINT64_C(1) << (role % 64);
	}
	return n;
}

void
fill_entry(struct auth *a, const struct who *who, const uint32_t *roles, size_t len)
{
	CLEANUP(buf_free) struct buf fields = BUF_INIT(FIELDS_MOST);
	struct who with_fields = *who;

	who_fields(who, a->roles, roles, len, &fields);
	with_fields.fields = buf_ok(&fields) ? buf_str(&fields) : STR_NULL;
	users_put(a->users, who->user, users_entry_new(&with_fields, roles, len));
}

void
fill_user(struct auth *a, const struct value *row, const uint32_t *roles, size_t len)
{
	struct who w = {
		.user = users_number(a->users, value_str(row[0])),
		.name = value_str(row[0]),
		.full_name = value_str(row[1]),
		.user_image = value_str(row[2]),
		.language = value_str(row[3]),
		.time_zone = value_str(row[4]),
		.restrict_ip = value_str(row[5]),
		.login_after = (int32_t)fill_int(row[6]),
		.login_before = (int32_t)fill_int(row[7]),
		.simultaneous_sessions = (int32_t)fill_int(row[8]),
		.enabled = fill_int(row[9]) != 0,
		.is_system_user = str_ieq(value_str(row[10]), STR("System User")),
	};
	const bool has_all = w.user == a->administrator;
	uint32_t *numbers = MEM_NEW_ARRAY(uint32_t, (has_all ? ROLE_MAX : len) + ROLE_FIXED_LEN);

	w.is_administrator = has_all;
	w.is_guest = w.user == a->guest;
	w.enabled |= w.is_administrator || w.is_guest;
	w.is_system_user |= w.is_administrator;
	const size_t n = roles_of(a, &w, roles, len, numbers);

	w.is_system_manager = w.is_administrator;
	for (size_t i = 0; i < n; i++)
		w.is_system_manager |= numbers[i] == ROLE_SYSTEM_MANAGER;
	fill_entry(a, &w, numbers, n);
	mem_free(numbers);
}

bool
fill_roles(struct auth *a, struct db_conn *c, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	uint64_t on[ROLE_WORDS_MAX] = { 0 };
	enum db_step step;

	if (!db_query(c, SQL_ROLES, NULL, 0, &rows, err))
		return false;
	while ((step = db_next(rows, err)) == DB_ROW) {
		uint32_t role;

		if (!role_number(a->roles, value_str(db_column(rows, 0)), &role, err))
			return false;
		if (fill_int(db_column(rows, 1)) == 0)
			on[role / 64] |= UINT64_C(1) << (role % 64);
	}
	if (step == DB_FAILED)
		return false;
	memcpy(a->roles_on, on, sizeof(on));
	return true;
}

/* --- secrets --- */

bool
fill_read_secret(const struct auth *a, const struct value *row, struct token_slot *slot,
    uint64_t *name, struct err *err)
{
	const struct str pepper = value_str(row[1]);
	uint32_t number;

	if (!state_hex15(value_str(row[0]), name) ||
	    !digest_from_hex(value_str(row[2]), &slot->digest)) {
		err_set(err, ERR_INTERNAL, "A secret in the database is damaged");
		return err_cause(err, "secret %.*s", STR_FMT(value_str(row[0])));
	}
	if (!pepper_find(a, pepper, &number, err))
		return false;
	slot->pepper = (uint16_t)number;
	slot->not_before = fill_seconds(row[3]);
	slot->not_after = fill_seconds(row[4]);
	return true;
}

/* The meter that other secrets of the key have; 0: none. */
static uint32_t
shared_meter(const struct auth *a, uint64_t hash)
{
	struct token_probe p = token_table_find(a->tokens, hash);
	struct token_slot slot;

	while (token_table_next(&p, &slot)) {
		const struct state_secret *side = pool_at(a->secrets, slot.side);

		if (side->meter != 0)
			return side->meter;
	}
	return 0;
}

/* That of the other secrets, of those that this one replaces, too; else a new one. */
static uint32_t
meter_of(struct auth *a, const struct fill_limits *limits, uint64_t hash)
{
	const struct limits *l = policies_at(a->policies, limits->policy);

	if (l == NULL || (l->rate.requests == 0 && l->rate.quota == 0))
		return 0;
	const uint32_t shared = shared_meter(a, hash);

	if (shared != 0)
		return shared;
	const uint32_t number = pool_take(a->meters);

	meter_init(pool_at(a->meters, number), limits->spent);
	return number;
}

/* Once a key has secrets of several peppers, judging any pair takes as many digests (judge.c). */
static void
count_pepper(struct auth *a, const struct token_slot *slot, int64_t n)
{
	struct token_probe p = token_table_find(a->tokens, slot->hash);
	struct token_slot other;
	uint16_t last = slot->pepper;
	uint32_t digests = 0;

	atomic_fetch_add_explicit(&a->by_pepper[slot->pepper], (uint64_t)n, memory_order_relaxed);
	if (n < 0 ||
	    atomic_load_explicit(&a->by_pepper[slot->pepper], memory_order_relaxed) ==
		token_table_len(a->tokens))
		return; /* all of one pepper */
	while (token_table_next(&p, &other)) {
		digests += digests == 0 || other.pepper != last;
		last = other.pepper;
	}
	if (digests > atomic_load_explicit(&a->digests, memory_order_relaxed))
		atomic_store_explicit(&a->digests, digests, memory_order_relaxed);
}

void
fill_secret(struct auth *a, struct token_slot slot, uint64_t name, const struct fill_limits *limits)
{
	slot.limited = limits->policy != 0;
	slot.side = pool_take(a->secrets);
	struct state_secret *side = pool_at(a->secrets, slot.side);

	*side = (struct state_secret){
		.name = name,
		.policy = limits->policy,
		.meter = slot.limited ? meter_of(a, limits, slot.hash) : 0,
	};
	token_table_put(a->tokens, &slot);
	count_pepper(a, &slot, 1);
}

void
fill_renew_secret(struct auth *a, const struct token_slot *had, const struct token_slot *slot)
{
	count_pepper(a, had, -1);
	token_table_renew(a->tokens, slot);
	count_pepper(a, slot, 1);
}

/* Is it another's, too? Walks the run of the key, from which the slot is gone. */
static bool
has_meter(const struct auth *a, uint64_t hash, uint32_t meter)
{
	struct token_probe p = token_table_find(a->tokens, hash);
	struct token_slot slot;

	while (token_table_next(&p, &slot)) {
		const struct state_secret *side = pool_at(a->secrets, slot.side);

		if (side->meter == meter)
			return true;
	}
	return false;
}

void
fill_end_secret(struct auth *a, const struct token_slot *slot)
{
	const struct state_secret *side = pool_at(a->secrets, slot->side);
	const uint32_t policy = side->policy, meter = side->meter;

	token_table_drop(a->tokens, slot->hash, slot->side);
	count_pepper(a, slot, -1);
	pool_end(a->secrets, slot->side);
	policies_drop(a->policies, policy);
	if (meter != 0 && !has_meter(a, slot->hash, meter))
		pool_end(a->meters, meter);
}

/* --- sessions --- */

bool
fill_find_session(struct auth *a, const struct digest *digest, struct token_slot *out)
{
	const struct str bytes = { (const char *)digest->bytes, DIGEST_LEN };
	struct token_probe p =
	    token_table_find(a->session_slots, token_table_hash(a->session_slots, bytes));

	while (token_table_next(&p, out)) {
		if (digest_equal(&out->digest, digest))
			return true;
	}
	return false;
}

void
fill_end_session(struct auth *a, const struct token_slot *slot)
{
	token_table_drop(a->session_slots, slot->hash, slot->side);
	pool_end(a->sessions, slot->side);
}

static void
set_csrf(struct state_session *side, struct str csrf)
{
	if (csrf.len == 0 || csrf.len > STATE_CSRF_MAX ||
	    atomic_load_explicit(&side->csrf_len, memory_order_acquire) != 0)
		return;
	memcpy(side->csrf, csrf.ptr, csrf.len);
	atomic_store_explicit(&side->csrf_len, csrf.len, memory_order_release);
}

/* It slides: of two ends the later one counts, the other node's or what is not yet written here. */
static void
prolong(struct state_session *side, int64_t expires_us)
{
	int64_t had = atomic_load_explicit(&side->expires_us, memory_order_relaxed);

	while (
	    had < expires_us && !atomic_compare_exchange_weak(&side->expires_us, &had, expires_us))
		continue;
}

bool
fill_session(struct auth *a, const struct value *row, struct err *err)
{
	struct token_slot slot;
	struct digest digest;
	uint32_t user;

	if (!digest_from_hex(value_str(row[0]), &digest)) {
		err_set(err, ERR_INTERNAL, "A session in the database is damaged");
		return err_cause(err, "one of %.*s", STR_FMT(value_str(row[1])));
	}
	user = users_number(a->users, value_str(row[1]));
	const bool known = fill_find_session(a, &digest, &slot);

	if (known && slot.user == user) {
		struct state_session *had = pool_at(a->sessions, slot.side);

		set_csrf(had, value_str(row[2]));
		prolong(had, fill_int(row[3]));
		return true;
	}
	if (known) { /* it went along with a renamed user */
		token_table_drop(a->session_slots, slot.hash, slot.side);
		pool_end(a->sessions, slot.side);
	}
	slot = (struct token_slot){ .digest = digest, .user = user };
	slot.hash = token_table_hash(
	    a->session_slots, (struct str){ (const char *)digest.bytes, DIGEST_LEN });
	slot.side = pool_take(a->sessions);
	struct state_session *side = pool_at(a->sessions, slot.side);

	side->digest = digest;
	atomic_store_explicit(&side->expires_us, fill_int(row[3]), memory_order_release);
	set_csrf(side, value_str(row[2]));
	token_table_put(a->session_slots, &slot);
	return true;
}

/* --- System Settings --- */

/* "HH:MM[:SS]" in seconds; an empty or senseless text is the longest. */
static int64_t
session_seconds(struct str text)
{
	struct str hours, rest, minutes, seconds;
	int64_t h = 0, m = 0, s = 0;

	str_cut(str_trim(text), ':', &hours, &rest);
	str_cut(rest, ':', &minutes, &seconds);
	const bool ok = str_to_int64(hours, &h) &&
	    (minutes.len == 0 || str_to_int64(minutes, &m)) &&
	    (seconds.len == 0 || str_to_int64(seconds, &s));

	if (!ok || h < 0 || h > 24 * 366 || m < 0 || m > 59 || s < 0 || s > 59 || h + m + s == 0)
		return LONGEST_SESSION_H * 3600;
	return h * 3600 + m * 60 + s;
}

static void
set_bool(void *at, struct value v)
{
	atomic_store_explicit((_Atomic bool *)at, fill_int(v) != 0, memory_order_relaxed);
}

static void
set_int(void *at, struct value v)
{
	const int64_t n = fill_int(v);

	atomic_store_explicit(
	    (_Atomic int *)at, n < 0 ? 0 : (int)MIN(n, (int64_t)INT32_MAX), memory_order_relaxed);
}

static void
set_session(void *at, struct value v)
{
	/* Written without quotes in a number's place, "6" means six hours, too. */
	char digits[24];
	struct str text = value_str(v);

	if (v.kind == VALUE_INT)
		text = (struct str){ digits,
			(size_t)snprintf(digits, sizeof(digits), "%lld", (long long)v.i) };
	atomic_store_explicit((_Atomic int64_t *)at, session_seconds(text), memory_order_relaxed);
}

/* clang-format off */
#define AT(member) offsetof(struct state_settings, member)
static const struct {
	struct str field;
	size_t at;
	void (*set)(void *at, struct value v);
	struct str missing; /* the default of the field (doctypes/system_settings.tsv) */
} SETTINGS[] = {
	{ STR_INIT("allow_error_traceback"),            AT(error_traceback),         set_bool,    STR_INIT("1") },
	{ STR_INIT("disable_user_pass_login"),          AT(disable_user_pass_login), set_bool,    STR_INIT("0") },
	{ STR_INIT("allow_login_using_mobile_number"),  AT(login_by_mobile),         set_bool,    STR_INIT("0") },
	{ STR_INIT("allow_login_using_user_name"),      AT(login_by_username),       set_bool,    STR_INIT("0") },
	{ STR_INIT("deny_multiple_sessions"),           AT(deny_multiple_sessions),  set_bool,    STR_INIT("0") },
	{ STR_INIT("enable_password_policy"),           AT(password_policy),         set_bool,    STR_INIT("1") },
	{ STR_INIT("minimum_password_score"),           AT(minimum_password_score),  set_int,     STR_INIT("2") },
	{ STR_INIT("allow_consecutive_login_attempts"), AT(consecutive_attempts),    set_int,     STR_INIT("10") },
	{ STR_INIT("allow_login_after_fail"),           AT(lock_s),                  set_int,     STR_INIT("60") },
	{ STR_INIT("logout_on_password_reset"),         AT(password_ends_sessions),  set_bool,    STR_INIT("1") },
	{ STR_INIT("force_user_to_reset_password"),     AT(password_days),           set_int,     STR_INIT("0") },
	{ STR_INIT("reset_password_link_expiry_duration"), AT(reset_key_s),          set_int,     STR_INIT("1200") },
	{ STR_INIT("session_expiry"),                   AT(session_s),               set_session, STR_INIT("170:00") },
};
/* clang-format on */

static void
apply(struct auth *a, size_t which, struct value v)
{
	SETTINGS[which].set((char *)&a->settings + SETTINGS[which].at, v);
}

bool
fill_settings(struct auth *a, struct db_conn *c, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	bool seen[ARRAY_LEN(SETTINGS)] = { false };
	enum db_step step = DB_DONE;

	if (c != NULL && !db_query(c, SQL_SETTINGS, NULL, 0, &rows, err))
		return false;
	while (rows != NULL && (step = db_next(rows, err)) == DB_ROW) {
		const struct str field = value_str(db_column(rows, 0));

		for (size_t i = 0; i < ARRAY_LEN(SETTINGS); i++) {
			if (!str_ieq(field, SETTINGS[i].field))
				continue;
			seen[i] = true;
			apply(a, i, db_column(rows, 1));
		}
	}
	if (step == DB_FAILED)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(SETTINGS); i++) {
		if (!seen[i])
			apply(a, i, value_text(SETTINGS[i].missing));
	}
	return true;
}
