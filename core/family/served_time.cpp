#include "core/family/served_time.hpp"

#include <boost/assert.hpp>

#include <algorithm>

namespace pawl {

void outage_list::add(outage o) {
    BOOST_ASSERT(o.stopped_at <= o.ready_at);
    if (size_ > 0) {
        const timestamp_ms newest = outages_[size_ - 1].ready_at;
        if (o.ready_at <= newest) {
            return;
        }
        o.stopped_at = std::max(o.stopped_at, newest);
    }
    if (o.length() <= milliseconds(0)) {
        return;
    }
    outages_[size_++] = o;
    drop_old();
    if (size_ > size_max) {
        merge_nearest();
    }
}

// Served between the end of an outage and the beginning of the newest: what was rotated before it is older than that.
void outage_list::drop_old() {
    milliseconds served{0};
    for (std::size_t i = size_ - 1; i > 0; --i) {
        served += outages_[i].stopped_at - outages_[i - 1].ready_at;
        if (served > window_ + window_slack) {
            std::move(outages_.begin() + static_cast<std::ptrdiff_t>(i),
                      outages_.begin() + static_cast<std::ptrdiff_t>(size_), outages_.begin());
            size_ -= i;
            return;
        }
    }
}

void outage_list::merge_nearest() {
    std::size_t at = 1;
    const auto served_before = [this](std::size_t i) { return outages_[i].stopped_at - outages_[i - 1].ready_at; };
    for (std::size_t i = 2; i < size_; ++i) {
        if (served_before(i) < served_before(at)) {
            at = i;
        }
    }
    outages_[at].stopped_at -= outages_[at - 1].length();
    remove(at - 1);
}

void outage_list::remove(std::size_t at) {
    const auto first = outages_.begin() + static_cast<std::ptrdiff_t>(at);
    std::move(first + 1, outages_.begin() + static_cast<std::ptrdiff_t>(size_), first);
    --size_;
}

void outage_list::set_clock(timestamp_ms from, timestamp_ms to) {
    milliseconds left = from - to;
    for (std::size_t i = size_; i-- > 0 && left > milliseconds(0);) {
        outage& o = outages_[i];
        const milliseconds cut = std::min(left, o.length());
        o.ready_at -= left;
        left -= cut;
        o.stopped_at -= left;
        if (o.length() <= milliseconds(0)) {
            remove(i);
        }
    }
}

milliseconds outage_list::unserved(timestamp_ms from, timestamp_ms to) const {
    milliseconds sum{0};
    for (const outage& o : all()) {
        sum += std::max(std::min(o.ready_at, to) - std::max(o.stopped_at, from), milliseconds(0));
    }
    return sum;
}

std::optional<seconds> served_age(timestamp rotated, timestamp now, const outage_list& outages) {
    if (rotated > now) {
        return std::nullopt;
    }
    const milliseconds age = (now - rotated) - outages.unserved(rotated, now);
    return std::max(std::chrono::floor<seconds>(age), seconds(0));
}

} // namespace pawl
