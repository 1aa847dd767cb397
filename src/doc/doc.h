/*
 * doc.h - documents: read, insert, update, delete (spec/documents.md 2 to 8, rest.md 3, 6, 7).
 *
 * Functions are bodies of calls: they use call->db, call->who, call->metas, allocate in
 * call->arena, and check every right themselves. Their errors are those of the spec pages.
 */
#ifndef DOC_DOC_H
#define DOC_DOC_H

#include "doc/doctype.h"
#include "doc/meta.h"
#include "http/call.h"

struct doc {
	const struct doctype *doctype;
	struct value *values;    /* doctype->columns_len of them */
	struct doc_rows *tables; /* doctype->tables_len of them */
	bool is_new;
	bool is_unsaved_row; /* a child row inserted by this call: answers carry __unsaved */
	/* Of a document in the making, columns_len each; NULL for one that was only loaded. */
	bool *given;   /* the body named this column */
	bool *truth;   /* a text sent as true or false: the answer echoes it so */
	bool *emptied; /* an empty text came for what is null then, a date: it has no default */
	struct str *secrets; /* of Password columns, taken out: see doc_secrets.h; NULL: none */
	struct str shown;    /* a new secret, which this answer shows in place of its mask */
	struct str marks[MARK_SHOWN]; /* as stored; null: none, or a document in the making */
	void *kept;                   /* what the controller keeps from validate() for written() */
};

struct doc_rows {
	struct doc **items; /* ordered by idx */
	size_t len;
	bool given; /* the body named this table */
};

/* A value by field name; null if there is none such. */
struct value doc_get(const struct doc *d, struct str field);
bool doc_set(struct doc *d, struct str field, struct value v); /* false: no such column */
struct str doc_name(const struct doc *d);

/* Is a Check set? The text of a field, without blanks around it. False and null if there is none.
 */
bool doc_is_on(const struct doc *d, struct str field);
struct str doc_trimmed(const struct doc *d, struct str field);

/* The row of that name, or NULL. */
struct doc *doc_rows_find(const struct doc_rows *rows, struct str name);

/* The DocType, or ERR_DOES_NOT_EXIST "DocType x not found" (404 on every route). */
MUST_USE bool
doc_type(struct call *call, struct str doctype, const struct doctype **out, struct err *err);

/*
 * Loads a document with its rows, without looking at rights. Names compare without case. *found
 * false: none. For a single DocType any name works.
 */
MUST_USE bool doc_load(struct call *call, const struct doctype *dt, struct str name,
    struct doc **out, bool *found, struct err *err);

/* The same where it must be there: ERR_DOES_NOT_EXIST "TYPE NAME not found". */
MUST_USE bool doc_must_load(struct call *call, const struct doctype *dt, struct str name,
    struct doc **out, struct err *err);

/*
 * Reads for the caller: 404 if missing (before any right), 403 without read, fields above his
 * levels emptied. Child documents are judged by their parent.
 */
MUST_USE bool doc_read(struct call *call, const struct doctype *dt, struct str name,
    struct doc **out, struct err *err);

/* Makes a document from a JSON object (defaults, naming, validation, rights) and writes it. */
MUST_USE bool doc_insert(struct call *call, const struct doctype *dt, const json_t *body,
    struct doc **out, struct err *err);

/* Changes a document by a partial JSON object (REST PUT, set_value). */
MUST_USE bool doc_update(struct call *call, const struct doctype *dt, struct str name,
    const json_t *body, struct doc **out, struct err *err);

/* frappe.client.save: the whole document, with its modified; without a name it is inserted. */
MUST_USE bool doc_save(struct call *call, const struct doctype *dt, const json_t *body,
    struct doc **out, struct err *err);

/* Ends a draft without submitting it: its docstatus becomes 2. The right to write is enough. */
MUST_USE bool
doc_discard(struct call *call, const struct doctype *dt, struct str name, struct err *err);

MUST_USE bool
doc_delete(struct call *call, const struct doctype *dt, struct str name, struct err *err);

enum doc_write {
	DOC_WITHOUT_NULLS, /* REST routes */
	DOC_WITH_NULLS,    /* frappe.client.* */
	DOC_MINIMAL,       /* what it is known by: name, modified, doctype */
};

/*
 * Writes the document as one JSON object in the order of spec/rest.md 3. The one serialiser: it
 * leaves out or masks what the caller may not see, whatever the route (SECURITY.md R4).
 */
MUST_USE bool doc_write(struct call *call, const struct doc *d, enum doc_write how,
    struct json_out *out, struct err *err);

/*
 * Writes what the server keeps of a document, or of a row: all of it but secrets and nulls,
 * whatever the caller may see. Never for an answer.
 */
MUST_USE bool doc_write_kept(const struct doc *d, struct json_out *out, struct err *err);

/*
 * Writes the DocType of that name, without nulls, for anybody who is logged in: forms are made from
 * it. ERR_PERMISSION for guests, ERR_DOES_NOT_EXIST.
 */
MUST_USE bool
doc_write_meta(struct call *call, struct str name, struct json_out *out, struct err *err);

/* Does this write need a slow prepare step (User.new_password), or run alone (DocType and its
 * like)? For plans. */
enum call_run doc_write_run(struct str doctype);
bool doc_needs_hash(struct str doctype, const json_t *body);
/* The prepare step: hashes the password in body into call->prepared. */
MUST_USE bool
doc_prepare_hash(struct call *call, struct str doctype, const json_t *body, struct err *err);

/* The same for a change of the document of that name (null: a new one): who it is for decides what
 * is asked. */
MUST_USE bool doc_prepare_hash_of(
    struct call *call, struct str doctype, struct str name, const json_t *body, struct err *err);

#endif
