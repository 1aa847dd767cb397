#include "doc/clean.h"

#include "base/buf.h"

enum { MOST_OPEN = 256, GROWTH = 8 };

/* Sorted, lower case. */
static const char *const TAGS[] = { "a", "abbr", "acronym", "address", "area", "article", "aside",
	"audio", "b", "big", "blockquote", "br", "button", "canvas", "caption", "center", "cite",
	"code", "col", "colgroup", "command", "datagrid", "datalist", "dd", "del", "details", "dfn",
	"dialog", "dir", "div", "dl", "dt", "em", "event-source", "fieldset", "figcaption",
	"figure", "font", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "i",
	"img", "input", "ins", "kbd", "keygen", "label", "legend", "li", "m", "map", "mark", "menu",
	"meter", "multicol", "nav", "nextid", "ol", "optgroup", "option", "output", "p", "pre",
	"progress", "q", "s", "samp", "section", "select", "small", "sound", "source", "spacer",
	"span", "strike", "strong", "sub", "summary", "sup", "table", "tbody", "td", "textarea",
	"tfoot", "th", "thead", "time", "tr", "tt", "u", "ul", "var", "video" };

static const char *const VOID_TAGS[] = { "area", "br", "col", "command", "hr", "img", "input",
	"keygen", "source" };

static const char *const ATTRIBUTES[] = { "abbr", "accept", "action", "align", "alt", "aria-hidden",
	"aria-label", "axis", "bgcolor", "border", "cellpadding", "cellspacing", "checked", "cite",
	"class", "clear", "color", "cols", "colspan", "compact", "controls", "coords", "datetime",
	"dir", "disabled", "enctype", "face", "for", "frame", "headers", "height", "high", "href",
	"hreflang", "hspace", "id", "ismap", "label", "lang", "list", "longdesc", "loop", "low",
	"max", "maxlength", "media", "method", "min", "multiple", "name", "nohref", "noshade",
	"nowrap", "open", "optimum", "pattern", "placeholder", "poster", "preload", "readonly",
	"rel", "required", "rev", "role", "rows", "rowspan", "rules", "scope", "selected", "shape",
	"size", "span", "src", "start", "step", "style", "summary", "tabindex", "target", "title",
	"type", "usemap", "valign", "value", "vspace", "width", "wrap" };

static const char *const URLS[] = { "action", "cite", "href", "longdesc", "poster", "src",
	"usemap" };

static const char *const SCHEMES[] = { "cid", "http", "https", "mailto", "tel" };

static bool
is_among(const char *const *names, size_t len, struct str name)
{
	for (size_t i = 0; i < len; i++) {
		if (str_ieq(str_from(names[i]), name))
			return true;
	}
	return false;
}

#define IS_AMONG(names, name) is_among((names), ARRAY_LEN(names), (name))

/* A tag or a comment as it stands in the text. */
struct tag {
	struct str whole;
	struct str name;
	struct str attributes;
	bool is_end, is_comment;
};

static bool
is_letter(char c)
{
	return char_lower(c) >= 'a' && char_lower(c) <= 'z';
}

/* The end of a tag that begins at s: quotes may hold a '>'. 0: it has none. */
static size_t
tag_end(struct str s)
{
	char quote = '\0';
	char before = '\0'; /* the last character that was no blank */

	for (size_t i = 1; i < s.len; i++) {
		const char c = s.ptr[i];

		if (quote != '\0') {
			if (c == quote)
				quote = '\0';
		} else if ((c == '"' || c == '\'') && before == '=') {
			quote = c;
		} else if (c == '>') {
			return i + 1;
		}
		if (!char_is_space(c))
			before = c;
	}
	return 0;
}

static bool
take_comment(struct str s, struct tag *out)
{
	const bool full = str_starts(s, STR("<!--"));
	const ptrdiff_t end =
	    full ? str_find_str(str_sub(s, 4, s.len), STR("-->")) : str_find(s, '>');
	size_t len = s.len;

	if (end >= 0)
		len = full ? (size_t)end + 7 : (size_t)end + 1;
	*out = (struct tag){ .whole = str_sub(s, 0, len), .is_comment = true };
	return true;
}

/* s begins with '<'. False: a browser takes it for text. A tag that never ends reaches to the end.
 */
