/* Descriptors as ordinary programs use them: <fcntl.h>, <unistd.h>, <sys/uio.h>, <poll.h>. */

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>
#include <wasi/api.h>

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

static long long size_of(int fd) {
  struct stat info;
  return fstat(fd, &info) == 0 ? info.st_size : -1;
}

static void read_in_pieces(void) {
  int fd = NEED(open("/data/a.txt", O_RDONLY));
  READ(read(fd, buffer, 3));
  READ(read(fd, buffer, 10));
  READ(read(fd, buffer, 10));
}

static void read_nothing(void) {
  int fd = NEED(open("/data/a.txt", O_RDONLY));
  CALL(read(fd, buffer, 0));
  CALL(lseek(fd, 0, SEEK_CUR));
}

static void write_nothing(void) {
  int fd = NEED(open("/data/a.txt", O_RDWR));
  CALL(lseek(fd, 9, SEEK_SET));
  CALL(write(fd, "", 0));
  CALL(lseek(fd, 0, SEEK_CUR));
  SHOW(size_of(fd));
}

static void read_of_write_only(void) {
  int fd = NEED(open("/data/a.txt", O_WRONLY));
  CALL(read(fd, buffer, 1));
  CALL(pread(fd, buffer, 1, 0));
}

static void write_of_read_only(void) {
  int fd = NEED(open("/data/a.txt", O_RDONLY));
  CALL(write(fd, "x", 1));
  CALL(pwrite(fd, "x", 1, 0));
}

static void read_of_directory(void) {
  int fd = NEED(open("/data", O_RDONLY | O_DIRECTORY));
  CALL(read(fd, buffer, 1));
}

static void wrong_end_of_stdio(void) {
  CALL(write(STDIN_FILENO, "x", 1));
  CALL(read(STDOUT_FILENO, buffer, 1));
  CALL(read(STDERR_FILENO, buffer, 1));
}

static void show_every_call(int fd) {
  struct stat info;
  CALL(read(fd, buffer, 1));
  CALL(write(fd, "x", 1));
  CALL(lseek(fd, 0, SEEK_CUR));
  CALL(fstat(fd, &info));
  CALL(ftruncate(fd, 0));
  CALL(fsync(fd));
  CALL(fcntl(fd, F_GETFL));
  CALL(close(fd));
}

static void closed(void) {
  int fd = NEED(open("/data/a.txt", O_RDWR));
  CALL(close(fd));
  show_every_call(fd);
}

static void minus_one(void) { show_every_call(-1); }

static void seek(void) {
  int fd = NEED(open("/data/a.txt", O_RDONLY));
  CALL(lseek(fd, 2, SEEK_SET));
  CALL(lseek(fd, 2, SEEK_CUR));
  CALL(lseek(fd, -3, SEEK_CUR));
  CALL(lseek(fd, -2, SEEK_END));
  READ(read(fd, buffer, 10));
}

static void seek_before_start(void) {
  int fd = NEED(open("/data/a.txt", O_RDONLY));
  CALL(lseek(fd, 2, SEEK_SET));
  CALL(lseek(fd, -1, SEEK_SET));
  CALL(lseek(fd, -3, SEEK_CUR));
  CALL(lseek(fd, -6, SEEK_END));
  CALL(lseek(fd, 0, SEEK_CUR));
}

static void seek_past_end(void) {
  int fd = NEED(open("/data/a.txt", O_RDWR));
  CALL(lseek(fd, 3, SEEK_END));
  CALL(read(fd, buffer, 1));
  SHOW(size_of(fd));
  CALL(write(fd, "x", 1));
  SHOW(size_of(fd));
}

static void seek_beyond_32_bits(void) {
  int fd = NEED(open("/data/a.txt", O_RDONLY));
  CALL(lseek(fd, 0x123456789a, SEEK_SET));
  CALL(lseek(fd, 0, SEEK_CUR));
  CALL(read(fd, buffer, 1));
}

static void seek_on_pipe(void) {
  CALL(lseek(STDIN_FILENO, 0, SEEK_CUR));
  CALL(pread(STDIN_FILENO, buffer, 1, 0));
  READ(read(STDIN_FILENO, buffer, 10));
}

static void pread_keeps_offset(void) {
  int fd = NEED(open("/data/a.txt", O_RDONLY));
  CALL(lseek(fd, 1, SEEK_SET));
  READ(pread(fd, buffer, 10, 3));
  CALL(pread(fd, buffer, 10, 5));
  CALL(pread(fd, buffer, 10, 100));
  READ(read(fd, buffer, 10));
}

static void pwrite_keeps_offset(void) {
  int fd = NEED(open("/data/a.txt", O_RDWR));
  CALL(lseek(fd, 1, SEEK_SET));
  CALL(pwrite(fd, "XY", 2, 3));
  CALL(pwrite(fd, "Z", 1, 7));
  CALL(write(fd, "_", 1));
}

