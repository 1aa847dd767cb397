#include "auth/keyfile.h"

#include "base/buf.h"
#include "base/fd.h"
#include "base/mem.h"
#include "crypto/hex.h"
#include "crypto/hmac.h"
#include "crypto/random.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * The file is lines of text:
 *
 *   symbolon-key 1
 *   pepper ID HEX      the database says which one signs new secrets; the others judge old ones
 *   field ID HEX       the first one is for new encrypted fields
 *
 * ID is 1 to 32 letters and digits, HEX is 64 characters. Blank lines and lines that begin with #
 * are skipped.
 */
static const struct str MAGIC = STR_INIT("symbolon-key 1");

enum {
	SECRET_BYTES = 32,
	ID_LEN = 12,
	ID_MAX = 32,
	FILE_MAX = 64 * 1024,
};

struct entry {
	char id[ID_MAX];
	size_t id_len;
	uint8_t secret[SECRET_BYTES];
	struct hmac_key *hmac; /* peppers only */
	atomic_bool gone;      /* no longer in the file: judges until the process ends */
};

/* Only ever grows: a reader finds by its number what was there when he got the number. */
struct entries {
	struct entry *items;
	_Atomic size_t len;
};

struct keyfile {
	char *path;
	struct entries peppers, fields;
	_Atomic uint32_t current; /* number of the pepper of new secrets */
	pthread_mutex_t mutex;    /* over changes, here and in the file */
	struct stat seen;         /* the file when it was last read */
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

/* The whole text, to path, durably; there must be no such file. */
static bool
write_new(const char *path, struct str text, struct err *err)
{
	CLEANUP(fd_closep)
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return refuse_errno(err, path, "cannot be made");
	if (fchmod(fd, 0600) == 0 && write_all(fd, text) && fsync(fd) == 0 &&
	    sync_directory_of(path))
		return true;
	refuse_errno(err, path, "cannot be written");
	unlink(path);
	return false;
}

bool
keyfile_make(const char *path, struct err *err)
{
	CLEANUP(wipe_buf) struct buf text = BUF_INIT(FILE_MAX);

	/* Room for all at once: growing would leave pieces of secrets on the heap. */
	if (buf_room(&text, 4096) == NULL)
		return err_memory(err);
	buf_put(&text, MAGIC);
	buf_lit(&text,
	    "\n# Whoever reads this file can forge every key of the site. Keep a copy with your "
	    "backups.\n");
	put_entry(&text, "pepper");
	put_entry(&text, "field");
	return write_new(path, buf_str(&text), err);
}

/* --- reading --- */

static bool
read_all(const char *path, struct buf *text, struct stat *seen, struct err *err)
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
	*seen = st;
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

static struct entry *
find(const struct entries *e, struct str id)
{
	const size_t len = atomic_load_explicit(&e->len, memory_order_acquire);

	for (size_t i = 0; i < len; i++) {
		if (str_eq((struct str){ e->items[i].id, e->items[i].id_len }, id))
			return &e->items[i];
	}
	return NULL;
}

/* Takes *e over. */
static void
append(struct entries *to, struct entry *e)
{
	const size_t len = atomic_load_explicit(&to->len, memory_order_relaxed);

	memcpy((void *)&to->items[len], (const void *)e, sizeof(*e));
	atomic_store_explicit(&to->len, len + 1, memory_order_release);
	explicit_bzero((void *)e, sizeof(*e));
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

	if (to == NULL || to->len == KEYFILE_PEPPERS_MAX || find(to, id) != NULL ||
	    !hex_decode(hex, e.secret, sizeof(e.secret)))
		return false;
	memcpy(e.id, id.ptr, id.len);
	e.id_len = id.len;
	if (to == &k->peppers)
		e.hmac = hmac_key_new((struct str){ (const char *)e.secret, sizeof(e.secret) });
	append(to, &e);
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

	struct stat seen;

	if (!read_all(path, &text, &seen, err))
		return false;
	struct keyfile *k = MEM_NEW(struct keyfile);

	pthread_mutex_init(&k->mutex, NULL);
	k->seen = seen;
	k->path = mem_alloc(strlen(path) + 1);
	memcpy(k->path, path, strlen(path));
	k->peppers.items = MEM_NEW_ARRAY(struct entry, KEYFILE_PEPPERS_MAX);
	k->fields.items = MEM_NEW_ARRAY(struct entry, KEYFILE_PEPPERS_MAX);
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
	explicit_bzero((void *)e->items, KEYFILE_PEPPERS_MAX * sizeof(struct entry));
	mem_free(e->items);
}

void
keyfile_free(struct keyfile *k)
{
	if (k == NULL)
		return;
	entries_free(&k->peppers);
	entries_free(&k->fields);
	pthread_mutex_destroy(&k->mutex);
	mem_free(k->path);
	mem_free(k);
}

struct str
keyfile_path(const struct keyfile *k)
{
	return str_from(k->path);
}

/* ---- changing ---- */

/* What the file says now, into memory. */
static bool
take_over(struct keyfile *k, struct keyfile *now, struct err *err)
{
	const size_t had = k->peppers.len, len = now->peppers.len;

	for (size_t i = 0; i < len; i++) {
		const struct entry *e = &now->peppers.items[i];
		const struct entry *old = find(&k->peppers, (struct str){ e->id, e->id_len });

		if (old != NULL && memcmp(old->secret, e->secret, SECRET_BYTES) != 0)
			return err_set(err, ERR_UNAVAILABLE,
			    "pepper %.*s of %s is another one than before: copy the file from your "
			    "backup, or from another node",
			    (int)e->id_len, e->id, k->path);
		if (old == NULL && k->peppers.len + len - i > KEYFILE_PEPPERS_MAX)
			return refuse(err, k->path, "has had too many peppers: restart symbolon");
	}
	for (size_t i = 0; i < had; i++) {
		struct entry *e = &k->peppers.items[i];

		atomic_store(
		    &e->gone, find(&now->peppers, (struct str){ e->id, e->id_len }) == NULL);
	}
	for (size_t i = 0; i < len; i++) {
		struct entry *e = &now->peppers.items[i];

		if (find(&k->peppers, (struct str){ e->id, e->id_len }) == NULL)
			append(&k->peppers, e);
	}
	return true;
}

static bool
is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
	    a->st_mode == b->st_mode && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	    a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* With the mutex. */
static bool
reread(struct keyfile *k, struct err *err)
{
	struct keyfile *now;

	if (!keyfile_open(k->path, &now, err))
		return false;
	k->seen = now->seen;
	const bool ok = take_over(k, now, err);

	keyfile_free(now);
	return ok;
}

bool
keyfile_refresh(struct keyfile *k, bool *changed, struct err *err)
{
	struct stat st;
	bool ok = true;

	pthread_mutex_lock(&k->mutex);
	*changed = stat(k->path, &st) != 0 || !is_same_file(&st, &k->seen);
	if (*changed) {
		memcpy(&k->seen, &st, sizeof(st)); /* what is wrong with it is told once */
		ok = reread(k, err);
	}
	pthread_mutex_unlock(&k->mutex);
	return ok;
}

/* In the file's place; readers see the old one or the new one, also after a crash. */
static bool
replace(struct keyfile *k, struct str text, struct err *err)
{
	CLEANUP(buf_free) struct buf path = BUF_INIT(8192);
	struct stat st;

	if (lstat(k->path, &st) == 0 && S_ISLNK(st.st_mode))
		return refuse(err, k->path,
		    "is a link: change the file that it leads to, by hand (a line \"pepper ID "
		    "HEX\" at its end)");
	buf_printf(&path, "%s.new", k->path);
	buf_put_char(&path, '\0');
	if (!buf_ok(&path))
		return refuse(err, k->path, "has too long a path");
	unlink(path.ptr); /* of one that was killed here */
	if (!write_new(path.ptr, text, err))
		return false;
	if (rename(path.ptr, k->path) != 0 || !sync_directory_of(k->path))
		return refuse_errno(err, k->path, "cannot be replaced");
	return reread(k, err);
}

/* Is it the line of that pepper? */
static bool
is_line_of(struct str line, struct str pepper)
{
	struct str kind, rest, id, hex;

	return str_cut(str_trim(line), ' ', &kind, &rest) && str_eq(kind, STR("pepper")) &&
	    str_cut(rest, ' ', &id, &hex) && str_eq(id, pepper);
}

/* The text of the file without the line of a pepper (null: with all), with room for another one. */
static bool
text_without(struct keyfile *k, struct str pepper, struct buf *out, struct err *err)
{
	CLEANUP(wipe_buf) struct buf text = BUF_INIT(2 * FILE_MAX);
	struct stat ignored;
	struct str line, rest;

	if (!read_all(k->path, &text, &ignored, err))
		return false;
	if (buf_room(out, text.len + 4096) == NULL)
		return err_memory(err);
	for (rest = buf_str(&text); rest.len > 0;) {
		str_cut(rest, '\n', &line, &rest);
		if (!str_is_null(pepper) && is_line_of(line, pepper))
			continue;
		buf_put(out, line);
		buf_put_char(out, '\n');
	}
	return true;
}

bool
keyfile_add(struct keyfile *k, struct err *err)
{
	CLEANUP(wipe_buf) struct buf text = BUF_INIT(FILE_MAX);

	pthread_mutex_lock(&k->mutex);
	bool ok = text_without(k, STR_NULL, &text, err);

	if (ok) {
		put_entry(&text, "pepper");
		ok = buf_ok(&text) ? replace(k, buf_str(&text), err)
				   : refuse(err, k->path, "is full: remove old peppers");
	}
	pthread_mutex_unlock(&k->mutex);
	return ok;
}

bool
keyfile_remove(struct keyfile *k, struct str id, struct err *err)
{
	CLEANUP(wipe_buf) struct buf text = BUF_INIT(FILE_MAX);

	pthread_mutex_lock(&k->mutex);
	const bool ok = text_without(k, id, &text, err) && replace(k, buf_str(&text), err);

	pthread_mutex_unlock(&k->mutex);
	return ok;
}

/* ---- peppers and keys ---- */

struct str
keyfile_id_at(const struct keyfile *k, uint32_t number)
{
	return (struct str){ k->peppers.items[number].id, k->peppers.items[number].id_len };
}

uint32_t
keyfile_current(const struct keyfile *k)
{
	return atomic_load_explicit(&k->current, memory_order_acquire);
}

void
keyfile_use(struct keyfile *k, uint32_t number)
{
	atomic_store_explicit(&k->current, number, memory_order_release);
}

struct str
keyfile_pepper_id(const struct keyfile *k)
{
	return keyfile_id_at(k, keyfile_current(k));
}

bool
keyfile_next(const struct keyfile *k, uint32_t *at, uint32_t *number, struct str *id)
{
	const size_t len = atomic_load_explicit(&k->peppers.len, memory_order_acquire);

	while (*at < len) {
		*number = (*at)++;
		*id = keyfile_id_at(k, *number);
		if (!atomic_load(&k->peppers.items[*number].gone))
			return true;
	}
	return false;
}

bool
keyfile_holds(const struct keyfile *k, struct str id)
{
	const struct entry *e = find(&k->peppers, id);

	return e != NULL && !atomic_load(&e->gone);
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
	return number < atomic_load_explicit(&k->peppers.len, memory_order_acquire)
	    ? k->peppers.items[number].hmac
	    : NULL;
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
