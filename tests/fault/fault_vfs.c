#include "tests/fault/fault_vfs.h"

#include "base/mem.h"

#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a write replaced, so that a power cut can undo it; the newest first. */
struct undo {
	struct undo *older;
	sqlite3_int64 at, file_size; /* file_size: before */
	size_t len;
	unsigned char bytes[];
};

enum { MAX_FILES = 8, MAX_PATH = 256 };

/* What is known of a file, by path: handles on the same file share it. */
struct disk_file {
	char path[MAX_PATH];
	struct undo *undo;
};

static struct {
	pthread_mutex_t mutex;
	struct fault_plan plan;
	int64_t count, hits;
	struct disk_file files[MAX_FILES];
} disk = { .mutex = PTHREAD_MUTEX_INITIALIZER, .plan = { .room = -1 } };

struct fault_file {
	sqlite3_file file;
	struct disk_file *on_disk; /* NULL: temporary files, which do not fail */
	sqlite3_file *real;        /* lies behind this struct */
};

static sqlite3_vfs *base_vfs;

static struct fault_file *
fault_file_of(sqlite3_file *f)
{
	return (struct fault_file *)f;
}

/* The caller holds the mutex. */
static bool
fails(enum fault_op op)
{
	const struct fault_plan *p = &disk.plan;

	if ((p->ops & BIT(op)) == 0 || p->first == 0)
		return false;
	disk.count++;
	const bool hit = disk.count >= p->first && (p->len == 0 || disk.count < p->first + p->len);

	disk.hits += hit;
	return hit;
}

static void
remember(struct fault_file *f, sqlite3_int64 at, size_t len)
{
	sqlite3_int64 size = 0;
	struct undo *u = mem_alloc(sizeof(*u) + len);

	f->real->pMethods->xFileSize(f->real, &size);
	u->at = at;
	u->file_size = size;
	if (at < size) {
		u->len = (size_t)MIN((sqlite3_int64)len, size - at);
		f->real->pMethods->xRead(f->real, u->bytes, (int)u->len, at);
	}
	u->older = f->on_disk->undo;
	f->on_disk->undo = u;
}

static void
forget(struct disk_file *d)
{
	while (d->undo != NULL) {
		struct undo *older = d->undo->older;

		mem_free(d->undo);
		d->undo = older;
	}
}

/* The caller holds the mutex. False: the disk is full. */
static bool
has_room(struct fault_file *f, sqlite3_int64 end)
{
	sqlite3_int64 size = 0;

	f->real->pMethods->xFileSize(f->real, &size);
	if (disk.plan.room < 0 || end <= size)
		return true;
	if (end - size > disk.plan.room) {
		disk.hits++;
		return false;
	}
	disk.plan.room -= end - size;
	return true;
}

/* The first half of what fails is written, as a disk would do it. */
static int
fault_write(sqlite3_file *file, const void *bytes, int len, sqlite3_int64 at)
{
	struct fault_file *f = fault_file_of(file);
	int rc = SQLITE_OK;

	if (f->on_disk == NULL)
		return f->real->pMethods->xWrite(f->real, bytes, len, at);
	pthread_mutex_lock(&disk.mutex);
	if (fails(FAULT_WRITE))
		rc = SQLITE_IOERR_WRITE;
	else if (!has_room(f, at + len))
		rc = SQLITE_FULL;
	remember(f, at, (size_t)len);
	if (rc == SQLITE_OK)
		rc = f->real->pMethods->xWrite(f->real, bytes, len, at);
	else if (rc == SQLITE_IOERR_WRITE)
		f->real->pMethods->xWrite(f->real, bytes, len / 2, at);
	pthread_mutex_unlock(&disk.mutex);
	return rc;
}

static int
fault_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	struct fault_file *f = fault_file_of(file);
	int rc = SQLITE_IOERR_TRUNCATE;

	if (f->on_disk == NULL)
		return f->real->pMethods->xTruncate(f->real, size);
	pthread_mutex_lock(&disk.mutex);
	if (!fails(FAULT_TRUNCATE)) {
		sqlite3_int64 old = 0;

		f->real->pMethods->xFileSize(f->real, &old);
		if (old > size)
			remember(f, size, (size_t)(old - size));
		rc = f->real->pMethods->xTruncate(f->real, size);
	}
	pthread_mutex_unlock(&disk.mutex);
	return rc;
}

