#include "app/dev/seed_consents.hpp"

#include "core/provider/user_grant.hpp"
#include "storage/entity/all.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace pawl::app {

namespace {

scope_set read_allowed(member_reader& one, const seed_entities& entities, const client& who) {
    scope_set out;
    const std::span<const std::string_view> builtin = builtin_scope_names();
    for (const std::string& name : one.optional_texts("scopes").value_or(std::vector<std::string>())) {
        const bool has = std::ranges::find(who.scopes, name) != who.scopes.end();
        const auto of_server = std::ranges::find(builtin, name);
        const auto defined = std::ranges::find(entities.scopes, name, &scope::name);
        if (has && of_server != builtin.end()) {
            out.insert(static_cast<std::size_t>(of_server - builtin.begin()));
        } else if (has && defined != entities.scopes.end()) {
            out.insert(defined->number.value);
        } else {
            one.blame("scopes", "has one that is none of the client's");
        }
    }
    if (out.empty()) {
        one.blame("scopes", "must name what is allowed");
    }
    return out;
}

} // namespace

std::vector<consent> read_seed_consents(member_reader& reader, const seed_entities& entities,
                                        const std::function<user_id(std::string_view)>& find_user) {
    std::vector<consent> out;
    std::set<std::pair<user_id, client_number>> seen;
    std::map<user_id, std::size_t> of_user;
    const std::size_t count = reader.count_elements("consents", seed_consents_max);
    for (std::size_t i = 0; i < count && !reader.failed(); ++i) {
        member_reader one(reader, "consents", i);
        consent c;
        c.user = find_user(one.required_text("user"));
        if (c.user == user_id{}) {
            one.blame("user", "is no login name of a user");
        }
        const std::string name = one.required_text("client_id");
        const auto who = std::ranges::find(entities.clients, name,
                                           [](const seed_client& s) { return std::string_view(s.record.client_id); });
        if (who == entities.clients.end()) {
            one.blame("client_id", "is none of a client");
            continue;
        }
        c.client = who->record.number;
        c.scopes = read_allowed(one, entities, who->record);
        const auto at = one.optional_time("granted_at", time_form::text_or_seconds);
        c.granted_at = at ? to_seconds(*at) : timestamp{};
        one.refuse_others();
        if (!seen.emplace(c.user, c.client).second || ++of_user[c.user] > consents_per_user_max) {
            one.blame("user", "allows that client something already, or more clients than there may be");
        }
        out.push_back(c);
    }
    return out;
}

void add_consents(storage::memory_image& image, const std::vector<consent>& all, timestamp now) {
    for (consent c : all) {
        c.granted_at = c.granted_at == timestamp{} ? now : c.granted_at;
        image.add(storage::type_of<consent>, storage::version_of(c), storage::encode_body(c));
    }
}

} // namespace pawl::app
