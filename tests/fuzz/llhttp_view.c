#include "tests/fuzz/llhttp_view.h"

#include <llhttp.h>

enum { MOST = 1024 * 1024 };

static struct llhttp_view *
view_of(llhttp_t *p)
{
	return p->data;
}

static int
on_url(llhttp_t *p, const char *at, size_t len)
{
	buf_put(&view_of(p)->target, (struct str){ at, len });
	return 0;
}

static int
on_body(llhttp_t *p, const char *at, size_t len)
{
	buf_put(&view_of(p)->body, (struct str){ at, len });
	return 0;
}

static int
on_field_complete(llhttp_t *p)
{
	struct llhttp_view *v = view_of(p);

	v->fields_len += !v->head_done;
	return 0;
}

static int
on_head(llhttp_t *p)
{
	struct llhttp_view *v = view_of(p);

	v->head_done = true;
	v->method = llhttp_method_name((llhttp_method_t)p->method);
	v->http_1_0 = p->http_major == 1 && p->http_minor == 0;
	v->has_length = (p->flags & F_CONTENT_LENGTH) != 0;
	v->chunked = (p->flags & F_CHUNKED) != 0;
	v->content_length = p->content_length;
	v->keep_alive = llhttp_should_keep_alive(p) != 0;
	return 0;
}

static int
on_end(llhttp_t *p)
{
	view_of(p)->message_done = true;
	return 0;
}

void
llhttp_view_read(struct llhttp_view *v, struct str bytes)
{
	llhttp_settings_t settings;
	llhttp_t p;

	llhttp_settings_init(&settings);
	settings.on_url = on_url;
	settings.on_body = on_body;
	settings.on_header_value_complete = on_field_complete;
	settings.on_headers_complete = on_head;
	settings.on_message_complete = on_end;
	llhttp_init(&p, HTTP_REQUEST, &settings);
	*v = (struct llhttp_view){ .target = BUF_INIT(MOST), .body = BUF_INIT(MOST) };
	p.data = v;
	for (size_t i = 0; i < bytes.len && !v->message_done; i++) {
		const bool in_head = !v->head_done;
		llhttp_errno_t code = llhttp_execute(&p, bytes.ptr + i, 1);

		/* A request to change protocols is none of ours: the body follows as it would. */
		if (code == HPE_PAUSED_UPGRADE) {
			llhttp_resume_after_upgrade(&p);
			code = HPE_OK;
		}
		if (in_head && v->head_done)
			v->head_len = i + 1;
		if (v->message_done)
			v->message_len = i + 1;
		if (code != HPE_OK) {
			v->failed = llhttp_errno_name(code);
			v->failed_at = i;
			break;
		}
	}
}

void
llhttp_view_free(struct llhttp_view *v)
{
	buf_free(&v->target);
	buf_free(&v->body);
}