/* The bytes of a failed fsync may be on the disk, or not: fault_copy() shows both. */
static int
fault_sync(sqlite3_file *file, int flags)
{
	struct fault_file *f = fault_file_of(file);
	int rc = SQLITE_IOERR_FSYNC;

	if (f->on_disk == NULL)
		return f->real->pMethods->xSync(f->real, flags);
	pthread_mutex_lock(&disk.mutex);
	if (!fails(FAULT_SYNC)) {
		forget(f->on_disk);
		rc = SQLITE_OK;
	}
	pthread_mutex_unlock(&disk.mutex);
	return rc;
}

static int
fault_close(sqlite3_file *file)
{
	struct fault_file *f = fault_file_of(file);

	return f->real->pMethods->xClose(f->real);
}

static int
fault_read(sqlite3_file *file, void *bytes, int len, sqlite3_int64 at)
{
	struct fault_file *f = fault_file_of(file);

	return f->real->pMethods->xRead(f->real, bytes, len, at);
}

static int
fault_file_size(sqlite3_file *file, sqlite3_int64 *size)
{
	struct fault_file *f = fault_file_of(file);

	return f->real->pMethods->xFileSize(f->real, size);
}

static int
fault_lock(sqlite3_file *file, int level)
{
	struct fault_file *f = fault_file_of(file);

	return f->real->pMethods->xLock(f->real, level);
}

static int
fault_unlock(sqlite3_file *file, int level)
{
	struct fault_file *f = fault_file_of(file);

	return f->real->pMethods->xUnlock(f->real, level);
}

static int
fault_check_reserved(sqlite3_file *file, int *out)
{
	struct fault_file *f = fault_file_of(file);

	return f->real->pMethods->xCheckReservedLock(f->real, out);
}

static int
fault_control(sqlite3_file *file, int op, void *arg)
{
	struct fault_file *f = fault_file_of(file);

	/* A hint to grow the file would pass by the room that the plan leaves. */
	if (op == SQLITE_FCNTL_SIZE_HINT)
		return SQLITE_OK;
	return f->real->pMethods->xFileControl(f->real, op, arg);
}

static int
fault_sector_size(sqlite3_file *file)
{
	struct fault_file *f = fault_file_of(file);

	return f->real->pMethods->xSectorSize(f->real);
}

static int
fault_characteristics(sqlite3_file *file)
{
	struct fault_file *f = fault_file_of(file);

	return f->real->pMethods->xDeviceCharacteristics(f->real);
}

static int
fault_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **out)
{
	struct fault_file *f = fault_file_of(file);

	return f->real->pMethods->xShmMap(f->real, page, size, extend, out);
}

static int
fault_shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
	struct fault_file *f = fault_file_of(file);

	return f->real->pMethods->xShmLock(f->real, offset, n, flags);
}

static void
fault_shm_barrier(sqlite3_file *file)
{
	struct fault_file *f = fault_file_of(file);

	f->real->pMethods->xShmBarrier(f->real);
}

static int
fault_shm_unmap(sqlite3_file *file, int delete)
{
	struct fault_file *f = fault_file_of(file);

	return f->real->pMethods->xShmUnmap(f->real, delete);
}

static int
fault_fetch(sqlite3_file *file, sqlite3_int64 at, int len, void **out)
{
	struct fault_file *f = fault_file_of(file);

	return f->real->pMethods->xFetch(f->real, at, len, out);
}

static int
fault_unfetch(sqlite3_file *file, sqlite3_int64 at, void *p)
{
	struct fault_file *f = fault_file_of(file);

	return f->real->pMethods->xUnfetch(f->real, at, p);
}

static const sqlite3_io_methods METHODS = {
	.iVersion = 3,
	.xClose = fault_close,
	.xRead = fault_read,
	.xWrite = fault_write,
	.xTruncate = fault_truncate,
	.xSync = fault_sync,
	.xFileSize = fault_file_size,
	.xLock = fault_lock,
	.xUnlock = fault_unlock,
	.xCheckReservedLock = fault_check_reserved,
	.xFileControl = fault_control,
	.xSectorSize = fault_sector_size,
	.xDeviceCharacteristics = fault_characteristics,
	.xShmMap = fault_shm_map,
	.xShmLock = fault_shm_lock,
	.xShmBarrier = fault_shm_barrier,
	.xShmUnmap = fault_shm_unmap,
	.xFetch = fault_fetch,
	.xUnfetch = fault_unfetch,
};

