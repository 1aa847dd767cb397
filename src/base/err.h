/*
 * err.h - what can go wrong, once for the whole program.
 *
 * A function that can fail returns bool and takes struct err *err last. On
 * false, *err is set and outputs are untouched.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/base.h"

/*
 * Our name, Frappe's class (exc_type), the module that the class lives in on
 * the wire ("" for Python's own classes), the HTTP status (spec/rpc.md 5.4,
 * with the deviations that page lists).
 */
#define ERR_FRAPPE "frappe.exceptions."
#define ERR_DOCTYPE "frappe.core.doctype.doctype.doctype."
#define ERR_FILE "frappe.core.doctype.file.exceptions."
/* clang-format off */
#define ERR_TABLE(X)                                                                                     \
	X(ERR_BAD_REQUEST,            "BadRequest",                        ERR_FRAPPE,  400) /* framing, syntax */ \
	X(ERR_JSON,                   "JSONDecodeError",                   "json.decoder.", 400)                  \
	X(ERR_CSRF,                   "CSRFTokenError",                    ERR_FRAPPE,  400)                      \
	X(ERR_AUTHORIZATION_TOKEN,    "InvalidAuthorizationToken",         ERR_FRAPPE,  400)                      \
	X(ERR_AUTHENTICATION,         "AuthenticationError",               ERR_FRAPPE,  401) /* who are you?    */ \
	X(ERR_PERMISSION,             "PermissionError",                   ERR_FRAPPE,  403) /* you may not     */ \
	X(ERR_DOES_NOT_EXIST,         "DoesNotExistError",                 ERR_FRAPPE,  404)                      \
	X(ERR_PAGE_DOES_NOT_EXIST,    "PageDoesNotExistError",             ERR_FRAPPE,  404)                      \
	X(ERR_METHOD_NOT_ALLOWED,     "MethodNotAllowed",                  ERR_FRAPPE,  405)                      \
	X(ERR_REQUEST_TIMEOUT,        "RequestTimeout",                    ERR_FRAPPE,  408) /* it came too slowly */ \
	X(ERR_NAME,                   "NameError",                         ERR_FRAPPE,  409)                      \
	X(ERR_DUPLICATE,              "DuplicateEntryError",               ERR_FRAPPE,  409)                      \
	X(ERR_LINK_EXPIRED,           "LinkExpired",                       ERR_FRAPPE,  410)                      \
	X(ERR_PRECONDITION,           "PreconditionFailed",                ERR_FRAPPE,  412)                      \
	X(ERR_TOO_LARGE,              "RequestEntityTooLarge",             ERR_FRAPPE,  413) /* a limit was hit */ \
	X(ERR_URI_TOO_LONG,           "RequestURITooLong",                 ERR_FRAPPE,  414)                      \
	X(ERR_MEDIA_TYPE,             "UnsupportedMediaType",              ERR_FRAPPE,  415)                      \
	X(ERR_VALIDATION,             "ValidationError",                   ERR_FRAPPE,  417)                      \
	X(ERR_MANDATORY,              "MandatoryError",                    ERR_FRAPPE,  417)                      \
	X(ERR_LINK_VALIDATION,        "LinkValidationError",               ERR_FRAPPE,  417)                      \
	X(ERR_CANCELLED_LINK,         "CancelledLinkError",                ERR_FRAPPE,  417)                      \
	X(ERR_LINK_EXISTS,            "LinkExistsError",                   ERR_FRAPPE,  417)                      \
	X(ERR_TIMESTAMP_MISMATCH,     "TimestampMismatchError",            ERR_FRAPPE,  417)                      \
	X(ERR_RESTORED,               "DocumentAlreadyRestored",           ERR_FRAPPE,  417)                      \
	X(ERR_UNIQUE,                 "UniqueValidationError",             ERR_FRAPPE,  417)                      \
	X(ERR_DATA,                   "DataError",                         ERR_FRAPPE,  417)                      \
	X(ERR_LENGTH,                 "CharacterLengthExceededError",      ERR_FRAPPE,  417)                      \
	X(ERR_NON_NEGATIVE,           "NonNegativeError",                  ERR_FRAPPE,  417)                      \
	X(ERR_CONSTANT,               "CannotChangeConstantError",         ERR_FRAPPE,  417)                      \
	X(ERR_UPDATE_AFTER_SUBMIT,    "UpdateAfterSubmitError",            ERR_FRAPPE,  417)                      \
	X(ERR_DOCSTATUS,              "DocstatusTransitionError",          ERR_FRAPPE,  417)                      \
	X(ERR_INVALID_NAME,           "InvalidNameError",                  ERR_FRAPPE,  417)                      \
	X(ERR_INVALID_EMAIL,          "InvalidEmailAddressError",          ERR_FRAPPE,  417)                      \
	X(ERR_INVALID_PHONE,          "InvalidPhoneNumberError",           ERR_FRAPPE,  417)                      \
	X(ERR_INVALID_COLUMN,         "InvalidColumnName",                 "frappe.database.database.Database.", 417) \
	X(ERR_FRAPPE_TYPE,            "FrappeTypeError",                   ERR_FRAPPE,  417)                      \
	X(ERR_TYPE,                   "TypeError",                         "",          417)                      \
	X(ERR_INVALID_FIELD_NAME,     "InvalidFieldNameError",             ERR_DOCTYPE, 417)                      \
	X(ERR_UNIQUE_FIELD_NAME,      "UniqueFieldnameError",              ERR_DOCTYPE, 417)                      \
	X(ERR_ILLEGAL_MANDATORY,      "IllegalMandatoryError",             ERR_DOCTYPE, 417)                      \
	X(ERR_DOCTYPE_LINK,           "DoctypeLinkError",                  ERR_DOCTYPE, 417)                      \
	X(ERR_WRONG_OPTIONS,          "WrongOptionsDoctypeLinkError",      ERR_DOCTYPE, 417)                      \
	X(ERR_HIDDEN_MANDATORY,       "HiddenAndMandatoryWithoutDefaultError", ERR_DOCTYPE, 417)                  \
	X(ERR_NON_UNIQUE,             "NonUniqueError",                    ERR_DOCTYPE, 417)                      \
	X(ERR_CANNOT_INDEX,           "CannotIndexedError",                ERR_DOCTYPE, 417)                      \
	X(ERR_STANDARD_DOCTYPE,       "CannotCreateStandardDoctypeError",  ERR_DOCTYPE, 417)                      \
	X(ERR_NAMING_SERIES,          "InvalidNamingSeriesError",          "frappe.model.naming.", 417)           \
	X(ERR_UUID,                   "InvalidUUIDValue",                  "frappe.model.naming.", 417)           \
	X(ERR_FILE_SIZE,              "MaxFileSizeReachedError",           ERR_FILE,    417)                      \
	X(ERR_FILE_TYPE,              "FileTypeNotAllowed",                ERR_FILE,    417)                      \
	X(ERR_FOLDER_NOT_EMPTY,       "FolderNotEmpty",                    ERR_FILE,    417)                      \
	X(ERR_ATTACHMENT_LIMIT,       "AttachmentLimitReached",            ERR_FRAPPE,  417)                      \
	X(ERR_KEY_REUSED,             "IdempotencyKeyReused",              ERR_FRAPPE,  422)                      \
	X(ERR_TOO_MANY_REQUESTS,      "TooManyRequestsError",              ERR_FRAPPE,  429)                      \
	X(ERR_SECURITY,               "SecurityException",                 ERR_FRAPPE,  429) /* locked out      */ \
	X(ERR_HEAD_TOO_LARGE,         "RequestHeaderFieldsTooLarge",       ERR_FRAPPE,  431)                      \
	X(ERR_INTERNAL,               "InternalServerError",               ERR_FRAPPE,  500) /* our fault: the cause is in the log */ \
	X(ERR_NOT_IMPLEMENTED,        "NotImplementedError",               "",          501)                      \
	X(ERR_UNAVAILABLE,            "ServiceUnavailable",                ERR_FRAPPE,  503) /* try again later */ \
	X(ERR_VERSION_UNSUPPORTED,    "HTTPVersionNotSupported",           ERR_FRAPPE,  505)                      \
	X(ERR_OVER_BUDGET,            "OverBudget",                        ERR_FRAPPE,  500) /* never on the wire: run it in the reads lane */
