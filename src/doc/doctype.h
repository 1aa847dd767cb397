/*
 * doctype.h - what a DocType is: fields, permissions, naming (spec/documents.md 1).
 *
 * A struct doctype is made once from its rows in the database (or from a shipped file) and
 * immutable; it is freed by turns, so a pointer is valid until the end of the turn.
 */
#ifndef DOC_DOCTYPE_H
#define DOC_DOCTYPE_H

#include "base/arena.h"
#include "base/value.h"
#include "db/db.h"

/* clang-format off */
/* Our name, Frappe's name, the column (spec/documents.md 1.3); FIELD_NO_COLUMN: none. */
#define FIELD_TYPE_TABLE(X)                                             \
	X(FIELD_DATA,              "Data",              DB_TYPE_NAME)       \
	X(FIELD_LINK,              "Link",              DB_TYPE_NAME)       \
	X(FIELD_DYNAMIC_LINK,      "Dynamic Link",      DB_TYPE_NAME)       \
	X(FIELD_SELECT,            "Select",            DB_TYPE_NAME)       \
	X(FIELD_READ_ONLY,         "Read Only",         DB_TYPE_NAME)       \
	X(FIELD_COLOR,             "Color",             DB_TYPE_NAME)       \
	X(FIELD_ICON,              "Icon",              DB_TYPE_NAME)       \
	X(FIELD_PHONE,             "Phone",             DB_TYPE_NAME)       \
	X(FIELD_AUTOCOMPLETE,      "Autocomplete",      DB_TYPE_NAME)       \
	X(FIELD_SMALL_TEXT,        "Small Text",        DB_TYPE_TEXT)       \
	X(FIELD_TEXT,              "Text",              DB_TYPE_TEXT)       \
	X(FIELD_PASSWORD,          "Password",          DB_TYPE_TEXT)       \
	X(FIELD_ATTACH,            "Attach",            DB_TYPE_TEXT)       \
	X(FIELD_ATTACH_IMAGE,      "Attach Image",      DB_TYPE_TEXT)       \
	X(FIELD_LONG_TEXT,         "Long Text",         DB_TYPE_TEXT)       \
	X(FIELD_CODE,              "Code",              DB_TYPE_TEXT)       \
	X(FIELD_TEXT_EDITOR,       "Text Editor",       DB_TYPE_TEXT)       \
	X(FIELD_MARKDOWN_EDITOR,   "Markdown Editor",   DB_TYPE_TEXT)       \
	X(FIELD_HTML_EDITOR,       "HTML Editor",       DB_TYPE_TEXT)       \
	X(FIELD_SIGNATURE,         "Signature",         DB_TYPE_TEXT)       \
	X(FIELD_BARCODE,           "Barcode",           DB_TYPE_TEXT)       \
	X(FIELD_GEOLOCATION,       "Geolocation",       DB_TYPE_TEXT)       \
	X(FIELD_JSON,              "JSON",              DB_TYPE_TEXT)       \
	X(FIELD_INT,               "Int",               DB_TYPE_INT)        \
	X(FIELD_LONG_INT,          "Long Int",          DB_TYPE_INT)        \
	X(FIELD_CHECK,             "Check",             DB_TYPE_INT)        \
	X(FIELD_FLOAT,             "Float",             DB_TYPE_REAL)       \
	X(FIELD_CURRENCY,          "Currency",          DB_TYPE_REAL)       \
	X(FIELD_PERCENT,           "Percent",           DB_TYPE_REAL)       \
	X(FIELD_RATING,            "Rating",            DB_TYPE_REAL)       \
	X(FIELD_DURATION,          "Duration",          DB_TYPE_REAL_NULL)  \
	X(FIELD_DATE,              "Date",              DB_TYPE_DATE)       \
	X(FIELD_DATETIME,          "Datetime",          DB_TYPE_DATETIME)   \
	X(FIELD_TIME,              "Time",              DB_TYPE_TIME)       \
	X(FIELD_TABLE,             "Table",             FIELD_NO_COLUMN)    \
	X(FIELD_TABLE_MULTISELECT, "Table MultiSelect", FIELD_NO_COLUMN)    \
	X(FIELD_SECTION_BREAK,     "Section Break",     FIELD_NO_COLUMN)    \
	X(FIELD_COLUMN_BREAK,      "Column Break",      FIELD_NO_COLUMN)    \
	X(FIELD_TAB_BREAK,         "Tab Break",         FIELD_NO_COLUMN)    \
	X(FIELD_HTML,              "HTML",              FIELD_NO_COLUMN)    \
	X(FIELD_BUTTON,            "Button",            FIELD_NO_COLUMN)    \
	X(FIELD_IMAGE,             "Image",             FIELD_NO_COLUMN)    \
	X(FIELD_FOLD,              "Fold",              FIELD_NO_COLUMN)    \
	X(FIELD_HEADING,           "Heading",           FIELD_NO_COLUMN)
/* clang-format on */

enum { FIELD_NO_COLUMN = -1 };

enum field_type {
#define X(type, name, column) type,
	FIELD_TYPE_TABLE(X)
#undef X
	    FIELD_TYPE_LEN
};

/* The type of a name such as "Small Text" (exact); false if there is none. */
bool field_type_find(struct str name, enum field_type *out);
struct str field_type_name(enum field_type type);
int field_type_column(enum field_type type); /* enum db_type, or FIELD_NO_COLUMN */
static inline bool
field_type_is_table(enum field_type type)
{
	return type == FIELD_TABLE || type == FIELD_TABLE_MULTISELECT;
}

