#include "tests/unit/unit.h"

#include "doc/file_name.h"
#include "doc/file_type.h"

static void
makes_names_harmless(void **state UNUSED)
{
	static const struct {
		const char *what, *sent, *kept;
	} cases[] = {
		{ "a plain one", "a.txt", "a.txt" },
		{ "an absolute path", "/etc/passwd", "etcpasswd" },
		{ "a way upwards", "../../a.txt", "a.txt" },
		{ "one of Windows", "C:\\a\\..\\b.txt", "C:a..b.txt" },
		{ "dots", "..", "" },
		{ "a dot", ".", "" },
		{ "a slash", "/", "" },
		{ "nothing", "", "" },
		{ "dots and blanks around it", " . .a.b. . ", "a.b" },
		{ "a line end", "a\r\nb.txt", "ab.txt" },
		{ "what a URL takes for a query", "a?b#c%2e.txt", "a_b_c_2e.txt" },
		{ "a mark that turns text", "a\xe2\x80\x8ftxt.exe", "atxt.exe" },
		{ "marks that show nothing",
		    "\xe2\x80\x8b"
		    "a"
		    "\xe2\x80\x8e.txt",
		    "a.txt" },
		{ "a byte order mark",
		    "\xef\xbb\xbf"
		    "a.txt",
		    "a.txt" },
		{ "other letters", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80.txt",
		    "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80.txt" },
		{ "an apostrophe", "a'b.txt", "a'b.txt" },
		{ "what HTML takes for a tag", "<b>\"c\".txt", "_b__c_.txt" },
		{ "a blank that does not break",
		    "a\xc2\xa0"
		    "b.txt",
		    "a b.txt" },
		{ "blanks of other kinds", "\xe2\x80\xaf\xe3\x80\x80", "" },
		{ "a letter that shows nothing", "\xe3\x85\xa4.txt", "txt" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(arena_freep) struct arena *a = arena_new(64 * 1024);
		struct str kept;
		struct err err;

		CHECK_CASE(cases[i].what, file_name_clean(a, str_from(cases[i].sent), &kept, &err));
		CHECK_CASE(cases[i].what, str_eq(kept, str_from(cases[i].kept)));
	}
}

static void
shortens_before_the_extension(void **state UNUSED)
{
	CLEANUP(arena_freep) struct arena *a = arena_new(64 * 1024);
	char sent[305];
	struct str kept;
	struct err err;

	memset(sent, 'a', 300);
	memcpy(sent + 300, ".txt", 5);
	CHECK(file_name_clean(a, str_from(sent), &kept, &err));
	CHECK(kept.len == FILE_NAME_MAX && str_ends(kept, STR("aa.txt")));
	for (size_t i = 0; i < 150; i++)
		memcpy(sent + 2 * i, "\xc3\xa9", 2);
	CHECK(file_name_clean(a, str_from(sent), &kept, &err));
	CHECK(str_is_utf8(kept) && str_utf8_len(kept) == FILE_NAME_MAX);
	sent[3] = '.'; /* what follows is too long for an extension */
	memset(sent, 'a', 3);
	memset(sent + 4, 'b', 296);
	CHECK(file_name_clean(a, (struct str){ sent, 300 }, &kept, &err));
	CHECK(kept.len == FILE_NAME_MAX);
}

static void
puts_a_suffix_before_the_extension(void **state UNUSED)
{
	CLEANUP(arena_freep) struct arena *a = arena_new(64 * 1024);
	struct str out;
	struct err err;

	CHECK(file_name_with(a, STR("a.txt"), STR("17c592"), &out, &err));
	CHECK_STR(out, "a17c592.txt");
	CHECK(file_name_with(a, STR("a"), STR("17c592"), &out, &err));
	CHECK_STR(out, "a17c592");
}

static void
tells_types_by_the_end_of_the_name(void **state UNUSED)
{
	static const struct {
		const char *name, *media;
		bool is_inline;
	} cases[] = {
		{ "a.PNG", "image/png", true },
		{ "a.png.html", "text/html; charset=utf-8", false },
		{ "a.svg", "image/svg+xml", false },
		{ "a.xml", "application/xml", false },
		{ "a.exe", "application/octet-stream", false },
		{ "png", "application/octet-stream", false },
		{ ".png", "application/octet-stream", false },
		{ "a.", "application/octet-stream", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct file_type *t = file_type_of(str_from(cases[i].name));

		CHECK_CASE(cases[i].name, str_eq(t->media, str_from(cases[i].media)));
		CHECK_CASE(cases[i].name, t->is_inline == cases[i].is_inline);
	}
}

UNIT_TESTS(makes_names_harmless, shortens_before_the_extension, puts_a_suffix_before_the_extension,
    tells_types_by_the_end_of_the_name)
