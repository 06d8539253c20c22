#include "server.hpp"

#include "chunk.hpp"
#include "thread.hpp"

#include <wsx/protocol/frame_encoder.hpp>
#include <wsx/protocol/mask.hpp>
#include <wsx/testing/server_frame.hpp>
#include <wsx/testing/server_handshake.hpp>

#include <asio/buffer.hpp>
#include <asio/read_until.hpp>
#include <asio/write.hpp>
#include <fmt/format.h>

#include <cstddef>
#include <cstdio>
#include <cstring>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

namespace {

using asio::ip::tcp;
namespace testing = wsx::testing;

void write_all(tcp::socket& socket, const std::string& bytes, std::error_code& error) {
  for (auto rest = asio::buffer(bytes); rest.size() > 0 && !error;)
    rest += socket.write_some(rest, error);
}

void read_all(tcp::socket& socket, std::vector<std::byte>& room, std::error_code& error) {
  for (auto rest = asio::buffer(room); rest.size() > 0 && !error;)
    rest += socket.read_some(rest, error);
}

void blast(tcp::socket& socket, std::uint8_t opcode, std::size_t size) {
  const std::string chunk =
      repeated(testing::encode_server_frame({.opcode = opcode, .payload = std::string(size, 'x')}));
  for (std::error_code error; !error;) write_all(socket, chunk, error);
}

void sink(tcp::socket& socket) {
  std::vector<std::byte> room(chunk_size);
  for (std::error_code error; !error;) socket.read_some(asio::buffer(room), error);
}

void echo(tcp::socket& socket, std::size_t size) {
  const std::size_t header = wsx::protocol::header_size(size);
  std::vector<std::byte> request(header + size);
  std::string reply = testing::encode_server_frame(testing::binary_frame(std::string(size, 'x')));
  auto* const payload = reinterpret_cast<std::byte*>(reply.data() + reply.size() - size);
  wsx::protocol::mask_key key;
  for (std::error_code error; !error;) {
    read_all(socket, request, error);
    std::memcpy(key.data(), request.data() + header - key.size(), key.size());
    wsx::protocol::mask_copy(payload, wsx::bytes_view(request).subspan(header), key);
    if (!error) write_all(socket, reply, error);
  }
}

void serve(tcp::socket& socket) {
  std::string head;
  asio::read_until(socket, asio::dynamic_buffer(head), "\r\n\r\n");
  std::string_view left = head;
  const auto request = testing::parse_request(left);
  asio::write(socket, asio::buffer(testing::make_accept_response(request.value())));

  const std::string& path = request->target;
  const auto size = [&] { return std::stoul(path.substr(path.rfind('/') + 1)); };
  if (path.starts_with("/blast/text/")) blast(socket, testing::opcodes::text, size());
  if (path.starts_with("/blast/binary/")) blast(socket, testing::opcodes::binary, size());
  if (path.starts_with("/echo/")) echo(socket, size());
  if (path == "/sink") sink(socket);
}

}  // namespace

server::server(unsigned core)
    : acceptor_(context_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
      port_(acceptor_.local_endpoint().port()),
      thread_([this, core] { run(core); }) {}

server::~server() {
  stopping_ = true;
  // Ends the waiting for another client.
  tcp::socket last(context_);
  std::error_code ignored;
  last.connect(acceptor_.local_endpoint(), ignored);
  thread_.join();
}

void server::run(unsigned core) {
  pin_this_thread(core);
  for (;;) {
    tcp::socket socket = acceptor_.accept();
    if (stopping_) return;
    try {
      socket.set_option(tcp::no_delay(true));
      serve(socket);
    } catch (const std::exception& error) {
      fmt::print(stderr, "server: {}\n", error.what());
    }
  }
}

}  // namespace bench