struct field {
	struct str name;
	struct str label;
	enum field_type type;
	struct str
	    options; /* Link, Table: the DocType; Select: lines; Data: Email, ...; null: none */
	struct str fallback;   /* the property "default"; null: none */
	struct str fetch_from; /* "link.field"; null: none */
	/* For forms: when it is shown, needed, fixed (as written: eval:..., a field); help. */
	struct str depends_on, mandatory_depends_on, read_only_depends_on, description;
	int32_t permlevel;
	int32_t length;    /* 0: the type's */
	int32_t precision; /* -1: not set */
	bool reqd, unique, search_index, read_only, hidden, set_only_once, allow_on_submit, no_copy,
	    non_negative, not_nullable, fetch_if_empty, ignore_user_permissions, ignore_xss_filter,
	    is_virtual, in_list_view, in_standard_filter, bold;
	bool is_standard; /* name, owner, creation, ...: not among the DocType's own fields */
	bool is_mark;     /* a column that is no value of the document: enum doc_mark */
	int32_t column;   /* place in struct doc's values; -1: has no column */
	int32_t table;    /* place in struct doc's tables; -1: is no table */
};

/* Does its column hold numbers? */
bool field_is_number(const struct field *f);

/* Is there a column for it in the table, so that lists can name it? */
static inline bool
field_is_listed(const struct field *f)
{
	return f->column >= 0 || f->is_mark;
}

/* Rights, in the order of spec/permissions.md 1. */
enum right {
	RIGHT_SELECT,
	RIGHT_READ,
	RIGHT_WRITE,
	RIGHT_CREATE,
	RIGHT_DELETE,
	RIGHT_SUBMIT,
	RIGHT_CANCEL,
	RIGHT_AMEND,
	RIGHT_REPORT,
	RIGHT_EXPORT,
	RIGHT_IMPORT,
	RIGHT_SHARE,
	RIGHT_PRINT,
	RIGHT_EMAIL,
	RIGHT_LEN
};
struct str right_name(enum right r);
bool right_find(struct str name, enum right *out);

struct perm {
	uint32_t role; /* auth/role.h */
	int32_t permlevel;
	bool if_owner;
	uint32_t rights; /* BIT(enum right) */
};

/* Standard columns come first in every table and every struct doc. */
enum doc_column {
	DOC_NAME,
	DOC_OWNER,
	DOC_CREATION,
	DOC_MODIFIED,
	DOC_MODIFIED_BY,
	DOC_DOCSTATUS,
	DOC_IDX,
	DOC_STANDARD_LEN,
	/* child tables only, after the standard ones */
	DOC_PARENT = DOC_STANDARD_LEN,
	DOC_PARENTFIELD,
	DOC_PARENTTYPE,
	DOC_CHILD_LEN,
};

/*
 * What others leave on a document without changing it (doc/mark.h): columns of every table but
 * those of child DocTypes, behind the document's own. Lists may name them; no body sets them.
 */
enum doc_mark {
	MARK_TAGS,                  /* _user_tags */
	MARK_LIKED,                 /* _liked_by */
	MARK_SHOWN,                 /* an answer shows those before this one */
	MARK_COMMENTS = MARK_SHOWN, /* _comments */
	MARK_ASSIGNED,              /* _assign */
	MARK_LEN
};

struct controller; /* doc/controller.h: the rules that a shipped DocType has in code */

struct doctype {
	struct str name;
	struct str module;
	struct str autoname; /* null: random */
	struct str naming_rule;
	struct str title_field, search_fields, sort_field, sort_order;
	struct str nsm_parent_field; /* of a tree; null: parent_NAME */
	struct str document_type;    /* Document, Setup, System, ...; null: not said */
	bool custom, istable, issingle, is_submittable, track_changes, allow_rename, allow_import,
	    show_title_field_in_link, autoincrement, is_tree;
	bool in_use; /* User Permission, DocShare, DefaultValue: there are rows, so they are asked
			for */
	bool has_naming_rules; /* there are rules for it (doc/naming_rule.h) */
	/*
	 * Standard columns, then one entry a field in form order. fields[] counts all of them,
	 * layout too; columns[] only those with a column, in table order: columns[DOC_NAME] is
	 * "name". Of child tables parent, parentfield, parenttype follow the standard ones.
	 */
	const struct field *fields;
	size_t fields_len;
	const struct field **columns;
	size_t columns_len;
	size_t first_value;        /* the first column that is no standard one */
	const struct field *marks; /* by enum doc_mark; they are not counted in fields_len */
	size_t marks_len;          /* MARK_LEN, or 0: a child or a single DocType */
	const struct field **tables;
	size_t tables_len;
	const struct perm *perms; /* DocPerm, or Custom DocPerm where there are any */
	size_t perms_len;
	const struct controller *controller; /* NULL: none */
	/* "SELECT `name`, ... FROM `tabX`": columns in order, then the MARK_SHOWN that answers
	 * show; made once */
	struct str select_all;
	int64_t generation; /* moves when the DocType changes: statements are prepared anew */
	/* For doctype_field(): places in fields[] plus 1, by hash of the name; 0: free. */
	const uint16_t *lookup;
	size_t lookup_len; /* a power of two */
};

/* A field by exact name, standard columns and marks included; NULL: none. */
const struct field *doctype_field(const struct doctype *dt, struct str name);

/*
 * Completes a DocType whose properties and perms are set: standard fields before its own ones,
 * places of columns and tables, the order of lists, select_all. Memory is the arena's.
 */
MUST_USE bool doctype_finish(
    struct arena *a, struct doctype *dt, const struct field *own, size_t own_len, struct err *err);

#endif
