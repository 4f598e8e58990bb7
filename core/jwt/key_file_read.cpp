// The key file's text, read into a ring. Strict: what is not understood is refused, so that writing it back loses
// nothing.
#include "core/capsule/capsule.hpp"
#include "core/hkdf_sha256.hpp"
#include "core/jwt/jws_keys.hpp"
#include "core/jwt/key_file_contents.hpp"
#include "core/text/encoding.hpp"

#include <algorithm>
#include <atomic>
#include <initializer_list>

namespace pawl {

namespace {

constexpr std::size_t items_max = 1024; // 16 signing keys of 16 items, 64 refresh and 16 capsule keys of 4, with room
constexpr std::size_t depth_max = 5;
constexpr std::int64_t date_max = (std::int64_t{1} << 53) - 1;
constexpr std::int64_t file_version_max = 2;
constexpr std::string_view capsule_label = "pawl capsule"; // of the key that the log key makes; never changes

using contents = key_file_contents;

std::string at(std::string_view array, std::size_t index, std::string_view what) {
    return std::string(array) + "[" + std::to_string(index) + "]: " + std::string(what);
}

// True where `object` is an object of exactly these members.
bool has_exactly(const json_tape& tape, const json_item& object, std::initializer_list<std::string_view> names) {
    if (object.what != json_item::kind::object) {
        return false;
    }
    std::size_t count = 0;
    for (const json_item* member = tape.first(object); member != nullptr; member = tape.next(object, *member)) {
        if (std::find(names.begin(), names.end(), member->name) == names.end()) {
            return false;
        }
        ++count;
    }
    return count == names.size(); // no member is there twice
}

std::optional<std::int64_t> integer_in(const json_item* item, std::int64_t low, std::int64_t high) {
    if (item == nullptr || item->what != json_item::kind::integer || item->integer < low || item->integer > high) {
        return std::nullopt;
    }
    return item->integer;
}

std::optional<secret_bytes> key_of_size(const json_item* item, std::size_t size) {
    secret_bytes bytes(size);
    if (item == nullptr || item->what != json_item::kind::string || !base64url_decode_into(item->text, bytes)) {
        return std::nullopt;
    }
    return bytes;
}

bool jwk_members_are_known(const json_tape& tape, const json_item& jwk, jws_algorithm algorithm) {
    if (algorithm == jws_algorithm::es256) {
        return has_exactly(tape, jwk, {"kty", "crv", "x", "y", "d"}) ||
               has_exactly(tape, jwk, {"kty", "crv", "x", "y"});
    }
    if (algorithm == jws_algorithm::eddsa) {
        return has_exactly(tape, jwk, {"kty", "crv", "x", "d"}) || has_exactly(tape, jwk, {"kty", "crv", "x"});
    }
    return has_exactly(tape, jwk, {"kty", "n", "e", "d", "p", "q", "dp", "dq", "qi"}) ||
           has_exactly(tape, jwk, {"kty", "n", "e"});
}

// Empty where the entry is good.
std::string read_signing(contents& file, const json_item& object) {
    const json_tape& tape = file.tape;
    if (file.version == 1 && !has_exactly(tape, object, {"kid", "alg", "status", "created_at", "jwk"})) {
        return "members are kid, alg, status, created_at and jwk";
    }
    if (file.version != 1 && !has_exactly(tape, object, {"kid", "alg", "status", "created_at", "from", "jwk"})) {
        return "members are kid, alg, status, created_at, from and jwk";
    }
    key_file_signing entry;
    const json_item *alg = tape.find(object, "alg"), *status = tape.find(object, "status"),
                    *kid = tape.find(object, "kid");
    const std::optional<jws_algorithm> algorithm = jws_algorithm_from_text(alg->text);
    if (!algorithm || *algorithm == jws_algorithm::hs256) {
        return "alg is ES256, EdDSA or RS256";
    }
    const std::optional<std::int64_t> created_at = integer_in(tape.find(object, "created_at"), 0, date_max);
    if (!created_at) {
        return "created_at is seconds since 1970";
    }
    const std::optional<std::int64_t> from =
        file.version == 1 ? created_at : integer_in(tape.find(object, "from"), 0, date_max);
    if (!from) {
        return "from is seconds since 1970";
    }
    if (status->text != "signing" && status->text != "verifying") {
        return "status is signing or verifying";
    }
    entry.algorithm = *algorithm;
    entry.signs = status->text == "signing";
    entry.created_at = *created_at;
    entry.from = *from;
    entry.kid = kid->text;
    entry.jwk = tape.find(object, "jwk");
    if (!jwk_members_are_known(tape, *entry.jwk, entry.algorithm)) {
        return "jwk has not exactly the members of its kind of key";
    }
    if (entry.kid.empty() || entry.kid != jwk_thumbprint(tape, *entry.jwk, entry.algorithm)) {
        return "kid is not the thumbprint of the jwk";
    }
    if (entry.signs && tape.find(*entry.jwk, "d") == nullptr) {
        return "a key that signs has its private members";
    }
    made_key made = jws_key_from_jwk(tape, *entry.jwk, entry.algorithm, std::string(entry.kid));
    entry.key = std::move(made.key);
    file.signing.push_back(std::move(entry));
    return std::move(made.error);
}

std::string read_refresh(contents& file, const json_item& object) {
    const json_tape& tape = file.tape;
    if (!has_exactly(tape, object, {"id", "key", "created_at"})) {
        return "members are id, key and created_at";
    }
    const std::optional<std::int64_t> id = integer_in(tape.find(object, "id"), 0, 255);
    const std::optional<std::int64_t> created_at = integer_in(tape.find(object, "created_at"), 0, date_max);
    std::optional<secret_bytes> key = key_of_size(tape.find(object, "key"), refresh_key_size);
    if (!id || !created_at || !key) {
        return "id is 0 to 255, key 32 bytes in base64url, created_at seconds since 1970";
    }
    for (const refresh_key& other : file.refresh) {
        if (other.id == *id || other.key == *key) {
            return "this id or key is there already";
        }
    }
    const hmac_sha256 mac(*key);
    file.refresh.push_back({static_cast<std::uint8_t>(*id), std::move(*key), timestamp(seconds(*created_at)), mac});
    return {};
}

std::string read_capsule(contents& file, const json_item& object) {
    const json_tape& tape = file.tape;
    if (!has_exactly(tape, object, {"id", "key", "created_at"})) {
        return "members are id, key and created_at";
    }
    const std::optional<std::int64_t> id = integer_in(tape.find(object, "id"), derived_capsule_key_id + 1, 255);
    const std::optional<std::int64_t> created_at = integer_in(tape.find(object, "created_at"), 0, date_max);
    std::optional<secret_bytes> key = key_of_size(tape.find(object, "key"), capsule_key_size);
    if (!id || !created_at || !key) {
        return "id is 1 to 255, key 32 bytes in base64url, created_at seconds since 1970";
    }
    for (const key_file_capsule& other : file.capsule) {
        if (other.id == *id || other.key == *key) {
            return "this id or key is there already";
        }
    }
    file.capsule.push_back({static_cast<std::uint8_t>(*id), std::move(*key), timestamp(seconds(*created_at))});
    return {};
}

// Reads every element of the array `name` with `read`; empty where all are good.
std::string read_array(contents& file, std::string_view name, std::size_t count_max,
                       std::string (*read)(contents&, const json_item&)) {
    const json_item& array = *file.tape.find(file.tape.root(), name);
    if (array.what != json_item::kind::array) {
        return std::string(name) + " is an array";
    }
    std::size_t index = 0;
    for (const json_item* item = file.tape.first(array); item != nullptr;
         item = file.tape.next(array, *item), ++index) {
        if (index == count_max) {
            return std::string(name) + " has more than " + std::to_string(count_max) + " keys";
        }
        if (const std::string problem = read(file, *item); !problem.empty()) {
            return at(name, index, problem);
        }
    }
    return {};
}

void fill_signing(key_ring& ring, const contents& file, jws_algorithm algorithm) {
    std::vector<next_signer> signers;
    for (const key_file_signing& entry : file.signing) {
        const timestamp from{seconds(entry.from)};
        ring.verifying_keys.push_back(entry.key);
        ring.signing_created_at.emplace_back(seconds(entry.created_at));
        ring.signing_from.push_back(from);
        if (entry.signs) {
            std::vector<next_signer>& among = entry.algorithm == algorithm ? signers : ring.other_signers;
            // In order of `from`, and of the file where that is the same.
            const auto behind = std::ranges::upper_bound(among, from, {}, &next_signer::from);
            among.insert(behind, next_signer{from, entry.key});
        }
    }
    if (!signers.empty()) {
        ring.signing_key = signers.front().key; // also before it is due: there is always one that signs
        ring.next_signers.assign(signers.begin() + 1, signers.end());
    }
}

// Empty where no key serves two purposes.
std::string shared_key_problem(const contents& file) {
    const auto is_refresh = [&](const secret_bytes& key) {
        return std::ranges::any_of(file.refresh, [&](const refresh_key& other) { return other.key == key; });
    };
    if (is_refresh(file.log_key)) {
        return "the log key is also a refresh key";
    }
    if (std::ranges::any_of(file.capsule, [&](const key_file_capsule& capsule) {
            return capsule.key == file.log_key || is_refresh(capsule.key);
        })) {
        return "a capsule key is also another key";
    }
    return {};
}

// The derived key first, so that what it sealed opens whatever the file holds since.
void fill_capsules(key_ring& ring, contents& file) {
    std::vector<capsule_key> keys;
    keys.push_back({derived_capsule_key_id, derive_key(file.log_key, capsule_label)});
    ring.capsule_keys.push_back({derived_capsule_key_id, {}});
    for (key_file_capsule& entry : file.capsule) {
        ring.capsule_keys.push_back({entry.id, entry.created_at});
        keys.push_back({entry.id, std::move(entry.key)});
    }
    ring.capsules = std::make_shared<const capsule_ring>(std::move(keys));
}

} // namespace

std::string read_key_file(std::string_view text, key_file_contents& file) {
    if (text.size() > key_file_size_max) {
        return "the key file is over 256 KiB";
    }
    file.items.resize(items_max);
    file.characters.resize(text.size());
    file.tape = json_tape(file.items, file.characters);
    if (!file.tape.parse(text, depth_max)) {
        return "the key file is not strict JSON, or a member is there twice";
    }
    const json_item& root = file.tape.root();
    const json_item* version = file.tape.find(root, "version");
    if (version == nullptr || version->what != json_item::kind::integer) {
        return "the key file has no version";
    }
    if (version->integer < 1 || version->integer > file_version_max) {
        return "the key file is of version " + std::to_string(version->integer) +
               "; this program knows versions 1 and 2";
    }
    file.version = version->integer;
    const bool has_capsule = file.version != 1 && file.tape.find(root, "capsule") != nullptr;
    if (has_capsule ? !has_exactly(file.tape, root, {"version", "signing", "refresh", "capsule", "log"})
                    : !has_exactly(file.tape, root, {"version", "signing", "refresh", "log"})) {
        return "members of the key file are version, signing, refresh and log, in version 2 also capsule";
    }
    if (std::string problem = read_array(file, "signing", signing_keys_max, read_signing); !problem.empty()) {
        return problem;
    }
    if (std::string problem = read_array(file, "refresh", refresh_keys_max, read_refresh); !problem.empty()) {
        return problem;
    }
    if (file.refresh.empty()) {
        return "refresh holds no key";
    }
    if (has_capsule) {
        if (std::string problem = read_array(file, "capsule", capsule_keys_max, read_capsule); !problem.empty()) {
            return problem;
        }
        if (file.capsule.empty()) {
            return "capsule holds no key";
        }
    }
    const json_item& log = *file.tape.find(root, "log");
    std::optional<secret_bytes> log_key;
    if (has_exactly(file.tape, log, {"key"})) {
        log_key = key_of_size(file.tape.find(log, "key"), log_key_size);
    }
    if (!log_key) {
        return "log has a key of 32 bytes in base64url and nothing else";
    }
    file.log_key = std::move(*log_key);
    if (std::string problem = shared_key_problem(file); !problem.empty()) {
        return problem;
    }
    if (file.version == 1 &&
        std::count_if(file.signing.begin(), file.signing.end(), [](const auto& e) { return e.signs; }) > 1) {
        return "more than one key has the status signing";
    }
    std::vector<std::shared_ptr<const jws_key>> keys;
    std::transform(file.signing.begin(), file.signing.end(), std::back_inserter(keys),
                   [](const auto& e) { return e.key; });
    return key_set_problem(keys);
}

const key_file_signing* signer_at(const key_file_contents& file, jws_algorithm algorithm, timestamp now) {
    const key_file_signing *oldest = nullptr, *newest_due = nullptr;
    for (const key_file_signing& entry : file.signing) {
        if (!entry.signs || entry.algorithm != algorithm) {
            continue;
        }
        if (oldest == nullptr || entry.from < oldest->from) {
            oldest = &entry;
        }
        const bool is_due = entry.from <= now.time_since_epoch().count();
        if (is_due && (newest_due == nullptr || entry.from >= newest_due->from)) {
            newest_due = &entry; // of two with the same `from` the later one in the file
        }
    }
    return newest_due != nullptr ? newest_due : oldest;
}

std::uint64_t next_ring_generation() {
    static std::atomic<std::uint64_t> generations{0};
    return generations.fetch_add(1, std::memory_order_relaxed) + 1;
}

parsed_key_file parse_key_file(std::string_view text, const key_ring_options& options) {
    contents file;
    if (std::string problem = read_key_file(text, file); !problem.empty()) {
        return {nullptr, std::move(problem)};
    }
    auto ring = std::make_shared<key_ring>();
    if (options.algorithm == jws_algorithm::hs256) {
        if (options.hs256_secret == nullptr || options.hs256_secret->empty()) {
            return {nullptr, "HS256 needs a SECRET_KEY"};
        }
        const std::string_view secret = options.hs256_secret->reveal();
        made_key made = make_hs256_key(std::string(secret_key_kid),
                                       {reinterpret_cast<const std::uint8_t*>(secret.data()), secret.size()});
        ring->signing_key = made.key;
        ring->verifying_keys.push_back(std::move(made.key));
        ring->signing_created_at.emplace_back(); // not known
        ring->signing_from.emplace_back();
    } else {
        fill_signing(*ring, file, options.algorithm);
    }
    if (!ring->signing_key) {
        return {nullptr, "no key of the status signing is for " + std::string(to_text(options.algorithm))};
    }
    fill_capsules(*ring, file);
    ring->refresh_keys = std::move(file.refresh);
    ring->log_key = std::move(file.log_key);
    ring->generation = next_ring_generation();
    return {std::move(ring), {}};
}

} // namespace pawl
