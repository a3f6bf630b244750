/* What programs do to files and names by path: create, remove, rename and link them, and set their
 * times. */

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "info.h"
#include "scenario.h"
#include "transcript.h"

static char buffer[64];

/* A call that fills `buffer`: shows the number of bytes, then the bytes. */
#define READ(...) show_read(#__VA_ARGS__, (__VA_ARGS__))

static void show_read(const char *call, ssize_t count) {
  if (show_count(call, count) > 0) {
    SHOW_BYTES(buffer, (size_t)count);
  }
}

static void make_directories(void) {
  CALL(mkdir("/data/new", 0777));
  CALL(mkdir("/data/new/sub/", 0777));
  CALL(mkdir("/data/missing/sub", 0777));
  CALL(mkdir("/data/a.txt/sub", 0777));
}

static void make_what_is_there(void) {
  CALL(mkdir("/data/d", 0777));
  CALL(mkdir("/data/a.txt", 0777));
  CALL(mkdir("/data/.", 0777));
}

static void make_where_link_leads(void) { CALL(mkdir("/data/dangling", 0777)); }

static void remove_directory(void) {
  CALL(rmdir("/data/d"));
  CALL(rmdir("/data/d"));
}

static void remove_directory_with_slash(void) { CALL(rmdir("/data/d/")); }

static void remove_directory_by_dot(void) { CALL(rmdir("/data/d/.")); }

static void remove_full_directory(void) { CALL(rmdir("/data/d")); }

static void remove_file_as_directory(void) { CALL(rmdir("/data/a.txt")); }

static void remove_link_as_directory(void) { CALL(rmdir("/data/link")); }

static void unlink_each_type(void) {
  CALL(unlink("/data/a.txt/"));
  CALL(unlink("/data/a.txt"));
  CALL(unlink("/data/a.txt"));
  CALL(unlink("/data/link"));
  CALL(unlink("/data/d"));
}

static void remove_either(void) {
  CALL(remove("/data/a.txt"));
  CALL(remove("/data/d"));
  CALL(remove("/data/missing"));
}

static void rename_to_replace(void) {
  int fd = NEED(open("/data/new", O_WRONLY | O_CREAT | O_EXCL, 0600));
  CALL(write(fd, "new", 3));
  CALL(close(fd));
  int reader = NEED(open("/data/a.txt", O_RDONLY));
  CALL(rename("/data/new", "/data/a.txt"));
  READ(read(reader, buffer, sizeof buffer));
}

static void rename_directory(void) {
  CALL(rename("/data/d", "/data/empty"));
  CALL(rename("/data/empty/sub", "/data/sub/"));
}

static void rename_wrong_type(void) {
  CALL(rename("/data/d", "/data/a.txt"));
  CALL(rename("/data/a.txt", "/data/d"));
}

static void rename_into_itself(void) {
  CALL(rename("/data/d", "/data/d"));
  CALL(rename("/data/d", "/data/d/new"));
  CALL(rename("/data/d", "/data/d/sub/new"));
}

static void rename_missing(void) {
  CALL(rename("/data/missing", "/data/a.txt"));
  CALL(rename("/data/a.txt", "/data/missing/b.txt"));
}

static void rename_file_with_slash(void) { CALL(rename("/data/a.txt/", "/data/b.txt")); }

static void rename_file_to_slash(void) { CALL(rename("/data/a.txt", "/data/b.txt/")); }

static void rename_onto_hard_link(void) { CALL(rename("/data/a.txt", "/data/again")); }

static void rename_link(void) { CALL(rename("/data/link", "/data/moved")); }

static void hard_link(void) {
  CALL(link("/data/a.txt", "/data/again"));
  STAT(stat("/data/a.txt", &info));
  int fd = NEED(open("/data/again", O_WRONLY | O_APPEND));
  CALL(write(fd, "!", 1));
  CALL(unlink("/data/a.txt"));
  STAT(stat("/data/again", &info));
}

static void hard_link_refused(void) {
  CALL(link("/data/a.txt", "/data/b.txt"));
  CALL(link("/data/missing", "/data/new"));
  CALL(link("/data/a.txt", "/data/missing/new"));
}

static void hard_link_of_directory(void) { CALL(link("/data/d", "/data/new")); }

static void make_link(void) {
  CALL(symlink("d/ü.txt", "/data/new"));
  READ(readlink("/data/new", buffer, sizeof buffer));
  STAT(lstat("/data/new", &info));
}

