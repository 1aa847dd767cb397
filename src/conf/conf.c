#include "conf/conf.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "conf/conf_file.h"
#include "conf/setting.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	MEMORY = 8 * 1024 * 1024, /* of all values together */
	SECRET_FILE_MAX = 4096,
	PATH_SIZE = 4096,
	SETTINGS_MAX = 128,
	FLAG_SIZE = 96,
	VALUE_MAX = 1024 * 1024,
};

/* Where a value came from: a text in the arena, or NULL for the default. */
struct source {
	struct str text;
	bool listed; /* by this kind of source already: the next item appends */
	bool unread; /* stands in a file that a running server may not be able to read any more */
};

/* What struct conf is the first part of. */
struct loaded {
	struct conf conf;
	struct arena *arena;
	struct source sources[SETTINGS_MAX];
	bool again; /* a reload: only settings that it changes are read from files of their own */
	int argc;
	char *const *argv;
	char *const *env;
};

static bool
set(struct loaded *l, size_t at, struct str text, struct str source, struct err *err)
{
	const struct setting *s = &SETTING_ALL[at];
	struct source *from = &l->sources[at];
	struct err why;

	if (!setting_set(s, &l->conf, l->arena, text, from->listed, &why))
		return err_set(err, ERR_VALIDATION, "%.*s: [%s] %s %s", STR_FMT(source), s->section,
		    s->name, why.msg);
	from->listed = true;
	return arena_str(l->arena, source, &from->text, err);
}

/* A new kind of source replaces lists, it does not append to them. */
static void
next_kind(struct loaded *l)
{
	for (size_t i = 0; i < SETTING_ALL_LEN; i++)
		l->sources[i].listed = false;
}

static bool
set_defaults(struct loaded *l, struct err *err)
{
	for (size_t i = 0; i < SETTING_ALL_LEN; i++) {
		if (!set(l, i, str_from(SETTING_ALL[i].fallback), STR("default"), err))
			return false;
	}
	return true;
}

