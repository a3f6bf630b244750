/* Paths as ordinary programs use them: <fcntl.h>, <stdio.h>, <sys/stat.h>, <unistd.h>. */

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "info.h"
#include "scenario.h"
#include "transcript.h"

static void stat_each_type(void) {
  STAT(stat("/data/a.txt", &info));
  STAT(stat("/data/d", &info));
  STAT(stat("/data/link", &info));
  STAT(lstat("/data/a.txt", &info));
  STAT(lstat("/data/link", &info));
  STAT(stat("/data", &info));
}

static void stat_dangling(void) {
  STAT(stat("/data/dangling", &info));
  STAT(lstat("/data/dangling", &info));
  STAT(stat("/data/loop", &info));
  STAT(lstat("/data/loop", &info));
}

static void stat_missing(void) {
  STAT(stat("/data/missing", &info));
  STAT(stat("/data/missing/", &info));
  STAT(stat("/data/missing/a.txt", &info));
  STAT(stat("/data/a.txt/below", &info));
}

static void slash_after_name(void) {
  STAT(stat("/data/a.txt/", &info));
  STAT(stat("/data/d/", &info));
  STAT(stat("/data/d//", &info));
  STAT(stat("/data//d///a.txt", &info));
}

static void slash_after_link(void) {
  STAT(lstat("/data/link", &info));
  STAT(lstat("/data/link/", &info));
  STAT(lstat("/data/file/", &info));
}

static void dots(void) {
  STAT(stat("/data/.", &info));
  STAT(stat("/data/./d/.", &info));
  STAT(stat("/data/d/..", &info));
  STAT(stat("/data/d/../a.txt", &info));
}

static void dots_after_file(void) {
  STAT(stat("/data/a.txt/.", &info));
  STAT(stat("/data/a.txt/../a.txt", &info));
  STAT(stat("/data/missing/../a.txt", &info));
}

static void dots_after_link(void) { STAT(stat("/data/link/../a.txt", &info)); }

static void one_file(void) {
  struct stat other;
  STAT(stat("/data/a.txt", &info));
  CALL(stat("/data/d/../a.txt", &other));
  SHOW_YES(info.st_dev == other.st_dev && info.st_ino == other.st_ino);
  CALL(stat("/data/link", &other));
  SHOW_YES(info.st_dev == other.st_dev && info.st_ino == other.st_ino);
  CALL(lstat("/data/link", &other));
  SHOW_YES(info.st_dev == other.st_dev && info.st_ino == other.st_ino);
  CALL(stat("/data/copy", &other));
  SHOW_YES(info.st_dev == other.st_dev && info.st_ino == other.st_ino);
}

static void access_to_each(void) {
  CALL(access("/data/a.txt", F_OK));
  CALL(access("/data/a.txt", R_OK | W_OK));
  CALL(access("/data/d", F_OK));
  CALL(access("/data/d/", R_OK));
  CALL(access("/data/missing", F_OK));
  CALL(access("/data/dangling", F_OK));
  CALL(access("/data/a.txt/below", F_OK));
}

static void symlinks_on_the_way(void) {
  STAT(stat("/data/up/a.txt", &info));
  STAT(stat("/data/d/e/top/up/b.txt", &info));
  TRY(open("/data/up/new", O_WRONLY | O_CREAT, 0600));
}

static void open_exclusively(void) {
  TRY(open("/data/new", O_WRONLY | O_CREAT | O_EXCL, 0600));
  TRY(open("/data/new", O_WRONLY | O_CREAT | O_EXCL, 0600));
  TRY(open("/data/d", O_WRONLY | O_CREAT | O_EXCL, 0600));
}

static void open_dangling_exclusively(void) {
  TRY(open("/data/dangling", O_WRONLY | O_CREAT | O_EXCL, 0600));
}

static void open_dangling(void) {
  TRY(open("/data/dangling", O_RDONLY));
  TRY(open("/data/dangling", O_WRONLY | O_CREAT, 0600));
}

static void open_of_wrong_type(void) {
  TRY(open("/data/a.txt", O_RDONLY | O_DIRECTORY));
  TRY(open("/data/a.txt/", O_RDONLY));
  TRY(open("/data/d", O_WRONLY));
  TRY(open("/data/d", O_RDWR));
}

static void open_no_link(void) { TRY(open("/data/link", O_RDONLY | O_NOFOLLOW)); }

