/* Preloaded into a process, makes one call that changes files below a folder fail, or end the process: the n-th.

   fault_arm(folder, n, error, lasting): from now on count; call n fails with `error`, with `lasting` all later ones
   too; error 0 ends the process instead, as a kill would. n = 0 only counts. fault_count() returns the calls so far. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <unistd.h>

static char folder[PATH_MAX];
static int armed, wanted, failing, stays;
static int counted;

void fault_arm(const char *below, int number, int error, int lasting) {
    snprintf(folder, sizeof folder, "%s", below);
    counted = 0, wanted = number, failing = error, stays = lasting, armed = 1;
}

void fault_disarm(void) { armed = 0; }

int fault_count(void) { return counted; }

static int below(const char *path) { return !strncmp(path, folder, strlen(folder)); }

static int open_below(int file) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return below(path);
}

static int fails(void) {
    int number = __sync_add_and_fetch(&counted, 1);
    if (!wanted || !(number == wanted || (stays && number > wanted))) return 0;
    if (!failing) _exit(137);
    errno = failing;
    return 1;
}

static int file_fails(int file) { return armed && open_below(file) && fails(); }

static int path_fails(const char *path) { return armed && path && below(path) && fails(); }

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int file, const void *bytes, size_t size) {
    return file_fails(file) ? -1 : NEXT(write)(file, bytes, size);
}
ssize_t pwrite(int file, const void *bytes, size_t size, off_t at) {
    return file_fails(file) ? -1 : NEXT(pwrite)(file, bytes, size, at);
}
ssize_t pwrite64(int file, const void *bytes, size_t size, off64_t at) {
    return file_fails(file) ? -1 : NEXT(pwrite64)(file, bytes, size, at);
}
ssize_t writev(int file, const struct iovec *parts, int count) {
    return file_fails(file) ? -1 : NEXT(writev)(file, parts, count);
}
ssize_t sendfile(int to, int from, off_t *at, size_t size) {
    return file_fails(to) ? -1 : NEXT(sendfile)(to, from, at, size);
}
ssize_t sendfile64(int to, int from, off64_t *at, size_t size) {
    return file_fails(to) ? -1 : NEXT(sendfile64)(to, from, at, size);
}
ssize_t copy_file_range(int from, off64_t *start, int to, off64_t *at, size_t size, unsigned flags) {
    return file_fails(to) ? -1 : NEXT(copy_file_range)(from, start, to, at, size, flags);
}
size_t fwrite(const void *bytes, size_t size, size_t count, FILE *file) {
    return file_fails(fileno(file)) ? 0 : NEXT(fwrite)(bytes, size, count, file);
}
int fsync(int file) { return file_fails(file) ? -1 : NEXT(fsync)(file); }
int fdatasync(int file) { return file_fails(file) ? -1 : NEXT(fdatasync)(file); }
int ftruncate(int file, off_t size) { return file_fails(file) ? -1 : NEXT(ftruncate)(file, size); }
int ftruncate64(int file, off64_t size) { return file_fails(file) ? -1 : NEXT(ftruncate64)(file, size); }
int rename(const char *from, const char *to) { return path_fails(to) ? -1 : NEXT(rename)(from, to); }
int renameat(int from_folder, const char *from, int to_folder, const char *to) {
    return path_fails(to) ? -1 : NEXT(renameat)(from_folder, from, to_folder, to);
}
int unlink(const char *path) { return path_fails(path) ? -1 : NEXT(unlink)(path); }
int unlinkat(int at, const char *path, int flags) {
    return path_fails(path) || (at >= 0 && file_fails(at)) ? -1 : NEXT(unlinkat)(at, path, flags);
}
int rmdir(const char *path) { return path_fails(path) ? -1 : NEXT(rmdir)(path); }
int mkdir(const char *path, mode_t mode) { return path_fails(path) ? -1 : NEXT(mkdir)(path, mode); }

/* The mode stands behind the flags only where a file may be made. */
#define TAKE_MODE_OR_FAIL                                             \
        mode_t mode = 0;                                              \
        if (flags & (O_CREAT | O_TMPFILE)) {                          \
            va_list more;                                             \
            va_start(more, flags);                                    \
            mode = va_arg(more, mode_t);                              \
            va_end(more);                                             \
            if (path_fails(path)) return -1;                          \
        }
#define OPENING(name)                                                 \
    int name(const char *path, int flags, ...) {                      \
        TAKE_MODE_OR_FAIL                                             \
        return NEXT(name)(path, flags, mode);                         \
    }
OPENING(open)
OPENING(open64)

#define OPENING_AT(name)                                              \
    int name(int at, const char *path, int flags, ...) {              \
        TAKE_MODE_OR_FAIL                                             \
        return NEXT(name)(at, path, flags, mode);                     \
    }
OPENING_AT(openat)
OPENING_AT(openat64)
FILE *fopen(const char *path, const char *mode) {
    return strpbrk(mode, "wa+") && path_fails(path) ? NULL : NEXT(fopen)(path, mode);
}
FILE *fopen64(const char *path, const char *mode) {
    return strpbrk(mode, "wa+") && path_fails(path) ? NULL : NEXT(fopen64)(path, mode);
}
