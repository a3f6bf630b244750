/* How the C library finds the preopen that a path belongs to, which WASI leaves to it: paths here
 * start with the names of the preopens of a case. */

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scenario.h"
#include "transcript.h"

/* The content of the file at each argument, if it can be opened. */
static void read_each(void) {
  for (char **path = scenario_arguments; *path != NULL; path++) {
    char buffer[32];
    SHOW_TEXT(*path);
    int fd = TRY(open(*path, O_RDONLY));
    if (fd != -1) {
      ssize_t length = read(fd, buffer, sizeof buffer);
      SHOW_BYTES(buffer, length > 0 ? (size_t)length : 0);
      close(fd);
    }
  }
}

/* Creates a file at each argument. */
static void make_each(void) {
  for (char **path = scenario_arguments; *path != NULL; path++) {
    SHOW_TEXT(*path);
    TRY(open(*path, O_WRONLY | O_CREAT | O_EXCL, 0600));
  }
}

/* Renames the first argument to the second. */
static void rename_first(void) { CALL(rename(scenario_arguments[0], scenario_arguments[1])); }

/* Relative paths start at the working directory, which the program may change. */
static void change_directory(void) {
  CALL(chdir(scenario_arguments[0]));
  struct stat status;
  CALL(stat(scenario_arguments[1], &status));
  SHOW_YES(S_ISREG(status.st_mode));
}

/* Whether two arguments are the same directory, by device and inode number. */
static void one_directory(void) {
  struct stat first, second;
  CALL(stat(scenario_arguments[0], &first));
  CALL(stat(scenario_arguments[1], &second));
  SHOW_YES(first.st_dev == second.st_dev && first.st_ino == second.st_ino);
}

int main(int argc, char **argv) {
  static const struct scenario scenarios[] = {
      SCENARIO(read_each),        SCENARIO(make_each),     SCENARIO(rename_first),
      SCENARIO(change_directory), SCENARIO(one_directory),
  };
  return RUN_SCENARIO(argc, argv, scenarios);
}
