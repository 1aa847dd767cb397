#include "doc/controller.h"

/* One row a DocType that has rules in code; NULL ends the table. */
static const struct controller *const CONTROLLERS[] = { NULL };

const struct controller *
controller_find(struct str doctype)
{
	for (size_t i = 0; CONTROLLERS[i] != NULL; i++) {
		if (str_eq(CONTROLLERS[i]->doctype, doctype))
			return CONTROLLERS[i];
	}
	return NULL;
}