static void append_after_seek(void) {
  int fd = NEED(open("/data/a.txt", O_RDWR | O_APPEND));
  READ(read(fd, buffer, 2));
  CALL(write(fd, "123", 3));
  CALL(lseek(fd, 0, SEEK_CUR));
  CALL(lseek(fd, 0, SEEK_SET));
  CALL(write(fd, "4", 1));
  CALL(read(fd, buffer, 1));
}

static void append_pwrite(void) {
  int fd = NEED(open("/data/a.txt", O_WRONLY | O_APPEND));
  CALL(pwrite(fd, "XY", 2, 1));
}

static void append_set_later(void) {
  int fd = NEED(open("/data/a.txt", O_WRONLY));
  SHOW_YES(fcntl(fd, F_GETFL) & O_APPEND);
  CALL(fcntl(fd, F_SETFL, O_APPEND));
  SHOW_YES(fcntl(fd, F_GETFL) & O_APPEND);
  CALL(write(fd, "1", 1));
  CALL(fcntl(fd, F_SETFL, 0));
  SHOW_YES(fcntl(fd, F_GETFL) & O_APPEND);
  CALL(lseek(fd, 0, SEEK_SET));
  CALL(write(fd, "2", 1));
}

static void nonblock_set_later(void) {
  int fd = NEED(open("/data/a.txt", O_RDWR | O_APPEND));
  SHOW_YES(fcntl(fd, F_GETFL) & O_NONBLOCK);
  CALL(fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK));
  SHOW_YES(fcntl(fd, F_GETFL) & O_NONBLOCK);
  SHOW_YES(fcntl(fd, F_GETFL) & O_APPEND);
  CALL(fcntl(fd, F_SETFL, O_APPEND));
  SHOW_YES(fcntl(fd, F_GETFL) & O_NONBLOCK);
  SHOW_YES(fcntl(fd, F_GETFL) & O_APPEND);
}

static void access_mode(void) {
  int reader = NEED(open("/data/a.txt", O_RDONLY));
  int writer = NEED(open("/data/a.txt", O_WRONLY));
  int both = NEED(open("/data/a.txt", O_RDWR));
  SHOW_YES((fcntl(reader, F_GETFL) & O_ACCMODE) == O_RDONLY);
  SHOW_YES((fcntl(writer, F_GETFL) & O_ACCMODE) == O_WRONLY);
  SHOW_YES((fcntl(both, F_GETFL) & O_ACCMODE) == O_RDWR);
}

static void truncate_shrinks(void) {
  int fd = NEED(open("/data/a.txt", O_RDWR));
  CALL(lseek(fd, 4, SEEK_SET));
  CALL(ftruncate(fd, 2));
  CALL(lseek(fd, 0, SEEK_CUR));
  CALL(read(fd, buffer, 1));
  CALL(write(fd, "x", 1));
}

static void truncate_grows(void) {
  int fd = NEED(open("/data/a.txt", O_RDWR));
  CALL(ftruncate(fd, 7));
  READ(read(fd, buffer, 10));
  CALL(ftruncate(fd, 7));
  SHOW(size_of(fd));
}

static void truncate_of_read_only(void) {
  int fd = NEED(open("/data/a.txt", O_RDONLY));
  CALL(ftruncate(fd, 0));
}

static void two_descriptors(void) {
  int writer = NEED(open("/data/a.txt", O_RDWR));
  int reader = NEED(open("/data/a.txt", O_RDONLY));
  CALL(write(writer, "J", 1));
  READ(read(reader, buffer, 10));
  int truncating = NEED(open("/data/a.txt", O_WRONLY | O_TRUNC));
  SHOW(size_of(reader));
  CALL(write(truncating, "new", 3));
  CALL(write(writer, "!", 1));
  READ(pread(reader, buffer, 10, 0));
}

static void without_a_name(void) {
  int fd = NEED(open("/data/new", O_RDWR | O_CREAT | O_EXCL, 0600));
  CALL(unlink("/data/new"));
  CALL(write(fd, "still here", 10));
  CALL(lseek(fd, 6, SEEK_SET));
  READ(read(fd, buffer, 10));
}

static void sync_to_disk(void) {
  int fd = NEED(open("/data/a.txt", O_RDWR));
  CALL(write(fd, "J", 1));
  CALL(fdatasync(fd));
  CALL(fsync(fd));
}

static void sync_of_directory(void) {
  int fd = NEED(open("/data", O_RDONLY | O_DIRECTORY));
  CALL(fsync(fd));
}

static void synchronized_writes(void) {
  int fd = NEED(open("/data/a.txt", O_WRONLY | O_SYNC));
  CALL(write(fd, "J", 1));
  int data = NEED(open("/data/a.txt", O_WRONLY | O_DSYNC));
  CALL(pwrite(data, "!", 1, 4));
}

static void scattered(void) {
  char first[2], second[3], third[8];
  struct iovec parts[] = {{first, 2}, {NULL, 0}, {second, 3}, {third, 8}};
  int fd = NEED(open("/data/a.txt", O_RDWR));
  CALL(readv(fd, parts, 4));
  SHOW_BYTES(first, 2);
  SHOW_BYTES(second, 3);
  SHOW_BYTES(third, 4);
  CALL(preadv(fd, parts, 1, 7));
  SHOW_BYTES(first, 2);
  CALL(lseek(fd, 0, SEEK_CUR));
}

