/* Directories as ordinary programs read them: <dirent.h>. The runtime chooses the order of entries,
 * so names are shown sorted, and everything else only as numbers. */

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wasi/api.h>

#include "scenario.h"
#include "transcript.h"

enum { MOST_ENTRIES = 4000, LONGEST_PATH = 512 };

static bool is_dot(const char *name) { return strcmp(name, ".") == 0 || strcmp(name, "..") == 0; }

/* The next entry other than `.` and `..`, which need not be listed. */
static struct dirent *next(DIR *directory) {
  struct dirent *entry;
  do {
    errno = 0;
    entry = readdir(directory);
  } while (entry != NULL && is_dot(entry->d_name));
  return entry;
}

static int compare_names(const void *left, const void *right) {
  return strcmp(*(char *const *)left, *(char *const *)right);
}

/* The names from the stream's position on, sorted, each with a letter for its type. */
static void show_rest(DIR *directory) {
  char *names[MOST_ENTRIES];
  size_t count = 0;
  for (struct dirent *entry; count < MOST_ENTRIES && (entry = next(directory)) != NULL;) {
    static const char letters[] = {[DT_REG] = 'f', [DT_DIR] = 'd', [DT_LNK] = 'l'};
    char letter = entry->d_type < sizeof letters ? letters[entry->d_type] : '\0';
    size_t room = strlen(entry->d_name) + 3;
    names[count] = malloc(room);
    snprintf(names[count++], room, "%s %c", entry->d_name, letter == '\0' ? '?' : letter);
  }
  if (errno != 0) {
    SHOW_TEXT(libc_errno_name(errno));
  }
  qsort(names, count, sizeof *names, compare_names);
  for (size_t i = 0; i < count; i++) {
    SHOW_TEXT(names[i]);
    free(names[i]);
  }
  SHOW(count);
}

/* The length of names: long enough that few of them fit into the buffer of one call. */
static int padding = 100;

/* The name of the file with this number. */
static const char *path_of(int number) {
  static char path[LONGEST_PATH];
  snprintf(path, sizeof path, "/data/d/%03d-%0*d", number, padding, 0);
  return path;
}

static void create(int first, int last) {
  for (int i = first; i < last; i++) {
    int fd = open(path_of(i), O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (fd < 0) {
      CALL(open(path_of(i), O_WRONLY | O_CREAT | O_EXCL, 0600));
    }
    close(fd);
  }
}

/* Some of them may already be gone. */
static void discard(int first, int last) {
  for (int i = first; i < last; i++) {
    unlink(path_of(i));
  }
}

/* How often each numbered file has been seen. */
static int seen[MOST_ENTRIES];

static void note(const struct dirent *entry) {
  int number = atoi(entry->d_name);
  if (number >= 0 && number < MOST_ENTRIES) {
    seen[number]++;
  }
}

static void show_seen(int first, int last) {
  int missing = 0, repeated = 0;
  for (int i = first; i < last; i++) {
    missing += seen[i] == 0;
    repeated += seen[i] > 1;
  }
  SHOW_YES(missing == 0);
  SHOW_YES(repeated == 0);
}

static void list(void) {
  DIR *directory = NEED(opendir("/data"));
  show_rest(directory);
  CALL(closedir(directory));
}

static void list_through_symlink(void) { show_rest(NEED(opendir("/data/link"))); }

static void list_with_slashes(void) { show_rest(NEED(opendir("/data//d/./"))); }

static void not_a_directory(void) {
  TRY(opendir("/data/a.txt"));
  TRY(opendir("/data/a.txt/"));
  TRY(opendir("/data/link"));
}

static void missing_directory(void) {
  TRY(opendir("/data/missing"));
  TRY(opendir("/data/missing/"));
  TRY(opendir("/data/dangling"));
}

static void end_is_no_error(void) {
  DIR *directory = NEED(opendir("/data/d"));
  SHOW_YES(next(directory) == NULL);
  SHOW(errno);
  SHOW_YES(next(directory) == NULL);
  SHOW(errno);
}

static void dots_at_most_once(void) {
  DIR *directory = NEED(opendir("/data/d"));
  int dots = 0, dotdots = 0;
  for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
    dots += strcmp(entry->d_name, ".") == 0;
    dotdots += strcmp(entry->d_name, "..") == 0;
  }
  SHOW_YES(dots <= 1);
  SHOW_YES(dotdots <= 1);
}

/* The entry at a cookie, by a raw call: libc replaces inode numbers of zero, and its telldir has
 * too few bits for a cookie. */
struct raw_entry {
  __wasi_dirent_t head;
  char name[256];
};

static bool raw_entry_at(int fd, __wasi_dircookie_t cookie, struct raw_entry *entry) {
  uint8_t buffer[sizeof *entry];
  __wasi_size_t used = 0;
  __wasi_errno_t error = __wasi_fd_readdir((__wasi_fd_t)fd, buffer, sizeof buffer, cookie, &used);
  if (error != 0) {
    SHOW_TEXT(wasi_errno_name(error));
  }
  if (error != 0 || used < sizeof entry->head) {
    return false;
  }
  memcpy(&entry->head, buffer, sizeof entry->head);
  size_t length = entry->head.d_namlen < 255 ? entry->head.d_namlen : 255;
  memcpy(entry->name, buffer + sizeof entry->head, length);
  entry->name[length] = '\0';
  return true;
}

