#include "core/password/hash_costs.hpp"

#include "core/hmac_sha256.hpp"
#include "core/password/stored_hash.hpp"

#include <boost/assert.hpp>
#include <sodium.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <span>

namespace pawl {

namespace {

// Rough figures of one core, to find the nearest of two costs: ns a unit of work.
constexpr double argon2_kib_ns = 350, bcrypt_round_ns = 56'000, pbkdf2_round_ns = 500, scrypt_block_ns = 350;

double work_of(const argon2_hash& h) {
    return argon2_kib_ns * h.memory_kib * h.passes;
}
double work_of(const bcrypt_hash& h) {
    return bcrypt_round_ns * std::exp2(h.cost);
}
double work_of(const pbkdf2_hash& h) {
    return pbkdf2_round_ns * h.rounds * (h.digest == pbkdf2_digest::sha256 && h.hash.size() > sha256_size ? 2 : 1);
}
double work_of(const scrypt_hash& h) {
    return scrypt_block_ns * std::exp2(h.log2_n) * h.r * h.p;
}

// The part of our own form and of bcrypt's that says the cost, salt and hash being of the usual size; else empty.
std::string_view head_of(std::string_view stored) {
    constexpr std::string_view own = "$argon2id$v=19$";
    constexpr std::size_t bcrypt_head_size = 7;
    if (stored.starts_with(own)) {
        constexpr std::size_t salt_characters = 22;
        const std::size_t end = stored.find('$', own.size());
        const std::size_t salt_end = end == std::string_view::npos ? end : end + 1 + salt_characters;
        const bool usual = salt_end < stored.size() && stored[salt_end] == '$';
        return usual ? stored.substr(0, end + 1) : std::string_view();
    }
    return stored.starts_with("$2") ? stored.substr(0, bcrypt_head_size) : std::string_view();
}

std::uint64_t first_word(const sha256_digest& digest) {
    std::uint64_t word = 0;
    std::memcpy(&word, digest.data(), sizeof word);
    return word;
}

std::span<const std::uint8_t> bytes_of(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::uint64_t keyed(std::span<const std::uint8_t> message, const hash_costs::key& secret) {
    static_assert(hash_costs::key_size == crypto_shorthash_KEYBYTES);
    std::array<std::uint8_t, crypto_shorthash_BYTES> digest{};
    crypto_shorthash(digest.data(), message.data(), message.size(), secret.data());
    std::uint64_t word = 0;
    std::memcpy(&word, digest.data(), sizeof word);
    return word;
}

// Of the open interval (0, 1): the upper 53 bits.
double fraction(std::uint64_t word) {
    return (static_cast<double>(word >> 11U) + 0.5) * 0x1p-53;
}

} // namespace

hash_costs::index hash_costs::add(std::string_view stored) {
    const std::string_view head = head_of(stored);
    if (recent_ != none && !head.empty() && head == recent_head_ && stored.size() == recent_size_) {
        ++costs_[recent_].users;
        return recent_;
    }
    const auto parsed = parse_stored_hash(stored);
    if (!parsed) {
        return none;
    }
    const index at = place_for(dummy_like(stored), std::visit([](const auto& h) { return work_of(h); }, *parsed));
    ++costs_[at].users;
    recent_head_ = head;
    recent_size_ = stored.size();
    recent_ = head.empty() ? none : at;
    return at;
}

hash_costs::index hash_costs::place_for(std::string dummy, double work) {
    const auto same = std::ranges::find(costs_, dummy, &one_cost::dummy);
    if (same != costs_.end()) {
        return static_cast<index>(same - costs_.begin());
    }
    const auto unused = std::ranges::find(costs_, 0U, &one_cost::users);
    const std::uint64_t mark = first_word(sha256(bytes_of(dummy)));
    if (unused != costs_.end()) {
        recent_ = none;
        *unused = {std::move(dummy), mark, work, 0};
        return static_cast<index>(unused - costs_.begin());
    }
    if (costs_.size() < classes_max) {
        costs_.push_back({std::move(dummy), mark, work, 0});
        return static_cast<index>(costs_.size() - 1);
    }
    const auto distance = [work](const one_cost& c) { return std::abs(std::log(c.work / work)); };
    return static_cast<index>(std::ranges::min_element(costs_, {}, distance) - costs_.begin());
}

void hash_costs::remove(index cost) {
    if (cost == none) {
        return;
    }
    BOOST_ASSERT(cost < costs_.size() && costs_[cost].users > 0);
    --costs_[cost].users;
}

std::string hash_costs::usual_for(std::string_view name, const key& secret) const {
    std::array<std::uint64_t, 2> drawn{keyed(bytes_of(name), secret), 0};
    const one_cost* best = nullptr;
    double best_score = 0;
    for (const one_cost& c : costs_) {
        if (c.users == 0) {
            continue;
        }
        drawn[1] = c.mark;
        std::array<std::uint8_t, sizeof drawn> message{};
        std::memcpy(message.data(), drawn.data(), sizeof drawn);
        const double score = -std::log(fraction(keyed(message, secret))) / static_cast<double>(c.users);
        if (best == nullptr || score < best_score) {
            best = &c;
            best_score = score;
        }
    }
    return best == nullptr ? std::string() : best->dummy;
}

std::uint64_t hash_costs::count_of(std::string_view dummy) const {
    const auto at = std::ranges::find(costs_, dummy, &one_cost::dummy);
    return at == costs_.end() ? 0 : at->users;
}

} // namespace pawl
