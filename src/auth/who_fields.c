#include "auth/who_fields.h"

#include "http/text.h"

const struct str WHO_FIELDS_KEEP = STR_INIT(" !\"#$&'()*+/:;<=>?@[\\]^`{|}");

static void
put(struct buf *b, struct str name, struct str value)
{
	buf_put(b, name);
	http_percent_put(b, value, WHO_FIELDS_KEEP);
	buf_lit(b, "\r\n");
}

void
who_fields(const struct who *who, const struct role_names *names, const uint32_t *roles, size_t len,
    struct buf *out)
{
	put(out, STR("X-Symbolon-User: "), who->name);
	put(out, STR("X-Symbolon-Full-Name: "), who->full_name);
	buf_lit(out, "X-Symbolon-Roles: ");
	for (size_t i = 0; i < len; i++) {
		if (i > 0)
			buf_lit(out, ",");
		http_percent_put(out, role_name(names, roles[i]), WHO_FIELDS_KEEP);
	}
	buf_lit(out, "\r\n");
	put(out, STR("X-Symbolon-User-Type: "),
	    who->is_system_user ? STR("System User") : STR("Website User"));
}
