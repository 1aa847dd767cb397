#include "db/postgres_text.h"

#include "crypto/digest.h"

enum {
	DEPTH_MAX = 64, /* of parentheses; deeper ones are copied as they are */
	NAME_KEPT = 46, /* bytes of a long name; a tilde and NAME_SUM characters follow */
	NAME_SUM = 16,
};

/* What the other side of a comparison waits for. */
enum fold {
	FOLD_NOTHING,
	FOLD_NEXT,    /* the next operand */
	FOLD_BETWEEN, /* the next operand, and the one after AND */
	FOLD_LIST,    /* the next opening parenthesis is a list of operands */
};

/* An open parenthesis. */
struct level {
	size_t start;   /* where the operand begins that ends with it */
	bool is_call;   /* of a function: the name is part of the operand */
	bool folds;     /* a list whose members fold */
	enum fold fold; /* of what is outside */
	bool like;
};

struct translation {
	struct str rest;
	struct buf *out;
	size_t start, end; /* the last operand in out; start > end: none */
	bool folded;       /* the last operand stands in lower() already */
	bool has_nocase;   /* COLLATE NOCASE came after it */
	enum fold fold;
	bool like; /* the operand that comes is a pattern */
	struct level levels[DEPTH_MAX];
	size_t depth;
};

static const struct {
	struct str word, is;
} WORDS[] = {
	{ STR_INIT("user"), STR_INIT("\"user\"") },
	{ STR_INIT("ASC"), STR_INIT("ASC NULLS FIRST") },
	{ STR_INIT("DESC"), STR_INIT("DESC NULLS LAST") },
	{ STR_INIT("REAL"), STR_INIT("DOUBLE PRECISION") },
	{ STR_INIT("INTEGER"), STR_INIT("BIGINT") },
	{ STR_INIT("BINARY"), STR_INIT("\"C\"") },
};

static const struct str COMPARISONS[] = { STR_INIT("="), STR_INIT("<>"), STR_INIT("!="),
	STR_INIT("<"), STR_INIT("<="), STR_INIT(">"), STR_INIT(">=") };

/* Words that end an operand or stand between two; every other one may be a column. */
static const struct str KEYWORDS[] = { STR_INIT("SELECT"), STR_INIT("DISTINCT"), STR_INIT("FROM"),
	STR_INIT("WHERE"), STR_INIT("AND"), STR_INIT("OR"), STR_INIT("NOT"), STR_INIT("IN"),
	STR_INIT("IS"), STR_INIT("NULL"), STR_INIT("BETWEEN"), STR_INIT("LIKE"), STR_INIT("ORDER"),
	STR_INIT("GROUP"), STR_INIT("BY"), STR_INIT("HAVING"), STR_INIT("LIMIT"),
	STR_INIT("OFFSET"), STR_INIT("VALUES"), STR_INIT("SET"), STR_INIT("ON"),
	STR_INIT("CONFLICT"), STR_INIT("JOIN"), STR_INIT("AS"), STR_INIT("KEY"), STR_INIT("INTO") };

struct str
postgres_text_name(struct str name, char *text)
{
	struct digest digest;
	char hex[DIGEST_HEX_LEN];

	if (name.len <= POSTGRES_TEXT_NAME_MAX) {
		if (name.len > 0)
			memcpy(text, name.ptr, name.len);
		return (struct str){ text, name.len };
	}
	size_t kept = NAME_KEPT;

	while (((unsigned char)name.ptr[kept] & 0xc0) == 0x80)
		kept--; /* a character is not cut in two */
	digest_sha256(name, &digest);
	digest_to_hex(&digest, hex);
	memcpy(text, name.ptr, kept);
	text[kept] = '~';
	memcpy(text + kept + 1, hex, NAME_SUM);
	return (struct str){ text, kept + 1 + NAME_SUM };
}

/* The innermost open parenthesis; NULL: none. */
static struct level *
level_of(struct translation *t)
{
	return t->depth == 0 || t->depth > DEPTH_MAX ? NULL : &t->levels[t->depth - 1];
}

static char
peek(const struct translation *t, size_t at)
{
	return at < t->rest.len ? t->rest.ptr[at] : '\0';
}

static struct str
take(struct translation *t, size_t len)
{
	const struct str s = str_sub(t->rest, 0, len);

	t->rest = str_sub(t->rest, s.len, t->rest.len);
	return s;
}

static void
no_operand(struct translation *t)
{
	t->start = 1;
	t->end = 0;
	t->has_nocase = false;
}

