// When the writer of the log, free to write, waits a little for more records: state and input in, decision out.
//
// Who has just got an answer, and who came while it was written, is company: most will be back soon. A write, a sync
// and the wake-ups cost the same for one record as for fifty, so the next batch is held back until most of the company
// is there, for no longer than a few syncs take. A part is left out: its requests are worked on while the disk is busy.
// Whoever comes alone waits for nobody.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace pawl::storage {

class commit_delay {
public:
    using time_point = std::chrono::steady_clock::time_point;

    // A batch is held back for at most `hold_max`, and for no longer than `syncs_max` times what the last sync took.
    commit_delay(std::chrono::microseconds hold_max, unsigned syncs_max) noexcept
        : hold_max_(hold_max), syncs_max_(syncs_max) {}

    // `written` records are on disk since `now`; their sync took `sync`; `pending` more came meanwhile.
    void written(std::size_t written, std::size_t pending, time_point now, std::chrono::nanoseconds sync) noexcept {
        target_ = std::max<std::size_t>(1, (written + pending) * share_numerator / share_denominator);
        const bool slow = syncs_max_ > 0 && sync >= hold_max_ / syncs_max_; // multiplied it might overflow
        until_ = now + (slow ? hold_max_ : sync * syncs_max_);
    }
    // Whether a batch of `pending` records is to wait for more at `now`.
    bool holds(std::size_t pending, time_point now) const noexcept { return pending < target_ && now < until_; }
    // Held back until so many records are there, or until then.
    std::size_t target() const noexcept { return target_; }
    time_point until() const noexcept { return until_; }

private:
    static constexpr std::size_t share_numerator = 3, share_denominator = 4;

    const std::chrono::nanoseconds hold_max_;
    const unsigned syncs_max_;
    std::size_t target_ = 1;
    time_point until_{};
};

} // namespace pawl::storage
