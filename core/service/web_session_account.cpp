// What the pages of an account tell and change beside other services.
#include "core/service/durable_answer.hpp"
#include "core/service/user_change.hpp"
#include "core/service/validation.hpp"
#include "core/service/web_session_service.hpp"

#include <algorithm>
#include <utility>

namespace pawl {

namespace {

bool is_language_tag(const std::string& text) {
    return text.size() <= locale_size_max && std::ranges::all_of(text, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
           });
}

} // namespace

task<result<std::vector<family_details>>> web_session_service::list_ended(user_id user, std::size_t limit) {
    const timestamp now = context_.time.now();
    std::vector<family_details> sessions = context_.data.families_of(user);
    std::erase_if(sessions, [&](const family_details& f) { return alive(f.state, now); });
    std::sort(sessions.rbegin(), sessions.rend(), &used_before);
    sessions.resize(std::min(sessions.size(), limit));
    ticket wait_for = ticket::none;
    for (const family_details& f : sessions) {
        const result<ticket> rests = rests_on(context_, f.state);
        if (!rests) {
            co_return rests.error();
        }
        wait_for = later(wait_for, *rests);
    }
    task<bool> wait = context_.data.durable(wait_for);
    const bool stands = co_await std::move(wait);
    if (!stands) {
        co_return storage_failure();
    }
    co_return std::move(sessions);
}

task<result<user_ptr>> web_session_service::set_language(principal who, std::string locale) {
    if (!is_language_tag(locale)) {
        validation checks;
        checks.refuse("language", "is no language tag");
        co_return checks.take();
    }
    const user_edit_function edit = [&](user& u) -> result<user_edit> {
        const bool same = u.locale == locale;
        u.locale = locale;
        return same ? user_edit::keep : user_edit::replace;
    };
    user_change change = change_own_user(context_, who, edit);
    task<result<user_ptr>> settling = settle(context_.data, std::move(change));
    co_return co_await std::move(settling);
}

} // namespace pawl
