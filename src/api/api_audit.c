#include "api/api_audit.h"

#include "api/args.h"
#include "auth/audit_chain.h"
#include "base/clock.h"
#include "json/json_in.h"

enum { PART = 1000, PART_MAX = 64 * 1024 * 1024 };

/* Of the chain in one answer: well within the time limit of a call. */
enum { VERIFY_ROWS = 50000, VERIFY_MS = 2000 };

/* A number that came as such, or as text in a query. */
static bool
number_of(const struct call *call, const char *name, int64_t *inout, struct err *err)
{
	const json_t *given = args_get(call->args, name);

	if (given == NULL || json_is_null(given))
		return true;
	if (json_is_integer(given)) {
		*inout = json_integer_value(given);
		return true;
	}
	return str_to_int64(json_text(given), inout) ||
	    err_set(err, ERR_VALIDATION, "%s is a number of rows", name);
}

/* ---- verify */

static struct str
digest_of(const struct audit_chain_head *head)
{
	return (struct str){ head->digest, sizeof(head->digest) };
}

static void
put_head(struct json_out *o, const struct audit_chain_head *head)
{
	char stamp[CLOCK_TEXT_SIZE];

	json_put_str(o, "head", head->number > 0 ? digest_of(head) : STR_NULL);
	json_put_str(o, "head_at", head->number > 0 ? clock_stamp(head->at_us, stamp) : STR_NULL);
}

/* Nobody takes a part that is whole for the whole: intact is null while there is more. */
static void
put_progress(struct json_out *o, const struct audit_chain_report *r)
{
	const bool more = !str_is_null(r->next);

	if (more)
		json_put_null(o, "intact");
	else
		json_put_bool(o, "intact", r->intact);
	json_put_int(o, "rows", r->rows);
	json_put_int(o, "seals", r->seals);
	json_put_int(o, "unsealed", r->unsealed);
	put_head(o, &r->head);
	if (more) {
		json_put_int(o, "all", r->all);
		json_put_str(o, "next", r->next);
	}
}

static bool
verify(struct call *call, struct err *err)
{
	struct audit_chain_report r;
	struct json_out *o = &call->out;
	struct audit_chain_part part = { .rows = VERIFY_ROWS,
		.until_ms = clock_mono_ms() + VERIFY_MS };

	if (!args_str_or_null(call, "head", &part.kept, err) ||
	    !args_str_or_null(call, "next", &part.next, err) ||
	    !number_of(call, "limit", &part.rows, err))
		return false;
	part.kept = part.kept.len > 0 ? str_trim(part.kept) : STR_NULL;
	part.next = part.next.len > 0 ? part.next : STR_NULL;
	part.rows = MIN(part.rows, VERIFY_ROWS);
	if (!audit_chain_verify(call->db, call->arena, &part, &r, err))
		return false;
	json_open_object(o);
	put_progress(o, &r);
	if (!r.intact) {
		json_key(o, STR("broken"));
		json_open_object(o);
		json_put_int(o, "sequence", r.broken);
		json_put_str(o, "name", r.broken_name);
		json_put_str(o, "why", str_from(r.why));
		json_close_object(o);
	}
	json_close_object(o);
	return true;
}

/* ---- export */

static bool export(struct call *call, struct err *err)
{
	int64_t after = 0, limit = INT64_MAX, last;

	if (!number_of(call, "after", &after, err) || !number_of(call, "limit", &limit, err))
		return false;
	buf_clear(&call->response.body); /* no envelope: one line a row */
	call->response.type = STR("application/x-ndjson");
	return http_response_literal(&call->response, STR("Content-Disposition"),
		   STR("attachment; filename=\"audit.jsonl\""), err) &&
	    audit_chain_export(call->db, after, limit, &call->response.body, &last, err);
}

/* A part of an export for the command line, which asks until there is no more. */
static bool
lines(struct call *call, struct err *err)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(PART_MAX);
	int64_t after = 0, last;

	if (!number_of(call, "after", &after, err) ||
	    !audit_chain_export(call->db, after, PART, &b, &last, err))
		return false;
	json_open_object(&call->out);
	json_put_str(&call->out, "lines", b.len > 0 ? buf_str(&b) : STR(""));
	json_put_int(&call->out, "last", last);
	json_close_object(&call->out);
	return true;
}

/* What the command line asks for before it judges or exports: a directory at rest has no sealer. */
static bool
seal(struct call *call, struct err *err)
{
	int64_t rows;

	do {
		if (!audit_chain_seal(call->db, call->arena, &rows, err))
			return false;
	} while (rows == AUDIT_CHAIN_BATCH);
	return true;
}

/* clang-format off */
static const struct method METHODS[] = {
	{ .name = STR_INIT("symbolon.audit.verify"), .verbs = VERBS_GET | VERBS_POST, .who = WHO_SYSTEM_MANAGER, .run = RUN_READ, .body = verify,
	  .help = "Is the audit log as it was written, and what is the first row that is not: head, limit, next (of the answer before, until there is none)" },
	{ .name = STR_INIT("symbolon.audit.export"), .verbs = VERBS_GET | VERBS_POST, .who = WHO_SYSTEM_MANAGER, .run = RUN_READ, .body = export,
	  .help = "The sealed rows of the audit log as lines of JSON: after (a place), limit" },
	{ .name = STR_INIT("symbolon.audit.lines"), .verbs = VERBS_POST, .who = WHO_LOCAL, .run = RUN_READ, .body = lines,
	  .help = "A part of an export of the audit log: after" },
	{ .name = STR_INIT("symbolon.audit.seal"), .verbs = VERBS_POST, .who = WHO_LOCAL, .run = RUN_WRITE, .body = seal,
	  .help = "Seal the rows of the audit log that wait for it" },
};
/* clang-format on */

const struct method_table API_AUDIT_METHODS = { METHODS, ARRAY_LEN(METHODS) };
