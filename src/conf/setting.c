#include "conf/setting.h"

#include <stdio.h>

#define AT(field) offsetof(struct conf, field)
#define KIB INT64_C(1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define DAY_S INT64_C(86400)

/* clang-format off */
const struct setting SETTING_ALL[] = {
	{ "server", "listen", SETTING_LIST, AT(server.listen), "127.0.0.1:8000", .flag = "listen",
	  .help = "Where to listen: host:port or unix:PATH; repeatable" },
	{ "server", "admin_listen", SETTING_TEXT, AT(server.admin_listen), "",
	  .help = "Where /metrics is answered, host:port or unix:PATH; empty: nowhere" },
	{ "server", "data", SETTING_TEXT, AT(server.data), "./var", .flag = "data",
	  .help = "The data directory: database, symbolon.key, lock, control socket" },
	{ "server", "loops", SETTING_INT, AT(server.loops), "0", 0, 64,
	  .help = "Threads that serve connections; 0: one a core" },
	{ "server", "memory", SETTING_BYTES, AT(server.memory), "512M", 16 * MIB, INT64_MAX,
	  .help = "Memory that all requests in flight share" },
	{ "server", "drain_s", SETTING_INT, AT(server.drain_s), "30", 0, 3600,
	  .live = true, .help = "Seconds that a stop waits for requests under way" },
	{ "server", "sandbox", SETTING_BOOL, AT(server.sandbox), "yes",
	  .help = "Give up what a server does not need (landlock, seccomp)" },
	{ "server", "ui_dir", SETTING_TEXT, AT(server.ui_dir), "", .flag = "ui-dir",
	  .help = "Read pages from this directory, for work on them; empty: from the program" },

	{ "http", "trusted_proxies", SETTING_LIST, AT(http.trusted_proxies), "",
	  .live = true, .help = "Whose X-Forwarded-For and -Proto count: CIDRs, addresses and the word unix" },
	{ "http", "allow_cors", SETTING_LIST, AT(http.allow_cors), "",
	  .live = true, .help = "Origins whose pages may call, such as https://app.example.com; *: any" },
	{ "http", "rate_limit", SETTING_RATE, AT(http.rate_limit_s), "0",
	  .live = true, .help = "Seconds of work that one address may cause in a window of seconds, "
		  "SECONDS/WINDOW; 0: no limit" },
	{ "http", "max_head", SETTING_BYTES, AT(http.max_head), "16K", 1 * KIB, 1 * MIB,
	  .live = true, .help = "Bytes of a request's head" },
	{ "http", "max_line", SETTING_BYTES, AT(http.max_line), "8K", 256, 1 * MIB,
	  .live = true, .help = "Bytes of a request line" },
	{ "http", "max_fields", SETTING_INT, AT(http.max_fields), "100", 8, 128,
	  .live = true, .help = "Header fields of a request" },
	{ "http", "max_guest_body", SETTING_BYTES, AT(http.max_guest_body), "64K", 1 * KIB, 1 * GIB,
	  .live = true, .help = "Bytes of a body from someone who is not logged in" },
	{ "http", "max_json", SETTING_BYTES, AT(http.max_json), "4M", 1 * KIB, 64 * MIB,
	  .live = true, .help = "Bytes of a JSON body" },
	{ "http", "max_body", SETTING_BYTES, AT(http.max_body), "25M", 1 * KIB, 1 * GIB,
	  .live = true, .help = "Bytes of any other body" },
	{ "http", "max_response", SETTING_BYTES, AT(http.max_response), "256M", 64 * KIB, 2 * GIB,
	  .live = true, .help = "Bytes of an answer" },
	{ "http", "max_kept", SETTING_BYTES, AT(http.max_kept), "256M", 1 * MIB, 1024 * GIB,
	  .live = true, .help = "Bytes of answers that are kept for one user in 24 hours (Idempotency-Key)" },
	{ "http", "max_connections", SETTING_INT, AT(http.max_connections), "0", 0, 10000000,
	  .help = "Connections in all; 0: what file descriptors allow" },
	{ "http", "max_connections_per_address", SETTING_INT, AT(http.max_connections_per_address), "0", 0, 10000000,
	  .help = "Connections from one address (not loopback, Unix sockets, trusted proxies); 0: no limit" },
	{ "http", "max_requests_per_connection", SETTING_INT, AT(http.max_requests_per_connection), "0", 0, INT64_C(1000000000),
	  .live = true, .help = "Requests until a connection is closed; 0: no limit" },
	{ "http", "head_timeout_s", SETTING_INT, AT(http.head_timeout_s), "10", 1, 3600,
	  .live = true, .help = "Seconds in which a request's head must come" },
	{ "http", "body_rate", SETTING_BYTES, AT(http.body_rate), "1K", 0, 1 * GIB,
	  .live = true, .help = "Bytes a second at which a body must come, after five seconds; 0: no limit" },
	{ "http", "write_timeout_s", SETTING_INT, AT(http.write_timeout_s), "30", 1, 3600,
	  .live = true, .help = "Seconds in which a client must take some of its answer" },
	{ "http", "idle_timeout_s", SETTING_INT, AT(http.idle_timeout_s), "75", 1, DAY_S,
	  .live = true, .help = "Seconds that a connection may wait for its next request" },
	{ "http", "gzip", SETTING_BOOL, AT(http.gzip), "yes",
	  .live = true, .help = "Compress answers for clients that accept it" },

	{ "tls", "certificate", SETTING_TEXT, AT(tls.certificate), "",
	  .help = "PEM file with the certificate and its chain; empty: no TLS" },
	{ "tls", "key", SETTING_TEXT, AT(tls.key), "",
	  .help = "PEM file with the certificate's private key" },
	{ "tls", "listen", SETTING_LIST, AT(tls.listen), "",
	  .help = "Where to listen for HTTPS: host:port; repeatable" },

	{ "database", "url", SETTING_TEXT, AT(database.url), "", .flag = "database",
	  .variable = "SYMBOLON_DATABASE_URL", .holds_secret = true,
	  .help = "postgresql://...; empty: SQLite in the data directory" },
	{ "database", "max_connections", SETTING_INT, AT(database.max_connections), "20", 1, 10000,
	  .help = "PostgreSQL: connections of this node" },
	{ "database", "statement_timeout_s", SETTING_INT, AT(database.statement_timeout_s), "30", 0, 86400,
	  .help = "PostgreSQL: seconds that a statement may take; 0: no limit" },
	{ "database", "lock_timeout_s", SETTING_INT, AT(database.lock_timeout_s), "5", 0, 86400,
	  .help = "PostgreSQL: seconds that a statement may wait for another one; 0: no limit" },
	{ "database", "fail_open", SETTING_SECONDS, AT(database.fail_open_s), "0", 0, DAY_S,
	  .live = true, .help = "PostgreSQL: seconds after the loss of the database in which a node lets in whom "
		  "it knew, such as 30s; a key that was revoked is good as long. 0: none" },
	{ "database", "mmap", SETTING_BOOL, AT(database.mmap), "yes",
	  .help = "SQLite: map the file into memory" },

	{ "files", "in_database", SETTING_BOOL, AT(files.in_database), "no",
	  .live = true, .help = "Keep what is uploaded in the database, for several nodes; else in the data directory" },

	{ "site", "time_zone", SETTING_TEXT, AT(site.time_zone), "UTC",
	  .help = "The zone of dates and times in documents, such as Europe/Berlin" },
	{ "site", "home_page", SETTING_TEXT, AT(site.home_page), "/app",
	  .live = true, .help = "Where a login leads" },
	{ "site", "url", SETTING_TEXT, AT(site.url), "",
	  .live = true, .help = "The address at which the world knows this site; empty: unknown" },

	{ "auth", "token_first", SETTING_BOOL, AT(auth.token_first), "yes",
	  .live = true, .help = "A token wins over a session cookie" },
	{ "auth", "strict_csrf", SETTING_BOOL, AT(auth.strict_csrf), "no",
	  .live = true, .help = "Sessions need a CSRF token for every write, even before they were given one" },
	{ "auth", "token_tries", SETTING_INT, AT(auth.token_tries), "100", 1, 1000000,
	  .live = true, .help = "Wrong secrets a minute for one address and key before 429" },
	{ "auth", "max_overlap_s", SETTING_INT, AT(auth.max_overlap_s), "2592000", 0, 366 * DAY_S,
	  .live = true, .help = "Seconds that an old secret may go on after a rotation, at most" },
	{ "auth", "admin_password", SETTING_TEXT, AT(auth.admin_password), "",
	  .variable = "SYMBOLON_ADMIN_PASSWORD", .secret = true,
	  .help = "Administrator's password at the first start; empty: made and printed once" },

	{ "log", "level", SETTING_LEVEL, AT(log.level), "info",
	  .live = true, .help = "The least level of lines that are written: debug, info, warn, error" },
	{ "log", "format", SETTING_FORMAT, AT(log.format), "logfmt",
	  .live = true, .help = "logfmt or json" },
};
/* clang-format on */
const size_t SETTING_ALL_LEN = ARRAY_LEN(SETTING_ALL);

