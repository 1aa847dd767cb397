#include "bench/verify_site.h"

#include "auth/fill.h"
#include "auth/judge.h"
#include "base/clock.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "crypto/hmac.h"
#include "db/migrate.h"
#include "net/address.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { KEY_TEXT = 15, SECRET_TEXT = 37, NAME_SIZE = 48, PATH_SIZE = 256 };

/* Which keys are not good: the number's remainder. */
enum { CLASS_NETWORK = 3, CLASS_DISABLED, CLASS_EXPIRED, CLASS_EARLY, CLASS_OUTSIDE };

/* Where requests come from, and where those keys may be used instead. */
static const struct str SOURCE = STR_INIT("192.0.2.7"), ELSEWHERE = STR_INIT("10.0.0.0/8");

const char *const VERIFY_NAMES[VERIFY_KINDS] = { "right", "wrong", "near", "unknown", "disabled",
	"expired", "early", "outside", "network" };

/* The tables of DocTypes that auth_load() reads. */
static const struct str TABLES = STR_INIT(
    "CREATE TABLE \"tabUser\" (name TEXT COLLATE NOCASE NOT NULL, full_name TEXT, "
    "user_image TEXT, language TEXT, time_zone TEXT, restrict_ip TEXT, "
    "login_after INTEGER NOT NULL DEFAULT 0, login_before INTEGER NOT NULL DEFAULT 0, "
    "simultaneous_sessions INTEGER NOT NULL DEFAULT 2, enabled INTEGER NOT NULL DEFAULT 1, "
    "user_type TEXT DEFAULT 'System User');"
    "CREATE UNIQUE INDEX user_name ON \"tabUser\" (name);"
    "CREATE TABLE \"tabHas Role\" (parent TEXT COLLATE NOCASE, parenttype TEXT, role TEXT);"
    "CREATE TABLE \"tabRole\" (name TEXT COLLATE NOCASE, disabled INTEGER NOT NULL DEFAULT 0);"
    "INSERT INTO \"tabRole\" (name) VALUES ('System Manager'), ('Reader');");
static const struct str INSERT_USER = STR_INIT(
    "INSERT INTO \"tabUser\" (name, full_name, enabled, restrict_ip) VALUES (?1, ?1, ?2, ?3)");
static const struct str INSERT_KEY =
    STR_INIT("INSERT INTO `tabAPI Key` (`name`, `user`, `enabled`, `limited`, `allowed_networks`, "
	     "`denied_networks`, `rate_limit`, `rate_window_s`, `quota`, `uses`) "
	     "VALUES (?1, ?2, 1, ?3, ?4, ?5, ?6, 60, ?7, 7)");
static const struct str INSERT_SCOPE = STR_INIT(
    "INSERT INTO `tabAPI Key Scope` (`name`, `parent`, `parenttype`, `parentfield`, `idx`, "
    "`kind`, `target`, `rights`, `mask`) VALUES (?1, ?2, 'API Key', 'scopes', ?3, ?4, ?5, '', 15)");
static const struct str INSERT_SECRET =
    STR_INIT("INSERT INTO secret (name, api_key, pepper, digest, not_before, not_after, "
	     "created_us) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0)");

static void NORETURN
stop(const struct err *err)
{
	fprintf(stderr, "verify: %s %s\n", err->msg, err->cause);
	exit(1);
}

static void
must(bool ok, const struct err *err)
{
	if (!ok)
		stop(err);
}

uint64_t
verify_mix(uint64_t n)
{
	n = (n ^ n >> 30) * 0xbf58476d1ce4e5b9ULL;
	n = (n ^ n >> 27) * 0x94d049bb133111ebULL;
	return n ^ n >> 31;
}

static void
put_digits(char *text, size_t len, const char *digits, unsigned base, uint64_t seed)
{
	uint64_t n = 0;

	for (size_t i = 0; i < len; i++, n /= base) {
		if (i % 8 == 0)
			n = verify_mix(seed * 8 + i / 8 + 1);
		text[i] = digits[n % base];
	}
}

/* 15 hex characters: an api-key, or the name of its secret. */
static struct str
key_text(uint64_t n, char *text)
{
	put_digits(text, KEY_TEXT, "0123456789abcdef", 16, n);
	return (struct str){ text, KEY_TEXT };
}

