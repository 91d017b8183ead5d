/* Loaded before libc: lets the program die, as by a power failure, at one step of its work.
 *
 * The file named by DYING holds one line, "STEP PART COUNT": at the COUNT-th time that a file is synced ("before-sync",
 * "after-sync") or renamed to ("before-rename", "after-rename") whose path contains PART, the program is killed. The file
 * is removed first, so that the next program lives.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int seen;

static void step(const char *name, const char *path) {
    char wanted[32], part[256];
    int count;
    const char *order = getenv("DYING");
    FILE *file = order ? fopen(order, "r") : NULL;
    if (!file)
        return;
    int fields = fscanf(file, "%31s %255s %d", wanted, part, &count);
    fclose(file);
    if (fields != 3 || strcmp(wanted, name) != 0 || !strstr(path, part))
        return;
    if (__sync_add_and_fetch(&seen, 1) < count)
        return;
    syscall(SYS_unlink, order);
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

static int sync_file(long call, int file) {
    char link[64], path[4096] = {0};
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    if (readlink(link, path, sizeof path - 1) < 0)
        path[0] = 0;
    step("before-sync", path);
    int result = (int)syscall(call, file);
    step("after-sync", path);
    return result;
}

int fsync(int file) { return sync_file(SYS_fsync, file); }
int fdatasync(int file) { return sync_file(SYS_fdatasync, file); }

int rename(const char *from, const char *to) {
    step("before-rename", to);
    int result = renameat(-100, from, -100, to);
    step("after-rename", to);
    return result;
}
