#include "report.hpp"

#include <functional>

// What a server answers to the opening handshake.

namespace errors_test {

namespace {

using namespace loopback_test;
using namespace wsx::testing;

wsx::request offering(const scripted_server& server) {
  wsx::request target;
  target.url = server.url("/feed?token=secret");
  target.subprotocols = {"v1", "v2"};
  return target;
}

outcome answered(const script& answer, const wsx::options& options = calm()) {
  scripted_server server{answer};
  test_client<> client{{}, options};
  return client.connect(offering(server));
}

outcome answered_with(const std::string& response, const wsx::options& options = calm()) {
  return answered(
      [&](server_connection& client) {
        client.read_request();
        client.respond(response);
        client.shutdown_send();
        client.wait_eof();
      },
      options);
}

// A correct response, with one line changed or added.
outcome answered_but(const std::string& name, const std::string& line,
                     const wsx::options& options = calm()) {
  return answered(
      [&](server_connection& client) {
        std::string response = make_accept_response(client.read_request());
        const auto at = response.find(name);
        if (at == std::string::npos) {
          response.insert(response.size() - 2, line + "\r\n");
        } else {
          const auto end = response.find("\r\n", at);
          response.replace(at, end + (line.empty() ? 2 : 0) - at, line);
        }
        client.respond(response);
        client.wait_eof();
      },
      options);
}

void statuses(report& to) {
  to.section("Refusals");
  const std::string none = "\r\nContent-Length: 0\r\n";
  const std::vector<std::pair<const char*, std::string>> all{
      {"401", "401 Unauthorized" + none + "WWW-Authenticate: Bearer realm=\"x\"\r\n"},
      {"403, with a body", "403 Forbidden\r\nContent-Length: 9\r\n"},
      {"404, without a reason", "404" + none},
      {"301", "301 Moved Permanently" + none + "Location: wss://other.example/?token=secret\r\n"},
      {"426", "426 Upgrade Required" + none + "Sec-WebSocket-Version: 8\r\n"},
      {"200", "200 OK" + none},
      {"429", "429 Too Many Requests" + none + "Retry-After: 30\r\n"},
      {"400, of a port for TLS",
       "400 Bad Request\r\nContent-Length: 51\r\n\r\nClient sent an HTTP request to an HTTPS "
       "server.    \n"},
      {"503, with escape codes", "503 Go \xff away\t" + none},
  };
  for (const auto& [what, head] : all)
    to.add(what, answered_with("HTTP/1.1 " + head + "\r\nsecret123"));
  auto following = calm();
  following.dial.max_redirects = 1;
  const std::string found = "HTTP/1.1 302 Found" + none;
  to.add("302 to another scheme",
         answered_with(found + "Location: ftp://me:secret@other.example/\r\n\r\n", following));
  to.add("302 to itself, again and again", answered_with(found + "Location: /\r\n\r\n", following));
}

void malformed(report& to) {
  to.section("What is no response");
  const std::string fine = "HTTP/1.1 101 Switching Protocols\r\n";
  const std::vector<std::pair<const char*, std::string>> all{
      {"SSH", "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"},
      {"SMTP", "220 mail.example ESMTP\r\n"},
      {"HTML", "<html><body>hello</body></html>"},
      {"an alert of TLS", std::string("\x15\x03\x01\x00\x02\x02\x46", 7)},
      {"bytes", std::string("\x00\x01\x02\x1b[31m", 8)},
      {"HTTP/2.0", "HTTP/2.0 200 OK\r\n\r\n"},
      {"HTTP/1.0 with 101", "HTTP/1.0 101 Switching Protocols\r\n\r\n"},
      {"a status of two digits", "HTTP/1.1 99 Low\r\n\r\n"},
      {"a status that is no number", "HTTP/1.1 abc Low\r\n\r\n"},
      {"a status that begins with 0", "HTTP/1.1 012 Low\r\n\r\n"},
      {"no space behind the status", "HTTP/1.1 101Switching\r\n\r\n"},
      {"a line without a colon", fine + "Upgrade websocket\r\n\r\n"},
      {"a space before the colon", fine + "Upgrade : websocket\r\n\r\n"},
      {"an empty name", fine + ": websocket\r\n\r\n"},
      {"a name that is no token", fine + "Up(grade): websocket\r\n\r\n"},
      {"a control character", fine + "Upgrade: web\x01socket\r\n\r\n"},
      {"a NUL", fine + std::string("X: a\0b\r\n\r\n", 10)},
      {"a bare LF", fine + "Upgrade: websocket\nX: y\r\n\r\n"},
      {"a bare CR", fine + "Upgrade: websocket\rX: y\r\n\r\n"},
      {"a folded line behind the status", fine + " folded: y\r\n\r\n"},
      {"a long line without a colon", fine + std::string(300, 'x') + "\r\n\r\n"},
  };
  for (const auto& [what, response] : all) to.add(what, answered_with(response));
  auto small = calm();
  small.max_head_size = 1024;
  to.add("a head over max_head_size",
         answered_with(fine + "X: " + std::string(2000, 'x') + "\r\n\r\n", small));
  auto few = calm();
  few.max_headers = 2;
  to.add("more than max_headers", answered_with(fine + "A: 1\r\nB: 2\r\nC: 3\r\n\r\n", few));
}

void dropped(report& to) {
  to.section("No response, or half of one");
  to.add("it ends the connection", answered([](server_connection& client) {
           client.read_request();
           client.shutdown_send();
           client.wait_eof();
         }));
  to.add("it ends the connection in the middle of the head", answered_with("HTTP/1.1 101 Swi"));
  to.add("it resets the connection", answered([](server_connection& client) {
           client.read_request();
           client.reset();
         }));
}

void wrong_headers(report& to) {
  to.section("Wrong headers of a response");
  auto deflating = calm();
  deflating.deflate = wsx::deflate_options();
  const std::string extensions = "Sec-WebSocket-Extensions";
  to.add("no Upgrade", answered_but("Upgrade", ""));
  to.add("another Upgrade", answered_but("Upgrade", "Upgrade: h2c"));
  to.add("no Connection", answered_but("Connection", ""));
  to.add("another Connection", answered_but("Connection", "Connection: close\x1b"));
  to.add("no accept", answered_but("Sec-WebSocket-Accept", ""));
  to.add("a wrong accept", answered_but("Sec-WebSocket-Accept", "Sec-WebSocket-Accept: eHg="));
  to.add("a subprotocol that was not offered",
         answered_but("Sec-WebSocket-Protocol", "Sec-WebSocket-Protocol: v3"));
  to.add("two subprotocols",
         answered_but("Sec-WebSocket-Protocol", "Sec-WebSocket-Protocol: v1, v2"));
  to.add("an extension that was not offered",
         answered_but(extensions, extensions + ": permessage-deflate"));
  to.add("another extension than offered",
         answered_but(extensions, extensions + ": x-webkit-deflate-frame", deflating));
  to.add("a list of extensions that is none",
         answered_but(extensions, extensions + ": permessage-deflate;;", deflating));
  const auto deflate = [&](const char* what, const std::string& parameters) {
    to.add(what,
           answered_but(extensions, extensions + ": permessage-deflate; " + parameters, deflating));
  };
  deflate("an unknown parameter", "level=9");
  deflate("a window of 16 bits", "server_max_window_bits=16");
  deflate("a parameter twice", "server_no_context_takeover; server_no_context_takeover");
  deflate("a value where none may be", "server_no_context_takeover=1");
  auto demanding = deflating;
  demanding.deflate->server_no_context_takeover = true;
  demanding.deflate->require_server_limits = true;
  to.add("a demand that the server left out",
         answered_but(extensions, extensions + ": permessage-deflate", demanding));
}

}  // namespace

void responses(report& to) {
  statuses(to);
  malformed(to);
  dropped(to);
  wrong_headers(to);
}

}  // namespace errors_test
