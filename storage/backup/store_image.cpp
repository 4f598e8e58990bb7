#include "storage/backup/store_image.hpp"

#include "core/user/names.hpp"
#include "storage/directory/directory_state.hpp"
#include "storage/entity/all.hpp"
#include "storage/record/record_merge.hpp"

#include <algorithm>
#include <tuple>

namespace pawl::storage {
namespace {

template <class Record>
void decode_or_refuse(const record_view& record, Record& out) {
    const decoding how = decode(record, out);
    if (how == decoding::ok) {
        return;
    }
    const std::string where = "record " + std::to_string(record.lsn) + " (type " +
                              std::to_string(record.type & ~critical_record_bit) + ", version " +
                              std::to_string(record.version) + ")";
    throw how == decoding::newer ? refused(exit_code::newer_format, where + " was written by a later version of Pawl")
                                 : refused(exit_code::corrupt, where + " is malformed; " + run_verify);
}

template <class Record>
void fill(family_image& out, const Record& r) {
    out.word = r.word;
    out.ended_after = r.ended_after;
    out.use_generation = r.use.generation;
    out.use = {r.use.at, r.use.address, std::string(r.use.agent)};
}

} // namespace

void store_image::merge_into(family_image& known, const family_image& news, const record_view& record) const {
    const merged_family merged = merge_record({known.word, known.use_generation, known.ended_after},
                                              {news.word, news.use_generation, news.ended_after},
                                              known.facts.created_at, to_seconds(record.time));
    known.word = merged.word;
    known.ended_after = merged.ended_after;
    if (merged.newer_use) {
        known.use_generation = news.use_generation;
        known.use = news.use;
    }
}

void store_image::apply(const record_view& record) {
    const bool known = visit_change(record.type, [&]<class Record>(as<Record>) {
        Record r;
        decode_or_refuse(record, r);
        apply(r, record);
    });
    if (!known && (record.type & critical_record_bit) != 0) {
        throw refused(exit_code::newer_format, "record " + std::to_string(record.lsn) +
                                                   " is of a type this version "
                                                   "does not know");
    }
}

void store_image::apply(user& u, const record_view& record) {
    next_user_id = std::max(next_user_id, u.id.value + 1);
    user& known = users[u.id.value];
    if (is_newer(u, known.id.value == 0 ? nullptr : &known)) {
        last_lsn_[u.id.value] = record.lsn;
        known = std::move(u);
    }
}

void store_image::apply(const family_created_record& r, const record_view& record) {
    family_image image;
    image.facts = r.facts;
    fill(image, r);
    const auto [at, fresh] = families_.try_emplace(r.facts.id, image);
    if (!fresh) {
        merge_into(at->second, image, record);
    } else if (!r.word.live()) {
        at->second.ended_after = end_of(r.ended_after, r.facts.created_at, to_seconds(record.time));
    }
    next_user_id = std::max(next_user_id, r.facts.user.value + 1);
}

void store_image::apply(const family_word_record& r, const record_view& record) {
    const auto at = families_.find(r.id);
    if (at == families_.end()) {
        ++words_without_family;
        return;
    }
    family_image image;
    fill(image, r);
    merge_into(at->second, image, record);
}

void store_image::finish(bool forgiving) {
    std::map<std::string, std::uint64_t> owners;
    std::vector<std::uint64_t> gone;
    const auto claim = [&](const std::string& name, std::uint64_t id) {
        if (name.empty()) {
            return;
        }
        const auto [at, fresh] = owners.try_emplace(fold_login_name(name), id);
        if (fresh || at->second == id) {
            return;
        }
        const std::string both =
            "users " + std::to_string(at->second) + " and " + std::to_string(id) + " have the same login name";
        if (!forgiving) {
            throw refused(exit_code::corrupt, both + "; " + run_verify);
        }
        const std::uint64_t older = last_lsn_[at->second] < last_lsn_[id] ? at->second : id;
        gone.push_back(older);
        notes.push_back(both + ": user " + std::to_string(older) + ", whose record is the older, is left out");
        at->second = older == id ? at->second : id;
    };
    for (const auto& [id, u] : users) {
        if (!u.deleted) {
            claim(u.email, id);
            claim(u.username, id);
        }
    }
    for (const std::uint64_t id : gone) {
        users.erase(id);
    }
    families_without_user +=
        std::erase_if(families_, [this](const auto& entry) { return !users.contains(entry.second.facts.user.value); });
}

std::vector<const family_image*> store_image::families() const {
    std::vector<const family_image*> out;
    out.reserve(families_.size());
    for (const auto& [id, family] : families_) {
        out.push_back(&family);
    }
    std::sort(out.begin(), out.end(), [](const family_image* a, const family_image* b) {
        return std::tie(a->facts.user, a->facts.created_at, a->facts.id) <
               std::tie(b->facts.user, b->facts.created_at, b->facts.id);
    });
    return out;
}

} // namespace pawl::storage
