#include "tests/unit/unit.h"
#include "tests/unit/exc_id.h"

#include "conf/conf.h"
#include "http/call.h"

static void
begin(struct call *call)
{
	*call = (struct call){ .arena = arena_new(1024 * 1024) };
	http_response_reset(&call->response, 64 * 1024);
	call->out = JSON_OUT(&call->response.body);
}

static void
end(struct call *call)
{
	http_response_free(&call->response);
	arena_free(call->arena);
}

static void
messages_are_objects_in_order(void **state UNUSED)
{
	char text[EXC_ID_TEXT];
	struct call call;
	struct err err;

	begin(&call);
	CHECK(call_message(&call, NULL, NULL, false, STR("a \"b\" <b>c</b>"), &err));
	CHECK(call_message(&call, "Title", "red", true, STR("\xc3\xa9"), &err));
	CHECK_STR(
	    call.messages->json, "{\"message\": \"a \\\"b\\\" <b>c</b>\", \"title\": \"Message\"}");
	CHECK_STR(exc_id_hidden(call.messages->next->json, text),
	    "{\"message\": \"\\u00e9\", \"title\": \"Title\", \"indicator\": \"red\", "
	    "\"raise_exception\": 1, \"__frappe_exc_id\": \"#\"}");
	CHECK(call.messages->next == call.messages_last && call.messages_last->next == NULL);
	end(&call);
}

static void
a_message_beyond_the_arena_is_refused(void **state UNUSED)
{
	struct call call;
	char text[4096];
	struct err err;

	begin(&call);
	arena_free(call.arena);
	call.arena = arena_new(1024);
	memset(text, 'a', sizeof(text));
	CHECK(!call_message(&call, NULL, NULL, false, (struct str){ text, sizeof(text) }, &err));
	CHECK(err.kind == ERR_TOO_LARGE && call.messages == NULL);
	end(&call);
}

/* What prepare left stays; what the body did is gone, and so again and again. */
static void
a_body_begins_again_where_prepare_left(void **state UNUSED)
{
	struct call call;
	struct err err;

	begin(&call);
	CHECK(call_message(&call, NULL, NULL, false, STR("kept"), &err));
	CHECK(http_response_field(&call.response, STR("X-Kept"), STR("1"), &err));
	call_mark(&call);
	const size_t used = arena_used(call.arena);

	for (int i = 0; i < 3; i++) {
		static struct change change;

		CHECK(call_message(&call, NULL, NULL, false, STR("dropped"), &err));
		CHECK(http_response_field(&call.response, STR("X-Dropped"), STR("1"), &err));
		call.response.status = 404;
		call.error_message = STR("dropped");
		call.changes.first = call.changes.last = &change;
		json_open_object(&call.out);
		json_put_str(&call.out, "a", STR("b"));
		call_rewind(&call);
		CHECK(arena_used(call.arena) == used);
		CHECK(call.response.status == 200 && call.response.fields_len == 1);
		CHECK(call.response.body.len == 0 && str_is_null(call.error_message));
		CHECK(call.changes.first == NULL && call.changes.last == NULL);
		CHECK(call.messages == call.messages_last && call.messages->next == NULL);
	}
	json_open_object(&call.out);
	json_close_object(&call.out);
	CHECK_STR(buf_str(&call.response.body), "{}");
	end(&call);
}

/* For the next request, or to be planned anew. */
static void
of_a_call_that_is_reset_nothing_is_left(void **state UNUSED)
{
	static struct conf conf = { .http.max_response = 1000 };
	static const struct err REFUSAL = { .kind = ERR_PERMISSION };
	static struct change change;
	struct call call;
	struct err err;

	begin(&call);
	call.conf = &conf;
	CHECK(call_message(&call, NULL, NULL, false, STR("gone"), &err));
	call.plan.run = RUN_WRITE_ALONE;
	call.changes.first = call.changes.last = &change;
	call.refusal = call.withheld = &REFUSAL;
	call.later.job = call.job = call.error_message = STR("gone");
	call.prepared = call.parts = &call;
	call.spill.how = CALL_SPILLS;
	call.v2 = true;
	call.response.status = 404;
	json_open_object(&call.out);
	call_reset(&call);
	CHECK(call.plan.run == RUN_MEMORY && call.spill.how == CALL_SPILLS_NOT && !call.v2);
	CHECK(call.changes.first == NULL && call.refusal == NULL && call.withheld == NULL);
	CHECK(call.messages == NULL && str_is_null(call.error_message));
	CHECK(str_is_null(call.job) && str_is_null(call.later.job));
	CHECK(call.prepared == NULL && call.parts == NULL);
	CHECK(call.response.status == 200 && call.response.body.cap == 1000);
	json_open_object(&call.out);
	json_close_object(&call.out);
	CHECK_STR(buf_str(&call.response.body), "{}");
	end(&call);
}

static void
a_call_without_a_head_has_no_fields(void **state UNUSED)
{
	static const struct http_limits LIMITS = { .line = 256, .head = 1024, .fields = 8 };
	struct call call;
	struct http_head head;
	struct err err;

	begin(&call);
	CHECK(str_is_null(call_field(&call, STR("Accept"))));
	call.head = STR("GET / HTTP/1.1\r\nHost: a\r\naccept: b/c\r\n\r\n");
	CHECK(http_parse_head(call.head, &LIMITS, &head, &err) == HTTP_COMPLETE);
	call.fields = &head;
	CHECK_STR(call_field(&call, STR("Accept")), "b/c");
	end(&call);
}

UNIT_TESTS(messages_are_objects_in_order, a_message_beyond_the_arena_is_refused,
    a_body_begins_again_where_prepare_left, of_a_call_that_is_reset_nothing_is_left,
    a_call_without_a_head_has_no_fields)
