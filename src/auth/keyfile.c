#include "auth/keyfile.h"

#include "base/buf.h"
#include "base/fd.h"
#include "base/mem.h"
#include "crypto/hex.h"
#include "crypto/hmac.h"
#include "crypto/random.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * The file is lines of text:
 *
 *   symbolon-key 1
 *   pepper ID HEX      the first pepper signs new secrets; the others judge old ones
 *   field ID HEX       the same for encrypted fields
 *
 * ID is 1 to 32 letters and digits, HEX is 64 characters. Blank lines and lines that begin with #
 * are skipped.
 */
static const struct str MAGIC = STR_INIT("symbolon-key 1");

enum {
	SECRET_BYTES = 32,
	ID_LEN = 12,
	ID_MAX = 32,
	PEPPERS_MAX = 255, /* a pepper's number is one byte in the token table */
	FILE_MAX = 64 * 1024,
};

struct entry {
	char id[ID_MAX];
	size_t id_len;
	uint8_t secret[SECRET_BYTES];
	struct hmac_key *hmac; /* peppers only */
};

struct entries {
	struct entry *items;
	size_t len;
};

struct keyfile {
	char *path;
	struct entries peppers, fields;
};

static void
wipe_buf(struct buf *b)
{
	if (b->ptr != NULL)
		explicit_bzero(b->ptr, b->size);
	buf_free(b);
}

static bool
refuse(struct err *err, const char *path, const char *what)
{
	return err_set(err, ERR_UNAVAILABLE, "%s %s", path, what);
}

static bool
refuse_errno(struct err *err, const char *path, const char *what)
{
	return err_set(err, ERR_UNAVAILABLE, "%s %s: %s", path, what, strerror(errno));
}

/* --- making --- */

static void
put_entry(struct buf *b, const char *kind)
{
	uint8_t secret[SECRET_BYTES];
	char id[ID_LEN], hex[2 * SECRET_BYTES];

	random_hex(id, sizeof(id));
	random_bytes(secret, sizeof(secret));
	hex_encode(secret, sizeof(secret), hex);
	buf_printf(b, "%s %.*s ", kind, ID_LEN, id);
	buf_put(b, (struct str){ hex, sizeof(hex) });
	buf_put_char(b, '\n');
	explicit_bzero(secret, sizeof(secret));
	explicit_bzero(hex, sizeof(hex));
}

static bool
write_all(int fd, struct str s)
{
	while (s.len > 0) {
		const ssize_t n = write(fd, s.ptr, s.len);

		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0)
			s = str_sub(s, (size_t)n, SIZE_MAX);
	}
	return true;
}

static bool
sync_directory_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	const struct str dir = slash == NULL ? STR(".")
	    : slash == path                  ? STR("/")
					     : (struct str){ path, (size_t)(slash - path) };
	CLEANUP(buf_free) struct buf name = BUF_INIT(4096);

	buf_put(&name, dir);
	buf_put_char(&name, '\0');
	if (!buf_ok(&name)) {
		errno = ENAMETOOLONG;
		return false;
	}
	CLEANUP(fd_closep) int fd = open(name.ptr, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd >= 0 && fsync(fd) == 0;
}

bool
keyfile_make(const char *path, struct err *err)
{
	CLEANUP(wipe_buf) struct buf text = BUF_INIT(FILE_MAX);
	CLEANUP(fd_closep)
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return refuse_errno(err, path, "cannot be made");
	/* Room for all at once: growing would leave pieces of secrets on the heap. */
	if (buf_room(&text, 4096) == NULL)
		return err_memory(err);
	buf_put(&text, MAGIC);
	buf_lit(&text,
	    "\n# Whoever reads this file can forge every key of the site. Keep a copy with your "
	    "backups.\n");
	put_entry(&text, "pepper");
	put_entry(&text, "field");
	if (fchmod(fd, 0600) != 0 || !write_all(fd, buf_str(&text)) || fsync(fd) != 0 ||
	    !sync_directory_of(path)) {
		refuse_errno(err, path, "cannot be written");
		unlink(path);
		return false;
	}
	return true;
}

/* --- reading --- */

static bool
read_all(const char *path, struct buf *text, struct err *err)
{
	CLEANUP(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 && errno == ENOENT)
		return refuse(err, path,
		    "is missing: copy it from your backup, or from another "
		    "node of this site; without it no key can be judged");
	if (fd < 0 || fstat(fd, &st) != 0)
		return refuse_errno(err, path, "cannot be read");
	if (!S_ISREG(st.st_mode))
		return refuse(err, path, "is not a file");
	if ((st.st_mode & 077) != 0)
		return err_set(err, ERR_UNAVAILABLE,
		    "%s can be read or written by others (mode %03o): chmod 600 %s, and make new "
		    "keys if others may have seen it",
		    path, (unsigned)(st.st_mode & 0777), path);
	if (st.st_size > FILE_MAX)
		return refuse(err, path, "is too long for a key file");
	char *room = buf_room(text, FILE_MAX);

	for (;;) {
		const ssize_t n = read(fd, room + text->len, FILE_MAX - text->len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return refuse_errno(err, path, "cannot be read");
		if (n == 0)
			return true;
		buf_grew(text, (size_t)n);
	}
}

static bool
is_id(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (!char_is_word(s.ptr[i]))
			return false;
	}
	return s.len > 0 && s.len <= ID_MAX;
}

