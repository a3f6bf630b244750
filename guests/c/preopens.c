/* How the C library finds the preopen that a path is in, which WASI leaves to it: paths here begin
 * with the names of the preopens that a case gives. */

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scenario.h"
#include "transcript.h"

/* What each argument leads to, if it is a file to read. */
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

/* Makes a file by each argument. */
static void make_each(void) {
  for (char **path = scenario_arguments; *path != NULL; path++) {
    SHOW_TEXT(*path);
    TRY(open(*path, O_WRONLY | O_CREAT | O_EXCL, 0600));
  }
}

/* The second argument is a new name of the first. */
static void rename_first(void) { CALL(rename(scenario_arguments[0], scenario_arguments[1])); }

/* The working directory is where relative paths start, and is the program's to change. */
static void change_directory(void) {
  CALL(chdir(scenario_arguments[0]));
  struct stat status;
  CALL(stat(scenario_arguments[1], &status));
  SHOW_YES(S_ISREG(status.st_mode));
}

/* Each argument is a directory of its own, as its number says. */
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
