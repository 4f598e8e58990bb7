// All keys of the server at one moment, immutable: signing keys (one signs at a time, all verify), refresh keys (one
// mints, all check), capsule keys (one seals, all open) and the log key. Held as std::shared_ptr<const key_ring>;
// SIGHUP swaps the pointer.
#pragma once

#include "core/clock.hpp"
#include "core/failure.hpp"
#include "core/hmac_sha256.hpp"
#include "core/jwt/jws_algorithm.hpp"
#include "core/random_source.hpp"
#include "core/secret.hpp"

#include <boost/container/small_vector.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace pawl {

class capsule_ring; // core/capsule/capsule.hpp

// `typ` of an access token's header: RFC 9068's, or what verifiers expect that know only RFC 7519.
enum class token_type : std::uint8_t { at_jwt, jwt };

// Those of elliptic curves and MACs need no memory of their own.
using signature_bytes = boost::container::small_vector<std::uint8_t, 64>;

// A key that was proved when it was loaded makes no signature now: for want of memory that its library did not report
// as such, or of randomness. No defect, and no fault of the client's: 503.
struct signing_failed : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// One key and the one algorithm it is for (RFC 8725 3.1): the header's `alg` is only compared with it.
// sign() and verify() are thread-safe and take no lock; prepared contexts are kept in the key (pkey_context.hpp).
class jws_key {
public:
    // `kid` is ASCII with nothing that JSON would have to escape.
    jws_key(jws_algorithm algorithm, std::string kid);
    virtual ~jws_key() = default;
    jws_key(const jws_key&) = delete;
    jws_key& operator=(const jws_key&) = delete;

    jws_algorithm algorithm() const noexcept { return algorithm_; }
    const std::string& kid() const noexcept { return kid_; }
    // The header of every access token that it signs, in base64url.
    const std::string& access_header(token_type type = token_type::at_jwt) const noexcept {
        return type == token_type::jwt ? plain_header_ : access_header_;
    }
    // Signature bytes as JWS wants them (ES256: r || s, 64 bytes). Throws std::logic_error where the key only verifies,
    // signing_failed or std::bad_alloc where the library fails.
    virtual signature_bytes sign(std::string_view signing_input) const = 0;
    virtual bool verify(std::string_view signing_input, std::span<const std::uint8_t> signature) const = 0;
    // The public JWK as compact JSON with kid, alg, use ("sig"), kty ...; empty for HS256, which has no public half.
    virtual std::string public_jwk() const = 0;

private:
    const jws_algorithm algorithm_;
    const std::string kid_;
    const std::string access_header_, plain_header_;
};

inline constexpr std::size_t refresh_key_size = 32;
struct refresh_key {
    std::uint8_t id = 0; // goes into the token
    secret_bytes key;    // refresh_key_size bytes
    timestamp created_at{};
    hmac_sha256 mac{}; // `key`, absorbed; where it is not keyed, `key` is absorbed anew for every token
};

// How long a copy of the JWK set may be kept (Cache-Control: max-age), and how long before it signs a new key is in the
// set: a cache may have kept its copy for max-age when the verifier fetches it and keeps it as long again.
inline constexpr seconds jwks_max_age{300};
inline constexpr seconds publish_lead = 2 * jwks_max_age;

// A key of the ring of capsules, without the key.
struct capsule_key_facts {
    std::uint8_t id = 0;
    timestamp created_at{};
};
// The id of the capsule key that is derived from the log key and stands in no file. It has no date.
inline constexpr std::uint8_t derived_capsule_key_id = 0;

// A signing key that is published and signs from `from` on, in service time.
struct next_signer {
    timestamp from{};
    std::shared_ptr<const jws_key> key; // not null; also in verifying_keys
};

class key_ring {
public:
    std::shared_ptr<const jws_key> signing_key; // signs until a next one is due; not null; also in verifying_keys
    std::vector<next_signer> next_signers;      // by `from`
    std::vector<next_signer> other_signers;     // of other algorithms, by `from`: for ID tokens alone
    std::vector<std::shared_ptr<const jws_key>> verifying_keys;
    std::vector<timestamp> signing_created_at; // of each verifying key; 0 if not known (SECRET_KEY)
    std::vector<timestamp> signing_from;       // of each verifying key, from when on it signs or signed; 0 if not known
    std::vector<refresh_key> refresh_keys;     // the last one mints, all check; not empty
    secret_bytes log_key;                      // 32 bytes; the log's and snapshots' tags derive from it
    std::shared_ptr<const capsule_ring> capsules; // not null
    std::vector<capsule_key_facts> capsule_keys;  // its keys in their order: the derived one first, the last one seals
    std::uint64_t generation = 0;                 // differs between any two rings of a process (caches key on it)

    // The key that signs at `now` (service time): the newest whose `from` is due; the oldest if none is. Never null.
    // Allocates nothing.
    const std::shared_ptr<const jws_key>& signer_at(timestamp now) const noexcept;
    // The same of one algorithm, for ID tokens; null if the ring has no key that signs with it. Under HS256 only HS256.
    std::shared_ptr<const jws_key> signer_of(jws_algorithm algorithm, timestamp now) const;
    // Exact match, or null.
    const jws_key* find_verifying(std::string_view kid) const;
    // RFC 7517 JWK set of the public keys, compact JSON; {"keys":[]} under HS256.
    std::string jwks() const;
};

