/*
 * doc_site.h - a site on a scratch database with everything shipped, and calls by its users.
 */
#ifndef TESTS_UNIT_DOC_SITE_H
#define TESTS_UNIT_DOC_SITE_H

#include "tests/unit/scratch.h"

#include "auth/auth.h"
#include "auth/keyfile.h"
#include "base/clock.h"
#include "conf/conf.h"
#include "doc/doc.h"
#include "json/json_in.h"

struct doc_site {
	struct scratch s;
	struct conf conf;
	struct arena *arena;
	struct turns *turns;
	struct turn_thread *me; /* awake for the whole test */
	struct role_names *roles;
	struct metas *metas;
	struct keyfile *keys;
	struct auth *auth;
	struct call call;
	struct buf out;
	struct buf messages;
};

/* The next calls are this user's. */
static inline void
doc_site_as(struct doc_site *x, struct str user)
{
	x->call.who = auth_find_user(x->auth, user);
	if (x->call.who == NULL)
		fail_msg("there is no user %.*s", STR_FMT(user));
}

static inline void
doc_site_open(struct doc_site *x)
{
	struct scratch *s = &x->s;
	int ran;

	json_init();
	*x = (struct doc_site){ .out = BUF_INIT(1024 * 1024), .messages = BUF_INIT(1024 * 1024) };
	scratch_dir(s);
	scratch_connect(s);
	x->arena = arena_new(64 * 1024 * 1024);
	x->turns = turns_new();
	x->me = turn_join(x->turns);
	turn_awake(x->me);
	x->roles = role_names_new();
	x->metas = metas_new(x->turns, x->roles);
	CHECK_OK(s, migrate_run(s->db, s->c, &ran, &s->err));
	CHECK_OK(s, db_begin(s->c, &s->err));
	CHECK_OK(s, metas_install(x->metas, s->db, s->c, x->arena, &s->err));
	CHECK_OK(s, db_commit(s->c, &s->err));
	CHECK_OK(s, metas_load(x->metas, s->c, &s->err));
	CHECK_OK(s, keyfile_make(scratch_file(s, "symbolon.key"), &s->err));
	CHECK_OK(s, keyfile_open(scratch_file(s, "symbolon.key"), &x->keys, &s->err));
	const struct auth_options options = {
		.conf = &x->conf, .turns = x->turns, .roles = x->roles, .keys = x->keys
	};
	x->auth = auth_new(&options);
	CHECK_OK(s, auth_load(x->auth, s->c, &s->err));
	x->call = (struct call){
		.arena = x->arena, .db = s->c, .metas = x->metas, .auth = x->auth, .conf = &x->conf
	};
	doc_site_as(x, STR("Administrator"));
}

static inline void
doc_site_close(struct doc_site *x)
{
	buf_free(&x->out);
	buf_free(&x->messages);
	turn_asleep(x->me);
	turn_leave(x->me);
	auth_free(x->auth);
	keyfile_free(x->keys);
	metas_free(x->metas);
	turns_free(x->turns);
	role_names_free(x->roles);
	arena_free(x->arena);
	scratch_close(&x->s);
	scratch_remove(&x->s);
}

/* ' stands for " in bodies and answers, so that tests are easy to read. */
static inline struct str
doc_site_quotes(struct doc_site *x, struct str s, char from, char to)
{
	char *text = arena_alloc(x->arena, s.len + 1);

	for (size_t i = 0; i < s.len; i++)
		text[i] = s.ptr[i] == from ? to : s.ptr[i];
	return (struct str){ text, s.len };
}

static inline const json_t *
doc_site_json(struct doc_site *x, struct str text)
{
	const json_t *v = NULL;

	CHECK_OK(&x->s, json_parse(x->arena, doc_site_quotes(x, text, '\'', '"'), &v, &x->s.err));
	return v;
}

enum doc_site_what { INSERT, UPDATE, SAVE, READ, DELETE };

