// Linux calls that the C library hides behind _GNU_SOURCE, which Swift's importer does not define.
#pragma once
#ifdef __linux__
#include <sys/syscall.h>
#include <unistd.h>

long syscall(long number, ...);

// Renames within one directory without replacing anything (RENAME_NOREPLACE is 1).
static inline int capsule_rename_no_replace(int directory, const char *from, const char *to) {
    return (int)syscall(SYS_renameat2, directory, from, directory, to, 1U);
}

// Writes everything of the file system that holds the descriptor to the disk.
static inline int capsule_sync_file_system(int descriptor) { return (int)syscall(SYS_syncfs, descriptor); }
#endif