static const struct {
	struct str word;
	bool value;
} BOOLS[] = {
	{ STR_INIT("yes"), true },
	{ STR_INIT("no"), false },
	{ STR_INIT("on"), true },
	{ STR_INIT("off"), false },
	{ STR_INIT("true"), true },
	{ STR_INIT("false"), false },
	{ STR_INIT("1"), true },
	{ STR_INIT("0"), false },
};

static const struct str LEVELS[] = {
	[LOG_DEBUG] = STR_INIT("debug"),
	[LOG_INFO] = STR_INIT("info"),
	[LOG_WARN] = STR_INIT("warn"),
	[LOG_ERROR] = STR_INIT("error"),
};

static const struct str FORMATS[] = {
	[LOG_LOGFMT] = STR_INIT("logfmt"),
	[LOG_JSON] = STR_INIT("json"),
};

static const struct {
	char letter;
	int64_t bytes;
} UNITS[] = { { 'g', GIB }, { 'm', MIB }, { 'k', KIB } };

static void *
field(const struct setting *s, struct conf *c)
{
	return (char *)c + s->offset;
}

static bool
number(const struct setting *s, struct str text, int64_t unit, int64_t *out, struct err *err)
{
	int64_t n;

	if (!str_to_int64(text, &n) || __builtin_mul_overflow(n, unit, &n))
		return err_set(
		    err, ERR_VALIDATION, "must be a number, not \"%.*s\"", STR_FMT(text));
	if (n < s->least && s->most == INT64_MAX)
		return err_set(err, ERR_VALIDATION, "must be at least %lld", (long long)s->least);
	if (n < s->least || n > s->most)
		return err_set(err, ERR_VALIDATION, "must be from %lld to %lld",
		    (long long)s->least, (long long)s->most);
	*out = n;
	return true;
}

