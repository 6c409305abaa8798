/* A disk that loses what was not synced: a preloaded library that lets every write through and keeps, beside the
 * folder POWERCUT_FOLDER, the image POWERCUT_IMAGE that a disk would hold after a cut of power.
 *
 * A file's bytes, and the name of a new file, enter the image at that file's fsync or fdatasync; renames and removals
 * enter it at their folder's. Files ending in -shm are shared memory and never enter it.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

struct range { off_t at; off_t end; struct range *next; };

/* One file, whatever handles it has. whole: it is new or was truncated, all of it must enter. */
struct file { dev_t device; ino_t inode; int whole; struct range *dirty; struct file *next; };

/* One rename or removal that its folder has not synced yet, in order; to is empty for a removal. */
struct change { char from[PATH_MAX]; char to[PATH_MAX]; struct change *next; };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct file *files;
static struct change *changes;
static char folder[PATH_MAX], image[PATH_MAX];
static size_t folder_length;

static int (*real_open)(const char *, int, ...);
static int (*real_openat)(int, const char *, int, ...);
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_ftruncate)(int, off_t);
static int (*real_rename)(const char *, const char *);
static int (*real_unlink)(const char *);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);

__attribute__((constructor)) static void begin(void)
{
    real_open = dlsym(RTLD_NEXT, "open");
    real_openat = dlsym(RTLD_NEXT, "openat");
    real_write = dlsym(RTLD_NEXT, "write");
    real_pwrite = dlsym(RTLD_NEXT, "pwrite");
    real_ftruncate = dlsym(RTLD_NEXT, "ftruncate");
    real_rename = dlsym(RTLD_NEXT, "rename");
    real_unlink = dlsym(RTLD_NEXT, "unlink");
    real_fsync = dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    const char *watched = getenv("POWERCUT_FOLDER"), *kept = getenv("POWERCUT_IMAGE");
    if (watched != NULL && kept != NULL && realpath(watched, folder) != NULL && realpath(kept, image) != NULL)
        folder_length = strlen(folder);
}

static int inside(const char *path)
{
    size_t length = strlen(path);
    return folder_length > 0 && strncmp(path, folder, folder_length) == 0 && path[folder_length] == '/'
        && !(length > 4 && strcmp(path + length - 4, "-shm") == 0);
}

/* The absolute path of a name, its folder resolved; 0 when it is not under the watched folder. */
static int place(const char *name, char *path)
{
    char parent[PATH_MAX], found[PATH_MAX];
    if (folder_length == 0 || strlen(name) >= PATH_MAX)
        return 0;
    strcpy(parent, name);
    char *slash = strrchr(parent, '/');
    const char *last = slash == NULL ? name : name + (slash - parent) + 1;
    if (slash == NULL)
        strcpy(parent, ".");
    else if (slash == parent)
        parent[1] = 0;
    else
        *slash = 0;
    if (realpath(parent, found) == NULL || strlen(found) + strlen(last) + 2 > PATH_MAX)
        return 0;
    sprintf(path, "%s/%s", found, last);
    return inside(path);
}

/* The path behind a handle; 0 when it is not under the watched folder or was removed. */
static int path_of(int handle, char *path)
{
    char link[64];
    if (folder_length == 0)
        return 0;
    sprintf(link, "/proc/self/fd/%d", handle);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    if (length <= 0)
        return 0;
    path[length] = 0;
    return inside(path) && strstr(path, " (deleted)") == NULL;
}

static void image_of(const char *path, char *found)
{
    snprintf(found, 2 * PATH_MAX, "%s%s", image, path + folder_length);
}

static struct file *file_of(int handle, int make)
{
    struct stat found;
    if (fstat(handle, &found) != 0 || !S_ISREG(found.st_mode))
        return NULL;
    for (struct file *one = files; one != NULL; one = one->next)
        if (one->device == found.st_dev && one->inode == found.st_ino)
            return one;
    if (!make)
        return NULL;
    struct file *one = calloc(1, sizeof *one);
    one->device = found.st_dev;
    one->inode = found.st_ino;
    one->next = files;
    return files = one;
}

