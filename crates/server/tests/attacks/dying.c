/* Loaded before libc: lets the program die, as by a power failure, at one step of its work.
 *
 * The file named by DYING holds one line, "STEP PART COUNT": at the COUNT-th time that a file is synced ("before-sync",
 * "after-sync") or renamed to ("before-rename", "after-rename") whose path contains PART, the program is killed. The file
 * is removed first, so that the next program lives. What was appended to the file since it was last synced is gone with it if
 * it dies before a sync.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int seen;

/* How long files were when they were synced last, by their number. */
static struct {
    ino_t number;
    off_t length;
} synced[64];
static pthread_mutex_t synced_lock = PTHREAD_MUTEX_INITIALIZER;

/* Where a file's length is kept; files beyond the 64th share the last place, which no test needs. */
static off_t *length_of(ino_t number) {
    int place = 0;
    pthread_mutex_lock(&synced_lock);
    while (place < 63 && synced[place].number != 0 && synced[place].number != number)
        place++;
    synced[place].number = number;
    pthread_mutex_unlock(&synced_lock);
    return &synced[place].length;
}

/* Whether it is time to die. */
static int is_time(const char *name, const char *path) {
    char wanted[32], part[256];
    int count;
    const char *order = getenv("DYING");
    FILE *file = order ? fopen(order, "r") : NULL;
    if (!file)
        return 0;
    int fields = fscanf(file, "%31s %255s %d", wanted, part, &count);
    fclose(file);
    if (fields != 3 || strcmp(wanted, name) != 0 || !strstr(path, part))
        return 0;
    if (__sync_add_and_fetch(&seen, 1) < count)
        return 0;
    syscall(SYS_unlink, order);
    return 1;
}

static void die(void) {
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

static void step(const char *name, const char *path) {
    if (is_time(name, path))
        die();
}

static int sync_file(long call, int file) {
    char link[64], path[4096] = {0};
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    if (readlink(link, path, sizeof path - 1) < 0)
        path[0] = 0;
    struct stat stat = {0};
    fstat(file, &stat);
    if (is_time("before-sync", path)) {
        if (syscall(SYS_ftruncate, file, *length_of(stat.st_ino)) != 0)
            abort();
        die();
    }
    int result = (int)syscall(call, file);
    if (result == 0)
        *length_of(stat.st_ino) = stat.st_size;
    step("after-sync", path);
    return result;
}

int fsync(int file) { return sync_file(SYS_fsync, file); }
int fdatasync(int file) { return sync_file(SYS_fdatasync, file); }

/* What is cut off a file was never there for a later sync to bring back. */
static int cut(int file, off_t length) {
    struct stat stat = {0};
    fstat(file, &stat);
    off_t *known = length_of(stat.st_ino);
    if (*known > length)
        *known = length;
    return (int)syscall(SYS_ftruncate, file, length);
}

int ftruncate(int file, off_t length) { return cut(file, length); }
int ftruncate64(int file, off_t length) { return cut(file, length); }

int rename(const char *from, const char *to) {
    step("before-rename", to);
    int result = renameat(-100, from, -100, to);
    step("after-rename", to);
    return result;
}