/* One transaction: the body, its commit, what is published. */
static inline bool
doc_site_run(struct doc_site *x, enum doc_site_what what, const struct doctype *dt, struct str name,
    const json_t *body, struct doc **d)
{
	struct call *call = &x->call;
	struct scratch *s = &x->s;
	bool ok = false;

	call->messages = call->messages_last = NULL;
	call->error_message = STR_NULL;
	call->changes = (struct change_list){ 0 };
	call->now_us = clock_now_us();
	s->err = (struct err){ 0 };
	CHECK(db_begin(s->c, &s->err));
	switch (what) {
	case INSERT:
		ok = doc_insert(call, dt, body, d, &s->err);
		break;
	case UPDATE:
		ok = doc_update(call, dt, name, body, d, &s->err);
		break;
	case SAVE:
		ok = doc_save(call, dt, body, d, &s->err);
		break;
	case READ:
		ok = doc_read(call, dt, name, d, &s->err);
		break;
	case DELETE:
		ok = doc_delete(call, dt, name, &s->err);
		break;
	}
	if (!ok) {
		db_rollback(s->c);
		return false;
	}
	struct err err;
	CHECK(db_commit(s->c, &err));
	for (const struct change *c = call->changes.first; c != NULL; c = c->next) {
		const struct str me = call->who->name;

		metas_publish(x->metas, s->c, c);
		auth_publish(x->auth, s->c, c);
		call->who = auth_find_user(x->auth, me);
	}
	return true;
}

/* The answer as JSON with ' for "; the class and the text of the error if there is one. */
static inline struct str
doc_site_do(struct doc_site *x, enum doc_site_what what, const char *doctype, const char *name,
    const char *body)
{
	const struct doctype *dt = metas_find(x->metas, str_from(doctype));
	const json_t *tree = body == NULL ? NULL : doc_site_json(x, str_from(body));
	struct json_out o = JSON_OUT(&x->out);
	struct doc *d = NULL;

	CHECK_CASE(doctype, dt != NULL);
	buf_clear(&x->out);
	x->call.prepared = NULL;
	if (what != READ && what != DELETE && doc_needs_hash(dt->name, tree) &&
	    !doc_prepare_hash_of(
		&x->call, dt->name, what == INSERT ? STR_NULL : str_from(name), tree, &x->s.err)) {
		buf_printf(&x->out, "%s: %s", err_exc_type(x->s.err.kind), x->s.err.msg);
		return buf_str(&x->out);
	}
	if (!doc_site_run(x, what, dt, str_from(name), tree, &d)) {
		buf_printf(&x->out, "%s: %s", err_exc_type(x->s.err.kind), x->s.err.msg);
		return buf_str(&x->out);
	}
	if (d == NULL)
		return STR("ok");
	CHECK(doc_write(&x->call, d, DOC_WITHOUT_NULLS, &o, &x->s.err));
	return doc_site_quotes(x, buf_str(&x->out), '"', '\'');
}

/* The member of an answer as text, of a JSON object with ' for ". */
static inline struct str
doc_site_get(struct doc_site *x, struct str answer, const char *key)
{
	const json_t *v = json_get(doc_site_json(x, answer), str_from(key));
	struct json_out o = JSON_OUT(&x->out);

	buf_clear(&x->out);
	if (v == NULL)
		return STR("absent");
	if (json_is_string(v))
		return json_text(v);
	json_add_tree(&o, v);
	return doc_site_quotes(x, buf_str(&x->out), '"', '\'');
}

/* All messages of the last call, as JSON objects one after the other. */
static inline struct str
doc_site_messages(struct doc_site *x)
{
	buf_clear(&x->messages);
	for (const struct call_message *m = x->call.messages; m != NULL; m = m->next)
		buf_put(&x->messages, m->json);
	return x->messages.ptr == NULL ? STR("") : buf_str(&x->messages);
}

/* Makes a DocType, as Administrator. */
static inline void
doc_site_doctype(struct doc_site *x, const char *name, const char *body)
{
	const struct str answer = doc_site_do(x, INSERT, "DocType", NULL, body);

	if (!str_starts(answer, STR("{")))
		fail_msg("%s: %.*s", name, STR_FMT(answer));
	CHECK(metas_find(x->metas, str_from(name)) != NULL);
}

#endif
