/* Sockets through the C library (<sys/socket.h>): only the functions for descriptors that a program
 * already has, since preview 1 has no way to create a socket. */

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "scenario.h"
#include "transcript.h"

static char buffer[64];

/* No runtime here hands out this many descriptors. */
enum { NEVER_OPENED = 99 };

static void of_a_file(void) {
  int fd = NEED(open("/data/a.txt", O_RDWR));
  TRY(accept(fd, NULL, NULL));
  CALL(recv(fd, buffer, sizeof buffer, 0));
  CALL(send(fd, "text", 4, 0));
  CALL(shutdown(fd, SHUT_RDWR));
}

static void of_a_directory(void) {
  int fd = NEED(open("/data", O_RDONLY | O_DIRECTORY));
  TRY(accept(fd, NULL, NULL));
  CALL(recv(fd, buffer, sizeof buffer, 0));
  CALL(send(fd, "text", 4, 0));
  CALL(shutdown(fd, SHUT_RD));
}

static void of_nothing(void) {
  TRY(accept(NEVER_OPENED, NULL, NULL));
  CALL(recv(NEVER_OPENED, buffer, sizeof buffer, 0));
  CALL(send(NEVER_OPENED, "text", 4, 0));
  CALL(shutdown(NEVER_OPENED, SHUT_WR));
}

static void type_of_a_file(void) {
  int fd = NEED(open("/data/a.txt", O_RDWR));
  int type;
  socklen_t length = sizeof type;
  CALL(getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length));
}

int main(int argc, char **argv) {
  static const struct scenario scenarios[] = {
      SCENARIO(of_a_file),
      SCENARIO(of_a_directory),
      SCENARIO(of_nothing),
      SCENARIO(type_of_a_file),
  };
  return RUN_SCENARIO(argc, argv, scenarios);
}
