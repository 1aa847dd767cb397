/*
 * backup_files.h - the bytes of files beside a backup: a directory of them, each under the SHA-256
 * of what it holds, as in files/ of a data directory (doc/file_store.h). Anything else in there
 * (what is on its way, links, directories) is nobody's and left out.
 */
#ifndef CLI_BACKUP_FILES_H
#define CLI_BACKUP_FILES_H

#include "base/err.h"
#include "base/str.h"

/*
 * Adds to the directory to what from has and it has not; to is made (0700) when there is something
 * for it. A from that is not there has nothing, and what goes while it is copied is left out.
 */
MUST_USE bool backup_files_copy(const char *from, const char *to, struct err *err);

/* Does every one of them hold what its name says? A directory that is not there is right, too. */
MUST_USE bool backup_files_verify(const char *directory, struct err *err);

/* Is the one of that name in the directory? */
bool backup_files_has(const char *directory, struct str name);

/* Removes them and, when nothing else is in it, the directory. */
void backup_files_remove(const char *directory);

#endif
