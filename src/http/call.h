/*
 * call.h - a call: one request on its way through the rooms.
 *
 * After authentication every request is a call. It outlives its connection and
 * may change threads; one thread at a time owns it. Up to three phases, so that a body
 * may safely run again (DESIGN.md 1):
 *
 *   prepare  no transaction, once, may be slow (password hashing, digests)
 *   body     pure: all its effects are in the transaction and in this struct; before it
 *            runs again, call_rewind() puts arena, response, messages and changes back
 *   publish  after the commit, once: only what change records cannot say
 *
 * Pointers into snapshots (who, metas) are taken anew at each phase and are never kept.
 */
#ifndef HTTP_CALL_H
#define HTTP_CALL_H

#include "base/arena.h"
#include "db/change.h"
#include "http/request.h"
#include "http/response.h"
#include "json/json_out.h"

struct auth; /* auth/auth.h */
struct conf;
struct db_conn;
struct metas;        /* doc/meta.h */
struct site;         /* server/site.h */
struct who;          /* auth/who.h */
struct args;         /* api/args.h */
struct method_table; /* api/method.h */

/* Which lane runs the body (DESIGN.md 1). */
enum call_run {
	RUN_MEMORY,      /* on the loop: no database, no waiting */
	RUN_SHORT_READ,  /* on the loop under a budget; over it, again as RUN_READ */
	RUN_READ,        /* reads lane */
	RUN_WRITE,       /* writer, in a batch */
	RUN_WRITE_ALONE, /* writer, alone between two commits: DocType changes */
};

enum call_prepare {
	PREPARE_NONE,
	PREPARE_READ, /* reads lane; call->db is a read connection */
	PREPARE_HASH, /* hash lane; call->db is a read connection */
};

struct call;
typedef bool call_fn(struct call *call, struct err *err);

/* What is to be run; decided from method, path and arguments before anything runs. */
struct plan {
	enum call_run run;
	enum call_prepare prepare_run;
	call_fn *prepare; /* NULL: none */
	call_fn *body;
	void (*publish)(struct call *call); /* NULL: none */
	bool fresh; /* a refusal by a memory that another node is ahead of would be wrong */
	/*
	 * NULL: the body runs once. Else a write has parts, each in a transaction of its own: after
	 * each, this is told what became of it, and says whether the body runs again. Of what the
	 * bodies wrote only the last one's answer is left; what must last is kept in call->parts.
	 * No transaction is open; call->who may be NULL.
	 */
	bool (*next)(struct call *call, bool ok, const struct err *err);
};

/* Who the request is from, as numbers that stay valid across threads; see auth_who(). */
enum identity_kind {
	IDENTITY_GUEST,
	IDENTITY_TOKEN,
	IDENTITY_SESSION,
	IDENTITY_LOCAL, /* the command line: Administrator */
};

struct identity {
	enum identity_kind kind;
	uint32_t user;   /* number of the user in memory */
	uint32_t secret; /* TOKEN: side data of the slot, for counters and the recheck */
	struct str key; /* TOKEN: a slice of the field Authorization; null: it was packed (Basic) */
	uint64_t slot_sequence; /* TOKEN, SESSION: what was seen; the recheck compares */
	uint8_t session[32];    /* SESSION, or session_over: SHA-256 of the sid */
	bool
	    session_expired; /* a sid came that is unknown or over: the body says session_expired */
	bool session_over;   /* session_expired, of one that the memory knows: its time is over */
	bool limited;        /* TOKEN: the key has limits (auth/limits.h) */
	bool csrf_checked;   /* this session has a CSRF token and the request passed the check */
};

struct call_message {
	struct str json; /* the message object as JSON text (spec/rpc.md 4) */
	struct call_message *next;
};

/* Where an answer goes that grows beyond CALL_SPILL_FROM; whoever runs the body says. */
enum call_spills {
	CALL_SPILLS_NOT,  /* it stays in memory */
	CALL_SPILLS_AWAY, /* on a loop, which writes no files: ERR_OVER_BUDGET */
	CALL_SPILLS,      /* into a file, piece by piece */
};

/* The begin of an answer, whose end is in response.body. */
struct call_spill {
	enum call_spills how;
	int64_t len; /* 0: there is no file */
	int fd;
};

enum { CALL_SPILL_FROM = 256 * 1024, CALL_SPILL_MUST = 1024 * 1024 };

struct call {
	struct arena *arena;
	const struct conf *conf;
	struct site *site;
	struct auth *auth;
	struct metas *metas;
	struct rate_meter *rate; /* api/rate.h */
	/* Puts what the server knows of itself into an open object; NULL: there is no server. */
	void (*tell)(struct site *site, struct json_out *out);
	/* Does the target of a key's scope cover a method (api/method.h)? NULL: nobody knows. */
	bool (*covers_method)(struct str target);
	struct db_conn *db; /* set for the phase that may use it; NULL otherwise */

