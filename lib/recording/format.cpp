#include "format.hpp"

#include <zlib.h>

#include <utility>

namespace wsx::recording {

namespace {

std::uint32_t add_to_checksum(std::uint32_t sum, bytes_view bytes) noexcept {
  return static_cast<std::uint32_t>(
      ::crc32_z(sum, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
}

// The head as it is in the file. On most machines its members are there already.
template <class Each>
void each_member(record_head& head, Each each) {
  each(head.body_size);
  each(head.checksum);
  each(head.monotonic);
  each(head.wall);
  each(head.size);
  each(head.number);
}

std::optional<std::string_view> decode_frame(const record_head& head, std::string& body,
                                             decltype(record::what)& what) {
  if (!is_defined(head.op)) return "a frame has an opcode that RFC 6455 does not define";
  if ((head.flags & ~(sent_flag | fin_flag | compressed_flag)) != 0)
    return "a frame has unknown flags";
  if (body.size() > head.size) return "a frame has more payload than it says";
  if (!std::holds_alternative<frame>(what)) what.emplace<frame>();
  auto& f = std::get<frame>(what);
  const bool sent = (head.flags & sent_flag) != 0;
  f.facts = {sent ? frame_direction::sent : frame_direction::received, head.op,
             (head.flags & fin_flag) != 0, (head.flags & compressed_flag) != 0, head.size};
  f.payload.swap(body);
  return std::nullopt;
}

connected decode_connected(parser& p) {
  connected c;
  c.url = p.text();
  c.subprotocol = p.text();
  c.peer_endpoint = p.text();
  c.local_endpoint = p.text();
  c.attempt = p.number<std::uint64_t>();
  const auto agreed = p.number<std::uint8_t>();
  const auto server_bits = p.number<std::uint8_t>();
  const auto client_bits = p.number<std::uint8_t>();
  if ((agreed & 1) != 0)
    c.deflate = {(agreed & 2) != 0, (agreed & 4) != 0, server_bits, client_bits};
  return c;
}

ended decode_ended(parser& p, ended::of of) {
  ended e;
  e.what = of;
  e.origin = static_cast<close_origin>(p.number<std::uint8_t>());
  e.code = p.number<std::uint16_t>();
  e.error = p.number<std::int32_t>();
  e.error_category = p.text();
  e.message = p.text();
  return e;
}

handler_replaced decode_replaced(parser& p) {
  handler_replaced h;
  h.old_version = p.text();
  h.new_version = p.text();
  return h;
}

}  // namespace

std::array<std::byte, file_head_size> encode_file_head() {
  memory::byte_buffer bytes;
  for (const char c : magic) append(bytes, c);
  append(bytes, version);
  append(bytes, std::uint16_t{0});
  append(bytes, add_to_checksum(0, bytes.view()));
  std::array<std::byte, file_head_size> head;
  std::memcpy(head.data(), bytes.data(), head.size());
  return head;
}

std::array<std::byte, head_size> encode(record_head& head, bytes_view body) {
  head.body_size = static_cast<std::uint32_t>(body.size());
  head.checksum = 0;
  record_head on_file = head;
  each_member(on_file, [](auto& n) { n = little(n); });
  auto bytes = std::bit_cast<std::array<std::byte, head_size>>(on_file);
  const auto sum = little(checksum_of(bytes, body));
  std::memcpy(bytes.data() + offsetof(record_head, checksum), &sum, sizeof(sum));
  return bytes;
}

record_head decode_head(const std::array<std::byte, head_size>& bytes) noexcept {
  auto head = std::bit_cast<record_head>(bytes);
  each_member(head, [](auto& n) { n = little(n); });
  return head;
}

std::uint32_t checksum_of(const std::array<std::byte, head_size>& head, bytes_view body) noexcept {
  constexpr std::size_t behind = offsetof(record_head, monotonic);
  const auto size = add_to_checksum(0, bytes_view(head).first(sizeof(std::uint32_t)));
  return add_to_checksum(add_to_checksum(size, bytes_view(head).subspan(behind)), body);
}

record_head head_of(const frame_facts& facts) noexcept {
  record_head head;
  head.size = facts.size;
  head.op = facts.op;
  if (facts.direction == frame_direction::sent) head.flags |= sent_flag;
  if (facts.fin) head.flags |= fin_flag;
  if (facts.compressed) head.flags |= compressed_flag;
  return head;
}

void encode(const connected& c, memory::byte_buffer& body) {
  append(body, std::string_view(c.url));
  append(body, std::string_view(c.subprotocol));
  append(body, std::string_view(c.peer_endpoint));
  append(body, std::string_view(c.local_endpoint));
  append(body, c.attempt);
  const auto d = c.deflate.value_or(deflate_parameters());
  const int agreed = (c.deflate ? 1 : 0) | (d.server_no_context_takeover ? 2 : 0) |
                     (d.client_no_context_takeover ? 4 : 0);
  append(body, static_cast<std::uint8_t>(agreed));
  append(body, static_cast<std::uint8_t>(d.server_max_window_bits));
  append(body, static_cast<std::uint8_t>(d.client_max_window_bits));
}

void encode(const ended& e, memory::byte_buffer& body) {
  append(body, static_cast<std::uint8_t>(e.origin));
  append(body, e.code);
  append(body, e.error);
  append(body, std::string_view(e.error_category));
  append(body, std::string_view(e.message));
}

void encode(const handler_replaced& h, memory::byte_buffer& body) {
  append(body, std::string_view(h.old_version));
  append(body, std::string_view(h.new_version));
}

std::optional<std::string_view> decode(const record_head& head, std::string& body,
                                       decltype(record::what)& what) {
  if (head.kind == record_kind::frame) return decode_frame(head, body, what);
  parser p(body);
  switch (head.kind) {
    case record_kind::connected: what = decode_connected(p); break;
    case record_kind::connection_ended: what = decode_ended(p, ended::of::connection); break;
    case record_kind::client_ended: what = decode_ended(p, ended::of::client); break;
    case record_kind::handler_replaced: what = decode_replaced(p); break;
    case record_kind::gap: what = gap{p.number<std::uint64_t>()}; break;
    default: return "it is of an unknown kind";
  }
  if (!p.done()) return "its body does not fit its kind";
  if (const auto* const c = std::get_if<connected>(&what); c != nullptr && c->deflate) {
    const auto in_range = [](int bits) { return bits >= 8 && bits <= 15; };
    if (!in_range(c->deflate->server_max_window_bits) ||
        !in_range(c->deflate->client_max_window_bits))
      return "it has a window that RFC 7692 does not allow";
  }
  if (const auto* const e = std::get_if<ended>(&what);
      e != nullptr && e->origin > close_origin::error)
    return "it has an unknown origin";
  return std::nullopt;
}

}  // namespace wsx::recording
