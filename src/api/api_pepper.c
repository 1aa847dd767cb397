#include "api/api_pepper.h"

#include "api/args.h"
#include "auth/pepper_desk.h"

static bool
remove_pepper(struct call *call, struct err *err)
{
	struct str pepper;

	return args_str(call, "pepper", &pepper, err) && pepper_desk_remove(call, pepper, err);
}

/* clang-format off */
static const struct method METHODS[] = {
	{ .name = STR_INIT("symbolon.pepper.status"), .verbs = VERBS_GET | VERBS_POST, .who = WHO_SYSTEM_MANAGER, .run = RUN_READ, .body = pepper_desk_status,
	  .help = "The peppers of symbolon.key, how many secrets rest on each, and which nodes lack one" },
	{ .name = STR_INIT("symbolon.pepper.rotate"), .verbs = VERBS_POST, .who = WHO_LOCAL, .run = RUN_WRITE_ALONE, .body = pepper_desk_rotate,
	  .help = "Make a new pepper, and the one of new secrets if every node has it" },
	{ .name = STR_INIT("symbolon.pepper.remove"), .verbs = VERBS_POST, .who = WHO_LOCAL, .run = RUN_WRITE_ALONE, .body = remove_pepper,
	  .help = "Take a pepper that no secret rests on out of symbolon.key: pepper" },
};
/* clang-format on */

const struct method_table API_PEPPER_METHODS = { METHODS, ARRAY_LEN(METHODS) };
