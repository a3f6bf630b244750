/* Streams as ordinary programs use them (<stdio.h>), and how programs exit (<stdlib.h>). */

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scenario.h"
#include "transcript.h"

static char buffer[64];

/* A call that fills `buffer`: shows the number of bytes, then the bytes. */
#define READ(...) show_read(#__VA_ARGS__, (__VA_ARGS__))

static void show_read(const char *call, size_t count) {
  say("%s -> %zu", call, count);
  if (count > 0) {
    SHOW_BYTES(buffer, count);
  }
}

static long long size_of(const char *path) {
  struct stat info;
  return stat(path, &info) == 0 ? (long long)info.st_size : -1;
}

static void mode_r(void) {
  FILE *file = NEED(fopen("/data/a.txt", "r"));
  READ(fread(buffer, 1, sizeof buffer, file));
  SHOW_YES(feof(file));
  clearerr(file);
  SHOW(fputc('x', file));
  SHOW_YES(ferror(file));
  TRY(fopen("/data/missing", "r"));
}

static void mode_r_plus(void) {
  FILE *file = NEED(fopen("/data/a.txt", "r+"));
  SHOW_YES(fputs("HE", file) >= 0);
  CALL(fseek(file, 0, SEEK_CUR));
  READ(fread(buffer, 1, sizeof buffer, file));
  CALL(fclose(file));
  TRY(fopen("/data/missing", "r+"));
}

static void mode_w(void) {
  FILE *file = NEED(fopen("/data/a.txt", "w"));
  SHOW(size_of("/data/a.txt"));
  SHOW_YES(fputs("new", file) >= 0);
  CALL(fclose(file));
  CALL(fclose(NEED(fopen("/data/new", "wb"))));
}

static void mode_w_plus(void) {
  FILE *file = NEED(fopen("/data/a.txt", "w+"));
  SHOW_YES(fputs("written", file) >= 0);
  rewind(file);
  READ(fread(buffer, 1, sizeof buffer, file));
}

static void mode_a(void) {
  FILE *file = NEED(fopen("/data/a.txt", "a"));
  SHOW_YES(fputs("1", file) >= 0);
  CALL(fseek(file, 0, SEEK_SET));
  SHOW_YES(fputs("2", file) >= 0);
  CALL(fclose(file));
  CALL(fclose(NEED(fopen("/data/new", "a"))));
}

static void mode_a_plus(void) {
  FILE *file = NEED(fopen("/data/a.txt", "a+"));
  CALL(fseek(file, 0, SEEK_SET));
  READ(fread(buffer, 1, 2, file));
  CALL(fseek(file, 0, SEEK_SET));
  SHOW_YES(fputs("!", file) >= 0);
  CALL(ftell(file));
}

static void mode_x(void) {
  CALL(fclose(NEED(fopen("/data/new", "wx"))));
  TRY(fopen("/data/new", "wx"));
  TRY(fopen("/data/a.txt", "w+x"));
}

static void open_directory_to_write(void) { TRY(fopen("/data", "w")); }

static void two_appenders(void) {
  FILE *first = NEED(fopen("/data/log", "a")), *second = NEED(fopen("/data/log", "a"));
  for (int i = 0; i < 3; i++) {
    fprintf(first, "first %d\n", i);
    fflush(first);
    fprintf(second, "second %d\n", i);
    fflush(second);
  }
}

static void lines(void) {
  FILE *file = NEED(fopen("/data/a.txt", "r"));
  while (fgets(buffer, sizeof buffer, file) != NULL) {
    SHOW_TEXT(buffer);
  }
  SHOW_YES(feof(file));
}

static void line_of_any_length(void) {
  FILE *file = NEED(fopen("/data/long", "w+"));
  for (int i = 0; i < 20000; i++) {
    fputc('a' + i % 26, file);
  }
  fputc('\n', file);
  rewind(file);
  char *line = NULL;
  size_t room = 0;
  CALL(getline(&line, &room, file));
  SHOW_BYTES(line + 19990, 11);
  CALL(unlink("/data/long"));
}

static void seek(void) {
  FILE *file = NEED(fopen("/data/a.txt", "r"));
  CALL(fseek(file, -3, SEEK_END));
  CALL(ftell(file));
  SHOW(fgetc(file));
  CALL(fseek(file, -2, SEEK_CUR));
  SHOW(fgetc(file));
  CALL(fseek(file, -1, SEEK_SET));
  CALL(ftell(file));
}

static void positions(void) {
  FILE *file = NEED(fopen("/data/a.txt", "r"));
  fpos_t position;
  SHOW(fgetc(file));
  CALL(fgetpos(file, &position));
  SHOW(fgetc(file));
  CALL(fsetpos(file, &position));
  SHOW(fgetc(file));
}

static void put_back(void) {
  FILE *file = NEED(fopen("/data/a.txt", "r"));
  SHOW(fgetc(file));
  SHOW(ungetc('X', file));
  CALL(ftell(file));
  SHOW(fgetc(file));
  SHOW(fgetc(file));
  SHOW(ungetc('Y', file));
  CALL(fseek(file, 1, SEEK_SET));
  SHOW(fgetc(file));
}

static void records(void) {
  FILE *file = NEED(fopen("/data/a.txt", "r"));
  READ(fread(buffer, 1, 4, file));
  SHOW(fread(buffer, 4, 3, file));
  SHOW_YES(feof(file));
}

static void hole(void) {
  FILE *file = NEED(fopen("/data/a.txt", "r+"));
  CALL(fseek(file, 3, SEEK_END));
  SHOW_YES(fputs("end", file) >= 0);
}

