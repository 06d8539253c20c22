// websocketpp on standalone Asio as its examples have it: a handler is called for each message,
// send() for each message. Its configuration is tuned as its documentation says: no logs, no locks
// as there is one thread, a larger read buffer. It does not tell when its queue has drained, so
// a sender looks again once the socket is writable.

#include "../common/openssl.hpp"
#include "messages.hpp"
#include "program.hpp"
#include "tally.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>
#include <websocketpp/client.hpp>
#include <websocketpp/concurrency/none.hpp>
#include <websocketpp/config/asio_client.hpp>
#include <websocketpp/extensions/permessage_deflate/enabled.hpp>

namespace {

using namespace bench;
namespace wspp = websocketpp;

const std::string host = "127.0.0.1";

template <class Socket, bool Deflate>
struct config : wspp::config::core_client {
  using type = config;
  using base = wspp::config::core_client;
  using concurrency_type = wspp::concurrency::none;
  using elog_type = wspp::log::basic<concurrency_type, wspp::log::elevel>;
  using alog_type = wspp::log::basic<concurrency_type, wspp::log::alevel>;
  using rng_type = wspp::random::random_device::int_generator<std::uint32_t, concurrency_type>;

  static const wspp::log::level elog_level = wspp::log::elevel::none;
  static const wspp::log::level alog_level = wspp::log::alevel::none;
  static const bool enable_multithreading = false;
  static const std::size_t connection_read_buffer_size = 64 * 1024;

  struct transport_config : base::transport_config {
    using concurrency_type = type::concurrency_type;
    using elog_type = type::elog_type;
    using alog_type = type::alog_type;
    using socket_type = Socket;
    static const bool enable_multithreading = false;
  };
  using transport_type = wspp::transport::asio::endpoint<transport_config>;

  using permessage_deflate_type = std::conditional_t<
      Deflate, wspp::extensions::permessage_deflate::enabled<base::permessage_deflate_config>,
      base::permessage_deflate_type>;
};

using plain_socket = wspp::transport::asio::basic_socket::endpoint;
using tls_socket = wspp::transport::asio::tls_socket::endpoint;

template <class Socket, bool Deflate>
class client {
 public:
  explicit client(const plan& p)
      : plan_(p), tally_(p, std::string("websocketpp ") + wspp::user_agent) {
    endpoint_.init_asio();
    endpoint_.set_tcp_post_init_handler([this](wspp::connection_hdl hdl) {
      endpoint_.get_con_from_hdl(hdl)->get_raw_socket().set_option(asio::ip::tcp::no_delay(true));
    });
    endpoint_.set_open_handler(
        [this](wspp::connection_hdl hdl) { opened(endpoint_.get_con_from_hdl(hdl)); });
    endpoint_.set_fail_handler([this](wspp::connection_hdl hdl) {
      throw wspp::exception(endpoint_.get_con_from_hdl(hdl)->get_ec());
    });
    if constexpr (std::is_same_v<Socket, tls_socket>) use_tls();
  }

  void run() {
    const bool only_connects = plan_.scenario == "connect";
    tally_.start_connecting();
    for (std::size_t i = 0; i < (only_connects ? plan_.in_flight : 1); ++i) connect();
    endpoint_.run();
  }

 private:
  using endpoint = wspp::client<config<Socket, Deflate>>;
  using connection = typename endpoint::connection_ptr;
  using message = typename endpoint::message_ptr;

  struct sending {
    sending(connection c, const plan& p) : to(std::move(c)), all(p) {}

    connection to;
    messages all;
    std::uint64_t accepted = 0;
    std::uint64_t counted = 0;
  };

  void use_tls() {
    const auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
    context->load_verify_file(plan_.ca_file);
    context->set_verify_mode(asio::ssl::verify_peer);
    context->set_verify_callback(asio::ssl::host_name_verification(host));
    endpoint_.set_tls_init_handler([context](wspp::connection_hdl) { return context; });
    endpoint_.set_socket_init_handler([this](wspp::connection_hdl, auto& stream) {
      if (session_) SSL_set_session(stream.native_handle(), session_.get());
    });
  }

  void connect() {
    if (started_ == plan_.connections) return;
    ++started_;
    const std::string scheme = !plan_.tls() ? "ws" : "wss";
    const std::string url =
        scheme + "://" + host + ":" + std::to_string(plan_.port) + path_of(plan_);
    wspp::lib::error_code error;
    const connection to = endpoint_.get_connection(url, error);
    if (error) throw wspp::exception(error);
    endpoint_.connect(to);
  }

  void opened(const connection& c) {
    if constexpr (std::is_same_v<Socket, tls_socket>)
      session_.reset(SSL_get1_session(c->get_socket().native_handle()));
    if (plan_.scenario == "connect") {
      tally_.count_connection();
      c->terminate({});
    } else {
      all_.push_back(c);
      if (all_.size() == plan_.connections) all_opened();
    }
    connect();
  }

  void all_opened() {
    if (plan_.scenario == "idle") {
      endpoint_.set_timer(200, [this](wspp::lib::error_code) { tally_.all_idle(); });
      return;
    }
    tally_.start();
    for (const connection& c : all_) work(c);
  }

  void work(const connection& c) {
    if (plan_.scenario == "send")
      send_more(std::make_shared<sending>(c, plan_));
    else if (plan_.scenario == "echo")
      echo(c);
    else
      c->set_message_handler([this](wspp::connection_hdl, const message&) { tally_.count(); });
  }

  void send_more(const std::shared_ptr<sending>& s) {
    constexpr std::size_t queue_limit = 64 * 1024;
    while (s->to->get_buffered_amount() < queue_limit) {
      s->to->send(s->all.next(), wspp::frame::opcode::binary);
      ++s->accepted;
    }
    const std::uint64_t handed_over = s->accepted - s->to->get_buffered_amount() / plan_.size;
    tally_.count(handed_over - s->counted);
    s->counted = handed_over;
    s->to->get_raw_socket().async_wait(asio::ip::tcp::socket::wait_write,
                                       [this, s](wspp::lib::error_code) { send_more(s); });
  }

  void echo(const connection& c) {
    const auto all = std::make_shared<messages>(plan_);
    const auto asked = std::make_shared<flight>(plan_.in_flight, tally_.times());
    const auto ask = [=] {
      asked->sent();
      c->send(all->next(), wspp::frame::opcode::binary);
    };
    c->set_message_handler([=](wspp::connection_hdl, const message&) {
      asked->answered();
      tally_.count();
      ask();
    });
    for (std::size_t i = 0; i < plan_.in_flight; ++i) ask();
  }

  const plan plan_;
  tally tally_;
  endpoint endpoint_;
  ssl_session_ptr session_;
  std::size_t started_ = 0;
  std::vector<connection> all_;
};

template <class Socket>
void run(const plan& p) {
  if (p.deflate)
    client<Socket, true>(p).run();
  else
    client<Socket, false>(p).run();
}

}  // namespace

int main(int argc, char** argv) {
  const plan p = parse(argc, argv);
  if (!p.tls())
    run<plain_socket>(p);
  else
    run<tls_socket>(p);
}