static void gathered(void) {
  struct iovec parts[] = {{"one", 3}, {NULL, 0}, {"two", 3}};
  int fd = NEED(open("/data/a.txt", O_RDWR));
  CALL(writev(fd, parts, 3));
  CALL(pwritev(fd, parts, 2, 7));
  CALL(lseek(fd, 0, SEEK_CUR));
}

static void large(void) {
  enum { LENGTH = 262144 };
  static char bytes[LENGTH], back[LENGTH];
  for (size_t i = 0; i < sizeof bytes; i++) {
    bytes[i] = (char)(i >> 8 ^ i);
  }
  int fd = NEED(open("/data/new", O_RDWR | O_CREAT, 0600));
  CALL(write(fd, bytes, sizeof bytes));
  CALL(lseek(fd, 0, SEEK_SET));
  CALL(read(fd, back, sizeof back));
  SHOW_YES(memcmp(bytes, back, sizeof bytes) == 0);
  CALL(unlink("/data/new"));
}

static void allocate(void) {
  int fd = NEED(open("/data/a.txt", O_RDWR));
  CODE(posix_fallocate(fd, 3, 5));
  SHOW(size_of(fd));
  CODE(posix_fallocate(fd, 0, 4));
  SHOW(size_of(fd));
  READ(read(fd, buffer, 10));
}

static void advise(void) {
  int fd = NEED(open("/data/a.txt", O_RDONLY));
  CODE(posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL));
  CODE(posix_fadvise(fd, 1, 100, POSIX_FADV_WILLNEED));
  CODE(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED));
  READ(read(fd, buffer, 10));
}

static void redirect_stdout(void) {
  int fd = NEED(open("/data/out.txt", O_WRONLY | O_CREAT, 0600));
  if (__wasi_fd_renumber((__wasi_fd_t)fd, STDOUT_FILENO) != 0) {
    fputs("fd_renumber failed\n", stderr);
  }
  puts("into the file");
  CALL(write(fd, "x", 1));
  /* Whether the data of an unclosed stream reaches the file is not tested here. */
  fclose(stdout);
}

static void poll_of_file(void) {
  int fd = NEED(open("/data/a.txt", O_RDWR));
  struct pollfd reading = {.fd = fd, .events = POLLIN};
  CALL(poll(&reading, 1, 100));
  SHOW_YES(reading.revents == POLLIN);
  struct pollfd writing = {.fd = fd, .events = POLLOUT};
  CALL(poll(&writing, 1, 100));
  SHOW_YES(writing.revents == POLLOUT);
}

static void poll_of_stdin(void) {
  struct pollfd polled = {.fd = STDIN_FILENO, .events = POLLIN};
  CALL(poll(&polled, 1, 100));
  SHOW_YES(polled.revents & POLLIN);
  READ(read(STDIN_FILENO, buffer, 10));
}

static void no_terminal(void) {
  int fd = NEED(open("/data/a.txt", O_RDWR));
  SHOW(isatty(fd));
  SHOW_TEXT(libc_errno_name(errno));
  SHOW(isatty(STDIN_FILENO));
  SHOW(isatty(STDOUT_FILENO));
  SHOW(isatty(-1));
  SHOW_TEXT(libc_errno_name(errno));
}

int main(int argc, char **argv) {
  static const struct scenario scenarios[] = {
      SCENARIO(read_in_pieces),
      SCENARIO(read_nothing),
      SCENARIO(write_nothing),
      SCENARIO(read_of_write_only),
      SCENARIO(write_of_read_only),
      SCENARIO(read_of_directory),
      SCENARIO(wrong_end_of_stdio),
      SCENARIO(closed),
      SCENARIO(minus_one),
      SCENARIO(seek),
      SCENARIO(seek_before_start),
      SCENARIO(seek_past_end),
      SCENARIO(seek_beyond_32_bits),
      SCENARIO(seek_on_pipe),
      SCENARIO(pread_keeps_offset),
      SCENARIO(pwrite_keeps_offset),
      SCENARIO(append_after_seek),
      SCENARIO(append_pwrite),
      SCENARIO(append_set_later),
      SCENARIO(nonblock_set_later),
      SCENARIO(access_mode),
      SCENARIO(truncate_shrinks),
      SCENARIO(truncate_grows),
      SCENARIO(truncate_of_read_only),
      SCENARIO(two_descriptors),
      SCENARIO(without_a_name),
      SCENARIO(sync_to_disk),
      SCENARIO(sync_of_directory),
      SCENARIO(synchronized_writes),
      SCENARIO(scattered),
      SCENARIO(gathered),
      SCENARIO(large),
      SCENARIO(allocate),
      SCENARIO(advise),
      SCENARIO(redirect_stdout),
      SCENARIO(poll_of_file),
      SCENARIO(poll_of_stdin),
      SCENARIO(no_terminal),
  };
  return RUN_SCENARIO(argc, argv, scenarios);
}
