/* A disk that is slow, broken or full, for the files of one database: the calls with which SQLite writes and syncs.
 *
 * CQRS_DISK_FILES is the path of the database; whatever begins with it (the log too) is meant. CQRS_DISK is a directory:
 * while the file `hold` is in it, syncs wait; while `fail` is, they fail with EIO; while `full` is, writes fail with
 * ENOSPC. Each call that is meant is told in `<directory>/calls`, one line each, before it is made. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static int is_meant(int fd) {
    const char *files = getenv("CQRS_DISK_FILES");
    char link[64], path[PATH_MAX];
    if (files == NULL) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return strncmp(path, files, strlen(files)) == 0;
}

static int is_there(const char *name) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", getenv("CQRS_DISK"), name);
    return access(path, F_OK) == 0;
}

static void tell(const char *call) {
    static ssize_t (*really)(int, const void *, size_t);
    char path[PATH_MAX], line[64];
    if (really == NULL) really = dlsym(RTLD_NEXT, "write");
    snprintf(path, sizeof path, "%s/calls", getenv("CQRS_DISK"));
    int length = snprintf(line, sizeof line, "%s\n", call);
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return;
    if (really(fd, line, (size_t)length) != length) abort();
    close(fd);
}

static int synced(const char *name, int fd) {
    int (*really)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    if (!is_meant(fd)) return really(fd);
    tell(is_there("hold") ? "held" : name);
    while (is_there("hold")) nanosleep(&(struct timespec){0, 1000000}, NULL);
    if (is_there("fail")) {
        errno = EIO;
        return -1;
    }
    return really(fd);
}

int fsync(int fd) { return synced("fsync", fd); }
int fdatasync(int fd) { return synced("fdatasync", fd); }

/* Whether a write fails for want of room. */
static int is_full(const char *name, int fd) {
    if (!is_meant(fd)) return 0;
    if (!is_there("full")) {
        tell(name);
        return 0;
    }
    tell("refused");
    errno = ENOSPC;
    return 1;
}

ssize_t write(int fd, const void *bytes, size_t count) {
    ssize_t (*really)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
    return is_full("write", fd) ? -1 : really(fd, bytes, count);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) {
    ssize_t (*really)(int, const void *, size_t, off_t) = dlsym(RTLD_NEXT, "pwrite");
    return is_full("pwrite", fd) ? -1 : really(fd, bytes, count, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
    ssize_t (*really)(int, const void *, size_t, off64_t) = dlsym(RTLD_NEXT, "pwrite64");
    return is_full("pwrite64", fd) ? -1 : really(fd, bytes, count, at);
}