static bool
take_tag(struct str s, struct tag *out)
{
	size_t at = 1;

	if (s.len > 1 && (s.ptr[1] == '!' || s.ptr[1] == '?'))
		return take_comment(s, out);
	const bool is_end = s.len > 1 && s.ptr[1] == '/';
	if (is_end)
		at++;
	if (at >= s.len || !is_letter(s.ptr[at]))
		return false;
	const size_t first = at;
	while (at < s.len && !char_is_space(s.ptr[at]) && s.ptr[at] != '/' && s.ptr[at] != '>')
		at++;
	const size_t end = tag_end(s);
	const size_t len = end == 0 ? s.len : end;
	const size_t inner = end == 0 ? len : len - 1;
	*out = (struct tag){
		.whole = str_sub(s, 0, len),
		.name = str_sub(s, first, at - first),
		.attributes = at < inner ? str_sub(s, at, inner - at) : STR(""),
		.is_end = is_end,
	};
	return true;
}

bool
clean_has_tag(struct str text)
{
	size_t i = 0;

	while (i < text.len) {
		struct tag t;

		if (text.ptr[i] != '<' || !take_tag(str_sub(text, i, text.len), &t)) {
			i++;
			continue;
		}
		if (!t.is_end)
			return true;
		i += t.whole.len;
	}
	return false;
}

/* Length of the character reference at the front of s ("&amp;", "&#38;"), or 0. */
static size_t
reference_len(struct str s)
{
	size_t i = 1;

	if (i < s.len && s.ptr[i] == '#')
		i++;
	while (i < s.len && i < 33 && (char_is_digit(s.ptr[i]) || is_letter(s.ptr[i])))
		i++;
	return i > 1 && i < s.len && s.ptr[i] == ';' && char_is_word(s.ptr[i - 1]) ? i + 1 : 0;
}

static void
put_escaped(struct buf *b, struct str s, bool in_quotes)
{
	for (size_t i = 0; i < s.len; i++) {
		const char c = s.ptr[i];

		if (c == '<')
			buf_lit(b, "&lt;");
		else if (c == '>')
			buf_lit(b, "&gt;");
		else if (c == '"' && in_quotes)
			buf_lit(b, "&quot;");
		else if (c == '&' && reference_len(str_sub(s, i, s.len)) == 0)
			buf_lit(b, "&amp;");
		else
			buf_put_char(b, c);
	}
}

/* "javascript:", also with blanks and references in between: a scheme is what comes before the
 * first ':'. */
static bool
is_harmless_url(struct str url)
{
	char scheme[16];
	size_t len = 0;

	for (size_t i = 0; i < url.len; i++) {
		const char c = url.ptr[i];

		if (c == '/' || c == '?' || c == '#')
			return true;
		if (c == '&')
			return false; /* a reference could stand for anything */
		if (c == ':')
			return IS_AMONG(SCHEMES, ((struct str){ scheme, len }));
		if ((unsigned char)c <= ' ')
			continue;
		if (len == sizeof(scheme))
			return str_find(url, ':') < 0;
		scheme[len++] = c;
	}
	return true;
}

static bool
is_harmless_style(struct str style)
{
	return str_find(style, '\\') < 0 && str_find(style, '&') < 0 && str_find(style, '@') < 0 &&
	    str_find_str(style, STR("expression")) < 0 && str_find_str(style, STR("url")) < 0 &&
	    str_find_str(style, STR("URL")) < 0 && str_find_str(style, STR("/*")) < 0;
}

static bool
is_harmless(struct str name, struct str value)
{
	if (IS_AMONG(URLS, name))
		return is_harmless_url(value);
	if (str_ieq(name, STR("style")))
		return is_harmless_style(value);
	return IS_AMONG(ATTRIBUTES, name) ||
	    (str_istarts(name, STR("data-")) && str_find(name, '<') < 0 && str_find(name, '"') < 0);
}

static struct str
take_value(struct str *s)
{
	struct str v;
	size_t len = 0;

	*s = str_sub(*s, 1, s->len);
	while (s->len > 0 && char_is_space(s->ptr[0]))
		*s = str_sub(*s, 1, s->len);
	if (s->len > 0 && (s->ptr[0] == '"' || s->ptr[0] == '\'')) {
		const ptrdiff_t end = str_find(str_sub(*s, 1, s->len), s->ptr[0]);

		len = end < 0 ? s->len - 1 : (size_t)end;
		v = str_sub(*s, 1, len);
		*s = str_sub(*s, len + 2, s->len);
		return v;
	}
	while (len < s->len && !char_is_space(s->ptr[len]))
		len++;
	v = str_sub(*s, 0, len);
	*s = str_sub(*s, len, s->len);
	return v;
}