static const struct entry *
find(const struct entries *e, struct str id)
{
	for (size_t i = 0; i < e->len; i++) {
		if (str_eq((struct str){ e->items[i].id, e->items[i].id_len }, id))
			return &e->items[i];
	}
	return NULL;
}

static bool
take_line(struct keyfile *k, struct str line)
{
	struct str kind, rest, id, hex;
	struct entry e = { 0 };

	if (!str_cut(line, ' ', &kind, &rest) || !str_cut(rest, ' ', &id, &hex) || !is_id(id))
		return false;
	struct entries *to = str_eq(kind, STR("pepper")) ? &k->peppers
	    : str_eq(kind, STR("field"))                 ? &k->fields
							 : NULL;

	if (to == NULL || to->len == PEPPERS_MAX || find(to, id) != NULL ||
	    !hex_decode(hex, e.secret, sizeof(e.secret)))
		return false;
	memcpy(e.id, id.ptr, id.len);
	e.id_len = id.len;
	if (to == &k->peppers)
		e.hmac = hmac_key_new((struct str){ (const char *)e.secret, sizeof(e.secret) });
	to->items[to->len++] = e;
	explicit_bzero(&e, sizeof(e));
	return true;
}

static bool
parse(struct keyfile *k, struct str text, struct err *err)
{
	struct str line;
	int number = 1;

	str_cut(text, '\n', &line, &text);
	if (!str_eq(str_trim(line), MAGIC))
		return refuse(err, k->path,
		    "is no key file that this symbolon knows: copy the file from your backup");
	while (text.len > 0) {
		str_cut(text, '\n', &line, &text);
		line = str_trim(line);
		number++;
		if (line.len > 0 && line.ptr[0] != '#' && !take_line(k, line))
			return err_set(err, ERR_UNAVAILABLE,
			    "%s:%d: damaged line: copy the file from your backup", k->path, number);
	}
	if (k->peppers.len == 0)
		return refuse(err, k->path, "holds no pepper: copy the file from your backup");
	return true;
}

bool
keyfile_open(const char *path, struct keyfile **out, struct err *err)
{
	CLEANUP(wipe_buf) struct buf text = BUF_INIT(2 * FILE_MAX);

	if (!read_all(path, &text, err))
		return false;
	struct keyfile *k = MEM_NEW(struct keyfile);

	k->path = mem_alloc(strlen(path) + 1);
	memcpy(k->path, path, strlen(path));
	k->peppers.items = MEM_NEW_ARRAY(struct entry, PEPPERS_MAX);
	k->fields.items = MEM_NEW_ARRAY(struct entry, PEPPERS_MAX);
	if (!parse(k, buf_str(&text), err)) {
		keyfile_free(k);
		return false;
	}
	*out = k;
	return true;
}

static void
entries_free(struct entries *e)
{
	for (size_t i = 0; i < e->len; i++)
		hmac_key_free(e->items[i].hmac);
	explicit_bzero(e->items, PEPPERS_MAX * sizeof(struct entry));
	mem_free(e->items);
}

void
keyfile_free(struct keyfile *k)
{
	if (k == NULL)
		return;
	entries_free(&k->peppers);
	entries_free(&k->fields);
	mem_free(k->path);
	mem_free(k);
}

struct str
keyfile_path(const struct keyfile *k)
{
	return str_from(k->path);
}

struct str
keyfile_pepper_id(const struct keyfile *k)
{
	return (struct str){ k->peppers.items[0].id, k->peppers.items[0].id_len };
}

const struct hmac_key *
keyfile_pepper(const struct keyfile *k, struct str id, uint32_t *number)
{
	const struct entry *e = find(&k->peppers, id);

	if (e == NULL)
		return NULL;
	*number = (uint32_t)(e - k->peppers.items);
	return e->hmac;
}

const struct hmac_key *
keyfile_pepper_at(const struct keyfile *k, uint32_t number)
{
	return number < k->peppers.len ? k->peppers.items[number].hmac : NULL;
}

struct str
keyfile_field_id(const struct keyfile *k)
{
	if (k->fields.len == 0)
		return STR("");
	return (struct str){ k->fields.items[0].id, k->fields.items[0].id_len };
}

const uint8_t *
keyfile_field(const struct keyfile *k, struct str id)
{
	const struct entry *e = find(&k->fields, id);

	return e == NULL ? NULL : e->secret;
}