/* A secret's file: its text without the line end. */
static bool
set_from_file(struct loaded *l, size_t at, struct str path, struct str source, struct err *err)
{
	char name[PATH_SIZE], text[SECRET_FILE_MAX];

	if (l->again && !SETTING_ALL[at].live) {
		l->sources[at].unread = true;
		return true;
	}
	if (snprintf(name, sizeof(name), "%.*s", STR_FMT(path)) >= (int)sizeof(name))
		return err_set(err, ERR_VALIDATION, "%.*s: the path is too long", STR_FMT(source));
	const int fd = open(name, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_set(err, ERR_VALIDATION, "%.*s: cannot read %s: %s", STR_FMT(source),
		    name, strerror(errno));
	const ssize_t len = read(fd, text, sizeof(text));

	close(fd);
	if (len < 0 || len == (ssize_t)sizeof(text))
		return err_set(err, ERR_VALIDATION, "%.*s: %s is no file with a secret in it",
		    STR_FMT(source), name);
	struct str secret = { text, (size_t)len };

	while (str_ends(secret, STR("\n")) || str_ends(secret, STR("\r")))
		secret.len--;
	const bool ok = set(l, at, secret, source, err);

	explicit_bzero(text, sizeof(text));
	return ok;
}

/* ---- the file ---- */

static bool
set_from_settings(const struct conf_file_value *v, void *arg, struct err *err)
{
	struct loaded *l = arg;

	if (v->first)
		l->sources[v->at].listed = false;
	return set(l, v->at, v->text, v->source, err);
}

static bool
read_file(struct loaded *l, const char *path, struct err *err)
{
	if (!conf_file_read(l->arena, path, set_from_settings, l, err))
		return false;
	next_kind(l);
	return arena_str(l->arena, str_from(path), &l->conf.file, err);
}

/* ---- the environment ---- */

static bool
is_variable(size_t at, struct str name)
{
	const struct setting *s = &SETTING_ALL[at];
	CLEANUP(buf_free) struct buf own = BUF_INIT(256);

	setting_variable(s, &own);
	return str_eq(name, buf_str(&own)) ||
	    (s->variable != NULL && str_eq(name, str_from(s->variable)));
}

static bool
find_variable(struct str name, size_t *at, bool *is_file)
{
	const struct str suffix = STR("_FILE");

	for (size_t i = 0; i < SETTING_ALL_LEN; i++) {
		*at = i;
		*is_file = false;
		if (is_variable(i, name))
			return true;
		*is_file = true;
		if (setting_has_file(&SETTING_ALL[i]) && str_ends(name, suffix) &&
		    is_variable(i, str_sub(name, 0, name.len - suffix.len)))
			return true;
	}
	return false;
}

static bool
read_env(struct loaded *l, struct err *err)
{
	for (char *const *e = l->env; e != NULL && *e != NULL; e++) {
		struct str name, value;
		size_t at = 0;
		bool is_file = false;

		if (!str_cut(str_from(*e), '=', &name, &value) ||
		    !str_starts(name, STR("SYMBOLON_")) || str_eq(name, STR("SYMBOLON_CONFIG")))
			continue;
		if (!find_variable(name, &at, &is_file)) {
			log_text(LOG_WARN, "settings", "unknown variable %.*s", STR_FMT(name));
			continue;
		}
		if (is_file ? !set_from_file(l, at, value, name, err)
			    : !set(l, at, value, name, err))
			return false;
	}
	next_kind(l);
	return true;
}

static struct str
variable(const struct loaded *l, struct str wanted)
{
	for (char *const *e = l->env; e != NULL && *e != NULL; e++) {
		struct str name, value;

		if (str_cut(str_from(*e), '=', &name, &value) && str_eq(name, wanted))
			return value;
	}
	return STR_NULL;
}

/* ---- flags ---- */

struct flag {
	struct str name, value;
};

/* The next flag of argv from *at on; false at the end. What is no flag goes to rest. */
static bool
next_flag(const struct loaded *l, int *at, struct flag *out, struct conf_list *rest)
{
	for (; *at < l->argc; (*at)++) {
		const struct str arg = str_from(l->argv[*at]);

		if (!str_starts(arg, STR("--")) || arg.len == 2) {
			if (rest != NULL)
				rest->items[rest->len++] = arg;
			continue;
		}
		*out = (struct flag){ 0 };
		if (!str_cut(str_sub(arg, 2, arg.len), '=', &out->name, &out->value)) {
			out->value = *at + 1 < l->argc ? str_from(l->argv[*at + 1]) : STR_NULL;
			(*at)++;
		}
		(*at)++;
		return true;
	}
	return false;
}

static bool
find_flag(struct str name, size_t *at, bool *is_file)
{
	char text[FLAG_SIZE];

	for (size_t i = 0; i < SETTING_ALL_LEN; i++) {
		const struct setting *s = &SETTING_ALL[i];

		*at = i;
		*is_file = false;
		snprintf(text, sizeof(text), "%s.%s", s->section, s->name);
		if (str_eq(name, str_from(text)) ||
		    (s->flag != NULL && str_eq(name, str_from(s->flag))))
			return true;
		*is_file = true;
		snprintf(text, sizeof(text), "%s.%s_file", s->section, s->name);
		if (setting_has_file(s) && str_eq(name, str_from(text)))
			return true;
	}
	return false;
}

static bool
set_flag(struct loaded *l, const struct flag *f, struct err *err)
{
	char source[FLAG_SIZE + 2];
	size_t at = 0;
	bool is_file = false;

	if (str_eq(f->name, STR("config")))
		return true;
	snprintf(source, sizeof(source), "--%.*s", STR_FMT(f->name));
	if (!find_flag(f->name, &at, &is_file))
		return err_set(
		    err, ERR_BAD_REQUEST, "unknown option %s; --help lists what there is", source);
	if (SETTING_ALL[at].secret && !is_file)
		return err_set(err, ERR_BAD_REQUEST,
		    "%s: everyone on this machine can read arguments; put it into a file and say "
		    "%s_file PATH",
		    source, source);
	return is_file ? set_from_file(l, at, f->value, str_from(source), err)
		       : set(l, at, f->value, str_from(source), err);
}

static bool
read_flags(struct loaded *l, struct conf_list *rest, struct err *err)
{
	struct flag f;

	for (int at = 0; next_flag(l, &at, &f, rest);) {
		if (str_is_null(f.value))
			return err_set(
			    err, ERR_BAD_REQUEST, "--%.*s needs a value", STR_FMT(f.name));
		if (!set_flag(l, &f, err))
			return false;
	}
	next_kind(l);
	return true;
}

/* The last flag of that name, else that of its longer name. */
static struct str
flag_value(const struct loaded *l, struct str name, struct str longer)
{
	struct str value = STR_NULL;
	struct flag f;

	for (int at = 0; next_flag(l, &at, &f, NULL);) {
		if (str_eq(f.name, name) || str_eq(f.name, longer))
			value = f.value;
	}
	return value;
}

/* ---- all of them ---- */

/* --config, SYMBOLON_CONFIG, or symbolon.conf of the data directory if there is one. */
static bool
find_file(const struct loaded *l, char *path, bool *found, struct err *err)
{
	struct str file = flag_value(l, STR("config"), STR("config"));
	struct str data = flag_value(l, STR("data"), STR("server.data"));

	if (str_is_null(file))
		file = variable(l, STR("SYMBOLON_CONFIG"));
	if (str_is_null(data))
		data = variable(l, STR("SYMBOLON_SERVER_DATA"));
	if (str_is_null(data))
		data = l->conf.server.data; /* the default */
	const bool asked = file.len > 0;
	const int len = asked ? snprintf(path, PATH_SIZE, "%.*s", STR_FMT(file))
			      : snprintf(path, PATH_SIZE, "%.*s/symbolon.conf", STR_FMT(data));

	if (len >= PATH_SIZE)
		return err_set(err, ERR_VALIDATION, "the path of the settings file is too long");
	*found = asked || access(path, F_OK) == 0;
	return true;
}

static bool
check_whole(const struct conf *c, struct err *err)
{
	if (c->server.data.len == 0)
		return err_set(err, ERR_VALIDATION, "[server] data must name a directory");
	if (c->tls.listen.len > 0 && (c->tls.certificate.len == 0 || c->tls.key.len == 0))
		return err_set(err, ERR_VALIDATION,
		    "[tls] listen needs [tls] certificate and [tls] key as well");
	if (c->server.listen.len == 0 && c->tls.listen.len == 0)
		return err_set(err, ERR_VALIDATION, "[server] listen must name an address");
	return true;
}

static bool
load(struct loaded *l, struct conf_list *rest, struct err *err)
{
	char path[PATH_SIZE];
	bool found = false;

	if (!set_defaults(l, err))
		return false;
	next_kind(l);
	if (!find_file(l, path, &found, err))
		return false;
	if (found && !read_file(l, path, err))
		return false;
	return read_env(l, err) && read_flags(l, rest, err) && check_whole(&l->conf, err);
}

static struct loaded *
loaded_new(int argc, char *const argv[], char *const env[])
{
	struct loaded *l = MEM_NEW(struct loaded);

	assert(SETTING_ALL_LEN <= SETTINGS_MAX);
	l->arena = arena_new(MEMORY);
	l->argc = argc;
	l->argv = argv;
	l->env = env;
	return l;
}

bool
conf_load(int argc, char *const argv[], char *const env[], struct conf **out,
    struct conf_list *rest, struct err *err)
{
	struct loaded *l = loaded_new(argc, argv, env);

	if (rest != NULL) {
		*rest = (struct conf_list){ 0 };
		rest->items = ARENA_NEW_ARRAY(l->arena, struct str, (size_t)MAX(argc, 1));
		if (rest->items == NULL) {
			conf_free(&l->conf);
			return err_memory(err);
		}
	}
	if (!load(l, rest, err)) {
		conf_free(&l->conf);
		return false;
	}
	*out = &l->conf;
	return true;
}

/* ---- once more ---- */

/* Keeps what only a new start changes, and says what became of each change. */
static void
compare(struct loaded *l, const struct loaded *old, size_t at)
{
	const struct setting *s = &SETTING_ALL[at];
	CLEANUP(buf_free) struct buf before = BUF_INIT(VALUE_MAX), after = BUF_INIT(VALUE_MAX);

	setting_print(s, &old->conf, &before);
	setting_print(s, &l->conf, &after);
	const bool changed = !l->sources[at].unread && !str_eq(buf_str(&before), buf_str(&after));

	if (changed && s->live)
		log_text(LOG_INFO, "settings", "[%s] %s is %.*s now", s->section, s->name,
		    STR_FMT(buf_str(&after)));
	else if (changed)
		log_text(LOG_WARN, "settings", "[%s] %s needs a restart to become %.*s", s->section,
		    s->name, STR_FMT(buf_str(&after)));
	if (!s->live) {
		setting_copy(s, &l->conf, &old->conf);
		l->sources[at].text = old->sources[at].text;
	}
}

bool
conf_reload(const struct conf *old, conf_check_fn *check, struct conf **out, struct err *err)
{
	const struct loaded *had = (const void *)old;
	struct loaded *l = loaded_new(had->argc, had->argv, had->env);

	l->again = true;
	if (!load(l, NULL, err) || !check(&l->conf, err)) {
		conf_free(&l->conf);
		return false;
	}
	for (size_t i = 0; i < SETTING_ALL_LEN; i++)
		compare(l, had, i);
	*out = &l->conf;
	return true;
}

void
conf_free(struct conf *c)
{
	if (c == NULL)
		return;
	struct loaded *l = CONTAINER_OF(c, struct loaded, conf);

	arena_free(l->arena);
	mem_free(l);
}

void
conf_print(const struct conf *c, struct buf *out)
{
	const struct loaded *l = (const void *)c;
	const char *section = NULL;

	for (size_t i = 0; i < SETTING_ALL_LEN; i++) {
		const struct setting *s = &SETTING_ALL[i];

		if (section == NULL || !str_eq(str_from(section), str_from(s->section))) {
			if (section != NULL)
				buf_lit(out, "}\n");
			section = s->section;
			buf_printf(out, "%s {\n", section);
		}
		buf_printf(out, "\t%s = ", s->name);
		setting_print(s, c, out);
		buf_printf(out, " # %.*s\n", STR_FMT(l->sources[i].text));
	}
	buf_lit(out, "}\n");
}

void
conf_help(struct buf *out)
{
	for (size_t i = 0; i < SETTING_ALL_LEN; i++) {
		const struct setting *s = &SETTING_ALL[i];

		buf_printf(out, "%s[%s] %s\n    %s.\n    ", i == 0 ? "" : "\n", s->section, s->name,
		    s->help);
		if (s->flag != NULL)
			buf_printf(out, "--%s, ", s->flag);
		buf_printf(out, "--%s.%s%s, ", s->section, s->name, s->secret ? "_file" : "");
		if (s->variable != NULL)
			buf_printf(out, "%s%s", s->variable, setting_has_file(s) ? "[_FILE]" : "");
		else
			setting_variable(s, out);
		if (s->fallback[0] != '\0')
			buf_printf(out, "; default %s", s->fallback);
		buf_put(out, s->live ? STR("; reloaded\n") : STR("\n"));
	}
}
