#include "conf/conf.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "conf/setting.h"

#include <confuse.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	MEMORY = 8 * 1024 * 1024, /* of all values together */
	SECRET_FILE_MAX = 4096,
	SETTINGS_FILE_MAX = 1024 * 1024,
	PATH_SIZE = 4096,
	SETTINGS_MAX = 128,
	SECTIONS_MAX = 16,
	FLAG_SIZE = 96,
};

/* An option that we put behind the file's text: it must be seen, and outside of all sections. */
#define END_OF_FILE "end_of_settings"

/* Where a value came from: a text in the arena, or NULL for the default. */
struct source {
	struct str text;
	bool listed; /* by this kind of source already: the next item appends */
};

/* What struct conf is the first part of. */
struct loaded {
	struct conf conf;
	struct arena *arena;
	struct source sources[SETTINGS_MAX];
	int argc;
	char *const *argv;
	char *const *env;
};

/* libConfuse's callbacks take no argument of ours: what they fill, during the parse only. */
static _Thread_local struct parse {
	struct loaded *into;
	const char *path;
	struct err *err;
	bool failed;
} parse;

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

static void PRINTF(2, 0) on_file_error(cfg_t *cfg, const char *fmt, va_list args)
{
	char text[300];

	if (parse.failed)
		return; /* the first one says most */
	vsnprintf(text, sizeof(text), fmt, args);
	parse.failed = true;
	err_set(parse.err, ERR_VALIDATION, "%s:%d: %s", parse.path, cfg->line, text);
}

/* All values of an option; called again as a list grows, and once more at its end. */
static bool
set_values(size_t at, cfg_opt_t *opt, const cfg_t *section)
{
	char source[PATH_SIZE];

	snprintf(source, sizeof(source), "%s:%d", parse.path, section->line);
	parse.into->sources[at].listed = false;
	for (unsigned i = 0; i < cfg_opt_size(opt); i++) {
		const char *value = cfg_opt_getnstr(opt, i);

		if (!set(parse.into, at, str_from(value == NULL ? "" : value), str_from(source),
			parse.err))
			return false;
	}
	return true;
}

static int
on_file_value(cfg_t *section, cfg_opt_t *opt)
{
	for (size_t i = 0; i < SETTING_ALL_LEN; i++) {
		const struct setting *s = &SETTING_ALL[i];

		if (str_eq(str_from(s->section), str_from(cfg_name(section))) &&
		    str_eq(str_from(s->name), str_from(opt->name))) {
			parse.failed = !set_values(i, opt, section);
			return parse.failed ? -1 : 0;
		}
	}
	return -1;
}

/* The grammar that the table asks for: every value is a text, judged by setting_set(). */
static cfg_t *
grammar(void)
{
	cfg_opt_t sections[SECTIONS_MAX + 2] = { 0 };
	size_t sections_len = 0;

	for (size_t i = 0; i < SETTING_ALL_LEN;) {
		cfg_opt_t options[SETTINGS_MAX + 1] = { 0 };
		const char *name = SETTING_ALL[i].section;
		size_t len = 0;

		for (; i < SETTING_ALL_LEN &&
		     str_eq(str_from(SETTING_ALL[i].section), str_from(name));
		     i++) {
			const cfg_opt_t one = CFG_STR(SETTING_ALL[i].name, NULL, CFGF_NODEFAULT);
			const cfg_opt_t many =
			    CFG_STR_LIST(SETTING_ALL[i].name, NULL, CFGF_NODEFAULT);

			options[len] = SETTING_ALL[i].type == SETTING_LIST ? many : one;
			options[len].validcb = on_file_value;
			len++;
		}
		options[len] = (cfg_opt_t)CFG_END();
		/* cfg_init() copies all of it, options included, so they may be gone after it. */
		cfg_opt_t *kept = MEM_NEW_ARRAY(cfg_opt_t, len + 1);

		memcpy(kept, options, (len + 1) * sizeof(*kept));
		sections[sections_len++] = (cfg_opt_t)CFG_SEC(name, kept, CFGF_NONE);
		assert(sections_len <= SECTIONS_MAX);
	}
	sections[sections_len] = (cfg_opt_t)CFG_BOOL(END_OF_FILE, cfg_false, CFGF_NODEFAULT);
	sections[sections_len + 1] = (cfg_opt_t)CFG_END();
	cfg_t *cfg = cfg_init(sections, CFGF_NONE);

	for (size_t i = 0; i < sections_len; i++)
		mem_free(sections[i].subopts);
	return cfg;
}

