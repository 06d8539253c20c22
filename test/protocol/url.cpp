#include <wsx/error.hpp>
#include <wsx/url.hpp>

#include <doctest/doctest.h>

#include <ostream>
#include <string>

namespace {

using wsx::errc;
using wsx::parse_url;
using wsx::url;

url parsed(std::string_view text) {
  CAPTURE(text);
  url result;
  const std::error_code ec = parse_url(text, result);
  CHECK_MESSAGE(!ec, ec.message());
  return result;
}

std::error_code refusal(std::string_view text) {
  url ignored;
  return parse_url(text, ignored);
}

// Which rule is said to be broken.
std::string fault(std::string_view text) {
  CAPTURE(text);
  url ignored;
  std::string what;
  CHECK(parse_url(text, ignored, what));
  return what;
}

void check_invalid(std::string_view text) {
  CAPTURE(text);
  CHECK(refusal(text) == errc::invalid_url);
}

// A URL of that many bytes.
std::string url_of_size(std::size_t size) {
  std::string text = "ws://h/";
  text.resize(size, 'a');
  return text;
}

}  // namespace

TEST_SUITE("protocol/url") {
  TEST_CASE("the parts of a URL") {
    const url u = parsed("wss://example.com:8443/feed/x?a=1&b=2");
    CHECK(u.scheme == "wss");
    CHECK(u.secure());
    CHECK(u.host == "example.com");
    CHECK(u.port == 8443);
    CHECK(u.target == "/feed/x?a=1&b=2");
    CHECK_FALSE(u.host_is_ip);
    CHECK_FALSE(u.host_is_ipv6);
  }

  TEST_CASE("RFC 6455 3: default ports") {
    CHECK(parsed("ws://h/").port == 80);
    CHECK(parsed("wss://h/").port == 443);
    CHECK_FALSE(parsed("ws://h/").secure());
  }

  TEST_CASE("RFC 3986 3.2.3: an empty port means the default") {
    CHECK(parsed("ws://h:/").port == 80);
    CHECK(parsed("wss://h:").port == 443);
  }

  TEST_CASE("http and https are taken as ws and wss") {
    CHECK(parsed("http://h/").scheme == "ws");
    CHECK(parsed("http://h/").port == 80);
    CHECK(parsed("https://h/").scheme == "wss");
    CHECK(parsed("https://h/").port == 443);
  }

  TEST_CASE("scheme and host are lower-cased, the target is not") {
    const url u = parsed("WsS://ExAmPle.COM/Path?Q=Z");
    CHECK(u.scheme == "wss");
    CHECK(u.host == "example.com");
    CHECK(u.target == "/Path?Q=Z");
    CHECK(parsed("HTTPS://h/").scheme == "wss");
  }

  TEST_CASE("RFC 6455 3: the target is path and query, at least a slash") {
    CHECK(parsed("ws://h").target == "/");
    CHECK(parsed("ws://h/").target == "/");
    CHECK(parsed("ws://h:81").target == "/");
    CHECK(parsed("ws://h?q").target == "/?q");
    CHECK(parsed("ws://h/?").target == "/?");
    CHECK(parsed("ws://h:81?a=b/c?d").target == "/?a=b/c?d");
    CHECK(parsed("ws://h//x//").target == "//x//");
    CHECK(parsed("ws://h/a/../b/./c").target == "/a/../b/./c");
    CHECK(parsed("ws://h/%20%c3%A9?%0d%0a").target == "/%20%c3%A9?%0d%0a");
    CHECK(parsed("ws://h/?u=ws://x/y").target == "/?u=ws://x/y");
    CHECK(parsed("ws://[::1]?q").target == "/?q");
  }

  TEST_CASE("IP addresses") {
    const url v4 = parsed("ws://127.0.0.1:9000/");
    CHECK(v4.host == "127.0.0.1");
    CHECK(v4.host_is_ip);
    CHECK_FALSE(v4.host_is_ipv6);

    const url v6 = parsed("ws://[2001:DB8::1]:9000/x");
    CHECK(v6.host == "2001:db8::1");
    CHECK(v6.port == 9000);
    CHECK(v6.target == "/x");
    CHECK(v6.host_is_ip);
    CHECK(v6.host_is_ipv6);

    CHECK(parsed("ws://[::ffff:1.2.3.4]/").host == "::ffff:1.2.3.4");
    CHECK(parsed("ws://[::]/").host == "::");
  }

  TEST_CASE("names") {
    CHECK(parsed("ws://localhost/").host == "localhost");
    CHECK(parsed("ws://a_b-c.example./").host == "a_b-c.example.");
    CHECK(parsed("ws://xn--bcher-kva.example/").host == "xn--bcher-kva.example");
    CHECK(parsed("ws://4f3c/").host == "4f3c");
    CHECK(parsed("ws://0xyz/").host == "0xyz");
    CHECK(parsed("ws://1.2.3.4.example/").host == "1.2.3.4.example");
  }

  TEST_CASE("RFC 5891: a name that is not ASCII") {
#if defined(WSX_HAS_IDN2)
    CHECK(parsed("ws://b\xc3\xbc"
                 "cher.example:81/x")
              .host == "xn--bcher-kva.example");
    CHECK(parsed("wss://u@B\xc3\x9c"
                 "CHER.example/")
              .authority() == "xn--bcher-kva.example");
    CHECK(parsed("ws://fa\xc3\x9f.de/").host == "xn--fa-hia.de");
    // Fullwidth digits.
    CHECK(parsed("ws://\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.1/").host_is_ip);
    const auto said = fault("ws://b\xc3\xbc\xe2\x80\xae.example/");
    CHECK_MESSAGE(said.starts_with("the host \"b\xc3\xbc\\u202e.example\" is not a name: "), said);
    CHECK(fault("ws://\xff.example/").starts_with("the host \"\\xff.example\" is not a name: "));
#else
    CHECK(fault("ws://b\xc3\xbc"
                "cher.example/") ==
          "the host \"b\xc3\xbc"
          "cher.example\" is not ASCII, and this build of wsx has no libidn2: "
          "write its A-label, which begins with xn--");
#endif
  }

  TEST_CASE("RFC 9110 7.2: authority leaves the default port out") {
    CHECK(parsed("ws://H:80/").authority() == "h");
    CHECK(parsed("ws://h:443/").authority() == "h:443");
    CHECK(parsed("wss://h:443/").authority() == "h");
    CHECK(parsed("wss://h:80/").authority() == "h:80");
    CHECK(parsed("ws://[::1]/").authority() == "[::1]");
    CHECK(parsed("ws://[::1]:8080/").authority() == "[::1]:8080");
    CHECK(parsed("ws://127.0.0.1:1/").authority() == "127.0.0.1:1");
  }

  TEST_CASE("host_and_port always has the port") {
    CHECK(parsed("ws://H/").host_and_port() == "h:80");
    CHECK(parsed("wss://h:443/").host_and_port() == "h:443");
    CHECK(parsed("wss://h:7/").host_and_port() == "h:7");
    CHECK(parsed("ws://[::1]/").host_and_port() == "[::1]:80");
  }

  TEST_CASE("ports from 1 to 65535") {
    CHECK(parsed("ws://h:1/").port == 1);
    CHECK(parsed("ws://h:65535/").port == 65535);
    CHECK(parsed("ws://h:0080/").port == 80);
    for (const std::string text :
         {"ws://h:0/", "ws://h:65536/", "ws://h:99999999999999999999/", "ws://h:-1/", "ws://h:+1/",
          "ws://h:8a/", "ws://h:0x50/", "ws://h:80:80/", "ws://h:%38/"}) {
      check_invalid(text);
    }
  }

  TEST_CASE("other schemes") {
    for (const std::string text : {"ftp://h/", "wsss://h/", "w://h/", "ws+tcp://h/", "file:///x",
                                   "mailto:x", "localhost:8080/x"}) {
      CAPTURE(text);
      CHECK(refusal(text) == errc::unsupported_scheme);
    }
  }

  TEST_CASE("no absolute URL") {
    for (const std::string text : {"", "h", "/x", "//h/x", "example.com/x", "://h/", "1ws://h/",
                                   "ws", "ws:", "ws:/", "ws:/h", "ws:h", "?", "127.0.0.1:80/x"}) {
      check_invalid(text);
    }
    check_invalid(std::string_view{});
  }

  TEST_CASE("no host") {
    for (const std::string text : {"ws://", "ws:///", "ws:///x", "ws://:80/", "ws://?q", "wss://.",
                                   "wss://.example.com", "ws://a..b", "wss://a.."}) {
      check_invalid(text);
    }
  }

  TEST_CASE("RFC 6455 3: no fragment") {
    for (const std::string text : {"ws://h/#x", "ws://h#", "ws://h/?q#x"}) check_invalid(text);
  }

  TEST_CASE("RFC 3986 3.2.1: user information, decoded") {
    const auto user_of = [](std::string_view text) { return parsed(text).user_info; };
    CHECK(user_of("ws://h/").empty());
    CHECK(user_of("ws://name:password@h/") == "name:password");
    CHECK(user_of("ws://name@h/") == "name:");
    CHECK(user_of("ws://:password@h/") == ":password");
    CHECK(user_of("ws://@h/").empty());
    CHECK(user_of("ws://:@h/").empty());
    CHECK(user_of("ws://n%C3%A9:p%40%3A%2f%25@h/") == "n\xc3\xa9:p@:/%");
    CHECK(user_of("ws://n\xc3\xa9:p ^w@h/") == "n\xc3\xa9:p ^w");
    CHECK(user_of("ws://n:100%@h/") == "n:100%");
    // The last one counts, as in browsers.
    const url u = parsed("wss://a@b:c@d@h:8443/p");
    CHECK(u.user_info == "a@b:c@d");
    CHECK(u.host == "h");
    CHECK(u.port == 8443);
    CHECK(u.target == "/p");
    CHECK(u.without_user_info() == "wss://h:8443/p");
    // One in the path or the query is none.
    CHECK(user_of("ws://h/a@b").empty());
    CHECK(user_of("ws://h?a@b").empty());
    for (const std::string text :
         {"ws://a%3Ab:c@h/", "ws://a:b%0d@h/", "ws://a%00@h/", "ws://a:b\n@h/", "ws://a:%ff@h/"}) {
      check_invalid(text);
    }
  }

  TEST_CASE("RFC 3986 3.2.2: bad IP literals") {
    for (const std::string text :
         {"ws://[::1/", "ws://::1/", "ws://[]/", "ws://[1::2::3]/", "ws://[:::]/", "ws://[g::]/",
          "ws://[1:2:3:4:5:6:7:8:9]/", "ws://[12345::]/", "ws://[::1.2.3.256]/", "ws://[::1]x/",
          "ws://[127.0.0.1]/", "ws://[v1.a]/", "ws://[fe80::1%]/", "ws://[fe80::1%a/b]/",
          "ws://[fe80::1%a b]/", "ws://fe80::1%eth0/", "ws://[::1%eth0", "ws://[%eth0]/"}) {
      check_invalid(text);
    }
  }

  TEST_CASE("RFC 6874: the zone of an IPv6 address, which Host does not have") {
    for (const std::string text : {"ws://[fe80::1%eth0]:81/", "ws://[FE80::1%25eth0]:81/"}) {
      const url u = parsed(text);
      CHECK(u.host == "fe80::1");
      CHECK(u.zone == "eth0");
      CHECK(u.host_is_ipv6);
      CHECK(u.port == 81);
      CHECK(u.authority() == "[fe80::1]:81");
      CHECK(u.host_and_port() == "[fe80::1%eth0]:81");
    }
    CHECK(parsed("ws://[fe80::1%25]/").zone == "25");
    CHECK(parsed("ws://[fe80::1%2]/").zone == "2");
    CHECK(parsed("ws://u@[fe80::1%br-0.5_x~]/").zone == "br-0.5_x~");
    CHECK(parsed("ws://h/%25eth0").zone.empty());
  }

  TEST_CASE("RFC 1123 2.1: a number that is no IPv4 address is no name either") {
    for (const std::string text :
         {"ws://1.2.3/", "ws://127.1/", "ws://256.0.0.1/", "ws://1.2.3.4.5/", "ws://2130706433/",
          "ws://0x7f000001/", "ws://0X7F.1/", "ws://0x/", "ws://01.2.3.4/", "ws://1.2.3.4./",
          "ws://a.b.0x7F/"}) {
      check_invalid(text);
    }
  }

  TEST_CASE("hosts with characters that no name has") {
    for (const std::string text :
         {"ws://a%41/", "ws://a%2fb/", "ws://a!b/", "ws://a,b/", "ws://a=b/", "ws://a\\b/",
          "ws://a*b/", "ws://a~b/", "ws://(a)/"}) {
      check_invalid(text);
    }
  }

  TEST_CASE("control characters, and bytes that are not UTF-8") {
    for (int byte = 0; byte < 256; ++byte) {
      if (byte >= 0x20 && byte < 0x7f) continue;
      CAPTURE(byte);
      const std::string c(1, static_cast<char>(byte));
      check_invalid(c + "ws://h/x");
      check_invalid("ws:" + c + "//h/x");
      check_invalid("ws://h" + c + "h/x");
      check_invalid("ws://h:8" + c + "0/x");
      check_invalid("ws://h/x" + c + "y");
      check_invalid("ws://h/x?y" + c + "z");
      check_invalid("ws://h/x" + c);
    }
    for (const std::string text :
         {"ws: //h/", "w s://h/", "ws:// h/", "ws://h :80/", "ws://h: 80/"})
      check_invalid(text);
  }

  // Compared with what Node.js 18 makes of them, but for the "^" of a path, which the standard has
  // since 2023.
  TEST_CASE("WHATWG URL: what a path or query can't contain is percent-encoded") {
    const auto target_of = [](std::string_view text) { return parsed(text).target; };
    CHECK(target_of("ws://h/a b") == "/a%20b");
    CHECK(target_of("ws://h/\"<>^`{}") == "/%22%3C%3E%5E%60%7B%7D");
    CHECK(target_of("ws://h/[]|'!$&()*+,;=:@~-._") == "/[]|'!$&()*+,;=:@~-._");
    CHECK(target_of("ws://h/\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80") ==
          "/%C3%A9%E2%82%AC%F0%9F%98%80");
    CHECK(target_of("ws://h/a\\b?c\\d") == "/a/b?c\\d");
    CHECK(target_of("ws://h?a b\"<>'") == "/?a%20b%22%3C%3E%27");
    CHECK(target_of("ws://h/?[]{}|^`?/\xc3\xa9") == "/?[]{}|^`?/%C3%A9");
    // What is encoded stays so, and a lone percent sign, too.
    CHECK(target_of("ws://h/%20%zz%?%4%") == "/%20%zz%?%4%");
  }

  TEST_CASE("spaces around it are ignored") {
    CHECK(parsed("  ws://h/x  ").target == "/x");
    CHECK(parsed(" ws://h").host == "h");
    check_invalid("   ");
  }

  TEST_CASE("up to 8 KiB") {
    CHECK(parsed(url_of_size(8192)).target.size() == 8192 - 6);
    check_invalid(url_of_size(8193));
    check_invalid(url_of_size(1 << 20));
    check_invalid("ws://h/" + std::string(2731, ' ') + "x");
    CHECK(parsed("ws://h" + std::string(8192 - 6, '/')).target.size() == 8192 - 6);
  }

  TEST_CASE("what is said of a refused URL") {
    struct said {
      std::string_view text;
      std::string_view expected;
    };
    const said table[] = {
        {"", "it is empty"},
        {"localhost:7802/", "the scheme is missing: write ws://localhost:7802/"},
        {"example.com/x?a=secret", "the scheme is missing: write ws://example.com/x?a=***"},
        {"127.0.0.1:80", "the scheme is missing: write ws://127.0.0.1:80"},
        {"user:secret@host:80", "the scheme is missing: a URL begins with ws:// or wss://"},
        {"h:0", "the scheme is missing: a URL begins with ws:// or wss://"},
        {"/x", "the scheme is missing: a URL begins with ws:// or wss://"},
        {"://h/", "the scheme is missing: a URL begins with ws:// or wss://"},
        {"ftp://h/", "the scheme is \"ftp\", not ws or wss"},
        {"ws:/h", "the host is missing"},
        {"ws:///x", "the host is missing"},
        {"ws://:80/", "the host is missing"},
        {"ws://user:se\ncret@h/", "the user information has a control character, or is not UTF-8"},
        {"ws://us%3aer:secret@h/", "the user name has a colon"},
        {"ws://u:secret@h h/", "it has a space at character 7"},
        {"ws://h/\r\nsecret", "the path has a carriage return at character 8"},
        {"ws://h/\x1b[m", "the path has the control character \\x1b at character 8"},
        {"ws://h/\xc3", "the path has the byte \\xc3 at character 8"},
        {"ws://h/\xc3(", "the path has the character ( at character 9"},
        {"ws://u:secret@h?a=\t", "the query has a tab at character 19"},
        {"ws://[fe80::1%a b]/", "the zone \"a b\" is not the name of an interface"},
        {"ws://h/#secret", "it has a fragment"},
        {"ws://h:0/", "the port is not 1 to 65535"},
        {"ws://h:65536/", "the port is not 1 to 65535"},
        {"ws://h:8a/", "the port is not 1 to 65535"},
        {"ws://h:-1/", "the port is not 1 to 65535"},
        {"ws://::1/", "the host has more than one colon: an IPv6 address stands in brackets"},
        {"ws://[::1/", "what is in brackets is not an IPv6 address, or not all of the host"},
        {"ws://[v1.a]/", "the host \"v1.a\" is not an IP address"},
        {"ws://a..b/", "the host \"a..b\" is not a name"},
        {"ws://a!b/", "the host \"a!b\" is not a name"},
        {"ws://127.1/", "the host \"127.1\" is neither a name nor an IPv4 address"},
    };
    for (const auto& row : table) {
      CAPTURE(row.text);
      CHECK(fault(row.text) == row.expected);
    }
    CHECK(fault(url_of_size(8193)) == "it is longer than 8192 bytes");
    CHECK(fault("ws://" + std::string(500, '!') + "/").size() < 120);
  }

  TEST_CASE("a good URL leaves what is said as it was") {
    url u;
    std::string what = "untouched";
    CHECK(!parse_url("ws://h/", u, what));
    CHECK(what == "untouched");
  }

  TEST_CASE("a refused URL leaves the result as it was") {
    url u = parsed("wss://example.com:8443/feed");
    for (const std::string text :
         {"ws://h:0/", "ftp://h/", "ws://h#", "ws://1.2/", "", "ws://%41/"}) {
      CHECK(parse_url(text, u));
      CHECK(u.host == "example.com");
      CHECK(u.port == 8443);
      CHECK(u.target == "/feed");
      CHECK(u.secure());
    }
  }

  TEST_CASE("a text without a NUL at its end is not read beyond") {
    const std::string_view text = "ws://host:80/path-and-more";
    CHECK(parsed(text.substr(0, 7)).host == "ho");
    CHECK(parsed(text.substr(0, 11)).port == 8);
    CHECK(parsed(text.substr(0, 17)).target == "/path");
  }
}
