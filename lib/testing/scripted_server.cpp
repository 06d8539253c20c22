#include "byte_stream.hpp"

#include <wsx/testing/scripted_server.hpp>

#include <asio/basic_socket_acceptor.hpp>
#include <asio/generic/stream_protocol.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/address.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/post.hpp>

#include <condition_variable>
#include <exception>
#include <filesystem>
#include <list>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace wsx::testing {

using asio::generic::stream_protocol;
using asio::ip::tcp;

namespace {

stream_protocol::endpoint endpoint_of(const server_options& options) {
  std::string path = options.socket_path;
  if (path.empty()) return tcp::endpoint{asio::ip::make_address(options.host), 0};
  if (path.starts_with('@')) path.front() = '\0';
  return asio::local::stream_protocol::endpoint{path};
}

}  // namespace

class scripted_server::impl {
 public:
  impl(script run, server_options options);
  ~impl();
  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;

  std::uint16_t port() const noexcept { return port_; }
  std::string url(std::string_view path, std::string_view host) const;
  std::size_t connections() const;
  void wait(std::size_t connections);

 private:
  // Its channel outlives its thread.
  struct connection {
    socket_channel channel;
    std::thread thread;
  };

  void listen();
  void accept_next();
  std::size_t count_connection();
  void serve(socket_channel& channel, std::size_t index);
  std::exception_ptr run_script(server_connection& client) const;
  void report(std::exception_ptr failure, std::size_t finished);

  const script script_;
  const server_options options_;
  std::uint16_t port_ = 0;

  asio::io_context context_{1};
  asio::basic_socket_acceptor<stream_protocol> acceptor_{context_};
  std::thread accepting_;
  std::list<connection> connections_;  // used by the accepting thread only

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t accepted_ = 0;
  std::size_t finished_ = 0;
  std::exception_ptr failure_;
};

scripted_server::impl::impl(script run, server_options options)
    : script_(std::move(run)), options_(std::move(options)) {
  listen();
  if (options_.state != port_state::accepting) return;
  accept_next();
  accepting_ = std::thread{[this] {
    try {
      context_.run();
    } catch (...) {
      report(std::current_exception(), 0);
    }
  }};
}

scripted_server::impl::~impl() {
  asio::post(context_, [this] { acceptor_.close(); });
  if (accepting_.joinable()) accepting_.join();
  for (auto& one : connections_) one.channel.stop();
  for (auto& one : connections_) one.thread.join();
  std::error_code ignored;
  const auto& path = options_.socket_path;
  if (path.starts_with('/')) std::filesystem::remove(path, ignored);
}

void scripted_server::impl::listen() {
  const auto endpoint = endpoint_of(options_);
  acceptor_.open(endpoint.protocol());
  if (options_.receive_buffer != 0) {
    acceptor_.set_option(asio::socket_base::receive_buffer_size{options_.receive_buffer});
  }
  acceptor_.bind(endpoint);
  if (options_.socket_path.empty()) port_ = port_of(acceptor_.local_endpoint());
  // A port that is bound but not listened on refuses clients, and no other program can take it.
  if (options_.state != port_state::refusing) acceptor_.listen(options_.backlog);
}

void scripted_server::impl::accept_next() {
  auto& next = connections_.emplace_back();
  auto& channel = next.channel;
  acceptor_.async_accept(channel.socket(), channel.peer(), [this, &next](std::error_code error) {
    if (error) {
      connections_.pop_back();
      if (acceptor_.is_open()) throw std::system_error(error, "accept");
      return;
    }
    next.thread =
        std::thread{[this, &next, index = count_connection()] { serve(next.channel, index); }};
    accept_next();
  });
}

std::size_t scripted_server::impl::count_connection() {
  const std::lock_guard lock{mutex_};
  return accepted_++;
}

void scripted_server::impl::serve(socket_channel& channel, std::size_t index) {
  std::error_code ignored;
  channel.socket().set_option(tcp::no_delay{true}, ignored);
  server_connection client{std::make_unique<byte_stream>(channel), index, options_.timeout};
  report(run_script(client), 1);
  try {
    client.close();
  } catch (const std::exception&) {
    channel.close();  // the client does not end its side, or the server was destroyed
  }
}

std::exception_ptr scripted_server::impl::run_script(server_connection& client) const {
  const auto where = "connection " + std::to_string(client.index()) + ": ";
  try {
    if (options_.tls)
      client.start_tls(*options_.tls, options_.versions, options_.from_clients, options_.client_ca);
    script_(client);
    return nullptr;
  } catch (const server_stopped&) {
    return nullptr;
  } catch (const wait_timeout& error) {
    return std::make_exception_ptr(wait_timeout(where + error.what()));
  } catch (const script_error& error) {
    return std::make_exception_ptr(script_error(where + error.what()));
  } catch (...) {
    return std::current_exception();
  }
}

void scripted_server::impl::report(std::exception_ptr failure, std::size_t finished) {
  const std::lock_guard lock{mutex_};
  finished_ += finished;
  if (!failure_) failure_ = std::move(failure);
  changed_.notify_all();
}

std::string scripted_server::impl::url(std::string_view path, std::string_view host) const {
  if (!options_.socket_path.empty())
    return "ws+unix:" + options_.socket_path + ":" + std::string{path};
  std::string authority{host.empty() ? std::string_view{options_.host} : host};
  if (authority.find(':') != authority.npos) authority = "[" + authority + "]";
  return (options_.tls ? "wss://" : "ws://") + authority + ":" + std::to_string(port_) +
         std::string{path};
}

std::size_t scripted_server::impl::connections() const {
  const std::lock_guard lock{mutex_};
  return accepted_;
}

void scripted_server::impl::wait(std::size_t connections) {
  const auto timeout = 2 * options_.timeout;
  std::unique_lock lock{mutex_};
  const bool served = changed_.wait_for(lock, timeout, [&] {
    return failure_ || (accepted_ >= connections && finished_ == accepted_);
  });
  if (failure_) std::rethrow_exception(failure_);
  if (served) return;
  throw wait_timeout("timed out after " + std::to_string(timeout.count()) + " ms waiting for " +
                     std::to_string(connections) +
                     " connections to be served: " + std::to_string(accepted_) +
                     " were accepted, " + std::to_string(finished_) + " scripts returned");
}

scripted_server::scripted_server(script run, server_options options)
    : impl_(std::make_unique<impl>(std::move(run), std::move(options))) {}

scripted_server::~scripted_server() = default;

std::uint16_t scripted_server::port() const noexcept {
  return impl_->port();
}

std::string scripted_server::url(std::string_view path, std::string_view host) const {
  return impl_->url(path, host);
}

std::size_t scripted_server::connections() const {
  return impl_->connections();
}
void scripted_server::wait(std::size_t connections) {
  impl_->wait(connections);
}

}  // namespace wsx::testing
