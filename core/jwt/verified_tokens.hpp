// Access tokens whose signature was found good a moment ago, so that the next request with the same one does not prove
// it again: an ES256 signature takes 90 us to check, finding its token here takes one.
//
// What is kept is only what cannot change while the keys stay: that these very bytes were signed by this key ring for
// this issuer and audience, and whose they are. What may change (time, and elsewhere: family, gate, user) is looked at
// in every request, so an entry never makes a revoked session alive.
//
// Thread safety: any thread; find() takes no lock and writes nothing but, once, a mark that the entry is in use. keep()
// gives up where another thread is writing to the same set: it is a cache.
// Invariants:
//   (1) An entry is found by the keyed BLAKE2b of all bytes of the token, the ring's generation, issuer and audience
//       (256 bits under a random key of this object): other bytes, other keys or other rules find nothing.
//   (2) Only keep() adds entries, and only for tokens that check_access_token() found good under that very ring.
//   (3) At most capacity entries, whatever is presented: a new one takes the place of an expired one, of one of other
//       keys, or of one that was not found since it was last passed over. Memory is touched as it is filled.
#pragma once

#include "core/jwt/access_token.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace pawl {

// The claims that are asked for once a token is known to be good.
struct verified_claims {
    user_id subject; // where sub is a name: what mark_of_name() gives for it
    family_id session;
    std::uint32_t generation = 0;
    timestamp issued_at{};
    timestamp not_before{}; // the later of iat and nbf
    timestamp expires_at{};
};
verified_claims verified_claims_of(const access_claims& claims);

class verified_tokens {
public:
    static constexpr std::size_t ways = 4; // places one token may have
    static constexpr std::size_t capacity_default = 16384;

    // `capacity`: rounded up to a power of two, ways at least.
    explicit verified_tokens(random_source& random, std::size_t capacity = capacity_default);
    ~verified_tokens();
    verified_tokens(const verified_tokens&) = delete;
    verified_tokens& operator=(const verified_tokens&) = delete;

    // What stands for one token under one ring and one set of rules. Nothing for a ring without a generation, nor for
    // what is too long to be a token.
    struct mark {
        std::array<std::uint64_t, 4> digest{};
        std::uint64_t ring = 0;
    };
    std::optional<mark> mark_of(const key_ring& keys, std::string_view token,
                                const access_token_expectations& expected) const;

    // What stands for a name that is a token's sub: a keyed hash, so that no user can choose two names with one mark.
    user_id mark_of_name(std::string_view name) const;

    // The claims, where the token is known and good at `expected.now`. Otherwise check_access_token() has to say.
    std::optional<verified_claims> find(const mark& token, const access_token_expectations& expected) const;
    // The token has just been found good.
    void keep(const mark& token, const verified_claims& claims, timestamp now);

    std::size_t capacity() const { return ways * sets_; }
    // Entries that are there, expired or not: for tests, not while others write.
    std::size_t size() const;

private:
    struct free_memory {
        void operator()(std::uint64_t* words) const noexcept;
    };
    std::uint64_t* set_of(const mark& token) const;

    const std::size_t sets_; // a power of two
    std::array<std::uint8_t, 32> key_{};
    std::array<std::uint8_t, 16> name_key_{};             // derived from key_
    std::unique_ptr<std::uint64_t[], free_memory> words_; // accessed through std::atomic_ref alone
};

} // namespace pawl
