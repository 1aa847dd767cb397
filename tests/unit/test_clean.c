#include "tests/unit/unit.h"

#include "doc/clean.h"

static void
html_is_made_harmless(void **state)
{
	static const struct {
		const char *text;
		const char *clean;
	} cases[] = {
		{ "a < b & c > d", "a < b & c > d" },
		{ "<3 you", "<3 you" },
		{ "x</b>", "x</b>" },
		{ "<b>bold</b> & more", "<b>bold</b> &amp; more" },
		{ "<b>a &amp; b &lt; &#38; &nope</b>", "<b>a &amp; b &lt; &#38; &amp;nope</b>" },
		{ "<b>bold</b><script>alert(1)</script>",
		    "<b>bold</b>&lt;script&gt;alert(1)&lt;/script&gt;" },
		{ "<p onclick=\"a\">ok</p>", "<p>ok</p>" },
		{ "<P CLASS=x ONLOAD=y>ok", "<p CLASS=\"x\">ok</p>" },
		{ "<a href=\"javascript:alert(1)\">x</a>", "<a>x</a>" },
		{ "<a href=\"jav\tascript:alert(1)\">x</a>", "<a>x</a>" },
		{ "<a href=\"&#106;avascript:alert(1)\">x</a>", "<a>x</a>" },
		{ "<a href='https://x.test/?a=1&b=2'>x</a>",
		    "<a href=\"https://x.test/?a=1&amp;b=2\">x</a>" },
		{ "<a href=/app/x>x</a>", "<a href=\"/app/x\">x</a>" },
		{ "<img src=x onerror=alert(1)>", "<img src=\"x\">" },
		{ "<img src=\"data:image/svg+xml,x\">", "<img>" },
		{ "<svg/onload=alert(1)>", "&lt;svg/onload=alert(1)&gt;" },
		{ "<p style=\"color:red\">x</p>", "<p style=\"color:red\">x</p>" },
		{ "<p style=\"background:url(x)\">x</p>", "<p>x</p>" },
		{ "<p title=\"a>b\">x</p>", "<p title=\"a&gt;b\">x</p>" },
		{ "<b>x<!-- <script> --></b>", "<b>x</b>" },
		{ "<b><i>x</b>y</i>", "<b><i>x</i></b>y" },
		{ "<b>x<script", "<b>x&lt;script</b>" },
		{ "<b title=\"x<script>", "<b title=\"x&lt;script&gt;\"></b>" },
		{ "<iframe src=x></iframe><br/>", "&lt;iframe src=x&gt;&lt;/iframe&gt;<br>" },
		{ "<p/onclick=x title=y>z</p>", "<p title=\"y\">z</p>" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(arena_freep) struct arena *a = arena_new(1024 * 1024);
		struct err err;
		struct str out;

		CHECK(clean_html(a, str_from(cases[i].text), &out, &err));
		if (!str_eq(out, str_from(cases[i].clean)))
			fail_msg("%s became %.*s", cases[i].text, STR_FMT(out));
	}
}

static void
cleaning_twice_changes_nothing_more(void **state)
{
	static const char *const texts[] = { "<b>a & b <i>c",
		"<a href=x onclick=y>&lt;script&gt;</a>", "<script>x</script><p>y",
		"<b title='\"><script>'>z" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		CLEANUP(arena_freep) struct arena *a = arena_new(1024 * 1024);
		struct err err;
		struct str once, twice;

		CHECK(clean_html(a, str_from(texts[i]), &once, &err));
		CHECK(clean_html(a, once, &twice, &err));
		if (!str_eq(once, twice))
			fail_msg("%.*s became %.*s", STR_FMT(once), STR_FMT(twice));
	}
}

static void
stripping_leaves_the_words(void **state)
{
	CLEANUP(arena_freep) struct arena *a = arena_new(1024 * 1024);
	struct err err;
	struct str out;

	(void)state;
	CHECK(clean_strip(a, STR("<p>a <b>b</b> < c</p>"), &out, &err));
	CHECK_STR(out, "a b < c");
	CHECK(clean_strip(a, STR("<p></p>"), &out, &err));
	CHECK(out.len == 0);
}

static void
escaped_text_is_shown_letter_by_letter(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(1024);

	(void)state;
	clean_escape(&b, STR("<a href='x' title=\"y\">&amp;\xc3\xbc"));
	CHECK_STR(buf_str(&b), "&lt;a href=&#39;x&#39; title=&quot;y&quot;&gt;&amp;amp;\xc3\xbc");
}

UNIT_TESTS(html_is_made_harmless, cleaning_twice_changes_nothing_more, stripping_leaves_the_words,
    escaped_text_is_shown_letter_by_letter)
