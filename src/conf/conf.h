/*
 * conf.h - every setting, once: one table makes struct conf, the file's grammar,
 * the variables, the flags, the help text and the man page.
 *
 * Order: defaults < file (symbolon.conf, libConfuse) < environment
 * (SYMBOLON_SERVER_LISTEN) < flags (--server.listen). Unknown names in the file and
 * on the command line are errors with file and line; unknown SYMBOLON_ variables
 * warn. A setting that holds a secret also has a ..._FILE form.
 */
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"

struct conf_list {
	struct str *items;
	size_t len;
};

/* Lives until conf_free(); nothing in it changes. */
struct conf {
	struct {
		struct conf_list listen; /* "host:port" or "unix:PATH"; default 127.0.0.1:8000 */
		struct str admin_listen; /* /metrics; empty: off */
		struct str data;         /* directory; default ./var */
		int64_t loops;           /* 0: one a core */
		int64_t memory;          /* bytes that all requests share; 512 MiB */
		int64_t drain_s;         /* limit of a graceful stop; 30 */
		bool sandbox;            /* seccomp and landlock */
		struct str ui_dir;       /* empty: pages from the binary */
	} server;
	struct {
		struct conf_list trusted_proxies; /* CIDRs, addresses and the word "unix" */
		struct conf_list allow_cors;      /* origins, exact; "*": any */
		double rate_limit_s;              /* "SECONDS/WINDOW"; 0: off */
		int64_t rate_window_s;
		int64_t max_head;                    /* 16 KiB */
		int64_t max_line;                    /* request line; 8 KiB */
		int64_t max_fields;                  /* 100 */
		int64_t max_guest_body;              /* 64 KiB */
		int64_t max_json;                    /* 4 MiB */
		int64_t max_body;                    /* 25 MiB */
		int64_t max_response;                /* 256 MiB */
		int64_t max_kept;                    /* for one user; 256 MiB */
		int64_t max_connections;             /* 0: what descriptors allow */
		int64_t max_connections_per_address; /* 0: no limit */
		int64_t max_requests_per_connection; /* 0: no limit */
		int64_t head_timeout_s;              /* 10 */
		int64_t body_rate;                   /* bytes a second at least, after 5 s; 1024 */
		int64_t write_timeout_s;             /* 30 */
		int64_t idle_timeout_s;              /* 75 */
		bool gzip;
	} http;
	struct {
		struct str certificate; /* PEM file; empty: no TLS */
		struct str key;
		struct conf_list listen; /* listeners that speak TLS */
	} tls;
	struct {
		struct str url; /* SYMBOLON_DATABASE_URL; empty: sqlite in the data directory */
		bool mmap;
		int64_t max_connections;     /* PostgreSQL; 20 */
		int64_t statement_timeout_s; /* 30 */
		int64_t lock_timeout_s;      /* 5 */
		int64_t fail_open_s;         /* after the lease; 0: not at all */
	} database;
	struct {
		bool in_database; /* the bytes of files: there, not in the data directory */
	} files;
	struct {
		struct str time_zone; /* UTC */
		struct str home_page; /* after login; /app */
		struct str url;       /* public base URL; empty: none known */
	} site;
	struct {
		bool token_first;      /* a token wins over a cookie; default on */
		bool strict_csrf;      /* cookie sessions always need a token; default off */
		int64_t max_overlap_s; /* of two secrets during a rotation; 30 days */
		int64_t token_tries;   /* wrong tries a minute for one (address, key); 100 */
		struct str
		    admin_password; /* SYMBOLON_ADMIN_PASSWORD or ..._FILE; first start only */
	} auth;
	struct {
		enum log_level level;
		enum log_format format;
	} log;
	struct str file; /* the settings file that was read; null: none */
};

/*
 * Reads the settings. argv holds the flags that a command did not know: "--name value" or
 * "--name=value"; the short forms --listen, --data, --database and --config are names too. *rest
 * (may be NULL) receives the arguments that are no flags.
 */
MUST_USE bool conf_load(int argc, char *const argv[], char *const env[], struct conf **out,
    struct conf_list *rest, struct err *err);
void conf_free(struct conf *c);

/*
 * Reads the same sources once more (SIGHUP); argv and env must still be there. *out has the new
 * values of the settings that a reload changes, and old's of all others, in old's memory: old stays
 * as it is and outlives it. check has the last word; then the log says what has changed, and what
 * waits for a restart.
 */
typedef bool conf_check_fn(const struct conf *c, struct err *err);
MUST_USE bool
conf_reload(const struct conf *old, conf_check_fn *check, struct conf **out, struct err *err);

/* Writes every setting with its value and where it came from, secrets masked; for check-config. */
struct buf;
void conf_print(const struct conf *c, struct buf *out);

/* The settings as text for --help and the man page: name, variable, default, meaning. */
void conf_help(struct buf *out);

#endif
