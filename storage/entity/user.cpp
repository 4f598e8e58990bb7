#include "storage/entity/user.hpp"

namespace pawl {

namespace {

// A list of objects; `with_salt`: for the owner of the data alone.
std::string factors_json(const std::vector<user_factor>& factors, bool with_salt) {
    std::string list = "[";
    for (const user_factor& f : factors) {
        list += list.size() > 1 ? "," : "";
        json_object_writer one(list);
        one.member("number", std::uint64_t{f.number})
            .member("kind", storage::name_of(f.kind))
            .member("key_id", std::uint64_t{f.key_id})
            .member("created_at", to_rfc3339(f.created_at))
            .member("name", f.name);
        if (with_salt) {
            one.member("salt", to_hex(family_id{f.salt})); // 16 bytes, as ids are
        }
        if (f.kind == factor_kind::totp) {
            one.member("digits", std::uint64_t{f.digits})
                .member("period", std::uint64_t{f.period})
                .member("algorithm", name_of(static_cast<totp_algorithm>(f.algorithm)))
                .member("proven_step", f.proven_step);
        } else {
            one.member("count", std::uint64_t{f.count});
        }
        one.end();
    }
    return list + "]";
}

} // namespace

void tell_value(json_object_writer& w, std::string_view name, const std::vector<user_factor>& factors) {
    w.raw(name, factors_json(factors, false));
}

std::string text_of(const std::vector<user_factor>& factors) {
    std::string out;
    for (const user_factor& f : factors) {
        out += (out.empty() ? "" : ", ") + std::string(storage::name_of(f.kind)) + " " + std::to_string(f.number);
        out += f.name.empty() ? "" : " " + f.name;
    }
    return out;
}

void tell_value(json_object_writer& w, std::string_view name, const std::vector<former_address>& addresses) {
    std::string list = "[";
    for (const former_address& a : addresses) {
        list += list.size() > 1 ? "," : "";
        json_object_writer one(list);
        one.member("email", a.email).member("until", to_rfc3339(a.until));
        one.end();
    }
    w.raw(name, list + "]");
}

std::string text_of(const std::vector<former_address>& addresses) {
    std::string out;
    for (const former_address& a : addresses) {
        out += (out.empty() ? "" : ", ") + a.email;
    }
    return out;
}

void storage::declaration<user>::export_factors(json_object_writer& w, const user& u) {
    w.raw("factors", factors_json(u.factors, true));
}

} // namespace pawl