static bool
bytes(const struct setting *s, struct str text, int64_t *out, struct err *err)
{
	const char last = text.len > 0 ? char_lower(text.ptr[text.len - 1]) : '\0';

	for (size_t i = 0; i < ARRAY_LEN(UNITS); i++) {
		if (last == UNITS[i].letter)
			return number(s, str_sub(text, 0, text.len - 1), UNITS[i].bytes, out, err);
	}
	return number(s, text, 1, out, err);
}

static bool
seconds(const struct setting *s, struct str text, int64_t *out, struct err *err)
{
	const bool has_unit = text.len > 0 && text.ptr[text.len - 1] == 's';

	return number(s, has_unit ? str_sub(text, 0, text.len - 1) : text, 1, out, err);
}

static bool
boolean(struct str text, bool *out, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(BOOLS); i++) {
		if (str_ieq(text, BOOLS[i].word)) {
			*out = BOOLS[i].value;
			return true;
		}
	}
	return err_set(err, ERR_VALIDATION, "must be yes or no, not \"%.*s\"", STR_FMT(text));
}

static bool
word(struct str text, const struct str *words, size_t len, int *out, struct err *err)
{
	char known[128] = "";
	size_t at = 0;

	for (size_t i = 0; i < len; i++) {
		if (str_ieq(text, words[i])) {
			*out = (int)i;
			return true;
		}
	}
	for (size_t i = 0; i < len && at < sizeof(known); i++)
		at += (size_t)snprintf(known + at, sizeof(known) - at, "%s%.*s", i == 0 ? "" : ", ",
		    STR_FMT(words[i]));
	return err_set(
	    err, ERR_VALIDATION, "must be one of %s, not \"%.*s\"", known, STR_FMT(text));
}

