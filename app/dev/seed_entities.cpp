#include "app/dev/seed_entities.hpp"

#include "app/dto/client_json.hpp"
#include "core/provider/client_rules.hpp"
#include "core/provider/client_secret.hpp"
#include "storage/entity/all.hpp"

#include <boost/assert.hpp>

#include <algorithm>
#include <memory>
#include <set>
#include <string>

namespace pawl::app {

namespace {

constexpr std::size_t defined_scopes_max = scopes_max - first_defined_scope;

// What check_client() and its kin say, of the element that was read.
void blame_all(member_reader& element, const std::vector<field_error>& faults) {
    for (const field_error& f : faults) {
        element.blame(f.field, f.message);
    }
}

void read_apis(member_reader& reader, seed_entities& out, std::vector<api_wishes>& wanted) {
    std::set<std::string> names;
    const std::size_t count = reader.count_elements("apis", apis_max);
    for (std::size_t i = 0; i < count && !reader.failed(); ++i) {
        member_reader one(reader, "apis", i);
        const api_wishes w = read_api(one, wish_source::file);
        api a;
        a.number.value = static_cast<std::uint16_t>(i + 1);
        a.identifier = a.name = w.identifier.value_or("");
        put_wishes(a, w);
        a.created_at = w.created_at.value_or(timestamp{});
        blame_all(one, check_api(a));
        if (!names.insert(a.identifier).second) {
            one.blame("identifier", "is that of another API");
        }
        out.apis.push_back(std::move(a));
        wanted.push_back(w);
    }
}

scope numbered_scope(const seed_entities& s, std::string name) {
    scope made;
    made.number.value = static_cast<std::uint16_t>(first_defined_scope + s.scopes.size());
    made.name = std::move(name);
    return made;
}

void read_scopes(member_reader& reader, seed_entities& out) {
    const std::size_t count = reader.count_elements("scopes", defined_scopes_max);
    for (std::size_t i = 0; i < count && !reader.failed(); ++i) {
        member_reader one(reader, "scopes", i);
        const scope_wishes w = read_scope(one, wish_source::file);
        scope s = numbered_scope(out, w.name.value_or(""));
        put_wishes(s, w);
        s.created_at = w.created_at.value_or(timestamp{});
        if (std::ranges::find(out.scopes, s.name, &scope::name) != out.scopes.end()) {
            one.blame("name", "is that of another scope");
        }
        out.scopes.push_back(std::move(s));
    }
}

// The scopes that APIs name: theirs, made where they are not there.
void add_scopes_of(member_reader& reader, seed_entities& out, const std::vector<api_wishes>& wanted) {
    for (std::size_t i = 0; i < wanted.size() && !reader.failed(); ++i) {
        for (const std::string& name : wanted[i].scopes.value_or(std::nullopt).value_or(std::vector<std::string>())) {
            const auto there = std::ranges::find(out.scopes, name, &scope::name);
            const std::string at = "apis[" + std::to_string(i) + "].scopes";
            if (there == out.scopes.end() && out.scopes.size() < defined_scopes_max) {
                out.scopes.push_back(numbered_scope(out, name));
                out.scopes.back().api = out.apis[i].identifier;
                out.scopes.back().created_at = out.apis[i].created_at;
            } else if (there == out.scopes.end()) {
                reader.blame(at, "are more scopes than there may be");
            } else if (there->api.empty() || there->api == out.apis[i].identifier) {
                there->api = out.apis[i].identifier;
            } else {
                reader.blame(at, "has a scope of another API");
            }
        }
    }
}

catalogue catalogue_of(const seed_entities& s) {
    catalogue known;
    for (const api& a : s.apis) {
        known.apis.push_back(std::make_shared<const api>(a));
    }
    for (const scope& one : s.scopes) {
        known.scopes.push_back(std::make_shared<const scope>(one));
    }
    std::ranges::sort(known.apis, {}, [](const api_ptr& a) { return std::string_view(a->identifier); });
    std::ranges::sort(known.scopes, {}, [](const scope_ptr& one) { return std::string_view(one->name); });
    return known;
}

void number_secrets(member_reader& one, seed_client& c) {
    for (given_secret& secret : c.secrets) {
        const std::uint32_t serial = secret.serial.value_or(c.record.last_serial + 1);
        if (serial <= c.record.last_serial) {
            one.blame("secrets", "must have rising serials");
        }
        secret.serial = serial;
        c.record.last_serial = serial;
    }
    if (proves_by_secret(c.record.auth_method) && c.secrets.empty()) {
        one.blame("client_secret", "is required of a client that proves itself with one");
    }
}

void read_clients(member_reader& reader, seed_entities& out, const catalogue& known) {
    std::set<std::string> names, hosts;
    const std::size_t count = reader.count_elements("clients", clients_max);
    for (std::size_t i = 0; i < count && !reader.failed(); ++i) {
        member_reader one(reader, "clients", i);
        seeded_client read = read_client(one, wish_source::file);
        seed_client c{new_client(read.wishes), std::move(read.secrets)};
        c.record.number.value = static_cast<std::uint32_t>(first_registered_client.value + i);
        c.record.origin = client_origin::seed;
        c.record.created_at = read.created_at.value_or(timestamp{});
        blame_all(one, check_client(c.record, known));
        number_secrets(one, c);
        if (!names.insert(c.record.client_id).second) {
            one.blame("client_id", "is that of another client");
        }
        for (const std::string& host : c.record.forward.hosts) {
            if (!hosts.insert(host).second) {
                one.blame("forward.hosts", "has a host of another client");
            }
        }
        out.clients.push_back(std::move(c));
    }
}

template <class Record>
void add(storage::memory_image& image, Record r, timestamp now) {
    if (r.created_at == timestamp{}) {
        r.created_at = now;
    }
    image.add(storage::type_of<Record>, storage::version_of(r), storage::encode_body(r));
}

} // namespace

seed_entities read_seed_entities(member_reader& reader) {
    seed_entities out;
    std::vector<api_wishes> wanted;
    read_apis(reader, out, wanted);
    read_scopes(reader, out);
    add_scopes_of(reader, out, wanted);
    const catalogue known = catalogue_of(out);
    for (std::size_t i = 0; i < out.scopes.size() && !reader.failed(); ++i) {
        for (const field_error& f : check_scope(out.scopes[i], known)) {
            reader.blame("scopes[" + std::to_string(i) + "]." + f.field, f.message);
        }
    }
    read_clients(reader, out, known);
    return out;
}

void add_entities(storage::memory_image& image, const seed_entities& s, const capsule_ring* ring, timestamp now) {
    for (const seed_client& c : s.clients) {
        client record = c.record;
        for (const given_secret& secret : c.secrets) {
            BOOST_ASSERT(ring != nullptr && secret.serial);
            record.secrets.push_back(digest_given_secret(*ring, secret.text.reveal(), *secret.serial,
                                                         secret.created_at.value_or(now),
                                                         secret.expires_at.value_or(timestamp{})));
        }
        add(image, std::move(record), now);
    }
    for (const scope& one : s.scopes) {
        add(image, one, now);
    }
    for (const api& a : s.apis) {
        add(image, a, now);
    }
}

} // namespace pawl::app
