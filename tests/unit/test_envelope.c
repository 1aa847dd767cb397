#include "tests/unit/unit.h"
#include "tests/unit/exc_id.h"

#include "api/envelope.h"
#include "json/json_in.h"

/* The body's memory is kept from case to case: *call is zero the first time. */
static void
begin(struct call *call, struct arena *a)
{
	const struct http_response kept = call->response;

	*call = (struct call){ .arena = a, .id = STR("r1"), .response = kept };
	http_response_reset(&call->response, 64 * 1024);
	call->out = JSON_OUT(&call->response.body);
}

static void
wraps_what_a_method_returns(void **state)
{
	CLEANUP(arena_freep) struct arena *a = arena_new(1 << 20);
	struct call call = { 0 };
	struct err err;

	(void)state;
	json_init();
	begin(&call, a);
	envelope_value(&call, "message");
	json_add_str(&call.out, STR("pong"));
	json_put_str(&call.out, "home_page", STR("/app"));
	envelope_close(&call);
	CHECK_STR(buf_str(&call.response.body), "{\"message\":\"pong\",\"home_page\":\"/app\"}");
	CHECK_STR(call.response.type, "application/json");

	begin(&call, a);
	envelope_value(&call, "message");
	envelope_drop_empty(&call);
	envelope_close(&call);
	CHECK_STR(buf_str(&call.response.body), "{}");

	begin(&call, a);
	envelope_close(&call);
	CHECK_STR(buf_str(&call.response.body), "{}");

	begin(&call, a);
	call.identity.session_expired = true;
	envelope_value(&call, "message");
	json_add_str(&call.out, STR("a:"));
	envelope_drop_empty(&call);
	CHECK(call_message(&call, NULL, NULL, false, STR("Saved"), &err));
	envelope_close(&call);
	CHECK_STR(buf_str(&call.response.body),
	    "{\"message\":\"a:\",\"session_expired\":1,\"_server_messages\":"
	    "\"[\\\"{\\\\\\\"message\\\\\\\": \\\\\\\"Saved\\\\\\\", "
	    "\\\\\\\"title\\\\\\\": \\\\\\\"Message\\\\\\\"}\\\"]\"}");
	http_response_free(&call.response);
}

static void
tells_errors_of_v1(void **state)
{
	/* clang-format off */
	static const struct {
		const char *what;
		enum err_kind kind;
		const char *msg;
		bool silent, with_exc, as_message;
		const char *body;
	} cases[] = {
		{ "bare", ERR_AUTHENTICATION, "", false, true, false,
		  "{\"exception\":\"frappe.exceptions.AuthenticationError\",\"exc_type\":\"AuthenticationError\","
		  "\"exc\":\"[\\\"frappe.exceptions.AuthenticationError (request r1)\\\"]\"}" },
		{ "without tracebacks", ERR_AUTHENTICATION, "", false, false, false,
		  "{\"exc_type\":\"AuthenticationError\"}" },
		{ "a failed login", ERR_AUTHENTICATION, "Invalid login credentials", true, false, true,
		  "{\"message\":\"Invalid login credentials\",\"exc_type\":\"AuthenticationError\"}" },
		{ "silent", ERR_TYPE, "one\ntwo", true, true, false,
		  "{\"exception\":\"TypeError: two\",\"exc_type\":\"TypeError\","
		  "\"exc\":\"[\\\"TypeError: two (request r1)\\\"]\"}" },
		{ "with a message", ERR_DOES_NOT_EXIST, "ToDo x not found", false, false, false,
		  "{\"exc_type\":\"DoesNotExistError\",\"_server_messages\":\"[\\\"{"
		  "\\\\\\\"message\\\\\\\": \\\\\\\"ToDo x not found\\\\\\\", \\\\\\\"title\\\\\\\": \\\\\\\"Message\\\\\\\", "
		  "\\\\\\\"indicator\\\\\\\": \\\\\\\"red\\\\\\\", \\\\\\\"raise_exception\\\\\\\": 1, "
		  "\\\\\\\"__frappe_exc_id\\\\\\\": \\\\\\\"#\\\\\\\"}\\\"]\"}" },
	};
	/* clang-format on */
	CLEANUP(arena_freep) struct arena *a = arena_new(1 << 20);
	struct call call = { 0 };
	char text[EXC_ID_TEXT];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err err = { .kind = cases[i].kind, .silent = cases[i].silent };

		snprintf(err.msg, sizeof(err.msg), "%s", cases[i].msg);
		begin(&call, a);
		envelope_error(&call, &err, cases[i].with_exc, cases[i].as_message);
		CHECK_STR(exc_id_hidden(buf_str(&call.response.body), text), cases[i].body);
	}
	http_response_free(&call.response);
}

static void
folds_the_last_message_into_an_error_of_v2(void **state)
{
	CLEANUP(arena_freep) struct arena *a = arena_new(1 << 20);
	struct call call = { 0 };
	char text[EXC_ID_TEXT];
	struct err err;

	(void)state;
	json_init();
	begin(&call, a);
	call.v2 = true;
	CHECK(call_message(&call, NULL, "red", true, STR("first"), &err));
	CHECK(call_message(&call, "Title", NULL, false, STR("last"), &err));
	err_set_silent(&err, ERR_PERMISSION, "%s", "");
	envelope_error(&call, &err, false, false);
	CHECK_STR(exc_id_hidden(buf_str(&call.response.body), text),
	    "{\"errors\":[{\"type\":\"PermissionError\",\"message\":\"last\",\"title\":\"Title\"}],"
	    "\"messages\":[{\"message\": \"first\", \"title\": \"Message\", \"indicator\": "
	    "\"red\", "
	    "\"raise_exception\": 1, \"__frappe_exc_id\": \"#\"}]}");

	begin(&call, a);
	call.v2 = true;
	err_set(&err, ERR_VALIDATION, "wrong");
	envelope_error(&call, &err, true, false);
	CHECK_STR(buf_str(&call.response.body),
	    "{\"errors\":[{\"type\":\"ValidationError\","
	    "\"exception\":\"frappe.exceptions.ValidationError: wrong\",\"message\":\"wrong\","
	    "\"title\":\"Message\",\"indicator\":\"red\"}]}");
	http_response_free(&call.response);
}

static void
keeps_texts_that_need_escapes(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(16 * 1024);
	struct err err;

	(void)state;
	json_init();
	err_set(&err, ERR_BAD_REQUEST, "a \"quoted\" \\ text\x01");
	envelope_refusal(&err, STR("r2"), &b);
	CLEANUP(arena_freep) struct arena *a = arena_new(1 << 20);
	const json_t *body, *list, *message;

	CHECK(json_parse(a, buf_str(&b), &body, &err));
	CHECK(json_parse(a, json_text(json_get(body, STR("_server_messages"))), &list, &err));
	CHECK(json_parse(a, json_text(json_array_get(list, 0)), &message, &err));
	CHECK_STR(json_text(json_get(message, STR("message"))), "a \"quoted\" \\ text\x01");
}

UNIT_TESTS(wraps_what_a_method_returns, tells_errors_of_v1,
    folds_the_last_message_into_an_error_of_v2, keeps_texts_that_need_escapes)