static bool
rate(struct conf *c, struct str text, struct err *err)
{
	struct str seconds, window;
	double limit;
	int64_t length = 0;

	if (str_eq(text, STR("0")) || text.len == 0) {
		c->http.rate_limit_s = 0;
		c->http.rate_window_s = 0;
		return true;
	}
	if (!str_cut(text, '/', &seconds, &window) || !str_to_double(str_trim(seconds), &limit) ||
	    !str_to_int64(str_trim(window), &length) || limit <= 0 || length < 1 || length > DAY_S)
		return err_set(err, ERR_VALIDATION,
		    "must be SECONDS/WINDOW, such as 60/3600, or 0, not \"%.*s\"", STR_FMT(text));
	c->http.rate_limit_s = limit;
	c->http.rate_window_s = length;
	return true;
}

static bool
list_add(struct conf_list *l, struct arena *a, struct str item, struct err *err)
{
	struct str *grown = ARENA_NEW_ARRAY(a, struct str, l->len + 1);

	if (grown == NULL)
		return err_memory(err);
	if (l->len > 0)
		memcpy(grown, l->items, l->len * sizeof(*grown));
	if (!arena_str(a, item, &grown[l->len], err))
		return false;
	l->items = grown;
	l->len++;
	return true;
}

static bool
list(struct conf_list *l, struct arena *a, struct str text, bool append, struct err *err)
{
	struct str rest = text;

	if (!append)
		*l = (struct conf_list){ 0 };
	while (rest.len > 0) {
		struct str item;

		(void)str_cut(rest, ',', &item, &rest);
		item = str_trim(item);
		if (item.len > 0 && !list_add(l, a, item, err))
			return false;
	}
	return true;
}

bool
setting_set(const struct setting *s, struct conf *c, struct arena *a, struct str text, bool append,
    struct err *err)
{
	int index = 0;

	if (!str_is_utf8(text) || str_find(text, '\0') >= 0)
		return err_set(err, ERR_VALIDATION, "must be UTF-8 text");
	switch (s->type) {
	case SETTING_TEXT:
		return arena_str(a, text, field(s, c), err);
	case SETTING_LIST:
		return list(field(s, c), a, text, append, err);
	case SETTING_INT:
		return number(s, str_trim(text), 1, field(s, c), err);
	case SETTING_BYTES:
		return bytes(s, str_trim(text), field(s, c), err);
	case SETTING_SECONDS:
		return seconds(s, str_trim(text), field(s, c), err);
	case SETTING_BOOL:
		return boolean(str_trim(text), field(s, c), err);
	case SETTING_RATE:
		return rate(c, str_trim(text), err);
	case SETTING_LEVEL:
		if (!word(str_trim(text), LEVELS, ARRAY_LEN(LEVELS), &index, err))
			return false;
		c->log.level = (enum log_level)index;
		return true;
	case SETTING_FORMAT:
		if (!word(str_trim(text), FORMATS, ARRAY_LEN(FORMATS), &index, err))
			return false;
		c->log.format = (enum log_format)index;
		return true;
	}
	return false;
}

void
setting_copy(const struct setting *s, struct conf *to, const struct conf *from)
{
	static const size_t SIZES[] = {
		[SETTING_TEXT] = sizeof(struct str),
		[SETTING_LIST] = sizeof(struct conf_list),
		[SETTING_INT] = sizeof(int64_t),
		[SETTING_BYTES] = sizeof(int64_t),
		[SETTING_SECONDS] = sizeof(int64_t),
		[SETTING_BOOL] = sizeof(bool),
		[SETTING_RATE] = AT(http.rate_window_s) + sizeof(int64_t) - AT(http.rate_limit_s),
		[SETTING_LEVEL] = sizeof(enum log_level),
		[SETTING_FORMAT] = sizeof(enum log_format),
	};

	memcpy(field(s, to), (const char *)from + s->offset, SIZES[s->type]);
}

