#include "doc/key_guard.h"

#include "auth/who.h"
#include "base/clock.h"
#include "doc/user_rules.h"

/* One without scopes: the others change no keys. */
static const struct str SQL_OWN =
    STR_INIT("SELECT s.name FROM `tabAPI Key` k JOIN secret s ON s.api_key = k.`name` "
	     "WHERE k.`user` COLLATE NOCASE = ?1 AND k.`enabled` = 1 AND k.`read_only` = 0 AND "
	     "s.not_before <= ?2 AND (s.not_after = 0 OR s.not_after > ?2) AND NOT EXISTS "
	     "(SELECT 1 FROM `tabAPI Key Scope` c WHERE c.`parent` = k.`name` AND "
	     "c.`parenttype` = 'API Key') LIMIT 1");

static bool
changes_keys(const struct call *call)
{
	for (const struct change *c = call->changes.first; c != NULL; c = c->next) {
		if (c->kind == CHANGE_KEY)
			return true;
	}
	return false;
}

bool
key_guard_check(struct call *call, struct err *err)
{
	const struct who *who = call->who;

	if (call->identity.kind != IDENTITY_TOKEN || !who->is_system_manager ||
	    who->is_administrator || !changes_keys(call))
		return true;
	const struct value params[] = { value_text(who->name),
		value_int(call->now_us / CLOCK_US_PER_S) };
	struct value row;
	bool found;

	if (!db_query_row(
		call->db, call->arena, SQL_OWN, params, ARRAY_LEN(params), &row, 1, &found, err))
		return false;
	if (!found && !user_rules_other_manager(call, who->name, &found, err))
		return false;
	return found ||
	    err_set(err, ERR_VALIDATION,
		"You are the last System Manager, and this is the last key that you can manage "
		"with: make another one first, or do this on the command line: symbolon keys "
		"revoke %.*s",
		STR_FMT(who->name));
}
