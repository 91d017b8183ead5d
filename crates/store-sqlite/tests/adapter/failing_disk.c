/* Loaded before libc: lets writes and syncs fail while a file says so, as a failing disk would.
 *
 * The file named by FAILING_DISK holds one word: "sync" (syncing the log fails), "filesync"
 * (syncing other files fails), "quota" (writing fails for lack of quota),
 * "readonly" (the file system has turned read-only, as ext4 does after an error), or anything else: all is well.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int failing(const char *what) {
    const char *path = getenv("FAILING_DISK");
    char word[16] = {0};
    int file = path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0)
        return 0;
    long length = syscall(SYS_read, file, word, sizeof word - 1);
    syscall(SYS_close, file);
    return length > 0 && strcmp(word, what) == 0;
}

/* Eight bytes get through: the runtime wakes itself with them, and the test throws its switch with them. */
static int write_error(size_t count) {
    return count == 8 ? 0 : failing("quota") ? EDQUOT : failing("readonly") ? EROFS : 0;
}

/* Whether the file is SQLite's write-ahead log. */
static int is_log(int file) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path);
    return length > 4 && memcmp(path + length - 4, "-wal", 4) == 0;
}

static int sync_error(int file) {
    if (!failing(is_log(file) ? "sync" : "filesync"))
        return 0;
    errno = EIO;
    return -1;
}

int fsync(int file) { return sync_error(file) ? -1 : (int)syscall(SYS_fsync, file); }
int fdatasync(int file) { return sync_error(file) ? -1 : (int)syscall(SYS_fdatasync, file); }

ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t offset) {
    int error = write_error(count);
    if (error) {
        errno = error;
        return -1;
    }
    return syscall(SYS_pwrite64, file, bytes, count, offset);
}
ssize_t pwrite(int file, const void *bytes, size_t count, off_t offset) {
    return pwrite64(file, bytes, count, offset);
}

ssize_t write(int file, const void *bytes, size_t count) {
    int error = file > 2 ? write_error(count) : 0;
    if (error) {
        errno = error;
        return -1;
    }
    return syscall(SYS_write, file, bytes, count);
}

static int open_any(const char *path, int flags, mode_t mode) {
    int writes = (flags & O_ACCMODE) != O_RDONLY;
    if (writes && failing("readonly")) {
        errno = EROFS;
        return -1;
    }
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int open(const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return open_any(path, flags, mode);
}
int open64(const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return open_any(path, flags, mode);
}