static void
quote(struct buf *out, struct str text)
{
	buf_put_char(out, '"');
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '"' || text.ptr[i] == '\\')
			buf_put_char(out, '\\');
		buf_put_char(out, text.ptr[i]);
	}
	buf_put_char(out, '"');
}

static void
print_list(struct buf *out, const struct conf_list *l)
{
	buf_put_char(out, '{');
	for (size_t i = 0; i < l->len; i++) {
		if (i > 0)
			buf_lit(out, ", ");
		quote(out, l->items[i]);
	}
	buf_put_char(out, '}');
}

/* "postgresql://user:********@host": what stands between the user and the last @ of the authority.
 */
static void
print_url(struct buf *out, struct str url)
{
	const ptrdiff_t scheme = str_find_str(url, STR("://"));
	const size_t from = scheme < 0 ? 0 : (size_t)scheme + 3;
	struct str authority, rest = str_sub(url, from, url.len), user, password;
	CLEANUP(buf_free) struct buf text = BUF_INIT(64 * 1024);
	size_t at = 0;

	str_cut(rest, '/', &authority, &rest);
	for (size_t i = 0; i < authority.len; i++)
		at = authority.ptr[i] == '@' ? i : at;
	if (scheme >= 0 && at > 0 && str_cut(str_sub(authority, 0, at), ':', &user, &password)) {
		buf_put(&text, str_sub(url, 0, from));
		buf_put(&text, user);
		buf_lit(&text, ":********");
		buf_put(&text, str_sub(url, from + at, url.len));
		url = buf_str(&text);
	}
	quote(out, str_find_str(url, STR("password=")) >= 0 ? STR("********") : url);
}

static void
print_bytes(struct buf *out, int64_t n)
{
	for (size_t i = 0; i < ARRAY_LEN(UNITS); i++) {
		if (n > 0 && n % UNITS[i].bytes == 0) {
			buf_put_int(out, n / UNITS[i].bytes);
			buf_put_char(out, (char)(UNITS[i].letter - 'a' + 'A'));
			return;
		}
	}
	buf_put_int(out, n);
}

void
setting_print(const struct setting *s, const struct conf *c, struct buf *out)
{
	const void *at = (const char *)c + s->offset;

	switch (s->type) {
	case SETTING_TEXT: {
		const struct str text = *(const struct str *)at;

		if (s->holds_secret)
			print_url(out, text);
		else
			quote(out, s->secret && text.len > 0 ? STR("********") : text);
		break;
	}
	case SETTING_LIST:
		print_list(out, at);
		break;
	case SETTING_INT:
		buf_put_int(out, *(const int64_t *)at);
		break;
	case SETTING_BYTES:
		print_bytes(out, *(const int64_t *)at);
		break;
	case SETTING_SECONDS:
		buf_printf(out, "%llds", (long long)*(const int64_t *)at);
		break;
	case SETTING_BOOL:
		buf_put(out, *(const bool *)at ? STR("yes") : STR("no"));
		break;
	case SETTING_RATE:
		if (c->http.rate_window_s == 0)
			buf_lit(out, "0");
		else
			buf_printf(out, "\"%g/%lld\"", c->http.rate_limit_s,
			    (long long)c->http.rate_window_s);
		break;
	case SETTING_LEVEL:
		buf_put(out, LEVELS[c->log.level]);
		break;
	case SETTING_FORMAT:
		buf_put(out, FORMATS[c->log.format]);
		break;
	}
}

void
setting_variable(const struct setting *s, struct buf *out)
{
	char text[128];
	const int len = snprintf(text, sizeof(text), "SYMBOLON_%s_%s", s->section, s->name);

	for (int i = 0; i < len && i < (int)sizeof(text) - 1; i++) {
		const char c = text[i];

		buf_put_char(out, c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c);
	}
}
