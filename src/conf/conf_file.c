#include "conf/conf_file.h"

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
	SETTINGS_FILE_MAX = 1024 * 1024,
	PATH_SIZE = 4096,
	OPTIONS_MAX = 128,
	SECTIONS_MAX = 16,
};

/* An option that we put behind the file's text: it must be seen, and outside of all sections. */
#define END_OF_FILE "end_of_settings"

/* libConfuse's callbacks take no argument of ours: what they fill, during the parse only. */
static _Thread_local struct parse {
	conf_file_fn *fn;
	void *arg;
	const char *path;
	struct err *err;
	bool failed;
} parse;

static void PRINTF(2, 0) on_file_error(cfg_t *cfg, const char *fmt, va_list args)
{
	char text[300];
	struct str quoted, name, rest;

	if (parse.failed)
		return; /* the first one says most */
	vsnprintf(text, sizeof(text), fmt, args);
	parse.failed = true;
	if (str_starts(str_from(text), STR("no such option")) &&
	    str_cut(str_from(text), '\'', &rest, &quoted) && str_cut(quoted, '\'', &name, &rest))
		err_set(parse.err, ERR_VALIDATION,
		    "%s:%d: there is no setting \"%.*s\" here; symbolon serve --help lists them",
		    parse.path, cfg->line, STR_FMT(name));
	else
		err_set(parse.err, ERR_VALIDATION, "%s:%d: %s", parse.path, cfg->line, text);
}

/* All values of an option; called again as a list grows, and once more at its end. */
static bool
set_values(size_t at, cfg_opt_t *opt, const cfg_t *section)
{
	char source[PATH_SIZE];

	snprintf(source, sizeof(source), "%s:%d", parse.path, section->line);
	for (unsigned i = 0; i < cfg_opt_size(opt); i++) {
		const char *text = cfg_opt_getnstr(opt, i);
		const struct conf_file_value v = { .at = at,
			.first = i == 0,
			.text = str_from(text == NULL ? "" : text),
			.source = str_from(source) };

		if (!parse.fn(&v, parse.arg, parse.err))
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
		cfg_opt_t options[OPTIONS_MAX + 1] = { 0 };
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

bool
conf_file_read(struct arena *a, const char *path, conf_file_fn *fn, void *arg, struct err *err)
{
	char *text;

	if (!file_text(a, path, &text, err))
		return false;
	blank_comments(text);
	cfg_t *cfg = grammar();

	parse = (struct parse){ .fn = fn, .arg = arg, .path = path, .err = err };
	cfg_set_error_function(cfg, on_file_error);
	const int outcome = cfg_parse_buf(cfg, text);

	if (outcome != CFG_SUCCESS && !parse.failed)
		err_set(err, ERR_VALIDATION, "%s:%d: this cannot be understood", path, cfg->line);
	const bool ok = check_end(cfg, outcome == CFG_SUCCESS, text, err) && outcome == CFG_SUCCESS;

	cfg_free(cfg);
	parse = (struct parse){ 0 };
	return ok;
}
