// What is to be sent now, and what became of it: between the store, which keeps mails, and whoever carries them out
// (the sender to a relay, or the box of --dev). Decides by core/mail/queue.hpp; has no thread and waits for nothing.
#pragma once

#include "app/mail/compose.hpp"
#include "app/process/logging.hpp"
#include "core/mail/queue.hpp"
#include "core/port/mail_port.hpp"
#include "core/port/store.hpp"
#include "core/service/mail_service.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace pawl::app {

// For /metrics; relaxed.
struct mail_figures {
    std::atomic<std::uint64_t> sent{0}, refused{0}, expired{0}, overtaken{0}, put_off{0}, relay_faults{0};
    std::atomic<std::uint64_t> delay_ms{0}; // of those that were sent, all together: from wanted to sent
    std::atomic<bool> relay_failing{false};
};

class mail_desk final : private mail_listener {
public:
    // All outlive it.
    struct parts {
        mail_port& mails;
        const store& data;
        const clock& time;
        logger* log = nullptr; // null in tests of other things
        std::size_t rate = 300;
    };
    explicit mail_desk(parts p);
    ~mail_desk() override; // close()
    mail_desk(const mail_desk&) = delete;
    mail_desk& operator=(const mail_desk&) = delete;

    // --- Before the first request.
    void set_sender(mail_sender_name from) { from_ = std::move(from); }
    const mail_sender_name& sender() const { return from_; }
    // Without one, what has a link is overtaken.
    void set_links(link_maker links) { links_ = std::move(links); }

    // From now on it knows what waits; `wake` (may be empty) is called when there may be more to do, from any thread,
    // under locks: it only wakes.
    void open(std::function<void()> wake);
    // Once it is back, nothing is told any more.
    void close();

    // Any thread.
    struct turn {
        std::vector<composed_mail> send;  // settled() is to be called for each
        std::optional<timestamp_ms> next; // look again then at the latest; std::nullopt: once woken
    };
    turn take();
    void settled(const outgoing_mail& m, const relay_outcome& outcome);
    // Tried at once, whatever it waits for.
    void hurry(const mail_id& id);
    // Cheap: whether take() may have something to do.
    bool may_be_due(timestamp_ms now) const noexcept {
        return woken_.load(std::memory_order_acquire) ||
               now >= timestamp_ms(milliseconds(next_.load(std::memory_order_relaxed)));
    }

    const mail_figures& figures() const { return figures_; }

private:
    void mail_wanted(const mail_ptr& m, ticket rests_on) noexcept override;
    void wake();
    // Under mutex_. What came in and is durable goes into the queue; false where something is not durable yet.
    bool take_in();
    void expire(const mail_id& id, timestamp now);
    void finish(const mail& m, mail_status status, timestamp now);
    std::optional<composed_mail> prepare(const mail_id& id, timestamp now);
    void note_relay(const relay_outcome& outcome);

    const parts parts_;
    mail_sender_name from_;
    link_maker links_;
    mail_figures figures_;
    std::atomic<bool> woken_{false};
    std::atomic<std::int64_t> next_; // ms: when to look again

    std::mutex inbox_mutex_; // after the store's locks; nothing is called under it
    std::vector<std::pair<mail_ptr, ticket>> inbox_;
    std::function<void()> wake_; // guarded by inbox_mutex_
    std::mutex mutex_;           // of what follows; the store is called under it
    std::vector<std::pair<mail_ptr, ticket>> not_durable_;
    mail_queue queue_;
};

// The code at the front of what a relay said: "550 5.1.1". The rest may name an address, so no log has it.
std::string_view reply_code(std::string_view text);

} // namespace pawl::app
