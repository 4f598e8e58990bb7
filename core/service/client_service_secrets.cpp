// The secrets of clients: one more, one less.
#include "core/provider/client_secret.hpp"
#include "core/service/client_service.hpp"
#include "core/service/entity_change.hpp"

#include <algorithm>

namespace pawl {

namespace {

// The secrets that stay beside a new one: the newest of those that are good, ending after `overlap` at the latest.
std::vector<client_secret_entry> beside_a_new_one(const client& c, timestamp now, seconds overlap) {
    std::vector<client_secret_entry> kept;
    for (const client_secret_entry& secret : c.secrets) {
        if (secret.good_at(now)) {
            kept.push_back(secret);
        }
    }
    kept.erase(kept.begin(), kept.end() - static_cast<std::ptrdiff_t>(std::min(kept.size(), client_secrets_max - 1)));
    if (overlap == seconds(0)) {
        kept.clear();
    }
    for (client_secret_entry& secret : kept) {
        const timestamp ends = now + overlap;
        secret.expires_at = secret.expires_at == timestamp{} ? ends : std::min(secret.expires_at, ends);
    }
    return kept;
}

std::string named(const client& c, std::uint32_t serial) {
    return c.client_id + " " + std::to_string(serial);
}

failure no_secrets_here() {
    return {errc::validation_failed, {{"auth_method", "of this client takes no secret"}}};
}

} // namespace

task<result<added_secret>> client_service::add_secret(operator_caller by, std::string client_id, seconds overlap) {
    if (std::optional<failure> refused = no_operator(context_, by)) {
        co_return *std::move(refused);
    }
    if (overlap < seconds(0) || overlap > secret_overlap_max) {
        co_return failure(errc::validation_failed,
                          {{"overlap", "must be 0 to " + std::to_string(secret_overlap_max.count()) + " seconds"}});
    }
    added_secret added;
    std::vector<std::uint32_t> ended; // at once
    const auto edit = [&](client& desired, const client& current) -> result<edit_outcome> {
        if (!proves_by_secret(current.auth_method)) {
            return no_secrets_here();
        }
        const timestamp now = context_.time.now();
        desired.secrets = beside_a_new_one(current, now, overlap);
        ended.clear();
        for (const client_secret_entry& before : current.secrets) {
            const bool stays = std::ranges::find(desired.secrets, before.serial, &client_secret_entry::serial) !=
                               desired.secrets.end();
            if (!stays && before.good_at(now)) {
                ended.push_back(before.serial);
            }
        }
        added.serial = ++desired.last_serial;
        const key_ring_ptr keys = context_.keys();
        made_secret made =
            make_client_secret(*keys->capsules, current.number, added.serial, now, timestamp{}, context_.random);
        desired.secrets.push_back(made.entry);
        added.text = std::move(made.text);
        return edit_outcome{true, named(current, added.serial)};
    };
    const auto decide = [&]() -> entity_answer<added_secret> {
        const change_guard alone(changing_);
        const entity_answer<client_ptr> changed =
            change_record<client_port>(context_, by, client_id, event_kind::client_secret_added, edit);
        if (!changed.outcome) {
            return {changed.outcome.error(), changed.wait_for};
        }
        ticket wait_for = changed.wait_for;
        for (const std::uint32_t serial : ended) {
            wait_for = later(wait_for, record_act(context_, by, event_kind::client_secret_retired, user_id{},
                                                  family_id{}, named(**changed.outcome, serial)));
        }
        return {std::move(added), wait_for};
    };
    task<result<added_secret>> telling = tell(context_.data, decide());
    co_return co_await std::move(telling);
}

task<result<void>> client_service::remove_secret(operator_caller by, std::string client_id, std::uint32_t serial) {
    if (std::optional<failure> refused = no_operator(context_, by)) {
        co_return *std::move(refused);
    }
    const auto edit = [&](client& desired, const client& current) -> result<edit_outcome> {
        const auto is_it = [serial](const client_secret_entry& secret) { return secret.serial == serial; };
        if (std::erase_if(desired.secrets, is_it) == 0) {
            return failure(errc::secret_not_found);
        }
        return edit_outcome{true, named(current, serial)};
    };
    const auto decide = [&] {
        const change_guard alone(changing_);
        return change_record<client_port>(context_, by, client_id, event_kind::client_secret_retired, edit);
    };
    task<result<client_ptr>> telling = tell(context_.data, decide());
    const result<client_ptr> changed = co_await std::move(telling);
    if (!changed) {
        co_return changed.error();
    }
    co_return result<void>();
}

} // namespace pawl
