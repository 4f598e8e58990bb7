// Delivers events to one receiver: in order, each at least once, whatever happens to either side meanwhile. A thread of
// its own, which nothing waits for; the egress worker connects for it.
#pragma once

#include "app/config/config.hpp"
#include "app/egress/egress.hpp"
#include "app/events/event_service.hpp"
#include "app/process/logging.hpp"
#include "app/webhook/limits.hpp"
#include "app/webhook/position.hpp"
#include "core/random_source.hpp"
#include "storage/access.hpp"

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace pawl::app {

// For /metrics; relaxed.
struct webhook_figures {
    std::atomic<std::uint64_t> delivered{0}, failed{0}, given_up{0}, lsn{0};
};

class webhook_sender final : private event_ring::listener {
public:
    // All outlive it. `store`: hex of its uuid.
    struct parts {
        const webhook_settings& settings;
        std::string directory;
        std::string store;
        event_service& events;
        random_source& random;
        logger& log;
        egress& out;
    };
    webhook_sender(parts p, secret_bytes key);
    ~webhook_sender(); // stop()
    webhook_sender(const webhook_sender&) = delete;
    webhook_sender& operator=(const webhook_sender&) = delete;

    // Finds its place and starts the thread. Owner's thread, as stop().
    void start();
    // What is under way is left for the next start; the place is kept. Before the world it watches stops.
    void stop();

    const webhook_figures& figures() const { return figures_; }

private:
    using steady = std::chrono::steady_clock;

    void wake() noexcept override;
    std::uint64_t find_place();
    void run();
    // False at a stop.
    bool turn(event_feed& feed);
    bool deliver(const event_line& line);
    egress_answer post(const std::string& id, const std::string& body);
    bool rest(milliseconds how_long, bool or_woken);
    void save(std::uint64_t lsn, bool delivered);
    void save_now(std::uint64_t lsn);

    const parts parts_;
    const secret_bytes key_;
    egress_waiter out_;
    webhook_figures figures_;

    std::mutex mutex_;
    std::condition_variable changed_;
    bool woken_ = false, stopping_ = false; // guarded by mutex_

    std::uint64_t saved_ = 0; // of the thread, as the next
    steady::time_point saved_at_{};
    bool undelivered_only_ = true; // since then
    std::vector<event_line> lines_;
    std::optional<event_service::watch> watch_;
    std::thread thread_;
};

// The body of a delivery: {"type","timestamp","data"}, as Standard Webhooks recommend.
std::string webhook_body(const event_line& line);
// Of one event of one store, the same at every attempt: what a receiver tells repetitions by.
std::string webhook_id(std::string_view store, const event_place& at);

// `settings.webhook` is set and outlives it, as the others do but `key`. `log_key`: of the directory that the events
// are of.
std::unique_ptr<webhook_sender> make_webhook_sender(const config& settings, secret_bytes key, event_service& events,
                                                    const secret_bytes& log_key, random_source& random, logger& log,
                                                    egress& out);

// The key that --webhook-secret-file holds; empty without --webhook. Before the sandbox closes. Throws as the next
// does.
secret_bytes webhook_key_of(const config& settings);
// Throws refused(usage): it can't be read, others may read it, or it holds no key.
secret_bytes read_webhook_key(const std::string& path, storage::group_access group);

} // namespace pawl::app
