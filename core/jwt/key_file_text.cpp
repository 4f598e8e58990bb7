// The key file's text, written: a new one, and one that is changed. key_file_read.cpp is its other half.
#include "core/jwt/jws_keys.hpp"
#include "core/jwt/key_file_contents.hpp"
#include "core/text/encoding.hpp"

#include <algorithm>
#include <array>

namespace pawl {

namespace {

constexpr std::int64_t fresh_file_version = 1;

using contents = key_file_contents;

// Text with room for what will be written, so that growth leaves no copies of secrets behind.
std::string with_room() {
    std::string text;
    text.reserve(signing_keys_max * 4096 + (refresh_keys_max + capsule_keys_max) * 128);
    return text;
}

void append_separator(std::string& text) {
    text.append(text.back() == '[' ? "\n    " : ",\n    ");
}

// An entry of `signing` as it is written; `from` is not, in version 1.
struct signing_text {
    std::string_view kid;
    jws_algorithm algorithm{};
    bool signs = false;
    std::int64_t created_at = 0, from = 0;
    std::string_view jwk;
};

void append_signing(std::string& text, std::int64_t version, const signing_text& entry) {
    if (!text.empty()) {
        append_separator(text);
    }
    text.append(R"({"kid":")")
        .append(entry.kid)
        .append(R"(","alg":")")
        .append(to_text(entry.algorithm))
        .append(R"(","status":")")
        .append(entry.signs ? "signing" : "verifying")
        .append(R"(","created_at":)")
        .append(std::to_string(entry.created_at));
    if (version != 1) {
        text.append(R"(,"from":)").append(std::to_string(entry.from));
    }
    text.append(R"(,"jwk":)").append(entry.jwk).append("}");
}

// An entry of `refresh` or `capsule`.
void append_key(std::string& text, std::uint8_t id, std::span<const std::uint8_t> key, std::int64_t created_at) {
    append_separator(text);
    text.append(R"({"id":)").append(std::to_string(id));
    text.append(R"(,"key":")");
    base64url_append(text, key);
    text.append(R"(","created_at":)").append(std::to_string(created_at)).append("}");
}

// What members `jwk` has, all of them plain strings, as compact JSON.
void append_jwk(std::string& text, const json_tape& tape, const json_item& jwk) {
    text += '{';
    for (const json_item* member = tape.first(jwk); member != nullptr; member = tape.next(jwk, *member)) {
        text.append(text.back() == '{' ? "\"" : ",\"")
            .append(member->name)
            .append("\":\"")
            .append(member->text)
            .append("\"");
    }
    text += '}';
}

void append_fresh_signing(std::string& text, std::int64_t version, jws_algorithm algorithm, random_source& random,
                          timestamp now, timestamp from) {
    std::string jwk = generate_private_jwk(algorithm, random);
    std::array<json_item, 16> items;
    std::vector<char, wiping_allocator<char>> characters(jwk.size());
    json_tape tape(items, characters);
    tape.parse(jwk, 2);
    append_signing(text, version,
                   {jwk_thumbprint(tape, tape.root(), algorithm), algorithm, true, now.time_since_epoch().count(),
                    from.time_since_epoch().count(), jwk});
    wipe(jwk.data(), jwk.size());
}

void append_file_start(std::string& text, std::int64_t version) {
    text.append("{\n  \"version\": ").append(std::to_string(version)).append(",\n  \"signing\": [");
}

constexpr std::string_view refresh_start = "],\n  \"refresh\": [", capsule_start = "],\n  \"capsule\": [",
                           log_start = "],\n  \"log\": {\"key\":\"", file_end = "\"}\n}\n";

} // namespace

std::string fresh_signing_entry(std::int64_t version, jws_algorithm algorithm, random_source& random, timestamp now,
                                timestamp from) {
    std::string text = with_room();
    append_fresh_signing(text, version, algorithm, random, now, from);
    return text;
}

std::string key_file_text(const key_file_contents& file, std::string_view fresh_signing) {
    std::string text = with_room();
    append_file_start(text, file.version);
    for (const key_file_signing& entry : file.signing) {
        std::string jwk = with_room();
        append_jwk(jwk, file.tape, *entry.jwk);
        append_signing(text, file.version,
                       {entry.kid, entry.algorithm, entry.signs, entry.created_at, entry.from, jwk});
        wipe(jwk.data(), jwk.size());
    }
    if (!fresh_signing.empty()) {
        append_separator(text);
        text += fresh_signing;
    }
    text += refresh_start;
    for (const refresh_key& key : file.refresh) {
        append_key(text, key.id, key.key, key.created_at.time_since_epoch().count());
    }
    if (!file.capsule.empty()) {
        text += capsule_start;
        for (const key_file_capsule& key : file.capsule) {
            append_key(text, key.id, key.key, key.created_at.time_since_epoch().count());
        }
    }
    text += log_start;
    base64url_append(text, file.log_key);
    text += file_end;
    return text;
}

std::string make_key_file(jws_algorithm algorithm, random_source& random, timestamp now) {
    secret_bytes refresh(refresh_key_size), log(log_key_size);
    random.fill(refresh);
    random.fill(log);
    std::string text = with_room();
    append_file_start(text, fresh_file_version);
    if (algorithm != jws_algorithm::hs256) {
        append_fresh_signing(text, fresh_file_version, algorithm, random, now, now);
    }
    text += refresh_start;
    append_key(text, 1, refresh, now.time_since_epoch().count());
    text += log_start;
    base64url_append(text, log);
    text += file_end;
    return text;
}

std::optional<std::string> ensure_signing_key(std::string_view text, jws_algorithm algorithm, random_source& random,
                                              timestamp now) {
    contents file;
    if (algorithm == jws_algorithm::hs256 || !read_key_file(text, file).empty() ||
        std::any_of(file.signing.begin(), file.signing.end(),
                    [&](const key_file_signing& e) { return e.signs && e.algorithm == algorithm; })) {
        return std::nullopt;
    }
    if (file.signing.size() == signing_keys_max) {
        const auto oldest = [](const key_file_signing& a, const key_file_signing& b) {
            return a.signs != b.signs ? b.signs : a.created_at < b.created_at;
        };
        file.signing.erase(std::min_element(file.signing.begin(), file.signing.end(), oldest));
    }
    for (key_file_signing& entry : file.signing) {
        entry.signs = entry.signs && file.version != 1; // in version 2 keys of several algorithms sign
    }
    std::string fresh = fresh_signing_entry(file.version, algorithm, random, now, now);
    std::string changed = key_file_text(file, fresh);
    wipe(fresh.data(), fresh.size());
    return changed;
}

} // namespace pawl