using key_ring_ptr = std::shared_ptr<const key_ring>;

// The key file's text (keys.json): versioned JSON, no member unknown, none twice. core knows no files;
// storage/directory/key_file reads and writes it.
//   {"version":1, "signing":[{"kid","alg","status":"signing"|"verifying","created_at","jwk":{private JWK}}],
//    "refresh":[{"id","key","created_at"}], "log":{"key"}}
// `kid` is the RFC 7638 thumbprint of the JWK, `created_at` a NumericDate, the other keys 32 bytes in base64url. One
// signing key at most has the status signing; a verifying one may lack its private members. The last refresh key mints.
// Version 2 has a member more in each signing key: `from`, a NumericDate, and several of the status signing: of those
// of the algorithm key_ring::signer_at() chooses. In version 1 a key signs from `created_at` on. A file is of version 2
// once rotate_signing_key() published a key in it or rotate_capsule_key() added one, and stays so. It may also hold
// "capsule":[{"id","key","created_at"}], at least one, ids 1 to 255; the last seals. Capsule key 0 is in no file: it is
// HKDF-SHA-256 of the log key with the label "pawl capsule", the oldest of every ring. So a file of version 1 is
// enough. These texts hold secrets: the holder wipes them.
inline constexpr std::size_t key_file_size_max = std::size_t{256} * 1024;
inline constexpr std::size_t signing_keys_max = 16, refresh_keys_max = 64, capsule_keys_max = 16;

// make_key_file: fresh keys for `algorithm` (es256, eddsa or rs256; under hs256 the signing key is not in the file).
std::string make_key_file(jws_algorithm algorithm, random_source& random, timestamp now);
// Adds a fresh signing key of `algorithm` if the file has none that signs with it; returns the new text, or nothing if
// the file is fine as it is or does not parse. (Someone changed --algorithm.) The one that signed until now verifies
// from then on; where there is no room, the oldest that only verifies goes. Never anything under hs256.
std::optional<std::string> ensure_signing_key(std::string_view text, jws_algorithm algorithm, random_source& random,
                                              timestamp now);
// Edits of a key file's text, for operators. Nothing is left out: the new text holds every key but the one retired.
enum class key_edit_problem : std::uint8_t {
    none,
    malformed, // the text is no key file
    too_many,  // signing_keys_max, refresh_keys_max or capsule_keys_max are there
    not_found,
    active, // it signs, mints or seals: what makes the tokens of now is never retired
};
struct key_file_edit {
    key_edit_problem problem = key_edit_problem::none;
    std::string text;  // the whole new file where there is no problem
    std::string about; // for the log: "signing KID", "refresh ID" or "capsule ID" of the key that was added or retired
};
// When a fresh signing key signs: publish_lead from now, so that verifiers know it by then; or at once, and what kept
// the JWK set refuses its tokens until it asks again.
enum class key_start : std::uint8_t { published, at_once };
// A fresh key of `algorithm` (not hs256); keys of others stay what they are. Published: the text is of version 2, the
// key that signs goes on until then, and those before it verify from now on. At once: every other key of that algorithm
// verifies from now on; in a file of version 1, where one key signs, every other key.
key_file_edit rotate_signing_key(std::string_view text, jws_algorithm algorithm, random_source& random, timestamp now,
                                 key_start start);
// A fresh key of an algorithm that no key of the file signs with, for ID tokens: it signs at once, since no token of it
// is older. The text is of version 2. No text where there is one already.
key_file_edit add_signing_algorithm(std::string_view text, jws_algorithm algorithm, random_source& random,
                                    timestamp now);
// A fresh refresh key mints from now on, under an id that no other has; the others check.
key_file_edit rotate_refresh_key(std::string_view text, random_source& random, timestamp now);
// A fresh capsule key seals from now on, under an id that no other has; the others open. The text is of version 2.
key_file_edit rotate_capsule_key(std::string_view text, random_source& random, timestamp now);
// Any but the one of its algorithm that signs at `now`; one that is to sign later may go.
key_file_edit retire_signing_key(std::string_view text, std::string_view kid, timestamp now);
key_file_edit retire_refresh_key(std::string_view text, std::uint8_t id);
// Any but the one that seals, and not the derived one: both are `active`.
key_file_edit retire_capsule_key(std::string_view text, std::uint8_t id);

// A key that is to sign later than publish_lead from now was stamped by a clock that was ahead: it signs publish_lead
// from now. The new text; std::nullopt if there is no such key or the text does not parse.
std::optional<std::string> stamp_next_keys(std::string_view text, timestamp now);

// Parses; `error` says what is wrong in one sentence, without any secret; never throws for what the text is.
// `hs256_secret` is SECRET_KEY's bytes, needed iff algorithm is hs256; then that key alone signs and verifies, under
// the fixed kid "SECRET_KEY", and the file's signing keys rest: symmetric and asymmetric ones never verify side by
// side.
struct key_ring_options {
    jws_algorithm algorithm = jws_algorithm::es256;
    const secret_string* hs256_secret = nullptr;
};
struct parsed_key_file {
    key_ring_ptr ring; // null on error
    std::string error;
};
parsed_key_file parse_key_file(std::string_view text, const key_ring_options& options);

} // namespace pawl
