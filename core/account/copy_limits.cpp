#include "core/account/copy_limits.hpp"

#include <boost/assert.hpp>
#include <sodium.h>

#include <cstring>

namespace pawl {

namespace {

constexpr seconds day{86'400}, wait_for_others{5};

} // namespace

copy_limits::copy_limits(random_source& random) : days_(slots, day) {
    static_assert(crypto_shorthash_KEYBYTES == std::tuple_size_v<decltype(key_)>);
    random.fill(key_);
}

std::uint64_t copy_limits::hash(user_id user) const {
    std::array<std::uint8_t, crypto_shorthash_BYTES> digest{};
    const std::uint64_t number = user.value;
    std::array<std::uint8_t, sizeof number> bytes{};
    std::memcpy(bytes.data(), &number, sizeof number);
    crypto_shorthash(digest.data(), bytes.data(), bytes.size(), key_.data());
    std::uint64_t value = 0;
    std::memcpy(&value, digest.data(), sizeof value);
    return value == 0 ? 1 : value; // 0 means an empty place
}

std::optional<refused_copy> copy_limits::begin(user_id user, timestamp_ms now) {
    const std::uint64_t key = hash(user);
    const milliseconds wait = days_.wait(key, copies_a_day_max, now);
    if (wait > milliseconds(0)) {
        return refused_copy{copy_refusal::too_many_today, std::chrono::ceil<seconds>(wait)};
    }
    if (under_way_ >= copies_at_once_max) {
        return refused_copy{copy_refusal::too_many_now, wait_for_others};
    }
    ++under_way_;
    days_.add(key, now);
    return std::nullopt;
}

void copy_limits::end(user_id user, bool is_made, timestamp_ms now) {
    BOOST_ASSERT(under_way_ > 0);
    --under_way_;
    if (!is_made) {
        days_.remove(hash(user), now);
    }
}

} // namespace pawl