/* clang-format on */

enum err_kind {
#define X(kind, exc_type, module, status) kind,
	ERR_TABLE(X)
#undef X
};

struct err {
	enum err_kind kind;
	int retry_after_s; /* > 0: the answer carries Retry-After */
	bool silent;       /* the text goes into "exception" only, not into _server_messages */
	char title[64];    /* of the message; empty: "Message" */
	char msg[512];     /* shown to the client: fit for a stranger to read */
	char cause[256];   /* for the log only: what the database or the system said */
};

/* Fills *e and returns false: return err_set(err, ERR_DUPLICATE, "..."); a long text is cut. */
bool err_set(struct err *e, enum err_kind kind, const char *fmt, ...) PRINTF(3, 4);

/* The same for a text that goes into "exception" but is no message of its own. */
bool err_set_silent(struct err *e, enum err_kind kind, const char *fmt, ...) PRINTF(3, 4);

/* Adds what only the log may know; returns false, too. */
bool err_cause(struct err *e, const char *fmt, ...) PRINTF(2, 3);

/* Gives the message a title of its own; returns false, too. */
bool err_title(struct err *e, const char *title);

/* ERR_TOO_LARGE: the request asked for more memory than a request may have. Returns false. */
bool err_memory(struct err *e);

/* The wire names and the HTTP status of a kind. Static strings. */
const char *err_exc_type(enum err_kind kind);
const char *err_module(enum err_kind kind);
int err_status(enum err_kind kind);

/* The analyzer reads one file at a time: tells it what these return. */
#if defined(__clang_analyzer__) && !defined(ERR_C)
#define err_set(...) (err_set(__VA_ARGS__), false)
#define err_set_silent(...) (err_set_silent(__VA_ARGS__), false)
#define err_cause(...) (err_cause(__VA_ARGS__), false)
#define err_title(...) (err_title(__VA_ARGS__), false)
#define err_memory(e) (err_memory(e), false)
#endif

#endif
