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
constexpr std::size_t bcrypt_salt_at = 7, bcrypt_salt_part_size = 22, bcrypt_hash_part_size = 31;
constexpr std::size_t aes_256_key_size = 32;

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

// Whether libsodium verifies it, twice as fast as libargon2 does.
bool is_like_ours(const argon2_hash& h) {
    return h.kind == hash_scheme::argon2id && h.version == own_version && h.lanes == 1 &&
           h.salt.size() == own_salt_size && h.hash.size() >= crypto_pwhash_argon2id_BYTES_MIN;
}

bool verify(const secret_string& password, const argon2_hash& h) {
    secret_bytes computed(h.hash.size());
    if (is_like_ours(h)) {
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

secret_bytes digest_in_hex(std::string_view text) {
    std::array<std::uint8_t, crypto_hash_sha256_BYTES> digest{};
    crypto_hash_sha256(digest.data(), reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
    secret_bytes out(2 * digest.size() + 1);
    sodium_bin2hex(reinterpret_cast<char*>(out.data()), out.size(), digest.data(), digest.size());
    wipe(digest.data(), digest.size());
    return out;
}

secret_bytes hmac_in_base64(std::string_view text, std::string_view key) {
    constexpr int padded = sodium_base64_VARIANT_ORIGINAL;
    crypto_auth_hmacsha256_state state;
    std::array<std::uint8_t, crypto_auth_hmacsha256_BYTES> mac{};
    crypto_auth_hmacsha256_init(&state, reinterpret_cast<const std::uint8_t*>(key.data()), key.size());
    crypto_auth_hmacsha256_update(&state, reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
    crypto_auth_hmacsha256_final(&state, mac.data());
    wipe(&state, sizeof state);
    secret_bytes out(sodium_base64_ENCODED_LEN(mac.size(), padded));
    sodium_bin2base64(reinterpret_cast<char*>(out.data()), out.size(), mac.data(), mac.size(), padded);
    wipe(mac.data(), mac.size());
    return out;
}

// What bcrypt is given, with the NUL that ends it.
secret_bytes bcrypt_key(std::string_view text, const bcrypt_hash& h) {
    switch (h.input) {
    case bcrypt_input::hmac_sha256:
        return hmac_in_base64(text, std::string_view(h.text).substr(bcrypt_salt_at, bcrypt_salt_part_size));
    case bcrypt_input::sha256:
        return digest_in_hex(text);
    case bcrypt_input::password:
        break;
    }
    secret_bytes key(text.begin(),
                     text.begin() + static_cast<std::ptrdiff_t>(std::min(text.size(), bcrypt_password_size_max)));
    key.push_back(0);
    return key;
}

// The 72 bytes that count. A password with a NUL matches nothing (bcrypt would read only what precedes it), but takes
// as long to say so.
bool verify(const secret_string& password, const bcrypt_hash& h) {
    const std::string_view text = chars_of(password);
    const secret_bytes key = bcrypt_key(text, h);
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
    return equal && (h.input != bcrypt_input::password || text.find('\0') == std::string_view::npos);
}

bool verify(const secret_string& password, const pbkdf2_hash& h) {
    secret_bytes computed(h.hash.size());
    const std::string_view text = chars_of(password);
    const EVP_MD* const digest = h.digest == pbkdf2_digest::sha256 ? EVP_sha256() : EVP_sha512();
    if (PKCS5_PBKDF2_HMAC(text.data(), static_cast<int>(text.size()), h.salt.data(), static_cast<int>(h.salt.size()),
                          static_cast<int>(h.rounds), digest, static_cast<int>(computed.size()),
                          computed.data()) != 1) {
        throw std::bad_alloc();
    }
    return constant_time_equal(computed, h.hash);
}

// `text` in place of itself, under AES-256 in counter mode from a block of zeros. Throws bad_alloc.
void encrypt_in_place(secret_bytes& text, std::span<const std::uint8_t> key) {
    constexpr std::array<std::uint8_t, 16> counter{};
    const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context(EVP_CIPHER_CTX_new(),
                                                                                  &EVP_CIPHER_CTX_free);
    int size = 0;
    if (!context || EVP_EncryptInit_ex(context.get(), EVP_aes_256_ctr(), nullptr, key.data(), counter.data()) != 1 ||
        EVP_EncryptUpdate(context.get(), text.data(), &size, text.data(), static_cast<int>(text.size())) != 1) {
        throw std::bad_alloc();
    }
}

// scrypt by OpenSSL, in memory that the parser bounded.
bool verify(const secret_string& password, const scrypt_hash& h) {
    const bool is_firebase = !h.signer_key.empty();
    secret_bytes computed(is_firebase ? aes_256_key_size : h.hash.size());
    const std::string_view text = chars_of(password);
    const std::uint64_t memory_max = 2 * std::uint64_t{hash_memory_kib_max} * 1024; // the parser's bound, and some
    if (EVP_PBE_scrypt(text.data(), text.size(), h.salt.data(), h.salt.size(), std::uint64_t{1} << h.log2_n, h.r, h.p,
                       memory_max, computed.data(), computed.size()) != 1) {
        throw std::bad_alloc();
    }
    if (is_firebase) {
        const secret_bytes key = std::move(computed);
        computed.assign(h.signer_key.begin(), h.signer_key.end());
        encrypt_in_place(computed, key);
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

// --- Hashes of zeros that cost what these do; salts and digests of another size make no difference that shows.

std::string dummy_of(const argon2_hash& h) {
    constexpr std::size_t foreign_salt_size = 8; // never 16, which libsodium would take
    argon2_hash dummy = h;
    dummy.salt.assign(is_like_ours(h) ? own_salt_size : foreign_salt_size, 0);
    dummy.hash.assign(own_hash_size, 0);
    return to_text(dummy);
}

std::string dummy_of(const bcrypt_hash& h) {
    const std::string digits = (h.cost < 10 ? "0" : "") + std::to_string(h.cost);
    return "$2b$" + digits + "$" + std::string(bcrypt_salt_part_size + bcrypt_hash_part_size, '.');
}

std::string dummy_of(const pbkdf2_hash& h) {
    pbkdf2_hash dummy = h; // a hash longer than its digest costs twice
    dummy.salt.assign(own_salt_size, 0);
    dummy.hash.assign(h.hash.size(), 0);
    return to_text(dummy);
}

std::string dummy_of(const scrypt_hash& h) {
    scrypt_hash dummy = h;
    dummy.signer_key.clear();
    dummy.salt.assign(own_salt_size, 0);
    dummy.hash.assign(own_hash_size, 0);
    return to_text(dummy);
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
    if (const auto* bcrypt = std::get_if<bcrypt_hash>(&*parsed)) {
        return bcrypt->input == bcrypt_input::password ? hash_scheme::bcrypt : hash_scheme::bcrypt_of_digest;
    }
    if (const auto* pbkdf2 = std::get_if<pbkdf2_hash>(&*parsed)) {
        return pbkdf2->digest == pbkdf2_digest::sha256 ? hash_scheme::pbkdf2_sha256 : hash_scheme::pbkdf2_sha512;
    }
    return std::get<scrypt_hash>(*parsed).signer_key.empty() ? hash_scheme::scrypt : hash_scheme::firebase_scrypt;
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

bool counts_whole(const secret_string& password, std::string_view stored) {
    return password.size() <= bcrypt_password_size_max || scheme_of(stored) != hash_scheme::bcrypt;
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

std::string dummy_like(std::string_view stored) {
    const auto parsed = parse_stored_hash(stored);
    return parsed ? std::visit([](const auto& h) { return dummy_of(h); }, *parsed) : std::string();
}

} // namespace pawl