static struct str
secret_text(uint64_t n, char *text)
{
	memcpy(text, "smb_", 4);
	put_digits(text + 4, SECRET_TEXT - 4,
	    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", 62,
	    n ^ UINT64_C(1) << 60);
	return (struct str){ text, SECRET_TEXT };
}

static struct str
user_text(uint32_t n, char *text)
{
	return (struct str){ text,
		(size_t)snprintf(text, NAME_SIZE, "user%u@bench.test", (unsigned)n) };
}

static const char *
path_of(const struct verify_options *options, const char *name, char *path)
{
	snprintf(path, PATH_SIZE, "%s/%s", options->dir, name);
	return path;
}

void
verify_site_remove(const struct verify_options *options)
{
	static const char *const NAMES[] = { "symbolon.key", "symbolon.db", "symbolon.db-wal" };
	char path[PATH_SIZE];

	for (size_t i = 0; i < ARRAY_LEN(NAMES); i++)
		unlink(path_of(options, NAMES[i], path));
	rmdir(options->dir);
}

static int64_t
validity(uint32_t n, uint32_t class, int64_t at_s)
{
	return n % VERIFY_CLASSES == class ? at_s : 0;
}

static void
sign(const struct verify_site *site, uint32_t n, struct digest *out)
{
	char key[KEY_TEXT], secret[SECRET_TEXT];
	const struct str parts[] = { key_text(n, key), { "", 1 }, secret_text(n, secret) };

	hmac_sign(keyfile_pepper_at(site->keyfile, 0), parts, ARRAY_LEN(parts), out);
}

/* --- all features at once --- */

/* So many keys have the same ones: those of one team, or of one program. */
enum { FEATURES_ALIKE = 1000 };

struct features {
	struct limits draft;
	struct limits_scope scopes[3];
	char texts[4][64];
};

static bool
features_of(uint32_t n, struct features *f)
{
	const unsigned team = n / FEATURES_ALIKE;

	snprintf(f->texts[0], sizeof(f->texts[0]),
	    "10.0.0.0/8, 192.0.2.0/24, 2001:db8:%x::/48, 172.%u.%u.0/24", team, 16 + team % 16,
	    team / 16 % 256);
	snprintf(f->texts[1], sizeof(f->texts[1]), "10.%u.0.0/16", team % 256);
	snprintf(f->texts[2], sizeof(f->texts[2]), "team%u.reports.", team);
	snprintf(f->texts[3], sizeof(f->texts[3]), "/team%u/", team);
	f->scopes[0] = (struct limits_scope){ LIMITS_DOCTYPE, STR("ToDo"), 15 };
	f->scopes[1] = (struct limits_scope){ LIMITS_METHOD, str_from(f->texts[2]), 15 };
	f->scopes[2] = (struct limits_scope){ LIMITS_PATH, str_from(f->texts[3]), 15 };
	f->draft = (struct limits){
		.allowed = str_from(f->texts[0]),
		.denied = str_from(f->texts[1]),
		.scopes = f->scopes,
		.scopes_len = ARRAY_LEN(f->scopes),
		.rate = { .requests = 1000 * 1000 * 1000,
		    .window_s = 60,
		    .quota = INT64_C(1) << 50 },
	};
	return true;
}

/* --- with a database --- */

static void
insert_user(struct db_conn *c, uint32_t n)
{
	char name[NAME_SIZE];
	struct err err;
	const struct value params[] = { value_text(user_text(n, name)),
		value_int(n % VERIFY_CLASSES != CLASS_DISABLED),
		value_text(n % VERIFY_CLASSES == CLASS_OUTSIDE ? ELSEWHERE : STR("")) };

	must(db_exec(c, INSERT_USER, params, ARRAY_LEN(params), NULL, &err), &err);
}

static void
insert_scopes(struct db_conn *c, uint32_t n, struct str key, const struct features *f)
{
	static const char *const KINDS[] = { "DocType", "Method", "Path" };
	char name[KEY_TEXT];
	struct err err;

	for (size_t i = 0; i < f->draft.scopes_len; i++) {
		const struct limits_scope *s = &f->scopes[i];
		const struct value row[] = { value_text(
						 key_text(n + ((uint64_t)(i + 2) << 32), name)),
			value_text(key), value_int((int64_t)i + 1),
			value_text(str_from(KINDS[s->kind])), value_text(s->target) };

		must(db_exec(c, INSERT_SCOPE, row, ARRAY_LEN(row), NULL, &err), &err);
	}
}

