/*
 * auth_site.h - a small site for the tests of auth/: a real database with the tables that auth
 * reads, a key file, users, and calls whose phases the test runs itself.
 */
#ifndef TESTS_UNIT_AUTH_SITE_H
#define TESTS_UNIT_AUTH_SITE_H

#include "tests/unit/scratch.h"

#include "auth/auth.h"
#include "auth/key.h"
#include "auth/keyfile.h"
#include "base/clock.h"
#include "base/mem.h"
#include "conf/conf.h"

struct auth_site {
	struct scratch s;
	struct conf conf;
	struct turns *turns;
	struct role_names *roles;
	struct keyfile *keys;
	struct auth *auth;
	struct call call;
	int64_t now_us;
};

#define AUTH_SITE_TABLES                                                                           \
	"CREATE TABLE \"tabUser\" (name TEXT COLLATE NOCASE NOT NULL, full_name TEXT, "            \
	"user_image TEXT, language TEXT, time_zone TEXT, restrict_ip TEXT, "                       \
	"login_after INTEGER NOT NULL DEFAULT 0, login_before INTEGER NOT NULL DEFAULT 0, "        \
	"simultaneous_sessions INTEGER NOT NULL DEFAULT 2, enabled INTEGER NOT NULL DEFAULT 1, "   \
	"user_type TEXT DEFAULT 'System User', mobile_no TEXT COLLATE NOCASE, "                    \
	"username TEXT COLLATE NOCASE, last_active TEXT);"                                         \
	"CREATE UNIQUE INDEX user_name ON \"tabUser\" (name);"                                     \
	"CREATE TABLE \"tabHas Role\" (name TEXT NOT NULL, parent TEXT COLLATE NOCASE, "           \
	"parenttype TEXT, role TEXT COLLATE NOCASE);"                                              \
	"CREATE TABLE \"tabRole\" (name TEXT COLLATE NOCASE NOT NULL, "                            \
	"disabled INTEGER NOT NULL DEFAULT 0);"                                                    \
	"INSERT INTO \"tabUser\" (name, full_name) VALUES ('Administrator', 'Administrator'), "    \
	"('Guest', 'Guest'), ('ada@x.test', 'Ada L'), ('bob@x.test', 'Bob');"                      \
	"INSERT INTO \"tabRole\" (name, disabled) VALUES ('Administrator', 0), ('All', 0), "       \
	"('Guest', 0), ('Desk User', 0), ('System Manager', 0), ('Cook', 0), ('Old', 1);"          \
	"INSERT INTO \"tabHas Role\" (name, parent, parenttype, role) VALUES "                     \
	"('1', 'ada@x.test', 'User', 'System Manager'), ('2', 'ada@x.test', 'User', 'Old'), "      \
	"('3', 'ada@x.test', 'User', 'Administrator'), ('4', 'bob@x.test', 'User', 'Cook');"

/* Loads memory from the database, as a new start does. */
static inline void
auth_site_load(struct auth_site *site)
{
	const struct auth_options options = {
		.conf = &site->conf,
		.turns = site->turns,
		.roles = site->roles,
		.keys = site->keys,
	};

	auth_free(site->auth);
	site->auth = auth_new(&options);
	site->call.auth = site->auth;
	CHECK_OK(&site->s, auth_load(site->auth, site->s.c, &site->s.err));
}

static inline void
auth_site_sql(struct auth_site *site, const char *sql)
{
	CHECK_OK(&site->s, db_exec(site->s.c, str_from(sql), NULL, 0, NULL, &site->s.err));
}