static void unbuffered(void) {
  FILE *file = NEED(fopen("/data/a.txt", "w"));
  CALL(setvbuf(file, NULL, _IONBF, 0));
  SHOW_YES(fputs("now", file) >= 0);
  SHOW(size_of("/data/a.txt"));
}

static void buffered(void) {
  FILE *file = NEED(fopen("/data/a.txt", "w"));
  CALL(setvbuf(file, NULL, _IOFBF, 1024));
  SHOW_YES(fputs("later", file) >= 0);
  SHOW(size_of("/data/a.txt"));
  CALL(fflush(file));
  SHOW(size_of("/data/a.txt"));
  SHOW_YES(fputs(" and last", file) >= 0);
  CALL(fclose(file));
  SHOW(size_of("/data/a.txt"));
}

static void flush_all(void) {
  FILE *first = NEED(fopen("/data/1", "w")), *second = NEED(fopen("/data/2", "w"));
  SHOW_YES(fputs("one", first) >= 0);
  SHOW_YES(fputs("two", second) >= 0);
  CALL(fflush(NULL));
  SHOW(size_of("/data/1"));
  SHOW(size_of("/data/2"));
}

static void stream_of_descriptor(void) {
  int fd = NEED(open("/data/a.txt", O_RDWR));
  FILE *file = NEED(fdopen(fd, "a"));
  SHOW_YES(fputs("!", file) >= 0);
  SHOW_YES(fileno(file) == fd);
  CALL(fclose(file));
  CALL(close(fd));
}

static void reopened_stdout(void) {
  if (freopen("/data/out.txt", "w", stdout) == NULL) {
    fputs("freopen failed\n", stderr);
    exit(EXIT_FAILURE);
  }
  puts("into the file");
  /* Whether the data of an unclosed stream reaches the file is not tested here. */
  fclose(stdout);
}

static void reopened_stdin(void) {
  TRY(freopen("/data/a.txt", "r", stdin));
  READ(fread(buffer, 1, sizeof buffer, stdin));
}

static void closed_stdout(void) {
  CALL(fclose(stdin));
  fclose(stdout);
  fprintf(stderr, "write(1) -> %s\n",
          write(STDOUT_FILENO, "x", 1) < 0 ? libc_errno_name(errno) : "written");
}

static void large(void) {
  enum { LENGTH = 20000 };
  FILE *file = NEED(fopen("/data/large", "w+"));
  for (int i = 0; i < LENGTH; i++) {
    fprintf(file, "%d\n", i);
  }
  rewind(file);
  int different = 0;
  for (int i = 0; i < LENGTH; i++) {
    different += fgets(buffer, sizeof buffer, file) == NULL || atoi(buffer) != i;
  }
  SHOW(different);
  SHOW(size_of("/data/large"));
  CALL(unlink("/data/large"));
}

static void copy_stdin(void) {
  for (int byte; (byte = getchar()) != EOF;) {
    putchar(byte);
  }
}

static void count_stdin(void) {
  int count = 0;
  while (getchar() != EOF) {
    count++;
  }
  SHOW(count);
  SHOW(getchar());
}

static void stdin_is_no_file(void) {
  CALL(fseek(stdin, 0, SEEK_SET));
  SHOW(getchar());
}

static void stdout_and_stderr(void) {
  printf("to stdout\n");
  fprintf(stderr, "to stderr\n");
  printf("again to stdout\n");
}

static void any_bytes(void) {
  for (int byte = 0; byte < 256; byte++) {
    putchar(byte);
  }
}

static void exit_with_status(void) { exit(atoi(scenario_arguments[0])); }

static void at_exit_first(void) { puts("registered first"); }
static void at_exit_second(void) { puts("registered second"); }

static void exit_runs_handlers(void) {
  atexit(at_exit_first);
  atexit(at_exit_second);
  printf("kept in the buffer; ");
  exit(3);
}

static void exit_at_once(void) {
  atexit(at_exit_first);
  FILE *file = NEED(fopen("/data/new", "w"));
  SHOW_YES(fputs("kept in the buffer", file) >= 0);
  _Exit(4);
}

static void exit_flushes_files(void) {
  FILE *file = NEED(fopen("/data/new", "w"));
  SHOW_YES(fputs("flushed", file) >= 0);
  exit(0);
}

int main(int argc, char **argv) {
  static const struct scenario scenarios[] = {
      SCENARIO(mode_r),
      SCENARIO(mode_r_plus),
      SCENARIO(mode_w),
      SCENARIO(mode_w_plus),
      SCENARIO(mode_a),
      SCENARIO(mode_a_plus),
      SCENARIO(mode_x),
      SCENARIO(open_directory_to_write),
      SCENARIO(two_appenders),
      SCENARIO(lines),
      SCENARIO(line_of_any_length),
      SCENARIO(seek),
      SCENARIO(positions),
      SCENARIO(put_back),
      SCENARIO(records),
      SCENARIO(hole),
      SCENARIO(unbuffered),
      SCENARIO(buffered),
      SCENARIO(flush_all),
      SCENARIO(stream_of_descriptor),
      SCENARIO(reopened_stdout),
      SCENARIO(reopened_stdin),
      SCENARIO(closed_stdout),
      SCENARIO(large),
      SCENARIO(copy_stdin),
      SCENARIO(count_stdin),
      SCENARIO(stdin_is_no_file),
      SCENARIO(stdout_and_stderr),
      SCENARIO(any_bytes),
      SCENARIO(exit_with_status),
      SCENARIO(exit_runs_handlers),
      SCENARIO(exit_at_once),
      SCENARIO(exit_flushes_files),
  };
  return RUN_SCENARIO(argc, argv, scenarios);
}
