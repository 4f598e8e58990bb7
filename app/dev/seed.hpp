// The seed of --seed: users, their factors, sessions, clients, APIs, scopes and consents that a world in memory starts
// with and goes back to. docs/fixture.md has the format; version 1.
#pragma once

#include "app/dev/seed_consents.hpp"
#include "app/dev/seed_entities.hpp"
#include "app/instance/startup.hpp"
#include "core/family/family.hpp"
#include "core/user/user.hpp"
#include "storage/store/memory_log.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace pawl::app {

inline constexpr std::size_t seed_size_max = std::size_t{16} << 20U;
inline constexpr std::size_t seed_users_max = 100'000, seed_sessions_max = 1000; // sessions of each user
inline constexpr std::size_t seed_roles_max = 64;

struct seed_session {
    std::optional<family_id> id; // else by chance
    std::uint32_t generation = 0;
    std::optional<timestamp> created_at, rotated_at; // else when the instance begins, and when it was created
    family_use use;
    bool ended = false;
};
struct seed_user {
    user record; // with its id; its hash is empty where `password` is to be hashed
    std::optional<secret_string> password;
    std::optional<timestamp> created_at;
    std::vector<seed_session> sessions;
};
struct seed {
    std::vector<seed_user> users;
    seed_entities entities;
    std::vector<consent> consents;
    std::optional<timestamp_ms> clock;
    bool frozen = false;
};

// What is wrong with a seed: the member and why, in one sentence, and the line of the text it stands on, counted from 1
// (0: of no line in particular).
struct seed_fault {
    std::size_t line = 0;
    std::string what;
};
// Pure.
std::variant<seed, seed_fault> parse_seed(std::string_view text);

// Hashes what is to be hashed; users with the same password share a hash. Blocks.
void hash_passwords(seed& s, const argon2_cost& cost, random_source& random);

// The records of such a world that begins at `now`.
// `ring`: what secrets of clients are kept under, and those of factors follow from; may be null where there are none.
storage::memory_image_ptr image_of(const seed& s, const service_settings& rules, random_source& random, timestamp now,
                                   const capsule_ring* ring = nullptr);

// Reads, parses and hashes --seed. Throws refused(usage).
seed read_seed(const config& settings, random_source& random);

} // namespace pawl::app