static void make_link_refused(void) {
  CALL(symlink("anything", "/data/a.txt"));
  CALL(symlink("anything", "/data/dangling"));
  CALL(symlink("anything", "/data/missing/new"));
}

static void read_no_link(void) {
  CALL(readlink("/data/a.txt", buffer, sizeof buffer));
  CALL(readlink("/data/d", buffer, sizeof buffer));
  CALL(readlink("/data/missing", buffer, sizeof buffer));
}

static void read_link_cut_off(void) {
  READ(readlink("/data/link", buffer, 3));
  READ(readlink("/data/link", buffer, 6));
}

/* Any two times that no clock shows today. */
static const struct timespec given[2] = {{.tv_sec = 1000000000, .tv_nsec = 123456789},
                                         {.tv_sec = 2000000000, .tv_nsec = 987654321}};

static void show_given(const char *call, int result) {
  show_count(call, result);
  SHOW_YES(info.st_atim.tv_sec == given[0].tv_sec && info.st_mtim.tv_sec == given[1].tv_sec);
  SHOW_YES(info.st_atim.tv_nsec == given[0].tv_nsec && info.st_mtim.tv_nsec == given[1].tv_nsec);
}

static void set_times(void) {
  CALL(utimensat(AT_FDCWD, "/data/a.txt", given, 0));
  show_given("stat", stat("/data/a.txt", &info));
}

static void set_times_of_descriptor(void) {
  int fd = NEED(open("/data/a.txt", O_RDWR));
  CALL(futimens(fd, given));
  show_given("fstat", fstat(fd, &info));
}

static void set_times_of_link(void) {
  CALL(utimensat(AT_FDCWD, "/data/link", given, AT_SYMLINK_NOFOLLOW));
  show_given("lstat", lstat("/data/link", &info));
}

static void set_times_through_link(void) {
  CALL(utimensat(AT_FDCWD, "/data/link", given, 0));
  show_given("stat", stat("/data/a.txt", &info));
}

static void set_times_of_missing(void) {
  CALL(utimensat(AT_FDCWD, "/data/missing", given, 0));
  CALL(utimensat(AT_FDCWD, "/data/dangling", given, 0));
}

/* File times may lag slightly behind the clock. */
static void show_near_now(const char *call, int result) {
  enum { TOLERANCE = 10 };
  show_count(call, result);
  SHOW_YES(llabs(info.st_mtim.tv_sec - time(NULL)) < TOLERANCE);
}

static void write_changes_time(void) {
  int fd = NEED(open("/data/a.txt", O_RDWR));
  CALL(read(fd, buffer, 1));
  CALL(fstat(fd, &info));
  SHOW(info.st_mtim.tv_sec);
  CALL(write(fd, "x", 1));
  show_near_now("fstat", fstat(fd, &info));
}

static void new_name_changes_time(void) {
  CALL(close(NEED(open("/data/d/new", O_WRONLY | O_CREAT, 0600))));
  show_near_now("stat", stat("/data/d", &info));
}

int main(int argc, char **argv) {
  static const struct scenario scenarios[] = {
      SCENARIO(make_directories),
      SCENARIO(make_what_is_there),
      SCENARIO(make_where_link_leads),
      SCENARIO(remove_directory),
      SCENARIO(remove_directory_with_slash),
      SCENARIO(remove_directory_by_dot),
      SCENARIO(remove_full_directory),
      SCENARIO(remove_file_as_directory),
      SCENARIO(remove_link_as_directory),
      SCENARIO(unlink_each_type),
      SCENARIO(remove_either),
      SCENARIO(rename_to_replace),
      SCENARIO(rename_directory),
      SCENARIO(rename_wrong_type),
      SCENARIO(rename_into_itself),
      SCENARIO(rename_missing),
      SCENARIO(rename_file_with_slash),
      SCENARIO(rename_file_to_slash),
      SCENARIO(rename_onto_hard_link),
      SCENARIO(rename_link),
      SCENARIO(hard_link),
      SCENARIO(hard_link_refused),
      SCENARIO(hard_link_of_directory),
      SCENARIO(make_link),
      SCENARIO(make_link_refused),
      SCENARIO(read_no_link),
      SCENARIO(read_link_cut_off),
      SCENARIO(set_times),
      SCENARIO(set_times_of_descriptor),
      SCENARIO(set_times_of_link),
      SCENARIO(set_times_through_link),
      SCENARIO(set_times_of_missing),
      SCENARIO(write_changes_time),
      SCENARIO(new_name_changes_time),
  };
  return RUN_SCENARIO(argc, argv, scenarios);
}
