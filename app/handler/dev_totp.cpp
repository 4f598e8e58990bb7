// POST /dev/totp: the codes of a user's TOTP, by the clock of this world, for tests; and a TOTP for who has none.
#include "app/dto/responses.hpp"
#include "app/handler/callers.hpp"
#include "app/handler/object_body.hpp"
#include "app/handler/rows.hpp"
#include "app/handler/support.hpp"
#include "app/http/member_reader.hpp"
#include "core/capsule/capsule.hpp"
#include "core/factor/new_factor.hpp"
#include "core/factor/totp.hpp"
#include "core/factor/word.hpp"
#include "core/service/user_change.hpp"
#include "core/text/json_text.hpp"
#include "core/user/names.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace pawl::app {

namespace {

struct totp_wish {
    std::optional<std::string> user; // a login name
    user_id number;
    std::uint32_t factor = 0; // 0: the first
    bool enrol = false;
};

result<totp_wish> read_totp_wish(const boost::json::object& body) {
    member_reader reader(body);
    totp_wish wish;
    const parameter_kind user = reader.kind_of("user");
    if (user == parameter_kind::string) {
        wish.user = reader.optional_text("user");
    } else if (user == parameter_kind::integer) {
        constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
        wish.number = user_id{reader.optional_count("user", 1, most).value_or(0)};
    } else {
        reader.blame("user", "must be a login name or an id");
    }
    wish.factor = static_cast<std::uint32_t>(reader.optional_count("factor", 1, UINT32_MAX).value_or(0));
    wish.enrol = reader.optional_flag("enrol").value_or(false);
    reader.refuse_others();
    return reader.failed() ? result<totp_wish>(reader.why()) : result<totp_wish>(std::move(wish));
}

const user_factor* find_kind(const user& u, factor_kind kind, std::uint32_t number = 0) {
    const auto at = std::ranges::find_if(
        u.factors, [&](const user_factor& f) { return f.kind == kind && (number == 0 || f.number == number); });
    return at == u.factors.end() ? nullptr : &*at;
}

// A TOTP as if its owner had set it up, where there is none; no code of it is used by that.
task<result<user_ptr>> enrol(app_context& context, user_ptr owner) {
    const user_edit_function edit = [&context](user& u) -> result<user_edit> {
        if (find_kind(u, factor_kind::totp) != nullptr) {
            return user_edit::keep;
        }
        if (u.factors.size() >= factors_max || u.next_factor == UINT32_MAX) {
            return errc::too_many_factors;
        }
        const key_ring_ptr keys = context.keys();
        user_factor made = new_totp(context.settings.totp, keys->capsules->sealing_id(), *context.random);
        made.number = ++u.next_factor;
        made.created_at = context.time.now();
        u.factors.push_back(std::move(made));
        return user_edit::replace;
    };
    user_change change = change_user(context.data, owner->id, edit);
    task<result<user_ptr>> settling = settle(context.data, std::move(change));
    co_return co_await std::move(settling);
}

// The recovery codes that were not used.
std::vector<std::string> codes_left(const app_context& context, const user& owner, const user_factor& set) {
    const key_ring_ptr keys = context.keys();
    const std::uint32_t used = recovery_word::of(context.data.find_factor(owner.id, set.number).word).used;
    std::vector<std::string> out;
    for (std::uint8_t i = 0; i < set.count; ++i) {
        const auto code = recovery_code(*keys->capsules, owner.id, set, i);
        if (code && (used >> i & 1U) == 0) {
            out.emplace_back(code->reveal());
        }
    }
    return out;
}

std::string codes_json(const app_context& context, const user& owner, const user_factor& f,
                       const secret_bytes& secret) {
    const timestamp now = context.time.now();
    const std::uint64_t step = totp_step_at(now, f.period);
    const auto code = [&](std::uint64_t of) {
        return totp_code(secret, of, static_cast<totp_algorithm>(f.algorithm), f.digits);
    };
    std::string out;
    json_object_writer w(out);
    w.member("id", std::uint64_t{f.number})
        .member("code", code(step))
        .member("previous", code(step == 0 ? 0 : step - 1))
        .member("next", code(step + 1))
        .member("secret", base32_text(secret).reveal());
    if (const user_factor* const set = find_kind(owner, factor_kind::recovery)) {
        w.raw("recovery_codes", json_array(codes_left(context, owner, *set)));
    }
    w.end();
    return out;
}

task<http_response> handle_dev_totp(app_context& context, const http_request& request) {
    const auto body = read_object(request);
    if (!body) {
        co_return body.error();
    }
    const result<totp_wish> wish = read_totp_wish(*body);
    if (!wish) {
        co_return problem_response(wish.error());
    }
    user_ptr owner = wish->user ? context.data.find_user_by_login(fold_login_name(*wish->user))
                                : context.data.find_user(wish->number);
    if (!owner) {
        co_return problem_response(failure(errc::user_not_found));
    }
    if (wish->enrol) {
        task<result<user_ptr>> enrolling = enrol(context, owner);
        result<user_ptr> enrolled = co_await std::move(enrolling);
        if (!enrolled) {
            co_return problem_response(enrolled.error());
        }
        owner = *std::move(enrolled);
    }
    const user_factor* const f = find_kind(*owner, factor_kind::totp, wish->factor);
    const key_ring_ptr keys = context.keys();
    const auto secret = f == nullptr ? std::nullopt : totp_secret(*keys->capsules, owner->id, *f);
    if (!secret) {
        co_return problem_response(failure(errc::factor_not_found));
    }
    co_return json_answer(200, codes_json(context, *owner, *f, *secret));
}

using enum http_method;

constexpr route rows[] = {
    {post, "/dev/totp", as_developer<handle_dev_totp>, "dev_totp",
     refuses(json_body, errc::user_not_found, errc::factor_not_found, errc::too_many_factors,
             errc::storage_unavailable)},
};

} // namespace

constinit const row_list dev_totp_rows(rows);

} // namespace pawl::app
