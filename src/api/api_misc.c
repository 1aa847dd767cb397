#include "api/api_misc.h"

#include "auth/who.h"
#include "conf/conf.h"

/* The version of the protocol that clients compare with, and our own beside it. */
static const struct str PROTOCOL_VERSION = STR_INIT("16.0.0-dev");

static bool
get_user_info(struct call *call, struct err *err)
{
	struct json_out *o = &call->out;

	(void)err;
	json_open_object(o);
	json_put_str(o, "user", call->who->name);
	json_put_str(
	    o, "user_type", call->who->is_system_user ? STR("System User") : STR("Website User"));
	json_key(o, STR("installed_apps"));
	json_open_array(o);
	json_add_str(o, STR("frappe"));
	json_close_array(o);
	json_close_object(o);
	return true;
}

static void
put_app(struct json_out *o, const char *app, struct str title, struct str description,
    struct str version)
{
	json_key(o, str_from(app));
	json_open_object(o);
	json_put_str(o, "title", title);
	json_put_str(o, "description", description);
	json_put_str(o, "branch", STR(""));
	json_put_str(o, "version", version);
	json_close_object(o);
}

/* Clients read the key frappe to learn what they may ask for. */
static bool
get_versions(struct call *call, struct err *err)
{
	struct json_out *o = &call->out;

	(void)err;
	json_open_object(o);
	put_app(o, "frappe", STR("Framework"),
	    STR("Full stack web framework with Python, Javascript, MariaDB, Redis, Node"),
	    PROTOCOL_VERSION);
	put_app(o, "symbolon", STR("symbolon"),
	    STR("Keys, tokens and documents over the same protocol"), STR(SYMBOLON_VERSION));
	json_close_object(o);
	return true;
}

static bool
get_time_zone(struct call *call, struct err *err)
{
	const struct str zone = call->conf->site.time_zone;

	(void)err;
	json_open_object(&call->out);
	json_put_str(&call->out, "time_zone", zone.len > 0 ? zone : STR("UTC"));
	json_close_object(&call->out);
	return true;
}

/* clang-format off */
static const struct method METHODS[] = {
	{ .name = STR_INIT("frappe.realtime.get_user_info"), .verbs = VERBS_ANY, .who = WHO_ANYONE, .run = RUN_MEMORY, .body = get_user_info,
	  .help = "The calling user and the kind of user" },
	{ .name = STR_INIT("frappe.utils.change_log.get_versions"), .verbs = VERBS_ANY, .who = WHO_LOGGED_IN, .run = RUN_MEMORY, .body = get_versions,
	  .help = "Versions of the protocol and of symbolon" },
	{ .name = STR_INIT("frappe.client.get_time_zone"), .verbs = VERBS_ANY, .who = WHO_ANYONE, .run = RUN_MEMORY, .body = get_time_zone,
	  .help = "The site's time zone" },
};
/* clang-format on */

const struct method_table API_MISC_METHODS = { METHODS, ARRAY_LEN(METHODS) };