/* Puts text before and after the last operand. */
static void
wrap(struct translation *t, struct str before, struct str after)
{
	const size_t len = t->end - t->start;
	const size_t tail = t->out->len - t->end; /* a NOT that came after it */

	if (buf_room(t->out, before.len + after.len) == NULL)
		return;
	char *at = t->out->ptr + t->start;

	memmove(at + before.len + len + after.len, at + len, tail);
	memmove(at + before.len, at, len);
	memcpy(at, before.ptr, before.len);
	memcpy(at + before.len + len, after.ptr, after.len);
	buf_grew(t->out, before.len + after.len);
	t->end += before.len + after.len;
}

/* A column brings its own collation; only that of a value must be said. */
static void
fold_operand(struct translation *t)
{
	if (t->start > t->end || t->folded)
		return;
	const char first = t->out->ptr[t->start];
	const bool is_value = first == '$' || first == '\'';

	wrap(t, STR("lower("), is_value ? STR(" COLLATE \"C\")") : STR(")"));
	t->folded = true;
}

static void
escape_pattern(struct translation *t)
{
	if (t->like)
		buf_lit(t->out, " ESCAPE ''");
	t->like = false;
}

/* From start to here is an operand. */
static void
end_operand(struct translation *t, size_t start)
{
	const struct level *level = level_of(t);
	const bool in_list = level != NULL && level->folds;

	t->start = start;
	t->end = t->out->len;
	t->folded = false;
	t->has_nocase = false;
	if (t->fold == FOLD_NEXT || t->fold == FOLD_BETWEEN || in_list)
		fold_operand(t);
	if (t->fold == FOLD_NEXT)
		t->fold = FOLD_NOTHING;
	escape_pattern(t);
}

/* True if what comes next belongs to the operand: a.b, a call's parenthesis. */
static bool
goes_on(const struct translation *t)
{
	return peek(t, 0) == '.' || peek(t, 0) == '(';
}

/* The part of an operand that began at start; after a dot the one before it counts, too. */
static void
put_part(struct translation *t, size_t start)
{
	if (start > 0 && t->out->ptr[start - 1] == '.' && t->end + 1 == start && t->start < t->end)
		start = t->start;
	if (goes_on(t)) {
		t->start = start;
		t->end = t->out->len;
		t->folded = true; /* not yet whole */
	} else {
		end_operand(t, start);
	}
}

static void
put_quoted(struct translation *t)
{
	const char quote = peek(t, 0);
	const size_t start = t->out->len;
	CLEANUP(buf_free) struct buf name = BUF_INIT(64 * 1024);
	char text[POSTGRES_TEXT_NAME_MAX];

	take(t, 1);
	for (; t->rest.len > 0; take(t, 1)) {
		if (peek(t, 0) == quote && peek(t, 1) != quote)
			break;
		if (peek(t, 0) == quote)
			take(t, 1);
		buf_put_char(&name, peek(t, 0));
	}
	take(t, 1);
	struct str rest = postgres_text_name(buf_str(&name), text);

	buf_put_char(t->out, '"');
	for (size_t i = 0; i < rest.len; i++) {
		if (rest.ptr[i] == '"')
			buf_put_char(t->out, '"');
		buf_put_char(t->out, rest.ptr[i]);
	}
	buf_put_char(t->out, '"');
	put_part(t, start);
}

static void
put_literal(struct translation *t)
{
	const size_t start = t->out->len;
	size_t len = 1;

	while (len < t->rest.len && (peek(t, len) != '\'' || peek(t, len + 1) == '\''))
		len += peek(t, len) == '\'' ? 2 : 1;
	buf_put(t->out, take(t, len + 1));
	end_operand(t, start);
}

static void
put_parameter(struct translation *t)
{
	const size_t start = t->out->len;
	size_t len = 1;

	while (char_is_digit(peek(t, len)))
		len++;
	buf_put_char(t->out, '$');
	buf_put(t->out, str_sub(take(t, len), 1, len));
	end_operand(t, start);
}

static bool
is_one_of(struct str word, const struct str *words, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (str_ieq(word, words[i]))
			return true;
	}
	return false;
}

/* "COLLATE NOCASE" after an operand. */
static bool
take_nocase(struct translation *t)
{
	const struct str nocase = STR("NOCASE");
	size_t at = 0;

	while (char_is_space(peek(t, at)))
		at++;
	if (!str_ieq(str_sub(t->rest, at, nocase.len), nocase))
		return false;
	take(t, at + nocase.len);
	while (t->out->len > t->end && char_is_space(t->out->ptr[t->out->len - 1]))
		buf_truncate(t->out, t->out->len - 1);
	fold_operand(t);
	t->has_nocase = true;
	return true;
}

