// Which mail is tried when. Pure: times come in, decisions come out; plain values, no synchronisation.
//
// A mail that the relay puts off waits by itself and holds up no other. A fault of the relay is no fault of a mail: the
// whole queue pauses, and no attempt is counted. After a pause one mail is tried alone, until the relay answers again.
#pragma once

#include "core/clock.hpp"
#include "core/mail/mail.hpp"
#include "core/mail/outcome.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace pawl {

inline constexpr std::size_t mails_at_once = 4;
inline constexpr seconds mail_backoff_first{30}; // doubled with each attempt
inline constexpr seconds mail_backoff_max{3600};
inline constexpr milliseconds relay_pause_first{1'000}; // doubled with each fault in a row
inline constexpr milliseconds relay_pause_max{300'000};
inline constexpr seconds attempts_written_every{60}; // of one mail, at most so often
inline constexpr seconds mail_rate_window{60};       // that --mail-rate is counted in

// How long a mail waits after the attempt of this number, from 1.
constexpr seconds mail_backoff(unsigned attempt) {
    seconds wait = mail_backoff_first;
    for (unsigned i = 1; i < attempt && wait < mail_backoff_max; ++i) {
        wait *= 2;
    }
    return wait < mail_backoff_max ? wait : mail_backoff_max;
}

class mail_queue {
public:
    // `rate`: so many attempts a minute at most, at least 1.
    explicit mail_queue(std::size_t rate) : rate_(rate) {}

    // A mail that waits. One that is here already stays as it is.
    void add(const mail& m);
    // It is final, or gone. Also of one that is under way.
    void remove(const mail_id& id);
    // Is tried at once, whatever it waits for and whatever pauses the queue. False where it is not here.
    bool hurry(const mail_id& id);
    bool holds(const mail_id& id) const { return all_.contains(id); }
    std::size_t size() const noexcept { return all_.size(); }
    std::size_t under_way() const noexcept { return under_way_; }
    // Since the relay failed last, and until it answers.
    bool relay_failing() const noexcept { return pause_ > milliseconds(0); }

    struct turn {
        std::vector<mail_id> send;        // under way from now on, until settle() or remove()
        std::vector<mail_id> expired;     // not here any more
        std::optional<timestamp_ms> next; // look again at this time at the latest; std::nullopt: nothing waits
    };
    turn look(timestamp_ms now);

    // What becomes of the record of a mail that was under way.
    struct settled {
        mail_status status = mail_status::waiting;
        std::uint8_t attempts = 0;
        timestamp not_before{}; // as of mail
        bool write = false;     // whether it is worth a record
    };
    // std::nullopt where it is not here: it was removed meanwhile.
    std::optional<settled> settle(const mail_id& id, relay_result outcome, timestamp_ms now);

private:
    struct entry {
        timestamp_ms due{};
        timestamp expires_at{};
        std::uint8_t attempts = 0;
        bool under_way = false, hurried = false;
        timestamp written_at{};
    };
    using entries = std::map<mail_id, entry>;

    void set_due(entries::iterator at, timestamp_ms due);
    void erase(entries::iterator at);
    void note_fault(timestamp_ms now);
    // How many attempts the rate leaves now.
    std::size_t rate_left(timestamp_ms now);
    void begin(entries::iterator at, timestamp_ms now, turn& out);

    std::size_t rate_;
    entries all_;
    std::set<std::pair<timestamp_ms, mail_id>> by_due_; // of those that are not under way
    std::set<std::pair<timestamp, mail_id>> by_expiry_; // the same
    std::vector<mail_id> hurried_;
    std::size_t under_way_ = 0;
    std::deque<timestamp_ms> begun_; // attempts within the last mail_rate_window
    milliseconds pause_{0};          // the last one; 0: the relay answers
    timestamp_ms paused_until_{};
};

} // namespace pawl
