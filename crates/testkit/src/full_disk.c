/* Loaded before libc: lets a PostgreSQL server find no room on its disk while a file says so.
 *
 * The file named by FULL_DISK holds one word: "data" (no file of tables and indices can grow), "log" (no file of the
 * write-ahead log can), "quota" (as "data", for lack of quota), or anything else: all is well. What a file has already can be
 * written anew, as on a disk that is full.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* What happens to a file whose path has this part. */
static const struct {
    const char *word, *part;
    int error;
} kinds[] = {{"data", "/data/base/", ENOSPC}, {"log", "/data/pg_wal/", ENOSPC}, {"quota", "/data/base/", EDQUOT}};

/* Why the file can't come to have this length, or 0. */
static int refusal(int file, off_t length) {
    struct stat stat;
    if (fstat(file, &stat) != 0 || !S_ISREG(stat.st_mode) || length <= stat.st_size)
        return 0;
    const char *control = getenv("FULL_DISK");
    char word[16] = {0}, link[64], path[4096] = {0};
    int switched = control ? (int)syscall(SYS_openat, AT_FDCWD, control, O_RDONLY | O_CLOEXEC) : -1;
    if (switched < 0)
        return 0;
    if (syscall(SYS_read, switched, word, sizeof word - 1) < 0)
        word[0] = 0;
    syscall(SYS_close, switched);
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    if (readlink(link, path, sizeof path - 1) < 0)
        return 0;
    for (size_t n = 0; n < sizeof kinds / sizeof *kinds; n++)
        if (strcmp(word, kinds[n].word) == 0 && strstr(path, kinds[n].part))
            return kinds[n].error;
    return 0;
}

static int refused(int file, off_t length) {
    int error = refusal(file, length);
    if (error)
        errno = error;
    return error;
}

static off_t total(const struct iovec *parts, int count) {
    off_t length = 0;
    for (int n = 0; n < count; n++)
        length += parts[n].iov_len;
    return length;
}

ssize_t pwrite(int file, const void *bytes, size_t count, off_t offset) {
    return refused(file, offset + (off_t)count) ? -1 : syscall(SYS_pwrite64, file, bytes, count, offset);
}
ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t offset) {
    return pwrite(file, bytes, count, offset);
}

ssize_t pwritev(int file, const struct iovec *parts, int count, off_t offset) {
    return refused(file, offset + total(parts, count)) ? -1 : syscall(SYS_pwritev, file, parts, count, offset, 0);
}
ssize_t pwritev64(int file, const struct iovec *parts, int count, off64_t offset) {
    return pwritev(file, parts, count, offset);
}

ssize_t write(int file, const void *bytes, size_t count) {
    off_t at = lseek(file, 0, SEEK_CUR);
    return at >= 0 && refused(file, at + (off_t)count) ? -1 : syscall(SYS_write, file, bytes, count);
}

int posix_fallocate(int file, off_t offset, off_t length) {
    int error = refusal(file, offset + length);
    return error ? error : syscall(SYS_fallocate, file, 0, offset, length) == 0 ? 0 : errno;
}
int posix_fallocate64(int file, off64_t offset, off64_t length) { return posix_fallocate(file, offset, length); }