static void inodes(void) {
  int fd = NEED(open("/data", O_RDONLY | O_DIRECTORY)), entries = 0, different = 0;
  struct raw_entry entry = {0};
  while (raw_entry_at(fd, entry.head.d_next, &entry)) {
    if (!is_dot(entry.name)) {
      struct stat info;
      different += fstatat(fd, entry.name, &info, AT_SYMLINK_NOFOLLOW) != 0 ||
                   info.st_ino != entry.head.d_ino;
      entries++;
    }
  }
  SHOW(entries);
  SHOW(different);
}

/* Returns to each cookie, in a different order, and checks that the same entry follows. */
static void every_cookie(void) {
  enum { COUNT = 60 };
  static __wasi_dircookie_t cookies[COUNT + 2];
  static struct raw_entry entries[COUNT + 2];
  create(0, COUNT);
  int fd = NEED(open("/data/d", O_RDONLY | O_DIRECTORY)), count = 0, different = 0;
  while (count < COUNT + 2 && raw_entry_at(fd, cookies[count], &entries[count])) {
    if (++count < COUNT + 2) {
      cookies[count] = entries[count - 1].head.d_next;
    }
  }
  for (int i = 0; i < count; i++) {
    int chosen = (i * 37 + 11) % count;
    struct raw_entry again;
    different +=
        !raw_entry_at(fd, cookies[chosen], &again) || strcmp(again.name, entries[chosen].name) != 0;
  }
  SHOW_YES(count >= COUNT);
  SHOW_YES(different == 0);
  discard(0, COUNT);
}

static void many(void) {
  create(0, 300);
  DIR *directory = NEED(opendir("/data/d"));
  for (struct dirent *entry; (entry = next(directory)) != NULL;) {
    note(entry);
  }
  show_seen(0, 300);
  discard(0, 300);
}

static void rewind_to_start(void) {
  DIR *directory = NEED(opendir("/data/d"));
  show_rest(directory);
  CALL(close(NEED(open("/data/d/new", O_WRONLY | O_CREAT, 0600))));
  rewinddir(directory);
  show_rest(directory);
}

static void unlink_while_reading(void) {
  create(0, 200);
  DIR *directory = NEED(opendir("/data/d"));
  for (struct dirent *entry; (entry = next(directory)) != NULL;) {
    note(entry);
    unlinkat(dirfd(directory), entry->d_name, 0);
  }
  show_seen(0, 200);
  CALL(closedir(directory));
  discard(0, 200);
}

/* An entry created while reading may be listed or not, but must not displace another one. */
static void create_while_reading(void) {
  create(0, 200);
  DIR *directory = NEED(opendir("/data/d"));
  int made = 200;
  for (struct dirent *entry; (entry = next(directory)) != NULL;) {
    note(entry);
    if (made < 300) {
      create(made, made + 1);
      made++;
    }
  }
  show_seen(0, 200);
  CALL(closedir(directory));
  discard(0, made);
}

/* The names are short, because creating so many files takes a while. */
static void thousands(void) {
  padding = 1;
  create(0, 3000);
  DIR *directory = NEED(opendir("/data/d"));
  for (struct dirent *entry; (entry = next(directory)) != NULL;) {
    note(entry);
  }
  show_seen(0, 3000);
  discard(0, 3000);
}

static void two_streams(void) {
  DIR *first = NEED(opendir("/data")), *second = NEED(opendir("/data"));
  while (next(first) != NULL) {
  }
  show_rest(second);
}

static void stream_of_descriptor(void) {
  int fd = NEED(open("/data/d", O_RDONLY | O_DIRECTORY));
  DIR *directory = NEED(fdopendir(fd));
  SHOW_YES(dirfd(directory) == fd);
  show_rest(directory);
  CALL(closedir(directory));
  struct stat info;
  CALL(fstat(fd, &info));
}

static int without_dots(const struct dirent *entry) { return !is_dot(entry->d_name); }

static void scan(void) {
  struct dirent **entries;
  int count = CALL(scandir("/data", &entries, without_dots, alphasort));
  for (int i = 0; i < count; i++) {
    SHOW_TEXT(entries[i]->d_name);
  }
}

/* Like `rm -r`: removes everything below the directory first. */
static void remove_tree(const char *path) {
  DIR *directory = opendir(path);
  if (directory == NULL) {
    CALL(unlink(path));
    return;
  }
  for (struct dirent *entry; (entry = next(directory)) != NULL;) {
    char below[LONGEST_PATH];
    snprintf(below, sizeof below, "%s/%s", path, entry->d_name);
    if (entry->d_type == DT_DIR) {
      remove_tree(below);
    } else if (unlink(below) != 0) {
      CALL(unlink(below));
    }
  }
  closedir(directory);
  CALL(rmdir(path));
}

static void walk_and_remove(void) { remove_tree("/data/d"); }

int main(int argc, char **argv) {
  static const struct scenario scenarios[] = {
      SCENARIO(list),
      SCENARIO(list_through_symlink),
      SCENARIO(list_with_slashes),
      SCENARIO(not_a_directory),
      SCENARIO(missing_directory),
      SCENARIO(end_is_no_error),
      SCENARIO(dots_at_most_once),
      SCENARIO(inodes),
      SCENARIO(every_cookie),
      SCENARIO(many),
      SCENARIO(rewind_to_start),
      SCENARIO(unlink_while_reading),
      SCENARIO(create_while_reading),
      SCENARIO(thousands),
      SCENARIO(two_streams),
      SCENARIO(stream_of_descriptor),
      SCENARIO(scan),
      SCENARIO(walk_and_remove),
  };
  return RUN_SCENARIO(argc, argv, scenarios);
}
