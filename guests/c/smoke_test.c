/* The smoke test of runners: it shows that a runner passes everything through, both ways.
 *
 * The first argument says what to do:
 *   all    print each argument after the program's name, each environment variable in order, all
 *          of stdin and /data/in.txt; write the content of the file and the arguments to
 *          /data/out.txt; exit with 33.
 *   trap   execute `unreachable`.
 *   exit0  return from main.
 *
 * The program's name is omitted because some runtimes let nobody choose it. Everything goes
 * through read and write, without stdio, so that little besides the runner is tested. */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wasi/api.h>

extern char **environ;

enum { EXIT_BROKEN = 1, EXIT_PASSED = 33 };

static void put_bytes(int fd, const char *bytes, size_t length) {
  while (length > 0) {
    ssize_t written = write(fd, bytes, length);
    if (written < 0) {
      _Exit(EXIT_BROKEN);
    }
    bytes += written;
    length -= (size_t)written;
  }
}

static void put(int fd, const char *text) { put_bytes(fd, text, strlen(text)); }

static void put_number(int fd, unsigned number) {
  char digits[10];
  size_t first = sizeof digits;
  do {
    digits[--first] = (char)('0' + number % 10);
    number /= 10;
  } while (number > 0);
  put_bytes(fd, digits + first, sizeof digits - first);
}

/* Reports on stderr which call failed, and with which error number. */
static void give_up(const char *call) {
  put(STDERR_FILENO, call);
  put(STDERR_FILENO, " -> errno ");
  put_number(STDERR_FILENO, (unsigned)errno);
  put(STDERR_FILENO, "\n");
  _Exit(EXIT_BROKEN);
}

/* Copies the rest of one descriptor to two others. */
static void copy(const char *call, int from, int to, int also_to) {
  char buffer[512];
  for (;;) {
    ssize_t length = read(from, buffer, sizeof buffer);
    if (length < 0) {
      give_up(call);
    }
    if (length == 0) {
      return;
    }
    put_bytes(to, buffer, (size_t)length);
    if (also_to >= 0) {
      put_bytes(also_to, buffer, (size_t)length);
    }
  }
}

static void pass_all(int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    put(STDOUT_FILENO, "arg ");
    put_number(STDOUT_FILENO, (unsigned)i);
    put(STDOUT_FILENO, "=");
    put(STDOUT_FILENO, argv[i]);
    put(STDOUT_FILENO, "\n");
  }
  for (char **variable = environ; *variable != NULL; variable++) {
    put(STDOUT_FILENO, "env ");
    put(STDOUT_FILENO, *variable);
    put(STDOUT_FILENO, "\n");
  }
  put(STDOUT_FILENO, "stdin ");
  copy("read stdin", STDIN_FILENO, STDOUT_FILENO, -1);

  int in = open("/data/in.txt", O_RDONLY);
  if (in < 0) {
    give_up("\nopen /data/in.txt");
  }
  int out = open("/data/out.txt", O_WRONLY | O_CREAT | O_TRUNC, 0666);
  if (out < 0) {
    give_up("\nopen /data/out.txt");
  }
  put(STDOUT_FILENO, "\nfile ");
  copy("read /data/in.txt", in, STDOUT_FILENO, out);
  put(STDOUT_FILENO, "\n");
  put(out, "\n");
  for (int i = 1; i < argc; i++) {
    put(out, argv[i]);
    put(out, "\n");
  }
  close(in);
  close(out);
  __wasi_proc_exit(EXIT_PASSED);
}

int main(int argc, char **argv) {
  const char *what = argc > 1 ? argv[1] : "";
  if (strcmp(what, "all") == 0) {
    pass_all(argc, argv);
  } else if (strcmp(what, "trap") == 0) {
    __builtin_trap();
  } else if (strcmp(what, "exit0") == 0) {
    return 0;
  }
  put(STDERR_FILENO, "usage: smoke_test all|trap|exit0\n");
  return EXIT_BROKEN;
}