/* The caller holds the mutex. A place that no unsynced byte needs is used again. */
static struct disk_file *
find_file(const char *path, bool make)
{
	struct disk_file *unused = NULL;

	for (size_t i = 0; i < MAX_FILES; i++) {
		struct disk_file *d = &disk.files[i];

		if (strcmp(d->path, path) == 0)
			return d;
		if (unused == NULL && d->path[0] == 0)
			unused = d;
	}
	if (!make)
		return NULL;
	assert(unused != NULL && strlen(path) < MAX_PATH);
	memcpy(unused->path, path, strlen(path) + 1);
	return unused;
}

static int
fault_open(sqlite3_vfs *vfs UNUSED, const char *path, sqlite3_file *file, int flags, int *out_flags)
{
	struct fault_file *f = fault_file_of(file);

	*f = (struct fault_file){ .real = (sqlite3_file *)(f + 1) };
	if (path != NULL && (flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL)) != 0) {
		pthread_mutex_lock(&disk.mutex);
		f->on_disk = find_file(path, true);
		pthread_mutex_unlock(&disk.mutex);
	}
	const int rc = base_vfs->xOpen(base_vfs, path, f->real, flags, out_flags);

	if (f->real->pMethods != NULL)
		f->file.pMethods = &METHODS;
	return rc;
}

/* Nothing of the file is left to be undone. */
static int
fault_delete(sqlite3_vfs *vfs UNUSED, const char *path, int sync_directory)
{
	pthread_mutex_lock(&disk.mutex);
	struct disk_file *d = find_file(path, false);

	if (d != NULL)
		forget(d);
	pthread_mutex_unlock(&disk.mutex);
	return base_vfs->xDelete(base_vfs, path, sync_directory);
}

void
fault_register(void)
{
	static sqlite3_vfs vfs;

	if (base_vfs != NULL)
		return;
	base_vfs = sqlite3_vfs_find("unix-excl");
	assert(base_vfs != NULL);
	vfs = *base_vfs;
	vfs.zName = FAULT_VFS;
	vfs.szOsFile = (int)sizeof(struct fault_file) + base_vfs->szOsFile;
	vfs.xOpen = fault_open;
	vfs.xDelete = fault_delete;
	sqlite3_vfs_register(&vfs, 0);
}

void
fault_arm(struct fault_plan plan)
{
	pthread_mutex_lock(&disk.mutex);
	disk.plan = plan;
	disk.count = disk.hits = 0;
	pthread_mutex_unlock(&disk.mutex);
}

void
fault_heal(void)
{
	pthread_mutex_lock(&disk.mutex);
	disk.plan = FAULT_NOTHING;
	pthread_mutex_unlock(&disk.mutex);
}

void
fault_reset(void)
{
	fault_heal();
	pthread_mutex_lock(&disk.mutex);
	for (size_t i = 0; i < MAX_FILES; i++) {
		forget(&disk.files[i]);
		disk.files[i].path[0] = 0;
	}
	pthread_mutex_unlock(&disk.mutex);
}

int64_t
fault_hits(void)
{
	pthread_mutex_lock(&disk.mutex);
	const int64_t hits = disk.hits;

	pthread_mutex_unlock(&disk.mutex);
	return hits;
}

/* Undoes the newest write first. */
static void
undo_all(int fd, const struct undo *u)
{
	for (; u != NULL; u = u->older) {
		if (u->len > 0 && pwrite(fd, u->bytes, u->len, u->at) != (ssize_t)u->len)
			abort();
		if (ftruncate(fd, u->file_size) != 0)
			abort();
	}
}

bool
fault_copy(const char *from, const char *to, bool power_cut)
{
	char bytes[64 * 1024];
	ssize_t n;

	pthread_mutex_lock(&disk.mutex);
	const int in = open(from, O_RDONLY | O_CLOEXEC);

	if (in < 0) {
		pthread_mutex_unlock(&disk.mutex);
		return false;
	}
	const int out = open(to, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	while ((n = read(in, bytes, sizeof(bytes))) > 0) {
		if (write(out, bytes, (size_t)n) != n)
			abort();
	}
	const struct disk_file *d = find_file(from, false);

	if (power_cut && d != NULL)
		undo_all(out, d->undo);
	close(in);
	close(out);
	pthread_mutex_unlock(&disk.mutex);
	return true;
}