static void clean(struct file *one)
{
    while (one->dirty != NULL) {
        struct range *gone = one->dirty;
        one->dirty = gone->next;
        free(gone);
    }
    one->whole = 0;
}

static void wrote(int handle, off_t at, ssize_t size)
{
    char path[PATH_MAX];
    int before = errno;
    if (size > 0 && path_of(handle, path)) {
        pthread_mutex_lock(&lock);
        struct file *one = file_of(handle, 1);
        if (one != NULL && one->dirty != NULL && one->dirty->end == at)
            one->dirty->end = at + size;
        else if (one != NULL) {
            struct range *more = malloc(sizeof *more);
            *more = (struct range){at, at + size, one->dirty};
            one->dirty = more;
        }
        pthread_mutex_unlock(&lock);
    }
    errno = before;
}

static void copy(int from, int to, off_t at, off_t end)
{
    static char bytes[1 << 16];
    while (at < end) {
        size_t want = end - at < (off_t)sizeof bytes ? (size_t)(end - at) : sizeof bytes;
        ssize_t got = pread(from, bytes, want, at);
        if (got <= 0 || real_pwrite(to, bytes, got, at) != got)
            return;
        at += got;
    }
}

/* A file was synced: its bytes and its name enter the image. */
static void file_synced(int handle, const char *path)
{
    char kept[2 * PATH_MAX], own[64];
    struct stat now;
    struct file *one = file_of(handle, 1);
    image_of(path, kept);
    int existed = access(kept, F_OK) == 0;
    int to = real_open(kept, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    sprintf(own, "/proc/self/fd/%d", handle);
    int from = real_open(own, O_RDONLY | O_CLOEXEC);
    if (to >= 0 && from >= 0 && fstat(from, &now) == 0) {
        if (one->whole || !existed)
            copy(from, to, 0, now.st_size);
        for (struct range *part = one->dirty; part != NULL; part = part->next)
            copy(from, to, part->at, part->end < now.st_size ? part->end : now.st_size);
        if (real_ftruncate(to, now.st_size) == 0)
            clean(one);
    }
    if (from >= 0)
        close(from);
    if (to >= 0)
        close(to);
}

static int in_folder(const char *path, const char *parent)
{
    size_t length = strlen(parent);
    return strncmp(path, parent, length) == 0 && path[length] == '/' && strchr(path + length + 1, '/') == NULL;
}

/* A folder was synced: its renames and removals enter the image, in order. */
static void folder_synced(const char *path)
{
    struct change **at = &changes;
    while (*at != NULL) {
        struct change *one = *at;
        if (!in_folder(one->from, path) && !(one->to[0] && in_folder(one->to, path))) {
            at = &one->next;
            continue;
        }
        char from[2 * PATH_MAX], to[2 * PATH_MAX];
        image_of(one->from, from);
        if (one->to[0] == 0)
            real_unlink(from);
        else {
            image_of(one->to, to);
            if (real_rename(from, to) != 0) { /* the name is durable, the bytes never were */
                int empty = real_open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
                if (empty >= 0)
                    close(empty);
            }
        }
        *at = one->next;
        free(one);
    }
}

static void synced(int handle)
{
    char path[PATH_MAX];
    struct stat found;
    int before = errno;
    if (folder_length > 0 && fstat(handle, &found) == 0) {
        pthread_mutex_lock(&lock);
        char link[64];
        sprintf(link, "/proc/self/fd/%d", handle);
        ssize_t length = readlink(link, path, PATH_MAX - 1);
        if (length > 0) {
            path[length] = 0;
            if (S_ISDIR(found.st_mode)) {
                char kept[2 * PATH_MAX];
                if (strncmp(path, folder, folder_length) == 0) {
                    image_of(path, kept);
                    mkdir(kept, 0700);
                    folder_synced(path);
                }
            } else if (inside(path) && strstr(path, " (deleted)") == NULL)
                file_synced(handle, path);
        }
        pthread_mutex_unlock(&lock);
    }
    errno = before;
}

static void opened(int handle, const char *path, int flags, int existed)
{
    int before = errno;
    if (handle >= 0 && (flags & O_ACCMODE) != O_RDONLY && inside(path) && (!existed || (flags & O_TRUNC))) {
        pthread_mutex_lock(&lock);
        struct file *one = file_of(handle, 1);
        if (one != NULL) { /* a number may come again after a removal */
            clean(one);
            one->whole = 1;
        }
        pthread_mutex_unlock(&lock);
    }
    errno = before;
}

static void noted(const char *from, const char *to)
{
    struct change *one = calloc(1, sizeof *one), **last = &changes;
    strcpy(one->from, from);
    strcpy(one->to, to);
    pthread_mutex_lock(&lock);
    while (*last != NULL)
        last = &(*last)->next;
    *last = one;
    pthread_mutex_unlock(&lock);
}

#define MODE_OF(flags) \
    mode_t mode = 0; \
    if ((flags) & (O_CREAT | O_TMPFILE)) { \
        va_list rest; \
        va_start(rest, flags); \
        mode = va_arg(rest, mode_t); \
        va_end(rest); \
    }

int open(const char *name, int flags, ...)
{
    char path[PATH_MAX];
    MODE_OF(flags)
    int mine = place(name, path), existed = mine && access(path, F_OK) == 0;
    int handle = real_open(name, flags, mode);
    if (mine)
        opened(handle, path, flags, existed);
    return handle;
}

int open64(const char *name, int flags, ...)
{
    MODE_OF(flags)
    return open(name, flags, mode);
}

int openat(int at, const char *name, int flags, ...)
{
    MODE_OF(flags)
    if (at == AT_FDCWD || name[0] == '/')
        return open(name, flags, mode);
    return real_openat(at, name, flags, mode);
}

int openat64(int at, const char *name, int flags, ...)
{
    MODE_OF(flags)
    return openat(at, name, flags, mode);
}

ssize_t write(int handle, const void *bytes, size_t size)
{
    off_t at = folder_length > 0 ? lseek(handle, 0, SEEK_CUR) : -1;
    ssize_t done = real_write(handle, bytes, size);
    if (at >= 0 && done > 0) {
        off_t end = lseek(handle, 0, SEEK_CUR); /* where it really ended: the file may be open for appending */
        wrote(handle, end - done, done);
    }
    return done;
}

ssize_t pwrite(int handle, const void *bytes, size_t size, off_t at)
{
    ssize_t done = real_pwrite(handle, bytes, size, at);
    wrote(handle, at, done);
    return done;
}

ssize_t pwrite64(int handle, const void *bytes, size_t size, off_t at)
{
    return pwrite(handle, bytes, size, at);
}

int ftruncate(int handle, off_t size)
{
    return real_ftruncate(handle, size); /* the size enters the image at the next sync, with the bytes */
}

int ftruncate64(int handle, off_t size)
{
    return ftruncate(handle, size);
}

int rename(const char *from, const char *to)
{
    char old[PATH_MAX], new[PATH_MAX];
    int mine = place(from, old) && place(to, new);
    int done = real_rename(from, to);
    if (done == 0 && mine)
        noted(old, new);
    return done;
}

int unlink(const char *name)
{
    char path[PATH_MAX];
    int mine = place(name, path);
    int done = real_unlink(name);
    if (done == 0 && mine)
        noted(path, "");
    return done;
}

int fsync(int handle)
{
    int done = real_fsync(handle);
    if (done == 0)
        synced(handle);
    return done;
}

int fdatasync(int handle)
{
    int done = real_fdatasync(handle);
    if (done == 0)
        synced(handle);
    return done;
}
