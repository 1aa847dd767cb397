#include "api/api_deleted.h"

#include "api/args.h"
#include "doc/deleted.h"

static bool
restore(struct call *call, struct err *err)
{
	struct str name;
	struct doc *d;

	return args_str(call, "name", &name, err) && deleted_restore(call, name, &d, err) &&
	    call_message(call, NULL, NULL, false, STR("Document Restored"), err);
}

/* clang-format off */
static const struct method METHODS[] = {
	{ .name = STR_INIT("frappe.core.doctype.deleted_document.deleted_document.restore"), .verbs = VERBS_WRITE, .who = WHO_LOGGED_IN, .run = RUN_WRITE_ALONE, .body = restore,
	  .help = "Insert a deleted document again: name (of the Deleted Document)" },
};
/* clang-format on */

const struct method_table API_DELETED_METHODS = { METHODS, ARRAY_LEN(METHODS) };
