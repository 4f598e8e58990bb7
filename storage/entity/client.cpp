#include "storage/entity/client.hpp"

#include "storage/entity/revoked_token.hpp"

#include <span>

namespace pawl {

namespace {

std::string hex(std::span<const std::uint8_t> bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    for (const std::uint8_t b : bytes) {
        out += digits[b >> 4U];
        out += digits[b & 0xFU];
    }
    return out;
}

// A list of objects; `with_proof`: for the owner of the data alone.
std::string secrets_json(const std::vector<client_secret_entry>& secrets, bool with_proof) {
    std::string list = "[";
    for (const client_secret_entry& s : secrets) {
        list += list.size() > 1 ? "," : "";
        json_object_writer one(list);
        one.member("serial", std::uint64_t{s.serial})
            .member("what", name_of(s.what))
            .member("key_id", std::uint64_t{s.key_id});
        if (with_proof) {
            one.member("proof", hex(s.proof));
        }
        one.member("created_at", to_rfc3339(s.created_at)).member("expires_at", to_rfc3339(s.expires_at)).end();
    }
    return list + "]";
}

} // namespace

void tell_value(json_object_writer& w, std::string_view name, const std::vector<client_secret_entry>& secrets) {
    w.raw(name, secrets_json(secrets, false));
}

std::string text_of(const std::vector<client_secret_entry>& secrets) {
    std::string out;
    for (const client_secret_entry& s : secrets) {
        out += (out.empty() ? "" : ", ") + std::to_string(s.serial) + " " + std::string(name_of(s.what));
        out += s.expires_at == timestamp{} ? "" : " until " + to_rfc3339(s.expires_at);
    }
    return out;
}

std::string text_of(const token_id& id) {
    return hex(id.bytes);
}

void storage::declaration<client>::export_secrets(json_object_writer& w, const client& c) {
    w.raw("secrets", secrets_json(c.secrets, true));
}

} // namespace pawl
