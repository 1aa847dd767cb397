#include "api/docinfo.h"

#include "api/api_doc.h"
#include "auth/auth.h"
#include "auth/who.h"
#include "base/map.h"
#include "doc/assign.h"
#include "doc/comments.h"
#include "doc/list.h"
#include "doc/perm.h"
#include "doc/share.h"
#include "doc/tag.h"
#include "doc/versions.h"
#include "json/json_in.h"

/* ---- parts */

static bool
write_doctype(struct call *call, const struct doc *d, struct json_out *out, struct err *err)
{
	(void)call;
	(void)err;
	json_add_str(out, d->doctype->name);
	return true;
}

static bool
write_name(struct call *call, const struct doc *d, struct json_out *out, struct err *err)
{
	(void)call;
	(void)err;
	json_add_value(out, d->values[DOC_NAME]);
	return true;
}

static bool
write_shared(struct call *call, const struct doc *d, struct json_out *out, struct err *err)
{
	json_open_array(out);
	if (!share_write_users(call, d, out, err))
		return false;
	json_close_array(out);
	return true;
}

/* The filters of the Files that are attached to d. */
static MUST_USE bool
attached_to(struct call *call, const struct doc *d, const json_t **out, struct err *err)
{
	CLEANUP(buf_free) struct buf b = call_scratch(call);
	struct json_out o = JSON_OUT(&b);

	json_open_object(&o);
	json_put_str(&o, "attached_to_doctype", d->doctype->name);
	json_put_value(&o, "attached_to_name", d->values[DOC_NAME]);
	json_close_object(&o);
	return json_parse_buf(call->arena, &b, out, err);
}

static bool
write_attachments(struct call *call, const struct doc *d, struct json_out *out, struct err *err)
{
	static const struct str FIELDS =
	    STR_INIT("[\"name\",\"file_name\",\"file_url\",\"is_private\"]");
	struct list_args list = { .order_by = STR("creation asc") };

	if (!doc_type(call, STR("File"), &list.doctype, err))
		return false;
	/* A key's scopes may leave Files out. */
	if (perm_grant_of(call, list.doctype, RIGHT_READ) == PERM_NONE) {
		json_add_raw(out, STR("[]"));
		return true;
	}
	return json_parse(call->arena, FIELDS, &list.fields, err) &&
	    attached_to(call, d, &list.filters, err) && list_write(call, &list, out, err);
}

static bool
write_permissions(struct call *call, const struct doc *d, struct json_out *out, struct err *err)
{
	return api_doc_write_rights(call, d, true, out, err);
}

static bool
write_assignments(struct call *call, const struct doc *d, struct json_out *out, struct err *err)
{
	return assign_write(call, d, true, out, err);
}

/* ---- all of them */

/* clang-format off */
static const struct {
	struct str key;
	docinfo_part *write;       /* or */
	enum comment_group group;  /* or */
	struct str value;
	struct str user; /* the key of its rows that names a user, whom user_info tells of; null: none */
} PARTS[] = {
	{ .key = STR_INIT("doctype"), .write = write_doctype },
	{ .key = STR_INIT("name"), .write = write_name },
	{ .key = STR_INIT("comments"), .group = COMMENTS_SAID, .user = STR_INIT("owner") },
	{ .key = STR_INIT("shared"), .write = write_shared, .user = STR_INIT("user") },
	{ .key = STR_INIT("assignment_logs"), .group = COMMENTS_ASSIGNED, .user = STR_INIT("owner") },
	{ .key = STR_INIT("attachment_logs"), .group = COMMENTS_ATTACHED, .user = STR_INIT("owner") },
	{ .key = STR_INIT("info_logs"), .group = COMMENTS_INFO, .user = STR_INIT("owner") },
	{ .key = STR_INIT("like_logs"), .group = COMMENTS_LIKES, .user = STR_INIT("owner") },
	{ .key = STR_INIT("workflow_logs"), .group = COMMENTS_WORKFLOW, .user = STR_INIT("owner") },
	{ .key = STR_INIT("attachments"), .write = write_attachments },
	{ .key = STR_INIT("communications"), .value = STR_INIT("[]") },
	{ .key = STR_INIT("automated_messages"), .value = STR_INIT("[]") },
	{ .key = STR_INIT("versions"), .write = versions_write, .user = STR_INIT("owner") },
	{ .key = STR_INIT("assignments"), .write = write_assignments, .user = STR_INIT("owner") },
	{ .key = STR_INIT("permissions"), .write = write_permissions },
	{ .key = STR_INIT("views"), .value = STR_INIT("[]") },
	{ .key = STR_INIT("energy_point_logs"), .value = STR_INIT("[]") },
	{ .key = STR_INIT("additional_timeline_content"), .value = STR_INIT("[]") },
	{ .key = STR_INIT("milestones"), .value = STR_INIT("[]") },
	{ .key = STR_INIT("is_document_followed"), .value = STR_INIT("null") },
	{ .key = STR_INIT("tags"), .write = tag_write },
	{ .key = STR_INIT("document_email"), .value = STR_INIT("null") },
};
/* clang-format on */

/* Notes the users that the rows of a part name. */
static MUST_USE bool
note_users(
    struct call *call, const struct buf *rows, struct str key, struct map *users, struct err *err)
{
	const json_t *tree;

	if (!json_parse_buf(call->arena, rows, &tree, err))
		return false;
	for (size_t i = 0; i < json_array_size(tree); i++) {
		const struct str name = json_text(json_get(json_array_get(tree, i), key));

		if (name.len > 0)
			map_put(users, name, users);
	}
	return true;
}

static MUST_USE bool
write_part(struct call *call, const struct doc *d, size_t at, struct map *users,
    struct json_out *out, struct err *err)
{
	CLEANUP(buf_free) struct buf b = call_scratch(call);
	struct json_out value = JSON_OUT(&b);

	json_key(out, PARTS[at].key);
	if (PARTS[at].value.len > 0) {
		json_add_raw(out, PARTS[at].value);
		return true;
	}
	if (PARTS[at].write != NULL ? !PARTS[at].write(call, d, &value, err)
				    : !comments_write(call, d, PARTS[at].group, &value, err))
		return false;
	if (!buf_ok(&b))
		return err_memory(err);
	json_add_raw(out, buf_str(&b));
	return PARTS[at].user.len == 0 || note_users(call, &b, PARTS[at].user, users, err);
}

/* {"user": {"name", "fullname", "image"}} of those that the parts name. */
static void
write_users(struct call *call, const struct map *users, struct json_out *out)
{
	struct str name;
	size_t at = 0;
	void *value;

	json_key(out, STR("user_info"));
	json_open_object(out);
	while (map_next(users, &at, &name, &value)) {
		const struct who *who = auth_find_user(call->auth, name);

		if (who == NULL)
			continue;
		json_key(out, name);
		json_open_object(out);
		json_put_str(out, "name", who->name);
		json_put_str(out, "fullname", who->full_name);
		json_put_str(out, "image", who->user_image);
		json_close_object(out);
	}
	json_close_object(out);
}

bool
docinfo_write(struct call *call, const struct doc *d, struct json_out *out, struct err *err)
{
	CLEANUP(map_freep) struct map *users = map_new();

	json_open_object(out);
	for (size_t i = 0; i < ARRAY_LEN(PARTS); i++) {
		if (!write_part(call, d, i, users, out, err))
			return false;
	}
	write_users(call, users, out);
	json_close_object(out);
	return true;
}