static void create_and_truncate(void) {
  int fd = TRY(creat("/data/a.txt", 0600));
  CALL(write(fd, "new", 3));
  TRY(open("/data/d/b.txt", O_RDONLY | O_CREAT, 0600));
  TRY(open("/data/missing", O_WRONLY | O_TRUNC));
}

static void truncate_by_path(void) {
  CALL(truncate("/data/a.txt", 2));
  CALL(truncate("/data/b.txt", 7));
  CALL(truncate("/data/missing", 0));
  CALL(truncate("/data/d", 0));
}

static void relative_to_directory(void) {
  int d = NEED(open("/data/d", O_RDONLY | O_DIRECTORY));
  CALL(mkdirat(d, "sub", 0777));
  CALL(close(NEED(openat(d, "sub/b.txt", O_WRONLY | O_CREAT, 0600))));
  STAT(fstatat(d, "sub/b.txt", &info, 0));
  CALL(renameat(d, "sub/b.txt", d, "c.txt"));
  CALL(faccessat(d, "c.txt", F_OK, 0));
  CALL(unlinkat(d, "sub", AT_REMOVEDIR));
  CALL(unlinkat(d, "a.txt", 0));
}

static void relative_to_file(void) {
  int file = NEED(open("/data/a.txt", O_RDONLY));
  TRY(openat(file, "b", O_WRONLY | O_CREAT, 0600));
}

static void relative_to_closed(void) {
  int d = NEED(open("/data/d", O_RDONLY | O_DIRECTORY));
  CALL(close(d));
  TRY(openat(d, "a.txt", O_RDONLY));
  STAT(fstatat(d, "a.txt", &info, 0));
  CALL(mkdirat(d, "sub", 0777));
  CALL(unlinkat(d, "a.txt", 0));
  CALL(renameat(d, "a.txt", d, "b.txt"));
}

static void odd_names(void) {
  TRY(open("/data/größe", O_WRONLY | O_CREAT, 0600));
  TRY(open("/data/日本語", O_WRONLY | O_CREAT, 0600));
  TRY(open("/data/two words", O_WRONLY | O_CREAT, 0600));
  TRY(open("/data/back\\slash", O_WRONLY | O_CREAT, 0600));
  TRY(open("/data/new\nline", O_WRONLY | O_CREAT, 0600));
  TRY(open("/data/-r", O_WRONLY | O_CREAT, 0600));
  TRY(open("/data/...", O_WRONLY | O_CREAT, 0600));
  TRY(open("/data/a:b*?", O_WRONLY | O_CREAT, 0600));
}

static void longest_name(void) {
  char path[300] = "/data/";
  memset(path + strlen(path), 'x', 255);
  TRY(open(path, O_WRONLY | O_CREAT, 0600));
  CALL(unlink(path));
}

static void too_long_name(void) {
  char path[300] = "/data/";
  memset(path + strlen(path), 'x', 256);
  TRY(open(path, O_WRONLY | O_CREAT, 0600));
}

static void deep(void) {
  char path[512] = "/data";
  int failed = 0;
  for (int i = 0; i < 60; i++) {
    strcat(path, "/deeper");
    failed += mkdir(path, 0777) != 0;
  }
  SHOW(failed);
  STAT(stat(path, &info));
  while (strcmp(path, "/data") != 0) {
    failed += rmdir(path) != 0;
    *strrchr(path, '/') = '\0';
  }
  SHOW(failed);
}

int main(int argc, char **argv) {
  static const struct scenario scenarios[] = {
      SCENARIO(stat_each_type),
      SCENARIO(stat_dangling),
      SCENARIO(stat_missing),
      SCENARIO(slash_after_name),
      SCENARIO(slash_after_link),
      SCENARIO(dots),
      SCENARIO(dots_after_file),
      SCENARIO(dots_after_link),
      SCENARIO(one_file),
      SCENARIO(access_to_each),
      SCENARIO(symlinks_on_the_way),
      SCENARIO(open_exclusively),
      SCENARIO(open_dangling_exclusively),
      SCENARIO(open_dangling),
      SCENARIO(open_of_wrong_type),
      SCENARIO(open_no_link),
      SCENARIO(create_and_truncate),
      SCENARIO(truncate_by_path),
      SCENARIO(relative_to_directory),
      SCENARIO(relative_to_file),
      SCENARIO(relative_to_closed),
      SCENARIO(odd_names),
      SCENARIO(longest_name),
      SCENARIO(too_long_name),
      SCENARIO(deep),
  };
  return RUN_SCENARIO(argc, argv, scenarios);
}
