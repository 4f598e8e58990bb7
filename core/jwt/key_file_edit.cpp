// Edits of the key file's text: one key more, or one less.
#include "core/capsule/capsule.hpp"
#include "core/jwt/key_file_contents.hpp"

#include <algorithm>
#include <utility>

namespace pawl {

namespace {

constexpr std::int64_t file_version_with_from = 2; // and with `capsule`

key_file_edit refused_edit(key_edit_problem why) {
    key_file_edit edit;
    edit.problem = why;
    return edit;
}

key_file_edit edited(const key_file_contents& file, std::string about, std::string_view fresh_signing = {}) {
    key_file_edit edit;
    edit.text = key_file_text(file, fresh_signing);
    edit.about = std::move(about);
    return edit;
}

std::string kid_of_entry(const std::string& fresh) {
    constexpr std::string_view kid_begin = "{\"kid\":\"";
    const std::size_t kid_end = fresh.find('"', kid_begin.size());
    return fresh.substr(kid_begin.size(), kid_end - kid_begin.size());
}

// The lowest id above `last` that no key of the list has, going round: ids of keys that were retired long ago come
// last. Never below `lowest`.
template <class Key>
std::uint8_t free_id(const std::vector<Key>& keys, std::uint8_t last, std::uint8_t lowest) {
    std::uint8_t id = last;
    do {
        ++id;
    } while (id < lowest || std::ranges::find(keys, id, &Key::id) != keys.end());
    return id;
}
static_assert(refresh_keys_max < 256 && capsule_keys_max < 255, "there is always a free id");

// True where a key's `from` was further ahead than it can be and is stamped anew. In version 1 it decides nothing.
bool stamp(key_file_contents& file, timestamp now) {
    bool stamped = false;
    const std::int64_t latest = (now + publish_lead).time_since_epoch().count();
    for (key_file_signing& entry : file.signing) {
        if (file.version != 1 && entry.signs && entry.from > latest) {
            entry.from = latest;
            stamped = true;
        }
    }
    return stamped;
}

// For a next key of `algorithm`: the one that signs now goes on until then, those before it never sign again. Keys of
// other algorithms stay what they are.
void make_way(key_file_contents& file, jws_algorithm algorithm, timestamp now) {
    file.version = file_version_with_from;
    stamp(file, now);
    const key_file_signing* const signer = signer_at(file, algorithm, now);
    for (key_file_signing& entry : file.signing) {
        const bool is_due = entry.from <= now.time_since_epoch().count();
        entry.signs = entry.signs && (entry.algorithm != algorithm || &entry == signer || !is_due);
    }
}

} // namespace

key_file_edit rotate_signing_key(std::string_view text, jws_algorithm algorithm, random_source& random, timestamp now,
                                 key_start start) {
    key_file_contents file;
    if (algorithm == jws_algorithm::hs256 || !read_key_file(text, file).empty()) {
        return refused_edit(key_edit_problem::malformed);
    }
    if (file.signing.size() == signing_keys_max) {
        return refused_edit(key_edit_problem::too_many);
    }
    timestamp from = now;
    if (start == key_start::published) {
        make_way(file, algorithm, now);
        from = now + publish_lead;
    } else {
        for (key_file_signing& entry : file.signing) {
            entry.signs = entry.signs && entry.algorithm != algorithm && file.version != 1;
        }
    }
    std::string fresh = fresh_signing_entry(file.version, algorithm, random, now, from);
    key_file_edit edit = edited(file, "signing " + kid_of_entry(fresh), fresh);
    wipe(fresh.data(), fresh.size());
    return edit;
}

key_file_edit add_signing_algorithm(std::string_view text, jws_algorithm algorithm, random_source& random,
                                    timestamp now) {
    key_file_contents file;
    if (algorithm == jws_algorithm::hs256 || !read_key_file(text, file).empty()) {
        return refused_edit(key_edit_problem::malformed);
    }
    if (signer_at(file, algorithm, now) != nullptr) {
        return {}; // it is there: nothing to do
    }
    if (file.signing.size() == signing_keys_max) {
        return refused_edit(key_edit_problem::too_many);
    }
    file.version = file_version_with_from;
    stamp(file, now);
    std::string fresh = fresh_signing_entry(file.version, algorithm, random, now, now);
    key_file_edit edit = edited(file, "signing " + kid_of_entry(fresh), fresh);
    wipe(fresh.data(), fresh.size());
    return edit;
}

key_file_edit rotate_refresh_key(std::string_view text, random_source& random, timestamp now) {
    key_file_contents file;
    if (!read_key_file(text, file).empty()) {
        return refused_edit(key_edit_problem::malformed);
    }
    if (file.refresh.size() == refresh_keys_max) {
        return refused_edit(key_edit_problem::too_many);
    }
    refresh_key fresh;
    fresh.id = free_id(file.refresh, file.refresh.back().id, 0);
    fresh.key = secret_bytes(refresh_key_size);
    random.fill(fresh.key);
    fresh.created_at = now;
    file.refresh.push_back(std::move(fresh));
    return edited(file, "refresh " + std::to_string(file.refresh.back().id));
}

key_file_edit rotate_capsule_key(std::string_view text, random_source& random, timestamp now) {
    key_file_contents file;
    if (!read_key_file(text, file).empty()) {
        return refused_edit(key_edit_problem::malformed);
    }
    if (file.capsule.size() == capsule_keys_max) {
        return refused_edit(key_edit_problem::too_many);
    }
    file.version = file_version_with_from;
    stamp(file, now);
    key_file_capsule fresh;
    fresh.id = free_id(file.capsule, file.capsule.empty() ? derived_capsule_key_id : file.capsule.back().id,
                       derived_capsule_key_id + 1);
    fresh.key = secret_bytes(capsule_key_size);
    random.fill(fresh.key);
    fresh.created_at = now;
    file.capsule.push_back(std::move(fresh));
    return edited(file, "capsule " + std::to_string(file.capsule.back().id));
}

key_file_edit retire_signing_key(std::string_view text, std::string_view kid, timestamp now) {
    key_file_contents file;
    if (!read_key_file(text, file).empty()) {
        return refused_edit(key_edit_problem::malformed);
    }
    const auto found = std::ranges::find(file.signing, kid, &key_file_signing::kid);
    if (found == file.signing.end()) {
        return refused_edit(key_edit_problem::not_found);
    }
    if (&*found == signer_at(file, found->algorithm, now)) {
        return refused_edit(key_edit_problem::active);
    }
    file.signing.erase(found);
    return edited(file, "signing " + std::string(kid));
}

key_file_edit retire_refresh_key(std::string_view text, std::uint8_t id) {
    key_file_contents file;
    if (!read_key_file(text, file).empty()) {
        return refused_edit(key_edit_problem::malformed);
    }
    const auto found = std::ranges::find(file.refresh, id, &refresh_key::id);
    if (found == file.refresh.end()) {
        return refused_edit(key_edit_problem::not_found);
    }
    if (found == file.refresh.end() - 1) {
        return refused_edit(key_edit_problem::active);
    }
    file.refresh.erase(found);
    return edited(file, "refresh " + std::to_string(id));
}

key_file_edit retire_capsule_key(std::string_view text, std::uint8_t id) {
    key_file_contents file;
    if (!read_key_file(text, file).empty()) {
        return refused_edit(key_edit_problem::malformed);
    }
    const auto found = std::ranges::find(file.capsule, id, &key_file_capsule::id);
    if (id == derived_capsule_key_id || (found != file.capsule.end() && found == file.capsule.end() - 1)) {
        return refused_edit(key_edit_problem::active);
    }
    if (found == file.capsule.end()) {
        return refused_edit(key_edit_problem::not_found);
    }
    file.capsule.erase(found);
    return edited(file, "capsule " + std::to_string(id));
}

std::optional<std::string> stamp_next_keys(std::string_view text, timestamp now) {
    key_file_contents file;
    if (!read_key_file(text, file).empty() || !stamp(file, now)) {
        return std::nullopt;
    }
    return key_file_text(file, {});
}

} // namespace pawl