static void
insert_key(const struct verify_site *site, struct db_conn *c, uint32_t n)
{
	char text[KEY_TEXT], name[KEY_TEXT], user[NAME_SIZE], hex[DIGEST_HEX_LEN];
	struct digest digest;
	struct err err;

	assert(site->options.users > 0);
	sign(site, n, &digest);
	const struct str key = key_text(n, text);
	struct features f;
	const bool limited = site->options.limited && features_of(n, &f);
	const struct value row[] = { value_text(key),
		value_text(user_text(n % site->options.users, user)), value_int(limited),
		limited ? value_text(f.draft.allowed) : value_null(),
		limited ? value_text(f.draft.denied) : value_null(),
		value_int(limited ? f.draft.rate.requests : 0),
		value_int(limited ? f.draft.rate.quota : 0) };
	const struct value secret[] = { value_text(key_text(n + UINT64_C(0x100000000), name)),
		value_text(key), value_text(keyfile_pepper_id(site->keyfile)),
		value_text(digest_to_hex(&digest, hex)),
		value_int(validity(n, CLASS_EARLY, UINT32_MAX)),
		value_int(validity(n, CLASS_EXPIRED, 1)) };

	must(db_exec(c, INSERT_KEY, row, ARRAY_LEN(row), NULL, &err), &err);
	must(db_exec(c, INSERT_SECRET, secret, ARRAY_LEN(secret), NULL, &err), &err);
	if (limited)
		insert_scopes(c, n, key, &f);
}

/* Brings the tables of a database up to date, and fills a new one. */
static void
make_database(const struct verify_site *site, struct db *db, bool is_new)
{
	struct db_conn *c;
	struct err err;
	int ran;

	must(db_connect(db, DB_WRITE, &c, &err), &err);
	must(migrate_run(db, c, &ran, &err), &err);
	if (is_new) {
		must(db_script(c, TABLES, &err) && db_begin(c, &err), &err);
		for (uint32_t n = 0; n < site->options.users; n++)
			insert_user(c, n);
		for (uint32_t n = 0; n < site->options.keys; n++)
			insert_key(site, c, n);
		must(db_commit(c, &err), &err);
	}
	db_disconnect(c);
}

static void
load_database(struct verify_site *site)
{
	char path[PATH_SIZE], url[PATH_SIZE + 8];
	const bool is_new = access(path_of(&site->options, "symbolon.db", path), F_OK) != 0;
	struct db_conn *c;
	struct db *db;
	struct err err;

	snprintf(url, sizeof(url), "sqlite:%s", path);
	const struct db_options options = { .url = str_from(url), .create = true, .mmap = true };

	must(db_open(&options, &db, &err), &err);
	make_database(site, db, is_new);
	db_close(db); /* which writes the log into the file */
	must(db_open(&options, &db, &err), &err);
	must(db_connect(db, DB_READ, &c, &err), &err);
	const int64_t wall = clock_mono_us(), cpu = clock_cpu_us();

	must(auth_load(site->auth, c, &err), &err);
	site->load_s = (double)(clock_mono_us() - wall) / CLOCK_US_PER_S;
	site->load_cpu_s = (double)(clock_cpu_us() - cpu) / CLOCK_US_PER_S;
	db_disconnect(c);
	db_close(db);
}

/* --- without --- */

static struct fill_limits
limits_of(const struct verify_site *site, uint32_t n)
{
	const struct limits draft = { .allowed = ELSEWHERE };

	struct features f;

	if (site->options.limited && n % VERIFY_CLASSES != CLASS_NETWORK && features_of(n, &f))
		return (struct fill_limits){ policies_hold(site->auth->policies, &f.draft), 7 };
	return (struct fill_limits){ n % VERIFY_CLASSES == CLASS_NETWORK
		    ? policies_hold(site->auth->policies, &draft)
		    : 0,
		0 };
}

