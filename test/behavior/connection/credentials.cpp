#include "../support.hpp"

#include <string>
#include <vector>

// Who the client says it is: user information in the URL, and an Authorization of its own.

namespace {

using namespace behavior_test;
using values = std::vector<std::string>;

struct remembers {
  std::string url{};
  void handle_connect(const wsx::connection_info& info) { url = info.url; }
  void handle_frame(wsx::text) {}
};

struct fixture : client_fixture<remembers> {
  // Connects with that request, and returns the values of Authorization that the server got.
  values authorizations(wsx::request r) {
    client->connect(std::move(r), connected.token());
    poll(io);
    memory_peer peer = next();
    values all;
    for (const auto& field : peer.accept().headers) {
      if (field.name == "Authorization") all.push_back(field.value);
    }
    poll(io);
    return all;
  }
};

}  // namespace

TEST_SUITE("behavior/connection/credentials") {
  TEST_CASE("user information of the URL is sent as Basic, and shown nowhere") {
    fixture f;
    CHECK(f.authorizations("ws://Aladdin:open%20sesame@server/x") ==
          values{"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="});
    CHECK(f.connected.ok());
    CHECK(f.handler().url == "ws://server/x");
  }

  TEST_CASE("without user information there is none") {
    fixture f;
    CHECK(f.authorizations("ws://server/").empty());
    CHECK(f.handler().url == "ws://server/");
  }

  TEST_CASE("an Authorization of the request has precedence") {
    SUBCASE("a token") {
      fixture f;
      CHECK(f.authorizations(wsx::request("ws://a:b@server/").bearer_token("t")) ==
            values{"Bearer t"});
    }
    SUBCASE("a name and a password") {
      fixture f;
      CHECK(f.authorizations(wsx::request("ws://a:b@server/").basic_auth("c", "d")) ==
            values{"Basic Yzpk"});
    }
  }

  TEST_CASE("a failure does not show it") {
    fixture f;
    f.server.refuse(asio::error::connection_refused);
    wsx::diagnostics d;
    f.client->connect("ws://name:secret@server/", d, f.connected.token());
    poll(f.io);
    CHECK(f.connected.failed(asio::error::connection_refused));
    CHECK(d.message.find("secret") == std::string::npos);
    CHECK(d.message.find("name") == std::string::npos);
  }
}
