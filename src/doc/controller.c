#include "doc/controller.h"

#include "doc/api_key_rules.h"
#include "doc/comment_rules.h"
#include "doc/custom_rules.h"
#include "doc/doctype_rules.h"
#include "doc/file_rules.h"
#include "doc/naming_rule.h"
#include "doc/note_rules.h"
#include "doc/perm_limit_rules.h"
#include "doc/role_profile.h"
#include "doc/role_rules.h"
#include "doc/settings_rules.h"
#include "doc/share_rules.h"
#include "doc/todo_rules.h"
#include "doc/user_rules.h"

/* One row a DocType that has rules in code; NULL ends the table. */
/* clang-format off */
static const struct controller *const CONTROLLERS[] = {
	&USER_RULES,
	&HAS_ROLE_RULES,
	&ROLE_RULES,
	&ROLE_PROFILE_RULES,
	&TODO_RULES,
	&NOTE_RULES,
	&COMMENT_RULES,
	&FILE_RULES,
	&SETTINGS_RULES,
	&API_KEY_RULES,
	&DOCTYPE_CONTROLLER,
	&DOCFIELD_CONTROLLER,
	&DOCPERM_CONTROLLER,
	&CUSTOM_DOCPERM_CONTROLLER,
	&CUSTOM_FIELD_RULES,
	&CUSTOM_SETTER_RULES,
	&PERM_LIMIT_RULES,
	&SHARE_RULES,
	&NAMING_RULE_RULES,
	NULL,
};
/* clang-format on */

const struct controller *
controller_find(struct str doctype)
{
	for (size_t i = 0; CONTROLLERS[i] != NULL; i++) {
		if (str_eq(CONTROLLERS[i]->doctype, doctype))
			return CONTROLLERS[i];
	}
	return NULL;
}
