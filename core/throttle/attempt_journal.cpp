#include "core/throttle/attempt_journal.hpp"

#include <sodium/crypto_shorthash.h>

#include <cstring>
#include <utility>
#include <vector>

namespace pawl {

static_assert(crypto_shorthash_KEYBYTES == 16);

attempt_journal::attempt_journal(random_source& random) {
    random.fill(key_);
}

std::optional<unrecorded_attempts> attempt_journal::note(event_kind kind, std::string_view account, timestamp now) {
    std::vector<std::uint8_t> named(1 + account.size());
    named.front() = static_cast<std::uint8_t>(kind);
    if (!account.empty()) {
        std::memcpy(named.data() + 1, account.data(), account.size());
    }
    std::array<std::uint8_t, crypto_shorthash_BYTES> digest{};
    crypto_shorthash(digest.data(), named.data(), named.size(), key_.data());
    std::uint64_t key = 0;
    std::memcpy(&key, digest.data(), sizeof key);
    key = key == 0 ? 1 : key;

    if (now < minute_ || now - minute_ >= interval) { // a clock that went back starts anew
        minute_ = now;
        records_ = 0;
    }
    slot& place = slots_.at(key % accounts_max);
    const bool known = place.key == key;
    if (known && now >= place.recorded_at && now - place.recorded_at < interval) {
        ++place.unrecorded;
        return std::nullopt;
    }
    if (records_ >= records_per_minute_max) {
        ++others_;
        return std::nullopt;
    }
    if (!known) {
        others_ += place.unrecorded; // another account's, which makes room
        place.unrecorded = 0;
    }
    ++records_;
    place.key = key;
    place.recorded_at = now;
    return unrecorded_attempts{std::exchange(place.unrecorded, 0U), std::exchange(others_, 0U)};
}

} // namespace pawl
