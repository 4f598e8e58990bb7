// Whatever text is taken for a stored hash is within the caps, has one text, and can be verified without harm.
#include "core/password/stored_hash.hpp"

#include <cstdlib>
#include <string>

namespace {

using namespace pawl;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

// Each tells whether the hash is cheap enough to run in a fuzzer.
bool inspect(const argon2_hash& h, std::string_view text) {
    require(h.memory_kib <= hash_memory_kib_max && h.memory_kib >= 8 * h.lanes);
    require(h.passes >= 1 && h.passes <= hash_passes_max && h.lanes >= 1 && h.lanes <= hash_lanes_max);
    require(h.version == 19 || h.version == 16);
    const std::string again = to_text(h);
    const std::string version = "$v=16"; // the one part that may be left out
    std::string shorter = again;
    if (const auto at = shorter.find(version); at != std::string::npos) {
        shorter.erase(at, version.size());
    }
    // Django writes its own word in front.
    const std::string_view plain = text.starts_with("argon2$") ? text.substr(std::string_view("argon2").size()) : text;
    require(again == plain || shorter == plain);
    return h.memory_kib <= 256 && h.passes <= 2;
}

bool inspect(const bcrypt_hash& h, std::string_view text) {
    require(h.cost >= 4 && h.cost <= bcrypt_cost_max && h.text.size() == 60);
    require(text.starts_with("$bcrypt-sha256$") || text.ends_with(h.text));
    return h.cost == 4;
}

bool inspect(const pbkdf2_hash& h, std::string_view) {
    require(h.rounds >= 1 && h.rounds <= pbkdf2_rounds_max && (h.hash.size() == 32 || h.hash.size() == 64));
    require(h.digest == pbkdf2_digest::sha256 || h.hash.size() == 64);
    require(parse_stored_hash(to_text(h)).has_value());
    return h.rounds <= 1000;
}

bool inspect(const scrypt_hash& h, std::string_view) {
    require(h.log2_n >= 1 && h.log2_n <= scrypt_log2_n_max && h.r >= 1 && h.r <= scrypt_r_max);
    require(h.p >= 1 && h.p <= scrypt_p_max && h.hash.size() >= 16 && h.hash.size() <= 64);
    require((std::uint64_t{128} << h.log2_n) * h.r <= std::uint64_t{hash_memory_kib_max} * 1024);
    require(h.signer_key.empty() || h.signer_key.size() == h.hash.size());
    return h.log2_n <= 8 && h.r <= 8 && h.p <= 2;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto parsed = parse_stored_hash(text);
    require(parsed.has_value() == (scheme_of(text) != hash_scheme::unknown));
    needs_rehash(text, argon2_cost{});
    const std::string dummy = dummy_like(text); // of the same cost, so within the caps, and the dummy of itself
    require(dummy.empty() == !parsed.has_value() && dummy_like(dummy) == dummy);
    if (!parsed) {
        require(!verify_password_blocking(secret_string("password"), text));
    } else if (std::visit([text](const auto& h) { return inspect(h, text); }, *parsed)) {
        verify_password_blocking(secret_string("password"), text);
    }
    return 0;
}
