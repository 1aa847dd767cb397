#include "tests/unit/scratch.h"

#include "auth/keyfile.h"
#include "crypto/hmac.h"

static void
write_file(const char *path, const char *text, mode_t mode)
{
	const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	CHECK(fchmod(fd, mode) == 0);
	close(fd);
}

static void
makes_a_file_that_it_can_read(void **state UNUSED)
{
	struct scratch s;
	struct keyfile *one, *two;
	struct stat st;
	uint32_t number = 7;

	scratch_dir(&s);
	const char *path = scratch_file(&s, "symbolon.key");

	CHECK_OK(&s, keyfile_make(path, &s.err));
	CHECK(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600);
	CHECK(!keyfile_make(path, &s.err)); /* never over an old one */
	CHECK_OK(&s, keyfile_open(path, &one, &s.err));
	CHECK_OK(&s, keyfile_open(path, &two, &s.err));

	const struct str id = keyfile_pepper_id(one);
	const struct hmac_key *pepper = keyfile_pepper(two, id, &number);
	const struct str part = STR("x");
	struct digest a, b;

	CHECK(pepper != NULL && number == 0 && keyfile_pepper_at(two, 0) == pepper);
	CHECK(keyfile_pepper_at(two, 1) == NULL);
	CHECK(keyfile_pepper(two, STR("nobody"), &number) == NULL);
	hmac_sign(pepper, &part, 1, &a);
	hmac_sign(keyfile_pepper_at(one, 0), &part, 1, &b);
	CHECK(digest_equal(&a, &b));

	const struct str field = keyfile_field_id(one);

	CHECK(field.len > 0 && keyfile_field(one, STR("nobody")) == NULL);
	CHECK(memcmp(keyfile_field(one, field), keyfile_field(two, field), 32) == 0);
	keyfile_free(one);
	keyfile_free(two);
	scratch_remove(&s);
}

#define HEX64 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static void
refuses_a_file_that_is_not_right(void **state UNUSED)
{
	static const struct {
		const char *what, *text;
		mode_t mode;
		const char *says; /* NULL: it is accepted */
	} cases[] = {
		{ "good", "symbolon-key 1\npepper a " HEX64 "\n", 0600, NULL },
		{ "two peppers, comment, blank line, no last line end",
		    "symbolon-key 1\n\n# x\npepper a " HEX64 "\npepper b " HEX64, 0400, NULL },
		{ "readable by the group", "symbolon-key 1\npepper a " HEX64 "\n", 0640,
		    "chmod 600" },
		{ "readable by others", "symbolon-key 1\npepper a " HEX64 "\n", 0604, "chmod 600" },
		{ "empty", "", 0600, "is no key file" },
		{ "another version", "symbolon-key 2\n", 0600, "is no key file" },
		{ "no pepper", "symbolon-key 1\nfield a " HEX64 "\n", 0600, "holds no pepper" },
		{ "a short secret", "symbolon-key 1\npepper a 0011\n", 0600, ":2: damaged line" },
		{ "an unknown kind", "symbolon-key 1\nsalt a " HEX64 "\n", 0600, ":2: damaged" },
		{ "an id twice", "symbolon-key 1\npepper a " HEX64 "\npepper a " HEX64 "\n", 0600,
		    ":3: damaged" },
		{ "an odd id", "symbolon-key 1\npepper a-b " HEX64 "\n", 0600, ":2: damaged" },
	};
	struct scratch s;
	struct keyfile *k;

	scratch_dir(&s);
	const char *path = scratch_file(&s, "symbolon.key");

	CHECK(!keyfile_open(path, &k, &s.err) && strstr(s.err.msg, "is missing: copy it") != NULL);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		unlink(path);
		write_file(path, cases[i].text, cases[i].mode);
		const bool ok = keyfile_open(path, &k, &s.err);

		CHECK_CASE(cases[i].what, ok == (cases[i].says == NULL));
		if (cases[i].says == NULL) {
			keyfile_free(k);
			continue;
		}
		CHECK_CASE(cases[i].what, s.err.kind == ERR_UNAVAILABLE);
		CHECK_CASE(cases[i].what, strstr(s.err.msg, cases[i].says) != NULL);
		CHECK_CASE(cases[i].what, strstr(s.err.msg, "0011223344") == NULL);
	}
	CHECK(!keyfile_open(s.dir, &k, &s.err));
	CHECK(!keyfile_make(scratch_file(&s, "no/such/symbolon.key"), &s.err));
	scratch_remove(&s);
}

