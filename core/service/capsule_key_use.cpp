#include "core/service/capsule_key_use.hpp"

#include "core/provider/client_secret.hpp"

#include <algorithm>
#include <vector>

namespace pawl {

namespace {

constexpr std::size_t clients_at_a_time = 256;

} // namespace

client_ptr client_of_capsule_key(const registry& entities, std::uint8_t key_id, timestamp now) {
    std::vector<client_ptr> some = entities.clients_after({}, clients_at_a_time);
    while (!some.empty()) {
        const auto found =
            std::ranges::find_if(some, [&](const client_ptr& one) { return needs_capsule_key(*one, key_id, now); });
        if (found != some.end()) {
            return *found;
        }
        some = entities.clients_after(some.back()->number, clients_at_a_time);
    }
    return nullptr;
}

user_ptr user_of_factor_key(const record_port& data, std::uint8_t key_id) {
    constexpr std::size_t users_at_a_time = 256;
    std::vector<user_ptr> some = data.users_after({}, users_at_a_time);
    while (!some.empty()) {
        for (const user_ptr& u : some) {
            if (std::ranges::find(u->factors, key_id, &user_factor::key_id) != u->factors.end()) {
                return u;
            }
        }
        some = data.users_after(some.back()->id, users_at_a_time);
    }
    return nullptr;
}

} // namespace pawl
