// How many connections there are, in all and by peer. Touched when one opens or closes, never per request.
#pragma once

#include "app/http/limits.hpp"
#include "core/family/family.hpp"

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <utility>

namespace pawl::app {

class connection_ledger;

// The right of one connection to be; given back on destruction. The ledger outlives it.
class connection_permit {
public:
    connection_permit() = default;
    connection_permit(connection_permit&& other) noexcept
        : ledger_(std::exchange(other.ledger_, nullptr)), key_(other.key_), counts_peer_(other.counts_peer_) {}
    connection_permit& operator=(connection_permit&&) = delete;
    ~connection_permit();
    explicit operator bool() const { return ledger_ != nullptr; }

private:
    friend class connection_ledger;
    using peer_key = std::array<std::uint8_t, 16>;
    connection_permit(connection_ledger& ledger, peer_key key, bool counts_peer)
        : ledger_(&ledger), key_(key), counts_peer_(counts_peer) {}
    connection_ledger* ledger_ = nullptr;
    peer_key key_{};
    bool counts_peer_ = false;
};

// Any thread.
class connection_ledger {
public:
    explicit connection_ledger(connection_caps caps) : caps_(caps) {}

    // Empty when a cap is reached. Unix sockets (all-zero peer) and trusted proxies pass `counts_peer` false. IPv6
    // peers count by /64, which is what one customer holds.
    connection_permit take(const peer_address& peer, bool counts_peer);
    std::size_t open() const;
    // True once there are none; false after `limit`.
    bool wait_until_none(std::chrono::milliseconds limit);

private:
    friend class connection_permit;
    void give_back(const connection_permit& permit) noexcept;

    const connection_caps caps_;
    mutable std::mutex mutex_;
    std::condition_variable none_;
    std::size_t open_ = 0;
    // Ordered, not hashed: peers choose their addresses. Bounded by caps_.total.
    std::map<connection_permit::peer_key, std::size_t> by_peer_;
};

} // namespace pawl::app