static void
peppers_come_and_go_and_keep_their_numbers(void **state UNUSED)
{
	struct scratch s;
	struct keyfile *k;
	struct stat st;
	uint32_t at = 0, number = 0, first = 9, second = 9;
	struct str id, one;
	bool changed;

	scratch_dir(&s);
	const char *path = scratch_file(&s, "symbolon.key");

	write_file(path, "symbolon-key 1\n# mine\nfield f " HEX64 "\npepper a " HEX64, 0600);
	CHECK_OK(&s, keyfile_open(path, &k, &s.err));
	CHECK_OK(&s, keyfile_refresh(k, &changed, &s.err));
	CHECK(!changed);
	CHECK_OK(&s, keyfile_add(k, &s.err));
	CHECK(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600);
	CHECK(keyfile_next(k, &at, &first, &one) && str_eq(one, STR("a")) && first == 0);
	CHECK(keyfile_next(k, &at, &second, &id) && id.len == 12 && second == 1);
	CHECK(!keyfile_next(k, &at, &number, &id));
	CHECK(keyfile_current(k) == 0 && keyfile_pepper_at(k, 1) != NULL);
	keyfile_use(k, 1);
	CHECK(keyfile_current(k) == 1 && str_eq(keyfile_pepper_id(k), keyfile_id_at(k, 1)));

	/* What has left the file still judges, and is not there. */
	CHECK_OK(&s, keyfile_remove(k, STR("a"), &s.err));
	CHECK(!keyfile_holds(k, STR("a")) && keyfile_pepper(k, STR("a"), &number) != NULL);
	at = 0;
	CHECK(keyfile_next(k, &at, &number, &id) && number == 1);
	CHECK(!keyfile_next(k, &at, &number, &id));
	keyfile_free(k);
	CHECK_OK(&s, keyfile_open(path, &k, &s.err)); /* the rest of the file stayed */
	CHECK(keyfile_field(k, STR("f")) != NULL && !keyfile_holds(k, STR("a")));
	keyfile_free(k);
	scratch_remove(&s);
}

static void
a_file_that_is_not_right_changes_nothing(void **state UNUSED)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{ "nonsense", "is no key file" },
		{ "symbolon-key 1\npepper a 00" HEX64, "damaged line" },
		{ "symbolon-key 1\npepper b " HEX64
		  "\npepper a ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\n",
		    "is another one than before" },
	};
	struct scratch s;
	struct keyfile *k;
	bool changed;

	scratch_dir(&s);
	const char *path = scratch_file(&s, "symbolon.key");

	write_file(path, "symbolon-key 1\npepper a " HEX64 "\n", 0600);
	CHECK_OK(&s, keyfile_open(path, &k, &s.err));
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		write_file(path, cases[i].text, 0600);
		CHECK_CASE(cases[i].says, !keyfile_refresh(k, &changed, &s.err));
		CHECK_CASE(cases[i].says, strstr(s.err.msg, cases[i].says) != NULL);
		CHECK_CASE(
		    cases[i].says, keyfile_holds(k, STR("a")) && !keyfile_holds(k, STR("b")));
		CHECK_CASE(cases[i].says, keyfile_refresh(k, &changed, &s.err) && !changed);
	}
	unlink(path);
	CHECK(!keyfile_refresh(k, &changed, &s.err) && strstr(s.err.msg, "is missing") != NULL);
	CHECK(!keyfile_add(k, &s.err) && !keyfile_remove(k, STR("a"), &s.err));
	keyfile_free(k);
	scratch_remove(&s);
}

UNIT_TESTS(makes_a_file_that_it_can_read, refuses_a_file_that_is_not_right,
    peppers_come_and_go_and_keep_their_numbers, a_file_that_is_not_right_changes_nothing)
