#include "core/throttle/throttle_table.hpp"

#include <boost/assert.hpp>

#include <algorithm>
#include <bit>
#include <span>
#include <utility>

namespace pawl {

namespace {

std::size_t rounded(std::size_t slots, std::size_t ways) {
    return std::bit_ceil(std::max(slots, ways));
}

} // namespace

attempt_table::attempt_table(std::size_t slots, seconds window)
    : part_length_(std::max((milliseconds(window).count() + parts - 1) / parts, std::int64_t{1})),
      slots_(rounded(slots, ways)) {}

std::int64_t attempt_table::part_of(timestamp_ms now) const {
    return now.time_since_epoch() / part_length_;
}

std::size_t attempt_table::bucket_of(std::uint64_t key) const {
    return static_cast<std::size_t>(key) & (slots_.size() - 1) & ~(ways - 1);
}

const attempt_table::slot* attempt_table::find(std::uint64_t key) const {
    const std::span bucket(slots_.data() + bucket_of(key), ways);
    const auto found = std::find_if(bucket.begin(), bucket.end(), [key](const slot& s) { return s.key == key; });
    return found == bucket.end() ? nullptr : &*found;
}

attempt_table::slot* attempt_table::find(std::uint64_t key) {
    return const_cast<slot*>(std::as_const(*this).find(key));
}

// Nothing in it counts any more; or it is from a future that was taken back (`/dev/clock`).
bool attempt_table::forgotten(const slot& s, std::int64_t part) {
    return s.key == 0 || s.newest < part - parts || s.newest > part + parts;
}

std::uint32_t attempt_table::total(const slot& s, std::int64_t part) {
    if (forgotten(s, part)) {
        return 0;
    }
    std::uint32_t sum = 0;
    for (std::int64_t i = 0; i <= parts && s.newest - i >= part - parts; ++i) {
        sum += s.counts[static_cast<std::size_t>(i)];
    }
    return sum;
}

// Makes counts[0] the sub-window `part`, or leaves it where the clock went back a little.
void attempt_table::advance(slot& s, std::int64_t part) {
    if (forgotten(s, part)) {
        s.counts.fill(0);
        s.newest = part;
    } else if (part > s.newest) {
        const std::int64_t by = part - s.newest; // at most `parts`
        std::shift_right(s.counts.begin(), s.counts.end(), by);
        std::fill_n(s.counts.begin(), by, std::uint16_t{0});
        s.newest = part;
    }
}

attempt_table::slot& attempt_table::find_or_make(std::uint64_t key, std::int64_t part) {
    if (slot* found = find(key)) {
        return *found;
    }
    const std::span bucket(slots_.data() + bucket_of(key), ways);
    slot& place = *std::min_element(bucket.begin(), bucket.end(), [part](const slot& a, const slot& b) {
        const std::uint32_t of_a = total(a, part), of_b = total(b, part);
        return of_a != of_b ? of_a < of_b : a.newest < b.newest;
    });
    place = slot{key, part, {}};
    return place;
}

milliseconds attempt_table::wait(std::uint64_t key, std::uint32_t limit, timestamp_ms now) const {
    BOOST_ASSERT(limit >= 1 && limit <= attempts_max);
    const std::int64_t part = part_of(now);
    const slot* s = find(key);
    std::uint32_t counted = s != nullptr ? total(*s, part) : 0;
    // The oldest sub-windows go first; each when a window has passed since it ended.
    for (std::int64_t i = parts; i >= 0 && counted >= limit; --i) {
        const std::int64_t index = s->newest - i;
        if (index < part - parts) {
            continue; // not counted any more
        }
        counted -= s->counts[static_cast<std::size_t>(i)];
        if (counted < limit) {
            const timestamp_ms free_at(part_length_ * (index + parts + 1));
            return std::max(free_at - now, milliseconds(1));
        }
    }
    return milliseconds(0);
}

void attempt_table::add(std::uint64_t key, timestamp_ms now) {
    const std::int64_t part = part_of(now);
    slot& s = find_or_make(key, part);
    advance(s, part);
    std::uint16_t& count = s.counts[0];
    count = static_cast<std::uint16_t>(std::min(count + 1U, attempts_max));
}

void attempt_table::remove(std::uint64_t key, timestamp_ms now) {
    slot* s = find(key);
    if (s == nullptr) {
        return;
    }
    advance(*s, part_of(now));
    const auto latest = std::find_if(s->counts.begin(), s->counts.end(), [](std::uint16_t n) { return n > 0; });
    if (latest != s->counts.end()) {
        --*latest;
    }
}

familiar_table::familiar_table(std::size_t slots) : slots_(rounded(slots, ways)) {}

std::size_t familiar_table::bucket_of(std::uint64_t account) const {
    return static_cast<std::size_t>(account) & (slots_.size() - 1) & ~(ways - 1);
}

bool familiar_table::knows(std::uint64_t account, std::uint64_t pair, timestamp_ms now) const {
    const std::span bucket(slots_.data() + bucket_of(account), ways);
    return std::any_of(bucket.begin(), bucket.end(),
                       [&](const slot& s) { return s.pair == pair && now - s.last <= lifetime; });
}

void familiar_table::remember(std::uint64_t account, std::uint64_t pair, timestamp_ms now) {
    const std::span bucket(slots_.data() + bucket_of(account), ways);
    const auto same = std::find_if(bucket.begin(), bucket.end(), [pair](const slot& s) { return s.pair == pair; });
    if (same != bucket.end()) {
        same->last = now;
        return;
    }
    const auto own = std::count_if(bucket.begin(), bucket.end(),
                                   [account](const slot& s) { return s.pair != 0 && s.account == account; });
    const bool own_only = static_cast<std::size_t>(own) >= per_account;
    // The oldest goes (an empty place is the oldest of all): of the account's own, if it has its share.
    slot* oldest = nullptr;
    for (slot& s : bucket) {
        const bool eligible = !own_only || (s.pair != 0 && s.account == account);
        if (eligible && (oldest == nullptr || s.last < oldest->last)) {
            oldest = &s;
        }
    }
    *oldest = slot{account, pair, now};
}

} // namespace pawl