/* Blanks what stands behind a '#': libConfuse counts the lines of comments twice. */
static void
blank_comments(char *text)
{
	char quote = '\0';

	for (char *p = text; *p != '\0'; p++) {
		if (quote != '\0' && *p == '\\' && p[1] != '\0')
			p++;
		else if (quote != '\0')
			quote = *p == quote ? '\0' : quote;
		else if (*p == '"' || *p == '\'')
			quote = *p;
		else if (*p == '#')
			for (; *p != '\0' && *p != '\n' && p[1] != '\0'; p++)
				*p = ' ';
	}
}

/* The file's text in the arena, with the mark of its end. */
static bool
file_text(struct arena *a, const char *path, char **out, struct err *err)
{
	static const char MARK[] = "\n" END_OF_FILE " = true\n";
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *text = NULL;
	ssize_t len = -1;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_size < SETTINGS_FILE_MAX) {
		text = arena_alloc(a, (size_t)st.st_size + sizeof(MARK));
		len = text == NULL ? -1 : read(fd, text, (size_t)st.st_size);
	}
	if (len < 0)
		err_set(err, ERR_VALIDATION, "cannot read the settings file %s: %s", path,
		    fd < 0 ? strerror(errno) : "it is no small text file");
	else
		memcpy(text + len, MARK, sizeof(MARK));
	if (fd >= 0)
		close(fd);
	*out = text;
	return len >= 0;
}

/* libConfuse takes the end of the file for that of a section or a comment. */
static bool
check_end(cfg_t *cfg, bool parsed, const char *text, struct err *err)
{
	const bool is_open =
	    parsed ? cfg_size(cfg, END_OF_FILE) == 0 : strstr(err->msg, END_OF_FILE) != NULL;
	int lines = -1; /* without the mark's own */

	for (const char *p = text; *p != '\0'; p++)
		lines += *p == '\n';
	return !is_open ||
	    err_set(err, ERR_VALIDATION,
		"%s:%d: the file ends inside a section, a list or a comment", parse.path, lines);
}

static bool
read_file(struct loaded *l, const char *path, struct err *err)
{
	char *text;

	if (!file_text(l->arena, path, &text, err))
		return false;
	blank_comments(text);
	cfg_t *cfg = grammar();

	parse = (struct parse){ .into = l, .path = path, .err = err };
	cfg_set_error_function(cfg, on_file_error);
	const int outcome = cfg_parse_buf(cfg, text);

	if (outcome != CFG_SUCCESS && !parse.failed)
		err_set(err, ERR_VALIDATION, "%s:%d: this cannot be understood", path, cfg->line);
	const bool ok = check_end(cfg, outcome == CFG_SUCCESS, text, err) && outcome == CFG_SUCCESS;

	cfg_free(cfg);
	parse = (struct parse){ 0 };
	next_kind(l);
	return ok && arena_str(l->arena, str_from(path), &l->conf.file, err);
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
check(const struct conf *c, struct err *err)
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
	return read_env(l, err) && read_flags(l, rest, err) && check(&l->conf, err);
}

bool
conf_load(int argc, char *const argv[], char *const env[], struct conf **out,
    struct conf_list *rest, struct err *err)
{
	struct loaded *l = MEM_NEW(struct loaded);

	assert(SETTING_ALL_LEN <= SETTINGS_MAX);
	l->arena = arena_new(MEMORY);
	l->argc = argc;
	l->argv = argv;
	l->env = env;
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

bool
conf_reload(const struct conf *old, struct conf **out, struct err *err)
{
	const struct loaded *l = (const void *)old;

	return conf_load(l->argc, l->argv, l->env, out, NULL, err);
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
		buf_lit(out, "\n");
	}
}