static void
put_attributes(struct buf *b, struct str s)
{
	while (s.len > 0) {
		struct str value = STR_NULL;
		size_t len = 0;

		if (char_is_space(s.ptr[0]) || s.ptr[0] == '/') {
			s = str_sub(s, 1, s.len);
			continue;
		}
		while (len < s.len && !char_is_space(s.ptr[len]) && s.ptr[len] != '=' &&
		    s.ptr[len] != '/')
			len++;
		const struct str name = str_sub(s, 0, MAX(len, 1));
		s = str_sub(s, name.len, s.len);
		while (s.len > 0 && char_is_space(s.ptr[0]))
			s = str_sub(s, 1, s.len);
		if (s.len > 0 && s.ptr[0] == '=')
			value = take_value(&s);
		if (!is_harmless(name, value))
			continue;
		buf_printf(b, " %.*s=\"", STR_FMT(name));
		put_escaped(b, value, true);
		buf_lit(b, "\"");
	}
}

/* Tags that are open, innermost last. */
struct open {
	struct str names[MOST_OPEN];
	size_t len;
};

static void
put_lower(struct buf *b, struct str name)
{
	for (size_t i = 0; i < name.len; i++)
		buf_put_char(b, char_lower(name.ptr[i]));
}

static void
put_end(struct buf *b, struct str name)
{
	buf_lit(b, "</");
	put_lower(b, name);
	buf_lit(b, ">");
}

/* An end tag closes what was opened inside it; one that nothing opened goes. */
static void
close_tag(struct buf *b, struct open *open, struct str name)
{
	size_t at = open->len;

	while (at > 0 && !str_ieq(open->names[at - 1], name))
		at--;
	while (at > 0 && open->len >= at)
		put_end(b, open->names[--open->len]);
}

static void
put_tag(struct buf *b, struct open *open, const struct tag *t)
{
	if (t->is_comment)
		return;
	if (!IS_AMONG(TAGS, t->name)) {
		put_escaped(b, t->whole, false);
		return;
	}
	if (t->is_end) {
		close_tag(b, open, t->name);
		return;
	}
	if (!IS_AMONG(VOID_TAGS, t->name)) {
		if (open->len == MOST_OPEN) {
			put_escaped(b, t->whole, false);
			return;
		}
		open->names[open->len++] = t->name;
	}
	buf_lit(b, "<");
	put_lower(b, t->name);
	put_attributes(b, t->attributes);
	buf_lit(b, ">");
}

bool
clean_html(struct arena *a, struct str text, struct str *out, struct err *err)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(text.len * GROWTH + 64);
	struct open open = { .len = 0 };
	size_t from = 0;
	size_t i = 0;

	if (!clean_has_tag(text)) {
		*out = text;
		return true;
	}
	while (i < text.len) {
		struct tag t;

		if (text.ptr[i] != '<' || !take_tag(str_sub(text, i, text.len), &t)) {
			i++;
			continue;
		}
		put_escaped(&b, str_sub(text, from, i - from), false);
		put_tag(&b, &open, &t);
		i += t.whole.len;
		from = i;
	}
	put_escaped(&b, str_sub(text, from, text.len), false);
	while (open.len > 0)
		put_end(&b, open.names[--open.len]);
	return buf_ok(&b) ? arena_str(a, buf_str(&b), out, err) : err_memory(err);
}

bool
clean_strip(struct arena *a, struct str text, struct str *out, struct err *err)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(text.len + 1);
	size_t i = 0;

	if (str_find(text, '<') < 0) {
		*out = text;
		return true;
	}
	while (i < text.len) {
		struct tag t;

		if (text.ptr[i] == '<' && take_tag(str_sub(text, i, text.len), &t)) {
			i += t.whole.len;
			continue;
		}
		buf_put_char(&b, text.ptr[i++]);
	}
	return arena_str(a, b.len == 0 ? STR("") : buf_str(&b), out, err);
}

void
clean_escape(struct buf *b, struct str text)
{
	/* clang-format off */
	static const struct { char c; struct str entity; } ENTITIES[] = {
		{ '<', STR_INIT("&lt;") },   { '>', STR_INIT("&gt;") },  { '&', STR_INIT("&amp;") },
		{ '"', STR_INIT("&quot;") }, { '\'', STR_INIT("&#39;") },
	};
	/* clang-format on */

	for (size_t i = 0; i < text.len; i++) {
		struct str put = str_sub(text, i, 1);

		for (size_t k = 0; k < ARRAY_LEN(ENTITIES); k++) {
			if (text.ptr[i] == ENTITIES[k].c)
				put = ENTITIES[k].entity;
		}
		buf_put(b, put);
	}
}
