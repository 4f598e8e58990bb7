#include "core/jwt/verified_tokens.hpp"

#include "core/jwt/compact_jws.hpp"
#include "core/secret.hpp"

#include <sodium.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <new>

namespace pawl {

namespace {

using word = std::uint64_t;

// One entry, in words. A ring of 0 is a free place.
enum field : std::size_t {
    digest = 0,
    ring = 4,
    subject,
    session, // two words
    generation = session + 2,
    issued_at,
    not_before,
    expires_at,
    entry_words
};
// One set: its version (odd while one writes), which of its entries were found lately, then the entries.
constexpr std::size_t version_at = 0, used_at = 1, entries_at = 2;
constexpr std::size_t set_words = entries_at + verified_tokens::ways * entry_words;
using entry = std::array<word, entry_words>;
constexpr word all_used = (word{1} << verified_tokens::ways) - 1;

std::atomic_ref<word> at(word* words, std::size_t index) {
    return std::atomic_ref<word>(words[index]);
}

// Loads are acquires and stores releases (free on x86), so that who sees any word of a write also sees its version.
entry load(word* set, std::size_t way) {
    entry e;
    for (std::size_t i = 0; i < entry_words; ++i) {
        e[i] = at(set, entries_at + way * entry_words + i).load(std::memory_order_acquire);
    }
    return e;
}

void store(word* set, std::size_t way, const entry& e) {
    for (std::size_t i = 0; i < entry_words; ++i) {
        at(set, entries_at + way * entry_words + i).store(e[i], std::memory_order_release);
    }
}

bool is_of(const entry& e, const verified_tokens::mark& token) {
    return e[ring] == token.ring && std::equal(token.digest.begin(), token.digest.end(), e.begin() + digest);
}

word word_of(timestamp t) {
    return static_cast<word>(t.time_since_epoch().count());
}
timestamp time_of(word w) {
    return timestamp(seconds(static_cast<std::int64_t>(w)));
}

entry entry_of(const verified_tokens::mark& token, const verified_claims& claims) {
    entry e{};
    std::copy(token.digest.begin(), token.digest.end(), e.begin() + digest);
    e[ring] = token.ring;
    e[subject] = claims.subject.value;
    std::memcpy(&e[session], claims.session.bytes.data(), claims.session.bytes.size());
    e[generation] = claims.generation;
    e[issued_at] = word_of(claims.issued_at);
    e[not_before] = word_of(claims.not_before);
    e[expires_at] = word_of(claims.expires_at);
    return e;
}

verified_claims claims_of(const entry& e) {
    verified_claims claims;
    claims.subject.value = e[subject];
    std::memcpy(claims.session.bytes.data(), &e[session], claims.session.bytes.size());
    claims.generation = static_cast<std::uint32_t>(e[generation]);
    claims.issued_at = time_of(e[issued_at]);
    claims.not_before = time_of(e[not_before]);
    claims.expires_at = time_of(e[expires_at]);
    return claims;
}

// What check_access_token() holds against the moment and the rules that may change.
bool is_good_now(const verified_claims& claims, const access_token_expectations& expected) {
    return expected.now < claims.expires_at && claims.not_before <= expected.now + expected.leeway &&
           claims.expires_at - claims.issued_at <= expected.lifetime_max;
}

// Under the set's write lock: the way that `token` is to have, or none where it is there already.
std::optional<std::size_t> way_for(word* set, const verified_tokens::mark& token, timestamp now) {
    std::optional<std::size_t> idle;
    for (std::size_t way = 0; way < verified_tokens::ways; ++way) {
        const entry e = load(set, way);
        if (is_of(e, token)) {
            return std::nullopt;
        }
        if (e[ring] != token.ring || time_of(e[expires_at]) <= now) { // free, of other keys, or over
            idle = way;
        }
    }
    if (idle) {
        return idle;
    }
    const word used = at(set, used_at).load(std::memory_order_relaxed);
    const std::size_t start = token.digest[1] % verified_tokens::ways; // not the same way each time
    for (std::size_t i = 0; i < verified_tokens::ways; ++i) {
        const std::size_t way = (start + i) % verified_tokens::ways;
        if ((used >> way & 1U) == 0) {
            return way;
        }
    }
    at(set, used_at).store(0, std::memory_order_relaxed); // all were found lately: a second chance for those who stay
    return start;
}

} // namespace

verified_claims verified_claims_of(const access_claims& claims) {
    return {claims.subject, claims.session, claims.generation, claims.issued_at, claims.not_before, claims.expires_at};
}

void verified_tokens::free_memory::operator()(std::uint64_t* words) const noexcept {
    std::free(words);
}

// calloc gives pages that the system has not filled in yet: an idle server pays nothing for its capacity.
verified_tokens::verified_tokens(random_source& random, std::size_t capacity)
    : sets_(std::bit_ceil(std::max(capacity, ways)) / ways),
      words_(static_cast<word*>(std::calloc(sets_ * set_words, sizeof(word)))) {
    if (!words_) {
        throw std::bad_alloc();
    }
    random.fill(key_);
    static_assert(sizeof name_key_ == crypto_shorthash_KEYBYTES);
    constexpr std::string_view use = "sub is a name";
    crypto_generichash(name_key_.data(), name_key_.size(), reinterpret_cast<const std::uint8_t*>(use.data()),
                       use.size(), key_.data(), key_.size());
}

verified_tokens::~verified_tokens() {
    wipe(key_.data(), key_.size());
    wipe(name_key_.data(), name_key_.size());
}

user_id verified_tokens::mark_of_name(std::string_view name) const {
    static_assert(sizeof(user_id::value) == crypto_shorthash_BYTES);
    user_id out;
    crypto_shorthash(reinterpret_cast<std::uint8_t*>(&out.value), reinterpret_cast<const std::uint8_t*>(name.data()),
                     name.size(), name_key_.data());
    return out;
}

std::optional<verified_tokens::mark> verified_tokens::mark_of(const key_ring& keys, std::string_view token,
                                                              const access_token_expectations& expected) const {
    if (keys.generation == 0 || token.size() > compact_jws_size_max) {
        return std::nullopt;
    }
    // Lengths first, so that no two sets of rules read as one text.
    const std::array<std::uint64_t, 3> head{keys.generation, expected.issuer.size(), expected.audience.size()};
    crypto_generichash_state hash;
    mark out;
    crypto_generichash_init(&hash, key_.data(), key_.size(), sizeof out.digest);
    crypto_generichash_update(&hash, reinterpret_cast<const std::uint8_t*>(head.data()), sizeof head);
    for (const std::string_view text : {expected.issuer, expected.audience, token}) {
        crypto_generichash_update(&hash, reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
    }
    crypto_generichash_final(&hash, reinterpret_cast<std::uint8_t*>(out.digest.data()), sizeof out.digest);
    out.ring = keys.generation;
    return out;
}

std::uint64_t* verified_tokens::set_of(const mark& token) const {
    return words_.get() + (token.digest[0] & (sets_ - 1)) * set_words;
}

std::optional<verified_claims> verified_tokens::find(const mark& token,
                                                     const access_token_expectations& expected) const {
    word* const set = set_of(token);
    const word version = at(set, version_at).load(std::memory_order_acquire);
    if (version % 2 != 0) {
        return std::nullopt;
    }
    for (std::size_t way = 0; way < ways; ++way) {
        if (at(set, entries_at + way * entry_words + digest).load(std::memory_order_acquire) != token.digest[0]) {
            continue;
        }
        const entry e = load(set, way);
        if (at(set, version_at).load(std::memory_order_relaxed) != version || !is_of(e, token)) {
            return std::nullopt;
        }
        const verified_claims claims = claims_of(e);
        if (!is_good_now(claims, expected)) {
            return std::nullopt;
        }
        const word mine = word{1} << way;
        if ((at(set, used_at).load(std::memory_order_relaxed) & mine) == 0) {
            at(set, used_at).fetch_or(mine, std::memory_order_relaxed);
        }
        return claims;
    }
    return std::nullopt;
}

void verified_tokens::keep(const mark& token, const verified_claims& claims, timestamp now) {
    word* const set = set_of(token);
    word version = at(set, version_at).load(std::memory_order_relaxed);
    if (version % 2 != 0 || !at(set, version_at).compare_exchange_strong(version, version + 1)) {
        return;
    }
    if (const std::optional<std::size_t> way = way_for(set, token, now)) {
        store(set, *way, entry_of(token, claims));
        at(set, used_at).fetch_and(all_used & ~(word{1} << *way), std::memory_order_relaxed);
    }
    at(set, version_at).store(version + 2, std::memory_order_release);
}

std::size_t verified_tokens::size() const {
    std::size_t n = 0;
    for (std::size_t set = 0; set < sets_; ++set) {
        for (std::size_t way = 0; way < ways; ++way) {
            n += load(words_.get() + set * set_words, way)[ring] != 0 ? 1U : 0U;
        }
    }
    return n;
}

} // namespace pawl
