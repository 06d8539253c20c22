#pragma once

#include "answers.hpp"
#include "blast.hpp"
#include "reactor.hpp"
#include "stream.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace bench {

/// One client: the opening handshake, then what the path of its URL asks for.
///
/// - `/blast/KIND/SIZE`: sends messages of that size until the client goes.
/// - `/sink`: reads and forgets.
/// - `/echo/SIZE`: answers each message with itself.
/// - any other, such as `/idle`: waits.
///
/// It believes whatever the client sends.
class connection : public watcher {
 public:
  connection(reactor& events, int fd, std::unique_ptr<stream> peer) noexcept;

  bool ready(std::uint32_t events) override;

 private:
  bool read();
  bool take(std::string_view bytes);
  bool open(std::string_view& bytes);
  void begin(std::string_view path, const std::optional<deflate_terms>& terms);
  bool write();
  bool write_replies();
  bool write_chunk();
  void want_write(bool wanted);

  reactor& events_;
  int fd_;
  std::unique_ptr<stream> stream_;
  std::string head_;  // of the opening handshake, as far as it has come
  bool open_ = false;
  bool listening_ = true;  // to frames: a sink is not
  answers answers_{false};
  std::string replies_;
  std::size_t replied_ = 0;  // bytes of them
  chunk_ptr chunk_;
  std::size_t chunk_at_ = 0;
  bool wants_write_ = false;
};

}  // namespace bench
