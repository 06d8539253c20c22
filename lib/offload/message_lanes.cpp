#include "message_lanes.hpp"

#include <utility>

namespace wsx::detail {

namespace {

std::size_t size_of(const lane_job& job) noexcept {
  return job.what.text().size();
}

}  // namespace

void message_lanes::add(std::string key, jobs one) {
  message_lane& lane = lane_of(std::move(key));
  lane_job& job = one.front();
  job.lane = &lane;
  job.place = one.begin();
  (lane.first == nullptr ? lane.first : lane.last->later) = &job;
  lane.last = &job;
  bytes_ += size_of(job);
  waiting_.splice(waiting_.end(), one);
  if (!lane.running) ready_.splice(ready_.end(), lane.spot);
}

message_lane& message_lanes::lane_of(std::string key) {
  std::list<message_lane*> spot(1);
  const auto [found, added] = lanes_.try_emplace(std::move(key));
  message_lane& lane = found->second;
  if (!added) return lane;
  lane.key = &found->first;
  lane.spot.splice(lane.spot.end(), spot);
  lane.place = lane.spot.begin();
  *lane.place = &lane;
  return lane;
}

// The place in the order of all messages stays that of the message that is replaced.
bool message_lanes::replace(const std::string& key, jobs& one) {
  const auto found = lanes_.find(key);
  if (found == lanes_.end() || found->second.last == nullptr) return false;
  lane_job& old = *found->second.last;
  lane_job& added = one.front();
  bytes_ += size_of(added);
  bytes_ -= size_of(old);
  std::swap(old.what, added.what);
  std::swap(old.from, added.from);
  return true;
}

message_lanes::jobs message_lanes::drop_oldest() {
  jobs dropped;
  message_lane& lane = *waiting_.front().lane;
  take_first(lane);
  dropped.splice(dropped.end(), waiting_, waiting_.begin());
  clean_up(lane);
  return dropped;
}

message_lanes::jobs message_lanes::drop_all() {
  jobs dropped;
  while (!waiting_.empty()) dropped.splice(dropped.end(), drop_oldest());
  return dropped;
}

lane_job* message_lanes::begin() {
  if (ready_.empty()) return nullptr;
  message_lane& lane = *ready_.front();
  lane_job& job = *lane.first;
  lane.running = true;
  lane.spot.splice(lane.spot.end(), ready_, lane.place);
  take_first(lane);
  running_.splice(running_.end(), waiting_, job.place);
  return &job;
}

message_lanes::jobs message_lanes::end(lane_job& done) {
  jobs ended;
  message_lane& lane = *done.lane;
  ended.splice(ended.end(), running_, done.place);
  lane.running = false;
  if (lane.first != nullptr) ready_.splice(ready_.end(), lane.spot);
  clean_up(lane);
  return ended;
}

// The first of a lane's messages no longer waits.
void message_lanes::take_first(message_lane& lane) noexcept {
  bytes_ -= size_of(*lane.first);
  lane.first = lane.first->later;
  if (lane.first == nullptr) lane.last = nullptr;
}

// Nothing is kept of a key that has no messages.
void message_lanes::clean_up(message_lane& lane) noexcept {
  if (lane.first != nullptr || lane.running) return;
  if (lane.spot.empty()) lane.spot.splice(lane.spot.end(), ready_, lane.place);
  lanes_.erase(lanes_.find(*lane.key));
}

}  // namespace wsx::detail
