// A key file taken apart, and put together again. Internal to core/jwt: the texts hold secrets.
#pragma once

#include "core/jwt/jws_keys.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pawl {

inline constexpr std::size_t log_key_size = 32;

struct key_file_signing {
    jws_algorithm algorithm{};
    bool signs = false;
    std::int64_t created_at = 0;
    std::int64_t from = 0; // from when on it signs: `created_at` in version 1
    std::string_view kid;
    const json_item* jwk = nullptr;
    std::shared_ptr<const jws_key> key;
};

struct key_file_capsule {
    std::uint8_t id = 0;
    secret_bytes key; // capsule_key_size bytes
    timestamp created_at{};
};

// A parsed file. Views point into its own memory.
struct key_file_contents {
    std::int64_t version = 1;
    std::vector<json_item> items;
    std::vector<char, wiping_allocator<char>> characters;
    json_tape tape{{}, {}};
    std::vector<key_file_signing> signing;
    std::vector<refresh_key> refresh;
    std::vector<key_file_capsule> capsule; // empty where the file has none; the derived key is not in it
    secret_bytes log_key;
};

// Empty where the text is a good key file; `file` is filled then.
std::string read_key_file(std::string_view text, key_file_contents& file);

// The key of `algorithm` that signs at `now`, as key_ring::signer_at() says; null if none has the status signing.
const key_file_signing* signer_at(const key_file_contents& file, jws_algorithm algorithm, timestamp now);

// For key_ring::generation: another number at each call. Any thread.
std::uint64_t next_ring_generation();

// The text of a file with these contents, and of one more signing entry where `fresh_signing` is not empty.
std::string key_file_text(const key_file_contents& file, std::string_view fresh_signing);

// The text of an entry of `signing`, in a file of `version`, for a fresh key that signs from `from` on.
std::string fresh_signing_entry(std::int64_t version, jws_algorithm algorithm, random_source& random, timestamp now,
                                timestamp from);

} // namespace pawl
