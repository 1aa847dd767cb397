#include "doc/format.h"

#include <stdio.h>

enum {
	ADDRESS_LEN = 140,
	SHOWN = 150, /* bytes of a value in an error */
};

static bool
is_address_char(char c)
{
	return char_is_word(c) || (c != '\0' && strchr("!#$%&'*+/=?^`{|}~-.", c) != NULL);
}

static bool
is_domain(struct str s)
{
	size_t labels = 0;

	while (s.len > 0) {
		struct str label;
		const bool more = str_cut(s, '.', &label, &s);

		if (label.len == 0 || (more && s.len == 0) || label.ptr[0] == '-' ||
		    label.ptr[label.len - 1] == '-')
			return false;
		for (size_t i = 0; i < label.len; i++) {
			if (label.ptr[i] != '-' &&
			    (!char_is_word(label.ptr[i]) || label.ptr[i] == '_'))
				return false;
		}
		labels++;
		if (!more)
			break;
	}
	return labels > 1;
}

bool
format_is_email(struct str text)
{
	struct str local, domain;
	const ptrdiff_t open = str_find(text, '<');

	text = str_trim(text);
	if (open >= 0 && str_ends(text, STR(">"))) {
		text = str_sub(text, (size_t)open + 1, text.len);
		text = str_sub(text, 0, text.len - 1);
	}
	if (!str_cut(text, '@', &local, &domain) || local.len == 0 || text.len > ADDRESS_LEN ||
	    local.ptr[0] == '.' || local.ptr[local.len - 1] == '.' ||
	    str_find_str(local, STR("..")) >= 0)
		return false;
	for (size_t i = 0; i < local.len; i++) {
		if (!is_address_char(local.ptr[i]))
			return false;
	}
	return is_domain(domain);
}

static bool
check_emails(struct str text, struct str *bad)
{
	while (text.len > 0) {
		size_t len = 0;

		while (len < text.len && text.ptr[len] != ',' && text.ptr[len] != '\n')
			len++;
		*bad = str_trim(str_sub(text, 0, len));
		if (bad->len > 0 && !str_eq(*bad, STR("Administrator")) &&
		    !str_eq(*bad, STR("Guest")) && !format_is_email(*bad))
			return false;
		text = str_sub(text, len + 1, text.len);
	}
	return true;
}

static bool
is_letter(char c)
{
	return char_is_word(c) || (unsigned char)c >= 0x80;
}

static bool
check_name(struct str text, struct str *bad)
{
	bool begins = true;

	*bad = text;
	for (size_t i = 0; i < text.len; i++) {
		const char c = text.ptr[i];

		if (c == ' ' ? begins : !is_letter(c) && (begins || (c != '\'' && c != '-')))
			return false;
		begins = c == ' ';
	}
	return !begins;
}

static bool
check_phone(struct str text, struct str *bad)
{
	*bad = text;
	if (text.len == 0 || text.len > 20)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (!char_is_digit(text.ptr[i]) && strchr(" +_-,.*#()", text.ptr[i]) == NULL)
			return false;
	}
	return true;
}

static bool
check_url(struct str text, struct str *bad)
{
	const ptrdiff_t at = str_find_str(text, STR("//"));

	*bad = text;
	if (str_starts(text, STR("/")))
		return true;
	return at > 0 && text.ptr[at - 1] == ':' && (size_t)at + 2 < text.len &&
	    text.ptr[at + 2] != '/';
}

static const struct {
	struct str options;
	bool (*check)(struct str text, struct str *bad);
	enum err_kind kind;
	const char *text;
} FORMATS[] = {
	{ STR_INIT("Email"), check_emails, ERR_INVALID_EMAIL, "%.*s is not a valid Email Address" },
	{ STR_INIT("Name"), check_name, ERR_INVALID_NAME, "%.*s is not a valid Name" },
	{ STR_INIT("Phone"), check_phone, ERR_INVALID_PHONE, "%.*s is not a valid Phone Number" },
	{ STR_INIT("URL"), check_url, ERR_VALIDATION,
	    "'<strong>%.*s</strong>' is not a valid URL" },
};

static bool
refuse_format(size_t at, struct str bad, struct err *err)
{
	char text[SHOWN + 100];

	bad = str_sub(bad, 0, SHOWN);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(text, sizeof(text), FORMATS[at].text, STR_FMT(bad));
#pragma GCC diagnostic pop
	return err_set(err, FORMATS[at].kind, "%s", text);
}

/* "+49-30123456": a country code and a number. */
static bool
check_international(const struct field *f, struct str text, struct err *err)
{
	size_t digits = 0;
	bool ok = str_starts(text, STR("+"));

	for (size_t i = 1; i < text.len; i++) {
		ok = ok && (char_is_digit(text.ptr[i]) || strchr(" -()", text.ptr[i]) != NULL);
		digits += char_is_digit(text.ptr[i]);
	}
	if (ok && digits >= 7 && digits <= 15)
		return true;
	return err_set(err, ERR_INVALID_PHONE,
	    "Phone Number <strong>%.*s</strong> set in field <strong>%.*s</strong> is not valid.",
	    STR_FMT(str_sub(text, 0, SHOWN)), STR_FMT(f->name));
}

bool
format_check(const struct field *f, struct str text, struct err *err)
{
	struct str bad;

	text = str_trim(text);
	if (f->type == FIELD_PHONE)
		return check_international(f, text, err);
	for (size_t i = 0; i < ARRAY_LEN(FORMATS); i++) {
		if (text.len > 0 && str_eq(FORMATS[i].options, f->options) &&
		    !FORMATS[i].check(text, &bad))
			return refuse_format(i, bad, err);
	}
	return true;
}
