// What is made to go wrong on purpose (POST /dev/faults): which requests, how often, in what way.
#pragma once

#include "app/http/route.hpp"
#include "core/failure.hpp"
#include "core/random_source.hpp"

#include <boost/json/object.hpp>

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace pawl::app {

inline constexpr std::size_t faults_max = 64;
inline constexpr milliseconds fault_delay_max{60'000};

enum class fault_kind : std::uint8_t {
    drop_reply_after_commit, // the work is done, the connection ends without an answer
    delay,                   // the work begins `ms` later
    status,                  // no work is done, this status is the answer
    duplicate,               // the work is done twice, one after the other; the second answer is sent
    stall_sync,              // nothing of the realm becomes durable for `ms` from the request's arrival
};

struct fault {
    std::uint64_t id = 0;
    fault_kind kind{};
    std::string route, path, method; // empty: any. `path` is without the realm's prefix
    std::uint64_t left = 1;          // how many requests it is still for; 0: until it is removed
    double probability = 1;
    milliseconds ms{0};
    unsigned status = 503;
    std::optional<seconds> retry_after;
    std::uint64_t hits = 0;
};

result<fault> read_fault(const boost::json::object& body);
std::string to_json(const fault& f);

// What one request meets: all faults that fit it, together.
struct fault_effect {
    bool drop = false, duplicate = false;
    milliseconds delay{0}, stall{0};
    std::optional<unsigned> status;
    std::optional<seconds> retry_after;
};

// Any thread.
class fault_list {
public:
    // std::nullopt if there are faults_max.
    std::optional<fault> add(fault f);
    bool remove(std::uint64_t id);
    void clear();
    std::vector<fault> all() const;
    // Uses up one of each that fits.
    fault_effect take(const route& row, const http_request& request, random_source& random);

private:
    std::atomic<bool> any_{false}; // so that no request takes the lock in vain
    mutable std::mutex mutex_;
    std::vector<fault> all_;
    std::uint64_t next_id_ = 1;
};

} // namespace pawl::app