static inline void
auth_site_open(struct auth_site *site)
{
	memset(site, 0, sizeof(*site));
	scratch_dir(&site->s);
	scratch_open(&site->s);
	CHECK_OK(&site->s, db_script(site->s.c, STR(AUTH_SITE_TABLES), &site->s.err));
	const char *path = scratch_file(&site->s, "symbolon.key");

	CHECK_OK(&site->s, keyfile_make(path, &site->s.err));
	CHECK_OK(&site->s, keyfile_open(path, &site->keys, &site->s.err));
	site->conf.auth.token_first = true;
	site->conf.auth.token_tries = 100;
	site->conf.http.max_kept = 1024 * 1024;
	site->turns = turns_new();
	site->roles = role_names_new();
	site->now_us = clock_now_us();
	site->call = (struct call){
		.arena = arena_new(16 * 1024 * 1024),
		.conf = &site->conf,
		.db = site->s.c,
		.body_fd = -1,
		.file.fd = -1,
		.peer = STR("10.1.1.1"),
		.now_us = site->now_us,
		.started_us = site->now_us,
	};
	http_response_reset(&site->call.response, 1024 * 1024);
	site->call.out = JSON_OUT(&site->call.response.body);
	auth_site_load(site);
}

static inline void
auth_site_close(struct auth_site *site)
{
	http_response_free(&site->call.response);
	arena_free(site->call.arena);
	auth_free(site->auth);
	turns_free(site->turns);
	role_names_free(site->roles);
	keyfile_free(site->keys);
	scratch_close(&site->s);
	scratch_remove(&site->s);
}

/* Before a body, and after it: commit and publish. */
static inline void
auth_site_begin(struct auth_site *site)
{
	CHECK_OK(&site->s, db_begin(site->s.c, &site->s.err));
}

static inline void
auth_site_commit(struct auth_site *site)
{
	CHECK_OK(&site->s, db_commit(site->s.c, &site->s.err));
	for (const struct change *c = site->call.changes.first; c != NULL; c = c->next)
		auth_publish(site->auth, site->s.c, c);
	site->call.changes = (struct change_list){ 0 };
}

/* Counters into the database, all of them. */
static inline void
auth_site_flush(struct auth_site *site)
{
	bool more;

	do {
		auth_site_begin(site);
		CHECK_OK(&site->s, auth_flush_counters(site->auth, site->s.c, &more, &site->s.err));
		CHECK_OK(&site->s, db_commit(site->s.c, &site->s.err));
		auth_flush_written(site->auth);
	} while (more);
}

/* A change that somebody else's body wrote. */
static inline void
auth_site_publish(struct auth_site *site, enum change_kind kind, const char *name)
{
	const struct change change = { .kind = kind, .name = str_from(name) };

	auth_publish(site->auth, site->s.c, &change);
}

static inline struct key_pair
auth_site_key(struct auth_site *site, const char *user)
{
	struct key_pair pair;
	bool made;

	auth_site_begin(site);
	CHECK_OK(&site->s, key_generate(&site->call, str_from(user), &pair, &made, &site->s.err));
	auth_site_commit(site);
	return pair;
}

/* "token KEY:SECRET" in the call's arena. */
static inline struct str
auth_site_token(struct auth_site *site, struct str key, struct str secret)
{
	struct str text;

	CHECK_OK(&site->s,
	    arena_printf(site->call.arena, &text, &site->s.err, "token %.*s:%.*s", STR_FMT(key),
		STR_FMT(secret)));
	return text;
}

/* Identifies with either or both; null: none. */
static inline bool
auth_site_identify(
    struct auth_site *site, struct str authorization, struct str cookie, struct identity *out)
{
	const struct auth_request request = {
		.has_authorization = !str_is_null(authorization),
		.authorization = authorization,
		.cookie = cookie,
		.address = site->call.peer,
		.now_us = site->now_us,
		.mono_us = site->now_us,
		.loop = 1,
	};

	return auth_identify(site->auth, &request, out, &site->s.err);
}

/* Who a pair belongs to; STR("") if it is refused with the one 401. */
static inline struct str
auth_site_user_of(struct auth_site *site, struct key_pair pair)
{
	struct identity id;
	const struct who *who;

	if (!auth_site_identify(
		site, auth_site_token(site, pair.key, pair.secret), STR_NULL, &id)) {
		CHECK(site->s.err.kind == ERR_AUTHENTICATION && site->s.err.silent);
		CHECK_STR(str_from(site->s.err.msg), "Invalid API key or secret");
		return STR("");
	}
	CHECK(id.kind == IDENTITY_TOKEN);
	CHECK_OK(&site->s, auth_who(site->auth, &id, &who, &site->s.err));
	return who->name;
}

#endif
