#include "app/net/connection_ledger.hpp"

#include <algorithm>

namespace pawl::app {

connection_permit::~connection_permit() {
    if (ledger_ != nullptr) {
        ledger_->give_back(*this);
    }
}

connection_permit connection_ledger::take(const peer_address& peer, bool counts_peer) {
    connection_permit::peer_key key = peer.bytes;
    constexpr std::array<std::uint8_t, 12> v4_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (!std::equal(v4_prefix.begin(), v4_prefix.end(), key.begin())) {
        std::fill(key.begin() + 8, key.end(), std::uint8_t{0});
    }
    const std::lock_guard lock(mutex_);
    if (open_ >= caps_.total) {
        return {};
    }
    if (counts_peer) {
        const auto found = by_peer_.find(key);
        if (found != by_peer_.end() && found->second >= caps_.per_peer) {
            return {};
        }
        ++by_peer_[key];
    }
    ++open_;
    return {*this, key, counts_peer};
}

void connection_ledger::give_back(const connection_permit& permit) noexcept {
    const std::lock_guard lock(mutex_);
    if (permit.counts_peer_) {
        const auto found = by_peer_.find(permit.key_);
        if (--found->second == 0) {
            by_peer_.erase(found);
        }
    }
    if (--open_ == 0) {
        none_.notify_all();
    }
}

std::size_t connection_ledger::open() const {
    const std::lock_guard lock(mutex_);
    return open_;
}

bool connection_ledger::wait_until_none(std::chrono::milliseconds limit) {
    std::unique_lock lock(mutex_);
    return none_.wait_for(lock, limit, [this] { return open_ == 0; });
}

} // namespace pawl::app
