// libwebsockets as its examples have it: its own event loop, one callback for everything; messages
// are written only from the callback that says that the socket is writable, as long as it stays so.
// The buffer it reads into is 256 KiB instead of 4 KiB. It masks in place, so each message is
// copied first; and it delivers large messages in pieces, which are put together here, as by the
// others. It checks UTF-8 only if asked to, and resumes no TLS session.

#include "messages.hpp"
#include "program.hpp"
#include "tally.hpp"

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <libwebsockets.h>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace bench;

struct connection {
  connection(const plan& p, tally& t)
      : all(p), room(LWS_PRE + p.size), asked(p.in_flight, t.times()) {}

  messages all;
  std::vector<unsigned char> room;  // for a message, and what libwebsockets puts before it
  flight asked;
  std::size_t to_ask = 0;
  std::string pieces;
};

// No exception gets through the frames of C.
[[noreturn]] void fail(const char* why) {
  std::fprintf(stderr, "%s\n", why);
  std::_Exit(1);
}

class client {
 public:
  explicit client(const plan& p)
      : plan_(p), tally_(p, std::string("libwebsockets ") + lws_get_library_version()) {}

  void run() {
    tally_.start_connecting();
    for (std::size_t i = 0; i < (only_connects() ? plan_.in_flight : 1); ++i) connect();
    while (lws_service(context_, 0) >= 0) {
      if (plan_.scenario == "idle" && open_.size() == plan_.connections) tally_.all_idle();
    }
    fail("the event loop has ended");
  }

 private:
  static int on_event(lws* wsi, lws_callback_reasons reason, void* user, void* in,
                      std::size_t size) {
    auto* const self = static_cast<client*>(lws_context_user(lws_get_context(wsi)));
    auto* const c = static_cast<connection*>(user);
    switch (reason) {
      case LWS_CALLBACK_CLIENT_ESTABLISHED: self->opened(wsi, *c); return 0;
      case LWS_CALLBACK_CLIENT_RECEIVE:
        self->received(wsi, *c, {static_cast<const char*>(in), size});
        return 0;
      case LWS_CALLBACK_CLIENT_WRITEABLE: self->writable(wsi, *c); return 0;
      case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
        fail(in != nullptr ? static_cast<const char*>(in) : "no connection");
      default: return 0;
    }
  }

  lws_context* make_context() {
    lws_set_log_level(LLL_ERR, nullptr);
    lws_context_creation_info info{};
    info.port = CONTEXT_PORT_NO_LISTEN;
    info.protocols = protocols_;
    info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT | LWS_SERVER_OPTION_VALIDATE_UTF8;
    info.pt_serv_buf_size = 256 * 1024;
    info.user = this;
    if (plan_.tls()) info.client_ssl_ca_filepath = plan_.ca_file.c_str();
    if (plan_.deflate) info.extensions = extensions_;
    lws_context* const made = lws_create_context(&info);
    if (made == nullptr) fail("no context");
    return made;
  }

  bool only_connects() const { return plan_.scenario == "connect"; }

  void connect() {
    if (all_.size() == plan_.connections) return;
    all_.push_back(std::make_unique<connection>(plan_, tally_));
    const std::string path = path_of(plan_);
    lws_client_connect_info info{};
    info.context = context_;
    info.address = "127.0.0.1";
    info.port = plan_.port;
    info.path = path.c_str();
    info.host = "localhost";  // libwebsockets looks only among a certificate's names for it
    info.origin = info.host;
    info.ssl_connection = plan_.tls() ? LCCSCF_USE_SSL : 0;
    info.userdata = all_.back().get();
    if (lws_client_connect_via_info(&info) == nullptr) fail("no connection");
  }

  void opened(lws* wsi, connection& c) {
    connect();
    if (only_connects()) {
      tally_.count_connection();
      lws_set_timeout(wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
      return;
    }
    c.to_ask = plan_.in_flight;
    open_.push_back(wsi);
    if (open_.size() == plan_.connections) all_opened();
  }

  void all_opened() {
    if (plan_.scenario == "idle") return;
    tally_.start();
    if (plan_.scenario != "send" && plan_.scenario != "echo") return;
    for (lws* const wsi : open_) lws_callback_on_writable(wsi);
  }

  void received(lws* wsi, connection& c, std::string_view piece) {
    const bool last = lws_is_final_fragment(wsi) != 0;
    if (!last || !c.pieces.empty()) c.pieces += piece;
    if (!last) return;
    c.pieces.clear();
    if (plan_.scenario == "echo") {
      c.asked.answered();
      ++c.to_ask;
      lws_callback_on_writable(wsi);
    }
    tally_.count();
  }

  void writable(lws* wsi, connection& c) {
    if (plan_.scenario == "send")
      send(wsi, c);
    else
      ask(wsi, c);
  }

  void send(lws* wsi, connection& c) {
    constexpr std::size_t turn = 64;  // then others have theirs
    for (std::size_t i = 0; i < turn; ++i) {
      write(wsi, c);
      tally_.count();
      if (lws_send_pipe_choked(wsi) != 0) break;
    }
    lws_callback_on_writable(wsi);
  }

  void ask(lws* wsi, connection& c) {
    while (c.to_ask > 0 && lws_send_pipe_choked(wsi) == 0) {
      --c.to_ask;
      c.asked.sent();
      write(wsi, c);
    }
    if (c.to_ask > 0) lws_callback_on_writable(wsi);
  }

  void write(lws* wsi, connection& c) {
    const std::string& message = c.all.next();
    unsigned char* const to = c.room.data() + LWS_PRE;
    std::memcpy(to, message.data(), message.size());
    if (lws_write(wsi, to, message.size(), LWS_WRITE_BINARY) < 0) fail("writing failed");
  }

  const plan plan_;
  const lws_protocols protocols_[2]{{"", on_event, 0, 0, 0, nullptr, 0}, {}};
  const lws_extension extensions_[2]{
      {"permessage-deflate", lws_extension_callback_pm_deflate, "permessage-deflate"}, {}};
  lws_context* const context_ = make_context();
  tally tally_;
  std::vector<std::unique_ptr<connection>> all_;
  std::vector<lws*> open_;
};

}  // namespace

int main(int argc, char** argv) {
  client(parse(argc, argv)).run();
}
