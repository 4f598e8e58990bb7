#include "storage/history/state_image.hpp"

#include "core/family/decide.hpp"
#include "core/user/names.hpp"
#include "storage/exit_code.hpp"
#include "storage/record/record_merge.hpp"
#include "storage/record/refused_record.hpp"

#include <algorithm>
#include <tuple>

namespace pawl::storage {

family_image image_of(const past_family& f) {
    return {
        f.facts, f.word, f.ended_after, f.use_generation, {f.used_at, f.address, f.agent ? *f.agent : std::string()}};
}

void state_image::take_use(past_family& f, const use_view& use) {
    f.use_generation = use.generation;
    f.used_at = use.at;
    f.address = use.address;
    f.agent = use.agent.empty() ? nullptr : &*agents.emplace(use.agent).first;
}

void state_image::merge_into(past_family& f, family_word word, std::uint32_t ended_after, const use_view& use,
                             const record_view& record) {
    const merged_family after =
        merge_record({f.word, f.use_generation, f.ended_after}, {word, use.generation, ended_after}, f.facts.created_at,
                     to_seconds(record.time));
    f.word = after.word;
    f.ended_after = after.ended_after;
    if (after.newer_use) {
        take_use(f, use);
    }
}

void state_image::apply(const record_view& record) {
    const bool known = visit_change(record.type, [&]<class Record>(as<Record>) {
        Record r;
        decode_or_refuse(record, r);
        apply(r, record);
    });
    if (!known && (record.type & critical_record_bit) != 0) {
        refuse_unknown(record);
    }
}

void state_image::apply(user& u, const record_view& record) {
    next_user_id = std::max(next_user_id, u.id.value + 1);
    user& known = users[u.id.value];
    if (is_newer(u, known.id.value == 0 ? nullptr : &known)) {
        if (tolerant) {
            last_lsn_[u.id.value] = record.lsn;
        }
        known = std::move(u);
    }
}

void state_image::apply(const family_created_record& r, const record_view& record) {
    next_user_id = std::max(next_user_id, r.facts.user.value + 1);
    const auto [at, fresh] = families.try_emplace(r.facts.id);
    past_family& f = at->second;
    if (!fresh) {
        return merge_into(f, r.word, r.ended_after, r.use, record);
    }
    f.facts = r.facts;
    f.word = r.word;
    f.ended_after = r.word.live() ? 0 : end_of(r.ended_after, r.facts.created_at, to_seconds(record.time));
    take_use(f, r.use);
}

void state_image::apply(const family_word_record& r, const record_view& record) {
    const auto found = families.find(r.id);
    if (found == families.end()) {
        ++words_without_family;
    } else {
        merge_into(found->second, r.word, r.ended_after, r.use, record);
    }
}

namespace {

// Numbers rise, so of two the lower is the older.
template <named_entity Record>
void settle_names(plain_records<Record>& all, bool tolerant, std::vector<std::string>& notes) {
    while (const auto pair = find_namesakes(all)) {
        const std::string both = namesakes_text<Record>(*pair);
        if (!tolerant) {
            throw refused(exit_code::corrupt, both + "; run: pawlctl log verify");
        }
        notes.push_back(both + ": the one of the lower number is left out");
        all.drop(pair->first);
    }
}

} // namespace

std::uint64_t state_image::settle() {
    for_each_record_of<record_kind::state>([this]<class Record>(as<Record>) {
        if constexpr (named_entity<Record>) {
            settle_names(plain->of<Record>(), tolerant, notes);
        }
    });
    std::unordered_map<std::string, std::uint64_t> owners;
    std::vector<std::uint64_t> gone;
    for (const auto& [id, u] : users) {
        for (const std::string* name : {&u.email, &u.username}) {
            if (u.deleted || name->empty()) {
                continue;
            }
            const auto [at, fresh] = owners.try_emplace(fold_login_name(*name), id);
            if (fresh || at->second == id) {
                continue;
            }
            const std::string both =
                "users " + std::to_string(at->second) + " and " + std::to_string(id) + " have the same login name";
            if (!tolerant) {
                throw refused(exit_code::corrupt, both + "; run: pawlctl log verify");
            }
            const std::uint64_t older = last_lsn_[at->second] < last_lsn_[id] ? at->second : id;
            gone.push_back(older);
            notes.push_back(both + ": user " + std::to_string(older) + ", whose record is the older, is left out");
            at->second = older == id ? at->second : id;
        }
    }
    for (const std::uint64_t id : gone) {
        users.erase(id);
    }
    drop_orphaned_consents();
    drop_orphaned_factors();
    return std::erase_if(families, [this](const auto& f) { return user_of(f.second) == nullptr; });
}

// As recovery does.
void state_image::drop_orphaned_consents() {
    std::vector<consent_key> orphaned;
    for_each_plain(plain->of<consent>(), [&](const consent& c) {
        const auto owner = users.find(c.user.value);
        const std::optional<client> who = plain->of<client>().find(c.client.value);
        if (owner == users.end() || owner->second.deleted || !who || who->removed) {
            orphaned.push_back(declaration<consent>::key(c));
        }
    });
    for (const consent_key& key : orphaned) {
        plain->of<consent>().drop(key);
    }
}

void state_image::drop_orphaned_factors() {
    std::vector<factor_key> orphaned;
    for_each_plain(plain->of<factor_state>(), [&](const factor_state& f) {
        const auto owner = users.find(f.user.value);
        if (owner == users.end() ||
            std::ranges::find(owner->second.factors, f.factor, &user_factor::number) == owner->second.factors.end()) {
            orphaned.push_back(declaration<factor_state>::key(f));
        }
    });
    for (const factor_key& key : orphaned) {
        plain->of<factor_state>().drop(key);
    }
}

const user* state_image::user_of(const past_family& f) const {
    const auto found = users.find(f.facts.user.value);
    return found == users.end() ? nullptr : &found->second;
}

bool state_image::alive(const past_family& f, timestamp now) const {
    const user* const owner = user_of(f);
    return owner != nullptr && pawl::alive(f.word, f.facts, owner->gate, bonds_of(f, owner->gate), now);
}

family_bonds state_image::bonds_of(const past_family& f, const user_gate& gate) const {
    family_bonds out;
    if (f.facts.client >= first_registered_client) {
        const std::optional<client> known = plain->of<client>().find(f.facts.client.value);
        out.client_admits = known && known->admits(f.facts.grant.client_epoch);
        const std::optional<consent> allowed = plain->of<consent>().find({f.facts.user, f.facts.client});
        out.is_withdrawn = known && is_withdrawn(allowed ? &*allowed : nullptr, known->consent, f.facts);
    }
    const auto parent = families.find(f.facts.origin.parent);
    if (parent != families.end()) {
        const past_family& of = parent->second;
        out.parent_word = of.word;
        out.parent_expires_at = of.facts.idle_expires_at(of.word);
        out.parent_may_live =
            of.word.live() && of.facts.user == f.facts.user && gate.admits(of.facts.id, of.facts.epoch);
    } else {
        out.parent_may_live = false;
    }
    return out;
}

std::vector<const past_family*> state_image::sorted_families() const {
    std::vector<const past_family*> out;
    out.reserve(families.size());
    for (const auto& [id, family] : families) {
        out.push_back(&family);
    }
    std::sort(out.begin(), out.end(), [](const past_family* a, const past_family* b) {
        return std::tie(a->facts.user, a->facts.created_at, a->facts.id) <
               std::tie(b->facts.user, b->facts.created_at, b->facts.id);
    });
    return out;
}

} // namespace pawl::storage