static void
fill_directly(struct verify_site *site)
{
	char name[NAME_SIZE];

	assert(site->options.users > 0);
	token_table_reserve(site->auth->tokens, site->options.keys);
	pool_reserve(site->auth->secrets, site->options.keys + 1);
	for (uint32_t n = 0; n < site->options.users; n++) {
		const struct value user = value_text(user_text(n, name));
		const struct value row[FILL_USER_LEN] = { user, user,
			[5] = value_text(n % VERIFY_CLASSES == CLASS_OUTSIDE ? ELSEWHERE : STR("")),
			[9] = value_int(n % VERIFY_CLASSES != CLASS_DISABLED) };

		fill_user(site->auth, row, NULL, 0);
	}
	for (uint32_t n = 0; n < site->options.keys; n++) {
		struct token_slot slot = {
			.hash = token_table_hash(site->auth->tokens, key_text(n, name)),
			.not_before = (uint32_t)validity(n, CLASS_EARLY, UINT32_MAX),
			.not_after = (uint32_t)validity(n, CLASS_EXPIRED, 1),
		};

		slot.user =
		    users_number(site->auth->users, user_text(n % site->options.users, name));
		sign(site, n, &slot.digest);
		const struct fill_limits limits = limits_of(site, n);

		fill_secret(site->auth, slot, n, &limits);
	}
}

void
verify_site_open(struct verify_site *site, const struct verify_options *options)
{
	char path[PATH_SIZE];
	struct err err;

	*site = (struct verify_site){ .options = *options };
	must(address_parse(SOURCE, &site->from), &err);
	path_of(options, "symbolon.key", path);
	must(access(path, F_OK) == 0 || keyfile_make(path, &err), &err);
	must(keyfile_open(path, &site->keyfile, &err), &err);
	site->conf = MEM_NEW(struct conf);
	site->conf->auth.token_first = true;
	site->turns = turns_new();
	site->turn = turn_join(site->turns);
	site->roles = role_names_new();
	site->auth = auth_new(&(struct auth_options){ .conf = site->conf,
	    .turns = site->turns,
	    .roles = site->roles,
	    .keys = site->keyfile });
	if (options->direct)
		fill_directly(site);
	else
		load_database(site);
}

void
verify_site_close(struct verify_site *site)
{
	turn_leave(site->turn);
	auth_free(site->auth);
	turns_free(site->turns);
	role_names_free(site->roles);
	keyfile_free(site->keyfile);
	mem_free(site->conf);
}

/* --- requests --- */

static uint32_t
class_of(enum verify_kind kind)
{
	switch (kind) {
	case VERIFY_DISABLED:
		return CLASS_DISABLED;
	case VERIFY_EXPIRED:
		return CLASS_EXPIRED;
	case VERIFY_EARLY:
		return CLASS_EARLY;
	case VERIFY_OUTSIDE:
		return CLASS_OUTSIDE;
	case VERIFY_NETWORK:
		return CLASS_NETWORK;
	case VERIFY_RIGHT:
	case VERIFY_WRONG:
	case VERIFY_NEAR:
	case VERIFY_UNKNOWN:
	case VERIFY_KINDS:
		break;
	}
	return 0;
}

void
verify_text(const struct verify_site *site, enum verify_kind kind, uint64_t n, char *text)
{
	const uint64_t chance = verify_mix(n ^ UINT64_C(1) << 59);
	/* A wrong secret is tried on any key, as an unknown one may be near any. */
	const bool any = kind == VERIFY_WRONG;
	const uint64_t number = any
	    ? chance % site->options.keys
	    : chance % (site->options.keys / VERIFY_CLASSES) * VERIFY_CLASSES + class_of(kind);
	const uint64_t other = UINT64_C(1) << 40 | (chance >> 32);

	memcpy(text, "token ", 6);
	key_text(kind == VERIFY_UNKNOWN ? other : number, text + 6);
	text[6 + KEY_TEXT] = ':';
	secret_text(kind == VERIFY_WRONG ? other : number, text + 6 + KEY_TEXT + 1);
	if (kind == VERIFY_NEAR)
		text[VERIFY_TEXT - 1] = text[VERIFY_TEXT - 1] == 'a' ? 'b' : 'a';
}

bool
verify_identify(const struct verify_site *site, struct str text, int64_t now_us)
{
	const struct auth_request request = { .has_authorization = true,
		.authorization = text,
		.address = SOURCE,
		.now_us = now_us,
		.loop = 1 };
	struct identity identity;
	struct err err;

	return auth_identify(site->auth, &request, &identity, &err);
}

bool
verify_judge(const struct verify_site *site, struct str text, int64_t now_us)
{
	struct judgement j;

	const struct judge_request request = { .key = str_sub(text, 6, KEY_TEXT),
		.secret = str_sub(text, 6 + KEY_TEXT + 1, SECRET_TEXT),
		.now_s = now_us / CLOCK_US_PER_S,
		.from = &site->from };

	judge_pair(site->auth, &request, &j);
	return j.verdict == JUDGE_RIGHT;
}