	/* the request; slices live as long as the call */
	enum http_verb verb;
	struct str method; /* as sent */
	struct str path;   /* as sent, without the query */
	struct str query;  /* as sent */
	struct str head;   /* all of it; http_field(call->head, call->fields, ...) */
	const struct http_head *fields;
	struct str body; /* all of it; of a spooled one a mapping of its file */
	int body_fd;     /* that file, or -1 */
	int64_t body_len;
	struct str peer; /* the client's address as text, proxies resolved */
	bool secure;     /* the client's scheme is https */
	bool from_proxy; /* the peer is a trusted proxy: what it says of others counts */
	struct str id;   /* request id, [A-Za-z0-9._-]{1,64} */
	int64_t now_us;  /* wall time at the start */

	struct identity identity;
	const struct who *who; /* valid within the phase */

	struct plan plan;
	struct args *args; /* api/: parsed once, before prepare */
	const struct method_table
	    *local;     /* more methods for IDENTITY_LOCAL (backup, ...); may be NULL */
	void *prepared; /* what prepare leaves for body, in the arena */
	struct str job; /* the call goes on for another one, as this Bulk Job; null: it does not */
	/*
	 * Set by the body of a write: when its transaction is committed another call goes on for
	 * the same caller, without a connection, which plan plans; args is a JSON object. Plan
	 * null: nothing does.
	 */
	struct call_later {
		call_fn *plan;
		struct str args, job;
	} later;
	/*
	 * Set by the body of a write: run once when its transaction is committed and published,
	 * before the answer, in a transaction of its own. What was committed stays when it fails,
	 * which only the log tells. run NULL: nothing is.
	 */
	struct call_after {
		call_fn *run;
		void *what; /* in the arena */
	} after;
	void *parts; /* what plan.next and body know of the parts, made before the body */

	/* /auth/verify: the request that the proxy asks about (api/original.h); null: not known */
	struct call_original {
		struct str method, path;
	} original;

	/* the answer */
	struct http_response response;
	struct json_out out; /* writes response.body */
	struct call_file {   /* or it is a part of a file, closed when it has been sent */
		int fd;      /* -1: no */
		int64_t at, len;
	} file;
	struct call_spill spill;
	bool v2; /* the envelope of /api/v2 */
	/* Set by a body that succeeds: its effects stay, and yet this is the answer; NULL: none. */
	const struct err *refusal;
	/* The memory may be behind that of other nodes: a refusal is not the last word. */
	bool provisional;
	/* Such a refusal, in the arena: it stands in no response yet; NULL: none. */
	const struct err *withheld;
	struct call_message *messages, *messages_last;
	struct str error_message; /* _error_message; null: none */
	struct change_list changes;

	/* where body begins again */
	struct call_start {
		struct arena_mark arena;
		struct http_response response; /* without its body */
		struct call_message *messages, *messages_last;
		struct str error_message;
	} start;

	/* for the log line and metrics */
	int route_class;    /* api/: index of its class of routes */
	int64_t started_us; /* clock_mono_us(); also for windows of limits */
	int64_t db_us;
};

/*
 * Adds a message for _server_messages (v1) or messages (v2): text may hold HTML; title NULL:
 * "Message"; indicator NULL: none; raises: it accompanies an error.
 */
MUST_USE bool call_message(struct call *call, const char *title, const char *indicator, bool raises,
    struct str text, struct err *err);

/* The same for a message that a page shows for a moment: something went well. */
MUST_USE bool call_alert(struct call *call, struct str text, struct err *err);

/*
 * Writes the object of one message, as spec/rpc.md 4 shapes it: for messages that are no call's.
 * One that accompanies an error has a random id, as upstream's have.
 */
void call_message_write(
    struct json_out *o, const char *title, const char *indicator, bool raises, struct str text);

/* Is its body one that writes? */
static inline bool
call_writes(const struct call *call)
{
	return call->plan.run == RUN_WRITE || call->plan.run == RUN_WRITE_ALONE;
}

/* Goes back to before it was planned: nothing is left of plan, phases and answer. */
void call_reset(struct call *call);

/* Remembers the state after prepare, and goes back to it. */
void call_mark(struct call *call);
void call_rewind(struct call *call);

/* Closes call->file, and the file of call->spill, if there is one. */
void call_drop_file(struct call *call);

/*
 * Puts what is in response.body so far into the answer's file, if it is CALL_SPILL_FROM and more:
 * called between the rows of a list, so that its memory does not grow with it. Of an answer that
 * goes elsewhere than into response.body, nothing. What a full disk does not take stays in memory
 * until it is CALL_SPILL_MUST. ERR_OVER_BUDGET, ERR_UNAVAILABLE (the disk).
 */
MUST_USE bool call_spill(struct call *call, const struct json_out *out, struct err *err);

/* An empty buffer for what a body gathers before it answers: its memory counts as the answer's
 * does. */
static inline struct buf
call_scratch(const struct call *call)
{
	enum { SCRATCH_MAX = 16 * 1024 * 1024 };

	return (struct buf){ .cap = SCRATCH_MAX, .budget = call->response.body.budget };
}

/*
 * Is a refusal one that another node may have taken back a moment ago: a role was given, a session
 * got its CSRF token? Then it is kept in call->withheld, and there is no answer yet.
 */
bool call_withholds(struct call *call, const struct err *err);

/* The value of a request field, STR_NULL if absent. */
struct str call_field(const struct call *call, struct str name);

/* Notes a change (db/change.h), which the call's transaction writes at its end. */
MUST_USE bool
call_change(struct call *call, enum change_kind kind, struct str name, struct err *err);

#endif