static void
put_like(struct translation *t)
{
	fold_operand(t);
	buf_lit(t->out, "LIKE");
	no_operand(t);
	t->fold = FOLD_NEXT;
	t->like = true;
}

static void
put_keyword(struct translation *t, struct str word)
{
	const bool waits = t->has_nocase;

	buf_put(t->out, word);
	if (str_ieq(word, STR("NOT")))
		return; /* the operand before it is still to be compared */
	no_operand(t);
	if (str_ieq(word, STR("IN")))
		t->fold = waits ? FOLD_LIST : FOLD_NOTHING;
	else if (str_ieq(word, STR("BETWEEN")))
		t->fold = waits ? FOLD_BETWEEN : FOLD_NOTHING;
	else if (str_ieq(word, STR("AND")) && t->fold == FOLD_BETWEEN)
		t->fold = FOLD_NEXT;
	else
		t->fold = FOLD_NOTHING;
	if (str_ieq(word, STR("SELECT")) && level_of(t) != NULL)
		level_of(t)->folds = false; /* IN (SELECT ...) says itself what folds */
}

static void
put_word(struct translation *t)
{
	const size_t start = t->out->len;
	size_t len = 0;

	while (char_is_word(peek(t, len)))
		len++;
	const struct str word = take(t, len);

	if (str_ieq(word, STR("COLLATE")) && t->start <= t->end && take_nocase(t))
		return;
	if (str_ieq(word, STR("LIKE"))) {
		put_like(t);
		return;
	}
	if (is_one_of(word, KEYWORDS, ARRAY_LEN(KEYWORDS))) {
		put_keyword(t, word);
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(WORDS); i++) {
		if (str_ieq(word, WORDS[i].word) && peek(t, 0) != '(') {
			buf_put(t->out, WORDS[i].is);
			put_part(t, start);
			return;
		}
	}
	buf_put(t->out, word);
	put_part(t, start);
}

static void
open_level(struct translation *t)
{
	const bool is_call = t->end == t->out->len && t->start < t->end;
	const struct level level = { .start = is_call ? t->start : t->out->len,
		.is_call = is_call,
		.folds = t->fold == FOLD_LIST,
		.fold = t->fold == FOLD_LIST ? FOLD_NOTHING : t->fold,
		.like = t->like };

	buf_put(t->out, take(t, 1));
	no_operand(t);
	t->fold = FOLD_NOTHING;
	t->like = false;
	if (t->depth < DEPTH_MAX)
		t->levels[t->depth] = level;
	t->depth++;
}

static void
close_level(struct translation *t)
{
	buf_put(t->out, take(t, 1));
	no_operand(t);
	const struct level *level = level_of(t);

	t->depth -= t->depth > 0;
	if (level == NULL)
		return;
	t->fold = level->fold;
	t->like = level->like;
	end_operand(t, level->start);
}

/* Everything else: white space, commas, operators. */
static void
put_other(struct translation *t)
{
	static const char OPERATORS[] = "<>=!";
	size_t len = 0;

	while (peek(t, len) != '\0' && strchr(OPERATORS, peek(t, len)) != NULL)
		len++;
	const struct str operator= take(t, MAX(len, (size_t)1));
	const bool waits = t->has_nocase;

	if (len == 0) {
		buf_put(t->out, operator);
		if (!char_is_space(operator.ptr[0]) && operator.ptr[0] != '.')
			no_operand(t);
		return;
	}
	buf_put(t->out, operator);
	no_operand(t);
	if (waits && is_one_of(operator, COMPARISONS, ARRAY_LEN(COMPARISONS)))
		t->fold = FOLD_NEXT;
}

void
postgres_text(struct str sql, struct buf *out)
{
	struct translation t = { .rest = sql, .out = out };

	no_operand(&t);
	while (t.rest.len > 0) {
		const char c = peek(&t, 0);

		if (c == '`' || c == '"')
			put_quoted(&t);
		else if (c == '\'')
			put_literal(&t);
		else if (c == '?')
			put_parameter(&t);
		else if (c == '(')
			open_level(&t);
		else if (c == ')')
			close_level(&t);
		else if (char_is_word(c))
			put_word(&t);
		else
			put_other(&t);
	}
}
