// The server's side of the way out: asks the worker, and takes nothing that it says for granted. A worker that breaks a
// rule, says nothing or ends costs the exchanges under way.
#pragma once

#include "app/egress/message.hpp"
#include "app/egress/packet.hpp"
#include "app/egress/smtp_message.hpp"
#include "app/egress/supervisor.hpp"
#include "app/process/logging.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

namespace pawl::app {

// For /metrics; relaxed.
struct egress_figures {
    std::atomic<std::uint64_t> answered{0}, failed{0}, deaths{0};
    std::atomic<bool> ready{false}; // there is a worker
};

class egress {
public:
    using when_done = std::function<void(egress_answer)>;

    // `log` outlives it.
    egress(egress_link link, logger& log);
    ~egress(); // stop()
    egress(const egress&) = delete;
    egress& operator=(const egress&) = delete;

    // Starts the thread. Owner's thread, as stop().
    void start();
    // Everything under way fails, as does everything that is asked later.
    void stop();

    // Any thread. `done` is called once, which must not wait: from this object's thread, or from here if the request is
    // refused. An exchange takes at most egress_time_max and egress_time_slack, the wait for a worker included.
    void ask(const egress_request& request, when_done done);
    void ask(const smtp_mail& mail, std::function<void(smtp_answer)> done);

    const egress_figures& figures() const { return figures_; }

private:
    using clock = std::chrono::steady_clock;
    enum class belief : std::uint8_t { answered, failed, broken }; // what an answer is worth
    struct exchange {
        secret_bytes message; // until it is handed to the worker
        bool is_sent = false;
        clock::time_point until;
        std::function<belief(std::span<const std::uint8_t>)> take; // the answer; one of these two is called
        std::function<void(std::string_view why)> fail;
    };
    using exchanges = std::map<std::uint64_t, exchange>;

    void run();
    void wake();
    // Empty once it is taken; else why not, and `one` is as it was.
    std::string_view take(exchange& one);
    // False at a stop.
    bool take_requests();
    void hear_supervisor();
    void hear_worker();
    void believe(const egress_message& message);
    void greet(const egress_message& message);
    void send();
    void expire();
    void lose_worker(std::string_view why);
    void break_with_worker(std::string_view why);
    void begin(std::optional<secret_bytes> message, exchange one);
    exchange remove(exchanges::iterator which);
    void fail(exchanges::iterator which, std::string_view why);
    void fail_all(std::string_view why);

    egress_link link_;
    logger& log_;
    storage::unique_fd wake_;
    egress_figures figures_;

    std::mutex mutex_;
    std::deque<exchange> asked_; // guarded by mutex_, as the next two
    std::size_t under_way_ = 0;  // asked or sent
    bool stopping_ = false;

    storage::unique_fd worker_; // of the thread, as the next
    message_assembler incoming_;
    exchanges exchanges_;               // by id
    std::deque<secret_bytes> outgoing_; // packets
    std::uint64_t last_id_ = 0;
    bool greeted_ = false, reachable_ = true; // not: no worker will come soon
    std::thread thread_;
};

// One thread's way to ask and wait, which another thread can end for good.
class egress_waiter {
public:
    explicit egress_waiter(egress& out) : out_(out) {}
    egress_answer ask(const egress_request& request);
    // From any thread: an ask() that waits comes back, as does every one after.
    void stop();

private:
    struct state {
        std::mutex mutex;
        std::condition_variable changed;
        std::optional<egress_answer> answer;
    };

    egress& out_;
    std::mutex mutex_;
    std::shared_ptr<state> now_; // guarded by mutex_, as the next
    bool stopped_ = false;
};

} // namespace pawl::app
