// The program of somebody who uses wsx and its testing kit: check-install and check-subproject
// build and run it. It runs each program that it is given against an echo server, whose URL is the
// program's argument: README's first program has to say what it got back.
// Usage: user_program [PROGRAM...]
#include <wsx/testing/echo_server.hpp>
#include <wsx/testing/scripted_server.hpp>
#include <wsx/wsx.hpp>

#include <asio/io_context.hpp>

#include <cstdio>
#include <iostream>
#include <string>

struct handler {
  void handle_frame(wsx::text) {}
};

// What the command writes to its standard output, and how it ended.
static std::string output_of(const std::string& command) {
  std::FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return "cannot be run";
  std::string output;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) output += static_cast<char>(c);
  return output + "exit " + std::to_string(pclose(pipe));
}

int main(int argc, char** argv) {
  asio::io_context context;
  wsx::client<handler> client{context.get_executor()};
  bool failed = make_error_code(wsx::errc::queue_full).message().empty();

  wsx::testing::scripted_server server{wsx::testing::echo_script()};
  for (int i = 1; i < argc; i++) {
    const std::string output = output_of(std::string(argv[i]) + " " + server.url());
    if (output == "received: hello\nexit 0") continue;
    std::cerr << argv[i] << ": " << output << '\n';
    failed = true;
  }
  return failed ? 1 : 0;
}
