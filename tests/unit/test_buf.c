#include "tests/unit/unit.h"

#include "base/buf.h"
#include "base/err.h"

static void
grows_up_to_its_cap_and_no_further(void **state UNUSED)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(1000);

	for (int i = 0; i < 1000; i++)
		buf_put_char(&b, 'x');
	CHECK(buf_ok(&b) && b.len == 1000);
	buf_lit(&b, "y");
	CHECK(!buf_ok(&b) && b.len == 1000);
	buf_clear(&b);
	CHECK(buf_ok(&b) && b.len == 0);
	CHECK(buf_room(&b, 1001) == NULL && !buf_ok(&b));
}

static void
writes_numbers_and_formats(void **state UNUSED)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(1000);

	buf_put_int(&b, INT64_MIN);
	buf_put_char(&b, ' ');
	buf_put_int(&b, 0);
	buf_printf(&b, " %s-%d", "a", 7);
	CHECK_STR(buf_str(&b), "-9223372036854775808 0 a-7");
	buf_truncate(&b, 2);
	CHECK_STR(buf_str(&b), "-9");
}

static void
an_error_keeps_its_kind_text_and_cause(void **state UNUSED)
{
	struct err err;

	CHECK(!err_set(&err, ERR_DUPLICATE, "%s already exists", "x"));
	CHECK(err.kind == ERR_DUPLICATE && !err.silent && err.cause[0] == '\0');
	CHECK(!err_cause(&err, "row %d", 3) && strcmp(err.cause, "row 3") == 0);
	CHECK(!err_title(&err, "Duplicate Name") && strcmp(err.title, "Duplicate Name") == 0);
	CHECK(strcmp(err_exc_type(err.kind), "DuplicateEntryError") == 0);
	CHECK(
	    strcmp(err_module(err.kind), "frappe.exceptions.") == 0 && err_status(err.kind) == 409);
	CHECK(
	    !err_set_silent(&err, ERR_TYPE, "x") && err.silent && err_module(err.kind)[0] == '\0');
	CHECK(!err_memory(&err) && err.kind == ERR_TOO_LARGE);
}

UNIT_TESTS(grows_up_to_its_cap_and_no_further, writes_numbers_and_formats,
    an_error_keeps_its_kind_text_and_cause)
