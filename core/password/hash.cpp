// Making and checking hashes. Everything here takes tens of milliseconds on purpose: hash threads only.
#include "core/password/password.hpp"
#include "core/password/stored_hash.hpp"

#include <argon2.h>
#include <boost/assert.hpp>
#include <crypt.h>
#include <openssl/evp.h>
#include <sodium.h>

#include <array>
#include <memory>
#include <new>
#include <span>

namespace pawl {

namespace {

constexpr std::uint32_t own_version = 19;
constexpr std::size_t own_salt_size = crypto_pwhash_argon2id_SALTBYTES; // 16
constexpr std::size_t own_hash_size = 32;
constexpr std::size_t bcrypt_password_size_max = 72;
constexpr std::size_t bcrypt_hash_part_size = 31;

// Picks the fast code for this processor; the reference code is used before.
void prepare_sodium() {
    [[maybe_unused]] static const int initialised = sodium_init();
}

// Never a null pointer, which C functions take for no password at all.
std::string_view chars_of(const secret_string& password) {
    return password.empty() ? std::string_view("") : password.reveal();
}

// Argon2id with one lane, by libsodium: up to twice as fast as the others. Throws bad_alloc where there is no memory
// for it, which must not be taken for a wrong password.
void argon2id_of_sodium(const secret_string& password, const argon2_hash& h, std::span<std::uint8_t> out) {
    prepare_sodium();
    BOOST_ASSERT(h.salt.size() == own_salt_size && h.lanes == 1);
    const std::string_view text = chars_of(password);
    if (crypto_pwhash_argon2id(out.data(), out.size(), text.data(), text.size(), h.salt.data(), h.passes,
                               std::size_t{h.memory_kib} * 1024, crypto_pwhash_argon2id_ALG_ARGON2ID13) != 0) {
        throw std::bad_alloc();
    }
}

argon2_type type_of(hash_scheme kind) {
    switch (kind) {
    case hash_scheme::argon2i:
        return Argon2_i;
    case hash_scheme::argon2d:
        return Argon2_d;
    default:
        return Argon2_id;
    }
}

// Any variant, version and number of lanes, by libargon2, on this thread alone: the pool bounds the threads.
void argon2_of_reference(const secret_string& password, const argon2_hash& h, std::span<std::uint8_t> out) {
    std::vector<std::uint8_t> salt = h.salt;
    secret_bytes text(password.reveal().begin(), password.reveal().end());
    argon2_context context{};
    context.out = out.data();
    context.outlen = static_cast<std::uint32_t>(out.size());
    context.pwd = text.data();
    context.pwdlen = static_cast<std::uint32_t>(text.size());
    context.salt = salt.data();
    context.saltlen = static_cast<std::uint32_t>(salt.size());
    context.t_cost = h.passes;
    context.m_cost = h.memory_kib;
    context.lanes = h.lanes;
    context.threads = 1;
    context.version = h.version;
    context.flags = ARGON2_DEFAULT_FLAGS;
    const int outcome = argon2_ctx(&context, type_of(h.kind));
    if (outcome != ARGON2_OK) {
        BOOST_ASSERT(outcome == ARGON2_MEMORY_ALLOCATION_ERROR); // the parser let nothing else through
        throw std::bad_alloc();
    }
}

bool verify(const secret_string& password, const argon2_hash& h) {
    secret_bytes computed(h.hash.size());
    const bool as_ours = h.kind == hash_scheme::argon2id && h.version == own_version && h.lanes == 1 &&
                         h.salt.size() == own_salt_size && h.hash.size() >= crypto_pwhash_argon2id_BYTES_MIN;
    if (as_ours) {
        argon2id_of_sodium(password, h, computed);
    } else {
        argon2_of_reference(password, h, computed);
    }
    return constant_time_equal(computed, h.hash);
}

struct wiped_crypt_data {
    crypt_data data{};
    ~wiped_crypt_data() { wipe(&data, sizeof data); }
};

// The 72 bytes that count. A password with a NUL matches nothing (bcrypt would read only what precedes it), but takes
// as long to say so.
bool verify(const secret_string& password, const bcrypt_hash& h) {
    const std::string_view text = password.reveal();
    secret_bytes key(text.begin(),
                     text.begin() + static_cast<std::ptrdiff_t>(std::min(text.size(), bcrypt_password_size_max)));
    key.push_back(0);
    const auto scratch = std::make_unique<wiped_crypt_data>();
    const char* computed = ::crypt_r(reinterpret_cast<const char*>(key.data()), h.text.c_str(), &scratch->data);
    if (computed == nullptr) {
        return false;
    }
    // Only the hash: crypt clears spare bits of the salt that some systems have set.
    const std::string_view all(computed);
    if (all.size() != h.text.size()) {
        return false; // a failure token, such as "*0"
    }
    const auto hash_part = [](std::string_view s) {
        const std::string_view part = s.substr(s.size() - bcrypt_hash_part_size);
        return std::span(reinterpret_cast<const std::uint8_t*>(part.data()), part.size());
    };
    const bool equal = constant_time_equal(hash_part(all), hash_part(h.text));
    return equal && text.find('\0') == std::string_view::npos;
}

bool verify(const secret_string& password, const pbkdf2_hash& h) {
    secret_bytes computed(h.hash.size());
    const std::string_view text = chars_of(password);
    if (PKCS5_PBKDF2_HMAC(text.data(), static_cast<int>(text.size()), h.salt.data(), static_cast<int>(h.salt.size()),
                          static_cast<int>(h.rounds), EVP_sha256(), static_cast<int>(computed.size()),
                          computed.data()) != 1) {
        throw std::bad_alloc();
    }
    return constant_time_equal(computed, h.hash);
}

argon2_hash own_hash(const argon2_cost& cost) {
    argon2_hash h;
    h.kind = hash_scheme::argon2id;
    h.version = own_version;
    h.memory_kib = cost.memory_kib;
    h.passes = cost.passes;
    h.lanes = 1;
    h.salt.resize(own_salt_size);
    h.hash.resize(own_hash_size);
    return h;
}

} // namespace

hash_scheme scheme_of(std::string_view stored) {
    const auto parsed = parse_stored_hash(stored);
    if (!parsed) {
        return hash_scheme::unknown;
    }
    if (const auto* argon2 = std::get_if<argon2_hash>(&*parsed)) {
        return argon2->kind;
    }
    return std::holds_alternative<bcrypt_hash>(*parsed) ? hash_scheme::bcrypt : hash_scheme::pbkdf2_sha256;
}

std::string hash_password_blocking(const secret_string& password, const argon2_cost& cost, random_source& random) {
    argon2_hash h = own_hash(cost);
    random.fill(h.salt);
    argon2id_of_sodium(password, h, h.hash);
    return to_text(h);
}

bool verify_password_blocking(const secret_string& password, std::string_view stored) {
    const auto parsed = parse_stored_hash(stored);
    if (!parsed) {
        return false;
    }
    const bool matches = std::visit([&password](const auto& h) { return verify(password, h); }, *parsed);
    // The empty password stands for one that was not acceptable text; an imported hash of "" must not admit it.
    return matches && !password.empty();
}

bool needs_rehash(std::string_view stored, const argon2_cost& cost) {
    const auto parsed = parse_stored_hash(stored);
    const auto* h = parsed ? std::get_if<argon2_hash>(&*parsed) : nullptr;
    return h == nullptr || h->kind != hash_scheme::argon2id || h->version != own_version ||
           h->memory_kib != cost.memory_kib || h->passes != cost.passes || h->lanes != 1 ||
           h->salt.size() != own_salt_size || h->hash.size() != own_hash_size;
}

// All zero: no password is known, nor will one be found, whose hash under any salt is that.
std::string dummy_hash(const argon2_cost& cost) {
    return to_text(own_hash(cost));
}

} // namespace pawl
