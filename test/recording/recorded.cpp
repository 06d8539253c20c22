#include "../behavior/support.hpp"
#include "support.hpp"

#include <wsx/offloaded.hpp>
#include <wsx/recorded.hpp>
#include <wsx/testing/replay.hpp>
#include <wsx/testing/server_deflate.hpp>
#include <wsx/testing/temp_dir.hpp>

#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>

// A client that is recorded: what its recorder knows, and that it can be replayed.

namespace {

using namespace recording_test;
using namespace wsx::testing;
using behavior_test::calm;
using behavior_test::client_fixture;
using behavior_test::lines;
using behavior_test::poll;

struct echo {
  wsx::action handle_frame(wsx::message m) { return wsx::reply(m); }
  auto handle_disconnect(const wsx::disconnect& d) {
    return d.local() ? wsx::stop() : wsx::reconnect();
  }
};

struct loud : echo {
  wsx::action handle_frame(wsx::message m) { return wsx::reply(m.text() == "b" ? "B" : m.text()); }
};

struct failing {
  void handle_frame(wsx::text m) {
    if (m.payload == "bad") throw std::runtime_error("bad");
  }
};

struct watching : echo {
  lines* seen;

  explicit watching(lines* s) : seen(s) {}
  void handle_event(const wsx::event::connected&) { seen->push_back("connected"); }
  void handle_event(const wsx::event::queue_full&) {}
};

template <class Handler>
std::string snapshot_of(client_fixture<wsx::recorded<Handler>>& f) {
  std::ostringstream out;
  f.handler().recorder()->snapshot(out);
  return std::move(out).str();
}

template <class Handler>
std::string difference(const std::string& file, Handler handler, wsx::options options = calm()) {
  std::istringstream in(file);
  const auto result =
      replay(in, std::move(handler), {replay_speed::as_recorded, std::move(options)});
  return result.difference ? describe(*result.difference) : "";
}

// Everything from the first connection to the end, with a reconnect.
std::string recording_of_a_life() {
  client_fixture<wsx::recorded<echo>> f;
  auto peer = f.open();
  peer.write(text_frame("a"));
  peer.write(ping_frame("p"));
  peer.write(binary_frame("b"));
  poll(f.io);
  peer.close();
  poll(f.io);
  auto second = f.next_open();
  second.write(text_frame("a mess"));
  second.write(text_frame("b"));
  poll(f.io);
  f.client->close(asio::detached);
  poll(f.io);
  second.write(close_frame());
  second.close();
  poll(f.io);
  CHECK(f.ended.ok());
  return snapshot_of(f);
}

TEST_SUITE("recording/recorded") {
  TEST_CASE("frames of both directions, connections and ends are recorded") {
    CHECK(words_of(recording_of_a_life()) ==
          lines{"connected to ws://server/", "received a", "received p", "received b", "sent p",
                "sent a", "sent b", "connection ended", "connected to ws://server/",
                "received a mess", "received b", "sent a mess", "sent b", "sent ", "received ",
                "connection ended", "client ended"});
  }

  TEST_CASE("the recording is replayed to the same handler without a difference") {
    const auto file = recording_of_a_life();
    CHECK(difference(file, loud()) == "frame 1 (record 6): then binary \"b\", now text \"B\"");
    CHECK(difference(file, echo()) == "");
  }

  TEST_CASE("compressed messages are replayed as they were compressed") {
    auto options = calm();
    options.deflate = wsx::deflate_options();
    client_fixture<wsx::recorded<echo>> f({}, options);
    auto peer = f.dial();
    peer.accept({.headers = {{"Sec-WebSocket-Extensions", "permessage-deflate"}}});
    poll(f.io);
    server_deflater deflater;
    for (int i = 0; i < 3; ++i) {
      const std::string text(200 + static_cast<std::size_t>(i), 'x');
      peer.write(server_frame{.payload = deflater.message(text), .rsv = rsv1});
      poll(f.io);
    }
    const auto file = snapshot_of(f);
    const auto records = records_of(file);
    CHECK(std::get<frame>(records[2].what).facts.compressed);
    CHECK(difference(file, echo(), options) == "");
    CHECK_FALSE(difference(file, echo()).empty());
  }

  TEST_CASE("fragments are recorded as they came and went") {
    struct pieces {
      void handle_fragment(wsx::fragment) {}
    };
    client_fixture<wsx::recorded<pieces>> f;
    auto peer = f.open();
    auto first = text_frame("a");
    first.fin = false;
    peer.write(first);
    peer.write(continuation_frame("b", true));
    poll(f.io);
    REQUIRE(f.client->try_send(behavior_test::begins("c")));
    REQUIRE(f.client->try_send(behavior_test::ends("d")));
    poll(f.io);
    lines seen;
    for (const auto& r : records_of(snapshot_of(f))) {
      const auto* const each = std::get_if<frame>(&r.what);
      if (each != nullptr) seen.push_back(words_of(r) + (each->facts.fin ? ", FIN" : ""));
    }
    CHECK(seen == lines{"received a", "received b, FIN", "sent c", "sent d, FIN"});
  }

  TEST_CASE("a change of the handler is recorded") {
    wsx::recorded<echo> handler;
    handler.handle_event(wsx::event::handler_replaced{"1", "2"});
    std::ostringstream out;
    handler.recorder()->snapshot(out);
    CHECK(words_of(std::move(out).str()) == lines{"now 2"});
  }

  TEST_CASE("large frames are recorded as far as there is memory") {
    wsx::recorder_options small;
    small.memory = 64 * 1024;
    client_fixture<wsx::recorded<echo>> f(
        wsx::recorded<echo>(echo(), std::make_shared<wsx::flight_recorder>(small)));
    auto peer = f.open();
    peer.write(text_frame(std::string(300'000, 'x')));
    poll(f.io);
    const auto records = records_of(snapshot_of(f));
    const auto& sent = std::get<frame>(records.back().what);
    CHECK(sent.facts.size == 300'000);
    CHECK(sent.payload == std::string(16 * 1024 - 40, 'x'));
  }

  TEST_CASE("a client that fails leaves a file") {
    temp_dir dir;
    const auto file = std::filesystem::path(dir.path()) / "failed.wsxrec";
    const auto recorder = std::make_shared<wsx::flight_recorder>();
    client_fixture<wsx::recorded<failing>> f(wsx::recorded<failing>(failing(), recorder, file));
    auto peer = f.open();
    peer.write(text_frame("good"));
    poll(f.io);
    CHECK_FALSE(std::filesystem::exists(file));
    peer.write(text_frame("bad"));
    peer.close();
    poll(f.io);
    CHECK(f.ended.done());
    std::ifstream in(file, std::ios::binary);
    const auto words = words_of({std::istreambuf_iterator<char>(in), {}});
    CHECK(words.back() == "client ended");
    CHECK(std::count(words.begin(), words.end(), "received bad") == 1);
  }

  TEST_CASE("a client that ends normally, or is aborted, does not") {
    temp_dir dir;
    const auto file = std::filesystem::path(dir.path()) / "failed.wsxrec";
    for (const bool aborts : {false, true}) {
      client_fixture<wsx::recorded<failing>> f(
          wsx::recorded<failing>(failing(), std::make_shared<wsx::flight_recorder>(), file));
      auto peer = f.open();
      if (aborts) {
        f.client->abort();
      } else {
        peer.write(close_frame(1000));
        peer.close();
      }
      poll(f.io);
      CHECK(f.ended.done());
      CHECK_FALSE(std::filesystem::exists(file));
    }
  }

  TEST_CASE("a file that cannot be written is logged, and the client ends nevertheless") {
    static lines logged;
    logged.clear();
    wsx::set_log_sink([](std::string_view line) { logged.emplace_back(line); });
    const auto fail_with = [](const std::filesystem::path& file) {
      client_fixture<wsx::recorded<failing>> f(
          wsx::recorded<failing>(failing(), std::make_shared<wsx::flight_recorder>(), file));
      auto peer = f.open();
      peer.write(text_frame("bad"));
      peer.close();
      poll(f.io);
      CHECK(f.ended.failed(wsx::errc::handler_failed));
    };
    fail_with({});  // no file was asked for
    CHECK(logged.empty());
    fail_with("/nowhere/failed.wsxrec");
    wsx::set_log_sink(nullptr);
    CHECK(logged == lines{"no snapshot: cannot create /nowhere/failed.wsxrec.part"});
  }

  TEST_CASE("the handler's own events reach it, and other wrappers compose") {
    lines seen;
    client_fixture<wsx::recorded<wsx::metered<watching>>> f{
        wsx::recorded<wsx::metered<watching>>(wsx::metered<watching>(watching(&seen)))};
    auto peer = f.open();
    peer.write(text_frame("a"));
    poll(f.io);
    CHECK(seen == lines{"connected"});
    CHECK(words_of(snapshot_of(f)).back() == "sent a");
  }

  TEST_CASE("an offloaded handler is recorded on the strand") {
    client_fixture<wsx::recorded<wsx::offloaded<echo>>> f;
    auto peer = f.open();
    peer.write(text_frame("a"));
    const auto answered = [&] { return words_of(snapshot_of(f)).back() == "sent a"; };
    CHECK(behavior_test::run_until(f.io, answered));
  }
}

}  // namespace
